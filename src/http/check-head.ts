import type { IncomingMessage } from 'node:http';

/** Characters that a Host header may have (RFC 3986, reg-name and IP-literal, and the port). */
const HOST = /^[\w.:%~!$&'()*+,;=[\]-]*$/;

/**
 * What of a request's head node:http lets pass, and Go's server does not.
 * @returns the status line of the answer; undefined when all is well
 */
export function headProblem({ httpVersion, rawHeaders }: IncomingMessage): string | undefined {
  if (httpVersion === '0.9') return '400 Bad Request';
  if (!httpVersion.startsWith('1.')) return '505 HTTP Version Not Supported';
  const hosts = rawHeaders.filter(
    (_, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === 'host',
  );
  const isMalformed = hosts.length > 1 || hosts.some(host => !HOST.test(host));
  return isMalformed ? '400 Bad Request' : undefined;
}

/** The whole answer to what is not answered by a route. */
export function plainRefusal(status: string): string {
  return `HTTP/1.1 ${status}\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n${status}`;
}
