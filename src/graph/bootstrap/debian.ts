import { spawn } from 'node:child_process';
import type { Digest } from '../../base/digest.ts';
import { EngineError, errorCode } from '../../base/errors.ts';
import type { ProgressMessage } from '../graph.ts';
import type { GraphParts } from '../graph-parts.ts';
import { importLayer } from '../import/import-archive.ts';
import { parseReference } from '../references/reference.ts';

const DEFAULT_SUITE = 'stable';
const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
/** Of mmdebstrap's messages, for an error. */
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
  const importing = importLayer(parts, output, {
    reference: undefined,
    config: { Cmd: ['bash'], Env: [`PATH=${PATH}`] },
    message: '',
    created: created.toISOString(),
    createdBy: `slipway: mmdebstrap --variant=minbase ${suite}`,
  });
  // Its own message says more than that its output was no archive.
  const [id] = await Promise.all([
    importing.catch(error => done.then(() => Promise.reject(error as Error))),
    done,
  ]);
  parts.images.tag(reference, id);
  return id;
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
