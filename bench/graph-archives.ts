import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { writeFileSync, writeSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { tarEntry } from '../src/archive/tar/tar-entry.ts';
import { encodeTarEntry, TAR_END, tarPadding } from '../src/archive/tar/tar-writer.ts';

/** Where everything that the benchmark loads lies; made once, some 6 GB. */
export type Archives = {
  /** A Debian root file system of 300 MB in 20,000 files: its tree, and flat as tar. */
  tree: string;
  rootfs: string;
  /** `docker save` archives: that as one layer, the same gzipped within, and as ten layers. */
  oneLayer: string;
  gzipped: string;
  tenLayers: string;
  sixtyLayers: string;
  thousandImages: string;
  /** 2 GB in 8 layers. */
  large: string;
};

const FILES = 20_000;
const BYTES = 300e6;

/** Makes what is missing in `directory`, with mmdebstrap. */
export function makeArchives(directory: string): Archives {
  const at = (name: string) => join(directory, name);
  makeTenLayersArchive(directory);
  once(at('rootfs.tar'), path => execFileSync('tar', ['-C', at('tree'), '-cf', path, '.']));
  once(at('rootfs.tar.gz'), path => shell(`gzip -6 < ${at('rootfs.tar')} > ${path}`));
  once(at('one-layer.tar'), path => writeImage(path, 'bench-one', [at('rootfs.tar')]));
  once(at('gzipped.tar'), path =>
    writeImage(path, 'bench-gzip', [at('rootfs.tar.gz')], [digestOfFile(at('rootfs.tar'))]),
  );
  once(at('sixty-layers.tar'), path => makeSixtyLayers(path, at('layers')));
  once(at('thousand-images.tar'), path => makeThousandImages(path, at('layers')));
  once(at('large.tar'), path => makeLarge(path, at('layers')));
  return {
    tree: at('tree'),
    rootfs: at('rootfs.tar'),
    oneLayer: at('one-layer.tar'),
    gzipped: at('gzipped.tar'),
    tenLayers: at('ten-layers.tar'),
    sixtyLayers: at('sixty-layers.tar'),
    thousandImages: at('thousand-images.tar'),
    large: at('large.tar'),
  };
}

/** Of {@link makeArchives} that one alone, `bench-ten`. */
export function makeTenLayersArchive(directory: string): string {
  mkdirSync(directory, { recursive: true });
  const at = (name: string) => join(directory, name);
  once(at('tree'), path => makeTree(path, at('debian.tar')));
  once(at('ten-layers.tar'), path => makeTenLayers(path, at('tree'), at('layers')));
  return at('ten-layers.tar');
}

function once(path: string, make: (path: string) => void): void {
  if (existsSync(path)) return;
  console.error(`making ${path}`);
  // Under another name first: what a failed attempt leaves is not taken for whole.
  const partial = join(dirname(path), `new-${basename(path)}`);
  rmSync(partial, { recursive: true, force: true });
  make(partial);
  renameSync(partial, path);
}

function shell(command: string): void {
  execFileSync('sh', ['-c', command], { stdio: 'inherit' });
}

/** Debian as mmdebstrap makes it, filled up with files of the same size to the count and the bytes wanted. */
function makeTree(tree: string, debian: string): void {
  once(debian, path => shell(`mmdebstrap --variant=minbase --include=perl,python3 bookworm ${path}`));
  mkdirSync(`${tree}.new`);
  execFileSync('tar', ['-C', `${tree}.new`, '-xf', debian, '--exclude=./dev/*']);
  const [count = 0, bytes = 0] = execFileSync(
    'sh',
    ['-c', `find ${tree}.new | wc -l; du -sb --apparent-size ${tree}.new | cut -f1`],
    { encoding: 'utf8' },
  )
    .trim()
    .split('\n')
    .map(Number);
  const more = Math.max(FILES - count, 0);
  const size = Math.max(Math.floor((BYTES - bytes) / Math.max(more, 1)), 100);
  for (let index = 0; index < more; index++) {
    const folder = join(`${tree}.new`, 'srv', String(index % 100));
    mkdirSync(folder, { recursive: true });
    // Half noise, half text: about as compressible as programs.
    writeFileSync(
      join(folder, String(index)),
      Buffer.concat([randomBytes(size / 2), Buffer.alloc(size / 2, 97)]),
    );
  }
  execFileSync('mv', [`${tree}.new`, tree]);
}

function makeTenLayers(path: string, tree: string, scratch: string): void {
  mkdirSync(scratch, { recursive: true });
  const files = execFileSync('find', ['.', '-mindepth', '1', '-not', '-type', 'd'], {
    cwd: tree,
    encoding: 'utf8',
  })
    .trim()
    .split('\n')
    .sort();
  const layers = Array.from({ length: 10 }, (_, index) => join(scratch, `ten-${index}.tar`));
  layers.forEach((layer, index) => {
    // Every tenth file: hard links to a file of another layer become files of their own.
    const own = files.filter((_, at) => at % 10 === index).join('\n');
    execFileSync('tar', ['-C', tree, '--hard-dereference', '-cf', layer, '-T', '-'], { input: own });
  });
  writeImage(path, 'bench-ten', layers);
  for (const layer of layers) rmSync(layer);
}

function makeSixtyLayers(path: string, scratch: string): void {
  const layers = Array.from({ length: 60 }, (_, index) =>
    smallLayer(scratch, `sixty-${index}`, Buffer.from(`layer ${index}`)),
  );
  writeImage(path, 'bench-sixty', layers);
}

function makeThousandImages(path: string, scratch: string): void {
  const layer = smallLayer(scratch, 'shared', Buffer.from('shared'));
  const images = Array.from({ length: 1000 }, (_, index) => ({
    name: `bench-many:${index}`,
    layers: [layer],
    diffIds: [digestOfFile(layer)],
    extra: { author: `nobody ${index}` },
  }));
  writeImages(path, images);
}

function makeLarge(path: string, scratch: string): void {
  const noise = randomBytes(1 << 20);
  const layers = Array.from({ length: 8 }, (_, index) => {
    const data = Buffer.concat(Array.from({ length: 256 }, () => noise));
    // No two megabytes are the same.
    for (let at = 0; at < 256; at++) data.writeUInt32LE(index * 256 + at, at << 20);
    return smallLayer(scratch, `large-${index}`, data);
  });
  writeImage(path, 'bench-large', layers);
  for (const layer of layers) rmSync(layer);
}

/** A layer of one file. */
function smallLayer(scratch: string, name: string, data: Buffer): string {
  mkdirSync(scratch, { recursive: true });
  const path = join(scratch, `${name}.tar`);
  const entry = encodeTarEntry(tarEntry({ path: name, size: data.length }));
  writeFileSync(path, Buffer.concat([entry, data, tarPadding(data.length), TAR_END]));
  return path;
}

type ImageSource = { name: string; layers: string[]; diffIds: string[]; extra?: object };

function writeImage(path: string, name: string, layers: string[], diffIds = layers.map(digestOfFile)): void {
  writeImages(path, [{ name: `${name}:latest`, layers, diffIds }]);
}

/** A `docker save` archive, as it was before Docker 25: every engine reads that. */
function writeImages(path: string, images: ImageSource[]): void {
  const output = openSync(`${path}.new`, 'w');
  const put = (name: string, data: Buffer) => {
    writeSync(output, encodeTarEntry(tarEntry({ path: name, size: data.length })));
    writeSync(output, Buffer.concat([data, tarPadding(data.length)]));
  };
  const layers = new Set(images.flatMap(image => image.layers));
  for (const layer of layers) putFile(output, layerName(layer), layer);
  const manifest = images.map(({ name, layers, diffIds, extra }) => {
    const config = Buffer.from(
      JSON.stringify({
        architecture: 'amd64',
        os: 'linux',
        created: '2024-01-01T00:00:00Z',
        config: { Cmd: ['/bin/true'] },
        rootfs: { type: 'layers', diff_ids: diffIds },
        ...extra,
      }),
    );
    const file = `${createHash('sha256').update(config).digest('hex')}.json`;
    put(file, config);
    return { Config: file, RepoTags: [name], Layers: layers.map(layerName) };
  });
  put('manifest.json', Buffer.from(JSON.stringify(manifest)));
  writeSync(output, TAR_END);
  closeSync(output);
  execFileSync('mv', [`${path}.new`, path]);
}

function layerName(path: string): string {
  return `${path.replace(/^.*\//, '')}/layer.tar`;
}

function putFile(output: number, name: string, path: string): void {
  const { size } = statSync(path);
  writeSync(output, encodeTarEntry(tarEntry({ path: name, size })));
  const input = openSync(path, 'r');
  const buffer = Buffer.alloc(1 << 20);
  for (;;) {
    const count = readSync(input, buffer);
    if (count === 0) break;
    writeSync(output, buffer, 0, count);
  }
  closeSync(input);
  writeSync(output, tarPadding(size));
}

function digestOfFile(path: string): string {
  return `sha256:${createHash('sha256').update(readFileSync(path)).digest('hex')}`;
}
