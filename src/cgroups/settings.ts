import type { Int64 } from '../base/int64.ts';
/** One write into a control file. `data` is exactly what one write(2) gets. */
export type Setting = {
  file: string;
  data: string;
  /** The kernel may lack the file: then the setting is dropped. */
  optional?: boolean;
};

/** Settings by the controller that has the files. The order within a controller matters. */
export type Settings = Map<string, Setting[]>;

/** The setting of a value that is present; `-1` becomes what the file calls unlimited. */
export function limit(file: string, value: Int64 | undefined, unlimited = '-1'): Setting[] {
  return value === undefined ? [] : [{ file, data: value < 0 ? unlimited : String(value) }];
}

/** As the specification has it since 1.3 (config-linux.md, "PIDs"): 0 is no less a limit than others, and the kernel's least is 1. */
export function pidsLimit(value: Int64 | undefined): Int64 | undefined {
  return value === 0 ? 1 : value;
}

/** As {@link limit}, where 0 means unset. */
export function limitUnlessZero(file: string, value: Int64 | undefined, unlimited = '-1'): Setting[] {
  return value === 0 ? [] : limit(file, value, unlimited);
}
