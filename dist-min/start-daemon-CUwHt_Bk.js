import { $ as EngineError } from "./cli-DDb85CiE.js";
const { mkdirSync, openSync, readFileSync } = process.getBuiltinModule("node:fs");
const { setTimeout } = process.getBuiltinModule("node:timers/promises");
const { spawn } = process.getBuiltinModule("node:child_process");
const { connect } = process.getBuiltinModule("node:net");
// src/main/start-daemon.ts
const LOG_DIRECTORY = "/var/log/slipway";
const LOG_FILE = `${LOG_DIRECTORY}/daemon.log`;
const START_TIMEOUT_MS = 3e4;
const POLL_MS = 20;
/**
* Starts `slipway daemon` in the background, in a session of its own, its output going to a log file; settles
* once its socket takes connections. `program` is the script that Node runs.
* @throws EngineError unavailable, with the log's last line, when it ends first or takes too long
*/
async function startDaemon(program) {
	mkdirSync(LOG_DIRECTORY, {
		recursive: true,
		mode: 493
	});
	const log = openSync(LOG_FILE, "a", 416);
	const child = spawn(process.execPath, [
		...process.execArgv,
		program,
		"daemon"
	], {
		cwd: "/",
		detached: true,
		stdio: [
			"ignore",
			log,
			log
		]
	});
	if (!await listens(child)) {
		const message = `the daemon did not start: ${lastLine(LOG_FILE)}`;
		throw new EngineError("unavailable", message, { hint: `See ${LOG_FILE}.` });
	}
	child.unref();
	return { log: LOG_FILE };
}
async function listens(child) {
	const failed = new AbortController();
	child.on("error", () => failed.abort());
	const deadline = Date.now() + START_TIMEOUT_MS;
	while (child.exitCode === null && child.signalCode === null && !failed.signal.aborted && Date.now() < deadline) {
		if (await isListening("/run/slipway/slipway.sock")) return true;
		await setTimeout(POLL_MS);
	}
	return false;
}
function isListening(path) {
	return new Promise((resolve) => {
		const socket = connect(path);
		socket.on("connect", () => {
			socket.destroy();
			resolve(true);
		});
		socket.on("error", () => resolve(false));
	});
}
function lastLine(path) {
	return readFileSync(path, "utf8").trimEnd().split("\n").at(-1) ?? "";
}
export { startDaemon };
