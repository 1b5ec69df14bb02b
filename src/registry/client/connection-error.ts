import { errorCode, messageOf } from '../../base/errors.ts';
import { RegistryError } from './registry-error.ts';

type Failure = Error & {
  address?: string;
  port?: number;
  hostname?: string;
  errors?: Error[];
  cert?: { subjectaltname?: string };
};

/** Node's codes of certificates without a known authority. */
const UNKNOWN_AUTHORITY = [
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
];

/** Another try would meet the same. */
const PERMANENT = [
  'ECONNREFUSED',
  'ENOTFOUND',
  'EPROTO',
  'CERT',
  'ERR_TLS',
  'ERR_SSL',
  'UNABLE',
  'SELF',
  'DEPTH',
];

/** Undici's word for a proxy that makes no tunnel. */
const NO_TUNNEL = /^Proxy response \((\d+)\)/;

/** Why a request got no answer, in the words of Go's net/http, which Docker's users know. */
export function connectionError(
  method: string,
  url: URL,
  { cause, isProxied = false }: { cause: unknown; isProxied?: boolean },
): RegistryError {
  const failure = innermost(cause);
  const refusal = NO_TUNNEL.exec(failure.message)?.[1];
  const isTransient = refusal === undefined && !PERMANENT.some(code => codeOf(failure).includes(code));
  const reason = refusal === undefined ? reasonOf(failure, url) : `the proxy answers with status ${refusal}`;
  const isOfProxy = isProxied && (refusal !== undefined || reason.startsWith('dial '));
  const message = `${requestName(method, url)}: ${isOfProxy ? 'proxyconnect tcp: ' : ''}${reason}`;
  return new RegistryError('system', message, { code: 'CONNECTION', isTransient, cause });
}

/** `Get "https://registry.example/v2/"`. */
export function requestName(method: string, url: URL): string {
  return `${method[0]}${method.slice(1).toLowerCase()} "${withoutSecrets(url)}"`;
}

/** Addresses that blobs are at may be signed, which is as good as a password. */
function withoutSecrets(url: URL): string {
  const shown = new URL(url);
  shown.username = '';
  shown.password = '';
  if (shown.search !== '') shown.search = '?...';
  return shown.href;
}

/** The cause. Of a name's several addresses, the first one's failure. */
function innermost(error: unknown): Failure {
  const { errors, cause } = error as Failure;
  if (errors?.[0] !== undefined) return innermost(errors[0]);
  const hasCode = codeOf(error as Failure) !== '' && codeOf(error as Failure) !== 'UND_ERR_CONNECT';
  return cause instanceof Error && !hasCode ? innermost(cause) : (error as Failure);
}

function codeOf(failure: Failure): string {
  return errorCode(failure) ?? '';
}

function reasonOf(failure: Failure, url: URL): string {
  const code = codeOf(failure);
  const { address, port, hostname = url.hostname } = failure;
  const dial =
    address === undefined
      ? 'dial tcp'
      : `dial tcp ${address.includes(':') ? `[${address}]` : address}:${port}`;
  if (UNKNOWN_AUTHORITY.includes(code))
    return 'tls: failed to verify certificate: x509: certificate signed by unknown authority';
  switch (code) {
    case 'ECONNREFUSED':
      return `${dial}: connect: connection refused`;
    case 'ENOTFOUND':
      return `dial tcp: lookup ${hostname}: no such host`;
    case 'EAI_AGAIN':
      return `dial tcp: lookup ${hostname}: temporary failure in name resolution`;
    case 'ENETUNREACH':
    case 'EHOSTUNREACH':
      return `${dial}: connect: ${code === 'ENETUNREACH' ? 'network is unreachable' : 'no route to host'}`;
    case 'ETIMEDOUT':
    case 'UND_ERR_CONNECT_TIMEOUT':
      return `${dial}: i/o timeout`;
    case 'UND_ERR_HEADERS_TIMEOUT':
      return 'net/http: timeout awaiting response headers';
    case 'UND_ERR_BODY_TIMEOUT':
      return 'i/o timeout';
    case 'ECONNRESET':
      return 'read: connection reset by peer';
    case 'UND_ERR_SOCKET':
      return 'EOF';
    case 'CERT_HAS_EXPIRED':
    case 'CERT_NOT_YET_VALID':
      return 'tls: failed to verify certificate: x509: certificate has expired or is not yet valid';
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return `tls: failed to verify certificate: x509: certificate is not valid for ${url.hostname}`;
    case 'EPROTO':
    case 'ERR_SSL_WRONG_VERSION_NUMBER':
    case 'ERR_SSL_PACKET_LENGTH_TOO_LONG':
      return /wrong.version|packet.length/i.test(messageOf(failure) + code)
        ? 'http: server gave HTTP response to HTTPS client'
        : `remote error: tls: ${messageOf(failure)}`;
    default:
      return messageOf(failure);
  }
}
