import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ContainerCreateRequest, HostConfig, Mount } from '../../api/types.ts';
import { createAsMeant, deprecations, hasFlatReadonlyMounts, updateAsMeant } from './older-versions.ts';

/** As it is sent on. */
const plain = (value: unknown) => JSON.parse(JSON.stringify(value));

function hostConfig(given: HostConfig, version: string): HostConfig {
  return plain(createAsMeant({ Image: 'x', HostConfig: given }, version).HostConfig);
}

function mount(given: Mount, version: string): Mount | undefined {
  return hostConfig({ Mounts: [given] }, version).Mounts?.[0];
}

test('a request of today comes through unchanged', () => {
  const request: ContainerCreateRequest = {
    Image: 'x',
    Healthcheck: { StartInterval: 5_000_000 },
    HostConfig: { AutoRemove: true, ConsoleSize: [1, 2], Annotations: { a: 'b' }, KernelMemoryTCP: 5 },
    NetworkingConfig: { EndpointsConfig: { a: { MacAddress: '02:00:00:00:00:01' }, b: {} } },
  };
  assert.deepEqual(createAsMeant(request, '1.51'), request);
  assert.equal(hasFlatReadonlyMounts('1.44'), false);
});

test('older clients get the defaults of their time', () => {
  assert.equal(hostConfig({ AutoRemove: true }, '1.24').AutoRemove, false);
  assert.equal(hostConfig({ AutoRemove: true }, '1.25').AutoRemove, true);
  const modes = ['1.39', '1.40', '1.41'].map(version => {
    const { IpcMode, CgroupnsMode } = hostConfig({}, version);
    return [IpcMode, CgroupnsMode];
  });
  assert.deepEqual(modes, [
    ['shareable', 'host'],
    [undefined, 'host'],
    [undefined, undefined],
  ]);
  assert.equal(hostConfig({ IpcMode: 'private' }, '1.39').IpcMode, 'private');
  assert.equal(hasFlatReadonlyMounts('1.43'), true);
});

test('what came later than the client is ignored', () => {
  assert.deepEqual(hostConfig({ ConsoleSize: [1, 2] }, '1.41'), {});
  assert.deepEqual(hostConfig({ Annotations: { a: 'b' } }, '1.42'), {});
  const request = { Healthcheck: { Retries: 3, StartInterval: 5_000_000 } };
  assert.deepEqual(plain(createAsMeant(request, '1.43').Healthcheck), { Retries: 3 });
  const NetworkingConfig = { EndpointsConfig: { bridge: { MacAddress: '02:00:00:00:00:01' } } };
  assert.deepEqual(plain(createAsMeant({ NetworkingConfig }, '1.43').NetworkingConfig), {
    EndpointsConfig: { bridge: {} },
  });
  assert.deepEqual(plain(updateAsMeant({ Memory: 5, PidsLimit: 7 }, '1.39')), { Memory: 5 });
  assert.deepEqual(updateAsMeant({ PidsLimit: 7 }, '1.40'), { PidsLimit: 7 });
  const bind = { Type: 'bind', BindOptions: { NonRecursive: true, CreateMountpoint: true } } as const;
  assert.deepEqual(mount(bind, '1.39'), {
    Type: 'bind',
    BindOptions: { NonRecursive: false, CreateMountpoint: false },
  });
  assert.deepEqual(mount(bind, '1.41'), {
    Type: 'bind',
    BindOptions: { NonRecursive: true, CreateMountpoint: false },
  });
  assert.deepEqual(mount({ Type: 'tmpfs', VolumeOptions: {} }, '1.41'), { Type: 'tmpfs' });
});

test("a MAC address of the whole container is the network's: in older versions the only one, in newer ones deprecated", () => {
  const [own, endpoints] = ['02:00:00:00:00:01', { bridge: { MacAddress: '02:00:00:00:00:02' } }];
  const request = { MacAddress: own, NetworkingConfig: { EndpointsConfig: endpoints } };
  const { NetworkingConfig } = createAsMeant(request, '1.43');
  assert.equal(NetworkingConfig?.EndpointsConfig?.bridge?.MacAddress, undefined);
  assert.deepEqual(createAsMeant(request, '1.44').NetworkingConfig, { EndpointsConfig: endpoints });
  assert.deepEqual(deprecations(request, '1.43'), []);
  assert.deepEqual(deprecations({}, '1.44'), []);
  assert.deepEqual(deprecations(request, '1.44'), [
    'The container-wide MacAddress field is now deprecated. It should be specified in EndpointsConfig instead.',
  ]);
});

test('what cannot be ignored is refused', () => {
  const cases: [ContainerCreateRequest, string, string][] = [
    [
      { HostConfig: { Mounts: [{ Type: 'bind', BindOptions: { ReadOnlyForceRecursive: true } }] } },
      '1.43',
      'BindOptions.ReadOnlyForceRecursive needs API v1.44 or newer',
    ],
    [
      { HostConfig: { Mounts: [{ Type: 'volume', VolumeOptions: { Subpath: 'a' } }] } },
      '1.44',
      'VolumeOptions.Subpath needs API v1.45 or newer',
    ],
    [
      { NetworkingConfig: { EndpointsConfig: { a: {}, b: {} } } },
      '1.43',
      'Container cannot be created with multiple network endpoints: a, b',
    ],
    [
      { MacAddress: '02:00:00:00:00:01', HostConfig: { NetworkMode: 'host' } },
      '1.43',
      'conflicting options: mac-address and the network mode',
    ],
  ];
  for (const [request, version, message] of cases)
    assert.throws(() => createAsMeant(request, version), { kind: 'invalid-parameter', message });
});
