/** The newest version of the runtime specification that is served. */
export const SPEC_VERSION = '1.3.0';

export function versionText(): string {
  return `slipway-runtime version 0.1.0\nspec: ${SPEC_VERSION}\nnode: ${process.version}\n`;
}
