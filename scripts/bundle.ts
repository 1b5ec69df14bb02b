/** Bundles the entry points into dist/: few files, so that the command line starts fast. */
import { existsSync } from 'node:fs';
import { build, type Plugin } from 'rolldown';
import { bundleRuntime } from './bundle-runtime.ts';

const PROGRAMS = ['slipway', 'engine', 'storage-driver-suite'];
/** Code that runs in worker threads, and is found beside the bundle under its own name. */
const WORKERS = ['archive/rooted-worker'];

/**
 * Takes Node's own modules from process.getBuiltinModule. An import statement evaluates everything they export:
 * for node:http that is all of undici (30 ms and some MB), for node:crypto the Web Crypto API (10 ms).
 */
const lazyBuiltins: Plugin = {
  name: 'lazy-builtins',
  renderChunk(code) {
    return code
      .replace(/^import \{([^}]*)\} from "(node:[^"]+)";$/gm, (_, names: string, module: string) => {
        return `const {${names.replaceAll(' as ', ': ')}} = process.getBuiltinModule("${module}");`;
      })
      .replace(
        /^import (?:\* as )?([\w$]+) from "(node:[^"]+)";$/gm,
        'const $1 = process.getBuiltinModule("$2");',
      )
      .replace(
        /^import ([\w$]+), \{([^}]*)\} from "(node:[^"]+)";$/gm,
        (_, whole: string, names: string, module: string) => {
          const parts = names.replaceAll(' as ', ': ');
          return `const ${whole} = process.getBuiltinModule("${module}"), {${parts}} = ${whole};`;
        },
      );
  },
};

const entries = [
  ...PROGRAMS.map(name => [name, `src/main/${name}.ts`] as const),
  ...WORKERS.map(path => [path.replace(/.*\//, ''), `src/${path}.ts`] as const),
].filter(([, path]) => existsSync(path));

await build({
  input: Object.fromEntries(entries),
  platform: 'node',
  // Native code cannot be bundled.
  external: ['koffi'],
  plugins: [lazyBuiltins],
  checks: { ineffectiveDynamicImport: false },
  output: {
    dir: 'dist',
    format: 'esm',
    entryFileNames: '[name].js',
    chunkFileNames: '[name]-[hash].js',
    // One file to read for any command, instead of a dozen.
    codeSplitting: { groups: [{ name: 'cli', test: /\/src\/(cli|client|api)\// }] },
  },
});

await bundleRuntime('dist');
