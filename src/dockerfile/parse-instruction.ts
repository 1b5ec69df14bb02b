import { EngineError } from '../base/errors.ts';
import { own } from '../base/own.ts';
import { invalid, parseError } from './dockerfile-error.ts';
import { readFlags } from './flags.ts';
import { parseHealthcheck } from './healthcheck-instruction.ts';
import { chomped, type Heredoc, parseHeredoc } from './heredoc.ts';
import type { CommandLine, FromInstruction, Instruction, StageInstruction, Transfer } from './instruction.ts';
import type { Statement } from './read-lines.ts';
import { parseRunMount } from './run-mount.ts';
import { jsonList, keyValues, quotedWords, splitBlanks } from './split-arguments.ts';
import { suggestion } from './suggest.ts';

/** How much of an unknown instruction's word is shown. */
const MAX_SHOWN = 100;

/** What an instruction's parser needs of a statement. */
type Words = Pick<Statement, 'keyword' | 'flags' | 'rest' | 'original' | 'heredocs'>;
type Parse = (words: Words, escape: string) => StageInstruction | FromInstruction;

/** One function an instruction. They throw EngineErrors without a place. */
const INSTRUCTIONS: Record<string, Parse> = {
  add({ flags, rest, heredocs }) {
    const values = readFlags(flags, {
      ...TRANSFER_FLAGS,
      'keep-git-dir': 'switch',
      checksum: 'text',
      unpack: 'text',
    });
    return {
      kind: 'add',
      ...transfer('ADD', { rest, heredocs }, values),
      keepGitDirectory: values['keep-git-dir'],
      checksum: values.checksum ?? '',
      unpack: values.unpack === undefined ? undefined : unpackValue(values.unpack),
    };
  },
  arg({ flags, rest }, escape) {
    readFlags(flags, {});
    const words = quotedWords(rest, escape);
    if (words.length === 0) throw invalid('ARG requires at least one argument');
    return { kind: 'arg', args: words.map(argument) };
  },
  cmd({ flags, rest, heredocs }) {
    readFlags(flags, {});
    return { kind: 'cmd', command: commandLine(rest, heredocs) };
  },
  copy({ flags, rest, heredocs }) {
    const values = readFlags(flags, { ...TRANSFER_FLAGS, from: 'text' });
    return { kind: 'copy', ...transfer('COPY', { rest, heredocs }, values), from: values.from ?? '' };
  },
  entrypoint({ flags, rest, heredocs }) {
    readFlags(flags, {});
    return { kind: 'entrypoint', command: commandLine(rest, heredocs) };
  },
  env({ flags, rest }, escape) {
    readFlags(flags, {});
    return { kind: 'env', pairs: keyValues('ENV', rest, escape) };
  },
  expose({ flags, rest }) {
    readFlags(flags, {});
    const ports = splitBlanks(rest);
    if (ports.length === 0) throw invalid('EXPOSE requires at least one argument');
    return { kind: 'expose', ports };
  },
  from({ flags, rest }) {
    const { platform = '' } = readFlags(flags, { platform: 'text' });
    const [base = '', as, name = '', ...others] = splitBlanks(rest);
    if (as === undefined && base !== '') return { kind: 'from', base, name: '', platform };
    if (as?.toLowerCase() !== 'as' || name === '' || others.length > 0)
      throw invalid('FROM requires either one or three arguments');
    if (!/^[a-z][a-z0-9-_.]*$/.test(name.toLowerCase())) {
      const why = "name can't start with a number or contain symbols";
      throw invalid(`invalid name for build stage: ${JSON.stringify(name)}, ${why}`);
    }
    return { kind: 'from', base, name: name.toLowerCase(), platform };
  },
  healthcheck({ flags, rest }) {
    return { kind: 'healthcheck', healthcheck: parseHealthcheck(flags, rest) };
  },
  label({ flags, rest }, escape) {
    readFlags(flags, {});
    return { kind: 'label', pairs: keyValues('LABEL', rest, escape) };
  },
  maintainer({ flags, rest }) {
    readFlags(flags, {});
    return { kind: 'maintainer', maintainer: oneArgument('MAINTAINER', rest) };
  },
  onbuild({ flags, rest, original, heredocs }) {
    readFlags(flags, {});
    if (rest === '') throw invalid('ONBUILD requires at least one argument');
    const trigger = (splitBlanks(rest)[0] ?? '').toUpperCase();
    if (trigger === 'ONBUILD') throw invalid("Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed");
    if (trigger === 'FROM' || trigger === 'MAINTAINER')
      throw invalid(`${trigger} isn't allowed as an ONBUILD trigger`);
    const expression = original.replace(/^\s*ONBUILD\s*/i, '');
    return { kind: 'onbuild', expression: withHeredocs(expression, heredocs) };
  },
  run({ flags, rest, heredocs }) {
    const values = readFlags(flags, { mount: 'list', network: 'text', security: 'text', device: 'list' });
    // What has variables in it is read again when their values are known.
    for (const mount of values.mount) if (!mount.includes('$')) parseRunMount(mount, value => value);
    const command = commandLine(rest, heredocs);
    return {
      kind: 'run',
      command,
      mounts: values.mount,
      network: choice(values.network, ['default', 'none', 'host'], 'unsupported network mode'),
      security: choice(values.security, ['sandbox', 'insecure'], 'security'),
      devices: values.device,
    };
  },
  shell({ flags, rest, original }) {
    readFlags(flags, {});
    const shell = jsonList(rest);
    if (rest === '' || shell?.length === 0) throw invalid('SHELL requires at least one argument');
    if (shell === undefined)
      throw invalid(`SHELL requires the arguments to be in JSON form${jsonHint(original)}`);
    return { kind: 'shell', shell };
  },
  stopsignal({ flags, rest }) {
    readFlags(flags, {});
    return { kind: 'stopsignal', signal: oneArgument('STOPSIGNAL', rest) };
  },
  user({ flags, rest }) {
    readFlags(flags, {});
    return { kind: 'user', user: oneArgument('USER', rest) };
  },
  volume({ flags, rest }) {
    readFlags(flags, {});
    const paths = (jsonList(rest) ?? splitBlanks(rest)).map(path => path.trim());
    if (paths.length === 0) throw invalid('VOLUME requires at least one argument');
    if (paths.includes('')) throw invalid('VOLUME specified can not be an empty string');
    return { kind: 'volume', paths };
  },
  workdir({ flags, rest }) {
    readFlags(flags, {});
    return { kind: 'workdir', path: oneArgument('WORKDIR', rest) };
  },
};

/** One statement as a typed instruction. @throws DockerfileError */
export function parseInstruction(statement: Statement, escape: string): Instruction {
  const { original, range } = statement;
  try {
    return { original, range, ...readInstruction(statement, escape) };
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    throw parseError(error.message, range);
  }
}

/** The same, of what has no place in a file. @throws EngineError invalid-parameter */
export function readInstruction(words: Words, escape: string): StageInstruction | FromInstruction {
  const { keyword } = words;
  const parse = own(INSTRUCTIONS, keyword.toLowerCase());
  if (parse !== undefined) return parse(words, escape);
  const shown = keyword.slice(0, MAX_SHOWN);
  throw invalid(`unknown instruction: ${shown}${suggestion(keyword, Object.keys(INSTRUCTIONS))}`);
}

function argument(word: string): { name: string; value: string | undefined } {
  const equals = word.indexOf('=');
  if (equals < 0) return { name: word, value: undefined };
  if (equals === 0) throw invalid('ARG names can not be blank');
  return { name: word.slice(0, equals), value: word.slice(equals + 1) };
}

function commandLine(rest: string, heredocs: Heredoc[]): CommandLine {
  const list = jsonList(rest);
  return list === undefined ? { form: 'shell', text: rest, heredocs } : { form: 'exec', list };
}

const TRANSFER_FLAGS = {
  chown: 'text',
  chmod: 'text',
  link: 'switch',
  parents: 'switch',
  exclude: 'list',
} as const;

function transfer(
  keyword: string,
  { rest, heredocs }: Pick<Statement, 'rest' | 'heredocs'>,
  flags: {
    chown?: string | undefined;
    chmod?: string | undefined;
    link: boolean;
    parents: boolean;
    exclude: string[];
  },
): Transfer {
  const words = jsonList(rest) ?? splitBlanks(rest);
  const destination = words.pop();
  if (destination === undefined || words.length === 0) {
    const why =
      'requires at least two arguments, but only one was provided. Destination could not be determined';
    throw invalid(`${keyword} ${why}`);
  }
  if (parseHeredoc(destination) !== undefined)
    throw invalid(`${keyword} cannot accept a heredoc as a destination`);
  const inline = words.flatMap(word => {
    const name = parseHeredoc(word)?.name;
    const heredoc = name === undefined ? undefined : heredocs.find(each => each.name === name);
    if (heredoc === undefined) return [];
    return { ...heredoc, content: heredoc.chomps ? chomped(heredoc.content) : heredoc.content };
  });
  const sources = words.filter(word => parseHeredoc(word) === undefined);
  const { chown = '', chmod = '', link, parents, exclude } = flags;
  return { sources, inline, destination, chown, chmod, link, parents, exclude };
}

function unpackValue(value: string): boolean {
  if (value !== 'true' && value !== 'false')
    throw invalid(`expecting boolean value for flag --unpack, not: ${value}`);
  return value === 'true';
}

function oneArgument(keyword: string, rest: string): string {
  if (rest === '') throw invalid(`${keyword} requires exactly one argument`);
  return rest;
}

function choice<T extends string>(value: string | undefined, options: readonly [T, ...T[]], what: string): T {
  if (value === undefined) return options[0];
  const found = options.find(option => option === value);
  if (found !== undefined) return found;
  throw invalid(
    what === 'security'
      ? `security ${JSON.stringify(value)} is not valid`
      : `${what}: ${JSON.stringify(value)}`,
  );
}

/** The text of an instruction, its heredocs below it. */
export function withHeredocs(text: string, heredocs: readonly Heredoc[]): string {
  return heredocs.reduce((whole, { content, name }) => `${whole}\n${content}${name}`, text);
}

function jsonHint(original: string): string {
  return /'\s*[,\]]/.test(original) ? '. It looks like single quotes are used in place of double quotes' : '';
}
