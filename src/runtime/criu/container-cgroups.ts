import { readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { makeDirectories } from '../../base/make-directories.ts';
import { errorCode } from '../../base/errors.ts';
import { attachDeviceProgram } from '../../kernel/bpf/attach-device-program.ts';
import type { CgroupLayout } from '../../cgroups/layout.ts';
import { type CgroupPlan, planCgroups } from '../../libcontainer/cgroups/plan-cgroups.ts';
import type { ParentOperation } from '../../libcontainer/plan.ts';
import type { Spec } from '../../oci/runtime-spec.ts';
import type { ContainerCgroups } from '../cgroups-for.ts';
import type { CriuOptions } from './messages.ts';
import { hierarchyMounts } from './options.ts';

/** The cgroups of a container that criu makes: it is put there itself, and what it restores stays where it is. */
export class RestoredCgroups {
  readonly #plan: CgroupPlan | undefined;
  readonly #layout: CgroupLayout;

  /** @throws EngineError invalid-parameter */
  constructor({ layout, path, without, withoutDevices }: ContainerCgroups, { linux }: Spec) {
    this.#layout = layout;
    this.#plan = without
      ? undefined
      : planCgroups({ layout, cgroupsPath: path, resources: linux?.resources, withoutDevices });
  }

  /** Those of its mounts that show them, for criu. */
  mounts(spec: Spec): ReturnType<typeof hierarchyMounts> {
    return hierarchyMounts(spec, this.#layout, this.#plan?.paths.v1 ?? {});
  }

  /** Makes them, with a process in them. @returns where they are, for criu */
  enter(pid: number): CriuOptions {
    if (!this.#plan) return {};
    const { birthplace, parent, paths } = this.#plan;
    run([...birthplace, ...parent.filter(operation => !isLate(operation))]);
    const directories = new Set(Object.values(paths.v1));
    if (paths.unified) directories.add(paths.unified);
    for (const directory of directories) writeFileSync(`${directory}/cgroup.procs`, String(pid));
    const lines = readFileSync(`/proc/${pid}/cgroup`, 'utf8').trim().split('\n');
    return {
      cgroupRoots: lines.map(line => {
        const [, controller = '', ...path] = line.split(':');
        return { controller, path: path.join(':') };
      }),
    };
  }

  /** Sets the limits that criu itself would come up against. */
  limit(): void {
    run(this.#plan?.parent.filter(isLate) ?? []);
  }
}

function isLate(operation: ParentOperation): boolean {
  if (operation.op === 'write') return /^(devices|pids)\./.test(basename(operation.path));
  return operation.op === 'attach-device-program';
}

function run(operations: readonly ParentOperation[]): void {
  for (const operation of operations) {
    if (operation.op === 'mkdir') makeDirectories(operation.path, operation.mode);
    else if (operation.op === 'write') write(operation);
    else if (operation.op === 'attach-device-program')
      attachDeviceProgram(operation.path, operation.instructions);
  }
}

function write({ path, data, optional }: Extract<ParentOperation, { op: 'write' }>): void {
  try {
    writeFileSync(path, data, { flag: 'r+' });
  } catch (error) {
    if (!optional || errorCode(error) !== 'ENOENT') throw error;
  }
}
