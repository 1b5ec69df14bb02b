/** bpf(2). Every function returns a descriptor, which the caller closes, and throws SyscallError. */
import { addressOf, cstring, syscall } from '../libc.ffi.ts';

const BPF_MAP_CREATE = 0;
const BPF_MAP_UPDATE_ELEM = 2;
const BPF_PROG_LOAD = 5;
const BPF_LINK_CREATE = 28;
const INSTRUCTION_BYTES = 8;

/** Of 32-bit keys and values. */
export function createMap(options: { type: number; entries: number }): number {
  return bpf('BPF_MAP_CREATE', BPF_MAP_CREATE, words(options.type, 4, 4, options.entries));
}

export function setElement(map: number, key: number, value: number): void {
  const [keyBytes, valueBytes] = [words(key), words(value)];
  const attributes = Buffer.alloc(32);
  attributes.writeUInt32LE(map, 0);
  attributes.writeBigUInt64LE(addressOf(keyBytes), 8);
  attributes.writeBigUInt64LE(addressOf(valueBytes), 16);
  bpf('BPF_MAP_UPDATE_ELEM', BPF_MAP_UPDATE_ELEM, attributes);
}

export function loadProgram(options: { type: number; attachType: number; instructions: Uint8Array }): number {
  const { type, attachType, instructions } = options;
  const license = cstring('Apache-2.0');
  const attributes = Buffer.alloc(72);
  attributes.writeUInt32LE(type, 0);
  attributes.writeUInt32LE(instructions.length / INSTRUCTION_BYTES, 4);
  attributes.writeBigUInt64LE(addressOf(instructions), 8);
  attributes.writeBigUInt64LE(addressOf(license), 16);
  attributes.writeUInt32LE(attachType, 68);
  return bpf('BPF_PROG_LOAD', BPF_PROG_LOAD, attributes);
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
