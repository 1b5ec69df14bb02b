/** `2026-11-22 06:07:31 +0000 UTC`: a time as Go prints it, in the machine's time zone. */
export function formatLocalTime(seconds: number): string {
  const date = new Date(seconds * 1000);
  const two = (value: number) => String(value).padStart(2, '0');
  const offset = -date.getTimezoneOffset();
  const zone = `${offset < 0 ? '-' : '+'}${two(Math.trunc(Math.abs(offset) / 60))}${two(Math.abs(offset) % 60)}`;
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  const clock = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  return `${day} ${clock} ${zone} ${zoneName(date)}`;
}

function zoneName(date: Date): string {
  const parts = new Intl.DateTimeFormat('en-US', { timeZoneName: 'short' }).formatToParts(date);
  return parts.find(part => part.type === 'timeZoneName')?.value ?? '';
}

/** `2026-11-22T06:07:31.000000000Z`: RFC 3339 with all nine digits, in the machine's time zone. */
export function formatNanoseconds(nanoseconds: bigint): string {
  const date = new Date(Number(nanoseconds / 1_000_000n));
  const two = (value: number) => String(value).padStart(2, '0');
  const minutes = -date.getTimezoneOffset();
  const offset = Math.abs(minutes);
  const zone =
    minutes === 0 ? 'Z' : `${minutes < 0 ? '-' : '+'}${two(Math.trunc(offset / 60))}:${two(offset % 60)}`;
  const local = new Date(date.getTime() + minutes * 60_000).toISOString().slice(0, 19);
  return `${local}.${String(nanoseconds % 1_000_000_000n).padStart(9, '0')}${zone}`;
}

/** `2026-11-22 06:07:31.5 +0000 UTC`: an RFC 3339 time in UTC as Go prints it. */
export function formatGoTime(time: string): string {
  const [, day, clock] = /^(\S+)T(\S+)Z$/.exec(time) ?? [];
  return day === undefined ? time : `${day} ${clock} +0000 UTC`;
}
