import { readFileSync } from 'node:fs';
import { EngineError } from '../../../base/errors.ts';

/** The CPUs and the memory of one NUMA node, as a cpuset has them. @throws EngineError invalid-parameter for a node that is not there */
export function numaNode(node: number): { cpus: string; mems: string } {
  try {
    return {
      cpus: readFileSync(`/sys/devices/system/node/node${node}/cpulist`, 'utf8').trim(),
      mems: String(node),
    };
  } catch (cause) {
    const online = readOnline();
    throw new EngineError(
      'invalid-parameter',
      `Requested memory nodes are not available - requested ${node}, available: ${online}`,
      { cause },
    );
  }
}

function readOnline(): string {
  try {
    return readFileSync('/sys/devices/system/node/online', 'utf8').trim();
  } catch {
    return 'none';
  }
}
