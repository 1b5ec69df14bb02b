/**
 * How far a file has been written, in memory that threads share: readers wait there for the rest. One
 * thread writes; any number may read.
 */
export type Growth = SharedArrayBuffer;

const STATES = { growing: 0, whole: 1, abandoned: 2 } as const;

export function newGrowth(): Growth {
  return new SharedArrayBuffer(16);
}

/** For the writer. */
export class GrowthWriter {
  readonly #cells: Cells;

  constructor(growth: Growth) {
    this.#cells = cellsOf(growth);
  }

  /** That many bytes more can be read. */
  grow(bytes: number): void {
    Atomics.add(this.#cells.bytes, 0, BigInt(bytes));
    this.#wake();
  }

  /** There will be no more. */
  finish(): void {
    this.#end(STATES.whole);
  }

  /** The rest will never come. No effect after `finish`. */
  abandon(): void {
    this.#end(STATES.abandoned);
  }

  #end(state: number): void {
    Atomics.compareExchange(this.#cells.states, 1, STATES.growing, state);
    this.#wake();
  }

  #wake(): void {
    Atomics.add(this.#cells.states, 0, 1);
    Atomics.notify(this.#cells.states, 0);
  }
}

/**
 * Blocks until there is more than `position` bytes, or the file is whole.
 * @returns how many bytes there are; `position` when there will be no more
 * @throws Error when it has been abandoned
 */
export function awaitGrowth(growth: Growth, position: number): number {
  const { states } = cellsOf(growth);
  for (;;) {
    const turn = Atomics.load(states, 0);
    const end = endOf(growth, position);
    if (end !== undefined) return end;
    Atomics.wait(states, 0, turn);
  }
}

/** As {@link awaitGrowth}, without blocking the thread: for readers that have other work between the chunks. */
export async function growthBeyond(growth: Growth, position: number): Promise<number> {
  const { states } = cellsOf(growth);
  for (;;) {
    const turn = Atomics.load(states, 0);
    const end = endOf(growth, position);
    if (end !== undefined) return end;
    await Atomics.waitAsync(states, 0, turn).value;
  }
}

/** Undefined when there is more to wait for. @throws Error when it has been abandoned */
function endOf(growth: Growth, position: number): number | undefined {
  const { states, bytes } = cellsOf(growth);
  const state = Atomics.load(states, 1);
  const end = Number(Atomics.load(bytes, 0));
  if (state === STATES.abandoned) throw new Error('the archive was given up while it was written');
  return end > position || state === STATES.whole ? end : undefined;
}

type Cells = {
  /** What changes with every step, and the state. */
  states: Int32Array;
  bytes: BigInt64Array;
};

function cellsOf(growth: Growth): Cells {
  return { states: new Int32Array(growth, 0, 2), bytes: new BigInt64Array(growth, 8, 1) };
}
