export type Labels = Readonly<Record<string, string>>;

/** One metric with all its values, in the sense of Prometheus. */
export type MetricFamily = {
  name: string;
  type: 'counter' | 'gauge';
  help: string;
  samples: readonly (readonly [Labels, number])[];
};

/**
 * A family in Prometheus' text format (version 0.0.4); '' without values. The format is written here, and no client library
 * is asked, since nothing is counted between two scrapes: all values are the kernel's.
 */
export function expose({ name, type, help, samples }: MetricFamily): string {
  if (samples.length === 0) return '';
  const lines = samples.map(([labels, value]) => `${name}${exposeLabels(labels)} ${exposeNumber(value)}\n`);
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('')}`;
}

function exposeLabels(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapeLabel(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

function escapeLabel(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

function exposeNumber(value: number): string {
  return Number.isFinite(value) ? String(value) : value > 0 ? '+Inf' : 'NaN';
}

/** A container's label as cAdvisor names it: what Prometheus does not allow becomes `_`. */
export function labelName(key: string): string {
  return `container_label_${key.replace(/[^a-zA-Z0-9_]/g, '_')}`;
}
