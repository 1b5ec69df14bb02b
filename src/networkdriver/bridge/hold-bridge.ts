import { statSync } from 'node:fs';
import { join } from 'node:path';
import { EngineError } from '../../base/errors.ts';
import { makePrivateDirectory } from '../../base/private-files.ts';
import { lockFile } from '../../kernel/lock-file.ts';
import { SubnetConflict } from '../driver.ts';

/** Wherever the roots of daemons are: bridges belong to a network namespace. */
const DIRECTORY = '/run/slipway-bridges';

/**
 * Takes a bridge and its subnets in this network namespace for this process, until the function returned is called.
 * @throws EngineError conflict when another process has the bridge; SubnetConflict
 */
export function holdBridge(device: string, subnets: readonly string[]): () => void {
  makePrivateDirectory(DIRECTORY);
  const namespace = statSync('/proc/thread-self/ns/net').ino;
  const hold = (name: string, refusal: (pid: string) => EngineError) =>
    lockFile(join(DIRECTORY, `${namespace}-${name.replace('/', '_')}`), { isTemporary: true, refusal });
  using undo = new DisposableStack();
  undo.defer(
    hold(device, pid => {
      const message = `another daemon (process ${pid}) is using the bridge ${device}`;
      return new EngineError('conflict', message, { hint: 'Give this one another --bridge.' });
    }),
  );
  for (const subnet of subnets)
    undo.defer(
      hold(
        subnet,
        pid => new SubnetConflict(`another daemon (process ${pid}) is using the subnet ${subnet}`),
      ),
    );
  const held = undo.move();
  return () => held.dispose();
}
