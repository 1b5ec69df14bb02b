import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test, type TestContext } from 'node:test';

const CHECKER = join(import.meta.dirname, 'check-rooms.ts');

/** What the checker says of a tree of these files, and its exit status. */
function check(t: TestContext, files: Record<string, string>): { status: number | null; output: string } {
  const root = mkdtempSync('/tmp/slipway-rooms-');
  t.after(() => rmSync(root, { recursive: true, force: true }));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  const { status, stdout, stderr } = spawnSync(process.execPath, [CHECKER], { cwd: root, encoding: 'utf8' });
  return { status, output: stdout + stderr };
}

test('imports downwards pass', t => {
  const { status, output } = check(t, {
    'src/base/errors.ts': '',
    'src/kernel/mounts.ts': `import type { Kind } from '../base/errors.ts';`,
    'src/graph/content/content.ts': '',
    'src/graph/images/image.ts': `import { content } from '../content/content.ts';`,
  });
  assert.equal(output, '');
  assert.equal(status, 0);
});

test('an import of a room above fails', t => {
  const { status, output } = check(t, {
    'src/base/errors.ts': `import type { Mount } from '../kernel/mounts.ts';`,
    'src/kernel/mounts.ts': '',
  });
  assert.equal(status, 1);
  assert.match(output, /src\/base\/errors\.ts: room base may not import room kernel/);
});

test('a file outside of all rooms fails, and so does an import of one', t => {
  const { status, output } = check(t, {
    'src/elsewhere/file.ts': '',
    'src/loose.ts': '',
    'src/base/errors.ts': `import '../loose.ts';`,
  });
  assert.equal(status, 1);
  assert.match(output, /src\/elsewhere\/file\.ts: lies in no room/);
  assert.match(output, /src\/loose\.ts: lies in no room/);
  assert.match(output, /src\/base\/errors\.ts: src\/loose\.ts lies in no room/);
});

test('a circle of two files fails, also when one way is a type', t => {
  const { status, output } = check(t, {
    'src/base/a.ts': `import { b } from './b.ts';`,
    'src/base/b.ts': `import type { A } from './a.ts';`,
  });
  assert.equal(status, 1);
  assert.match(output, /src\/base: a\.ts → b\.ts → a\.ts is a circle/);
  assert.match(output, /src\/base\/b\.ts imports src\/base\/a\.ts/);
});

test('a circle of three files in several folders fails', t => {
  const { status, output } = check(t, {
    'src/base/a.ts': `export * from './go/b.ts';`,
    'src/base/go/b.ts': `const { c } = await import('../json/c.ts');`,
    'src/base/json/c.ts': `import { a } from '../a.ts';`,
  });
  assert.equal(status, 1);
  assert.match(output, /src\/base: a\.ts → go → json → a\.ts is a circle/);
});

test('two folders that import each other fail, without any circle of files', t => {
  const { status, output } = check(t, {
    'src/kernel/bpf/assembler.ts': `import { link } from '../netlink/link.ts';`,
    'src/kernel/bpf/program.ts': '',
    'src/kernel/netlink/link.ts': '',
    'src/kernel/netlink/filter.ts': `import { program } from '../bpf/program.ts';`,
  });
  assert.equal(status, 1);
  assert.match(output, /src\/kernel: bpf → netlink → bpf is a circle/);
});

test('an import against the order within a room fails', t => {
  const { status, output } = check(t, {
    'src/graph/content/content.ts': `import type { Image } from '../images/image.ts';`,
    'src/graph/images/image.ts': '',
    'src/graph/somewhere/else.ts': '',
  });
  assert.equal(status, 1);
  assert.match(
    output,
    /src\/graph\/content\/content\.ts: imports src\/graph\/images\/image\.ts, but images is not below content/,
  );
  assert.match(output, /src\/graph\/somewhere: has no place in the order of src\/graph/);
});

test('drivers, each in a folder of its own, do not know each other', t => {
  const { status, output } = check(t, {
    'src/execdriver/driver.ts': '',
    'src/execdriver/native/open.ts': `import type { Driver } from '../driver.ts';`,
    'src/execdriver/other/open.ts': `import { open } from '../native/open.ts';`,
  });
  assert.equal(status, 1);
  assert.equal(
    output,
    'src/execdriver/other/open.ts: imports src/execdriver/native/open.ts, but native is not below other\n',
  );
});

test('the FFI library is imported by one file only', t => {
  const { status, output } = check(t, {
    'src/kernel/libc.ffi.ts': `import koffi from 'koffi';`,
    'src/kernel/mounts.ts': `import koffi from 'koffi';`,
  });
  assert.equal(status, 1);
  assert.equal(output, 'src/kernel/mounts.ts: only src/kernel/libc.ffi.ts may import koffi\n');
});

test('what tests import does not count', t => {
  const { output } = check(t, {
    'src/base/errors.ts': '',
    'src/base/errors.test.ts': `import { mount } from '../kernel/mounts.ts';`,
    'src/kernel/mounts.ts': `import { error } from '../base/errors.ts';`,
  });
  assert.equal(output, '');
});
