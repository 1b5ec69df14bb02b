import { createWriteStream } from 'node:fs';
import { connect } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { writeAll } from '../../../api/frames.ts';
import type { AuthConfig } from '../../../api/types.ts';
import { EngineError } from '../../../base/errors.ts';
import { type Call, type Methods, oneRequest } from '../../../buildkit/grpc.ts';
import * as wire from '../../../buildkit/messages.ts';
import { contentMethods } from './content-store.ts';
import { receiveDirectory } from './receive-directory.ts';
import { sendDirectory } from './send-directory.ts';

/** What an export of a build is written to. */
export type Destination =
  | { kind: 'directory'; path: string }
  | { kind: 'file'; path: string }
  | { kind: 'stream'; stream: Writable };

/** What a build may have of its client. */
export type SessionFiles = {
  /** Directories by the names that the front end asks for. */
  directories: ReadonlyMap<string, string>;
  /** By the number of the export. */
  destinations: ReadonlyMap<number, Destination>;
  /** Directories with content, by their names. */
  stores: ReadonlyMap<string, string>;
  /** Bytes of secrets. */
  secret(id: string): Buffer | undefined;
  /** Sockets of SSH agents, by their ids. */
  agents: ReadonlyMap<string, string>;
  credentials(host: string): Promise<AuthConfig>;
  /** A context that comes on standard input, by the path that its URL has. */
  upload: { path: string; stream: Readable } | undefined;
};

/** The services of a client's session. */
export function sessionMethods(files: SessionFiles): Methods {
  return {
    '/grpc.health.v1.Health/Check': call => call.send(wire.HEALTH_RESPONSE.encode({ status: 1 })),
    '/moby.filesync.v1.FileSync/DiffCopy': call => sendFiles(call, files),
    ...(files.destinations.size === 0
      ? {}
      : { '/moby.filesync.v1.FileSend/DiffCopy': (call: Call) => receiveExport(call, files) }),
    '/moby.filesync.v1.Auth/Credentials': call => credentials(call, files),
    '/moby.buildkit.secrets.v1.Secrets/GetSecret': call => secret(call, files),
    ...(files.agents.size === 0 ? {} : agentMethods(files.agents)),
    ...(files.upload === undefined
      ? {}
      : { '/moby.upload.v1.Upload/Pull': (call: Call) => upload(call, files.upload) }),
    ...(files.stores.size === 0 ? {} : contentMethods(files.stores)),
  };
}

function listHeader({ headers }: Call, key: string): string[] {
  const values = [headers[key] ?? []].flat().flatMap(value => value.split(', '));
  return headers[`${key}-encoded`] === undefined ? values : values.map(decodeURIComponent);
}

async function sendFiles(call: Call, { directories }: SessionFiles): Promise<void> {
  const [name = ''] = listHeader(call, 'dir-name');
  const directory = directories.get(name);
  if (directory === undefined) throw new EngineError('not-implemented', `no access allowed to dir "${name}"`);
  await sendDirectory(call, directory, {
    include: listHeader(call, 'include-patterns'),
    exclude: listHeader(call, 'exclude-patterns'),
    follow: listHeader(call, 'followpaths'),
  });
}

async function receiveExport(call: Call, { destinations }: SessionFiles): Promise<void> {
  const index = Number(call.headers['buildkit-attachable-exporter-id'] ?? 0);
  const destination = destinations.get(index);
  if (destination === undefined)
    throw new EngineError('invalid-parameter', `nobody takes the export ${index}`);
  if (destination.kind === 'directory') return receiveDirectory(call, destination.path);
  const stream = destination.kind === 'file' ? createWriteStream(destination.path) : destination.stream;
  for await (const message of call.requests)
    await writeAll(stream, Buffer.from(wire.BYTES.decode(message).data));
  if (destination.kind === 'stream') return;
  stream.end();
  await finished(stream);
}

async function credentials(call: Call, files: SessionFiles): Promise<void> {
  const { host } = wire.CREDENTIALS_REQUEST.decode(await oneRequest(call));
  const { username = '', password = '', identitytoken = '' } = await files.credentials(host);
  const answer = identitytoken === '' ? { username, secret: password } : { secret: identitytoken };
  await call.send(wire.CREDENTIALS_RESPONSE.encode(answer));
}

async function secret(call: Call, files: SessionFiles): Promise<void> {
  const { id } = wire.GET_SECRET_REQUEST.decode(await oneRequest(call));
  const data = files.secret(id);
  // The kind that goes by its name to the other side, where both mean that there is none.
  if (data === undefined) throw new EngineError('not-implemented', `secret ${id} not found`);
  await call.send(wire.GET_SECRET_RESPONSE.encode({ data }));
}

function agentMethods(agents: SessionFiles['agents']): Methods {
  const socketOf = (id: string): string => {
    const path = agents.get(id || 'default');
    if (path === undefined) throw new EngineError('invalid-parameter', `unset ssh forward key ${id}`);
    return path;
  };
  return {
    '/moby.sshforward.v1.SSH/CheckAgent': async call => {
      socketOf(wire.CHECK_AGENT_REQUEST.decode(await oneRequest(call)).id);
      await call.send(wire.NOTHING.encode({}));
    },
    '/moby.sshforward.v1.SSH/ForwardAgent': async call => {
      const socket = connect({ path: socketOf(String(call.headers['buildkit.ssh.id'] ?? '')) });
      const gone = () => socket.destroy();
      call.signal.addEventListener('abort', gone, { once: true });
      const asked = (async () => {
        for await (const message of call.requests)
          await writeAll(socket, Buffer.from(wire.BYTES.decode(message).data));
        socket.end();
      })();
      asked.catch(gone);
      try {
        for await (const data of socket as AsyncIterable<Buffer>)
          await call.send(wire.BYTES.encode({ data }));
      } finally {
        call.signal.removeEventListener('abort', gone);
        socket.destroy();
      }
    },
  };
}

async function upload(call: Call, offered: SessionFiles['upload']): Promise<void> {
  if (offered === undefined || String(call.headers['urlpath']) !== offered.path)
    throw new EngineError('not-found', 'no such upload');
  for await (const data of offered.stream) await call.send(wire.BYTES.encode({ data: data as Buffer }));
}
