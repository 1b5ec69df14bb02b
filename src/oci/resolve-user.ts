import { EngineError, messageOf } from '../base/errors.ts';
import { TimeSlice } from '../base/time-slice.ts';

export type ResolvedUser = {
  uid: number;
  gid: number;
  /** All groups of the process, `gid` first. */
  additionalGids: number[];
  /** What HOME becomes when it is not set. */
  home: string;
};

/** The container's files; undefined when there is none of that path. */
export type AccountFiles = { readFile(path: string): Promise<Buffer | undefined> };

const MAX_ID = 2 ** 31 - 1;
/** NGROUPS_MAX (setgroups(2)) */
const MAX_GROUPS = 65_536;

/**
 * What `USER` (`name`, `uid`, `name:group`, `uid:gid`, or '' for root) and `--group-add` mean in a container, as Docker
 * resolves it: without a group, the user's groups are added. A number is always an id: the files are the image's or the
 * container's own work, and an image must not make another user of the one that was asked for (CVE-2016-3697); Docker
 * takes a number of `--group-add` for a name first. Whatever is in the files gives a user or an error.
 * @throws EngineError invalid-parameter, in Docker's words
 */
export async function resolveUser(
  user: string,
  files: AccountFiles,
  groupAdd: readonly string[] = [],
): Promise<ResolvedUser> {
  const colon = user.indexOf(':');
  const userPart = colon === -1 ? user : user.slice(0, colon);
  const groupPart = colon === -1 ? '' : user.slice(colon + 1);
  const account = await findAccount(files, userPart);
  const [gid = account.gid] = groupPart === '' ? [] : await findGroups(files, [groupPart]);
  const memberships = groupPart === '' ? await groupsOf(files, account.name) : [];
  const added = await findGroups(files, groupAdd);
  const additionalGids = [...new Set([gid, ...memberships, ...added])];
  if (additionalGids.length > MAX_GROUPS) throw invalid('unable to setup user: setgroups: invalid argument');
  for (const id of [account.uid, ...additionalGids]) checkId(id);
  return { uid: account.uid, gid, additionalGids, home: account.home || '/' };
}

type Account = { name: string; uid: number; gid: number; home: string };

async function findAccount(files: AccountFiles, user: string): Promise<Account> {
  const wanted = user === '' ? 0 : idOf(user);
  let account: Account | undefined;
  try {
    await eachEntry(await files.readFile('/etc/passwd'), ([name = '', , uid, gid, , home = '']) => {
      const isWanted = wanted === undefined ? name === user : numberIn(uid) === wanted;
      if (isWanted) account = { name, uid: numberIn(uid), gid: numberIn(gid), home };
      return isWanted;
    });
  } catch (error) {
    throw invalid(`unable to find user ${user || 0}: ${messageOf(error)}`);
  }
  if (account !== undefined) return account;
  if (wanted === undefined) throw invalid(`unable to find user ${user}: no matching entries in passwd file`);
  return { name: '', uid: wanted, gid: 0, home: '' };
}

/** The ids of groups, which are names or ids. */
async function findGroups(files: AccountFiles, groups: readonly string[]): Promise<number[]> {
  const names = new Set(groups.filter(group => idOf(group) === undefined));
  const found = new Map<string, number>();
  if (names.size > 0)
    await eachEntry(await groupFile(files, [...names].join(' ')), ([name = '', , id]) => {
      if (names.has(name) && !found.has(name)) found.set(name, numberIn(id));
      return found.size === names.size;
    });
  return groups.map(group => {
    const gid = found.get(group) ?? idOf(group);
    if (gid !== undefined) return gid;
    throw invalid(`unable to find group ${group}: no matching entries in group file`);
  });
}

/** The groups that have the user as a member. */
async function groupsOf(files: AccountFiles, user: string): Promise<number[]> {
  const gids: number[] = [];
  if (user === '' || user.includes(',')) return gids;
  await eachEntry(await groupFile(files, user), ([, , id, members = '']) => {
    if (`,${members},`.includes(`,${user},`)) gids.push(numberIn(id));
    return gids.length > MAX_GROUPS;
  });
  return gids;
}

/** `subject`: whom it is read for. */
async function groupFile(files: AccountFiles, subject: string): Promise<Buffer | undefined> {
  try {
    return await files.readFile('/etc/group');
  } catch (error) {
    throw invalid(`unable to find groups for spec ${subject}: ${messageOf(error)}`);
  }
}

const MAX_FIELDS = 7;

/** Calls back with the fields of each line (passwd(5), group(5)), until that returns true. */
async function eachEntry(
  content: Buffer | undefined,
  take: (fields: readonly string[]) => boolean,
): Promise<void> {
  const text = content?.toString() ?? '';
  const slice = new TimeSlice();
  for (let at = 0; at < text.length; ) {
    const newline = text.indexOf('\n', at);
    const end = newline < 0 ? text.length : newline;
    const line = text.slice(at, end).trim();
    at = end + 1;
    if (line !== '' && take(line.split(':', MAX_FIELDS))) return;
    if (slice.isOver) await slice.pause();
  }
}

const invalid = (message: string) => new EngineError('invalid-parameter', message);

/** Undefined for a name. */
function idOf(text: string): number | undefined {
  return /^[+-]?\d+$/.test(text) ? Number(text) : undefined;
}

/** The number in a field; what is not a number counts as 0, as with Docker. */
function numberIn(field = ''): number {
  return idOf(field) ?? 0;
}

function checkId(id: number): void {
  if (id < 0 || id > MAX_ID) throw invalid(`uids and gids must be in range 0-${MAX_ID}`);
}
