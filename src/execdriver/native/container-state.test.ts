import assert from 'node:assert/strict';
import { mkdtempSync, openSync, closeSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { test, type TestContext } from 'node:test';
import type { Spec } from '../../oci/runtime-spec.ts';
import { type ContainerState, readContainerState, readExit, writeContainerState } from './container-state.ts';

const SPEC = { ociVersion: '1.2.0', hostname: 'a name' } as Spec;
const STATE = {
  spec: SPEC,
  cgroupPaths: { mode: 'v2', v1: {}, unified: '/sys/fs/cgroup/x', unifiedControllers: [] },
} as ContainerState;

function directory(t: TestContext): string {
  const path = mkdtempSync(`${tmpdir()}/slipway-state-`);
  t.after(() => rmSync(path, { recursive: true }));
  return path;
}

/** As the shim does. */
function noteExit(stateDir: string, line: string): void {
  const file = openSync(`${stateDir}/container.json`, 'r+');
  writeSync(file, line, 0);
  closeSync(file);
}

test('an exit that the shim has noted is read, and the state beside it', t => {
  const stateDir = directory(t);
  writeContainerState(stateDir, STATE);
  assert.equal(readExit(stateDir), undefined);
  assert.deepEqual(readContainerState(stateDir).spec, SPEC);
  noteExit(stateDir, `${'137 1 1796097847576621852'.padEnd(95)}\n`);
  assert.deepEqual(readExit(stateDir), {
    code: 137,
    oomKilled: true,
    exitedAtNs: 1796097847576621852n,
  });
  assert.deepEqual(readContainerState(stateDir).spec, SPEC);
});

test('what a shim of version 2 has left is read', t => {
  const stateDir = directory(t);
  writeFileSync(`${stateDir}/container.json`, JSON.stringify({ ...STATE, protocol: 2 }));
  assert.equal(readContainerState(stateDir).protocol, 2);
  assert.equal(readExit(stateDir), undefined);
  for (const line of ['5 0 17\n', `${'5 0 17'.padEnd(95)}\n`]) {
    writeFileSync(`${stateDir}/exit`, line);
    assert.deepEqual(readExit(stateDir), { code: 5, oomKilled: false, exitedAtNs: 17n });
  }
});

test('what was not written to its end is no state', t => {
  const stateDir = directory(t);
  for (const text of ['', ' '.repeat(50), `${' '.repeat(95)}\n`, `${' '.repeat(95)}\n{"spec":`]) {
    writeFileSync(`${stateDir}/container.json`, text);
    assert.throws(() => readContainerState(stateDir), { kind: 'not-found' });
    assert.equal(readExit(stateDir), undefined);
  }
});
