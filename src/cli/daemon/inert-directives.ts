import { lookupTable } from '../../base/lookup-table.ts';
import { boolean, map, number, object, text, texts, type ValueCheck } from './config-values.ts';

type InertDirective = {
  check: ValueCheck;
  /** What asks for nothing that Slipway does not do anyway. Besides it, what is empty does not. */
  asItIs?: unknown;
  /** What happens instead. */
  instead: string;
};

const ONE_RUNTIME = 'containers are run by Slipway itself';
const NO_SWARM = 'there is no Swarm mode';
const NO_CONTAINERD = 'Slipway needs no containerd';
const NO_FILTER = 'the firewall is one nftables table of its own';
const NO_LIMITS = 'processor time is not limited for real-time scheduling';
const FLAG_NAME = 'it is the name of a flag; the key has another';

const inert = (check: ValueCheck, instead: string, asItIs?: unknown): InertDirective => ({
  check,
  instead,
  asItIs,
});
/** dockerd takes anything there, and does nothing with it. */
const flagName = inert(value => value, FLAG_NAME);

/** Keys of dockerd's daemon.json that change nothing here. */
const INERT_DIRECTIVES = lookupTable<InertDirective>({
  'allow-direct-routing': inert(boolean, NO_FILTER, false),
  'allow-nondistributable-artifacts': inert(value => value, 'layers are pushed wherever they come from'),
  'api-cors-header': inert(text, 'web pages may not use the API'),
  'authorization-plugins': inert(texts, 'NOBODY IS ASKED for authorization: there are no plugins'),
  builder: inert(object, 'of it, only gc is known'),
  'cdi-spec-dirs': inert(texts, 'CDI devices are not known yet'),
  containerd: inert(text, NO_CONTAINERD),
  'containerd-namespace': inert(text, NO_CONTAINERD),
  'containerd-plugins-namespace': inert(value => value, NO_CONTAINERD),
  'cpu-rt-period': inert(number, NO_LIMITS, 0),
  'cpu-rt-runtime': inert(number, NO_LIMITS, 0),
  'default-runtime': inert(text, ONE_RUNTIME, 'runc'),
  'deprecated-key-path': inert(value => value, 'Slipway needs no key'),
  experimental: inert(boolean, 'there are no experimental features', false),
  features: inert(map(boolean), 'there are no such features'),
  'host-gateway-ips': inert(texts, 'host-gateway-ip is used'),
  'init-path': inert(text, "containers' init is Slipway's own"),
  'ip-forward': inert(boolean, 'forwarding is switched on', true),
  'ip-forward-no-drop': inert(boolean, NO_FILTER, false),
  ip6tables: inert(boolean, NO_FILTER, true),
  iptables: inert(boolean, NO_FILTER, true),
  'network-control-plane-mtu': inert(number, NO_SWARM),
  'network-diagnostic-port': inert(number, NO_SWARM, 0),
  'node-generic-resources': inert(texts, NO_SWARM),
  rootless: inert(boolean, 'the daemon is root', false),
  runtimes: inert(map(object), ONE_RUNTIME),
  'seccomp-profile': inert(text, "containers have Docker's default profile, or their own", 'builtin'),
  'selinux-enabled': inert(boolean, 'containers are NOT LABELLED', false),
  'swarm-default-advertise-addr': inert(text, NO_SWARM),
  'userland-proxy-path': inert(text, 'what the kernel cannot pass on to a port, the shim does'),
  'userns-remap': inert(text, "containers' root IS THE HOST'S, unless they are told otherwise"),
  'add-runtime': flagName,
  'default-address-pool': flagName,
  'default-ulimit': flagName,
  'default-network-opt': flagName,
  'dns-opt': flagName,
  'exec-opt': flagName,
  host: flagName,
  'insecure-registry': flagName,
  label: flagName,
  'log-opt': flagName,
  'node-generic-resource': flagName,
  'registry-mirror': flagName,
  'storage-opt': flagName,
});

export function isInert(key: string): boolean {
  return INERT_DIRECTIVES[key] !== undefined;
}

/**
 * What is to be said of a key that {@link isInert}; nothing where all is as its value has it.
 * @throws Error that names the key when the value is of the wrong type
 */
export function inertWarning(key: string, value: unknown): string | undefined {
  const directive = INERT_DIRECTIVES[key];
  if (directive === undefined) return undefined;
  directive.check(value, key);
  if (value === directive.asItIs || isEmpty(value)) return undefined;
  return `the configuration's ${key} has no effect: ${directive.instead}`;
}

function isEmpty(value: unknown): boolean {
  return value === '' || (typeof value === 'object' && value !== null && Object.keys(value).length === 0);
}
