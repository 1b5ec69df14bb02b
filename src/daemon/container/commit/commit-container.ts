import { describeConfig, fillConfig } from '../../model/config.ts';
import type { ContainerCommitOptions } from '../../../api/backend.ts';
import type * as api from '../../../api/types.ts';
import { EngineError } from '../../../base/errors.ts';
import type { ContainerDefaults } from '../../../oci/image-config.ts';
import { applyChanges } from '../../../graph/operations/import/apply-changes.ts';
import type { Container } from '../../model/container.ts';
import { mergeImageConfig } from '../config/merge-image-config.ts';
import type { Daemon } from '../daemon.ts';
import { conflict } from '../../model/errors.ts';
import { containerEvent } from '../../model/container-event.ts';
import { imageEvent, nameOf } from '../../image/images.ts';
import { MADE_PLACES } from '../inspect/container-changes.ts';
import { pauseContainer, unpauseContainer } from '../lifecycle/change-container.ts';

/**
 * `docker commit`: an image of what the container has changed, on top of its own.
 * @returns the image's id
 * @throws EngineError in Docker's words: conflict for a container on its way out, invalid-parameter for bad changes or
 *   a bad name, not-found when the container's image has gone
 */
export async function commitContainer(
  daemon: Daemon,
  container: Container,
  request: ContainerCommitOptions,
): Promise<string> {
  checkState(container);
  const { id: containerId, record } = container;
  const own = describeConfig(record.config);
  const config = await committedConfig(own, request);
  const reference = nameOf(request);
  const layer = await whilePaused(daemon, container, request.pause, () =>
    daemon.graph.packContainerLayer(containerId, MADE_PLACES),
  );
  try {
    const id = await layer.commit({
      reference,
      author: request.author,
      comment: request.comment,
      config,
      containerId,
      containerConfig: own,
      parent: record.imageId,
      engineVersion: daemon.options.version,
    });
    const image = await daemon.graph.resolve(id);
    imageEvent(daemon, 'create', image);
    if (reference !== '') imageEvent(daemon, 'tag', image, reference);
    const { comment } = request;
    containerEvent(daemon, container, 'commit', { comment, imageID: id, imageRef: reference });
    return id;
  } finally {
    await layer.discard();
  }
}

function checkState({ id, state, isRemoved }: Container): void {
  if (state.status === 'dead') throw conflict(`You cannot commit container ${id} which is Dead`);
  if (isRemoved || state.status === 'removing')
    throw conflict(`You cannot commit container ${id} which is being removed`);
}

/** The client's configuration, or the container's, with the changes; completed with what the container has. */
async function committedConfig(
  own: api.ContainerConfig,
  request: ContainerCommitOptions,
): Promise<ContainerDefaults> {
  const base = (request.config ?? own) as ContainerDefaults;
  const changed = (await applyChanges(base, request.changes)) as api.ContainerConfig;
  return describeConfig(mergeImageConfig(fillConfig(changed), fillConfig(own))) as ContainerDefaults;
}

async function whilePaused<T>(
  daemon: Daemon,
  container: Container,
  pause: boolean,
  task: () => Promise<T>,
): Promise<T> {
  // The files of one that does not run, or is paused already, do not change.
  if (!pause || container.state.status !== 'running') return task();
  const isPaused = await pauseContainer(daemon, container).then(
    () => true,
    () => false,
  );
  try {
    return await task();
  } finally {
    if (isPaused) await resume(daemon, container);
  }
}

/** It may have been killed, or resumed, meanwhile: that is no failure of the commit. */
async function resume(daemon: Daemon, container: Container): Promise<void> {
  try {
    await unpauseContainer(daemon, container);
  } catch (error) {
    if (!(error instanceof EngineError) || error.kind !== 'conflict') throw error;
  }
}
