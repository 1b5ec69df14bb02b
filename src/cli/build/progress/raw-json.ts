import type { Status } from '../solve-build.ts';

/** A status as buildx prints it with `--progress rawjson`. */
export function rawJson({ vertexes, statuses, logs, warnings }: Status): string {
  return JSON.stringify({
    ...filled('vertexes', vertexes, vertex => ({
      digest: vertex.digest,
      ...(vertex.inputs?.length ? { inputs: vertex.inputs } : {}),
      name: vertex.name,
      ...timeOf('started', vertex.started),
      ...timeOf('completed', vertex.completed),
      ...(vertex.cached ? { cached: true } : {}),
      ...(vertex.error ? { error: vertex.error } : {}),
    })),
    ...filled('statuses', statuses, status => ({
      id: status.id,
      vertex: status.vertex,
      ...(status.name ? { name: status.name } : {}),
      ...(status.total ? { total: status.total } : {}),
      current: status.current,
      ...timeOf('timestamp', status.timestamp),
      ...timeOf('started', status.started),
      ...timeOf('completed', status.completed),
    })),
    ...filled('logs', logs, log => ({
      vertex: log.vertex,
      stream: log.stream,
      data: base64(log.data),
      ...timeOf('timestamp', log.timestamp),
    })),
    ...filled('warnings', warnings, warning => ({
      vertex: warning.vertex,
      level: warning.level,
      short: base64(warning.short),
      detail: warning.detail?.map(base64),
      url: warning.url,
      sourceInfo: { filename: warning.info?.filename, data: base64(warning.info?.data) },
      range: warning.ranges,
    })),
  });
}

function filled<T>(name: string, values: readonly (T | undefined)[], shown: (value: T) => object): object {
  const there = values.filter(value => value !== undefined);
  return there.length === 0 ? {} : { [name]: there.map(shown) };
}

function base64(data: Uint8Array | undefined): string {
  return Buffer.from(data ?? []).toString('base64');
}

function timeOf(name: string, ms: number | undefined): object {
  return ms === undefined ? {} : { [name]: new Date(ms).toISOString() };
}
