import { EngineError } from '../../base/errors.ts';
import type { LineRange } from '../../dockerfile/dockerfile-error.ts';
import { parseDockerfile } from '../../dockerfile/parse-dockerfile.ts';
import { hostPlatform } from '../../oci/platform.ts';
import type { BuilderParts } from '../builder-parts.ts';
import type { BuildRequest } from '../build-request.ts';
import { type Checked, checkDockerfile } from '../checks/check-dockerfile.ts';
import { outlineOf, targetsOf } from '../checks/describe-dockerfile.ts';
import { descriptionOf, urlOf } from '../checks/rules.ts';
import { planStages } from '../frontend/plan-stages.ts';
import { platformArgs } from '../frontend/scope.ts';

/** What a request that builds nothing answers: metadata of a result. */
export type Answer = Record<string, Buffer>;

const NAMES = ['frontend.lint', 'frontend.outline', 'frontend.targets', 'frontend.subrequests.describe'];

/** Answers `docker build --check`, and `--call`. @throws EngineError not-implemented for an unknown one */
export async function answerSubrequest(
  parts: BuilderParts,
  name: string,
  { request, ignored }: { request: BuildRequest; ignored: readonly string[] },
): Promise<Answer> {
  switch (name) {
    case 'frontend.lint':
      return lintAnswer(await checked(parts, request, ignored), request);
    case 'frontend.outline':
      return outlineAnswer(request);
    case 'frontend.targets':
      return targetsAnswer(request);
    case 'frontend.subrequests.describe':
      return answer(
        NAMES.map(each => ({ name: each, version: '1.0.0', type: 'rpc' })),
        NAMES.join('\n'),
      );
    default:
      throw new EngineError('not-implemented', `unsupported request ${name}`);
  }
}

/** What the checks find in a request's Dockerfile. */
export function checked(
  parts: BuilderParts,
  request: BuildRequest,
  ignored: readonly string[],
): Promise<Checked> {
  const { dockerfile, target, buildArgs, platform } = request;
  return checkDockerfile({
    dockerfile,
    target,
    buildArgs,
    platform,
    ignored,
    contexts: new Set(request.namedContexts.keys()),
    environmentOf: async (reference, wanted) => {
      try {
        return (await parts.resolve(reference, wanted)).config.config?.Env ?? [];
      } catch {
        return undefined;
      }
    },
  });
}

function answer(content: unknown, text: string, statusCode = 0): Answer {
  return {
    'result.json': Buffer.from(JSON.stringify(content)),
    'result.txt': Buffer.from(text),
    version: Buffer.from('1.0.0'),
    ...(statusCode === 0 ? {} : { 'result.statuscode': Buffer.from(String(statusCode)) }),
  };
}

function locationOf({ start, end }: LineRange) {
  return { ranges: [{ start: { line: start }, end: { line: end } }] };
}

function lintAnswer({ warnings, error }: Checked, request: BuildRequest): Answer {
  const { dockerfileName: filename, dockerfile } = request;
  const text = warnings.map(
    ({ rule, detail, range }) => `WARNING: ${rule} - ${urlOf(rule)}\n${detail}\n${filename}:${range.start}\n`,
  );
  const content = {
    warnings: warnings.map(({ rule, detail, range }) => ({
      ruleName: rule,
      description: descriptionOf(rule),
      url: urlOf(rule),
      detail,
      location: locationOf(range),
    })),
    sources: [{ filename, data: Buffer.from(dockerfile).toString('base64'), language: 'Dockerfile' }],
    ...(error === undefined
      ? {}
      : { buildError: { message: error.message, location: locationOf(error.range) } }),
  };
  return answer(content, text.join('\n'), error === undefined && warnings.length === 0 ? 0 : 1);
}

function planOf({ dockerfile: text, buildArgs, platform, target, namedContexts }: BuildRequest) {
  const dockerfile = parseDockerfile(text);
  const inherited = platformArgs(hostPlatform(), platform, target);
  const contexts = new Set(namedContexts.keys());
  const { escape } = dockerfile;
  return { dockerfile, plan: planStages(dockerfile, { escape, buildArgs, inherited, target, contexts }) };
}

function outlineAnswer(request: BuildRequest): Answer {
  const { dockerfile, plan } = planOf(request);
  const { name, description, args, secrets, ssh, cache } = outlineOf(dockerfile, request.dockerfile, plan);
  const content = {
    ...(name === '' ? {} : { name }),
    ...(description === '' ? {} : { description }),
    args: args.map(({ range, ...arg }) => ({ ...present(arg), location: locationOf(range) })),
    secrets: secrets.map(({ range, ...each }) => ({ ...present(each), location: locationOf(range) })),
    ssh: ssh.map(({ range, ...each }) => ({ ...present(each), location: locationOf(range) })),
    cache: cache.map(({ id, range }) => ({ ID: id, location: locationOf(range) })),
    sources: [Buffer.from(request.dockerfile).toString('base64')],
  };
  const lines = args.map(arg => [arg.name, arg.value, arg.description].join('\t').trimEnd());
  return answer(content, `TARGET: ${name || '(default)'}\n\n${lines.join('\n')}\n`);
}

function targetsAnswer({ dockerfile: text }: BuildRequest): Answer {
  const targets = targetsOf(parseDockerfile(text), text);
  const content = {
    targets: targets.map(({ isDefault, range, ...target }) => ({
      ...present(target),
      ...(isDefault ? { default: true } : {}),
      location: locationOf(range),
    })),
    sources: [Buffer.from(text).toString('base64')],
  };
  const lines = targets.map(({ name, isDefault, description }) =>
    [`${name}${isDefault ? ' (default)' : ''}`.trim(), description].join('\t').trimEnd(),
  );
  return answer(content, `${lines.join('\n')}\n`);
}

/** Without what is empty. */
function present(values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== '' && value !== false));
}
