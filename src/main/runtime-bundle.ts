/** What the installed `slipway-runtime` consists of, as one module for launch-runtime.ts to load. */
import { syscallResult } from '../kernel/libc.ffi.ts';

export { runRuntime } from '../runtime/run-runtime.ts';

/** exit_group(2): Node's own way out waits for all its threads. Nothing that was written is still in this process. */
export function exitAtOnce(code: number): void {
  syscallResult('exit_group', code);
}
