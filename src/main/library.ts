/** What `import 'slipway'` loads: nothing that a Node which is too old could not even read. */
import { createRequire } from 'node:module';
import type * as Engine from './engine.ts';
import { requireNode } from './require-node.ts';

requireNode();
export const { openEngine, openRegistry } = createRequire(import.meta.url)('./engine.js') as typeof Engine;
