import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ContainerCreateRequest } from '../../api/types.ts';
import { withEndpointSysctls } from './endpoint-sysctls.ts';

const OPTION = 'com.docker.network.endpoint.sysctls';
const Sysctls = { 'net.ipv4.conf.eth0.forwarding': '1', 'net.ipv4.ip_forward': '1' };
const migrated = (request: ContainerCreateRequest) => withEndpointSysctls(request, '1.47');

test('sysctls of eth0 become options of the main network, and the client is told', () => {
  const { request, warnings } = migrated({ HostConfig: { Sysctls } });
  assert.deepEqual(request, {
    HostConfig: { Sysctls: { 'net.ipv4.ip_forward': '1' } },
    NetworkingConfig: {
      EndpointsConfig: { default: { DriverOpts: { [OPTION]: 'net.ipv4.conf.IFNAME.forwarding=1' } } },
    },
  });
  assert.deepEqual(warnings, [
    `Migrated sysctl "net.ipv4.conf.eth0.forwarding" to DriverOpts{"${OPTION}":"net.ipv4.conf.IFNAME.forwarding=1"}.`,
  ]);
});

test("an endpoint's own options stay, and come last", () => {
  const own = { DriverOpts: { [OPTION]: 'net.ipv4.conf.IFNAME.rp_filter=2', other: 'x' }, Aliases: ['a'] };
  const { request } = migrated({
    HostConfig: { NetworkMode: 'web', Sysctls },
    NetworkingConfig: { EndpointsConfig: { back: {}, web: own } },
  });
  assert.deepEqual(request.NetworkingConfig?.EndpointsConfig, {
    back: {},
    web: {
      Aliases: ['a'],
      DriverOpts: {
        [OPTION]: 'net.ipv4.conf.IFNAME.forwarding=1,net.ipv4.conf.IFNAME.rp_filter=2',
        other: 'x',
      },
    },
  });
});

test('other sysctls, and networks that are not the own, are left as they are', () => {
  const cases: ContainerCreateRequest[] = [
    {},
    { HostConfig: { Sysctls: { 'net.ipv4.conf.all.forwarding': '1', 'kernel.shm_rmid_forced': '1' } } },
    { HostConfig: { NetworkMode: 'host', Sysctls } },
    { HostConfig: { NetworkMode: 'container:x', Sysctls } },
  ];
  for (const request of cases) assert.deepEqual(migrated(request), { request, warnings: [] });
});

test('another interface is refused, and newer clients have to name the option', () => {
  assert.throws(() => migrated({ HostConfig: { Sysctls: { 'net.ipv4.conf.eth1.forwarding': '1' } } }), {
    kind: 'invalid-parameter',
    message: `unable to determine network endpoint for sysctl net.ipv4.conf.eth1.forwarding, use driver option '${OPTION}' to set per-interface sysctls`,
  });
  assert.throws(() => withEndpointSysctls({ HostConfig: { Sysctls } }, '1.48'), {
    kind: 'invalid-parameter',
    message: `interface specific sysctl setting "net.ipv4.conf.eth0.forwarding" must be supplied using driver option '${OPTION}'`,
  });
});
