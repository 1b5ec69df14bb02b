import { existsSync, readFileSync, statSync } from 'node:fs';
import { isAbsolute, join, relative, resolve } from 'node:path';
import { readIgnoreFile } from '../../base/ignore-patterns.ts';

export type BuildContext =
  /** `dockerfile` is a path in it; `exclude` says what is not sent. */
  | { kind: 'directory'; directory: string; dockerfile: string; exclude: string[] }
  | { kind: 'remote'; url: string; dockerfile: string }
  /** An archive on standard input. */
  | { kind: 'input'; dockerfile: string };

/** What PATH, URL or `-` means. @throws Error in Docker's words */
export function openBuildContext(place: string, file: string): BuildContext {
  if (place === '-') return { kind: 'input', dockerfile: file };
  if (/^(?:https?|git|ssh):\/\/|^git@/.test(place)) return { kind: 'remote', url: place, dockerfile: file };
  const directory = resolve(place);
  if (!existsSync(directory))
    throw new Error(`unable to prepare context: path ${JSON.stringify(place)} not found`);
  if (!statSync(directory).isDirectory())
    throw new Error(`unable to prepare context: context must be a directory: ${directory}`);
  const dockerfile = dockerfileIn(directory, file);
  return {
    kind: 'directory',
    directory,
    dockerfile,
    exclude: excluded(directory, dockerfile || 'Dockerfile'),
  };
}

/** The path of the Dockerfile in its context; `file` is one from here. */
function dockerfileIn(directory: string, file: string): string {
  if (file === '') return '';
  const path = existsSync(resolve(file)) ? resolve(file) : resolve(directory, file);
  const inside = relative(directory, path);
  if (inside.startsWith('..') || isAbsolute(inside))
    throw new Error(`unable to prepare context: the Dockerfile (${file}) must be within the build context`);
  return inside;
}

/** The daemon needs the Dockerfile and the patterns, also where these leave them out: then it does so. */
function excluded(directory: string, dockerfile: string): string[] {
  const files = [`${dockerfile}.dockerignore`, '.dockerignore'];
  const file = files.map(name => join(directory, name)).find(path => existsSync(path));
  if (file === undefined) return [];
  return [...readIgnoreFile(readFileSync(file, 'utf8')), `!${dockerfile}`, '!.dockerignore'];
}
