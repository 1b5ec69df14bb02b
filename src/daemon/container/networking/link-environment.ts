import { textBefore } from '../../../base/text-before.ts';
import type { Container } from '../../model/container.ts';
import { MAX_ARGUMENTS } from '../config/check-config.ts';
import { usablePorts } from '../config/ports.ts';
import { invalid } from '../../model/errors.ts';
import type { LinkedContainer } from './links.ts';

type Port = { number: number; protocol: string };

/** The shortest run of ports that is also named as a range. */
const SHORTEST_RANGE = 3;
const VARIABLES_OF_PORT = 4;
/** Variables of a linked container that are not passed on. */
const OMITTED = ['HOME', 'PATH'];

/**
 * The variables by which a container finds those it is linked to, as Docker names them.
 * @throws EngineError invalid-parameter
 */
export function linkEnvironment({ name }: Container, linked: readonly LinkedContainer[]): string[] {
  checkLinked(linked);
  return linked.flatMap(link => {
    const prefix = link.alias.replaceAll('-', '_').toUpperCase();
    return [
      ...portVariables(prefix, link),
      `${prefix}_NAME=/${name}/${link.alias}`,
      ...environmentOf(link.container).map(entry => `${prefix}_ENV_${entry}`),
    ];
  });
}

/** @throws EngineError invalid-parameter for more variables than a process can be given */
export function checkLinked(linked: readonly LinkedContainer[]): void {
  const count = linked.reduce((sum, { container: { record } }) => {
    const { ExposedPorts, Env } = record.config;
    return sum + VARIABLES_OF_PORT * Object.keys(ExposedPorts).length + Env.length;
  }, 0);
  if (count > MAX_ARGUMENTS) throw invalid(`argument list too long: ${count} variables of linked containers`);
}

function portVariables(prefix: string, { container, address }: LinkedContainer): string[] {
  const ports = exposedPorts(container);
  const [first] = ports;
  if (first === undefined) return [];
  const url = ({ number, protocol }: Port): string => `${protocol}://${address}:${number}`;
  const name = ({ number, protocol }: Port): string => `${prefix}_PORT_${number}_${protocol.toUpperCase()}`;
  return [
    `${prefix}_PORT=${url(first)}`,
    ...ranges(ports).flatMap(([start, end]) => [
      `${name(start)}_START=${url(start)}`,
      `${name(start)}_PORT_START=${start.number}`,
      `${name(start)}_END=${url(end)}`,
      `${name(start)}_PORT_END=${end.number}`,
    ]),
    ...ports.flatMap(port => [
      `${name(port)}=${url(port)}`,
      `${name(port)}_ADDR=${address}`,
      `${name(port)}_PORT=${port.number}`,
      `${name(port)}_PROTO=${port.protocol}`,
    ]),
  ];
}

/** TCP first, each protocol by number. */
function exposedPorts({ record }: Container): Port[] {
  const rank = ({ protocol }: Port): number => (protocol === 'tcp' ? 0 : 1);
  return [...usablePorts(record.config.ExposedPorts)].sort(
    (a, b) => rank(a) - rank(b) || a.number - b.number,
  );
}

function ranges(ports: readonly Port[]): [Port, Port][] {
  const found: Port[][] = [];
  for (const port of ports) {
    const run = found.at(-1);
    const last = run?.at(-1);
    if (last?.protocol === port.protocol && last.number + 1 === port.number) run?.push(port);
    else found.push([port]);
  }
  return found.filter(run => run.length >= SHORTEST_RANGE).map(run => [run[0], run.at(-1)] as [Port, Port]);
}

function environmentOf({ record }: Container): string[] {
  return record.config.Env.filter(entry => entry.includes('=') && !OMITTED.includes(textBefore(entry, '=')));
}
