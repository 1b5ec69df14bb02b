/** The newest version of the runtime specification that is served. */
export const SPEC_VERSION = '1.3.0';

const VERSION = '0.1.0';

/** Lines that callers look for by their first words; a packaged runtime has its version for the commit. */
export function versionText(program: string): string {
  return `${program} version ${VERSION}\ncommit: ${VERSION}\nspec: ${SPEC_VERSION}\nnode: ${process.version}\n`;
}
