import { EMPTY_ENDPOINT_CONFIG } from '../model/endpoint-config.ts';
import { fillHostConfig } from '../model/host-config.ts';
import { EMPTY_CONFIG } from '../model/config.ts';
import { formatNetworkMode } from '../model/namespace-modes.ts';
import { rmSync } from 'node:fs';
import { Writable } from 'node:stream';
import type { BuildMount, BuildStep, BuildStepResult } from '../../api/build-step.ts';
import { copyFrames } from '../../api/frames.ts';
import { makeDirectories } from '../../base/make-directories.ts';
import { untilAborted } from '../../base/until-aborted.ts';
import type { Task } from '../../execdriver/driver.ts';
import { currentTime } from '../model/clock.ts';
import { Container } from '../model/container.ts';
import { type ContainerRecord, type MountRecord, newState } from '../model/container-record.ts';
import { completeHostConfig } from '../container/config/complete-host-config.ts';
import { hostDefaults } from '../container/create/create-container.ts';
import type { Daemon } from '../container/daemon.ts';
import { containerDirectory, hostFilePath } from '../model/daemon-options.ts';
import type { Spec } from '../../oci/runtime-spec.ts';
import { writeHostFile } from '../container/networking/host-file.ts';
import { MADE_PLACES } from '../container/inspect/container-changes.ts';
import { createOptions, leaveNetworks } from '../container/lifecycle/start-container.ts';
import { writeHostFiles } from '../container/networking/host-files.ts';
import { joinNetworks } from '../container/networking/join-networks.ts';
import { describeStartFailure } from '../container/start/start-failure.ts';

const SHORT_ID = 12;
const HOSTNAME_FILE = '/etc/hostname';
const SIGKILL = 9;

/**
 * Executes a step of a build as a container that is in no list and no event: with the network, files in /etc, limits and
 * confinement that a container of these options has. When this settles, nothing of it is left.
 * @throws EngineError in Docker's words when it cannot be executed; the signal's reason when it was aborted
 */
export async function runBuildStep(daemon: Daemon, step: BuildStep): Promise<BuildStepResult> {
  step.signal.throwIfAborted();
  const container = containerOf(daemon, step);
  const directory = containerDirectory(daemon.options, step.id);
  await using undo = new AsyncDisposableStack();
  // Should the daemon die in the midst, the next one takes away what there is.
  daemon.store.addLeftover({ kind: 'container', id: step.id });
  undo.defer(() => daemon.store.removeLeftover({ kind: 'container', id: step.id }));
  makeDirectories(directory, 0o700);
  undo.defer(() => rmSync(directory, { recursive: true, force: true }));
  container.layer = await daemon.graph.openContainerLayer(step.layerId);
  const joined = await joinNetworks(daemon, container);
  undo.defer(() => leaveNetworks(daemon, container, joined));
  container.state.endpoints = joined.connections;
  writeHostFiles(daemon, container);
  if (step.hostname !== '') writeBuildHosts(daemon, step);
  const options = await createOptions(daemon, container);
  const runtime = await daemon.execDriver
    .create({
      ...options,
      spec: withoutPlaces(options.spec, step.hostname === '' ? [] : [HOSTNAME_FILE]),
      mounts: new Map(
        step.mounts.flatMap(mount => (mount.kind === 'mount' ? [[mount.destination, mount.fd]] : [])),
      ),
      ...(joined.namespace === undefined ? {} : { networkNamespace: joined.namespace }),
      keepDescriptors: joined.descriptors,
      signal: step.signal,
    })
    .catch(error => {
      throw step.signal.aborted ? error : describeStartFailure(error);
    });
  undo.defer(() => runtime.remove());
  const { code, oomKilled } = await execute(runtime, step);
  return {
    exitCode: code,
    oomKilled,
    places: [...MADE_PLACES, ...step.mounts.map(({ destination }) => destination)],
  };
}

/** As BuildKit has it: no names of networks. */
function writeBuildHosts({ options }: Daemon, { id, hostname, hostConfig }: BuildStep): void {
  const extra = (hostConfig.ExtraHosts ?? []).map(entry => {
    const colon = entry.indexOf(':');
    return `${entry.slice(colon + 1)}\t${entry.slice(0, colon)}\n`;
  });
  const own = `127.0.0.1\tlocalhost ${hostname}\n::1\tlocalhost ip6-localhost ip6-loopback\n`;
  writeHostFile(hostFilePath(options, id, 'hosts'), [own, ...extra].join(''));
}

function withoutPlaces(spec: Spec, places: readonly string[]): Spec {
  if (spec.mounts === undefined || places.length === 0) return spec;
  return { ...spec, mounts: spec.mounts.filter(({ destination }) => !places.includes(destination)) };
}

async function execute(runtime: Task, { output, signal }: BuildStep) {
  const streams = await runtime.attach({ stdin: false, stdout: true, stderr: true });
  const copied = copyFrames(streams, sink(output, 'stdout'), sink(output, 'stderr'));
  copied.catch(() => undefined);
  const kill = () => void runtime.kill(SIGKILL).catch(() => undefined);
  signal.addEventListener('abort', kill, { once: true });
  try {
    await untilAborted(signal, runtime.start()).catch(error => {
      throw signal.aborted ? error : describeStartFailure(error);
    });
    const exit = await runtime.exited;
    await copied;
    signal.throwIfAborted();
    return exit;
  } finally {
    signal.removeEventListener('abort', kill);
    streams.destroy();
  }
}

function sink(output: BuildStep['output'], stream: 'stdout' | 'stderr'): Writable {
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      output(stream, chunk);
      done();
    },
  });
}

function containerOf(daemon: Daemon, step: BuildStep): Container {
  const { id, command, env, user, workingDirectory, hostname } = step;
  const hostConfig = completeHostConfig(
    fillHostConfig({ ...step.hostConfig, LogConfig: { Type: 'none', Config: {} } }),
    hostDefaults(daemon),
  );
  const { NetworkMode: mode } = hostConfig;
  const [path = '', ...args] = command;
  const record: ContainerRecord = {
    id,
    name: `build-${id}`,
    createdAt: currentTime(),
    imageId: '',
    imageReference: '',
    path,
    args,
    config: {
      ...EMPTY_CONFIG,
      Hostname: mode.kind === 'host' ? '' : hostname || id.slice(0, SHORT_ID),
      // BuildKit does not tell of the name.
      Env: [...(hostname === '' ? [] : ['HOSTNAME']), ...env],
      Entrypoint: [],
      Cmd: [...command],
      User: user,
      WorkingDir: workingDirectory,
    },
    hostConfig,
    mounts: step.mounts.map(mountRecord),
    links: [],
    networks:
      mode.kind === 'host' || mode.kind === 'container'
        ? {}
        : { [formatNetworkMode(mode)]: EMPTY_ENDPOINT_CONFIG },
  };
  return new Container(record, newState());
}

function mountRecord(mount: BuildMount): MountRecord {
  const { destination } = mount;
  return {
    type: mount.kind === 'mount' ? 'bind' : 'tmpfs',
    name: '',
    source: '',
    destination,
    mode: '',
    writable: mount.kind === 'mount' ? mount.writable : true,
    propagation: mount.kind === 'mount' ? 'rprivate' : '',
    copyUp: false,
    createSource: false,
    subpath: '',
    nonRecursive: false,
    readonlyRecursion: 'when-possible',
    tmpfsOptions: mount.kind === 'tmpfs' ? mount.options : [],
    anonymous: false,
  };
}
