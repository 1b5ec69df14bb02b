import { bool, bytes, custom, type FlagValues, hidden, list, string } from '../flags/flag.ts';
import { checkExtraHost } from '../values/host-values.ts';
import { canonicalString, parseReference, withDefaultTag } from '../../oci/reference.ts';

/** What `docker buildx build` takes. */
export const BUILD_FLAGS = {
  'add-host': list('', 'Add a custom host-to-IP mapping (format: "host:ip")', checkExtraHost),
  allow: list('', 'Allow extra privileged entitlement (e.g., "network.host", "security.insecure")'),
  annotation: list('', 'Add annotation to the image'),
  attest: list('', 'Attestation parameters (format: "type=sbom,generator=image")'),
  'build-arg': list('', 'Set build-time variables'),
  'build-context': list('', 'Additional build contexts (e.g., name=path)'),
  'cache-from': list('', 'External cache sources (e.g., "user/app:cache", "type=local,src=path/to/dir")'),
  'cache-to': list('', 'Cache export destinations (e.g., "user/app:cache", "type=local,dest=path/to/dir")'),
  call: string('', 'Set method for evaluating build ("check", "outline", "targets")', 'build'),
  'cgroup-parent': string('', 'Set the parent cgroup for the "RUN" instructions during build'),
  check: bool('', 'Shorthand for "--call=check"'),
  explain: bool('', 'Print what the build consists of, and why steps were not in the cache'),
  file: string('f', 'Name of the Dockerfile (default: "PATH/Dockerfile")'),
  iidfile: string('', 'Write the image ID to a file'),
  label: list('', 'Set metadata for an image'),
  load: bool('', 'Shorthand for "--output=type=docker"'),
  memory: bytes('m', 'Memory limit'),
  'metadata-file': string('', 'Write build result metadata to a file'),
  network: string('', 'Set the networking mode for the "RUN" instructions during build', 'default'),
  'no-cache': bool('', 'Do not use cache when building the image'),
  'no-cache-filter': list('', 'Do not cache specified stages'),
  output: list('o', 'Output destination (format: "type=local,dest=path")'),
  platform: list('', 'Set target platform for build'),
  progress: string('', 'Set type of progress output ("auto", "quiet", "plain", "tty", "rawjson")', 'auto'),
  provenance: switchOrText('Shorthand for "--attest=type=provenance"'),
  pull: bool('', 'Always attempt to pull all referenced images'),
  push: bool('', 'Shorthand for "--output=type=registry"'),
  quiet: bool('q', 'Suppress the build output and print image ID on success'),
  sbom: switchOrText('Shorthand for "--attest=type=sbom"'),
  secret: list('', 'Secret to expose to the build (format: "id=mysecret[,src=/local/secret]")'),
  'shm-size': bytes('', 'Shared memory size for build containers'),
  ssh: list(
    '',
    'SSH agent socket or keys to expose to the build (format: "default|<id>[=<socket>|<key>[,<key>]]")',
  ),
  tag: list('t', 'Name and optionally a tag (format: "name:tag")', checkTag),
  target: string('', 'Set the target build stage to build'),
  ulimit: list('', 'Ulimit options'),
  // What Docker's older builder took; there is nothing that they could change.
  compress: hidden(bool('', 'Compress the build context')),
  'force-rm': hidden(bool('', 'Always remove intermediate containers')),
  rm: hidden(bool('', 'Remove intermediate containers', true)),
};

export type BuildFlagValues = FlagValues<typeof BUILD_FLAGS>;

function switchOrText(usage: string) {
  return custom({
    short: '',
    usage,
    kind: 'string',
    initial: '',
    set: (text: string) => text,
    implied: 'true',
  });
}

/** With the default tag. */
function checkTag(text: string): string {
  return canonicalString(withDefaultTag(parseReference(text)));
}
