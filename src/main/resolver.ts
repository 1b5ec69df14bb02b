/** The resolver's process: `resolver.js SOCKET` (networkdriver/dns/serve-resolver.ts). Writes a line once it listens. */
import { serveResolver } from '../networkdriver/dns/serve-resolver.ts';

const [path] = process.argv.slice(2);
if (path === undefined) throw new TypeError('usage: resolver SOCKET');
// It outlives the daemon that started it, and that one's session.
for (const signal of ['SIGHUP', 'SIGINT', 'SIGPIPE'] as const) process.on(signal, () => undefined);
process.umask(0o077);
await serveResolver(path, () => process.stdout.write('listening\n'));
process.exit(0);
