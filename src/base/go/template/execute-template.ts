import { messageOf } from '../../errors.ts';
import type { TemplateFunction } from './functions.ts';
import { isTrue, printValue } from './print-value.ts';
import { type Command, type Node, type Operand, type Pipeline, type Place, TemplateError } from './syntax.ts';
import { TemplateObject } from './template-object.ts';

/** Innermost last; a variable is found in the last scope that has it. */
type Scopes = Map<string, unknown>[];
type ControlNode = Extract<Node, { body: Node[] }>;
type Flow = 'next' | 'break' | 'continue';

export type ExecuteOptions = {
  functions: Readonly<Record<string, TemplateFunction>>;
  missingKey: 'print' | 'fail';
  /** The template's text, for the places that errors name. */
  template: string;
};

/**
 * Runs a parsed template on `data`: TemplateObjects, JSON values. Missing keys of objects are errors unless
 * `missingKey` is 'print'.
 * @throws TemplateError
 */
export function executeTemplate(nodes: readonly Node[], data: unknown, options: ExecuteOptions): string {
  const execution = new Execution(options);
  execution.walk(nodes, data, [new Map([['$', data]])]);
  return execution.output;
}

class Execution {
  output = '';
  readonly #options: ExecuteOptions;

  constructor(options: ExecuteOptions) {
    this.#options = options;
  }

  walk(nodes: readonly Node[], dot: unknown, scopes: Scopes): Flow {
    for (const node of nodes) {
      const flow = this.#node(node, dot, scopes);
      if (flow !== 'next') return flow;
    }
    return 'next';
  }

  #node(node: Node, dot: unknown, scopes: Scopes): Flow {
    if (node.kind === 'text') this.output += node.text;
    else if (node.kind === 'action') {
      const value = this.#pipeline(node.pipeline, dot, scopes);
      if (node.pipeline.variables.length === 0) this.output += this.#text(value);
    } else if ('body' in node) return this.#control(node, dot, [...scopes, new Map()]);
    else return node.kind;
    return 'next';
  }

  #text(value: unknown): string {
    return value instanceof TemplateObject ? JSON.stringify(value) : printValue(value);
  }

  #control(node: ControlNode, dot: unknown, scopes: Scopes): Flow {
    if (node.kind === 'range') {
      this.#range(node, dot, scopes);
      return 'next';
    }
    const value = this.#pipeline(node.pipeline, dot, scopes);
    if (!isTrue(value)) return this.walk(node.otherwise, dot, scopes);
    return this.walk(node.body, node.kind === 'with' ? value : dot, scopes);
  }

  #range(node: ControlNode, dot: unknown, scopes: Scopes): void {
    const value = this.#pipeline({ ...node.pipeline, variables: [] }, dot, scopes);
    const entries = this.#entries(value, placeOf(node.pipeline));
    if (entries.length === 0) return void this.walk(node.otherwise, dot, scopes);
    const names = node.pipeline.variables;
    for (const [key, element] of entries) {
      const scope = new Map<string, unknown>();
      if (names.length === 2) scope.set(names[0] ?? '', key);
      if (names.length > 0) scope.set(names.at(-1) ?? '', element);
      if (this.walk(node.body, element, [...scopes, scope]) === 'break') return;
    }
  }

  #entries(value: unknown, place: Place): [unknown, unknown][] {
    if (value === null || value === undefined) return [];
    if (Array.isArray(value)) return value.map((element, index) => [index, element]);
    if (typeof value === 'number') return Array.from({ length: value }, (_, index) => [index, index]);
    if (typeof value === 'object' && !(value instanceof TemplateObject))
      return Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
    throw this.#error(place, `range can't iterate over ${printValue(value)}`);
  }

  #pipeline(pipeline: Pipeline, dot: unknown, scopes: Scopes): unknown {
    let value: unknown;
    for (const [index, command] of pipeline.commands.entries()) {
      const piped = index === 0 ? [] : [value];
      value = this.#command(command, { dot, scopes, piped });
    }
    const [name] = pipeline.variables;
    if (name !== undefined) this.#assign(name, value, pipeline.assigns, scopes);
    return value;
  }

  #assign(name: string, value: unknown, assigns: boolean, scopes: Scopes): void {
    const scope = assigns ? scopes.findLast(candidate => candidate.has(name)) : scopes.at(-1);
    if (scope === undefined) throw new TemplateError(`template: :1: undefined variable "${name}"`);
    scope.set(name, value);
  }

  #command({ operands, place }: Command, call: Call): unknown {
    const [first, ...rest] = operands as [Operand, ...Operand[]];
    if (first.kind === 'function') return this.#call({ name: first.name, operands: rest, place }, call);
    const args = [...rest.map(operand => this.#operand(operand, call, [])), ...call.piped];
    return this.#operand(first, call, args);
  }

  #call({ name, operands, place }: FunctionCall, call: Call): unknown {
    if (name === 'and' || name === 'or') return this.#shortCircuit(name, operands, call);
    const args = [...operands.map(operand => this.#operand(operand, call, [])), ...call.piped];
    try {
      return this.#options.functions[name]?.(...args);
    } catch (error) {
      throw this.#error(place, messageOf(error));
    }
  }

  #shortCircuit(name: 'and' | 'or', operands: Operand[], call: Call): unknown {
    let value: unknown;
    for (const operand of operands) {
      value = this.#operand(operand, call, []);
      if (isTrue(value) === (name === 'or')) return value;
    }
    return call.piped.length > 0 ? call.piped[0] : value;
  }

  #operand(operand: Operand, call: Call, args: readonly unknown[]): unknown {
    const { dot, scopes } = call;
    const { place } = operand;
    switch (operand.kind) {
      case 'dot':
        return dot;
      case 'nil':
        return null;
      case 'literal':
        return operand.value;
      case 'function':
        return this.#call({ name: operand.name, operands: [], place }, { ...call, piped: [] });
      case 'field':
        return this.#fields(dot, operand.names, args, place);
      case 'variable':
        return this.#fields(this.#variable(operand.name, scopes), operand.names, args, place);
      case 'pipeline':
        return this.#fields(this.#pipeline(operand.pipeline, dot, scopes), operand.names, args, place);
    }
  }

  #variable(name: string, scopes: Scopes): unknown {
    const scope = scopes.findLast(candidate => candidate.has(name));
    if (scope === undefined) throw new TemplateError(`template: :1: undefined variable "${name}"`);
    return scope.get(name);
  }

  #fields(value: unknown, names: readonly string[], args: readonly unknown[], place: Place): unknown {
    return names.reduce(
      (current, name, index) => this.#field(current, name, index === names.length - 1 ? args : [], place),
      value,
    );
  }

  #field(value: unknown, name: string, args: readonly unknown[], place: Place): unknown {
    if (value instanceof TemplateObject) {
      if (value.has(name)) return value.get(name, args);
      throw this.#error(place, `can't evaluate field ${name} in type ${value.typeName}`);
    }
    if (value === null || value === undefined)
      throw this.#error(place, `nil pointer evaluating interface {}.${name}`);
    if (typeof value !== 'object' || Array.isArray(value))
      throw this.#error(place, `can't evaluate field ${name} in type interface {}`);
    if (Object.hasOwn(value, name)) return (value as Record<string, unknown>)[name];
    if (this.#options.missingKey === 'print') return undefined;
    throw this.#error(place, `map has no entry for key ${JSON.stringify(name)}`);
  }

  #error({ text, offset }: Place, problem: string): TemplateError {
    const before = this.#options.template.slice(0, offset).split('\n');
    const where = `${before.length}:${before.at(-1)?.length ?? 0}`;
    return new TemplateError(`template: :${where}: executing "" at <${text}>: ${problem}`);
  }
}

type Call = { dot: unknown; scopes: Scopes; piped: readonly unknown[] };
type FunctionCall = { name: string; operands: Operand[]; place: Place };

function placeOf({ commands: [first] }: Pipeline): Place {
  return first?.place ?? { text: '', offset: 0 };
}
