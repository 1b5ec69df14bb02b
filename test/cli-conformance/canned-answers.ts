import type { Duplex } from 'node:stream';

export type Call = { method: string; path: string; query: URLSearchParams; text: string };
export type Answer = { status: number; body?: unknown; headers?: Record<string, string> };

/**
 * What the fake engine says. Container and image names steer it: `missing` is nowhere, `absent` is no local
 * image, `exit3` exits with 3, `noexec`, `noperm`, `busy` fail to start, `cat` echoes its input, `tty` has a
 * terminal.
 */
export function answerTo(call: Call): Answer {
  const { method, path } = call;
  for (const [pattern, answer] of ANSWERS) {
    const match = pattern.exec(`${method} ${path}`);
    if (match !== null) return answer(call, match.slice(1));
  }
  return failure(404, `page not found: ${method} ${path}`);
}

type Answerer = (call: Call, parts: string[]) => Answer;

/** Seconds since the epoch, so long ago. */
const ago = (seconds: number) => Math.trunc(Date.now() / 1000) - seconds;
const ID = '4c01db0b339c7fcd1a0c3f6bcbd3d1a0cf6a5a3b2a5f5b9f1f9e4b2f38ab21e1';

const ok = (body: unknown): Answer => ({ status: 200, body });
const failure = (status: number, message: string): Answer => ({ status, body: { message } });

/** Ids carry the name that made them, so that later requests know it. */
function idOf(name: string): string {
  return Buffer.from(name).toString('hex').padEnd(64, '0');
}

function nameOf(id: string): string {
  if (!/^[0-9a-f]{64}$/.test(id)) return id;
  return Buffer.from(id, 'hex').toString().replace(/\0+$/, '');
}

const create: Answerer = ({ text }) => {
  const { Image, Tty } = JSON.parse(text) as { Image: string; Tty?: boolean };
  if (Image === 'absent') return failure(404, 'No such image: absent:latest');
  if (Image === 'taken')
    return failure(409, `Conflict. The container name "/x" is already in use by container "${ID}".`);
  const warnings = Image === 'warned' ? ['Your kernel does not support swap limit capabilities.'] : [];
  return { status: 201, body: { Id: idOf(Tty ? `tty-${Image}` : Image), Warnings: warnings } };
};

/** Modes of the paths that containers have, as Go writes them; `/link` leads to `/dir`. */
const PATHS: Record<string, number> = { '/dir': 0o755 + 2 ** 31, '/file': 0o644, '/link': 0o777 + 2 ** 27 };

const archive: Answerer = ({ method, query }, [id = '']) => {
  const path = query.get('path') ?? '';
  const mode = PATHS[path.replace(/(?<=.)\/$/, '')];
  if (id === 'missing') return failure(404, 'No such container: missing');
  if (mode === undefined) return failure(404, `Could not find the file ${path} in container ${id}`);
  if (method === 'PUT') return { status: 200 };
  const linkTarget = path === '/link' ? '/dir' : '';
  const stat = { name: path.slice(1), size: 9, mode, mtime: '2024-01-01T00:00:00Z', linkTarget };
  const header = Buffer.from(JSON.stringify(stat)).toString('base64');
  return {
    status: 200,
    headers: { 'X-Docker-Container-Path-Stat': header, 'Content-Type': 'application/x-tar' },
    ...(method === 'GET' ? { body: 'an archive' } : {}),
  };
};

const commit: Answerer = ({ query }) =>
  query.get('container') === 'missing'
    ? failure(404, 'No such container: missing')
    : { status: 201, body: { Id: `sha256:${ID}` } };

const START_FAILURES: Record<string, Answer> = {
  noexec: failure(
    400,
    'failed to create task for container: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: exec: "foo": executable file not found in $PATH: unknown',
  ),
  noperm: failure(
    400,
    'failed to create task for container: failed to create shim task: OCI runtime create failed: exec: "/etc": permission denied: unknown',
  ),
  busy: failure(
    500,
    'driver failed programming external connectivity on endpoint x: Bind for 0.0.0.0:80 failed',
  ),
  missing: failure(404, 'No such container: missing'),
};

const simple: Answerer = (_call, [id = '']) =>
  START_FAILURES[nameOf(id)] ?? (nameOf(id) === 'same' ? { status: 304 } : { status: 204 });

const wait: Answerer = (_call, [id = '']) => {
  const name = nameOf(id);
  if (name === 'missing') return failure(404, 'No such container: missing');
  return ok({ StatusCode: Number(/exit(\d+)/.exec(name)?.[1] ?? 0) });
};

const inspect: Answerer = ({ query }, [id = '']) => {
  const name = nameOf(id);
  if (name === 'missing' || name.startsWith('only-')) return failure(404, `No such container: ${name}`);
  return ok(inspectOf(name, query.has('size')));
};

function inspectOf(name: string, size: boolean): object {
  const stopped = name.startsWith('stopped');
  return {
    Id: idOf(name),
    Created: '2026-11-20T10:00:00.123456789Z',
    Path: 'sh',
    Args: ['-c', 'a && b < c'],
    State: {
      Status: stopped ? 'exited' : 'running',
      Running: !stopped,
      Paused: name === 'paused',
      Restarting: false,
      Pid: 42,
      ExitCode: 0,
    },
    Image: 'sha256:aa',
    Name: `/${name}`,
    RestartCount: 0,
    HostConfig: { NetworkMode: 'bridge', Memory: 67_108_864_000, AutoRemove: false, Binds: null },
    Mounts: [],
    Config: {
      Tty: name.includes('tty'),
      OpenStdin: name.startsWith('cat'),
      Env: ['A=b', 'PATH=/bin'],
      Labels: { 'a.b': 'c', e: 'f' },
      Cmd: ['sh'],
    },
    NetworkSettings: {
      Ports: {
        '443/tcp': null,
        '80/tcp': [
          { HostIp: '0.0.0.0', HostPort: '8080' },
          { HostIp: '::', HostPort: '8080' },
        ],
        '53/udp': [{ HostIp: '127.0.0.1', HostPort: '5353' }],
      },
      Networks: { bridge: { IPAddress: '172.17.0.2' } },
    },
    ...(size ? { SizeRw: 1234, SizeRootFs: 56789 } : {}),
  };
}

const CONTAINERS = [
  {
    Id: ID,
    Names: ['/quirky_name', '/other/alias'],
    Image: 'busybox:latest',
    ImageID: 'sha256:65ad0d468eb1c558bf7f4e64e790f586e9eda649ee9f130cd0e835b292bbc5ac',
    Command: 'sh -c "sleep 1000; echo done"',
    Created: ago(7500),
    Ports: [
      { IP: '0.0.0.0', PrivatePort: 80, PublicPort: 8080, Type: 'tcp' },
      { IP: '::', PrivatePort: 80, PublicPort: 8080, Type: 'tcp' },
      { PrivatePort: 9000, Type: 'tcp' },
      { PrivatePort: 9001, Type: 'tcp' },
      { PrivatePort: 53, Type: 'udp' },
      { IP: '127.0.0.1', PrivatePort: 7000, PublicPort: 7000, Type: 'tcp' },
      { IP: '127.0.0.1', PrivatePort: 7001, PublicPort: 7001, Type: 'tcp' },
    ],
    Labels: { b: '2', a: '1', 'com.example.some-label': 'x' },
    State: 'running',
    Status: 'Up 2 hours (healthy)',
    SizeRw: 1234,
    SizeRootFs: 4261550,
    HostConfig: { NetworkMode: 'bridge' },
    NetworkSettings: { Networks: { bridge: {} } },
    Mounts: [
      { Type: 'volume', Name: 'a-very-long-volume-name', Source: '/v/a', Destination: '/a', Driver: 'local' },
      { Type: 'bind', Source: '/b', Destination: '/b' },
    ],
  },
  {
    Id: idOf('second'),
    Names: ['/second'],
    Image:
      'registry.example.com:5000/team/app@sha256:65ad0d468eb1c558bf7f4e64e790f586e9eda649ee9f130cd0e835b292bbc5ac',
    ImageID: 'sha256:75ad0d468eb1c558bf7f4e64e790f586e9eda649ee9f130cd0e835b292bbc5ac',
    Command: '',
    // Asked anew each time: on a busy machine minutes pass before the last case.
    get Created() {
      return ago(80);
    },
    Ports: [],
    Labels: {},
    State: 'exited',
    Status: 'Exited (137) 5 minutes ago',
    HostConfig: { NetworkMode: 'host' },
    NetworkSettings: { Networks: { host: {} } },
    Mounts: [],
  },
];

const IMAGES = [
  {
    Id: 'sha256:65ad0d468eb1c558bf7f4e64e790f586e9eda649ee9f130cd0e835b292bbc5ac',
    RepoTags: ['busybox:latest', 'busybox:1.37'],
    RepoDigests: ['busybox@sha256:9ae97d36d26566ff84e8893c64a6dc4fe8ca6d1144bf5b87b2b85a32def253c7'],
    Created: ago(86_400 * 20),
    Size: 4261550,
    SharedSize: -1,
    Containers: -1,
    Labels: { a: 'b' },
  },
  {
    Id: 'sha256:75ad0d468eb1c558bf7f4e64e790f586e9eda649ee9f130cd0e835b292bbc5ac',
    RepoTags: [],
    RepoDigests: [],
    // Asked anew each time: on a busy machine minutes pass before the last case.
    get Created() {
      return ago(80);
    },
    Size: 117_000_000,
    SharedSize: -1,
    Containers: -1,
    Labels: null,
  },
  {
    Id: 'sha256:85ad0d468eb1c558bf7f4e64e790f586e9eda649ee9f130cd0e835b292bbc5ac',
    RepoTags: ['registry.example.com:5000/team/app:v1'],
    RepoDigests: [],
    Created: ago(86_400 * 400),
    Size: 999,
    SharedSize: 100,
    Containers: 2,
    Labels: {},
  },
];

const EVENTS = [
  {
    status: 'create',
    id: ID,
    from: 'busybox',
    Type: 'container',
    Action: 'create',
    Actor: { ID, Attributes: { image: 'busybox', name: 'quirky' } },
    scope: 'local',
    time: 1763791200,
    timeNano: 1763791200000000000,
  },
  {
    Type: 'network',
    Action: 'connect',
    Actor: { ID: 'net', Attributes: {} },
    scope: 'local',
    time: 1763791201,
    timeNano: 1763791201000000000,
  },
];

const STATS = {
  id: ID,
  name: '/quirky_name',
  read: '2026-11-20T10:00:01Z',
  preread: '2026-11-20T10:00:00Z',
  cpu_stats: { cpu_usage: { total_usage: 300_000_000 }, system_cpu_usage: 20_000_000_000, online_cpus: 2 },
  precpu_stats: { cpu_usage: { total_usage: 100_000_000 }, system_cpu_usage: 18_000_000_000, online_cpus: 2 },
  memory_stats: { usage: 10_000_000, limit: 2_000_000_000, stats: { inactive_file: 2_000_000 } },
  networks: { eth0: { rx_bytes: 1234, tx_bytes: 5_678_901 } },
  blkio_stats: {
    io_service_bytes_recursive: [
      { op: 'read', value: 4096 },
      { op: 'write', value: 0 },
    ],
  },
  pids_stats: { current: 7 },
};

const HISTORY = [
  {
    Id: 'sha256:65ad0d468eb1c558bf7f4e64e790f586e9eda649ee9f130cd0e835b292bbc5ac',
    Created: ago(86_400 * 3),
    CreatedBy: '/bin/sh -c #(nop)  CMD ["sh"] and a rather long rest of it',
    Size: 0,
    Comment: '',
    Tags: [],
  },
  {
    Id: '<missing>',
    Created: ago(86_400 * 4),
    CreatedBy: 'ADD\tfile',
    Size: 4261550,
    Comment: 'imported',
    Tags: null,
  },
];

const VOLUMES = [
  {
    Name: 'vol10',
    Driver: 'local',
    Mountpoint: '/v/10',
    Labels: { a: 'b' },
    Scope: 'local',
    Options: null,
    CreatedAt: '2026-11-20T10:00:00Z',
  },
  {
    Name: 'vol9',
    Driver: 'nfs',
    Mountpoint: '/v/9',
    Labels: null,
    Scope: 'global',
    Options: null,
    CreatedAt: '2026-11-20T10:00:00Z',
  },
];

const NETWORKS = [
  {
    Name: 'bridge',
    Id: ID,
    Created: '2026-11-20T10:00:00.5Z',
    Scope: 'local',
    Driver: 'bridge',
    EnableIPv4: true,
    EnableIPv6: false,
    Internal: false,
    Labels: { x: 'y' },
  },
  {
    Name: 'a-net',
    Id: idOf('anet'),
    Created: '2026-11-20T10:00:00.5Z',
    Scope: 'local',
    Driver: 'macvlan',
    EnableIPv4: true,
    EnableIPv6: true,
    Internal: true,
    Labels: {},
  },
];

const lines = (...messages: object[]): Answer => ({
  status: 200,
  body: messages.map(message => `${JSON.stringify(message)}\n`).join(''),
});

/** One frame of a stream without a terminal. */
function frame(stream: 1 | 2, text: string): Buffer {
  const header = Buffer.alloc(8);
  header[0] = stream;
  header.writeUInt32BE(Buffer.byteLength(text), 4);
  return Buffer.concat([header, Buffer.from(text)]);
}

const found = (kind: string, name: string, value: object): Answer =>
  name === kind || name === `only-${kind}` ? ok(value) : failure(404, `No such ${kind}: ${name}`);

const ANSWERS: readonly (readonly [RegExp, Answerer])[] = [
  [/^(?:GET|HEAD) \/_ping$/, () => ({ status: 200, body: 'OK' })],
  [/^POST \/containers\/create$/, create],
  [/^POST \/containers\/(.+)\/wait$/, wait],
  [
    /^POST \/containers\/(.+)\/exec$/,
    (_, [id = '']) =>
      id === 'missing' ? failure(404, 'No such container: missing') : { status: 201, body: { Id: idOf(id) } },
  ],
  [
    /^POST \/containers\/(.+)\/update$/,
    (_, [id = '']) =>
      id === 'missing'
        ? failure(404, 'No such container: missing')
        : ok({ Warnings: id === 'warned' ? ['swap is off'] : null }),
  ],
  [/^POST \/containers\/prune$/, () => ok({ ContainersDeleted: [ID], SpaceReclaimed: 212 })],
  [/^POST \/containers\/(.+)\/(?:start|stop|kill|restart|pause|unpause|rename|resize)$/, simple],
  [/^(?:HEAD|GET|PUT) \/containers\/(.+)\/archive$/, archive],
  [/^POST \/commit$/, commit],
  [/^DELETE \/containers\/(.+)$/, simple],
  [/^GET \/containers\/json$/, () => ok(CONTAINERS)],
  [/^GET \/containers\/(.+)\/json$/, inspect],
  [
    /^GET \/containers\/(.+)\/logs$/,
    (_, [id = '']) => ({
      status: 200,
      body: nameOf(id).includes('tty')
        ? 'raw log\r\n'
        : Buffer.concat([frame(1, 'to stdout\n'), frame(2, 'to stderr\n')]).toString(),
    }),
  ],
  [
    /^GET \/containers\/(.+)\/top$/,
    () =>
      ok({
        Titles: ['UID', 'PID', 'CMD'],
        Processes: [
          ['root', '1', 'sleep 1000'],
          ['nobody', '12345', 'sh'],
        ],
      }),
  ],
  [
    /^GET \/containers\/(.+)\/changes$/,
    () =>
      ok([
        { Path: '/etc', Kind: 0 },
        { Path: '/etc/new', Kind: 1 },
        { Path: '/tmp/gone', Kind: 2 },
      ]),
  ],
  [/^GET \/containers\/(.+)\/export$/, () => ({ status: 200, body: 'a tar archive' })],
  [
    /^GET \/containers\/(.+)\/stats$/,
    (_, [id = '']) => (id === 'missing' ? failure(404, 'No such container: missing') : ok(STATS)),
  ],
  [
    /^GET \/exec\/(.+)\/json$/,
    (_, [id = '']) => ok({ ExitCode: Number(/exit(\d+)/.exec(nameOf(id))?.[1] ?? 0), Running: false }),
  ],
  [/^POST \/exec\/.+\/(?:start|resize)$/, () => ({ status: 200 })],
  [/^GET \/images\/json$/, () => ok(IMAGES)],
  [/^GET \/images\/get$/, () => ({ status: 200, body: 'an image archive' })],
  [/^GET \/images\/(.+)\/history$/, () => ok(HISTORY)],
  [
    /^GET \/images\/(.+)\/json$/,
    (_, [name = '']) =>
      found('image', name, {
        Id: 'sha256:65ad',
        RepoTags: ['image:latest'],
        Config: { Cmd: ['sh'], Env: null },
      }),
  ],
  [
    /^POST \/images\/create$/,
    ({ query }) =>
      query.has('fromSrc')
        ? lines({ status: 'sha256:65ad' })
        : lines(
            { status: 'Pulling from library/absent', id: 'latest' },
            { error: 'manifest unknown', errorDetail: { message: 'manifest unknown' } },
          ),
  ],
  [/^POST \/images\/load$/, () => ({ status: 200, body: '{"stream":"Loaded image: busybox:latest\\n"}\n' })],
  [
    /^POST \/images\/prune$/,
    () => ok({ ImagesDeleted: [{ Untagged: 'a:b' }, { Deleted: 'sha256:aa' }], SpaceReclaimed: 4261550 }),
  ],
  [
    /^POST \/images\/(.+)\/tag$/,
    (_, [name = '']) =>
      name === 'missing' ? failure(404, 'No such image: missing:latest') : { status: 201 },
  ],
  [
    /^DELETE \/images\/(.+)$/,
    (_, [name = '']) =>
      name === 'missing'
        ? failure(404, 'No such image: missing:latest')
        : ok([{ Untagged: `${name}:latest` }, { Deleted: 'sha256:aa' }]),
  ],
  [/^GET \/volumes$/, () => ok({ Volumes: VOLUMES, Warnings: null })],
  [
    /^POST \/volumes\/create$/,
    ({ text }) => ({ status: 201, body: { Name: (JSON.parse(text) as { Name: string }).Name || 'random' } }),
  ],
  [/^POST \/volumes\/prune$/, () => ok({ VolumesDeleted: ['v1', 'v2'], SpaceReclaimed: 0 })],
  [
    /^GET \/volumes\/(.+)$/,
    (_, [name = '']) =>
      found('volume', name, {
        Driver: 'local',
        Labels: null,
        Mountpoint: '/v',
        Name: name,
        Options: null,
        Scope: 'local',
      }),
  ],
  [
    /^DELETE \/volumes\/(.+)$/,
    (_, [name = '']) => (name === 'missing' ? failure(404, 'get missing: no such volume') : { status: 204 }),
  ],
  [/^GET \/networks$/, () => ok(NETWORKS)],
  [/^POST \/networks\/create$/, () => ok({ Id: ID, Warning: '' })],
  [/^POST \/networks\/(.+)\/(?:dis)?connect$/, (_, [name = '']) => found('network', name, {})],
  [/^DELETE \/networks\/(.+)$/, (_, [name = '']) => found('network', name, {})],
  [/^GET \/networks\/(.+)$/, (_, [name = '']) => found('network', name, { Name: name, Id: ID })],
  [/^GET \/events$/, () => lines(...EVENTS)],
  [
    /^GET \/info$/,
    () =>
      ok({
        ID: 'x',
        Containers: 2,
        Images: 3,
        Driver: 'overlay2',
        OSType: 'linux',
        Swarm: { LocalNodeState: 'inactive' },
      }),
  ],
  [
    /^GET \/version$/,
    () =>
      ok({
        Platform: { Name: '' },
        Version: '28.5.1',
        ApiVersion: '1.51',
        MinAPIVersion: '1.24',
        Os: 'linux',
        Arch: 'amd64',
        Components: [],
      }),
  ],
  [
    /^GET \/system\/df$/,
    () =>
      ok({
        LayersSize: 5_000_000,
        Images: IMAGES,
        Containers: CONTAINERS,
        Volumes: [
          { ...VOLUMES[0], UsageData: { Size: 1000, RefCount: 0 } },
          { ...VOLUMES[1], UsageData: { Size: 3000, RefCount: 1 } },
        ],
        BuildCache: BUILD_CACHE,
      }),
  ],
  [/^POST \/networks\/prune$/, () => ok({ NetworksDeleted: ['n1'] })],
  [/^POST \/build\/prune$/, () => ok({ CachesDeleted: ['c1', 'c2'], SpaceReclaimed: 1234 })],
];

function daysAgo(days: number): string {
  return new Date(Date.now() - days * 24 * 3600 * 1000).toISOString();
}

const BUILD_CACHE = [
  {
    ID: 'abcdefghijklmnop',
    Type: 'regular',
    Description: 'a step',
    InUse: false,
    Shared: true,
    Size: 4000,
    CreatedAt: daysAgo(9),
    LastUsedAt: daysAgo(3),
    UsageCount: 2,
  },
  {
    ID: 'qrstuvwxyz01234',
    Type: 'source.local',
    Description: 'sources',
    InUse: true,
    Shared: false,
    Size: 50_000,
    CreatedAt: daysAgo(9),
    LastUsedAt: null,
    UsageCount: 0,
  },
];

/** What comes over a hijacked connection. */
export function attachOutput({ path, text }: Call, socket: Duplex): void {
  const name = nameOf(path.split('/')[2] ?? '');
  const tty = name.startsWith('tty') || /"Tty":true/.test(text);
  const output = (data: string) => socket.write(tty ? data : frame(1, data));
  if (name.startsWith('cat')) {
    socket.on('data', (chunk: Buffer) => output(chunk.toString()));
    return void socket.on('end', () => socket.end());
  }
  output(`output of ${name}\n`);
  if (!tty) socket.write(frame(2, 'and its errors\n'));
  socket.end();
}
