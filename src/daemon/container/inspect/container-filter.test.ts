import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Image } from '../../../graph/graph.ts';
import { TestDaemon } from '../../testing/test-daemon.ts';

async function names({ backend }: TestDaemon, filters: Record<string, string[]>): Promise<string[]> {
  const list = await backend.containerList({
    all: true,
    limit: 0,
    size: false,
    filters: new Map(Object.entries(filters)),
  });
  return list.flatMap(({ Names }) => Names).sort();
}

test('containers are selected by the name of a network, or by the beginning of its id', async t => {
  const engine = await TestDaemon.open(t);
  const { backend } = engine;
  await backend.containerCreate('bridged', { Image: 'box' });
  await backend.containerCreate('alone', { Image: 'box', HostConfig: { NetworkMode: 'none' } });
  const { Id } = await backend.networkInspect('bridge', { scope: '' });
  for (const wanted of ['bridge', Id, Id.slice(0, 12), Id.slice(0, 5)])
    assert.deepEqual(await names(engine, { network: [wanted] }), ['/bridged'], wanted);
  assert.deepEqual(await names(engine, { network: ['bri'] }), []);
  assert.deepEqual(await names(engine, { network: ['none', Id] }), ['/alone', '/bridged']);
});

const WRONG_PORTS = {
  '': 'Empty string specified for ports.',
  x: 'strconv.ParseUint: parsing "x": invalid syntax',
  '70000/udp': 'strconv.ParseUint: parsing "70000": value out of range',
  '90-80/tcp': 'Invalid range specified for the Port: 90-80',
};

test('what is no port is told as Docker does', async t => {
  const engine = await TestDaemon.open(t);
  for (const key of ['publish', 'expose'])
    for (const [value, reason] of Object.entries(WRONG_PORTS))
      await assert.rejects(names(engine, { [key]: [value] }), {
        kind: 'invalid-parameter',
        message: `error while looking up for ${key} ${value}: ${reason}`,
      });
});

test('an ancestor is told from the image that it was made from without a layer', async t => {
  const test = await TestDaemon.open(t);
  const box = await test.graph.resolve('box');
  const step = { created_by: 'base' };
  const made = (id: string, labels: string[]): Image => ({
    ...box,
    id: `sha256:${id}`,
    chainIds: ['sha256:1'],
    config: {
      ...box.config,
      history: [step, ...labels.map(label => ({ created_by: `LABEL ${label}`, empty_layer: true }))],
    },
  });
  const images = {
    base: made('a', []),
    one: made('b', ['1']),
    two: made('c', ['1', '2']),
    other: made('d', ['3']),
  };
  test.graph.list = async () => Object.values(images);
  test.graph.resolve = async reference => images[reference as keyof typeof images];
  for (const name of Object.keys(images)) await test.create(name, { Image: name });
  assert.deepEqual(await names(test, { ancestor: ['base'] }), ['/base', '/one', '/other', '/two']);
  assert.deepEqual(await names(test, { ancestor: ['one'] }), ['/one', '/two']);
  assert.deepEqual(await names(test, { ancestor: ['two'] }), ['/two']);
});
