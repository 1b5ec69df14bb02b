import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseDockerfile } from '../../dockerfile/parse-dockerfile.ts';
import { type Plan, planStages } from './plan-stages.ts';

function plan(text: string, target = '', args: Record<string, string> = {}): Plan {
  const buildArgs = new Map(Object.entries(args));
  return planStages(parseDockerfile(text), { escape: '\\', buildArgs, inherited: new Map(), target });
}

const needed = (given: Plan) => given.needed.map(({ index }) => index);

test('only the stages that the target needs are built', () => {
  const text = `
FROM a AS one
FROM b AS two
FROM one AS three
RUN --mount=from=two,target=/x true
FROM c AS four
COPY --from=0 / /
`;
  assert.deepEqual(needed(plan(text)), [0, 3]);
  assert.deepEqual(needed(plan(text, 'three')), [0, 1, 2]);
  assert.deepEqual(needed(plan(text, '1')), [1]);
  assert.deepEqual(needed(plan(text, 'TWO')), [1]);
});

test('names of bases are read with the arguments in front of the stages', () => {
  const text = 'ARG R=reg/\nARG T\nFROM ${R:+"r/"}img${T:+:$T}\nFROM --platform=${P:-linux} scratch';
  const { stages } = plan(text, '', { T: '1' });
  assert.deepEqual(stages[0]?.base, { kind: 'image', reference: 'r/img:1' });
  assert.deepEqual(stages[1]?.base, { kind: 'scratch' });
});

test('a stage is the one before that has the name, and otherwise it is an image', () => {
  const { stages } = plan('FROM x AS x\nFROM x AS y\nFROM y');
  assert.deepEqual(
    stages.map(({ base }) => base.kind),
    ['image', 'stage', 'stage'],
  );
});

test('thousands of stages that build on each other take linear time', () => {
  const text = Array.from(
    { length: 4000 },
    (_, index) => `FROM ${index === 0 ? 'a' : `s${index - 1}`} AS s${index}`,
  );
  assert.equal(plan(text.join('\n')).needed.length, 4000);
});

const REFUSED: [string, string, RegExp][] = [
  ['FROM $X', '', /^base name \(\$X\) should not be blank$/],
  ['FROM a AS x\nFROM X', '', /^failed to parse stage name "X": .*must be lowercase$/],
  ['FROM --platform=$P scratch', '', /^empty platform value from expression \$P$/],
  ['FROM a\nARG X=b\nFROM $X', '', /should not be blank: ARG X is declared inside a stage/],
  ['FROM a AS build', 'biuld', /target stage "biuld" could not be found \(did you mean build\?\)/],
  [
    'FROM a AS x\nCOPY --from=x / /',
    '',
    /cannot copy from stage "x", it needs to be defined before current stage "x"/,
  ],
  ['FROM a\nRUN --mount=from=1,target=/x true\nFROM b', '0', /cannot copy from stage "1"/],
];
for (const [text, target, message] of REFUSED) {
  test(`${JSON.stringify(text)} is refused`, () => assert.throws(() => plan(text, target), { message }));
}
