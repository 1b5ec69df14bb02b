/**
 * The command line against docker's own: the same arguments, the same fake engine, the same requests, output
 * and exit code. What docker's CLI (28.2.2) does is recorded in recorded.json (scripts/record-docker-cli.ts).
 */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { CASES, type Case, titleOf } from './cases.ts';
import { DOCKER, type Outcome, runDocker, runOwn } from './compared-run.ts';

const RECORDED = JSON.parse(readFileSync(new URL('recorded.json', import.meta.url), 'utf8')) as Record<
  string,
  Outcome
>;

for (const item of CASES)
  test(`slipway ${titleOf(item)}: as docker does it`, async () => {
    const recorded = RECORDED[titleOf(item)];
    assert.ok(recorded, 'not recorded: run scripts/record-docker-cli.ts');
    assert.deepEqual(compared(item, await runOwn(item)), compared(item, recorded));
  });

test('the recordings are what the docker CLI does', {
  skip: existsSync(DOCKER) ? false : `there is no ${DOCKER} to compare with`,
}, async () => {
  for (const item of CASES)
    assert.deepEqual(compared(item, await runDocker(item)), compared(item, RECORDED[titleOf(item)]));
});

function compared(item: Case, outcome: Outcome | undefined): Partial<Outcome> {
  const copy: Partial<Outcome> = { ...outcome };
  for (const part of item.except ?? []) delete copy[part];
  return copy;
}
