import { closeSync, constants, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '../../base/errors.ts';
import type { Membership } from '../../networkdriver/dns/name-table.ts';
import type { ResolverRequest } from '../../networkdriver/dns/protocol.ts';
import { SERVICE_ADDRESS } from '../../networkdriver/dns/service-sockets.ts';
import { ResolverClient } from '../../networkdriver/dns/resolver-client.ts';
import type { Container } from '../model/container.ts';
import type { NetworkDaemon } from './networks.ts';
import { openNetworkNamespaceOf } from '../model/open-namespaces.ts';
import { dnsNames, settingsOf } from './endpoint-settings.ts';
import { hostFilePath } from '../model/daemon-options.ts';
import { DEFAULT_NETWORK, isUserDefined } from '../model/network-record.ts';
import type { Connection } from './networks.ts';

/** Has containers of user-defined networks find each other by name: tells the resolver of them. */
export class NameService {
  readonly #daemon: NetworkDaemon;
  readonly #client: ResolverClient;
  /** Containers that the resolver knows. */
  readonly #known = new Set<string>();

  /** @param program the resolver's */
  constructor(daemon: NetworkDaemon, program: string) {
    this.#daemon = daemon;
    this.#client = new ResolverClient({
      path: join(daemon.options.execRoot, 'resolver.sock'),
      program,
      snapshot: () => this.#snapshot(),
      isNeeded: () => this.#runningContainers().length > 0,
    });
  }

  /**
   * Takes over what runs. What an earlier daemon has told of others is forgotten.
   * @throws EngineError
   */
  async recover(): Promise<void> {
    if (this.#runningContainers().length > 0) await this.#client.send();
  }

  /**
   * Before a container's process is made: its namespace gets a name server.
   * @throws EngineError
   */
  async open(container: Container, namespace: number): Promise<void> {
    this.#known.add(container.id);
    await this.#client.send(this.#openRequest(container, namespace));
  }

  /** @throws EngineError */
  async join(container: Container, connections: readonly Connection[]): Promise<void> {
    if (!this.#known.has(container.id)) return;
    const requests = this.#joinRequests(container, connections);
    if (requests.length > 0) await this.#client.send(...requests);
  }

  /** When its process runs: it is found as long as that does. Settles when it is. Never throws. */
  async run({ id, state }: Container): Promise<void> {
    if (this.#known.has(id)) await this.#tell({ type: 'run', sandbox: id, pid: state.pid });
  }

  /** Settles when it is found by its new name. Never throws. */
  async renamed(container: Container): Promise<void> {
    if (!this.#known.has(container.id)) return;
    await this.join(container, container.state.endpoints).catch(error => this.#warn(error));
  }

  /** Settles when it is not found there any more. Never throws. */
  async leave({ id }: Container, { endpoint }: Connection): Promise<void> {
    if (!this.#known.has(id)) return;
    const request: ResolverRequest = { type: 'leave', sandbox: id, networkId: endpoint.networkId };
    await this.#tell(request);
  }

  /** Idempotent, never throws. */
  closeSandbox({ id }: Container): void {
    if (this.#known.delete(id)) void this.#tell({ type: 'close', sandbox: id });
  }

  isOpen({ id }: Container): boolean {
    return this.#known.has(id);
  }

  /** The resolver goes on. Idempotent. */
  close(): void {
    this.#client.close();
  }

  async #tell(request: ResolverRequest): Promise<void> {
    await this.#client.send(request).catch(error => this.#warn(error));
  }

  #warn(error: unknown): void {
    if (!this.#daemon.closing.aborted) this.#daemon.log.warn({ error: messageOf(error) }, 'name resolution');
  }

  #runningContainers(): Container[] {
    return this.#daemon.containers
      .all()
      .filter(({ state, runtime }) => runtime !== undefined && state.pid > 0)
      .filter(container => this.#isServed(container));
  }

  /** On user-defined networks, or by its resolv.conf, where it reaches no other server. */
  #isServed({ id, state: { endpoints } }: Container): boolean {
    if (endpoints.some(({ network }) => isUserDefined(network)) || this.#known.has(id)) return true;
    return (
      endpoints.some(({ network }) => network === DEFAULT_NETWORK) &&
      beginningOf(hostFilePath(this.#daemon.options, id, 'resolv.conf')).includes(SERVICE_ADDRESS)
    );
  }

  #snapshot(): { requests: ResolverRequest[] } & Disposable {
    const running = this.#runningContainers();
    const opened: number[] = [];
    const requests: ResolverRequest[] = [
      { type: 'keep', sandboxes: running.map(({ id }) => id) },
      ...running.flatMap(container => this.#takenOver(container, opened)),
    ];
    const dispose = (): void => {
      for (const descriptor of opened.splice(0)) closeSync(descriptor);
    };
    return { requests, [Symbol.dispose]: dispose };
  }

  #takenOver(container: Container, opened: number[]): ResolverRequest[] {
    const { id, state } = container;
    try {
      const namespace = openNetworkNamespaceOf(this.#daemon, id);
      opened.push(namespace);
      this.#known.add(id);
      return [
        this.#openRequest(container, namespace),
        { type: 'run', sandbox: id, pid: state.pid },
        ...this.#joinRequests(container, state.endpoints),
      ];
    } catch (error) {
      // It has just ended.
      this.#daemon.log.warn({ container: id, error: messageOf(error) }, 'name resolution');
      return [];
    }
  }

  #openRequest({ id, record }: Container, namespace: number): ResolverRequest {
    const { Dns } = record.hostConfig;
    const servers = Dns.length > 0 ? Dns : this.#daemon.options.dns;
    return { type: 'open', sandbox: id, namespace: `/proc/${process.pid}/fd/${namespace}`, servers };
  }

  #joinRequests(container: Container, connections: readonly Connection[]): ResolverRequest[] {
    return connections
      .filter(({ network }) => isUserDefined(network) || network === DEFAULT_NETWORK)
      .map(one => ({ type: 'join', sandbox: container.id, membership: this.#membership(container, one) }));
  }

  /** Nobody is found on the default network; but it leads out. */
  #membership(container: Container, { network, endpoint }: Connection): Membership {
    const { networkId } = endpoint;
    const { internal } = this.#daemon.networks.find(networkId);
    const base = { networkId, networkName: network, internal };
    if (!isUserDefined(network)) return { ...base, names: [], links: {}, addresses: [] };
    const settings = settingsOf(container.record, network);
    return {
      ...base,
      names: dnsNames(container, settings),
      links: this.#links(settings.Links),
      addresses: endpoint.addresses.map(({ address }) => address),
    };
  }

  /** Names of containers, by what they are called: `web:frontend`. */
  #links(links: readonly string[]): Record<string, string> {
    return Object.fromEntries(
      links.map(link => {
        const [target = '', alias = target] = link.split(':');
        return [alias, this.#daemon.containers.lookup(target)?.name ?? target];
      }),
    );
  }
}

/** Of a file that a container may have made long, taken away, or hold a lease on. */
function beginningOf(path: string): string {
  try {
    const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const content = Buffer.alloc(4096);
      return content.toString('utf8', 0, readSync(fd, content));
    } finally {
      closeSync(fd);
    }
  } catch {
    return '';
  }
}
