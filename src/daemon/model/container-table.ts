import { conflict, invalid, notFound } from './errors.ts';
import type { StateStore } from './state-store.ts';
import type { Container } from './container.ts';

/** All containers of an engine, found by id, name, a name that a link gives, or an unambiguous prefix of the id. */
export class ContainerTable {
  readonly #byId = new Map<string, Container>();
  readonly #byName = new Map<string, string>();
  readonly #store: StateStore;

  constructor(store: StateStore) {
    this.#store = store;
  }

  /** In the order of their creation. */
  all(): Container[] {
    return [...this.#byId.values()];
  }

  /** @throws EngineError not-found, or invalid-parameter for an ambiguous prefix */
  find(reference: string): Container {
    const container = this.lookup(reference);
    if (container === undefined) throw notFound(`No such container: ${reference}`);
    return container;
  }

  /** @throws EngineError invalid-parameter for an ambiguous prefix */
  lookup(reference: string): Container | undefined {
    const name = reference.replace(/^\//, '');
    if (name.includes('/')) return this.#linked(name);
    const exact = this.#byId.get(reference) ?? this.#named(name);
    if (exact !== undefined || !/^[0-9a-f]+$/.test(reference)) return exact;
    const matches = this.all().filter(({ id }) => id.startsWith(reference));
    if (matches.length > 1) throw invalid(`Multiple IDs found with provided prefix: ${reference}`);
    return matches[0];
  }

  #named(name: string): Container | undefined {
    const id = this.#byName.get(name);
    return id === undefined ? undefined : this.#byId.get(id);
  }

  /** A container by what another, which is linked to it, calls it: `web/db`. */
  #linked(name: string): Container | undefined {
    const slash = name.lastIndexOf('/');
    const linking = this.#named(name.slice(0, slash));
    const link = linking?.record.links?.find(({ alias }) => alias === name.slice(slash + 1));
    return link && this.#byId.get(link.containerId);
  }

  /**
   * Keeps the name for a container that is about to be made.
   * @throws EngineError conflict, in Docker's words
   */
  reserveName(name: string, id: string): void {
    const owner = this.#byName.get(name);
    if (owner !== undefined && owner !== id) {
      throw conflict(
        `Conflict. The container name "/${name}" is already in use by container "${owner}". You have to remove (or rename) that container to be able to reuse that name.`,
      );
    }
    this.#byName.set(name, id);
  }

  isNameFree(name: string): boolean {
    return !this.#byName.has(name);
  }

  releaseName(name: string): void {
    this.#byName.delete(name);
  }

  /** Stores it; from now on it is found. Its name must be reserved. */
  add(container: Container): void {
    this.#store.addContainer(container);
    this.insert(container);
  }

  /** As {@link add}, for what is in the store already. */
  insert(container: Container): void {
    this.#byName.set(container.name, container.id);
    this.#byId.set(container.id, container);
  }

  rename(container: Container, newName: string): void {
    this.reserveName(newName, container.id);
    const oldName = container.name;
    const record = { ...container.record, name: newName };
    try {
      this.#store.saveRecord(record);
    } catch (error) {
      this.releaseName(newName);
      throw error;
    }
    container.record = record;
    this.releaseName(oldName);
  }

  /** Forgets it, and the volumes named, in one transaction. */
  remove(container: Container, volumes: readonly string[]): void {
    this.#store.removeContainer(container.id, volumes);
    this.#byId.delete(container.id);
    this.#byName.delete(container.name);
  }
}
