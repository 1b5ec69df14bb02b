import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { EngineError, errorCode } from '../../base/errors.ts';
import type { Command } from '../command.ts';
import { exampleSpec } from '../example-spec.ts';
import { flagSet, flagText } from '../flags.ts';

export const spec: Command = {
  usage: '',
  summary: 'create a new specification file',
  flags: {
    bundle: { type: 'string', short: 'b', usage: 'path to the root of the bundle directory' },
    rootless: { type: 'boolean', usage: 'generate a configuration for a rootless container' },
  },
  args: { min: 0 },
  async run(_context, flags) {
    const path = resolve(flagText(flags, 'bundle') ?? '.', 'config.json');
    const content = JSON.stringify(exampleSpec(flagSet(flags, 'rootless')), undefined, '\t');
    try {
      writeFileSync(path, content, { flag: 'wx' });
    } catch (error) {
      if (errorCode(error) !== 'EEXIST') throw error;
      throw new EngineError('conflict', 'File config.json exists. Remove it first');
    }
    return 0;
  },
};
