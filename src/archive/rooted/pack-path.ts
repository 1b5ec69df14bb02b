import { type BigIntStats, closeSync, constants, lstatSync, openSync } from 'node:fs';
import { absolutePath, baseName } from '../go-path.ts';
import { inGoWords, lookUpInView } from './path-stat.ts';
import { descriptorSink, TreePacker } from '../trees/tree-packer.ts';

const { O_DIRECTORY, O_NOFOLLOW } = constants;

/**
 * Writes what is at a path of the calling thread's root as tar to the descriptor `output`: a file, or a directory
 * with all that is in it, named by the path's last component, as Docker does. Sparse files are packed whole: not
 * every reader knows them.
 * @throws EngineError not-found, invalid-parameter, system in Go's words
 */
export function packPath(path: string, output: number): void {
  const absolute = absolutePath(path);
  const { name, stat } = lookUpInView(absolute);
  pack({ source: name, stat, flags: O_NOFOLLOW }, baseName(absolute), output);
}

/** The same for any path of the host, under another name. */
export function packPathAs(path: string, name: string, output: number): void {
  const stat = inGoWords(() => lstatSync(path, { bigint: true }));
  pack({ source: path, stat, flags: 0 }, name, output);
}

type Packed = {
  source: string;
  stat: BigIntStats /** For opening it, where it is a directory. */;
  flags: number;
};

function pack({ source, stat, flags }: Packed, name: string, output: number): void {
  const packer = new TreePacker(descriptorSink(output), { sparse: false });
  const entryName = bytes(name);
  if (stat.isDirectory()) {
    const directory = inGoWords(() => openSync(source, O_DIRECTORY | flags));
    try {
      packer.file(bytes(source), entryName, stat);
      packer.directory(directory, entryName.replace(/\/?$/, '/'));
    } finally {
      closeSync(directory);
    }
  } else if (!stat.isSocket()) packer.file(bytes(source), entryName, stat);
  packer.finish();
}

/** Latin1, as archives have it. */
const bytes = (path: string) => Buffer.from(path).toString('latin1');
