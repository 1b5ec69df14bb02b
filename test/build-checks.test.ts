/** `docker build --check` and `--call`: what is found is what BuildKit finds (dockerd 28.5, recorded). */
import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { hostPlatform } from '../src/oci/platform.ts';
import { checkDockerfile, type CheckRequest } from '../src/builder/checks/check-dockerfile.ts';
import { clientBuild } from './fixtures/buildkit-client.ts';
import { DaemonProcess } from './fixtures/daemon-process.ts';

type Recorded = {
  name: string;
  dockerfile: string;
  warnings: [string, string, number][];
  error: string | null;
};
const path = new URL('fixtures/recorded/build-checks.json', import.meta.url);
const RECORDED = JSON.parse(fs.readFileSync(path, 'utf8')) as Recorded[];

const check = (dockerfile: string, more: Partial<CheckRequest> = {}) =>
  checkDockerfile({
    dockerfile,
    target: '',
    buildArgs: new Map(),
    platform: hostPlatform(),
    contexts: new Set(),
    environmentOf: async () => ['PATH=/bin'],
    ignored: ['ignored', 'sub/no*'],
    ...more,
  });

for (const { name, dockerfile, warnings, error } of RECORDED) {
  test(`a Dockerfile is told of as BuildKit does: ${name}`, async () => {
    const found = await check(dockerfile);
    const told = found.warnings.map(({ rule, detail, range }) => [rule, detail, range.start] as const);
    const sorted = (list: readonly unknown[]) => list.map(each => JSON.stringify(each)).sort();
    assert.deepEqual(sorted(told), sorted(warnings));
    // What goes wrong while it is built is told of by the build.
    if (error === null || !/is not allowed to be unset/.test(error))
      assert.equal(found.error?.message ?? null, error);
  });
}

test('rules are chosen by an argument of the build, and experimental ones by name', async () => {
  const dockerfile = 'FROM busybox AS Base\nCOPY ignored /\n';
  const rules = async (text: string) => {
    const { warnings, error } = await check(dockerfile, {
      buildArgs: new Map([['BUILDKIT_DOCKERFILE_CHECK', text]]),
    });
    return [...warnings.map(({ rule }) => rule), ...(error === undefined ? [] : [error.message])];
  };
  assert.deepEqual(await rules('skip=StageNameCasing'), []);
  assert.deepEqual(await rules('experimental=CopyIgnoredFile'), ['StageNameCasing', 'CopyIgnoredFile']);
  assert.deepEqual(await rules('error=true'), [
    'StageNameCasing',
    'lint violation found for rules: StageNameCasing',
  ]);
});

let daemon: DaemonProcess;
before(async () => {
  daemon = await DaemonProcess.startWithBusybox();
});
after(() => daemon.dispose());

const call = (Dockerfile: string, options: Record<string, string> = {}) =>
  clientBuild(join(daemon.base, 'slipway.sock'), {
    options,
    exporter: [],
    directories: { dockerfile: { Dockerfile }, context: {} },
  });

const DOCUMENTED = `# TAG which one
ARG TAG=latest
# made makes it
FROM busybox:\${TAG} AS made
# LEVEL how much
ARG LEVEL=3
RUN --mount=type=secret,id=s,required --mount=type=cache,target=/c --mount=type=ssh true
FROM made
`;

test('a client is told of findings, of what a target can be given, and of targets, and nothing is built', async () => {
  const found = await call('FROM busybox AS Base\nRUN exit 1', { requestid: 'frontend.lint' });
  const { warnings } = JSON.parse(found.metadata['result.json'] ?? '{}') as {
    warnings: { ruleName: string }[];
  };
  assert.deepEqual(
    warnings.map(({ ruleName }) => ruleName),
    ['StageNameCasing'],
  );
  const outline = await call(DOCUMENTED, { requestid: 'frontend.outline' });
  const { args, secrets, ssh, cache } = JSON.parse(outline.metadata['result.json'] ?? '{}') as Record<
    string,
    Record<string, unknown>[]
  >;
  const without = (list: Record<string, unknown>[] = []) =>
    list.map(({ location, ...rest }) => (assert.ok(location), rest));
  assert.deepEqual(without(args), [
    { name: 'TAG', description: 'which one', value: 'latest' },
    { name: 'LEVEL', description: 'how much', value: '3' },
  ]);
  assert.deepEqual(
    [without(secrets), without(ssh), without(cache)],
    [[{ name: 's', required: true }], [{ name: 'default' }], [{ ID: '/c' }]],
  );
  const listed = await call(DOCUMENTED, { requestid: 'frontend.targets' });
  const { targets } = JSON.parse(listed.metadata['result.json'] ?? '{}') as Record<
    string,
    Record<string, unknown>[]
  >;
  assert.deepEqual(without(targets), [
    { name: 'made', description: 'makes it', base: 'busybox:${TAG}' },
    { base: 'made', default: true },
  ]);
  await assert.rejects(call('FROM busybox', { requestid: 'frontend.odd' }), {
    message: /unsupported request frontend.odd/,
  });
});

test('a build tells of warnings, and fails where they are errors', async () => {
  const { warnings } = await call('FROM busybox\nCMD true');
  assert.deepEqual(warnings, [
    'JSONArgsRecommended: JSON arguments recommended for CMD to prevent unintended behavior related to OS signals (line 2)',
  ]);
  await assert.rejects(call('# check=error=true\nFROM busybox\nCMD true'), {
    message: 'lint violation found for rules: JSONArgsRecommended',
  });
});

test('what the checks cannot be told is refused, in BuildKit’s words', async () => {
  const prefix = 'failed to parse check options: ';
  for (const [option, message] of [
    ['foo', 'invalid check option "foo"'],
    ['odd=x', 'invalid check option "odd"'],
    [
      'skip=all;error=maybe',
      'failed to parse check option "error=maybe": strconv.ParseBool: parsing "maybe": invalid syntax',
    ],
  ])
    await assert.rejects(call(`# check=${option}\nFROM busybox\nCMD true`), { message: prefix + message });
  assert.deepEqual((await call('# check=skip=foo\nFROM busybox')).warnings, []);
});
