/**
 * `npm run bench -- registry-server`: our registry beside docker-registry (PEER_DOCKER_REGISTRY), in one run: manifests
 * a second, and the throughput of 100 MB blobs over loopback, for 1, 16 and 64 connections, and what memory that takes.
 * Prints a table for bench/RESULTS.md. BENCH_SECONDS is how long each is measured (default 5).
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { request } from 'undici';
import { freePort } from './free-port.ts';
import { OCI_CONFIG, OCI_LAYER, OCI_MANIFEST } from '../src/oci/image-spec.ts';

const peer = process.env.PEER_DOCKER_REGISTRY ?? 'docker-registry';
const seconds = Number(process.env.BENCH_SECONDS ?? 5);
const BLOB_BYTES = 100_000_000;
const CONNECTIONS = [1, 16, 64];
const digestOf = (data: Uint8Array) => `sha256:${createHash('sha256').update(data).digest('hex')}`;

type Server = { name: string; host: string; child: ChildProcess; root: string };

async function start(name: string): Promise<Server> {
  const root = mkdtempSync('/var/tmp/slipway-bench-registry-');
  const port = await freePort();
  const host = `127.0.0.1:${port}`;
  const child = name === 'slipway' ? startOurs(root, host) : startPeer(root, host);
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

/** An image of one layer. */
async function fill({ host }: Server, layer: Buffer): Promise<void> {
  const base = `http://${host}/v2/bench`;
  const config = Buffer.from('{"architecture":"amd64","os":"linux"}');
  for (const blob of [layer, config]) {
    const location = new URL(await send('POST', `${base}/blobs/uploads/`, undefined, 'text/plain'));
    location.searchParams.set('digest', digestOf(blob));
    await send('PUT', location.href, blob, 'application/octet-stream');
  }
  const descriptor = (mediaType: string, data: Buffer) => ({
    mediaType,
    digest: digestOf(data),
    size: data.length,
  });
  const manifest = {
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    config: descriptor(OCI_CONFIG, config),
    layers: [descriptor(OCI_LAYER, layer)],
  };
  await send('PUT', `${base}/manifests/1`, Buffer.from(JSON.stringify(manifest)), OCI_MANIFEST);
}

/** What one connection has received, asking again and again. */
type Received = { answers: number; bytes: number };

/** A client that costs as little as it can: it counts bytes, and knows from the first answer how many there are. */
function ask(host: string, path: string, until: number): Promise<Received> {
  const [address, port] = host.split(':');
  const question = `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nAccept: ${OCI_MANIFEST}\r\n\r\n`;
  const received: Received = { answers: 0, bytes: 0 };
  const { promise, resolve, reject } = Promise.withResolvers<Received>();
  let head = '';
  let answerBytes = 0;
  let left = 0;
  const take = (length: number, buffer: Uint8Array) => {
    received.bytes += length;
    if (answerBytes === 0) {
      head += Buffer.from(buffer.buffer, buffer.byteOffset, Math.min(length, 4096)).toString('latin1');
      const end = head.indexOf('\r\n\r\n');
      if (end === -1) return true;
      answerBytes = end + 4 + Number(/content-length: (\d+)/i.exec(head)?.[1]);
      left = answerBytes;
    }
    left -= length;
    if (left > 0) return true;
    received.answers++;
    left = answerBytes;
    if (performance.now() > until) {
      socket.destroy();
      resolve(received);
    } else socket.write(question);
    return true;
  };
  const socket = connect({
    host: address ?? '',
    port: Number(port),
    onread: { buffer: Buffer.alloc(256 * 1024), callback: take },
  });
  socket.on('error', reject);
  socket.write(question);
  return promise;
}

async function measure(
  server: Server,
  path: string,
  count: number,
): Promise<{ perSecond: number; megabytes: number }> {
  const start = performance.now();
  const until = start + seconds * 1000;
  const all = await Promise.all(Array.from({ length: count }, () => ask(server.host, path, until)));
  const elapsed = (performance.now() - start) / 1000;
  const sum = (of: (received: Received) => number) =>
    all.reduce((total, received) => total + of(received), 0);
  return {
    perSecond: sum(({ answers: found }) => found) / elapsed,
    megabytes: sum(({ bytes }) => bytes) / 1e6 / elapsed,
  };
}

function peakMegabytes({ child }: Server): number {
  return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
}

const servers: Server[] = [];
try {
  for (const name of ['slipway', 'docker-registry']) servers.push(await start(name));
  const layer = randomBytes(BLOB_BYTES);
  for (const server of servers) await fill(server, layer);
  console.log(
    `| connections | what | ${servers.map(({ name }) => name).join(' | ')} | ratio |\n|---|---|---|---|---|`,
  );
  for (const count of CONNECTIONS) {
    const manifests = [];
    const blobs = [];
    for (const server of servers) manifests.push(await measure(server, '/v2/bench/manifests/1', count));
    for (const server of servers)
      blobs.push(await measure(server, `/v2/bench/blobs/${digestOf(layer)}`, count));
    const row = (what: string, values: number[]) =>
      console.log(
        `| ${count} | ${what} | ${values.map(value => value.toFixed(0)).join(' | ')} | ${((values[0] ?? 0) / (values[1] ?? 1)).toFixed(2)} |`,
      );
    row(
      'manifests/s',
      manifests.map(({ perSecond }) => perSecond),
    );
    row(
      'blobs, MB/s',
      blobs.map(({ megabytes }) => megabytes),
    );
  }
  console.log(
    `| | memory at most, MB | ${servers.map(server => peakMegabytes(server).toFixed(0)).join(' | ')} | |`,
  );
} finally {
  for (const { child, root } of servers) {
    const ended = new Promise(resolve => child.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
    rmSync(root, { recursive: true, force: true });
  }
}
