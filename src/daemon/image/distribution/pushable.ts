import type { Digest } from '../../../base/digest.ts';
import { EngineError } from '../../../base/errors.ts';
import { TimeSlice } from '../../../base/time-slice.ts';
import type { Graph, Image } from '../../../graph/graph.ts';
import { decodeOciDocument } from '../../../oci/decode-oci.ts';
import type { Descriptor } from '../../../oci/image-spec.ts';

/** A manifest or an index, with what goes before it. */
export type PushedDocument = { descriptor: Descriptor; raw: Buffer };

/** All that a registry is to have of an image. */
export type Pushable = {
  /** What the tag stands for. */
  top: PushedDocument;
  /** Those below an index, each after what is below itself. */
  below: PushedDocument[];
  /** Layers, bottom first, each once, with what people see of them. */
  layers: { descriptor: Descriptor; shownId: string }[];
  /** Configurations, and what else is no layer. */
  others: Descriptor[];
};

/**
 * What is below a manifest or an index, which is here as a whole.
 * @throws EngineError not-found, data-loss
 */
export async function pushableOf({ content }: Graph, image: Image, top: Descriptor): Promise<Pushable> {
  const parts: Omit<Pushable, 'top'> = { below: [], layers: [], others: [] };
  const diffIds = image.config.rootfs.diff_ids;
  const seen = new Set<string>();
  const slice = new TimeSlice();
  const visit = async (descriptor: Descriptor): Promise<PushedDocument> => {
    seen.add(descriptor.digest);
    const raw = content.read(descriptor.digest as Digest);
    const { manifests = [], config, layers = [] } = decodeOciDocument(raw);
    if (slice.isOver) await slice.pause();
    for (const child of manifests) if (!seen.has(child.digest)) parts.below.push(await visit(child));
    const isOwn = descriptor.digest === image.manifest;
    layers.forEach((layer, index) => {
      if (seen.has(layer.digest)) return;
      seen.add(layer.digest);
      parts.layers.push({ descriptor: layer, shownId: (isOwn && diffIds[index]) || layer.digest });
    });
    if (config !== undefined) parts.others.push(config);
    return { descriptor, raw };
  };
  const pushable = { ...parts, top: await visit(top) };
  checkComplete(content, pushable);
  return pushable;
}

function checkComplete(content: Graph['content'], { layers, others }: Pushable): void {
  for (const { digest } of [...layers.map(({ descriptor }) => descriptor), ...others])
    if (!content.has(digest as Digest))
      throw new EngineError('not-found', `content digest ${digest}: not found`);
}
