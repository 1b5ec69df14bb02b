/**
 * Holds the table of which room (folder of src/) may import which, and fails on any import that the table
 * does not allow, and on any file that lies in no room. There are no inline exceptions.
 */
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

const ROOMS: Record<string, readonly string[]> = {
  base: [],
  kernel: ['base'],
  archive: ['base', 'kernel'],
  http: ['base'],
  api: ['base'],
  oci: ['base', 'api'],
  dockerfile: ['base', 'oci'],
  graph: ['base', 'kernel', 'archive', 'api', 'oci', 'dockerfile'],
  registry: ['base', 'kernel', 'archive', 'http', 'api', 'oci'],
  networkdriver: ['base', 'kernel'],
  cgroups: ['base', 'kernel'],
  governor: ['base', 'kernel', 'cgroups'],
  libcontainer: ['base', 'kernel', 'cgroups'],
  execdriver: ['base', 'kernel', 'cgroups', 'libcontainer'],
  runtime: ['base', 'kernel', 'cgroups', 'libcontainer', 'execdriver'],
  daemon:
    'base kernel archive api oci cgroups graph registry networkdriver libcontainer execdriver governor'.split(
      ' ',
    ),
  builder: 'base kernel archive api oci dockerfile graph'.split(' '),
  server: ['base', 'http', 'api'],
  client: ['base', 'api'],
  /** The archive for what `cp` packs and unpacks. */
  cli: ['base', 'api', 'oci', 'client', 'archive', 'registry', 'governor'],
  /** Composition only: the entry points, and the engine as a library. */
  main: 'base kernel http api graph registry networkdriver libcontainer execdriver runtime daemon builder server client cli'.split(
    ' ',
  ),
};

/** The only file that may import the FFI library. */
const FFI_MODULE = 'src/kernel/libc.ffi.ts';
const IMPORT = /(?:from|import\()\s*'([^']+)'/g;

function roomOf(path: string): string | undefined {
  const [top, room] = path.split('/');
  return top === 'src' && room !== undefined && room in ROOMS ? room : undefined;
}

function problemsOf(file: string): string[] {
  const room = roomOf(file);
  if (room === undefined) return [`${file}: lies in no room`];
  const problems: string[] = [];
  for (const [, target] of readFileSync(file, 'utf8').matchAll(IMPORT)) {
    if (target === 'koffi' && file !== FFI_MODULE)
      problems.push(`${file}: only ${FFI_MODULE} may import koffi`);
    if (!target?.startsWith('.')) continue;
    const imported = roomOf(relative('.', join(dirname(file), target)));
    if (imported === undefined) problems.push(`${file}: ${target} lies in no room`);
    else if (imported !== room && !ROOMS[room]?.includes(imported) && !file.endsWith('.test.ts'))
      problems.push(`${file}: room ${room} may not import room ${imported}`);
  }
  return problems;
}

const problems = globSync('src/**/*.ts').flatMap(problemsOf);
for (const problem of problems) console.error(problem);
process.exitCode = problems.length > 0 ? 1 : 0;
