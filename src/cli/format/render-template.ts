import { executeTemplate } from './template/execute-template.ts';
import { FUNCTIONS, HEADER_FUNCTIONS, type TemplateFunction } from './template/functions.ts';
import { parseTemplate } from './template/parse-template.ts';

const NAMES = new Set([...Object.keys(FUNCTIONS), 'and', 'or']);

/** A template, ready for any number of values. */
export type Template = {
  /** @throws TemplateError */
  render(data: unknown): string;
  /** The heading: every field prints its name. */
  renderHeader(data: unknown): string;
};

/** @throws TemplateError, when it cannot be parsed */
export function compileTemplate(text: string): Template {
  const nodes = parseTemplate(text, NAMES);
  const run = (
    data: unknown,
    functions: Readonly<Record<string, TemplateFunction>>,
    missingKey: 'print' | 'fail',
  ) => executeTemplate(nodes, data, { functions, missingKey });
  return {
    render: data => run(data, FUNCTIONS, 'fail'),
    renderHeader: data => run(data, HEADER_FUNCTIONS, 'print'),
  };
}
