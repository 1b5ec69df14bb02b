import { decodeJson, encodeJson } from '../base/exact-json.ts';
import { EngineError } from '../base/errors.ts';
import type { Capabilities, Process, User } from '../oci/runtime-spec.ts';
import type { ContainerRecord } from './container-record.ts';
import { type Flags, type FlagTable, flagSet, flagText } from './flags.ts';
import { DETACH_FLAG, PROCESS_FLAGS } from './make-flags.ts';
import { readJson } from './read-json.ts';
import { PROCESS_CHECK } from './spec-checks.ts';

export const EXEC_FLAGS: FlagTable = {
  ...PROCESS_FLAGS,
  cwd: { type: 'string', usage: 'current working directory in the container' },
  env: { type: 'list', short: 'e', usage: 'set environment variables' },
  tty: { type: 'boolean', short: 't', usage: 'allocate a pseudo-TTY' },
  user: { type: 'string', short: 'u', usage: 'UID (format: <uid>[:<gid>])' },
  'additional-gids': { type: 'list', short: 'g', usage: 'additional gids' },
  process: { type: 'string', short: 'p', usage: 'path to the process.json' },
  ...DETACH_FLAG,
  'process-label': {
    type: 'string',
    usage: 'set the asm process label for the process commonly used with selinux',
  },
  apparmor: { type: 'string', usage: 'set the apparmor profile for the process' },
  'no-new-privs': { type: 'boolean', usage: 'set the no new privileges value for the process' },
  cap: { type: 'list', short: 'c', usage: 'add a capability to the bounding set for the process' },
  cgroup: {
    type: 'list',
    usage: 'run the process in an (existing) sub-cgroup(s). Format is [<controller>:]<cgroup>',
  },
  'ignore-paused': { type: 'boolean', usage: 'allow exec in a paused container' },
};

/**
 * The process that the flags of `exec` describe: the container's own with another command, or that of a file.
 * @throws EngineError invalid-parameter
 */
export function execProcess({ spec }: ContainerRecord, flags: Flags): Process {
  const file = flagText(flags, 'process');
  if (file) {
    const process = readJson(file, file, PROCESS_CHECK);
    return {
      ...process,
      user: { ...process.user, uid: process.user?.uid ?? 0, gid: process.user?.gid ?? 0 },
    };
  }
  const args = flags.args.slice(1);
  if (args.length === 0) throw new EngineError('invalid-parameter', 'process args cannot be empty');
  const own = spec.process!;
  const process: Process = {
    ...own,
    args,
    terminal: flagSet(flags, 'tty'),
    consoleSize: undefined,
    cwd: flagText(flags, 'cwd') ?? own.cwd,
    env: [...(own.env ?? []), ...(flags.values.get('env') ?? [])],
    user: userOf(own.user, flags),
    apparmorProfile: flagText(flags, 'apparmor') ?? own.apparmorProfile,
    selinuxLabel: flagText(flags, 'process-label') ?? own.selinuxLabel,
    noNewPrivileges: flags.values.has('no-new-privs') ? flagSet(flags, 'no-new-privs') : own.noNewPrivileges,
    capabilities: withCapabilities(own.capabilities, flags.values.get('cap') ?? []),
  };
  PROCESS_CHECK(decodeJson(encodeJson(process)), 'process');
  return process;
}

/** @throws EngineError invalid-parameter */
function userOf(own: User, flags: Flags): User {
  const text = flagText(flags, 'user');
  const gids = (flags.values.get('additional-gids') ?? []).map(gid => number(gid, 'additional-gids'));
  const [uid, gid] = text === undefined ? [] : text.split(':');
  return {
    ...own,
    uid: uid === undefined ? own.uid : number(uid, 'user'),
    gid: gid === undefined ? own.gid : number(gid, 'user'),
    additionalGids: [...(own.additionalGids ?? []), ...gids],
  };
}

function number(text: string, flag: string): number {
  if (!/^\d+$/.test(text))
    throw new EngineError(
      'invalid-parameter',
      `invalid value ${JSON.stringify(text)} for flag -${flag}: expected a number`,
    );
  return Number(text);
}

function withCapabilities(own: Capabilities | undefined, added: readonly string[]): Capabilities | undefined {
  if (added.length === 0) return own;
  const { bounding = [], effective = [], permitted = [], inheritable, ambient = [] } = own ?? {};
  return {
    ...own,
    ambient: [...ambient, ...added.filter(name => inheritable?.includes(name))],
    bounding: [...bounding, ...added],
    effective: [...effective, ...added],
    permitted: [...permitted, ...added],
  };
}
