import { messageOf } from '../../base/errors.ts';
import { GrpcError } from '../../buildkit/grpc.ts';
import { RPC_STATUS } from '../../buildkit/messages.ts';
import { ExitError } from '../cli-error.ts';
import { type BuildSteps, secondsAt } from './progress/build-steps.ts';

const SOURCE = /errdefs\.Source\+json$/;
/** Of the Dockerfile, around the lines that are meant. */
const CONTEXT_LINES = 3;
const RULE = '--------------------';
/** What BuildKit, and this engine, say of a command that has failed. */
const EXIT_CODE = /did not complete successfully: exit code: (\d+)/;

/** A failed build: what the step said last, the lines of the Dockerfile, and why; the exit code is the command's. */
export function buildFailure(error: unknown, steps: BuildSteps): ExitError {
  const message = messageOf(error);
  const parts = [
    outputOfFailed(steps),
    sourceOf(error),
    `ERROR: failed to build: failed to solve: ${message}`,
  ];
  return new ExitError(Number(EXIT_CODE.exec(message)?.[1] ?? 1), parts.join(''));
}

function outputOfFailed(steps: BuildSteps): string {
  const failed = steps.all.find(({ error }) => error !== '' && !/cancel/i.test(error));
  if (failed === undefined) return '';
  const lines = failed.tail.map(line => `${secondsAt(failed, line.atMs)} ${line.text}`);
  if (failed.rest !== '') lines.push(failed.rest);
  return lines.length === 0 ? '' : `------\n > ${failed.name}:\n${lines.join('\n')}\n------\n`;
}

export type Source = {
  info?: { filename?: string; data?: string } | undefined;
  ranges?: { start?: { line?: number }; end?: { line?: number } }[] | undefined;
};

function sourceOf(error: unknown): string {
  if (!(error instanceof GrpcError) || error.details === undefined) return '';
  const { details } = RPC_STATUS.decode(error.details);
  const detail = details.find(each => SOURCE.test(each?.typeUrl ?? ''));
  if (detail === undefined) return '';
  return excerptOf(JSON.parse(Buffer.from(detail.value ?? []).toString()) as Source);
}

/** The lines of a Dockerfile that are meant, with those around them; '' where none are. */
export function excerptOf({ info, ranges = [] }: Source): string {
  const lines = Buffer.from(info?.data ?? '', 'base64')
    .toString()
    .split('\n');
  const [range] = ranges;
  const first = range?.start?.line ?? 0;
  if (first < 1 || first > lines.length) return '';
  const last = Math.max(range?.end?.line ?? first, first);
  return excerpt(info?.filename ?? 'Dockerfile', lines, { first, last });
}

function excerpt(
  filename: string,
  lines: readonly string[],
  { first, last }: { first: number; last: number },
): string {
  const from = Math.max(first - CONTEXT_LINES, 1);
  const shown = lines.slice(from - 1, last + CONTEXT_LINES).map((line, index) => {
    const number = from + index;
    const mark = number >= first && number <= last ? '>>>' : '   ';
    return `${String(number).padStart(4)} | ${mark} ${line.replace(/\r$/, '')}`.trimEnd();
  });
  return `${filename}:${first}\n${RULE}\n${shown.join('\n')}\n${RULE}\n`;
}
