import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EngineError, messageOf } from '../base/errors.ts';
import { RESCTRL_ROOT } from '../libcontainer/resctrl.ts';
import type { ContainerRecord } from './container-record.ts';

/** Changes a container's class of service in resctrl. @throws EngineError */
export function updateSchemata({ id, spec }: ContainerRecord, ...schemas: (string | undefined)[]): void {
  const lines = schemas.filter(schema => schema !== undefined && schema !== '');
  if (lines.length === 0) return;
  const closId = spec.linux?.intelRdt?.closID;
  const path = join(RESCTRL_ROOT, typeof closId === 'string' ? closId : id, 'schemata');
  try {
    writeFileSync(path, `${lines.join('\n')}\n`, { flag: 'r+' });
  } catch (error) {
    throw new EngineError('system', `cannot write ${path}: ${messageOf(error)}`, { cause: error });
  }
}
