import type { Platform } from '../api/types.ts';
import { lookupTable } from '../base/lookup-table.ts';

export type { Platform } from '../api/types.ts';

/** The machine's architecture as images call it (Go's GOARCH). */
export function hostArchitecture(): string {
  const names: Partial<Record<NodeJS.Architecture, string>> = { x64: 'amd64', ia32: '386' };
  return names[process.arch] ?? process.arch;
}

/** The machine's own. */
export function hostPlatform(): Platform {
  return { architecture: hostArchitecture(), os: 'linux' };
}

/** Whether something for `platform` is what was asked for. What is asked for without a variant is the usual one. */
export function isForPlatform(platform: Platform, wanted: Platform): boolean {
  return (
    platform.os === wanted.os &&
    platform.architecture === wanted.architecture &&
    variantOf(platform) === variantOf(wanted)
  );
}

/** Whether something for `platform` does for what was asked for: variants count where both sides name one. */
export function doesFor(platform: Platform, wanted: Platform): boolean {
  const { os, architecture, variant } = platform;
  const isSame = os === wanted.os && architecture === wanted.architecture;
  return isSame && (!variant || !wanted.variant || isForPlatform(platform, wanted));
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
