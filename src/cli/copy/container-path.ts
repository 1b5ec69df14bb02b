import type { ContainerPathStat } from '../../api/types.ts';
import { posix } from 'node:path';
import { splitEntry } from '../../archive/go-path.ts';
import { ResponseError } from '../../client/response-error.ts';
import type { EngineClient } from '../../client/engine-client.ts';

/** Bits of Go's os.FileMode. */
export const GO_DIRECTORY = 2 ** 31;
const GO_SYMLINK = 2 ** 27;
const GO_DEVICE = 2 ** 26;
const GO_IRREGULAR = 2 ** 19;

export function hasBit({ mode }: ContainerPathStat, bit: number): boolean {
  return Math.floor(mode / bit) % 2 === 1;
}

/** Undefined where the daemon has no answer: there may be no such path. */
export async function statContainerPath(
  client: EngineClient,
  container: string,
  path: string,
): Promise<ContainerPathStat | undefined> {
  try {
    const response = await client.stream('HEAD', archivePath(container), { query: { path } });
    response.resume();
    return pathStatOf(response.headers);
  } catch (error) {
    if (error instanceof ResponseError) return undefined;
    throw error;
  }
}

export function pathStatOf(headers: NodeJS.Dict<string | string[]>): ContainerPathStat {
  const header = String(headers['x-docker-container-path-stat'] ?? '');
  return JSON.parse(Buffer.from(header, 'base64').toString()) as ContainerPathStat;
}

export function archivePath(container: string): string {
  return `/containers/${encodeURIComponent(container)}/archive`;
}

/** Where a link leads to; undefined when it is none. */
export function linkTarget(stat: ContainerPathStat | undefined, path: string): string | undefined {
  if (stat === undefined || !hasBit(stat, GO_SYMLINK)) return undefined;
  return posix.isAbsolute(stat.linkTarget)
    ? stat.linkTarget
    : posix.join(splitEntry(path).directory, stat.linkTarget);
}

/** What is neither directory nor file, and so nothing to copy to; undefined when it is all right. */
export function unfitKind(stat: ContainerPathStat | undefined): string | undefined {
  if (stat === undefined) return undefined;
  if (hasBit(stat, GO_DEVICE)) return 'got a device';
  return hasBit(stat, GO_IRREGULAR) ? 'got an irregular file' : undefined;
}
