import { existsSync, writeFileSync } from 'node:fs';
import type { ContainerCreateRequest, ContainerCreateResponse } from '../../api/types.ts';
import { ResponseError } from '../../client/response-error.ts';
import { ExitError } from '../cli-error.ts';
import type { CommandContext } from '../context.ts';
import { describeError } from '../describe-error.ts';
import { PROGRAM } from '../program.ts';
import { pullImage } from '../streams/pull-image.ts';
import { parseImageName } from '../values/image-name.ts';
import type { ContainerFlags } from './container-flags.ts';

type Flags = Pick<ContainerFlags, 'name' | 'platform' | 'pull' | 'quiet' | 'cidfile' | 'dns'>;

/**
 * Creates the container, pulling its image where `--pull` says so, and prints the daemon's warnings.
 * Returns its id.
 */
export async function createContainer(
  context: CommandContext,
  request: ContainerCreateRequest,
  flags: Flags,
): Promise<string> {
  const image = request.Image ?? '';
  const name = /^[0-9a-f]{64}$/.test(image) ? image : parseImageName(image).familiar;
  checkIdFile(flags.cidfile);
  warnOfLocalDns(context, flags.dns);
  const pull = () =>
    pullImage(context, image, { platform: flags.platform, output: flags.quiet ? undefined : context.stderr });
  if (flags.pull === 'always') await pull();
  const created = await createOrPull({ context, request, flags, name, pull });
  for (const warning of created.Warnings ?? []) context.stderr.write(`WARNING: ${warning}\n`);
  if (flags.cidfile !== '') writeFileSync(flags.cidfile, created.Id);
  return created.Id;
}

export function checkPullFlag(pull: string): void {
  if (!['always', 'missing', 'never', ''].includes(pull))
    throw new Error(`invalid pull option: '${pull}': must be one of "always", "missing" or "never"`);
}

type Creation = {
  context: CommandContext;
  request: ContainerCreateRequest;
  flags: Flags;
  name: string;
  pull: () => Promise<void>;
};

async function createOrPull({
  context,
  request,
  flags,
  name,
  pull,
}: Creation): Promise<ContainerCreateResponse> {
  const client = await context.client();
  const query = { name: flags.name || undefined, platform: flags.platform || undefined };
  const create = () => client.post<ContainerCreateResponse>('/containers/create', { query, body: request });
  try {
    return await create();
  } catch (error) {
    const missing = error instanceof ResponseError && error.status === 404;
    if (!missing || flags.pull !== 'missing') throw error;
    if (!flags.quiet) context.stderr.write(`Unable to find image '${name}' locally\n`);
    await pullOrAdvise(name, pull);
    return create();
  }
}

/** For an image that can be made without a registry, the error says how. */
async function pullOrAdvise(name: string, pull: () => Promise<void>): Promise<void> {
  try {
    await pull();
  } catch (error) {
    if (!/^(busybox:latest|debian:\w+)$/.test(name)) throw error;
    const advice = `To make it from this machine's own packages: ${PROGRAM} image bootstrap ${name.replace(/:latest$/, '')}`;
    throw new Error(`${describeError(error)}\n${advice}`, { cause: error });
  }
}

function checkIdFile(path: string): void {
  if (path !== '' && existsSync(path))
    throw new ExitError(
      1,
      `container ID file found, make sure the other container isn't running or delete ${path}`,
    );
}

function warnOfLocalDns(context: CommandContext, servers: readonly string[]): void {
  const local = servers.find(server => /^(127\.|::1$)/.test(server));
  if (local !== undefined)
    context.stderr.write(`WARNING: Localhost DNS (${local}) may fail in containers.\n`);
}
