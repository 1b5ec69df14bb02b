/**
 * The native programs for arm64, where they have been built (scripts/setup-arm64), by qemu's user-mode emulation: as far
 * as that goes, which knows no clone3(2).
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { nativeContainers } from './fixtures/native-containers.ts';

const QEMU = '/usr/bin/qemu-aarch64-static';
const directory = new URL('../shim/bin/arm64', import.meta.url).pathname;
const isThere = process.arch === 'x64' && existsSync(QEMU) && existsSync(join(directory, 'slipway-shim'));
const skip = isThere ? false : 'not built: scripts/setup-arm64, scripts/build-shim';
/** Of ELF's e_machine (elf(5)). */
const EM_AARCH64 = 183;

test('the programs for arm64 are, and need no library', { skip }, () => {
  for (const name of ['slipway-shim', 'slipway-init', 'hello']) {
    const program = readFileSync(join(directory, name));
    assert.equal(program.readUInt16LE(18), EM_AARCH64, name);
    assert.equal(program.includes('ld-musl'), false, name);
  }
  assert.match(execFileSync(QEMU, [join(directory, 'hello')]).toString(), /Hello from Slipway!/);
  const init = execFileSync(QEMU, [join(directory, 'slipway-init'), '--', '/bin/echo', 'inside']);
  assert.equal(init.toString(), 'inside\n');
});

test('the shim for arm64 reads a plan, and tells which operation has failed', { skip }, async t => {
  const base = mkdtempSync('/tmp/slipway-arm64-');
  t.after(() => rmSync(base, { recursive: true }));
  const emulated = join(base, 'shim');
  writeFileSync(emulated, `#!/bin/sh\nexec ${QEMU} ${directory}/slipway-shim "$@"\n`, { mode: 0o755 });
  const containers = nativeContainers(emulated);
  try {
    await assert.rejects(containers.create('true'), {
      message: /^unable to start container process: error during container init: clone\(flags=.*\): ENOSYS$/,
    });
  } finally {
    await containers.close();
  }
});
