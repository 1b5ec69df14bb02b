import { spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import type { Digest } from '../../../base/digest.ts';
import { EngineError, errorCode } from '../../../base/errors.ts';
import type { ProgressMessage } from '../../../api/types.ts';
import type { GraphParts } from '../graph-parts.ts';
import { importLayer } from '../import/import-archive.ts';
import { parseReference } from '../../../oci/reference.ts';

const DEFAULT_SUITE = 'stable';
const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
/** How many of mmdebstrap's last lines an error shows. */
const LAST_LINES = 5;

/**
 * `debian:suite` through mmdebstrap, from the machine's Debian mirror: the packages that Docker's image has.
 * `latest` is Debian's stable.
 * @throws EngineError unavailable without mmdebstrap, or when it fails (no such suite, no mirror)
 */
export async function bootstrapDebian(
  parts: GraphParts,
  tag: string,
  progress: (message: ProgressMessage) => void,
): Promise<Digest> {
  const reference = parseReference(`debian:${tag}`);
  const suite = tag === 'latest' ? DEFAULT_SUITE : tag;
  progress({ status: `Making debian:${tag} with mmdebstrap`, id: suite });
  const { output, done } = runMmdebstrap(suite, progress);
  const created = new Date();
  created.setMilliseconds(0);
  return importLayer(parts, untilDone(output, done), {
    reference,
    config: { Cmd: ['bash'], Env: [`PATH=${PATH}`] },
    message: '',
    created: created.toISOString(),
    createdBy: `slipway: mmdebstrap --variant=minbase ${suite}`,
  });
}

/** The output, and then whatever `done` says: an archive of a program that failed must not become an image. */
async function* untilDone(output: Readable, done: Promise<void>): AsyncGenerator<Buffer> {
  for await (const chunk of output) yield chunk as Buffer;
  await done;
}

function runMmdebstrap(suite: string, progress: (message: ProgressMessage) => void) {
  const args = ['--variant=minbase', '--mode=auto', '--format=tar', '--skip=output/dev', suite, '-'];
  const child = spawn('mmdebstrap', args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const messages: string[] = [];
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    for (const line of text.split('\n').filter(Boolean)) {
      messages.push(line);
      if (line.startsWith('I: ')) progress({ status: line.slice(3), id: suite });
    }
  });
  const done = new Promise<void>((resolve, reject) => {
    child.on('error', cause => reject(startError(cause)));
    child.on('close', code => {
      if (code === 0) resolve();
      else
        reject(
          new EngineError('unavailable', `mmdebstrap failed: ${messages.slice(-LAST_LINES).join('; ')}`),
        );
    });
  });
  // It is looked at when the output has ended.
  done.catch(() => undefined);
  return { output: child.stdout, done };
}

function startError(cause: Error): EngineError {
  if (errorCode(cause) !== 'ENOENT')
    return new EngineError('system', `mmdebstrap: ${cause.message}`, { cause });
  return new EngineError('unavailable', 'mmdebstrap is needed to make Debian images', {
    cause,
    hint: 'Install it: apt-get install mmdebstrap',
  });
}
