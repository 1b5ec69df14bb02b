import { closeSync, constants, openSync, writeSync } from 'node:fs';

/** Writes one value into a control file, which must be there: `cgroup.kill` may not even be read. @throws the system's error */
export function writeControl(path: string, data: string): void {
  const file = openSync(path, constants.O_WRONLY);
  try {
    writeSync(file, data);
  } finally {
    closeSync(file);
  }
}
