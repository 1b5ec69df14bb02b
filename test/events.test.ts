/** What events tell of, recorded from dockerd 28.5 with the same commands: what, with which words, in which order. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { ContainerInspect, EventMessage, NetworkInspect } from '../src/api/types.ts';
import { clientBuild } from './fixtures/buildkit-client.ts';
import { DaemonProcess } from './fixtures/daemon-process.ts';
import { tarOf } from './fixtures/image-archive.ts';

let daemon: DaemonProcess;

before(async () => {
  daemon = await DaemonProcess.start();
  await run('image bootstrap busybox');
});

after(async () => {
  await daemon.dispose();
});

async function run(command: string): Promise<void> {
  const { code, stderr } = await daemon.slipway(...command.split(' '));
  assert.equal(code, 0, `${command}: ${stderr}`);
}

async function allEvents(): Promise<EventMessage[]> {
  const text = await daemon.text('GET', `/events?until=${Date.now() / 1000}`);
  const lines = text.split('\n').filter(Boolean);
  return lines.map(line => JSON.parse(line) as EventMessage);
}

/** Those that the commands have brought about, without what differs each time. */
async function eventsOf(...commands: string[]): Promise<string[]> {
  const { length } = await allEvents();
  for (const command of commands) await run(command);
  return (await allEvents()).slice(length).map(described);
}

/** Numbers that are the same each time. */
const COUNTED = new Set(['exitCode', 'signal']);

function described({ Type, Action, Actor }: EventMessage): string {
  const { image: _image, execDuration: _duration, ...attributes } = Actor.Attributes;
  const values = Object.entries(attributes).map(([key, value]) =>
    /^((sha256:)?[0-9a-f]{64}|\d+)$/.test(value) && !COUNTED.has(key) ? key : `${key}=${value}`,
  );
  return [Type, Action, ...values.toSorted()].join(' ');
}

test('of a container that runs and goes, with a volume and a label', async () => {
  assert.deepEqual(await eventsOf('run --rm --name web -v data:/data --label a=b busybox true'), [
    'volume create driver=local',
    'container create a=b name=web',
    'container attach a=b name=web',
    'volume mount container destination=/data driver=local propagation= read/write=true',
    'network connect container name=bridge type=bridge',
    'container start a=b name=web',
    'network disconnect container name=bridge type=bridge',
    'volume unmount container driver=local',
    'container die a=b exitCode=0 name=web',
    'container destroy a=b name=web',
  ]);
});

for (const [network, type] of [
  ['none', 'null'],
  ['host', 'host'],
])
  test(`of a container with the network ${network}, which it is a member of while it runs`, async () => {
    assert.deepEqual(
      await eventsOf(`run -d --name web --network ${network} --expose 80 busybox sleep 1000`),
      [
        'container create name=web',
        `network connect container name=${network} type=${type}`,
        'container start name=web',
      ],
    );
    const { Id, NetworkSettings } = (await daemon.api('GET', '/containers/web/json')) as ContainerInspect;
    const endpoint = NetworkSettings.Networks[network as string]?.EndpointID;
    assert.match(String(endpoint), /^[0-9a-f]{64}$/);
    assert.deepEqual(NetworkSettings.Ports, {});
    const { Containers } = (await daemon.api('GET', `/networks/${network}`)) as NetworkInspect;
    assert.equal(Containers[Id]?.EndpointID, endpoint);
    const stats = (await daemon.api('GET', '/containers/web/stats?stream=0&one-shot=1')) as object;
    assert.equal('networks' in stats, false, 'not those of the host');
    assert.deepEqual(await eventsOf('rm -f web'), [
      'container kill name=web signal=9',
      `network disconnect container name=${network} type=${type}`,
      'container die exitCode=137 name=web',
      'container destroy name=web',
    ]);
  });

test('of all that can be done to a container', async () => {
  const started = ['network connect container name=bridge type=bridge', 'container start name=db'];
  const left = 'network disconnect container name=bridge type=bridge';
  const died = 'container die exitCode=137 name=db';
  const stopped = [
    'container kill name=db signal=15',
    'container kill name=db signal=9',
    left,
    'container stop name=db',
    died,
  ];
  assert.deepEqual(
    await eventsOf(
      'run -d --name web busybox sleep 1000',
      'exec web true',
      'pause web',
      'unpause web',
      'rename web db',
      'update --cpu-shares 512 db',
      'restart -t 0 db',
      'top db',
      'cp db:/etc/passwd -',
      'kill db',
      'start db',
      'stop -t 0 db',
      'rm db',
    ),
    [
      'container create name=web',
      'network connect container name=bridge type=bridge',
      'container start name=web',
      'container exec_create: true  execID name=web',
      'container exec_start: true  execID name=web',
      'container exec_die execID exitCode=0 name=web',
      'container pause name=web',
      'container unpause name=web',
      'container rename name=db oldName=/web',
      'container update name=db',
      ...stopped,
      ...started,
      'container restart name=db',
      'container top name=db',
      'container archive-path name=db',
      'container kill name=db signal=9',
      left,
      died,
      ...started,
      ...stopped,
      'container destroy name=db',
    ],
  );
});

test('of a container that is removed when it is stopped, and of a command that cannot be executed', async () => {
  const { length } = await allEvents();
  await run('run -d --rm --name web busybox sleep 1000');
  assert.equal((await daemon.slipway('exec', 'web', 'nope')).code, 127);
  await run('stop -t 0 web');
  assert.deepEqual((await allEvents()).slice(length).map(described), [
    'container create name=web',
    'network connect container name=bridge type=bridge',
    'container start name=web',
    'container exec_create: nope  execID name=web',
    'container exec_start: nope  execID name=web',
    'container kill name=web signal=15',
    'container kill name=web signal=9',
    'network disconnect container name=bridge type=bridge',
    'container stop name=web',
    'container die exitCode=137 name=web',
    'container destroy name=web',
  ]);
});

test('of images: their names as they are written, one for each that is loaded or imported', async () => {
  const archive = join(daemon.base, 'box.tar');
  const root = join(daemon.base, 'root.tar');
  writeFileSync(root, tarOf([['file', Buffer.from('content')]]));
  assert.deepEqual(
    await eventsOf(
      'tag busybox tagged:1',
      'tag busybox reg.example/x/y:z',
      `save -o ${archive} tagged:1`,
      'rmi tagged:1 reg.example/x/y:z',
      `load -q -i ${archive}`,
      `import ${root} imported`,
      `import ${root}`,
      'create --name web busybox true',
      'commit web committed:1',
      'rm web',
      'create --name web committed:1 true',
      'commit web committed:2',
      'rm web',
      'rmi imported committed:1',
      'rmi committed:2',
    ),
    [
      'image tag name=tagged:1',
      'image tag name=reg.example/x/y:z',
      'image save name',
      'image untag name',
      'image untag name',
      'image load name',
      'image tag name=imported:latest',
      'image import name',
      'image import name',
      'container create name=web',
      'image create name',
      'image tag name=committed:1',
      'container commit comment= imageID imageRef=committed:1 name=web',
      'container destroy name=web',
      'container create name=web',
      'image create name',
      'image tag name=committed:2',
      'container commit comment= imageID imageRef=committed:2 name=web',
      'container destroy name=web',
      'image untag name',
      'image delete name',
      'image untag name',
      // The one that it was made from goes with it.
      'image untag name',
      'image delete name',
      'image delete name',
    ],
  );
});

test('of builds: the image and its names, and nothing of the containers of its steps', async () => {
  const context = join(daemon.base, 'context');
  mkdirSync(context);
  const Dockerfile = 'FROM busybox\nRUN echo made > /made\n';
  writeFileSync(join(context, 'Dockerfile'), Dockerfile);
  const build = `build -q -t built:1 -t built:2 ${context}`;
  const tags = ['image tag name=built:1', 'image tag name=built:2'];
  const built = [...tags, 'image create name'];
  assert.deepEqual(await eventsOf(build, build), [...built, ...built]);
  const { length } = await allEvents();
  await clientBuild(join(daemon.base, 'slipway.sock'), {
    directories: { dockerfile: { Dockerfile: `${Dockerfile}RUN echo more > /more\n` }, context: {} },
    exporter: { type: 'moby', attributes: { name: 'built:3,built:4' } },
  });
  assert.deepEqual((await allEvents()).slice(length).map(described), [
    'image tag name=built:3',
    'image tag name=built:4',
    'image create name',
  ]);
});

test('of prunes, whether they find anything or not', async () => {
  assert.deepEqual(
    await eventsOf(
      'volume create left',
      'create --name web busybox true',
      'container prune -f',
      'volume prune -a -f',
    ),
    [
      'volume create driver=local',
      'container create name=web',
      'container destroy name=web',
      'container prune reclaimed',
      'volume destroy driver=local',
      'volume destroy driver=local',
      'volume prune reclaimed',
    ],
  );
  assert.deepEqual(await eventsOf('image prune -f', 'image prune -f'), [
    'image delete name',
    'image prune reclaimed',
    'image prune reclaimed',
  ]);
});
