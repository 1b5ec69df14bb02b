import { EngineError } from '../../base/errors.ts';

/** What a client wants to be attested of a build. */
export type AttestationOptions = {
  provenance: ProvenanceOptions | undefined;
  /** The image that looks at the result, and says what is in it. */
  sbom: { generator: string } | undefined;
};

export type ProvenanceOptions = {
  mode: 'min' | 'max';
  version: 'v0.2' | 'v1';
  /** Only where it is part of the image, and not in files beside it. */
  isInlineOnly: boolean;
  builderId: string;
  reproducible: boolean;
};

/** All that there is to tell. */
export const FULL_PROVENANCE: ProvenanceOptions = {
  mode: 'max',
  version: 'v0.2',
  isInlineOnly: false,
  builderId: '',
  reproducible: false,
};

/** BuildKit's own. */
const DEFAULT_GENERATOR = 'docker/buildkit-syft-scanner:stable-1';

/** `attest:NAME` = `key=value,…`. @throws EngineError invalid-parameter */
export function attestationOptions(attributes: Readonly<Record<string, string>>): AttestationOptions {
  const names = Object.keys(attributes).flatMap(name => /^attest:(.*)$/.exec(name)?.[1] ?? []);
  for (const name of names)
    if (name !== 'provenance' && name !== 'sbom')
      throw new EngineError('invalid-parameter', `unknown attestation type ${JSON.stringify(name)}`);
  const provenance = fieldsOf(attributes['attest:provenance']);
  const sbom = fieldsOf(attributes['attest:sbom']);
  return {
    provenance: provenance === undefined ? undefined : provenanceOptions(provenance),
    sbom: sbom === undefined ? undefined : { generator: sbom['generator'] || DEFAULT_GENERATOR },
  };
}

/** Undefined for one that is not wanted. */
function fieldsOf(text: string | undefined): Record<string, string> | undefined {
  if (text === undefined) return undefined;
  const fields = Object.fromEntries(
    text
      .split(',')
      .filter(Boolean)
      .map(field => {
        const at = field.indexOf('=');
        return at < 0 ? [field, 'true'] : [field.slice(0, at), field.slice(at + 1)];
      }),
  ) as Record<string, string>;
  return isTrue(fields['disabled']) ? undefined : fields;
}

function provenanceOptions(fields: Record<string, string>): ProvenanceOptions {
  const { mode = 'max', version = '', reproducible } = fields;
  if (!['min', 'max', 'full'].includes(mode))
    throw new EngineError('invalid-parameter', `invalid mode ${JSON.stringify(mode)}`);
  if (!['', 'v0.2', 'v1'].includes(version))
    throw new EngineError(
      'invalid-parameter',
      `invalid version ${JSON.stringify(version)} of provenance: v0.2 or v1`,
    );
  return {
    mode: mode === 'min' ? 'min' : 'max',
    version: version === 'v1' ? 'v1' : 'v0.2',
    isInlineOnly: isTrue(fields['inline-only']),
    builderId: fields['builder-id'] ?? '',
    reproducible: isTrue(reproducible),
  };
}

function isTrue(text: string | undefined): boolean {
  return text !== undefined && ['1', 't', 'T', 'true', 'TRUE', 'True'].includes(text);
}
