import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EngineError, messageOf } from '../../base/errors.ts';
import { Cgroup } from '../../cgroups/cgroup.ts';
import type { Resources } from '../../oci/runtime-spec.ts';
import type { Command } from '../command.ts';
import { type ContainerRecord, readRecord, statusOf, writeRecord } from '../container-record.ts';
import { flagBytes, type Flags, type FlagTable, flagNumber, flagText } from '../flags.ts';
import { readJson } from '../read-json.ts';
import { RESOURCES_CHECK } from '../spec-checks.ts';
import { forUnit, updateScope } from '../../execdriver/native/systemd/scope.ts';
import { RESCTRL_ROOT } from '../../libcontainer/resctrl.ts';

/** Flag, what it sets (`section.field`), its usage. */
const LIMITS: readonly (readonly [string, string, 'number' | 'string' | 'size', string])[] = [
  ['blkio-weight', 'blockIO.weight', 'number', 'Specifies per cgroup weight, range is from 10 to 1000'],
  ['cpu-period', 'cpu.period', 'number', 'CPU CFS period to be used for hardcapping (in usecs)'],
  ['cpu-quota', 'cpu.quota', 'number', 'CPU CFS hardcap limit (in usecs)'],
  ['cpu-burst', 'cpu.burst', 'number', 'CPU CFS hardcap burst limit (in usecs)'],
  ['cpu-share', 'cpu.shares', 'number', 'CPU shares (relative weight vs. other containers)'],
  ['cpu-rt-period', 'cpu.realtimePeriod', 'number', 'CPU realtime period (in usecs)'],
  ['cpu-rt-runtime', 'cpu.realtimeRuntime', 'number', 'CPU realtime hardcap limit (in usecs)'],
  ['cpuset-cpus', 'cpu.cpus', 'string', 'CPU(s) to use'],
  ['cpuset-mems', 'cpu.mems', 'string', 'Memory node(s) to use'],
  ['cpu-idle', 'cpu.idle', 'number', 'set cgroup SCHED_IDLE or not, 0: default behavior, 1: SCHED_IDLE'],
  ['memory', 'memory.limit', 'size', 'Memory limit (in bytes)'],
  ['memory-reservation', 'memory.reservation', 'size', 'Memory reservation or soft_limit (in bytes)'],
  ['memory-swap', 'memory.swap', 'size', "Total memory usage (memory + swap); '-1' for unlimited swap"],
  ['pids-limit', 'pids.limit', 'number', 'Maximum number of pids allowed in the container'],
];

const VALUES = { number: flagNumber, string: flagText, size: flagBytes };

const limitFlags = Object.fromEntries(
  LIMITS.map(([name, , type, usage]) => [name, { type, usage }] as const),
) satisfies FlagTable;

export const update: Command = {
  usage: '<container-id>',
  summary: 'update container resource constraints',
  flags: {
    resources: {
      type: 'string',
      short: 'r',
      usage: "path to the file containing the resources to update or '-' to read from the standard input",
    },
    ...limitFlags,
    'l3-cache-schema': { type: 'string', usage: 'The string of Intel RDT/CAT L3 cache schema' },
    'mem-bw-schema': { type: 'string', usage: 'The string of Intel RDT/MBA memory bandwidth schema' },
  },
  args: { min: 1 },
  async run({ root }, flags) {
    const record = readRecord(root, flags.args[0] ?? '');
    if (statusOf(root, record) === 'stopped') throw new EngineError('conflict', 'container not running');
    const resources = resourcesOf(flags);
    if (record.scope)
      await updateScope(
        record.scope,
        forUnit(record.spec.linux?.resources, resources),
        record.cgroupPaths.mode === 'v2',
      );
    new Cgroup(record.cgroupPaths).update(resources);
    updateSchemata(record, flagText(flags, 'l3-cache-schema'), flagText(flags, 'mem-bw-schema'));
    const { linux } = record.spec;
    writeRecord(root, {
      ...record,
      spec: { ...record.spec, linux: { ...linux, resources: merged(linux?.resources ?? {}, resources) } },
    });
    return 0;
  },
};

/** @throws EngineError invalid-parameter */
function resourcesOf(flags: Flags): Resources {
  const file = flagText(flags, 'resources');
  if (file) return readJson(file === '-' ? 0 : file, file === '-' ? 'standard input' : file, RESOURCES_CHECK);
  const resources: Record<string, Record<string, number | string>> = {};
  for (const [name, place, type] of LIMITS) {
    const value = VALUES[type](flags, name);
    const [section = '', field = ''] = place.split('.');
    if (value !== undefined) resources[section] = { ...resources[section], [field]: value };
  }
  RESOURCES_CHECK(resources, '');
  return resources;
}

/** Section by section: what is given replaces what was. */
function merged(before: Resources, given: Resources): Resources {
  const sections = Object.entries(given).map(([name, section]) => {
    const old: object | undefined = before[name as keyof Resources];
    return [name, Array.isArray(section) ? section : Object.assign({}, old, section)] as const;
  });
  return { ...before, ...Object.fromEntries(sections) };
}

/** Changes a container's class of service in resctrl. @throws EngineError */
function updateSchemata({ id, spec }: ContainerRecord, ...schemas: (string | undefined)[]): void {
  const lines = schemas.filter(schema => schema !== undefined && schema !== '');
  if (lines.length === 0) return;
  const closId = spec.linux?.intelRdt?.closID;
  const path = join(RESCTRL_ROOT, typeof closId === 'string' ? closId : id, 'schemata');
  try {
    writeFileSync(path, `${lines.join('\n')}\n`, { flag: 'r+' });
  } catch (error) {
    throw new EngineError('system', `cannot write ${path}: ${messageOf(error)}`, { cause: error });
  }
}
