import { compilePattern } from '../../../base/go/pattern.ts';
import { own } from '../../../base/own.ts';
import { TimeSlice } from '../../../base/time-slice.ts';
import { TemplateError } from '../../../base/go/template/syntax.ts';
import { invalid } from '../../model/errors.ts';
import { type Logged, renderTag } from './log-tag.ts';
import type { ContainerRecord } from '../../model/container-record.ts';

/** What `docker logs --details` shows before each line: `key=value` pairs, sorted. @param path of the log */
export async function logDetails(record: ContainerRecord, path: string): Promise<string> {
  return [...(await logAttributes(record, path))]
    .map(([key, value]) => `${escapeQuery(key)}=${escapeQuery(value)}`)
    .sort()
    .join(',');
}

/** Each line has them. */
const MAX_JSON_LENGTH = 16_384;

/**
 * The attributes as each line of the log at `path` has them, JSON; '' for none.
 * @throws EngineError invalid-parameter for a tag that is no template, and for more than lines are to have
 */
export async function lineAttributes(record: ContainerRecord, path: string): Promise<string> {
  const attributes = await chosenAttributes(record);
  const tag = own(record.hostConfig.LogConfig.Config, 'tag');
  if (tag) attributes.set('tag', checkedTag(tag, { record, path, extra: attributes }));
  if (attributes.size === 0) return '';
  const text = JSON.stringify(Object.fromEntries([...attributes].sort(([a], [b]) => (a < b ? -1 : 1))));
  if (text.length > MAX_JSON_LENGTH)
    throw invalid(`the attributes of a log line are too long: ${text.length}, at most ${MAX_JSON_LENGTH}`);
  return text;
}

/** The labels and variables that the log's options name, and its tag: the same for every line. */
async function logAttributes(record: ContainerRecord, path: string): Promise<Map<string, string>> {
  const attributes = await chosenAttributes(record);
  const tag = own(record.hostConfig.LogConfig.Config, 'tag');
  if (!tag) return attributes;
  try {
    attributes.set('tag', renderTag(tag, { record, path, extra: attributes }));
  } catch (error) {
    // Earlier versions took any text for one.
    if (!(error instanceof TemplateError)) throw error;
  }
  return attributes;
}

function checkedTag(tag: string, logged: Logged): string {
  try {
    return renderTag(tag, logged);
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    throw invalid(`failed to initialize logging driver: ${error.message}`);
  }
}

const SELECTIONS = ['labels', 'labels-regex', 'env', 'env-regex'];

async function chosenAttributes({ config, hostConfig }: ContainerRecord): Promise<Map<string, string>> {
  const options = hostConfig.LogConfig.Config;
  // There may be very many labels.
  if (Object.keys(options).every(key => !SELECTIONS.includes(key))) return new Map();
  const labels = Object.entries(config.Labels);
  const variables = config.Env.map((entry): [string, string] => {
    const [name = '', ...value] = entry.split('=');
    return [name, value.join('=')];
  });
  return new Map([
    ...(await selected(labels, own(options, 'labels'), own(options, 'labels-regex'))),
    ...(await selected(variables, own(options, 'env'), own(options, 'env-regex'))),
  ]);
}

async function selected(
  entries: readonly [string, string][],
  names = '',
  pattern = '',
): Promise<[string, string][]> {
  const wanted = new Set(names.split(','));
  const matches = pattern ? await compilePattern(pattern).catch(() => undefined) : undefined;
  const slice = new TimeSlice();
  const chosen: [string, string][] = [];
  for (const entry of entries) {
    if (wanted.has(entry[0]) || matches?.(entry[0])) chosen.push(entry);
    if (slice.isOver) await slice.pause();
  }
  return chosen;
}

/** As Go's url.QueryEscape. */
function escapeQuery(text: string): string {
  return encodeURIComponent(text)
    .replaceAll('%20', '+')
    .replaceAll(/[!'()*]/g, character => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}
