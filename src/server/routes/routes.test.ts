import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Backend } from '../../api/backend.ts';
import { fakeServer, readUntil } from '../testing/fake-server.ts';

/** One request, what it makes of the backend, and what comes back. */
type Case = {
  ask: string;
  body?: unknown;
  headers?: Record<string, string>;
  calls: { [M in keyof Backend]?: unknown[] };
  /** What the backend's method gives; nothing by default. */
  gives?: unknown;
  status: number;
  /** Parsed JSON; undefined: an empty body. */
  answers?: unknown;
};

const filters = (value: object) => `filters=${encodeURIComponent(JSON.stringify(value))}`;

const CONTAINERS: Case[] = [
  {
    ask: `GET /containers/json?all=1&limit=3&size=true&${filters({ status: ['exited'] })}`,
    calls: {
      containerList: [{ all: true, limit: 3, size: true, filters: new Map([['status', ['exited']]]) }],
    },
    gives: [],
    status: 200,
    answers: [],
  },
  {
    ask: 'POST /containers/create?name=web&platform=linux%2Famd64',
    body: { Image: 'x', HostConfig: { Memory: 5 } },
    calls: {
      containerCreate: [
        'web',
        { Image: 'x', HostConfig: { Memory: 5 } },
        { platform: 'linux/amd64', flatReadonlyMounts: false },
      ],
    },
    gives: { Id: 'i', Warnings: [] },
    status: 201,
    answers: { Id: 'i', Warnings: [] },
  },
  {
    ask: 'GET /containers/%2Fweb/json?size=1',
    calls: { containerInspect: ['/web', { size: true }] },
    gives: { Id: 'i' },
    status: 200,
    answers: { Id: 'i' },
  },
  {
    ask: 'POST /containers/c/start?detachKeys=ctrl-a',
    body: {},
    calls: { containerStart: ['c'] },
    status: 204,
  },
  {
    ask: 'POST /containers/c/start',
    body: { Binds: [] },
    calls: {},
    status: 400,
    answers: /removed in v1.24/,
  },
  {
    ask: 'POST /containers/c/stop?t=-1&signal=HUP',
    calls: { containerStop: ['c', { signal: 'HUP', timeoutSeconds: -1 }] },
    status: 204,
  },
  {
    ask: 'POST /containers/c/stop',
    calls: { containerStop: ['c', { signal: undefined, timeoutSeconds: undefined }] },
    status: 204,
  },
  { ask: 'POST /containers/c/stop?t=x', calls: {}, status: 400, answers: /invalid syntax/ },
  {
    ask: 'POST /containers/c/restart?t=5',
    calls: { containerRestart: ['c', { signal: undefined, timeoutSeconds: 5 }] },
    status: 204,
  },
  { ask: 'POST /containers/c/kill', calls: { containerKill: ['c', 'SIGKILL'] }, status: 204 },
  { ask: 'POST /containers/c/kill?signal=15', calls: { containerKill: ['c', '15'] }, status: 204 },
  { ask: 'POST /containers/c/pause', calls: { containerPause: ['c'] }, status: 204 },
  { ask: 'POST /containers/c/unpause', calls: { containerUnpause: ['c'] }, status: 204 },
  { ask: 'POST /containers/c/rename?name=n', calls: { containerRename: ['c', 'n'] }, status: 204 },
  {
    ask: 'POST /containers/c/rename',
    calls: {},
    status: 400,
    answers: { message: 'Neither old nor new names may be empty' },
  },
  {
    ask: 'POST /containers/c/update',
    body: { Memory: 5, RestartPolicy: { Name: 'always' } },
    calls: { containerUpdate: ['c', { Memory: 5, RestartPolicy: { Name: 'always' } }] },
    gives: { Warnings: [] },
    status: 200,
    answers: { Warnings: [] },
  },
  {
    ask: 'DELETE /containers/c?v=1&force=true',
    calls: { containerRemove: ['c', { force: true, volumes: true, link: false }] },
    status: 204,
  },
  {
    ask: `POST /containers/prune?${filters({ until: { '24h': true } })}`,
    calls: { containerPrune: [new Map([['until', ['24h']]])] },
    gives: { ContainersDeleted: null, SpaceReclaimed: 0 },
    status: 200,
    answers: { ContainersDeleted: null, SpaceReclaimed: 0 },
  },
  {
    ask: `POST /containers/prune?${filters({ foo: ['a'] })}`,
    calls: {},
    status: 400,
    answers: { message: "invalid filter 'foo'" },
  },
  { ask: 'POST /containers/c/resize?h=24&w=80', calls: { containerResize: ['c', 24, 80] }, status: 200 },
  {
    ask: 'GET /containers/c/top?ps_args=aux',
    calls: { containerTop: ['c', 'aux'] },
    gives: { Titles: [], Processes: [] },
    status: 200,
    answers: { Titles: [], Processes: [] },
  },
  {
    ask: 'GET /containers/c/changes',
    calls: { containerChanges: ['c'] },
    gives: null,
    status: 200,
    answers: null,
  },
  {
    ask: 'GET /containers/c/logs',
    calls: {},
    status: 400,
    answers: { message: 'Bad parameters: you must choose at least one stream' },
  },
  {
    ask: 'GET /containers/c/stats?one-shot=1',
    calls: {},
    status: 400,
    answers: { message: 'cannot have stream=true and one-shot=true' },
  },
  {
    ask: 'POST /containers/c/wait?condition=foo',
    calls: {},
    status: 400,
    answers: { message: 'invalid condition: "foo"' },
  },
];

const FILES: Case[] = [
  {
    ask: 'POST /commit?container=c&repo=r&tag=t&author=a&comment=m&changes=CMD%20x&changes=ENV%20A=b',
    calls: {
      containerCommit: [
        'c',
        {
          repository: 'r',
          tag: 't',
          author: 'a',
          comment: 'm',
          config: undefined,
          changes: ['CMD x', 'ENV A=b'],
          pause: true,
        },
      ],
    },
    gives: 'sha256:0',
    status: 201,
    answers: { Id: 'sha256:0' },
  },
  {
    ask: 'POST /commit?container=c&pause=0',
    body: { Cmd: 'ls', Env: null },
    calls: {
      containerCommit: [
        'c',
        {
          repository: '',
          tag: '',
          author: '',
          comment: '',
          config: { Cmd: ['ls'] },
          changes: [],
          pause: false,
        },
      ],
    },
    gives: 'sha256:0',
    status: 201,
    answers: { Id: 'sha256:0' },
  },
  { ask: 'POST /commit', calls: {}, status: 400, answers: { message: 'invalid name or ID supplied: ""' } },
  {
    ask: 'GET /containers/c/archive',
    calls: {},
    status: 400,
    answers: { message: 'bad parameter: pathcannot be empty' },
  },
];

const UNSUPPORTED: Case[] = ['POST /swarm/init'].map(line => ({
  ask: line,
  calls: {},
  status: 501,
  answers: /is not supported by this engine$/,
}));

const EXECS: Case[] = [
  {
    ask: 'POST /containers/c/exec',
    body: { Cmd: ['ls'], Tty: true, ConsoleSize: [24, 80], Env: null },
    calls: { execCreate: ['c', { Cmd: ['ls'], Tty: true, ConsoleSize: [24, 80] }] },
    gives: { Id: 'e' },
    status: 201,
    answers: { Id: 'e' },
  },
  {
    ask: 'POST /containers/c/exec',
    calls: {},
    status: 400,
    answers: { message: 'No exec command specified' },
  },
  {
    ask: 'POST /containers/c/exec',
    body: { Cmd: 'ls' },
    calls: {},
    status: 400,
    answers: {
      message:
        'invalid JSON: json: cannot unmarshal string into Go struct field ExecOptions.Cmd of type []string',
    },
  },
  { ask: 'POST /exec/e/resize?h=1&w=2', calls: { execResize: ['e', 1, 2] }, status: 200 },
  {
    ask: 'GET /exec/e/json',
    calls: { execInspect: ['e'] },
    gives: { ID: 'e' },
    status: 200,
    answers: { ID: 'e' },
  },
];

const IMAGES: Case[] = [
  {
    ask: `GET /images/json?all=0&shared-size=1&${filters({ reference: ['a'] })}`,
    calls: { imageList: [{ all: false, filters: new Map([['reference', ['a']]]), sharedSize: true }] },
    gives: [],
    status: 200,
    answers: [],
  },
  {
    ask: 'GET /images/host:5000/a/b:tag/json',
    calls: { imageInspect: ['host:5000/a/b:tag'] },
    gives: { Id: 'i' },
    status: 200,
    answers: { Id: 'i' },
  },
  { ask: 'GET /images/a%2Fb/history', calls: { imageHistory: ['a/b'] }, gives: [], status: 200, answers: [] },
  {
    ask: 'POST /images/a/b/tag?repo=r&tag=t',
    calls: { imageTag: ['a/b', 'r', 't'] },
    status: 201,
  },
  {
    ask: 'DELETE /images/a/b@sha256:1?force=1&noprune=1',
    calls: { imageRemove: ['a/b@sha256:1', { force: true, noPrune: true }] },
    gives: [{ Untagged: 'a' }],
    status: 200,
    answers: [{ Untagged: 'a' }],
  },
  {
    ask: `DELETE /images/a?platforms=${encodeURIComponent('{"os":"linux","architecture":"arm64"}')}`,
    calls: {
      imageRemove: ['a', { force: false, noPrune: false, platform: { os: 'linux', architecture: 'arm64' } }],
    },
    gives: [],
    status: 200,
    answers: [],
  },
  {
    ask: 'DELETE /v1.49/images/a?platforms=x',
    calls: { imageRemove: ['a', { force: false, noPrune: false }] },
    gives: [],
    status: 200,
    answers: [],
  },
  {
    ask: 'DELETE /images/a?platforms={"os":"linux","architecture":"arm64"}&platforms={"os":"linux","architecture":"arm"}',
    calls: {},
    status: 400,
    answers: { message: 'multiple platforms are not supported' },
  },
  {
    ask: 'DELETE /images/a?platforms={"os":"linux"}',
    calls: {},
    status: 400,
    answers: { message: 'both OS and Architecture must be provided' },
  },
  {
    ask: 'DELETE /images/%20',
    calls: {},
    status: 400,
    answers: { message: 'image name cannot be blank' },
  },
  {
    ask: 'GET /images/a/json?platform={"os":"linux","architecture":"arm"}&manifests=1',
    calls: {},
    status: 400,
    answers: { message: 'conflicting options: manifests and platform options cannot both be set' },
  },
  {
    ask: 'GET /v1.48/images/a/json?platform=x',
    calls: { imageInspect: ['a'] },
    gives: { Config: { User: 'u' }, Size: 7 },
    status: 200,
    answers: {
      Config: {
        Hostname: '',
        Domainname: '',
        AttachStdin: false,
        AttachStdout: false,
        AttachStderr: false,
        Tty: false,
        OpenStdin: false,
        StdinOnce: false,
        Image: '',
        User: 'u',
      },
      Size: 7,
    },
  },
  {
    ask: 'GET /v1.44/containers/a/json',
    calls: { containerInspect: ['a', { size: false }] },
    gives: {
      Id: '0123456789abcdef',
      Config: { Hostname: 'h' },
      NetworkSettings: {
        Networks: { bridge: { Aliases: null }, own: { Aliases: ['b', 'h'] }, other: { Aliases: null } },
      },
    },
    status: 200,
    answers: {
      Id: '0123456789abcdef',
      Config: { Hostname: 'h' },
      NetworkSettings: {
        Networks: {
          bridge: { Aliases: null },
          own: { Aliases: ['b', 'h', '0123456789ab'] },
          other: { Aliases: ['0123456789ab', 'h'] },
        },
      },
    },
  },
  {
    ask: 'GET /v1.45/containers/a/json',
    calls: { containerInspect: ['a', { size: false }] },
    gives: { Id: '0123456789abcdef', NetworkSettings: { Networks: { own: { Aliases: null } } } },
    status: 200,
    answers: { Id: '0123456789abcdef', NetworkSettings: { Networks: { own: { Aliases: null } } } },
  },
  {
    ask: 'GET /v1.45/containers/json',
    calls: { containerList: [{ all: false, limit: 0, size: false, filters: new Map() }] },
    gives: [{ HostConfig: { NetworkMode: 'bridge', Annotations: { a: 'b' } } }],
    status: 200,
    answers: [{ HostConfig: { NetworkMode: 'bridge' } }],
  },
  {
    ask: 'GET /v1.46/containers/json',
    calls: { containerList: [{ all: false, limit: 0, size: false, filters: new Map() }] },
    gives: [{ HostConfig: { NetworkMode: 'bridge', Annotations: { a: 'b' } } }],
    status: 200,
    answers: [{ HostConfig: { NetworkMode: 'bridge', Annotations: { a: 'b' } } }],
  },
  {
    ask: 'GET /v1.43/images/a/json',
    calls: { imageInspect: ['a'] },
    gives: { Config: null, Size: 7 },
    status: 200,
    answers: { Created: '0001-01-01T00:00:00Z', Config: null, Size: 7, VirtualSize: 7 },
  },
  {
    ask: 'GET /v1.43/images/json',
    calls: { imageList: [{ all: false, filters: new Map(), sharedSize: false }] },
    gives: [{ Size: 7, Containers: 2 }],
    status: 200,
    answers: [{ Size: 7, VirtualSize: 7, Containers: -1 }],
  },
  {
    ask: 'GET /v1.47/images/a/history?platform=x',
    calls: { imageHistory: ['a'] },
    gives: [],
    status: 200,
    answers: [],
  },
  {
    ask: 'POST /images/prune',
    calls: { imagePrune: [new Map()] },
    gives: { ImagesDeleted: null, SpaceReclaimed: 0 },
    status: 200,
    answers: { ImagesDeleted: null, SpaceReclaimed: 0 },
  },
  { ask: 'POST /session', calls: {}, status: 400, answers: /no upgrade: h2c/ },
  { ask: 'POST /build?buildargs=[]', calls: {}, status: 400, answers: /error reading buildargs/ },
  {
    ask: 'POST /build/prune?all=1&keep-storage=5&max-used-space=6&min-free-space=7&filters={"unused-for":["24h"],"id":["ab"],"type":["x"]}',
    calls: {
      buildPrune: [
        {
          all: true,
          space: { reservedBytes: 5, maxUsedBytes: 6, minFreeBytes: 7 },
          unusedForMs: 86_400_000,
          filters: ['id~=ab', 'type==x'],
        },
      ],
    },
    gives: { CachesDeleted: null, SpaceReclaimed: 0 },
    status: 200,
    answers: { CachesDeleted: null, SpaceReclaimed: 0 },
  },
];

const OTHERS: Case[] = [
  { ask: 'GET /networks', calls: { networkList: [new Map()] }, gives: [], status: 200, answers: [] },
  {
    ask: 'GET /networks/bridge',
    calls: { networkInspect: ['bridge', { scope: '' }] },
    gives: { Name: 'bridge' },
    status: 200,
    answers: { Name: 'bridge' },
  },
  {
    ask: 'GET /networks/n?scope=swarm&verbose=1',
    calls: { networkInspect: ['n', { scope: 'swarm' }] },
    gives: {},
    status: 200,
    answers: {},
  },
  { ask: 'GET /networks/n?verbose=yes', calls: {}, status: 400, answers: /invalid value for verbose/ },
  { ask: 'DELETE /networks/n', calls: { networkRemove: ['n'] }, status: 204 },
  {
    ask: `POST /networks/prune?${filters({ until: ['1h'] })}`,
    calls: { networkPrune: [new Map([['until', ['1h']]])] },
    gives: { NetworksDeleted: ['n'] },
    status: 200,
    answers: { NetworksDeleted: ['n'] },
  },
  {
    ask: `POST /networks/prune?${filters({ name: ['x'] })}`,
    calls: {},
    status: 400,
    answers: /invalid filter/,
  },
  {
    ask: 'POST /networks/create',
    body: { Name: 'n', IPAM: { Config: [{ Subnet: '10.0.0.0/24' }] }, EnableIPv6: null, Unknown: 1 },
    calls: { networkCreate: [{ Name: 'n', IPAM: { Config: [{ Subnet: '10.0.0.0/24' }] } }] },
    gives: { Id: 'i', Warning: '' },
    status: 201,
    answers: { Id: 'i', Warning: '' },
  },
  { ask: 'POST /networks/create', body: { Name: 7 }, calls: {}, status: 400, answers: /cannot unmarshal/ },
  {
    ask: 'POST /networks/n/connect',
    body: { Container: 'c', EndpointConfig: { Aliases: ['a'], IPAMConfig: { IPv4Address: '10.0.0.7' } } },
    calls: {
      networkConnect: [
        'n',
        { Container: 'c', EndpointConfig: { Aliases: ['a'], IPAMConfig: { IPv4Address: '10.0.0.7' } } },
      ],
    },
    status: 200,
  },
  {
    ask: 'POST /networks/n/disconnect',
    body: { Container: 'c', Force: true },
    calls: { networkDisconnect: ['n', { Container: 'c', Force: true }] },
    status: 200,
  },
  {
    ask: `GET /volumes?${filters({ dangling: ['true'] })}`,
    calls: { volumeList: [new Map([['dangling', ['true']]])] },
    gives: { Volumes: [], Warnings: null },
    status: 200,
    answers: { Volumes: [], Warnings: null },
  },
  {
    ask: 'POST /volumes/create',
    body: { Name: 'v', DriverOpts: { o: 'size=1' } },
    calls: { volumeCreate: [{ Name: 'v', DriverOpts: { o: 'size=1' } }] },
    gives: { Name: 'v' },
    status: 201,
    answers: { Name: 'v' },
  },
  {
    ask: 'GET /volumes/v',
    calls: { volumeInspect: ['v'] },
    gives: { Name: 'v' },
    status: 200,
    answers: { Name: 'v' },
  },
  { ask: 'DELETE /volumes/v?force=1', calls: { volumeRemove: ['v', true] }, status: 204 },
  {
    ask: 'POST /v1.41/volumes/prune',
    calls: { volumePrune: [new Map([['all', ['true']]])] },
    gives: {},
    status: 200,
    answers: {},
  },
  { ask: 'POST /volumes/prune', calls: { volumePrune: [new Map()] }, gives: {}, status: 200, answers: {} },
  {
    ask: 'GET /version',
    calls: { version: [] },
    gives: { Version: '1' },
    status: 200,
    answers: { Version: '1' },
  },
  {
    ask: 'GET /v1.49/info',
    calls: { info: [] },
    gives: { ID: 'i' },
    status: 200,
    answers: { ID: 'i', BridgeNfIptables: false, BridgeNfIp6tables: false },
  },
  {
    ask: 'GET /system/df?type=image&type=volume',
    calls: { diskUsage: [new Set(['image', 'volume'])] },
    gives: { LayersSize: 1, Images: [], Containers: null, Volumes: [] },
    status: 200,
    answers: { LayersSize: 1, Images: [], Containers: null, Volumes: [] },
  },
  {
    ask: 'GET /v1.43/system/df',
    calls: { diskUsage: [new Set(['container', 'image', 'volume', 'build-cache'])] },
    gives: { Images: [{ Size: 7 }] },
    status: 200,
    answers: { Images: [{ Size: 7, VirtualSize: 7 }] },
  },
  {
    ask: 'GET /v1.41/system/df?type=image',
    calls: { diskUsage: [new Set(['container', 'image', 'volume', 'build-cache'])] },
    gives: {},
    status: 200,
    answers: {},
  },
  {
    ask: 'GET /system/df?type=foo',
    calls: {},
    status: 400,
    answers: { message: 'unknown object type: foo' },
  },
  {
    ask: 'GET /events?since=200&until=100',
    calls: {},
    status: 400,
    answers: { message: '`since` time (200) cannot be after `until` time (100)' },
  },
  { ask: 'GET /plugins', calls: {}, status: 200, answers: [] },
  { ask: 'GET /swarm', calls: {}, status: 503, answers: /not a swarm manager/ },
  { ask: 'GET /nodes/x', calls: {}, status: 503, answers: /not a swarm manager/ },
  {
    ask: 'POST /swarm/leave',
    calls: {},
    status: 503,
    answers: { message: 'This node is not part of a swarm' },
  },
  {
    ask: 'GET /slipway/networks/problems',
    calls: { networkProblems: [] },
    gives: [{ Problem: 'p', Remedy: 'r' }],
    status: 200,
    answers: [{ Problem: 'p', Remedy: 'r' }],
  },
  {
    ask: 'POST /slipway/networks/trace?of=8080%2Fudp&from=192.0.2.7',
    calls: { networkTrace: [{ of: '8080/udp', from: '192.0.2.7' }] },
    gives: [],
    status: 200,
    answers: [],
  },
  {
    ask: 'POST /slipway/networks/trace',
    calls: {},
    status: 400,
    answers: { message: 'of: a container, or a port of the host' },
  },
  {
    ask: 'POST /slipway/containers/c/ports/add',
    body: { '80/tcp': [{ HostPort: '8080' }] },
    calls: { containerPublish: ['c', { '80/tcp': [{ HostPort: '8080' }] }] },
    status: 204,
  },
  {
    ask: 'POST /slipway/containers/c/ports/remove',
    body: { '80/tcp': null },
    calls: { containerWithdrawPorts: ['c', { '80/tcp': null }] },
    status: 204,
  },
  {
    ask: 'POST /slipway/containers/c/ports/add',
    body: { '80/tcp': 8080 },
    calls: {},
    status: 400,
    answers: /cannot unmarshal number/,
  },
  {
    ask: 'GET /slipway/containers/c/plan',
    calls: { containerExplain: ['c'] },
    gives: ['mkdir'],
    status: 200,
    answers: { Operations: ['mkdir'] },
  },
];

for (const expected of [...CONTAINERS, ...FILES, ...UNSUPPORTED, ...EXECS, ...IMAGES, ...OTHERS]) {
  const { ask: line, status, answers } = expected;
  test(`${line} ${expected.body ? `${JSON.stringify(expected.body)} ` : ''}is answered ${status}`, async context => {
    const calls: Record<string, unknown[]> = {};
    const methods = Object.keys(expected.calls).map(name => [
      name,
      async (...parameters: unknown[]) => {
        calls[name] = parameters;
        return expected.gives;
      },
    ]);
    const { ask } = await fakeServer(context, Object.fromEntries(methods));
    const { body, headers } = expected;
    const answer = await ask(line, { body, headers });
    assert.equal(answer.status, status, answer.text);
    assert.deepEqual(calls, expected.calls);
    if (answers instanceof RegExp) assert.match((answer.json as { message: string }).message, answers);
    else assert.deepEqual(answer.text === '' ? undefined : answer.json, answers);
  });
}

test('a list of any length comes whole, and a short answer tells its length', async context => {
  const long = Array.from({ length: 50_000 }, (_, index) => ({
    Id: `é${index}`,
    Size: 2n ** 63n,
    Names: undefined,
  }));
  const values = new Map<unknown, string>([
    [[], '[]\n'],
    [[null, undefined, [1, [2n]], {}], '[null,null,[1,[2]],{}]\n'],
    [long, `[${long.map(({ Id }) => `{"Id":"${Id}","Size":9223372036854775808}`).join(',')}]\n`],
  ]);
  for (const [value, expected] of values) {
    const { ask } = await fakeServer(context, { containerList: async () => value as [] });
    const { status, headers, text } = await ask('GET /containers/json');
    assert.equal(status, 200);
    assert.equal(text, expected);
    const isLong = value === long;
    assert.equal(headers['content-length'], isLong ? undefined : String(Buffer.byteLength(expected)));
    assert.equal(headers['content-type'], 'application/json');
  }
  const Volumes = Array.from({ length: 30_000 }, (_, index) => ({ Name: 'v'.repeat(50) + index }));
  const listed = { Warnings: null, Volumes, more: undefined };
  const { ask } = await fakeServer(context, { volumeList: async () => listed as never });
  assert.deepEqual((await ask('GET /volumes')).json, { Warnings: null, Volumes });
});

test('a client that leaves in the midst of a long answer ends it', async context => {
  const list = Array.from({ length: 200_000 }, (_, index) => ({ Id: 'x'.repeat(100) + index }));
  const { connect, ask } = await fakeServer(context, { containerList: async () => list as never });
  const client = connect();
  client.write('GET /containers/json HTTP/1.1\r\nHost: d\r\n\r\n');
  await readUntil(client, /200 OK/);
  client.destroy();
  assert.equal((await ask('GET /_ping')).status, 200);
});
