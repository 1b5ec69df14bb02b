import { spawn } from 'node:child_process';
import { EngineError } from '../../base/errors.ts';

/**
 * Has nft(8) load a script, as one transaction. A process of its own, some ten milliseconds: not for what
 * happens with each container.
 * @throws EngineError system
 */
export async function loadRuleset(script: string): Promise<void> {
  const child = spawn('nft', ['-f', '-'], { stdio: ['pipe', 'ignore', 'pipe'], env: searchPath() });
  const errors: Buffer[] = [];
  child.stderr.on('data', (chunk: Buffer) => errors.push(chunk));
  // A child that ends early closes its standard input; its exit code says why.
  child.stdin.on('error', () => undefined);
  child.stdin.end(script);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', error => reject(startError(error)));
    child.once('close', resolve);
  });
  if (code === 0) return;
  const output = Buffer.concat(errors).toString('utf8').trim();
  throw new EngineError(
    'system',
    `failed to load the firewall rules: ${output || `nft exited with ${code}`}`,
  );
}

/** nft is in sbin, which is not in everybody's PATH. */
function searchPath(): NodeJS.ProcessEnv {
  return { PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`, LC_ALL: 'C' };
}

function startError(cause: Error): EngineError {
  return new EngineError('system', `failed to run nft: ${cause.message}`, {
    cause,
    hint: 'Bridge networks need the nftables package.',
  });
}
