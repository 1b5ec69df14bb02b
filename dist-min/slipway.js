import { it as DEFAULT_SOCKET } from "./cli-DDb85CiE.js";
const { enableCompileCache } = process.getBuiltinModule("node:module");
const { fileURLToPath } = process.getBuiltinModule("node:url");
// src/main/cache-directory.ts
/**
* Where Node keeps compiled code. Of the user's own: who may write compiled code there may run it as this user.
*/
function cacheDirectory() {
	if (process.getuid?.() === 0) return "/var/cache/slipway/code";
	return `${process.env.XDG_CACHE_HOME || `${process.env.HOME ?? ""}/.cache`}/slipway/code`;
}
// src/main/slipway.ts
/** The program `slipway`: composes the command line with the daemon, which only `slipway daemon` loads. */
enableCompileCache(cacheDirectory());
const { runCli } = await import("./run-cli-PInv913x.js");
const outputs = /* @__PURE__ */ new Set();
const exitCode = await runCli(process.argv.slice(2), {
	get stdin() {
		return process.stdin;
	},
	get stdout() {
		return opened(process.stdout);
	},
	get stderr() {
		return opened(process.stderr);
	},
	env: process.env,
	isRoot: process.getuid?.() === 0,
	signals: process,
	defaultSocket: DEFAULT_SOCKET,
	async makeRaw() {
		const { makeRaw } = await import("./raw-terminal-7LTPrV4o.js");
		return makeRaw();
	},
	async startDaemon() {
		const { startDaemon } = await import("./start-daemon-CUwHt_Bk.js");
		return startDaemon(fileURLToPath(import.meta.url));
	},
	async runDaemon(flags) {
		const { runDaemon } = await import("./daemon-ChAoL6qq.js");
		await runDaemon(flags);
	}
});
await Promise.all([...outputs].map((output) => new Promise((resolve) => output.write("", resolve))));
process.exit(exitCode);
function opened(output) {
	outputs.add(output);
	return output;
}
export {};
