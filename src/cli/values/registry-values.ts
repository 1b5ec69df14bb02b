import { isIP } from 'node:net';

/** `host[:port]`, or a network in CIDR notation. @throws Error in dockerd's words */
export function checkInsecureRegistry(text: string): string {
  const entry = text.replace(/^https?:\/\//i, '');
  if (entry.includes('://')) throw new Error(`insecure registry ${text} should not contain '://'`);
  const [address = '', bits] = entry.split('/');
  if (bits !== undefined && isIP(address) !== 0 && /^\d{1,3}$/.test(bits)) return entry;
  if (!/^(?:\[[0-9a-fA-F:]+\]|[a-zA-Z0-9][a-zA-Z0-9.-]*)(?::\d{1,5})?$/.test(entry))
    throw new Error(`insecure registry ${text} is not valid: invalid host "${entry}"`);
  if (Number(/:(\d+)$/.exec(entry)?.[1] ?? 0) > 65_535)
    throw new Error(`insecure registry ${text} is not valid: invalid port`);
  return entry;
}

/** The URL of a mirror, with a slash at its end. @throws Error in dockerd's words */
export function checkMirror(text: string): string {
  const url = URL.parse(text);
  const invalid = (reason: string) => new Error(`invalid mirror: ${reason}`);
  if (url === null) throw invalid(`${JSON.stringify(text)} is not a valid URI`);
  if (!['http:', 'https:'].includes(url.protocol))
    throw invalid(`unsupported scheme "${url.protocol.slice(0, -1)}" in ${JSON.stringify(text)}`);
  if (url.search !== '' || url.hash !== '')
    throw invalid(`query or fragment at end of the URI ${JSON.stringify(text)}`);
  if (url.username !== '') throw invalid('username/password not allowed in URI');
  return url.href;
}
