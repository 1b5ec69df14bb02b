import type { CompletedConfig } from '../../model/config.ts';
import type { FilledHostConfig } from '../../model/host-config.ts';
import { invalid } from '../../model/errors.ts';

const UNDEFINED_BEHAVIOUR = 'This would result in undefined behavior';

/** Options that contradict the network mode. @throws EngineError invalid-parameter, in Docker's words */
export function checkNetworkMode(config: CompletedConfig, hostConfig: FilledHostConfig): void {
  const { NetworkMode: mode, Links: links } = hostConfig;
  const isShared = mode.startsWith('container:');
  if (mode === 'container' || mode === 'container:')
    throw invalid('invalid network mode: invalid container format container:<name|id>');
  if (isShared) checkSharedNetwork(config, hostConfig);
  if (mode === 'host' && links.length > 0) {
    throw invalid(
      `conflicting options: host type networking can't be used with links. ${UNDEFINED_BEHAVIOUR}`,
    );
  }
}

function checkSharedNetwork(config: CompletedConfig, hostConfig: FilledHostConfig): void {
  const conflicts: [boolean, string][] = [
    [isFilled(hostConfig.Links), `container type network can't be used with links. ${UNDEFINED_BEHAVIOUR}`],
    [Boolean(config.Hostname), 'hostname and the network mode'],
    [isFilled(hostConfig.Dns), 'dns and the network mode'],
    [isFilled(hostConfig.ExtraHosts), 'custom host-to-IP mapping and the network mode'],
    [
      isFilled(hostConfig.PortBindings) || hostConfig.PublishAllPorts,
      'port publishing and the container type network mode',
    ],
    [isFilled(config.ExposedPorts), 'port exposing and the container type network mode'],
  ];
  const conflict = conflicts.find(([applies]) => applies);
  if (conflict) throw invalid(`conflicting options: ${conflict[1]}`);
}

function isFilled(value: object): boolean {
  return Object.keys(value).length > 0;
}
