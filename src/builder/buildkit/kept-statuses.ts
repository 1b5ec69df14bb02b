import type { STATUS_RESPONSE } from '../../buildkit/messages.ts';
import type { MessageOf } from '../../buildkit/protobuf.ts';

export type Status = Partial<MessageOf<typeof STATUS_RESPONSE>>;

/** Of what steps have said, all together; a step alone says 2 MiB at most (clipped-log.ts). */
const MAX_OUTPUT_BYTES = 32 * 1024 * 1024;

/** What has been told of a build, for who comes to watch it later; of what its steps have said, the last part. */
export class KeptStatuses {
  readonly #statuses: (Status | undefined)[] = [];
  #outputBytes = 0;
  /** All output before it has gone. */
  #oldest = 0;

  get length(): number {
    return this.#statuses.length;
  }

  /** Undefined for output that is not kept any more. */
  at(index: number): Status | undefined {
    return this.#statuses[index];
  }

  /** All that are kept. */
  *[Symbol.iterator](): Generator<Status> {
    for (const status of this.#statuses) if (status !== undefined) yield status;
  }

  add(status: Status): void {
    this.#statuses.push(status);
    this.#outputBytes += outputOf(status);
    for (; this.#outputBytes > MAX_OUTPUT_BYTES; this.#oldest++) {
      const bytes = outputOf(this.#statuses[this.#oldest]);
      if (bytes === 0) continue;
      this.#outputBytes -= bytes;
      this.#statuses[this.#oldest] = undefined;
    }
  }
}

function outputOf(status: Status | undefined): number {
  return (status?.logs ?? []).reduce((sum, log) => sum + (log?.data?.length ?? 0), 0);
}
