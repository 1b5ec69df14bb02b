/**
 * Where Node keeps compiled code. Of the user's own: who may write compiled code there may run it as this user.
 */
export function cacheDirectory(): string {
  if (process.getuid?.() === 0) return '/var/cache/slipway/code';
  return `${process.env.XDG_CACHE_HOME || `${process.env.HOME ?? ''}/.cache`}/slipway/code`;
}
