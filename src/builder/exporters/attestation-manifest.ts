import { digestOf } from '../../base/digest.ts';
import { type Descriptor, OCI_CONFIG, OCI_MANIFEST } from '../../oci/image-spec.ts';
import { packageUrl } from '../../oci/package-url.ts';
import type { Platform } from '../../oci/platform.ts';
import type { ImageBlob, ImageDocument } from '../../oci/pushed-image.ts';

/** What is attested of an image: the predicate of an in-toto statement, whose subject the image is. */
export type Attestation = { predicateType: string; predicate: unknown };

const IN_TOTO = 'application/vnd.in-toto+json';
const STATEMENT = 'https://in-toto.io/Statement/v0.1';
const PREDICATE_TYPE = 'in-toto.io/predicate-type';

export type Attested = {
  /** The manifest that it is about. */
  subject: Descriptor;
  platform: Platform;
  /** Of the image: `name:tag`. */
  names: readonly string[];
  attestations: readonly Attestation[];
};

/** As a manifest of statements, which an index has beside the image's own (BuildKit's attestation storage). */
export function attestationManifest(
  { subject, platform, names, attestations }: Attested,
  blobOf: (descriptor: Descriptor, raw: Buffer) => ImageBlob,
): { entry: Descriptor; manifest: ImageDocument; blobs: ImageBlob[] } {
  const subjects = subjectsOf(names, platform).map(name => ({
    name,
    digest: { sha256: subject.digest.replace('sha256:', '') },
  }));
  const statements = attestations.map(({ predicateType, predicate }) => {
    const raw = encoded({ _type: STATEMENT, predicateType, subject: subjects, predicate });
    const annotations = { [PREDICATE_TYPE]: predicateType };
    return { descriptor: { ...describe(raw, IN_TOTO), annotations }, raw };
  });
  const layers = statements.map(({ descriptor }) => descriptor);
  const rawConfig = encoded({
    architecture: 'unknown',
    os: 'unknown',
    config: {},
    rootfs: { type: 'layers', diff_ids: layers.map(({ digest }) => digest) },
  });
  const config = describe(rawConfig, OCI_CONFIG);
  const raw = encoded({ schemaVersion: 2, mediaType: OCI_MANIFEST, config, layers });
  const descriptor = describe(raw, OCI_MANIFEST);
  const entry = {
    ...descriptor,
    annotations: {
      'vnd.docker.reference.digest': subject.digest,
      'vnd.docker.reference.type': 'attestation-manifest',
    },
    platform: { architecture: 'unknown', os: 'unknown' },
  };
  const blobs = [
    ...statements.map(statement => blobOf(statement.descriptor, statement.raw)),
    blobOf(config, rawConfig),
  ];
  return { entry, manifest: { descriptor, raw }, blobs };
}

function subjectsOf(names: readonly string[], platform: Platform): string[] {
  return names.length === 0 ? ['_'] : names.map(name => packageUrl(name, platform));
}

function encoded(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}

function describe(raw: Buffer, mediaType: string): Descriptor {
  return { mediaType, digest: digestOf(raw), size: raw.length };
}
