import type { OutputOptions, Plugin } from 'rolldown';

/** Names stay, for those who read where an error came from. */
export const COMPACT: OutputOptions['minify'] = {
  compress: true,
  mangle: false,
  codegen: { removeWhitespace: true },
};

/** V8 keeps the source of what it runs, with two bytes for each character where a single one is not of Latin-1. */
export const inAscii: Plugin = {
  name: 'in-ascii',
  generateBundle(_options, bundle) {
    for (const file of Object.values(bundle))
      if (file.type === 'chunk')
        file.code = file.code.replaceAll(
          /[\u0080-\uFFFF]/g,
          unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
        );
  },
};
