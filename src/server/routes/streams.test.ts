import assert from 'node:assert/strict';
import { once } from 'node:events';
import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { EngineError } from '../../base/errors.ts';
import type { LogsOptions } from '../../api/types.ts';
import { fakeServer, readToEnd, readUntil } from '../testing/fake-server.ts';

const HEADERS_END = /\r\n\r\n/;

function line(method: string, path: string): string {
  return `${method} ${path} HTTP/1.1\r\nHost: d\r\n\r\n`;
}

test('wait sends its headers once it is registered, and its body when there is one', async context => {
  const status = Promise.withResolvers<{ StatusCode: number }>();
  const seen: unknown[] = [];
  const { connect } = await fakeServer(context, {
    containerWait: async (id, condition) => {
      seen.push(id, condition);
      return { status: status.promise };
    },
  });
  const client = connect();
  client.write(line('POST', '/containers/c/wait?condition=removed'));
  assert.match(await readUntil(client, HEADERS_END), /^HTTP\/1.1 200 OK\r\n[^]*\r\n\r\n$/);
  status.resolve({ StatusCode: 7 });
  assert.match(await readUntil(client, /\}\n/), /\{"StatusCode":7\}\n/);
  assert.deepEqual(seen, ['c', 'removed']);
});

test('wait is told when its client has gone', async context => {
  const gone = Promise.withResolvers<void>();
  const { connect } = await fakeServer(context, {
    containerWait: async (_id, _condition, signal) => {
      signal.addEventListener('abort', () => gone.resolve());
      return { status: new Promise(() => undefined) };
    },
  });
  const client = connect();
  client.write(line('POST', '/containers/c/wait'));
  await readUntil(client, HEADERS_END);
  client.destroy();
  await gone.promise;
});

test('wait for a container that does not exist is an ordinary error', async context => {
  const { ask } = await fakeServer(context, {
    containerWait: () => Promise.reject(new EngineError('not-found', 'No such container: c')),
  });
  assert.equal((await ask('POST /containers/c/wait')).status, 404);
});

test('logs go out as they come, with all their parameters understood', async context => {
  const stream = new PassThrough();
  let options: LogsOptions | undefined;
  const { connect } = await fakeServer(context, {
    containerLogs: async (_id, given) => {
      options = given;
      given.signal.addEventListener('abort', () => stream.end());
      return { stream, multiplexed: true };
    },
  });
  const client = connect();
  client.write(
    line('GET', '/containers/c/logs?follow=1&stdout=1&timestamps=1&details=1&tail=5&since=1.5&until=0'),
  );
  assert.match(
    await readUntil(client, HEADERS_END),
    /Content-Type: application\/vnd.docker.multiplexed-stream/,
  );
  stream.write('one');
  assert.match(await readUntil(client, /one/), /^3\r\none/);
  const { signal: _signal, ...rest } = options as LogsOptions;
  assert.deepEqual(rest, {
    follow: true,
    stdout: true,
    stderr: false,
    timestamps: true,
    details: true,
    tail: 5,
    sinceNs: 1_500_000_000n,
    untilNs: undefined,
  });
  const closed = once(stream, 'close');
  client.destroy();
  await closed;
});

test('a tail that is not a number means all lines', async context => {
  const tails: (number | undefined)[] = [];
  const { ask } = await fakeServer(context, {
    containerLogs: async (_id, { tail }) => {
      tails.push(tail);
      return { stream: Readable.from([]), multiplexed: false };
    },
  });
  for (const tail of ['all', '', '-1', 'x', '0', '10'])
    await ask(`GET /containers/c/logs?stderr=1&tail=${tail}`);
  assert.deepEqual(tails, [undefined, undefined, undefined, undefined, 0, 10]);
});

test('a stream that fails half-way ends the connection without its last chunk', async context => {
  const { connect, logged } = await fakeServer(context, {
    imageSave: async () =>
      Readable.from(
        (async function* () {
          yield 'part';
          await new Promise(setImmediate);
          throw new EngineError('data-loss', 'blob is broken');
        })(),
      ),
  });
  const client = connect();
  client.on('error', () => undefined);
  client.write(line('GET', '/images/get?names=a&names=b'));
  const answer = await readToEnd(client);
  assert.match(answer, /200 OK[^]*part\r\n$/);
  assert.deepEqual(logged.length, 1);
});

test('events come a line each, headers at once, until the client has gone', async context => {
  const next = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<void>();
  const { connect } = await fakeServer(context, {
    async *events({ signal, filters, sinceNs, untilNs }) {
      assert.deepEqual([filters.get('type'), sinceNs, untilNs], [['container'], 0n, undefined]);
      await next.promise;
      const event = { Type: 'container', Action: 'start', Actor: { ID: 'c', Attributes: {} } } as const;
      yield { ...event, scope: 'local', time: 1, timeNano: 1 };
      await once(signal, 'abort');
      ended.resolve();
    },
  });
  const client = connect();
  client.write(line('GET', '/events?since=0&filters=%7B%22type%22%3A%5B%22container%22%5D%7D'));
  await readUntil(client, HEADERS_END);
  next.resolve();
  assert.match(await readUntil(client, /\n\r\n/), /"timeNano":1\}\n/);
  client.end();
  await ended.promise;
});

test('stats are a stream of lines, or one object', async context => {
  const { ask } = await fakeServer(context, {
    async *containerStats(id, { stream, oneShot }) {
      if (id === 'nope') throw new EngineError('not-found', 'No such container: nope');
      yield { stream, oneShot };
      yield { second: true };
    },
  });
  const streamed = await ask('GET /containers/c/stats');
  assert.equal(streamed.text, '{"stream":true,"oneShot":false}\n{"second":true}\n');
  const single = await ask('GET /containers/c/stats?stream=0&one-shot=1');
  assert.equal(single.text, '{"stream":false,"oneShot":true}\n');
  assert.equal((await ask('GET /containers/nope/stats')).status, 404);
});

test('an export that cannot begin is an ordinary error, and one that can is sent as it is', async context => {
  const { ask } = await fakeServer(context, {
    containerExport: async id => {
      if (id === 'c') return Readable.from([Buffer.from('tar')]);
      throw new EngineError('not-found', `No such container: ${id}`);
    },
  });
  const sent = await ask('GET /containers/c/export');
  assert.deepEqual(
    [sent.status, sent.headers['content-type'], sent.text],
    [200, 'application/octet-stream', 'tar'],
  );
  assert.equal((await ask('GET /containers/x/export')).status, 404);
});

test('images are saved by name or by list', async context => {
  const { ask } = await fakeServer(context, {
    imageSave: async references => Readable.from([references.join(' ')]),
  });
  assert.equal((await ask('GET /images/get?names=a&names=b:1')).text, 'a b:1');
  const one = await ask('GET /images/host/a:b/get');
  assert.deepEqual([one.text, one.headers['content-type']], ['host/a:b', 'application/x-tar']);
});

test('load passes the archive on, and its progress back, or only the names when quiet', async context => {
  const { ask } = await fakeServer(context, {
    imageLoad: async (archive, { progress }) => {
      progress({ status: 'Loading layer', progressDetail: { current: 1, total: 2 } });
      progress({ stream: `Loaded image: ${await text(archive)}\n` });
    },
  });
  const loud = await ask('POST /images/load?quiet=0', { body: 'a' });
  assert.equal(
    loud.text,
    '{"status":"Loading layer","progressDetail":{"current":1,"total":2}}\n{"stream":"Loaded image: a\\n"}\n',
  );
  assert.equal(loud.headers['content-type'], 'application/json');
  const quiet = await ask('POST /images/load', { body: 'b' });
  assert.equal(quiet.text, '{"stream":"Loaded image: b\\n"}\n');
});

test('an error of load is a line, whenever it comes', async context => {
  const { ask } = await fakeServer(context, {
    imageLoad: async () => {
      throw new EngineError('invalid-parameter', 'unexpected EOF');
    },
  });
  const failed = await ask('POST /images/load', { body: 'a' });
  assert.equal(failed.status, 200);
  assert.equal(failed.text, '{"errorDetail":{"message":"unexpected EOF"},"error":"unexpected EOF"}\n');
});

test('an image is imported from an address', async context => {
  const { ask } = await fakeServer(context, {
    imageImportFrom: async (address, options, progress) => {
      progress({ status: `${address} ${JSON.stringify(options)}` });
      return 'sha256:1';
    },
  });
  const query = 'fromSrc=host/root.tar&repo=r&tag=t&changes=USER+a&message=m';
  const options = { repository: 'r', tag: 't', message: 'm', changes: ['USER a'] };
  assert.deepEqual(
    (await ask(`POST /images/create?${query}`)).text
      .trim()
      .split('\n')
      .map(line => JSON.parse(line)),
    [{ status: `host/root.tar ${JSON.stringify(options)}` }, { status: 'sha256:1' }],
  );
});

test('the platform is a JSON object', async context => {
  const { ask } = await fakeServer(context, {
    imageSave: async (_references, platform) => Readable.from([JSON.stringify(platform)]),
  });
  const path = 'GET /images/a/get?platform=';
  const platform = { os: 'linux', architecture: 'arm64', variant: 'v8' };
  assert.deepEqual(JSON.parse((await ask(path + JSON.stringify(platform))).text), platform);
  const { status, text: bad } = await ask(`${path}bad`);
  assert.equal(status, 400);
  assert.match(bad, /failed to parse platform: invalid character 'b' looking for beginning of value/);
  assert.match((await ask(`${path}{"os":"linux"}`)).text, /both OS and Architecture must be provided/);
});

test('an error before any progress has its status, and one after it is a line', async context => {
  const { ask } = await fakeServer(context, {
    imagePull: async ({ image, tag, platform, auth }, progress) => {
      if (image === 'none') throw new EngineError('not-found', 'pull access denied for none');
      progress({ status: `Pulling ${image} ${tag} ${platform} ${auth.username}` });
      throw new EngineError('unavailable', 'the registry has gone');
    },
  });
  assert.equal((await ask('POST /images/create?fromImage=none&tag=latest')).status, 404);
  const late = await ask('POST /images/create?fromImage=a/b&tag=sha256:1&platform=linux/arm64', {
    headers: { 'X-Registry-Auth': Buffer.from('{"username":"me"}').toString('base64url') },
  });
  assert.equal(late.status, 200);
  assert.equal(
    late.text,
    '{"status":"Pulling a/b sha256:1 linux/arm64 me"}\n' +
      '{"errorDetail":{"message":"the registry has gone"},"error":"the registry has gone"}\n',
  );
});

test('import takes the body with its options, and answers with the id', async context => {
  const { ask } = await fakeServer(context, {
    imageImport: async (archive, options) => {
      assert.deepEqual(options, {
        repository: 'r',
        tag: 't',
        message: 'm',
        changes: ['CMD a', 'ENV b=c'],
        platform: undefined,
      });
      return `sha256:${await text(archive)}`;
    },
  });
  const path = '/images/create?fromSrc=-&repo=r&tag=t&message=m&changes=CMD%20a&changes=ENV%20b%3Dc';
  assert.equal((await ask(`POST ${path}`, { body: 'x' })).text, '{"status":"sha256:x"}\n');
});

test('bootstrap reports its progress and the id', async context => {
  const { ask } = await fakeServer(context, {
    imageBootstrap: async (what, progress) => {
      progress({ status: `Making ${what}` });
      return 'sha256:1';
    },
  });
  assert.equal(
    (await ask('POST /slipway/images/bootstrap?what=busybox')).text,
    '{"status":"Making busybox"}\n{"aux":{"ID":"sha256:1"}}\n',
  );
  assert.equal((await ask('POST /slipway/images/bootstrap')).status, 400);
});
