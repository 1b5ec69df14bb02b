import { isIPv6 } from 'node:net';
import ipaddr from 'ipaddr.js';
import { DistributionError } from './distribution-error.ts';

/** How many clients are remembered; those that have been quiet longest are forgotten first. */
const MAXIMUM_CLIENTS = 10_000;

type Bucket = { tokens: number; filledAtMs: number };

/** So many requests a second for each client (an IPv4 address, an IPv6 network), and ten seconds' worth of them at once. */
export class RateLimits {
  readonly #perSecond: number;
  readonly #buckets = new Map<string, Bucket>();

  /** @param perSecond 0: as many as they like */
  constructor(perSecond: number) {
    this.#perSecond = perSecond;
  }

  /** @throws DistributionError TOOMANYREQUESTS, with Retry-After */
  take(address: string): void {
    if (this.#perSecond === 0) return;
    const bucket = this.#bucket(clientAt(address));
    if (bucket.tokens >= 1) {
      bucket.tokens--;
      return;
    }
    const waitSeconds = Math.ceil((1 - bucket.tokens) / this.#perSecond);
    throw new DistributionError('TOOMANYREQUESTS', 'too many requests', {
      headers: { 'Retry-After': String(Math.max(waitSeconds, 1)) },
    });
  }

  #bucket(client: string): Bucket {
    const most = Math.max(this.#perSecond * 10, 1);
    const nowMs = performance.now();
    const bucket = this.#buckets.get(client) ?? { tokens: most, filledAtMs: nowMs };
    bucket.tokens = Math.min(most, bucket.tokens + ((nowMs - bucket.filledAtMs) / 1000) * this.#perSecond);
    bucket.filledAtMs = nowMs;
    this.#buckets.delete(client);
    this.#buckets.set(client, bucket);
    for (const oldest of this.#buckets.keys()) {
      if (this.#buckets.size <= MAXIMUM_CLIENTS) break;
      this.#buckets.delete(oldest);
    }
    return bucket;
  }
}

/** Who has one IPv6 address has all of its network, 2^64 of them. */
function clientAt(address: string): string {
  if (!isIPv6(address)) return address;
  return ipaddr.IPv6.parse(address).parts.slice(0, 4).join(':');
}
