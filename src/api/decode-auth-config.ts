import { struct, text } from '../base/go/decode.ts';
import { parseGoJson } from '../base/go/json.ts';
import type { AuthConfig } from './types.ts';

export const authConfig = struct<AuthConfig>('registry.AuthConfig', {
  username: text(),
  password: text(),
  auth: text(),
  email: text(),
  serveraddress: text(),
  identitytoken: text(),
  registrytoken: text(),
});

/**
 * An `X-Registry-Auth` header: JSON in base64, of either alphabet, padded or not. One that cannot be read is as good
 * as none, as with Docker.
 */
export function decodeAuthHeader(header: string | undefined): AuthConfig {
  if (header === undefined || !/^[\w+/-]*={0,2}$/.test(header)) return {};
  try {
    return authConfig(parseGoJson(Buffer.from(header, 'base64url').toString()), 'AuthConfig');
  } catch {
    return {};
  }
}
