/**
 * `npm run bench -- registry-server`: our registry beside docker-registry (PEER_DOCKER_REGISTRY), in one run: manifests
 * a second, and the throughput of 100 MB blobs over loopback, for 1, 16 and 64 connections, what processor time and what
 * memory that takes, beside a loop in C that does nothing but sendfile(2). Prints a table for bench/RESULTS.md.
 * BENCH_SECONDS is how long each is measured (default 5). Needs a C compiler.
 */
import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { request } from 'undici';
import { freePort } from './free-port.ts';
import { OCI_CONFIG, OCI_LAYER, OCI_MANIFEST } from '../src/oci/image-spec.ts';

const peer = process.env.PEER_DOCKER_REGISTRY ?? 'docker-registry';
const seconds = Number(process.env.BENCH_SECONDS ?? 5);
const BLOB_BYTES = 100_000_000;
const CONNECTIONS = [1, 16, 64];
const digestOf = (data: Uint8Array) => `sha256:${createHash('sha256').update(data).digest('hex')}`;

/** Where the client and the loop in C are compiled to. */
const LOAD = `/tmp/slipway-bench-registry-load-${process.pid}`;
const NAMES = ['slipway', 'docker-registry', 'sendfile loop'] as const;
const STARTS = { slipway: startOurs, 'docker-registry': startPeer, 'sendfile loop': startLoop };
const execFileAsync = promisify(execFile);

type Content = { layer: Buffer; manifest: Buffer };
type Server = { name: string; host: string; child: ChildProcess; root: string };

async function start(name: (typeof NAMES)[number], content: Content): Promise<Server> {
  const root = mkdtempSync('/var/tmp/slipway-bench-registry-');
  const host = `127.0.0.1:${await freePort()}`;
  const child = STARTS[name](root, host, content);
  while (!(await answers(host))) await new Promise(resolve => setTimeout(resolve, 20));
  return { name, host, child, root };
}

function startOurs(root: string, host: string): ChildProcess {
  const args = ['registry', 'serve', '--root', join(root, 'data'), '--listen', host, '--access-log=false'];
  return spawn(join(import.meta.dirname, '../bin/slipway'), args, { stdio: 'ignore' });
}

function startPeer(root: string, host: string): ChildProcess {
  const config = join(root, 'config.yml');
  writeFileSync(
    config,
    `version: 0.1\nlog: {level: error, accesslog: {disabled: true}}\nstorage: {filesystem: {rootdirectory: ${root}/data}}\nhttp: {addr: "${host}"}\n`,
  );
  return spawn(peer, ['serve', config], { stdio: 'ignore' });
}

function startLoop(root: string, host: string, { layer, manifest }: Content): ChildProcess {
  const [blob, document] = [join(root, 'blob'), join(root, 'manifest')];
  writeFileSync(blob, layer);
  writeFileSync(document, manifest);
  return spawn(LOAD, ['serve', host.split(':')[1] ?? '', blob, document], { stdio: 'ignore' });
}

async function answers(host: string): Promise<boolean> {
  try {
    const { statusCode, body } = await request(`http://${host}/v2/`);
    await body.dump();
    return statusCode === 200;
  } catch {
    return false;
  }
}

async function send(
  method: 'POST' | 'PUT',
  url: string,
  body: Buffer | undefined,
  type: string,
): Promise<string> {
  const {
    statusCode,
    headers,
    body: answer,
  } = await request(url, {
    method,
    headers: { 'content-type': type },
    ...(body && { body }),
  });
  const text = await answer.text();
  if (statusCode >= 300) throw new Error(`${method} ${url}: ${statusCode} ${text}`);
  return new URL(String(headers.location), url).href;
}

const CONFIG = Buffer.from('{"architecture":"amd64","os":"linux"}');

/** An image of one layer. */
function manifestOf(layer: Buffer): Buffer {
  const descriptor = (mediaType: string, data: Buffer) => ({
    mediaType,
    digest: digestOf(data),
    size: data.length,
  });
  return Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: OCI_MANIFEST,
      config: descriptor(OCI_CONFIG, CONFIG),
      layers: [descriptor(OCI_LAYER, layer)],
    }),
  );
}

async function fill({ host }: Server, { layer, manifest }: Content): Promise<void> {
  const base = `http://${host}/v2/bench`;
  for (const blob of [layer, CONFIG]) {
    const location = new URL(await send('POST', `${base}/blobs/uploads/`, undefined, 'text/plain'));
    location.searchParams.set('digest', digestOf(blob));
    await send('PUT', location.href, blob, 'application/octet-stream');
  }
  await send('PUT', `${base}/manifests/1`, manifest, OCI_MANIFEST);
}

/** What servers have done while one was asked. */
type Measured = { perSecond: number; megabytesPerSecond: number; processorMs: number; clientShare: number };

/** The client is a program in C, which leaves as much of the machine to the server as it can. */
async function measure({ host, child }: Server, path: string, count: number): Promise<Measured> {
  const [address = '', port = ''] = host.split(':');
  const before = processorMs(child);
  const { stdout } = await execFileAsync(LOAD, ['ask', address, port, path, `${count}`, `${seconds}`]);
  const [answers = NaN, bytes = NaN, elapsed = NaN, client = NaN] = stdout.split(' ').map(Number);
  return {
    perSecond: answers / elapsed,
    megabytesPerSecond: bytes / 1e6 / elapsed,
    processorMs: (processorMs(child) - before) / (path.includes('/blobs/') ? bytes / 1e9 : answers / 1000),
    clientShare: client / elapsed,
  };
}

/** In user and in kernel mode (proc_pid_stat(5)), whose clock ticks 100 times a second. */
function processorMs({ pid }: ChildProcess): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

function peakMegabytes({ child }: Server): number {
  return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
}

const row = (count: number | string, what: string, values: number[]) => {
  const ratio = values.length > 1 ? ((values[0] ?? 0) / (values[1] ?? 1)).toFixed(2) : '';
  console.log(`| ${[count, what, ...values.map(value => value.toFixed(0)), ratio].join(' | ')} |`);
};

const servers: Server[] = [];
try {
  execFileSync('gcc', ['-O2', '-o', LOAD, join(import.meta.dirname, 'registry-load.c')]);
  const layer = randomBytes(BLOB_BYTES);
  const content = { layer, manifest: manifestOf(layer) };
  for (const name of NAMES) servers.push(await start(name, content));
  for (const server of servers.slice(0, 2)) await fill(server, content);
  console.log(
    `| connections | what | ${NAMES.join(' | ')} | ratio |\n|---|---|${'---|'.repeat(NAMES.length + 1)}`,
  );
  const clientShares: number[] = [];
  for (const count of CONNECTIONS) {
    for (const [path, unit, cost] of [
      ['manifests/1', 'manifests/s', 'ms of processor for 1000 manifests'],
      [`blobs/${digestOf(layer)}`, 'blobs, MB/s', 'ms of processor for a GB'],
    ] as const) {
      const found: Measured[] = [];
      for (const server of servers) found.push(await measure(server, `/v2/bench/${path}`, count));
      const isBlob = unit === 'blobs, MB/s';
      row(
        count,
        unit,
        found.map(({ perSecond, megabytesPerSecond }) => (isBlob ? megabytesPerSecond : perSecond)),
      );
      row(
        '',
        cost,
        found.map(measured => measured.processorMs),
      );
      clientShares.push(...found.map(({ clientShare }) => clientShare));
    }
  }
  row('', 'memory at most, MB', servers.map(peakMegabytes));
  console.log(
    `The client took ${Math.min(...clientShares).toFixed(2)} to ${Math.max(...clientShares).toFixed(2)} of a core.`,
  );
} finally {
  rmSync(LOAD, { force: true });
  for (const { child, root } of servers) {
    const ended = new Promise(resolve => child.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
    rmSync(root, { recursive: true, force: true });
  }
}
