/** criu's requests and responses (criu's images/rpc.proto), as far as they are needed. */
import { decodeFields, encodeFields, type Field } from './protobuf.ts';

export const REQUESTS = { dump: 1, restore: 2, 'pre-dump': 4 };
const NOTIFY = 6;

const CGROUP_MODES = { ignore: 0, soft: 3, full: 4, strict: 5 };
export type CgroupMode = keyof typeof CGROUP_MODES;

const NFTABLES = 2;

/** Descriptors are this process's own, but for those of `inherited`, which are criu's. */
export type CriuOptions = {
  imagesDirectory?: number;
  workDirectory?: number;
  logFile?: string;
  logLevel?: number;
  configFile?: string;
  process?: number;
  root?: string;
  leaveRunning?: boolean;
  parentImages?: string;
  trackMemory?: boolean;
  evasiveDevices?: boolean;
  shellJob?: boolean;
  extUnixSk?: boolean;
  tcpEstablished?: boolean;
  tcpSkipInFlight?: boolean;
  fileLocks?: boolean;
  autoDedup?: boolean;
  linkRemap?: boolean;
  lazyPages?: boolean;
  pageServer?: { address: string; port: number };
  notifications?: boolean;
  manageCgroups?: boolean;
  cgroupMode?: CgroupMode;
  cgroupRoots?: { controller: string; path: string }[];
  /** CLONE_NEW*: namespaces that come back without what was in them. */
  emptyNamespaces?: number;
  /** As criu(8) takes them. */
  external?: string[];
  inherited?: { name: string; descriptor: number }[];
  joinedNamespaces?: { type: string; path: string }[];
  /** Has criu tell of the other end of a terminal that no process of the container has. */
  orphanTerminal?: boolean;
  /** Packets are kept away by nftables, not by iptables. */
  lockByNftables?: boolean;
  lsmProfile?: string;
  lsmMountContext?: string;
};

const NUMBERS: Record<keyof CriuOptions, number> = {
  imagesDirectory: 1,
  process: 2,
  leaveRunning: 3,
  extUnixSk: 4,
  tcpEstablished: 5,
  evasiveDevices: 6,
  shellJob: 7,
  fileLocks: 8,
  logLevel: 9,
  logFile: 10,
  pageServer: 11,
  notifications: 12,
  root: 13,
  parentImages: 14,
  trackMemory: 15,
  autoDedup: 16,
  workDirectory: 17,
  linkRemap: 18,
  manageCgroups: 24,
  cgroupRoots: 25,
  inherited: 27,
  cgroupMode: 34,
  external: 37,
  emptyNamespaces: 38,
  joinedNamespaces: 39,
  tcpSkipInFlight: 46,
  lazyPages: 48,
  orphanTerminal: 50,
  configFile: 51,
  lsmProfile: 53,
  lsmMountContext: 63,
  lockByNftables: 64,
};

/** Messages in the options: their first member is 1, their second 2, in the order of their types. */
const MEMBERS: Record<string, number> = {
  address: 1,
  port: 2,
  controller: 1,
  name: 1,
  descriptor: 2,
  type: 1,
  path: 2,
};

export function encodeRequest(request: keyof typeof REQUESTS, options: CriuOptions): Buffer {
  return encodeFields([
    [1, REQUESTS[request]],
    [2, encodeOptions(options)],
  ]);
}

/** What a notification is answered with, so that criu goes on. */
export function encodeNotified(): Buffer {
  return encodeFields([
    [1, NOTIFY],
    [3, true],
  ]);
}

function encodeOptions({ cgroupMode, lockByNftables, ...others }: CriuOptions): Field[] {
  const options = {
    ...others,
    ...(cgroupMode ? { cgroupMode: CGROUP_MODES[cgroupMode] } : {}),
    ...(lockByNftables ? { lockByNftables: NFTABLES } : {}),
  };
  return Object.entries(options).flatMap(([name, value]) => {
    const number = NUMBERS[name as keyof CriuOptions];
    return [value].flat().flatMap(one => (one === undefined ? [] : [[number, encodeValue(one)] as const]));
  });
}

function encodeValue(value: string | number | boolean | object): Field[1] {
  if (typeof value !== 'object') return value;
  return Object.entries(value).map(([name, member]) => [MEMBERS[name]!, member as string | number] as const);
}

export const isCgroupMode = (mode: string): mode is CgroupMode => Object.hasOwn(CGROUP_MODES, mode);

export type CriuResponse = {
  success: boolean;
  /** Something is about to happen, or has: criu waits for the answer. */
  notification?: { event: string; pid: number };
};

/** @throws Error for bytes that are no response */
export function decodeResponse(bytes: Buffer): CriuResponse {
  const fields = decodeFields(bytes);
  const value = fields.get(5);
  const notification = value instanceof Uint8Array ? decodeFields(value) : undefined;
  return {
    success: fields.get(2) === 1n,
    ...(fields.get(1) === BigInt(NOTIFY)
      ? {
          notification: {
            event: Buffer.from((notification?.get(1) as Uint8Array | undefined) ?? []).toString(),
            pid: Number(notification?.get(2) ?? 0),
          },
        }
      : {}),
  };
}
