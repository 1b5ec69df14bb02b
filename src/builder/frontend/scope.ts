import type { ArgInstruction, Written } from '../../dockerfile/instruction.ts';
import { expandWord } from '../../dockerfile/shell-lexer.ts';
import type { Platform } from '../../oci/platform.ts';

/** Known without being declared; neither in history nor in keys. */
const PROXY_NAMES = ['HTTP_PROXY', 'HTTPS_PROXY', 'FTP_PROXY', 'NO_PROXY', 'ALL_PROXY'].flatMap(name => [
  name,
  name.toLowerCase(),
]);

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

  /** `env` is of the stage, and stronger than arguments. @throws EngineError invalid-parameter */
  declare({ args }: ArgInstruction & Partial<Written>, env: ReadonlyMap<string, string>): void {
    const { buildArgs, inherited, escape } = this.#options;
    for (const { name: written, value } of args) {
      const variables = this.variables(env);
      const name = expandWord(written, variables, { escape });
      const given =
        buildArgs.get(name) ??
        (value === undefined ? inherited.get(name) : expandWord(value, variables, { escape }));
      if (given !== undefined) this.#args.set(name, given);
    }
  }

  variables(env: ReadonlyMap<string, string>): { get(name: string): string | undefined } {
    return { get: name => env.get(name) ?? this.#args.get(name) };
  }

  /** Proxies that the client gives; every RUN has them. */
  proxies(): [string, string][] {
    return [...this.#options.buildArgs].filter(([name]) => PROXY_NAMES.includes(name));
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
