import { stat } from 'node:fs/promises';

/** Looked at again and again: what tells of changes (inotify) does not on network file systems and of replaced mounts. */
const INTERVAL_MS = 1000;

/**
 * Calls `onChange` when any of the files has become another one, or has been written; what is missing has not changed.
 * It keeps no process alive. The returned function ends it.
 */
export function watchFiles(paths: readonly string[], onChange: () => Promise<void>): () => void {
  const seen = new Map<string, string>();
  let timer: NodeJS.Timeout | undefined;
  let isOver = false;
  const look = async (isFirst: boolean) => {
    const states = await Promise.all(paths.map(async path => [path, await stateOf(path)] as const));
    const changed = states.filter(([path, state]) => state !== undefined && seen.get(path) !== state);
    for (const [path, state] of changed) seen.set(path, state ?? '');
    if (changed.length > 0 && !isFirst && !isOver) await onChange();
    if (!isOver) timer = setTimeout(() => void look(false), INTERVAL_MS).unref();
  };
  void look(true);
  return () => {
    isOver = true;
    clearTimeout(timer);
  };
}

async function stateOf(path: string): Promise<string | undefined> {
  try {
    const { ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
    return `${ino} ${size} ${mtimeNs} ${ctimeNs}`;
  } catch {
    return undefined;
  }
}
