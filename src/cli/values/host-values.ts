import { isIP } from 'node:net';

const SPACES = /[ \t]/;
const SYSCTLS = new Set([
  'kernel.msgmax',
  'kernel.msgmnb',
  'kernel.msgmni',
  'kernel.sem',
  'kernel.shmall',
  'kernel.shmmax',
  'kernel.shmmni',
  'kernel.shm_rmid_forced',
]);
const SYSCTL_PREFIXES = ['net.', 'fs.mqueue.'];

/** `host=address`, `host:address`, the address perhaps in brackets, or `host-gateway`; as the API takes it. */
export function checkExtraHost(text: string): string {
  const at = text.includes('=') ? text.indexOf('=') : text.indexOf(':');
  const name = text.slice(0, Math.max(at, 0));
  if (at <= 0 || name.includes(':')) throw new Error(`bad format for add-host: ${JSON.stringify(text)}`);
  const address = text.slice(at + 1).replace(/^\[(.+)\]$/, '$1');
  if (address !== 'host-gateway' && isIP(address.trim()) === 0)
    throw new Error(`invalid IP address in add-host: ${JSON.stringify(address)}`);
  return `${name}:${address}`;
}

export function checkAddress(text: string): string {
  const address = text.trim();
  const version = isIP(address);
  if (version === 0) throw new Error(`IP address is not correctly formatted: ${text}`);
  return version === 6 ? new URL(`http://[${address}]`).hostname.slice(1, -1) : address;
}

export function checkSearchDomain(text: string): string {
  const domain = text.trim();
  if (domain === '.') return domain;
  const label = '[a-zA-Z0-9](?:[a-zA-Z0-9_-]*[a-zA-Z0-9])?';
  if (
    /^[0-9.]+$/.test(domain) ||
    !new RegExp(`^(?:${label}\\.)*${label}\\.?$`).test(domain) ||
    domain.length > 255
  )
    throw new Error(`${text} is not a valid domain`);
  return domain;
}

export function checkLabel(text: string): string {
  const key = (text.split('=')[0] ?? '').trimStart();
  if (key === '') throw new Error(`invalid label '${text}': empty name`);
  if (SPACES.test(key)) throw new Error(`label '${key}' contains whitespaces`);
  return text;
}

export function checkSysctl(text: string): string {
  const at = text.indexOf('=');
  const key = text.slice(0, Math.max(at, 0));
  const allowed = SYSCTLS.has(key) || SYSCTL_PREFIXES.some(prefix => key.startsWith(prefix));
  if (!allowed) throw new Error(`sysctl '${text}' is not allowed`);
  return text;
}

export function checkLink(text: string): string {
  if (text === '') throw new Error('empty string specified for links');
  if (text.split(':').length > 2) throw new Error(`bad format for links: ${text}`);
  return text;
}

export function checkStream(text: string): string {
  const stream = text.toLowerCase();
  if (!['stdin', 'stdout', 'stderr'].includes(stream))
    throw new Error('valid streams are STDIN, STDOUT and STDERR');
  return stream;
}

export function checkDeviceCgroupRule(text: string): string {
  if (!/^[acb] ([0-9]+|\*):([0-9]+|\*) [rwm]{1,3}$/.test(text))
    throw new Error(`invalid device cgroup format '${text}'`);
  return text;
}

export function checkEnvironment(text: string): string {
  if (text.startsWith('=') || text === '') throw new Error(`invalid environment variable: ${text}`);
  return text;
}
