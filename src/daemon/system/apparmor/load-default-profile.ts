import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { messageOf } from '../../../base/errors.ts';
import type { Logger } from '../../model/logger.ts';
import { DEFAULT_PROFILE, defaultProfileSource } from './default-profile.ts';

const ENABLED = '/sys/module/apparmor/parameters/enabled';
const LOADED = '/sys/kernel/security/apparmor/profiles';
const PARSERS = ['/usr/sbin/apparmor_parser', '/sbin/apparmor_parser'];

/**
 * Loads the profile of containers that name none, where the kernel runs with AppArmor and has it not yet.
 * @returns its name; undefined where there is no AppArmor, and, with a warning, where it cannot be loaded:
 *   containers run without a profile then
 */
export async function loadDefaultProfile(log: Logger): Promise<string | undefined> {
  if (read(ENABLED).trim() !== 'Y') return undefined;
  if (isLoaded(read(LOADED), DEFAULT_PROFILE)) return DEFAULT_PROFILE;
  try {
    await load(defaultProfileSource(DEFAULT_PROFILE, ownProfile()));
    return DEFAULT_PROFILE;
  } catch (error) {
    log.warn({ error }, `containers run without an AppArmor profile: ${messageOf(error)}`);
    return undefined;
  }
}

/** `loaded` has a line `name (mode)` for each. */
export function isLoaded(loaded: string, name: string): boolean {
  return loaded.split('\n').some(line => line.startsWith(`${name} (`));
}

/** Compiling a policy is left to AppArmor's own compiler. */
async function load(source: string): Promise<void> {
  const parser = PARSERS.find(path => existsSync(path));
  if (parser === undefined) throw new Error(`${PARSERS[0]} is missing (package apparmor)`);
  const child = spawn(parser, ['-Kr'], { stdio: ['pipe', 'ignore', 'pipe'] });
  child.stdin.on('error', () => undefined);
  child.stdin.end(source);
  const [problem, [code]] = await Promise.all([text(child.stderr), once(child, 'close')]);
  if (code !== 0) throw new Error(`apparmor_parser: ${problem.trim() || `exit code ${code}`}`);
}

/** `unconfined`, or `name (mode)`. */
function ownProfile(): string {
  return read('/proc/self/attr/current').replace(/ \(.*/s, '').trim() || 'unconfined';
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
