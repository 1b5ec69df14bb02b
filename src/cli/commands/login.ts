import { text } from 'node:stream/consumers';
import type { AuthConfig, AuthResponse } from '../../api/types.ts';
import type { CommandContext } from '../context.ts';
import { defineCommand } from '../command.ts';
import { bool, string } from '../flags/flag.ts';
import { HUB_KEY, readCredentials, storeCredentials } from '../registry/credentials.ts';
import { dockerConfigPath } from '../registry/docker-config.ts';
import { registryKey } from '../registry/registry-key.ts';
import { promptLine, promptSecret } from '../streams/prompt.ts';

type LoginFlags = { username: string; password: string; 'password-stdin': boolean };

export const command = defineCommand({
  usage: '[OPTIONS] [SERVER]',
  summary: 'Authenticate to a registry',
  description: 'Authenticate to a registry.\nDefaults to Docker Hub if no server is specified.',
  flags: {
    password: string('p', 'Password or Personal Access Token (PAT)'),
    'password-stdin': bool('', 'Take the Password or Personal Access Token (PAT) from stdin'),
    username: string('u', 'Username'),
  },
  arguments: { min: 0, max: 1 },
  async run(context, { values, changed, args: [server = ''] }) {
    checkFlags(values, changed);
    if (changed.has('password'))
      context.stderr.write('WARNING! Using --password via the CLI is insecure. Use --password-stdin.\n');
    const key = registryKey(server);
    const auth = await askedCredentials(context, key, values);
    const client = await context.client();
    const { IdentityToken, Status } = await client.post<AuthResponse>('/auth', { body: auth });
    const kept = IdentityToken ? { ...auth, password: '', identitytoken: IdentityToken } : auth;
    if (await storeCredentials(context.env, key, kept)) warn(context);
    context.stdout.write(`${Status}\n`);
  },
});

/** @throws Error in Docker's words */
function checkFlags(
  { username, 'password-stdin': fromStdin }: LoginFlags,
  changed: ReadonlySet<string>,
): void {
  if (changed.has('password') && fromStdin)
    throw new Error('conflicting options: cannot specify both --password and --password-stdin');
  if (fromStdin && username === '')
    throw new Error('the --password-stdin option requires --username to be set');
}

async function askedCredentials(
  context: CommandContext,
  key: string,
  flags: LoginFlags,
): Promise<AuthConfig> {
  const { stdin, env, stdout } = context;
  const known = await readCredentials(env, key === HUB_KEY ? 'docker.io' : key);
  const { username: knownUser = '' } = known;
  const hasKnown = knownUser !== '' || known.identitytoken !== undefined;
  if (flags.username === '' && flags.password === '' && hasKnown) {
    const shown = knownUser === '' ? '' : ` [Username: ${knownUser}]`;
    stdout.write(`Authenticating with existing credentials...${shown}\n`);
    return { ...known, serveraddress: key };
  }
  const password = flags['password-stdin'] ? (await text(stdin)).replace(/\r?\n$/, '') : flags.password;
  if ((flags.username === '' || password === '') && !stdin.isTTY)
    throw new Error('Error: Cannot perform an interactive login from a non TTY device');
  const username = flags.username || (await promptLine(context, 'Username: ')).trim();
  if (username === '') throw new Error('Error: Non-null Username Required');
  const secret = password || (await promptSecret(context, 'Password: '));
  if (secret === '') throw new Error('Error: Password Required');
  return { username, password: secret, serveraddress: key };
}

function warn({ stderr, env }: CommandContext): void {
  stderr.write(
    `\nWARNING! Your credentials are stored unencrypted in '${dockerConfigPath(env)}'.\nConfigure a credential helper to remove this warning. See\nhttps://docs.docker.com/go/credential-store/\n\n`,
  );
}
