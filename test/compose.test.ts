/** docker compose against our daemon: projects whose services find each other. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { ContainerInspect, NetworkInspect } from '../src/api/types.ts';
import { DaemonProcess } from './fixtures/daemon-process.ts';

/** How compose is called: as docker's plugin, or as the program that SLIPWAY_TEST_COMPOSE names. */
const COMPOSE = [
  process.env.SLIPWAY_TEST_COMPOSE?.split(' ') ?? [],
  ['docker', 'compose'],
  ['docker-compose'],
].find(([file, ...args]) => {
  try {
    return file !== undefined && execFileSync(file, [...args, 'version'], { stdio: 'pipe' }).length > 0;
  } catch {
    return false;
  }
});

const PROJECT = `
services:
  db:
    image: busybox
    command: sh -c 'echo db > /index.html; exec httpd -f -h /'
    healthcheck: { test: [CMD-SHELL, wget -q -O- http://127.0.0.1/], interval: 200ms, timeout: 5s, retries: 100 }
    networks: { back: { aliases: [data], ipv4_address: 10.91.0.50 } }
    stop_signal: SIGKILL
  web:
    image: busybox
    command: sh -c 'wget -q -O /index.html http://data/ || exit 3; exec httpd -f -h /'
    depends_on: { db: { condition: service_healthy } }
    networks: [front, back]
    ports: ["127.0.0.1:8087:80"]
    volumes: [stuff:/data]
    extra_hosts: [special:10.1.2.3]
    secrets: [token]
    configs: [settings]
    stop_signal: SIGKILL
  worker:
    image: busybox
    command: sleep 1000
    networks: [front]
    scale: 3
    stop_signal: SIGKILL
  side:
    image: busybox
    command: sleep 1000
    network_mode: service:web
    stop_signal: SIGKILL
  extra:
    image: busybox
    command: sleep 1000
    profiles: [more]
    networks: [outer]
    stop_signal: SIGKILL
networks:
  front: {}
  back: { internal: true, ipam: { config: [{ subnet: 10.91.0.0/24 }] } }
  outer: { external: true }
volumes: { stuff: {} }
secrets: { token: { file: ./token } }
configs: { settings: { content: shared } }
`;

describe('docker compose', { skip: COMPOSE ? false : 'no docker compose on this machine' }, () => {
  let daemon: DaemonProcess;
  let directory: string;

  before(async () => {
    daemon = await DaemonProcess.startWithBusybox();
    directory = join(daemon.base, 'project');
    mkdirSync(directory);
    writeFileSync(join(directory, 'token'), 'secret');
    writeFileSync(join(directory, 'compose.yaml'), PROJECT);
  });
  after(() => daemon.dispose());

  async function compose(...args: string[]): Promise<string> {
    const command = [...(COMPOSE ?? []), '--project-directory', directory, '--progress', 'plain', ...args];
    const { code, stdout, stderr } = await daemon.run(command);
    assert.equal(code, 0, `compose ${args.join(' ')}: ${stderr}`);
    return stdout.trim();
  }

  const inspect = async (name: string) =>
    (await daemon.api('GET', `/containers/project-${name}-1/json`)) as ContainerInspect;
  const networks = async () =>
    ((await daemon.api('GET', '/networks?filters={"type":["custom"]}')) as NetworkInspect[])
      .map(({ Name }) => Name)
      .sort();
  const inWeb = (script: string) => compose('exec', '-T', 'web', 'sh', '-c', script);

  test('a project comes up, its services find each other, and all of it goes', async () => {
    await daemon.api('POST', '/networks/create', { Name: 'outer' });
    await compose('up', '-d', '--wait');
    assert.deepEqual(await networks(), ['outer', 'project_back', 'project_front']);
    // It was fetched by an alias of the service that had to be healthy first.
    assert.equal(await inWeb('cat /index.html'), 'db');
    assert.equal((await inspect('db')).NetworkSettings.Networks['project_back']?.IPAddress, '10.91.0.50');
    const published = await daemon.inNetwork('wget', '-q', '-O-', 'http://127.0.0.1:8087/');
    assert.equal(published.stdout.trim(), 'db');
    assert.equal(await compose('port', 'web', '80'), '127.0.0.1:8087');
    assert.match(await inWeb('cat /etc/hosts'), /^10\.1\.2\.3\tspecial$/m);
    assert.equal(await inWeb('cat /run/secrets/token /settings'), 'secretshared');
    const resolved = async () => (await inWeb('nslookup worker 127.0.0.11')).match(/^Name:/gm)?.length;
    assert.equal(await resolved(), 3);
    assert.equal(
      await compose('exec', '-T', 'side', 'hostname'),
      await inWeb('hostname'),
      'side shares the network of web, and its host name',
    );
    await compose('up', '-d', '--scale', 'worker=5');
    assert.equal(await resolved(), 5);
    await compose('--profile', 'more', 'up', '-d', '--scale', 'worker=5');
    assert.deepEqual(Object.keys((await inspect('extra')).NetworkSettings.Networks), ['outer']);
    assert.equal(
      await compose('run', '--rm', '-T', 'worker', 'sh', '-c', 'ping -c1 -W5 web > /dev/null && echo ok'),
      'ok',
    );
    assert.match(await compose('ps', '--format', '{{.Service}} {{.State}}'), /^web running$/m);
    await compose('--profile', 'more', 'down', '-v');
    assert.deepEqual(await networks(), ['outer']);
    assert.deepEqual(await daemon.api('GET', '/containers/json?all=1'), []);
    assert.deepEqual(((await daemon.api('GET', '/volumes')) as { Volumes: unknown[] }).Volumes, []);
  });

  test('of two that come up at once one makes the networks, and a daemon killed meanwhile leaves no ghosts', async () => {
    await Promise.all([
      compose('create', '--no-recreate', 'db'),
      compose('create', '--no-recreate', 'worker'),
    ]);
    await compose('up', '-d', '--wait', 'web');
    await daemon.kill();
    await daemon.start();
    assert.equal(await inWeb('wget -q -O- http://data/'), 'db');
    await compose('up', '-d', '--force-recreate', 'web');
    assert.equal(await inWeb('wget -q -O- http://data/'), 'db');
    await compose('down', '-v', '--remove-orphans');
    assert.deepEqual(await networks(), ['outer']);
    const { stdout } = await daemon.inNetwork('ip', '-br', 'link', 'show', 'type', 'bridge');
    assert.equal(stdout.match(/^br-/gm)?.length, 1);
  });
});
