/**
 * Dockerfiles of a corpus, one for an instruction or option, come to what BuildKit makes of them: layers, configuration,
 * history, or a failure. Recorded from dockerd 28.5; PEER_DOCKER_HOST=unix:///… names one to record from anew.
 */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { buildOutcome, type CorpusCase, type Outcome } from './fixtures/build-outcome.ts';
import { DaemonProcess } from './fixtures/daemon-process.ts';

const RECORD = new URL('fixtures/recorded/build-corpus.json', import.meta.url);
const cases = JSON.parse(readFileSync(RECORD, 'utf8')) as (CorpusCase & { outcome: Outcome })[];
const peer = process.env.PEER_DOCKER_HOST?.replace('unix://', '');

let daemon: DaemonProcess;
before(async () => {
  daemon = await DaemonProcess.startWithBusybox();
  if (peer === undefined) return;
  for (const each of cases) each.outcome = await buildOutcome(peer, each);
  writeFileSync(RECORD, `${JSON.stringify(cases, null, 2)}\n`);
});
after(() => daemon.dispose());

describe('a Dockerfile comes to what BuildKit makes of it', { concurrency: 6 }, () => {
  for (const each of cases)
    test(each.name, async () => {
      assert.deepEqual(await buildOutcome(join(daemon.base, 'slipway.sock'), each), each.outcome);
    });
});
