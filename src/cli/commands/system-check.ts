import type { SystemCheckReport } from '../../api/types.ts';
import { ExitError } from '../cli-error.ts';
import { defineCommand } from '../command.ts';
import { bool } from '../flags/flag.ts';
import { formatFlag } from '../flags/format-flag.ts';
import { compileTemplate } from '../format/render-template.ts';
import { showProgress } from '../streams/show-progress.ts';
import { formatSize } from '../values/size.ts';

export const command = defineCommand({
  usage: '[OPTIONS]',
  summary: "Verify the engine's images, layers and records, and repair them",
  description:
    'Verify everything that the engine keeps: hash all content, compare layers and containers with their records, ' +
    'find what belongs to nobody. Without --repair nothing is changed.\n\n' +
    'Exit status: 0 when all is well or was repaired, 1 when something is left.',
  flags: {
    format: formatFlag(),
    layers: bool('', 'Compare the unpacked layers with their archives, file by file'),
    quiet: bool('q', 'Do not show progress'),
    repair: bool('', 'Repair what can be repaired, remove what belongs to nobody'),
  },
  arguments: { min: 0, max: 0 },
  async run(context, { values }) {
    const { repair, layers, quiet, format } = values;
    const client = await context.client();
    const query = { ...(repair ? { repair: '1' } : {}), ...(layers ? { layers: '1' } : {}) };
    const stream = await client.stream('POST', '/slipway/system/check', { query });
    let report: SystemCheckReport | undefined;
    await showProgress(stream, quiet || format !== '' ? undefined : context.stderr, aux => {
      report = aux as SystemCheckReport;
    });
    if (report === undefined) throw new Error('the daemon ended the check without a report');
    context.stdout.write(format === '' ? textOf(report) : rendered(report, format));
    if (report.Findings.some(({ Repaired }) => !Repaired)) throw new ExitError(1);
  },
});

function rendered(report: SystemCheckReport, format: string): string {
  return `${compileTemplate(format === 'json' ? '{{json .}}' : format).render(report)}\n`;
}

function textOf(report: SystemCheckReport): string {
  const { Blobs, BlobBytes, Layers, ContainerLayers, Findings } = report;
  const lines = Findings.map(({ Kind, Subject, Detail, Images, Repaired }) => {
    const what = `${Repaired ? 'repaired' : 'PROBLEM'}: ${Kind.replaceAll('-', ' ')} ${Subject}`;
    const broken = Images.length === 0 || Repaired ? '' : `\n  broken images: ${Images.join(', ')}`;
    return `${what}${Detail === '' ? '' : `\n  ${Detail}`}${broken}\n`;
  });
  const left = Findings.filter(({ Repaired }) => !Repaired).length;
  const verdict =
    Findings.length === 0 ? 'All is well.' : `${Findings.length} found, ${Findings.length - left} repaired.`;
  const checked = `Checked ${Blobs} blobs (${formatSize(BlobBytes)}), ${Layers} layers, ${ContainerLayers} container layers. ${verdict}`;
  return `${lines.join('')}${checked}\n`;
}
