import { closeSync, openSync } from 'node:fs';
import { messageOf } from '../../base/errors.ts';
import { answerQuery, formatError, parseQuery, refuse, SERVER_FAILURE } from './answer-query.ts';
import { HostServers } from './host-servers.ts';
import { NameTable } from './name-table.ts';
import { ProcessWatch } from './process-watch.ts';
import { PROTOCOL_VERSION, type ResolverRequest } from './protocol.ts';
import { ServiceSockets } from './service-sockets.ts';
import { type NameServer, Upstream } from './upstream.ts';

type Sandbox = {
  sockets: ServiceSockets;
  namespace: number;
  servers: NameServer[];
  /** How many of its questions others are asked at the moment. */
  asking: number;
  /** Absent as long as its process is being made. */
  process?: ProcessWatch;
};

/** One that asks without end leaves others their turn. */
const MAX_ASKING = 200;

/** Answers the questions of containers on user-defined networks: by a table, and with the help of other servers. */
export class Resolver {
  readonly #sandboxes = new Map<string, Sandbox>();
  readonly #table = new NameTable(sandbox => this.#sandboxes.get(sandbox)?.process?.isAlive !== false);
  readonly #upstream = new Upstream();
  readonly #host = new HostServers();

  get isIdle(): boolean {
    return this.#sandboxes.size === 0;
  }

  /** @throws what cannot be done, and the version is another */
  async handle(request: ResolverRequest): Promise<void> {
    switch (request.type) {
      case 'hello':
        if (request.version !== PROTOCOL_VERSION) throw new Error(`version ${PROTOCOL_VERSION}`);
        return;
      case 'open':
        return this.#open(request);
      case 'run':
        return this.#run(request.sandbox, request.pid);
      case 'join':
        return this.#table.join(request.sandbox, request.membership);
      case 'leave':
        return this.#table.leave(request.sandbox, request.networkId);
      case 'close':
        return this.#close(request.sandbox);
      case 'keep':
        return this.#keep(new Set(request.sandboxes));
    }
  }

  /** Lets go of the sandboxes whose processes have ended, and of those that have none. */
  closeEnded(): void {
    for (const [id, { process }] of this.#sandboxes) if (!process?.isAlive) this.#close(id);
  }

  async #open({ sandbox, namespace: path, servers }: ResolverRequest & { type: 'open' }): Promise<void> {
    if (this.#sandboxes.get(sandbox)?.process?.isAlive) return;
    this.#close(sandbox);
    const namespace = openSync(path, 'r');
    try {
      const sockets = await ServiceSockets.open(namespace, (message, isTcp, reply) =>
        this.#answer(sandbox, { message, isTcp, reply }),
      );
      const own = servers.map(address => ({ address, namespace }));
      this.#sandboxes.set(sandbox, { sockets, namespace, servers: own, asking: 0 });
    } catch (error) {
      closeSync(namespace);
      throw error;
    }
  }

  #run(id: string, pid: number): void {
    const sandbox = this.#sandboxes.get(id);
    if (sandbox !== undefined) sandbox.process ??= new ProcessWatch(pid);
  }

  #close(id: string): void {
    const sandbox = this.#sandboxes.get(id);
    this.#sandboxes.delete(id);
    this.#table.remove(id);
    if (sandbox === undefined) return;
    sandbox.sockets[Symbol.dispose]();
    sandbox.process?.[Symbol.dispose]();
    closeSync(sandbox.namespace);
  }

  #keep(wanted: ReadonlySet<string>): void {
    for (const id of this.#sandboxes.keys()) if (!wanted.has(id)) this.#close(id);
  }

  #answer(
    asker: string,
    { message, isTcp, reply }: { message: Buffer; isTcp: boolean; reply: (answer: Buffer) => void },
  ): void {
    const query = parseQuery(message, isTcp);
    if (query === undefined) {
      const refusal = formatError(message);
      if (refusal !== undefined) reply(refusal);
      return;
    }
    const own = answerQuery(query, this.#table, asker);
    if (own !== undefined) return reply(own);
    void this.#ask(asker, message, isTcp)
      .catch(error => void messageOf(error))
      .then(answer => reply(answer ?? refuse(query, SERVER_FAILURE)));
  }

  /** Nothing that a container on internal networks alone asks for goes out. */
  async #ask(asker: string, message: Buffer, isTcp: boolean): Promise<Buffer | undefined> {
    const sandbox = this.#sandboxes.get(asker);
    if (sandbox === undefined || !this.#table.isExternal(asker)) return undefined;
    if (sandbox.asking >= MAX_ASKING) return undefined;
    const { servers } = sandbox;
    const asked = servers.length > 0 ? servers : this.#host.servers.map(address => ({ address }));
    sandbox.asking++;
    return this.#upstream.ask(message, asked, isTcp).finally(() => sandbox.asking--);
  }
}
