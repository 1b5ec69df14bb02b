import { EventEmitter } from 'node:events';
import { PassThrough, Writable } from 'node:stream';
import type { CliHost } from '../context.ts';

/** Keeps what is written, and may claim to be a terminal. */
export class Screen extends Writable {
  text = '';
  isTTY = false;
  rows = 24;
  columns = 80;

  override _write(chunk: Buffer, _encoding: unknown, done: () => void): void {
    this.text += chunk.toString();
    this.emit('text');
    done();
  }
}

export type TestHost = CliHost & {
  stdin: PassThrough & { isTTY: boolean };
  stdout: Screen;
  stderr: Screen;
  signals: EventEmitter;
  /** How often the terminal was made raw, and restored. */
  raw: { made: number; restored: number };
};

/** A process for the CLI to run in: no daemon to start, no terminal unless `isTTY` is set. */
export function testHost(overrides: Partial<CliHost> = {}): TestHost {
  const raw = { made: 0, restored: 0 };
  return {
    stdin: Object.assign(new PassThrough(), { isTTY: false }),
    stdout: new Screen(),
    stderr: new Screen(),
    env: {},
    isRoot: false,
    defaultSocket: '/nonexistent/slipway.sock',
    signals: new EventEmitter(),
    raw,
    async makeRaw() {
      raw.made += 1;
      return () => {
        raw.restored += 1;
      };
    },
    startDaemon: () => Promise.reject(new Error('no daemon is started here')),
    runDaemon: () => Promise.reject(new Error('no daemon is run here')),
    serveRegistry: () => Promise.reject(new Error('no registry is served here')),
    collectRegistryGarbage: () => Promise.reject(new Error('no registry is here')),
    checkDaemon: () => Promise.resolve(),
    ...overrides,
  } as TestHost;
}
