import type { Platform } from '../api/types.ts';
import { EngineError } from '../base/errors.ts';
import { lookupTable } from '../base/lookup-table.ts';

export type { Platform } from '../api/types.ts';

const ARCHITECTURES = lookupTable<string>({
  x86_64: 'amd64',
  'x86-64': 'amd64',
  aarch64: 'arm64',
  armhf: 'arm',
  i386: '386',
});

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
    throw new EngineError(
      'invalid-parameter',
      `"${text}": cannot parse platform specifier: invalid argument`,
    );
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

/** Whether something for `platform` is what was asked for. What is asked for without a variant is the usual one. */
export function isForPlatform(platform: Platform, wanted: Platform): boolean {
  return (
    platform.os === wanted.os &&
    platform.architecture === wanted.architecture &&
    variantOf(platform) === variantOf(wanted)
  );
}

/** `linux/arm/v7`. */
export function formatPlatform({ os, architecture, variant }: Platform): string {
  return [os, architecture, variant].filter(Boolean).join('/');
}

/** The variants that go without saying. */
const USUAL_VARIANTS = lookupTable<string>({ amd64: 'v1', arm64: 'v8', arm: 'v7' });

function variantOf({ architecture, variant }: Platform): string {
  return variant || (USUAL_VARIANTS[architecture] ?? '');
}
