/** bpf(2). Every function returns a descriptor, which the caller closes, and throws SyscallError. */
import { closeSync, constants, openSync } from 'node:fs';
import { EngineError, errorCode } from '../../base/errors.ts';
import { addressOf, cstring, syscall, syscallResult } from '../libc.ffi.ts';

const BPF_MAP_CREATE = 0;
const BPF_MAP_UPDATE_ELEM = 2;
const BPF_MAP_LOOKUP_ELEM = 1;
const BPF_MAP_DELETE_ELEM = 3;
const BPF_PROG_LOAD = 5;
const BPF_PROG_ATTACH = 8;
const BPF_PROG_DETACH = 9;
const BPF_PROG_TEST_RUN = 10;
const BPF_PROG_GET_FD_BY_ID = 13;
const BPF_MAP_GET_FD_BY_ID = 14;
const BPF_OBJ_GET_INFO_BY_FD = 15;
const BPF_PROG_QUERY = 16;
const BPF_F_ALLOW_MULTI = 2;
/** BPF_CGROUP_MAX_PROGS */
const MAX_ATTACHED = 64;
const MAX_NAME = 15;
/** Where union bpf_attr has the name of a program. */
const PROGRAM_NAME = 48;
/** struct bpf_prog_info */
const PROGRAM_INFO_BYTES = 80;
const INFO = { mapCount: 52, mapIds: 56, name: 64 };
const LOG_BYTES = 65_536;
const LOG_LINES = 20;
const BPF_LINK_CREATE = 28;
const INSTRUCTION_BYTES = 8;

/** Makes a map. Keys and values have 32 bits unless their sizes are given. */
export function createMap(options: {
  type: number;
  entries: number;
  keyBytes?: number;
  valueBytes?: number;
}): number {
  const { type, entries, keyBytes = 4, valueBytes = 4 } = options;
  return bpf('BPF_MAP_CREATE', BPF_MAP_CREATE, words(type, keyBytes, valueBytes, entries));
}

export function setElement(map: number, key: number, value: number): void {
  const [keyBytes, valueBytes] = [words(key), words(value)];
  const attributes = Buffer.alloc(32);
  attributes.writeUInt32LE(map, 0);
  attributes.writeBigUInt64LE(addressOf(keyBytes), 8);
  attributes.writeBigUInt64LE(addressOf(valueBytes), 16);
  bpf('BPF_MAP_UPDATE_ELEM', BPF_MAP_UPDATE_ELEM, attributes);
}

export type ProgramOptions = {
  type: number;
  attachType: number;
  instructions: Uint8Array;
  /** What others see it by, 15 letters at most. */
  name?: string;
};

/** @throws EngineError system with the verifier's log, when that finds fault with the program; SyscallError */
export function loadProgram(options: ProgramOptions): number {
  const { type, attachType, instructions, name = '' } = options;
  const license = cstring('Apache-2.0');
  const attributes = Buffer.alloc(72);
  attributes.writeUInt32LE(type, 0);
  attributes.writeUInt32LE(instructions.length / INSTRUCTION_BYTES, 4);
  attributes.writeBigUInt64LE(addressOf(instructions), 8);
  attributes.writeBigUInt64LE(addressOf(license), 16);
  attributes.write(name.slice(0, MAX_NAME), PROGRAM_NAME, 'latin1');
  attributes.writeUInt32LE(attachType, 68);
  try {
    return bpf('BPF_PROG_LOAD', BPF_PROG_LOAD, attributes);
  } catch (error) {
    throw verifierError(attributes, error) ?? error;
  }
}

/** Asks again, with a log this time: undefined where the verifier has nothing to say. */
function verifierError(attributes: Buffer, cause: unknown): EngineError | undefined {
  const code = errorCode(cause);
  if (code !== 'EINVAL' && code !== 'EACCES') return undefined;
  const log = Buffer.alloc(LOG_BYTES);
  attributes.writeUInt32LE(1, 24);
  attributes.writeUInt32LE(log.length, 28);
  attributes.writeBigUInt64LE(addressOf(log), 32);
  const loaded = syscallResult('bpf', BPF_PROG_LOAD, attributes, attributes.length);
  if (loaded >= 0) closeSync(loaded);
  const text = log.toString('latin1', 0, log.indexOf(0)).trim();
  if (text === '') return undefined;
  const lines = text.split('\n').slice(-LOG_LINES).join('\n');
  return new EngineError('system', `the kernel's verifier refuses a BPF program:\n${lines}`, { cause });
}

/** Gives a cgroup v2 directory one more program; it stays when the descriptor is closed. */
export function attachToCgroup(directory: string, program: number, attachType: number): void {
  withDirectory(directory, cgroup =>
    bpf('BPF_PROG_ATTACH', BPF_PROG_ATTACH, words(cgroup, program, attachType, BPF_F_ALLOW_MULTI)),
  );
}

export function detachFromCgroup(directory: string, program: number, attachType: number): void {
  withDirectory(directory, cgroup =>
    bpf('BPF_PROG_DETACH', BPF_PROG_DETACH, words(cgroup, program, attachType, 0)),
  );
}

/** The programs of a cgroup itself, those of its parents left out: descriptors, which the caller closes. */
export function programsOfCgroup(directory: string, attachType: number): number[] {
  const ids = Buffer.alloc(4 * MAX_ATTACHED);
  const query = Buffer.alloc(32);
  query.writeUInt32LE(attachType, 4);
  query.writeBigUInt64LE(addressOf(ids), 16);
  query.writeUInt32LE(MAX_ATTACHED, 24);
  withDirectory(directory, cgroup => {
    query.writeUInt32LE(cgroup, 0);
    return bpf('BPF_PROG_QUERY', BPF_PROG_QUERY, query);
  });
  const count = query.readUInt32LE(24);
  return Array.from({ length: count }, (_, index) =>
    bpf('BPF_PROG_GET_FD_BY_ID', BPF_PROG_GET_FD_BY_ID, words(ids.readUInt32LE(4 * index), 0, 0)),
  );
}

/** A program's name, and descriptors of its maps, in the order of their first use; the caller closes them. */
export function describeProgram(program: number): { name: string; maps: () => number[] } {
  const ids = Buffer.alloc(4 * MAX_ATTACHED);
  const info = Buffer.alloc(PROGRAM_INFO_BYTES);
  info.writeUInt32LE(MAX_ATTACHED, INFO.mapCount);
  info.writeBigUInt64LE(addressOf(ids), INFO.mapIds);
  const attributes = Buffer.alloc(16);
  attributes.writeUInt32LE(program, 0);
  attributes.writeUInt32LE(info.length, 4);
  attributes.writeBigUInt64LE(addressOf(info), 8);
  bpf('BPF_OBJ_GET_INFO_BY_FD', BPF_OBJ_GET_INFO_BY_FD, attributes);
  const name = info.toString('latin1', INFO.name, INFO.name + MAX_NAME + 1);
  const count = info.readUInt32LE(INFO.mapCount);
  return {
    name: name.slice(0, name.indexOf('\0')),
    maps: () =>
      Array.from({ length: count }, (_, index) =>
        bpf('BPF_MAP_GET_FD_BY_ID', BPF_MAP_GET_FD_BY_ID, words(ids.readUInt32LE(4 * index), 0, 0)),
      ),
  };
}

/** The value of a 64-bit key in a map of 64-bit values; undefined when there is none. */
export function lookUpDouble(map: number, key: bigint): bigint | undefined {
  const [keyBytes, value, attributes] = [Buffer.alloc(8), Buffer.alloc(8), Buffer.alloc(32)];
  keyBytes.writeBigUInt64LE(key);
  attributes.writeUInt32LE(map, 0);
  attributes.writeBigUInt64LE(addressOf(keyBytes), 8);
  attributes.writeBigUInt64LE(addressOf(value), 16);
  const result = syscallResult('bpf', BPF_MAP_LOOKUP_ELEM, attributes, attributes.length);
  return result < 0 ? undefined : value.readBigUInt64LE();
}

/** Idempotent. */
export function deleteDouble(map: number, key: bigint): void {
  const [keyBytes, attributes] = [Buffer.alloc(8), Buffer.alloc(32)];
  keyBytes.writeBigUInt64LE(key);
  attributes.writeUInt32LE(map, 0);
  attributes.writeBigUInt64LE(addressOf(keyBytes), 8);
  syscallResult('bpf', BPF_MAP_DELETE_ELEM, attributes, attributes.length);
}

/** Runs a program once on a packet, which starts with its Ethernet header. */
export function runProgram(program: number, packet: Buffer): void {
  const attributes = Buffer.alloc(80);
  attributes.writeUInt32LE(program, 0);
  attributes.writeUInt32LE(packet.length, 8);
  attributes.writeBigUInt64LE(addressOf(packet), 16);
  bpf('BPF_PROG_TEST_RUN', BPF_PROG_TEST_RUN, attributes);
}

function withDirectory(directory: string, use: (descriptor: number) => unknown): void {
  const cgroup = openSync(directory, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    use(cgroup);
  } finally {
    closeSync(cgroup);
  }
}

/** The program is attached as long as the descriptor, or a copy of it, is open. */
export function createLink(options: { program: number; target: number; attachType: number }): number {
  const { program, target, attachType } = options;
  return bpf('BPF_LINK_CREATE', BPF_LINK_CREATE, words(program, target, attachType, 0));
}

function bpf(name: string, command: number, attributes: Buffer): number {
  return syscall('bpf', name, command, attributes, attributes.length);
}

function words(...values: number[]): Buffer {
  const buffer = Buffer.alloc(4 * values.length);
  values.forEach((value, index) => buffer.writeUInt32LE(value, 4 * index));
  return buffer;
}
