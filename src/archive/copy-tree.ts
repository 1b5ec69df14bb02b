import * as fs from 'node:fs';
import { makeNode } from '../kernel/make-node.ts';
import { decodeDevice } from '../kernel/make-node.ts';
import { setTimes } from '../kernel/set-times.ts';
import { getXattr, listXattrs, setXattr } from '../kernel/xattr.ts';
import { hostPath } from './archive-path.ts';

const { COPYFILE_FICLONE } = fs.constants;

/**
 * Copies the directory `from` to the new, or empty, directory `to` (paths in the root of the calling thread, latin1) with
 * owners, modes, times, attributes, devices and hard links; shares the data where the file system can. The
 * umask must be 0.
 */
export function copyTree(from: string, to: string): void {
  copyAny(from, to, new Map());
}

function copyAny(from: string, to: string, links: Map<bigint, string>): void {
  const stat = fs.lstatSync(hostPath(from), { bigint: true });
  const first = stat.nlink > 1n && !stat.isDirectory() ? links.get(stat.ino) : undefined;
  if (first !== undefined) return fs.linkSync(hostPath(first), hostPath(to));
  links.set(stat.ino, to);
  create(from, to, stat);
  if (stat.isDirectory()) {
    for (const name of fs.readdirSync(hostPath(from), { encoding: 'latin1' }))
      copyAny(`${from}/${name}`, `${to}/${name}`, links);
  }
  copyMetadata(from, to, stat);
}

function create(from: string, to: string, stat: fs.BigIntStats): void {
  const target = hostPath(to);
  if (stat.isDirectory()) fs.mkdirSync(target, { recursive: true });
  else if (stat.isFile()) fs.copyFileSync(hostPath(from), target, COPYFILE_FICLONE);
  else if (stat.isSymbolicLink())
    fs.symlinkSync(fs.readlinkSync(hostPath(from), { encoding: 'buffer' }), target);
  else {
    const { major, minor } = decodeDevice(stat.rdev);
    makeNode(target, Number(stat.mode), major, minor);
  }
}

function copyMetadata(from: string, to: string, stat: fs.BigIntStats): void {
  const [source, target] = [hostPath(from), hostPath(to)];
  fs.lchownSync(target, Number(stat.uid), Number(stat.gid));
  if (!stat.isSymbolicLink()) fs.chmodSync(target, Number(stat.mode) & 0o7777);
  for (const name of listXattrs(source)) setXattr(target, name, getXattr(source, name) ?? Buffer.alloc(0));
  setTimes(target, stat.atimeNs, stat.mtimeNs);
}
