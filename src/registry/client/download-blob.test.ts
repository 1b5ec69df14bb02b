import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { digestOf } from '../../base/digest.ts';
import { until } from '../../base/testing/until.ts';
import { FakeRegistry, sendRegistryError } from '../testing/fake-registry.ts';
import { openRepository } from '../testing/open-repository.ts';
import { downloadBlob, fetchSmallBlob } from './download-blob.ts';

const DATA = randomBytes(200_000);
const DESCRIPTOR = { digest: digestOf(DATA), size: DATA.length };

class Sink {
  readonly chunks: Buffer[] = [];
  receivedBytes = 0;

  constructor(start = Buffer.alloc(0)) {
    this.write(start);
  }

  write(chunk: Buffer): void {
    this.chunks.push(Buffer.from(chunk));
    this.receivedBytes += chunk.length;
  }

  get data(): Buffer {
    return Buffer.concat(this.chunks);
  }
}

/** The blob's requests are answered by the given ones, one after the other, and then as they should be. */
async function registryThat(
  t: TestContext,
  ...answers: ((request: IncomingMessage, response: ServerResponse) => void)[]
): Promise<FakeRegistry> {
  const registry = await FakeRegistry.start(t);
  registry.addBlob(DATA);
  registry.intercept = (request, response) => {
    const answer = request.url?.includes('/blobs/') ? answers.shift() : undefined;
    answer?.(request, response);
    return answer !== undefined;
  };
  return registry;
}

function breakAfter(bytes: number) {
  return (_request: IncomingMessage, response: ServerResponse) => {
    response.writeHead(200, { 'Content-Length': DATA.length, ETag: '"one"' });
    response.write(DATA.subarray(0, bytes), () => response.destroy());
  };
}

const ranges = (registry: FakeRegistry) =>
  registry.seen
    .filter(({ url }) => url.includes('/blobs/'))
    .map(({ headers }) => [headers.range, headers['if-range']?.toString()]);

test('a connection that breaks is taken up where it broke', async t => {
  const registry = await registryThat(t, breakAfter(50_000));
  const reasons: string[] = [];
  const sink = new Sink();
  const repository = await openRepository(t, `${registry.host}/a`);
  await downloadBlob(repository, DESCRIPTOR, sink, async (_waitMs, reason) => void reasons.push(reason));
  assert.ok(sink.data.equals(DATA));
  const [first, second] = ranges(registry);
  assert.deepEqual(first, [undefined, undefined]);
  assert.match(second?.[0] ?? '', /^bytes=[1-9]\d*-$/);
  assert.equal(second?.[1], '"one"');
  assert.equal(reasons.length, 1);
});

test('where the token has ended by then, a new one is fetched, and what has come is not sent again', async t => {
  const registry = await registryThat(t);
  let issued = 0;
  registry.intercept = (request, response) => {
    if (request.url?.startsWith('/token')) {
      response.end(JSON.stringify({ token: `t${++issued}`, expires_in: 3600 }));
      return true;
    }
    // Once it has a part of the blob, the first token counts no more.
    const isGood = issued > 0 && request.headers.authorization === `Bearer t${issued}`;
    if (isGood && issued === 1 && request.headers.range === undefined) breakAfter(50_000)(request, response);
    else if (isGood && issued === 2) return false;
    else {
      response.setHeader('WWW-Authenticate', `Bearer realm="http://${registry.host}/token",service="s"`);
      sendRegistryError(response, 401, 'UNAUTHORIZED', 'authentication required');
    }
    return true;
  };
  const sink = new Sink();
  await downloadBlob(await openRepository(t, `${registry.host}/a`), DESCRIPTOR, sink);
  assert.ok(sink.data.equals(DATA));
  assert.equal(issued, 2);
  assert.match(ranges(registry).at(-1)?.[0] ?? '', /^bytes=[1-9]\d*-$/);
});

test('what is there already is not asked for again', async t => {
  const registry = await registryThat(t);
  const sink = new Sink(DATA.subarray(0, 1000));
  await downloadBlob(await openRepository(t, `${registry.host}/a`), DESCRIPTOR, sink);
  assert.ok(sink.data.equals(DATA));
  assert.equal(ranges(registry)[0]?.[0], 'bytes=1000-');
  const whole = new Sink(DATA);
  await downloadBlob(await openRepository(t, `${registry.host}/a`), DESCRIPTOR, whole);
  assert.equal(ranges(registry).length, 1);
});

const UNHELPFUL: [string, (request: IncomingMessage, response: ServerResponse) => void][] = [
  ['that ignores ranges', (_request, response) => void response.writeHead(200).end(DATA)],
  [
    'that refuses ranges',
    (_request, response) => void response.writeHead(416, { 'Content-Range': `bytes */${DATA.length}` }).end(),
  ],
  [
    'whose range begins elsewhere',
    (_request, response) => {
      response.writeHead(206, { 'Content-Range': `bytes 0-${DATA.length - 1}/${DATA.length}` }).end(DATA);
    },
  ],
  ['whose range is of nothing', (_request, response) => void response.writeHead(206).end(DATA)],
];

for (const [what, answer] of UNHELPFUL)
  test(`a registry ${what} gives the whole, of which the known part is skipped`, async t => {
    const registry = await registryThat(t, answer);
    const sink = new Sink(DATA.subarray(0, 1000));
    await downloadBlob(await openRepository(t, `${registry.host}/a`), DESCRIPTOR, sink);
    assert.ok(sink.data.equals(DATA));
  });

test('a blob of another size is refused: announced, too long, or too short again and again', async t => {
  const cases: [(request: IncomingMessage, response: ServerResponse) => void, RegExp][] = [
    [
      (_request, response) => void response.writeHead(200, { 'Content-Length': 5 }).end('short'),
      /has 5 bytes of it/,
    ],
    [
      (_request, response) => {
        response.write(DATA);
        response.end('!');
      },
      /sends more than the 200000 bytes/,
    ],
  ];
  for (const [answer, message] of cases) {
    const registry = await registryThat(t, answer);
    const sink = new Sink();
    const download = downloadBlob(await openRepository(t, `${registry.host}/a`), DESCRIPTOR, sink);
    await assert.rejects(download, { kind: 'data-loss', message });
    assert.ok(sink.receivedBytes <= DATA.length);
    assert.equal(ranges(registry).length, 1);
  }
  const registry = await registryThat(t);
  registry.intercept = (request, response) => {
    if (!request.url?.includes('/blobs/')) return false;
    response.write(request.headers.range === undefined ? DATA.subarray(0, 1000) : '');
    response.end();
    return true;
  };
  const repository = await openRepository(t, `${registry.host}/a`, { patience: { attempts: 3 } });
  await assert.rejects(downloadBlob(repository, DESCRIPTOR, new Sink()), /unexpected EOF/);
});

test('a transfer that stalls is broken off, and taken up', async t => {
  const registry = await registryThat(t, (_request, response) => {
    response.writeHead(200, { 'Content-Length': DATA.length });
    response.write(DATA.subarray(0, 10));
  });
  const sink = new Sink();
  const repository = await openRepository(t, `${registry.host}/a`, { patience: { bodyMs: 50 } });
  await downloadBlob(repository, DESCRIPTOR, sink);
  assert.ok(sink.data.equals(DATA));
});

test('attempts are counted as long as nothing comes', async t => {
  const registry = await registryThat(t, ...Array.from({ length: 50 }, () => breakAfter(0)));
  const repository = await openRepository(t, `${registry.host}/a`, { patience: { attempts: 3 } });
  await assert.rejects(downloadBlob(repository, DESCRIPTOR, new Sink()), { name: 'RegistryError' });
  assert.equal(ranges(registry).length, 3);
});

test('a registry that is busy is asked again, after the time that it asks for', async t => {
  const busy = (_request: IncomingMessage, response: ServerResponse) => {
    response.setHeader('Retry-After', '0');
    sendRegistryError(response, 429, 'TOOMANYREQUESTS', 'slow down');
  };
  const registry = await registryThat(t, busy, busy);
  const sink = new Sink();
  await downloadBlob(await openRepository(t, `${registry.host}/a`), DESCRIPTOR, sink);
  assert.ok(sink.data.equals(DATA));
  const always = await registryThat(t, ...Array.from({ length: 50 }, () => busy));
  const repository = await openRepository(t, `${always.host}/a`, { patience: { attempts: 2 } });
  await assert.rejects(downloadBlob(repository, DESCRIPTOR, new Sink()), {
    kind: 'resource-exhausted',
    message: 'toomanyrequests: slow down',
  });
});

test('proofs stay with the registry when it redirects to another host', async t => {
  const storage = await FakeRegistry.start(t);
  storage.intercept = (_request, response) => {
    response.end(DATA);
    return true;
  };
  const registry = await registryThat(t);
  registry.password = 'me:secret';
  registry.intercept = (request, response) => {
    if (!request.url?.includes('/blobs/') || request.headers.authorization === undefined) return false;
    response.writeHead(307, { Location: `http://${storage.host}/signed?secret=1` }).end();
    return true;
  };
  const credentials = { kind: 'password', username: 'me', password: 'secret' } as const;
  const sink = new Sink();
  await downloadBlob(await openRepository(t, `${registry.host}/a`, { credentials }), DESCRIPTOR, sink);
  assert.ok(sink.data.equals(DATA));
  assert.deepEqual(
    storage.seen.map(({ url, headers }) => [url, headers.authorization]),
    [['/signed?secret=1', undefined]],
  );
});

test('redirections in a circle, and to what is no address, end', async t => {
  const cases: [string, RegExp][] = [
    ['/v2/a/blobs/circle', /stopped after 10 redirects/],
    ['ftp://elsewhere/x', /redirects to an address that is none/],
    ['file:///etc/passwd', /redirects to an address that is none/],
  ];
  for (const [location, message] of cases) {
    const registry = await registryThat(t);
    registry.intercept = (_request, response) => {
      response.writeHead(307, { Location: location }).end();
      return true;
    };
    const download = downloadBlob(await openRepository(t, `${registry.host}/a`), DESCRIPTOR, new Sink());
    await assert.rejects(download, { message });
  }
});

test('an aborted transfer ends at once, as cancelled', async t => {
  const controller = new AbortController();
  const registry = await registryThat(t, (_request, response) => {
    response.write(DATA.subarray(0, 10));
    controller.abort();
  });
  const repository = await openRepository(t, `${registry.host}/a`, { signal: controller.signal });
  await assert.rejects(downloadBlob(repository, DESCRIPTOR, new Sink()), { kind: 'cancelled' });
});

test('what a sink throws is the reason, and no try is repeated for it', async t => {
  const registry = await registryThat(t);
  const full = Object.assign(new Error('disk full'), { code: 'ENOSPC' });
  const sink = {
    receivedBytes: 0,
    write() {
      throw full;
    },
  };
  const download = downloadBlob(await openRepository(t, `${registry.host}/a`), DESCRIPTOR, sink);
  await assert.rejects(download, error => error === full);
  assert.equal(ranges(registry).length, 1);
});

test('a small blob is verified, and no larger than it may be', async t => {
  const registry = await FakeRegistry.start(t);
  const repository = await openRepository(t, `${registry.host}/a`);
  registry.blobs.set(DESCRIPTOR.digest, Buffer.alloc(DATA.length));
  await assert.rejects(fetchSmallBlob(repository, DESCRIPTOR, 1e6), {
    kind: 'data-loss',
    message: /verification failed/,
  });
  registry.addBlob(DATA);
  assert.ok((await fetchSmallBlob(repository, DESCRIPTOR, 1e6)).equals(DATA));
  await assert.rejects(fetchSmallBlob(repository, DESCRIPTOR, 1e5), { kind: 'invalid-parameter' });
});

const SEGMENTS = { ranges: { count: 3, segmentBytes: 30_000 } };

test('of a large blob several ranges come at once, and are taken in their order', async t => {
  let [underWay, most] = [0, 0];
  const registry = await registryThat(t);
  registry.intercept = async (request, response) => {
    if (request.headers.range === undefined) return false;
    most = Math.max(most, ++underWay);
    response.on('close', () => underWay--);
    // The first one comes last.
    if (request.headers.range.startsWith('bytes=30000-'))
      await until(() => registry.count('GET', '/blobs/') > 3);
    return false;
  };
  const sink = new Sink();
  await downloadBlob(await openRepository(t, `${registry.host}/a`, SEGMENTS), DESCRIPTOR, sink);
  assert.ok(sink.data.equals(DATA));
  assert.deepEqual(ranges(registry)[0], ['bytes=0-29999', undefined]);
  assert.deepEqual(ranges(registry).at(-1), ['bytes=180000-', `"${DESCRIPTOR.digest}"`]);
  assert.equal(ranges(registry).length, 7);
  assert.ok(most > 1 && most <= 3, `${most} at once`);
});

test('a registry without ranges is not asked twice, and one that fails with several gives the rest in one', async t => {
  const whole = await registryThat(t, (_request, response) => void response.end(DATA));
  const sink = new Sink();
  await downloadBlob(await openRepository(t, `${whole.host}/a`, SEGMENTS), DESCRIPTOR, sink);
  assert.ok(sink.data.equals(DATA));
  assert.equal(ranges(whole).length, 1);
  const failing = await registryThat(t);
  failing.intercept = (request, response) => {
    if (!/^bytes=60000-./.test(request.headers.range ?? '') || request.headers.range === 'bytes=60000-')
      return false;
    response.writeHead(206, {
      'Content-Range': `bytes 60000-89999/${DATA.length}`,
      'Content-Length': 30_000,
    });
    response.write(DATA.subarray(60_000, 70_000), () => response.destroy());
    return true;
  };
  const rest = new Sink();
  await downloadBlob(await openRepository(t, `${failing.host}/a`, SEGMENTS), DESCRIPTOR, rest);
  assert.ok(rest.data.equals(DATA));
  assert.match(ranges(failing).at(-1)?.[0] ?? '', /^bytes=\d+-$/);
});

test('a segment that is another one, or longer than it says, never gets into the sink', async t => {
  const registry = await registryThat(t);
  registry.intercept = (request, response) => {
    if (request.headers.range === undefined) return false;
    const [, begin] = /^bytes=(\d+)-/.exec(request.headers.range) ?? [];
    if (begin === '0') return false;
    response
      .writeHead(206, { 'Content-Range': `bytes 0-29999/${DATA.length}` })
      .end(DATA.subarray(0, 30_000));
    return true;
  };
  const sink = new Sink();
  await downloadBlob(await openRepository(t, `${registry.host}/a`, SEGMENTS), DESCRIPTOR, sink);
  assert.ok(sink.data.equals(DATA));
});

test('the next bytes come when the sink has taken those before', async t => {
  let isBusy = false;
  const sink = {
    receivedBytes: 0,
    async write(chunk: Uint8Array) {
      assert.equal(isBusy, false);
      isBusy = true;
      await new Promise(resolve => setImmediate(resolve));
      this.receivedBytes += chunk.length;
      isBusy = false;
    },
  };
  const registry = await registryThat(t);
  await downloadBlob(await openRepository(t, `${registry.host}/a`), DESCRIPTOR, sink);
  assert.equal(sink.receivedBytes, DATA.length);
});
