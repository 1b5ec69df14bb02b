import type { EngineClient } from '../../client/engine-client.ts';
import { ResponseError } from '../../client/response-error.ts';

/** The kinds of objects that `inspect` knows, in the order it looks for them. */
const PATHS = {
  container: (name: string, size: boolean) => `/containers/${name}/json${size ? '?size=1' : ''}`,
  image: (name: string) => `/images/${name}/json`,
  network: (name: string) => `/networks/${name}`,
  volume: (name: string) => `/volumes/${name}`,
};

export type ObjectKind = keyof typeof PATHS;

export const OBJECT_KINDS = Object.keys(PATHS);

export function isObjectKind(text: string): text is ObjectKind {
  return Object.hasOwn(PATHS, text);
}

/** The JSON text of the one object of that kind, or of the first of any kind, with that name or id. */
export async function findObject(
  client: EngineClient,
  name: string,
  options: { kind?: ObjectKind; size: boolean; platform?: string | undefined },
): Promise<string> {
  const kinds = options.kind === undefined ? (Object.keys(PATHS) as ObjectKind[]) : [options.kind];
  let missing: unknown;
  for (const kind of kinds) {
    try {
      return await client.text('GET', PATHS[kind](name, options.size && kind === 'container'), {
        query: { platform: options.platform },
      });
    } catch (error) {
      if (!(error instanceof ResponseError) || error.status !== 404) throw error;
      missing = error;
    }
  }
  throw kinds.length === 1 ? missing : new Error(`Error: No such object: ${name}`);
}
