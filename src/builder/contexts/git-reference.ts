import { EngineError } from '../../base/errors.ts';

/** A repository, and what of it. */
export type GitReference = {
  /** As git takes it, without what is behind `#`. */
  remote: string;
  host: string;
  /** A branch, a tag or a commit; '' for what the repository begins with. */
  ref: string;
  /** A directory in it, '' for all. */
  subdirectory: string;
  /** The commit that has to come of it, or its beginning; '' for any. */
  checksum: string;
  /** Undefined where it is not said. */
  keepGitDirectory: boolean | undefined;
};

const SCP = /^(?:[\w.-]+@)?(?<host>[\w.-]+):(?!\/\/|:).+$/;
const PROTOCOLS = ['http:', 'https:', 'ssh:', 'git:'];
const REF = /^[\w./@^~{}+-]{1,256}$/;

/** Whether a text names a repository, and not a file at a URL (BuildKit's gitutil). */
export function isGitReference(text: string): boolean {
  if (/^(?:ssh|git):\/\//.test(text)) return true;
  if (/^https?:\/\//.test(text)) return /\.git(?:[#?].*)?$/.test(text);
  return /^git@[\w.-]+:/.test(text) || text.startsWith('github.com/');
}

/** `https://host/repository.git#ref:subdirectory`, and queries in place of the fragment. @throws EngineError invalid-parameter */
export function parseGitReference(text: string): GitReference {
  const full = text.startsWith('github.com/') ? `https://${text}` : text;
  const [address, fragment] = split(full, '#');
  const isScp = !address.includes('://');
  const url = isScp ? undefined : (URL.parse(address) ?? undefined);
  const host = isScp ? SCP.exec(address)?.groups?.host : url?.host;
  if (!host || (url !== undefined && !PROTOCOLS.includes(url.protocol)))
    throw new EngineError('invalid-parameter', `invalid git repository: ${text}`);
  const query = new URLSearchParams(url?.searchParams);
  const [fragmentRef, fragmentDirectory] = split(fragment, ':');
  const ref = fragmentRef || query.get('ref') || tagOrBranch(query) || '';
  if (ref !== '' && (!REF.test(ref) || ref.startsWith('-')))
    throw new EngineError('invalid-parameter', `invalid git reference: ${ref}`);
  const keep = query.get('keep-git-dir');
  if (url !== undefined) url.search = '';
  return {
    remote: url === undefined ? address : url.href,
    host,
    ref,
    subdirectory: fragmentDirectory || (query.get('subdir') ?? ''),
    checksum: query.get('checksum') ?? query.get('commit') ?? '',
    keepGitDirectory: keep === null ? undefined : ['', '1', 'true'].includes(keep),
  };
}

function tagOrBranch(query: URLSearchParams): string {
  const [tag, branch] = [query.get('tag'), query.get('branch')];
  if (tag) return `refs/tags/${tag}`;
  return branch ? `refs/heads/${branch}` : '';
}

function split(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}
