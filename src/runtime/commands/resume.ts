import { EngineError } from '../../base/errors.ts';
import { Cgroup } from '../../cgroups/cgroup.ts';
import type { Command } from '../command.ts';
import { readRecord, statusOf } from '../container-record.ts';

export const resume: Command = {
  usage: '<container-id>',
  summary: 'resumes all processes that have been previously paused',
  flags: {},
  args: { min: 1 },
  async run({ root }, { args: [id = ''] }) {
    const record = readRecord(root, id);
    const cgroup = new Cgroup(record.cgroupPaths);
    if (statusOf(root, record) === 'stopped' || !cgroup.frozen)
      throw new EngineError('conflict', 'container not paused');
    await cgroup.thaw();
    return 0;
  },
};
