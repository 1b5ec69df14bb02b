import type { ContainerRecord } from '../containers/container-record.ts';

/**
 * What `docker logs --details` shows before each line: the labels and variables that the log options name, as
 * `key=value` pairs, sorted. They are the same for every line, so no line of the file has them.
 */
export function logAttributes({ config, hostConfig, ...record }: ContainerRecord): string {
  const options = hostConfig.LogConfig?.Config ?? {};
  const labels = Object.entries(config.Labels ?? {});
  const variables = (config.Env ?? []).map((entry): [string, string] => {
    const [name = '', ...value] = entry.split('=');
    return [name, value.join('=')];
  });
  const chosen = new Map([
    ...selected(labels, options.labels, options['labels-regex']),
    ...selected(variables, options.env, options['env-regex']),
    ...(options.tag ? [['tag', tagOf(options.tag, { ...record, config })] as const] : []),
  ]);
  return [...chosen]
    .map(([key, value]) => `${escapeQuery(key)}=${escapeQuery(value)}`)
    .sort()
    .join(',');
}

function selected(
  entries: [string, string][],
  names: string | undefined,
  pattern: string | undefined,
): [string, string][] {
  const wanted = new Set((names ?? '').split(','));
  const expression = pattern ? new RegExp(pattern) : undefined;
  return entries.filter(([name]) => wanted.has(name) || expression?.test(name));
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
  return template.replaceAll(/\{\{\s*\.(\w+)\s*\}\}/g, (whole, field: string) => values[field] ?? whole);
}

/** As Go's url.QueryEscape. */
function escapeQuery(text: string): string {
  return encodeURIComponent(text)
    .replaceAll('%20', '+')
    .replaceAll(/[!'()*]/g, character => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}
