/** `docker build` without BuildKit, over the API and with the real CLI. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import Docker from 'dockerode';
import { gzipSync } from 'node:zlib';
import { build, type BuildResult, startBuild } from './fixtures/builds.ts';
import { noDocker } from './fixtures/docker-client.ts';
import { DaemonProcess } from './fixtures/daemon-process.ts';
import { type Files, tarOf } from './fixtures/image-archives.ts';

let daemon: DaemonProcess;

before(async () => {
  daemon = await DaemonProcess.startWithBusybox();
});
after(() => daemon.dispose());

async function built(context: Files, query = ''): Promise<BuildResult> {
  const result = await build(daemon, context, query);
  assert.equal(result.error, '', result.output);
  assert.match(result.id, /^sha256:/);
  return result;
}

/** What a command prints in a container of an image. */
async function out(image: string, ...command: string[]): Promise<string> {
  const { code, stdout, stderr } = await daemon.slipway('run', '--rm', '--net', 'none', image, ...command);
  assert.equal(code, 0, stderr);
  return stdout.trim();
}

type Inspected = {
  Id: string;
  Created: string;
  RepoTags: string[];
  RootFS: { Layers: string[] };
  Config: Record<string, unknown>;
};
const inspect = (name: string) => daemon.api('GET', `/images/${name}/json`) as Promise<Inspected>;

/** The entries of an image's topmost layer: type and mode, owner, name. */
async function topLayer(image: string): Promise<string[]> {
  const directory = fs.mkdtempSync(join(daemon.base, 'saved-'));
  const { code, stderr } = await daemon.slipway('save', '-o', join(directory, 'image.tar'), image);
  assert.equal(code, 0, stderr);
  execFileSync('tar', ['-xf', 'image.tar'], { cwd: directory });
  const [manifest] = JSON.parse(fs.readFileSync(join(directory, 'manifest.json'), 'utf8')) as [
    { Layers: string[] },
  ];
  const listed = execFileSync('tar', ['-tvf', manifest.Layers.at(-1) as string, '--numeric-owner'], {
    cwd: directory,
  });
  return listed
    .toString()
    .split('\n')
    .filter(Boolean)
    .map(line => line.replace(/^(\S+)\s+(\S+)\s+\S+ \S+ \S+ (.*)$/, '$1 $2 $3'));
}

/** Its first entry is whole. */
const BROKEN_ARCHIVE = gzipSync(tarOf({ a: randomBytes(100_000) })).subarray(0, 20_000);

describe('a build', () => {
  test('of several stages gives an image with what its instructions say', async () => {
    const Dockerfile = `
ARG BASE=busybox
FROM \${BASE} AS first
RUN echo built > /built
FROM scratch AS unused
COPY missing /
FROM $BASE
ARG X=1
ENV PATH=$PATH:/x A="b c"
WORKDIR /app/dir
COPY . .
COPY --from=first --chown=3:4 --chmod=u=rw,go= /built b
LABEL l=$X
EXPOSE 80 81/udp
VOLUME /data
USER 5:6
STOPSIGNAL SIGINT
HEALTHCHECK --interval=3s CMD true
ONBUILD RUN false
ENTRYPOINT ["cat"]
CMD ["b"]
`;
    const query = 't=box:1&t=other&buildargs={"X":"2"}';
    const { id, output } = await built({ Dockerfile, 'sub/a': 'a', link: { link: 'sub/a' } }, query);
    assert.match(output, /Step 2\/18 : FROM \$\{BASE\} AS first\n ---> [0-9a-f]{12}\n/);
    assert.match(
      output,
      /Successfully built [0-9a-f]{12}\nSuccessfully tagged box:1\nSuccessfully tagged other:latest\n$/,
    );
    assert.doesNotMatch(output, /missing/);
    const { Id, Config, RootFS } = await inspect('box:1');
    assert.equal(Id, id);
    assert.equal(RootFS.Layers.length, (await inspect('busybox')).RootFS.Layers.length + 3);
    assert.deepEqual(Config, {
      ...Config,
      Cmd: ['b'],
      Entrypoint: ['cat'],
      Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/x', 'A=b c'],
      ExposedPorts: { '80/tcp': {}, '81/udp': {} },
      Healthcheck: { Test: ['CMD-SHELL', 'true'], Interval: 3e9 },
      Labels: { l: '2' },
      OnBuild: ['RUN false'],
      StopSignal: 'SIGINT',
      User: '5:6',
      Volumes: { '/data': {} },
      WorkingDir: '/app/dir',
    });
    assert.deepEqual(await topLayer('box:1'), [
      'drwxr-xr-x 0/0 app/',
      'drwxr-xr-x 0/0 app/dir/',
      '-rw------- 3/4 app/dir/b',
    ]);
  });

  test('from the cache has the same id, and content counts, not times', async () => {
    const Dockerfile = 'FROM busybox\nCOPY a /a\nRUN date +%N > /now; cat /a\n';
    const first = await built({ Dockerfile, a: '1' });
    const again = await built({ Dockerfile, a: '1' });
    assert.equal(again.id, first.id);
    assert.equal(again.output.match(/ ---> Using cache/g)?.length, 2);
    // The archives' times are the same.
    const other = await built({ Dockerfile, a: '2' });
    assert.match(other.output, /\n2\n? ---> /);
    assert.notEqual((await built({ Dockerfile, a: '1' }, 'nocache=1')).id, first.id);
  });

  test('tells of defaults of arguments in its history, and of arguments that nobody takes', async () => {
    const query = `t=args&buildargs=${encodeURIComponent(JSON.stringify({ A: 'given', B: 'x', HTTP_PROXY: 'p' }))}`;
    const { output } = await build(daemon, { Dockerfile: 'FROM busybox\nARG A=default' }, query);
    assert.match(output, /\n\[Warning\] One or more build-args \[B\] were not consumed\nSuccessfully built/);
    const history = (await daemon.api('GET', '/images/args/history')) as { CreatedBy: string }[];
    assert.equal(history[0]?.CreatedBy, '/bin/sh -c #(nop)  ARG A=default');
  });

  test('knows RUN by the arguments in scope, and by those alone', async () => {
    const Dockerfile = 'FROM busybox\nRUN echo early\nARG V\nRUN echo v=$V\n';
    await built({ Dockerfile }, 'buildargs={"V":"1"}');
    const { output } = await built({ Dockerfile }, 'buildargs={"V":"2"}');
    assert.match(output, /RUN echo early\n ---> Using cache/);
    assert.match(output, /v=2/);
  });

  test('fails with the exit code of a command, and shows where', async () => {
    const Dockerfile = 'FROM busybox\nRUN true\nRUN echo why; exit 3\nRUN true\n';
    const { error, code, output, status } = await build(daemon, { Dockerfile });
    assert.equal(status, 200);
    assert.equal(code, 3);
    assert.match(
      error,
      /^The command '\/bin\/sh -c echo why; exit 3' returned a non-zero code: 3\nDockerfile:3\n/,
    );
    assert.match(error, / {3}3 \| >>> RUN echo why; exit 3\n/);
    assert.match(output, /why\n$/);
  });

  const REFUSED: [string, Files, string, RegExp, number][] = [
    ['an empty Dockerfile', { Dockerfile: '' }, '', /^the Dockerfile \(Dockerfile\) cannot be empty/, 400],
    ['no Dockerfile', { a: '' }, '', /^Cannot locate specified Dockerfile: Dockerfile/, 400],
    ['another one', { Dockerfile: 'FROM x' }, 'dockerfile=D', /^Cannot locate specified Dockerfile: D/, 400],
    [
      'an unknown instruction',
      { Dockerfile: 'FROM busybox\nRUM x' },
      '',
      /line 2: unknown instruction: RUM \(did you mean RUN\?\)[^]*>>> RUM x/,
      400,
    ],
    [
      'an unknown target',
      { Dockerfile: 'FROM busybox AS a' },
      'target=b',
      /target stage "b" could not be found/,
      400,
    ],
    [
      'a later stage',
      { Dockerfile: 'FROM busybox AS a\nCOPY --from=b / /\nFROM a AS b' },
      '',
      /cannot copy from stage "b", it needs to be defined before current stage "a"/,
      400,
    ],
    ['a bad name', { Dockerfile: 'FROM busybox' }, 't=A:b', /invalid reference format/, 400],
    [
      'an empty base',
      { Dockerfile: 'FROM busybox\nARG X=busybox\nFROM $X' },
      '',
      /base name \(\$X\) should not be blank: ARG X is declared inside/,
      400,
    ],
    [
      'squash',
      { Dockerfile: 'FROM busybox' },
      'squash=1',
      /squash is only supported with experimental mode/,
      400,
    ],
    ['an empty image', { Dockerfile: 'FROM scratch' }, '', /^No image was generated/, 200],
    ['an empty command', { Dockerfile: 'FROM busybox\nRUN []' }, '', /^no command specified/, 200],
    ['arguments that are none', { Dockerfile: 'FROM busybox' }, 'buildargs=[1]', /buildargs/, 400],
    ['another front end', { Dockerfile: '# syntax=me/other\nFROM busybox' }, '', /front end me\/other/, 501],
  ];
  for (const [what, context, query, message, expected] of REFUSED) {
    test(`is refused for ${what}`, async () => {
      const { status, error } = await build(daemon, context, query);
      assert.match(error, message);
      assert.equal(status, expected);
    });
  }

  const FAILING: [string, Files, RegExp][] = [
    [
      'what is not there',
      { Dockerfile: 'FROM busybox\nCOPY nothing /' },
      /"\/nothing": not found: .*: stat nothing: file does not exist\nDockerfile:2/,
    ],
    [
      'what a link says outside',
      { Dockerfile: 'FROM busybox\nCOPY l /', l: { link: '/etc/shadow' } },
      /"\/l": not found/,
    ],
    ["the context's parent", { Dockerfile: 'FROM busybox\nCOPY ../../etc/shadow /' }, /not found/],
    [
      'several files to a file',
      { Dockerfile: 'FROM busybox\nCOPY a b /c', a: '', b: '' },
      /the destination must be a directory and end with a \//,
    ],
    [
      'matches to a file',
      { Dockerfile: 'FROM busybox\nCOPY * /c', a: '', b: '' },
      /the destination must be a directory/,
    ],
    [
      'a directory over a file',
      { Dockerfile: 'FROM busybox\nRUN touch /file\nCOPY d /file', 'd/x': '' },
      /cannot copy to non-directory: \/file/,
    ],
    [
      'a broken archive',
      { Dockerfile: 'FROM busybox\nADD a.tar.gz /', 'a.tar.gz': BROKEN_ARCHIVE },
      /failed to unpack a.tar.gz/,
    ],
    ['with a bad mode', { Dockerfile: 'FROM busybox\nCOPY --chmod=9 a /', a: '' }, /invalid chmod parameter/],
    [
      'for an unknown user',
      { Dockerfile: 'FROM busybox\nCOPY --chown=nobodyhere a /', a: '' },
      /unable to find user nobodyhere/,
    ],
    ['a repository', { Dockerfile: 'FROM busybox\nADD git://127.0.0.1:1/x.git /' }, /git fetch git:/],
  ];
  for (const [what, context, message] of FAILING) {
    test(`does not copy ${what}`, async () => {
      const { error, id } = await build(daemon, context);
      assert.match(error, message);
      assert.equal(id, '');
    });
  }

  test('copies as BuildKit does', async () => {
    const Dockerfile = `
FROM busybox AS base
RUN mkdir /real && ln -s real /linked
FROM base
COPY d /new/deep
COPY d/ /linked
COPY nothing* /empty/
COPY --exclude=*.md --exclude=sub d /excluded/
COPY --parents d/sub/./c /parents/
ADD a.tar.gz /added/
ADD --unpack=false a.tar.gz /kept/
ADD dump.gz short.xz /dumps/
COPY --chmod=u=rwX,go=rX d/link d/x.md /modes/
COPY --link d/x.md /linked2/y
COPY <<"A" <<-B /heredocs/
$HOME "it's"
A
	b
	B
RUN cd / && find dumps new real excluded parents added kept modes heredocs linked2 | sort && cat heredocs/A heredocs/B && readlink /new/deep/link
`;
    const { output } = await built({
      Dockerfile,
      'd/x.md': 'x',
      'd/sub/c': 'c',
      'd/link': { link: 'x.md' },
      'a.tar.gz': gzipSync(tarOf({ 'in/archive': 'x' })),
      // They are compressed, but no archives.
      'dump.gz': gzipSync('insert into a values (1);\n'.repeat(100)),
      'short.xz': Buffer.from('fd377a585a0000', 'hex'),
    });
    const listed = output.slice(
      output.lastIndexOf('readlink /new/deep/link\n') + 24,
      output.lastIndexOf(' ---> '),
    );
    const expected = `added added/in added/in/archive dumps dumps/dump.gz dumps/short.xz excluded excluded/link heredocs heredocs/A heredocs/B kept kept/a.tar.gz
      linked2 linked2/y modes modes/link modes/x.md new new/deep new/deep/link new/deep/sub new/deep/sub/c new/deep/x.md
      parents parents/c real real/link real/sub real/sub/c real/x.md`;
    assert.equal(listed, `${expected.split(/\s+/).join('\n')}\n$HOME "it's"\nb\nx.md\n`);
  });

  test('leaves directories that are there as they are', async () => {
    const Dockerfile = `
FROM busybox
RUN mkdir -m 1777 /own /own/deep && chown 3:4 /own/deep
COPY a /own/deep/
COPY d /own/deep
USER 5
WORKDIR /made/one
WORKDIR two
USER 0
RUN ls -ldn /own /own/deep /own/deep/sub /made /made/one /made/one/two | tr -s ' ' | cut -d' ' -f1,3,4,9
`;
    const { output } = await built({ Dockerfile, a: 'a', 'd/sub/b': 'b' });
    const expected = `drwxr-xr-x 5 5 /made
drwxr-xr-x 5 5 /made/one
drwxr-xr-x 5 5 /made/one/two
drwxrwxrwt 0 0 /own
drwxrwxrwt 3 4 /own/deep
drwxr-xr-x 0 0 /own/deep/sub
`;
    assert.ok(output.includes(expected), output);
  });

  test('makes layers of what commands change, and of nothing else', async () => {
    const changed = async (script: string) => {
      await built(
        { Dockerfile: `FROM busybox\nRUN mkdir -p /d/e && touch /d/e/f /file\nRUN ${script}` },
        't=changed',
      );
      return topLayer('changed');
    };
    assert.deepEqual(await changed('rm -r /d && mkdir /d'), ['drwxr-xr-x 0/0 d/', '---------- 0/0 d/.wh.e']);
    assert.deepEqual(await changed('rm /file'), ['---------- 0/0 .wh.file']);
    assert.deepEqual(await changed('rm /file && mkdir /file'), ['drwxr-xr-x 0/0 file/']);
    // Nothing of the files in /etc, of /dev, of mount points.
    const script = 'cat /etc/resolv.conf /etc/hosts; ls /dev; touch /dev/x /etc/hosts';
    await built({ Dockerfile: `FROM busybox\nRUN ${script}` }, 't=nothing');
    assert.deepEqual((await inspect('nothing')).RootFS.Layers, (await inspect('busybox')).RootFS.Layers);
  });

  test('mounts what RUN asks for, and leaves nothing of it', async () => {
    const Dockerfile = `
FROM busybox AS tools
RUN echo tool > /tool
FROM busybox
RUN --mount=from=tools,source=/tool,target=/mnt/tool --mount=target=/ctx --mount=type=tmpfs,target=/t,size=1m \\
    cat /mnt/tool /ctx/a && ! touch /ctx/b && touch /t/x
RUN --mount=target=/ctx,rw touch /ctx/b && ls /ctx
RUN --mount=type=cache,target=/cache,id=c-$HOSTNAME echo more >> /cache/log
RUN --mount=type=cache,target=/other,id=c-,sharing=locked cat /other/log
RUN --mount=type=secret,id=s test ! -e /run/secrets/s
RUN <<EOF
#!/bin/busybox sh
echo script $0
EOF
`;
    const { output } = await built({ Dockerfile, a: 'from the context\n' }, 't=mounted');
    assert.match(output, /tool\nfrom the context\n/);
    assert.match(output, /\nDockerfile\na\nb\n/);
    assert.match(output, /more\n/);
    assert.match(output, /script \/dev\/pipes\/EOF/);
    assert.equal(
      await out(
        'mounted',
        'sh',
        '-c',
        'ls -d /ctx /mnt/tool /t /cache /other /run/secrets 2>/dev/null; true',
      ),
      '',
    );
    const failed = await build(daemon, {
      Dockerfile: 'FROM busybox\nRUN --mount=type=secret,id=s,required true',
    });
    assert.match(failed.error, /secret s: not found/);
  });

  test('runs commands as confined as containers are', async () => {
    const script =
      'grep -E "^(CapEff|Seccomp|NoNewPrivs):" /proc/self/status; ls /proc/self/fd | wc -l; mount -t tmpfs x /mnt; hostname; id -u';
    const { output } = await built({ Dockerfile: `FROM busybox\nRUN ${script}` });
    const container = await out('busybox', 'sh', '-c', script);
    const confinement = (text: string) => text.split('\n').filter(line => /^(?:Cap|Sec|No|\d+$)/.test(line));
    assert.deepEqual(confinement(output), confinement(container));
    assert.equal(confinement(output).length, 5);
    assert.match(output, /permission denied|not permitted/i);
    assert.match(output, /\n[0-9a-f]{12}\n0\n/);
    const refused = await build(daemon, { Dockerfile: 'FROM busybox\nRUN --security=insecure true' });
    assert.match(refused.error, /security.insecure is not allowed/);
    const none = await built({ Dockerfile: 'FROM busybox\nRUN --network=none ls /sys/class/net' });
    assert.match(none.output, /\nlo\n/);
    assert.doesNotMatch(none.output, /\neth0\n/);
  });

  test('whose configuration grows beyond measure is given up', async () => {
    const ENV = Array.from({ length: 30 }, (_, index) => `ENV A${index + 1}=$A${index}$A${index}`).join('\n');
    const { error } = await build(daemon, { Dockerfile: `FROM busybox\nENV A0=0123456789\n${ENV}` });
    assert.match(error, /variables expand to more than|configuration is larger than/);
    assert.equal(await daemon.text('GET', '/_ping'), 'OK');
  });

  test('takes triggers, and clears a command that it inherits', async () => {
    await built(
      { Dockerfile: 'FROM busybox\nCMD ["a"]\nONBUILD ARG V=1\nONBUILD RUN echo triggered $V > /t' },
      't=parent',
    );
    await built({ Dockerfile: 'FROM parent\nENTRYPOINT ["cat"]' }, 't=child');
    assert.equal(await out('child', '/t'), 'triggered 1');
    const { Config } = await inspect('child');
    assert.deepEqual([Config.Cmd ?? null, Config.OnBuild ?? null], [null, null]);
  });

  test('is the same twice with SOURCE_DATE_EPOCH', async () => {
    const Dockerfile = 'FROM scratch\nCOPY a /b/c\nWORKDIR /d\n';
    const query = 'nocache=1&buildargs={"SOURCE_DATE_EPOCH":"86400"}';
    const [first, second] = [
      await built({ Dockerfile, a: '1' }, query),
      await built({ Dockerfile, a: '1' }, query),
    ];
    assert.equal(first.id, second.id);
    assert.equal((await inspect(first.id)).Created, '1970-01-02T00:00:00.000Z');
  });

  test('ends with its client, and so does what it runs', async () => {
    const directories = () =>
      ['exec', 'data'].flatMap(root => fs.readdirSync(join(daemon.base, root, 'containers')));
    const before = new Set(directories());
    const { call, answer } = startBuild(daemon, '');
    call.end(tarOf({ Dockerfile: 'FROM busybox\nRUN echo begun-$((40+2)); exec sleep 98765' }));
    const response = await answer;
    for await (const chunk of response) if (String(chunk).includes('begun-42')) break;
    response.destroy();
    const isLeft = () =>
      execFileSync('ps', ['-eo', 'args']).toString().includes('sleep 98765') ||
      directories().some(name => !before.has(name));
    while (isLeft()) await new Promise(resolve => setImmediate(resolve));
  });

  test('that wants the same as another runs it once, and each sees it', async () => {
    const script =
      'echo run >> /c/runs; echo said-$((40+2)); while ! test -e /c/go; do sleep 0.05; done; cat /c/runs';
    const context = tarOf({ Dockerfile: `FROM busybox\nRUN --mount=type=cache,target=/c,id=once ${script}` });
    const texts = await Promise.all(
      [0, 1, 2].map(async () => {
        const { call, answer } = startBuild(daemon, '');
        call.end(context);
        const stream = await answer;
        const said = Promise.withResolvers<void>();
        let text = '';
        stream.on('data', chunk => {
          text += String(chunk);
          if (text.includes('said-42')) said.resolve();
        });
        const ended = once(stream, 'end');
        await said.promise;
        return async () => {
          await ended;
          return text;
        };
      }),
    );
    const mount = createHash('sha256').update('once').digest('hex');
    fs.writeFileSync(join(daemon.base, 'data/builder/cache-mounts', mount, 'data/go'), '');
    const outputs = await Promise.all(texts.map(text => text()));
    for (const output of outputs) assert.match(output, /"stream":"run\\n"/);
    assert.equal(new Set(outputs.map(output => /"ID":"([^"]+)"/.exec(output)?.[1])).size, 1);
  });

  test('that says too much is clipped, its end kept', async () => {
    const { output, error } = await build(daemon, {
      Dockerfile: 'FROM busybox\nRUN yes abcdefghijklmnop | head -c 5000000; echo the end; exit 1',
    });
    assert.ok(output.length < 2_400_000, `${output.length}`);
    assert.match(output, /\[output clipped, log limit 2MiB reached\]/);
    assert.match(output, /the end\n$/);
    assert.match(error, /returned a non-zero code: 1/);
  });

  test('fills a cache that can be seen and pruned', async () => {
    await built({ Dockerfile: 'FROM busybox\nRUN head -c 100000 /dev/zero > /zeros' });
    type Usage = { BuildCache: { Size: number; Description: string }[] };
    const usage = (await daemon.api('GET', '/system/df')) as Usage;
    assert.ok(
      usage.BuildCache.some(({ Size, Description }) => Size === 100_000 && Description.includes('/zeros')),
    );
    const pruned = (await daemon.api('POST', '/build/prune?all=1')) as { SpaceReclaimed: number };
    assert.ok(pruned.SpaceReclaimed >= 100_000);
    assert.deepEqual(((await daemon.api('GET', '/system/df')) as Usage).BuildCache, []);
    const { code, stdout } = await daemon.slipway('system', 'check');
    assert.equal(code, 0, stdout);
  });

  test('goes on after the daemon was killed in the middle of one', async () => {
    const { call, answer } = startBuild(daemon, '');
    call.on('error', () => undefined);
    call.end(
      tarOf({
        Dockerfile: 'FROM busybox\nRUN echo kept > /kept\nRUN echo begun-$((40+2)); exec sleep 98764',
      }),
    );
    for await (const chunk of await answer) if (String(chunk).includes('begun-42')) break;
    await daemon.kill();
    await daemon.start();
    assert.doesNotMatch(execFileSync('ps', ['-eo', 'args']).toString(), /sleep 98764/);
    const { output } = await built({ Dockerfile: 'FROM busybox\nRUN echo kept > /kept\n' });
    assert.match(output, /Using cache/);
    const { code, stdout } = await daemon.slipway('system', 'check');
    assert.equal(code, 0, stdout);
  });

  test('is printed by dockerode', async () => {
    const docker = new Docker({ socketPath: join(daemon.base, 'slipway.sock') });
    const answer = await docker.buildImage(tarOf({ Dockerfile: 'FROM busybox\nRUN echo said' }), {
      t: 'dockerode',
    });
    const messages = await new Promise<{ stream?: string }[]>((resolve, reject) =>
      docker.modem.followProgress(answer, (error, output) => (error ? reject(error) : resolve(output))),
    );
    assert.ok(messages.some(({ stream }) => stream === 'said\n'));
    assert.ok((await docker.getImage('dockerode').inspect()).Id);
  });
});

test('the docker CLI builds without BuildKit', {
  skip: noDocker,
}, async () => {
  const directory = fs.mkdtempSync(join(daemon.base, 'context-'));
  fs.writeFileSync(join(directory, 'Dockerfile'), 'FROM busybox\nCOPY . /c\nRUN ls /c; exit 7\n');
  fs.writeFileSync(join(directory, '.dockerignore'), 'left\n');
  fs.writeFileSync(join(directory, 'left'), '');
  const command = ['env', 'DOCKER_BUILDKIT=0', 'docker', 'build', '-t', 'x', directory];
  const { code, stdout, stderr } = await daemon.run(command);
  assert.equal(code, 7, stderr);
  assert.match(stdout, /Step 3\/3 : RUN ls \/c; exit 7\nDockerfile\n/);
  assert.match(stderr, /returned a non-zero code: 7/);
});
