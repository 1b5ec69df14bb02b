import { EngineError } from '../base/errors.ts';
import { lookupTable } from '../base/lookup-table.ts';
import { hostArchitecture, type Platform } from './platform.ts';

const SYSTEMS = new Set(
  'aix android darwin dragonfly freebsd hurd illumos ios js linux nacl netbsd openbsd plan9 solaris windows zos'.split(
    ' ',
  ),
);
const ARCHITECTURES = new Set(
  (
    '386 amd64 amd64p32 arm armbe arm64 arm64be ppc64 ppc64le loong64 mips mipsle mips64 mips64le mips64p32 ' +
    'mips64p32le ppc riscv riscv64 s390 s390x sparc sparc64 wasm'
  ).split(' '),
);

/** Other names of architectures, one of which means a variant. */
const OTHER_NAMES = lookupTable<readonly [architecture: string, variant?: string]>({
  i386: ['386'],
  x86_64: ['amd64'],
  'x86-64': ['amd64'],
  aarch64: ['arm64'],
  armhf: ['arm'],
  armel: ['arm', 'v6'],
});

const OS = /^([A-Za-z0-9_-]+)(?:\(([A-Za-z0-9_.%-]*)((?:\+[A-Za-z0-9_.%-]+)*)\))?$/;
const COMPONENT = /^[A-Za-z0-9_.-]+$/;
const MAX_LENGTH = 1024;

/**
 * `os`, `architecture` or `os/architecture[/variant]`, by any of their names, as containerd reads it. What is not said
 * is the machine's own.
 * @throws EngineError invalid-parameter, in Docker's words
 */
export function parsePlatform(text: string): Platform {
  const shown = JSON.stringify(text.slice(0, MAX_LENGTH));
  if (text.includes('*')) throw invalid(`${shown}: wildcards not yet supported`);
  const parts = text.split('/');
  if (parts.length > 3 || text.length > MAX_LENGTH)
    throw invalid(`${shown}: cannot parse platform specifier`);
  const [first = '', ...rest] = parts;
  const os = systemOf(first, shown);
  for (const part of rest)
    if (!COMPONENT.test(part))
      throw invalid(
        `${JSON.stringify(part)} is an invalid component of ${shown}: platform specifier component must match "${COMPONENT.source}"`,
      );
  const [architecture, variant] = rest.map(part => part.toLowerCase());
  if (architecture !== undefined) return normalized(os, architecture, variant);
  if (SYSTEMS.has(os)) return normalized(os, hostArchitecture());
  const alone = normalized('linux', os);
  if (!ARCHITECTURES.has(alone.architecture))
    throw invalid(`${shown}: unknown operating system or architecture`);
  return alone;
}

/** What a version of the system says, as of Windows, is not kept: nothing here is for one. */
function systemOf(part: string, shown: string): string {
  const name = OS.exec(part)?.[1]?.toLowerCase();
  if (name === undefined)
    throw invalid(
      `${JSON.stringify(part)} is an invalid OS component of ${shown}: OSAndVersion specifier component must match ${JSON.stringify(OS.source)}`,
    );
  return name === 'macos' ? 'darwin' : name;
}

function normalized(os: string, name: string, written?: string): Platform {
  const [architecture, meant] = OTHER_NAMES[name] ?? [name];
  const isNumber = architecture.startsWith('arm') && /^\d$/.test(written ?? '');
  const variant = isNumber ? `v${written}` : (written ?? meant);
  const isNone = variant === undefined || (architecture === 'amd64' && variant === 'v1');
  return { architecture, os, ...(isNone ? {} : { variant }) };
}

function invalid(message: string): EngineError {
  return new EngineError('invalid-parameter', `${message}: invalid argument`);
}
