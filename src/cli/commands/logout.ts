import { messageOf } from '../../base/errors.ts';
import { defineCommand } from '../command.ts';
import { eraseCredentials, keyHost } from '../registry/credentials.ts';
import { registryKey } from '../registry/registry-key.ts';

export const command = defineCommand({
  usage: '[SERVER]',
  summary: 'Log out from a registry',
  description: 'Log out from a registry.\nIf no server is specified, the default is Docker Hub.',
  flags: {},
  arguments: { min: 0, max: 1 },
  async run(context, { args: [server = ''] }) {
    const key = registryKey(server);
    context.stdout.write(`Removing login credentials for ${server === '' ? key : keyHost(key)}\n`);
    try {
      await eraseCredentials(context.env, key);
    } catch (error) {
      context.stderr.write(`WARNING: could not erase credentials:\n${key}: ${messageOf(error)}\n`);
    }
  },
});
