import { DEFAULT_BURST, DEFAULT_SHARE_POOL_THRESHOLD } from '../../governor/burst/burst-settings.ts';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { DEFAULT_SETTINGS } from '../../api/engine-options.ts';
import type { ContainerCreateRequest } from '../../api/types.ts';
import { createBackend } from '../system/backend.ts';
import type { Daemon } from '../container/daemon.ts';
import type { Graph } from '../../graph/graph.ts';
import { SILENT } from '../model/logger.ts';
import { openDaemon } from '../system/open-daemon.ts';
import { readHostFacts } from '../container/spec/host-facts.ts';
import { FakeExecDriver } from './fake-exec-driver.ts';
import { FakeGraph } from './fake-graph.ts';
import { FakeNetworkDriver, fakeNamespaces } from './fake-networks.ts';

/** A daemon on fakes, in a directory of its own. It can be closed and opened again; nothing is left of it. */
export class TestDaemon {
  readonly directory = mkdtempSync(join(tmpdir(), 'daemon-'));
  readonly execDriver = new FakeExecDriver();
  readonly graph = new FakeGraph(this.directory);
  readonly network = new FakeNetworkDriver();
  daemon!: Daemon;
  backend!: ReturnType<typeof createBackend>;
  #close: () => Promise<void> = async () => undefined;

  /** In the fake one's place. */
  readonly #realGraph: Graph | undefined;

  constructor(realGraph?: Graph) {
    this.#realGraph = realGraph;
  }

  /** @param realGraph in place of the fake one; the caller closes it */
  static async open(t: TestContext, realGraph?: Graph): Promise<TestDaemon> {
    const test = new TestDaemon(realGraph);
    t.after(() => test.#dispose());
    await test.open();
    return test;
  }

  async open(): Promise<void> {
    const { daemon, close } = await openDaemon({
      options: {
        dataRoot: join(this.directory, 'data'),
        execRoot: join(this.directory, 'exec'),
        ...DEFAULT_SETTINGS,
        burst: DEFAULT_BURST,
        cgroupDriver: 'cgroupfs',
        sharePoolThreshold: DEFAULT_SHARE_POOL_THRESHOLD,
        sysctlGuard: 'off',
        systemReserve: { cpus: 0, memoryBytes: 0 },
        warnings: [],
        bridgeDisabled: false,
        bridgeIp: '10.0.0.1/16',
        certificateDirectories: [],
        imagePolicyFile: '/nonexistent',
        proxies: { http: '', https: '', none: '' },
        registryPatience: { retryMs: 1, bodyMs: 5000 },
        initPath: '/nonexistent/init',
        version: 'test',
      },
      log: SILENT,
      graph: this.#realGraph ?? this.graph,
      execDriver: this.execDriver,
      networkDrivers: new Map(['bridge', 'host', 'null'].map(type => [type, this.network])),
      namespaces: fakeNamespaces,
      resolverProgram: '/nonexistent/resolver',
      bridgeDevice: 'test0',
      ownsBridge: true,
      hostFacts: readHostFacts(),
    });
    this.daemon = daemon;
    this.backend = createBackend(daemon);
    this.#close = close;
  }

  async close(): Promise<void> {
    await this.#close();
    this.#close = async () => undefined;
  }

  async create(name: string, request: ContainerCreateRequest = {}): Promise<string> {
    return (await this.backend.containerCreate(name, { Image: 'box', ...request })).Id;
  }

  /** Creates and starts one. */
  async run(name: string, request: ContainerCreateRequest = {}): Promise<string> {
    const id = await this.create(name, request);
    await this.backend.containerStart(id);
    return id;
  }

  state(id: string) {
    return this.daemon.containers.find(id).state;
  }

  /** Settles when everything in the background is over. */
  async idle(): Promise<void> {
    // What a settled promise sets in motion registers itself a moment later.
    for (let round = 0; round < 3; round += 1) {
      await new Promise(resolve => setImmediate(resolve));
      await this.daemon.background.idle();
    }
  }

  async #dispose(): Promise<void> {
    await this.close();
    rmSync(this.directory, { recursive: true, force: true });
  }
}
