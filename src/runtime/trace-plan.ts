import { describeOperation } from '../libcontainer/describe-operation.ts';
import type { Plan } from '../libcontainer/plan.ts';
import type { Log } from './log.ts';

/** What --debug shows of a plan: every operation. */
export function tracePlanTo(log: Log): (plan: Plan) => void {
  return ({ parent, child }) => {
    log('debug', `plan: ${parent.length} operations of the parent, ${child.length} of the child`);
    for (const operation of parent) log('debug', `parent: ${describeOperation(operation)}`);
    for (const operation of child) log('debug', `child: ${describeOperation(operation)}`);
  };
}
