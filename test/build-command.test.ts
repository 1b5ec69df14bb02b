/** `slipway build`: what people type, and what they see. */
import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { DaemonProcess } from './fixtures/daemon-process.ts';
import { tarOf } from './fixtures/image-archives.ts';
import { TestTerminal } from './fixtures/test-terminal.ts';

let daemon: DaemonProcess;

before(async () => {
  daemon = await DaemonProcess.startWithBusybox();
});
after(() => daemon.dispose());

type Inspected = { Id: string; Config: { Labels: Record<string, string> } };
const inspect = (name: string) => daemon.api('GET', `/images/${name}/json`) as Promise<Inspected>;

/** A directory with these files. */
function directoryOf(files: Record<string, string>): string {
  const directory = fs.mkdtempSync(join(daemon.base, 'context-'));
  for (const [name, content] of Object.entries(files)) {
    fs.mkdirSync(join(directory, name, '..'), { recursive: true });
    fs.writeFileSync(join(directory, name), content);
  }
  return directory;
}

const build = (...words: string[]) => daemon.slipway('build', ...words);

test('what is not left out is sent, steps are told of, and the exit code is that of the command', async () => {
  const files = Object.fromEntries(
    ['a.py', 'sub/a.py', 'sub/b.py', 'sub/c.txt', 'other/d'].map(name => [name, name]),
  );
  const directory = directoryOf({
    ...files,
    Dockerfile: 'FROM busybox\nARG V\nARG W\nCOPY . /c\nRUN cd /c && find . | sort; echo v=$V w=$W\n',
    '.dockerignore': '*\n!**/*.py\nsub/b.py\n',
    Failing: 'FROM busybox\n# why\nRUN echo almost; exit 9\nRUN true\n',
  });
  fs.linkSync(join(directory, 'sub/a.py'), join(directory, 'sub/z.py'));
  const idFile = join(daemon.base, 'id');
  const options = ['-t', 'mine:1', '--build-arg', 'V=1', '--build-arg', 'W', '--iidfile', idFile];
  const { code, stdout, stderr } = await build(...options, directory);
  assert.deepEqual([code, stdout], [0, ''], stderr);
  const said = [...stderr.matchAll(/^#\d+ \d+\.\d{3} (.*)$/gm)].map(([, line]) => line);
  assert.deepEqual(said, ['.', './a.py', './sub', './sub/a.py', './sub/z.py', 'v=1 w=']);
  assert.match(stderr, /^#\d+ \[3\/3\] RUN cd \/c .*\n(?:#\d+ .*\n)*#\d+ DONE \d+\.\d+s$/m);
  const { Id } = await inspect('mine:1');
  assert.equal(Id, fs.readFileSync(idFile, 'utf8'));
  assert.match(stderr, new RegExp(`\\nBuilt ${Id} \\(.*B\\) in .*s, 0 of 2 steps from the cache\\n$`));
  const again = await build('-q', ...options, directory);
  assert.equal(again.stdout, `${Id}\n`, again.stderr);
  const failed = await build('-f', join(directory, 'Failing'), directory);
  assert.equal(failed.code, 9);
  const shown = failed.stderr.slice(failed.stderr.indexOf('------\n'));
  assert.equal(
    shown.replace(/^\d+\.\d+ /m, 'TIME '),
    `------
 > [2/3] RUN echo almost; exit 9:
TIME almost
------
Failing:3
--------------------
   1 |     FROM busybox
   2 |     # why
   3 | >>> RUN echo almost; exit 9
   4 |     RUN true
   5 |
--------------------
ERROR: failed to build: failed to solve: process "/bin/sh -c echo almost; exit 9" did not complete successfully: exit code: 9
`,
  );
  const pruned = await daemon.slipway('builder', 'prune', '-af');
  assert.match(pruned.stdout, /Deleted build cache objects:\n[^]*Total reclaimed space: /);
});

const PROGRAM = new URL('../bin/slipway', import.meta.url).pathname;

/** What steps have said. */
const saidIn = (stderr: string) => [...stderr.matchAll(/^#\d+ \d+\.\d{3} (.*)$/gm)].map(([, line]) => line);

test('secrets come from files and variables, SSH agents and keys are forwarded', async t => {
  const directory = directoryOf({
    Dockerfile: `FROM busybox
RUN --mount=type=secret,id=file cat /run/secrets/file
RUN --mount=type=secret,id=named,env=S echo "$S"
RUN --mount=type=secret,id=SAME cat /run/secrets/SAME
RUN --mount=type=secret,id=none test ! -e /run/secrets/none && echo none
RUN --mount=type=ssh,required=true test -S "$SSH_AUTH_SOCK" && echo agent
RUN --mount=type=ssh,id=key,required=true test -S "$SSH_AUTH_SOCK" && echo key
`,
    'secret file': 'from a file\n',
  });
  const agent = createServer();
  const socketPath = join(daemon.base, 'agent.sock');
  await new Promise<void>(resolve => agent.listen(socketPath, resolve));
  t.after(() => agent.close());
  const key = join(directory, 'key');
  await daemon.run(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', key]);
  const secrets = [`id=file,src=${join(directory, 'secret file')}`, 'id=named,env=VARIABLE', 'id=SAME'];
  const options = [
    ...secrets.flatMap(secret => ['--secret', secret]),
    '--ssh',
    'default',
    '--ssh',
    `key=${key}`,
  ];
  const env = ['env', `SSH_AUTH_SOCK=${socketPath}`, 'VARIABLE=from a variable', 'SAME=of the same name'];
  const built = await daemon.run([...env, PROGRAM, 'build', ...options, directory]);
  assert.equal(built.code, 0, built.stderr);
  const expected = ['from a file', 'from a variable', 'of the same name', 'none', 'agent', 'key'];
  assert.deepEqual(saidIn(built.stderr), expected);
  const missing = await build('--secret', 'id=x,src=/nonexistent', directory);
  assert.equal(missing.code, 1);
  assert.match(missing.stderr, /nonexistent/);
});

test('what was built comes as files and archives, in the place of what was there', async () => {
  const directory = directoryOf({
    Dockerfile: `FROM busybox AS made
RUN mkdir -p /out/sub && echo new > /out/file && echo x > /out/sub/x && chmod 750 /out/sub/x \\
  && ln -s sub/x /out/link && ln /out/file /out/hard && touch -d @1000000000 /out/file
FROM scratch
COPY --from=made /out /
`,
    'out/file': 'old',
    'out/kept': 'kept',
  });
  const out = join(directory, 'out');
  const local = await build('-o', out, directory);
  assert.equal(local.code, 0, local.stderr);
  assert.match(local.stderr, new RegExp(`\nBuilt into ${out} in `));
  assert.deepEqual(fs.readdirSync(out).toSorted(), ['file', 'hard', 'kept', 'link', 'sub']);
  assert.equal(fs.readFileSync(join(out, 'file'), 'utf8'), 'new\n');
  assert.equal(fs.statSync(join(out, 'file')).mtimeMs, 1e12);
  assert.equal(fs.statSync(join(out, 'file')).ino, fs.statSync(join(out, 'hard')).ino);
  assert.equal(fs.readlinkSync(join(out, 'link')), 'sub/x');
  assert.equal(fs.statSync(join(out, 'sub/x')).mode & 0o777, 0o750);
  fs.rmSync(join(out, 'sub'), { recursive: true });
  fs.symlinkSync('/tmp', join(out, 'sub'));
  assert.equal((await build('-o', out, directory)).code, 0);
  assert.equal(fs.lstatSync(join(out, 'sub')).isDirectory(), true);
  const archives = ['tar', 'oci', 'docker'].flatMap(type => ['-o', `type=${type},dest=${out}/${type}.tar`]);
  const metadata = join(out, 'metadata');
  const several = await build(...archives, '--metadata-file', metadata, '-t', 'several', '--load', directory);
  assert.equal(several.code, 0, several.stderr);
  for (const [type, name] of [
    ['tar', 'sub/x'],
    ['oci', 'index.json'],
    ['docker', 'manifest.json'],
  ] as const) {
    const { stdout } = await daemon.run(['tar', '-tf', `${out}/${type}.tar`]);
    assert.ok(stdout.split('\n').includes(name), stdout);
  }
  const told = JSON.parse(fs.readFileSync(metadata, 'utf8')) as Record<string, unknown>;
  assert.equal(told['containerimage.config.digest'], (await inspect('several')).Id);
  assert.deepEqual(Object.keys(told['containerimage.descriptor'] as object).slice(0, 2), [
    'mediaType',
    'digest',
  ]);
  const streamed = await daemon.run(['sh', '-c', `${PROGRAM} build -q -o - ${directory} | tar -t`]);
  assert.match(streamed.stdout, /^sub\/x$/m);
});

test('contexts are directories, layouts, images, and what comes on standard input', async () => {
  const directory = directoryOf({
    'other/Dockerfile':
      'FROM base\nCOPY --from=more x /x\nCOPY --from=tools /bin/true /t\nCOPY here /here\nRUN cat /x /here /from-base\n',
    'other/Dockerfile.dockerignore': 'left',
    'more/x': 'from more\n',
    'main/here': 'from here\n',
    'main/left': '',
    'base/Dockerfile': 'FROM busybox\nRUN echo from base > /from-base\n',
  });
  const layout = join(directory, 'layout');
  fs.mkdirSync(layout);
  const base = await daemon.run([
    'sh',
    '-c',
    `${PROGRAM} build -o type=oci,name=base:v1,dest=- ${directory}/base | tar -xC ${layout}`,
  ]);
  assert.equal(base.code, 0, base.stderr);
  const contexts = [
    `more=${directory}/more`,
    `base=oci-layout://${layout}:v1`,
    'tools=docker-image://busybox',
  ];
  const options = contexts.flatMap(context => ['--build-context', context]);
  const file = join(directory, 'other/Dockerfile');
  const built = await build(...options, '-f', file, join(directory, 'main'));
  assert.deepEqual(saidIn(built.stderr), ['from more', 'from here', 'from base'], built.stderr);
  const Dockerfile = 'FROM busybox\nRUN echo typed\n';
  const typed = await daemon.run([PROGRAM, 'build', '-'], Dockerfile);
  assert.deepEqual(saidIn(typed.stderr), ['typed'], typed.stderr);
  const withContext = 'FROM busybox\nCOPY here /\nRUN cat here\n';
  const given = await daemon.run([PROGRAM, 'build', '-f', '-', join(directory, 'main')], withContext);
  assert.deepEqual(saidIn(given.stderr), ['from here'], given.stderr);
  const archive = tarOf({ 'sub/Dockerfile': withContext, here: 'from an archive\n' });
  const sent = await daemon.run([PROGRAM, 'build', '-f', 'sub/Dockerfile', '-'], archive);
  assert.deepEqual(saidIn(sent.stderr), ['from an archive'], sent.stderr);
  const both = await daemon.run([PROGRAM, 'build', '-f', '-', '-']);
  assert.match(both.stderr, /can't use stdin for both build context and dockerfile/);
});

test('a cache in a directory is written, and used when the own one has gone', async () => {
  const directory = directoryOf({ Dockerfile: 'FROM busybox\nRUN echo cached > /made\n' });
  const cache = join(directory, 'cache');
  const absent = ['--cache-from', `type=local,src=${cache}`];
  const first = await build(...absent, '--cache-to', `type=local,dest=${cache},mode=max`, directory);
  assert.equal(first.code, 0, first.stderr);
  await daemon.slipway('builder', 'prune', '-af');
  const second = await build(...absent, directory);
  assert.match(second.stderr, /1 of 1 steps from the cache/, second.stderr);
});

test('checks, outlines and targets are printed, warnings follow a build', async () => {
  const directory = directoryOf({
    Dockerfile: '# what it makes\nFROM busybox AS made\nARG V=1\nCMD echo shell\n',
  });
  const checked = await build('--check', directory);
  assert.equal(checked.code, 1);
  assert.match(
    checked.stdout,
    /^Check complete, 1 warning has been found!\n\nWARNING: JSONArgsRecommended - /,
  );
  assert.match((await build('--call', 'targets', directory)).stdout, /^made \(default\)/m);
  const outline = await build('--call=outline,format=json', directory);
  const { args } = JSON.parse(outline.stdout) as { args: { name: string }[] };
  assert.deepEqual(
    args.map(({ name }) => name),
    ['V'],
  );
  fs.writeFileSync(join(directory, 'Wrong'), 'FROM busybox\nCOP x y\n');
  const wrong = await build('--check', '-f', join(directory, 'Wrong'), directory);
  assert.deepEqual([wrong.code, wrong.stdout], [1, '']);
  assert.match(wrong.stderr, /^Wrong:2\n[^]*>>> COP x y\n[^]*\nERROR: .*unknown instruction: COP/);
  const built = await build(directory);
  assert.match(built.stderr, /\n 1 warning found:\n  - JSONArgsRecommended: .* \(line 4\)\n/);
  const raw = await build('--progress', 'rawjson', directory);
  const names = raw.stderr
    .split('\n')
    .filter(Boolean)
    .flatMap(line => {
      const { vertexes = [] } = JSON.parse(line) as { vertexes?: { name: string }[] };
      return vertexes.map(({ name }) => name);
    });
  assert.ok(names.includes('[made 1/1] FROM busybox AS made'), String(names));
});

test('on a terminal steps are shown in place, with the last lines of what goes on', async () => {
  const directory = directoryOf({
    Dockerfile:
      'FROM busybox\nRUN --mount=type=secret,id=s seq 1 20 && echo -e "\\033[Hmoved" && while [ ! -e /run/secrets/x ]; do sleep 0.05; done\n',
    Quick: 'FROM busybox\nRUN echo quick\n',
  });
  const env = { ...process.env, DOCKER_HOST: daemon.host, TERM: 'xterm' };
  const waiting = new TestTerminal([PROGRAM, 'build', directory], env);
  await waiting.shows(/\[\+\] Building \d+\.\ds \(\d\/\d\)/);
  await waiting.shows(' => => # 20');
  await waiting.shows(' => => # moved');
  assert.ok(!waiting.screen.includes('\u001B[H'));
  waiting.type('\u0003');
  await waiting.exited;
  const quick = new TestTerminal([PROGRAM, 'build', '-f', join(directory, 'Quick'), directory], env);
  await quick.shows(/ => \[2\/2\] RUN echo quick/);
  await quick.shows(/Built sha256:[0-9a-f]{64} \(.*\) in /);
  assert.equal(await quick.exited, 0);
});

test('what there is not is refused in words that tell what is wrong', async () => {
  const directory = directoryOf({ Dockerfile: 'FROM busybox\nRUN --network=host true\n' });
  for (const [words, reason] of [
    [['--progress', 'fancy'], /invalid progress mode fancy/],
    [['--call', 'dance'], /unsupported call "dance"/],
    [['--network', 'mine'], /network mode "mine" not supported by buildkit/],
    [['-o', 'type=local'], /dest is required for local exporter/],
    [['--build-context', 'x'], /invalid context value: x, expected key=value/],
    [['--ssh', 'default=/nonexistent'], /nonexistent/],
    [['--target', 'nowhere'], /target stage "nowhere" could not be found/],
    [[], /network.host is not allowed/],
  ] as const) {
    const { code, stderr } = await build(...words, directory);
    assert.notEqual(code, 0);
    assert.match(stderr, reason);
  }
});

test('it is told what a build consists of, and why steps were not in the cache', async () => {
  const directory = directoryOf({
    Dockerfile:
      'FROM busybox AS dep\nRUN echo dep > /dep\nFROM busybox\nARG V\nWORKDIR /w\nCOPY --from=dep /dep .\nCOPY src src\nRUN echo "$V"\nRUN echo last\n',
    'src/a': 'a',
    'src/b': 'b',
    'src/sub/c': 'c',
  });
  /** By their instructions. */
  const reasons = async (...words: string[]): Promise<Record<string, string>> => {
    const { code, stdout, stderr } = await build('--explain', ...words, directory);
    assert.equal(code, 0, stderr);
    const steps = [
      ...stdout.matchAll(/^ {2}\d+\. (.*)\n(?: {7}takes .*\n)? {7}\w+ [0-9a-f]{12} of: .*\n {7}(.*)$/gm),
    ];
    return Object.fromEntries(steps.map(([, instruction = '', reason = '']) => [instruction, reason]));
  };
  const instructions = ['RUN echo dep > /dep', 'WORKDIR /w', 'COPY --from=dep /dep .', 'COPY src src'];
  const all = [...instructions, 'RUN echo "$V"', 'RUN echo last'];
  const each = (reason: string) => Object.fromEntries(all.map(name => [name, reason]));
  assert.deepEqual(await reasons(), each('built: not built before'));
  assert.deepEqual(await reasons(), each('in the cache'));
  const below = 'built: changed: what it is built on';
  const changed = 'built: changed: variable V';
  const withArgument = { ...each('in the cache'), 'RUN echo "$V"': changed, 'RUN echo last': changed };
  assert.deepEqual(await reasons('--build-arg', 'V=1'), withArgument);
  fs.writeFileSync(join(directory, 'src/a'), 'other');
  fs.writeFileSync(join(directory, 'src/new'), '');
  fs.rmSync(join(directory, 'src/sub/c'));
  assert.deepEqual(await reasons('--build-arg', 'V=1'), {
    ...each('in the cache'),
    'COPY src src': 'built: changed: files that are copied (a, new (new), sub/c (gone))',
    'RUN echo "$V"': below,
    'RUN echo last': below,
  });
  const file = join(directory, 'Dockerfile');
  fs.writeFileSync(file, fs.readFileSync(file, 'utf8').replace('echo last', 'echo end'));
  const edited = await reasons('--build-arg', 'V=1');
  assert.equal(edited['RUN echo end'], 'built: the instruction was: RUN echo last');
  const filtered = await reasons('--build-arg', 'V=1', '--no-cache-filter', 'DEP');
  const anew = 'built: the cache is not used';
  assert.deepEqual(filtered, {
    ...Object.fromEntries(Object.keys(edited).map(name => [name, 'in the cache'])),
    'RUN echo dep > /dep': anew,
  });
  const uncached = await reasons('--no-cache');
  assert.deepEqual([...new Set(Object.values(uncached))], [anew]);
  await daemon.slipway('builder', 'prune', '-af');
  const pruned = await reasons();
  assert.equal(pruned['WORKDIR /w'], 'built: nothing has changed, but its result is no longer in the cache');
});
