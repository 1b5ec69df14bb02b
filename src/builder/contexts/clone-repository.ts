import { execFile } from 'node:child_process';
import { closeSync, constants, mkdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { EngineError, errorCode } from '../../base/errors.ts';
import { openInRoot } from '../../kernel/open-beneath.ts';
import { openRoot } from '../../kernel/thread-root.ts';
import { type Build, temporaryDirectory } from '../build.ts';
import type { AgentSource, ReceivedFiles, SecretSource } from '../build-request.ts';
import { withAgentSocket } from '../operations/ssh-agent.ts';
import type { GitReference } from './git-reference.ts';

const run = promisify(execFile);
const COMMIT = /^[0-9a-f]{40}(?:[0-9a-f]{24})?$/;
const MAX_OUTPUT_BYTES = 4 * 1024 * 1024;
/**
 * Without the keys and the hosts that root of this machine has, which are in a home that HOME does not change: who wrote the
 * Dockerfile is not to read what they open. A host is believed at first sight, if /etc/ssh/ssh_known_hosts does not know it.
 */
const SSH =
  'ssh -F /dev/null -o BatchMode=yes -o IdentityFile=none -o UserKnownHostsFile=/dev/null -o StrictHostKeyChecking=accept-new';

type Holder = Pick<Build, 'parts' | 'undo' | 'signal'> & { secrets: SecretSource; agents: AgentSource };

type Wanted = { keepGitDirectory?: boolean; checksum?: string };

/** The agent that a client forwards for its repositories, as BuildKit asks for it. */
const AGENT = 'default';

/**
 * A commit's files, checked out by git into a directory of their own. They are known by the commit.
 * @throws EngineError invalid-parameter with git's words; unavailable without git
 */
export async function cloneRepository(
  holder: Holder,
  reference: GitReference,
  wanted: Wanted = {},
): Promise<ReceivedFiles> {
  const hasAgent = isBySsh(reference) && (await holder.agents.has(AGENT, holder.signal));
  if (!hasAgent) return clone(holder, reference, wanted);
  return withAgentSocket(holder, AGENT, agent => clone(holder, reference, { ...wanted, agent }));
}

function isBySsh({ remote }: GitReference): boolean {
  return remote.startsWith('ssh:') || !remote.includes('://');
}

async function clone(
  holder: Holder,
  reference: GitReference,
  { keepGitDirectory = false, checksum = '', agent }: Wanted & { agent?: string },
): Promise<ReceivedFiles> {
  const root = temporaryDirectory(holder);
  const [home, directory] = [join(root, 'home'), join(root, 'files')];
  for (const path of [home, directory]) mkdirSync(path, { mode: 0o755 });
  const git = await gitIn(holder, reference, { home, directory, agent });
  await git('init', '--quiet', '--initial-branch=main');
  await git('remote', 'add', 'origin', reference.remote);
  const commit = await fetchCommit(git, reference.ref);
  const expected = checksum || reference.checksum;
  if (expected !== '' && !commit.startsWith(expected))
    throw new EngineError('invalid-parameter', `expected checksum to match ${expected}, got ${commit}`);
  await git('checkout', '--quiet', '--force', 'FETCH_HEAD');
  await git('submodule', 'update', '--quiet', '--init', '--recursive', '--depth=1');
  const keeps = reference.keepGitDirectory ?? keepGitDirectory;
  if (!keeps) await holder.parts.threads.run({ kind: 'remove', root: directory, name: '.git' });
  const path = subdirectoryOf(directory, reference.subdirectory);
  const { subdirectory } = reference;
  return { path, identity: ['git', commit, subdirectory, keeps, reference.remote].join(' ') };
}

type Git = (...args: string[]) => Promise<string>;

/** In small letters, as curl reads no other HTTP_PROXY. */
function proxyVariables({ http, https, none }: Holder['parts']['proxies']): Record<string, string> {
  return { http_proxy: http, https_proxy: https, no_proxy: none };
}

async function gitIn(
  { parts, signal, secrets }: Holder,
  { host, remote }: GitReference,
  { home, directory, agent }: { home: string; directory: string; agent: string | undefined },
): Promise<Git> {
  const header = remote.startsWith('http') ? await authorization(secrets, host, signal) : undefined;
  const settings: [string, string][] = [
    ['core.hooksPath', '/dev/null'],
    ['protocol.file.allow', 'never'],
    ['protocol.ext.allow', 'never'],
    ['advice.detachedHead', 'false'],
    ...(header === undefined
      ? []
      : [[`http.${new URL(remote).origin}/.extraheader`, `Authorization: ${header}`] as [string, string]]),
  ];
  // By the environment, where no other user reads it.
  const configuration = settings.flatMap(([key, value], index) => [
    [`GIT_CONFIG_KEY_${index}`, key],
    [`GIT_CONFIG_VALUE_${index}`, value],
  ]);
  const env = {
    PATH: process.env.PATH ?? '/usr/bin:/bin',
    HOME: home,
    LC_ALL: 'C',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    GIT_ASKPASS: '/bin/false',
    GIT_SSH_COMMAND: SSH,
    ...(agent === undefined ? {} : { SSH_AUTH_SOCK: agent }),
    ...proxyVariables(parts.proxies),
    GIT_CONFIG_COUNT: String(settings.length),
    ...Object.fromEntries(configuration),
  };
  return async (...args) => {
    try {
      const { stdout } = await run('git', args, { cwd: directory, env, signal, maxBuffer: MAX_OUTPUT_BYTES });
      return stdout.trim();
    } catch (cause) {
      signal.throwIfAborted();
      if (errorCode(cause) === 'ENOENT')
        throw new EngineError('unavailable', 'git is needed for this', {
          cause,
          hint: 'Install it: apt-get install git',
        });
      const { stderr = '' } = cause as { stderr?: string };
      throw new EngineError('invalid-parameter', `git ${args[0]} ${remote}: ${stderr.trim()}`, { cause });
    }
  };
}

/** The client's secrets of the names that BuildKit asks for, the host's own first. */
async function authorization(
  secrets: SecretSource,
  host: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  for (const name of [`GIT_AUTH_HEADER.${host}`, 'GIT_AUTH_HEADER']) {
    const header = await secrets(name, signal);
    if (header !== undefined) return header.toString().trim();
  }
  for (const name of [`GIT_AUTH_TOKEN.${host}`, 'GIT_AUTH_TOKEN']) {
    const token = await secrets(name, signal);
    if (token !== undefined)
      return `basic ${Buffer.from(`x-access-token:${token.toString().trim()}`).toString('base64')}`;
  }
  return undefined;
}

async function fetchCommit(git: Git, ref: string): Promise<string> {
  const fetched = ['fetch', '--quiet', '--no-tags', '--depth=1', 'origin'];
  try {
    await git(...fetched, ref || 'HEAD');
  } catch (error) {
    // Some servers refuse to send single commits.
    if (!COMMIT.test(ref)) throw error;
    await git(
      'fetch',
      '--quiet',
      'origin',
      '+refs/heads/*:refs/remotes/origin/*',
      '+refs/tags/*:refs/tags/*',
    );
    await git('update-ref', 'FETCH_HEAD', ref);
  }
  return git('rev-parse', 'FETCH_HEAD^{commit}');
}

/** Of a tree, links resolved in it. @throws EngineError not-found */
function subdirectoryOf(directory: string, subdirectory: string): string {
  const root = openRoot(directory);
  try {
    const path = subdirectory.replace(/^\/+/, '') || '.';
    const fd = openInRoot(root, path, constants.O_RDONLY | constants.O_DIRECTORY);
    if (fd < 0) throw new EngineError('not-found', `subdir not found: ${subdirectory}`);
    try {
      return readlinkSync(`/proc/self/fd/${fd}`);
    } finally {
      closeSync(fd);
    }
  } finally {
    closeSync(root);
  }
}
