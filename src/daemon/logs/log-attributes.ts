import { compilePattern } from '../../base/go/pattern.ts';
import { own } from '../../base/own.ts';
import { TimeSlice } from '../../base/time-slice.ts';
import type { ContainerRecord } from '../containers/container-record.ts';

/**
 * What `docker logs --details` shows before each line: the labels and variables that the log options name, as
 * `key=value` pairs, sorted. They are the same for every line, so no line of the file has them.
 */
export async function logAttributes({ config, hostConfig, ...record }: ContainerRecord): Promise<string> {
  const options = hostConfig.LogConfig?.Config;
  const labels = Object.entries(config.Labels ?? {});
  const variables = (config.Env ?? []).map((entry): [string, string] => {
    const [name = '', ...value] = entry.split('=');
    return [name, value.join('=')];
  });
  const chosen = new Map([
    ...(await selected(labels, own(options, 'labels'), own(options, 'labels-regex'))),
    ...(await selected(variables, own(options, 'env'), own(options, 'env-regex'))),
  ]);
  const tag = own(options, 'tag');
  if (tag) chosen.set('tag', tagOf(tag, { ...record, config }));
  return [...chosen]
    .map(([key, value]) => `${escapeQuery(key)}=${escapeQuery(value)}`)
    .sort()
    .join(',');
}

async function selected(
  entries: readonly [string, string][],
  names: string | undefined,
  pattern: string | undefined,
): Promise<[string, string][]> {
  const wanted = new Set((names ?? '').split(','));
  const matches = pattern ? await compilePattern(pattern).catch(() => undefined) : undefined;
  const slice = new TimeSlice();
  const chosen: [string, string][] = [];
  for (const entry of entries) {
    if (wanted.has(entry[0]) || matches?.(entry[0])) chosen.push(entry);
    if (slice.isOver) await slice.pause();
  }
  return chosen;
}

type Named = Pick<ContainerRecord, 'id' | 'name' | 'imageId' | 'config'>;

/** The markers that log tags have. */
function tagOf(template: string, { id, name, imageId, config }: Named): string {
  const values: Record<string, string> = {
    ID: id.slice(0, 12),
    FullID: id,
    Name: name,
    ImageID: imageId.replace(/^sha256:/, '').slice(0, 12),
    ImageFullID: imageId,
    ImageName: config.Image ?? '',
    DaemonName: 'docker',
  };
  return template.replaceAll(/\{\{\s*\.(\w+)\s*\}\}/g, (whole, field: string) => own(values, field) ?? whole);
}

/** As Go's url.QueryEscape. */
function escapeQuery(text: string): string {
  return encodeURIComponent(text)
    .replaceAll('%20', '+')
    .replaceAll(/[!'()*]/g, character => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}
