/** Bundles the entry points into a directory, dist/. */
import { build, type BuildOptions, type Plugin } from 'rolldown';
import { bundleLaunched } from './bundle-launched.ts';
import { COMPACT, inAscii } from './compact.ts';
import { writeLicenses } from './write-licenses.ts';

const directory = process.argv[2] ?? 'dist';
const PROGRAMS = ['daemon', 'engine', 'registry', 'resolver', 'storage-driver-suite'];
/** Code that runs in worker threads, each in one file that is found beside the bundle under its own name. */
const WORKERS = ['archive/rooted/rooted-worker', 'registry/server/auth/password-worker'];
/** What every Node can read. */
const ENTRANCES = ['library', 'driver-suite'];

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

const common: BuildOptions = {
  platform: 'node',
  // Native code cannot be bundled.
  external: ['koffi'],
  checks: { ineffectiveDynamicImport: false },
};

const { output } = await build({
  ...common,
  input: Object.fromEntries(PROGRAMS.map(name => [name, `src/main/${name}.ts`])),
  plugins: [lazyBuiltins, inAscii],
  output: {
    dir: directory,
    format: 'esm',
    entryFileNames: '[name].js',
    chunkFileNames: '[name]-[hash].js',
    minify: COMPACT,
  },
});
for (const path of WORKERS)
  await build({
    ...common,
    input: `src/${path}.ts`,
    plugins: [inAscii],
    output: {
      dir: directory,
      format: 'cjs',
      entryFileNames: '[name].cjs',
      codeSplitting: false,
      minify: COMPACT,
    },
  });
for (const name of ENTRANCES)
  await build({
    ...common,
    input: `src/main/${name}.ts`,
    output: { dir: directory, format: 'esm', entryFileNames: '[name].js' },
  });
const launched = await bundleLaunched(directory);
writeLicenses(directory, [
  ...output.flatMap(file => (file.type === 'chunk' ? file.moduleIds : [])),
  ...launched,
]);
