import { closeSync, statSync } from 'node:fs';
import {
  attachToCgroup,
  createMap,
  deleteDouble,
  describeProgram,
  detachFromCgroup,
  loadProgram,
  lookUpDouble,
  programsOfCgroup,
} from '../../kernel/bpf/bpf.ts';
import { RingBuffer } from '../../kernel/bpf/ring-buffer.ts';
import { NAME_BYTES, REPORT, sysctlProgram } from './sysctl-program.ts';

const BPF_PROG_TYPE_CGROUP_SYSCTL = 23;
const BPF_CGROUP_SYSCTL = 18;
const BPF_MAP_TYPE_HASH = 1;
const BPF_MAP_TYPE_RINGBUF = 27;
/** 1,600 reports: more than anybody reads, and what a container can make the engine keep. */
const RING_BYTES = 1 << 18;
const MAX_CGROUPS = 4096;
const PROGRAM_NAME = 'slipway_sysctl';
const READING_MS = 1000;

/** What a container may write below /proc/sys. `deny`: only what is allowed; `audit`: all, and the rest is reported. */
export type SysctlGuardOptions = {
  mode: 'deny' | 'audit';
  /** As sysctl(8) has names; `net.core.*` means all of that directory. */
  allowed: readonly string[];
};

/** A write that was not on the list. */
export type SysctlReport = {
  isRefused: boolean;
  /** `net.core.somaxconn`; cut off after 63 bytes. */
  name: string;
  /** As it was written, the first 63 bytes of it. */
  value: string;
  /** In the machine's own pid namespace. */
  pid: number;
};

type Maps = { ring: number; counts: number };

/**
 * Guards the sysctls of containers by programs on their v2 cgroups. These stay when this process ends, with their maps: the
 * next guard finds both by {@link adopt}.
 */
export class SysctlGuard {
  readonly #programs = new Map<string, number>();
  /** Where reports go, by the id of the container's cgroup. */
  readonly #listeners = new Map<bigint, (report: SysctlReport) => void>();
  readonly #ids = new Map<string, bigint>();
  #maps: Maps | undefined;
  #ring: RingBuffer | undefined;
  #timer: NodeJS.Timeout | undefined;

  /**
   * Guards a container's cgroup, in place of what guarded it before.
   * @param directory of its v2 cgroup
   * @throws EngineError system with the verifier's log; SyscallError where the kernel has no such programs (before 5.8)
   */
  guard(directory: string, options: SysctlGuardOptions, listener: (report: SysctlReport) => void): void {
    const program = this.#programFor(options);
    const before = ownPrograms(directory);
    attachToCgroup(directory, program, BPF_CGROUP_SYSCTL);
    detachAll(directory, before);
    this.#listen(directory, listener);
  }

  /** Takes over what an earlier process has attached; tells whether there is anything. */
  adopt(directory: string, listener: (report: SysctlReport) => void): boolean {
    const programs = ownPrograms(directory);
    const [first] = programs;
    if (first === undefined) return false;
    this.#maps ??= mapsOf(first);
    for (const program of programs) closeSync(program);
    this.#listen(directory, listener);
    return true;
  }

  /** Lets everything be written again. */
  lift(directory: string): void {
    detachAll(directory, ownPrograms(directory));
  }

  /**
   * How many writes of a container were not on its list, also of those whose reports were lost: none without a v2
   * cgroup.
   */
  count(directory: string | undefined): bigint {
    const id = directory === undefined ? undefined : this.#ids.get(directory);
    return id === undefined ? 0n : (lookUpDouble(this.#ownMaps().counts, id) ?? 0n);
  }

  /** The container has ended: what it has tried is told by now, and forgotten. Idempotent. */
  forget(directory: string | undefined): void {
    if (directory === undefined) return;
    const id = this.#ids.get(directory);
    if (id === undefined) return;
    this.deliver();
    deleteDouble(this.#ownMaps().counts, id);
    this.#ids.delete(directory);
    this.#listeners.delete(id);
    if (this.#listeners.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Hands out what has been reported by now. */
  deliver(): void {
    for (const record of this.#ring?.read() ?? []) {
      const listener = this.#listeners.get(record.readBigUInt64LE(REPORT.cgroup));
      listener?.(reportOf(record));
    }
  }

  /** The programs go on. Idempotent. */
  close(): void {
    clearInterval(this.#timer);
    this.#ring?.close();
    this.#ring = undefined;
    for (const program of this.#programs.values()) closeSync(program);
    this.#programs.clear();
    if (this.#maps !== undefined) for (const map of Object.values(this.#maps)) closeSync(map);
    this.#maps = undefined;
  }

  #listen(directory: string, listener: (report: SysctlReport) => void): void {
    this.#ring ??= new RingBuffer(this.#ownMaps().ring, RING_BYTES);
    const id = cgroupId(directory);
    this.#ids.set(directory, id);
    this.#listeners.set(id, listener);
    this.#timer ??= setInterval(() => this.deliver(), READING_MS).unref();
  }

  /** One program for all containers with the same list. */
  #programFor({ mode, allowed }: SysctlGuardOptions): number {
    const key = JSON.stringify([mode, allowed]);
    const known = this.#programs.get(key);
    if (known !== undefined) return known;
    const program = loadProgram({
      type: BPF_PROG_TYPE_CGROUP_SYSCTL,
      attachType: BPF_CGROUP_SYSCTL,
      name: PROGRAM_NAME,
      instructions: sysctlProgram({
        ...this.#ownMaps(),
        allowed: allowed.map(pathOf),
        refuses: mode === 'deny',
      }),
    });
    this.#programs.set(key, program);
    return program;
  }

  #ownMaps(): Maps {
    this.#maps ??= {
      ring: createMap({ type: BPF_MAP_TYPE_RINGBUF, entries: RING_BYTES, keyBytes: 0, valueBytes: 0 }),
      counts: createMap({ type: BPF_MAP_TYPE_HASH, entries: MAX_CGROUPS, keyBytes: 8, valueBytes: 8 }),
    };
    return this.#maps;
  }
}

/** `net.core.*` is `net/core/`. */
function pathOf(name: string): string {
  return name
    .replaceAll('.', '/')
    .replace(/\*$/, '')
    .slice(0, NAME_BYTES - 1);
}

function ownPrograms(directory: string): number[] {
  const all = programsOfCgroup(directory, BPF_CGROUP_SYSCTL);
  const own = all.filter(program => describeProgram(program).name === PROGRAM_NAME);
  for (const program of all) if (!own.includes(program)) closeSync(program);
  return own;
}

function detachAll(directory: string, programs: readonly number[]): void {
  for (const program of programs) {
    detachFromCgroup(directory, program, BPF_CGROUP_SYSCTL);
    closeSync(program);
  }
}

/** The ring is what the program uses first. */
function mapsOf(program: number): Maps {
  const [ring, counts] = describeProgram(program).maps();
  return { ring: ring!, counts: counts! };
}

function reportOf(record: Buffer): SysctlReport {
  const text = (start: number, end: number) => {
    const bytes = record.subarray(start, end);
    const length = bytes.indexOf(0);
    return bytes.toString('utf8', 0, length < 0 ? bytes.length : length);
  };
  return {
    isRefused: record.readBigUInt64LE(REPORT.isRefused) !== 0n,
    name: text(REPORT.name, REPORT.value).replaceAll('/', '.'),
    value: text(REPORT.value, REPORT.size).trimEnd(),
    pid: Number(record.readBigUInt64LE(REPORT.process) >> 32n),
  };
}

/** What BPF programs know a cgroup by: the inode of its directory in cgroup v2 (bpf_get_current_cgroup_id). */
function cgroupId(directory: string): bigint {
  return statSync(directory, { bigint: true }).ino;
}
