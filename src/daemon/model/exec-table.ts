import type { Container } from './container.ts';
import type { Exec } from './exec.ts';

/** The execs that containers have, by their ids. They are forgotten with their container. */
export class ExecTable {
  readonly #byContainer = new WeakMap<Container, Map<string, Exec>>();

  /** In the order in which they were created. */
  of(container: Container): Exec[] {
    return [...(this.#byContainer.get(container)?.values() ?? [])];
  }

  find(container: Container, id: string): Exec | undefined {
    return this.#byContainer.get(container)?.get(id);
  }

  add(exec: Exec): void {
    const execs = this.#byContainer.get(exec.container) ?? new Map<string, Exec>();
    this.#byContainer.set(exec.container, execs.set(exec.id, exec));
  }

  /** Whether it was there. */
  delete({ id, container }: Pick<Exec, 'id' | 'container'>): boolean {
    return this.#byContainer.get(container)?.delete(id) ?? false;
  }
}
