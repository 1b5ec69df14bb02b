import type { Int64 } from '../base/int64.ts';
import { existsSync, readdirSync, readFileSync, rmdirSync, statSync } from 'node:fs';
import { posix } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { EngineError, errorCode } from '../base/errors.ts';
import type { Resources } from '../oci/runtime-spec.ts';
import { type CgroupStats, parseKeyValues, parseNumber } from './cgroup-stats.ts';
import { killListed } from './kill-listed.ts';
import { type ReadFile, readHostFile } from './layout.ts';
import { type CgroupPaths, settingsFor } from './cgroup-paths.ts';
import type { Setting } from './settings.ts';
import { writeControl } from './write-control.ts';
import { readCgroupStats, readOomKills } from './read-stats.ts';

/** How often, and after which pause, a state that the kernel reaches in its own time is looked for. */
const POLL_MS = 1;
const FREEZE_ATTEMPTS = 1000;
const KILL_ATTEMPTS = 2000;
const MAX_PAUSE_MS = 100;

/**
 * A container's cgroup while it exists. What reads or writes a handful of small files is synchronous, what the kernel
 * does in its own time is not. Where a v2 directory exists it does the freezing and killing, since it does them at once
 * for all processes.
 * @throws EngineError (system) from every method when the kernel refuses
 */
export class Cgroup {
  readonly paths: CgroupPaths;

  constructor(paths: CgroupPaths) {
    this.paths = paths;
  }

  get exists(): boolean {
    return this.#directories().some(directory => existsSync(directory));
  }

  stats(): CgroupStats {
    return readCgroupStats(this.paths, readHostFile);
  }

  /** How many processes of it the kernel has killed for want of memory. */
  oomKills(): number {
    return readOomKills(this.paths, readHostFile);
  }

  /** All its processes, those of cgroups below it too, as this process's pid namespace numbers them. */
  pids(): number[] {
    const directory = this.#main();
    return directory === undefined ? [] : [...new Set(processesBelow(directory))];
  }

  /**
   * As {@link pids}, for who asks again and again.
   * @param read by descriptors that stay open
   */
  pidsBy(read: ReadFile): number[] {
    const { unified } = this.paths;
    // v1 keeps a list for a second for who has the file open.
    if (unified === undefined || hasChildren(unified)) return this.pids();
    const text = read(`${unified}/cgroup.procs`);
    return text === undefined ? this.pids() : pidsOf(text);
  }

  /** Stops all its processes. Settles when they are: one that waits for a disk cannot be stopped at once. */
  freeze(): Promise<void> {
    return this.#setFrozen(true);
  }

  /** What has died meanwhile is fine: systemd or a shim, which waits for that, removes one directory after the other. */
  async thaw(): Promise<void> {
    try {
      await this.#setFrozen(false);
    } catch (error) {
      if (!isGone((error as EngineError).cause)) throw error;
    }
  }

  get frozen(): boolean {
    const { v1, unified } = this.paths;
    const inV1 = () => readHostFile(`${v1.freezer}/freezer.state`)?.trim() === 'FROZEN';
    if (!unified) return inV1();
    // Other tools may know only the old one, where there are both.
    return (
      parseKeyValues(readHostFile(`${unified}/cgroup.events`)).frozen === 1 || (Boolean(v1.freezer) && inV1())
    );
  }

  /**
   * Refuses to put a container where another one is, or where nothing would run.
   * @throws EngineError conflict
   */
  refuseUsed(): void {
    if (!this.exists) return;
    if (this.frozen) throw new EngineError('conflict', "container's cgroup unexpectedly frozen");
    const count = this.pids().length;
    if (count > 0)
      throw new EngineError('conflict', `container's cgroup is not empty: ${count} process(es) found`);
  }

  /** Kills all its processes, frozen ones too, and waits until none is left. */
  async kill(): Promise<void> {
    for (let attempt = 0; attempt < KILL_ATTEMPTS; attempt++) {
      if (!(await this.#killMembers())) return;
      await delay(POLL_MS);
    }
    throw new EngineError('system', `processes of ${this.#main()} do not end: ${this.pids().join(' ')}`);
  }

  /** Kills all processes that are in it now, frozen ones too. Tells whether there were any. */
  async #killMembers(): Promise<boolean> {
    const { unified } = this.paths;
    if (this.pids().length === 0) return false;
    if (unified !== undefined && existsSync(`${unified}/cgroup.kill`))
      writeIfPresent(`${unified}/cgroup.kill`, '1');
    else killListed(() => new Set(this.pids()));
    if (this.frozen) await this.thaw();
    return true;
  }

  /**
   * Kills all its processes, those too that are in one of its directories only, and removes these, without holding up
   * the thread. Tells whether nothing is left: the kernel may have a process wait for a broken disk for longer.
   */
  async destroy(patienceMs = Number.POSITIVE_INFINITY): Promise<boolean> {
    const deadline = performance.now() + patienceMs;
    for (let pauseMs = POLL_MS; !this.#isDestroyed(); pauseMs = Math.min(2 * pauseMs, MAX_PAUSE_MS)) {
      if (performance.now() > deadline) return false;
      await delay(pauseMs);
    }
    return true;
  }

  /** Does what can be done at once towards it. */
  #isDestroyed(): boolean {
    const directories = this.#directories();
    const pids = () => new Set(directories.flatMap(processesBelow));
    if (pids().size === 0) return directories.every(isRemoved);
    // Or those that are being made would escape. It is not waited for, but asked for again each time.
    this.#askToFreeze(true);
    writeIfPresent(`${this.#main()}/cgroup.kill`, '1');
    killListed(pids);
    this.#askToFreeze(false);
    return false;
  }

  /**
   * Changes the limits that are given, and leaves the others.
   * @throws EngineError invalid-parameter for what {@link settingsFor} refuses, and for a memory limit below
   *   what is in use when `checkBeforeUpdate` is set
   */
  update(resources: Resources): void {
    this.#checkUsage(resources);
    const settings = settingsFor(this.paths, withCurrentLimits(resources, this.paths));
    // Some files check each other's values (memory and memory+swap, quota and burst): what the kernel calls
    // invalid at first may be right once the others are written.
    for (const setting of settings.filter(setting => !applied(setting))) apply(setting);
  }

  /** Removes its directories, those that the container made below them too. Idempotent. */
  remove(): void {
    for (const directory of this.#directories()) removeTree(directory);
  }

  #directories(): string[] {
    const all = [this.paths.unified, ...Object.values(this.paths.v1)];
    return [...new Set(all.filter(directory => directory !== undefined))];
  }

  /** The directory whose process list counts. */
  #main(): string | undefined {
    const { v1, unified } = this.paths;
    return unified ?? v1.freezer ?? v1.pids ?? this.#directories()[0];
  }

  #askToFreeze(frozen: boolean): void {
    const { v1, unified } = this.paths;
    if (unified) writeIfPresent(`${unified}/cgroup.freeze`, frozen ? '1' : '0');
    else if (v1.freezer) writeIfPresent(`${v1.freezer}/freezer.state`, frozen ? 'FROZEN' : 'THAWED');
  }

  async #setFrozen(frozen: boolean): Promise<void> {
    const { v1, unified } = this.paths;
    const set = () =>
      unified
        ? write(`${unified}/cgroup.freeze`, frozen ? '1' : '0')
        : write(`${v1.freezer}/freezer.state`, frozen ? 'FROZEN' : 'THAWED');
    set();
    for (let attempt = 0; this.frozen !== frozen; attempt++) {
      if (attempt === FREEZE_ATTEMPTS) {
        if (frozen) await this.#setFrozen(false);
        throw new EngineError('system', `unable to ${frozen ? 'freeze' : 'thaw'} ${this.#main()}`);
      }
      await delay(POLL_MS);
      // A process forked meanwhile can keep v1 at FREEZING until it is told again.
      if (!unified) set();
    }
  }

  #checkUsage({ memory }: Resources): void {
    if (!memory?.checkBeforeUpdate) return;
    const { usageBytes } = this.stats().memory;
    const tooLow = (what: string, limit: Int64 = 0) => {
      if (limit > 0 && limit <= usageBytes)
        throw new EngineError('invalid-parameter', `rejecting ${what} limit ${limit} <= usage ${usageBytes}`);
    };
    tooLow('memory+swap', memory.swap);
    tooLow('memory', memory.limit);
  }
}

type PlacedSetting = Setting & { path: string };

/** v2 keeps quota and period in one file, and swap apart from memory: what is not given stays as it is. */
function withCurrentLimits(resources: Resources, { v1, unified }: CgroupPaths): Resources {
  let { cpu, memory } = resources;
  if (cpu && !v1.cpu && unified && Boolean(cpu.quota) !== Boolean(cpu.period)) {
    const [quota, period] = (readHostFile(`${unified}/cpu.max`) ?? 'max 100000').trim().split(' ');
    const currentQuota = quota === 'max' ? -1 : Number(quota);
    cpu = { ...cpu, quota: cpu.quota || currentQuota, period: cpu.period || Number(period) };
  }
  if (memory?.swap && !memory.limit && !v1.memory && unified)
    memory = { ...memory, limit: parseNumber(readHostFile(`${unified}/memory.max`), -1) };
  return { ...resources, cpu, memory };
}

/** False when the kernel finds the value invalid (EINVAL). */
function applied(setting: PlacedSetting): boolean {
  try {
    apply(setting);
    return true;
  } catch (error) {
    if (errorCode((error as EngineError).cause) !== 'EINVAL') throw error;
    return false;
  }
}

function apply({ path, data, optional }: PlacedSetting): void {
  try {
    writeControl(path, data);
  } catch (error) {
    if (optional && errorCode(error) === 'ENOENT') return;
    throw refused(path, data, error);
  }
}

function write(path: string, data: string): void {
  apply({ file: posix.basename(path), path, data });
}

function refused(path: string, data: string, cause: unknown): EngineError {
  const code = errorCode(cause) ?? 'error';
  const busy = code === 'EBUSY' && path.endsWith('limit_in_bytes') ? usageOf(posix.dirname(path)) : '';
  return new EngineError('system', `cannot write ${data} to ${path}: ${code}${busy}`, { cause });
}

function usageOf(directory: string): string {
  return ` (current usage: ${readHostFile(`${directory}/memory.usage_in_bytes`)?.trim()})`;
}

function processesBelow(directory: string): number[] {
  let text: string;
  try {
    text = readFileSync(`${directory}/cgroup.procs`, 'utf8');
  } catch (error) {
    // A threaded cgroup of v2 lists no processes; one that has gone has none.
    if (errorCode(error) !== 'ENOTSUP' && errorCode(error) !== 'EOPNOTSUPP') return [];
    text = readHostFile(`${directory}/cgroup.threads`) ?? '';
  }
  return [...pidsOf(text), ...childrenOf(directory).flatMap(processesBelow)];
}

function pidsOf(text: string): number[] {
  return text.split('\n').filter(Boolean).map(Number);
}

/** A directory of cgroups has a link for each below it, besides its own two (kernfs). */
function hasChildren(directory: string): boolean {
  return (statSync(directory, { throwIfNoEntry: false })?.nlink ?? 0) > 2;
}

function childrenOf(directory: string): string[] {
  try {
    const entries = readdirSync(directory, { withFileTypes: true });
    return entries.filter(entry => entry.isDirectory()).map(entry => posix.join(directory, entry.name));
  } catch {
    return [];
  }
}

/** systemd removes an empty cgroup by itself, also while this is about to write. */
function writeIfPresent(path: string, data: string): void {
  try {
    writeControl(path, data);
  } catch (error) {
    if (!isGone(error)) throw refused(path, data, error);
  }
}

/** ENODEV is what the kernel says of a file that was found while its cgroup was being removed. */
function isGone(error: unknown): boolean {
  const code = errorCode(error);
  return code === 'ENOENT' || code === 'ENODEV';
}

/** False while it is busy: the kernel is not done with its last process. */
function isRemoved(directory: string): boolean {
  try {
    removeTree(directory);
    return true;
  } catch (error) {
    if (errorCode((error as EngineError).cause) !== 'EBUSY') throw error;
    return false;
  }
}

function removeTree(directory: string): void {
  for (const child of childrenOf(directory)) removeTree(child);
  try {
    rmdirSync(directory);
  } catch (error) {
    if (errorCode(error) !== 'ENOENT')
      throw new EngineError('system', `cannot remove ${directory}`, { cause: error });
  }
}
