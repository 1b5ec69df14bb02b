import { EngineError } from '../../base/errors.ts';
import type { NetworkOptions } from '../driver.ts';
import { isIpOf } from '../ipam/ip.ts';

/** How the keys of the driver's options begin. */
const OPTION = 'com.docker.network.bridge.';
const MTU = 'com.docker.network.driver.mtu';
const DEFAULT_MTU = 1500;
/** IFNAMSIZ without its NUL. */
const MAX_NAME = 15;

/** The driver's options, read. */
export type BridgeSettings = {
  /** Of the interface; '' where none is asked for. */
  device: string;
  mtu: number;
  /** Whether endpoints reach each other. */
  icc: boolean;
  masquerade: boolean;
  /** Where ports are published that name no address; '' for everywhere. */
  hostBinding: string;
};

/** The options of the network that containers join which name none. */
export function defaultBridgeOptions(settings: {
  device: string;
  mtu: number;
  masquerade: boolean;
}): Record<string, string> {
  const { device, mtu, masquerade } = settings;
  return {
    [`${OPTION}default_bridge`]: 'true',
    [`${OPTION}enable_icc`]: 'true',
    [`${OPTION}enable_ip_masquerade`]: String(masquerade),
    [`${OPTION}host_binding_ipv4`]: '0.0.0.0',
    [`${OPTION}name`]: device,
    [MTU]: String(mtu),
  };
}

export function isDefaultBridge({ options }: Pick<NetworkOptions, 'options'>): boolean {
  return options[`${OPTION}default_bridge`] === 'true';
}

/**
 * Keys that mean nothing to it are left alone, as in Docker.
 * @throws EngineError invalid-parameter in Docker's words; not-implemented
 */
export function readBridgeOptions({ options }: Pick<NetworkOptions, 'options'>): BridgeSettings {
  for (const version of [4, 6]) checkGatewayMode(options, `${OPTION}gateway_mode_ipv${version}`);
  return {
    device: deviceName(options[`${OPTION}name`] ?? ''),
    mtu: mtuOf(options[MTU]),
    icc: booleanOption(options, `${OPTION}enable_icc`, true),
    masquerade: booleanOption(options, `${OPTION}enable_ip_masquerade`, true),
    hostBinding: addressOption(options, `${OPTION}host_binding_ipv4`),
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
  if (text === undefined || text === '') return DEFAULT_MTU;
  if (!/^[+-]?\d+$/.test(text))
    throw invalid(`failed to parse ${MTU} value: ${text} (strconv.Atoi: parsing "${text}": invalid syntax)`);
  const mtu = Number(text);
  // What a bridge can have, see net/bridge/br_device.c.
  if (mtu < 0 || mtu > 65_535) throw invalid(`invalid MTU number: ${text}`);
  return mtu === 0 ? DEFAULT_MTU : mtu;
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

function addressOption(options: Record<string, string>, key: string): string {
  const text = options[key] ?? '';
  if (text !== '' && !isIpOf(4, text)) throw invalid(`failed to parse ${key} value: ${text} (nil ip)`);
  return text;
}

function checkGatewayMode(options: Record<string, string>, key: string): void {
  const mode = options[key] ?? '';
  if (['', 'nat'].includes(mode)) return;
  if (!['nat-unprotected', 'routed', 'isolated'].includes(mode))
    throw invalid(`failed to parse ${key} value: ${mode} (unknown gateway mode ${mode})`);
  throw new EngineError('not-implemented', `gateway mode ${mode} is not supported by this engine`);
}
