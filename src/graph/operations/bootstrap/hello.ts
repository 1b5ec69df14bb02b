import { fileURLToPath } from 'node:url';
import { readFileSync, existsSync } from 'node:fs';
import type { Digest } from '../../../base/digest.ts';
import { EngineError } from '../../../base/errors.ts';
import type { GraphParts } from '../graph-parts.ts';
import { importLayer } from '../import/import-archive.ts';
import { parseReference } from '../../../oci/reference.ts';
import { treeArchive } from './tree-archive.ts';

/** When the image was first made; a fixed time, so that the same program gives the same image. */
const CREATED = '2026-11-01T00:00:00Z';

/** Read at once: the package may be replaced or removed while the engine runs. */
const PROGRAM = readProgram();

/** `hello:latest`: one static program (shim/programs/hello.c) that says that all works. */
export async function bootstrapHello(parts: GraphParts): Promise<Digest> {
  if (PROGRAM === undefined)
    throw new EngineError('unavailable', 'the program of the image hello has not been built', {
      hint: 'Run scripts/build-shim (it needs musl-tools).',
    });
  const mtimeNs = BigInt(Date.parse(CREATED)) * 1_000_000n;
  const archive = treeArchive([{ path: 'hello', mode: 0o755, content: PROGRAM }], mtimeNs);
  return importLayer(parts, archive, {
    reference: parseReference('hello:latest'),
    config: { Cmd: ['/hello'], WorkingDir: '/' },
    message: '',
    created: CREATED,
    createdBy: 'slipway: built-in image hello',
  });
}

function readProgram(): Buffer | undefined {
  const path = packageFile(`shim/bin/${process.arch}/hello`) ?? packageFile('shim/bin/hello');
  return path === undefined ? undefined : readFileSync(path);
}

/** A file of this package, whether the sources run or a bundle. Undefined when it is missing. */
function packageFile(path: string): string | undefined {
  for (let directory = new URL('.', import.meta.url); ; directory = new URL('..', directory)) {
    const file = fileURLToPath(new URL(path, directory));
    if (existsSync(file)) return file;
    if (directory.pathname === '/') return undefined;
  }
}
