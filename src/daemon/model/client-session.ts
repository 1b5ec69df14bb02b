/** A client connected to the streams of a process: the part that the end of the process needs. */
export type ClientSession = {
  readonly done: Promise<'ended' | 'detached'>;
  /** Keeps the rest of the output in memory for a slow client, so that the process can go. */
  drain(): void;
  /** Stops copying; the client's connection stays open. */
  abandon(): void;
};
