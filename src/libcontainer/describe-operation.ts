import * as M from '../kernel/abi/mount.ts';
import * as ns from '../kernel/abi/sched.ts';
import { capabilityNames } from './capabilities.ts';
import type { Operation } from './plan.ts';

type Flags = Record<string, number>;

const pick = (module: Record<string, number>, prefix: string): Flags =>
  Object.fromEntries(
    Object.entries(module).filter(([name, value]) => name.startsWith(prefix) && value !== 0),
  );

const CLONE = pick(ns, 'CLONE_');
const PROPAGATION = pick(M, 'MS_');
const ATTRIBUTES = Object.fromEntries(
  Object.entries(pick(M, 'MOUNT_ATTR_')).filter(([name]) => name !== 'MOUNT_ATTR__ATIME'),
);

const FLAG_FIELDS = new Set(['flags', 'attributes', 'clearAttributes', 'propagation']);

/** One operation for people to read: the name, what it acts upon, and flags by their names. */
export function describeOperation(operation: Operation): string {
  const parts = Object.entries(operation)
    .filter(([name, value]) => name !== 'op' && !isEmpty(value) && !(FLAG_FIELDS.has(name) && value === 0))
    .map(([name, value]) => `${name}=${describeField(operation, name, value)}`);
  return `${operation.op}(${parts.join(', ')})`;
}

function isEmpty(value: unknown): boolean {
  return (
    value === undefined || value === '' || value === false || (Array.isArray(value) && value.length === 0)
  );
}

function describeField({ op }: Operation, name: string, value: unknown): string {
  if (op === 'cap-bounding' || op === 'capabilities')
    return capabilityNames(value as bigint).join('|') || '0';
  if (op === 'clone-inside' && name === 'joins') return describe((value as string[]).map(describeJoin));
  if ((op === 'clone' || op === 'clone-inside') && name === 'flags') return decode(value as number, CLONE);
  if ((op === 'unshare' || op === 'setns-init') && name === 'flags') return decode(value as number, CLONE);
  if (op === 'setns' && name === 'type') return decode(value as number, CLONE);
  if (name === 'propagation' || (op === 'propagation' && name === 'flags'))
    return decode(value as number, PROPAGATION);
  if (name === 'attributes' || name === 'clearAttributes')
    return typeof value === 'number' ? decode(value, ATTRIBUTES) : describe(value);
  if (name === 'mode') return `0${(value as number).toString(8)}`;
  if ((op === 'seccomp' || op === 'ask-for-files') && name === 'filter')
    return `${(value as Uint8Array).length / 8} instructions`;
  if (op === 'attach-device-program' && name === 'instructions')
    return `${(value as Uint8Array).length / 8} instructions`;
  return describe(value);
}

/** The types of namespaces by their names, and the path. */
function describeJoin(join: string): string {
  const [types = '', ...path] = join.split(' ');
  return `${decode(Number(types), CLONE)} ${path.join(' ')}`;
}

function describe(value: unknown): string {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  if (Array.isArray(value)) return `[${value.map(describe).join(' ')}]`;
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}

function decode(value: number, flags: Flags): string {
  const names = Object.entries(flags).filter(([, bit]) => (value & bit) === bit);
  const rest = names.reduce((left, [, bit]) => left & ~bit, value);
  const shown = names.map(([name]) => name);
  if (rest !== 0 || shown.length === 0) shown.push(rest === 0 ? '0' : `0x${rest.toString(16)}`);
  return shown.join('|');
}
