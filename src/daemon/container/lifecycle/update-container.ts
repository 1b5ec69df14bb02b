import type { Int64 } from '../../../base/int64.ts';
import type { ContainerUpdateRequest } from '../../../api/types.ts';
import {
  type CompletedHostConfig,
  type FilledUpdate,
  fillUpdate,
  type Limits,
  NO_LIMITS,
  UPDATED_LIMITS,
} from '../../model/host-config.ts';
import type { Container } from '../../model/container.ts';
import { checkRestartPolicy } from '../config/check-host-config.ts';
import { checkResources, checkSwap } from '../config/check-resources.ts';
import { checkSizes } from '../../model/check-sizes.ts';
import { discardLimits } from '../config/discard-limits.ts';
import type { Daemon } from '../daemon.ts';
import { conflict, prefixed } from '../../model/errors.ts';
import { containerEvent } from '../../model/container-event.ts';
import type { Resources as RuntimeResources } from '../../../oci/runtime-spec.ts';
import { changedAnnotations, governanceWarnings } from '../config/governance-annotations.ts';
import {
  changedResources,
  checkGoverned,
  type GovernedConfig,
  governedResources,
} from '../spec/governed-resources.ts';
import { mergeResources } from '../spec/spec-resources.ts';
import { governanceFacts, resourcesOf } from '../start/build-spec.ts';
import { guardContainer } from './guard-container.ts';
import { limitFiles } from './limit-files.ts';
import { watchPressure } from './watch-pressure.ts';
import { governContainer } from './govern-container.ts';

type DeviceLimit = { Path?: string; Rate?: Int64; Weight?: number };

const DEVICE_LISTS = [
  'BlkioWeightDevice',
  'BlkioDeviceReadBps',
  'BlkioDeviceWriteBps',
  'BlkioDeviceReadIOps',
  'BlkioDeviceWriteIOps',
] as const;

/** `docker update`. @throws EngineError invalid-parameter, conflict, in Docker's words */
export async function updateContainer(
  daemon: Daemon,
  container: Container,
  given: ContainerUpdateRequest,
): Promise<{ Warnings: string[] | null }> {
  const { limits: request, warnings } = discardLimits(fillUpdate(given), daemon.hostFacts.limits);
  checkSizes(request);
  checkResources(request);
  if (request.Memory) checkSwap(request);
  if (request.RestartPolicy.Name) checkRestartPolicy(request.RestartPolicy);
  warnings.push(...governanceWarnings(request.Annotations, daemon.hostFacts.limits));
  warnings.push(...(await daemon.locks.run(container.id, () => update(daemon, container, request))));
  return { Warnings: warnings.length > 0 ? warnings : null };
}

/** Returns what is to be warned of. */
async function update(daemon: Daemon, container: Container, request: FilledUpdate): Promise<string[]> {
  const { id, record, runtime } = container;
  const limits = changedLimits(request);
  const warnings: string[] = [];
  try {
    checkConflicts(record.hostConfig, request);
    const policy = changedPolicy(record.hostConfig, request);
    const annotations = changedAnnotations(record.hostConfig.Annotations, request.Annotations);
    const hostConfig = {
      ...record.hostConfig,
      ...withDevices(record.hostConfig, limits),
      ...policy,
      ...(annotations === undefined ? {} : { Annotations: annotations }),
    };
    warnings.push(...checkGoverned(hostConfig, governanceFacts(daemon)));
    // The kernel would refuse it.
    if (runtime !== undefined) checkSwap(hostConfig);
    await runtime?.update(
      changesOf(daemon, { hostConfig, limits, asked: annotations && request.Annotations }),
    );
    container.record = { ...record, hostConfig };
    if (runtime !== undefined) {
      governContainer(daemon, container, runtime);
      if (annotations !== undefined) {
        guardContainer(daemon, container, runtime);
        warnings.push(...(await limitFiles(daemon, container, runtime)));
      }
      await watchPressure(daemon, container, runtime);
    }
  } catch (error) {
    throw prefixed(`Cannot update container ${id}`, error);
  }
  daemon.store.saveRecord(container.record);
  containerEvent(daemon, container, 'update');
  return warnings;
}

type Change = {
  hostConfig: GovernedConfig;
  limits: Partial<Limits>;
  /** The annotations that the request has, if they change anything. */
  asked: CompletedHostConfig['Annotations'] | undefined;
};

/** A burst may be no more than its quota, and is set with it. */
function changesOf(daemon: Daemon, { hostConfig, limits, asked }: Change): RuntimeResources {
  const changes = resourcesOf(daemon, { ...NO_LIMITS, ...limits });
  const facts = governanceFacts(daemon);
  if (asked) return mergeResources(changes, changedResources(hostConfig, facts, asked));
  const burst = governedResources(hostConfig, facts).cpu?.burst;
  return changes.cpu?.quota === undefined || burst === undefined
    ? changes
    : mergeResources(changes, { cpu: { burst } });
}

/**
 * Zero, empty and absent values leave things as they are; a limit of processes of zero takes the limit away, and swappiness may
 * be zero.
 */
function changedLimits(request: FilledUpdate): Partial<Limits> {
  const { PidsLimit, MemorySwappiness: swappiness } = request;
  const isChanged = (name: (typeof UPDATED_LIMITS)[number]) => {
    const value = request[name];
    if (name === 'PidsLimit' || name === 'MemorySwappiness') return false;
    return Array.isArray(value) ? value.length > 0 : Boolean(value);
  };
  return {
    ...Object.fromEntries(UPDATED_LIMITS.filter(isChanged).map(name => [name, request[name]])),
    ...(swappiness === null || swappiness < 0 ? {} : { MemorySwappiness: swappiness }),
    ...(PidsLimit === null ? {} : { PidsLimit: PidsLimit > 0 ? PidsLimit : 0 }),
  };
}

/** Lists of devices change those that they name; a rate or a weight of zero takes the limit away. */
function withDevices(before: Limits, changed: Partial<Limits>): Partial<Limits> {
  const lists = DEVICE_LISTS.flatMap(name => {
    const given = changed[name];
    if (given === undefined) return [];
    const all = new Map<string | undefined, DeviceLimit>();
    for (const limit of [...before[name], ...given]) all.set(limit.Path, limit);
    return [[name, [...all.values()].filter(({ Rate, Weight }) => Rate || Weight)]];
  });
  return { ...changed, ...(Object.fromEntries(lists) as Partial<Limits>) };
}

function changedPolicy(
  { AutoRemove }: CompletedHostConfig,
  { RestartPolicy }: FilledUpdate,
): Partial<Pick<CompletedHostConfig, 'RestartPolicy'>> {
  const { Name } = RestartPolicy;
  if (Name === '') return {};
  if (AutoRemove && Name !== 'no')
    throw conflict('Restart policy cannot be updated because AutoRemove is enabled for the container');
  return { RestartPolicy };
}

/** What contradicts limits that the container has already. */
function checkConflicts(current: CompletedHostConfig, request: FilledUpdate): void {
  const { NanoCpus, CpuPeriod, CpuQuota, MemorySwap: swap } = current;
  const conflicts: [Int64, string, Int64, string][] = [
    [request.CpuPeriod, 'CPU Period', NanoCpus, 'NanoCPUs'],
    [request.CpuQuota, 'CPU Quota', NanoCpus, 'NanoCPUs'],
    [request.NanoCpus, 'Nano CPUs', CpuQuota, 'CPU Quota'],
    [request.NanoCpus, 'Nano CPUs', CpuPeriod, 'CPU Period'],
  ];
  for (const [asked, what, set, by] of conflicts) {
    if (asked > 0 && set > 0) {
      throw conflict(`Conflicting options: ${what} cannot be updated as ${by} has already been set`);
    }
  }
  if (request.Memory > 0 && request.Memory > swap && !request.MemorySwap) {
    throw conflict(
      'Memory limit should be smaller than already set memoryswap limit, update the memoryswap at the same time',
    );
  }
}
