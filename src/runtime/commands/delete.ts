import { EngineError } from '../../base/errors.ts';
import type { Command } from '../command.ts';
import {
  type ContainerRecord,
  containerDirectory,
  readRecord,
  removeRecord,
  statusOf,
} from '../container-record.ts';
import { flagSet } from '../flags.ts';
import { removeContainer } from '../remove-container.ts';

export const remove: Command = {
  usage: '<container-id>',
  summary: 'delete any resources held by the container often used with detached container',
  flags: {
    force: {
      type: 'boolean',
      short: 'f',
      usage: 'Forcibly deletes the container if it is still running (uses SIGKILL)',
    },
  },
  args: { min: 1 },
  async run(context, flags) {
    const [id = ''] = flags.args;
    const force = flagSet(flags, 'force');
    const record = find(context.root, id, force);
    if (!record) return 0;
    const status = statusOf(context.root, record);
    if (!force && status !== 'stopped' && status !== 'created')
      throw new EngineError('conflict', `cannot delete container ${id} that is not stopped: ${status}`);
    await removeContainer(context, record);
    return 0;
  },
};

/** With force, what is not there, or was left half made, is no error. */
function find(root: string, id: string, force: boolean): ContainerRecord | undefined {
  try {
    return readRecord(root, id);
  } catch (error) {
    if (!force || !(error instanceof EngineError) || error.kind !== 'not-found') throw error;
    containerDirectory(root, id);
    removeRecord(root, id);
    return undefined;
  }
}
