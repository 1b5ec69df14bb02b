import { EngineError } from '../../base/errors.ts';

export type ResolvedUser = {
  uid: number;
  gid: number;
  /** All groups of the process, `gid` first. */
  additionalGids: number[];
  /** What HOME becomes when nobody sets it. */
  home: string;
};

export type AccountFiles = {
  /** Contents of the container's /etc/passwd and /etc/group; undefined when there is none. */
  passwd?: string;
  group?: string;
};

const MAX_ID = 2 ** 31 - 1;

/**
 * What `USER` (`name`, `uid`, `name:group`, `uid:gid`, or '' for root) and `--group-add` mean in a container,
 * as Docker resolves it: a number is always an id; without a group, the user's groups are added.
 * @throws EngineError invalid-parameter, in Docker's words
 */
export function resolveUser(
  user: string,
  files: AccountFiles,
  groupAdd: readonly string[] = [],
): ResolvedUser {
  const colon = user.indexOf(':');
  const userPart = colon === -1 ? user : user.slice(0, colon);
  const groupPart = colon === -1 ? '' : user.slice(colon + 1);
  const account = entryOf(files.passwd, userPart || '0');
  if (!account && userPart !== '' && !isNumber(userPart))
    throw invalid(`unable to find user ${userPart}: no matching entries in passwd file`);
  const uid = checkId(account ? Number(account[2]) : Number(userPart));
  const ownGid = account ? Number(account[3]) : 0;
  const gid = groupPart === '' ? ownGid : groupId(groupPart, files.group);
  const name = account?.[0];
  const memberships = groupPart === '' && name !== undefined ? groupsOf(name, files.group) : [];
  const added = groupAdd.map(group => addedGroupId(group, files.group));
  return {
    uid,
    gid: checkId(gid),
    additionalGids: [...new Set([gid, ...memberships, ...added])],
    home: account?.[5] || '/',
  };
}

const invalid = (message: string) => new EngineError('invalid-parameter', message);

const isNumber = (text: string) => /^[+-]?\d+$/.test(text);

/**
 * The first entry (passwd(5), group(5)) of that id, where it is a number, or else of that name. The files are searched
 * as they are: they are the container's, and may have millions of lines.
 */
function entryOf(text: string | undefined, nameOrId: string): string[] | undefined {
  if (!isNumber(nameOrId)) return entryNamed(text, nameOrId);
  if (nameOrId.startsWith('-')) return undefined;
  return firstEntry(text, `(?:[^:\\n]*:){2}\\+?0*${nameOrId.replace(/^\+?0*(?=\d)/, '')}`);
}

function entryNamed(text: string | undefined, name: string): string[] | undefined {
  return firstEntry(text, RegExp.escape(name));
}

function firstEntry(text = '', fields: string): string[] | undefined {
  const [line] = new RegExp(START + fields + END, 'm').exec(text) ?? [];
  return line?.trim().split(':');
}

/** Ids of the groups that have a user among their members. */
function groupsOf(user: string, text = ''): number[] {
  const member = `(?:[^:\\n]*,)?${RegExp.escape(user)}(?:,[^:\\n]*)?`;
  const lines = text.matchAll(new RegExp(`${START}(?:[^:\\n]*:){3}${member}${END}`, 'gm'));
  return Array.from(lines, ([line]) => Number(line.split(':')[2]));
}

/** Of a line that is no comment, and of a field and all after it. */
const START = '^[^\\S\\n]*(?!#)';
const END = '(?:[^\\S\\n]*$|:.*$)';

function checkId(id: number): number {
  if (id < 0 || id > MAX_ID) throw invalid(`uids and gids must be in range 0-${MAX_ID}`);
  return id;
}

/** A number is an id, whether there is such a group or not. */
function groupId(group: string, text: string | undefined): number {
  const entry = entryOf(text, group);
  if (entry) return checkId(Number(entry[2]));
  if (isNumber(group)) return checkId(Number(group));
  throw invalid(`unable to find group ${group}: no matching entries in group file`);
}

/** As Docker has it, here a number may be a group's name. */
function addedGroupId(group: string, text: string | undefined): number {
  const entry = entryNamed(text, group);
  return entry ? Number(entry[2]) : groupId(group, text);
}
