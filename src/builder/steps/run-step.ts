import { posix } from 'node:path';
import { EngineError } from '../../base/errors.ts';
import { DEFAULT_SHELL, variablesOf } from '../../dockerfile/apply-config.ts';
import { chomped, parseHeredoc } from '../../dockerfile/heredoc.ts';
import type { RunInstruction, RunMount, Written } from '../../dockerfile/instruction.ts';
import { withHeredocs } from '../../dockerfile/parse-instruction.ts';
import { parseRunDevice } from '../../dockerfile/run-device.ts';
import { parseRunMount } from '../../dockerfile/run-mount.ts';
import { expandWord } from '../../dockerfile/shell-lexer.ts';
import type { ContainerDefaults } from '../../oci/image-config.ts';
import type { Build } from '../build.ts';
import type { Outcome } from '../builder-parts.ts';
import type { Scope } from '../frontend/scope.ts';
import { contentOf, plainCopy } from '../operations/copy-files.ts';
import { type RunCommand, runCommand } from '../operations/run-command.ts';
import { type MountPlan, secretId } from '../operations/run-mounts.ts';
import { identityOf, type SourceTree } from '../operations/source-tree.ts';
import type { RunOutput } from '../solver/shared-runs.ts';
import type { StageState } from '../stage-state.ts';
import { sourceTree } from './find-source.ts';
import { stepVariables } from './step-variables.ts';

const DEFAULT_PATH = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
/** Where a script that is written in the Dockerfile is seen. */
const SCRIPT_DIRECTORY = '/dev/pipes';

type Run = Written & RunInstruction;
export type RunStepResult = Outcome & { command: readonly string[] };

/** RUN. */
export async function runStep(
  build: Build,
  state: StageState,
  step: Run,
  { scope, say }: { scope: Scope; say: (output: RunOutput) => void },
): Promise<RunStepResult> {
  if (step.security === 'insecure' && !build.request.allowsInsecure)
    throw new EngineError('forbidden', 'security.insecure is not allowed');
  if (step.network === 'host' && !build.request.allowsHostNetwork)
    throw new EngineError('forbidden', 'network.host is not allowed');
  checkDevices(step);
  const { command, script } = commandOf(step, state.config);
  if (command.length === 0)
    throw new EngineError(
      'invalid-parameter',
      build.request.dialect === 'classic' ? 'no command specified' : 'arguments are required',
    );
  const mounts = [
    ...(await mountPlans(build, state, step)),
    ...(script === undefined ? [] : [scriptMount(build, script)]),
  ];
  const options: RunCommand = {
    top: state.top,
    command,
    ...environmentOf(state, scope),
    user: state.config.User ?? '',
    workingDirectory: state.config.WorkingDir || '/',
    hostname: build.request.hostname,
    hostConfig: {
      ...build.request.hostConfig,
      ...(step.network === 'default' ? {} : { NetworkMode: step.network }),
      ...(step.security === 'insecure' ? { Privileged: true } : {}),
    },
    mounts,
    description: step.original,
    noCache: build.request.noCache,
  };
  const outcome = await runCommand(build.parts, options, { signal: build.signal, say });
  return { ...outcome, command };
}

/** No device is registered here (CDI): what does not have to be there is not. @throws EngineError invalid-parameter */
function checkDevices({ devices }: Run): void {
  for (const device of devices.map(parseRunDevice))
    if (device.required)
      throw new EngineError(
        'invalid-parameter',
        `required device ${JSON.stringify(device.name)} is not registered`,
      );
}

/** Arguments are variables of the command, too. */
function environmentOf({ config, args }: StageState, scope: Scope): { env: string[]; extraEnv: string[] } {
  const env = new Map([...variablesOf(config.Env), ...args]);
  const path = env.has('PATH') ? [] : [DEFAULT_PATH];
  const entries = (variables: [string, string][]) => variables.map(([name, value]) => `${name}=${value}`);
  return {
    env: [...path, ...entries([...env])],
    extraEnv: entries([...scope.proxies()].filter(([name]) => !env.has(name))),
  };
}

type Script = { name: string; content: string };

/** What is executed: one heredoc alone is a script, for the shell or, with `#!`, for what it names. */
function commandOf({ command }: Run, { Shell }: ContainerDefaults): { command: string[]; script?: Script } {
  if (command.form === 'exec') return { command: command.list };
  const shell = Shell?.length ? Shell : DEFAULT_SHELL;
  const [heredoc] = command.heredocs;
  if (heredoc === undefined || parseHeredoc(command.text) === undefined)
    return { command: [...shell, withHeredocs(command.text, command.heredocs)] };
  const content = heredoc.chomps ? chomped(heredoc.content) : heredoc.content;
  if (!content.startsWith('#!')) return { command: [...shell, content] };
  const name = posix.basename(heredoc.name);
  return { command: [...shell, `${SCRIPT_DIRECTORY}/${name}`], script: { name, content } };
}

function scriptMount({ request }: Build, { name, content }: Script): MountPlan {
  const mount = parseRunMount(`type=bind,target=${SCRIPT_DIRECTORY}/${name}`, value => value);
  return {
    mount,
    destination: mount.target,
    source: undefined,
    content,
    secrets: request.secrets,
    agents: request.agents,
    identity: content,
  };
}

async function mountPlans(build: Build, state: StageState, step: Run): Promise<MountPlan[]> {
  const variables = stepVariables(state);
  const expand = (text: string) => expandWord(text, variables, { escape: build.dockerfile.escape });
  const plans: MountPlan[] = [];
  for (const [index, text] of step.mounts.entries()) {
    const mount = parseRunMount(text, expand);
    const destination = destinationOf(mount, state.config.WorkingDir || '/', index);
    plans.push(await mountPlan(build, state, { mount, destination }));
  }
  return plans;
}

async function mountPlan(
  build: Build,
  state: StageState,
  { mount, destination }: Pick<MountPlan, 'mount' | 'destination'>,
): Promise<MountPlan> {
  const hasSource = mount.type === 'bind' || (mount.type === 'cache' && mount.from !== '');
  const source = hasSource ? await sourceTree(build, mount.from, state.platform) : undefined;
  const { source: path, readonly, sharing, from } = mount;
  const known = source === undefined ? undefined : await identityAt(build, source, path);
  const isOthers = mount.type === 'secret' || mount.type === 'ssh';
  const identity = isOthers
    ? [mount.type, destination, mount.id, mount.required, mount.env]
    : [mount.type, destination, path, readonly, sharing, from, known];
  const { secrets, agents } = build.request;
  return { mount, destination, source, content: undefined, secrets, agents, identity };
}

/** `index` among the mounts of its RUN. */
function destinationOf(mount: RunMount, workingDirectory: string, index: number): string {
  const { type, target, env } = mount;
  if (target !== '') return posix.resolve('/', workingDirectory, target);
  if (type === 'ssh') return `/run/buildkit/ssh_agent.${index}`;
  return type === 'secret' && env === '' ? `/run/secrets/${secretId(mount)}` : '';
}

/** What a part of a source is known by: of a context, its own content, whatever else is sent. */
async function identityAt({ parts }: Build, source: SourceTree, path: string): Promise<string | undefined> {
  if (source.kind === 'layer') return identityOf(source);
  return contentOf(parts, [{ source, copy: plainCopy(path || '/', '/source/') }]);
}
