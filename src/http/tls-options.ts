import { readFileSync } from 'node:fs';
import type { Server } from 'node:https';
import { type SecureContextOptions, createSecureContext } from 'node:tls';
import { EngineError, messageOf } from '../base/errors.ts';
import { watchFiles } from '../base/watch-files.ts';

/** How TCP listeners are secured: paths of PEM files. */
export type TlsFiles = {
  cert: string;
  key: string;
  /** Certificate of the authority that must have signed clients' certificates; undefined: clients need none. */
  clientCa?: string;
};

export type TlsServerOptions = SecureContextOptions & { requestCert: boolean; rejectUnauthorized: boolean };

/**
 * What node:https needs for them, read and tried.
 * @throws EngineError invalid-parameter for files that are missing or do not belong together
 */
export function readTlsOptions({ cert, key, clientCa }: TlsFiles): TlsServerOptions {
  const isVerified = clientCa !== undefined;
  try {
    const options = {
      cert: readFileSync(cert),
      key: readFileSync(key),
      ...(isVerified ? { ca: readFileSync(clientCa) } : {}),
      minVersion: 'TLSv1.2' as const,
    };
    createSecureContext(options);
    return { ...options, requestCert: isVerified, rejectUnauthorized: isVerified };
  } catch (error) {
    throw new EngineError(
      'invalid-parameter',
      `invalid TLS configuration: Could not load X509 key pair (cert: ${JSON.stringify(cert)}, key: ${JSON.stringify(key)}): ${messageOf(error)}`,
      { cause: error },
    );
  }
}

/**
 * Has a server use its files' new content when they change: certificate and key as one, for connections that begin then.
 * Files that cannot be used change nothing. The returned function ends it.
 */
export function keepTlsFresh(
  server: Server,
  files: TlsFiles,
  onProblem: (error: unknown) => void,
): () => void {
  const paths = [files.cert, files.key, ...(files.clientCa === undefined ? [] : [files.clientCa])];
  return watchFiles(paths, async () => {
    try {
      server.setSecureContext(readTlsOptions(files));
    } catch (error) {
      onProblem(error);
    }
  });
}
