import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { OutputStream } from '../../context.ts';
import type { Destination } from '../session/serve-session.ts';
import { hasFields, optionFields } from './option-fields.ts';

export type Exporter = { type: string; attributes: Record<string, string> };
type Output = Exporter & { destination: string };

export type Outputs = {
  exporters: Exporter[];
  /** Where exports go that the daemon sends, by their numbers. */
  destinations: Map<number, Destination>;
};

type Wanted = {
  outputs: readonly string[];
  push: boolean;
  load: boolean;
  tags: readonly string[];
  /** Attributes that images get. */
  annotations: Record<string, string>;
  stdout: OutputStream;
};

/** What becomes of a build: an image of the daemon's where nothing else is said. @throws Error in Docker's words */
export function buildOutputs({ outputs, push, load, tags, annotations, stdout }: Wanted): Outputs {
  const parsed = outputs.map(parseOutput);
  if (push) pushed(parsed);
  if ((load && !parsed.some(isOwnImage)) || parsed.length === 0) parsed.push(image('moby'));
  const destinations = new Map<number, Destination>();
  const exporters = parsed.map((output, index) => {
    const destination = destinationOf(output, stdout);
    if (destination !== undefined) destinations.set(index, destination);
    return named(output, { tags, annotations });
  });
  if ([...destinations.values()].filter(({ kind }) => kind === 'stream').length > 1)
    throw new Error('only one output can be written to standard output');
  return { exporters, destinations };
}

function image(type: string, attributes: Record<string, string> = {}): Output {
  return { type, attributes, destination: '' };
}

function isOwnImage({ type, destination }: Output): boolean {
  return ['moby', 'image'].includes(type) && destination === '';
}

/** `DIRECTORY`, `-` for a tar on standard output, or `type=…,dest=…`. */
function parseOutput(text: string): Output {
  if (text === '-') return { ...image('tar'), destination: '-' };
  if (!hasFields(text)) return { ...image('local'), destination: text };
  const { type = '', dest = '', ...attributes } = Object.fromEntries(optionFields(text));
  if (type === '') throw new Error('type is required for output');
  if (type === 'registry') return image('image', { push: 'true', ...attributes });
  if (type === 'docker' && dest === '') return image('moby', attributes);
  return { type, attributes, destination: dest };
}

function pushed(outputs: Output[]): void {
  const images = outputs.filter(isOwnImage);
  for (const output of images) [output.type, output.attributes.push] = ['image', 'true'];
  if (images.length === 0) outputs.push(image('image', { push: 'true' }));
}

function destinationOf({ type, destination }: Output, stdout: OutputStream): Destination | undefined {
  switch (type) {
    case 'local':
      if (destination === '') throw new Error('dest is required for local exporter');
      return { kind: 'directory', path: resolve(destination) };
    case 'tar':
    case 'oci':
    case 'docker':
      return fileOrOutput(type, destination, stdout);
    default:
      if (destination !== '') throw new Error(`dest is not supported by ${type} exporter`);
      return undefined;
  }
}

function fileOrOutput(type: string, destination: string, stdout: OutputStream): Destination {
  if (destination !== '' && destination !== '-') {
    const path = resolve(destination);
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory())
      throw new Error(`invalid destination file ${destination}: it is a directory`);
    return { kind: 'file', path };
  }
  if (stdout.isTTY)
    throw new Error(`dest file is required for ${type} exporter. refusing to write to console`);
  return { kind: 'stream', stream: stdout };
}

/** Files have no name; all else has the tags. */
function named(
  { type, attributes }: Output,
  { tags, annotations }: Pick<Wanted, 'tags' | 'annotations'>,
): Exporter {
  if (type === 'local' || type === 'tar') return { type, attributes };
  const name = attributes.name ?? tags.join(',');
  return { type, attributes: { ...annotations, ...attributes, ...(name === '' ? {} : { name }) } };
}

const ANNOTATED = /^(?<types>(?:(?:manifest|index|manifest-descriptor|index-descriptor)(?:\[[^\]]*\])?,?)+):/;

/** `[TYPE[PLATFORM],…:]KEY=VALUE`, as attributes of exporters. @throws Error in Docker's words */
export function annotationAttributes(annotations: readonly string[]): Record<string, string> {
  const attributes: Record<string, string> = {};
  for (const text of annotations) {
    const types = ANNOTATED.exec(text)?.groups?.types ?? '';
    const pair = types === '' ? text : text.slice(types.length + 1);
    const equals = pair.indexOf('=');
    if (equals <= 0) throw new Error(`invalid annotation ${JSON.stringify(text)}, expected key=value`);
    const [key, value] = [pair.slice(0, equals), pair.slice(equals + 1)];
    for (const type of types === '' ? ['manifest'] : types.split(','))
      attributes[`annotation-${type}.${key}`] = value;
  }
  return attributes;
}
