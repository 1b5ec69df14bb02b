import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { errorCode, messageOf } from '../base/errors.ts';
import { readHostFile } from '../cgroups/layout.ts';
import { writeControl } from '../cgroups/write-control.ts';
import { type BandwidthDirectory, bandwidthFile, readBandwidth } from './burst/bandwidth-files.ts';
import { type Bandwidth, bandwidthWrites } from './burst/bandwidth-writes.ts';
import { GovernedContainer, type GovernedOptions } from './burst/governed-container.ts';
import { LentParents, type ParentBases } from './burst/lent-parents.ts';
import { nodeState, type NodeState } from './burst/node-state.ts';
import { type ProcStat, parseProcStat } from '../kernel/proc-stat.ts';
import { busyCores } from './machine-cpu.ts';

const INTERVAL_MS = 1000;
/** How long best-effort containers have less, from the last time on. */
const SQUEEZE_MS = 10_000;
/** min(5 × interval, 10 s). */
const AVERAGED_INTERVALS = 5;

export type GovernorOptions = {
  /** Where it is kept what parents' quotas were; in a directory that does not outlive the machine's next start. */
  file: string;
  sharePoolThreshold: number;
  /** Told of what could not be written. */
  warn: (fields: object, message: string) => void;
};

/**
 * Lends CPU time to the containers that it is given. One loop for all, which goes only while a container has a policy that
 * needs it. What has been lent is taken back when the container or this process ends: by {@link close}, by
 * the shim when this process dies, and in any case by the next governor.
 */
export class Governor {
  readonly #options: GovernorOptions;
  readonly #containers = new Map<string, GovernedContainer>();
  readonly #parents = new LentParents();
  readonly #machine: ProcStat[] = [];
  #timer: NodeJS.Timeout | undefined;
  #relief: NodeJS.Timeout | undefined;
  #keptBases = '{}';

  /** Takes back what an earlier one has lent to parents of containers. */
  constructor(options: GovernorOptions) {
    this.#options = options;
    for (const [path, quotaUs] of Object.entries(this.#readBases())) this.#restoreParent(path, quotaUs);
    rmSync(options.file, { force: true });
  }

  /** Governs a container from now on, in place of what it was told of it before; what it has too much is taken back. */
  govern(options: GovernedOptions): void {
    this.release(options.id);
    const container = new GovernedContainer(options);
    this.#containers.set(options.id, container);
    this.#setBandwidth(container);
    this.#schedule();
  }

  /** The container has ended, or is to be left alone. What it has goes with it; its parent gets back to what it had. */
  release(id: string): void {
    const container = this.#containers.get(id);
    if (container === undefined) return;
    this.#containers.delete(id);
    this.#apply(container, container.bandwidthFor(container.options.baseUs ?? -1));
    container.close();
    this.#schedule();
  }

  /**
   * Best-effort containers get half of what they have, or use, for a while; again each time, down to a hundredth of a CPU.
   * @returns their ids
   */
  squeezeBestEffort(): string[] {
    const squeezed = [...this.#containers.values()].filter(({ options }) => options.qos === 'best-effort');
    for (const container of squeezed) {
      container.measure(performance.now() / 1000);
      this.#apply(container, container.squeezed());
    }
    clearTimeout(this.#relief);
    this.#relief = setTimeout(() => this.#relieve(), SQUEEZE_MS).unref();
    return squeezed.map(({ options }) => options.id);
  }

  #relieve(): void {
    for (const container of this.#containers.values())
      if (container.options.qos === 'best-effort')
        this.#apply(container, container.bandwidthFor(container.options.baseUs ?? -1));
  }

  /** Takes back all that is lent. Idempotent. */
  close(): void {
    clearTimeout(this.#relief);
    for (const id of this.#containers.keys()) this.release(id);
    clearInterval(this.#timer);
  }

  /** One round of the loop. */
  tick(atSeconds = performance.now() / 1000): void {
    this.#machine.push(parseProcStat(readFileSync('/proc/stat', 'latin1')));
    if (this.#machine.length > AVERAGED_INTERVALS + 1) this.#machine.shift();
    for (const container of this.#containers.values()) container.measure(atSeconds);
    const node = this.nodeState();
    for (const container of this.#containers.values())
      if (container.wantsQuotaBurst) this.#lend(container, container.decide(node, Math.random()));
    this.#keepBases();
  }

  nodeState(): NodeState {
    const [first, last] = [this.#machine[0], this.#machine.at(-1)];
    if (first === undefined || last === undefined || first === last) return nodeState(undefined, 0);
    const all = [...this.#containers.values()];
    const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);
    const pinned = all.filter(({ options }) => options.pinnedCores > 0);
    const usage = {
      cores: last.cpus,
      used: busyCores(first, last),
      pinnedRequests: sum(pinned.map(({ options }) => options.pinnedCores)),
      pinnedUsed: sum(pinned.map(({ usedCores }) => usedCores)),
      bestEffortUsed: sum(
        all.filter(({ options }) => options.qos === 'best-effort').map(({ usedCores }) => usedCores),
      ),
    };
    return nodeState(usage, this.#options.sharePoolThreshold);
  }

  #schedule(): void {
    const isNeeded = [...this.#containers.values()].some(({ wantsQuotaBurst }) => wantsQuotaBurst);
    if (isNeeded) this.#timer ??= setInterval(() => this.tick(), INTERVAL_MS).unref();
    if (isNeeded || this.#timer === undefined) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#machine.length = 0;
  }

  /** Nothing is lent before it is certain that it will be taken back: the first raise waits for the shim. */
  #lend(container: GovernedContainer, bandwidth: Bandwidth): void {
    if (bandwidth.quotaUs <= container.bandwidth.quotaUs || container.isBacked)
      return this.#apply(container, bandwidth);
    const { id, whenAlone } = container.options;
    whenAlone(this.#takingBack(container)).then(
      () => {
        container.isBacked = true;
      },
      (error: unknown) => this.#warn(id, error, 'no CPU time is lent, as the shim could not take it back'),
    );
  }

  /** The writes that take back all that a container and its parent may have been lent. */
  #takingBack({ directory, options }: GovernedContainer): { path: string; data: string }[] {
    const { baseUs = -1, periodUs, burstUs } = options;
    if (directory === undefined) return [];
    const parent = this.#parents.baseOf(directory);
    return [
      bandwidthFile(directory, 'burst', { us: Math.min(burstUs, baseUs), periodUs }),
      bandwidthFile(directory, 'quota', { us: baseUs, periodUs }),
      ...(parent
        ? [bandwidthFile(parent.directory, 'quota', { us: parent.quotaUs, periodUs: parent.periodUs })]
        : []),
    ];
  }

  /** What it has from before (another governor, an earlier policy) is brought to what it shall have. */
  #setBandwidth(container: GovernedContainer): void {
    const { directory, options } = container;
    const isMine = options.baseUs !== undefined || options.qos === 'best-effort';
    if (directory === undefined || !isMine) return;
    const set = readBandwidth(directory, readHostFile);
    if (set === undefined) return;
    const wanted = container.bandwidth;
    container.bandwidth = { quotaUs: set.quotaUs, burstUs: set.burstUs };
    this.#write(container, wanted, undefined);
  }

  #apply(container: GovernedContainer, bandwidth: Bandwidth): void {
    const { directory, options, bandwidth: before } = container;
    if (directory === undefined) return;
    if (bandwidth.quotaUs === before.quotaUs && bandwidth.burstUs === before.burstUs) return;
    const lent = ({ quotaUs }: Bandwidth) => Math.max(quotaUs - (options.baseUs ?? quotaUs), 0);
    const cores = (lent(bandwidth) - lent(before)) / options.periodUs;
    this.#write(container, bandwidth, cores === 0 ? undefined : this.#parents.change(directory, cores));
  }

  #write(
    container: GovernedContainer,
    bandwidth: Bandwidth,
    parent: ReturnType<LentParents['change']>,
  ): void {
    const directory = container.directory!;
    const writes = bandwidthWrites({ container: { before: container.bandwidth, after: bandwidth }, parent });
    try {
      for (const { of, what, valueUs } of writes) {
        const place: BandwidthDirectory = of === 'container' ? directory : parent!.directory;
        const periodUs = of === 'container' ? container.options.periodUs : parent!.periodUs;
        writeIfPresent(bandwidthFile(place, what, { us: valueUs, periodUs }));
        if (of === 'parent') this.#parents.changed(parent!.directory, valueUs);
      }
      container.bandwidth = bandwidth;
    } catch (error) {
      this.#warn(container.options.id, error, 'changing how much CPU time it has');
    }
  }

  #warn(id: string, error: unknown, message: string): void {
    this.#options.warn({ container: id, error: messageOf(error) }, message);
  }

  #keepBases(): void {
    const text = JSON.stringify(this.#parents.bases());
    if (text === this.#keptBases) return;
    writeFileSync(this.#options.file, text, { mode: 0o600 });
    this.#keptBases = text;
  }

  #readBases(): ParentBases {
    try {
      return JSON.parse(readHostFile(this.#options.file) ?? '{}') as ParentBases;
    } catch {
      return {};
    }
  }

  /** Containers that have more than it yet are to be brought down first, in v1: those that come later do it again. */
  #restoreParent(path: string, quotaUs: number): void {
    for (const version of [1, 2] as const) {
      const set = readBandwidth({ version, path }, readHostFile);
      if (set === undefined || set.quotaUs === quotaUs) continue;
      const write = bandwidthFile({ version, path }, 'quota', { us: quotaUs, periodUs: set.periodUs });
      try {
        writeIfPresent(write);
      } catch (error) {
        this.#options.warn({ path, error: messageOf(error) }, 'taking back CPU time');
      }
    }
  }
}

/** A container may have ended meanwhile; ENODEV is what the kernel says of a file whose cgroup is being removed. */
function writeIfPresent({ path, data }: { path: string; data: string }): void {
  try {
    writeControl(path, data);
  } catch (error) {
    const code = errorCode(error);
    if (code !== 'ENOENT' && code !== 'ENODEV') throw error;
  }
}
