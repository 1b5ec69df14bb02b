import { messageOf } from '../../base/errors.ts';
import { ExitError } from '../cli-error.ts';
import { defineCommand } from '../command.ts';
import { inspectFormatFlag } from '../flags/format-flag.ts';
import { infoText, type Info } from '../format/info-text.ts';
import { compileTemplate } from '../format/render-template.ts';
import { VERSION } from '../version.ts';

export const command = defineCommand({
  usage: '[OPTIONS]',
  summary: 'Display system-wide information',
  aliases: ['system info', 'info'],
  flags: { format: inspectFormatFlag() },
  arguments: { min: 0, max: 0 },
  async run(context, { values }) {
    const template = values.format === '' ? undefined : compile(values.format);
    const client = await context.client();
    const info = await client.get<Info>('/info');
    const clientInfo = { Debug: false, Version: VERSION, Context: 'default' };
    if (template !== undefined)
      return void context.stdout.write(`${template.render({ ...info, ClientInfo: clientInfo })}\n`);
    context.stdout.write(`Client:\n Version:    ${VERSION}\n\nServer:\n${infoText(info)}\n`);
    for (const warning of info.Warnings ?? []) context.stderr.write(`${warning}\n`);
  },
});

function compile(format: string) {
  try {
    return compileTemplate(format === 'json' ? '{{json .}}' : format);
  } catch (error) {
    throw new ExitError(64, `template parsing error: ${messageOf(error)}`);
  }
}
