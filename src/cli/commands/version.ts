import { arch, release } from 'node:os';
import { API_VERSION, type SystemVersion } from '../../api/types.ts';
import { messageOf } from '../../base/errors.ts';
import { ExitError } from '../cli-error.ts';
import { defineCommand } from '../command.ts';
import type { CommandContext } from '../context.ts';
import { describeError } from '../describe-error.ts';
import { inspectFormatFlag } from '../flags/format-flag.ts';
import { compileTemplate, type Template } from '../format/render-template.ts';
import { VERSION } from '../version.ts';

export const command = defineCommand({
  usage: '[OPTIONS]',
  summary: 'Show the Slipway version information',
  flags: { format: inspectFormatFlag() },
  arguments: { min: 0, max: 0 },
  async run(context, { values }) {
    const template = values.format === '' ? undefined : compile(values.format);
    const client = clientVersion();
    const [server, problem] = await serverVersion(context);
    if (template === undefined) context.stdout.write(clientText(client) + (server ? serverText(server) : ''));
    else
      context.stdout.write(`${render(template, { Client: client, Server: withGoNames(server) ?? null })}\n`);
    if (problem !== undefined) throw new ExitError(1, describeError(problem));
  },
});

type ClientVersion = ReturnType<typeof clientVersion>;

function clientVersion() {
  return {
    Platform: { Name: '' },
    Version: VERSION,
    ApiVersion: API_VERSION,
    NodeVersion: process.versions.node,
    Os: 'linux',
    Arch: goArch(),
    KernelVersion: release(),
  };
}

function goArch(): string {
  return arch() === 'x64' ? 'amd64' : arch();
}

async function serverVersion(context: CommandContext): Promise<[SystemVersion | undefined, unknown]> {
  try {
    const client = await context.client();
    return [await client.get<SystemVersion>('/version'), undefined];
  } catch (error) {
    return [undefined, error];
  }
}

/** Templates know the fields by Docker's names. */
function withGoNames(server: SystemVersion | undefined): object | undefined {
  if (server === undefined) return undefined;
  const names = { APIVersion: server.ApiVersion, MinAPIVersion: server.MinAPIVersion };
  const hidden = Object.entries(names).map(([name, value]) => [name, { value, enumerable: false }] as const);
  return Object.defineProperties(
    { ...server },
    Object.fromEntries(hidden.filter(([name]) => !(name in server))),
  );
}

function compile(format: string): Template {
  try {
    return compileTemplate(format === 'json' ? '{{json .}}' : format);
  } catch (error) {
    throw new ExitError(64, `template parsing error: ${messageOf(error)}`);
  }
}

function render(template: Template, data: object): string {
  try {
    return template.render(data);
  } catch (error) {
    throw new Error(`template parsing error: ${messageOf(error)}`, { cause: error });
  }
}

function clientText(client: ClientVersion): string {
  const lines = [
    ['Version', client.Version],
    ['API version', client.ApiVersion],
    ['Node version', client.NodeVersion],
    ['OS/Arch', `${client.Os}/${client.Arch}`],
  ];
  return `Client:\n${lines.map(([name, value]) => ` ${`${name}:`.padEnd(18)} ${value}\n`).join('')}`;
}

function serverText(server: SystemVersion): string {
  const lines = [
    ['Version', server.Version],
    ['API version', `${server.ApiVersion} (minimum version ${server.MinAPIVersion})`],
    ['Git commit', server.GitCommit],
    ['Built', server.BuildTime],
    ['OS/Arch', `${server.Os}/${server.Arch}`],
    ['Kernel', server.KernelVersion],
  ];
  const shown = lines.filter(([, value]) => value).map(([name, value]) => detail(name ?? '', value ?? ''));
  const others = (server.Components ?? []).slice(1).map(({ Name, Version, Details }) => {
    const details = Object.entries(Details ?? {}).map(([name, value]) => detail(name, value));
    return ` ${Name}:\n${detail('Version', Version)}${details.join('')}`;
  });
  const name = server.Platform?.Name;
  return `\nServer:${name ? ` ${name}` : ''}\n Engine:\n${shown.join('')}${others.join('')}`;
}

function detail(name: string, value: string): string {
  return `  ${`${name}:`.padEnd(17)} ${value}\n`;
}
