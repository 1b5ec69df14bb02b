import { closeSync } from 'node:fs';
import { EngineError, errorCode, SyscallError } from '../../base/errors.ts';
import { TimeSlice } from '../../base/time-slice.ts';
import { copiesClosed } from '../../kernel/libc.ffi.ts';
import type { PortBinding } from '../driver.ts';
import { parseIp, versionOf } from '../ipam/ip.ts';
import { bindPortSocket } from './port-socket.ts';
import { isEveryAddress } from './published-elements.ts';

/** How often a free port is looked for that is free at all addresses. */
const MAX_ATTEMPTS = 50;
/** The range that ports are chosen from where no socket keeps them. */
const FIRST_DYNAMIC_PORT = 32_768;
const LAST_DYNAMIC_PORT = 60_999;

/** A port that is wanted at some addresses of the host: at all of them it has the same number. */
export type PortRequest = {
  binding: PortBinding;
  /** Never empty addresses; and, for messages, the container's address that they lead to. */
  hosts: readonly { hostIp: string; inside: string }[];
};

/**
 * A binding with its address and port decided, and the socket that keeps the port from other programs, where there has to
 * be one.
 */
export type BoundPort = { binding: PortBinding; descriptor?: number };

/**
 * The host's ports that the engine's containers have. Two things keep a port: the table here, from other
 * containers (and it tells their conflicts from those with foreign programs), and a socket bound to it, which
 * never listens, from everything else on the host.
 */
export class PortAllocator {
  /** `tcp/8080` → addresses it is taken at. */
  readonly #taken = new Map<string, Set<string>>();
  readonly #copiesClosed: () => Promise<void>;

  /** `waitForCopies` settles when no process has a copy any more of a socket that is closed already. */
  constructor(waitForCopies: () => Promise<void> = copiesClosed) {
    this.#copiesClosed = waitForCopies;
  }

  /**
   * Binds all, or none, and of them those first that want a certain port: no other one is given it.
   * @throws EngineError `system`, in Docker's words but without what they begin with; `invalid-parameter` for
   *   an address that is none
   */
  async bind(requests: readonly PortRequest[]): Promise<BoundPort[]> {
    const bound = new Map<PortRequest, BoundPort[]>();
    const slice = new TimeSlice();
    try {
      for (const request of [...requests].sort((a, b) => freedom(a) - freedom(b)))
        bound.set(request, await this.#bindRequest(request, slice));
      return requests.flatMap(request => bound.get(request) ?? []);
    } catch (error) {
      this.#giveUp([...bound.values()].flat());
      throw error;
    }
  }

  /** Marks a port whose socket a running container's shim holds. Idempotent. */
  restore(binding: PortBinding): void {
    if (binding.hostPort === 0) return;
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

  #giveUp(bound: readonly BoundPort[]): void {
    for (const { binding, descriptor } of bound) {
      if (descriptor !== undefined) closeSync(descriptor);
      this.release(binding);
    }
  }

  async #bindRequest({ binding: wanted, hosts }: PortRequest, slice: TimeSlice): Promise<BoundPort[]> {
    const last = wanted.hostPort === 0 ? 0 : Math.max(wanted.hostPort, wanted.hostPortEnd ?? 0);
    let attempts = 0;
    for (let hostPort = wanted.hostPort; ; ) {
      if (slice.isOver) await slice.pause();
      try {
        return await this.#bindEverywhere(wanted, hosts, hostPort);
      } catch (error) {
        const isOver = hostPort === 0 ? ++attempts >= MAX_ATTEMPTS || hosts.length < 2 : hostPort >= last;
        if (isOver) throw error;
        if (hostPort !== 0) hostPort++;
      }
    }
  }

  /** The first address decides upon the port, where any will do. */
  async #bindEverywhere(
    { protocol, containerPort }: PortBinding,
    hosts: PortRequest['hosts'],
    port: number,
  ): Promise<BoundPort[]> {
    const bound: BoundPort[] = [];
    let hostPort = port;
    try {
      for (const { hostIp, inside } of hosts) {
        parseIp(hostIp);
        const one = await this.#bindExactly({ protocol, containerPort, hostIp, hostPort }, inside);
        bound.push(one);
        hostPort = one.binding.hostPort;
      }
      return bound;
    } catch (error) {
      this.#giveUp(bound);
      throw error;
    }
  }

  async #bindExactly(binding: PortBinding, inside: string): Promise<BoundPort> {
    const { hostIp, hostPort } = binding;
    if (hostPort !== 0 && this.#isTaken(binding))
      throw new EngineError('system', `Bind for ${hostIp}:${hostPort} failed: port is already allocated`);
    // From other containers, while this one waits; a port that the kernel is to choose is not known yet.
    this.restore(binding);
    try {
      const isRelayed = versionOf(hostIp) !== versionOf(inside);
      const bound = await this.#bindUnlessInUse(binding, isRelayed);
      this.restore(bound.binding);
      return bound;
    } catch (error) {
      if (hostPort !== 0) this.release(binding);
      throw bindError(error, binding, inside);
    }
  }

  /** It may be a socket that a container had which has just ended. */
  async #bindUnlessInUse(binding: PortBinding, isRelayed: boolean): Promise<BoundPort> {
    try {
      return this.#bindSocket(binding, isRelayed);
    } catch (error) {
      if (errorCode(error) !== 'EADDRINUSE') throw error;
      await this.#copiesClosed();
      return this.#bindSocket(binding, isRelayed);
    }
  }

  #bindSocket(binding: PortBinding, isRelayed: boolean): BoundPort {
    const { hostPort, descriptor } = bindPortSocket(binding, isRelayed);
    if (descriptor !== undefined) return { binding: { ...binding, hostPort }, descriptor };
    return { binding: { ...binding, hostPort: hostPort || this.#unusedPort(binding) } };
  }

  /** That no container has, for what the kernel has no sockets of. */
  #unusedPort(binding: PortBinding): number {
    for (let hostPort = FIRST_DYNAMIC_PORT; hostPort <= LAST_DYNAMIC_PORT; hostPort++)
      if (!this.#isTaken({ ...binding, hostPort })) return hostPort;
    throw new EngineError('system', 'all ports are allocated');
  }

  #isTaken(binding: PortBinding): boolean {
    const addresses = this.#taken.get(keyOf(binding));
    if (addresses === undefined) return false;
    const version = versionOf(binding.hostIp);
    const own = [...addresses].filter(address => versionOf(address) === version);
    return isEveryAddress(binding.hostIp) ? own.length > 0 : own.some(hasAddress(binding.hostIp));
  }
}

function hasAddress(hostIp: string): (address: string) => boolean {
  return address => address === hostIp || isEveryAddress(address);
}

/** Ports that are named come first, then those of a range, then any. */
function freedom({ binding: { hostPort, hostPortEnd } }: PortRequest): number {
  if (hostPort === 0) return 2;
  return hostPortEnd === undefined ? 0 : 1;
}

function keyOf({ protocol, hostPort }: PortBinding): string {
  return `${protocol}/${hostPort}`;
}

function bindError(error: unknown, binding: PortBinding, inside: string): unknown {
  if (!(error instanceof SyscallError)) return error;
  const { hostIp, hostPort, containerPort, protocol } = binding;
  const reasons: Record<string, string> = {
    EADDRINUSE: 'address already in use',
    EADDRNOTAVAIL: 'cannot assign requested address',
    EACCES: 'permission denied',
    EAFNOSUPPORT: 'address family not supported by protocol',
  };
  const [host, container] = [hostIp, inside].map(bracketed);
  const what = `${host}:${hostPort}:${container}:${containerPort}/${protocol}`;
  const reason = reasons[error.code] ?? error.code;
  return new EngineError('system', `failed to bind host port for ${what}: ${reason}`, { cause: error });
}

function bracketed(address: string): string {
  return address.includes(':') ? `[${address}]` : address;
}
