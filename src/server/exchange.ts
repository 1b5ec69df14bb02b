import type { Duplex } from 'node:stream';
import { type ExchangeOptions, HttpExchange } from '../http/exchange.ts';

/** A request to Docker's API: it has a version, and its connection may be taken over. */
export class Exchange extends HttpExchange {
  /** The API version asked for: '1.43'; the newest one for a path without a version. */
  readonly version: string;
  /** The client's connection, to be taken over by `hijack`. */
  readonly connection: Duplex;
  /** Whether node:http has let go of the connection already (an `Upgrade` request). */
  readonly upgraded: boolean;

  constructor(options: ExchangeOptions & { version: string; upgraded?: Duplex }) {
    super(options);
    this.version = options.version;
    this.connection = options.upgraded ?? options.request.socket;
    this.upgraded = options.upgraded !== undefined;
  }

  /** Whether the client speaks at least this API version. */
  atLeast(version: string): boolean {
    return compareVersions(this.version, version) >= 0;
  }
}

/** Negative, zero or positive, for versions of two numbers. */
export function compareVersions(left: string, right: string): number {
  const [leftMajor = 0, leftMinor = 0] = left.split('.').map(Number);
  const [rightMajor = 0, rightMinor = 0] = right.split('.').map(Number);
  return leftMajor - rightMajor || leftMinor - rightMinor;
}
