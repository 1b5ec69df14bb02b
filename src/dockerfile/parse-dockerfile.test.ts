import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { DockerfileError, renderSource } from './dockerfile-error.ts';
import type { StageStep } from './instruction.ts';
import { parseDockerfile } from './parse-dockerfile.ts';

/** The one step of a stage, without where it is written. */
function step(text: string): Record<string, unknown> {
  const [found] = parseDockerfile(`FROM x\n${text}`).stages[0]?.steps ?? [];
  const { original: _, range: __, ...rest } = found as StageStep;
  return rest;
}

test('comments, continued lines, empty lines and carriage returns are read as BuildKit does', () => {
  const { stages } = parseDockerfile(
    '\uFEFF# comment\r\nfrom a AS One\r\n  # indented\r\nRUN a \\\r\n# within\r\n\r\n  b \\  \r\n c\r\nRUN d\\\\\n',
  );
  assert.equal(stages[0]?.name, 'one');
  assert.deepEqual(
    stages[0].steps.map(({ original, range }) => [original, range]),
    [
      ['RUN a   b  c', { start: 4, end: 8 }],
      ['RUN d\\\\', { start: 9, end: 9 }],
    ],
  );
});

test('directives say how the rest is read, and come first', () => {
  const { escape, syntax, check, stages } = parseDockerfile(
    '# syntax = docker/dockerfile:1\n# escape=`\n# check=skip=all\nFROM a\nRUN a `\n b c:\\\n',
  );
  assert.deepEqual([escape, syntax, check], ['`', 'docker/dockerfile:1', 'skip=all']);
  assert.equal(stages[0]?.steps[0]?.original, 'RUN a  b c:\\');
  assert.equal(parseDockerfile('# a comment\n# escape=`\nFROM a').escape, '\\');
});

test('heredocs are read as they are written', () => {
  assert.deepEqual(step('RUN <<EOF cat <<-"B" >x\na $X\n\nEOF\n\tb\n\tB'), {
    kind: 'run',
    command: {
      form: 'shell',
      text: '<<EOF cat <<-"B" >x',
      heredocs: [
        { name: 'EOF', expands: true, chomps: false, content: 'a $X\n\n' },
        { name: 'B', expands: false, chomps: true, content: '\tb\n' },
      ],
    },
    mounts: [],
    network: 'default',
    security: 'sandbox',
    devices: [],
  });
  const { inline, sources, destination } = step('COPY <<-A b <<B /c/\n\ta\nA\nb\nB');
  assert.deepEqual(inline, [
    { name: 'A', expands: true, chomps: true, content: 'a\n' },
    { name: 'B', expands: true, chomps: false, content: 'b\n' },
  ]);
  assert.deepEqual([sources, destination], [['b'], '/c/']);
});

const COPY = { inline: [], chown: '', chmod: '', link: false, parents: false, exclude: [], from: '' };

const STEPS: [string, object][] = [
  [
    'ARG A B=c D="e f"',
    {
      kind: 'arg',
      args: [
        { name: 'A', value: undefined },
        { name: 'B', value: 'c' },
        { name: 'D', value: '"e f"' },
      ],
    },
  ],
  [
    'ENV a=b c="d e"',
    {
      kind: 'env',
      pairs: [
        { name: 'a', value: 'b' },
        { name: 'c', value: '"d e"' },
      ],
    },
  ],
  ['ENV a b  c', { kind: 'env', pairs: [{ name: 'a', value: 'b  c' }] }],
  ['LABEL a="b\\"c"', { kind: 'label', pairs: [{ name: 'a', value: '"b\\"c"' }] }],
  ['COPY a b c/', { kind: 'copy', sources: ['a', 'b'], destination: 'c/', ...COPY }],
  [
    'COPY --from=x --chown=1:2 --chmod=755 --link --parents --exclude=a --exclude=b ["a b", "c"]',
    {
      kind: 'copy',
      sources: ['a b'],
      destination: 'c',
      ...COPY,
      from: 'x',
      chown: '1:2',
      chmod: '755',
      link: true,
      parents: true,
      exclude: ['a', 'b'],
    },
  ],
  ['CMD ["a", "b"]', { kind: 'cmd', command: { form: 'exec', list: ['a', 'b'] } }],
  ["CMD ['a']", { kind: 'cmd', command: { form: 'shell', text: "['a']", heredocs: [] } }],
  ['SHELL ["/bin/bash", "-c"]', { kind: 'shell', shell: ['/bin/bash', '-c'] }],
  ['VOLUME ["/a", "/b c"]', { kind: 'volume', paths: ['/a', '/b c'] }],
  ['VOLUME /a /b', { kind: 'volume', paths: ['/a', '/b'] }],
  ['USER  a b ', { kind: 'user', user: 'a b' }],
  ['ONBUILD COPY a b', { kind: 'onbuild', expression: 'COPY a b' }],
  [
    'HEALTHCHECK --interval=2s CMD ["a"]',
    { kind: 'healthcheck', healthcheck: { Test: ['CMD', 'a'], Interval: 2e9 } },
  ],
  ['MAINTAINER me <a@b>', { kind: 'maintainer', maintainer: 'me <a@b>' }],
  ['EXPOSE 80  81/udp', { kind: 'expose', ports: ['80', '81/udp'] }],
];

for (const [text, expected] of STEPS) {
  test(`${text} is read`, () => assert.deepEqual(step(text), expected));
}

/** A Dockerfile, what is said of it, the line. */
const REFUSED: [string, RegExp, number][] = [
  ['', /^file with no instructions$/, 1],
  ['# only\n', /^file with no instructions$/, 1],
  ['RUN x', /^no build stage in current context$/, 1],
  ['ARG a', /no stages to build/, 1],
  ['FROM x\nRUM x', /^dockerfile parse error on line 2: unknown instruction: RUM \(did you mean RUN\?\)$/, 2],
  ['FROM x\n\nfoobar x', /^dockerfile parse error on line 3: unknown instruction: foobar$/, 3],
  ['FROM x y', /FROM requires either one or three arguments/, 1],
  ['FROM x AS 1a', /invalid name for build stage: "1a"/, 1],
  ['FROM x\nCOPY a', /COPY requires at least two arguments, but only one was provided/, 2],
  ['FROM x\nCOPY --form=a b c', /unknown flag: --form \(did you mean from\?\)/, 2],
  ['FROM x\nCOPY --link=maybe b c', /expecting boolean value for flag --link, not: maybe/, 2],
  ['FROM x\nCOPY --from b c', /missing a value on flag: --from/, 2],
  ['FROM x\nCOPY --from=a --from=b b c', /duplicate flag specified: --from/, 2],
  ['FROM x\nCMD [1]', /arrays must be comprised of strings only/, 2],
  ['FROM x\nSHELL bash', /SHELL requires the arguments to be in JSON form/, 2],
  [
    'FROM x\nRUN --mount=type=chache,target=/x a',
    /unsupported mount type "chache" \(did you mean cache\?\)/,
    2,
  ],
  ['FROM x\nRUN --mount=type=tmpfs,target=/x,uid=1 a', /uid not allowed for "tmpfs" type mounts/, 2],
  ['FROM x\nRUN --mount=type=secret a', /one of source, target required/, 2],
  ['FROM x\nRUN --mount=target=/a,required a', /unexpected key 'required' for mount type 'bind'/, 2],
  ['FROM x\nRUN <<EOF\na\n', /^unterminated heredoc$/, 2],
  ['FROM x\nCOPY a <<EOF\nEOF', /COPY cannot accept a heredoc as a destination/, 2],
  ['FROM x\nONBUILD FROM y', /FROM isn't allowed as an ONBUILD trigger/, 2],
  ['# escape=x\nFROM x', /invalid escape token 'x'/, 1],
  ['# syntax=a\n# syntax=b\nFROM x', /only one syntax parser directive/, 2],
  [`FROM x\nRUN ${'a'.repeat(70_000)}`, /line greater than max allowed size of 65535/, 2],
  [`FROM x\n${'RUN a\n'.repeat(300_000)}`, /larger than/, 1],
  [`FROM x\n${'RUN a\n'.repeat(6000)}`, /more than 5000 instructions/, 5001],
];

for (const [text, message, line] of REFUSED) {
  test(`${JSON.stringify(text.slice(0, 50))} is refused, with its line`, () => {
    assert.throws(
      () => parseDockerfile(text),
      (error: DockerfileError) => {
        assert.match(error.message, message);
        assert.equal(error.range.start, line);
        return true;
      },
    );
  });
}

test('the lines around a place are shown with a mark', () => {
  const text = ['FROM a', 'RUN b', 'RUM c \\', '  d', 'RUN e', 'RUN f', 'RUN g'].join('\n');
  assert.equal(
    renderSource('Dockerfile', text, { start: 3, end: 4 }),
    `Dockerfile:3
--------------------
   1 |     FROM a
   2 |     RUN b
   3 | >>> RUM c \\
   4 | >>>   d
   5 |     RUN e
   6 |     RUN f
--------------------
`,
  );
});

test('no text does harm', () => {
  const words =
    'FROM,RUN,COPY,ENV,ARG,ONBUILD,HEALTHCHECK,--from=a,--mount=type=cache,<<A,<<-"A",A,[,],"a",\',\\,`,#,# escape=`,\n,\n,\n,=, ,\t,a';
  const pieces = fc.constantFrom(...words.split(','));
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 60 }), list => {
      try {
        parseDockerfile(`FROM a\n${list.join(' ')}`);
      } catch (error) {
        assert.ok(error instanceof DockerfileError, String(error));
        assert.ok(error.range.start >= 1 && error.range.end >= error.range.start);
      }
    }),
    { numRuns: 2000 },
  );
});
