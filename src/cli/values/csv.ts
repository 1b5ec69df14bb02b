/**
 * The fields of one CSV line (RFC 4180), as Go's encoding/csv reads it.
 * @throws Error with Go's wording
 */
export function parseCsvLine(line: string): string[] {
  if (line === '') throw new Error('EOF');
  const fields: string[] = [];
  let at = 0;
  for (;;) {
    const field = line[at] === '"' ? quotedField(line, at) : plainField(line, at);
    fields.push(field.text);
    if (field.end >= line.length) return fields;
    at = field.end + 1;
  }
}

type Field = { text: string; end: number };

function plainField(line: string, start: number): Field {
  const comma = line.indexOf(',', start);
  const end = comma === -1 ? line.length : comma;
  const quote = line.slice(start, end).indexOf('"');
  if (quote !== -1)
    throw new Error(`parse error on line 1, column ${start + quote + 1}: bare " in non-quoted field`);
  return { text: line.slice(start, end), end };
}

function quotedField(line: string, start: number): Field {
  const match = /^"((?:[^"]|"")*)"(?=,|$)/.exec(line.slice(start));
  if (match === null)
    throw new Error(
      `parse error on line 1, column ${line.length + 1}: extraneous or missing " in quoted-field`,
    );
  return { text: (match[1] ?? '').replaceAll('""', '"'), end: start + match[0].length };
}
