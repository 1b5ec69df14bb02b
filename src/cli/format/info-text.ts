import type { MachineUsage } from '../../api/machine.ts';
import { formatBinarySize } from '../values/size.ts';
import { machineText, sinceBoot } from './machine-text.ts';

/** The fields of `GET /info` that are printed. */
export type Info = {
  Containers?: number;
  ContainersRunning?: number;
  ContainersPaused?: number;
  ContainersStopped?: number;
  Images?: number;
  ServerVersion?: string;
  Driver?: string;
  DriverStatus?: [string, string][] | null;
  LoggingDriver?: string;
  CgroupDriver?: string;
  CgroupVersion?: string;
  Plugins?: { Volume?: string[] | null; Network?: string[] | null; Log?: string[] | null };
  Runtimes?: Record<string, unknown>;
  DefaultRuntime?: string;
  InitBinary?: string;
  SecurityOptions?: string[] | null;
  KernelVersion?: string;
  OperatingSystem?: string;
  OSType?: string;
  Architecture?: string;
  NCPU?: number;
  MemTotal?: number;
  Name?: string;
  ID?: string;
  DockerRootDir?: string;
  Debug?: boolean;
  Labels?: string[] | null;
  ExperimentalBuild?: boolean;
  LiveRestoreEnabled?: boolean;
  Warnings?: string[] | null;
  Machine?: MachineUsage;
};

/** The server's part of `info`, in Docker's layout. */
export function infoText(info: Info): string {
  const lines = [
    ...countLines(info),
    ...driverLines(info),
    ...runtimeLines(info),
    ...hostLines(info),
    ...machineLines(info),
  ];
  return lines.map(line => ` ${line}\n`).join('');
}

function countLines(info: Info): string[] {
  return [
    `Containers: ${info.Containers ?? 0}`,
    ` Running: ${info.ContainersRunning ?? 0}`,
    ` Paused: ${info.ContainersPaused ?? 0}`,
    ` Stopped: ${info.ContainersStopped ?? 0}`,
    `Images: ${info.Images ?? 0}`,
    ...named('Server Version', info.ServerVersion),
  ];
}

function driverLines(info: Info): string[] {
  const { Plugins = {} } = info;
  return [
    ...named('Storage Driver', info.Driver),
    ...(info.DriverStatus ?? []).map(([name, value]) => ` ${name}: ${value}`),
    ...named('Logging Driver', info.LoggingDriver),
    ...named('Cgroup Driver', info.CgroupDriver),
    ...named('Cgroup Version', info.CgroupVersion),
    'Plugins:',
    ` Volume: ${(Plugins.Volume ?? []).join(' ')}`,
    ` Network: ${(Plugins.Network ?? []).join(' ')}`,
    ` Log: ${(Plugins.Log ?? []).join(' ')}`,
  ];
}

function runtimeLines(info: Info): string[] {
  const runtimes = Object.keys(info.Runtimes ?? {});
  return [
    ...(runtimes.length === 0
      ? []
      : [`Runtimes: ${runtimes.join(' ')}`, `Default Runtime: ${info.DefaultRuntime}`]),
    ...named('Init Binary', info.InitBinary),
    ...securityLines(info.SecurityOptions ?? []),
  ];
}

/** `name=seccomp,profile=builtin`. */
function securityLines(options: readonly string[]): string[] {
  if (options.length === 0) return [];
  const lines = options.flatMap(option => {
    const pairs = new Map(option.split(',').map(pair => pair.split('=') as [string, string]));
    return [` ${pairs.get('name') ?? option}`, ...named('  Profile', pairs.get('profile'))];
  });
  return ['Security Options:', ...lines];
}

function hostLines(info: Info): string[] {
  const labels = info.Labels ?? [];
  return [
    ...named('Kernel Version', info.KernelVersion),
    ...named('Operating System', info.OperatingSystem),
    ...named('OSType', info.OSType),
    ...named('Architecture', info.Architecture),
    `CPUs: ${info.NCPU ?? 0}`,
    `Total Memory: ${formatBinarySize(info.MemTotal ?? 0)}`,
    ...named('Name', info.Name),
    ...named('ID', info.ID),
    ...named('Root Dir', info.DockerRootDir),
    `Debug Mode: ${info.Debug ?? false}`,
    ...(labels.length === 0 ? [] : ['Labels:', ...labels.map(label => ` ${label}`)]),
    `Experimental: ${info.ExperimentalBuild ?? false}`,
    `Live Restore Enabled: ${info.LiveRestoreEnabled ?? false}`,
  ];
}

/** dockerd tells nothing of it. */
function machineLines({ Machine }: Info): string[] {
  if (Machine === undefined) return [];
  const lines = machineText(Machine, sinceBoot(Machine)).trimEnd().split('\n');
  return ['Machine, since its start:', ...lines.map(line => ` ${line}`)];
}

function named(name: string, value: string | undefined): string[] {
  return value ? [`${name}: ${value}`] : [];
}
