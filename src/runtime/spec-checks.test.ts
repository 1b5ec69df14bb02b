import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { EngineError } from '../base/errors.ts';
import { encodeJson } from '../base/exact-json.ts';
import { places, replaced } from '../base/testing/places.ts';
import { compileContainer } from '../libcontainer/compile-container.ts';
import { FieldWriter } from '../libcontainer/field-writer.ts';
import type { Spec } from '../oci/runtime-spec.ts';
import { writePlan } from '../libcontainer/wire.ts';
import { exampleSpec } from './example-spec.ts';
import { parseJson } from './read-json.ts';
import { SPEC_CHECK } from './spec-checks.ts';

const MOST = 2n ** 64n - 1n;

const parse = (spec: unknown) => parseJson(JSON.stringify(spec), 'config.json', SPEC_CHECK);

function fullSpec(): Spec {
  const spec = exampleSpec(false);
  return {
    ...spec,
    hooks: { poststop: [{ path: '/bin/x', args: ['x'], env: ['A=b'], timeout: 1 }] },
    annotations: { a: 'b' },
    process: {
      ...spec.process!,
      scheduler: { policy: 'SCHED_OTHER', nice: 1 },
      ioPriority: { class: 'IOPRIO_CLASS_BE', priority: 1 },
      oomScoreAdj: 5,
    },
    linux: {
      ...spec.linux,
      uidMappings: [{ containerID: 0, hostID: 1, size: 2 }],
      gidMappings: [{ containerID: 0, hostID: 1, size: 2 }],
      namespaces: [...(spec.linux?.namespaces ?? []), { type: 'user' }, { type: 'time' }],
      timeOffsets: { boottime: { secs: 1, nanosecs: 2 } },
      devices: [{ type: 'c', path: '/dev/x', major: 1, minor: 2, fileMode: 3, uid: 4, gid: 5 }],
      resources: {
        memory: { limit: 1, swap: 2, swappiness: 3 },
        cpu: { shares: 1, quota: 2, period: 3, cpus: '0' },
        pids: { limit: 1 },
        blockIO: { weight: 10, throttleReadBpsDevice: [{ major: 1, minor: 2, rate: 3 }] },
        hugepageLimits: [{ pageSize: '2MB', limit: 1 }],
      },
      seccomp: {
        defaultAction: 'SCMP_ACT_ALLOW',
        syscalls: [
          {
            names: ['mkdir'],
            action: 'SCMP_ACT_ERRNO',
            errnoRet: 1,
            args: [{ index: 0, value: 1, op: 'SCMP_CMP_EQ' }],
          },
        ],
      },
      sysctl: { 'net.ipv4.ip_forward': '1' },
      rootfsPropagation: 'slave',
    },
  };
}

test('the place that is wrong is named, with what was expected and what was there', () => {
  const wrong: [unknown, RegExp][] = [
    [{}, /^config\.json: ociVersion: expected a value, got none$/],
    [[], /^config\.json: the document: expected an object, got \[\]$/],
    [replaced(fullSpec(), ['process', 'args', 0], 5), /process\.args\[0\]: expected a string.*, got 5$/],
    [
      replaced(fullSpec(), ['process', 'user', 'uid'], -1),
      /process\.user\.uid: expected an integer from 0 to 4294967294, got -1$/,
    ],
    [
      replaced(fullSpec(), ['linux', 'namespaces', 0, 'type'], 'x'),
      /linux\.namespaces\[0\]\.type: expected one of pid, .*, got "x"$/,
    ],
    [replaced(fullSpec(), ['linux', 'sysctl', 'a.b'], 1), /linux\.sysctl\["a\.b"\]: expected a string/],
    [replaced(fullSpec(), ['root', 'readonly'], 'yes'), /root\.readonly: expected true or false, got "yes"$/],
    [
      replaced(fullSpec(), ['hooks', 'poststop', 0, 'path'], 'x'),
      /hooks\.poststop\[0\]\.path: expected an absolute path, got "x"$/,
    ],
  ];
  for (const [document, words] of wrong)
    assert.throws(() => parse(document), { name: 'EngineError', message: words });
  assert.throws(
    () => parseJson('{', 'config.json', SPEC_CHECK),
    /^EngineError: config\.json: invalid JSON: /,
  );
});

test('what is null counts as absent', () => {
  const spec = parse(replaced(fullSpec(), ['linux', 'seccomp'], null));
  assert.equal(spec.linux?.seccomp, undefined);
  assert.equal(spec.hostname, 'slipway');
});

test('any value anywhere in a configuration gives a plan that can be sent, or an EngineError', () => {
  const spec = fullSpec();
  const all = places(spec);
  const values = fc.oneof(
    fc.anything({ maxDepth: 2 }).filter(value => JSON.stringify(value) !== undefined),
    fc.constantFrom('', '/', '..', '\0', -1, 0, 2 ** 53, 2 ** 64, 1e300, null, true, [], {}),
  );
  fc.assert(
    fc.property(fc.constantFrom(...all), values, (place, value) => {
      try {
        const changed = parse(replaced(spec, place, value));
        const { plan } = compileContainer({
          id: 'fuzzed',
          spec: {
            ...changed,
            process: { ...changed.process!, user: { uid: 0, gid: 0, ...changed.process?.user } },
          },
          rootfs: { type: 'bind', path: '/rootfs' },
          cgroupLayout: {
            mode: 'v2',
            v1: [],
            unified: {
              mountPoint: '/sys/fs/cgroup',
              root: '/',
              controllers: ['cpu', 'memory', 'pids', 'io', 'cpuset', 'hugetlb'],
              own: '/',
            },
          },
        });
        writePlan(new FieldWriter(), plan);
      } catch (error) {
        if (!(error instanceof EngineError)) throw error;
      }
    }),
    { numRuns: 3000 },
  );
});

test('a document of any content is refused or understood', () => {
  fc.assert(
    fc.property(fc.json(), content => {
      try {
        parseJson(content, 'config.json', SPEC_CHECK);
      } catch (error) {
        if (!(error instanceof EngineError)) throw error;
      }
    }),
    { numRuns: 500 },
  );
});

test('names that every object has mean nothing as options, limits and policies', () => {
  const bundle = { ...exampleSpec(false) };
  const compiled = (change: object) => () =>
    compileContainer({
      id: 'x',
      spec: { ...bundle, ...change },
      rootfs: { type: 'bind', path: '/r' },
      cgroupLayout: { mode: 'v1', v1: [] },
      withoutCgroups: true,
    });
  const process = bundle.process!;
  assert.throws(
    compiled({ process: { ...process, rlimits: [{ type: 'valueOf', soft: 1, hard: 1 }] } }),
    /invalid rlimit type: valueOf/,
  );
  assert.throws(
    compiled({ process: { ...process, scheduler: { policy: 'toString' } } }),
    /policy: expected one of/,
  );
  const mounts = [{ destination: '/m', type: 'tmpfs', options: ['valueOf', 'constructor'] }];
  const options = compiled({ mounts })().plan.child.flatMap(operation =>
    operation.op === 'mount' ? operation.options : [],
  );
  assert.deepEqual(options, ['valueOf', 'constructor', 'mode=inherit']);
});

test('limits and arguments of 64 bits are exact', () => {
  const spec = exampleSpec(false);
  const rlimits = [{ type: 'RLIMIT_CORE', hard: MOST, soft: 2n ** 63n - 1n }];
  const args = [{ index: 0, value: MOST, valueTwo: 2n ** 53n + 1n, op: 'SCMP_CMP_MASKED_EQ' as const }];
  const syscalls = [{ names: ['clone'], action: 'SCMP_ACT_ERRNO' as const, args }];
  const resources = { memory: { limit: 2n ** 53n + 1n }, pids: { limit: 2n ** 63n - 1n } };
  const wanted = {
    ...spec,
    process: { ...spec.process!, rlimits },
    linux: { ...spec.linux, resources, seccomp: { defaultAction: 'SCMP_ACT_ALLOW' as const, syscalls } },
  };
  const { process, linux } = parseJson(encodeJson(wanted), 'config.json', SPEC_CHECK);
  assert.deepEqual(process?.rlimits, rlimits);
  assert.deepEqual([linux?.resources, linux?.seccomp?.syscalls], [resources, syscalls]);
  const tooMuch = {
    ...wanted,
    process: { ...wanted.process, rlimits: [{ ...rlimits[0], hard: MOST + 1n }] },
  };
  assert.throws(() => parseJson(encodeJson(tooMuch), 'config.json', SPEC_CHECK), {
    kind: 'invalid-parameter',
    message:
      /rlimits\[0\]\.hard: expected an integer from -1 to 18446744073709551615, got 18446744073709551616/,
  });
});
