import { DEFAULT_SOCKET } from '../cli/daemon-flags.ts';
import { runCli } from '../cli/run-cli.ts';
import type * as Daemon from './daemon.ts';
import type * as Registry from './registry.ts';

type ProgramParts = {
  /** What Node was started with. */
  script: string;
  /** Loads the daemon, which is a program of its own. */
  daemon: () => Promise<typeof Daemon>;
  /** Loads the registry, likewise. */
  registry: () => Promise<typeof Registry>;
};

/** The program `slipway`: the command line in this process. Returns its exit code once all is written. */
export async function runProgram(words: readonly string[], parts: ProgramParts): Promise<number> {
  const outputs = new Set<NodeJS.WriteStream>();
  const opened = (output: NodeJS.WriteStream) => {
    outputs.add(output);
    return output;
  };
  const exitCode = await runCli(words, {
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
      return startDaemon(parts.script);
    },
    async checkDaemon(flags) {
      const { engineOptions } = await parts.daemon();
      engineOptions(flags);
    },
    async runDaemon(flags, reread) {
      const { runDaemon } = await parts.daemon();
      await runDaemon(flags, reread);
    },
    async serveRegistry(flags) {
      const { serveRegistry } = await parts.registry();
      await serveRegistry(flags);
    },
    async collectRegistryGarbage(options) {
      const { collectRegistryGarbage } = await parts.registry();
      return collectRegistryGarbage(options);
    },
  });
  // Writes to sockets, which a parent program may have given us for its pipes, are not done when they return.
  await Promise.all([...outputs].map(output => new Promise(resolve => output.write('', resolve))));
  return exitCode;
}
