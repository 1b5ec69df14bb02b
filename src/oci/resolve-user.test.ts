import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AccountFiles, resolveUser } from './resolve-user.ts';

function account(passwd: string | undefined, group?: string): AccountFiles {
  const contents = new Map([
    ['/etc/passwd', passwd],
    ['/etc/group', group],
  ]);
  return {
    readFile: async path => {
      const content = contents.get(path);
      return content === undefined ? undefined : Buffer.from(content);
    },
  };
}

const files = account(
  'root:x:0:0:root:/root:/bin/sh\n# comment\napp:x:1000:1000:app:/home/app:/bin/sh\n42:x:7:7::/forty-two:\n',
  'root:x:0:\naudio:x:29:app\nvideo:x:44:app,other\napp:x:1000:\n12:x:45:\n',
);

test('names, numbers and groups are resolved as Docker does', async () => {
  const cases: [string, string[], number, number, number[], string][] = [
    ['', [], 0, 0, [0], '/root'],
    ['root', [], 0, 0, [0], '/root'],
    ['app', [], 1000, 1000, [1000, 29, 44], '/home/app'],
    ['1000', [], 1000, 1000, [1000, 29, 44], '/home/app'],
    ['app:video', [], 1000, 44, [44], '/home/app'],
    ['1000:5', [], 1000, 5, [5], '/home/app'],
    ['5', [], 5, 0, [0], '/'],
    // A number is an id even where a user has it as a name.
    ['42', [], 42, 0, [0], '/'],
    [':29', [], 0, 29, [29], '/root'],
    ['app', ['video', '777', 'root', '12'], 1000, 1000, [1000, 29, 44, 777, 0, 12], '/home/app'],
  ];
  for (const [user, groupAdd, uid, gid, additionalGids, home] of cases)
    assert.deepEqual(await resolveUser(user, files, groupAdd), { uid, gid, additionalGids, home }, user);
});

test('without account files only numbers work', async () => {
  const none = account(undefined);
  assert.deepEqual(await resolveUser('7:8', none), { uid: 7, gid: 8, additionalGids: [8], home: '/' });
  assert.deepEqual(await resolveUser('', none), { uid: 0, gid: 0, additionalGids: [0], home: '/' });
});

test('lines with letters for numbers, or too few fields, mean what they mean to Docker', async () => {
  const cases: [string, string, string, number, number[]][] = [
    ['web', 'web:x:abc:5::/h:\n', '', 0, [5]],
    ['web', 'web:x:7:abc::/h:\n', '', 7, [0]],
    ['web', 'web:x:7\n', '', 7, [0]],
    ['web', 'web\n', '', 0, [0]],
    ['web', 'web:x:0x10:1e3::/h:\n', '', 0, [0]],
    ['web', 'web:x:1_0: 7::/h:\n', '', 0, [0]],
    ['web', '  web:x:+5:007::/h:\n', '', 5, [7]],
    ['alice', 'alice:x:7:7::/h:\n', 'g:x:abc:alice\nh:x:9:alice\n', 7, [7, 0, 9]],
    ['alice:g', 'alice:x:7:7::/h:\n', 'g:x\n', 7, [0]],
    ['a,b', 'a,b:x:7:7::/h:\n', 'g:x:9:a,b\n', 7, [7]],
    ['', 'somebody:x:abc:5::/h:\n', 'g:x:9:somebody\n', 0, [5, 9]],
    ['', ':::::\n', 'g:x:9:\n', 0, [0]],
  ];
  for (const [user, passwd, group, uid, additionalGids] of cases) {
    const resolved = await resolveUser(user, account(passwd, group));
    assert.deepEqual([resolved.uid, resolved.additionalGids], [uid, additionalGids], passwd + group);
  }
});

test('ids that are no ids of Linux are refused, wherever they come from', async () => {
  const cases: [string, string, string, string[]][] = [
    ['web', 'web:x:4294967301:7::/h:\n', '', []],
    ['web', 'web:x:99999999999999999999999:7::/h:\n', '', []],
    ['web', 'web:x:-5:7::/h:\n', '', []],
    ['web', 'web:x:5:4294967301::/h:\n', '', []],
    ['web', 'web:x:5:5::/h:\n', 'g:x:4294967301:web\n', []],
    ['0', '', '', ['4294967301']],
    ['0', '', '', ['-3']],
  ];
  for (const [user, passwd, group, groupAdd] of cases)
    await assert.rejects(resolveUser(user, account(passwd, group), groupAdd), {
      kind: 'invalid-parameter',
      message: 'uids and gids must be in range 0-2147483647',
    });
});

test('more groups than the kernel takes are refused', async () => {
  const groups = Array.from({ length: 65_537 }, (_, index) => `g:x:${index + 10}:web\n`).join('');
  await assert.rejects(resolveUser('web', account('web:x:5:5::/h:\n', groups)), {
    kind: 'invalid-parameter',
    message: 'unable to setup user: setgroups: invalid argument',
  });
});

test('files that cannot be read are told of in Docker’s words', async () => {
  const broken = {
    readFile: async (path: string) => {
      if (path === '/etc/passwd') return Buffer.from('web:x:5:5::/h:\n');
      throw new Error('read /etc/group: file exceeds 10485760 bytes');
    },
  };
  await assert.rejects(resolveUser('web', broken), {
    kind: 'invalid-parameter',
    message: 'unable to find groups for spec web: read /etc/group: file exceeds 10485760 bytes',
  });
  assert.equal((await resolveUser('9', broken)).uid, 9);
});

test('what cannot be found is refused in Docker’s words', async () => {
  const cases: [string, string[], string][] = [
    ['nobody', [], 'unable to find user nobody: no matching entries in passwd file'],
    ['app:nogroup', [], 'unable to find group nogroup: no matching entries in group file'],
    ['app', ['nogroup'], 'unable to find group nogroup: no matching entries in group file'],
    ['0:0:0', [], 'unable to find group 0:0: no matching entries in group file'],
    ['-1', [], 'uids and gids must be in range 0-2147483647'],
    ['0:4294967295', [], 'uids and gids must be in range 0-2147483647'],
  ];
  for (const [user, groupAdd, message] of cases)
    await assert.rejects(resolveUser(user, files, groupAdd), { kind: 'invalid-parameter', message });
});
