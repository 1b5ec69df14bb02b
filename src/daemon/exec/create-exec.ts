import type * as api from '../../api/types.ts';
import { newId } from '../../base/ids.ts';
import { parseDetachKeys } from '../container/streams/detach-keys.ts';
import type { Container } from '../model/container.ts';
import { checkEnvironment, checkLength } from '../container/config/check-config.ts';
import type { Daemon } from '../container/daemon.ts';
import { conflict, invalid, notFound } from '../model/errors.ts';
import { containerEvent } from '../model/container-event.ts';
import { buildExecProcess } from '../container/start/build-spec.ts';
import { Exec, fillExecConfig } from '../model/exec.ts';
import { forgetExec } from '../model/forget-exec.ts';

/**
 * How many execs of a container may wait for their start, and how many characters they may have together: beyond that
 * the oldest are forgotten.
 */
const MAX_WAITING = 1000;
const MAX_WAITING_SIZE = 16 << 20;

/**
 * Notes what is to be executed in a running container.
 * @throws EngineError conflict, invalid-parameter, in Docker's words
 */
export async function createExec(
  daemon: Daemon,
  container: Container,
  reference: string,
  wanted: api.ExecConfig,
): Promise<Exec> {
  checkExecutable(container, reference);
  const config = fillExecConfig(wanted);
  if (config.Cmd.length === 0) throw invalid('No exec command specified');
  checkLength(config.Cmd, config.Env);
  checkEnvironment(config.Env);
  parseDetachKeys(config.DetachKeys);
  const spec = await buildExecProcess(daemon, container, config);
  // It may have ended meanwhile.
  checkExecutable(container, reference);
  const exec = new Exec({ id: newId(), config, state: 'created', exitCode: null, pid: 0 }, container, spec);
  daemon.store.saveExec(exec.id, container.id, exec.record);
  daemon.execs.add(exec);
  forgetOldest(daemon, container);
  containerEvent(daemon, container, `exec_create: ${exec.command}`, { execID: exec.id });
  return exec;
}

/** Who creates one starts it at once. */
function forgetOldest(daemon: Daemon, container: Container): void {
  const waiting = daemon.execs.of(container).filter(exec => exec.isWaiting);
  let size = 0;
  for (const [index, exec] of waiting.reverse().entries()) {
    size += exec.size;
    if (index > 0 && (index >= MAX_WAITING || size > MAX_WAITING_SIZE)) forgetExec(daemon, exec);
  }
}

/** @throws EngineError not-found */
export function findExec({ containers, departed, execs }: Daemon, id: string): Exec {
  for (const container of [...containers.all(), ...departed.all()]) {
    const exec = execs.find(container, id);
    if (exec !== undefined) return exec;
  }
  throw notFound(`No such exec instance: ${id}`);
}

/** @throws EngineError conflict */
export function checkExecutable(container: Container, reference: string): void {
  const { status } = container.state;
  if (!container.isRunning) throw conflict(`container ${container.id} is not running`);
  if (status === 'paused') {
    throw conflict(`Container ${reference} is paused, unpause the container before exec`);
  }
  if (status === 'restarting') {
    throw conflict(`Container ${container.id} is restarting, wait until the container is running`);
  }
}
