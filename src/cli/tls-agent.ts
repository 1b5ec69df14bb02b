import { existsSync, readFileSync } from 'node:fs';
import type { Agent } from 'node:http';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { ExitError } from './cli-error.ts';
import type { CliHost } from './context.ts';
import { describeError } from './describe-error.ts';

/** The global flags of TLS, as they were given; '' for a path that was not. */
export type TlsFlags = {
  tls: boolean;
  tlsverify: boolean;
  tlscacert: string;
  tlscert: string;
  tlskey: string;
};

/**
 * What connections to a TCP endpoint go through when TLS is asked for, by flags or by docker's environment
 * variables (DOCKER_TLS, DOCKER_TLS_VERIFY, DOCKER_CERT_PATH); undefined when it is not. Only `--tlsverify` looks
 * at the daemon's certificate.
 * @throws ExitError for certificates that cannot be read
 */
export async function tlsAgent({ env }: CliHost, flags: TlsFlags): Promise<Agent | undefined> {
  const verifies = flags.tlsverify || Boolean(env.DOCKER_TLS_VERIFY);
  if (!verifies && !flags.tls && !env.DOCKER_TLS) return undefined;
  const directory = env.DOCKER_CERT_PATH || join(homedir(), '.docker');
  const read = (given: string, name: string): Buffer | undefined => {
    const path = given || join(directory, name);
    return given === '' && !existsSync(path) ? undefined : readFileSync(path);
  };
  try {
    const cert = read(flags.tlscert, 'cert.pem');
    const key = read(flags.tlskey, 'key.pem');
    const ca = verifies ? read(flags.tlscacert, 'ca.pem') : undefined;
    // Loaded here: it takes milliseconds, and few need it.
    const https = await import('node:https');
    return new https.Agent({ keepAlive: true, ca, cert, key, rejectUnauthorized: verifies });
  } catch (error) {
    throw new ExitError(
      1,
      `Failed to initialize: unable to resolve docker endpoint: ${describeError(error)}`,
    );
  }
}
