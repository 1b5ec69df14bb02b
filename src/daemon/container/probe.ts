import { formatGoDuration } from '../../base/go/format-duration.ts';

export type ProbeOutcome = { exitCode: number; output: string };
export type ProbeResult = ProbeOutcome & { startNs: bigint; endNs: bigint };

export type ProbeOptions = { command: string[]; timeoutMs: number };

/** One run of a container's health check. */
export type Probe = {
  /** Settles when its time is over at the latest. Never rejects: what goes wrong is the result. */
  readonly result: Promise<ProbeResult>;
  /** Settles when nothing of it is left, which may take longer. Never rejects. */
  readonly ended: Promise<void>;
  /** Ends it before its time. */
  readonly end: () => void;
};

/** The outcome of a probe that took too long, in Docker's words. */
export function exceeded(timeoutMs: number, output = ''): ProbeOutcome {
  const message = `Health check exceeded timeout (${formatGoDuration(timeoutMs)})`;
  return { exitCode: -1, output: output === '' ? message : `${message}: ${output}` };
}
