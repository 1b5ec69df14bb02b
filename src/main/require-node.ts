/** The oldest Node for the library. The programs bring a Node of their own. */
const MINIMUM = 24;

/** In words that every Node understands. @throws Error with Node's version and place */
export function requireNode(): void {
  if (Number(process.versions.node.split('.')[0]) >= MINIMUM) return;
  throw new Error(
    `slipway needs Node ${MINIMUM} or later; this is Node ${process.versions.node} (${process.execPath}).`,
  );
}
