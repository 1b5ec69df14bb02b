import { hostname } from 'node:os';
import { executeTemplate } from '../../../base/go/template/execute-template.ts';
import { FUNCTIONS, type TemplateFunction } from '../../../base/go/template/functions.ts';
import { parseTemplate } from '../../../base/go/template/parse-template.ts';
import { type Node, TemplateError } from '../../../base/go/template/syntax.ts';
import { TemplateObject } from '../../../base/go/template/template-object.ts';
import type { ContainerRecord } from '../../model/container-record.ts';

/** Those by which a short template makes a long text, or works for long, are not here: `printf`, `pad`. */
const ALLOWED =
  'json split join title lower upper truncate not len index slice print println eq ne lt le gt ge html js urlquery'.split(
    ' ',
  );
const MAX_TEMPLATE_LENGTH = 1024;
const MAX_LENGTH = 4096;
const MAX_ENTRIES = 1024;

const ALLOWED_FUNCTIONS: Readonly<Record<string, TemplateFunction>> = Object.fromEntries(
  ALLOWED.map(name => [name, (...args: unknown[]) => bounded(FUNCTIONS[name]?.(...args))]),
);
const NAMES = new Set([...ALLOWED, 'and', 'or']);

/** Whose log it is, where it is, and the labels and variables that its options name. */
export type Logged = { record: ContainerRecord; path: string; extra: ReadonlyMap<string, string> };

/**
 * The `tag` of a container's log, a Go template on what Docker has there.
 * @throws TemplateError in Go's words
 */
export function renderTag(template: string, logged: Logged): string {
  try {
    if (template.length > MAX_TEMPLATE_LENGTH) throw tooLong();
    const nodes = parseTemplate(template, NAMES);
    refuseLoops(nodes);
    const info = logInfo(logged);
    return bounded(
      executeTemplate(nodes, info, { functions: ALLOWED_FUNCTIONS, missingKey: 'print', template }),
    );
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    const message = error.message.replace(/^template: :/, 'template: log-tag:');
    throw new TemplateError(message.replace('executing ""', 'executing "log-tag"'));
  }
}

function refuseLoops(nodes: readonly Node[]): void {
  for (const node of nodes) {
    if (node.kind === 'range') throw new TemplateError('template: :1: range is not supported');
    if ('body' in node) refuseLoops([...node.body, ...node.otherwise]);
  }
}

function bounded<T>(value: T): T {
  if (typeof value === 'string' && value.length > MAX_LENGTH) throw tooLong();
  return value;
}

function tooLong(): TemplateError {
  return new TemplateError(`template: :1: more than ${MAX_LENGTH} characters`);
}

function logInfo({ record, path: logPath, extra }: Logged): TemplateObject {
  const { id, name, imageId, config, hostConfig, path, args, createdAt } = record;
  const imageName = config.Image;
  return new TemplateObject('*logger.Info', {
    ID: () => id.slice(0, 12),
    FullID: () => id,
    Name: () => name,
    ImageID: () => imageId.slice(0, 12),
    ImageFullID: () => imageId,
    ImageName: () => imageName,
    DaemonName: () => 'docker',
    Command: () => bounded([path, ...args].join(' ')),
    Hostname: () => hostname(),
    ExtraAttributes: _function => Object.fromEntries(extra),
    Config: () => hostConfig.LogConfig.Config,
    ContainerID: () => id,
    ContainerName: () => `/${name}`,
    ContainerEntrypoint: () => path,
    ContainerArgs: () => few(args),
    ContainerImageID: () => imageId,
    ContainerImageName: () => imageName,
    ContainerCreated: () => createdAt.replace('T', ' ').replace('Z', ' +0000 UTC'),
    ContainerEnv: () => few(config.Env),
    LogPath: () => logPath,
    ContainerLabels: () => few(config.Labels),
  });
}

/** Or a few templates' words would make much work. */
function few<T extends object>(entries: T): T {
  if (Object.keys(entries).length > MAX_ENTRIES)
    throw new TemplateError(`template: :1: more than ${MAX_ENTRIES} entries`);
  return entries;
}
