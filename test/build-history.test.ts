/** Builds that are over: what `docker buildx history` asks. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { GrpcClient } from '../src/buildkit/grpc.ts';
import * as wire from '../src/buildkit/messages.ts';
import { clientBuild, upgrade } from './fixtures/buildkit-client.ts';
import { DaemonProcess } from './fixtures/daemon-process.ts';

let daemon: DaemonProcess;

before(async () => {
  daemon = await DaemonProcess.startWithBusybox();
});
after(() => daemon.dispose());

const socket = () => join(daemon.base, 'slipway.sock');
const build = (Dockerfile: string) =>
  clientBuild(socket(), {
    exporter: [],
    options: { filename: 'Dockerfile', 'build-arg:A': 'b' },
    directories: { dockerfile: { Dockerfile }, context: {} },
  });

/** All answers to one call. */
async function answers(method: string, request: Uint8Array): Promise<Buffer[]> {
  const client = new GrpcClient(await upgrade(socket(), '/grpc', {}));
  try {
    const call = client.call(method);
    await call.send(request);
    call.end();
    return await Array.fromAsync(call.responses);
  } finally {
    client.close();
  }
}

const CONTROL = '/moby.buildkit.v1.Control';
const records = async (ref = '') => {
  const request = wire.HISTORY_REQUEST.encode({ ref, earlyExit: true });
  const events = await answers(`${CONTROL}/ListenBuildHistory`, request);
  return events.map(event => wire.HISTORY_EVENT.decode(event).record ?? {});
};
const update = (change: { ref: string; isDelete?: boolean; pinned?: boolean }) =>
  answers(`${CONTROL}/UpdateBuildHistory`, wire.UPDATE_HISTORY_REQUEST.encode(change));

test('a build is told of when it is over, with its steps, its provenance and what it has said', async () => {
  await build('FROM busybox\nRUN echo heard');
  const [record = assert.fail()] = await records();
  const { ref = '', frontendAttributes, createdAt = 0, completedAt = 0, error } = record;
  assert.equal(frontendAttributes?.['build-arg:A'], 'b');
  assert.ok(createdAt > 0 && completedAt >= createdAt);
  assert.equal(error, undefined);
  assert.equal(record.numCompletedSteps, record.numTotalSteps);
  const [attestation] = record.result?.attestations ?? [];
  assert.equal(attestation?.annotations?.['in-toto.io/predicate-type'], 'https://slsa.dev/provenance/v0.2');
  const read = wire.READ_CONTENT_REQUEST.encode({ digest: attestation?.digest ?? '' });
  const content = await answers('/containerd.services.content.v1.Content/Read', read);
  const bytes = Buffer.concat(content.map(each => wire.READ_CONTENT_RESPONSE.decode(each).data));
  assert.equal(bytes.length, attestation?.size);
  assert.match(bytes.toString(), /"build-arg:A":"b"/);
  const statuses = await answers(`${CONTROL}/Status`, wire.STATUS_REQUEST.encode({ ref }));
  const said = statuses.flatMap(each => wire.STATUS_RESPONSE.decode(each).logs);
  assert.equal(Buffer.concat(said.map(log => log?.data ?? new Uint8Array())).toString(), 'heard\n');
});

test('a build that has failed is told of with its error, and goes when it is removed', async () => {
  await assert.rejects(build('FROM busybox\nRUN exit 7'));
  const [{ ref = '', error } = assert.fail()] = await records();
  assert.match(error?.message ?? '', /exit code: 7/);
  await update({ ref, pinned: true });
  assert.equal((await records(ref))[0]?.pinned, true);
  await update({ ref, isDelete: true });
  assert.deepEqual(await records(ref), []);
  await assert.rejects(update({ ref, isDelete: true }), /not found/);
});

test('who listens hears of builds as they begin and end, and a restart forgets none', async () => {
  const client = new GrpcClient(await upgrade(socket(), '/grpc', {}));
  const call = client.call(`${CONTROL}/ListenBuildHistory`);
  await call.send(wire.HISTORY_REQUEST.encode({ activeOnly: true }));
  call.end();
  const heard: number[] = [];
  const listening = (async () => {
    for await (const event of call.responses) {
      heard.push(wire.HISTORY_EVENT.decode(event).type);
      if (heard.length === 2) return;
    }
  })();
  await build('FROM busybox\nRUN echo again');
  await listening;
  client.close();
  assert.deepEqual(heard, [0, 1]);
  const before = await records();
  await daemon.kill('SIGKILL');
  await daemon.start();
  assert.deepEqual(await records(), before);
});
