import { Readable } from 'node:stream';
import { type TarEntry, tarEntry } from '../../../archive/tar/tar-entry.ts';
import { encodeTarEntry, TAR_END, tarPadding } from '../../../archive/tar/tar-writer.ts';

/** A file of a made-up tree: what {@link TarEntry} has, and its content. */
export type TreeFile = Partial<TarEntry> & { path: string; content?: string | Buffer };

/** A tar of these files, in this order. All of them have the same time. */
export function treeArchive(files: TreeFile[], mtimeNs: bigint): Readable {
  const chunks = files.flatMap(({ content, ...given }) => {
    const data = Buffer.from(content ?? '');
    return [
      encodeTarEntry(tarEntry({ mtimeNs, size: data.length, ...given })),
      data,
      tarPadding(data.length),
    ];
  });
  return Readable.from([Buffer.concat([...chunks, TAR_END])]);
}
