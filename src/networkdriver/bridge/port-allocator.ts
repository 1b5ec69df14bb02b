import { closeSync } from 'node:fs';
import { EngineError, errorCode, SyscallError } from '../../base/errors.ts';
import { TimeSlice } from '../../base/time-slice.ts';
import {
  AF_INET,
  SO_REUSEADDR,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCK_STREAM,
  SOL_SOCKET,
} from '../../kernel/abi/socket.ts';
import { copiesClosed, syscall } from '../../kernel/libc.ffi.ts';
import type { PortBinding } from '../driver.ts';
import { addressBytes, parseIpOf } from '../ipam/ip.ts';

const EVERY_ADDRESS = '0.0.0.0';
const SOCKADDR_BYTES = 16;

/** A binding with its address and port decided, and the socket that keeps the port from other programs. */
export type BoundPort = { binding: PortBinding; descriptor: number };

/**
 * The host's ports that the engine's containers have. Two things keep a port: the table here, from other
 * containers (and it tells their conflicts from those with foreign programs), and a socket bound to it, which
 * never listens, from everything else on the host.
 */
export class PortAllocator {
  /** `tcp/8080` → addresses it is taken at. */
  readonly #taken = new Map<string, Set<string>>();
  readonly #copiesClosed: () => Promise<void>;

  /** `waitForCopies` settles when nobody has a copy any more of a socket that is closed already. */
  constructor(waitForCopies: () => Promise<void> = copiesClosed) {
    this.#copiesClosed = waitForCopies;
  }

  /**
   * Binds all, or none.
   * @param containerAddress for the message only
   * @throws EngineError `system`, in Docker's words but without what they begin with; `invalid-parameter` for
   *   an address that is none (of IPv4)
   */
  async bind(bindings: readonly PortBinding[], containerAddress: string): Promise<BoundPort[]> {
    const bound: BoundPort[] = [];
    const slice = new TimeSlice();
    try {
      for (const binding of bindings) bound.push(await this.#bindOne(binding, containerAddress, slice));
      return bound;
    } catch (error) {
      for (const { binding, descriptor } of bound) {
        closeSync(descriptor);
        this.release(binding);
      }
      throw error;
    }
  }

  /** Marks a port whose socket a running container's shim holds. Idempotent. */
  restore(binding: PortBinding): void {
    const key = keyOf(binding);
    const addresses = this.#taken.get(key) ?? new Set();
    this.#taken.set(key, addresses.add(binding.hostIp));
  }

  /** Idempotent. Does not close the socket. */
  release(binding: PortBinding): void {
    const addresses = this.#taken.get(keyOf(binding));
    addresses?.delete(binding.hostIp);
    if (addresses?.size === 0) this.#taken.delete(keyOf(binding));
  }

  async #bindOne(wanted: PortBinding, containerAddress: string, slice: TimeSlice): Promise<BoundPort> {
    const hostIp = wanted.hostIp || EVERY_ADDRESS;
    parseIpOf(4, hostIp);
    const last = wanted.hostPort === 0 ? 0 : Math.max(wanted.hostPort, wanted.hostPortEnd ?? 0);
    for (let hostPort = wanted.hostPort; ; hostPort++) {
      if (slice.isOver) await slice.pause();
      const { protocol, containerPort } = wanted;
      const binding = { protocol, containerPort, hostIp, hostPort };
      try {
        return await this.#bindExactly(binding, containerAddress);
      } catch (error) {
        if (hostPort >= last) throw error;
      }
    }
  }

  async #bindExactly(binding: PortBinding, containerAddress: string): Promise<BoundPort> {
    const { hostIp, hostPort } = binding;
    if (hostPort !== 0 && this.#isTaken(binding))
      throw new EngineError('system', `Bind for ${hostIp}:${hostPort} failed: port is already allocated`);
    // From other containers, while this one waits; a port that the kernel is to choose is nobody's yet.
    if (hostPort !== 0) this.restore(binding);
    try {
      const bound = await this.#bindUnlessInUse(binding);
      this.restore(bound.binding);
      return bound;
    } catch (error) {
      if (hostPort !== 0) this.release(binding);
      throw bindError(error, binding, containerAddress);
    }
  }

  /** It may be a socket that a container had which has just ended. */
  async #bindUnlessInUse(binding: PortBinding): Promise<BoundPort> {
    try {
      return bindSocket(binding);
    } catch (error) {
      if (errorCode(error) !== 'EADDRINUSE') throw error;
      await this.#copiesClosed();
      return bindSocket(binding);
    }
  }

  #isTaken(binding: PortBinding): boolean {
    const addresses = this.#taken.get(keyOf(binding));
    if (addresses === undefined) return false;
    return binding.hostIp === EVERY_ADDRESS || addresses.has(binding.hostIp) || addresses.has(EVERY_ADDRESS);
  }
}

function keyOf({ protocol, hostPort }: PortBinding): string {
  return `${protocol}/${hostPort}`;
}

function bindSocket(binding: PortBinding): BoundPort {
  const { protocol, hostIp, hostPort } = binding;
  const isTcp = protocol === 'tcp';
  const where = `${hostIp}:${hostPort}`;
  const type = (isTcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC;
  const descriptor = syscall('socket', where, AF_INET, type, 0);
  try {
    // Connections of an earlier owner that linger in TIME_WAIT must not keep the port; but with the option
    // left on, another program that has it on as well could bind beside this socket.
    const reuse = isTcp && hostPort !== 0;
    if (reuse) setReuseAddress(descriptor, 1);
    syscall('bind', where, descriptor, socketAddress(hostIp, hostPort), SOCKADDR_BYTES);
    if (reuse) setReuseAddress(descriptor, 0);
    return { binding: { ...binding, hostPort: hostPort || boundPort(descriptor) }, descriptor };
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}

function setReuseAddress(descriptor: number, value: 0 | 1): void {
  syscall('setsockopt', 'SO_REUSEADDR', descriptor, SOL_SOCKET, SO_REUSEADDR, Buffer.of(value, 0, 0, 0), 4);
}

function boundPort(descriptor: number): number {
  const address = Buffer.alloc(SOCKADDR_BYTES);
  syscall('getsockname', '', descriptor, address, Buffer.of(SOCKADDR_BYTES, 0, 0, 0));
  return address.readUInt16BE(2);
}

/** struct sockaddr_in */
function socketAddress(address: string, port: number): Buffer {
  const buffer = Buffer.alloc(SOCKADDR_BYTES);
  buffer.writeUInt16LE(AF_INET, 0);
  buffer.writeUInt16BE(port, 2);
  buffer.set(addressBytes(parseIpOf(4, address)), 4);
  return buffer;
}

function bindError(error: unknown, binding: PortBinding, containerAddress: string): unknown {
  if (!(error instanceof SyscallError)) return error;
  const { hostIp, hostPort, containerPort, protocol } = binding;
  const reasons: Record<string, string> = {
    EADDRINUSE: 'address already in use',
    EADDRNOTAVAIL: 'cannot assign requested address',
    EACCES: 'permission denied',
  };
  const what = `${hostIp}:${hostPort}:${containerAddress}:${containerPort}/${protocol}`;
  const reason = reasons[error.code] ?? error.code;
  return new EngineError('system', `failed to bind host port for ${what}: ${reason}`, { cause: error });
}
