import { availableParallelism } from 'node:os';
import { readFileSync } from 'node:fs';
import type { FilledResources } from '../../model/host-config.ts';
import { invalid } from '../../model/errors.ts';

const MIN_MEMORY_BYTES = 6 * 1024 * 1024;

/**
 * Checks limits as Docker does, all of a container's or those that an update names.
 * @throws EngineError invalid-parameter, in Docker's words
 */
export function checkResources(resources: FilledResources): void {
  checkMemory(resources);
  checkCpu(resources);
  checkCpuset('cpuset cpus', 'CPUs', resources.CpusetCpus, '/sys/devices/system/cpu/online');
  checkCpuset('cpuset mems', 'memory nodes', resources.CpusetMems, '/sys/devices/system/node/online');
  const { BlkioWeight: weight } = resources;
  if (weight !== 0 && (weight < 10 || weight > 1000))
    throw invalid('Range of blkio weight is from 10 to 1000');
  if (resources.IOMaximumBandwidth || resources.IOMaximumIOps)
    throw invalid('Invalid QoS settings: linux does not support Maximum IO Bandwidth or Maximum IO IOps');
}

/**
 * Checks the limits of memory and swap together, of a whole container.
 * @throws EngineError invalid-parameter, in Docker's words
 */
export function checkSwap({
  Memory: limit,
  MemorySwap: swap,
}: Pick<FilledResources, 'Memory' | 'MemorySwap'>): void {
  if (limit > 0 && swap > 0 && swap < limit) {
    throw invalid('Minimum memoryswap limit should be larger than memory limit, see usage');
  }
  if (limit === 0 && swap > 0) {
    throw invalid('You should always set the Memory limit when using Memoryswap limit, see usage');
  }
}

function checkMemory(resources: FilledResources): void {
  const { Memory: limit, MemoryReservation: reservation, MemorySwappiness: swappiness } = resources;
  if (limit !== 0 && limit < MIN_MEMORY_BYTES) throw invalid('Minimum memory limit allowed is 6MB');
  if (swappiness !== null && (swappiness < -1 || swappiness > 100)) {
    throw invalid(`Invalid value: ${swappiness}, valid memory swappiness range is 0-100`);
  }
  if (reservation > 0 && reservation < MIN_MEMORY_BYTES) {
    throw invalid('Minimum memory reservation allowed is 6MB');
  }
  if (limit > 0 && reservation > 0 && limit < reservation) {
    throw invalid('Minimum memory limit can not be less than memory reservation limit, see usage');
  }
}

function checkCpu(resources: FilledResources): void {
  const { NanoCpus: nano, CpuPeriod: period, CpuQuota: quota, CpuShares: shares } = resources;
  if (shares < 0) throw invalid(`invalid CPU shares (${shares}): value must be a positive integer`);
  if (nano > 0 && period > 0)
    throw invalid('Conflicting options: Nano CPUs and CPU Period cannot both be set');
  if (nano > 0 && quota > 0) throw invalid('Conflicting options: Nano CPUs and CPU Quota cannot both be set');
  const cpus = availableParallelism();
  if (nano !== 0 && (nano < 1e7 || nano > cpus * 1e9)) {
    throw invalid(`range of CPUs is from 0.01 to ${cpus}.00, as there are only ${cpus} CPUs available`);
  }
  if (period !== 0 && (period < 1000 || period > 1_000_000)) {
    throw invalid('CPU cfs period can not be less than 1ms (i.e. 1000) or larger than 1s (i.e. 1000000)');
  }
  if (quota > 0 && quota < 1000) throw invalid('CPU cfs quota can not be less than 1ms (i.e. 1000)');
}

function checkCpuset(field: string, what: string, list: string, onlineFile: string): void {
  if (list === '') return;
  const wanted = parseRanges(list);
  if (wanted === undefined) throw invalid(`Invalid value ${list} for ${field}: invalid format: ${list}`);
  const online = readFileSync(onlineFile, 'utf8').trim();
  const available = parseCpuset(online);
  if (!wanted.every(range => numbersOf(range).every(number => available?.has(number)))) {
    throw invalid(`Requested ${what} are not available - requested ${list}, available: ${online}`);
  }
}

const MAX_CPUS = 8192;
/** Longer than what names every other of as many. */
const MAX_LIST_LENGTH = 32_768;

/** The numbers that a list names; undefined when it is none. */
export function parseCpuset(list: string): ReadonlySet<number> | undefined {
  const ranges = list === '' ? [] : parseRanges(list);
  return ranges && new Set(ranges.flatMap(range => [...numbersOf(range)]));
}

type Range = { first: number; last: number };

/** `0-2,5` (cpuset(7), list format); undefined when it is none. */
function parseRanges(list: string): Range[] | undefined {
  if (list.length > MAX_LIST_LENGTH) return undefined;
  const ranges = list.split(',').map(parseRange);
  return ranges.includes(undefined) ? undefined : (ranges as Range[]);
}

function parseRange(text: string): Range | undefined {
  const match = /^(\d+)(?:-(\d+))?$/.exec(text.trim());
  if (!match) return undefined;
  const first = Number(match[1]);
  const last = match[2] === undefined ? first : Number(match[2]);
  return last < first || last > MAX_CPUS ? undefined : { first, last };
}

function* numbersOf({ first, last }: Range): Generator<number> {
  for (let number = first; number <= last; number++) yield number;
}
