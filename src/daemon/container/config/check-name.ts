import { invalid } from '../../model/errors.ts';

const NAME = /^\/?[a-zA-Z0-9][a-zA-Z0-9_.-]+$/;

/** Every list has the names. */
const MAX_LENGTH = 1024;

/** The name without Docker's leading slash. @throws EngineError invalid-parameter */
export function checkName(name: string): string {
  if (name.length > MAX_LENGTH)
    throw invalid(`Invalid container name (${name.slice(0, 64)}…), it is too long`);
  if (!NAME.test(name)) {
    throw invalid(`Invalid container name (${name}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed`);
  }
  return name.replace(/^\//, '');
}
