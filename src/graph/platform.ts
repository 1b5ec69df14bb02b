import { EngineError } from '../base/errors.ts';

export type Platform = { architecture: string; os: string; variant?: string };

const ARCHITECTURES: Partial<Record<string, string>> = {
  x86_64: 'amd64',
  'x86-64': 'amd64',
  aarch64: 'arm64',
  armhf: 'arm',
  i386: '386',
};

/** The machine's architecture as images call it (Go's GOARCH). */
export function hostArchitecture(): string {
  const names: Partial<Record<NodeJS.Architecture, string>> = { x64: 'amd64', ia32: '386' };
  return names[process.arch] ?? process.arch;
}

/**
 * `os/architecture[/variant]`, or one of the first two alone; the machine's own where nothing is said.
 * @throws EngineError invalid-parameter
 */
export function parsePlatform(text: string | undefined): Platform {
  const host = { architecture: hostArchitecture(), os: 'linux' };
  if (text === undefined || text === '') return host;
  const parts = text.toLowerCase().split('/');
  if (parts.length > 3 || parts.some(part => !/^[a-z0-9_.-]+$/.test(part)))
    throw new EngineError('invalid-parameter', `"${text}" is an invalid OS/architecture specifier`);
  const [os = '', architecture, variant] =
    parts.length === 1 && parts[0] !== 'linux' ? ['linux', parts[0]] : parts;
  if (os !== 'linux') throw new EngineError('invalid-parameter', 'operating system is not supported');
  const name = architecture ?? host.architecture;
  return {
    architecture: ARCHITECTURES[name] ?? name,
    os,
    ...(variant === undefined ? {} : { variant }),
  };
}
