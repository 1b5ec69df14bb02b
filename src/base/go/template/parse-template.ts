import { type Command, type Node, type Operand, type Pipeline, type Place, TemplateError } from './syntax.ts';
import { type Segment, splitTemplate, type Token, tokenize } from './tokenize.ts';

/**
 * Parses a Go template. `functions` are the names it may call.
 * @throws TemplateError
 */
export function parseTemplate(template: string, functions: ReadonlySet<string>): Node[] {
  const parser = new TemplateParser(splitTemplate(template), functions);
  const { nodes, end } = parser.block();
  if (end !== undefined) throw new TemplateError(`template: :${end.rest.line}: unexpected {{${end.word}}}`);
  return nodes;
}

type BlockEnd = { word: 'end' | 'else'; rest: Segment };

class TemplateParser {
  readonly #segments: Segment[];
  readonly #functions: ReadonlySet<string>;

  constructor(segments: Segment[], functions: ReadonlySet<string>) {
    this.#segments = segments;
    this.#functions = functions;
  }

  /** The nodes up to the `{{end}}` or `{{else}}` that closes the block, or up to the template's end. */
  block(): { nodes: Node[]; end: BlockEnd | undefined } {
    const nodes: Node[] = [];
    for (let segment = this.#segments.shift(); segment !== undefined; segment = this.#segments.shift()) {
      if (segment.kind === 'text') {
        nodes.push({ kind: 'text', text: segment.text });
        continue;
      }
      const { word, rest } = splitKeyword(segment);
      if (word === 'end' || word === 'else') return { nodes, end: { word, rest } };
      if (word === 'if' || word === 'with' || word === 'range') nodes.push(this.#control(word, rest));
      else if (word === 'break' || word === 'continue') nodes.push({ kind: word });
      else nodes.push({ kind: 'action', pipeline: this.#pipeline(segment) });
    }
    return { nodes, end: undefined };
  }

  #control(kind: 'if' | 'with' | 'range', condition: Segment): Node {
    const pipeline = this.#pipeline(condition, kind);
    const { nodes: body, end } = this.block();
    return { kind, pipeline, body, otherwise: this.#otherwise(end, condition.line) };
  }

  #otherwise(end: BlockEnd | undefined, line: number): Node[] {
    if (end === undefined) throw new TemplateError(`template: :${line}: unexpected EOF`);
    if (end.word === 'end') return [];
    const { word, rest } = splitKeyword(end.rest);
    if (word === 'if' || word === 'with') return [this.#control(word, rest)];
    const { nodes, end: last } = this.block();
    if (last?.word !== 'end') throw new TemplateError(`template: :${end.rest.line}: unexpected EOF`);
    return nodes;
  }

  #pipeline(segment: Segment, context = 'command'): Pipeline {
    const { line } = segment;
    const tokens = tokenize(segment);
    if (tokens.length === 0) throw new TemplateError(`template: :${line}: missing value for ${context}`);
    return new PipelineParser(tokens, { line, functions: this.#functions }).parse();
  }
}

/** An action's first word, where it begins with one, and what follows it. */
function splitKeyword(segment: Segment): { word: string; rest: Segment } {
  const [head = '', word = ''] = /^(\w+)?\s*/.exec(segment.text) ?? [];
  const rest = { ...segment, text: segment.text.slice(head.length), offset: segment.offset + head.length };
  return { word, rest };
}

type PipelineContext = { line: number; functions: ReadonlySet<string> };

class PipelineParser {
  readonly #tokens: Token[];
  readonly #context: PipelineContext;

  constructor(tokens: Token[], context: PipelineContext) {
    this.#tokens = tokens;
    this.#context = context;
  }

  parse(): Pipeline {
    const pipeline = this.#parsePipeline();
    const [extra] = this.#tokens;
    if (extra !== undefined) throw this.#error(`unexpected ${JSON.stringify(extra.text)} in command`);
    return pipeline;
  }

  #parsePipeline(): Pipeline {
    const { variables, assigns } = this.#declarations();
    const commands: Command[] = [];
    do commands.push(this.#command());
    while (this.#take('|'));
    return { variables, assigns, commands };
  }

  #declarations(): { variables: string[]; assigns: boolean } {
    const text = this.#tokens.map(token => token.text).join('');
    const match = /^\s*(\$\w+)\s*(?:,\s*(\$\w+)\s*)?(:=|=)\s*/.exec(text);
    if (match === null) return { variables: [], assigns: false };
    while (this.#tokens[0]?.text !== match[3]) this.#tokens.shift();
    this.#tokens.shift();
    this.#skipSpaces();
    return { variables: [match[1], match[2]].filter(name => name !== undefined), assigns: match[3] === '=' };
  }

  #command(): Command {
    const operands: Operand[] = [];
    for (this.#skipSpaces(); this.#startsOperand(); this.#skipSpaces()) operands.push(this.#operand());
    const [first] = operands;
    if (first === undefined) throw this.#error('missing value for command');
    const text = operands.map(operand => operand.place.text).join(' ');
    return { operands, place: { text, offset: first.place.offset } };
  }

  #startsOperand(): boolean {
    const [token] = this.#tokens;
    return token !== undefined && !(token.kind === 'symbol' && token.text !== '(' && token.text !== '.');
  }

  #operand(): Operand {
    const token = this.#tokens.shift() as Token;
    if (token.kind === 'field' || token.kind === 'variable') return this.#chain(token);
    const place = { text: token.text, offset: token.offset };
    if (token.kind === 'string') return { kind: 'literal', value: unquote(token.text), place };
    if (token.kind === 'number') return { kind: 'literal', value: Number(token.text), place };
    if (token.kind === 'word') return this.#word(token.text, place);
    if (token.text === '.') return { kind: 'dot', place };
    const pipeline = this.#parsePipeline();
    if (!this.#take(')')) throw this.#error('unclosed left paren');
    const names = this.#names();
    const inner = pipeline.commands.map(command => command.place.text).join(' | ');
    const text = `(${inner})${names.texts.join('')}`;
    return { kind: 'pipeline', pipeline, names: names.names, place: { text, offset: token.offset } };
  }

  #chain(token: Token): Operand {
    const next = this.#tokens[0];
    // Go reports a chain of fields at its second.
    const offset = next?.kind === 'field' ? next.offset : token.offset;
    const { names, texts } = this.#names();
    const place = { text: [token.text, ...texts].join(''), offset };
    if (token.kind === 'variable') return { kind: 'variable', name: token.text, names, place };
    return { kind: 'field', names: [token.text.slice(1), ...names], place };
  }

  #word(text: string, place: Place): Operand {
    if (text === 'true' || text === 'false') return { kind: 'literal', value: text === 'true', place };
    if (text === 'nil') return { kind: 'nil', place };
    if (!this.#context.functions.has(text)) throw this.#error(`function ${JSON.stringify(text)} not defined`);
    return { kind: 'function', name: text, place };
  }

  #names(): { names: string[]; texts: string[] } {
    const texts: string[] = [];
    while (this.#tokens[0]?.kind === 'field') texts.push((this.#tokens.shift() as Token).text);
    return { names: texts.map(text => text.slice(1)), texts };
  }

  #take(symbol: string): boolean {
    this.#skipSpaces();
    if (this.#tokens[0]?.kind !== 'symbol' || this.#tokens[0].text !== symbol) return false;
    this.#tokens.shift();
    return true;
  }

  #skipSpaces(): void {
    while (this.#tokens[0]?.kind === 'space') this.#tokens.shift();
  }

  #error(problem: string): TemplateError {
    return new TemplateError(`template: :${this.#context.line}: ${problem}`);
  }
}

function unquote(text: string): string | number {
  if (text.startsWith('`')) return text.slice(1, -1);
  if (text.startsWith("'")) return unescape(text.slice(1, -1)).codePointAt(0) ?? 0;
  return unescape(text.slice(1, -1));
}

const ESCAPES: Record<string, string> = { n: '\n', t: '\t', r: '\r', a: '\u0007', b: '\b', f: '\f', v: '\v' };

function unescape(text: string): string {
  return text.replace(/\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|[0-7]{3}|.)/g, (_, escape: string) => {
    if (/^[xu]./.test(escape)) return String.fromCodePoint(Number.parseInt(escape.slice(1), 16));
    if (/^[0-7]{3}$/.test(escape)) return String.fromCodePoint(Number.parseInt(escape, 8));
    return ESCAPES[escape] ?? escape;
  });
}
