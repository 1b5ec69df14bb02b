import assert from 'node:assert/strict';
import { request } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SystemCheckReport } from '../src/api/types.ts';
import { until } from '../src/base/testing/until.ts';
import { DaemonProcess } from './fixtures/daemon-process.ts';
import { gzipImageOf, imageOf, randomFiles, tarOf } from './fixtures/image-archive.ts';

/** 200 take some minutes: SLIPWAY_CRASH_KILLS=200 npm test -- test/graph-crash.test.ts */
const KILLS = Number(process.env.SLIPWAY_CRASH_KILLS ?? 12);
/** A machine that does much else takes ten minutes for what takes half a one. */
const LONG = { timeout: 3_600_000 };
/** Until each kind of work has succeeded once: some of them fail as long as others are at it. */
const PATIENCE_MS = 600_000;
/** Work is under way for so long at most when the daemon is killed. */
const WORK_MS = 600;

const LAYERS = Array.from({ length: 4 }, (_, index) => tarOf(randomFiles(`layer-${index}`, 60, 5000)));
const LOADED = [imageOf('loaded:latest', LAYERS), gzipImageOf('packed:latest', LAYERS.slice(1))];
const FLAT = tarOf(randomFiles('flat', 20, 20_000));
/** What a kill may leave, and a check takes away. */
const HARMLESS = /^(orphaned-|unknown-file|stale-record)/;

const EMPTY = Buffer.alloc(0);

type Answer = { status: number; body: string };

/** Rejects when the daemon is killed meanwhile. */
function send(daemon: DaemonProcess, method: string, path: string, body: Buffer = EMPTY): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const socketPath = join(daemon.base, 'slipway.sock');
    const headers = {
      'Content-Type': path.startsWith('/containers') ? 'application/json' : 'application/x-tar',
    };
    const call = request({ socketPath, method, path: `/v1.51${path}`, headers, agent: false }, response => {
      text(response).then(answer => resolve({ status: response.statusCode ?? 0, body: answer }), reject);
    });
    call.once('error', reject).end(body);
  });
}

type Work = {
  /** Settles when an image has been loaded, or all is over. */
  loaded: Promise<unknown>;
  over: Promise<unknown>;
};

/** How often each kind of work has succeeded. */
type Done = { loaded: number; removed: number; imported: number; committed: number };

/** What is at work when the daemon is killed: each loop goes on until its requests fail. */
function work(daemon: DaemonProcess, round: number, done: Done): Work {
  const first = Promise.withResolvers<void>();
  const loop = async (task: (turn: number) => Promise<unknown>) => {
    for (let turn = 0; ; turn++) await task(turn);
  };
  const load = async (turn: number) => {
    const image = LOADED[turn % 2] as (typeof LOADED)[number];
    const { status, body } = await send(daemon, 'POST', '/images/load', image.archive);
    if (status === 200 && /Loaded image/.test(body)) done.loaded++;
    first.resolve();
  };
  const remove = async (turn: number) => {
    const { status } = await send(daemon, 'DELETE', `/images/${REMOVED[turn % REMOVED.length]}?force=1`);
    if (status === 200) done.removed++;
    await sleep(20);
  };
  const importFlat = async (turn: number) => {
    const tag = `repo=imported&tag=${turn % 3}`;
    // Each round another image, which shares its layer with the others.
    const path = `/images/create?fromSrc=-&${tag}&message=${round}-${turn}`;
    const { status, body } = await send(daemon, 'POST', path, FLAT);
    if (status === 200 && /sha256:/.test(body)) done.imported++;
  };
  const commit = async (turn: number) => {
    const name = `committing-${round}-${turn}`;
    const { status } = await send(daemon, 'POST', `/containers/create?name=${name}`, CREATE);
    if (status !== 201) return sleep(20).then(() => undefined);
    const committed = await send(daemon, 'POST', `/commit?container=${name}&repo=committed&tag=${turn % 3}`);
    assert.equal(committed.status, 201, committed.body);
    done.committed++;
    await send(daemon, 'DELETE', `/containers/${name}`);
    return undefined;
  };
  const loops = [load, remove, importFlat, commit].map(task =>
    loop(task).catch(error => assert.ok(!(error instanceof assert.AssertionError), error as Error)),
  );
  const over = Promise.all(loops);
  return { loaded: Promise.race([first.promise, over]), over };
}

const REMOVED = ['loaded', 'packed', 'imported:1', 'committed:1'];
const CREATE = Buffer.from(JSON.stringify({ Image: 'imported:0', Cmd: ['x'] }));

async function check(daemon: DaemonProcess, options = ''): Promise<SystemCheckReport> {
  const { body } = await send(daemon, 'POST', `/slipway/system/check?${options}`);
  const last = JSON.parse(body.trim().split('\n').at(-1) ?? '') as { aux?: SystemCheckReport };
  assert.ok(last.aux, `no report: ${body}`);
  return last.aux;
}

/**
 * Every listed image is whole, and after one check there is nothing without an owner.
 * @returns how many images there are
 */
async function checkWhole(daemon: DaemonProcess, layers: boolean): Promise<number> {
  const found = await check(daemon, 'repair=1');
  for (const { Kind, Subject, Detail, Repaired } of found.Findings) {
    assert.match(Kind, HARMLESS, `${Kind} ${Subject} ${Detail}`);
    assert.ok(Repaired, `${Kind} ${Subject} ${Detail}`);
  }
  const after = await check(daemon, layers ? 'layers=1' : '');
  assert.deepEqual(after.Findings, []);
  const { body } = await send(daemon, 'GET', '/images/json?all=1');
  const images = JSON.parse(body) as { Id: string; RepoTags: string[] | null }[];
  for (const { Id, RepoTags } of images) {
    const known = LOADED.find(({ id }) => id === Id);
    if (RepoTags?.includes('loaded:latest')) assert.equal(Id, LOADED[0]?.id);
    if (RepoTags?.includes('packed:latest')) assert.equal(Id, LOADED[1]?.id);
    const saved = await send(daemon, 'GET', `/images/${Id}/get`);
    assert.equal(saved.status, 200);
    if (known !== undefined) assert.ok(saved.body.length > 0);
    // Its layers can be a container's.
    const body = Buffer.from(JSON.stringify({ Image: Id, Cmd: ['x'] }));
    const created = await send(daemon, 'POST', '/containers/create?name=checking', body);
    assert.equal(created.status, 201, created.body);
    assert.equal((await send(daemon, 'GET', '/containers/checking/export')).status, 200);
    assert.equal((await send(daemon, 'DELETE', '/containers/checking')).status, 204);
  }
  await removeContainers(daemon);
  await pruneImages(daemon);
  return images.length;
}

/** Those that a kill has left over are as whole as any other: only not to have ever more of them. */
async function removeContainers(daemon: DaemonProcess): Promise<void> {
  const { body } = await send(daemon, 'GET', '/containers/json?all=1');
  for (const { Id } of JSON.parse(body) as { Id: string }[])
    assert.equal((await send(daemon, 'DELETE', `/containers/${Id}`)).status, 204);
}

/** Images that lost their names: there would be ever more of them to check. */
async function pruneImages(daemon: DaemonProcess): Promise<void> {
  const { status, body } = await send(daemon, 'POST', '/images/prune');
  assert.equal(status, 200, body);
}

async function crash(t: TestContext, flags: string[], kills: number): Promise<void> {
  const daemon = await DaemonProcess.start(...flags);
  t.after(() => daemon.dispose());
  let seen = 0;
  const done: Done = { loaded: 0, removed: 0, imported: 0, committed: 0 };
  for (let round = 0; round < kills; round++) {
    const { loaded, over } = work(daemon, round, done);
    // Every other time when there is something already, however slow the machine is.
    if (round % 2 === 0) await loaded;
    if (round === kills - 1) await until(() => Object.values(done).every(times => times > 0), PATIENCE_MS);
    await sleep(Math.random() * WORK_MS);
    await daemon.kill('SIGKILL');
    await over;
    await daemon.start();
    seen += await checkWhole(daemon, round % 10 === 9);
  }
  assert.ok(seen > 0, 'there was something to check');
  t.diagnostic(`${kills} kills: ${JSON.stringify(done)}`);
  for (const [what, times] of Object.entries(done)) assert.ok(times > 0, `never ${what}`);
}

test(
  `a daemon killed at ${KILLS} random moments of load, import, commit and rmi leaves whole images and nothing else`,
  LONG,
  t => crash(t, [], KILLS),
);

test('the same where blobs are discarded once they are unpacked', LONG, t =>
  crash(t, ['--discard-blobs'], Math.ceil(KILLS / 4)),
);
