import type { Ulimit } from '../../../api/types.ts';
import type { CompletedConfig } from '../../model/config.ts';
import type { CompletedExecConfig } from '../../model/exec.ts';
import type { CompletedHostConfig } from '../../model/host-config.ts';
import { EngineError } from '../../../base/errors.ts';
import type { Process, User } from '../../../oci/runtime-spec.ts';
import { containerEnvironment, finishEnvironment, overrideEnvironment } from './environment.ts';
import type { HostFacts } from './host-facts.ts';
import type { ResolvedUser } from '../../../oci/resolve-user.ts';
import type { SecurityOptions } from './security-options.ts';
import type { SpecInput } from './spec-input.ts';
import { INIT_PATH, usesInit } from './spec-mounts.ts';

/** The container's first process. @throws EngineError invalid-parameter */
export function specProcess(input: SpecInput, security: SecurityOptions, capabilities: string[]): Process {
  const { config, hostConfig, user } = input;
  const command = [...config.Entrypoint, ...config.Cmd];
  const cwd = config.WorkingDir || '/';
  if (!cwd.startsWith('/')) throw new EngineError('invalid-parameter', 'Cwd must be an absolute path');
  const [height, width] = hostConfig.ConsoleSize;
  const environment = containerEnvironment({
    hostname: config.Hostname,
    tty: config.Tty,
    linked: input.linkedEnvironment,
    env: config.Env,
  });
  return {
    terminal: config.Tty,
    ...(config.Tty && (height > 0 || width > 0) ? { consoleSize: { height, width } } : {}),
    user: specUser(user),
    args: usesInit(input) ? [INIT_PATH, '--', ...command] : command,
    env: finishEnvironment(environment, user.home),
    cwd,
    capabilities: capabilitySets(capabilities),
    rlimits: hostConfig.Ulimits.map(specLimit),
    ...(security.noNewPrivileges ? { noNewPrivileges: true } : {}),
    ...apparmor(input, security),
    oomScoreAdj: Number(hostConfig.OomScoreAdj),
  };
}

export type ExecInput = {
  exec: CompletedExecConfig;
  /** The container's, and its linked environment, as in {@link SpecInput}. */
  config: Pick<CompletedConfig, 'Hostname' | 'Env'>;
  linkedEnvironment?: readonly string[];
  /** The container's own, as {@link specProcess} made it. */
  process: Process;
  /** What `exec.User` is, where one is given. */
  user?: ResolvedUser;
  /** The home of the user that is used. */
  home: string;
  /** For `--privileged`: all that the engine has. */
  available: readonly string[];
};

/** A further process in a running container. @throws EngineError invalid-parameter */
export function execProcess({ exec, config, process, user, home, available, ...rest }: ExecInput): Process {
  const environment = containerEnvironment({
    hostname: config.Hostname,
    tty: exec.Tty,
    linked: rest.linkedEnvironment,
    env: config.Env,
  });
  const [height, width] = exec.ConsoleSize;
  const { consoleSize: _, ...inherited } = process;
  return {
    ...inherited,
    terminal: exec.Tty,
    ...(exec.Tty && (height > 0 || width > 0) ? { consoleSize: { height, width } } : {}),
    args: exec.Cmd,
    env: finishEnvironment(overrideEnvironment(environment, exec.Env), home),
    cwd: exec.WorkingDir || process.cwd,
    user: user ? specUser(user) : process.user,
    ...(exec.Privileged ? { capabilities: capabilitySets([...available]) } : {}),
  };
}

function specUser({ uid, gid, additionalGids }: ResolvedUser): User {
  return { uid, gid, additionalGids };
}

function capabilitySets(names: string[]): Process['capabilities'] {
  return { bounding: names, effective: names, permitted: names };
}

/** RLIMIT_* that a container may ask for (getrlimit(2)). */
const LIMITS = new Set(
  'core cpu data fsize locks memlock msgqueue nice nofile nproc rss rtprio rttime sigpending stack'.split(
    ' ',
  ),
);

/** -1 is unlimited. */
function specLimit({ Name = '', Soft = 0, Hard = 0 }: Ulimit) {
  if (!LIMITS.has(Name)) throw new EngineError('invalid-parameter', `invalid ulimit type: ${Name}`);
  return { type: `RLIMIT_${Name.toUpperCase()}`, soft: Soft, hard: Hard };
}

function apparmor({ hostConfig, host }: SpecInput, security: SecurityOptions) {
  const apparmorProfile = apparmorProfileOf(hostConfig, host, security);
  return apparmorProfile === '' ? {} : { apparmorProfile };
}

/** '' without AppArmor. */
export function apparmorProfileOf(
  hostConfig: Pick<CompletedHostConfig, 'Privileged'>,
  host: HostFacts,
  security: SecurityOptions,
): string {
  if (host.apparmorProfile === undefined) return '';
  return security.apparmor || (hostConfig.Privileged ? 'unconfined' : host.apparmorProfile);
}
