import type { ReservedDatabase } from '../../base/reserved-database.ts';
import type { Digest } from '../../base/digest.ts';
import { TimeSlice } from '../../base/time-slice.ts';
import type { Content } from '../content/content.ts';
import { readImageConfig } from '../../oci/decode-image-config.ts';
import { mediaTypeOf } from '../../oci/decode-oci.ts';
import type { Image } from './image.ts';
import type { ImageConfig } from '../../oci/image-config.ts';
import { type Descriptor, OCI_MANIFEST } from '../../oci/image-spec.ts';
import { chainIdsOf } from '../../oci/chain-id.ts';
import {
  canonicalString,
  familiarName,
  familiarString,
  parseReference,
  repositoryOf,
} from '../../oci/reference.ts';
import type { Reference } from '../../oci/reference.ts';

/** What is kept of an image besides its content. */
export type ImageRecord = {
  id: Digest;
  config: ImageConfig;
  rawConfig: Buffer;
  manifest: Digest;
  /** Chain ID of its topmost layer. */
  chainId: Digest | null;
  sizeBytes: number;
  /** Everything in the content store that it needs: manifest, configuration, layers, and its index with all below. */
  blobs: Digest[];
  /** The image that it was made from here. */
  parent?: Digest | undefined;
  /** The index of several platforms that it belongs to. */
  index?: Digest | undefined;
};

type ImageRow = {
  id: Digest;
  manifest: Digest;
  size_bytes: number;
  parent: Digest | null;
  last_tagged_at: string | null;
};

/** What its configuration says of an image: the same for ever. */
type Configured = Pick<Image, 'config' | 'rawConfig' | 'chainIds'>;

/** The records of images, and their names. */
export class ImageStore {
  readonly #database: ReservedDatabase;
  readonly #content: Pick<Content, 'read'>;
  readonly #configs = new Map<Digest, Configured>();
  readonly #descriptors = new Map<Digest, Descriptor>();
  /** As long as nothing changes: every list of containers asks for it, too. */
  #listed: readonly Image[] | undefined;

  constructor(database: ReservedDatabase, content: Pick<Content, 'read'>) {
    this.#database = database;
    this.#content = content;
  }

  /** For what changes records or names. */
  #changing(): ReservedDatabase {
    this.#listed = undefined;
    return this.#database;
  }

  has(id: Digest): boolean {
    return this.#database.prepare('SELECT 1 FROM images WHERE id = ?').get(id) !== undefined;
  }

  /** @returns undefined when there is none of that id */
  get(id: Digest): Image | undefined {
    const row = this.#database.prepare('SELECT * FROM images WHERE id = ?').get(id) as ImageRow | undefined;
    return row === undefined ? undefined : this.#imageOf(row, this.referencesTo(id));
  }

  /**
   * Reads the configurations that were not read yet: after a start of the engine, of all images.
   * @throws EngineError not-found, data-loss
   */
  async prepare(): Promise<void> {
    if (this.#listed !== undefined) return;
    const slice = new TimeSlice();
    for (const { id } of this.#database.prepare('SELECT id FROM images').all()) {
      this.#configOf(id as Digest);
      if (slice.isOver) await slice.pause();
    }
  }

  list(): Image[] {
    this.#listed ??= this.#readAll();
    return [...this.#listed];
  }

  #readAll(): Image[] {
    const names = new Map<string, Reference[]>();
    for (const row of this.#database
      .prepare('SELECT name, image_id FROM image_references ORDER BY name')
      .all()) {
      const list = names.get(String(row.image_id)) ?? [];
      list.push(parseReference(String(row.name)));
      names.set(String(row.image_id), list);
    }
    const rows = this.#database.prepare('SELECT * FROM images').all() as ImageRow[];
    return rows.map(row => this.#imageOf(row, names.get(row.id) ?? []));
  }

  #imageOf(row: ImageRow, references: Reference[]): Image {
    const image: Image = {
      id: row.id,
      manifest: row.manifest,
      ...this.#configOf(row.id),
      repoTags: references.filter(({ digest }) => digest === undefined).map(familiarString),
      repoDigests: references
        .filter(({ digest }) => digest !== undefined)
        .map(reference => `${familiarName(reference)}@${reference.digest}`),
      sizeBytes: row.size_bytes,
    };
    if (row.parent !== null) image.parent = row.parent;
    if (row.last_tagged_at !== null) image.lastTaggedAt = row.last_tagged_at;
    return image;
  }

  #configOf(id: Digest): Configured {
    let known = this.#configs.get(id);
    if (known === undefined) {
      const rawConfig = this.#content.read(id);
      const config = readImageConfig(rawConfig);
      known = { config, rawConfig, chainIds: chainIdsOf(config.rootfs.diff_ids) };
      this.#configs.set(id, known);
    }
    return known;
  }

  /** Records an image; one of the same id stays as it is, but for the index that it may get. */
  add({ id, config, rawConfig, manifest, chainId, sizeBytes, blobs, parent, index }: ImageRecord): void {
    this.#changing().transaction(() => {
      const { changes } = this.#database
        .prepare(
          'INSERT OR IGNORE INTO images (id, manifest, chain_id, size_bytes, parent) VALUES (?, ?, ?, ?, ?)',
        )
        .run(id, manifest, chainId, sizeBytes, parent ?? null);
      if (changes === 0 && (index === undefined || this.#manifestOf(id) !== manifest)) return;
      const insert = this.#database.prepare(
        'INSERT OR IGNORE INTO image_blobs (image_id, digest) VALUES (?, ?)',
      );
      for (const blob of blobs) insert.run(id, blob);
      if (index !== undefined)
        this.#database
          .prepare('INSERT OR REPLACE INTO image_indexes (image_id, digest) VALUES (?, ?)')
          .run(id, index);
    });
    this.#configs.set(id, { config, rawConfig, chainIds: chainIdsOf(config.rootfs.diff_ids) });
  }

  /**
   * Gives an image that was made here another manifest of the same configuration: with other annotations. One that came
   * with an index keeps the one that is in it.
   * @returns the manifest that it had; undefined when it stays
   */
  replaceManifest(id: Digest, manifest: Digest, blobs: readonly Digest[]): Digest | undefined {
    const before = this.#manifestOf(id) as Digest | undefined;
    if (before === undefined || before === manifest || this.indexOf(id) !== undefined) return undefined;
    this.#changing().transaction(() => {
      this.#database.prepare('UPDATE images SET manifest = ? WHERE id = ?').run(manifest, id);
      for (const table of ['image_blobs', 'image_documents'])
        this.#database.prepare(`DELETE FROM ${table} WHERE image_id = ? AND digest = ?`).run(id, before);
      const insert = this.#database.prepare(
        'INSERT OR IGNORE INTO image_blobs (image_id, digest) VALUES (?, ?)',
      );
      for (const blob of blobs) insert.run(id, blob);
    });
    return before;
  }

  #manifestOf(id: Digest): unknown {
    return this.#database.prepare('SELECT manifest FROM images WHERE id = ?').get(id)?.manifest;
  }

  /** The index of several platforms that an image came with. */
  indexOf(id: Digest): Digest | undefined {
    const row = this.#database.prepare('SELECT digest FROM image_indexes WHERE image_id = ?').get(id);
    return row?.digest as Digest | undefined;
  }

  /** Removes the record. It must have no references any more. */
  remove(id: Digest): void {
    this.#changing().prepare('DELETE FROM images WHERE id = ?').run(id);
    this.#configs.delete(id);
  }

  /** Whether an image needs that content. */
  usesBlob(digest: Digest): boolean {
    return (
      this.#database.prepare('SELECT 1 FROM image_blobs WHERE digest = ? LIMIT 1').get(digest) !== undefined
    );
  }

  /** Ids of the images that need that content. */
  withBlob(digest: Digest): Digest[] {
    const rows = this.#database.prepare('SELECT image_id FROM image_blobs WHERE digest = ?').all(digest);
    return rows.map(row => row.image_id as Digest);
  }

  /** All content that images need. */
  blobs(): Digest[] {
    const rows = this.#database.prepare('SELECT DISTINCT digest FROM image_blobs').all();
    return rows.map(row => row.digest as Digest);
  }

  /** Notes that an image is used now. No effect for one that is not there. */
  markUsed(id: Digest | ''): void {
    this.#database
      .prepare('INSERT OR REPLACE INTO image_uses SELECT id, ? FROM images WHERE id = ?')
      .run(Date.now(), id);
  }

  /** When each image was noted as used, by id. */
  lastUses(): Map<string, Date> {
    const rows = this.#database.prepare('SELECT image_id, used_at_ms FROM image_uses').all();
    return new Map(rows.map(row => [String(row.image_id), new Date(Number(row.used_at_ms))]));
  }

  blobsOf(id: Digest): Digest[] {
    const rows = this.#database.prepare('SELECT digest FROM image_blobs WHERE image_id = ?').all(id);
    return rows.map(row => row.digest as Digest);
  }

  /** Ids that begin with those hex digits, at most two. */
  withPrefix(hex: string): Digest[] {
    const rows = this.#database
      .prepare('SELECT id FROM images WHERE id >= ? AND id < ? LIMIT 2')
      .all(`sha256:${hex}`, `sha256:${hex}g`);
    return rows.map(row => row.id as Digest);
  }

  /** How an index refers to an image: to the index that it came with, else to its manifest. */
  descriptorOf(image: Image): Descriptor {
    const index = this.indexOf(image.id);
    return index === undefined ? this.manifestDescriptorOf(image) : this.#describe(index);
  }

  /** How an index refers to an image's manifest. */
  manifestDescriptorOf({ manifest, config }: Pick<Image, 'manifest' | 'config'>): Descriptor {
    const { architecture, os, variant } = config;
    const platform = { architecture, os, ...(variant === undefined ? {} : { variant }) };
    return { ...this.#describe(manifest), platform };
  }

  #describe(digest: Digest): Descriptor {
    let known = this.#descriptors.get(digest);
    if (known === undefined) {
      const data = this.#content.read(digest);
      known = { mediaType: mediaTypeOf(data) || OCI_MANIFEST, digest, size: data.length };
      this.#descriptors.set(digest, known);
    }
    return known;
  }

  /** Images that were made from this one here. */
  childrenOf(id: Digest): Digest[] {
    return this.#database
      .prepare('SELECT id FROM images WHERE parent = ?')
      .all(id)
      .map(row => row.id as Digest);
  }

  /** Notes what an image was made from. */
  setParent(id: Digest, parent: Digest): void {
    this.#changing().prepare('UPDATE images SET parent = ? WHERE id = ?').run(parent, id);
  }

  parentOf(id: Digest): Digest | undefined {
    const row = this.#database.prepare('SELECT parent FROM images WHERE id = ?').get(id);
    return (row?.parent as Digest | null | undefined) ?? undefined;
  }

  /** The image of that name, its tag or digest given. */
  find(reference: Reference): Digest | undefined {
    const row = this.#database
      .prepare('SELECT image_id FROM image_references WHERE name = ?')
      .get(canonicalString(reference));
    return row?.image_id as Digest | undefined;
  }

  referencesTo(id: Digest): Reference[] {
    const rows = this.#database
      .prepare('SELECT name FROM image_references WHERE image_id = ? ORDER BY name')
      .all(id);
    return rows.map(row => parseReference(String(row.name)));
  }

  /** All names of a repository, with their images. */
  inRepository(reference: Reference): { reference: Reference; id: Digest }[] {
    const rows = this.#database
      .prepare('SELECT name, image_id FROM image_references WHERE repository = ? ORDER BY name')
      .all(repositoryOf(reference));
    return rows.map(row => ({ reference: parseReference(String(row.name)), id: row.image_id as Digest }));
  }

  /** Names an image, taking the name from another one that may have it. */
  tag(reference: Reference, id: Digest): void {
    this.#changing()
      .prepare('INSERT OR REPLACE INTO image_references (name, repository, image_id) VALUES (?, ?, ?)')
      .run(canonicalString(reference), repositoryOf(reference), id);
  }

  /** Remembers when it was tagged, other than by loading it. */
  markTagged(id: Digest): void {
    this.#changing()
      .prepare('UPDATE images SET last_tagged_at = ? WHERE id = ?')
      .run(new Date().toISOString(), id);
  }

  untag(reference: Reference): void {
    this.#changing().prepare('DELETE FROM image_references WHERE name = ?').run(canonicalString(reference));
  }
}
