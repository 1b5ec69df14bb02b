import { decodeJson, encodeJson } from '../../base/exact-json.ts';
import { readFileSync } from 'node:fs';
import { messageOf } from '../../base/errors.ts';
import { describeError } from '../describe-error.ts';
import { splitPair } from '../flags/flag.ts';

export type SecurityOptions = {
  options: string[];
  /** Empty lists when all system paths are asked for; null for the daemon's own. */
  maskedPaths: string[] | null;
  readonlyPaths: string[] | null;
};

/**
 * `--security-opt`: seccomp profiles are read here, since their path is the caller's, not the daemon's.
 * @throws Error with Docker's wording
 */
export function securityOptions(given: readonly string[]): SecurityOptions {
  const options = given.map(readOption);
  const unconfined = options.includes('systempaths=unconfined');
  return {
    options: options.filter(option => option !== 'systempaths=unconfined'),
    maskedPaths: unconfined ? [] : null,
    readonlyPaths: unconfined ? [] : null,
  };
}

function readOption(option: string): string {
  if (option === 'no-new-privileges') return option;
  if (!option.includes('=') && !option.includes(':'))
    throw new Error(`Invalid --security-opt: ${JSON.stringify(option)}`);
  const [key, value] = option.includes('=') ? splitPair(option) : splitPair(option.replace(':', '='));
  if (key !== 'seccomp' || value === 'unconfined' || value === 'builtin') return option;
  return `seccomp=${readProfile(value)}`;
}

function readProfile(path: string): string {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new Error(`opening seccomp profile (${path}) failed: ${describeError(error)}`, { cause: error });
  }
  try {
    return encodeJson(decodeJson(text));
  } catch (error) {
    throw new Error(`compacting json for seccomp profile (${path}) failed: ${messageOf(error)}`, {
      cause: error,
    });
  }
}
