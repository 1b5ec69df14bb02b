import { absolutePath, baseName } from './go-path.ts';
import { lstat } from './path-stat.ts';
import { descriptorSink, TreePacker } from './tree-packer.ts';

/**
 * Writes what is at a path of the calling thread's root as tar to the descriptor `output`: a file, or a directory
 * with all that is in it, named by the path's last component, as Docker does. Sparse files are packed whole: not
 * every reader knows them.
 * @throws EngineError not-found, system in Go's words
 */
export function packPath(path: string, output: number): void {
  const absolute = absolutePath(path);
  pack(absolute, baseName(absolute), output);
}

/** The same for any path, under another name. */
export function packPathAs(path: string, name: string, output: number): void {
  pack(path, name, output);
}

function pack(path: string, name: string, output: number): void {
  const packer = new TreePacker(descriptorSink(output), { sparse: false });
  const stat = lstat(path);
  const [source, entryName] = [bytes(path.replace(/(?:\/\.)?\/*$/, '')), bytes(name)];
  if (stat.isDirectory()) {
    packer.file(source || '/', entryName, stat);
    packer.directory(source, entryName.replace(/\/?$/, '/'));
  } else if (!stat.isSocket()) packer.file(source, entryName, stat);
  packer.finish();
}

/** Latin1, as archives have it. */
const bytes = (path: string) => Buffer.from(path).toString('latin1');
