import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CliHost } from '../../context.ts';

/**
 * `ID[=SOCKET|KEY[,KEY]]`: sockets of SSH agents, by their ids. Keys get an agent of their own (OpenSSH's), which ends
 * with `undo`.
 * @throws Error for what is neither
 */
export async function sshAgents(
  texts: readonly string[],
  env: CliHost['env'],
  undo: AsyncDisposableStack,
): Promise<Map<string, string>> {
  const agents = new Map<string, string>();
  for (const text of texts) {
    const equals = text.indexOf('=');
    const id = equals < 0 ? text : text.slice(0, equals);
    const paths =
      equals < 0
        ? []
        : text
            .slice(equals + 1)
            .split(',')
            .filter(Boolean);
    agents.set(id || 'default', await socketOf(paths, env, undo));
  }
  return agents;
}

async function socketOf(
  paths: readonly string[],
  env: CliHost['env'],
  undo: AsyncDisposableStack,
): Promise<string> {
  const [first = env.SSH_AUTH_SOCK ?? '', ...others] = paths;
  if (first === '') throw new Error('invalid empty ssh agent socket: make sure SSH_AUTH_SOCK is set');
  if (!statSync(first).isSocket()) return startAgent([first, ...others], undo);
  if (others.length > 0) throw new Error('only single socket allowed');
  return first;
}

/** An agent that holds keys, and has a socket in a directory of this user's. */
async function startAgent(keys: readonly string[], undo: AsyncDisposableStack): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), 'slipway-agent-'));
  undo.defer(() => rmSync(directory, { recursive: true }));
  const socket = join(directory, 'socket');
  const agent = spawn('ssh-agent', ['-D', '-a', socket], { stdio: ['ignore', 'pipe', 'inherit'] });
  // It prints where its socket is, once it listens there.
  await Promise.race([
    once(agent.stdout, 'data'),
    once(agent, 'exit').then(() => Promise.reject(new Error('ssh-agent has ended'))),
  ]);
  undo.defer(async () => {
    const ended = once(agent, 'exit');
    agent.kill();
    await ended;
  });
  const added = spawnSync('ssh-add', ['-q', ...keys], {
    env: { ...process.env, SSH_AUTH_SOCK: socket },
    stdio: ['inherit', 'ignore', 'pipe'],
    encoding: 'utf8',
  });
  if (added.status !== 0) throw new Error(`failed to add SSH keys: ${added.error?.message ?? added.stderr}`);
  return socket;
}
