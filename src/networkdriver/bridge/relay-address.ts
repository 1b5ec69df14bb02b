import { addressBytes, parseIp } from '../ipam/ip.ts';

/**
 * The address on loopback by which shims of before protocol 4 reach a container that has IPv4 only, for what has come to
 * one of the host's IPv6 addresses (they compute the same one). Later ones are told the container's own.
 */
export function relayAddress(hostIp: string): string {
  const parts = [0, 0, 0];
  addressBytes(parseIp(hostIp)).forEach((byte, index) => {
    parts[index % 3] = (parts[index % 3] ?? 0) ^ byte;
  });
  const [second = 0, third, fourth] = parts;
  return `127.${second | 128}.${third}.${fourth}`;
}
