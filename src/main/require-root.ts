import { EngineError } from '../base/errors.ts';

/** @throws EngineError forbidden for other users */
export function requireRoot(): void {
  if (process.geteuid?.() !== 0)
    throw new EngineError('forbidden', 'the daemon needs to be started with root privileges');
}
