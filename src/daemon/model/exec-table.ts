import type { Container } from './container.ts';
import type { Exec } from './exec.ts';

/** The execs that containers have, by their ids. They are forgotten with their container. */
export class ExecTable {
  readonly #byContainer = new WeakMap<Container, Map<string, Exec>>();

  /** In the order in which they were created. */
  of(container: Container): Exec[] {
    return [...this.#execsOf(container).values()];
  }

  find(container: Container, id: string): Exec | undefined {
    return this.#execsOf(container).get(id);
  }

  add(exec: Exec): void {
    this.#execsOf(exec.container).set(exec.id, exec);
  }

  /** Whether it was there. */
  delete({ id, container }: Pick<Exec, 'id' | 'container'>): boolean {
    return this.#execsOf(container).delete(id);
  }

  #execsOf(container: Container): Map<string, Exec> {
    return this.#byContainer.getOrInsertComputed(container, () => new Map());
  }
}
