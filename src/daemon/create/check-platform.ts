import type { ImageConfig } from '../../oci/image-config.ts';
import { invalid, notFound } from '../errors.ts';
import { lookupTable } from '../../base/lookup-table.ts';

const SYSTEMS = ['linux', 'windows', 'darwin', 'freebsd', 'netbsd', 'openbsd', 'solaris', 'wasip1'];
const ARCHITECTURES =
  '386 amd64 arm arm64 loong64 mips mips64 mips64le mipsle ppc64 ppc64le riscv64 s390x wasm'.split(' ');
const OTHER_NAMES = lookupTable<string>({
  i386: '386',
  x86_64: 'amd64',
  'x86-64': 'amd64',
  aarch64: 'arm64',
  armhf: 'arm',
  armel: 'arm',
});

/**
 * Checks that an image is of the platform asked for, `os`, `architecture` or `os/architecture[/variant]`.
 * @throws EngineError invalid-parameter for no platform, not-found for another one, in Docker's words
 */
export function checkPlatform(platform: string, reference: string, image: ImageConfig): void {
  const wanted = parsePlatform(platform);
  const system = wanted.os ?? 'linux';
  const architecture = wanted.architecture ?? image.architecture;
  const isVariant = wanted.variant === undefined || (image.variant ?? wanted.variant) === wanted.variant;
  if (system === image.os && architecture === image.architecture && isVariant) return;
  throw notFound(
    `image with reference ${reference} was found but its platform (${image.os}/${image.architecture}) does not match the specified platform (${platform})`,
  );
}

type Platform = { os?: string; architecture?: string; variant?: string };

function parsePlatform(text: string): Platform {
  const [first = '', second, variant, ...rest] = text.toLowerCase().split('/');
  const architectureOf = (name: string): string => OTHER_NAMES[name] ?? name;
  if (!/^[\w.-]+(\/[\w.-]+){0,2}$/.test(text) || rest.length > 0) {
    throw invalid(`${JSON.stringify(text)} is an invalid platform: invalid argument`);
  }
  if (second !== undefined) return { os: first, architecture: architectureOf(second), variant };
  if (SYSTEMS.includes(first)) return { os: first };
  if (ARCHITECTURES.includes(architectureOf(first))) return { architecture: architectureOf(first) };
  throw invalid(`${JSON.stringify(text)}: unknown operating system or architecture: invalid argument`);
}
