import { own } from '../../own.ts';

type Member = (...args: string[]) => unknown;

/** A row as a template sees it: named members, some of which take arguments; nothing else can be asked of it. */
export class TemplateObject {
  /** As errors name it. */
  readonly typeName: string;
  readonly #members: Readonly<Record<string, Member>>;

  constructor(typeName: string, members: Readonly<Record<string, Member>>) {
    this.typeName = typeName;
    this.#members = members;
  }

  has(name: string): boolean {
    return Object.hasOwn(this.#members, name);
  }

  get(name: string, args: readonly unknown[] = []): unknown {
    return own(this.#members, name)?.(...args.map(String));
  }

  /** All members that need no argument, by name in order, as Docker's JSON format has them. */
  toJSON(): Record<string, unknown> {
    const names = Object.keys(this.#members).filter(name => this.#members[name]?.length === 0);
    return Object.fromEntries(names.sort().map(name => [name, this.get(name)]));
  }
}
