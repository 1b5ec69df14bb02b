/** A client of the streams of a process: the part that the end of the process needs. */
export type StreamsClient = {
  /** Keeps the rest of the output in memory for a slow client, so that the process can go. */
  drain(): void;
  /** Stops copying; the client's connection stays open. */
  abandon(): void;
};

/** One that is connected to them. */
export type ClientSession = StreamsClient & { readonly done: Promise<'ended' | 'detached'> };
