import type { Step } from './progress/build-steps.ts';

const KEY_LENGTH = 12;
const NAME = /^\[(?<label>.*?) ?(?<number>\d+)\/\d+\] (?<text>.*)$/s;
/** COPY --from, and mounts. */
const FROM = /(?:--from=|\bfrom=)([^\s,]+)/g;

type Node = { step: Step; label: string; number: number; text: string };

/**
 * The graph of a build: the operations of each stage, each with what it is built on, what else it takes files from, its key,
 * what went into that, and why it was not in the cache.
 */
export function explainBuild(steps: readonly Step[]): string {
  const nodes = steps.flatMap(step => nodeOf(step) ?? []);
  const labels = [...new Set(nodes.map(({ label }) => label))];
  const stages = labels.map(label => {
    const own = nodes.filter(node => node.label === label).toSorted((a, b) => a.number - b.number);
    return `${label === '' ? 'stage' : `stage ${label}`}\n${own.map(describe).join('')}`;
  });
  return stages.length === 0 ? '' : `\nWhat the build consists of:\n\n${stages.join('\n')}`;
}

function nodeOf(step: Step): Node | undefined {
  const { label = '', number = '', text = '' } = NAME.exec(step.name)?.groups ?? {};
  return number === '' || label === 'internal' ? undefined : { step, label, number: Number(number), text };
}

function describe({ step, number, text }: Node): string {
  const { explanation, error } = step;
  const lines = [`  ${number}. ${text.split('\n')[0]}`];
  const sources = [...text.matchAll(FROM)].map(([, name]) => name);
  if (sources.length > 0) lines.push(`takes files from: ${[...new Set(sources)].join(', ')}`);
  if (error !== '') lines.push('failed');
  if (explanation !== undefined) {
    const { kind, key, inputs, reason } = explanation;
    lines.push(
      `${kind} ${key.replace('sha256:', '').slice(0, KEY_LENGTH)} of: ${inputs.join(', ')}`,
      reason === '' ? 'in the cache' : `built: ${reason}`,
    );
  }
  return `${lines.join('\n       ')}\n`;
}
