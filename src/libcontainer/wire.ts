/**
 * The shim's protocol: its numbers, and the binary form of plans, in which every operation is its number and its fields
 * in the order of {@link OPERATIONS}. docs/PLAN.md describes the encoding; scripts/generate-protocol.ts makes the C side
 * of these tables.
 */
import type { FieldWriter } from './field-writer.ts';
import type { Operation, Plan } from './plan.ts';

/**
 * Changes with every change that a shim of before, or a daemon of before, would not understand. Shims outlive
 * daemons: what an earlier version said must go on being understood, see {@link SPOKEN_PROTOCOLS}.
 */
export const PROTOCOL_VERSION = 4;
/**
 * A shim of version 2 notes the exit in a file of its own. Those before 4 reach what they relay by the firewall, at
 * addresses on loopback, and are not told where.
 */
export const SPOKEN_PROTOCOLS: readonly number[] = [2, 3, PROTOCOL_VERSION];
export const RELAYS_ARE_LED = 4;

export type FieldType = 'int' | 'string' | 'bytes' | 'list' | 'ints' | 'flag';

type OperationName = Operation['op'];
type Layout = { number: number; fields: readonly (readonly [string, FieldType])[] };

/** `fields` as words `name:type`. */
const layout = (number: number, fields = ''): Layout => ({
  number,
  fields: fields
    .split(' ')
    .filter(Boolean)
    .map(field => {
      const [name = '', type = ''] = field.split(':');
      return [name, type as FieldType] as const;
    }),
});

export const OPERATIONS: Record<OperationName, Layout> = {
  mkdir: layout(1, 'path:string mode:int'),
  write: layout(2, 'path:string data:bytes optional:flag'),
  'attach-device-program': layout(3, 'path:string instructions:bytes'),
  rmdir: layout(4, 'path:string'),
  'kill-cgroup': layout(5, 'path:string'),
  barrier: layout(6),
  clone: layout(7, 'flags:int cgroup:string'),
  'write-child-proc': layout(9, 'file:string data:bytes'),
  rlimit: layout(10, 'resource:int soft:int hard:int'),
  hook: layout(11, 'path:string args:list env:list state:string timeoutMs:int addsHome:int'),
  setns: layout(12, 'path:string type:int'),
  'setns-init': layout(13, 'flags:int'),
  unshare: layout(14, 'flags:int'),
  propagation: layout(15, 'path:string flags:int'),
  'overlay-root': layout(
    16,
    'target:string lowerdirs:list upperdir:string workdir:string attributes:int options:list',
  ),
  'bind-root': layout(17, 'source:string'),
  mount: layout(
    18,
    'type:string source:string target:string options:list attributes:int propagation:int copyUp:flag',
  ),
  bind: layout(
    19,
    'source:string target:string recursive:flag attributes:int clearAttributes:int recursiveAttributes:flag propagation:int',
  ),
  'mount-setattr': layout(
    20,
    'target:string attributes:int clearAttributes:int recursive:flag propagation:int',
  ),
  mask: layout(21, 'target:string'),
  readonly: layout(22, 'target:string'),
  device: layout(23, 'target:string mode:int major:int minor:int uid:int gid:int'),
  symlink: layout(24, 'target:string content:string'),
  console: layout(25, 'rows:int columns:int bind:flag'),
  'pivot-root': layout(26),
  'move-root': layout(27),
  sysctl: layout(28, 'key:string value:string'),
  hostname: layout(29, 'name:string'),
  domainname: layout(30, 'name:string'),
  umask: layout(31, 'mask:int'),
  chdir: layout(32, 'path:string mayFail:int'),
  user: layout(33, 'uid:int gid:int setGroups:flag groups:ints'),
  'cap-bounding': layout(34, 'keep:int'),
  capabilities: layout(35, 'effective:int permitted:int inheritable:int ambient:int'),
  'no-new-privileges': layout(36),
  seccomp: layout(37, 'filter:bytes flags:int'),
  'exec-label': layout(38, 'label:string'),
  personality: layout(39, 'persona:int'),
  'io-priority': layout(40, 'value:int'),
  scheduler: layout(41, 'attributes:bytes'),
  affinity: layout(42, 'mask:bytes'),
  'memory-policy': layout(43, 'mode:int nodes:bytes'),
  keyring: layout(44, 'name:string'),
  'find-executable': layout(45, 'name:string path:string'),
  'await-start': layout(46),
  exec: layout(47, 'args:list env:list'),
  'root-directory': layout(48, 'target:string mode:int'),
  loopback: layout(49),
  'clone-inside': layout(50, 'flags:int cgroup:string joins:list'),
  'join-child': layout(51, 'path:string'),
  'await-fifo': layout(52),
  'connect-agent': layout(53, 'path:string state:string'),
  'open-tree': layout(
    54,
    'source:string recursive:flag locked:flag uidMap:string gidMap:string userNamespace:string mapRecursive:flag',
  ),
  'private-parent': layout(55, 'path:string'),
  release: layout(57),
  'await-parent': layout(58),
  'map-ids': layout(56, 'tool:string maps:list'),
  home: layout(59, 'uid:int'),
  'require-directory': layout(60, 'target:string'),
  'change-root': layout(61),
  chown: layout(62, 'path:string uid:int gid:int optional:flag'),
  'try-write': layout(65, 'path:string data:bytes'),
  seal: layout(66, 'preserve:int fifo:int'),
  fork: layout(67),
  'open-label': layout(68, 'file:string'),
  'raise-limit': layout(69, 'resource:int hard:int'),
  'limit-files': layout(70, 'limit:int cgroup:string calls:bytes'),
  'ask-for-files': layout(71, 'filter:bytes'),
  'map-mount': layout(64, 'uidMap:string gidMap:string userNamespace:string mapRecursive:flag'),
};

export const MESSAGES = {
  create: 1,
  start: 2,
  exec: 3,
  kill: 4,
  resize: 5,
  attach: 6,
  status: 7,
  watch: 8,
  launch: 10,
  /** A new one, to be opened as /proc/PID/fd/NUMBER; answered by `created`. */
  networkNamespace: 12,
  /** Closes that descriptor. */
  close: 13,
  /** What to write into files once no daemon has been connected for a while. */
  whenAlone: 14,
  /** Which pressure files (PSI) to watch, and by which triggers. */
  pressure: 15,
  /** How much the container's processes may have open together, from now on; 0: any number. */
  filesLimit: 16,
  /** Keeps the descriptors that come along until the container ends. */
  keep: 17,
  /** Closes those of the kept sockets that have a certain protocol and address. */
  closeSocket: 18,
  /** Where what comes to kept sockets is relayed to, from now on; nowhere, for those that are not named. */
  leadRelays: 19,
  ok: 64,
  created: 65,
  failed: 66,
  processes: 67,
  exited: 68,
  /** To who watches: the kernel has killed a process of the container's for want of memory, or is about to. */
  outOfMemory: 69,
  /** To who watches: a trigger's pressure has been reached; its index. */
  pressureCrossed: 70,
  /** To who watches, once a second at most: how many calls have been refused for want of room by now. */
  filesRefused: 71,
} as const;

export const HEADER_BYTES = 8;
export const MAX_PAYLOAD_BYTES = 16 * 1024 * 1024;
/** `start`: started as soon as it is ready, and only then answered. */
export const IO_FLAGS = { terminal: 1, stdin: 2, stdinOnce: 4, start: 8 } as const;
export const STREAM_FLAGS = { stdin: 1, stdout: 2, stderr: 4 } as const;
export const STATES = { creating: 0, created: 1, starting: 2, running: 3, exited: 4 } as const;
/** In the order of their numbers in MSG_FAILED. */
export const PARTIES = ['shim', 'parent', 'child'] as const;

/** A plan's three lists, as `create` and `exec` messages carry them. */
export function writePlan(writer: FieldWriter, plan: Plan): void {
  for (const list of [plan.parent, plan.child, plan.cleanup]) {
    writer.block(() => {
      for (const operation of list) writeOperation(writer, operation);
    });
  }
}

function writeOperation(writer: FieldWriter, operation: Operation): void {
  const { number, fields } = OPERATIONS[operation.op];
  const values = operation as unknown as Record<string, unknown>;
  writer.short(number);
  for (const [name, type] of fields) writer.field(type, values[name]);
}
