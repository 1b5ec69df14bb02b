import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { defaultProfileSource } from './default-profile.ts';
import { isLoaded } from './load-default-profile.ts';

const PARSER = '/usr/sbin/apparmor_parser';

test('a profile counts as loaded when the kernel lists it in any mode', () => {
  const loaded = 'docker-default (enforce)\nother (complain)\nnvidia_modprobe//kmod (enforce)\n';
  assert.deepEqual(
    ['docker-default', 'other', 'docker', 'kmod'].map(name => isLoaded(loaded, name)),
    [true, true, false, false],
  );
});

test('AppArmor’s compiler takes the default profile', {
  skip: existsSync(PARSER) ? false : `${PARSER} is missing`,
}, () => {
  const source = defaultProfileSource('docker-default', 'unconfined');
  const { status, stderr } = spawnSync(PARSER, ['--skip-kernel-load', '--skip-cache'], { input: source });
  assert.equal(status, 0, String(stderr));
});
