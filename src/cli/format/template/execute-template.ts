import { messageOf } from '../../../base/errors.ts';
import type { TemplateFunction } from './functions.ts';
import { isTrue, printValue } from './print-value.ts';
import { type Command, type Node, type Operand, type Pipeline, TemplateError } from './syntax.ts';
import { TemplateObject } from './template-object.ts';

/** Innermost last; a variable is found in the last scope that has it. */
type Scopes = Map<string, unknown>[];
type ControlNode = Extract<Node, { body: Node[] }>;
type Flow = 'next' | 'break' | 'continue';

/**
 * Runs a parsed template on `data`: TemplateObjects, JSON values. Missing keys of objects are errors unless
 * `missingKey` is 'print'.
 * @throws TemplateError
 */
export function executeTemplate(
  nodes: readonly Node[],
  data: unknown,
  options: { functions: Readonly<Record<string, TemplateFunction>>; missingKey?: 'print' | 'fail' },
): string {
  const execution = new Execution(options.functions, options.missingKey ?? 'fail');
  execution.walk(nodes, data, [new Map([['$', data]])]);
  return execution.output;
}

class Execution {
  output = '';
  readonly #functions: Readonly<Record<string, TemplateFunction>>;
  readonly #missingKey: 'print' | 'fail';

  constructor(functions: Readonly<Record<string, TemplateFunction>>, missingKey: 'print' | 'fail') {
    this.#functions = functions;
    this.#missingKey = missingKey;
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
    const entries = this.#entries(value, node.pipeline.source);
    if (entries.length === 0) return void this.walk(node.otherwise, dot, scopes);
    const names = node.pipeline.variables;
    for (const [key, element] of entries) {
      const scope = new Map<string, unknown>();
      if (names.length === 2) scope.set(names[0] ?? '', key);
      if (names.length > 0) scope.set(names.at(-1) ?? '', element);
      if (this.walk(node.body, element, [...scopes, scope]) === 'break') return;
    }
  }

  #entries(value: unknown, source: string): [unknown, unknown][] {
    if (value === null || value === undefined) return [];
    if (Array.isArray(value)) return value.map((element, index) => [index, element]);
    if (typeof value === 'number') return Array.from({ length: value }, (_, index) => [index, index]);
    if (typeof value === 'object' && !(value instanceof TemplateObject))
      return Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
    throw this.#error(source, `range can't iterate over ${printValue(value)}`);
  }

  #pipeline(pipeline: Pipeline, dot: unknown, scopes: Scopes): unknown {
    let value: unknown;
    for (const [index, command] of pipeline.commands.entries()) {
      const piped = index === 0 ? [] : [value];
      value = this.#command(command, { dot, scopes, piped, source: pipeline.source });
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

  #command({ operands }: Command, call: Call): unknown {
    const [first, ...rest] = operands as [Operand, ...Operand[]];
    if (first.kind === 'function') return this.#call(first.name, rest, call);
    const args = [...rest.map(operand => this.#operand(operand, call, [])), ...call.piped];
    return this.#operand(first, call, args);
  }

  #call(name: string, operands: Operand[], call: Call): unknown {
    const values = () => [...operands.map(operand => this.#operand(operand, call, [])), ...call.piped];
    if (name === 'and' || name === 'or') return this.#shortCircuit(name, operands, call);
    try {
      return this.#functions[name]?.(...values());
    } catch (error) {
      if (error instanceof TemplateError) throw error;
      throw this.#error(name === 'index' || name === 'len' ? call.source : name, messageOf(error));
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
    const { dot, scopes, source } = call;
    switch (operand.kind) {
      case 'dot':
        return dot;
      case 'nil':
        return null;
      case 'literal':
        return operand.value;
      case 'function':
        return this.#call(operand.name, [], { ...call, piped: [] });
      case 'field':
        return this.#fields(dot, operand.names, args, source);
      case 'variable':
        return this.#fields(this.#variable(operand.name, scopes), operand.names, args, source);
      case 'pipeline':
        return this.#fields(this.#pipeline(operand.pipeline, dot, scopes), operand.names, args, source);
    }
  }

  #variable(name: string, scopes: Scopes): unknown {
    const scope = scopes.findLast(candidate => candidate.has(name));
    if (scope === undefined) throw new TemplateError(`template: :1: undefined variable "${name}"`);
    return scope.get(name);
  }

  #fields(value: unknown, names: readonly string[], args: readonly unknown[], source: string): unknown {
    return names.reduce(
      (current, name, index) => this.#field(current, name, index === names.length - 1 ? args : [], source),
      value,
    );
  }

  #field(value: unknown, name: string, args: readonly unknown[], source: string): unknown {
    if (value instanceof TemplateObject) {
      if (value.has(name)) return value.get(name, args);
      throw this.#error(source, `can't evaluate field ${name} in type ${value.typeName}`);
    }
    if (value === null || value === undefined)
      throw this.#error(source, `nil pointer evaluating interface {}.${name}`);
    if (typeof value !== 'object' || Array.isArray(value))
      throw this.#error(source, `can't evaluate field ${name} in type interface {}`);
    if (Object.hasOwn(value, name)) return (value as Record<string, unknown>)[name];
    if (this.#missingKey === 'print') return undefined;
    throw this.#error(source, `map has no entry for key ${JSON.stringify(name)}`);
  }

  #error(source: string, problem: string): TemplateError {
    return new TemplateError(`template: :1: executing "" at <${source}>: ${problem}`);
  }
}

type Call = { dot: unknown; scopes: Scopes; piped: readonly unknown[]; source: string };
