/** A type of the API with no field left open, but for `Decided`, which has its own form of some fields. */
export type Complete<
  Wire,
  Decided extends { [Field in keyof Decided]: Field extends keyof Wire ? unknown : never },
> = {
  [Field in Exclude<keyof Wire, keyof Decided>]-?: NonNullable<Wire[Field]>;
} & Decided;

/** What is given, for it to lie over defaults. */
export function withoutNulls<Wire extends object>(
  given: Wire,
): { [Field in keyof Wire]?: NonNullable<Wire[Field]> } {
  return Object.fromEntries(
    Object.entries(given).filter(([, value]) => value !== null && value !== undefined),
  ) as { [Field in keyof Wire]?: NonNullable<Wire[Field]> };
}
