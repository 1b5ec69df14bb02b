import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Writes the licenses of all packages that are part of a bundle beside it, as they want it. */
export function writeLicenses(directory: string, modules: readonly string[]): void {
  const packages = new Set(
    modules.flatMap(id => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(id)?.[0] ?? []),
  );
  writeFileSync(join(directory, 'LICENSES'), [...packages].sort().map(licenseOf).join('\n'));
}

function licenseOf(path: string): string {
  const { name, version, license } = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8')) as Record<
    'name' | 'version' | 'license',
    string
  >;
  const texts = globSync('{LICEN[CS]E,license}*', { cwd: path }).map(file =>
    readFileSync(join(path, file), 'utf8'),
  );
  return [`${name} ${version} (${license})`, '', ...texts].join('\n');
}
