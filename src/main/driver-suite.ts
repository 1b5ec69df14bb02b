/** What `import 'slipway/storage-driver-suite'` loads; see library.ts. */
import { createRequire } from 'node:module';
import { requireNode } from './require-node.ts';
import type * as Suite from './storage-driver-suite.ts';

requireNode();
export const { graphDriverSuite } = createRequire(import.meta.url)(
  './storage-driver-suite.js',
) as typeof Suite;
