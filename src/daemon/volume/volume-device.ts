import type { VolumeDevice } from '../model/container-record.ts';
import { invalid } from '../model/errors.ts';

const KEYS = ['type', 'o', 'device', 'size'];
const REQUIRED = ['device', 'type'];

/** @throws EngineError invalid-parameter, in Docker's words but without what they begin with */
export function checkVolumeOptions(options: Readonly<Record<string, string>> | null): void {
  if (options === null) return;
  for (const key of Object.keys(options)) if (!KEYS.includes(key)) throw invalid(`invalid option: "${key}"`);
  if (options.size !== undefined) checkSize(options.size);
  if (Object.keys(options).length === 0) return;
  const missing = REQUIRED.find(key => !options[key]);
  if (missing !== undefined) throw invalid(`missing required option: "${missing}"`);
}

/** Sizes need quotas of the file system below, which are not used. */
function checkSize(size: string): void {
  if (!/^\d+(\.\d+)? ?([kmgtp]i?)?b?$/i.test(size)) throw invalid(`invalid size: '${size}'`);
  throw invalid('quota size requested but no quota support');
}

/** Undefined for a volume that is a directory of the engine's own. */
export function volumeDevice(options: Readonly<Record<string, string>> | null): VolumeDevice | undefined {
  const { device, type, o: list = '' } = { ...options };
  if (!device || !type) return undefined;
  const words = list.split(',').filter(word => word !== '');
  const isDirectory = words.includes('bind') || words.includes('rbind');
  return { isDirectory, source: device, type, options: words };
}
