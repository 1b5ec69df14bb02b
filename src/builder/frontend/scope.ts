import type { ArgInstruction, Written } from '../../dockerfile/instruction.ts';
import { expandWord, type Variables } from '../../dockerfile/shell-lexer.ts';
import type { Platform } from '../../oci/platform.ts';

/** Known without being declared; neither in history nor in keys. */
export const PREDECLARED: readonly string[] = [
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'FTP_PROXY',
  'NO_PROXY',
  'ALL_PROXY',
].flatMap(name => [name, name.toLowerCase()]);

export type ScopeOptions = {
  escape: string;
  buildArgs: ReadonlyMap<string, string>;
  /** What ARGs that are declared without a value have, where the client gives none. */
  inherited: ReadonlyMap<string, string>;
};

/** Build arguments as they are declared one after the other: in front of the stages, or in a stage. */
export class Scope {
  readonly #options: ScopeOptions;
  readonly #args = new Map<string, string>();

  constructor(options: ScopeOptions) {
    this.#options = options;
  }

  /** What was declared and has a value. */
  get args(): ReadonlyMap<string, string> {
    return this.#args;
  }

  /**
   * `variables` are the stage's. @returns arguments that have a value from now on
   * @throws EngineError invalid-parameter
   */
  declare({ args }: ArgInstruction & Partial<Written>, variables: Variables): Map<string, string> {
    const { buildArgs, inherited, escape } = this.#options;
    const declared = new Map<string, string>();
    const known = { get: (name: string) => declared.get(name) ?? variables.get(name) };
    for (const { name: written, value } of args) {
      const name = expandWord(written, known, { escape });
      const given =
        buildArgs.get(name) ??
        (value === undefined ? inherited.get(name) : expandWord(value, known, { escape }));
      if (given !== undefined) declared.set(name, given);
    }
    for (const [name, value] of declared) this.#args.set(name, value);
    return declared;
  }

  /** Proxies that the client gives; every RUN has them, in either case, as programs differ in what they look at. */
  proxies(): Map<string, string> {
    const given = [...this.#options.buildArgs].filter(([name]) => PREDECLARED.includes(name));
    const spelt = given.flatMap(([name, value]): [string, string][] => [
      [name.toUpperCase(), value],
      [name.toLowerCase(), value],
    ]);
    return new Map([...spelt, ...given]);
  }
}

/** The predefined arguments about platforms. */
export function platformArgs(build: Platform, target: Platform, stage: string): Map<string, string> {
  const of = (prefix: string, { os, architecture, variant = '' }: Platform): [string, string][] => [
    [`${prefix}PLATFORM`, [os, architecture, variant].filter(Boolean).join('/')],
    [`${prefix}OS`, os],
    [`${prefix}ARCH`, architecture],
    [`${prefix}VARIANT`, variant],
  ];
  return new Map([...of('BUILD', build), ...of('TARGET', target), ['TARGETSTAGE', stage || 'default']]);
}
