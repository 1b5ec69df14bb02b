import { messageOf } from '../../base/errors.ts';
import { alignColumns } from './align-columns.ts';
import { compileTemplate, type Template } from './render-template.ts';
import { TemplateObject } from '../../base/go/template/template-object.ts';

/** How values of one kind are listed. */
export type RowType<T> = {
  /** As template errors name it. */
  typeName: string;
  /** The heading of every column. */
  header: Readonly<Record<string, string>>;
  fields: (item: T) => Readonly<Record<string, (...args: string[]) => unknown>>;
};

/**
 * What makes the lines of a list by `format`: `table TEMPLATE` with a heading and aligned columns, `json`, or
 * a template for each item.
 * @throws Error with Docker's wording, for a bad template
 */
export function rowPrinter<T>(type: RowType<T>, format: string): (items: readonly T[]) => string {
  const table = format.startsWith('table');
  const template = compile(table ? format.slice('table'.length) : format === 'json' ? '{{json .}}' : format);
  const rowOf = (item: T) => render(template, new TemplateObject(type.typeName, type.fields(item)));
  return items => {
    const rows = items.map(item => `${rowOf(item)}\n`).join('');
    return table ? alignColumns(`${template.renderHeader(headerObject(type))}\n${rows}`) : rows;
  };
}

/** The template with the escapes that users write in it. */
function compile(format: string): Template {
  const text = format.trim().replaceAll('\\t', '\t').replaceAll('\\n', '\n');
  try {
    return compileTemplate(text);
  } catch (error) {
    throw new Error(`failed to parse template: ${messageOf(error)}`, { cause: error });
  }
}

function render(template: Template, row: unknown): string {
  try {
    return template.render(row);
  } catch (error) {
    throw new Error(`failed to execute template: ${messageOf(error)}`, { cause: error });
  }
}

function headerObject<T>(type: RowType<T>): TemplateObject {
  const names = Object.entries(type.header).map(([name, title]) => [name, () => title] as const);
  return new TemplateObject(type.typeName, { ...Object.fromEntries(names), Label: labelHeading });
}

/** `com.example.my-label` is headed `my label`. */
function labelHeading(name = ''): string {
  return (name.split('.').at(-1) ?? '').replaceAll(/[-_]/g, ' ');
}
