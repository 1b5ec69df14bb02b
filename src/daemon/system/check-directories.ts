import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { namesIn } from '../../base/names-in.ts';
import type { SystemCheckReport } from '../../api/types.ts';
import type { Daemon } from '../container/daemon.ts';

type Finding = SystemCheckReport['Findings'][number];

/**
 * Directories of containers and volumes that nothing is recorded of. A volume's are never removed: they may
 * hold the only copy of a user's files.
 */
export function checkDirectories(daemon: Daemon, { repair }: { repair: boolean }): Finding[] {
  const { containers, volumes, options, store } = daemon;
  const isLeftover = (id: string) => store.leftovers().some(leftover => leftover.id === id);
  const orphans = namesIn(join(options.dataRoot, 'containers')).filter(
    id => containers.lookup(id)?.id !== id && !isLeftover(id),
  );
  const known = new Set(volumes.all().map(({ name }) => name));
  const strangers = namesIn(join(options.dataRoot, 'volumes')).filter(
    name => !known.has(name) && !name.startsWith('.removed-') && !isLeftover(name),
  );
  return [
    ...orphans.map(id => {
      const path = join(options.dataRoot, 'containers', id);
      if (repair) rmSync(path, { recursive: true, force: true });
      return finding('orphaned-container-directory', path, '', repair);
    }),
    ...strangers.map(name => {
      const path = join(options.dataRoot, 'volumes', name);
      return finding('unknown-volume', path, 'left where it is: it may hold data', false);
    }),
  ];
}

function finding(Kind: string, Subject: string, Detail: string, Repaired: boolean): Finding {
  return { Kind, Subject, Detail, Images: [], Repaired };
}
