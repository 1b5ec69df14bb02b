import { pageBytes } from '../page-bytes.ts';
import { addressOf, syscall } from '../libc.ffi.ts';

const PROT_READ = 1;
const PROT_WRITE = 2;
const MAP_SHARED = 1;
const HEADER_BYTES = 8;
const BUSY = 0x8000_0000;
const DISCARDED = 0x4000_0000;
const LENGTH_MASK = 0x3fff_ffff;

/**
 * Reads the records of a BPF_MAP_TYPE_RINGBUF (Documentation/bpf/ringbuf.rst). The mapped pages are read by
 * process_vm_readv(2), as the FFI module knows no other memory than buffers.
 */
export class RingBuffer {
  readonly #size: number;
  readonly #page = pageBytes();
  readonly #consumer: number;
  readonly #producer: number;
  readonly #position = Buffer.alloc(8);

  /** @param size of the map, a power of two and a multiple of a page. The descriptor may be closed afterwards. @throws SyscallError */
  constructor(map: number, size: number) {
    this.#size = size;
    this.#consumer = mapPages(map, { length: this.#page, protection: PROT_READ | PROT_WRITE, offset: 0 });
    this.#producer = mapPages(map, {
      length: this.#page + 2 * size,
      protection: PROT_READ,
      offset: this.#page,
    });
  }

  /** What has come since the last call, at most as much as the buffer holds. */
  read(): Buffer[] {
    const end = this.#number(this.#producer);
    let at = this.#number(this.#consumer);
    const records: Buffer[] = [];
    while (at < end) {
      const head = this.#bytes(at, HEADER_BYTES).readUInt32LE(0);
      if ((head & BUSY) !== 0) break;
      const length = head & LENGTH_MASK;
      if ((head & DISCARDED) === 0) records.push(this.#bytes(at + HEADER_BYTES, length));
      at += (length + HEADER_BYTES + 7) & ~7;
    }
    if (records.length > 0) this.#consume(at);
    return records;
  }

  close(): void {
    syscall('munmap', 'ring buffer', BigInt(this.#consumer), this.#page);
    syscall('munmap', 'ring buffer', BigInt(this.#producer), this.#page + 2 * this.#size);
  }

  #number(address: number): number {
    copyMemory('process_vm_readv', this.#position, address);
    return Number(this.#position.readBigUInt64LE());
  }

  /** The data is mapped twice in a row, so that no record is in two parts. */
  #bytes(position: number, length: number): Buffer {
    const bytes = Buffer.alloc(length);
    copyMemory('process_vm_readv', bytes, this.#producer + this.#page + (position % this.#size));
    return bytes;
  }

  #consume(position: number): void {
    this.#position.writeBigUInt64LE(BigInt(position));
    copyMemory('process_vm_writev', this.#position, this.#consumer);
  }
}

function mapPages(map: number, options: { length: number; protection: number; offset: number }): number {
  const { length, protection, offset } = options;
  return syscall('mmap', 'ring buffer', null, length, protection, MAP_SHARED, map, offset);
}

function copyMemory(call: 'process_vm_readv' | 'process_vm_writev', local: Buffer, remote: number): void {
  const [own, other] = [vectorOf(addressOf(local), local.length), vectorOf(BigInt(remote), local.length)];
  syscall(call, 'ring buffer', process.pid, own, 1, other, 1, 0);
}

/** struct iovec */
function vectorOf(address: bigint, length: number): Buffer {
  const vector = Buffer.alloc(16);
  vector.writeBigUInt64LE(address, 0);
  vector.writeBigUInt64LE(BigInt(length), 8);
  return vector;
}
