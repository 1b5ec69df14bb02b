import { closeSync, constants, openSync, rmSync, writeSync } from 'node:fs';
import { EngineError, errorCode } from '../../base/errors.ts';
import type { Command } from '../command.ts';
import { fifoPath, readRecord, statusOf } from '../container-record.ts';
import { runPoststartHooks } from '../poststart-hooks.ts';

export const start: Command = {
  usage: '<container-id>',
  summary: 'executes the user defined process in a created container',
  flags: {},
  args: { min: 1 },
  async run({ root }, { args: [id = ''] }) {
    const record = readRecord(root, id);
    const status = statusOf(root, record);
    if (status === 'stopped') throw new EngineError('conflict', 'cannot start a container that has stopped');
    if (status !== 'created') throw new EngineError('conflict', 'cannot start an already running container');
    release(fifoPath(root, id));
    runPoststartHooks(root, record);
    return 0;
  },
};

/** The container waits for a byte. */
function release(fifo: string): void {
  let descriptor: number;
  try {
    descriptor = openSync(fifo, constants.O_WRONLY | constants.O_NONBLOCK);
  } catch (error) {
    const code = errorCode(error);
    if (code !== 'ENXIO' && code !== 'ENOENT') throw error;
    const message =
      code === 'ENXIO' ? 'container process is already dead' : 'cannot start an already running container';
    throw new EngineError('conflict', message);
  }
  try {
    // First, so that a running container is never found to be startable.
    rmSync(fifo);
    writeSync(descriptor, '0');
  } finally {
    closeSync(descriptor);
  }
}
