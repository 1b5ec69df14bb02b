import { pipeline } from 'node:stream/promises';
import { createDeflate, createGzip } from 'node:zlib';
import type { ContainerPathStat } from '../../api/types.ts';
import { EngineError } from '../../base/errors.ts';
import type { ContainerBackend } from '../../api/backend.ts';
import { commitConfig } from '../body/create-request.ts';
import { readJson } from '../body/read-body.ts';
import { streamBody } from '../body/stream-body.ts';
import type { Exchange } from '../exchange.ts';
import { booleanParameter, textParameter } from '../query.ts';
import { sendEmpty, sendJson } from '../../http/respond.ts';
import { post, type Router } from '../router.ts';

const STAT_HEADER = 'X-Docker-Container-Path-Stat';
const ARCHIVE = '/containers/:id/archive';

/** Files of containers: to and from them, and all of them as an image. */
export function archiveRoutes(backend: ContainerBackend): Router {
  return [
    { method: 'HEAD', path: ARCHIVE, handle: exchange => stat(backend, exchange) },
    { method: 'GET', path: ARCHIVE, handle: exchange => download(backend, exchange) },
    { method: 'PUT', path: ARCHIVE, handle: exchange => upload(backend, exchange) },
    post('/commit', exchange => commit(backend, exchange)),
  ];
}

async function stat(backend: ContainerBackend, exchange: Exchange): Promise<void> {
  const { response } = exchange;
  const found = await backend.containerStatPath(exchange.param('id'), pathOf(exchange));
  response.writeHead(200, { [STAT_HEADER]: encodeStat(found) });
  response.end();
}

async function download(backend: ContainerBackend, exchange: Exchange): Promise<void> {
  const { request, response } = exchange;
  const archive = await backend.containerArchive(exchange.param('id'), pathOf(exchange));
  const encoding = acceptedEncoding(request.headers['accept-encoding']);
  response.writeHead(200, {
    'Content-Type': 'application/x-tar',
    [STAT_HEADER]: encodeStat(archive.stat),
    ...(encoding === undefined ? {} : { 'Content-Encoding': encoding }),
  });
  if (encoding === undefined) await pipeline(archive.stream, response);
  else await pipeline(archive.stream, encoding === 'gzip' ? createGzip() : createDeflate(), response);
}

async function upload(backend: ContainerBackend, exchange: Exchange): Promise<void> {
  const { query } = exchange;
  await backend.containerExtract(exchange.param('id'), pathOf(exchange), streamBody(exchange), {
    copyUIDGID: booleanParameter(query, 'copyUIDGID'),
    noOverwriteDirNonDir: booleanParameter(query, 'noOverwriteDirNonDir'),
  });
  sendEmpty(exchange, 200);
}

async function commit(backend: ContainerBackend, exchange: Exchange): Promise<void> {
  const { query } = exchange;
  const config = await readJson(exchange, commitConfig, { name: 'Config', emptyIsObject: true });
  const container = query.get('container') ?? '';
  if (container === '') throw new EngineError('invalid-parameter', 'invalid name or ID supplied: ""');
  const id = await backend.containerCommit(container, {
    repository: query.get('repo') ?? '',
    tag: query.get('tag') ?? '',
    author: query.get('author') ?? '',
    comment: query.get('comment') ?? '',
    config: Object.keys(config).length === 0 ? undefined : config,
    changes: query.getAll('changes'),
    pause: query.get('pause') ? booleanParameter(query, 'pause') : true,
  });
  await sendJson(exchange, { Id: id }, 201);
}

/** In Docker's words, as they are. */
function pathOf({ query }: Exchange): string {
  const path = textParameter(query, 'path');
  if (path === undefined) throw new EngineError('invalid-parameter', 'bad parameter: pathcannot be empty');
  return path;
}

function encodeStat(stat: ContainerPathStat): string {
  const { name, size, mode, mtime, linkTarget } = stat;
  return Buffer.from(JSON.stringify({ name, size, mode, mtime, linkTarget })).toString('base64');
}

function acceptedEncoding(header: string | string[] | undefined): 'gzip' | 'deflate' | undefined {
  const offers = String(header ?? '')
    .split(',')
    .map(offer => offer.trim().toLowerCase().split(';'))
    .filter(([, quality = '']) => !/^\s*q=0(?:\.0*)?$/.test(quality))
    .map(([name = '']) => name.trim());
  return (['gzip', 'deflate'] as const).find(encoding => offers.includes(encoding));
}
