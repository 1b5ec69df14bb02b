import { closeSync, openSync, readSync } from 'node:fs';
import type { Digest } from '../../base/digest.ts';

/** How the blob of a layer is made again from the layer's tree. */
export type RecipeHeader = {
  version: 1;
  /** Digest of the blob. */
  digest: Digest;
  sizeBytes: number;
  /** Digest of the tar in the blob. */
  diffId: Digest;
  /** The layer's tree when the recipe was made, relative to the graph's root. */
  directory: string;
  compression: RecipeCompression;
};

export type RecipeCompression =
  | { kind: 'none' }
  /** The gzip header (base64) and what makes the rest of the file. */
  | { kind: 'gzip'; header: string; maker: GzipMaker };

/** A compressor whose output is the same for the same input. */
export type GzipMaker =
  | { program: 'gzip'; level: number }
  /** Node's own; it depends on the version of zlib. */
  | { program: 'zlib'; version: string; level: number; memLevel: number };

/** The file: the header's length (u32), the header as JSON, and the records that archive/rooted/recipe-jobs.ts writes. */
export function encodeHeader(header: RecipeHeader): Buffer {
  const text = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(text.length);
  return Buffer.concat([length, text]);
}

/** An open recipe; the caller closes it. `position`: where its records begin. */
export type Recipe = { header: RecipeHeader; fd: number; position: number };

export function openRecipe(path: string): Recipe {
  const fd = openSync(path, 'r');
  try {
    const length = Buffer.alloc(4);
    readSync(fd, length, 0, 4, 0);
    const text = Buffer.alloc(Math.min(length.readUInt32BE(), 2 ** 20));
    readSync(fd, text, 0, text.length, 4);
    return { header: JSON.parse(text.toString()) as RecipeHeader, fd, position: 4 + text.length };
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}
