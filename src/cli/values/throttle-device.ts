import type { ThrottleDevice } from '../../api/types.ts';
import { parseUint64, parseUnsigned } from './go-numbers.ts';
import { parseSize } from './size.ts';

/** `/dev/sda:10mb`: bytes a second. */
export function parseBytesThrottle(text: string): ThrottleDevice {
  const [Path, rate] = splitDevice(text);
  const problem = `invalid rate for device: ${text}. The correct format is <device-path>:<number>[<unit>]. Number must be a positive integer. Unit is optional and can be kb, mb, or gb`;
  return { Path, Rate: orThrow(problem, () => parseSize(rate)) };
}

/** `/dev/sda:1000`: operations a second. */
export function parseOperationsThrottle(text: string): ThrottleDevice {
  const [Path, rate] = splitDevice(text);
  const problem = `invalid rate for device: ${text}. The correct format is <device-path>:<number>. Number must be a positive integer`;
  return { Path, Rate: orThrow(problem, () => parseUint64(rate, { base: 10 })) };
}

/** `/dev/sda:500`: a relative weight, 10 to 1000, or 0. */
export function parseWeightDevice(text: string): { Path: string; Weight: number } {
  const [Path, weight] = splitDevice(text);
  const problem = `invalid weight for device: ${text}`;
  const Weight = orThrow(problem, () => parseUnsigned(weight, { base: 10, bits: 16 }));
  if (Weight > 0 && (Weight < 10 || Weight > 1000)) throw new Error(problem);
  return { Path, Weight };
}

function splitDevice(text: string): [path: string, value: string] {
  const at = text.indexOf(':');
  if (at <= 0) throw new Error(`bad format: ${text}`);
  if (!text.startsWith('/dev/')) throw new Error(`bad format for device path: ${text}`);
  return [text.slice(0, at), text.slice(at + 1)];
}

function orThrow<T>(problem: string, parse: () => T): T {
  try {
    return parse();
  } catch {
    throw new Error(problem);
  }
}
