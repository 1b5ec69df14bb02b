import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EngineError, errorCode } from '../../base/errors.ts';

/** What a TLS connection is made with, besides the machine's own CAs. */
export type TlsMaterial = {
  authorities: string[];
  /** The client's own certificates, each with its key. */
  clients: { certificate: string; key: string }[];
  /** False: any server's certificate is accepted. */
  verifies: boolean;
};

export const NO_TLS_MATERIAL: TlsMaterial = { authorities: [], clients: [], verifies: true };

/**
 * The certificates in the directories of a registry: `NAME.crt` are CAs, `NAME.cert` and `NAME.key` the client's own.
 * @throws EngineError invalid-parameter when one of a pair is missing, in Docker's words
 */
export async function readCertificates(directories: readonly string[]): Promise<TlsMaterial> {
  const material: TlsMaterial = { authorities: [], clients: [], verifies: true };
  for (const directory of directories) {
    const names = (await namesIn(directory)).toSorted();
    const read = (name: string) => readFile(join(directory, name), 'utf8');
    for (const name of names) {
      if (name.endsWith('.crt')) material.authorities.push(await read(name));
      else if (name.endsWith('.cert')) {
        const key = name.replace(/cert$/, 'key');
        if (!names.includes(key)) throw missing(`missing key ${key} for client certificate ${name}`);
        material.clients.push({ certificate: await read(name), key: await read(key) });
      } else if (name.endsWith('.key') && !names.includes(name.replace(/key$/, 'cert')))
        throw missing(`missing client certificate ${name.replace(/key$/, 'cert')} for key ${name}`);
    }
  }
  return material;
}

async function namesIn(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(errorCode(error) ?? '')) return [];
    throw error;
  }
}

function missing(what: string): EngineError {
  return new EngineError(
    'invalid-parameter',
    `${what}. CA certificates must use the extension .crt, client certificates .cert`,
  );
}
