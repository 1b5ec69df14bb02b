import { spawnSync } from 'node:child_process';
import { EngineError } from '../base/errors.ts';
import type { Hook } from '../oci/runtime-spec.ts';

/**
 * Runs hooks of the runtime itself (poststart, poststop; of a restored container all that it has), one after the other, with the state on their standard
 * input. Each failure goes to `failed`, and does not keep the others from running.
 */
export function runHooks(
  moment: 'prestart' | 'createRuntime' | 'poststart' | 'poststop',
  hooks: readonly Hook[] | undefined,
  state: object,
  failed: (error: EngineError) => void,
): void {
  for (const [index, hook] of (hooks ?? []).entries()) {
    const [name, ...args] = hook.args?.length ? hook.args : [hook.path];
    const { status, signal, error, stderr } = spawnSync(hook.path, args, {
      argv0: name,
      env: hook.env && Object.fromEntries(hook.env.map(entry => splitOnce(entry))),
      input: JSON.stringify(state),
      timeout: (hook.timeout ?? 0) * 1000,
      killSignal: 'SIGKILL',
      stdio: ['pipe', 'ignore', 'pipe'],
    });
    if (status === 0) continue;
    // One that does not read the state leaves an error, too.
    const reason = status === null ? (error?.message ?? `signal ${signal}`) : `exit status ${status}`;
    const said = stderr?.toString().trim();
    failed(
      new EngineError(
        'system',
        `error running ${moment} hook #${index}: ${hook.path}: ${reason}${said ? `: ${said}` : ''}`,
      ),
    );
  }
}

function splitOnce(entry: string): [string, string] {
  const at = entry.indexOf('=');
  return at < 0 ? [entry, ''] : [entry.slice(0, at), entry.slice(at + 1)];
}
