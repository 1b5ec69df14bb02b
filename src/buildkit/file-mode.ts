/** Types of files in Go's FileMode, which fsutil's protocol has. */
export const GO_TYPE = {
  directory: 2 ** 31,
  link: 1 << 27,
  device: 1 << 26,
  pipe: 1 << 25,
  socket: 1 << 24,
  character: 1 << 21,
};
const FILE_TYPE = 0o170000;
/** Types of stat(2), and Go's bits for them; a regular file has none. */
const TYPES = new Map([
  [0o040000, GO_TYPE.directory],
  [0o120000, GO_TYPE.link],
  [0o060000, GO_TYPE.device],
  [0o020000, GO_TYPE.device | GO_TYPE.character],
  [0o010000, GO_TYPE.pipe],
  [0o140000, GO_TYPE.socket],
]);
/** set-user-ID, set-group-ID and sticky. */
const SPECIAL = [
  [0o4000, 1 << 23],
  [0o2000, 1 << 22],
  [0o1000, 1 << 20],
] as const;

/** Go's FileMode of what stat(2) has. */
export function toGoMode(mode: number): number {
  const special = SPECIAL.reduce((bits, [bit, goBit]) => bits | ((mode & bit) === 0 ? 0 : goBit), 0);
  return (TYPES.get(mode & FILE_TYPE) ?? 0) + special + (mode & 0o777);
}

/** The permissions of Go's FileMode, as chmod(2) takes them. */
export function permissionsOf(goMode: number): number {
  const special = SPECIAL.reduce((bits, [bit, goBit]) => bits | ((goMode & goBit) === 0 ? 0 : bit), 0);
  return (goMode & 0o777) | special;
}
