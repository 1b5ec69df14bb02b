import { EngineError } from '../base/errors.ts';
import type { StartFailure } from './driver.ts';

/** The process could not be executed. `reason` decides the exit code: 127 for not-found, 126 otherwise. */
export class StartError extends EngineError {
  readonly reason: StartFailure;

  constructor(reason: StartFailure, message: string) {
    super('invalid-parameter', message);
    this.name = 'StartError';
    this.reason = reason;
  }
}
