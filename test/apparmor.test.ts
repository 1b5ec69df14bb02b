import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { newId } from '../src/base/ids.ts';
import { readHostFile } from '../src/cgroups/layout.ts';
import { nativeContainers, outputOf } from './fixtures/native-containers.ts';

const PARSER = '/usr/sbin/apparmor_parser';
const profile = `slipway-test-${newId().slice(0, 8)}`;
const containers = nativeContainers();
const skip = whyNot();

/** All is allowed but to touch /secret, so that a denial can come from nothing else. */
const POLICY = `profile ${profile} flags=(attach_disconnected,mediate_deleted) {
  file,
  capability,
  network,
  signal,
  deny /secret rwklx,
}
`;

function whyNot(): string | false {
  if (readHostFile('/sys/module/apparmor/parameters/enabled')?.trim() !== 'Y')
    return 'this kernel runs without AppArmor (npm run test:vm has one with it)';
  return existsSync(PARSER) ? false : `${PARSER} is missing (package apparmor)`;
}

before(() => {
  if (!skip) execFileSync(PARSER, ['--skip-cache', '--replace'], { input: POLICY });
});

after(async () => {
  await containers.close();
  if (!skip) execFileSync(PARSER, ['--remove'], { input: POLICY });
});

test('the process runs under the profile of its spec, and is denied what that denies', { skip }, async () => {
  const script = 'cat /proc/self/attr/current; echo a > /open; cat /open; echo b > /secret; [ -e /secret ]';
  const { status, output } = await containers.run(script, ({ process }) => {
    process.apparmorProfile = profile;
    process.noNewPrivileges = true;
  });
  assert.equal(output, `${profile} (enforce)\na\nsh: can't create /secret: Permission denied\n`);
  assert.equal(status.code, 1);
});

test('without a profile the process is unconfined', { skip }, async () => {
  const { output } = await containers.run('cat /proc/self/attr/current; echo b > /secret; cat /secret');
  assert.equal(output, 'unconfined\nb\n');
});

test('an exec gets the profile of its own process', { skip }, async () => {
  const container = await containers.create('sleep 1000');
  await container.start();
  const exec = await container.exec({
    id: 'e',
    process: {
      user: { uid: 0, gid: 0 },
      args: ['cat', '/proc/self/attr/current'],
      env: ['PATH=/bin'],
      cwd: '/',
      apparmorProfile: profile,
    },
    io: { terminal: false, stdin: false, stdinOnce: false },
  });
  assert.equal((await outputOf(exec)).output, `${profile} (enforce)\n`);
  await container.remove();
});

test('a profile that is not loaded is named, and nothing is left of the container', { skip }, async () => {
  const creating = containers.run('true', ({ process }) => {
    process.apparmorProfile = 'slipway-not-loaded';
  });
  await assert.rejects(creating, /slipway-not-loaded.*no such file or directory/);
});
