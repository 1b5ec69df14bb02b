import type { TestContext } from 'node:test';
import { parseReference } from '../../oci/reference.ts';
import type { Credentials } from '../client/credentials.ts';
import {
  DEFAULT_PATIENCE,
  DEFAULT_RANGES,
  type Patience,
  type RegistryOptions,
} from '../client/registry-options.ts';
import { Repository } from '../client/repository.ts';
import { Session } from '../client/session.ts';

/** Waits for nothing. */
const IMPATIENT: Patience = { ...DEFAULT_PATIENCE, retryMs: 1 };

type TestOptions = Partial<Omit<RegistryOptions, 'patience'>> & {
  patience?: Partial<Patience>;
  credentials?: Credentials;
  signal?: AbortSignal;
};

function testOptions({ patience, ...options }: TestOptions = {}): RegistryOptions {
  return {
    insecureRegistries: [],
    mirrors: [],
    certificateDirectories: [],
    proxies: { http: '', https: '', none: '' },
    userAgent: 'test',
    patience: { ...IMPATIENT, ...patience },
    ranges: DEFAULT_RANGES,
    ...options,
  };
}

/** A repository by its full name, for as long as the test runs. */
export async function openRepository(
  t: TestContext,
  name: string,
  { credentials, signal = new AbortController().signal, ...options }: TestOptions = {},
): Promise<Repository> {
  const session = Session.open(testOptions(options), { credentials, signal });
  t.after(() => session.close());
  return Repository.open(session, parseReference(name), ['resolve', 'pull']);
}
