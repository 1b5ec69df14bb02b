import type { Command } from '../command.ts';
import { readRecord, stateOf } from '../container-record.ts';
import { print } from '../print.ts';

export const state: Command = {
  usage: '<container-id>',
  summary: 'output the state of a container',
  flags: {},
  args: { min: 1 },
  async run({ root }, { args: [id = ''] }) {
    print(JSON.stringify(stateOf(root, readRecord(root, id)), undefined, 2));
    return 0;
  },
};
