import { ShortMemory } from '../../base/short-memory.ts';
import type { Container } from './container.ts';
import type { ExecRecord } from './exec.ts';

const HOUR_MS = 60 * 60 * 1000;
const MINUTE_MS = 60 * 1000;

/**
 * Containers that were removed because they had ended (`AutoRemove`). Clients start one and ask afterwards how it ended
 * and what it wrote, and here it may have ended before: the latest ones are known for an hour, what they wrote for a
 * minute, by their full ids.
 */
export class DepartedContainers {
  /** Their size is that of their configurations in characters, which are as long as clients like. */
  readonly #containers = new ShortMemory<Container>({ keptMs: HOUR_MS, maxCount: 400, maxSize: 4 << 20 });
  readonly #logs = new ShortMemory<() => void>({
    keptMs: MINUTE_MS,
    maxCount: 100,
    maxSize: 64 << 20,
    onForget: remove => remove(),
  });

  /** @param execs what it has executed, as far as that is still known */
  keep(container: Container, execs: readonly ExecRecord[]): void {
    container.state.status = 'exited';
    container.process = undefined;
    const size = JSON.stringify([container.record, execs]).length;
    this.#containers.keep(container.id, container, size);
  }

  /** `remove` is called once, when the log of so many bytes is no longer to be read. */
  keepLog(id: string, bytes: number, remove: () => void): void {
    this.#logs.keep(id, remove, bytes);
  }

  all(): Container[] {
    return this.#containers.values();
  }

  find(id: string): Container | undefined {
    return this.#containers.get(id);
  }

  /** For who wants its log: undefined when that is gone. */
  findWithLog(id: string): Container | undefined {
    return this.#logs.get(id) && this.find(id);
  }

  /** Forgets them all. */
  clear(): void {
    this.#logs.clear();
    this.#containers.clear();
  }
}
