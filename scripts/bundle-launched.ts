import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'rolldown';
import { COMPACT, inAscii } from './compact.ts';

/** The programs that are started again and again, each as its launcher and what that loads (load-bundle.ts). */
const LAUNCHED = {
  cli: 'src/main/run-program.ts',
  slipway: 'src/main/launch-cli.ts',
  runtime: 'src/main/runtime-bundle.ts',
  'slipway-runtime': 'src/main/launch-runtime.ts',
  /** Large, and for a few commands only. */
  undici: 'undici',
};

/**
 * As bundle.ts does for ES modules: each of Node's modules is required where it is used, by a function of its name.
 */
const lazyRequires: Plugin = {
  name: 'lazy-requires',
  renderChunk(code) {
    const names = [...code.matchAll(/^let (node_\w+) = require\("node:[^"]+"\);$/gm)].map(
      ([, name]) => name!,
    );
    return names.reduce(
      (text, name) =>
        text
          .replace(new RegExp(`^${name} = __toESM\\(.*\\);$`, 'm'), '')
          // Or `new` would take the function for the class.
          .replaceAll(new RegExp(`\\bnew ${name}\\.(default\\.)?`, 'g'), `new (${name}()).`)
          .replaceAll(new RegExp(`\\b${name}\\.(default\\.)?`, 'g'), `${name}().`)
          .replace(new RegExp(`^let ${name} = (require\\(.*\\));$`, 'm'), `const ${name} = () => $1;`),
      code,
    );
  },
};

/**
 * The command line and the OCI runtime, in `directory`. There is a start of Node for each call: what it takes to load
 * the program is most of the time, and least for CommonJS in one piece, of as few bytes as can be.
 * @returns the modules that they consist of
 */
export async function bundleLaunched(
  directory: string,
  names: readonly string[] = Object.keys(LAUNCHED),
): Promise<string[]> {
  const modules: string[] = [];
  for (const name of names) {
    const path = LAUNCHED[name as keyof typeof LAUNCHED];
    const { output } = await build({
      cwd: fileURLToPath(new URL('..', import.meta.url)),
      input: { [name]: path },
      platform: 'node',
      external: name === 'undici' ? [] : ['koffi', 'undici'],
      plugins: [lazyRequires, inAscii],
      checks: { ineffectiveDynamicImport: false },
      output: {
        dir: directory,
        format: 'cjs',
        dynamicImportInCjs: false,
        paths: { undici: './undici.cjs' },
        entryFileNames: '[name].cjs',
        minify: COMPACT,
        codeSplitting: false,
      },
    });
    modules.push(...output[0].moduleIds);
  }
  return modules;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [directory = 'dist', ...names] = process.argv.slice(2);
  await bundleLaunched(directory, names.length > 0 ? names : undefined);
}
