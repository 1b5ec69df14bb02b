/** BuildKit's protocol, as buildx and compose speak it: with a client of our own, and with buildx where there is one. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { type ClientBuild, clientBuild } from './fixtures/buildkit-client.ts';
import { DaemonProcess } from './fixtures/daemon-process.ts';

let daemon: DaemonProcess;

before(async () => {
  daemon = await DaemonProcess.startWithBusybox();
});
after(() => daemon.dispose());

const build = (Dockerfile: string, more: Partial<ClientBuild> = {}) =>
  clientBuild(join(daemon.base, 'slipway.sock'), {
    ...more,
    directories: { dockerfile: { Dockerfile }, context: {}, ...more.directories },
  });

type Inspected = {
  Config: { Labels: Record<string, string>; Env: string[] };
  RootFS: { Layers: string[] };
};
const inspect = (name: string) => daemon.api('GET', `/images/${name}/json`) as Promise<Inspected>;

test('a client builds with its own files, arguments and secrets, and sees each step', async () => {
  const Dockerfile = `
FROM busybox AS base
ARG V
COPY --from=other x /x
COPY . /c
RUN --mount=type=secret,id=s cat /run/secrets/s && test ! -e /c/left && cat /x /c/link /c/sub/a && wc -c < /c/sub/big && echo v=$V
FROM base AS unused
RUN exit 1
`;
  const big = Buffer.alloc(6_000_000, 'big');
  const directories = {
    dockerfile: { Dockerfile },
    context: { '.dockerignore': 'left\n', 'sub/': '', 'sub/a': 'from a\n', 'sub/big': big, link: '-> sub/a' },
    'other-files': { x: 'from other\n' },
  };
  const options = {
    target: 'base',
    'build-arg:V': '7',
    'label:l': 'm',
    'context:other': 'local:other-files',
  };
  const exporter = { type: 'moby', attributes: { name: 'docker.io/library/built:1,second' } };
  const given = { directories, options, exporter, secrets: { s: 'secret\n' } };
  const first = await build(Dockerfile, given);
  assert.equal(first.output, 'secret\nfrom other\nfrom a\nfrom a\n6000000\nv=7\n');
  assert.match(first.response['containerimage.config.digest'] ?? '', /^sha256:/);
  assert.deepEqual(
    first.asked.map(({ name, exclude }) => [name, exclude]).sort((a, b) => (String(a) < String(b) ? -1 : 1)),
    [
      ['context', []],
      ['context', ['left']],
      ['dockerfile', []],
      ['other-files', []],
      ['other-files', []],
    ],
  );
  assert.deepEqual((await inspect('built:1')).Config.Labels, { l: 'm' });
  assert.deepEqual((await inspect('second')).RootFS.Layers.length, 4);
  const again = await build(Dockerfile, { ...given, secrets: { s: 'another\n' } });
  // Secrets are no part of what a step is known by.
  assert.equal(again.output, '');
  assert.equal(again.steps.filter(step => step.endsWith(' cached')).length, 3);
  assert.equal(
    again.response['containerimage.config.digest'],
    first.response['containerimage.config.digest'],
  );
});

test('layers that say nothing stay, as BuildKit has them, and triggers are not told of in the history', async () => {
  await build('FROM busybox\nRUN true\nONBUILD RUN x\nCMD ["x"]', {
    exporter: { type: 'moby', attributes: { name: 'empty' } },
  });
  const history = (await daemon.api('GET', '/images/empty/history')) as {
    CreatedBy: string;
    Comment: string;
  }[];
  assert.deepEqual(
    history.slice(0, 2).map(({ CreatedBy, Comment }) => [CreatedBy, Comment]),
    [
      ['CMD ["x"]', 'buildkit.dockerfile.v0'],
      ['RUN /bin/sh -c true # buildkit', 'buildkit.dockerfile.v0'],
    ],
  );
  assert.equal(
    (await inspect('empty')).RootFS.Layers.length,
    (await inspect('busybox')).RootFS.Layers.length + 1,
  );
});

const REFUSED: [string, string, Partial<ClientBuild>, RegExp][] = [
  [
    'a failing command',
    'FROM busybox\nRUN exit 3',
    {},
    /^process "\/bin\/sh -c exit 3" did not complete successfully: exit code: 3$/,
  ],
  [
    'an unknown instruction',
    'FROM busybox\nRUM x',
    {},
    /^dockerfile parse error on line 2: unknown instruction: RUM \(did you mean RUN\?\)$/,
  ],
  ['a missing file', 'FROM busybox\nCOPY missing /', {}, /"\/missing": not found/],
  ['a missing secret', 'FROM busybox\nRUN --mount=type=secret,id=s,required true', {}, /secret s: not found/],
  ['another front end', '# syntax=me/other\nFROM busybox', {}, /front end me\/other/],
  [
    'an exporter that is not there',
    'FROM busybox',
    { exporter: { type: 'floppy', attributes: {} } },
    /exporter "floppy" could not be found/,
  ],
  [
    'estargz',
    'FROM busybox',
    { exporter: { type: 'oci', attributes: { compression: 'estargz' } } },
    /compression=estargz is not supported: gzip and zstd are/,
  ],
  [
    'a file that is not the Dockerfile',
    'FROM busybox',
    { options: { filename: 'Other' } },
    /failed to read dockerfile: open Other/,
  ],
];
for (const [what, Dockerfile, more, message] of REFUSED) {
  test(`a build fails for ${what}, in BuildKit's words`, async () => {
    await assert.rejects(build(Dockerfile, more), { message });
  });
}

test('no name of a client leads out of its context', async () => {
  for (const path of ['../escaped', 'link/escaped']) {
    const context = { link: '-> /tmp', [path]: 'x' };
    const building = build('FROM busybox\nCOPY . /c\nRUN ls -R /c', { directories: { context } });
    if (path.startsWith('..')) await assert.rejects(building, /outside of the archive/);
    else await building.catch(() => undefined);
    // What a thread refuses while the client is waited for is an error of the build, and of nothing else.
    assert.equal(await daemon.text('GET', '/_ping'), 'OK');
    assert.ok(!fs.existsSync('/tmp/escaped'));
    assert.ok(!fs.existsSync(join(daemon.base, 'data/builder/tmp/escaped')));
  }
});

test('a build ends with its client, and leaves nothing', async () => {
  const gone = new AbortController();
  const { promise: begun, resolve } = Promise.withResolvers<void>();
  const building = build('FROM busybox\nRUN echo begun-$((40+2)); exec sleep 98763', {
    signal: gone.signal,
    onOutput: text => {
      if (text.includes('begun-42')) resolve();
    },
  });
  await Promise.race([begun, building]);
  gone.abort();
  await assert.rejects(building);
  const isLeft = () =>
    execFileSync('ps', ['-eo', 'args']).toString().includes('sleep 98763') ||
    fs.readdirSync(join(daemon.base, 'data/builder/tmp')).length > 0;
  while (isLeft()) await new Promise(resolveTurn => setImmediate(resolveTurn));
});

test('what is no HTTP/2, and a session that ends at once, do no harm', async () => {
  for (const path of ['/grpc', '/session']) {
    const socket = connect(join(daemon.base, 'slipway.sock'));
    const head = `POST ${path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n`;
    socket.end(`${head}X-Docker-Expose-Session-Uuid: u\r\n\r\nnonsense`);
    assert.match(await text(socket), /^HTTP\/1\.1 101 /);
  }
  await assert.rejects(daemon.api('POST', '/grpc'), /400 .*no upgrade: h2c/);
  assert.equal(await daemon.text('GET', '/_ping'), 'OK');
});

const hasBuildx = (() => {
  try {
    execFileSync('docker', ['buildx', 'version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

test('docker buildx builds', { skip: !hasBuildx && 'no buildx on this machine' }, async () => {
  const directory = fs.mkdtempSync(join(daemon.base, 'context-'));
  fs.writeFileSync(join(directory, 'Dockerfile'), 'FROM busybox\nCOPY . /c\nRUN cat /c/a; exit 3\n');
  fs.writeFileSync(join(directory, 'a'), 'from a\n');
  const { code, stderr } = await daemon.docker('buildx', 'build', '--progress', 'plain', directory);
  assert.equal(code, 1);
  assert.match(stderr, /from a\n/);
  assert.match(stderr, /Dockerfile:3\n-+\n[^]*>>> RUN cat/);
});
