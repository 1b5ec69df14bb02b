import { invalid } from '../errors.ts';

const KEYS = ['seccomp', 'apparmor', 'label', 'no-new-privileges', 'systempaths', 'writable-cgroups'];
const BOOLEANS = ['', '1', 't', 'T', 'true', 'TRUE', 'True', '0', 'f', 'F', 'false', 'FALSE', 'False'];

/** @throws EngineError invalid-parameter, in Docker's words */
export function checkSecurityOptions(options: readonly string[] | null | undefined): void {
  for (const option of options ?? []) {
    if (option === 'no-new-privileges' || option === 'disable') continue;
    const match = /^([^=:]+)[=:](.*)$/s.exec(option);
    if (!match) throw invalid(`invalid --security-opt 1: ${JSON.stringify(option)}`);
    const [, key = '', value = ''] = match;
    const isBoolean = key === 'no-new-privileges' || key === 'writable-cgroups';
    if (!KEYS.includes(key) || (isBoolean && !BOOLEANS.includes(value))) {
      throw invalid(`invalid --security-opt 2: ${JSON.stringify(option)}`);
    }
    if (key === 'seccomp' && !['unconfined', 'builtin'].includes(value)) checkProfile(value);
  }
}

function checkProfile(profile: string): void {
  try {
    const parsed: unknown = JSON.parse(profile);
    if (typeof parsed !== 'object' || parsed === null) throw new SyntaxError('it is no object');
  } catch (error) {
    throw invalid(`Decoding seccomp profile failed: ${(error as Error).message}`);
  }
}
