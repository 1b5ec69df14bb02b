import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ContainerDefaults } from '../../../oci/image-config.ts';
import { applyChanges } from './apply-changes.ts';

const CHANGES: [string, string[], ContainerDefaults][] = [
  ['CMD as a list', ['CMD ["a", "b"]'], { Cmd: ['a', 'b'] }],
  ['CMD as a line', ['cmd echo $HOME'], { Cmd: ['/bin/sh', '-c', 'echo $HOME'] }],
  ['a list that is none', ["CMD ['a']"], { Cmd: ['/bin/sh', '-c', "['a']"] }],
  ['ENTRYPOINT, and resets CMD,', ['ENTRYPOINT ["/e"]'], { Entrypoint: ['/e'], Cmd: null }],
  ['CMD before ENTRYPOINT', ['CMD ["c"]', 'ENTRYPOINT ["/e"]'], { Entrypoint: ['/e'], Cmd: ['c'] }],
  ['no CMD and no ENTRYPOINT', ['CMD []', 'ENTRYPOINT'], { Entrypoint: null, Cmd: null }],
  ['the old ENV', ['ENV A  b c'], { Env: ['A=b c'] }],
  ['ENV with quotes', [`ENV A="x y" B='$A' C=a\\ b`], { Env: ['A=x y', 'B=$A', 'C=a b'] }],
  [
    'ENV that uses another',
    ['ENV A=1', `ENV A=2 B=$A-\${A:-d}\${NO:-d}\${A:+y}`],
    { Env: ['A=2', 'B=1-1dy'] },
  ],
  ['LABEL', ['LABEL a.b=c "d e"="f g"'], { Labels: { 'a.b': 'c', 'd e': 'f g' } }],
  [
    'EXPOSE',
    ['EXPOSE 80 53/UDP 90-91'],
    { ExposedPorts: { '80/tcp': {}, '53/udp': {}, '90/tcp': {}, '91/tcp': {} } },
  ],
  [
    'EXPOSE with more than it means',
    ['EXPOSE 127.0.0.1:80:81 82/ $NONE'],
    { ExposedPorts: { '81/tcp': {}, '82/tcp': {} } },
  ],
  ['VOLUME', ['VOLUME ["/a", "/b c"]', 'VOLUME /d'], { Volumes: { '/a': {}, '/b c': {}, '/d': {} } }],
  ['USER', ['USER 1:2'], { User: '1:2' }],
  ['WORKDIR', ['WORKDIR /a', 'WORKDIR b/../c'], { WorkingDir: '/a/c' }],
  ['STOPSIGNAL that the kernel may not have', ['STOPSIGNAL 70'], { StopSignal: '70' }],
  ['STOPSIGNAL', ['STOPSIGNAL SIGQUIT'], { StopSignal: 'SIGQUIT' }],
  ['ONBUILD', ['ONBUILD RUN x'], { OnBuild: ['RUN x'] }],
  ['HEALTHCHECK NONE', ['HEALTHCHECK NONE'], { Healthcheck: { Test: ['NONE'] } }],
  [
    'HEALTHCHECK',
    ['HEALTHCHECK --interval=1m30s --retries=2 CMD curl -f x || exit 1'],
    { Healthcheck: { Interval: 90e9, Retries: 2, Test: ['CMD-SHELL', 'curl -f x || exit 1'] } },
  ],
  [
    'HEALTHCHECK with zeros',
    ['HEALTHCHECK --interval=0 --retries=0 CMD x'],
    { Healthcheck: { Test: ['CMD-SHELL', 'x'] } },
  ],
  ['HEALTHCHECK with a list', ['HEALTHCHECK CMD ["/h"]'], { Healthcheck: { Test: ['CMD', '/h'] } }],
  ['several lines and a comment', ['USER a\n# no\n\nUSER b'], { User: 'b' }],
];

for (const [what, changes, expected] of CHANGES) {
  test(`${what} changes the configuration`, async () => {
    assert.deepEqual(await applyChanges({}, changes), expected);
  });
}

test('every port there is may be exposed, and the given configuration stays as it is', async () => {
  const given = { Labels: { a: '1' }, ExposedPorts: { '80/tcp': {} } };
  const changed = await applyChanges(given, ['EXPOSE 1-65535', 'LABEL a=2']);
  assert.equal(Object.keys(changed.ExposedPorts ?? {}).length, 65_535);
  assert.deepEqual(given, { Labels: { a: '1' }, ExposedPorts: { '80/tcp': {} } });
});

const REFUSED: [string, RegExp][] = [
  ['FROM x', /^FROM is not a valid change command$/],
  ['ONBUILD', /^ONBUILD requires at least one argument$/],
  ['USER', /^USER requires exactly one argument$/],
  ['STOPSIGNAL x', /^invalid signal: x$/],
  ['STOPSIGNAL 0', /^invalid signal: 0$/],
  ['STOPSIGNAL $NONE', /^invalid signal: $/],
  ['EXPOSE 82-80', /^Invalid containerPort: 82-80$/],
  ['EXPOSE 80/foo', /^Invalid proto: foo$/],
  ['ENV A', /ENV must have two arguments/],
  ['ENV A="x', /looking for matching double-quote/],
  ['LABEL =x', /names can not be blank/],
  ['EXPOSE 0x50', /^Invalid containerPort: 0x50$/],
  ['EXPOSE 70000', /^Invalid containerPort/],
  ['ENV A=b C', /can't find = in "C"/],
  [`WORKDIR ${'a/../'.repeat(2000)}`, /file name too long/],
  ['ONBUILD ONBUILD RUN x', /isn't allowed/],
  ['HEALTHCHECK --interval=5 CMD x', /invalid duration "5"/],
  ['HEALTHCHECK x', /Unknown type "X"/],
  ['HEALTHCHECK --constructor=5 CMD x', /unknown flag: --constructor/],
  ['HEALTHCHECK --retries=x CMD x', /parsing "x": invalid syntax/],
  ['HEALTHCHECK --retries=-1 CMD x', /--retries cannot be negative/],
  ['HEALTHCHECK --interval=1us CMD x', /Interval "interval" cannot be less than 1ms/],
  ['constructor x', /^constructor is not a valid change command/],
  ['EXPOSE 1-65535 1-65535/udp', /too many exposed ports: 131070/],
  [`CMD a${' '.repeat(100_000)}b`, /too many changes/],
  ['USER x\n'.repeat(300), /too many changes/],
];

for (const [change, message] of REFUSED) {
  test(`${change.slice(0, 40)} is refused`, async () => {
    await assert.rejects(applyChanges({}, [change]), { kind: 'invalid-parameter', message });
  });
}

test('what is there already stays, and the argument is not changed', async () => {
  const given: ContainerDefaults = { Env: ['PATH=/bin'], Labels: { a: '1' } };
  assert.deepEqual(await applyChanges(given, ['ENV B=2', 'LABEL b=2']), {
    Env: ['PATH=/bin', 'B=2'],
    Labels: { a: '1', b: '2' },
  });
  assert.deepEqual(given, { Env: ['PATH=/bin'], Labels: { a: '1' } });
});
