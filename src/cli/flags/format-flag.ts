import { string } from './flag.ts';

/** `--format` of a list. */
export function formatFlag() {
  return string(
    '',
    `Format output using a custom template:
'table':            Table with column headers (default)
'table TEMPLATE':   Table using the given Go template
'json':             JSON, one object per line
'TEMPLATE':         The given Go template`,
  );
}

/** `--format` of what shows single objects. */
export function inspectFormatFlag() {
  return string(
    'f',
    `Format output using a custom template:
'json':             JSON
'TEMPLATE':         The given Go template`,
  );
}
