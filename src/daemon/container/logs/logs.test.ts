import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { formatTime, parseTime } from '../../model/clock.ts';
import { EMPTY_CONFIG } from '../../model/config.ts';
import type { ContainerRecord } from '../../model/container-record.ts';
import { lineAttributes, logDetails } from './log-attributes.ts';
import { checkLogConfig, checkLogPatterns, rotation } from './log-config.ts';
import { type ReadLogsOptions, readLogs } from './read-logs.ts';

function line(text: string, second: number, stream = 'stdout'): string {
  return `${JSON.stringify({ log: text, stream, time: formatTime(BigInt(second) * 1_000_000_000n) })}\n`;
}

function logFile(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'logs-'));
  t.after(() => rmSync(directory, { recursive: true }));
  return join(directory, 'x-json.log');
}

function options(path: string, more: Partial<ReadLogsOptions> = {}): ReadLogsOptions {
  return {
    path,
    stdout: true,
    stderr: true,
    timestamps: false,
    multiplexed: false,
    follow: false,
    signal: AbortSignal.timeout(20_000),
    isOver: () => false,
    onOver: () => () => undefined,
    ...more,
  };
}

async function read(path: string, more: Partial<ReadLogsOptions> = {}): Promise<string> {
  return Buffer.concat(await Array.fromAsync(readLogs(options(path, more)))).toString();
}

test('all lines of all rotated files are read, oldest first', async t => {
  const path = logFile(t);
  writeFileSync(`${path}.2`, line('a\n', 1));
  writeFileSync(`${path}.1`, line('b\n', 2) + line('c\n', 3, 'stderr'));
  writeFileSync(path, `${line('d', 4)}{"log":"half`);
  assert.equal(await read(path), 'a\nb\nc\nd');
  assert.equal(await read(path, { stderr: false }), 'a\nb\nd');
  assert.equal(await read(path, { tail: 2 }), 'c\nd');
  assert.equal(await read(path, { tail: 3 }), 'b\nc\nd');
  assert.equal(await read(path, { tail: 0 }), '');
  assert.equal(
    await read(path, { sinceNs: parseTime('1970-01-01T00:00:02Z'), untilNs: 3_000_000_000n }),
    'b\nc\n',
  );
});

test('reading goes on where rotated files have been removed', async t => {
  const path = logFile(t);
  writeFileSync(`${path}.2`, line('a\n', 1));
  writeFileSync(path, line('c\n', 3));
  assert.equal(await read(path), 'c\n');
});

test('what is too long to be a line is passed over, and not kept', async t => {
  const path = logFile(t);
  writeFileSync(path, `${line('a\n', 1)}${'x'.repeat(3 << 20)}\n${line('b\n', 2)}${'y'.repeat(3 << 20)}`);
  assert.equal(await read(path), 'a\nb\n');
});

test('a tail across many chunks is exact', async t => {
  const path = logFile(t);
  writeFileSync(path, Array.from({ length: 5000 }, (_, n) => line(`line ${n}\n`, n)).join(''));
  const text = await read(path, { tail: 3000 });
  assert.equal(text.split('\n').length, 3001);
  assert.ok(text.startsWith('line 2000\n') && text.endsWith('line 4999\n'));
  assert.equal((await read(path)).split('\n').length, 5001);
});

test('frames and time stamps are as Docker writes them', async t => {
  const path = logFile(t);
  writeFileSync(path, line('oops\n', 1, 'stderr'));
  const [piece] = await Array.fromAsync(readLogs(options(path, { multiplexed: true, timestamps: true })));
  const content = '1970-01-01T00:00:01.000000000Z oops\n';
  assert.deepEqual(
    piece,
    Buffer.concat([Buffer.from([2, 0, 0, 0, 0, 0, 0, content.length]), Buffer.from(content)]),
  );
});

test('a follower sees every line once, through several rotations, and ends when the writer has', async t => {
  const path = logFile(t);
  writeFileSync(path, line('0\n', 0));
  let isOver = false;
  let over = (): void => undefined;
  const reading = read(path, {
    follow: true,
    isOver: () => isOver,
    onOver: callback => {
      over = callback;
      return () => undefined;
    },
  });
  for (let n = 1; n < 200; n += 1) {
    if (n % 20 === 0) {
      for (let generation = 20; generation > 0; generation -= 1) {
        try {
          renameSync(generation === 1 ? path : `${path}.${generation - 1}`, `${path}.${generation}`);
        } catch {}
      }
    }
    const text = line(`${n}\n`, n);
    appendFileSync(path, text.slice(0, 10));
    appendFileSync(path, text.slice(10));
    if (n % 30 === 0) await new Promise(resolve => setTimeout(resolve, 2));
  }
  isOver = true;
  over();
  const expected = Array.from({ length: 200 }, (_, n) => `${n}\n`).join('');
  assert.equal(await reading, expected);
});

test('a follower reads on when the file is emptied or replaced', async t => {
  const path = logFile(t);
  writeFileSync(path, line('first\n', 1) + line('second\n', 2));
  const abort = new AbortController();
  const pieces = readLogs(options(path, { follow: true, signal: abort.signal }));
  const next = async () => String((await pieces.next()).value);
  assert.equal(await next(), 'first\nsecond\n');
  truncateSync(path);
  appendFileSync(path, line('third\n', 3));
  assert.equal(await next(), 'third\n');
  appendFileSync(path, line('fourth\n', 4));
  writeFileSync(`${path}.new`, line('fifth\n', 5));
  renameSync(`${path}.new`, path);
  assert.equal((await next()) + (await next()), 'fourth\nfifth\n');
  appendFileSync(path, line('sixth\n', 6));
  assert.equal(await next(), 'sixth\n');
  abort.abort();
  assert.equal((await pieces.next()).done, true);
});

test('a follower ends when its client leaves, also while the file is not there yet', async t => {
  const abort = new AbortController();
  const reading = read(logFile(t), { follow: true, signal: abort.signal });
  setTimeout(() => abort.abort(), 10);
  assert.equal(await reading, '');
});

test('log options are checked in Docker’s words', () => {
  checkLogConfig({ Type: 'none', Config: {} });
  for (const Type of ['json-file', 'local']) {
    checkLogConfig({ Type, Config: { 'max-file': '3' } });
    checkLogConfig({ Type, Config: { compress: 'true', 'max-size': '1m', 'max-file': '2' } });
    checkLogConfig({ Type, Config: { 'cache-disabled': 'true', 'cache-max-size': '1m' } });
  }
  assert.deepEqual(rotation({ Type: 'json-file', Config: { 'max-file': '3' } }), {
    maxBytes: 0,
    maxFiles: 3,
  });
  assert.deepEqual(rotation({ Type: 'local', Config: { 'max-size': '0' } }).maxBytes, 20 << 20);
  assert.deepEqual(rotation({ Type: 'json-file', Config: { 'max-size': '10k', 'max-file': '3' } }), {
    maxBytes: 10240,
    maxFiles: 3,
  });
  assert.deepEqual(rotation({ Type: 'local', Config: {} }), { maxBytes: 20 << 20, maxFiles: 5 });
  const cases = [
    ['foo', {}, 'error looking up logging plugin foo: plugin "foo" not found'],
    ['json-file', { foo: 'bar' }, "unknown log opt 'foo' for json-file log driver"],
    ['local', { labels: 'a' }, "unknown log opt 'labels' for log driver local"],
    ['json-file', { mode: 'foo' }, 'logger: logging mode not supported: foo'],
    [
      'json-file',
      { 'max-buffer-size': '1m' },
      "logger: max-buffer-size option is only supported with 'mode=non-blocking'",
    ],
    ['json-file', { 'max-size': 'foo' }, "invalid size: 'foo'"],
    ['json-file', { 'max-size': '0k' }, 'max-size must be a positive number'],
    ['json-file', { 'max-size': '-1' }, "invalid size: '-1'"],
    ['local', { 'max-size': '-1' }, "invalid value for max-size: -1: invalid size: '-1'"],
    [
      'json-file',
      { compress: 'true', 'max-size': '1m' },
      'compress cannot be true when max-file is less than 2 or max-size is not set',
    ],
    [
      'json-file',
      { compress: 'true', 'max-file': '2' },
      'compress cannot be true when max-file is less than 2 or max-size is not set',
    ],
    ['json-file', { compress: 'x' }, 'strconv.ParseBool: parsing "x": invalid syntax'],
    ['local', { 'max-file': '1' }, 'compression cannot be enabled when max file count is 1'],
    ['local', { 'cache-disabled': 'x' }, 'invalid value for option cache-disabled: x'],
    [
      'json-file',
      { mode: 'non-blocking', 'max-buffer-size': 'x' },
      "error parsing option max-buffer-size: invalid size: 'x'",
    ],
    ['json-file', { 'max-size': '99999999p' }, "invalid size: '99999999p'"],
    ['json-file', { 'max-file': '0', 'max-size': '1m' }, 'max-file cannot be less than 1'],
    ['json-file', { 'max-file': '1e3', 'max-size': '1m' }, 'strconv.Atoi: parsing "1e3": invalid syntax'],
    [
      'json-file',
      { 'max-file': '1000000000', 'max-size': '1m' },
      "invalid max-file: '1000000000': at most 1000 files are kept",
    ],
  ] as const;
  for (const [Type, Config, message] of cases)
    assert.throws(() => checkLogConfig({ Type, Config }), { message });
});

test('a container that was made before there was a limit rotates within it', () => {
  const Config = { 'max-file': '1000000000', 'max-size': '1m' };
  assert.deepEqual(rotation({ Type: '', Config }), { maxBytes: 1 << 20, maxFiles: 1000 });
});

test('patterns of log options are Go’s', async () => {
  await checkLogPatterns({ Type: '', Config: { 'labels-regex': '(?i)^rx', 'env-regex': '[[:alpha:]]' } });
  const refused = (pattern: string, message: RegExp) =>
    assert.rejects(checkLogPatterns({ Type: '', Config: { 'env-regex': pattern } }), {
      kind: 'invalid-parameter',
      message,
    });
  await refused('(', /^error parsing regexp: missing closing \)/);
  await refused('(?=x)', /^error parsing regexp: invalid or unsupported Perl syntax/);
  await refused('a{1000}'.repeat(1000), /^error parsing regexp: expression too large: a\{1000\}/);
});

const taggedRecord = (tag: string) =>
  ({
    id: 'f'.repeat(64),
    name: 'web',
    imageId: `sha256:${'b'.repeat(64)}`,
    path: 'sh',
    args: ['-c', 'true'],
    createdAt: '2026-01-02T03:04:05.6Z',
    config: { ...EMPTY_CONFIG, Image: 'busybox', Labels: { a: '<x>', large: 'l'.repeat(10_000) } },
    hostConfig: { LogConfig: { Config: { tag, labels: 'a' } } },
  }) as unknown as ContainerRecord;

test('each line of a log has the labels and variables that its options name, and its tag', async () => {
  const tagOf = async (tag: string) =>
    JSON.parse(await lineAttributes(taggedRecord(tag), '/c/x-json.log')).tag;
  assert.equal(await lineAttributes(taggedRecord('{{.Name}}'), '/c/x-json.log'), '{"a":"<x>","tag":"web"}');
  assert.equal(await tagOf('{{.ImageName}}/{{.ID}}|{{.ImageID}}'), 'busybox/ffffffffffff|sha256:bbbbb');
  assert.equal(
    await tagOf('{{upper .Name}} {{index .ContainerLabels "a"}} {{.Command}}'),
    'WEB <x> sh -c true',
  );
  assert.equal(await tagOf('{{(.ExtraAttributes nil).a}}{{if .ContainerEnv}}env{{end}}'), '<x>');
  assert.equal(await tagOf('{{.LogPath}}'), '/c/x-json.log');
  assert.equal(await lineAttributes({ ...taggedRecord(''), config: EMPTY_CONFIG }, ''), '');
});

test('a tag that is no template is refused in Go’s words, and one that makes much of little', async () => {
  const cases = {
    '{{.Nope}}': `template: log-tag:1:2: executing "log-tag" at <.Nope>: can't evaluate field Nope in type *logger.Info`,
    '{{.constructor}}': `template: log-tag:1:2: executing "log-tag" at <.constructor>: can't evaluate field constructor in type *logger.Info`,
    '{{': 'template: log-tag:1: unclosed action',
    '{{.ID | nope}}': 'template: log-tag:1: function "nope" not defined',
    '{{ if }}': 'template: log-tag:1: missing value for if',
    '{{range 1000000000}}{{end}}': 'template: log-tag:1: range is not supported',
    '{{printf "%999999999d" 1}}': 'template: log-tag:1: function "printf" not defined',
    '{{index .ContainerLabels "large"}}': /more than 4096 characters/,
    [`{{print ${'(print '.repeat(60)}.ContainerID${' .ContainerID)'.repeat(60)}}}`]:
      /more than 4096 characters/,
    [`{{/* ${'x'.repeat(1024)} */}}`]: /more than 4096 characters/,
  };
  for (const [tag, message] of Object.entries(cases))
    await assert.rejects(lineAttributes(taggedRecord(tag), '/c/x-json.log'), {
      kind: 'invalid-parameter',
      message: typeof message === 'string' ? `failed to initialize logging driver: ${message}` : message,
    });
  assert.equal(await logDetails(taggedRecord('{{.Nope}}'), ''), 'a=%3Cx%3E');
});

test('details are the labels and variables that the log options name, escaped and sorted', async t => {
  const record = {
    id: 'f'.repeat(64),
    name: 'web',
    imageId: '',
    config: { Labels: { b: '2', other: 'x', rx1: 'r' }, Env: ['A=a b,c', 'B=1'] },
    hostConfig: {
      LogConfig: { Config: { labels: 'b', 'labels-regex': '^rx', env: 'A', tag: '{{.Name}}/x' } },
    },
  } as unknown as ContainerRecord;
  const attributes = await logDetails(record, '');
  assert.equal(attributes, 'A=a+b%2Cc,b=2,rx1=r,tag=web%2Fx');
  const path = logFile(t);
  appendFileSync(path, line('one\n', 1));
  assert.equal(await read(path, { attributes }), `${attributes} one\n`);
  assert.equal(
    await read(path, { attributes: '', timestamps: true }),
    '1970-01-01T00:00:01.000000000Z  one\n',
  );
});
