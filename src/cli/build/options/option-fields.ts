import { parseCsvLine } from '../../values/csv.ts';

/** `type=local,dest=out`: fields of one value. @throws Error in Docker's words */
export function optionFields(text: string): Map<string, string> {
  return new Map(
    parseCsvLine(text).map(field => {
      const equals = field.indexOf('=');
      if (equals < 0) throw new Error(`invalid value ${field}`);
      return [field.slice(0, equals).trim().toLowerCase(), field.slice(equals + 1)];
    }),
  );
}

/** Whether a text is such fields, and no name alone. */
export function hasFields(text: string): boolean {
  return parseCsvLine(text).every(field => field.includes('='));
}
