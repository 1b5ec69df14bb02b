import { readFileSync, statSync } from 'node:fs';
import { parseResolvConf } from './resolv-conf.ts';

const FILE = '/etc/resolv.conf';
/** How long the file is taken to be the same. */
const FRESH_MS = 1000;

/** The host's own name servers, as they are now: they are asked from the host's side, a stub on loopback too. */
export class HostServers {
  #servers: string[] = [];
  #version = '';
  #checkedAt = Number.NEGATIVE_INFINITY;

  get servers(): readonly string[] {
    const now = performance.now();
    if (now - this.#checkedAt < FRESH_MS) return this.#servers;
    this.#checkedAt = now;
    try {
      const { ino, mtimeMs, size } = statSync(FILE);
      const version = `${ino} ${mtimeMs} ${size}`;
      if (version !== this.#version) this.#servers = parseResolvConf(readFileSync(FILE, 'utf8')).servers;
      this.#version = version;
    } catch {
      this.#servers = [];
      this.#version = '';
    }
    return this.#servers;
  }
}
