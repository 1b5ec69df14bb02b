import { lookupTable } from '../../base/lookup-table.ts';

const ARCHITECTURES = lookupTable<string>({
  x86_64: 'amd64',
  'x86-64': 'amd64',
  aarch64: 'arm64',
  armhf: 'arm',
  i386: '386',
});

/**
 * `os/architecture[/variant]` as the `platform` of API 1.48 and later has it, a JSON object; undefined for ''.
 * @throws Error in Docker's words
 */
export function platformQuery(text: string): string | undefined {
  if (text === '') return undefined;
  const [os = '', architecture = '', ...more] = text.split('/');
  const [variant] = more;
  if (more.length > 1) throw malformed(`"${text}": cannot parse platform specifier`);
  for (const part of [os, architecture, ...more]) {
    if (!/^[\w.-]+$/.test(part))
      throw malformed(
        `${JSON.stringify(part)} is an invalid component of "${text}": platform specifier component must match "^[A-Za-z0-9_.-]+$"`,
      );
  }
  const name = architecture.toLowerCase();
  return JSON.stringify({ architecture: ARCHITECTURES[name] ?? name, os: os.toLowerCase(), variant });
}

function malformed(reason: string): Error {
  return new Error(`invalid platform: ${reason}: invalid argument`);
}
