import { globSync } from 'node:fs';
import { isAbsolute, normalize } from 'node:path';
import type { DeviceMapping } from '../../api/types.ts';

/**
 * `--device /dev/a[:/dev/b][:rwm]`; a pattern ending in `*` is expanded.
 * @throws Error with Docker's wording
 */
export function parseDevice(text: string): DeviceMapping[] {
  const parts = text.split(':');
  const [source = '', second, third] = parts;
  if (parts.length > 3 || source === '') throw new Error(`bad format for path: ${text}`);
  const secondIsMode = second !== undefined && isMode(second);
  const destination = second !== undefined && (!secondIsMode || third !== undefined) ? second : undefined;
  const permissions = third ?? (secondIsMode ? second : 'rwm');
  if (third !== undefined && !isMode(third)) throw new Error(`bad mode specified: ${third}`);
  const inside = destination ?? source;
  if (!isAbsolute(inside)) throw new Error(`${inside} is not an absolute path`);
  if (!source.endsWith('*')) return [mapping(clean(source), clean(inside), permissions)];
  if (destination !== undefined) throw new Error(`device with * suffix can't have dst: ${text}`);
  return globSync(source).map(path => mapping(path, path, permissions));
}

function isMode(text: string): boolean {
  return /^(?!.*(.).*\1)[rwm]+$/.test(text);
}

function clean(path: string): string {
  return normalize(path).replace(/(?<=.)\/$/, '');
}

function mapping(onHost: string, inContainer: string, permissions: string): DeviceMapping {
  return { PathOnHost: onHost, PathInContainer: inContainer, CgroupPermissions: permissions };
}
