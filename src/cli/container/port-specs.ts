import { isIP } from 'node:net';
import type { PortMap } from '../../api/types.ts';
import { messageOf } from '../../base/errors.ts';
import { parseUnsigned } from '../values/go-numbers.ts';

export type Ports = { exposed: Record<string, object>; bindings: PortMap };

/**
 * `-p` and `--expose` together: `[address:][host port]:container port[/protocol]`, ports also as ranges.
 * @throws Error with Docker's wording
 */
export function parsePorts(publish: readonly string[], expose: readonly string[]): Ports {
  const ports: Ports = { exposed: {}, bindings: {} };
  for (const text of publish) publishSpec(ports, text.includes('=') ? fromLongForm(text) : text);
  for (const text of expose) exposeSpec(ports, text);
  return ports;
}

function fromLongForm(text: string): string {
  const parameters: Record<string, string> = { protocol: 'tcp' };
  for (const parameter of text.split(',')) {
    const [key = '', value] = parameter.split('=');
    if (value === undefined)
      throw new Error(`invalid publish opts format (should be name=value but got '${parameter}')`);
    parameters[key] = value;
  }
  return `${parameters.published ?? ''}:${parameters.target ?? ''}/${parameters.protocol}`;
}

function publishSpec(ports: Ports, text: string): void {
  const [protocol, address, hostText, containerText] = splitSpec(text);
  if (containerText === '') throw new Error(`no port specified: ${text}<empty>`);
  const hostAddress = checkHostAddress(address);
  const container = parseRange(containerText, `invalid containerPort: ${containerText}`);
  const host = hostText === '' ? undefined : parseRange(hostText, `invalid hostPort: ${hostText}`);
  checkProtocol(protocol);
  const count = container.end - container.start;
  // A single container port may have a range of host ports: the daemon picks a free one of them.
  if (host !== undefined && host.end - host.start !== count && count !== 0)
    throw new Error(
      `invalid ranges specified for container and host Ports: ${containerText} and ${hostText}`,
    );
  for (let offset = 0; offset <= count; offset += 1) {
    const key = `${container.start + offset}/${protocol.toLowerCase()}`;
    ports.exposed[key] = {};
    const HostPort = host === undefined ? '' : hostPort(host, offset, count);
    (ports.bindings[key] ??= []).push({ HostIp: hostAddress, HostPort });
  }
}

function hostPort(host: { start: number; end: number }, offset: number, count: number): string {
  if (count === 0 && host.start !== host.end) return `${host.start}-${host.end}`;
  return String(host.start + offset);
}

function exposeSpec(ports: Ports, text: string): void {
  if (text.includes(':')) throw new Error(`invalid port format for --expose: ${text}`);
  const [protocol, port] = splitProtocol(text);
  let range: { start: number; end: number };
  try {
    range = rangeOf(port);
  } catch (error) {
    throw new Error(`invalid range format for --expose: ${text}, error: ${messageOf(error)}`, {
      cause: error,
    });
  }
  for (let number = range.start; number <= range.end; number += 1)
    ports.exposed[`${number}/${protocol}`] = {};
}

type Spec = [protocol: string, address: string, host: string, container: string];

function splitSpec(text: string): Spec {
  const [protocol, rest] = splitProtocol(text);
  const parts = rest.split(':');
  const container = parts.pop() ?? '';
  const host = parts.pop() ?? '';
  return [protocol, parts.join(':'), host, container];
}

function splitProtocol(text: string): [protocol: string, port: string] {
  const [port = '', protocol, ...others] = text.split('/');
  if (text === '' || port === '') return ['', ''];
  return [others.length > 0 ? (protocol ?? '') : protocol || 'tcp', port];
}

function checkHostAddress(text: string): string {
  const address = text.replace(/^\[(.*)\]$/, '$1');
  if (address !== '' && isIP(address.replace(/%.*$/, '')) === 0)
    throw new Error(`invalid IP address: ${text}`);
  return address;
}

function checkProtocol(protocol: string): void {
  if (!['tcp', 'udp', 'sctp'].includes(protocol.toLowerCase())) throw new Error(`invalid proto: ${protocol}`);
}

function parseRange(text: string, problem: string): { start: number; end: number } {
  try {
    return rangeOf(text);
  } catch {
    throw new Error(problem);
  }
}

function rangeOf(text: string): { start: number; end: number } {
  if (text === '') throw new Error('empty string specified for ports.');
  const [first = '', last] = text.split(/-(.*)/s);
  const start = parseUnsigned(first, { base: 10, bits: 16 });
  const end = last === undefined ? start : parseUnsigned(last, { base: 10, bits: 16 });
  if (end < start) throw new Error(`invalid range specified for port: ${text}`);
  return { start, end };
}
