import { randomBytes } from 'node:crypto';
import { EngineError } from '../../base/errors.ts';
import { nftError, startNft } from '../nft/start-nft.ts';

/** Before all other hooks, but for those that put fragments together. */
const PRIORITY = -350;
/** What an idle machine does within milliseconds. */
const START_TIMEOUT_MS = 10_000;

/** Rules that have packets traced, and the table that they are in. */
export type PacketMarks = { table: string; close(): Promise<void> };

/**
 * Has the kernel tell of packets (nftrace) that one of the matches fits, from the host's programs and from elsewhere. The
 * rules are in a table that the kernel takes away with the process that has made it (`flags owner`), and that process ends
 * with this one, however that ends.
 * @param matches in nft(8)'s language
 * @throws EngineError system
 */
export async function markPackets(matches: readonly string[]): Promise<PacketMarks> {
  const table = `slipway-trace-${randomBytes(4).toString('hex')}`;
  const name = `inet ${table}`;
  const script = [
    `add table ${name} { flags owner; }`,
    ...['prerouting', 'output'].flatMap(hook => [
      `add chain ${name} ${hook} { type filter hook ${hook} priority ${PRIORITY}; policy accept; }`,
      ...matches.map(match => `add rule ${name} ${hook} ${match} meta nftrace set 1`),
    ]),
    `list table ${name}`,
  ];
  const child = startNft('-i');
  const ended = new Promise<void>(resolve => child.once('close', () => resolve()));
  const close = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
  };
  try {
    await new Promise<void>((resolve, reject) => {
      let output = '';
      const timer = setTimeout(() => fail(new Error('no answer')), START_TIMEOUT_MS);
      const fail = (error: Error): void => {
        clearTimeout(timer);
        reject(nftError(error));
      };
      child.once('error', fail);
      child.once('close', () => fail(new Error(output.trim())));
      child.stderr.on('data', (chunk: Buffer) => fail(new Error(chunk.toString())));
      child.stdout.on('data', (chunk: Buffer) => {
        output += chunk.toString();
        // The listing, not what has been typed.
        if (!/^\}/m.test(output)) return;
        clearTimeout(timer);
        resolve();
      });
      child.stdin.write(`${script.join('\n')}\n`);
    });
    return { table, close };
  } catch (error) {
    await close();
    if (error instanceof EngineError) throw error;
    throw nftError(error as Error);
  }
}
