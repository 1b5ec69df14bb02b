const { constants } = process.getBuiltinModule("node:os");
const { spawnSync } = process.getBuiltinModule("node:child_process");
// src/main/raw-terminal.ts
const ENDING = [
	"SIGTERM",
	"SIGHUP",
	"SIGINT",
	"SIGQUIT"
];
/**
* Puts the terminal on standard input into raw mode, with all of cfmakeraw(3): Node's own setRawMode leaves
* output processing on, which doubles the carriage returns of programs in a container. Returns what restores
* it; that also happens when the process exits, or is ended by a signal that nobody else handles.
*/
function makeRaw() {
	const saved = sttyRaw();
	if (saved === void 0) process.stdin.setRawMode(true);
	const restore = () => {
		process.off("exit", restore);
		for (const signal of ENDING) process.off(signal, end);
		if (saved === void 0) process.stdin.setRawMode(false);
		else stty([saved]);
	};
	const end = (signal) => {
		if (process.listenerCount(signal) > 1) return;
		restore();
		process.exit(128 + constants.signals[signal]);
	};
	process.on("exit", restore);
	for (const signal of ENDING) process.on(signal, end);
	return restore;
}
/** The settings as they were, in stty's own form; undefined where there is no stty. */
function sttyRaw() {
	const result = spawnSync("sh", ["-c", "stty -g && stty raw -echo"], { stdio: [
		"inherit",
		"pipe",
		"ignore"
	] });
	return result.status === 0 ? result.stdout.toString().trim() : void 0;
}
function stty(settings) {
	spawnSync("stty", settings, { stdio: [
		"inherit",
		"ignore",
		"ignore"
	] });
}
export { makeRaw };
