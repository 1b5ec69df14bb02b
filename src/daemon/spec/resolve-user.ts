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
  const accounts = parse(files.passwd);
  const groups = parse(files.group);
  const account = accounts.find(fields =>
    userPart === '' || isNumber(userPart) ? Number(fields[2]) === Number(userPart) : fields[0] === userPart,
  );
  if (!account && userPart !== '' && !isNumber(userPart))
    throw invalid(`unable to find user ${userPart}: no matching entries in passwd file`);
  const uid = checkId(account ? Number(account[2]) : Number(userPart));
  const ownGid = account ? Number(account[3]) : 0;
  const gid = groupPart === '' ? ownGid : groupId(groupPart, groups);
  const name = account?.[0];
  const memberships =
    groupPart === '' && name !== undefined
      ? groups.filter(fields => (fields[3] ?? '').split(',').includes(name)).map(fields => Number(fields[2]))
      : [];
  const added = groupAdd.map(group => addedGroupId(group, groups));
  return {
    uid,
    gid: checkId(gid),
    additionalGids: [...new Set([gid, ...memberships, ...added])],
    home: account?.[5] || '/',
  };
}

const invalid = (message: string) => new EngineError('invalid-parameter', message);

const isNumber = (text: string) => /^[+-]?\d+$/.test(text);

/** Lines of colon-separated fields. */
function parse(text = ''): string[][] {
  return text
    .split('\n')
    .map(line => line.trim())
    .filter(line => line !== '' && !line.startsWith('#'))
    .map(line => line.split(':'));
}

function checkId(id: number): number {
  if (id < 0 || id > MAX_ID) throw invalid(`uids and gids must be in range 0-${MAX_ID}`);
  return id;
}

function groupId(group: string, groups: string[][]): number {
  const entry = groups.find(fields =>
    isNumber(group) ? Number(fields[2]) === Number(group) : fields[0] === group,
  );
  if (entry) return Number(entry[2]);
  if (isNumber(group)) return Number(group);
  throw invalid(`unable to find group ${group}: no matching entries in group file`);
}

function addedGroupId(group: string, groups: string[][]): number {
  const entry = groups.find(fields => fields[0] === group || fields[2] === group);
  if (entry) return Number(entry[2]);
  if (!isNumber(group)) throw invalid(`unable to find group ${group}: no matching entries in group file`);
  return checkId(Number(group));
}
