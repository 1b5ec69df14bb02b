import { DistributionError } from './distribution-error.ts';

const COMPONENT = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*';
const NAME = new RegExp(`^${COMPONENT}(?:/${COMPONENT})*$`);
const MAXIMUM_LENGTH = 255;
const TAG = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/;

export function isRepositoryName(name: string): boolean {
  return name.length <= MAXIMUM_LENGTH && NAME.test(name);
}

/** @throws DistributionError NAME_INVALID (distribution-spec, "Pulling manifests") */
export function checkRepositoryName(name: string): string {
  if (isRepositoryName(name)) return name;
  throw new DistributionError('NAME_INVALID', 'invalid repository name', {
    detail: { name: name.slice(0, 300) },
  });
}

export function isTagName(text: string): boolean {
  return TAG.test(text);
}
