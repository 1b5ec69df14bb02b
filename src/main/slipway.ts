/** The program `slipway`: composes the command line with the daemon, which only `slipway daemon` loads. */
import { fileURLToPath } from 'node:url';
import { DEFAULT_SOCKET } from '../cli/daemon-flags.ts';
import { cacheCode } from './cache-code.ts';

cacheCode();
const { runCli } = await import('../cli/run-cli.ts');

const outputs = new Set<NodeJS.WriteStream>();
const exitCode = await runCli(process.argv.slice(2), {
  // Opening the standard streams costs milliseconds: only those are opened that a command uses.
  get stdin() {
    return process.stdin;
  },
  get stdout() {
    return opened(process.stdout);
  },
  get stderr() {
    return opened(process.stderr);
  },
  env: process.env,
  isRoot: process.getuid?.() === 0,
  signals: process,
  defaultSocket: DEFAULT_SOCKET,
  async makeRaw() {
    const { makeRaw } = await import('./raw-terminal.ts');
    return makeRaw();
  },
  async startDaemon() {
    const { startDaemon } = await import('./start-daemon.ts');
    return startDaemon(fileURLToPath(import.meta.url));
  },
  async checkDaemon(flags) {
    const { engineOptions } = await import('./daemon.ts');
    engineOptions(flags);
  },
  async runDaemon(flags, reread) {
    const { runDaemon } = await import('./daemon.ts');
    await runDaemon(flags, reread);
  },
});
// Writes to sockets, which a parent program may have given us for its pipes, are not done when they return.
await Promise.all([...outputs].map(output => new Promise(resolve => output.write('', resolve))));
process.exit(exitCode);

function opened(output: NodeJS.WriteStream): NodeJS.WriteStream {
  outputs.add(output);
  return output;
}
