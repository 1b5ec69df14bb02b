import type { ServerResponse } from 'node:http';
import { messageOf } from '../../base/errors.ts';
import { isFull } from '../../base/reserved-database.ts';
import { EngineError, errorCode } from '../../base/errors.ts';
import { httpStatus } from '../../http/http-status.ts';
import { DistributionError } from './distribution-error.ts';

/** A JSON body as a whole. */
export function sendDocument(
  response: ServerResponse,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  const text = Buffer.from(`${JSON.stringify(body)}\n`);
  response.writeHead(200, { 'Content-Type': 'application/json', ...headers, 'Content-Length': text.length });
  response.end(text);
}

/** 201, 202 and 204, whose answers are in their headers. */
export function sendStatus(
  response: ServerResponse,
  status: number,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { ...headers, ...(status === 204 ? {} : { 'Content-Length': '0' }) });
  response.end();
}

export type ErrorAnswer = { status: number; headers: Record<string, string>; body: string };

/** What a client is told of an error (distribution-spec, "Error Codes"). */
export function errorAnswer(error: unknown): ErrorAnswer {
  const problem = toDistributionError(error);
  const [status, code, message] =
    problem === undefined
      ? [httpStatus(error), 'UNKNOWN', error instanceof EngineError ? messageOf(error) : 'internal error']
      : [problem.status, problem.code === 'STORAGE_FULL' ? 'UNKNOWN' : problem.code, problem.message];
  const body = `${JSON.stringify({ errors: [{ code, message, detail: problem?.detail ?? null }] })}\n`;
  return { status, headers: { ...problem?.headers }, body };
}

function toDistributionError(error: unknown): DistributionError | undefined {
  if (error instanceof DistributionError) return error;
  const code = errorCode(error);
  if (code === 'ENOSPC' || code === 'EDQUOT' || isFull(error))
    return new DistributionError('STORAGE_FULL', 'no space left on device', { cause: error });
  return undefined;
}
