import { appendFileSync, writeSync } from 'node:fs';

export type LogOptions = { file?: string; format: string; debug: boolean };
type Level = 'debug' | 'warning' | 'error';
export type Log = (level: Level, message: string) => void;

/** runc's log: containerd's shim and conmon read the last error from it. Standard error without a file. */
export function openLog({ file, format, debug }: LogOptions): Log {
  return (level, message) => {
    if (level === 'debug' && !debug) return;
    const time = `${new Date().toISOString().slice(0, 19)}Z`;
    const line =
      format === 'json'
        ? JSON.stringify({ level, msg: message, time })
        : `time="${time}" level=${level} msg=${JSON.stringify(message)}`;
    if (file === undefined || file === '' || file === '/dev/stderr') writeSync(2, `${line}\n`);
    else appendFileSync(file, `${line}\n`, { mode: 0o600 });
  };
}
