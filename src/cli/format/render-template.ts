import { executeTemplate } from '../../base/go/template/execute-template.ts';
import { FUNCTIONS, HEADER_FUNCTIONS } from '../../base/go/template/functions.ts';
import { parseTemplate } from '../../base/go/template/parse-template.ts';

const NAMES = new Set([...Object.keys(FUNCTIONS), 'and', 'or']);

/** A template, ready for any number of values. */
export type Template = {
  /** @throws TemplateError */
  render(data: unknown): string;
  /** The heading: every field prints its name. */
  renderHeader(data: unknown): string;
};

/** @throws TemplateError, when it cannot be parsed */
export function compileTemplate(template: string): Template {
  const nodes = parseTemplate(template, NAMES);
  return {
    render: data => executeTemplate(nodes, data, { functions: FUNCTIONS, missingKey: 'fail', template }),
    renderHeader: data =>
      executeTemplate(nodes, data, { functions: HEADER_FUNCTIONS, missingKey: 'print', template }),
  };
}
