const { createReadStream, createWriteStream, existsSync, globSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } = process.getBuiltinModule("node:fs");
const { dirname, isAbsolute, normalize: normalize$1, resolve } = process.getBuiltinModule("node:path");
const { once } = process.getBuiltinModule("node:events");
const { arch, release } = process.getBuiltinModule("node:os");
const { setTimeout } = process.getBuiltinModule("node:timers/promises");
const { Writable } = process.getBuiltinModule("node:stream");
const { connect, isIP, isIPv6 } = process.getBuiltinModule("node:net");
const { pipeline } = process.getBuiltinModule("node:stream/promises");
const { Agent, request } = process.getBuiltinModule("node:http");
// src/cli/daemon-flags.ts
const DEFAULT_SOCKET = "/run/slipway/slipway.sock";
const DEFAULT_DAEMON_FLAGS = {
	hosts: [`unix://${DEFAULT_SOCKET}`],
	dataRoot: "/var/lib/slipway",
	execRoot: "/run/slipway",
	pidfile: "/run/slipway/slipway.pid",
	storageDriver: "",
	storageOpts: [],
	bip: "",
	bridge: "",
	mtu: 1500,
	dns: [],
	dnsSearch: [],
	dnsOptions: [],
	debug: false,
	logLevel: "info",
	logDriver: "json-file",
	logOpts: {},
	group: "",
	cgroupParent: "",
	defaultUlimits: [],
	defaultShmSizeBytes: 67108864,
	labels: [],
	init: false,
	shutdownTimeoutSeconds: 15
};
// src/cli/version.ts
/** The package's version. package.json is one level above the bundle, two above the sources. */
const VERSION = readVersion(["../package.json", "../../package.json"]);
function readVersion(paths) {
	for (const path of paths) try {
		return JSON.parse(readFileSync(new URL(path, import.meta.url), "utf8")).version;
	} catch {}
	return "unknown";
}
// src/base/errors.ts
/** The one error type of the engine. Bugs stay TypeError and RangeError. */
var EngineError = class extends Error {
	kind;
	/** What the user can do about it, shown on a line of its own by the CLI. */
	hint;
	constructor(kind, message, options = {}) {
		super(message, options.cause === void 0 ? void 0 : { cause: options.cause });
		this.name = "EngineError";
		this.kind = kind;
		this.hint = options.hint;
	}
};
/** A kernel call that failed. `message` reads `call(arguments): ERRNO`. */
var SyscallError = class extends EngineError {
	call;
	/** Positive, as in errno(3). */
	errno;
	/** The errno's name, as Node's own errors have it in `code`: 'ENOENT'. */
	code;
	constructor(call, errno, code, detail = "") {
		super("system", `${call}(${detail}): ${code}`);
		this.name = "SyscallError";
		this.call = call;
		this.errno = errno;
		this.code = code;
	}
};
/** The `code` of a Node or kernel error ('ENOENT'), undefined for everything else. */
function errorCode(error) {
	const code = error?.code;
	return typeof code === "string" ? code : void 0;
}
function messageOf(error) {
	return error instanceof Error ? error.message : String(error);
}
// src/base/short-id.ts
/** The 12 digits that people see. Accepts an id with or without `sha256:`. */
function shortId(id) {
	return id.replace(/^sha256:/, "").slice(0, 12);
}
// src/api/types.ts
/**
* The wire types of the Docker Engine API, version 1.51, under their own names (api.yaml in docker/docker).
* Numbers are what JSON has: durations in nanoseconds, sizes in bytes, times as RFC 3339 with nanoseconds.
*/
const API_VERSION = "1.51";
const MIN_API_VERSION = "1.24";
// src/cli/cli-error.ts
/** A command that ends with `exitCode`, after `message` (when not empty) has gone to standard error as it is. */
var ExitError = class extends Error {
	exitCode;
	constructor(exitCode, message = "") {
		super(message);
		this.exitCode = exitCode;
	}
};
/** A flag that does not fit the grammar: shown with the command's usage line, exit code 125. */
var FlagError = class extends Error {};
/** The wrong number of arguments: shown with the command's usage line, exit code 1. */
var UsageError = class extends Error {
	/** Docker says `See` for some of these, and `Run` for the others. */
	verb;
	constructor(message, verb) {
		super(message);
		this.verb = verb;
	}
};
// src/cli/command.ts
function defineCommand(command) {
	return command;
}
// src/client/frames.ts
const HEADER_BYTES = 8;
const STDERR = 2;
const DAEMON_ERROR = 3;
/**
* Splits Docker's multiplexed stream (Engine API, "Attach to a container": one byte of stream type, three of
* zero, four of length, big endian) onto two writables. Settles at the stream's end; neither is ended.
* @throws Error with the daemon's message, when a frame of stream type 3 comes
*/
async function copyFrames(source, stdout, stderr) {
	let pending = Buffer.alloc(0);
	for await (const chunk of source) {
		pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
		pending = await writeFrames(pending, stdout, stderr);
	}
}
/** Writes the complete frames of `data`, and as much of the last as there is. Returns what must wait for more. */
async function writeFrames(data, stdout, stderr) {
	let at = 0;
	while (data.length - at >= HEADER_BYTES) {
		const type = data[at];
		const length = data.readUInt32BE(at + 4);
		const end = at + HEADER_BYTES + length;
		if (end > data.length) break;
		const payload = data.subarray(at + HEADER_BYTES, end);
		if (type === DAEMON_ERROR) throw new Error(`error from daemon in stream: ${payload.toString()}`);
		await writeAll(type === STDERR ? stderr : stdout, payload);
		at = end;
	}
	return data.subarray(at);
}
/** Writes, and waits where the reader is slower. */
function writeAll(target, data) {
	if (target.write(data) || target.destroyed) return void 0;
	return new Promise((resolve) => {
		const done = () => {
			target.off("drain", done);
			target.off("close", done);
			resolve();
		};
		target.once("drain", done);
		target.once("close", done);
	});
}
// src/cli/streams/detach-keys.ts
const DEFAULT_KEYS = [16, 17];
const CONTROLS = "@abcdefghijklmnopqrstuvwxyz[\\]^_";
/** Watches input for the detach sequence (`ctrl-p,ctrl-q` by default), which is never passed on. */
var DetachScanner = class {
	#keys;
	#matched = 0;
	/** An unknown key disables detaching; the daemon answers for its wording. */
	constructor(keys) {
		this.#keys = keys === "" ? DEFAULT_KEYS : parseKeys(keys);
	}
	/** What of `chunk`, and of earlier keys that turned out to be input, goes to the container. */
	feed(chunk) {
		const forward = [];
		for (const byte of chunk) {
			if (this.#keys.length > 0 && byte === this.#keys[this.#matched]) {
				this.#matched += 1;
				if (this.#matched === this.#keys.length) return {
					forward: Buffer.from(forward),
					detached: true
				};
				continue;
			}
			forward.push(...this.#keys.slice(0, this.#matched));
			this.#matched = byte === this.#keys[0] && this.#keys.length > 1 ? 1 : 0;
			if (this.#matched === 0) forward.push(byte);
		}
		return {
			forward: Buffer.from(forward),
			detached: false
		};
	}
};
function parseKeys(text) {
	const keys = text.split(",").map((key) => {
		if (key.length === 1) return key.charCodeAt(0);
		return key.startsWith("ctrl-") && key.length === 6 ? CONTROLS.indexOf((key[5] ?? "").toLowerCase()) : -1;
	});
	return keys.includes(-1) ? [] : keys;
}
// src/cli/streams/copy-hijacked.ts
/**
* Copies between the user's streams and a hijacked connection until the daemon closes it or the user detaches.
* With a terminal both ways are raw. The end of the input is passed on as a half-close. The user's terminal is
* restored in any case.
*/
async function copyHijacked(host, socket, options) {
	const restore = options.tty && options.stdin && host.stdin.isTTY ? await host.makeRaw() : () => void 0;
	const input = options.stdin ? copyInput(host, socket, options) : void 0;
	try {
		const output = copyOutput(host, socket, options).then(() => "closed");
		return await (input === void 0 ? output : Promise.race([output, input.detached]));
	} finally {
		restore();
		input?.stop();
		socket.destroy();
	}
}
function copyInput({ stdin }, socket, options) {
	const { promise: detached, resolve } = Promise.withResolvers();
	const scanner = options.tty ? new DetachScanner(options.detachKeys) : void 0;
	const onData = (chunk) => {
		const { forward, detached: asked } = scanner?.feed(chunk) ?? {
			forward: chunk,
			detached: false
		};
		if (socket.writable && forward.length > 0 && !socket.write(forward)) {
			stdin.pause();
			socket.once("drain", () => stdin.resume());
		}
		if (asked) resolve("detached");
	};
	const onEnd = () => socket.end();
	stdin.on("data", onData).on("end", onEnd).on("error", onEnd);
	if (stdin.readableEnded) onEnd();
	const stop = () => {
		stdin.off("data", onData).off("end", onEnd).off("error", onEnd).pause();
		stdin.unref?.();
	};
	return {
		detached,
		stop
	};
}
async function copyOutput(host, socket, options) {
	const stdout = options.stdout ? host.stdout : discard();
	const stderr = options.stderr ? host.stderr : discard();
	try {
		if (options.tty) for await (const chunk of socket) await writeAll(stdout, chunk);
		else await copyFrames(socket, stdout, stderr);
	} catch (error) {
		const { code } = error;
		if (code !== "ECONNRESET" && code !== "EPIPE" && code !== "ERR_STREAM_PREMATURE_CLOSE") throw error;
	}
}
function discard() {
	return new Writable({ write: (_chunk, _encoding, done) => done() });
}
// src/cli/streams/follow-size.ts
/**
* Tells the daemon the terminal's size, now and at every change. `path` is that of the container or the exec.
* Returns what stops it.
*/
function followSize(host, client, path) {
	const { stdout } = host;
	if (!stdout.isTTY) return () => void 0;
	const send = () => {
		const query = {
			h: stdout.rows ?? 0,
			w: stdout.columns ?? 0
		};
		client.post(`${path}/resize`, { query }).catch(() => void 0);
	};
	send();
	stdout.on("resize", send);
	return () => {
		stdout.off("resize", send);
	};
}
// src/cli/container/start-attached.ts
/**
* Attaches and registers for the exit, then calls `start`, copies the streams, and returns the exit code;
* undefined when the user detached. When `start` fails its error is thrown, after the terminal is restored.
*/
async function startAttached(context, plan, start) {
	const client = await context.client();
	const path = `/containers/${plan.containerId}`;
	const [socket, exit] = await Promise.all([client.hijack(`${path}/attach`, { query: attachQuery(plan) }), awaitExit(client, plan.containerId, plan.condition)]);
	const copying = copyHijacked(context, socket, plan);
	copying.catch(() => void 0);
	try {
		await start();
	} catch (error) {
		socket.destroy();
		await copying.catch(() => void 0);
		if (plan.condition === "removed") await exit.code.catch(() => void 0);
		else exit.cancel();
		throw error;
	}
	return finish$1(context, {
		client,
		path,
		plan,
		copying,
		exit
	});
}
async function finish$1(context, running) {
	const { client, path, plan, copying, exit } = running;
	const stopResizing = plan.tty ? followSize(context, client, path) : () => void 0;
	try {
		if (await copying === "closed") return await exit.code;
		exit.cancel();
		return;
	} finally {
		stopResizing();
	}
}
function attachQuery(plan) {
	return {
		stream: true,
		stdin: plan.stdin || void 0,
		stdout: plan.stdout || void 0,
		stderr: plan.stderr || void 0,
		detachKeys: plan.detachKeys || void 0
	};
}
/** Settles once the daemon has registered the wait; `code` is the container's exit code. */
async function awaitExit(client, containerId, condition) {
	const response = await client.stream("POST", `/containers/${containerId}/wait`, { query: { condition } });
	const code = (async () => {
		const chunks = [];
		for await (const chunk of response) chunks.push(chunk);
		const { StatusCode, Error: failure } = JSON.parse(Buffer.concat(chunks).toString());
		if (failure?.Message) throw new ExitError(125, `Error waiting for container: ${failure.Message}`);
		return StatusCode;
	})();
	code.catch(() => void 0);
	return {
		code,
		cancel: () => response.destroy()
	};
}
// src/cli/values/duration.ts
const UNIT_NS = {
	ns: 1,
	us: 1e3,
	µs: 1e3,
	μs: 1e3,
	ms: 1e6,
	s: 1e9,
	m: 6e10,
	h: 36e11
};
/**
* Go's durations: `1h30m`, `1.5s`, `-2m`, `0`; in nanoseconds.
* @throws Error with Go's wording
*/
function parseDuration(text) {
	const quoted = JSON.stringify(text);
	const negative = text.startsWith("-");
	let rest = text.replace(/^[+-]/, "");
	if (rest === "0") return 0;
	if (rest === "") throw new Error(`time: invalid duration ${quoted}`);
	let total = 0;
	while (rest !== "") {
		const match = /^(\d+\.?\d*|\.\d+)([^\d.]*)/.exec(rest);
		if (match === null) throw new Error(`time: invalid duration ${quoted}`);
		const [all, number = "", unit = ""] = match;
		if (unit === "") throw new Error(`time: missing unit in duration ${quoted}`);
		const scale = UNIT_NS[unit];
		if (scale === void 0) throw new Error(`time: unknown unit "${unit}" in duration ${quoted}`);
		total += Number(number) * scale;
		rest = rest.slice(all.length);
	}
	return Math.trunc(negative ? -total : total);
}
/** How long ago, as people say it: `About a minute`, `3 hours`, `2 weeks`. */
function formatHumanDuration(milliseconds) {
	const seconds = Math.trunc(milliseconds / 1e3);
	if (seconds < 1) return "Less than a second";
	if (seconds === 1) return "1 second";
	if (seconds < 60) return `${seconds} seconds`;
	const minutes = Math.trunc(seconds / 60);
	if (minutes === 1) return "About a minute";
	if (minutes < 60) return `${minutes} minutes`;
	return formatHours(Math.trunc(seconds / 3600 + .5));
}
function formatHours(hours) {
	if (hours === 1) return "About an hour";
	if (hours < 48) return `${hours} hours`;
	if (hours < 336) return `${Math.trunc(hours / 24)} days`;
	if (hours < 1440) return `${Math.trunc(hours / 24 / 7)} weeks`;
	if (hours < 17520) return `${Math.trunc(hours / 24 / 30)} months`;
	return `${Math.trunc(hours / 24 / 365)} years`;
}
// src/cli/values/go-numbers.ts
/** Numbers and booleans as Go's strconv reads them, with its messages: users see those, and scripts match on them. */
const TRUE = /* @__PURE__ */ new Set([
	"1",
	"t",
	"T",
	"TRUE",
	"true",
	"True"
]);
const FALSE = /* @__PURE__ */ new Set([
	"0",
	"f",
	"F",
	"FALSE",
	"false",
	"False"
]);
const DECIMAL_FLOAT = /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/;
var NumberSyntaxError = class extends Error {};
/** @throws NumberSyntaxError */
function parseBool(text) {
	if (TRUE.has(text)) return true;
	if (FALSE.has(text)) return false;
	throw syntaxError("ParseBool", text);
}
/**
* With base 0 the text may have a prefix (0x, 0o, 0b, or a leading 0 for octal) and underscores.
* @throws NumberSyntaxError
*/
function parseInteger(text, options = {}) {
	const negative = text.startsWith("-");
	const magnitude = parseMagnitude(negative || text.startsWith("+") ? text.slice(1) : text, options.base ?? 0);
	if (magnitude === void 0) throw syntaxError("ParseInt", text);
	const limit = 1n << BigInt((options.bits ?? 64) - 1);
	if (negative ? magnitude > limit : magnitude >= limit) throw rangeError("ParseInt", text);
	return Number(negative ? -magnitude : magnitude);
}
/** @throws NumberSyntaxError */
function parseUnsigned(text, options = {}) {
	const magnitude = parseMagnitude(text, options.base ?? 0);
	if (magnitude === void 0) throw syntaxError("ParseUint", text);
	if (magnitude >= 1n << BigInt(options.bits ?? 64)) throw rangeError("ParseUint", text);
	return Number(magnitude);
}
/** @throws NumberSyntaxError */
function parseFloat64(text) {
	if (!DECIMAL_FLOAT.test(text)) throw syntaxError("ParseFloat", text);
	return Number(text);
}
function parseMagnitude(text, base) {
	if (base === 10) return /^\d+$/.test(text) ? BigInt(text) : void 0;
	if (base === 8) return /^[0-7]+$/.test(text) ? BigInt(`0o${text}`) : void 0;
	const digits = text.toLowerCase().replace(/(?<=[0-9a-fx])_(?=[0-9a-f])/g, "");
	if (/^0[0-7]+$/.test(digits)) return BigInt(`0o${digits.slice(1)}`);
	return /^(0|[1-9]\d*|0x[0-9a-f]+|0o[0-7]+|0b[01]+)$/.test(digits) ? BigInt(digits) : void 0;
}
function syntaxError(call, text) {
	return new NumberSyntaxError(`strconv.${call}: parsing ${JSON.stringify(text)}: invalid syntax`);
}
function rangeError(call, text) {
	return new NumberSyntaxError(`strconv.${call}: parsing ${JSON.stringify(text)}: value out of range`);
}
// src/cli/values/size.ts
const BINARY_POWERS = {
	k: 1,
	m: 2,
	g: 3,
	t: 4,
	p: 5
};
const DECIMAL_UNITS = [
	"B",
	"kB",
	"MB",
	"GB",
	"TB",
	"PB",
	"EB",
	"ZB",
	"YB"
];
const BINARY_UNITS = [
	"B",
	"KiB",
	"MiB",
	"GiB",
	"TiB",
	"PiB",
	"EiB",
	"ZiB",
	"YiB"
];
/**
* `64m`, `1.5 GiB`, `512`: bytes, units always powers of 1024.
* @throws Error with Docker's wording
*/
function parseSize(text) {
	const end = text.search(/[^0-9. ][^0-9. ]*$/);
	const digits = end === -1 ? text : text.slice(0, end);
	if (!/[0-9. ]$/.test(digits)) throw new Error(`invalid size: '${text}'`);
	const size = parseFloat64(digits.endsWith(" ") ? digits.slice(0, -1) : digits);
	if (size < 0) throw new Error(`invalid size: '${text}'`);
	return Math.trunc(size * multiplierOf(end === -1 ? "" : text.slice(end).toLowerCase(), text.slice(end)));
}
/** Docker's decimal sizes: `4.26MB`, `12.3kB`, `0B`, with `digits` significant digits. */
function formatSize(bytes, digits = 4) {
	const [value, unit] = scale(bytes, 1e3, DECIMAL_UNITS);
	return `${formatSignificant(value, digits)}${unit}`;
}
/** Binary sizes, as `stats` and `info` print them: `7.57MiB`. */
function formatBinarySize(bytes) {
	const [value, unit] = scale(bytes, 1024, BINARY_UNITS);
	return `${formatSignificant(value, 4)}${unit}`;
}
/** printf's `%.<digits>g`. */
function formatSignificant(value, digits) {
	if (value === 0) return "0";
	const [mantissa = "", exponentText = "0"] = value.toExponential(digits - 1).split("e");
	const exponent = Number(exponentText);
	if (exponent >= -4 && exponent < digits) return stripZeros(value.toFixed(digits - 1 - exponent));
	const sign = exponent < 0 ? "-" : "+";
	return `${stripZeros(mantissa)}e${sign}${String(Math.abs(exponent)).padStart(2, "0")}`;
}
function stripZeros(text) {
	return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}
function scale(bytes, base, units) {
	let value = bytes;
	let unit = 0;
	while (value >= base && unit < units.length - 1) {
		value /= base;
		unit += 1;
	}
	return [value, units[unit] ?? ""];
}
function multiplierOf(suffix, written) {
	if (suffix === "" || suffix === "b") return 1;
	const power = BINARY_POWERS[suffix[0] ?? ""];
	if (power === void 0 || ![
		"",
		"b",
		"ib"
	].includes(suffix.slice(1))) throw new Error(`invalid suffix: '${written.length > 3 ? written : suffix}'`);
	return 1024 ** power;
}
// src/cli/flags/flag.ts
function bool(short, usage, initial = false) {
	return {
		short,
		usage,
		kind: "",
		initial,
		set: parseBool,
		implied: "true",
		defaultText: initial ? "true" : void 0
	};
}
function string(short, usage, initial = "") {
	return {
		short,
		usage,
		kind: "string",
		initial,
		set: (text) => text,
		defaultText: initial === "" ? void 0 : JSON.stringify(initial)
	};
}
function integer(short, usage, initial = 0) {
	return {
		short,
		usage,
		kind: "int",
		initial,
		set: (text) => parseInteger(text),
		defaultText: initial === 0 ? void 0 : String(initial)
	};
}
function uint16(short, usage) {
	const set = (text) => parseUnsigned(text, { bits: 16 });
	return {
		short,
		usage,
		kind: "uint16",
		initial: 0,
		set,
		defaultText: "0"
	};
}
/** Every occurrence is one element; `check` returns what is kept of it. */
function list(short, usage, check = (text) => text) {
	const set = (text, before) => [...before, check(text)];
	return {
		short,
		usage,
		kind: "list",
		initial: [],
		set
	};
}
/** `KEY=VALUE` occurrences; a missing `=VALUE` is an empty value. */
function map(short, usage, check = (text) => text) {
	const set = (text, before) => {
		const [key, value] = splitPair(check(text));
		return {
			...before,
			[key]: value
		};
	};
	return {
		short,
		usage,
		kind: "map",
		initial: {},
		set,
		defaultText: "map[]"
	};
}
function bytes(short, usage) {
	return {
		short,
		usage,
		kind: "bytes",
		initial: 0,
		set: parseSize
	};
}
/** Nanoseconds. */
function duration(short, usage) {
	return {
		short,
		usage,
		kind: "duration",
		initial: 0,
		set: parseDuration,
		defaultText: "0s"
	};
}
/** A flag of its own type. */
function custom(flag) {
	return flag;
}
function hidden(flag) {
	return {
		...flag,
		hidden: true
	};
}
function deprecated(flag, advice) {
	return {
		...flag,
		hidden: true,
		deprecated: advice
	};
}
/** Splits at the first `=`. */
function splitPair(text) {
	const at = text.indexOf("=");
	return at === -1 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
}
// src/cli/streams/forward-signals.ts
/** What a process can catch, but for SIGCHLD, SIGPIPE, SIGURG and SIGWINCH, which are the CLI's own affair. */
const FORWARDED = [
	"SIGHUP",
	"SIGINT",
	"SIGQUIT",
	"SIGUSR1",
	"SIGUSR2",
	"SIGALRM",
	"SIGTERM",
	"SIGCONT",
	"SIGTSTP",
	"SIGTTIN",
	"SIGTTOU",
	"SIGXCPU",
	"SIGXFSZ",
	"SIGVTALRM",
	"SIGIO",
	"SIGPWR",
	"SIGSYS"
];
/** Sends the container what is sent to the CLI. Returns what stops it. */
function forwardSignals(host, client, containerId) {
	const listeners = FORWARDED.map((signal) => {
		const listener = () => {
			const query = { signal: signal.replace(/^SIG/, "") };
			client.post(`/containers/${containerId}/kill`, { query }).catch(() => void 0);
		};
		host.signals.on(signal, listener);
		return {
			signal,
			listener
		};
	});
	return () => {
		for (const { signal, listener } of listeners) host.signals.off(signal, listener);
	};
}
// src/cli/streams/terminal.ts
/** A raw terminal needs one: asked for `-t` with an attached input that is none, nothing good would come. */
function checkTerminal(host, options) {
	if (options.attachStdin && options.tty && !host.stdin.isTTY) throw new ExitError(1, "the input device is not a TTY");
}
const command$47 = defineCommand({
	usage: "[OPTIONS] CONTAINER",
	summary: "Attach local standard input, output, and error streams to a running container",
	aliases: ["container attach", "attach"],
	flags: {
		"detach-keys": string("", "Override the key sequence for detaching a container"),
		"no-stdin": bool("", "Do not attach STDIN"),
		"sig-proxy": bool("", "Proxy all received signals to the process", true)
	},
	arguments: {
		min: 1,
		max: 1
	},
	run: attach$1
});
async function attach$1(context, { values, args }) {
	const [name = ""] = args;
	const client = await context.client();
	const container = await client.get(`/containers/${name}/json`);
	checkState(container);
	const tty = container.Config.Tty === true;
	const stdin = !values["no-stdin"] && container.Config.OpenStdin === true;
	checkTerminal(context, {
		attachStdin: !values["no-stdin"],
		tty
	});
	const options = {
		stdin,
		stdout: true,
		stderr: true,
		tty,
		detachKeys: values["detach-keys"]
	};
	const exit = await awaitExit(client, name, void 0);
	const stopForwarding = values["sig-proxy"] && !tty ? forwardSignals(context, client, name) : () => void 0;
	const path = `/containers/${name}`;
	let stopResizing = () => void 0;
	try {
		const socket = await client.hijack(`${path}/attach`, { query: attachQuery(options) });
		if (tty) stopResizing = followSize(context, client, path);
		if (await copyHijacked(context, socket, options) === "detached") throw new ExitError(1, "read escape sequence");
		const exitCode = await exit.code;
		if (exitCode !== 0) throw new ExitError(exitCode);
	} finally {
		exit.cancel();
		stopForwarding();
		stopResizing();
	}
}
function checkState({ State }) {
	if (!State.Running) throw new Error("You cannot attach to a stopped container, start it first");
	if (State.Paused) throw new Error("You cannot attach to a paused container, unpause it first");
	if (State.Restarting) throw new Error("You cannot attach to a restarting container, wait until it is running");
}
// src/client/json-lines.ts
/** The JSON values of a stream of newline-separated ones, each as soon as it is complete. */
async function* jsonLines(source) {
	let pending = "";
	source.setEncoding("utf8");
	for await (const chunk of source) {
		const lines = (pending + String(chunk)).split("\n");
		pending = lines.pop() ?? "";
		for (const line of lines) if (line.trim() !== "") yield JSON.parse(line);
	}
	if (pending.trim() !== "") yield JSON.parse(pending);
}
// src/cli/streams/show-progress.ts
/**
* Prints the daemon's progress messages: one line each, and on a terminal one line for each layer, rewritten
* in place. Without `output` they are only read. `onAux` takes the results that come along.
* @throws Error with the daemon's message, at an error among them
*/
async function showProgress(source, output, onAux = () => void 0) {
	const lines = /* @__PURE__ */ new Map();
	for await (const message of jsonLines(source)) {
		if (message.error !== void 0) throw new Error(message.errorDetail?.message ?? message.error);
		if (message.aux !== void 0) onAux(message.aux);
		else if (output !== void 0) print(message, output, lines);
	}
}
function print(message, output, lines) {
	if (message.stream !== void 0) return void output.write(message.stream);
	const text = `${message.id === void 0 ? "" : `${message.id}: `}${message.status ?? ""}`;
	if (output.isTTY && message.id !== void 0) return rewrite(message, `${text} ${barOf(message)}`, output, lines);
	if (message.progressDetail?.total === void 0) output.write(`${text}\n`);
}
function rewrite(message, text, output, lines) {
	const id = message.id ?? "";
	const known = lines.get(id);
	if (known === void 0) {
		lines.set(id, lines.size);
		output.write(`${text.trimEnd()}\n`);
		return;
	}
	const up = lines.size - known;
	output.write(`\u001B[${up}A\u001B[2K\r${text.trimEnd()}\u001B[${up}B\r`);
}
const BAR_WIDTH = 50;
function barOf({ progress, progressDetail }) {
	const { current, total } = progressDetail ?? {};
	if (current === void 0 || total === void 0 || total <= 0) return progress ?? "";
	const filled = Math.min(BAR_WIDTH, Math.floor(current / total * BAR_WIDTH));
	return `[${`${"=".repeat(filled)}${filled < BAR_WIDTH ? ">" : ""}`.padEnd(BAR_WIDTH)}] ${Math.floor(current / total * 100)}%`;
}
// src/cli/commands/bootstrap.ts
const command$46 = defineCommand({
	usage: "hello|busybox|debian[:SUITE]",
	summary: "Make an image from this machine's own files and packages, without a registry",
	flags: {},
	arguments: {
		min: 1,
		max: 1
	},
	async run(context, { args }) {
		await showProgress(await (await context.client()).stream("POST", "/slipway/images/bootstrap", { query: { what: args[0] } }), context.stdout, (aux) => {
			context.stdout.write(`${aux.ID ?? ""}\n`);
		});
	}
});
// src/client/response-error.ts
const KINDS$1 = {
	304: "not-modified",
	400: "invalid-parameter",
	401: "unauthorized",
	403: "forbidden",
	404: "not-found",
	409: "conflict",
	501: "not-implemented",
	503: "unavailable"
};
/** What the daemon refused or failed to do. `message` is the daemon's own. */
var ResponseError = class extends EngineError {
	status;
	constructor(status, message) {
		super(KINDS$1[status] ?? (status < 500 ? "invalid-parameter" : "system"), message);
		this.name = "ResponseError";
		this.status = status;
	}
};
/** The daemon could not be reached at all. */
var ConnectionError = class extends EngineError {
	constructor(endpoint, cause) {
		super("unavailable", `Cannot connect to the Slipway daemon at ${endpoint}. Is the slipway daemon running?`, { cause });
		this.name = "ConnectionError";
	}
};
/** Reads the `message` of an error body, whatever its form. */
function responseError(status, body) {
	let message = body.trim();
	try {
		const answer = JSON.parse(body);
		if (typeof answer.message === "string") message = answer.message;
	} catch {}
	return new ResponseError(status, message || `request returned status ${status}`);
}
// src/cli/container/find-object.ts
/** The kinds of objects that `inspect` knows, in the order it looks for them. */
const PATHS = {
	container: (name, size) => `/containers/${name}/json${size ? "?size=1" : ""}`,
	image: (name) => `/images/${name}/json`,
	network: (name) => `/networks/${name}`,
	volume: (name) => `/volumes/${name}`
};
const OBJECT_KINDS = Object.keys(PATHS);
function isObjectKind(text) {
	return Object.hasOwn(PATHS, text);
}
/** The JSON text of the one object of that kind, or of the first of any kind, with that name or id. */
async function findObject(client, name, options) {
	const kinds = options.kind === void 0 ? Object.keys(PATHS) : [options.kind];
	let missing;
	for (const kind of kinds) try {
		return await client.text("GET", PATHS[kind](name, options.size && kind === "container"));
	} catch (error) {
		if (!(error instanceof ResponseError) || error.status !== 404) throw error;
		missing = error;
	}
	throw kinds.length === 1 ? missing : /* @__PURE__ */ new Error(`Error: No such object: ${name}`);
}
// src/cli/flags/format-flag.ts
/** `--format` of a list. */
function formatFlag() {
	return string("", `Format output using a custom template:
'table':            Table with column headers (default)
'table TEMPLATE':   Table using the given Go template
'json':             JSON, one object per line
'TEMPLATE':         The given Go template`);
}
/** `--format` of what shows single objects. */
function inspectFormatFlag() {
	return string("f", `Format output using a custom template:
'json':             JSON
'TEMPLATE':         The given Go template`);
}
// src/cli/describe-error.ts
/** What the user reads of an error: the daemon's are marked as such, hints go on a line of their own. */
function describeError(error) {
	const message = error instanceof ResponseError ? `Error response from daemon: ${error.message}` : fileMessage(error);
	const hint = error instanceof EngineError ? error.hint : void 0;
	return hint === void 0 ? message : `${message}\n${hint}`;
}
const REASONS = {
	ENOENT: "no such file or directory",
	EACCES: "permission denied",
	EISDIR: "is a directory",
	ENOTDIR: "not a directory",
	EEXIST: "file exists"
};
/** Node's file errors as Go prints them: `open /x: no such file or directory`. */
function fileMessage(error) {
	const { code, path, syscall } = error;
	const reason = REASONS[code ?? ""];
	return reason !== void 0 && path !== void 0 && syscall !== void 0 ? `${syscall} ${path}: ${reason}` : messageOf(error);
}
// src/cli/format/indent-json.ts
const STEP = "    ";
/**
* Indents JSON text by four spaces, as Docker's `inspect` prints it: every number, key and string stays as the
* daemon wrote it.
*/
function indentJson(text, depth = 0) {
	let level = depth;
	const line = () => `\n${STEP.repeat(level)}`;
	return text.replace(/"(?:[^"\\]|\\.)*"|[{[]\s*[}\]]|[{}[\],:]|\s+/g, (token) => {
		if (token.startsWith("\"")) return token;
		if (/^[{[]./s.test(token)) return token.replace(/\s/g, "");
		if (token === "{" || token === "[") {
			level += 1;
			return token + line();
		}
		if (token === "}" || token === "]") {
			level -= 1;
			return line() + token;
		}
		if (token === ",") return token + line();
		return token === ":" ? ": " : "";
	});
}
// src/cli/format/template/template-object.ts
/** A row as a template sees it: named members, some of which take arguments; nothing else can be asked of it. */
var TemplateObject = class {
	/** As errors name it. */
	typeName;
	#members;
	constructor(typeName, members) {
		this.typeName = typeName;
		this.#members = members;
	}
	has(name) {
		return Object.hasOwn(this.#members, name);
	}
	get(name, args = []) {
		return this.#members[name]?.(...args.map(String));
	}
	/** All members that need no argument, by name in order, as Docker's JSON format has them. */
	toJSON() {
		const names = Object.keys(this.#members).filter((name) => this.#members[name]?.length === 0);
		return Object.fromEntries(names.sort().map((name) => [name, this.get(name)]));
	}
};
// src/cli/format/template/print-value.ts
/** A value as Go's `%v` prints it. */
function printValue(value) {
	if (value === void 0) return "<no value>";
	if (value === null) return "<nil>";
	if (Array.isArray(value)) return `[${value.map(printValue).join(" ")}]`;
	if (typeof value === "bigint" || typeof value === "number" || typeof value === "boolean") return String(value);
	if (typeof value === "string") return value;
	if (typeof value !== "object" || value instanceof TemplateObject) return JSON.stringify(value);
	return `map[${Object.keys(value).sort().map((key) => `${key}:${printValue(value[key])}`).join(" ")}]`;
}
/** What `if`, `and`, `or`, `not` go by: empty, zero and missing are false. */
function isTrue(value) {
	if (value === null || value === void 0) return false;
	if (Array.isArray(value)) return value.length > 0;
	if (value instanceof TemplateObject) return true;
	return typeof value === "object" ? Object.keys(value).length > 0 : Boolean(value);
}
/** A value as Go's encoding/json writes it; Docker escapes HTML in rows, and nowhere else. */
function printJson(value) {
	const text = JSON.stringify(value ?? null);
	const escaped = value instanceof TemplateObject ? /[<>&\u2028\u2029]/g : /[\u2028\u2029]/g;
	return text.replace(escaped, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
// src/cli/format/template/syntax.ts
/** A template that cannot be parsed or executed, in Go's wording. */
var TemplateError = class extends Error {};
// src/cli/format/template/execute-template.ts
/**
* Runs a parsed template on `data`: TemplateObjects, JSON values. Missing keys of objects are errors unless
* `missingKey` is 'print'.
* @throws TemplateError
*/
function executeTemplate(nodes, data, options) {
	const execution = new Execution(options);
	execution.walk(nodes, data, [/* @__PURE__ */ new Map([["$", data]])]);
	return execution.output;
}
var Execution = class {
	output = "";
	#options;
	constructor(options) {
		this.#options = options;
	}
	walk(nodes, dot, scopes) {
		for (const node of nodes) {
			const flow = this.#node(node, dot, scopes);
			if (flow !== "next") return flow;
		}
		return "next";
	}
	#node(node, dot, scopes) {
		if (node.kind === "text") this.output += node.text;
		else if (node.kind === "action") {
			const value = this.#pipeline(node.pipeline, dot, scopes);
			if (node.pipeline.variables.length === 0) this.output += this.#text(value);
		} else if ("body" in node) return this.#control(node, dot, [...scopes, /* @__PURE__ */ new Map()]);
		else return node.kind;
		return "next";
	}
	#text(value) {
		return value instanceof TemplateObject ? JSON.stringify(value) : printValue(value);
	}
	#control(node, dot, scopes) {
		if (node.kind === "range") {
			this.#range(node, dot, scopes);
			return "next";
		}
		const value = this.#pipeline(node.pipeline, dot, scopes);
		if (!isTrue(value)) return this.walk(node.otherwise, dot, scopes);
		return this.walk(node.body, node.kind === "with" ? value : dot, scopes);
	}
	#range(node, dot, scopes) {
		const value = this.#pipeline({
			...node.pipeline,
			variables: []
		}, dot, scopes);
		const entries = this.#entries(value, placeOf(node.pipeline));
		if (entries.length === 0) return void this.walk(node.otherwise, dot, scopes);
		const names = node.pipeline.variables;
		for (const [key, element] of entries) {
			const scope = /* @__PURE__ */ new Map();
			if (names.length === 2) scope.set(names[0] ?? "", key);
			if (names.length > 0) scope.set(names.at(-1) ?? "", element);
			if (this.walk(node.body, element, [...scopes, scope]) === "break") return;
		}
	}
	#entries(value, place) {
		if (value === null || value === void 0) return [];
		if (Array.isArray(value)) return value.map((element, index) => [index, element]);
		if (typeof value === "number") return Array.from({ length: value }, (_, index) => [index, index]);
		if (typeof value === "object" && !(value instanceof TemplateObject)) return Object.entries(value).sort(([a], [b]) => a < b ? -1 : 1);
		throw this.#error(place, `range can't iterate over ${printValue(value)}`);
	}
	#pipeline(pipeline, dot, scopes) {
		let value;
		for (const [index, command] of pipeline.commands.entries()) {
			const piped = index === 0 ? [] : [value];
			value = this.#command(command, {
				dot,
				scopes,
				piped
			});
		}
		const [name] = pipeline.variables;
		if (name !== void 0) this.#assign(name, value, pipeline.assigns, scopes);
		return value;
	}
	#assign(name, value, assigns, scopes) {
		const scope = assigns ? scopes.findLast((candidate) => candidate.has(name)) : scopes.at(-1);
		if (scope === void 0) throw new TemplateError(`template: :1: undefined variable "${name}"`);
		scope.set(name, value);
	}
	#command({ operands, place }, call) {
		const [first, ...rest] = operands;
		if (first.kind === "function") return this.#call({
			name: first.name,
			operands: rest,
			place
		}, call);
		const args = [...rest.map((operand) => this.#operand(operand, call, [])), ...call.piped];
		return this.#operand(first, call, args);
	}
	#call({ name, operands, place }, call) {
		if (name === "and" || name === "or") return this.#shortCircuit(name, operands, call);
		const args = [...operands.map((operand) => this.#operand(operand, call, [])), ...call.piped];
		try {
			return this.#options.functions[name]?.(...args);
		} catch (error) {
			throw this.#error(place, messageOf(error));
		}
	}
	#shortCircuit(name, operands, call) {
		let value;
		for (const operand of operands) {
			value = this.#operand(operand, call, []);
			if (isTrue(value) === (name === "or")) return value;
		}
		return call.piped.length > 0 ? call.piped[0] : value;
	}
	#operand(operand, call, args) {
		const { dot, scopes } = call;
		const { place } = operand;
		switch (operand.kind) {
			case "dot": return dot;
			case "nil": return null;
			case "literal": return operand.value;
			case "function": return this.#call({
				name: operand.name,
				operands: [],
				place
			}, {
				...call,
				piped: []
			});
			case "field": return this.#fields(dot, operand.names, args, place);
			case "variable": return this.#fields(this.#variable(operand.name, scopes), operand.names, args, place);
			case "pipeline": return this.#fields(this.#pipeline(operand.pipeline, dot, scopes), operand.names, args, place);
		}
	}
	#variable(name, scopes) {
		const scope = scopes.findLast((candidate) => candidate.has(name));
		if (scope === void 0) throw new TemplateError(`template: :1: undefined variable "${name}"`);
		return scope.get(name);
	}
	#fields(value, names, args, place) {
		return names.reduce((current, name, index) => this.#field(current, name, index === names.length - 1 ? args : [], place), value);
	}
	#field(value, name, args, place) {
		if (value instanceof TemplateObject) {
			if (value.has(name)) return value.get(name, args);
			throw this.#error(place, `can't evaluate field ${name} in type ${value.typeName}`);
		}
		if (value === null || value === void 0) throw this.#error(place, `nil pointer evaluating interface {}.${name}`);
		if (typeof value !== "object" || Array.isArray(value)) throw this.#error(place, `can't evaluate field ${name} in type interface {}`);
		if (Object.hasOwn(value, name)) return value[name];
		if (this.#options.missingKey === "print") return void 0;
		throw this.#error(place, `map has no entry for key ${JSON.stringify(name)}`);
	}
	#error({ text, offset }, problem) {
		const before = this.#options.template.slice(0, offset).split("\n");
		return new TemplateError(`template: :${`${before.length}:${before.at(-1)?.length ?? 0}`}: executing "" at <${text}>: ${problem}`);
	}
};
function placeOf({ commands: [first] }) {
	return first?.place ?? {
		text: "",
		offset: 0
	};
}
// src/cli/format/template/printf.ts
const VERB = /%([-+ 0#]*)(\d+)?(?:\.(\d+))?([%a-zA-Z])/g;
/** Go's fmt.Sprintf, for the verbs that make sense on JSON values. */
function sprintf(format, args) {
	let next = 0;
	const text = format.replace(VERB, (_all, flags, width, precision, verb = "") => {
		if (verb === "%") return "%";
		if (next >= args.length) return `%!${verb}(MISSING)`;
		return pad(formatVerb(verb, args[next++], precision === void 0 ? void 0 : Number(precision)), flags, Number(width ?? 0));
	});
	return next < args.length ? `${text}%!(EXTRA ${args.slice(next).map(extra).join(", ")})` : text;
}
function formatVerb(verb, value, precision) {
	const number = Number(value);
	switch (verb) {
		case "v": return printValue(value);
		case "s": return typeof value === "number" || typeof value === "boolean" ? mismatch(verb, value) : printValue(value).slice(0, precision);
		case "q": return JSON.stringify(printValue(value));
		case "d": return typeof value === "number" || typeof value === "bigint" ? String(value) : mismatch(verb, value);
		case "t": return typeof value === "boolean" ? String(value) : mismatch(verb, value);
		case "f": return typeof value === "number" ? number.toFixed(precision ?? 6) : mismatch(verb, value);
		case "x": return typeof value === "number" ? number.toString(16) : Buffer.from(printValue(value)).toString("hex");
		case "o": return number.toString(8);
		case "b": return number.toString(2);
		case "c": return String.fromCodePoint(number);
		default: return mismatch(verb, value);
	}
}
function pad(text, flags, width) {
	if (flags.includes("-")) return text.padEnd(width);
	if (flags.includes("0") && /^-?[\d.]+$/.test(text)) return text.startsWith("-") ? `-${text.slice(1).padStart(width - 1, "0")}` : text.padStart(width, "0");
	return (flags.includes("+") && /^\d/.test(text) ? `+${text}` : text).padStart(width);
}
function mismatch(verb, value) {
	return `%!${verb}(${extra(value)})`;
}
function extra(value) {
	return `${typeof value === "number" ? Number.isInteger(value) ? "int" : "float64" : goType(value)}=${printValue(value)}`;
}
function goType(value) {
	if (typeof value === "string") return "string";
	if (typeof value === "boolean") return "bool";
	return Array.isArray(value) ? "[]interface {}" : "map[string]interface {}";
}
// src/cli/format/template/functions.ts
/** The functions of Go's text/template, and Docker's own. `and` and `or` are the interpreter's: they cut short. */
const FUNCTIONS = {
	json: printJson,
	split: (text, separator) => String(text).split(String(separator)),
	join: (list, separator) => asArray(list).map(printValue).join(String(separator)),
	title: (text) => String(text).replace(/(^|[^\p{L}\p{N}_'])(\p{L})/gu, (_, before, letter) => `${before}${letter.toUpperCase()}`),
	lower: (text) => String(text).toLowerCase(),
	upper: (text) => String(text).toUpperCase(),
	pad: (text, before, after) => String(text) === "" ? "" : `${" ".repeat(Number(before))}${String(text)}${" ".repeat(Number(after))}`,
	truncate: (text, length) => String(text).slice(0, Number(length)),
	not: (value) => !isTrue(value),
	len: lengthOf,
	index: (value, ...keys) => keys.reduce(element, value),
	slice: sliceOf,
	print: (...values) => printAll(values),
	printf: (format, ...values) => sprintf(String(format), values),
	println: (...values) => `${values.map(printValue).join(" ")}\n`,
	eq: (first, ...others) => others.some((other) => equal(first, other)),
	ne: (first, second) => !equal(first, second),
	lt: (first, second) => compare(first, second) < 0,
	le: (first, second) => compare(first, second) <= 0,
	gt: (first, second) => compare(first, second) > 0,
	ge: (first, second) => compare(first, second) >= 0,
	html: (...values) => printAll(values).replace(/[&<>"']/g, (character) => HTML[character] ?? character),
	js: (...values) => JSON.stringify(printAll(values)).slice(1, -1),
	urlquery: (...values) => encodeURIComponent(printAll(values)).replaceAll("%20", "+")
};
/** In a table's heading the texts are names already: these leave them as they are. */
const HEADER_FUNCTIONS = {
	...FUNCTIONS,
	json: (value) => value,
	title: (value) => value,
	lower: (value) => value,
	upper: (value) => value,
	truncate: (value) => value
};
const HTML = {
	"&": "&amp;",
	"<": "&lt;",
	">": "&gt;",
	"\"": "&#34;",
	"'": "&#39;"
};
function asArray(value) {
	if (value === null || value === void 0) return [];
	if (!Array.isArray(value)) throw new Error(`wrong type for value; expected []string; got ${typeof value}`);
	return value;
}
function lengthOf(value) {
	if (value === null) return 0;
	if (typeof value === "string") return Buffer.byteLength(value);
	if (Array.isArray(value)) return value.length;
	if (typeof value === "object" && value !== null) return Object.keys(value).length;
	throw new Error(`error calling len: len of type ${typeof value}`);
}
function element(value, key) {
	if (value === null || value === void 0) throw new Error("error calling index: index of untyped nil");
	if (Array.isArray(value) || typeof value === "string") {
		const at = Number(key);
		if (!Number.isInteger(at) || at < 0 || at >= value.length) throw new Error(`error calling index: index out of range: ${printValue(key)}`);
		return typeof value === "string" ? value.charCodeAt(at) : value[at];
	}
	if (typeof value !== "object") throw new Error(`error calling index: can't index item of type ${typeof value}`);
	const map = value;
	return Object.hasOwn(map, String(key)) ? map[String(key)] : "";
}
function sliceOf(value, start = 0, end) {
	if (typeof value !== "string" && !Array.isArray(value)) throw new Error("error calling slice: can't slice item");
	const last = end === void 0 ? value.length : Number(end);
	if (Number(start) > last || last > value.length) throw new Error(`error calling slice: index out of range: ${last}`);
	return value.slice(Number(start), last);
}
/** Go's Sprint: a space between operands when neither is a string. */
function printAll(values) {
	return values.reduce((text, value, index) => {
		return `${text}${index > 0 && typeof value !== "string" && typeof values[index - 1] !== "string" ? " " : ""}${printValue(value)}`;
	}, "");
}
function equal(first, second) {
	if (first !== null && second !== null && first !== void 0 && second !== void 0) {
		if (typeof first !== typeof second) throw new Error("error calling eq: incompatible types for comparison");
	}
	return first === second;
}
function compare(first, second) {
	if (typeof first !== typeof second) throw new Error("error calling lt: incompatible types for comparison");
	if (typeof first === "string") return first < String(second) ? -1 : first > String(second) ? 1 : 0;
	return Number(first) - Number(second);
}
// src/cli/format/template/tokenize.ts
/** Cuts a template at its actions, applying `{{-` and `-}}`, and dropping comments. */
function splitTemplate(template) {
	const segments = [];
	let trimNext = false;
	for (let at = 0; at < template.length;) {
		const open = template.indexOf("{{", at);
		const textEnd = open === -1 ? template.length : open;
		const trimLeft = open !== -1 && /^\{\{-\s/.test(template.slice(open, open + 4));
		let text = template.slice(at, textEnd);
		if (trimNext) text = text.replace(/^\s+/, "");
		if (trimLeft) text = text.replace(/\s+$/, "");
		if (text !== "") segments.push({
			kind: "text",
			text,
			line: lineOf(template, at),
			offset: at
		});
		if (open === -1) break;
		const line = lineOf(template, open);
		const start = open + (trimLeft ? 3 : 2);
		const { end, inner, trimRight } = readAction(template, start, line);
		if (!/^\s*\/\*/.test(inner)) segments.push({
			kind: "action",
			...trimmed(inner, start),
			line
		});
		trimNext = trimRight;
		at = end;
	}
	return segments;
}
function trimmed(inner, start) {
	return {
		text: inner.trim(),
		offset: start + inner.length - inner.trimStart().length
	};
}
function readAction(template, start, line) {
	const pattern = /"(?:[^"\\\n]|\\.)*"|`[^`]*`|'(?:[^'\\\n]|\\.)*'|\/\*[\s\S]*?\*\/|\s-\}\}|\}\}|["`']|[\s\S]/g;
	pattern.lastIndex = start;
	for (let match = pattern.exec(template); match !== null; match = pattern.exec(template)) {
		const [token] = match;
		if (token === "\"" || token === "'") throw new TemplateError(`template: :${line}: unterminated quoted string`);
		if (token === "`") throw new TemplateError(`template: :${line}: unterminated raw quoted string`);
		if (!token.endsWith("}}") || /^["`'/]/.test(token)) continue;
		const inner = template.slice(start, match.index);
		return {
			end: pattern.lastIndex,
			inner,
			trimRight: token !== "}}"
		};
	}
	throw new TemplateError(`template: :${line}: unclosed action`);
}
function lineOf(template, at) {
	return template.slice(0, at).split("\n").length;
}
const TOKEN = /(?<space>\s+)|(?<string>"(?:[^"\\]|\\.)*"|`[^`]*`|'(?:[^'\\]|\\.)*')|(?<number>[+-]?(?:0[xX][0-9a-fA-F]+|\d+(?:\.\d*)?(?:[eE][+-]?\d+)?))|(?<field>\.\p{ID_Start}[\p{ID_Continue}]*|\._[\p{ID_Continue}]*)|(?<variable>\$[\p{ID_Continue}]*)|(?<word>[\p{ID_Start}_][\p{ID_Continue}]*)|(?<symbol>:=|[|().,=])/uy;
/** The tokens of an action. Spaces matter: `.A.B` is one operand, `.A .B` are two. */
function tokenize({ text, line, offset }) {
	const tokens = [];
	TOKEN.lastIndex = 0;
	for (let at = 0; at < text.length; at = TOKEN.lastIndex) {
		TOKEN.lastIndex = at;
		const match = TOKEN.exec(text);
		if (match === null) throw unexpected(text[at] ?? "", line);
		const [kind] = Object.entries(match.groups ?? {}).find(([, value]) => value !== void 0) ?? ["symbol"];
		tokens.push({
			kind,
			text: match[0],
			offset: offset + at
		});
	}
	return tokens;
}
function unexpected(character, line) {
	return new TemplateError(`template: :${line}: unexpected bad character U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")} '${character}' in command`);
}
// src/cli/format/template/parse-template.ts
/**
* Parses a Go template. `functions` are the names it may call.
* @throws TemplateError
*/
function parseTemplate(template, functions) {
	const { nodes, end } = new TemplateParser(splitTemplate(template), functions).block();
	if (end !== void 0) throw new TemplateError(`template: :${end.rest.line}: unexpected {{${end.word}}}`);
	return nodes;
}
var TemplateParser = class {
	#segments;
	#functions;
	constructor(segments, functions) {
		this.#segments = segments;
		this.#functions = functions;
	}
	/** The nodes up to the `{{end}}` or `{{else}}` that closes the block, or up to the template's end. */
	block() {
		const nodes = [];
		for (let segment = this.#segments.shift(); segment !== void 0; segment = this.#segments.shift()) {
			if (segment.kind === "text") {
				nodes.push({
					kind: "text",
					text: segment.text
				});
				continue;
			}
			const { word, rest } = splitKeyword(segment);
			if (word === "end" || word === "else") return {
				nodes,
				end: {
					word,
					rest
				}
			};
			if (word === "if" || word === "with" || word === "range") nodes.push(this.#control(word, rest));
			else if (word === "break" || word === "continue") nodes.push({ kind: word });
			else nodes.push({
				kind: "action",
				pipeline: this.#pipeline(segment)
			});
		}
		return {
			nodes,
			end: void 0
		};
	}
	#control(kind, condition) {
		const pipeline = this.#pipeline(condition, kind);
		const { nodes: body, end } = this.block();
		return {
			kind,
			pipeline,
			body,
			otherwise: this.#otherwise(end, condition.line)
		};
	}
	#otherwise(end, line) {
		if (end === void 0) throw new TemplateError(`template: :${line}: unexpected EOF`);
		if (end.word === "end") return [];
		const { word, rest } = splitKeyword(end.rest);
		if (word === "if" || word === "with") return [this.#control(word, rest)];
		const { nodes, end: last } = this.block();
		if (last?.word !== "end") throw new TemplateError(`template: :${end.rest.line}: unexpected EOF`);
		return nodes;
	}
	#pipeline(segment, context = "command") {
		const { line } = segment;
		const tokens = tokenize(segment);
		if (tokens.length === 0) throw new TemplateError(`template: :${line}: missing value for ${context}`);
		return new PipelineParser(tokens, {
			line,
			functions: this.#functions
		}).parse();
	}
};
/** An action's first word, where it begins with one, and what follows it. */
function splitKeyword(segment) {
	const [head = "", word = ""] = /^(\w+)?\s*/.exec(segment.text) ?? [];
	return {
		word,
		rest: {
			...segment,
			text: segment.text.slice(head.length),
			offset: segment.offset + head.length
		}
	};
}
var PipelineParser = class {
	#tokens;
	#context;
	constructor(tokens, context) {
		this.#tokens = tokens;
		this.#context = context;
	}
	parse() {
		const pipeline = this.#parsePipeline();
		const [extra] = this.#tokens;
		if (extra !== void 0) throw this.#error(`unexpected ${JSON.stringify(extra.text)} in command`);
		return pipeline;
	}
	#parsePipeline() {
		const { variables, assigns } = this.#declarations();
		const commands = [];
		do
			commands.push(this.#command());
		while (this.#take("|"));
		return {
			variables,
			assigns,
			commands
		};
	}
	#declarations() {
		const text = this.#tokens.map((token) => token.text).join("");
		const match = /^\s*(\$\w+)\s*(?:,\s*(\$\w+)\s*)?(:=|=)\s*/.exec(text);
		if (match === null) return {
			variables: [],
			assigns: false
		};
		while (this.#tokens[0]?.text !== match[3]) this.#tokens.shift();
		this.#tokens.shift();
		this.#skipSpaces();
		return {
			variables: [match[1], match[2]].filter((name) => name !== void 0),
			assigns: match[3] === "="
		};
	}
	#command() {
		const operands = [];
		for (this.#skipSpaces(); this.#startsOperand(); this.#skipSpaces()) operands.push(this.#operand());
		const [first] = operands;
		if (first === void 0) throw this.#error("missing value for command");
		return {
			operands,
			place: {
				text: operands.map((operand) => operand.place.text).join(" "),
				offset: first.place.offset
			}
		};
	}
	#startsOperand() {
		const [token] = this.#tokens;
		return token !== void 0 && !(token.kind === "symbol" && token.text !== "(" && token.text !== ".");
	}
	#operand() {
		const token = this.#tokens.shift();
		if (token.kind === "field" || token.kind === "variable") return this.#chain(token);
		const place = {
			text: token.text,
			offset: token.offset
		};
		if (token.kind === "string") return {
			kind: "literal",
			value: unquote(token.text),
			place
		};
		if (token.kind === "number") return {
			kind: "literal",
			value: Number(token.text),
			place
		};
		if (token.kind === "word") return this.#word(token.text, place);
		if (token.text === ".") return {
			kind: "dot",
			place
		};
		const pipeline = this.#parsePipeline();
		if (!this.#take(")")) throw this.#error("unclosed left paren");
		const names = this.#names();
		const text = `(${pipeline.commands.map((command) => command.place.text).join(" | ")})${names.texts.join("")}`;
		return {
			kind: "pipeline",
			pipeline,
			names: names.names,
			place: {
				text,
				offset: token.offset
			}
		};
	}
	#chain(token) {
		const next = this.#tokens[0];
		const offset = next?.kind === "field" ? next.offset : token.offset;
		const { names, texts } = this.#names();
		const place = {
			text: [token.text, ...texts].join(""),
			offset
		};
		if (token.kind === "variable") return {
			kind: "variable",
			name: token.text,
			names,
			place
		};
		return {
			kind: "field",
			names: [token.text.slice(1), ...names],
			place
		};
	}
	#word(text, place) {
		if (text === "true" || text === "false") return {
			kind: "literal",
			value: text === "true",
			place
		};
		if (text === "nil") return {
			kind: "nil",
			place
		};
		if (!this.#context.functions.has(text)) throw this.#error(`function ${JSON.stringify(text)} not defined`);
		return {
			kind: "function",
			name: text,
			place
		};
	}
	#names() {
		const texts = [];
		while (this.#tokens[0]?.kind === "field") texts.push(this.#tokens.shift().text);
		return {
			names: texts.map((text) => text.slice(1)),
			texts
		};
	}
	#take(symbol) {
		this.#skipSpaces();
		if (this.#tokens[0]?.kind !== "symbol" || this.#tokens[0].text !== symbol) return false;
		this.#tokens.shift();
		return true;
	}
	#skipSpaces() {
		while (this.#tokens[0]?.kind === "space") this.#tokens.shift();
	}
	#error(problem) {
		return new TemplateError(`template: :${this.#context.line}: ${problem}`);
	}
};
function unquote(text) {
	if (text.startsWith("`")) return text.slice(1, -1);
	if (text.startsWith("'")) return unescape(text.slice(1, -1)).codePointAt(0) ?? 0;
	return unescape(text.slice(1, -1));
}
const ESCAPES = {
	n: "\n",
	t: "	",
	r: "\r",
	a: "\x07",
	b: "\b",
	f: "\f",
	v: "\v"
};
function unescape(text) {
	return text.replace(/\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|[0-7]{3}|.)/g, (_, escape) => {
		if (/^[xu]./.test(escape)) return String.fromCodePoint(Number.parseInt(escape.slice(1), 16));
		if (/^[0-7]{3}$/.test(escape)) return String.fromCodePoint(Number.parseInt(escape, 8));
		return ESCAPES[escape] ?? escape;
	});
}
// src/cli/format/render-template.ts
const NAMES$1 = /* @__PURE__ */ new Set([
	...Object.keys(FUNCTIONS),
	"and",
	"or"
]);
/** @throws TemplateError, when it cannot be parsed */
function compileTemplate(template) {
	const nodes = parseTemplate(template, NAMES$1);
	return {
		render: (data) => executeTemplate(nodes, data, {
			functions: FUNCTIONS,
			missingKey: "fail",
			template
		}),
		renderHeader: (data) => executeTemplate(nodes, data, {
			functions: HEADER_FUNCTIONS,
			missingKey: "print",
			template
		})
	};
}
// src/cli/format/print-inspected.ts
/**
* Prints the objects that `find` gets the JSON text of: indented in one list, or each through the template.
* What cannot be found is told after the others, and ends the command with 1.
*/
async function printInspected(context, names, options) {
	const render = rendererOf(options.format);
	const found = [];
	const problems = [];
	for (const name of names) try {
		found.push(render(await options.find(name)));
	} catch (error) {
		problems.push(describeError(error));
	}
	context.stdout.write(options.format === "" ? listOf(found) : found.map((text) => `${text}\n`).join("") || "\n");
	if (problems.length > 0) throw new ExitError(1, problems.join("\n"));
}
function listOf(found) {
	return found.length === 0 ? "[]\n" : `[\n    ${found.join(",\n    ")}\n]\n`;
}
function rendererOf(format) {
	if (format === "") return (text) => indentJson(text.trim(), 1);
	if (format === "json") return (text) => text.trim();
	const template = compile$3(format);
	return (text) => {
		try {
			return template.render(JSON.parse(text, exactNumbers));
		} catch (error) {
			throw new Error(`template parsing error: ${messageOf(error)}`, { cause: error });
		}
	};
}
function compile$3(format) {
	try {
		return compileTemplate(format);
	} catch (error) {
		throw new ExitError(64, `template parsing error: ${messageOf(error)}`);
	}
}
/** Integers beyond 2^53 (memory limits) keep all their digits. */
function exactNumbers(_key, value, context) {
	const source = context?.source;
	if (typeof value !== "number" || Number.isSafeInteger(value) || !/^-?\d+$/.test(source ?? "")) return value;
	return BigInt(source ?? "0");
}
// src/cli/commands/container-inspect.ts
const command$45 = defineCommand({
	usage: "[OPTIONS] CONTAINER [CONTAINER...]",
	summary: "Display detailed information on one or more containers",
	flags: {
		format: inspectFormatFlag(),
		size: bool("s", "Display total file sizes")
	},
	arguments: { min: 1 },
	async run(context, { values, args }) {
		const client = await context.client();
		const options = {
			kind: "container",
			size: values.size
		};
		const find = (name) => findObject(client, name, options);
		await printInspected(context, args, {
			format: values.format,
			find
		});
	}
});
// src/cli/flags/filter-flag.ts
function filterFlag(short, usage) {
	return {
		short,
		usage,
		kind: "filter",
		initial: {},
		set: addFilter
	};
}
/** The `filters` query parameter; none when there is nothing to filter. */
function filtersQuery(filters) {
	return Object.keys(filters).length === 0 ? void 0 : JSON.stringify(sorted(filters));
}
function sorted(filters) {
	return Object.fromEntries(Object.entries(filters).sort(([a], [b]) => a < b ? -1 : 1));
}
function addFilter(text, before) {
	if (text === "") return before;
	if (!text.includes("=")) throw new Error("bad format of filter (expected name=value)");
	const [key, value] = splitPair(text);
	const name = key.trim().toLowerCase();
	return {
		...before,
		[name]: {
			...before[name],
			[value.trim()]: true
		}
	};
}
// src/cli/container/prune.ts
async function pruneContainers(context, filters) {
	const client = await context.client();
	const query = { filters: filtersQuery(filters) };
	const answer = await client.post("/containers/prune", { query });
	return pruned("Deleted Containers:", answer.ContainersDeleted ?? [], answer.SpaceReclaimed);
}
async function pruneImages(context, filters, all) {
	const client = await context.client();
	const query = { filters: filtersQuery({
		...filters,
		dangling: { [String(!all)]: true }
	}) };
	const answer = await client.post("/images/prune", { query });
	return pruned("Deleted Images:", (answer.ImagesDeleted ?? []).map(({ Untagged, Deleted }) => Untagged ? `untagged: ${Untagged}` : `deleted: ${Deleted}`), answer.SpaceReclaimed);
}
async function pruneVolumes(context, filters) {
	const client = await context.client();
	const query = { filters: filtersQuery(filters) };
	const answer = await client.post("/volumes/prune", { query });
	return pruned("Deleted Volumes:", answer.VolumesDeleted ?? [], answer.SpaceReclaimed);
}
function printPruned(context, ...results) {
	const bytes = results.reduce((sum, result) => sum + result.bytes, 0);
	for (const { text } of results) if (text !== "") context.stdout.write(`${text}\n`);
	context.stdout.write(`Total reclaimed space: ${formatSize(bytes)}\n`);
}
function pruned(title, lines, bytes) {
	return {
		text: lines.length === 0 ? "" : `${title}\n${lines.join("\n")}\n`,
		bytes
	};
}
// src/cli/streams/confirm.ts
/** Asks before something is deleted. Anything but yes ends the command. */
async function confirm(context, warning) {
	context.stdout.write(`WARNING! ${warning}\nAre you sure you want to continue? [y/N] `);
	if ((await readLine(context)).trim().toLowerCase() !== "y") throw new ExitError(0);
}
async function readLine({ stdin }) {
	let text = "";
	for await (const chunk of stdin) {
		text += String(chunk);
		if (text.includes("\n")) break;
	}
	return text.split("\n")[0] ?? "";
}
// src/cli/commands/container-prune.ts
const command$44 = defineCommand({
	usage: "[OPTIONS]",
	summary: "Remove all stopped containers",
	flags: {
		filter: filterFlag("", "Provide filter values (e.g. \"until=<timestamp>\")"),
		force: bool("f", "Do not prompt for confirmation")
	},
	arguments: {
		min: 0,
		max: 0
	},
	async run(context, { values }) {
		if (!values.force) await confirm(context, "This will remove all stopped containers.");
		printPruned(context, await pruneContainers(context, values.filter));
	}
});
// src/cli/values/cpus.ts
const DECIMAL = /^([+-]?)(\d*)\.?(\d*)(?:[eE]([+-]?\d+))?$/;
const FRACTION = /^([+-]?\d+)\/(\d+)$/;
const NANO_DIGITS = 9;
/** `1.5`, `3/2`: CPUs, in billionths. */
function parseCpus(text) {
	const fraction = FRACTION.exec(text);
	if (fraction !== null) return exactDivision(BigInt(fraction[1] ?? 0), BigInt(fraction[2] ?? 1));
	const match = DECIMAL.exec(text);
	if (match === null || !/\d/.test(`${match[2]}${match[3]}`)) throw new Error(`failed to parse ${text} as a rational number`);
	const [, sign, whole = "", decimals = "", exponent = "0"] = match;
	const shift = NANO_DIGITS + Number(exponent) - decimals.length;
	const digits = BigInt(`${whole}${decimals}`) * (sign === "-" ? -1n : 1n);
	if (shift >= 0) return Number(digits * 10n ** BigInt(shift));
	const divisor = 10n ** BigInt(-shift);
	if (digits % divisor !== 0n) throw new Error("value is too precise");
	return Number(digits / divisor);
}
function exactDivision(numerator, denominator) {
	const scaled = numerator * 10n ** BigInt(NANO_DIGITS);
	if (denominator === 0n || scaled % denominator !== 0n) throw new Error("value is too precise");
	return Number(scaled / denominator);
}
// src/cli/values/host-values.ts
const SPACES = /[ \t]/;
const SYSCTLS = /* @__PURE__ */ new Set([
	"kernel.msgmax",
	"kernel.msgmnb",
	"kernel.msgmni",
	"kernel.sem",
	"kernel.shmall",
	"kernel.shmmax",
	"kernel.shmmni",
	"kernel.shm_rmid_forced"
]);
const SYSCTL_PREFIXES = ["net.", "fs.mqueue."];
/** `host=address`, `host:address`, the address perhaps in brackets, or `host-gateway`; as the API takes it. */
function checkExtraHost(text) {
	const at = text.includes("=") ? text.indexOf("=") : text.indexOf(":");
	const name = text.slice(0, Math.max(at, 0));
	if (at <= 0 || name.includes(":")) throw new Error(`bad format for add-host: ${JSON.stringify(text)}`);
	const address = text.slice(at + 1).replace(/^\[(.+)\]$/, "$1");
	if (address !== "host-gateway" && isIP(address.trim()) === 0) throw new Error(`invalid IP address in add-host: ${JSON.stringify(address)}`);
	return `${name}:${address}`;
}
function checkAddress(text) {
	const address = text.trim();
	const version = isIP(address);
	if (version === 0) throw new Error(`IP address is not correctly formatted: ${text}`);
	return version === 6 ? new URL(`http://[${address}]`).hostname.slice(1, -1) : address;
}
function checkSearchDomain(text) {
	const domain = text.trim();
	if (domain === ".") return domain;
	const label = "[a-zA-Z0-9](?:[a-zA-Z0-9_-]*[a-zA-Z0-9])?";
	if (/^[0-9.]+$/.test(domain) || !new RegExp(`^(?:${label}\\.)*${label}\\.?$`).test(domain) || domain.length > 255) throw new Error(`${text} is not a valid domain`);
	return domain;
}
function checkLabel(text) {
	const key = (text.split("=")[0] ?? "").trimStart();
	if (key === "") throw new Error(`invalid label '${text}': empty name`);
	if (SPACES.test(key)) throw new Error(`label '${key}' contains whitespaces`);
	return text;
}
function checkSysctl(text) {
	const at = text.indexOf("=");
	const key = text.slice(0, Math.max(at, 0));
	if (!(SYSCTLS.has(key) || SYSCTL_PREFIXES.some((prefix) => key.startsWith(prefix)))) throw new Error(`sysctl '${text}' is not allowed`);
	return text;
}
function checkLink(text) {
	if (text === "") throw new Error("empty string specified for links");
	if (text.split(":").length > 2) throw new Error(`bad format for links: ${text}`);
	return text;
}
function checkStream(text) {
	const stream = text.toLowerCase();
	if (![
		"stdin",
		"stdout",
		"stderr"
	].includes(stream)) throw new Error("valid streams are STDIN, STDOUT and STDERR");
	return stream;
}
function checkDeviceCgroupRule(text) {
	if (!/^[acb] ([0-9]+|\*):([0-9]+|\*) [rwm]{1,3}$/.test(text)) throw new Error(`invalid device cgroup format '${text}'`);
	return text;
}
function checkEnvironment(text) {
	if (text.startsWith("=") || text === "") throw new Error(`invalid environment variable: ${text}`);
	return text;
}
// src/cli/values/throttle-device.ts
/** `/dev/sda:10mb`: bytes a second. */
function parseBytesThrottle(text) {
	const [Path, rate] = splitDevice(text);
	return {
		Path,
		Rate: orThrow(`invalid rate for device: ${text}. The correct format is <device-path>:<number>[<unit>]. Number must be a positive integer. Unit is optional and can be kb, mb, or gb`, () => parseSize(rate))
	};
}
/** `/dev/sda:1000`: operations a second. */
function parseOperationsThrottle(text) {
	const [Path, rate] = splitDevice(text);
	return {
		Path,
		Rate: orThrow(`invalid rate for device: ${text}. The correct format is <device-path>:<number>. Number must be a positive integer`, () => parseUnsigned(rate, { base: 10 }))
	};
}
/** `/dev/sda:500`: a relative weight, 10 to 1000, or 0. */
function parseWeightDevice(text) {
	const [Path, weight] = splitDevice(text);
	const problem = `invalid weight for device: ${text}`;
	const Weight = orThrow(problem, () => parseUnsigned(weight, {
		base: 10,
		bits: 16
	}));
	if (Weight > 0 && (Weight < 10 || Weight > 1e3)) throw new Error(problem);
	return {
		Path,
		Weight
	};
}
function splitDevice(text) {
	const at = text.indexOf(":");
	if (at <= 0) throw new Error(`bad format: ${text}`);
	if (!text.startsWith("/dev/")) throw new Error(`bad format for device path: ${text}`);
	return [text.slice(0, at), text.slice(at + 1)];
}
function orThrow(problem, parse) {
	try {
		return parse();
	} catch {
		throw new Error(problem);
	}
}
// src/cli/values/ulimit.ts
const NAMES = /* @__PURE__ */ new Set([
	"core",
	"cpu",
	"data",
	"fsize",
	"locks",
	"memlock",
	"msgqueue",
	"nice",
	"nofile",
	"nproc",
	"rss",
	"rtprio",
	"rttime",
	"sigpending",
	"stack"
]);
/** `nofile=1024` or `nofile=1024:2048`; -1 is unlimited. */
function parseUlimit(text) {
	const at = text.indexOf("=");
	if (at === -1) throw new Error(`invalid ulimit argument: ${text}`);
	const Name = text.slice(0, at);
	if (!NAMES.has(Name)) throw new Error(`invalid ulimit type: ${Name}`);
	const limits = text.slice(at + 1).split(":");
	if (limits.length > 2) throw new Error(`too many limit value arguments - ${text.slice(at + 1)}, can only have up to two, \`soft[:hard]\``);
	const [Hard = 0, Soft = Hard] = limits.reverse().map((limit) => parseInteger(limit, { base: 10 }));
	checkOrder(Soft, Hard);
	return {
		Name,
		Hard,
		Soft
	};
}
function checkOrder(soft, hard) {
	const rule = "ulimit soft limit must be less than or equal to hard limit";
	if (hard === -1) return;
	if (soft === -1) throw new Error(`${rule}: soft: -1 (unlimited), hard: ${hard}`);
	if (soft > hard) throw new Error(`${rule}: ${soft} > ${hard}`);
}
// src/cli/values/csv.ts
/**
* The fields of one CSV line (RFC 4180), as Go's encoding/csv reads it.
* @throws Error with Go's wording
*/
function parseCsvLine(line) {
	if (line === "") throw new Error("EOF");
	const fields = [];
	let at = 0;
	for (;;) {
		const field = line[at] === "\"" ? quotedField(line, at) : plainField(line, at);
		fields.push(field.text);
		if (field.end >= line.length) return fields;
		at = field.end + 1;
	}
}
function plainField(line, start) {
	const comma = line.indexOf(",", start);
	const end = comma === -1 ? line.length : comma;
	const quote = line.slice(start, end).indexOf("\"");
	if (quote !== -1) throw new Error(`parse error on line 1, column ${start + quote + 1}: bare " in non-quoted field`);
	return {
		text: line.slice(start, end),
		end
	};
}
function quotedField(line, start) {
	const match = /^"((?:[^"]|"")*)"(?=,|$)/.exec(line.slice(start));
	if (match === null) throw new Error(`parse error on line 1, column ${line.length + 1}: extraneous or missing " in quoted-field`);
	return {
		text: (match[1] ?? "").replaceAll("\"\"", "\""),
		end: start + match[0].length
	};
}
// src/cli/container/mount-flag.ts
/** `--mount type=bind,source=/a,target=/b,readonly`. */
function mountFlag(usage) {
	const set = (text, before) => [...before, parseMount(text)];
	return {
		short: "",
		usage,
		kind: "mount",
		initial: [],
		set
	};
}
function parseMount(text) {
	const mount = { Type: "volume" };
	for (const field of parseCsvLine(text)) applyField$1(mount, field);
	checkMount(mount);
	return mount;
}
const SWITCHES = /* @__PURE__ */ new Set([
	"readonly",
	"ro",
	"volume-nocopy",
	"bind-nonrecursive",
	"bind-create-src"
]);
function applyField$1(mount, field) {
	const bare = !field.includes("=");
	const [key, value] = splitPair(field);
	if (bare && !SWITCHES.has(key)) throw new Error(`invalid field '${field}' must be a key=value pair`);
	const set = SETTERS[key];
	if (set === void 0) throw new Error(`unexpected key '${key}' in '${field}'`);
	set(mount, bare ? "true" : value, key);
}
const setSource = (mount, value) => {
	mount.Source = value === "." || value.startsWith("./") || value.startsWith("../") || value === ".." ? resolve(value) : value;
};
const setTarget = (mount, value) => {
	mount.Target = value;
};
const setReadonly = (mount, value, key) => {
	mount.ReadOnly = boolValue(key, value);
};
const bind = (mount) => mount.BindOptions ??= {};
const volume = (mount) => mount.VolumeOptions ??= { Labels: {} };
const driver = (mount) => volume(mount).DriverConfig ??= {};
const tmpfs = (mount) => mount.TmpfsOptions ??= {};
const SETTERS = {
	type: (mount, value) => {
		mount.Type = value.toLowerCase();
	},
	source: setSource,
	src: setSource,
	target: setTarget,
	dst: setTarget,
	destination: setTarget,
	readonly: setReadonly,
	ro: setReadonly,
	consistency: (mount, value) => {
		mount.Consistency = value.toLowerCase();
	},
	"bind-propagation": (mount, value) => {
		bind(mount).Propagation = value.toLowerCase();
	},
	"bind-nonrecursive": (mount, value, key) => {
		bind(mount).NonRecursive = boolValue(key, value);
	},
	"bind-create-src": (mount, value, key) => {
		bind(mount).CreateMountpoint = boolValue(key, value);
	},
	"bind-recursive": setRecursive,
	"volume-subpath": (mount, value) => {
		volume(mount).Subpath = value;
	},
	"volume-nocopy": (mount, value, key) => {
		volume(mount).NoCopy = boolValue(key, value);
	},
	"volume-label": (mount, value) => setPair(volume(mount).Labels ??= {}, value),
	"volume-driver": (mount, value) => {
		driver(mount).Name = value;
	},
	"volume-opt": (mount, value) => setPair(driver(mount).Options ??= {}, value),
	"image-subpath": (mount, value) => {
		(mount.ImageOptions ??= {}).Subpath = value;
	},
	"tmpfs-size": (mount, value, key) => {
		tmpfs(mount).SizeBytes = checked(key, value, parseSize);
	},
	"tmpfs-mode": (mount, value, key) => {
		tmpfs(mount).Mode = checked(key, value, (text) => parseUnsigned(text, {
			base: 8,
			bits: 32
		}));
	}
};
function setRecursive(mount, value) {
	const options = bind(mount);
	if (value === "enabled") return;
	if (value === "disabled") options.NonRecursive = true;
	else if (value === "writable") options.ReadOnlyNonRecursive = true;
	else if (value === "readonly") options.ReadOnlyForceRecursive = true;
	else throw new Error(`invalid value for bind-recursive: ${value} (must be "enabled", "disabled", "writable", or "readonly")`);
}
function setPair(target, text) {
	const [key, value] = splitPair(text);
	if (key !== "") target[key] = value;
}
function boolValue(key, value) {
	return checked(key, value, parseBool);
}
function checked(key, value, parse) {
	try {
		return parse(value);
	} catch {
		throw new Error(`invalid value for ${key}: ${value}`);
	}
}
function checkMount(mount) {
	if (!mount.Type) throw new Error("type is required");
	if (!mount.Target) throw new Error("target is required");
	checkKind(mount, mount.VolumeOptions, "volume");
	checkKind(mount, mount.BindOptions, "bind");
	checkKind(mount, mount.TmpfsOptions, "tmpfs");
	checkKind(mount, mount.ImageOptions, "image");
	if (mount.BindOptions?.ReadOnlyNonRecursive && !mount.ReadOnly) throw new Error("option 'bind-recursive=writable' requires 'readonly' to be specified in conjunction");
	if (mount.BindOptions?.ReadOnlyForceRecursive) checkForcedReadonly(mount);
}
function checkKind(mount, options, kind) {
	if (options !== void 0 && mount.Type !== kind) throw new Error(`cannot mix '${kind}-*' options with mount type '${mount.Type}'`);
}
function checkForcedReadonly(mount) {
	if (!mount.ReadOnly) throw new Error("option 'bind-recursive=readonly' requires 'readonly' to be specified in conjunction");
	if (mount.BindOptions?.Propagation !== "rprivate") throw new Error("option 'bind-recursive=readonly' requires 'bind-propagation=rprivate' to be specified in conjunction");
}
// src/cli/container/network-flag.ts
function networkFlag(usage) {
	const set = (text, before) => [...before, parseNetwork(text)];
	return {
		short: "",
		usage,
		kind: "network",
		initial: [],
		set
	};
}
/** @throws Error with Docker's wording, for what cannot go together */
function networkingConfig(networks, first) {
	const attachments = networks.length === 0 ? [plainNetwork("default")] : networks;
	const endpoints = {};
	for (const [index, attachment] of attachments.entries()) {
		const merged = index === 0 ? mergeFirst(attachment, first) : attachment;
		checkAttachment(merged);
		if (Object.hasOwn(endpoints, merged.target)) throw new Error(`network ${JSON.stringify(merged.target)} is specified multiple times`);
		endpoints[merged.target] = endpointSettings(merged);
	}
	const userDefined = attachments.filter((attachment) => isUserDefined(attachment.target));
	if (userDefined.length > 0 && userDefined.length < attachments.length) throw new Error("conflicting options: cannot attach both user-defined and non-user-defined network-modes");
	return { EndpointsConfig: endpoints };
}
function isUserDefined(target) {
	return ![
		"default",
		"bridge",
		"host",
		"none"
	].includes(target) && !target.startsWith("container:");
}
function plainNetwork(target) {
	return {
		target,
		aliases: [],
		links: [],
		ip: "",
		ip6: "",
		linkLocalIps: [],
		macAddress: "",
		driverOptions: {},
		gatewayPriority: 0
	};
}
function parseNetwork(text) {
	if (!/\w+=\w+(,\w+=\w+)*/.test(text)) return plainNetwork(text);
	const network = plainNetwork("");
	for (const field of parseCsvLine(text)) applyField(network, field);
	if (network.target === "") throw new Error("network name/id is not specified");
	return network;
}
function applyField(network, field) {
	const [key, value] = splitPair(field.toLowerCase()).map((part) => part.trim());
	if (!field.includes("=") || key === void 0 || key === "") throw new Error(`invalid field ${field}`);
	const text = value ?? "";
	if (key === "name") network.target = text;
	else if (key === "alias") network.aliases.push(text);
	else if (key === "ip") network.ip = text;
	else if (key === "ip6") network.ip6 = text;
	else if (key === "mac-address") network.macAddress = checkMac(text);
	else if (key === "link-local-ip") network.linkLocalIps.push(text);
	else if (key === "gw-priority") network.gatewayPriority = parsePriority(text);
	else if (key === "driver-opt") addDriverOption(network, text);
	else throw new Error(`invalid field key ${key}`);
}
function addDriverOption(network, text) {
	const [key, value] = splitPair(text);
	if (!text.includes("=") || key === "") throw new Error("invalid key value pair format in driver options");
	network.driverOptions[key.trim()] = value.trim();
}
function parsePriority(text) {
	try {
		return parseInteger(text, { base: 10 });
	} catch {
		throw new Error(`invalid gw-priority: ${text}`);
	}
}
/** @throws Error with Docker's wording */
function checkMac(text) {
	const address = text.trim();
	if (!/^[0-9a-f]{2}([:-][0-9a-f]{2}){5}$|^([0-9a-f]{4}\.){2}[0-9a-f]{4}$/i.test(address)) throw new Error(`${text} is not a valid mac address`);
	return address;
}
function mergeFirst(network, first) {
	const conflict = (what) => /* @__PURE__ */ new Error(`conflicting options: cannot specify both ${what}`);
	if (network.aliases.length > 0 && first.aliases.length > 0) throw conflict("--network-alias and per-network alias");
	if (network.ip !== "" && first.ip !== "") throw conflict("--ip and per-network IPv4 address");
	if (network.ip6 !== "" && first.ip6 !== "") throw conflict("--ip6 and per-network IPv6 address");
	if (network.macAddress !== "" && first.macAddress !== "") throw conflict("--mac-address and per-network MAC address");
	if (network.linkLocalIps.length > 0 && first.linkLocalIps.length > 0) throw conflict("--link-local-ip and per-network link-local IP addresses");
	return {
		...network,
		aliases: [...network.aliases, ...first.aliases],
		links: isUserDefined(network.target) ? first.links : [],
		ip: network.ip || first.ip,
		ip6: network.ip6 || first.ip6,
		linkLocalIps: [...network.linkLocalIps, ...first.linkLocalIps],
		macAddress: network.macAddress || first.macAddress
	};
}
function checkAttachment(network) {
	if (network.target.trim() === "") throw new Error("no name set for network");
	if (isUserDefined(network.target)) return;
	if (network.aliases.length > 0) throw new Error("network-scoped aliases are only supported for user-defined networks");
}
function endpointSettings(network) {
	return {
		IPAMConfig: network.ip !== "" || network.ip6 !== "" || network.linkLocalIps.length > 0 ? {
			IPv4Address: network.ip || void 0,
			IPv6Address: network.ip6 || void 0,
			LinkLocalIPs: network.linkLocalIps
		} : null,
		Links: network.links.length > 0 ? network.links : null,
		Aliases: network.aliases.length > 0 ? network.aliases : null,
		MacAddress: network.macAddress,
		DriverOpts: Object.keys(network.driverOptions).length > 0 ? network.driverOptions : null,
		GwPriority: network.gatewayPriority
	};
}
// src/cli/container/container-flags.ts
/** What `run` and `create` have in common. */
const CONTAINER_FLAGS = {
	"add-host": list("", "Add a custom host-to-IP mapping (host:ip)", checkExtraHost),
	annotation: map("", "Add an annotation to the container (handed to the OCI runtime)"),
	attach: list("a", "Attach to STDIN, STDOUT or STDERR", checkStream),
	"blkio-weight": uint16("", "Block IO (relative weight), between 10 and 1000, or 0 to disable"),
	"blkio-weight-device": parsedList("Block IO weight (relative device weight)", parseWeightDevice),
	"cap-add": list("", "Add Linux capabilities"),
	"cap-drop": list("", "Drop Linux capabilities"),
	"cgroup-parent": string("", "Parent cgroup for the container"),
	cgroupns: string("", "Cgroup namespace to use (host|private); '' leaves it to the daemon"),
	cidfile: string("", "Write the container ID to the file"),
	"cpu-period": integer("", "Limit CPU CFS (Completely Fair Scheduler) period"),
	"cpu-quota": integer("", "Limit CPU CFS (Completely Fair Scheduler) quota"),
	"cpu-rt-period": integer("", "Limit CPU real-time period in microseconds"),
	"cpu-rt-runtime": integer("", "Limit CPU real-time runtime in microseconds"),
	"cpu-shares": integer("c", "CPU shares (relative weight)"),
	cpus: cpusFlag(),
	"cpuset-cpus": string("", "CPUs in which to allow execution (0-3, 0,1)"),
	"cpuset-mems": string("", "MEMs in which to allow execution (0-3, 0,1)"),
	device: list("", "Add a host device to the container"),
	"device-cgroup-rule": list("", "Add a rule to the cgroup allowed devices list", checkDeviceCgroupRule),
	"device-read-bps": parsedList("Limit read rate (bytes per second) from a device", parseBytesThrottle),
	"device-read-iops": parsedList("Limit read rate (IO per second) from a device", parseOperationsThrottle),
	"device-write-bps": parsedList("Limit write rate (bytes per second) to a device", parseBytesThrottle),
	"device-write-iops": parsedList("Limit write rate (IO per second) to a device", parseOperationsThrottle),
	"disable-content-trust": hidden(bool("", "Skip image verification", true)),
	dns: list("", "Set custom DNS servers", checkAddress),
	"dns-option": list("", "Set DNS options"),
	"dns-opt": hidden(alias(list("", "Set DNS options"), "dns-option")),
	"dns-search": list("", "Set custom DNS search domains", checkSearchDomain),
	domainname: string("", "Container NIS domain name"),
	entrypoint: string("", "Overwrite the default ENTRYPOINT of the image"),
	env: list("e", "Set environment variables", checkEnvironment),
	"env-file": list("", "Read in a file of environment variables"),
	expose: list("", "Expose a port or a range of ports"),
	gpus: refused("gpu-request", "GPU devices to add to the container", noGpus),
	"group-add": list("", "Add additional groups to join"),
	"health-cmd": string("", "Command to run to check health"),
	"health-interval": duration("", "Time between running the check (ms|s|m|h)"),
	"health-retries": integer("", "Consecutive failures needed to report unhealthy"),
	"health-start-interval": duration("", "Time between checks during the start period (ms|s|m|h)"),
	"health-start-period": duration("", "Time to initialize before failures count (ms|s|m|h)"),
	"health-timeout": duration("", "Maximum time to allow one check to run (ms|s|m|h)"),
	help: bool("", "Print usage"),
	hostname: string("h", "Container host name"),
	init: bool("", "Run an init inside the container that forwards signals and reaps processes"),
	interactive: bool("i", "Keep STDIN open even if not attached"),
	ip: string("", "IPv4 address (e.g., 172.30.100.104)"),
	ip6: string("", "IPv6 address (e.g., 2001:db8::33)"),
	ipc: string("", "IPC mode to use"),
	isolation: string("", "Container isolation technology"),
	label: list("l", "Set meta data on a container", checkLabel),
	"label-file": list("", "Read in a line delimited file of labels"),
	link: list("", "Add link to another container", checkLink),
	"link-local-ip": list("", "Container IPv4/IPv6 link-local addresses"),
	"log-driver": string("", "Logging driver for the container"),
	"log-opt": list("", "Log driver options"),
	"mac-address": string("", "Container MAC address (e.g., 92:d0:c6:0a:29:33)"),
	memory: bytes("m", "Memory limit"),
	"memory-reservation": bytes("", "Memory soft limit"),
	"memory-swap": swapFlag(),
	"memory-swappiness": {
		...integer("", "Tune container memory swappiness (0 to 100)", -1),
		initial: -1
	},
	mount: mountFlag("Attach a filesystem mount to the container"),
	name: string("", "Assign a name to the container"),
	network: networkFlag("Connect a container to a network"),
	net: hidden(alias(networkFlag("Connect a container to a network"), "network")),
	"network-alias": list("", "Add network-scoped alias for the container"),
	"net-alias": hidden(alias(list("", "Add network-scoped alias for the container"), "network-alias")),
	"no-healthcheck": bool("", "Disable any container-specified HEALTHCHECK"),
	"oom-kill-disable": bool("", "Disable OOM Killer"),
	"oom-score-adj": integer("", "Tune host's OOM preferences (-1000 to 1000)"),
	pid: string("", "PID namespace to use"),
	"pids-limit": integer("", "Tune container pids limit (set -1 for unlimited)"),
	platform: string("", "Set platform if server is multi-platform capable"),
	privileged: bool("", "Give extended privileges to this container"),
	publish: list("p", "Publish a container's port(s) to the host"),
	"publish-all": bool("P", "Publish all exposed ports to random ports"),
	pull: string("", "Pull image before running (\"always\", \"missing\", \"never\")", "missing"),
	quiet: bool("q", "Suppress the pull output"),
	"read-only": bool("", "Mount the container's root filesystem as read only"),
	restart: string("", "Restart policy to apply when a container exits", "no"),
	rm: bool("", "Automatically remove the container and its anonymous volumes when it exits"),
	runtime: string("", "Runtime to use for this container"),
	"security-opt": list("", "Security Options"),
	"shm-size": bytes("", "Size of /dev/shm"),
	"stop-signal": string("", "Signal to stop the container"),
	"stop-timeout": integer("", "Timeout (in seconds) to stop a container"),
	"storage-opt": list("", "Storage driver options for the container"),
	sysctl: map("", "Sysctl options", checkSysctl),
	tmpfs: list("", "Mount a tmpfs directory"),
	tty: bool("t", "Allocate a pseudo-TTY"),
	ulimit: {
		...parsedList("Ulimit options", parseUlimit),
		kind: "ulimit"
	},
	user: string("u", "Username or UID (format: <name|uid>[:<group|gid>])"),
	userns: string("", "User namespace to use"),
	uts: string("", "UTS namespace to use"),
	volume: list("v", "Bind mount a volume"),
	"volume-driver": string("", "Volume driver for the container"),
	"volumes-from": list("", "Mount volumes from the specified container(s)"),
	workdir: string("w", "Working directory inside the container")
};
/** Billionths of a CPU. */
function cpusFlag() {
	return custom({
		short: "",
		usage: "Number of CPUs",
		kind: "decimal",
		initial: 0,
		set: parseCpus
	});
}
/** Bytes; -1 is unlimited. */
function swapFlag() {
	return custom({
		short: "",
		usage: "Swap limit equal to memory plus swap: '-1' to enable unlimited swap",
		kind: "bytes",
		initial: 0,
		set: (text) => text === "-1" ? -1 : parseSize(text)
	});
}
function parsedList(usage, parse) {
	const set = (text, before) => [...before, parse(text)];
	return custom({
		short: "",
		usage,
		kind: "list",
		initial: [],
		set,
		defaultText: "[]"
	});
}
function alias(flag, aliasOf) {
	return {
		...flag,
		aliasOf
	};
}
function refused(kind, usage, set) {
	return custom({
		short: "",
		usage,
		kind,
		initial: void 0,
		set
	});
}
function noGpus() {
	throw new Error("could not select device driver \"\" with capabilities: [[gpu]]");
}
// src/cli/values/image-name.ts
const DOMAIN_LABEL = "(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])";
const DOMAIN = new RegExp(`^(?:${DOMAIN_LABEL}(?:\\.${DOMAIN_LABEL})*|\\[[0-9a-fA-F:]+\\])(?::[0-9]+)?$`);
const PATH_PART = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;
const TAG = /^\w[\w.-]{0,127}$/;
const DIGEST = /^[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}$/;
const DEFAULT_TAG = "latest";
const HUB = "docker.io";
/**
* An image reference (distribution's reference grammar) with its defaults filled in.
* @throws Error with Docker's wording
*/
function parseImageName(text) {
	if (/^[0-9a-f]{64}$/.test(text)) throw new Error(`invalid repository name (${text}), cannot specify 64-byte hexadecimal strings`);
	const [beforeDigest = "", digest] = text.split(/@(.*)/s);
	const colon = beforeDigest.lastIndexOf(":");
	const tagged = colon > beforeDigest.lastIndexOf("/");
	const name = tagged ? beforeDigest.slice(0, colon) : beforeDigest;
	const tag = tagged ? beforeDigest.slice(colon + 1) : void 0;
	const { domain, path } = splitDomain(name);
	if (path !== path.toLowerCase() && PATH_PART.test(path.toLowerCase().split("/")[0] ?? "")) throw new Error(`invalid reference format: repository name (${path}) must be lowercase`);
	if (!(DOMAIN.test(domain) && path.split("/").every((part) => PATH_PART.test(part))) || tag !== void 0 && !TAG.test(tag) || digest !== void 0 && !DIGEST.test(digest)) throw new Error("invalid reference format");
	const familiar = domain === HUB ? path.replace(/^library\/(?=[^/]+$)/, "") : `${domain}/${path}`;
	const shownTag = tag ?? (digest === void 0 ? DEFAULT_TAG : void 0);
	return {
		repository: `${domain}/${path}`,
		tag: digest ?? shownTag ?? DEFAULT_TAG,
		familiar: `${familiar}${shownTag === void 0 ? "" : `:${shownTag}`}${digest === void 0 ? "" : `@${digest}`}`
	};
}
function splitDomain(name) {
	const slash = name.indexOf("/");
	const first = name.slice(0, Math.max(slash, 0));
	const isDomain = /[.:]/.test(first) || first === "localhost" || first !== first.toLowerCase();
	const domain = slash !== -1 && isDomain ? first : HUB;
	const path = slash !== -1 && isDomain ? name.slice(slash + 1) : name;
	if (domain === "index.docker.io") return {
		domain: HUB,
		path
	};
	return {
		domain,
		path: domain === HUB && !path.includes("/") ? `library/${path}` : path
	};
}
/** A reference's parts as lists show them; undefined for what is no reference (an image id). */
function familiarName(text) {
	const [beforeDigest = "", digest = ""] = text.split(/@(.*)/s);
	const colon = beforeDigest.lastIndexOf(":");
	const tag = colon > beforeDigest.lastIndexOf("/") ? beforeDigest.slice(colon + 1) : "";
	const plain = tag === "" ? beforeDigest : beforeDigest.slice(0, colon);
	try {
		const { domain, path } = splitDomain(plain);
		if (!path.split("/").every((part) => PATH_PART.test(part))) return void 0;
		const name = domain === HUB ? path.replace(/^library\/(?=[^/]+$)/, "") : `${domain}/${path}`;
		return {
			name,
			tag,
			digest,
			withoutDigest: tag === "" ? name : `${name}:${tag}`
		};
	} catch {
		return;
	}
}
// src/cli/streams/pull-image.ts
/** Pulls `image` (`POST /images/create`), its progress going to `output`, or nowhere. */
async function pullImage(context, image, options) {
	const client = await context.client();
	const { repository, tag } = parseImageName(image);
	const query = {
		fromImage: repository,
		tag,
		platform: options.platform || void 0
	};
	await showProgress(await client.stream("POST", "/images/create", { query }), options.output);
}
// src/cli/container/create-container.ts
/**
* Creates the container, pulling its image where `--pull` says so, and prints the daemon's warnings.
* Returns its id.
*/
async function createContainer(context, request, flags) {
	const image = request.Image ?? "";
	const name = /^[0-9a-f]{64}$/.test(image) ? image : parseImageName(image).familiar;
	checkIdFile(flags.cidfile);
	warnOfLocalDns(context, flags.dns);
	const pull = () => pullImage(context, image, {
		platform: flags.platform,
		output: flags.quiet ? void 0 : context.stderr
	});
	if (flags.pull === "always") await pull();
	const created = await createOrPull({
		context,
		request,
		flags,
		name,
		pull
	});
	for (const warning of created.Warnings ?? []) context.stderr.write(`WARNING: ${warning}\n`);
	if (flags.cidfile !== "") writeFileSync(flags.cidfile, created.Id);
	return created.Id;
}
function checkPullFlag(pull) {
	if (![
		"always",
		"missing",
		"never",
		""
	].includes(pull)) throw new Error(`invalid pull option: '${pull}': must be one of "always", "missing" or "never"`);
}
async function createOrPull({ context, request, flags, name, pull }) {
	const client = await context.client();
	const query = {
		name: flags.name || void 0,
		platform: flags.platform || void 0
	};
	const create = () => client.post("/containers/create", {
		query,
		body: request
	});
	try {
		return await create();
	} catch (error) {
		if (!(error instanceof ResponseError && error.status === 404) || flags.pull !== "missing") throw error;
		if (!flags.quiet) context.stderr.write(`Unable to find image '${name}' locally\n`);
		await pull();
		return create();
	}
}
function checkIdFile(path) {
	if (path !== "" && existsSync(path)) throw new ExitError(1, `container ID file found, make sure the other container isn't running or delete ${path}`);
}
function warnOfLocalDns(context, servers) {
	const local = servers.find((server) => /^(127\.|::1$)/.test(server));
	if (local !== void 0) context.stderr.write(`WARNING: Localhost DNS (${local}) may fail in containers.\n`);
}
// src/cli/container/devices.ts
/**
* `--device /dev/a[:/dev/b][:rwm]`; a pattern ending in `*` is expanded.
* @throws Error with Docker's wording
*/
function parseDevice(text) {
	const parts = text.split(":");
	const [source = "", second, third] = parts;
	if (parts.length > 3 || source === "") throw new Error(`bad format for path: ${text}`);
	const secondIsMode = second !== void 0 && isMode(second);
	const destination = second !== void 0 && (!secondIsMode || third !== void 0) ? second : void 0;
	const permissions = third ?? (secondIsMode ? second : "rwm");
	if (third !== void 0 && !isMode(third)) throw new Error(`bad mode specified: ${third}`);
	const inside = destination ?? source;
	if (!isAbsolute(inside)) throw new Error(`${inside} is not an absolute path`);
	if (!source.endsWith("*")) return [mapping(clean(source), clean(inside), permissions)];
	if (destination !== void 0) throw new Error(`device with * suffix can't have dst: ${text}`);
	return globSync(source).map((path) => mapping(path, path, permissions));
}
function isMode(text) {
	return /^(?!.*(.).*\1)[rwm]+$/.test(text);
}
function clean(path) {
	return normalize$1(path).replace(/(?<=.)\/$/, "");
}
function mapping(onHost, inContainer, permissions) {
	return {
		PathOnHost: onHost,
		PathInContainer: inContainer,
		CgroupPermissions: permissions
	};
}
// src/cli/container/health-config.ts
const CHECK_FLAGS = [
	"health-cmd",
	"health-interval",
	"health-timeout",
	"health-start-period",
	"health-start-interval",
	"health-retries"
];
/** Undefined leaves the image's own check in place. */
function healthConfig(flags) {
	const asked = CHECK_FLAGS.some((name) => Boolean(flags[name]));
	if (flags["no-healthcheck"]) {
		if (asked) throw new Error("--no-healthcheck conflicts with --health-* options");
		return { Test: ["NONE"] };
	}
	if (!asked) return void 0;
	for (const name of [
		"interval",
		"timeout",
		"retries",
		"start-period",
		"start-interval"
	]) if (flags[`health-${name}`] < 0) throw new Error(`--health-${name} cannot be negative`);
	return {
		Test: flags["health-cmd"] === "" ? void 0 : ["CMD-SHELL", flags["health-cmd"]],
		Interval: flags["health-interval"],
		Timeout: flags["health-timeout"],
		StartPeriod: flags["health-start-period"],
		StartInterval: flags["health-start-interval"],
		Retries: flags["health-retries"]
	};
}
// src/cli/container/capabilities.ts
const ALL = "ALL";
/** `net_admin`, `CAP_NET_ADMIN`: one form, in order, each once. */
function normalizeCapabilities(names) {
	return [...new Set(names.map(normalize))].sort();
}
function normalize(name) {
	const upper = name.trim().toUpperCase();
	return upper === ALL || upper.startsWith("CAP_") ? upper : `CAP_${upper}`;
}
// src/cli/container/port-specs.ts
/**
* `-p` and `--expose` together: `[address:][host port]:container port[/protocol]`, ports also as ranges.
* @throws Error with Docker's wording
*/
function parsePorts(publish, expose) {
	const ports = {
		exposed: {},
		bindings: {}
	};
	for (const text of publish) publishSpec(ports, text.includes("=") ? fromLongForm(text) : text);
	for (const text of expose) exposeSpec(ports, text);
	return ports;
}
function fromLongForm(text) {
	const parameters = { protocol: "tcp" };
	for (const parameter of text.split(",")) {
		const [key = "", value] = parameter.split("=");
		if (value === void 0) throw new Error(`invalid publish opts format (should be name=value but got '${parameter}')`);
		parameters[key] = value;
	}
	return `${parameters.published ?? ""}:${parameters.target ?? ""}/${parameters.protocol}`;
}
function publishSpec(ports, text) {
	const [protocol, address, hostText, containerText] = splitSpec(text);
	if (containerText === "") throw new Error(`no port specified: ${text}<empty>`);
	const hostAddress = checkHostAddress(address);
	const container = parseRange(containerText, `invalid containerPort: ${containerText}`);
	const host = hostText === "" ? void 0 : parseRange(hostText, `invalid hostPort: ${hostText}`);
	checkProtocol(protocol);
	const count = container.end - container.start;
	if (host !== void 0 && host.end - host.start !== count && count !== 0) throw new Error(`invalid ranges specified for container and host Ports: ${containerText} and ${hostText}`);
	for (let offset = 0; offset <= count; offset += 1) {
		const key = `${container.start + offset}/${protocol.toLowerCase()}`;
		ports.exposed[key] = {};
		const HostPort = host === void 0 ? "" : hostPort(host, offset, count);
		(ports.bindings[key] ??= []).push({
			HostIp: hostAddress,
			HostPort
		});
	}
}
function hostPort(host, offset, count) {
	if (count === 0 && host.start !== host.end) return `${host.start}-${host.end}`;
	return String(host.start + offset);
}
function exposeSpec(ports, text) {
	if (text.includes(":")) throw new Error(`invalid port format for --expose: ${text}`);
	const [protocol, port] = splitProtocol(text);
	let range;
	try {
		range = rangeOf(port);
	} catch (error) {
		throw new Error(`invalid range format for --expose: ${text}, error: ${messageOf(error)}`, { cause: error });
	}
	for (let number = range.start; number <= range.end; number += 1) ports.exposed[`${number}/${protocol}`] = {};
}
function splitSpec(text) {
	const [protocol, rest] = splitProtocol(text);
	const parts = rest.split(":");
	const container = parts.pop() ?? "";
	const host = parts.pop() ?? "";
	return [
		protocol,
		parts.join(":"),
		host,
		container
	];
}
function splitProtocol(text) {
	const [port = "", protocol, ...others] = text.split("/");
	if (text === "" || port === "") return ["", ""];
	return [others.length > 0 ? protocol ?? "" : protocol || "tcp", port];
}
function checkHostAddress(text) {
	const address = text.replace(/^\[(.*)\]$/, "$1");
	if (address !== "" && isIP(address.replace(/%.*$/, "")) === 0) throw new Error(`invalid IP address: ${text}`);
	return address;
}
function checkProtocol(protocol) {
	if (![
		"tcp",
		"udp",
		"sctp"
	].includes(protocol.toLowerCase())) throw new Error(`invalid proto: ${protocol}`);
}
function parseRange(text, problem) {
	try {
		return rangeOf(text);
	} catch {
		throw new Error(problem);
	}
}
function rangeOf(text) {
	if (text === "") throw new Error("empty string specified for ports.");
	const [first = "", last] = text.split(/-(.*)/s);
	const start = parseUnsigned(first, {
		base: 10,
		bits: 16
	});
	const end = last === void 0 ? start : parseUnsigned(last, {
		base: 10,
		bits: 16
	});
	if (end < start) throw new Error(`invalid range specified for port: ${text}`);
	return {
		start,
		end
	};
}
// src/cli/container/restart-policy.ts
/** `no`, `always`, `unless-stopped`, `on-failure[:retries]`. */
function parseRestartPolicy(text) {
	if (text === "") return {};
	const [name = "", retries] = text.split(/:(.*)/s);
	if (name === "") throw new Error("invalid restart policy format: no policy provided before colon");
	if (retries === void 0) return {
		Name: name,
		MaximumRetryCount: 0
	};
	return {
		Name: name,
		MaximumRetryCount: parseRetries(retries)
	};
}
function parseRetries(text) {
	try {
		return text === "" ? 0 : parseInteger(text, { base: 10 });
	} catch {
		throw new Error("invalid restart policy format: maximum retry count must be an integer");
	}
}
// src/cli/container/security-options.ts
/**
* `--security-opt`: seccomp profiles are read here, since their path is the caller's, not the daemon's.
* @throws Error with Docker's wording
*/
function securityOptions(given) {
	const options = given.map(readOption);
	const unconfined = options.includes("systempaths=unconfined");
	return {
		options: options.filter((option) => option !== "systempaths=unconfined"),
		maskedPaths: unconfined ? [] : null,
		readonlyPaths: unconfined ? [] : null
	};
}
function readOption(option) {
	if (option === "no-new-privileges") return option;
	if (!option.includes("=") && !option.includes(":")) throw new Error(`Invalid --security-opt: ${JSON.stringify(option)}`);
	const [key, value] = option.includes("=") ? splitPair(option) : splitPair(option.replace(":", "="));
	if (key !== "seccomp" || value === "unconfined" || value === "builtin") return option;
	return `seccomp=${readProfile(value)}`;
}
function readProfile(path) {
	let text;
	try {
		text = readFileSync(path, "utf8");
	} catch (error) {
		throw new Error(`opening seccomp profile (${path}) failed: ${describeError(error)}`, { cause: error });
	}
	try {
		return JSON.stringify(JSON.parse(text));
	} catch (error) {
		throw new Error(`compacting json for seccomp profile (${path}) failed: ${messageOf(error)}`, { cause: error });
	}
}
// src/cli/container/variable-files.ts
/**
* `--env-file` and `--env` together: files first. A name without a value takes the caller's own, and is left
* to the image where the caller has none.
* @throws Error with Docker's wording
*/
function readEnvironment(files, values, env) {
	const inherit = (name) => env[name] === void 0 ? void 0 : `${name}=${env[name]}`;
	return [...files.flatMap((file) => readVariableFile(file, inherit)), ...values.map((text) => text.includes("=") ? text : inherit(text) ?? text)];
}
/** `--label-file` and `--label` together. */
function readLabels(files, values) {
	const lines = [...files.flatMap((file) => readVariableFile(file, (name) => name)), ...values];
	return Object.fromEntries(lines.map(splitPair));
}
function readVariableFile(file, bare) {
	return readFileSync(file, "utf8").replace(/^\uFEFF/, "").split(/\r?\n/).flatMap((line) => {
		const text = line.trimStart();
		if (text === "" || text.startsWith("#")) return [];
		const [name] = splitPair(text);
		if (/\s/.test(name)) throw new Error(`invalid env file (${file}): variable '${name}' contains whitespaces`);
		if (name === "") throw new Error(`invalid env file (${file}): no variable name on line '${line}'`);
		return text.includes("=") ? [text] : bare(name) ?? [];
	});
}
// src/cli/container/create-request.ts
/**
* What `run` and `create` ask for, as the API takes it.
* @throws Error with Docker's wording
*/
function createRequest(call) {
	const { values } = call;
	checkValues(values);
	const ports = parsePorts(values.publish, values.expose);
	return {
		...containerConfig(call, ports),
		HostConfig: hostConfig(call, ports),
		NetworkingConfig: networkingConfig(values.network, {
			aliases: values["network-alias"],
			links: values.link,
			ip: values.ip,
			ip6: values.ip6,
			linkLocalIps: values["link-local-ip"],
			macAddress: values["mac-address"]
		})
	};
}
function checkValues(values) {
	if (values["mac-address"] !== "") checkMac(values["mac-address"]);
	const swappiness = values["memory-swappiness"];
	if (swappiness < -1 || swappiness > 100) throw new Error(`invalid value: ${swappiness}. Valid memory swappiness range is 0-100`);
	checkMode("pid", "PID", values.pid, /^(host|container:.+)?$/);
	checkMode("uts", "UTS", values.uts, /^(host)?$/);
	checkMode("userns", "USER", values.userns, /^(host)?$/);
	checkMode("cgroupns", "CGROUP", values.cgroupns, /^(host|private)?$/);
	if (values["log-driver"] === "none" && values["log-opt"].length > 0) throw new Error("invalid logging opts for driver none");
	if (values["storage-opt"].some((option) => !option.includes("="))) throw new Error("invalid storage option");
	if (values.rm && !["", "no"].includes(values.restart)) throw new Error("conflicting options: cannot specify both --restart and --rm");
}
function checkMode(flag, name, value, valid) {
	if (!valid.test(value)) throw new Error(`--${flag}: invalid ${name} mode`);
}
function containerConfig({ values, changed, image, command, env }, ports) {
	const attachAll = values.attach.length === 0;
	const attachStdin = values.interactive || values.attach.includes("stdin");
	return {
		Hostname: values.hostname,
		Domainname: values.domainname,
		User: values.user,
		AttachStdin: attachStdin,
		AttachStdout: attachAll || values.attach.includes("stdout"),
		AttachStderr: attachAll || values.attach.includes("stderr"),
		ExposedPorts: ports.exposed,
		Tty: values.tty,
		OpenStdin: values.interactive,
		StdinOnce: values.interactive && attachStdin,
		Env: orNull(readEnvironment(values["env-file"], values.env, env)),
		Cmd: orNull(command),
		Healthcheck: healthConfig(values),
		Image: image,
		Volumes: Object.fromEntries(values.volume.filter((text) => !isBind(text)).map((path) => [path, {}])),
		WorkingDir: values.workdir,
		Entrypoint: changed.has("entrypoint") ? [values.entrypoint] : null,
		Labels: readLabels(values["label-file"], values.label),
		StopSignal: changed.has("stop-signal") ? values["stop-signal"] : void 0,
		StopTimeout: changed.has("stop-timeout") ? values["stop-timeout"] : void 0
	};
}
function hostConfig({ values, changed }, ports) {
	const security = securityOptions(values["security-opt"]);
	return {
		...resources(values),
		Binds: orNull(values.volume.filter(isBind).map(absoluteBind)),
		ContainerIDFile: values.cidfile,
		LogConfig: {
			Type: values["log-driver"],
			Config: pairs(values["log-opt"])
		},
		NetworkMode: values.network[0]?.target ?? "default",
		PortBindings: ports.bindings,
		RestartPolicy: parseRestartPolicy(values.restart),
		AutoRemove: values.rm,
		VolumeDriver: values["volume-driver"],
		VolumesFrom: orNull(values["volumes-from"]),
		Annotations: changed.has("annotation") ? values.annotation : void 0,
		CapAdd: orNull(normalizeCapabilities(values["cap-add"])),
		CapDrop: orNull(normalizeCapabilities(values["cap-drop"])),
		CgroupnsMode: values.cgroupns,
		Dns: values.dns,
		DnsOptions: values["dns-option"],
		DnsSearch: values["dns-search"],
		ExtraHosts: orNull(values["add-host"]),
		GroupAdd: orNull(values["group-add"]),
		IpcMode: values.ipc,
		Links: orNull(values.link),
		OomScoreAdj: values["oom-score-adj"],
		PidMode: values.pid,
		Privileged: values.privileged,
		PublishAllPorts: values["publish-all"],
		ReadonlyRootfs: values["read-only"],
		SecurityOpt: orNull(security.options),
		StorageOpt: values["storage-opt"].length > 0 ? pairs(values["storage-opt"]) : void 0,
		Tmpfs: values.tmpfs.length > 0 ? tmpfsMounts(values.tmpfs) : void 0,
		UTSMode: values.uts,
		UsernsMode: values.userns,
		ShmSize: values["shm-size"],
		Sysctls: changed.has("sysctl") ? values.sysctl : void 0,
		Runtime: values.runtime || void 0,
		Isolation: values.isolation,
		Mounts: values.mount.length > 0 ? values.mount : void 0,
		MaskedPaths: security.maskedPaths,
		ReadonlyPaths: security.readonlyPaths,
		Init: changed.has("init") ? values.init : void 0
	};
}
function resources(values) {
	return {
		CpuShares: values["cpu-shares"],
		Memory: values.memory,
		NanoCpus: values.cpus,
		CgroupParent: values["cgroup-parent"],
		BlkioWeight: values["blkio-weight"],
		BlkioWeightDevice: values["blkio-weight-device"],
		BlkioDeviceReadBps: values["device-read-bps"],
		BlkioDeviceWriteBps: values["device-write-bps"],
		BlkioDeviceReadIOps: values["device-read-iops"],
		BlkioDeviceWriteIOps: values["device-write-iops"],
		CpuPeriod: values["cpu-period"],
		CpuQuota: values["cpu-quota"],
		CpuRealtimePeriod: values["cpu-rt-period"],
		CpuRealtimeRuntime: values["cpu-rt-runtime"],
		CpusetCpus: values["cpuset-cpus"],
		CpusetMems: values["cpuset-mems"],
		Devices: values.device.flatMap(parseDevice),
		DeviceCgroupRules: orNull(values["device-cgroup-rule"]),
		MemoryReservation: values["memory-reservation"],
		MemorySwap: values["memory-swap"],
		MemorySwappiness: values["memory-swappiness"],
		OomKillDisable: values["oom-kill-disable"],
		PidsLimit: values["pids-limit"],
		Ulimits: byName(values.ulimit)
	};
}
/** `source:target`: with a source it is a bind mount or a named volume, without one a volume of its own. */
function isBind(text) {
	return text.includes(":");
}
function absoluteBind(text) {
	if (!text.startsWith(".")) return text;
	const at = text.indexOf(":");
	return `${resolve(text.slice(0, at))}${text.slice(at)}`;
}
function tmpfsMounts(texts) {
	return Object.fromEntries(texts.map((text) => {
		const [path = "", options = ""] = text.split(/:(.*)/s);
		return [path, options];
	}));
}
function pairs(texts) {
	return Object.fromEntries(texts.map(splitPair));
}
function orNull(list) {
	return list.length > 0 ? list : null;
}
/** The last of each name counts. */
function byName(limits) {
	return [...new Map(limits.map((limit) => [limit.Name, limit])).values()].sort((a, b) => a.Name < b.Name ? -1 : 1);
}
// src/cli/program.ts
/** The program's name in messages and help. */
const PROGRAM = "slipway";
// src/cli/commands/create.ts
const command$43 = defineCommand({
	usage: "[OPTIONS] IMAGE [COMMAND] [ARG...]",
	summary: "Create a new container",
	aliases: ["container create", "create"],
	flags: CONTAINER_FLAGS,
	arguments: { min: 1 },
	interspersed: false,
	async run(context, { values, changed, args }) {
		const [image = "", ...command] = args;
		const id = await createContainer(context, orCreateError(() => {
			checkPullFlag(values.pull);
			return createRequest({
				values,
				changed,
				image,
				command,
				env: context.env
			});
		}), values);
		context.stdout.write(`${id}\n`);
	}
});
function orCreateError(work) {
	try {
		return work();
	} catch (error) {
		const hint = `Run '${PROGRAM} create --help' for more information`;
		throw new ExitError(125, `${PROGRAM}: ${describeError(error)}\n\n${hint}`);
	}
}
const DAEMON_FLAG_TABLE = {
	bip: string("", "The default bridge's address, in CIDR notation", DEFAULT_DAEMON_FLAGS.bip),
	bridge: string("b", "Attach containers to an existing bridge; \"none\" for no bridge network", DEFAULT_DAEMON_FLAGS.bridge),
	"cgroup-parent": string("", "Parent cgroup for all containers", DEFAULT_DAEMON_FLAGS.cgroupParent),
	"config-file": string("", "Daemon configuration file", "/etc/slipway/daemon.json"),
	"data-root": string("", "Root directory of persistent state", DEFAULT_DAEMON_FLAGS.dataRoot),
	debug: bool("D", "Enable debug mode"),
	"default-shm-size": {
		...bytes("", "Size of /dev/shm of containers"),
		initial: DEFAULT_DAEMON_FLAGS.defaultShmSizeBytes,
		defaultText: "64MiB"
	},
	"default-ulimit": ulimitFlag(),
	dns: list("", "DNS server to use", checkAddress),
	"dns-opt": list("", "DNS options to use"),
	"dns-search": list("", "DNS search domains to use", checkSearchDomain),
	"exec-root": string("", "Root directory of execution state", DEFAULT_DAEMON_FLAGS.execRoot),
	group: string("G", "Group of the unix socket (default \"docker\" or \"slipway\", where there is one)"),
	host: list("H", "Sockets to listen on: unix:///path, tcp://address:port, fd://"),
	init: bool("", "Run an init in containers to forward signals and reap processes"),
	label: list("", "Set key=value labels of the daemon's own", checkLabel),
	"live-restore": bool("", "Keep containers running without a daemon (always so)", true),
	"log-driver": string("", "Default driver for container logs", DEFAULT_DAEMON_FLAGS.logDriver),
	"log-level": string("l", "Set the logging level (\"debug\", \"info\", \"warn\", \"error\", \"fatal\")", DEFAULT_DAEMON_FLAGS.logLevel),
	"log-opt": map("", "Default log driver options"),
	mtu: {
		...integer("", "MTU of the default bridge network", DEFAULT_DAEMON_FLAGS.mtu),
		initial: DEFAULT_DAEMON_FLAGS.mtu
	},
	pidfile: string("p", "Path of the PID file", DEFAULT_DAEMON_FLAGS.pidfile),
	"shutdown-timeout": {
		...integer("", "Seconds to wait at shutdown", DEFAULT_DAEMON_FLAGS.shutdownTimeoutSeconds),
		initial: DEFAULT_DAEMON_FLAGS.shutdownTimeoutSeconds
	},
	"storage-driver": string("s", "Storage driver to use"),
	"storage-opt": list("", "Storage driver options")
};
function ulimitFlag() {
	return custom({
		short: "",
		usage: "Default ulimits of containers",
		kind: "ulimit",
		initial: [],
		set: (text, before) => [...before, parseUlimit(text)],
		defaultText: "[]"
	});
}
// src/cli/daemon/read-config-file.ts
/** The keys of dockerd's daemon.json, and the flags they stand for. */
const DIRECTIVES = {
	bip: {
		flag: "bip",
		check: text
	},
	bridge: {
		flag: "bridge",
		check: text
	},
	"cgroup-parent": {
		flag: "cgroup-parent",
		check: text
	},
	"data-root": {
		flag: "data-root",
		check: text
	},
	debug: {
		flag: "debug",
		check: boolean
	},
	"default-shm-size": {
		flag: "default-shm-size",
		check: size
	},
	"default-ulimits": {
		flag: "default-ulimit",
		check: ulimits
	},
	dns: {
		flag: "dns",
		check: texts
	},
	"dns-opts": {
		flag: "dns-opt",
		check: texts
	},
	"dns-search": {
		flag: "dns-search",
		check: texts
	},
	"exec-root": {
		flag: "exec-root",
		check: text
	},
	group: {
		flag: "group",
		check: text
	},
	hosts: {
		flag: "host",
		check: texts
	},
	init: {
		flag: "init",
		check: boolean
	},
	labels: {
		flag: "label",
		check: texts
	},
	"live-restore": {
		flag: "live-restore",
		check: boolean
	},
	"log-driver": {
		flag: "log-driver",
		check: text
	},
	"log-level": {
		flag: "log-level",
		check: text
	},
	"log-opts": {
		flag: "log-opt",
		check: textMap
	},
	mtu: {
		flag: "mtu",
		check: number
	},
	pidfile: {
		flag: "pidfile",
		check: text
	},
	"shutdown-timeout": {
		flag: "shutdown-timeout",
		check: number
	},
	"storage-driver": {
		flag: "storage-driver",
		check: text
	},
	"storage-opts": {
		flag: "storage-opt",
		check: texts
	}
};
/**
* Adds the configuration file to what the flags say. A key that is unknown, of the wrong type, or given as a
* flag too is an error; a missing file is one only when it was `asked` for.
* @throws Error with dockerd's wording
*/
function readConfigFile(path, flags) {
	try {
		const content = readJson(path, flags.changed.has("config-file"));
		checkUnknown(content);
		checkConflicts(content, flags);
		const values = { ...flags.values };
		for (const [key, value] of Object.entries(content)) {
			const directive = DIRECTIVES[key];
			if (directive !== void 0) values[directive.flag] = directive.check(value, key);
		}
		return values;
	} catch (error) {
		const reason = describeError(error);
		throw new Error(`unable to configure the Slipway daemon with file ${path}: ${reason}`, { cause: error });
	}
}
function readJson(path, asked) {
	let content;
	try {
		content = readFileSync(path, "utf8").replace(/^\uFEFF/, "");
	} catch (error) {
		if (errorCode(error) === "ENOENT" && !asked) return {};
		throw error;
	}
	if (content.trim() === "") return {};
	let value;
	try {
		value = JSON.parse(content);
	} catch (error) {
		throw new Error(`invalid JSON: ${messageOf(error)}`, { cause: error });
	}
	if (typeof value !== "object" || value === null || Array.isArray(value)) throw new Error("the configuration must be one JSON object");
	return value;
}
function checkUnknown(content) {
	const unknown = Object.keys(content).filter((key) => !Object.hasOwn(DIRECTIVES, key));
	if (unknown.length > 0) throw new Error(`the following directives don't match any configuration option: ${unknown.join(", ")}`);
}
function checkConflicts(content, { values, changed }) {
	const conflicts = Object.entries(content).flatMap(([key, value]) => {
		const flag = DIRECTIVES[key]?.flag;
		if (flag === void 0 || !changed.has(flag)) return [];
		return [`${key}: (from flag: ${show(values[flag])}, from file: ${show(value)})`];
	});
	if (conflicts.length > 0) throw new Error(`the following directives are specified both as a flag and in the configuration file: ${conflicts.join(", ")}`);
}
/** As Go prints values: `[a b]`, `map[a:b]`. */
function show(value) {
	if (Array.isArray(value)) return `[${value.map(show).join(" ")}]`;
	if (typeof value !== "object" || value === null) return String(value);
	return `map[${Object.entries(value).map(([key, item]) => `${key}:${show(item)}`).join(" ")}]`;
}
function text(value, key) {
	if (typeof value !== "string") throw wrongType(key, "a string");
	return value;
}
function boolean(value, key) {
	if (typeof value !== "boolean") throw wrongType(key, "true or false");
	return value;
}
function number(value, key) {
	if (!Number.isInteger(value)) throw wrongType(key, "a whole number");
	return value;
}
function texts(value, key) {
	if (!Array.isArray(value)) throw wrongType(key, "a list of strings");
	return value.map((item) => text(item, key));
}
function textMap(value, key) {
	const entries = Object.entries(object(value, key));
	return Object.fromEntries(entries.map(([name, item]) => [name, text(item, key)]));
}
function size(value, key) {
	return typeof value === "number" ? number(value, key) : parseSize(text(value, key));
}
function ulimits(value, key) {
	return Object.entries(object(value, key)).map(([name, item]) => {
		const { Soft, Hard } = object(item, key);
		return {
			Name: name,
			Soft: number(Soft, key),
			Hard: number(Hard, key)
		};
	});
}
function object(value, key) {
	if (typeof value !== "object" || value === null || Array.isArray(value)) throw wrongType(key, "an object");
	return value;
}
function wrongType(key, expected) {
	return /* @__PURE__ */ new Error(`${key} must be ${expected}`);
}
// src/cli/daemon/to-daemon-flags.ts
const LOG_LEVELS$1 = [
	"debug",
	"info",
	"warn",
	"error",
	"fatal"
];
const HOST = /^(unix:\/\/.+|tcp:\/\/.*|fd:\/\/.*)$/;
/**
* The daemon's own form of the flags, checked.
* @throws Error with dockerd's wording
*/
function toDaemonFlags(values) {
	const level = values["log-level"];
	if (!LOG_LEVELS$1.includes(level)) throw new Error(`invalid logging level: ${level}`);
	const hosts = values.host.length === 0 ? DEFAULT_DAEMON_FLAGS.hosts : values.host;
	for (const host of hosts) if (!HOST.test(host)) throw new Error(`invalid bind address format: ${host}`);
	if (values.mtu < 0) throw new Error(`invalid default MTU: ${values.mtu}`);
	if (values.bip !== "" && !values.bip.includes("/")) throw new Error(`invalid CIDR address: ${values.bip}`);
	if (values.bip !== "" && values.bridge !== "") throw new Error("You specified -b & --bip, mutually exclusive options. Please specify only one");
	return {
		hosts,
		dataRoot: resolve(values["data-root"]),
		execRoot: resolve(values["exec-root"]),
		pidfile: values.pidfile === "" ? "" : resolve(values.pidfile),
		storageDriver: values["storage-driver"],
		storageOpts: values["storage-opt"],
		bip: values.bip,
		bridge: values.bridge,
		mtu: values.mtu === 0 ? DEFAULT_DAEMON_FLAGS.mtu : values.mtu,
		dns: values.dns,
		dnsSearch: values["dns-search"],
		dnsOptions: values["dns-opt"],
		debug: values.debug,
		logLevel: values.debug ? "debug" : level,
		logDriver: values["log-driver"],
		logOpts: values["log-opt"],
		group: values.group,
		cgroupParent: values["cgroup-parent"],
		defaultUlimits: values["default-ulimit"],
		defaultShmSizeBytes: values["default-shm-size"],
		labels: values.label,
		init: values.init,
		shutdownTimeoutSeconds: values["shutdown-timeout"]
	};
}
// src/cli/commands/daemon.ts
const command$42 = defineCommand({
	usage: "[OPTIONS]",
	summary: "Run the daemon in the foreground",
	flags: DAEMON_FLAG_TABLE,
	arguments: {
		min: 0,
		max: 0
	},
	async run(context, { values, changed }) {
		const configured = readConfigFile(values["config-file"], {
			values,
			changed
		});
		const hosts = configured.host.length === 0 ? [...context.hosts] : configured.host;
		await context.runDaemon(toDaemonFlags({
			...configured,
			host: hosts
		}));
	}
});
// src/cli/commands/diff.ts
const KINDS = [
	"C",
	"A",
	"D"
];
const command$41 = defineCommand({
	usage: "CONTAINER",
	summary: "Inspect changes to files or directories on a container's filesystem",
	aliases: ["container diff", "diff"],
	flags: {},
	arguments: {
		min: 1,
		max: 1
	},
	async run(context, { args }) {
		const changes = await (await context.client()).get(`/containers/${args[0]}/changes`);
		context.stdout.write((changes ?? []).map(({ Kind, Path }) => `${KINDS[Kind] ?? Kind} ${Path}\n`).join(""));
	}
});
// src/cli/format/local-time.ts
/** `2026-11-22 06:07:31 +0000 UTC`: a time as Go prints it, in the machine's time zone. */
function formatLocalTime(seconds) {
	const date = /* @__PURE__ */ new Date(seconds * 1e3);
	const two = (value) => String(value).padStart(2, "0");
	const offset = -date.getTimezoneOffset();
	const zone = `${offset < 0 ? "-" : "+"}${two(Math.trunc(Math.abs(offset) / 60))}${two(Math.abs(offset) % 60)}`;
	return `${`${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`} ${`${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`} ${zone} ${zoneName(date)}`;
}
function zoneName(date) {
	return new Intl.DateTimeFormat("en-US", { timeZoneName: "short" }).formatToParts(date).find((part) => part.type === "timeZoneName")?.value ?? "";
}
/** `2026-11-22T06:07:31.000000000Z`: RFC 3339 with all nine digits, in the machine's time zone. */
function formatNanoseconds(nanoseconds) {
	const date = new Date(Number(nanoseconds / 1000000n));
	const two = (value) => String(value).padStart(2, "0");
	const minutes = -date.getTimezoneOffset();
	const offset = Math.abs(minutes);
	const zone = minutes === 0 ? "Z" : `${minutes < 0 ? "-" : "+"}${two(Math.trunc(offset / 60))}:${two(offset % 60)}`;
	return `${new Date(date.getTime() + minutes * 6e4).toISOString().slice(0, 19)}.${String(nanoseconds % 1000000000n).padStart(9, "0")}${zone}`;
}
// src/cli/values/time.ts
const DATE_TIME = /^(\d{4}-\d{2}-\d{2})(?:T(\d{2})(?::(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?)?)?(Z|[+-]\d{2}:\d{2})?$/;
/**
* A point in time, as `--since` and `--until` take it: a duration before `nowMs`, RFC 3339 (also shortened, then
* in local time), or seconds since the epoch. In seconds, with nanoseconds where there are any: `1136073600.5`.
* @throws Error when it is none of these
*/
function parseTime(text, nowMs) {
	if (/^\d+(\.\d+)?$/.test(text)) return text;
	const match = DATE_TIME.exec(text);
	if (match !== null) return fromParts(match);
	const nanoseconds = BigInt(Math.round(nowMs * 1e6)) - BigInt(parseDuration(text));
	return secondsText(nanoseconds / 1000000000n, nanoseconds % 1000000000n);
}
function fromParts([, date, hours, minutes, seconds, fraction, zone = ""]) {
	const clock = `${hours ?? "00"}:${minutes ?? "00"}:${seconds ?? "00"}`;
	const milliseconds = Date.parse(`${date}T${clock}${zone}`);
	if (Number.isNaN(milliseconds)) throw new Error("invalid time");
	return secondsText(BigInt(milliseconds / 1e3), BigInt((fraction ?? "").padEnd(9, "0")));
}
function secondsText(seconds, nanoseconds) {
	return `${seconds}.${String(nanoseconds).padStart(9, "0")}`;
}
// src/cli/commands/events.ts
const command$40 = defineCommand({
	usage: "[OPTIONS]",
	summary: "Get real time events from the server",
	aliases: ["system events", "events"],
	flags: {
		filter: filterFlag("f", "Filter output based on conditions provided"),
		format: inspectFormatFlag(),
		since: string("", "Show all events created since timestamp"),
		until: string("", "Stream events until this timestamp")
	},
	arguments: {
		min: 0,
		max: 0
	},
	async run(context, { values }) {
		const show = printerOf(values.format);
		const client = await context.client();
		const query = {
			filters: filtersQuery(values.filter),
			since: values.since === "" ? void 0 : parseTime(values.since, Date.now()),
			until: values.until === "" ? void 0 : parseTime(values.until, Date.now())
		};
		const stream = await client.stream("GET", "/events", { query });
		for await (const event of jsonLines(stream)) context.stdout.write(`${show(event)}\n`);
	}
});
function printerOf(format) {
	if (format === "") return eventLine;
	try {
		const template = compileTemplate(format === "json" ? "{{json .}}" : format);
		return (event) => template.render(withGoNames$1(event));
	} catch (error) {
		throw new ExitError(64, `Error parsing format: ${messageOf(error)}`);
	}
}
/** Go's names of the fields that JSON has in lower case; JSON itself does not show them. */
function withGoNames$1(event) {
	const names = {
		Status: event.status,
		ID: event.id,
		From: event.from,
		Scope: event.scope,
		Time: event.time,
		TimeNano: event.timeNano
	};
	const hidden = Object.entries(names).map(([name, value]) => [name, {
		value,
		enumerable: false
	}]);
	return Object.defineProperties({ ...event }, Object.fromEntries(hidden));
}
function eventLine({ time, timeNano, Type, Action, Actor }) {
	const attributes = Object.keys(Actor.Attributes ?? {}).sort().map((name) => `${name}=${Actor.Attributes[name]}`);
	const shown = attributes.length === 0 ? "" : ` (${attributes.join(", ")})`;
	return `${formatNanoseconds(timeNano ? BigInt(Math.trunc(timeNano)) : BigInt(time) * 1000000000n)} ${Type} ${Action} ${Actor.ID}${shown}`;
}
const command$39 = defineCommand({
	usage: "[OPTIONS] CONTAINER COMMAND [ARG...]",
	summary: "Execute a command in a running container",
	aliases: ["container exec", "exec"],
	flags: {
		detach: bool("d", "Detached mode: run command in the background"),
		"detach-keys": string("", "Override the key sequence for detaching a container"),
		env: list("e", "Set environment variables", checkEnvironment),
		"env-file": list("", "Read in a file of environment variables"),
		interactive: bool("i", "Keep STDIN open even if not attached"),
		privileged: bool("", "Give extended privileges to the command"),
		tty: bool("t", "Allocate a pseudo-TTY"),
		user: string("u", "Username or UID (format: \"<name|uid>[:<group|gid>]\")"),
		workdir: string("w", "Working directory inside the container")
	},
	arguments: { min: 2 },
	interspersed: false,
	run: exec$1
});
async function exec$1(context, call) {
	const config = execConfig(context, call);
	const attached = {
		attachStdin: config.AttachStdin === true,
		tty: config.Tty === true
	};
	if (!call.values.detach) checkTerminal(context, attached);
	const client = await context.client();
	const { Id } = await client.post(`/containers/${call.args[0]}/exec`, { body: config });
	const start = {
		Detach: call.values.detach,
		Tty: config.Tty,
		ConsoleSize: config.ConsoleSize
	};
	if (call.values.detach) return client.post(`/exec/${Id}/start`, { body: start });
	await runAttached$1(context, {
		id: Id,
		config,
		start
	});
}
async function runAttached$1(context, { id, config, start }) {
	const client = await context.client();
	const socket = await client.hijack(`/exec/${id}/start`, { body: start });
	const tty = config.Tty === true;
	const stopResizing = tty ? followSize(context, client, `/exec/${id}`) : () => void 0;
	const streams = {
		stdin: config.AttachStdin === true,
		stdout: true,
		stderr: true
	};
	try {
		if (await copyHijacked(context, socket, {
			...streams,
			tty,
			detachKeys: config.DetachKeys ?? ""
		}) === "detached") throw new ExitError(1, "read escape sequence");
	} finally {
		stopResizing();
	}
	const { ExitCode } = await client.get(`/exec/${id}/json`);
	if (ExitCode) throw new ExitError(ExitCode);
}
function execConfig(context, { values, args }) {
	const environment = readEnvironment(values["env-file"], values.env, context.env);
	const terminal = values.tty && context.stdout.isTTY === true;
	return {
		User: values.user,
		Privileged: values.privileged,
		Tty: values.tty,
		ConsoleSize: terminal ? [context.stdout.rows ?? 0, context.stdout.columns ?? 0] : null,
		AttachStdin: !values.detach && values.interactive,
		AttachStderr: !values.detach,
		AttachStdout: !values.detach,
		DetachKeys: values["detach-keys"],
		Env: environment.length > 0 ? environment : null,
		WorkingDir: values.workdir,
		Cmd: args.slice(1)
	};
}
// src/cli/streams/write-download.ts
/** Writes what the daemon sends to standard output, or to a file that appears only when it is complete. */
async function writeDownload(context, { output, refusal, open }) {
	if (output === "" && context.stdout.isTTY) throw new Error(refusal);
	if (output !== "") checkDirectory(output);
	const source = await open(await context.client());
	if (output !== "") return writeFile(source, output);
	for await (const chunk of source) await writeAll(context.stdout, chunk);
}
function checkDirectory(output) {
	const directory = dirname(output);
	try {
		if (statSync(directory).isDirectory()) return;
	} catch (error) {
		throw new Error(`invalid output path: directory ${JSON.stringify(directory)} does not exist`, { cause: error });
	}
	throw new Error(`invalid output path: ${JSON.stringify(directory)} must be a directory`);
}
async function writeFile(source, output) {
	if (isSpecial(output)) return pipeline(source, createWriteStream(output));
	const temporary = `${output}.${process.pid}.tmp`;
	try {
		await pipeline(source, createWriteStream(temporary, {
			flags: "wx",
			mode: 384
		}));
		renameSync(temporary, output);
	} catch (error) {
		rmSync(temporary, { force: true });
		throw new Error(describeError(error), { cause: error });
	}
}
/** /dev/stdout, a pipe: nothing that a rename may replace. */
function isSpecial(path) {
	const stat = statSync(path, { throwIfNoEntry: false });
	return stat !== void 0 && !stat.isFile();
}
// src/cli/commands/export.ts
const command$38 = defineCommand({
	usage: "[OPTIONS] CONTAINER",
	summary: "Export a container's filesystem as a tar archive",
	aliases: ["container export", "export"],
	flags: { output: string("o", "Write to a file, instead of STDOUT") },
	arguments: {
		min: 1,
		max: 1
	},
	run: (context, { values, args }) => writeDownload(context, {
		output: values.output,
		refusal: "cowardly refusing to export to a terminal. Use the -o flag or redirect",
		open: (client) => client.stream("GET", `/containers/${args[0]}/export`)
	})
});
// src/cli/format/ellipsis.ts
/** Cuts `text` to `length` characters, the last of them an ellipsis. */
function ellipsis(text, length) {
	const characters = Array.from(text);
	if (characters.length <= length) return text;
	return length <= 1 ? characters[0] ?? "" : `${characters.slice(0, length - 1).join("")}…`;
}
// src/cli/format/align-columns.ts
const MIN_WIDTH = 10;
const PADDING = 3;
const WIDE = /[\u1100-\u115F\u2E80-\u303E\u3041-\u33FF\u3400-\u4DBF\u4E00-\u9FFF\uA000-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6]|[\u{1F300}-\u{1FAFF}\u{20000}-\u{3FFFD}]/u;
/**
* Aligns tab-separated cells as Go's tabwriter does (minimum width 10, padding 3): a column is a run of
* consecutive lines that have a cell there with another after it; the last cell of a line is never padded.
*/
function alignColumns(text, options = {}) {
	const lines = text.split("\n").map((line) => line.split("	"));
	const widths = lines.map(() => []);
	const { minWidth = MIN_WIDTH, padding = PADDING } = options;
	measure({
		lines,
		widths,
		minWidth,
		padding
	}, 0, 0, lines.length);
	return lines.map((cells, row) => cells.map((cell, column) => padCell(cell, widths[row]?.[column])).join("")).join("\n");
}
/** Finds the blocks of one column within a block of the column before it. */
function measure(table, column, from, to) {
	for (let start = from; start < to;) {
		const has = (row) => (table.lines[row]?.length ?? 0) > column + 1;
		if (!has(start)) {
			start += 1;
			continue;
		}
		let end = start;
		while (end < to && has(end)) end += 1;
		const cells = table.lines.slice(start, end).map((cells) => displayWidth(cells[column] ?? ""));
		const width = Math.max(table.minWidth, ...cells.map((cell) => cell + table.padding));
		for (let row = start; row < end; row += 1) table.widths[row]?.push(width);
		measure(table, column + 1, start, end);
		start = end;
	}
}
function padCell(cell, width) {
	return width === void 0 ? cell : cell + " ".repeat(Math.max(0, width - displayWidth(cell)));
}
function displayWidth(text) {
	let width = 0;
	for (const character of text) width += WIDE.test(character) ? 2 : 1;
	return width;
}
// src/cli/format/write-rows.ts
/**
* What makes the lines of a list by `format`: `table TEMPLATE` with a heading and aligned columns, `json`, or
* a template for each item.
* @throws Error with Docker's wording, for a bad template
*/
function rowPrinter(type, format) {
	const table = format.startsWith("table");
	const template = compile$2(table ? format.slice(5) : format === "json" ? "{{json .}}" : format);
	const rowOf = (item) => render$1(template, new TemplateObject(type.typeName, type.fields(item)));
	return (items) => {
		const rows = items.map((item) => `${rowOf(item)}\n`).join("");
		return table ? alignColumns(`${template.renderHeader(headerObject(type))}\n${rows}`) : rows;
	};
}
/** The template with the escapes that users write in it. */
function compile$2(format) {
	const text = format.trim().replaceAll("\\t", "	").replaceAll("\\n", "\n");
	try {
		return compileTemplate(text);
	} catch (error) {
		throw new Error(`failed to parse template: ${messageOf(error)}`, { cause: error });
	}
}
function render$1(template, row) {
	try {
		return template.render(row);
	} catch (error) {
		throw new Error(`failed to execute template: ${messageOf(error)}`, { cause: error });
	}
}
function headerObject(type) {
	const names = Object.entries(type.header).map(([name, title]) => [name, () => title]);
	return new TemplateObject(type.typeName, {
		...Object.fromEntries(names),
		Label: labelHeading
	});
}
/** `com.example.my-label` is headed `my label`. */
function labelHeading(name = "") {
	return (name.split(".").at(-1) ?? "").replaceAll(/[-_]/g, " ");
}
// src/cli/commands/history.ts
const CREATED_BY_WIDTH = 45;
const command$37 = defineCommand({
	usage: "[OPTIONS] IMAGE",
	summary: "Show the history of an image",
	aliases: ["image history", "history"],
	flags: {
		format: formatFlag(),
		human: bool("H", "Print sizes and dates in human readable format", true),
		"no-trunc": bool("", "Don't truncate output"),
		quiet: bool("q", "Only show image IDs")
	},
	arguments: {
		min: 1,
		max: 1
	},
	async run(context, { values, args }) {
		const print = rowPrinter(historyRows({
			truncate: !values["no-trunc"],
			human: values.human
		}), listFormat$4(values));
		const items = await (await context.client()).get(`/images/${args[0]}/history`);
		context.stdout.write(print(items));
	}
});
function listFormat$4(values) {
	if (values.format !== "" && values.format !== "table") return values.format;
	if (values.quiet) return "{{.ID}}";
	return `table {{.ID}}\\t{{.${values.human ? "CreatedSince" : "CreatedAt"}}}\\t{{.CreatedBy}}\\t{{.Size}}\\t{{.Comment}}`;
}
function historyRows({ truncate, human }) {
	const header = {
		ID: "IMAGE",
		CreatedSince: "CREATED",
		CreatedAt: "CREATED AT",
		CreatedBy: "CREATED BY",
		Size: "SIZE",
		Comment: "COMMENT"
	};
	const fields = (item) => {
		const createdAt = () => (/* @__PURE__ */ new Date(item.Created * 1e3)).toISOString().replace(".000Z", "Z");
		const createdBy = item.CreatedBy.replaceAll("	", " ");
		return {
			ID: () => truncate ? shortId(item.Id) : item.Id,
			CreatedAt: createdAt,
			CreatedSince: () => human ? `${formatHumanDuration(Date.now() - item.Created * 1e3)} ago` : createdAt(),
			CreatedBy: () => truncate ? ellipsis(createdBy, CREATED_BY_WIDTH) : createdBy,
			Size: () => human ? formatSize(item.Size, 3) : String(item.Size),
			Comment: () => item.Comment
		};
	};
	return {
		typeName: "history",
		header,
		fields
	};
}
// src/cli/commands/image-inspect.ts
const command$36 = defineCommand({
	usage: "[OPTIONS] IMAGE [IMAGE...]",
	summary: "Display detailed information on one or more images",
	flags: { format: inspectFormatFlag() },
	arguments: { min: 1 },
	async run(context, { values, args }) {
		const client = await context.client();
		const options = {
			kind: "image",
			size: false
		};
		const find = (name) => findObject(client, name, options);
		await printInspected(context, args, {
			format: values.format,
			find
		});
	}
});
// src/cli/commands/image-prune.ts
const command$35 = defineCommand({
	usage: "[OPTIONS]",
	summary: "Remove unused images",
	flags: {
		all: bool("a", "Remove all unused images, not just dangling ones"),
		filter: filterFlag("", "Provide filter values (e.g. \"until=<timestamp>\")"),
		force: bool("f", "Do not prompt for confirmation")
	},
	arguments: {
		min: 0,
		max: 0
	},
	async run(context, { values }) {
		const what = values.all ? "all images without at least one container associated to them." : "all dangling images.";
		if (!values.force) await confirm(context, `This will remove ${what}`);
		printPruned(context, await pruneImages(context, values.filter, values.all));
	}
});
// src/cli/format/image-rows.ts
const IMAGE_TABLE = "table {{.Repository}}\\t{{.Tag}}\\t{{.ID}}\\t{{.CreatedSince}}\\t{{.Size}}";
const IMAGE_DIGEST_TABLE = "table {{.Repository}}\\t{{.Tag}}\\t{{.Digest}}\\t{{.ID}}\\t{{.CreatedSince}}\\t{{.Size}}";
const NONE = "<none>";
const HEADER$2 = {
	ID: "IMAGE ID",
	Repository: "REPOSITORY",
	Tag: "TAG",
	Digest: "DIGEST",
	CreatedSince: "CREATED",
	CreatedAt: "CREATED AT",
	Size: "SIZE",
	Containers: "CONTAINERS",
	VirtualSize: "SIZE",
	SharedSize: "SHARED SIZE",
	UniqueSize: "UNIQUE SIZE"
};
function imageRows(options) {
	return {
		typeName: "image",
		header: HEADER$2,
		fields: (named) => imageFields(named, options.truncate)
	};
}
/** One entry for each name of each image; with `digests` also for each of its digests. */
function nameImages(images, digests) {
	return images.flatMap((image) => namesOf$1(image, digests).map((name) => ({
		image,
		...name
	})));
}
function namesOf$1(image, digests) {
	const tagged = (image.RepoTags ?? []).filter((name) => name !== "<none>:<none>").map(familiarName);
	const digested = (image.RepoDigests ?? []).filter((name) => name !== "<none>@<none>").map(familiarName);
	const tags = tagged.filter((name) => name !== void 0);
	const rest = digested.filter((name) => name !== void 0);
	if (tags.length === 0 && rest.length === 0) return [{
		repository: NONE,
		tag: NONE,
		digest: NONE
	}];
	const untagged = rest.filter(({ name }) => !tags.some((tag) => tag.name === name));
	return [...tags.flatMap(({ name, tag }) => {
		const own = digests ? rest.filter((digest) => digest.name === name) : [];
		if (own.length === 0) return [{
			repository: name,
			tag,
			digest: NONE
		}];
		return own.map(({ digest }) => ({
			repository: name,
			tag,
			digest
		}));
	}), ...untagged.map(({ name, digest }) => ({
		repository: name,
		tag: NONE,
		digest: digests ? digest : ""
	}))];
}
function imageFields({ image, repository, tag, digest }, truncate) {
	return {
		ID: () => truncate ? shortId(image.Id) : image.Id,
		Repository: () => repository,
		Tag: () => tag,
		Digest: () => digest,
		CreatedSince: () => image.Created <= 0 ? "N/A" : `${formatHumanDuration(Date.now() - image.Created * 1e3)} ago`,
		CreatedAt: () => formatLocalTime(image.Created),
		Size: () => formatSize(image.Size, 3),
		Containers: () => orUnknown(image.Containers, String),
		VirtualSize: () => formatSize(image.Size),
		SharedSize: () => orUnknown(image.SharedSize, (size) => formatSize(size)),
		UniqueSize: () => image.SharedSize < 0 ? "N/A" : orUnknown(image.Size - image.SharedSize, (size) => formatSize(size))
	};
}
/** -1 is what the daemon has not counted. */
function orUnknown(value, show) {
	return value < 0 ? "N/A" : show(value);
}
// src/cli/commands/images.ts
const command$34 = defineCommand({
	usage: "[OPTIONS] [REPOSITORY[:TAG]]",
	summary: "List images",
	aliases: [
		"image ls",
		"image list",
		"images"
	],
	flags: {
		all: bool("a", "Show all images (default hides intermediate images)"),
		digests: bool("", "Show digests"),
		filter: filterFlag("f", "Filter output based on conditions provided"),
		format: formatFlag(),
		"no-trunc": bool("", "Don't truncate output"),
		quiet: bool("q", "Only show image IDs")
	},
	arguments: {
		min: 0,
		max: 1
	},
	async run(context, { values, args: [name] }) {
		const print = rowPrinter(imageRows({ truncate: !values["no-trunc"] }), listFormat$3(values));
		const client = await context.client();
		const filters = name === void 0 ? values.filter : {
			...values.filter,
			reference: { [name]: true }
		};
		const query = {
			all: values.all || void 0,
			filters: filtersQuery(filters)
		};
		const images = await client.get("/images/json", { query });
		const digests = values.digests || /\.Digest\b/.test(values.format);
		context.stdout.write(print(nameImages(images, digests)));
	}
});
function listFormat$3(values) {
	if (values.quiet) return "{{.ID}}";
	if (values.format !== "" && values.format !== "table") return values.format;
	return values.digests ? IMAGE_DIGEST_TABLE : IMAGE_TABLE;
}
// src/cli/commands/import.ts
const command$33 = defineCommand({
	usage: "[OPTIONS] file|URL|- [REPOSITORY[:TAG]]",
	summary: "Import the contents from a tarball to create a filesystem image",
	aliases: ["image import", "import"],
	flags: {
		change: list("c", "Apply Dockerfile instruction to the created image"),
		message: string("m", "Set commit message for imported image"),
		platform: string("", "Set platform if server is multi-platform capable")
	},
	arguments: {
		min: 1,
		max: 2
	},
	async run(context, { values, args: [source = "", reference] }) {
		const remote = /^https?:\/\//.test(source);
		const upload = source === "-" ? context.stdin : remote ? void 0 : createReadStream(source);
		if (upload !== void 0 && source !== "-") await once(upload, "open");
		if (reference !== void 0) parseImageName(reference);
		const client = await context.client();
		const query = {
			fromSrc: remote ? source : "-",
			repo: reference,
			message: values.message || void 0,
			changes: values.change,
			platform: values.platform.toLowerCase() || void 0
		};
		await showProgress(await client.stream("POST", "/images/create", {
			query,
			upload
		}), context.stdout);
	}
});
// src/cli/format/info-text.ts
/** The server's part of `info`, in Docker's layout. */
function infoText(info) {
	return [
		...countLines(info),
		...driverLines(info),
		...runtimeLines(info),
		...hostLines(info)
	].map((line) => ` ${line}\n`).join("");
}
function countLines(info) {
	return [
		`Containers: ${info.Containers ?? 0}`,
		` Running: ${info.ContainersRunning ?? 0}`,
		` Paused: ${info.ContainersPaused ?? 0}`,
		` Stopped: ${info.ContainersStopped ?? 0}`,
		`Images: ${info.Images ?? 0}`,
		...named("Server Version", info.ServerVersion)
	];
}
function driverLines(info) {
	const { Plugins = {} } = info;
	return [
		...named("Storage Driver", info.Driver),
		...(info.DriverStatus ?? []).map(([name, value]) => ` ${name}: ${value}`),
		...named("Logging Driver", info.LoggingDriver),
		...named("Cgroup Driver", info.CgroupDriver),
		...named("Cgroup Version", info.CgroupVersion),
		"Plugins:",
		` Volume: ${(Plugins.Volume ?? []).join(" ")}`,
		` Network: ${(Plugins.Network ?? []).join(" ")}`,
		` Log: ${(Plugins.Log ?? []).join(" ")}`
	];
}
function runtimeLines(info) {
	const runtimes = Object.keys(info.Runtimes ?? {});
	return [
		...runtimes.length === 0 ? [] : [`Runtimes: ${runtimes.join(" ")}`, `Default Runtime: ${info.DefaultRuntime}`],
		...named("Init Binary", info.InitBinary),
		...securityLines(info.SecurityOptions ?? [])
	];
}
/** `name=seccomp,profile=builtin`. */
function securityLines(options) {
	if (options.length === 0) return [];
	return ["Security Options:", ...options.flatMap((option) => {
		const pairs = new Map(option.split(",").map((pair) => pair.split("=")));
		return [` ${pairs.get("name") ?? option}`, ...named("  Profile", pairs.get("profile"))];
	})];
}
function hostLines(info) {
	const labels = info.Labels ?? [];
	return [
		...named("Kernel Version", info.KernelVersion),
		...named("Operating System", info.OperatingSystem),
		...named("OSType", info.OSType),
		...named("Architecture", info.Architecture),
		`CPUs: ${info.NCPU ?? 0}`,
		`Total Memory: ${formatBinarySize(info.MemTotal ?? 0)}`,
		...named("Name", info.Name),
		...named("ID", info.ID),
		...named("Root Dir", info.DockerRootDir),
		`Debug Mode: ${info.Debug ?? false}`,
		...labels.length === 0 ? [] : ["Labels:", ...labels.map((label) => ` ${label}`)],
		`Experimental: ${info.ExperimentalBuild ?? false}`,
		`Live Restore Enabled: ${info.LiveRestoreEnabled ?? false}`
	];
}
function named(name, value) {
	return value ? [`${name}: ${value}`] : [];
}
// src/cli/commands/info.ts
const command$32 = defineCommand({
	usage: "[OPTIONS]",
	summary: "Display system-wide information",
	aliases: ["system info", "info"],
	flags: { format: inspectFormatFlag() },
	arguments: {
		min: 0,
		max: 0
	},
	async run(context, { values }) {
		const template = values.format === "" ? void 0 : compile$1(values.format);
		const info = await (await context.client()).get("/info");
		const clientInfo = {
			Debug: false,
			Version: VERSION,
			Context: "default"
		};
		if (template !== void 0) return void context.stdout.write(`${template.render({
			...info,
			ClientInfo: clientInfo
		})}\n`);
		context.stdout.write(`Client:\n Version:    ${VERSION}\n\nServer:\n${infoText(info)}\n`);
		for (const warning of info.Warnings ?? []) context.stderr.write(`${warning}\n`);
	}
});
function compile$1(format) {
	try {
		return compileTemplate(format === "json" ? "{{json .}}" : format);
	} catch (error) {
		throw new ExitError(64, `template parsing error: ${messageOf(error)}`);
	}
}
// src/cli/commands/inspect.ts
const command$31 = defineCommand({
	usage: "[OPTIONS] NAME|ID [NAME|ID...]",
	summary: "Return low-level information on objects",
	flags: {
		format: inspectFormatFlag(),
		size: bool("s", "Display total file sizes if the type is container"),
		type: string("", "Only inspect objects of the given type")
	},
	arguments: { min: 1 },
	async run(context, { values, args }) {
		const { type } = values;
		if (type !== "" && !isObjectKind(type)) throw unknownType(type);
		const client = await context.client();
		const options = {
			kind: type === "" ? void 0 : type,
			size: values.size
		};
		const find = (name) => findObject(client, name, options);
		await printInspected(context, args, {
			format: values.format,
			find
		});
	}
});
function unknownType(type) {
	const kinds = OBJECT_KINDS.map((kind) => JSON.stringify(kind)).join(", ");
	return /* @__PURE__ */ new Error(`unknown type: ${JSON.stringify(type)}: must be one of ${kinds}`);
}
// src/cli/container/each-target.ts
/**
* Does `work` for all targets at once, and prints for each what `work` returns, in the order they were named.
* Failures do not keep the others from being done; they are printed after them, and end the command with 1.
*/
async function eachTarget(context, targets, work) {
	const client = await context.client();
	const running = targets.map((target) => work(client, target));
	const failures = [];
	for (const result of await Promise.allSettled(running)) if (result.status === "fulfilled") context.stdout.write(result.value);
	else failures.push(describeError(result.reason));
	if (failures.length > 0) throw new ExitError(1, failures.join("\n"));
}
// src/cli/commands/kill.ts
const command$30 = defineCommand({
	usage: "[OPTIONS] CONTAINER [CONTAINER...]",
	summary: "Kill one or more running containers",
	aliases: ["container kill", "kill"],
	flags: { signal: string("s", "Signal to send to the container") },
	arguments: { min: 1 },
	run: (context, { values, args }) => eachTarget(context, args, async (client, target) => {
		await client.post(`/containers/${target}/kill`, { query: { signal: values.signal || void 0 } });
		return `${target}\n`;
	})
});
// src/cli/commands/load.ts
const command$29 = defineCommand({
	usage: "[OPTIONS]",
	summary: "Load an image from a tar archive or STDIN",
	aliases: ["image load", "load"],
	flags: {
		input: string("i", "Read from tar archive file, instead of STDIN"),
		quiet: bool("q", "Suppress the load output")
	},
	arguments: {
		min: 0,
		max: 0
	},
	async run(context, { values }) {
		if (values.input === "" && context.stdin.isTTY) throw new Error("requested load from stdin, but stdin is empty");
		const upload = values.input === "" ? context.stdin : createReadStream(values.input);
		if (values.input !== "") await once(upload, "open");
		const client = await context.client();
		const quiet = values.quiet || !context.stdout.isTTY;
		await showProgress(await client.stream("POST", "/images/load", {
			query: { quiet },
			upload
		}), context.stdout);
	}
});
// src/cli/commands/logs.ts
const command$28 = defineCommand({
	usage: "[OPTIONS] CONTAINER",
	summary: "Fetch the logs of a container",
	aliases: ["container logs", "logs"],
	flags: {
		details: bool("", "Show extra details provided to logs"),
		follow: bool("f", "Follow log output"),
		since: string("", "Show logs since timestamp (e.g. \"2013-01-02T13:23:37Z\") or relative (e.g. \"42m\" for 42 minutes)"),
		tail: string("n", "Number of lines to show from the end of the logs", "all"),
		timestamps: bool("t", "Show timestamps"),
		until: string("", "Show logs before a timestamp (e.g. \"2013-01-02T13:23:37Z\") or relative (e.g. \"42m\" for 42 minutes)")
	},
	arguments: {
		min: 1,
		max: 1
	},
	async run(context, { values, args }) {
		const client = await context.client();
		const container = await client.get(`/containers/${args[0]}/json`);
		const query = {
			stdout: true,
			stderr: true,
			since: timeOf("since", values.since),
			until: timeOf("until", values.until),
			timestamps: values.timestamps || void 0,
			details: values.details || void 0,
			follow: values.follow || void 0,
			tail: values.tail
		};
		const stream = await client.stream("GET", `/containers/${container.Id}/logs`, { query });
		if (!container.Config.Tty) return copyFrames(stream, context.stdout, context.stderr);
		for await (const chunk of stream) await writeAll(context.stdout, chunk);
	}
});
function timeOf(flag, text) {
	if (text === "") return void 0;
	try {
		return parseTime(text, Date.now());
	} catch {
		throw new Error(`invalid value for "${flag}": failed to parse value as time or duration: ${JSON.stringify(text)}`);
	}
}
// src/cli/commands/network-inspect.ts
const command$27 = defineCommand({
	usage: "[OPTIONS] NETWORK [NETWORK...]",
	summary: "Display detailed information on one or more networks",
	flags: { format: inspectFormatFlag() },
	arguments: { min: 1 },
	async run(context, { values, args }) {
		const client = await context.client();
		const options = {
			kind: "network",
			size: false
		};
		const find = (name) => findObject(client, name, options);
		await printInspected(context, args, {
			format: values.format,
			find
		});
	}
});
// src/cli/format/display-ports.ts
/** `0.0.0.0:8080->80/tcp, 9000-9002/tcp`: consecutive ports in one range. */
function displayPorts(ports) {
	const groups = /* @__PURE__ */ new Map();
	const ranges = [];
	const mappings = [];
	for (const port of [...ports].sort(comparePorts)) {
		const { IP, PrivatePort, PublicPort, Type } = port;
		if (IP && PublicPort !== PrivatePort) {
			mappings.push(`${hostAndPort(IP, String(PublicPort ?? 0))}->${PrivatePort}/${Type}`);
			continue;
		}
		const key = IP ? `${IP}/${Type}` : Type;
		const group = groups.get(key);
		if (group !== void 0 && PrivatePort === group.last + 1) group.last = PrivatePort;
		else {
			if (group !== void 0) ranges.push(showGroup(key, group));
			groups.set(key, {
				first: PrivatePort,
				last: PrivatePort
			});
		}
	}
	return [
		...ranges,
		...[...groups].map(([key, group]) => showGroup(key, group)),
		...mappings
	].join(", ");
}
function hostAndPort(address, port) {
	return isIPv6(address) ? `[${address}]:${port}` : `${address}:${port}`;
}
function showGroup(key, { first, last }) {
	const range = first === last ? String(first) : `${first}-${last}`;
	const [address, type] = key.includes("/") ? key.split("/") : [void 0, key];
	return `${address === void 0 ? range : `${hostAndPort(address, range)}->${range}`}/${type}`;
}
function comparePorts(a, b) {
	if (a.PrivatePort !== b.PrivatePort) return a.PrivatePort - b.PrivatePort;
	if ((a.IP ?? "") !== (b.IP ?? "")) return (a.IP ?? "") < (b.IP ?? "") ? -1 : 1;
	if ((a.PublicPort ?? 0) !== (b.PublicPort ?? 0)) return (a.PublicPort ?? 0) - (b.PublicPort ?? 0);
	return a.Type < b.Type ? -1 : Number(a.Type > b.Type);
}
// src/cli/format/container-rows.ts
const CONTAINER_TABLE = "table {{.ID}}\\t{{.Image}}\\t{{.Command}}\\t{{.RunningFor}}\\t{{.Status}}\\t{{.Ports}}\\t{{.Names}}";
const HEADER$1 = {
	ID: "CONTAINER ID",
	Names: "NAMES",
	Image: "IMAGE",
	Command: "COMMAND",
	CreatedAt: "CREATED AT",
	RunningFor: "CREATED",
	Ports: "PORTS",
	State: "STATE",
	Status: "STATUS",
	Size: "SIZE",
	Labels: "LABELS",
	Mounts: "MOUNTS",
	LocalVolumes: "LOCAL VOLUMES",
	Networks: "NETWORKS"
};
function containerRows(options) {
	return {
		typeName: "container",
		header: HEADER$1,
		fields: (container) => containerFields(container, options.truncate)
	};
}
function containerFields(container, truncate) {
	return {
		ID: () => truncate ? shortId(container.Id) : container.Id,
		Names: () => shownNames(container.Names ?? [], truncate),
		Image: () => shownImage(container, truncate),
		Command: () => JSON.stringify(truncate ? ellipsis(container.Command, 20) : container.Command),
		CreatedAt: () => formatLocalTime(container.Created),
		RunningFor: () => `${formatHumanDuration(Date.now() - container.Created * 1e3)} ago`,
		Ports: () => displayPorts(container.Ports ?? []),
		State: () => container.State,
		Status: () => container.Status,
		Size: () => shownSize(container),
		Labels: () => shownLabels(container.Labels),
		Label: (name) => container.Labels?.[name] ?? "",
		Mounts: () => shownMounts(container, truncate),
		LocalVolumes: () => String((container.Mounts ?? []).filter((mount) => mount.Driver === "local").length),
		Networks: () => Object.keys(container.NetworkSettings?.Networks ?? {}).join(",")
	};
}
function shownNames(names, truncate) {
	const plain = names.map((name) => name.replace(/^\//, ""));
	return truncate ? plain.find((name) => !name.includes("/")) ?? "" : plain.join(",");
}
function shownImage({ Image, ImageID }, truncate) {
	if (Image === "") return "<no image>";
	if (!truncate) return Image;
	if (shortId(ImageID) === shortId(Image)) return shortId(Image);
	return familiarName(Image)?.withoutDigest ?? Image;
}
function shownSize({ SizeRw = 0, SizeRootFs = 0 }) {
	const own = formatSize(SizeRw, 3);
	return SizeRootFs > 0 ? `${own} (virtual ${formatSize(SizeRootFs, 3)})` : own;
}
function shownLabels(labels) {
	return Object.entries(labels ?? {}).map(([name, value]) => `${name}=${value}`).sort().join(",");
}
function shownMounts({ Mounts }, truncate) {
	return (Mounts ?? []).map((mount) => mount.Name || mount.Source).map((name) => truncate ? ellipsis(name, 15) : name).join(",");
}
// src/cli/format/compare-naturally.ts
/** Orders texts with their numbers by value: `vol9` before `vol10`. */
function compareNaturally(a, b) {
	const [left, right] = [partsOf(a), partsOf(b)];
	for (const [index, part] of left.entries()) {
		const other = right[index];
		if (other === void 0) return 1;
		if (part === other) continue;
		const [value, otherValue] = [Number(part), Number(other)];
		if (!Number.isNaN(value) && !Number.isNaN(otherValue) && value !== otherValue) return value - otherValue;
		return part < other ? -1 : 1;
	}
	return left.length - right.length;
}
function partsOf(text) {
	return text.match(/\d+|\D+/g) ?? [];
}
// src/cli/commands/network-ls.ts
const command$26 = defineCommand({
	usage: "[OPTIONS]",
	summary: "List networks",
	aliases: ["network ls", "network list"],
	flags: {
		filter: filterFlag("f", "Provide filter values (e.g. \"driver=bridge\")"),
		format: formatFlag(),
		"no-trunc": bool("", "Do not truncate the output"),
		quiet: bool("q", "Only display network IDs")
	},
	arguments: {
		min: 0,
		max: 0
	},
	async run(context, { values }) {
		const print = rowPrinter(networkRows(!values["no-trunc"]), listFormat$2(values));
		const networks = await (await context.client()).get("/networks", { query: { filters: filtersQuery(values.filter) } });
		networks.sort((a, b) => compareNaturally(a.Name, b.Name));
		context.stdout.write(print(networks));
	}
});
function listFormat$2({ format, quiet }) {
	if (format !== "" && format !== "table") return format;
	return quiet ? "{{.ID}}" : "table {{.ID}}\\t{{.Name}}\\t{{.Driver}}\\t{{.Scope}}";
}
function networkRows(truncate) {
	const header = {
		ID: "NETWORK ID",
		Name: "NAME",
		Driver: "DRIVER",
		Scope: "SCOPE",
		IPv4: "IPV4",
		IPv6: "IPV6",
		Internal: "INTERNAL",
		Labels: "LABELS",
		CreatedAt: "CREATED AT"
	};
	const fields = (network) => ({
		ID: () => truncate ? shortId(network.Id) : network.Id,
		Name: () => network.Name,
		Driver: () => network.Driver,
		Scope: () => network.Scope,
		IPv4: () => String(network.EnableIPv4),
		IPv6: () => String(network.EnableIPv6),
		Internal: () => String(network.Internal),
		Labels: () => shownLabels(network.Labels),
		Label: (name) => network.Labels?.[name] ?? "",
		CreatedAt: () => goTime(network.Created)
	});
	return {
		typeName: "network",
		header,
		fields
	};
}
/** `2026-11-22T06:07:31.5Z` as Go prints a time. */
function goTime(text) {
	const [date = "", clock = ""] = text.split("T");
	return `${date} ${clock.replace("Z", " +0000 UTC")}`;
}
// src/cli/commands/pause.ts
const command$25 = defineCommand({
	usage: "CONTAINER [CONTAINER...]",
	summary: "Pause all processes within one or more containers",
	aliases: ["container pause", "pause"],
	flags: {},
	arguments: { min: 1 },
	run: (context, { args }) => eachTarget(context, args, async (client, target) => {
		await client.post(`/containers/${target}/pause`);
		return `${target}\n`;
	})
});
// src/cli/commands/port.ts
const command$24 = defineCommand({
	usage: "CONTAINER [PRIVATE_PORT[/PROTO]]",
	summary: "List port mappings or a specific mapping for the container",
	aliases: ["container port", "port"],
	flags: {},
	arguments: {
		min: 1,
		max: 2
	},
	async run(context, { args: [name = "", asked] }) {
		const { NetworkSettings } = await (await context.client()).get(`/containers/${name}/json`);
		const ports = NetworkSettings.Ports ?? {};
		if (asked !== void 0) return void context.stdout.write(onePort(name, asked, ports));
		const lines = Object.entries(ports).flatMap(([port, bindings]) => (bindings ?? []).map((binding) => `${port} -> ${addressOf(binding)}\n`));
		context.stdout.write(lines.sort(compareNaturally).join(""));
	}
});
function onePort(name, asked, ports) {
	const [port = "", protocol = "tcp"] = asked.split("/");
	const bindings = ports[`${port}/${protocol}`];
	if (!bindings || bindings.length === 0) throw new Error(`Error: No public port '${asked}' published for ${name}`);
	return bindings.map((binding) => `${addressOf(binding)}\n`).sort(compareNaturally).join("");
}
function addressOf(binding) {
	return hostAndPort(binding.HostIp ?? "", binding.HostPort ?? "");
}
// src/cli/commands/ps.ts
const command$23 = defineCommand({
	usage: "[OPTIONS]",
	summary: "List containers",
	aliases: [
		"container ls",
		"container list",
		"container ps",
		"ps"
	],
	flags: {
		all: bool("a", "Show all containers (default shows just running)"),
		filter: filterFlag("f", "Filter output based on conditions provided"),
		format: formatFlag(),
		last: integer("n", "Show n last created containers (includes all states)", -1),
		latest: bool("l", "Show the latest created container (includes all states)"),
		"no-trunc": bool("", "Don't truncate output"),
		quiet: bool("q", "Only display container IDs"),
		size: bool("s", "Display total file sizes")
	},
	arguments: {
		min: 0,
		max: 0
	},
	async run(context, { values, changed }) {
		const print = rowPrinter(containerRows({ truncate: !values["no-trunc"] }), listFormat$1(values));
		const client = await context.client();
		const limit = values.latest && !changed.has("last") ? 1 : values.last;
		const size = values.size || /\.Size\b/.test(values.format);
		const query = {
			all: values.all || void 0,
			limit: limit > 0 ? limit : void 0,
			size: size || void 0,
			filters: filtersQuery(values.filter)
		};
		const containers = await client.get("/containers/json", { query });
		context.stdout.write(print(containers));
	}
});
function listFormat$1(values) {
	if (values.quiet) return "{{.ID}}";
	if (values.format !== "" && values.format !== "table") return values.format;
	return values.size ? `${CONTAINER_TABLE}\\t{{.Size}}` : CONTAINER_TABLE;
}
// src/cli/commands/pull.ts
const command$22 = defineCommand({
	usage: "[OPTIONS] NAME[:TAG|@DIGEST]",
	summary: "Download an image from a registry",
	aliases: ["image pull", "pull"],
	flags: {
		platform: string("", "Set platform if server is multi-platform capable"),
		quiet: bool("q", "Suppress verbose output")
	},
	arguments: {
		min: 1,
		max: 1
	},
	async run(context, { values, args: [name = ""] }) {
		const { repository, tag } = parseImageName(name);
		const output = values.quiet ? void 0 : context.stdout;
		if (output !== void 0 && !/[:@]/.test(name.slice(name.lastIndexOf("/") + 1))) output.write(`Using default tag: ${tag}\n`);
		await pullImage(context, name, {
			platform: values.platform,
			output
		});
		context.stdout.write(`${repository}${tag.includes(":") ? "@" : ":"}${tag}\n`);
	}
});
// src/cli/commands/rename.ts
const command$21 = defineCommand({
	usage: "CONTAINER NEW_NAME",
	summary: "Rename a container",
	aliases: ["container rename", "rename"],
	flags: {},
	arguments: {
		min: 2,
		max: 2
	},
	async run(context, { args: [oldName = "", newName = ""] }) {
		const client = await context.client();
		const from = oldName.trim();
		if (from === "" || newName.trim() === "") throw new Error("Error: Neither old nor new names may be empty");
		try {
			await client.post(`/containers/${from}/rename`, { query: { name: newName.trim() } });
		} catch (error) {
			throw new ExitError(1, `${describeError(error)}\nError: failed to rename container named ${from}`);
		}
	}
});
// src/cli/container/stopping-command.ts
/** `stop` and `restart`: the same but for what becomes of the containers. */
function stoppingCommand(action, summary) {
	return defineCommand({
		usage: "[OPTIONS] CONTAINER [CONTAINER...]",
		summary,
		aliases: [`container ${action}`, action],
		flags: {
			signal: string("s", "Signal to send to the container"),
			timeout: integer("t", "Seconds to wait before killing the container"),
			time: deprecated({
				...integer("", "Seconds to wait before killing the container"),
				aliasOf: "timeout"
			}, "use --timeout instead")
		},
		arguments: { min: 1 },
		run: (context, { values, changed, args }) => eachTarget(context, args, async (client, target) => {
			const t = changed.has("timeout") ? values.timeout : void 0;
			await client.post(`/containers/${target}/${action}`, { query: {
				signal: values.signal || void 0,
				t
			} });
			return `${target}\n`;
		})
	});
}
// src/cli/commands/restart.ts
const command$20 = stoppingCommand("restart", "Restart one or more containers");
// src/cli/commands/rm.ts
const command$19 = defineCommand({
	usage: "[OPTIONS] CONTAINER [CONTAINER...]",
	summary: "Remove one or more containers",
	aliases: [
		"container rm",
		"container remove",
		"rm"
	],
	flags: {
		force: bool("f", "Force the removal of a running container (uses SIGKILL)"),
		link: bool("l", "Remove the specified link"),
		volumes: bool("v", "Remove anonymous volumes associated with the container")
	},
	arguments: { min: 1 },
	run: (context, { values, args }) => eachTarget(context, args, async (client, target) => {
		const name = target.replace(/^\/+|\/+$/g, "");
		if (name === "") throw new Error("container name cannot be empty");
		const query = {
			force: values.force || void 0,
			link: values.link || void 0,
			v: values.volumes || void 0
		};
		try {
			await client.delete(`/containers/${name}`, { query });
		} catch (error) {
			if (!values.force || !(error instanceof ResponseError) || error.status !== 404) throw error;
			context.stderr.write(`${describeError(error)}\n`);
			return "";
		}
		return `${target}\n`;
	})
});
// src/cli/commands/rmi.ts
const command$18 = defineCommand({
	usage: "[OPTIONS] IMAGE [IMAGE...]",
	summary: "Remove one or more images",
	aliases: [
		"image rm",
		"image remove",
		"rmi"
	],
	flags: {
		force: bool("f", "Force removal of the image"),
		"no-prune": bool("", "Do not delete untagged parents")
	},
	arguments: { min: 1 },
	async run(context, { values, args }) {
		const client = await context.client();
		const query = {
			force: values.force || void 0,
			noprune: values["no-prune"] || void 0
		};
		const failures = [];
		let fatal = false;
		for (const image of args) try {
			const removed = await client.delete(`/images/${image}`, { query });
			for (const { Untagged, Deleted } of removed) context.stdout.write(Deleted === void 0 ? `Untagged: ${Untagged}\n` : `Deleted: ${Deleted}\n`);
		} catch (error) {
			fatal ||= !(error instanceof ResponseError) || error.status !== 404;
			failures.push(describeError(error));
		}
		if (failures.length === 0) return;
		if (!values.force || fatal) throw new ExitError(1, failures.join("\n"));
		context.stderr.write(`${failures.join("\n")}\n`);
	}
});
// src/cli/container/explain.ts
/** Prints the plan of a container that was only made for that, and removes it. */
async function explain(context, containerId) {
	const client = await context.client();
	try {
		const { Operations } = await client.get(`/slipway/containers/${containerId}/plan`);
		const width = String(Operations.length).length;
		const lines = Operations.map((line, index) => `${String(index + 1).padStart(width)}  ${line}\n`);
		context.stdout.write(lines.join(""));
	} finally {
		await client.delete(`/containers/${containerId}`, { query: {
			force: true,
			v: true
		} });
	}
}
const command$17 = defineCommand({
	usage: "[OPTIONS] IMAGE [COMMAND] [ARG...]",
	summary: "Create and run a new container from an image",
	aliases: ["container run", "run"],
	flags: {
		...CONTAINER_FLAGS,
		detach: bool("d", "Run container in background and print container ID"),
		"detach-keys": string("", "Override the key sequence for detaching a container"),
		explain: bool("", "Print the kernel operations that would start the container, and start nothing"),
		"sig-proxy": bool("", "Proxy received signals to the process", true)
	},
	arguments: { min: 1 },
	interspersed: false,
	run: runContainer
});
async function runContainer(context, call) {
	const request = await orRunError(() => prepare(context, call));
	if (call.values.detach && call.values.attach.length > 0) throw new Error("conflicting options: cannot specify both --attach and --detach");
	checkTerminal(context, {
		attachStdin: request.AttachStdin === true,
		tty: request.Tty === true
	});
	const containerId = await orRunError(() => createContainer(context, request, call.values));
	if (call.values.explain) return explain(context, containerId);
	const run = {
		context,
		call,
		request
	};
	if (request.AttachStdout || request.AttachStderr || request.AttachStdin) return runAttached(run, containerId);
	await runDetached(run, containerId);
}
/** The request, with what only `run` adds to it. */
function prepare(context, { values, changed, args }) {
	const [image = "", ...command] = args;
	checkPullFlag(values.pull);
	const request = createRequest({
		values,
		changed,
		image,
		command,
		env: context.env
	});
	if (values.tty && context.stdout.isTTY && request.HostConfig !== void 0) request.HostConfig.ConsoleSize = [context.stdout.rows ?? 0, context.stdout.columns ?? 0];
	if (!values.detach && !values.explain) return request;
	return {
		...request,
		AttachStdin: false,
		AttachStdout: false,
		AttachStderr: false,
		StdinOnce: false
	};
}
async function runDetached({ context }, containerId) {
	const client = await context.client();
	context.stdout.write(`${containerId}\n`);
	await orRunError(() => client.post(`/containers/${containerId}/start`));
}
async function runAttached({ context, call, request }, containerId) {
	const { values } = call;
	const client = await context.client();
	const outputs = request.AttachStdout === true || request.AttachStderr === true;
	const stopForwarding = values["sig-proxy"] ? forwardSignals(context, client, containerId) : () => void 0;
	const plan = attachPlan(values, request, containerId);
	try {
		const start = () => orRunError(() => client.post(`/containers/${containerId}/start`));
		const exitCode = await startAttached(context, plan, start);
		if (outputs && exitCode !== void 0 && exitCode !== 0) throw new ExitError(exitCode);
	} finally {
		stopForwarding();
	}
}
function attachPlan(values, request, containerId) {
	return {
		containerId,
		condition: values.rm ? "removed" : "next-exit",
		stdin: request.AttachStdin === true,
		stdout: request.AttachStdout === true,
		stderr: request.AttachStderr === true,
		tty: values.tty,
		detachKeys: values["detach-keys"]
	};
}
/** Every failure of `run` itself ends with 125, 126 or 127, so that scripts can tell it from the container's. */
async function orRunError(work) {
	try {
		return await work();
	} catch (error) {
		const message = error instanceof ExitError ? error.message : describeError(error);
		const text = `${PROGRAM}: ${message}\n\nRun '${PROGRAM} run --help' for more information`;
		throw new ExitError(runExitCode(message), text);
	}
}
const NOT_FOUND = /executable file not found|no such file or directory|system cannot find the file specified/;
const NOT_EXECUTABLE = /permission denied|is a directory/;
/** The API says no more than its message does: Docker's CLI decides on the same words. */
function runExitCode(message) {
	if (!message.startsWith("Error response from daemon: ")) return 125;
	if (NOT_FOUND.test(message)) return 127;
	return NOT_EXECUTABLE.test(message) ? 126 : 125;
}
// src/cli/commands/save.ts
const command$16 = defineCommand({
	usage: "[OPTIONS] IMAGE [IMAGE...]",
	summary: "Save one or more images to a tar archive (streamed to STDOUT by default)",
	aliases: ["image save", "save"],
	flags: { output: string("o", "Write to a file, instead of STDOUT") },
	arguments: { min: 1 },
	run: (context, { values, args }) => writeDownload(context, {
		output: values.output,
		refusal: "cowardly refusing to save to a terminal. Use the -o flag or redirect",
		open: (client) => client.stream("GET", "/images/get", { query: { names: args } })
	})
});
const command$15 = defineCommand({
	usage: "[OPTIONS] CONTAINER [CONTAINER...]",
	summary: "Start one or more stopped containers",
	aliases: ["container start", "start"],
	flags: {
		attach: bool("a", "Attach STDOUT/STDERR and forward signals"),
		"detach-keys": string("", "Override the key sequence for detaching a container"),
		interactive: bool("i", "Attach container's STDIN")
	},
	arguments: { min: 1 },
	async run(context, call) {
		if (!call.values.attach && !call.values.interactive) return startAll(context, call.args);
		if (call.args.length > 1) throw new Error("you cannot start and attach multiple containers at once");
		await attachOne(context, call);
	}
});
async function startAll(context, containers) {
	const client = await context.client();
	const failed = [];
	for (const container of containers) try {
		await client.post(`/containers/${container}/start`);
		context.stdout.write(`${container}\n`);
	} catch (error) {
		context.stderr.write(`${describeError(error)}\n`);
		failed.push(container);
	}
	if (failed.length > 0) throw new ExitError(1, `Error: failed to start containers: ${failed.join(", ")}`);
}
async function attachOne(context, { values, args }) {
	const client = await context.client();
	const container = await client.get(`/containers/${args[0]}/json`);
	const tty = container.Config.Tty === true;
	const plan = {
		containerId: container.Id,
		condition: container.HostConfig.AutoRemove ? "removed" : "next-exit",
		stdin: values.interactive && container.Config.OpenStdin === true,
		stdout: true,
		stderr: true,
		tty,
		detachKeys: values["detach-keys"]
	};
	const stopForwarding = tty ? () => void 0 : forwardSignals(context, client, container.Id);
	try {
		const start = () => client.post(`/containers/${container.Id}/start`);
		const exitCode = await startAttached(context, plan, start);
		if (exitCode !== void 0 && exitCode !== 0) throw new ExitError(exitCode);
	} finally {
		stopForwarding();
	}
}
// src/cli/format/stats-rows.ts
const STATS_TABLE = "table {{.ID}}\\t{{.Name}}\\t{{.CPUPerc}}\\t{{.MemUsage}}\\t{{.MemPerc}}\\t{{.NetIO}}\\t{{.BlockIO}}\\t{{.PIDs}}";
const HEADER = {
	Container: "CONTAINER",
	Name: "NAME",
	ID: "CONTAINER ID",
	CPUPerc: "CPU %",
	MemUsage: "MEM USAGE / LIMIT",
	MemPerc: "MEM %",
	NetIO: "NET I/O",
	BlockIO: "BLOCK I/O",
	PIDs: "PIDS"
};
function statsRows(options) {
	return {
		typeName: "stats",
		header: HEADER,
		fields: (entry) => statsFields(entry, options.truncate)
	};
}
function statsFields({ container, stats }, truncate) {
	const known = (show, unknown = "--") => stats === void 0 ? unknown : show(stats);
	const id = stats?.id ?? "";
	return {
		Container: () => container,
		Name: () => stats?.name?.slice(1) || "--",
		ID: () => truncate ? shortId(id) : id,
		CPUPerc: () => known((value) => percent(cpuShare(value))),
		MemUsage: () => known(memoryUse, "-- / --"),
		MemPerc: () => known((value) => percent(memoryShare(value))),
		NetIO: () => known(networkUse),
		BlockIO: () => known(blockUse),
		PIDs: () => known((value) => String(value.pids_stats?.current ?? 0))
	};
}
function percent(share) {
	return `${(share * 100).toFixed(2)}%`;
}
function cpuShare({ cpu_stats: now = {}, precpu_stats: before = {} }) {
	const used = (now.cpu_usage?.total_usage ?? 0) - (before.cpu_usage?.total_usage ?? 0);
	const available = (now.system_cpu_usage ?? 0) - (before.system_cpu_usage ?? 0);
	const cpus = now.online_cpus || (now.cpu_usage?.percpu_usage?.length ?? 0);
	return used > 0 && available > 0 ? used / available * cpus : 0;
}
/** Without the page cache that can be dropped at once. */
function usedMemory({ memory_stats: memory = {} }) {
	const usage = memory.usage ?? 0;
	const cache = memory.stats?.total_inactive_file ?? memory.stats?.inactive_file ?? 0;
	return cache < usage ? usage - cache : usage;
}
function memoryUse(stats) {
	return `${formatBinarySize(usedMemory(stats))} / ${formatBinarySize(stats.memory_stats?.limit ?? 0)}`;
}
function memoryShare(stats) {
	const limit = stats.memory_stats?.limit ?? 0;
	return limit === 0 ? 0 : usedMemory(stats) / limit;
}
function networkUse({ networks }) {
	const all = Object.values(networks ?? {});
	const received = all.reduce((sum, network) => sum + network.rx_bytes, 0);
	const sent = all.reduce((sum, network) => sum + network.tx_bytes, 0);
	return `${formatSize(received, 3)} / ${formatSize(sent, 3)}`;
}
function blockUse({ blkio_stats: blkio = {} }) {
	const sum = (letter) => (blkio.io_service_bytes_recursive ?? []).filter(({ op }) => op.toLowerCase().startsWith(letter)).reduce((total, { value }) => total + value, 0);
	return `${formatSize(sum("r"), 3)} / ${formatSize(sum("w"), 3)}`;
}
// src/cli/commands/stats.ts
const REFRESH_MS = 500;
const FIRST_RESULT_MS = 2e3;
const CLEAR_SCREEN = "\x1B[H\x1B[2J";
const command$14 = defineCommand({
	usage: "[OPTIONS] [CONTAINER...]",
	summary: "Display a live stream of container(s) resource usage statistics",
	aliases: ["container stats", "stats"],
	flags: {
		all: bool("a", "Show all containers (default shows just running)"),
		format: formatFlag(),
		"no-stream": bool("", "Disable streaming stats and only pull the first result"),
		"no-trunc": bool("", "Do not truncate the output")
	},
	arguments: { min: 0 },
	run: stats$1
});
async function stats$1(context, { values, args }) {
	const client = await context.client();
	const format = values.format === "" || values.format === "table" ? STATS_TABLE : values.format;
	const printRows = rowPrinter(statsRows({ truncate: !values["no-trunc"] }), format);
	const print = (entries) => context.stdout.write(printRows(entries));
	if (values["no-stream"]) return void print(await readOnce(client, await namesOf(client, args, values.all)));
	await follow(client, () => namesOf(client, args, values.all), {
		fixed: args.length > 0,
		show: (entries) => {
			context.stdout.write(CLEAR_SCREEN);
			print(entries);
		}
	});
}
async function namesOf(client, args, all) {
	if (args.length > 0) return [...args];
	const query = { all: all || void 0 };
	return (await client.get("/containers/json", { query })).map((container) => shortId(container.Id));
}
function readOnce(client, names) {
	return Promise.all(names.map(async (container) => {
		return {
			container,
			stats: await client.get(`/containers/${container}/stats`, { query: { stream: false } })
		};
	}));
}
/** Shows the latest numbers of all, over and over, until the last of the named containers is gone. */
async function follow(client, names, { fixed, show }) {
	const entries = /* @__PURE__ */ new Map();
	const problems = [];
	const watch = (container) => {
		const entry = {
			container,
			stats: void 0
		};
		entries.set(container, entry);
		readStream(client, entry).catch((error) => problems.push(error)).finally(() => entries.delete(container));
	};
	for (const name of await names()) watch(name);
	await waitForFirst(entries);
	for (;;) {
		if (fixed && entries.size === 0) break;
		show([...entries.values()]);
		await setTimeout(REFRESH_MS);
		if (!fixed) {
			for (const name of await names()) if (!entries.has(name)) watch(name);
		}
	}
	if (problems.length > 0) throw problems[0];
}
async function readStream(client, entry) {
	const path = `/containers/${entry.container}/stats`;
	const stream = await client.stream("GET", path, { query: { stream: true } });
	for await (const line of jsonLines(stream)) entry.stats = line;
}
async function waitForFirst(entries) {
	const step = 50;
	for (let waited = 0; waited < FIRST_RESULT_MS; waited += step) {
		if ([...entries.values()].every((entry) => entry.stats !== void 0)) return;
		await setTimeout(step);
	}
}
// src/cli/commands/stop.ts
const command$13 = stoppingCommand("stop", "Stop one or more running containers");
// src/cli/commands/system-df.ts
const TABLE = "table {{.Type}}\\t{{.TotalCount}}\\t{{.Active}}\\t{{.Size}}\\t{{.Reclaimable}}";
const command$12 = defineCommand({
	usage: "[OPTIONS]",
	summary: "Show disk usage",
	flags: { format: formatFlag() },
	arguments: {
		min: 0,
		max: 0
	},
	async run(context, { values }) {
		const format = values.format === "" || values.format === "table" ? TABLE : values.format;
		const print = rowPrinter(ROWS$1, format);
		const usage = await (await context.client()).get("/system/df");
		context.stdout.write(print(usageEntries(usage)));
	}
});
const ROWS$1 = {
	typeName: "usage",
	header: {
		Type: "TYPE",
		TotalCount: "TOTAL",
		Active: "ACTIVE",
		Size: "SIZE",
		Reclaimable: "RECLAIMABLE"
	},
	fields: (entry) => ({
		Type: () => entry.type,
		TotalCount: () => String(entry.total),
		Active: () => String(entry.active),
		Size: () => formatSize(entry.bytes),
		Reclaimable: () => reclaimable(entry)
	})
};
function reclaimable({ bytes, reclaimable: part, share }) {
	const size = formatSize(part);
	return share && bytes > 0 ? `${size} (${Math.trunc(part * 100 / bytes)}%)` : size;
}
function usageEntries(usage) {
	return [
		imageEntry(usage),
		containerEntry(usage.Containers ?? []),
		volumeEntry(usage),
		cacheEntry(usage)
	];
}
function imageEntry({ Images, LayersSize = 0 }) {
	const images = Images ?? [];
	const active = images.filter((image) => image.Containers > 0);
	const used = active.filter((image) => image.Size >= 0 && image.SharedSize >= 0).reduce((sum, image) => sum + image.Size - image.SharedSize, 0);
	return {
		type: "Images",
		total: images.length,
		active: active.length,
		bytes: LayersSize,
		reclaimable: LayersSize - used,
		share: true
	};
}
function containerEntry(containers) {
	const isActive = ({ State }) => [
		"running",
		"paused",
		"restarting"
	].includes(State);
	const sizeOf = (some) => some.reduce((sum, { SizeRw = 0 }) => sum + SizeRw, 0);
	return {
		type: "Containers",
		total: containers.length,
		active: containers.filter(isActive).length,
		bytes: sizeOf(containers),
		reclaimable: sizeOf(containers.filter((container) => !isActive(container))),
		share: true
	};
}
function volumeEntry({ Volumes }) {
	const known = (Volumes ?? []).flatMap(({ UsageData }) => UsageData ? [UsageData] : []);
	const sizeOf = (some) => some.reduce((sum, { Size }) => sum + Math.max(0, Size), 0);
	return {
		type: "Local Volumes",
		total: (Volumes ?? []).length,
		active: known.filter(({ RefCount }) => RefCount > 0).length,
		bytes: sizeOf(known),
		reclaimable: sizeOf(known.filter(({ RefCount }) => RefCount === 0)),
		share: true
	};
}
function cacheEntry({ BuildCache }) {
	const records = BuildCache ?? [];
	const sizeOf = (some) => some.reduce((sum, { Size }) => sum + Size, 0);
	return {
		type: "Build Cache",
		total: records.length,
		active: records.filter(({ InUse }) => InUse).length,
		bytes: sizeOf(records),
		reclaimable: sizeOf(records.filter(({ InUse, Shared }) => !InUse && !Shared)),
		share: false
	};
}
// src/cli/commands/system-prune.ts
const command$11 = defineCommand({
	usage: "[OPTIONS]",
	summary: "Remove unused data",
	flags: {
		all: bool("a", "Remove all unused images not just dangling ones"),
		filter: filterFlag("", "Provide filter values (e.g. \"label=<key>=<value>\")"),
		force: bool("f", "Do not prompt for confirmation"),
		volumes: bool("", "Prune anonymous volumes")
	},
	arguments: {
		min: 0,
		max: 0
	},
	async run(context, { values }) {
		if (!values.force) await confirm(context, warningOf(values));
		const results = [await pruneContainers(context, values.filter)];
		if (values.volumes) results.push(await pruneVolumes(context, values.filter));
		results.push(await pruneImages(context, values.filter, values.all));
		printPruned(context, ...results);
	}
});
function warningOf({ all, volumes }) {
	return `This will remove:\n${[
		"all stopped containers",
		...volumes ? ["all anonymous volumes not used by at least one container"] : [],
		all ? "all images without at least one container associated to them" : "all dangling images"
	].map((line) => `  - ${line}\n`).join("")}`;
}
// src/cli/commands/tag.ts
const command$10 = defineCommand({
	usage: "SOURCE_IMAGE[:TAG] TARGET_IMAGE[:TAG]",
	summary: "Create a tag TARGET_IMAGE that refers to SOURCE_IMAGE",
	aliases: ["image tag", "tag"],
	flags: {},
	arguments: {
		min: 2,
		max: 2
	},
	async run(context, { args: [source = "", target = ""] }) {
		const { repository, tag } = parseTarget(target);
		await (await context.client()).post(`/images/${source}/tag`, { query: {
			repo: repository,
			tag
		} });
	}
});
function parseTarget(target) {
	try {
		return parseImageName(target);
	} catch (error) {
		throw new Error(`Error parsing reference: ${JSON.stringify(target)} is not a valid repository/tag: ${messageOf(error)}`, { cause: error });
	}
}
// src/cli/commands/top.ts
const command$9 = defineCommand({
	usage: "CONTAINER [ps OPTIONS]",
	summary: "Display the running processes of a container",
	aliases: ["container top", "top"],
	flags: {},
	arguments: { min: 1 },
	interspersed: false,
	async run(context, { args: [container = "", ...psArgs] }) {
		const client = await context.client();
		const query = { ps_args: psArgs.join(" ") || void 0 };
		const { Titles, Processes } = await client.get(`/containers/${container}/top`, { query });
		const lines = [Titles, ...Processes].map((cells) => `${cells.join("	")}\n`);
		context.stdout.write(alignColumns(lines.join(""), { minWidth: 20 }));
	}
});
// src/cli/commands/unpause.ts
const command$8 = defineCommand({
	usage: "CONTAINER [CONTAINER...]",
	summary: "Unpause all processes within one or more containers",
	aliases: ["container unpause", "unpause"],
	flags: {},
	arguments: { min: 1 },
	run: (context, { args }) => eachTarget(context, args, async (client, target) => {
		await client.post(`/containers/${target}/unpause`);
		return `${target}\n`;
	})
});
// src/cli/commands/update.ts
const command$7 = defineCommand({
	usage: "[OPTIONS] CONTAINER [CONTAINER...]",
	summary: "Update configuration of one or more containers",
	aliases: ["container update", "update"],
	flags: {
		"blkio-weight": CONTAINER_FLAGS["blkio-weight"],
		"cpu-period": CONTAINER_FLAGS["cpu-period"],
		"cpu-quota": CONTAINER_FLAGS["cpu-quota"],
		"cpu-rt-period": CONTAINER_FLAGS["cpu-rt-period"],
		"cpu-rt-runtime": CONTAINER_FLAGS["cpu-rt-runtime"],
		"cpu-shares": CONTAINER_FLAGS["cpu-shares"],
		cpus: CONTAINER_FLAGS.cpus,
		"cpuset-cpus": CONTAINER_FLAGS["cpuset-cpus"],
		"cpuset-mems": CONTAINER_FLAGS["cpuset-mems"],
		memory: CONTAINER_FLAGS.memory,
		"memory-reservation": CONTAINER_FLAGS["memory-reservation"],
		"memory-swap": CONTAINER_FLAGS["memory-swap"],
		"pids-limit": CONTAINER_FLAGS["pids-limit"],
		restart: string("", "Restart policy to apply when a container exits")
	},
	arguments: { min: 1 },
	async run(context, { values, changed, args }) {
		if (changed.size === 0) throw new Error("you must provide one or more flags when using this command");
		const body = {
			BlkioWeight: values["blkio-weight"],
			CpuShares: values["cpu-shares"],
			Memory: values.memory,
			MemoryReservation: values["memory-reservation"],
			MemorySwap: values["memory-swap"],
			CpuPeriod: values["cpu-period"],
			CpuQuota: values["cpu-quota"],
			CpuRealtimePeriod: values["cpu-rt-period"],
			CpuRealtimeRuntime: values["cpu-rt-runtime"],
			CpusetCpus: values["cpuset-cpus"],
			CpusetMems: values["cpuset-mems"],
			NanoCpus: values.cpus,
			PidsLimit: changed.has("pids-limit") ? values["pids-limit"] : void 0,
			RestartPolicy: parseRestartPolicy(values.restart)
		};
		const warnings = [];
		try {
			await eachTarget(context, args, async (client, target) => {
				const answer = await client.post(`/containers/${target}/update`, { body });
				warnings.push(...answer.Warnings ?? []);
				return `${target}\n`;
			});
		} finally {
			if (warnings.length > 0) context.stdout.write(`${warnings.join("\n")}\n`);
		}
	}
});
// src/cli/commands/version.ts
const command$6 = defineCommand({
	usage: "[OPTIONS]",
	summary: "Show the Slipway version information",
	flags: { format: inspectFormatFlag() },
	arguments: {
		min: 0,
		max: 0
	},
	async run(context, { values }) {
		const template = values.format === "" ? void 0 : compile(values.format);
		const client = clientVersion();
		const [server, problem] = await serverVersion(context);
		if (template === void 0) context.stdout.write(clientText(client) + (server ? serverText(server) : ""));
		else context.stdout.write(`${render(template, {
			Client: client,
			Server: withGoNames(server) ?? null
		})}\n`);
		if (problem !== void 0) throw new ExitError(1, describeError(problem));
	}
});
function clientVersion() {
	return {
		Platform: { Name: "" },
		Version: VERSION,
		ApiVersion: API_VERSION,
		NodeVersion: process.versions.node,
		Os: "linux",
		Arch: goArch(),
		KernelVersion: release()
	};
}
function goArch() {
	return arch() === "x64" ? "amd64" : arch();
}
async function serverVersion(context) {
	try {
		return [await (await context.client()).get("/version"), void 0];
	} catch (error) {
		return [void 0, error];
	}
}
/** Templates know the fields by Docker's names. */
function withGoNames(server) {
	if (server === void 0) return void 0;
	const names = {
		APIVersion: server.ApiVersion,
		MinAPIVersion: server.MinAPIVersion
	};
	const hidden = Object.entries(names).map(([name, value]) => [name, {
		value,
		enumerable: false
	}]);
	return Object.defineProperties({ ...server }, Object.fromEntries(hidden.filter(([name]) => !(name in server))));
}
function compile(format) {
	try {
		return compileTemplate(format === "json" ? "{{json .}}" : format);
	} catch (error) {
		throw new ExitError(64, `template parsing error: ${messageOf(error)}`);
	}
}
function render(template, data) {
	try {
		return template.render(data);
	} catch (error) {
		throw new Error(`template parsing error: ${messageOf(error)}`, { cause: error });
	}
}
function clientText(client) {
	return `Client:\n${[
		["Version", client.Version],
		["API version", client.ApiVersion],
		["Node version", client.NodeVersion],
		["OS/Arch", `${client.Os}/${client.Arch}`]
	].map(([name, value]) => ` ${`${name}:`.padEnd(18)} ${value}\n`).join("")}`;
}
function serverText(server) {
	const shown = [
		["Version", server.Version],
		["API version", `${server.ApiVersion} (minimum version ${server.MinAPIVersion})`],
		["Git commit", server.GitCommit],
		["Built", server.BuildTime],
		["OS/Arch", `${server.Os}/${server.Arch}`],
		["Kernel", server.KernelVersion]
	].filter(([, value]) => value).map(([name, value]) => detail(name ?? "", value ?? ""));
	const others = (server.Components ?? []).slice(1).map(({ Name, Version, Details }) => {
		const details = Object.entries(Details ?? {}).map(([name, value]) => detail(name, value));
		return ` ${Name}:\n${detail("Version", Version)}${details.join("")}`;
	});
	const name = server.Platform?.Name;
	return `\nServer:${name ? ` ${name}` : ""}\n Engine:\n${shown.join("")}${others.join("")}`;
}
function detail(name, value) {
	return `  ${`${name}:`.padEnd(17)} ${value}\n`;
}
// src/cli/commands/volume-create.ts
const command$5 = defineCommand({
	usage: "[OPTIONS] [VOLUME]",
	summary: "Create a volume",
	flags: {
		driver: string("d", "Specify volume driver name", "local"),
		label: list("", "Set metadata for a volume"),
		opt: map("o", "Set driver specific options")
	},
	arguments: {
		min: 0,
		max: 1
	},
	async run(context, { values, args: [name = ""] }) {
		const client = await context.client();
		const body = {
			Name: name,
			Driver: values.driver,
			DriverOpts: values.opt,
			Labels: readLabels([], values.label)
		};
		const volume = await client.post("/volumes/create", { body });
		context.stdout.write(`${volume.Name}\n`);
	}
});
// src/cli/commands/volume-inspect.ts
const command$4 = defineCommand({
	usage: "[OPTIONS] VOLUME [VOLUME...]",
	summary: "Display detailed information on one or more volumes",
	flags: { format: inspectFormatFlag() },
	arguments: { min: 1 },
	async run(context, { values, args }) {
		const client = await context.client();
		const options = {
			kind: "volume",
			size: false
		};
		const find = (name) => findObject(client, name, options);
		await printInspected(context, args, {
			format: values.format,
			find
		});
	}
});
// src/cli/commands/volume-ls.ts
const command$3 = defineCommand({
	usage: "[OPTIONS]",
	summary: "List volumes",
	aliases: ["volume ls", "volume list"],
	flags: {
		filter: filterFlag("f", "Provide filter values (e.g. \"dangling=true\")"),
		format: formatFlag(),
		quiet: bool("q", "Only display volume names")
	},
	arguments: {
		min: 0,
		max: 0
	},
	async run(context, { values }) {
		const print = rowPrinter(ROWS, listFormat(values));
		const client = await context.client();
		const query = { filters: filtersQuery(values.filter) };
		const { Volumes } = await client.get("/volumes", { query });
		const volumes = (Volumes ?? []).sort((a, b) => compareNaturally(a.Name, b.Name));
		context.stdout.write(print(volumes));
	}
});
function listFormat({ format, quiet }) {
	if (format !== "" && format !== "table") return format;
	return quiet ? "{{.Name}}" : "table {{.Driver}}\\t{{.Name}}";
}
const ROWS = {
	typeName: "volume",
	header: {
		Name: "VOLUME NAME",
		Driver: "DRIVER",
		Scope: "SCOPE",
		Availability: "AVAILABILITY",
		Mountpoint: "MOUNTPOINT",
		Labels: "LABELS",
		Links: "LINKS",
		Size: "SIZE",
		Group: "GROUP",
		Status: "STATUS"
	},
	fields: (volume) => ({
		Name: () => volume.Name,
		Driver: () => volume.Driver,
		Scope: () => volume.Scope,
		Mountpoint: () => volume.Mountpoint,
		Labels: () => shownLabels(volume.Labels),
		Label: (name) => volume.Labels?.[name] ?? "",
		Links: () => "N/A",
		Size: () => "N/A",
		Availability: () => "N/A",
		Group: () => "N/A",
		Status: () => "N/A"
	})
};
// src/cli/commands/volume-prune.ts
const command$2 = defineCommand({
	usage: "[OPTIONS]",
	summary: "Remove unused local volumes",
	flags: {
		all: bool("a", "Remove all unused volumes, not just anonymous ones"),
		filter: filterFlag("", "Provide filter values (e.g. \"label=<label>\")"),
		force: bool("f", "Do not prompt for confirmation")
	},
	arguments: {
		min: 0,
		max: 0
	},
	async run(context, { values }) {
		const warning = `This will remove ${values.all ? "all local volumes" : "anonymous local volumes"} not used by at least one container.`;
		if (!values.force) await confirm(context, warning);
		printPruned(context, await pruneVolumes(context, values.all ? {
			...values.filter,
			all: { true: true }
		} : values.filter));
	}
});
// src/cli/commands/volume-rm.ts
const command$1 = defineCommand({
	usage: "[OPTIONS] VOLUME [VOLUME...]",
	summary: "Remove one or more volumes",
	description: "Remove one or more volumes. A volume in use by a container cannot be removed.",
	aliases: ["volume rm", "volume remove"],
	flags: { force: bool("f", "Force the removal of one or more volumes") },
	arguments: { min: 1 },
	run: (context, { values, args }) => eachTarget(context, args, async (client, target) => {
		await client.delete(`/volumes/${target}`, { query: { force: values.force || void 0 } });
		return `${target}\n`;
	})
});
// src/cli/commands/wait.ts
const command = defineCommand({
	usage: "CONTAINER [CONTAINER...]",
	summary: "Block until one or more containers stop, then print their exit codes",
	aliases: ["container wait", "wait"],
	flags: {},
	arguments: { min: 1 },
	run: (context, { args }) => eachTarget(context, args, async (client, target) => {
		const { StatusCode } = await client.post(`/containers/${target}/wait`);
		return `${StatusCode}\n`;
	})
});
// src/cli/command-tree.ts
function isGroup(entry) {
	return "commands" in entry;
}
function findEntry(tree, name) {
	if (Object.hasOwn(tree, name)) return tree[name];
	return Object.values(tree).find((entry) => entry.aliases?.includes(name));
}
/** The commands under the headings of the program's own help. */
function commandGroups(tree) {
	const entries = Object.entries(tree);
	const common = /* @__PURE__ */ new Set([
		"run",
		"exec",
		"ps",
		"pull",
		"images",
		"version",
		"info"
	]);
	const pick = (wanted) => Object.fromEntries(entries.filter(([name, entry]) => wanted(name, entry)));
	return [
		{
			title: "Common Commands",
			commands: pick((name) => common.has(name))
		},
		{
			title: "Management Commands",
			commands: pick((_, entry) => isGroup(entry))
		},
		{
			title: "Commands",
			commands: pick((name, entry) => !common.has(name) && !isGroup(entry))
		}
	];
}
/** Commands differ in their flags' types; whoever runs one parses with its own table. */
function entry(summary, load, aliases) {
	return {
		summary,
		aliases,
		load: async () => (await load()).command
	};
}
const attach = entry("Attach local standard input, output, and error streams to a running container", () => import("./attach-DxcnKOSJ.js"));
const create = entry("Create a new container", () => import("./create-DTTe0tAH.js"));
const diff = entry("Inspect changes to files or directories on a container's filesystem", () => import("./diff-Blbrp0wH.js"));
const exec = entry("Execute a command in a running container", () => import("./exec-BE7a6ZT5.js"));
const exportContainer = entry("Export a container's filesystem as a tar archive", () => import("./export-CKTou4UV.js"));
const kill = entry("Kill one or more running containers", () => import("./kill-DbsAvIuv.js"));
const logs = entry("Fetch the logs of a container", () => import("./logs-RBQkhg-K.js"));
const pause = entry("Pause all processes within one or more containers", () => import("./pause-Co7E-EHo.js"));
const port = entry("List port mappings or a specific mapping for the container", () => import("./port-DcBaaQ9V.js"));
const rename = entry("Rename a container", () => import("./rename-CkTrC0Yq.js"));
const restart = entry("Restart one or more containers", () => import("./restart-GenMG3Ha.js"));
const remove = entry("Remove one or more containers", () => import("./rm-ChrORp22.js"), ["remove"]);
const run = entry("Create and run a new container from an image", () => import("./run-MhrG6Zq7.js"));
const start = entry("Start one or more stopped containers", () => import("./start-DdEezshF.js"));
const stats = entry("Display a live stream of container(s) resource usage statistics", () => import("./stats-CiWMavH7.js"));
const stop = entry("Stop one or more running containers", () => import("./stop-CFYgeVnt.js"));
const top = entry("Display the running processes of a container", () => import("./top-CVBVwoYG.js"));
const unpause = entry("Unpause all processes within one or more containers", () => import("./unpause-BsigVGlu.js"));
const update = entry("Update configuration of one or more containers", () => import("./update-DSgU_XtX.js"));
const wait = entry("Block until one or more containers stop, then print their exit codes", () => import("./wait-2PdAd_SH.js"));
const listContainers = entry("List containers", () => import("./ps-DJTy_-9p.js"), ["list", "ps"]);
const history = entry("Show the history of an image", () => import("./history-C5ik9bQq.js"));
const importImage = entry("Import the contents from a tarball to create a filesystem image", () => import("./import-URxl1IYH.js"));
const load = entry("Load an image from a tar archive or STDIN", () => import("./load-okTD7_F7.js"));
const listImages = entry("List images", () => import("./images-B8QmAcBd.js"), ["list"]);
const pull = entry("Download an image from a registry", () => import("./pull-J0rx0gj1.js"));
const removeImages = entry("Remove one or more images", () => import("./rmi-Cs_nxmjO.js"), ["remove"]);
const save = entry("Save one or more images to a tar archive (streamed to STDOUT by default)", () => import("./save-D9LnrIHh.js"));
const tag = entry("Create a tag TARGET_IMAGE that refers to SOURCE_IMAGE", () => import("./tag-D8yVooNm.js"));
const events = entry("Get real time events from the server", () => import("./events-D0aFIdlu.js"));
const info = entry("Display system-wide information", () => import("./info-BkkYeyGm.js"));
const CONTAINER = {
	attach,
	create,
	diff,
	exec,
	export: exportContainer,
	inspect: entry("Display detailed information on one or more containers", () => import("./container-inspect-BbuEzDRf.js")),
	kill,
	logs,
	ls: listContainers,
	pause,
	port,
	prune: entry("Remove all stopped containers", () => import("./container-prune-DgBUHOmk.js")),
	rename,
	restart,
	rm: remove,
	run,
	start,
	stats,
	stop,
	top,
	unpause,
	update,
	wait
};
const IMAGE = {
	bootstrap: entry("Make an image from this machine's own files, without a registry", () => import("./bootstrap-By79IE1W.js")),
	history,
	import: importImage,
	inspect: entry("Display detailed information on one or more images", () => import("./image-inspect-C3m-UiBb.js")),
	load,
	ls: listImages,
	prune: entry("Remove unused images", () => import("./image-prune-CrkASSB8.js")),
	pull,
	rm: removeImages,
	save,
	tag
};
const NETWORK = {
	inspect: entry("Display detailed information on one or more networks", () => import("./network-inspect-3nLHtTIZ.js")),
	ls: entry("List networks", () => import("./network-ls-Dp-Il2nB.js"), ["list"])
};
const SYSTEM = {
	df: entry("Show disk usage", () => import("./system-df-CWujqvll.js")),
	events,
	info,
	prune: entry("Remove unused data", () => import("./system-prune-DVHJlQ_H.js"))
};
const VOLUME = {
	create: entry("Create a volume", () => import("./volume-create-BuIW51RL.js")),
	inspect: entry("Display detailed information on one or more volumes", () => import("./volume-inspect-CPpDxT8V.js")),
	ls: entry("List volumes", () => import("./volume-ls-Bfrf-MU9.js"), ["list"]),
	prune: entry("Remove unused local volumes", () => import("./volume-prune-CdBrD4iR.js")),
	rm: entry("Remove one or more volumes", () => import("./volume-rm-CRnvGbiP.js"), ["remove"])
};
const COMMANDS = {
	attach,
	container: {
		summary: "Manage containers",
		commands: CONTAINER
	},
	create,
	daemon: entry("Run the daemon in the foreground", () => import("./daemon-vd4TApgE.js")),
	diff,
	events,
	exec,
	export: exportContainer,
	history,
	image: {
		summary: "Manage images",
		commands: IMAGE
	},
	images: {
		...listImages,
		aliases: []
	},
	import: importImage,
	info,
	inspect: entry("Return low-level information on objects", () => import("./inspect-CIIAbP8V.js")),
	kill,
	load,
	logs,
	network: {
		summary: "Manage networks",
		commands: NETWORK
	},
	pause,
	port,
	ps: {
		...listContainers,
		aliases: []
	},
	pull,
	rename,
	restart,
	rm: {
		...remove,
		aliases: []
	},
	rmi: {
		...removeImages,
		aliases: []
	},
	run,
	save,
	start,
	stats,
	stop,
	system: {
		summary: "Manage the engine",
		commands: SYSTEM
	},
	tag,
	top,
	unpause,
	update,
	version: entry("Show the Slipway version information", () => import("./version-BTVbLTXi.js")),
	volume: {
		summary: "Manage volumes",
		commands: VOLUME
	},
	wait
};
// src/client/endpoint.ts
const DEFAULT_PORT = 2375;
/**
* `unix:///path`, `tcp://host:port`, `http://host:port`.
* @throws EngineError invalid-parameter
*/
function parseEndpoint(text) {
	const [scheme, rest] = text.split(/:\/\/(.*)/s);
	if (rest === void 0) throw new EngineError("invalid-parameter", `unable to parse docker host \`${text}\``);
	if (scheme === "unix") return {
		text,
		socketPath: rest
	};
	if (scheme !== "tcp" && scheme !== "http") throw new EngineError("invalid-parameter", `invalid bind address format: ${text}`);
	const url = URL.parse(`http://${rest}`);
	if (url === null) throw new EngineError("invalid-parameter", `invalid bind address format: ${text}`);
	return {
		text,
		host: url.hostname.replace(/^\[(.*)\]$/, "$1") || "127.0.0.1",
		port: url.port === "" ? DEFAULT_PORT : Number(url.port)
	};
}
// src/client/engine-client.ts
/** Spares node:http working out a name for TLS, whose regular expressions take milliseconds to compile. */
const NO_SERVER_NAME = { servername: "" };
const UNREACHABLE = /* @__PURE__ */ new Set([
	"ENOENT",
	"ECONNREFUSED",
	"EACCES",
	"ENOTFOUND",
	"EHOSTUNREACH",
	"ETIMEDOUT"
]);
/**
* Speaks the Engine API to one daemon. Every method throws ResponseError for what the daemon refuses, and
* ConnectionError where there is none. `close` ends idle connections, so that the process can end.
*/
var EngineClient = class {
	endpoint;
	#version;
	#agent = new Agent({ keepAlive: true });
	constructor(endpoint, version = API_VERSION) {
		this.endpoint = endpoint;
		this.#version = version;
	}
	get version() {
		return this.#version;
	}
	async get(path, options = {}) {
		return this.json("GET", path, options);
	}
	async post(path, options = {}) {
		return this.json("POST", path, options);
	}
	async delete(path, options = {}) {
		return this.json("DELETE", path, options);
	}
	/** The body as it came. */
	async text(method, path, options = {}) {
		return readAll(await this.stream(method, path, options));
	}
	/** Undefined for an empty answer. */
	async json(method, path, options) {
		const text = await this.text(method, path, options);
		return text === "" ? void 0 : JSON.parse(text);
	}
	/** The answer as it comes; its caller reads it to its end, or destroys it. */
	async stream(method, path, options = {}) {
		if (options.upload !== void 0) await this.negotiate();
		const response = await this.#send(method, path, options);
		if (!isFailure(response)) return response;
		const body = await readAll(response);
		if (options.upload === void 0 && this.#lowerVersion(response)) return this.stream(method, path, options);
		throw responseError(response.statusCode ?? 0, body);
	}
	/** The daemon's headers of `/_ping`. */
	async ping() {
		const response = await this.#send("HEAD", "/_ping", {}, "");
		response.resume();
		return response.headers;
	}
	/** Agrees on a version the daemon knows, for requests that cannot be sent twice. */
	async negotiate() {
		const offered = (await this.ping())["api-version"];
		if (typeof offered === "string" && isOlder(offered, this.#version)) this.#version = offered;
	}
	/**
	* POSTs, and takes the connection over for raw data (`Upgrade: tcp`). `end()` on it closes one direction only:
	* what the daemon still sends is read.
	*/
	async hijack(path, options = {}) {
		const request = this.#open("POST", path, {
			...options,
			headers: {
				Connection: "Upgrade",
				Upgrade: "tcp",
				...options.headers
			}
		});
		const { promise, resolve, reject } = Promise.withResolvers();
		request.on("upgrade", (_response, socket, head) => {
			if (head.length > 0) socket.unshift(head);
			resolve(socket);
		});
		request.on("response", (response) => {
			readAll(response).then((body) => reject(responseError(response.statusCode ?? 0, body)), reject);
		});
		request.on("error", (error) => reject(this.#connectionError(error)));
		finish(request, options);
		return promise;
	}
	close() {
		this.#agent.destroy();
	}
	#send(method, path, options, prefix = `/v${this.#version}`) {
		const request = this.#open(method, path, options, prefix);
		const { promise, resolve, reject } = Promise.withResolvers();
		request.on("response", resolve);
		request.on("error", (error) => reject(this.#connectionError(error)));
		if (options.upload === void 0) finish(request, options);
		else options.upload.on("error", (error) => {
			reject(error);
			request.destroy();
		}).pipe(request);
		return promise;
	}
	#open(method, path, options, prefix = `/v${this.#version}`) {
		const { endpoint } = this;
		const address = "socketPath" in endpoint ? {
			socketPath: endpoint.socketPath,
			headers: { Host: "slipway" }
		} : {
			host: endpoint.host,
			port: endpoint.port,
			headers: {}
		};
		return request({
			...address,
			method,
			path: `${prefix}${path}${encodeQuery(options.query ?? {})}`,
			headers: {
				...address.headers,
				...contentHeaders(method, options),
				...options.headers
			},
			agent: this.#agent,
			...NO_SERVER_NAME,
			signal: options.signal
		});
	}
	#lowerVersion(response) {
		const offered = response.headers["api-version"];
		if (response.statusCode !== 400 || typeof offered !== "string") return false;
		if (!isOlder(offered, this.#version)) return false;
		this.#version = offered;
		return true;
	}
	#connectionError(error) {
		return UNREACHABLE.has(error.code ?? "") ? new ConnectionError(this.endpoint.text, error) : error;
	}
};
function isFailure(response) {
	const status = response.statusCode ?? 0;
	return status < 200 || status >= 400;
}
function contentHeaders(method, options) {
	if (options.upload !== void 0) return { "Content-Type": "application/x-tar" };
	if (options.body !== void 0) return { "Content-Type": "application/json" };
	return method === "POST" ? { "Content-Length": 0 } : {};
}
function finish(request, options) {
	if (options.body === void 0) request.end();
	else {
		const text = Buffer.from(JSON.stringify(options.body));
		request.setHeader("Content-Length", text.length);
		request.end(text);
	}
}
async function readAll(response) {
	const chunks = [];
	for await (const chunk of response) chunks.push(chunk);
	return Buffer.concat(chunks).toString();
}
/** Keys in order; `undefined` is left out, a list is one parameter for each element. */
function encodeQuery(query) {
	const parameters = new URLSearchParams();
	for (const key of Object.keys(query).sort()) {
		const value = query[key];
		if (value === void 0) continue;
		for (const item of Array.isArray(value) ? value : [value]) parameters.append(key, item === true ? "1" : item === false ? "0" : String(item));
	}
	const text = parameters.toString();
	return text === "" ? "" : `?${text}`;
}
function isOlder(version, than) {
	const [major = 0, minor = 0] = version.split(".").map(Number);
	const [thanMajor = 0, thanMinor = 0] = than.split(".").map(Number);
	return major < thanMajor || major === thanMajor && minor < thanMinor;
}
// src/cli/connect-client.ts
/**
* The client for one call of the CLI: `-H`, SLIPWAY_HOST, DOCKER_HOST, or the default socket. In the last case,
* and as root, a missing daemon is started first. `close` lets the process end.
*/
function connectClient(host, hosts) {
	let made;
	let opened;
	const make = async () => {
		const text = namedHost(host, hosts);
		if (text === void 0 && host.isRoot && !await isListening(host.defaultSocket)) await startDaemon(host);
		opened = new EngineClient(endpointOf(text ?? `unix://${host.defaultSocket}`), host.env.DOCKER_API_VERSION || void 0);
		return opened;
	};
	return {
		client: () => made ??= make(),
		close: () => opened?.close()
	};
}
function namedHost(host, hosts) {
	if (hosts.length > 1) throw new ExitError(1, "Specify only one -H");
	return hosts[0] || host.env.SLIPWAY_HOST || host.env.DOCKER_HOST || void 0;
}
function endpointOf(text) {
	try {
		return parseEndpoint(text);
	} catch (error) {
		throw new ExitError(1, `Failed to initialize: ${describeError(error)}`);
	}
}
async function startDaemon(host) {
	const { log } = await host.startDaemon();
	host.stderr.write(`${PROGRAM}: started the daemon (log: ${log})\n`);
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
// src/cli/flags/parse-flags.ts
/** Thrown inside to end parsing at `--help`: whatever follows does not count. */
var HelpAsked = class extends Error {};
/**
* The grammar of Go's pflag: `-it`, `-p8080:80`, `-p=8080:80`, `--name x`, `--name=x`, `--rm=false`, `--`.
* Without `interspersed` the first argument ends the flags.
* @throws FlagError
*/
function parseFlags(table, args, options) {
	const values = Object.fromEntries(Object.entries(table).map(([name, flag]) => [name, flag.initial]));
	const state = {
		table,
		values,
		changed: /* @__PURE__ */ new Set(),
		args: [],
		rest: [...args],
		notices: []
	};
	let helpAsked = false;
	try {
		parseAll(state, options.interspersed);
	} catch (error) {
		if (!(error instanceof HelpAsked)) throw error;
		helpAsked = true;
	}
	const { changed, notices } = state;
	helpAsked ||= values.help === true;
	return {
		values,
		changed,
		args: state.args,
		helpAsked,
		notices
	};
}
function parseAll(state, interspersed) {
	for (let word = state.rest.shift(); word !== void 0; word = state.rest.shift()) {
		if (word === "--") return void state.args.push(...state.rest.splice(0));
		if (word.startsWith("--")) parseLong(state, word);
		else if (word.startsWith("-") && word !== "-") parseShorts(state, word.slice(1));
		else {
			state.args.push(word);
			if (!interspersed) return void state.args.push(...state.rest.splice(0));
		}
	}
}
function parseLong(state, word) {
	const body = word.slice(2);
	if (body.startsWith("-") || body.startsWith("=")) throw new FlagError(`bad flag syntax: ${word}`);
	const at = body.indexOf("=");
	const name = at === -1 ? body : body.slice(0, at);
	const flag = Object.hasOwn(state.table, name) ? state.table[name] : void 0;
	if (flag === void 0) {
		if (name === "help") throw new HelpAsked();
		throw new FlagError(`unknown flag: --${name}`);
	}
	const value = at === -1 ? flag.implied ?? state.rest.shift() : body.slice(at + 1);
	if (value === void 0) throw new FlagError(`flag needs an argument: --${name}`);
	assign(state, name, flag, value);
}
function parseShorts(state, written) {
	for (let letters = written; letters !== "";) {
		const letter = letters[0] ?? "";
		const found = Object.entries(state.table).find(([, flag]) => flag.short === letter);
		if (found === void 0) throw unknownShort(state, letter, letters);
		const [name, flag] = found;
		const rest = letters.slice(1);
		if (rest.startsWith("=") && rest.length > 1) return assign(state, name, flag, rest.slice(1));
		if (flag.implied !== void 0) {
			assign(state, name, flag, flag.implied);
			letters = rest;
			continue;
		}
		const value = rest !== "" ? rest : state.rest.shift();
		if (value === void 0) throw new FlagError(`flag needs an argument: '${letter}' in -${letters}`);
		return assign(state, name, flag, value);
	}
}
function unknownShort(state, letter, letters) {
	if (letter !== "h") return new FlagError(`unknown shorthand flag: '${letter}' in -${letters}`);
	state.notices.push("Flag shorthand -h has been deprecated, use --help");
	return new HelpAsked();
}
function assign(state, name, flag, text) {
	const key = flag.aliasOf ?? name;
	try {
		state.values[key] = flag.set(text, state.values[key]);
	} catch (error) {
		const shown = flag.short === "" ? `--${name}` : `-${flag.short}, --${name}`;
		throw new FlagError(`invalid argument ${JSON.stringify(text)} for "${shown}" flag: ${messageOf(error)}`);
	}
	state.changed.add(key);
	if (flag.deprecated !== void 0) state.notices.push(`Flag --${name} has been deprecated, ${flag.deprecated}`);
}
// src/cli/global-flags.ts
/** What may stand before the command. */
const GLOBAL_FLAGS = {
	debug: bool("D", "Enable debug mode"),
	host: list("H", "Daemon socket to connect to"),
	"log-level": string("l", "Set the logging level (\"debug\", \"info\", \"warn\", \"error\", \"fatal\")", "info"),
	version: bool("v", "Print version information and quit")
};
const LOG_LEVELS = [
	"debug",
	"info",
	"warn",
	"warning",
	"error",
	"fatal",
	"panic",
	"trace"
];
// src/cli/flags/flag-usages.ts
/** The `Options:` lines of `--help`, sorted, wrapped to `columns` as pflag does it. */
function flagUsages(table, columns) {
	const lines = Object.entries(table).filter(([, flag]) => flag.hidden !== true).sort(([a], [b]) => a < b ? -1 : 1).map(([name, flag]) => {
		const short = flag.short === "" ? "    " : `-${flag.short}, `;
		const kind = flag.kind === "" ? "" : ` ${flag.kind}`;
		const fallback = flag.defaultText === void 0 ? "" : ` (default ${flag.defaultText})`;
		return {
			left: `  ${short}--${name}${kind}`,
			right: `${flag.usage}${fallback}`
		};
	});
	const width = Math.max(0, ...lines.map((line) => line.left.length)) + 3;
	return lines.map((line) => `${line.left.padEnd(width)}${wrap(line.right, width, columns)}\n`).join("");
}
/** A line may be up to this much longer than the limit, rather than leaving a short last line. */
const SLOP = 5;
function wrap(text, indent, columns) {
	const narrow = columns - indent < 24;
	const margin = narrow ? 16 : indent;
	const newline = `\n${" ".repeat(margin)}`;
	const limit = columns - margin - SLOP;
	const lines = [];
	for (let rest = text; rest !== "";) {
		const cut = breakPoint(rest, limit);
		lines.push(rest.slice(0, cut).replaceAll("\n", newline));
		rest = rest.slice(cut + 1);
	}
	return (narrow ? newline : "") + lines.join(newline);
}
function breakPoint(text, limit) {
	if (limit + SLOP > text.length) return text.length;
	const head = text.slice(0, limit);
	const space = Math.max(head.lastIndexOf(" "), head.lastIndexOf("\n"));
	if (space <= 0) return text.length;
	const line = head.lastIndexOf("\n");
	return line > 0 ? line : space;
}
// src/cli/help.ts
const MIN_NAME_WIDTH = 11;
function commandHelp(path, command, columns) {
	const sections = [`Usage:  ${path} ${command.usage}`.trimEnd(), command.description ?? command.summary];
	if (command.aliases !== void 0) sections.push(`Aliases:\n  ${command.aliases.map((alias) => `${PROGRAM} ${alias}`).join(", ")}`);
	const flags = flagUsages(command.flags, columns - 1);
	if (flags !== "") sections.push(`Options:\n${flags.trimEnd()}`);
	return `${sections.join("\n\n")}\n`;
}
function groupHelp(path, summary, tree) {
	const end = `Run '${path} COMMAND --help' for more information on a command.`;
	return `Usage:  ${path} COMMAND\n\n${summary}\n\nCommands:\n${commandLines(tree)}\n\n${end}\n`;
}
function programHelp(tree, globals, columns) {
	const sections = commandGroups(tree).map(({ title, commands }) => `${title}:\n${commandLines(commands)}`);
	return [
		`Usage:  ${PROGRAM} [OPTIONS] COMMAND`,
		"A container engine with no daemon in the data path",
		...sections,
		`Global Options:\n${flagUsages(globals, columns - 1).trimEnd()}`,
		`Run '${PROGRAM} COMMAND --help' for more information on a command.\n`
	].join("\n\n");
}
function commandLines(tree) {
	const entries = Object.entries(tree).filter(([, entry]) => !isHidden(entry));
	const width = Math.max(MIN_NAME_WIDTH, ...entries.map(([name]) => name.length));
	return entries.map(([name, entry]) => `  ${name.padEnd(width)} ${entry.summary}`).join("\n");
}
function isHidden(entry) {
	return entry.hidden === true;
}
// src/cli/run-cli.ts
const FLAG_ERROR_EXIT = 125;
const DEFAULT_COLUMNS = 80;
/** Runs the command line `args` (without the program's name). Returns the exit code; never throws. */
async function runCli(args, host) {
	try {
		await runProgram(args, host);
		return 0;
	} catch (error) {
		if (error instanceof ExitError) {
			if (error.message !== "") host.stderr.write(`${error.message}\n`);
			return error.exitCode;
		}
		host.stderr.write(`${describeError(error)}\n`);
		return 1;
	}
}
async function runProgram(args, host) {
	const { values, args: words, helpAsked } = parseGlobals(args);
	const columns = host.stdout.columns ?? DEFAULT_COLUMNS;
	if (values.version) return printVersion(host);
	if (!LOG_LEVELS.includes(values["log-level"])) throw new ExitError(1, `Unable to parse logging level: ${values["log-level"]}`);
	const [first, ...rest] = words;
	if (helpAsked || first === void 0 || first === "help" && rest.length === 0) return void host.stdout.write(programHelp(COMMANDS, GLOBAL_FLAGS, columns));
	const path = first === "help" ? [...rest, "--help"] : words;
	const entry = findEntry(COMMANDS, path[0] ?? "");
	if (entry === void 0) throw unknownCommand(first, path[0] ?? "");
	await runEntry({
		path: `${PROGRAM} ${path[0]}`,
		entry,
		words: path.slice(1),
		host,
		globals: values
	});
}
function parseGlobals(args) {
	try {
		return parseFlags(GLOBAL_FLAGS, args, { interspersed: false });
	} catch (error) {
		throw new ExitError(FLAG_ERROR_EXIT, usageText(messageOf(error), PROGRAM, "[OPTIONS] COMMAND [ARG...]", "Run"));
	}
}
async function printVersion(host) {
	const { VERSION } = await import("./version-vvP_neNw.js");
	host.stdout.write(`Slipway version ${VERSION}\n`);
}
function unknownCommand(first, name) {
	if (first === "help") return new ExitError(1, `unknown help topic: ${name}`);
	return new ExitError(1, `${PROGRAM}: unknown command: ${PROGRAM} ${name}\n\n${`Run '${PROGRAM} --help' for more information`}`);
}
async function runEntry(call) {
	const { path, entry, words, host } = call;
	if (!isGroup(entry)) return runCommand(call, await entry.load());
	const [name, ...rest] = words;
	if (name === void 0 || name === "--help" || name === "-h") return void host.stdout.write(groupHelp(path, entry.summary, entry.commands));
	if (name.startsWith("-")) throw new ExitError(FLAG_ERROR_EXIT, usageText(`unknown flag: ${name}`, path, "COMMAND", "Run"));
	const inner = findEntry(entry.commands, name);
	if (inner === void 0) throw new ExitError(1, usageText(`${PROGRAM}: unknown command: ${path} ${name}`, path, "", "Run"));
	await runEntry({
		...call,
		path: `${path} ${name}`,
		entry: inner,
		words: rest
	});
}
async function runCommand(call, command) {
	const { path, host, globals } = call;
	const parsed = parseOrExplain(path, command, call.words);
	for (const notice of parsed.notices) host.stderr.write(`${notice}\n`);
	if (parsed.helpAsked) return void host.stdout.write(commandHelp(path, command, host.stdout.columns ?? DEFAULT_COLUMNS));
	checkArguments(path, command, parsed.args.length);
	const connection = connectClient(host, globals.host);
	try {
		await command.run(contextOf(call, connection.client), parsed);
	} catch (error) {
		if (globals.debug && !(error instanceof ExitError)) host.stderr.write(`${error.stack}\n`);
		throw error;
	} finally {
		connection.close();
	}
}
/** Inherits from `host`: a copy would open streams that the command may not need. */
function contextOf({ path, host, globals }, client) {
	const own = {
		commandPath: path,
		hosts: globals.host,
		client
	};
	return Object.assign(Object.create(host), own);
}
function parseOrExplain(path, command, words) {
	try {
		return parseFlags(command.flags, words, { interspersed: command.interspersed ?? true });
	} catch (error) {
		if (!(error instanceof FlagError)) throw error;
		throw new ExitError(FLAG_ERROR_EXIT, usageText(error.message, path, command.usage, "Run"));
	}
}
function checkArguments(path, command, count) {
	const problem = argumentProblem(command.arguments, count);
	if (problem === void 0) return;
	throw new ExitError(1, usageText(`${PROGRAM}: '${path}' ${problem.message}`, path, command.usage, problem.verb));
}
function argumentProblem({ min, max }, count) {
	if (count >= min && (max === void 0 || count <= max)) return void 0;
	const words = (n) => `${n} argument${n === 1 ? "" : "s"}`;
	if (max === 0) return new UsageError("accepts no arguments", "Run");
	if (max === void 0) return new UsageError(`requires at least ${words(min)}`, "See");
	if (min === max) return new UsageError(`requires ${words(min)}`, "Run");
	if (min === 0) return new UsageError(`requires at most ${words(max)}`, "Run");
	return new UsageError(`requires at least ${min} and at most ${words(max)}`, "Run");
}
function usageText(message, path, usage, verb) {
	return `${message}\n\n${`Usage:  ${path} ${usage}`.trimEnd()}\n\n${verb} '${path} --help' for more information`;
}
export { EngineError as $, command$28 as A, command$38 as B, command$21 as C, command$25 as D, command$24 as E, command$33 as F, command$43 as G, command$40 as H, command$34 as I, command$46 as J, command$44 as K, command$35 as L, command$30 as M, command$31 as N, command$26 as O, command$32 as P, shortId as Q, command$36 as R, command$20 as S, command$23 as T, command$41 as U, command$39 as V, command$42 as W, API_VERSION as X, command$47 as Y, MIN_API_VERSION as Z, command$15 as _, command$3 as a, command$18 as b, command$6 as c, command$9 as d, SyscallError as et, command$10 as f, command$14 as g, command$13 as h, command$2 as i, DEFAULT_SOCKET as it, command$29 as j, command$27 as k, command$7 as l, command$12 as m, command as n, messageOf as nt, command$4 as o, command$11 as p, command$45 as q, command$1 as r, VERSION as rt, command$5 as s, runCli as t, errorCode as tt, command$8 as u, command$16 as v, command$22 as w, command$19 as x, command$17 as y, command$37 as z };
