import { describeOperation } from '../libcontainer/describe-operation.ts';
import type { Plan } from '../libcontainer/plan.ts';
import type { Log } from './log.ts';

/** What --debug shows of a plan: every operation, and by the names that runc's log has for the stages. */
export function tracePlanTo(log: Log): (plan: Plan) => void {
  return ({ parent, child }) => {
    log('debug', `nsexec container setup: ${parent.length} operations, then ${child.length} in the child`);
    for (const operation of parent) log('debug', `parent: ${describeOperation(operation)}`);
    for (const operation of child) {
      log('debug', `child: ${describeOperation(operation)}`);
      if (operation.op === 'affinity') log('debug', `nsexec: affinity: ${maskNumber(operation.mask)}`);
      if (operation.op === 'seccomp') log('debug', `seccomp filter flags: ${operation.flags}`);
    }
  };
}

function maskNumber(mask: Uint8Array): string {
  return `0x${BigInt(`0x${Buffer.from(mask).reverse().toString('hex')}`).toString(16)}`;
}
