import type { RestartPolicy } from '../../api/types.ts';
import { parseInteger } from '../values/go-numbers.ts';

/** `no`, `always`, `unless-stopped`, `on-failure[:retries]`. */
export function parseRestartPolicy(text: string): RestartPolicy {
  if (text === '') return {};
  const [name = '', retries] = text.split(/:(.*)/s);
  if (name === '') throw new Error('invalid restart policy format: no policy provided before colon');
  if (retries === undefined) return { Name: name as RestartPolicy['Name'], MaximumRetryCount: 0 };
  return { Name: name as RestartPolicy['Name'], MaximumRetryCount: parseRetries(retries) };
}

function parseRetries(text: string): number {
  try {
    return text === '' ? 0 : parseInteger(text, { base: 10 });
  } catch {
    throw new Error('invalid restart policy format: maximum retry count must be an integer');
  }
}
