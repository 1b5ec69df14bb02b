import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCli } from '../../src/cli/run-cli.ts';
import type { Case } from './cases.ts';
import { type RecordedRequest, startFakeEngine } from '../fixtures/fake-engine.ts';
import { testHost } from '../fixtures/test-host.ts';

/** What a command line did: all that a user or a daemon can see of it. */
export type Outcome = { exitCode: number; stdout: string; stderr: string; requests: RecordedRequest[] };

export const DOCKER = '/usr/local/bin/docker';

/** What docker's CLI asks beyond what is needed: negotiation, other kinds of objects, looking before it acts. */
const BESIDE: Record<string, RegExp> = {
  '': /^(GET|HEAD) \/_ping|^GET \/(info|plugins|swarm)/,
  'run -d': /\/wait\?/,
  exec: /^GET \/containers\/[^/]+\/json$/,
  attach: /^GET \/containers\/[^/]+\/json$|\/wait$/,
  stats: /^GET \/events/,
};

/** Several containers are worked on at once, in whatever order. */
const UNORDERED = new Set(['stop', 'kill', 'rm', 'pause', 'unpause', 'stats']);

function comparable({ args }: Case, requests: readonly RecordedRequest[]): RecordedRequest[] {
  const commandLine = args.join(' ');
  const beside = Object.entries(BESIDE).filter(([start]) => commandLine.startsWith(start));
  const asked = requests.filter(({ line }) => !beside.some(([, pattern]) => pattern.test(line)));
  if (!UNORDERED.has(args[0] ?? '')) return asked;
  return asked.sort((a, b) => (a.line < b.line ? -1 : 1));
}

export async function runDocker(item: Case): Promise<Outcome> {
  return withEngine(item, async (socket, directory) => {
    const env = { ...baseEnvironment(directory), DOCKER_HOST: `unix://${socket}`, DOCKER_CONFIG: directory };
    const child = spawn(DOCKER, item.args, { env, cwd: process.cwd() });
    child.stdin.end(item.stdin ?? '');
    child.stdin.on('error', () => undefined);
    const output = { stdout: '', stderr: '' };
    child.stdout.on('data', chunk => (output.stdout += String(chunk)));
    child.stderr.on('data', chunk => (output.stderr += String(chunk)));
    const exitCode = await new Promise<number>(resolve => {
      child.on('close', code => resolve(code ?? -1));
    });
    return { exitCode, stdout: inOwnName(output.stdout), stderr: inOwnName(output.stderr) };
  });
}

export async function runOwn(item: Case): Promise<Outcome> {
  return withEngine(item, async (socket, directory) => {
    const host = testHost({ env: { ...baseEnvironment(directory), DOCKER_HOST: `unix://${socket}` } });
    host.stdin.end(item.stdin ?? '');
    const exitCode = await runCli(item.args, host);
    return { exitCode, stdout: host.stdout.text, stderr: host.stderr.text };
  });
}

function baseEnvironment(home: string): Record<string, string> {
  return { PATH: '/usr/bin:/bin', HOME: home, TZ: 'UTC', FROM_CALLER: 'callers value' };
}

async function withEngine(
  item: Case,
  work: (socket: string, directory: string) => Promise<Omit<Outcome, 'requests'>>,
): Promise<Outcome> {
  const directory = mkdtempSync(join(tmpdir(), 'slipway-cli-'));
  const socket = join(directory, 'engine.sock');
  const engine = await startFakeEngine(socket);
  try {
    const outcome = await work(socket, directory);
    const text = JSON.stringify({ ...outcome, requests: comparable(item, engine.requests) });
    return JSON.parse(text.replaceAll(socket, 'SOCKET').replaceAll(process.cwd(), '/CWD')) as Outcome;
  } finally {
    await engine.close();
    rmSync(directory, { recursive: true });
  }
}

/** Docker's output with our names in it. */
function inOwnName(text: string): string {
  return (
    text
      .replace(/\bDocker daemon\b/g, 'Slipway daemon')
      .replace(/\bdocker\b/g, 'slipway')
      // Their own slip of the pen.
      .replace(/^SRun /gm, 'Run ')
  );
}
