import { EngineError } from '../../base/errors.ts';
import type { NetworkOptions } from '../driver.ts';
import { type IpVersion, isIpOf } from '../ipam/ip.ts';
import type { GatewayMode } from './network-elements.ts';

/** How the keys of the driver's options begin. */
const OPTION = 'com.docker.network.bridge.';
const MTU = 'com.docker.network.driver.mtu';
/** The host's address that outgoing connections get. */
const SOURCES = ['com.docker.network.host_ipv4', 'com.docker.network.host_ipv6'] as const;
const GATEWAY_MODES: readonly GatewayMode[] = ['nat', 'nat-unprotected', 'routed', 'isolated'];
/** IFNAMSIZ without its NUL. */
const MAX_NAME = 15;

/** The driver's options, read. */
export type BridgeSettings = {
  /** Name of the interface; '' where none is asked for. */
  device: string;
  /** Bytes; 0: the uplink's. */
  mtu: number;
  /** Whether endpoints reach each other. */
  icc: boolean;
  masquerade: boolean;
  /** Where ports are published that name no address, of either IP version; '' for everywhere. */
  hostBinding: string;
  modes: Record<IpVersion, GatewayMode>;
  sources: string[];
  /** Interfaces of the host. */
  trusted: string[];
  /** Whether the bridge has no IPv4 address, though endpoints have the gateway's. */
  inhibitsIpv4: boolean;
};

/** The options of the network that containers join which name none. */
export function defaultBridgeOptions(settings: {
  device: string;
  mtu: number;
  masquerade: boolean;
  icc?: boolean;
  hostBinding?: string;
}): Record<string, string> {
  const { device, mtu, masquerade, icc = true, hostBinding = '0.0.0.0' } = settings;
  return {
    [`${OPTION}default_bridge`]: 'true',
    [`${OPTION}enable_icc`]: String(icc),
    [`${OPTION}enable_ip_masquerade`]: String(masquerade),
    [`${OPTION}host_binding_ipv4`]: hostBinding,
    [`${OPTION}name`]: device,
    [MTU]: String(mtu),
  };
}

export function isDefaultBridge({ options }: Pick<NetworkOptions, 'options'>): boolean {
  return options[`${OPTION}default_bridge`] === 'true';
}

/** Whether the network says itself where its ports are published that name no address. */
export function hasHostBinding({ options }: Pick<NetworkOptions, 'options'>): boolean {
  return (options[`${OPTION}host_binding_ipv4`] ?? '') !== '';
}

/**
 * Keys that mean nothing to it are left alone, as in Docker.
 * @throws EngineError invalid-parameter in Docker's words
 */
export function readBridgeOptions({
  options,
  internal,
}: Pick<NetworkOptions, 'options' | 'internal'>): BridgeSettings {
  const modes = { 4: gatewayMode(options, 4), 6: gatewayMode(options, 6) };
  if (!internal && Object.values(modes).includes('isolated'))
    throw invalid("gateway mode 'isolated' can only be used for an internal network");
  return {
    device: deviceName(options[`${OPTION}name`] ?? ''),
    mtu: mtuOf(options[MTU]),
    icc: booleanOption(options, `${OPTION}enable_icc`, true),
    masquerade: booleanOption(options, `${OPTION}enable_ip_masquerade`, true),
    hostBinding: addressOption(options, `${OPTION}host_binding_ipv4`, [4, 6]),
    modes,
    sources: [addressOption(options, SOURCES[0], [4]), addressOption(options, SOURCES[1], [6])].filter(
      address => address !== '',
    ),
    trusted: (options[`${OPTION}trusted_host_interfaces`] ?? '').split(':').filter(Boolean).map(deviceName),
    inhibitsIpv4: booleanOption(options, `${OPTION}inhibit_ipv4`, false),
  };
}

function invalid(message: string): EngineError {
  return new EngineError('invalid-parameter', message);
}

/** What is a name to the kernel, and one device to nft(8), in quotes. */
function deviceName(name: string): string {
  if (name.length > MAX_NAME || /[/\s:"]|\*$/.test(name) || name === '.' || name === '..')
    throw invalid(`invalid bridge name: ${name}`);
  return name;
}

function mtuOf(text: string | undefined): number {
  if (text === undefined || text === '') return 0;
  if (!/^[+-]?\d+$/.test(text))
    throw invalid(`failed to parse ${MTU} value: ${text} (strconv.Atoi: parsing "${text}": invalid syntax)`);
  const mtu = Number(text);
  // What a bridge can have, see net/bridge/br_device.c.
  if (mtu < 0 || mtu > 65_535) throw invalid(`invalid MTU number: ${text}`);
  return mtu;
}

function booleanOption(options: Record<string, string>, key: string, fallback: boolean): boolean {
  const text = options[key] ?? '';
  if (text === '') return fallback;
  if (/^(1|t|T|TRUE|true|True)$/.test(text)) return true;
  if (/^(0|f|F|FALSE|false|False)$/.test(text)) return false;
  throw invalid(
    `failed to parse ${key} value: ${text} (strconv.ParseBool: parsing "${text}": invalid syntax)`,
  );
}

function addressOption(options: Record<string, string>, key: string, versions: readonly IpVersion[]): string {
  const text = options[key] ?? '';
  if (text !== '' && !versions.some(version => isIpOf(version, text)))
    throw invalid(`failed to parse ${key} value: ${text} (nil ip)`);
  return text;
}

function gatewayMode(options: Record<string, string>, version: IpVersion): GatewayMode {
  const key = `${OPTION}gateway_mode_ipv${version}`;
  const mode = options[key] || 'nat';
  const known = GATEWAY_MODES.find(name => name === mode);
  if (known === undefined)
    throw invalid(`failed to parse ${key} value: ${mode} (unknown gateway mode ${mode})`);
  return known;
}
