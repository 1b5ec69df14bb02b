import { invalid } from './dockerfile-error.ts';
import { suggestion } from './suggest.ts';

/** A device that a RUN asks for, by the name that CDI has for it; one that is not required may be missing. */
export type RunDevice = { name: string; required: boolean };

const KEYS = ['name', 'required'];

/** `--device=NAME[,required]`. @throws EngineError invalid-parameter, in BuildKit's words */
export function parseRunDevice(text: string): RunDevice {
  const device: RunDevice = { name: '', required: false };
  for (const [index, field] of text.split(',').entries()) {
    const [key = '', value] = field.split(/=(.*)/s);
    if (key === 'required') device.required = flagOf(key, value);
    else if (key === 'name' && value !== undefined) device.name = value;
    // The name alone comes first; it may have an equals sign in it.
    else if (index === 0) device.name = field;
    else throw invalid(`unexpected key '${key}' in '${field}'${suggestion(key, KEYS)}`);
  }
  if (device.name === '') throw invalid('device name must be set');
  return device;
}

function flagOf(key: string, value: string | undefined): boolean {
  if (value === undefined || value === 'true' || value === '1') return true;
  if (value === 'false' || value === '0') return false;
  throw invalid(`invalid value for ${key}: ${value}`);
}
