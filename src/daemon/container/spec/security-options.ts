import { EngineError } from '../../../base/errors.ts';
import { parseBoolean } from '../../../base/go/boolean.ts';
import { decodeDockerProfile } from '../../../libcontainer/seccomp/docker-profile.ts';

/** What `--security-opt` values ask for; undefined where nothing was said. */
export type SecurityOptions = {
  noNewPrivileges: boolean;
  /** `unconfined`, `builtin`, or a profile in JSON. */
  seccomp?: string;
  apparmor?: string;
  writableCgroups?: boolean;
  /** Masked and read-only paths are left as they are. Docker's CLI asks in another way; its API does not. */
  unconfinedSystemPaths: boolean;
  /** SELinux labels, of which only `disable` has a meaning without SELinux. */
  labels: string[];
};

/** @throws EngineError invalid-parameter, in Docker's words */
export function parseSecurityOptions(options: readonly string[]): SecurityOptions {
  const result: SecurityOptions = { noNewPrivileges: false, unconfinedSystemPaths: false, labels: [] };
  for (const option of options) {
    if (option === 'no-new-privileges') result.noNewPrivileges = true;
    else if (option === 'writable-cgroups') result.writableCgroups = true;
    else if (option === 'disable') result.labels.push('disable');
    else applyPair(result, option);
  }
  return result;
}

function applyPair(result: SecurityOptions, option: string): void {
  const separator = option.includes('=') ? '=' : ':';
  const end = option.indexOf(separator);
  if (end === -1) throw invalid(1, option);
  const [key, value] = [option.slice(0, end), option.slice(end + 1)];
  switch (key) {
    case 'label':
      result.labels.push(value);
      break;
    case 'apparmor':
      result.apparmor = value;
      break;
    case 'seccomp':
      result.seccomp = checkedProfile(value);
      break;
    case 'no-new-privileges':
      result.noNewPrivileges = booleanOf(value, option);
      break;
    case 'writable-cgroups':
      result.writableCgroups = booleanOf(value, option);
      break;
    case 'systempaths':
      if (value !== 'unconfined') throw invalid(2, option);
      result.unconfinedSystemPaths = true;
      break;
    default:
      throw invalid(2, option);
  }
}

/** `unconfined`, `builtin`, or a profile. */
function checkedProfile(value: string): string {
  if (value === 'unconfined' || value === 'builtin') return value;
  decodeDockerProfile(value);
  return value;
}

function booleanOf(value: string, option: string): boolean {
  const result = parseBoolean(value);
  if (result === undefined) throw invalid(2, option);
  return result;
}

const invalid = (step: number, option: string) =>
  new EngineError('invalid-parameter', `invalid --security-opt ${step}: ${JSON.stringify(option)}`);
