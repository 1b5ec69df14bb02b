import { EngineError } from '../base/errors.ts';

/** The handler of a route that Docker has and this engine has not: 501 with a message that says what is missing. */
export function unsupported(what: string): () => never {
  return () => {
    throw new EngineError('not-implemented', `${what} is not supported by this engine`);
  };
}
