import assert from 'node:assert/strict';
import { test } from 'node:test';
import { resolveUser } from './resolve-user.ts';

const files = {
  passwd:
    'root:x:0:0:root:/root:/bin/sh\n# comment\napp:x:1000:1000:app:/home/app:/bin/sh\n42:x:7:7::/forty-two:\n',
  group: 'root:x:0:\naudio:x:29:app\nvideo:x:44:app,other\napp:x:1000:\n',
};

test('names, numbers and groups are resolved as Docker does', () => {
  const cases: [string, string[], number, number, number[], string][] = [
    ['', [], 0, 0, [0], '/root'],
    ['root', [], 0, 0, [0], '/root'],
    ['app', [], 1000, 1000, [1000, 29, 44], '/home/app'],
    ['1000', [], 1000, 1000, [1000, 29, 44], '/home/app'],
    ['app:video', [], 1000, 44, [44], '/home/app'],
    ['1000:5', [], 1000, 5, [5], '/home/app'],
    ['5', [], 5, 0, [0], '/'],
    // A number is an id even where somebody has it as a name.
    ['42', [], 42, 0, [0], '/'],
    [':29', [], 0, 29, [29], '/root'],
    ['app', ['video', '777', 'root'], 1000, 1000, [1000, 29, 44, 777, 0], '/home/app'],
  ];
  for (const [user, groupAdd, uid, gid, additionalGids, home] of cases)
    assert.deepEqual(resolveUser(user, files, groupAdd), { uid, gid, additionalGids, home }, user);
});

test('entries are found among millions of lines, and beside one of megabytes', () => {
  const lines = 'a:x:1:\n'.repeat(1_400_000);
  const line = `g:x:7:${'b,'.repeat(5_000_000)}`;
  const user = { uid: 1000, gid: 1000, additionalGids: [1000, 29, 44], home: '/home/app' };
  assert.deepEqual(
    resolveUser('app', { passwd: lines + files.passwd, group: `${line}\n${files.group}` }),
    user,
  );
  assert.deepEqual(
    resolveUser('1000', { passwd: `${line}\n${files.passwd}`, group: lines + files.group }),
    user,
  );
  for (const text of [':'.repeat(1e7), '\n'.repeat(1e7), ' '.repeat(1e7), '#'.repeat(1e7), ':\n'.repeat(5e6)])
    assert.throws(() => resolveUser('nobody', { passwd: text, group: text }, ['nobody', '5']));
});

test('without account files only numbers work', () => {
  assert.deepEqual(resolveUser('7:8', {}), { uid: 7, gid: 8, additionalGids: [8], home: '/' });
  assert.deepEqual(resolveUser('', {}), { uid: 0, gid: 0, additionalGids: [0], home: '/' });
});

test('what cannot be found is refused in Docker’s words', () => {
  const cases: [string, string[], string][] = [
    ['nobody', [], 'unable to find user nobody: no matching entries in passwd file'],
    ['app:nogroup', [], 'unable to find group nogroup: no matching entries in group file'],
    ['app', ['nogroup'], 'unable to find group nogroup: no matching entries in group file'],
    ['0:0:0', [], 'unable to find group 0:0: no matching entries in group file'],
    ['-1', [], 'uids and gids must be in range 0-2147483647'],
    ['0:4294967295', [], 'uids and gids must be in range 0-2147483647'],
  ];
  for (const [user, groupAdd, message] of cases)
    assert.throws(() => resolveUser(user, files, groupAdd), { kind: 'invalid-parameter', message });
});
