import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { hostname, networkInterfaces } from 'node:os';
import { TLSSocket } from 'node:tls';
import { EngineError } from '../base/errors.ts';

/** What containers call the machine that they run on. */
const FROM_CONTAINERS = 'host.docker.internal';

/**
 * Refuses what a web page, of a container's own server perhaps, has a browser ask of a port of this machine. A page
 * of another site is told by its Origin. One that has given its own name this machine's address (DNS rebinding) has
 * no foreign origin, but the name is not this machine's; addresses cannot be forged that way, and are all taken, as
 * this machine may not know what others reach it by. With TLS, the certificate says what name is right.
 * @param names this machine's, in lower case
 * @throws EngineError forbidden
 */
export function refuseForeign({ headers, socket }: IncomingMessage, names: ReadonlySet<string>): void {
  const { host = '', origin, 'sec-fetch-site': site } = headers;
  const isSecure = socket instanceof TLSSocket;
  if (!isSecure && host !== '' && !isOwn(host, names))
    throw new EngineError(
      'forbidden',
      `${JSON.stringify(host)} is no name of this machine: use an address, "localhost", or a name that the daemon is given with --api-name`,
    );
  if (origin !== undefined && !isSameOrigin(origin, `${isSecure ? 'https' : 'http'}://${host}`))
    throw new EngineError('forbidden', `a page of ${JSON.stringify(origin)} may not use the API`);
  if (site === 'cross-site' || site === 'same-site')
    throw new EngineError('forbidden', 'a page of another site may not use the API');
}

function isOwn(host: string, names: ReadonlySet<string>): boolean {
  const [, address, name = ''] = /^(?:\[([\da-f:.]+)\]|([^:/?#@[\]\\]+))(?::\d*)?$/i.exec(host) ?? [];
  if (address !== undefined) return isIP(address) === 6;
  const plain = name.toLowerCase().replace(/\.$/, '');
  return isIP(plain) === 4 || plain === 'localhost' || plain.endsWith('.localhost') || names.has(plain);
}

/** Ports that go without saying are left out on either side. */
function isSameOrigin(origin: string, own: string): boolean {
  return URL.parse(origin)?.origin === (URL.parse(own)?.origin ?? '');
}

/** What others may call this machine, by what it knows itself, and those that are given. */
export function namesOfMachine(given: readonly string[]): ReadonlySet<string> {
  const own = hostname().toLowerCase();
  const names = [own, `${own}.local`, FROM_CONTAINERS, ...namesInHosts(), ...given];
  return new Set(names.map(name => name.toLowerCase()));
}

/** hosts(5): the names beside this machine's own addresses, its full one often among them. */
function namesInHosts(): string[] {
  const addresses = Object.values(networkInterfaces()).flatMap(list => (list ?? []).map(one => one.address));
  const own = new Set(['127.0.1.1', ...addresses]);
  return readHosts()
    .split('\n')
    .map(line => line.replace(/#.*/, '').trim().split(/\s+/))
    .flatMap(([address = '', ...names]) => (own.has(address) ? names : []));
}

function readHosts(): string {
  try {
    return readFileSync('/etc/hosts', 'utf8');
  } catch {
    return '';
  }
}
