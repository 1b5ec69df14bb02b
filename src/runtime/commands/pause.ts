import { EngineError } from '../../base/errors.ts';
import { Cgroup } from '../../cgroups/cgroup.ts';
import type { Command } from '../command.ts';
import { readRecord, statusOf } from '../container-record.ts';

export const pause: Command = {
  usage: '<container-id>',
  summary: 'pause suspends all processes inside the container',
  flags: {},
  args: { min: 1 },
  async run({ root }, { args: [id = ''] }) {
    const record = readRecord(root, id);
    const status = statusOf(root, record);
    if (status !== 'running' && status !== 'created')
      throw new EngineError(
        'conflict',
        status === 'paused' ? 'container already paused' : 'container not running',
      );
    await new Cgroup(record.cgroupPaths).freeze();
    return 0;
  },
};
