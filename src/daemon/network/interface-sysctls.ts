import { writeFileSync } from 'node:fs';
import { errorCode } from '../../base/errors.ts';
import { goFileReason } from '../../base/go-file-error.ts';
import { own } from '../../base/own.ts';
import { inNetworkNamespace } from '../../kernel/namespaces.ts';
import type { EndpointConfig } from '../model/endpoint-config.ts';
import { checkSizes, MAX_ENTRIES } from '../model/check-sizes.ts';
import { invalid } from '../model/errors.ts';

const OPTION = 'com.docker.network.endpoint.sysctls';
const NAME = /^net\.(ipv4|ipv6|mpls)\.[a-z0-9_-]+\.IFNAME\.[a-z0-9_-]+$/;

/**
 * What is wrong with the sysctls that are asked for an endpoint's interface, in Docker's words; undefined for nothing.
 * @throws EngineError invalid-parameter when there are too many
 */
export function interfaceSysctlProblem(settings: EndpointConfig): string | undefined {
  const sysctls = interfaceSysctls(settings);
  checkSizes({ [OPTION]: sysctls });
  for (const { text, name, value } of sysctls) {
    if (!NAME.test(name))
      return `unrecognised network interface sysctl '${text}'; represent 'net.X.Y.ethN.Z=V' as 'net.X.Y.IFNAME.Z=V', 'X' must be 'ipv4', 'ipv6' or 'mpls'`;
    if (value === undefined) return `expected sysctl '${text}' to have format name=value`;
  }
  return undefined;
}

/**
 * Sets them for an interface in a network namespace. They have been checked.
 * @throws EngineError invalid-parameter for what the kernel does not have or take
 */
export function setInterfaceSysctls(
  namespace: number,
  interfaceName: string,
  settings: EndpointConfig,
): void {
  const sysctls = interfaceSysctls(settings);
  if (sysctls.length === 0) return;
  inNetworkNamespace(namespace, () => {
    for (const { name, value = '' } of sysctls) set(pathOf(name, interfaceName), value);
  });
}

type Sysctl = { text: string; name: string; value: string | undefined };

/** `net.ipv4.conf.IFNAME.forwarding=1,…` */
function interfaceSysctls({ DriverOpts }: EndpointConfig): Sysctl[] {
  const option = own(DriverOpts, OPTION);
  if (option === undefined) return [];
  return option.split(',', MAX_ENTRIES + 1).map(text => {
    const [given = '', ...value] = text.split('=');
    // docker's command line has small letters throughout in `--network name=…,driver-opt=…`.
    const name = given.replace('.ifname.', '.IFNAME.');
    return { text, name, value: value.length === 0 ? undefined : value.join('=') };
  });
}

/** An interface may have a point in its name. */
function pathOf(name: string, interfaceName: string): string {
  const parts = name.split('.').map(part => (part === 'IFNAME' ? interfaceName : part));
  return `/proc/sys/${parts.join('/')}`;
}

/** Of the thread's network namespace. */
function set(path: string, value: string): void {
  try {
    writeFileSync(path, value, { flag: 'r+' });
  } catch (error) {
    if (errorCode(error) === 'ENOENT') throw invalid(`${path} is not a sysctl file`);
    throw invalid(`failed to set sysctl ${path}: ${goFileReason(error)}`, error);
  }
}
