import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fillEndpointConfig } from '../model/endpoint-config.ts';
import { checkEndpointSettings } from './endpoint-settings.ts';

const settings = (sysctls: string) =>
  fillEndpointConfig({ DriverOpts: { 'com.docker.network.endpoint.sysctls': sysctls } });

test('sysctls of an endpoint are of its interface', () => {
  const check = (sysctls: string) => checkEndpointSettings('bridge', settings(sysctls), undefined);
  check('net.ipv4.conf.IFNAME.log_martians=1,net.ipv6.conf.IFNAME.accept_ra=2');
  check('net.ipv4.conf.ifname.log_martians=1');
  for (const sysctl of [
    'net.ipv4.conf.eth0.log_martians=1',
    'net.core.somaxconn=1',
    'kernel.shmmax=1',
    'net.ipv4.conf.IFNAME.../../../kernel/panic=1',
    'net.ipv4.conf.IFNAME.=1',
    '',
  ])
    assert.throws(() => check(sysctl), {
      kind: 'invalid-parameter',
      message: `invalid endpoint settings:\nunrecognised network interface sysctl '${sysctl}'; represent 'net.X.Y.ethN.Z=V' as 'net.X.Y.IFNAME.Z=V', 'X' must be 'ipv4', 'ipv6' or 'mpls'`,
    });
  assert.throws(() => check('net.ipv4.conf.IFNAME.log_martians'), {
    message:
      "invalid endpoint settings:\nexpected sysctl 'net.ipv4.conf.IFNAME.log_martians' to have format name=value",
  });
});
