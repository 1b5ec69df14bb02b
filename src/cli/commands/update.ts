import type { ContainerUpdateRequest } from '../../api/types.ts';
import { defineCommand } from '../command.ts';
import { CONTAINER_FLAGS } from '../container/container-flags.ts';
import { eachTarget } from '../container/each-target.ts';
import { GOVERNANCE_FLAGS, governanceAnnotations } from '../container/governance-flags.ts';
import { parseRestartPolicy } from '../container/restart-policy.ts';
import { string } from '../flags/flag.ts';

export const command = defineCommand({
  usage: '[OPTIONS] CONTAINER [CONTAINER...]',
  summary: 'Update configuration of one or more containers',
  aliases: ['container update', 'update'],
  flags: {
    ...GOVERNANCE_FLAGS,
    'blkio-weight': CONTAINER_FLAGS['blkio-weight'],
    'blkio-weight-device': CONTAINER_FLAGS['blkio-weight-device'],
    'cpu-period': CONTAINER_FLAGS['cpu-period'],
    'cpu-quota': CONTAINER_FLAGS['cpu-quota'],
    'cpu-rt-period': CONTAINER_FLAGS['cpu-rt-period'],
    'cpu-rt-runtime': CONTAINER_FLAGS['cpu-rt-runtime'],
    'cpu-shares': CONTAINER_FLAGS['cpu-shares'],
    cpus: CONTAINER_FLAGS.cpus,
    'cpuset-cpus': CONTAINER_FLAGS['cpuset-cpus'],
    'cpuset-mems': CONTAINER_FLAGS['cpuset-mems'],
    'device-read-bps': CONTAINER_FLAGS['device-read-bps'],
    'device-read-iops': CONTAINER_FLAGS['device-read-iops'],
    'device-write-bps': CONTAINER_FLAGS['device-write-bps'],
    'device-write-iops': CONTAINER_FLAGS['device-write-iops'],
    memory: CONTAINER_FLAGS.memory,
    'memory-reservation': CONTAINER_FLAGS['memory-reservation'],
    'memory-swap': CONTAINER_FLAGS['memory-swap'],
    'memory-swappiness': CONTAINER_FLAGS['memory-swappiness'],
    'pids-limit': CONTAINER_FLAGS['pids-limit'],
    restart: string('', 'Restart policy to apply when a container exits'),
  },
  arguments: { min: 1 },
  async run(context, { values, changed, args }) {
    if (changed.size === 0) throw new Error('you must provide one or more flags when using this command');
    const body: ContainerUpdateRequest = {
      BlkioWeight: values['blkio-weight'],
      BlkioWeightDevice: values['blkio-weight-device'],
      BlkioDeviceReadBps: values['device-read-bps'],
      BlkioDeviceReadIOps: values['device-read-iops'],
      BlkioDeviceWriteBps: values['device-write-bps'],
      BlkioDeviceWriteIOps: values['device-write-iops'],
      CpuShares: values['cpu-shares'],
      Memory: values.memory,
      MemoryReservation: values['memory-reservation'],
      MemorySwap: values['memory-swap'],
      MemorySwappiness: changed.has('memory-swappiness') ? values['memory-swappiness'] : undefined,
      CpuPeriod: values['cpu-period'],
      CpuQuota: values['cpu-quota'],
      CpuRealtimePeriod: values['cpu-rt-period'],
      CpuRealtimeRuntime: values['cpu-rt-runtime'],
      CpusetCpus: values['cpuset-cpus'],
      CpusetMems: values['cpuset-mems'],
      NanoCpus: values.cpus,
      PidsLimit: changed.has('pids-limit') ? values['pids-limit'] : undefined,
      RestartPolicy: parseRestartPolicy(values.restart),
      Annotations: governanceAnnotations(values, changed),
    };
    const warnings: string[] = [];
    try {
      await eachTarget(context, args, async (client, target) => {
        const answer = await client.post<{ Warnings?: string[] | null }>(`/containers/${target}/update`, {
          body,
        });
        warnings.push(...(answer.Warnings ?? []));
        return `${target}\n`;
      });
    } finally {
      if (warnings.length > 0) context.stdout.write(`${warnings.join('\n')}\n`);
    }
  },
});
