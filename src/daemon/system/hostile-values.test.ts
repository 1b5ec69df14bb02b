import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import * as fc from 'fast-check';
import { EngineError } from '../../base/errors.ts';
import { type Place, places, replaced } from '../../base/testing/places.ts';
import type { CreateOptions } from '../../execdriver/driver.ts';
import { detectCgroupLayout } from '../../cgroups/layout.ts';
import { decodeImageConfig } from '../../oci/decode-image-config.ts';
import { compileContainer } from '../../libcontainer/compile-container.ts';
import { FieldWriter } from '../../libcontainer/field-writer.ts';
import { writePlan } from '../../libcontainer/wire.ts';
import { fakeServer } from '../../server/testing/fake-server.ts';
import { TestDaemon } from '../testing/test-daemon.ts';

const MANY_RUNS = 200;
/** A request takes some milliseconds. */
const PATIENCE_MS = 20_000;

/** Put into JSON as they are: numbers that JavaScript has not. */
const RAW_NUMBERS = ['9223372036854775807', '-9223372036854775808', '18446744073709551616', '1e999', '-0'];
const raw = (number: string) => `<<${number}>>`;
const toJson = (value: unknown) => JSON.stringify(value).replace(/"<<(.*?)>>"/g, '$1');

/** `__proto__` among them, as a key like others. */
const KEYS = ['__proto__', 'constructor', 'toString', 'valueOf', 'hasOwnProperty', '', '\0', 'a\0b', '0'];

/** Separated by spaces. */
const WORDS = `
  / // . .. /.. /a/../.. 0x10 1e3 -1 99999999999 4294967296 18446744073709551616 1:2:3:4 a:b : = , * - %00
  container: container:nobody host none NONE CMD ALL CAP_ALL SIGKILL 80/tcp 0/tcp 65536 1-65535 0-8192
  99999999999/sctp seccomp={} seccomp={"defaultAction":"constructor"} (?i)[[:alpha:] (a+)+$`;
const HOSTILE_TEXTS = [
  ...KEYS,
  ...WORDS.trim().split(/\s+/),
  'a'.repeat(5000),
  `/${'a'.repeat(5000)}`,
  '/a'.repeat(3000),
  'c 99999999999:99999999999 rwm',
  '\n',
  '\ud800',
  '\u202e',
];

const text = fc.oneof(fc.constantFrom(...HOSTILE_TEXTS), fc.string(), fc.string({ unit: 'binary' }));
const number = fc.oneof(
  fc.constantFrom<unknown>(0, -1, 0.5, 2 ** 31, 2 ** 32, 2 ** 53, 1e30, -1e30, ...RAW_NUMBERS.map(raw)),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);
const scalar = fc.oneof(text, number, fc.constantFrom(null, true, false));
const map = (value: fc.Arbitrary<unknown>) =>
  fc
    .array(fc.tuple(fc.oneof(fc.constantFrom(...KEYS), text), value), { maxLength: 4 })
    .map(Object.fromEntries);
const hostile: fc.Arbitrary<unknown> = fc.oneof(
  scalar,
  scalar,
  fc.array(scalar, { maxLength: 4 }),
  map(scalar),
  fc.array(map(scalar), { maxLength: 3 }),
  map(fc.array(map(scalar), { maxLength: 3 })),
  map(map(scalar)),
);

const CONFIG = {
  Hostname: 'web',
  Domainname: 'example.com',
  User: 'web',
  AttachStdin: true,
  ExposedPorts: { '80/tcp': {}, '53/udp': {} },
  Tty: false,
  OpenStdin: true,
  StdinOnce: true,
  Env: ['A=b', 'PATH=/bin'],
  Cmd: ['sh', '-c', 'true'],
  Healthcheck: { Test: ['CMD', 'true'], Interval: 30e9, Timeout: 30e9, StartPeriod: 1e9, Retries: 3 },
  Volumes: { '/data': {} },
  WorkingDir: '/srv',
  Entrypoint: ['/bin/init'],
  Labels: { a: 'b' },
  StopSignal: 'SIGTERM',
  StopTimeout: 10,
  Shell: ['/bin/sh', '-c'],
};

const HOST_CONFIG = {
  CpuShares: 512,
  Memory: 64 << 20,
  NanoCpus: 1e8,
  CgroupParent: '/parent',
  BlkioWeight: 100,
  BlkioDeviceReadBps: [{ Path: '/dev/null', Rate: 1024 }],
  CpusetCpus: '0',
  Devices: [{ PathOnHost: '/dev/null', PathInContainer: '/dev/none', CgroupPermissions: 'rwm' }],
  DeviceCgroupRules: ['c 1:3 rwm'],
  DeviceRequests: [],
  MemoryReservation: 32 << 20,
  MemorySwap: 128 << 20,
  MemorySwappiness: 50,
  OomKillDisable: false,
  PidsLimit: 100,
  Ulimits: [{ Name: 'nofile', Soft: 1024, Hard: 2048 }],
  Binds: ['volume:/bound:ro'],
  LogConfig: {
    Type: 'json-file',
    Config: { 'max-size': '1m', 'max-file': '3', labels: 'a', tag: '{{.ID}}' },
  },
  NetworkMode: 'bridge',
  PortBindings: { '80/tcp': [{ HostIp: '127.0.0.1', HostPort: '8080' }] },
  RestartPolicy: { Name: 'on-failure', MaximumRetryCount: 2 },
  VolumesFrom: ['other:ro'],
  ConsoleSize: [24, 80],
  Annotations: { a: 'b' },
  CapAdd: ['NET_ADMIN'],
  CapDrop: ['CHOWN'],
  CgroupnsMode: 'private',
  Dns: ['192.0.2.1'],
  DnsOptions: ['ndots:1'],
  DnsSearch: ['example.com'],
  ExtraHosts: ['peer:192.0.2.2'],
  GroupAdd: ['web', '7'],
  IpcMode: 'private',
  Links: ['other:peer'],
  OomScoreAdj: 100,
  PidMode: '',
  Privileged: false,
  PublishAllPorts: true,
  ReadonlyRootfs: true,
  SecurityOpt: ['no-new-privileges', 'seccomp={"defaultAction":"SCMP_ACT_ALLOW","syscalls":[]}'],
  StorageOpt: {},
  Tmpfs: { '/run': 'size=1m,mode=755' },
  UTSMode: '',
  ShmSize: 1 << 20,
  Sysctls: { 'net.ipv4.ip_forward': '1' },
  Runtime: 'runc',
  Mounts: [
    {
      Type: 'volume',
      Source: 'named',
      Target: '/named',
      VolumeOptions: { Labels: { a: 'b' }, NoCopy: true },
    },
    {
      Type: 'tmpfs',
      Target: '/temporary',
      TmpfsOptions: { SizeBytes: 4096, Mode: 0o700, Options: [['ro']] },
    },
  ],
  MaskedPaths: ['/proc/kcore'],
  ReadonlyPaths: ['/proc/sys'],
  Init: false,
};

const NETWORKS = {
  EndpointsConfig: {
    bridge: { MacAddress: '02:42:ac:11:00:02', DriverOpts: { a: 'b' }, IPAMConfig: {} },
  },
};

const REQUEST = { Image: 'box', ...CONFIG, HostConfig: HOST_CONFIG, NetworkingConfig: NETWORKS };

const IMAGE = {
  architecture: 'amd64',
  os: 'linux',
  created: '2024-01-01T00:00:00Z',
  author: 'somebody',
  config: { ...CONFIG, OnBuild: ['RUN true'], ArgsEscaped: true },
  rootfs: { type: 'layers', diff_ids: [] },
  history: [{ created: '2024-01-01T00:00:00Z', created_by: 'x', empty_layer: true }],
};

/** Other values of the same type. */
function alike(value: unknown): fc.Arbitrary<unknown> {
  if (typeof value === 'string') return text;
  if (typeof value === 'number') return number;
  if (typeof value === 'boolean') return fc.boolean();
  if (Array.isArray(value)) return fc.array(orAlike(value[0] ?? ''), { maxLength: 4 });
  const entries = Object.entries(value as object);
  if (!entries.every(([key]) => /^[A-Z]/.test(key))) return map(orAlike(entries[0]?.[1]));
  const members = entries.map(([key, member]) => [key, orAlike(member)] as const);
  return fc.record(Object.fromEntries(members), { requiredKeys: [] });
}

const orAlike = (value: unknown) => fc.oneof(fc.constant(value), alike(value));

/** The document with hostile values in some places, most of the right type, and without some others. */
function spoiled(document: object): fc.Arbitrary<unknown> {
  const within = places(document).filter(({ length }) => length > 0);
  const change = fc.constantFrom(...within).chain(place =>
    fc.record({
      place: fc.constant(place),
      by: fc.oneof(
        { weight: 8, arbitrary: alike(valueAt(document, place)) },
        { weight: 1, arbitrary: hostile },
        { weight: 1, arbitrary: fc.constant(undefined) },
      ),
    }),
  );
  return fc
    .array(change, { minLength: 1, maxLength: 3 })
    .map(changes =>
      changes.reduce<unknown>(
        (result, { place, by }) => (isThere(result, place) ? replaced(result, place, by) : result),
        document,
      ),
    );
}

function valueAt(value: unknown, place: Place): unknown {
  return place.reduce<unknown>((inner, key) => (inner as Record<string, unknown>)[key], value);
}

/** Another change may have taken it away. */
function isThere(value: unknown, [key, ...rest]: Place): boolean {
  if (key === undefined) return true;
  return (
    typeof value === 'object' && value !== null && isThere((value as Record<string, unknown>)[key], rest)
  );
}

type Engine = {
  daemon: TestDaemon;
  /** The status; never one of the server's own faults. */
  ask: (line: string, body?: string) => Promise<number>;
  answer: (line: string, body?: string) => Promise<{ status: number; json: unknown }>;
};

async function openEngine(t: TestContext): Promise<Engine> {
  const daemon = await TestDaemon.open(t);
  daemon.execDriver.onCreate = ({ options }) => compile(options);
  const server = await fakeServer(t, daemon.backend);
  /** JSON as it is, or none. */
  const answer = async (line: string, body?: string) => {
    const late = delay(PATIENCE_MS, undefined, { ref: false }).then(() => assert.fail(`${line} hangs`));
    const answered = await Promise.race([server.ask(line, { body }), late]);
    const { status, text: said } = answered;
    assert.ok(status < 500, `${line}: ${status} ${said} ${server.logged.at(-1) ?? ''}`);
    return answered;
  };
  const ask = async (line: string, body?: string) => (await answer(line, body)).status;
  await daemon.run('other', { Volumes: { '/other': {} } });
  return { daemon, ask, answer };
}

/** What the real driver does first. */
function compile({ id, spec, networkNamespace }: CreateOptions): void {
  const { plan } = compileContainer({
    id,
    spec,
    rootfs: { type: 'mount', source: 'fd:4' },
    cgroupLayout: detectCgroupLayout(),
    networkNamespace: networkNamespace === undefined ? undefined : 'fd:5',
  });
  writePlan(new FieldWriter(), plan);
}

/** Creates and starts a container, asks for it, and removes it. @returns the statuses of creation and start */
async function live({ ask }: Engine, body: string): Promise<[number, number | undefined]> {
  const created = await ask('POST /containers/create?name=web', body);
  const started = created === 201 ? await ask('POST /containers/web/start') : undefined;
  await ask('GET /containers/web/json?size=1');
  await ask('GET /containers/json?all=1&size=1');
  await ask('GET /containers/json?all=1&filters={"label":["constructor"],"health":["none"]}');
  if (created === 201) assert.equal(await ask('DELETE /containers/web?force=1&v=1'), 204);
  return [created, started];
}

/** Nothing of the host is bound: its directories would be made. */
function bindsNothing(request: unknown): boolean {
  const { Binds, Mounts } = ((request as typeof REQUEST).HostConfig ?? {}) as {
    Binds: unknown;
    Mounts: unknown;
  };
  const isBind = (mount: unknown) => JSON.stringify(mount ?? '').includes('bind');
  const namesPath = (bind: unknown) => typeof bind === 'string' && bind.startsWith('/') && bind.includes(':');
  return !(Array.isArray(Binds) && Binds.some(namesPath)) && !(Array.isArray(Mounts) && Mounts.some(isBind));
}

test('a request with everything in it makes a container that starts', async t => {
  const engine = await openEngine(t);
  assert.deepEqual(await live(engine, toJson(REQUEST)), [201, 204]);
});

/** A volume whose directory cannot have its name. */
const NAMED_TOO_LONG = { ...REQUEST, HostConfig: { ...HOST_CONFIG, Binds: [`${'a'.repeat(256)}:/bound`] } };

test('no value in a request is a fault of the engine, or holds it up', async t => {
  const engine = await openEngine(t);
  const statuses = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(spoiled(REQUEST), async request => {
      fc.pre(bindsNothing(request));
      const result = (await live(engine, toJson(request))).join();
      statuses.set(result, (statuses.get(result) ?? 0) + 1);
    }),
    { numRuns: MANY_RUNS, examples: [[NAMED_TOO_LONG]] },
  );
  assert.ok(
    ['400,', '201,204'].every(result => statuses.has(result)),
    [...statuses.keys()].join(' '),
  );
});

test('no value in an image is a fault of the engine, or holds it up', async t => {
  const engine = await openEngine(t);
  const statuses = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(spoiled(IMAGE), async image => {
      const config = await decoded(toJson(image));
      if (config === undefined) return;
      engine.daemon.graph.setConfig(config);
      for (const HostConfig of [{}, { PublishAllPorts: true, Links: ['other:peer'] }]) {
        const result = (await live(engine, toJson({ Image: 'box', HostConfig }))).join();
        statuses.set(result, (statuses.get(result) ?? 0) + 1);
      }
    }),
    { numRuns: MANY_RUNS },
  );
  assert.ok(statuses.has('201,204'), [...statuses.keys()].join(' '));
});

const EXEC = {
  Cmd: ['true'],
  Env: ['A=b'],
  User: 'web',
  WorkingDir: '/srv',
  DetachKeys: 'ctrl-p,ctrl-q',
  ConsoleSize: [24, 80],
  Tty: true,
  AttachStdout: true,
  Privileged: false,
};
const UPDATE = {
  Memory: 64 << 20,
  MemorySwap: 128 << 20,
  CpuShares: 512,
  CpusetCpus: '0',
  PidsLimit: 10,
  BlkioDeviceReadBps: [{ Path: '/dev/null', Rate: 1024 }],
  RestartPolicy: { Name: 'always', MaximumRetryCount: 0 },
};
const FILTERS = {
  label: ['a=b', 'a'],
  name: ['^/?web$'],
  reference: ['box*'],
  until: ['1h'],
  before: ['box'],
  since: ['box'],
  dangling: ['true'],
  id: ['0'],
  status: ['running'],
  health: ['none'],
  exited: ['0'],
  volume: ['volume'],
  network: ['bridge'],
  publish: ['80/tcp'],
};
const FILTERED = [
  'GET /containers/json',
  'POST /containers/prune',
  'GET /images/json',
  'POST /images/prune',
].concat(['GET /volumes', 'POST /volumes/prune', 'GET /networks', 'GET /events']);

test('no value for a running container or in a filter is a fault of the engine, or holds it up', async t => {
  const engine = await openEngine(t);
  await fc.assert(
    fc.asyncProperty(
      fc.record({ exec: spoiled(EXEC), update: spoiled(UPDATE), filters: spoiled(FILTERS), text }),
      async ({ exec, update, filters, text: name }) => {
        const id = await engine.daemon.run('web');
        const created = await engine.answer('POST /containers/web/exec', toJson(exec));
        if (created.status === 201)
          await engine.ask(
            `POST /exec/${(created.json as { Id: string }).Id}/start`,
            toJson({ Detach: true }),
          );
        await engine.ask('POST /containers/web/update', toJson(update));
        for (const line of FILTERED) await engine.ask(`${line}?until=1&filters=${encode(toJson(filters))}`);
        for (const query of ['rename?name', 'kill?signal', 'resize?h', 'stop?t'])
          await engine.ask(`POST /containers/web/${query}=${encode(name)}`);
        await engine.ask(`GET /containers/${encode(name)}/json`);
        assert.equal(await engine.ask(`DELETE /containers/${id}?force=1&v=1`), 204);
      },
    ),
    { numRuns: MANY_RUNS },
  );
});

/** For a URL, also of what is half a character. */
const encode = (value: string) => encodeURIComponent(value.toWellFormed());

/** What the image says of its containers; undefined for an image that is refused, for its own mistake. */
async function decoded(json: string) {
  try {
    return (await decodeImageConfig(Buffer.from(json))).config ?? {};
  } catch (error) {
    assert.ok(error instanceof EngineError && error.kind === 'invalid-parameter', String(error));
    return undefined;
  }
}
