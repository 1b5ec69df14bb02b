/** Records what the docker CLI on this machine does in all cases of the conformance tests. */
import { writeFileSync } from 'node:fs';
import { CASES, titleOf } from '../test/cli-conformance/cases.ts';
import { type Outcome, runDocker } from '../test/cli-conformance/compared-run.ts';

const FILE = new URL('../test/cli-conformance/recorded.json', import.meta.url);

const outcomes: Record<string, Outcome> = {};
for (const item of CASES) outcomes[titleOf(item)] = await runDocker(item);
writeFileSync(FILE, `${JSON.stringify(outcomes, null, 1)}\n`);
