import assert from 'node:assert/strict';
import { closeSync } from 'node:fs';
import { test } from 'node:test';
import { createServer } from 'node:net';
import { once } from 'node:events';
import type { PortBinding } from '../driver.ts';
import { type BoundPort, PortAllocator, type PortRequest } from './port-allocator.ts';

const any: PortBinding = { protocol: 'tcp', containerPort: 80, hostIp: '127.0.0.1', hostPort: 0 };

async function bindOne(ports: PortAllocator, binding: PortBinding): Promise<BoundPort> {
  const [bound] = await ports.bind([requestFor(binding)]);
  assert.ok(bound);
  return bound;
}

function requestFor(binding: PortBinding): PortRequest {
  return { binding, hosts: [{ hostIp: binding.hostIp, inside: '172.17.0.2' }] };
}

function end(ports: PortAllocator, { binding, descriptor }: BoundPort): void {
  ports.release(binding);
  if (descriptor !== undefined) closeSync(descriptor);
}

test('Port 0 becomes a free port, which is not given again until it is released.', async () => {
  const ports = new PortAllocator();
  const bound = await bindOne(ports, any);
  assert.ok(bound.binding.hostPort > 0);
  await assert.rejects(bindOne(ports, bound.binding), /port is already allocated/);
  await assert.rejects(bindOne(new PortAllocator(), bound.binding), /address already in use/);
  end(ports, bound);
  end(ports, await bindOne(ports, bound.binding));
});

test('One port may be had at several addresses, and by several protocols, but not beside all addresses.', async () => {
  const ports = new PortAllocator();
  const first = await bindOne(ports, any);
  const second = await bindOne(ports, { ...first.binding, hostIp: '127.0.0.2' });
  const udp = await bindOne(ports, { ...first.binding, protocol: 'udp' });
  const { hostPort } = first.binding;
  await assert.rejects(bindOne(ports, { ...first.binding, hostIp: '0.0.0.0' }), {
    kind: 'system',
    message: `Bind for 0.0.0.0:${hostPort} failed: port is already allocated`,
  });
  for (const bound of [first, second, udp]) end(ports, bound);
});

test('A port whose socket a child that does not execute yet has a copy of is had as soon as it executes.', async () => {
  const earlier = new PortAllocator();
  const bound = await bindOne(earlier, any);
  const ports = new PortAllocator(async () => end(earlier, bound));
  end(ports, await bindOne(ports, bound.binding));
});

test('A port is not given away while its socket is waited for.', async () => {
  const earlier = new PortAllocator();
  const bound = await bindOne(earlier, any);
  const copies = Promise.withResolvers<void>();
  const ports = new PortAllocator(() => copies.promise);
  const waiting = bindOne(ports, bound.binding);
  end(earlier, bound);
  await assert.rejects(bindOne(ports, bound.binding), /port is already allocated/);
  copies.resolve();
  end(ports, await waiting);
});

test("A restored port is taken though its socket is another process's.", async () => {
  const ports = new PortAllocator();
  const bound = await bindOne(ports, any);
  end(ports, bound);
  ports.restore(bound.binding);
  await assert.rejects(bindOne(ports, bound.binding), /port is already allocated/);
});

test('When one of several ports cannot be bound, none is.', async () => {
  const foreign = createServer().listen(0, '127.0.0.1');
  await once(foreign, 'listening');
  const address = foreign.address();
  assert.ok(typeof address === 'object' && address !== null);
  const ports = new PortAllocator();
  const free = await bindOne(ports, any);
  end(ports, free);
  const taken = { ...any, hostPort: address.port };
  await assert.rejects(ports.bind([free.binding, taken].map(requestFor)), {
    kind: 'system',
    message: `failed to bind host port for 127.0.0.1:${address.port}:172.17.0.2:80/tcp: address already in use`,
  });
  end(ports, await bindOne(ports, free.binding));
  foreign.close();
});

test('An address that the host has not, or that is none, is refused.', async () => {
  const ports = new PortAllocator();
  await assert.rejects(bindOne(ports, { ...any, hostIp: '198.51.100.7', hostPort: 80 }), {
    kind: 'system',
    message:
      'failed to bind host port for 198.51.100.7:80:172.17.0.2:80/tcp: cannot assign requested address',
  });
  await assert.rejects(bindOne(ports, { ...any, hostIp: 'nowhere' }), { kind: 'invalid-parameter' });
});

test('A port of both IP versions is one number, and each version has owners of its own.', async () => {
  const ports = new PortAllocator();
  const hosts = [
    { hostIp: '0.0.0.0', inside: '172.17.0.2' },
    { hostIp: '::', inside: 'fd00::2' },
  ];
  const both = await ports.bind([{ binding: any, hosts }]);
  const [first, second] = both.map(({ binding }) => binding);
  assert.deepEqual([first?.hostIp, second?.hostIp], ['0.0.0.0', '::']);
  assert.equal(first?.hostPort, second?.hostPort);
  assert.ok(second);
  await assert.rejects(bindOne(ports, { ...second, hostIp: '::1' }), {
    message: `Bind for ::1:${second.hostPort} failed: port is already allocated`,
  });
  ports.release(second);
  await assert.rejects(bindOne(ports, { ...second, hostIp: '::1' }), {
    message: `failed to bind host port for [::1]:${second.hostPort}:172.17.0.2:80/tcp: address already in use`,
  });
  for (const bound of both) end(ports, bound);
  end(ports, await bindOne(ports, { ...second, hostIp: '::1' }));
});

test('Ports that are named come before those of ranges, and both before any.', async () => {
  const ports = new PortAllocator();
  const free = await bindOne(ports, any);
  end(ports, free);
  const { hostPort } = free.binding;
  const range = { ...any, containerPort: 81, hostPort, hostPortEnd: hostPort + 20 };
  const bound = await ports.bind([{ ...any, containerPort: 82 }, range, free.binding].map(requestFor));
  const [dynamic, ranged, named] = bound.map(({ binding }) => binding);
  assert.deepEqual([dynamic?.containerPort, ranged?.containerPort, named?.containerPort], [82, 81, 80]);
  assert.equal(named?.hostPort, hostPort);
  assert.ok(ranged && ranged.hostPort > hostPort);
  for (const one of bound) end(ports, one);
});

test('Ports of SCTP are given out once, whether the kernel has sockets of it or not.', async () => {
  const ports = new PortAllocator();
  const sctp = await bindOne(ports, { ...any, protocol: 'sctp', hostPort: 9876 });
  await assert.rejects(bindOne(ports, sctp.binding), /port is already allocated/);
  const other = await bindOne(ports, { ...any, protocol: 'sctp' });
  assert.ok(other.binding.hostPort > 0);
  for (const bound of [sctp, other]) end(ports, bound);
});
