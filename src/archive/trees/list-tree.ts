import * as fs from 'node:fs';
import { decodeDevice } from '../../kernel/make-node.ts';
import { enterDirectory } from '../../kernel/thread-root.ts';
import { hostPath } from '../archive-path.ts';
import { TreeCursor } from './tree-cursor.ts';
import { keptXattrs } from './tree-packer.ts';

/** One file of a listing; all texts are latin1. */
export type ListedFile = {
  /** From the root, without a slash in front. */
  path: string;
  /** As stat(2) has it, with the type. */
  mode: number;
  uid: number;
  gid: number;
  sizeBytes: number;
  /** Nanoseconds since the epoch, in decimal. */
  mtimeNs: string;
  /** A symbolic link's target, or the first path of a hard link; else ''. */
  link: string;
  major: number;
  minor: number;
  /** In base64. */
  xattrs: Record<string, string>;
};

const FLUSH_LENGTH = 64 * 1024;

/**
 * Writes a line of JSON for each file below a directory, of which `root` is a descriptor, to the descriptor `output`,
 * with blocking writes: directories before what is in them, names in the order of their bytes. Sockets are left out.
 * For a rooted thread.
 */
export function listTree(root: number, output: number): void {
  const lister = new Lister(output);
  using cursor = new TreeCursor(root);
  const levels = [{ prefix: '', names: namesIn(cursor) }];
  for (;;) {
    const level = levels[cursor.depth];
    const name = level?.names.pop();
    if (level !== undefined && name !== undefined) {
      const path = level.prefix + name;
      if (lister.file(name, path) && cursor.enter(name))
        levels.push({ prefix: `${path}/`, names: namesIn(cursor) });
    } else if (cursor.depth === 0) return lister.flush();
    else {
      cursor.leave();
      levels.length = cursor.depth + 1;
      enterDirectory(cursor.fd);
    }
  }
}

/** In reverse order. */
function namesIn(cursor: TreeCursor): string[] {
  enterDirectory(cursor.fd);
  return fs.readdirSync('.', { encoding: 'latin1' }).sort().reverse();
}

class Lister {
  readonly #output: number;
  /** Paths of files with several links, by inode. */
  readonly #links = new Map<bigint, string>();
  #lines: string[] = [];
  #length = 0;

  constructor(output: number) {
    this.#output = output;
  }

  /** `name` in the working directory. @returns whether it is a directory */
  file(name: string, path: string): boolean {
    const stat = fs.lstatSync(hostPath(name), { bigint: true, throwIfNoEntry: false });
    if (stat === undefined || stat.isSocket()) return false;
    const isDirectory = stat.isDirectory();
    const first = isDirectory || stat.nlink < 2n ? undefined : this.#links.get(stat.ino);
    if (!isDirectory && stat.nlink > 1n && first === undefined) this.#links.set(stat.ino, path);
    const target = stat.isSymbolicLink() ? fs.readlinkSync(hostPath(name), { encoding: 'latin1' }) : '';
    const device = stat.isCharacterDevice() || stat.isBlockDevice() ? decodeDevice(stat.rdev) : undefined;
    this.#tell({
      path,
      mode: Number(stat.mode),
      uid: Number(stat.uid),
      gid: Number(stat.gid),
      sizeBytes: stat.isFile() ? Number(stat.size) : 0,
      mtimeNs: String(stat.mtimeNs),
      link: first ?? target,
      major: device?.major ?? 0,
      minor: device?.minor ?? 0,
      xattrs: Object.fromEntries(
        [...keptXattrs(name)].map(([key, value]) => [key, value.toString('base64')]),
      ),
    });
    return isDirectory;
  }

  #tell(file: ListedFile): void {
    const line = `${JSON.stringify(file)}\n`;
    this.#lines.push(line);
    this.#length += line.length;
    if (this.#length >= FLUSH_LENGTH) this.flush();
  }

  flush(): void {
    const data = Buffer.from(this.#lines.join(''));
    for (let done = 0; done < data.length; ) done += fs.writeSync(this.#output, data, done);
    this.#lines = [];
    this.#length = 0;
  }
}
