/** A client connected to the streams of a process: as much of it as those need who see the process end. */
export type ClientSession = {
  readonly done: Promise<'ended' | 'detached'>;
  /** From now on a slow client holds nothing up: the rest of the output is kept in memory for it. */
  drain(): void;
  /** Gives up: the client stays connected, for somebody else to talk to. */
  abandon(): void;
};
