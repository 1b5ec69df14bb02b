import { $ as EngineError, Q as shortId, X as API_VERSION, Z as MIN_API_VERSION, et as SyscallError, nt as messageOf, rt as VERSION, tt as errorCode } from "./cli-DDb85CiE.js";
import { A as addressOf, C as setXattr, D as decodeDevice, F as syscallAsync, I as syscallResult, M as errnoName, N as spawnAsync, O as makeNode, P as syscall, S as listXattrs, _ as tarEntry, b as detectCompression, c as absoluteEntryPath, d as parentOf, g as tarPadding, h as encodeTarEntry, j as cstring, k as openDetachedOverlay, n as TarReader, p as TAR_END, r as openRoot, t as readDescriptor, x as getXattr, y as decompressed } from "./read-descriptor-DHfckl1S.js";
const { createRequire } = process.getBuiltinModule("node:module");
const { fileURLToPath } = process.getBuiltinModule("node:url");
const { createHash, randomBytes, randomInt, randomUUID } = process.getBuiltinModule("node:crypto");
const { closeSync, constants, createReadStream, existsSync, fdatasync, fstatSync, ftruncateSync, lstatSync, mkdirSync, openSync, readFileSync, readSync, readdirSync, readlinkSync, realpathSync, renameSync, rmSync, rmdirSync, statSync, statfsSync, symlinkSync, watch, writeFileSync, writeSync } = process.getBuiltinModule("node:fs");
const { chmod, copyFile, lchown, lstat, lutimes, mkdir, open, readdir, readlink, rm, rmdir, stat, symlink: symlink$1, unlink } = process.getBuiltinModule("node:fs/promises");
const { basename, dirname, join, posix, resolve } = process.getBuiltinModule("node:path");
const { once: once$1 } = process.getBuiltinModule("node:events");
const { performance } = process.getBuiltinModule("node:perf_hooks");
const { availableParallelism, constants: constants$1, hostname, release, totalmem } = process.getBuiltinModule("node:os");
const { setTimeout: setTimeout$1 } = process.getBuiltinModule("node:timers/promises");
const { execFile, spawn } = process.getBuiltinModule("node:child_process");
const { promisify } = process.getBuiltinModule("node:util");
const { Duplex, Readable } = process.getBuiltinModule("node:stream");
const { DatabaseSync } = process.getBuiltinModule("node:sqlite");
const { Socket, createConnection } = process.getBuiltinModule("node:net");
const { Worker } = process.getBuiltinModule("node:worker_threads");
// \0rolldown/runtime.js
var __create = Object.create;
var __defProp = Object.defineProperty;
var __getOwnPropDesc = Object.getOwnPropertyDescriptor;
var __getOwnPropNames = Object.getOwnPropertyNames;
var __getProtoOf = Object.getPrototypeOf;
var __hasOwnProp = Object.prototype.hasOwnProperty;
var __commonJSMin = (cb, mod) => () => (mod || (cb((mod = { exports: {} }).exports, mod, mod.exports), cb = null), mod.exports);
var __exportAll = (all, flags) => {
	let target = Object.setPrototypeOf({}, null);
	for (var name in all) __defProp(target, name, {
		get: all[name],
		enumerable: true
	});
	if (!(flags & 1)) __defProp(target, Symbol.toStringTag, { value: "Module" });
	return flags & 2 ? target : Object.preventExtensions(target);
};
var __copyProps = (to, from, except, desc) => {
	if (from && typeof from === "object" || typeof from === "function") for (var keys = __getOwnPropNames(from), i = 0, n = keys.length, key; i < n; i++) {
		key = keys[i];
		if (!__hasOwnProp.call(to, key) && key !== except) __defProp(to, key, {
			get: ((k) => from[k]).bind(null, key),
			enumerable: !(desc = __getOwnPropDesc(from, key)) || desc.enumerable
		});
	}
	return to;
};
var __toESM = (mod, isNodeMode, target) => (target = mod != null ? __create(__getProtoOf(mod)) : {}, __copyProps(isNodeMode || !mod || !mod.__esModule || !__hasOwnProp.call(mod, "default") ? __defProp(target, "default", {
	value: mod,
	enumerable: true
}) : target, mod));
var __require = /* #__PURE__ */ (() => createRequire(import.meta.url))();
// src/daemon/daemon-options.ts
function containerDirectory(options, id) {
	return join(options.dataRoot, "containers", id);
}
/** The exec driver's own directory for a container. */
function runDirectory(options, id) {
	return join(options.execRoot, "containers", id);
}
function logPath(options, id) {
	return join(containerDirectory(options, id), `${id}-json.log`);
}
/** The files that are mounted into every container, by their names in /etc. */
function hostFilePath(options, id, name) {
	return join(containerDirectory(options, id), name);
}
// src/daemon/errors.ts
function notFound$2(message) {
	return new EngineError("not-found", message);
}
function invalid$7(message) {
	return new EngineError("invalid-parameter", message);
}
function conflict(message) {
	return new EngineError("conflict", message);
}
/** The same kind of error, its message preceded by `prefix` and a colon, as Go's errors.Wrap has it. */
function prefixed(prefix, error) {
	const kind = error instanceof EngineError ? error.kind : "system";
	const message = error instanceof Error ? error.message : String(error);
	return new EngineError(kind, `${prefix}: ${message}`, { cause: error });
}
// src/daemon/events/container-event.ts
/** Publishes an event of a container, with its image, name and labels among the attributes. */
function containerEvent({ events }, { record }, action, attributes = {}) {
	const { id, name, imageReference: image, config } = record;
	const all = {
		...config.Labels,
		...attributes,
		image,
		name
	};
	events.publish({
		Type: "container",
		Action: action,
		id,
		attributes: all
	});
}
// src/daemon/clock.ts
/** How Go prints a time that was never set. */
const ZERO_TIME = "0001-01-01T00:00:00Z";
const NS_PER_MS$1 = 1000000n;
const NS_PER_S = 1000000000n;
/** Wall-clock time in nanoseconds since the epoch, with the resolution of the monotonic clock (below 1 µs). */
function nowNs() {
	const wallMs = Date.now();
	const precise = performance.timeOrigin + performance.now();
	const ms = Math.abs(precise - wallMs) < 2 ? precise : wallMs;
	const whole = Math.floor(ms);
	return BigInt(whole) * NS_PER_MS$1 + BigInt(Math.floor((ms - whole) * 1e6));
}
/** RFC 3339 in UTC with up to nine decimals, without trailing zeros: Go's RFC3339Nano. */
function formatTime(ns) {
	const seconds = ns / NS_PER_S;
	const fraction = (ns % NS_PER_S).toString().padStart(9, "0").replace(/0+$/, "");
	const whole = (/* @__PURE__ */ new Date(Number(seconds) * 1e3)).toISOString().slice(0, 19);
	return fraction === "" ? `${whole}Z` : `${whole}.${fraction}Z`;
}
/** The inverse of {@link formatTime}; accepts any RFC 3339 time. @throws RangeError */
function parseTime(text) {
	const match = /^(.*:\d\d)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)$/i.exec(text);
	const ms = match ? Date.parse(`${match[1]}${match[3]}`) : NaN;
	if (Number.isNaN(ms)) throw new RangeError(`not an RFC 3339 time: ${text}`);
	return BigInt(ms) * NS_PER_MS$1 + BigInt((match?.[2] ?? "").padEnd(9, "0").slice(0, 9));
}
function currentTime() {
	return formatTime(nowNs());
}
// src/daemon/logs/log-files.ts
/** The log's files that exist, oldest first: `path.2`, `path.1`, `path`. The caller closes them. */
async function openLogFiles(path) {
	for (;;) {
		const { handles, isWhole } = await openGenerations(path);
		if (isWhole && await isInPlace(path, handles.at(-1))) return handles;
		await Promise.all(handles.map((handle) => handle.close()));
	}
}
/** Not `isWhole` with a gap in the numbers: then a rotation is under way, which renames one file after the other. */
async function openGenerations(path) {
	const handles = [];
	const nameOf = (generation) => generation === 0 ? path : `${path}.${generation}`;
	for (let generation = 0;; generation += 1) {
		const handle = await openIfPresent(nameOf(generation));
		if (handle !== void 0) handles.unshift(handle);
		else if (generation > 0) return {
			handles,
			isWhole: !existsSync(nameOf(generation + 1))
		};
	}
}
async function openIfPresent(path) {
	try {
		return await open(path, "r");
	} catch (error) {
		if (errorCode(error) === "ENOENT") return void 0;
		throw error;
	}
}
async function isInPlace(path, live) {
	const current = await openIfPresent(path);
	if (current === void 0 || live === void 0) {
		await current?.close();
		return current === void 0;
	}
	const [inode, liveInode] = await Promise.all([inodeOf(current), inodeOf(live)]);
	await current.close();
	return inode === liveInode;
}
async function inodeOf(handle) {
	return (await handle.stat({ bigint: true })).ino;
}
const CHUNK_BYTES$1 = 65536;
const NEWLINE$1 = 10;
/** The offset in each file from which the last `lines` lines of all of them together begin. */
async function tailOffsets(files, lines) {
	const offsets = files.map(() => 0);
	let wanted = lines;
	for (let index = files.length - 1; index >= 0; index -= 1) {
		const file = files[index];
		if (file === void 0) continue;
		const { size } = await file.stat();
		const { offset, found } = await tailOffset(file, size, wanted);
		offsets[index] = offset;
		wanted -= found;
	}
	return offsets;
}
async function tailOffset(file, size, wanted) {
	if (wanted <= 0) return {
		offset: size,
		found: 0
	};
	const buffer = Buffer.alloc(CHUNK_BYTES$1);
	let newlines = 0;
	for (let end = size; end > 0;) {
		const start = Math.max(0, end - CHUNK_BYTES$1);
		const { bytesRead } = await file.read(buffer, 0, end - start, start);
		for (let at = bytesRead - 1; at >= 0; at -= 1) {
			if (buffer[at] !== NEWLINE$1) continue;
			if (newlines === wanted) return {
				offset: start + at + 1,
				found: wanted
			};
			newlines += 1;
		}
		end = start;
	}
	return {
		offset: 0,
		found: newlines
	};
}
// src/daemon/attach/frames.ts
/** One of Docker's frames: stream, three zeros, length (big endian), content (API: "Attach to a container"). */
function frame(stream, content) {
	const result = Buffer.allocUnsafe(8 + content.length);
	result.writeUInt32BE(stream << 24, 0);
	result.writeUInt32BE(content.length, 4);
	result.set(content, 8);
	return result;
}
// src/daemon/logs/log-line.ts
/** Undefined for a line that is damaged (a machine that died while it was written). */
function parseLogLine(text) {
	try {
		const line = JSON.parse(text);
		return typeof line?.log === "string" && typeof line.time === "string" ? line : void 0;
	} catch {
		return;
	}
}
/** What a client gets of a line; undefined when it did not ask for it; 'end' when it is later than all it wants. */
function renderLogLine(line, selection) {
	const { sinceNs, untilNs } = selection;
	if (sinceNs !== void 0 || untilNs !== void 0) {
		const timeNs = timeOf(line);
		if (sinceNs !== void 0 && timeNs < sinceNs) return void 0;
		if (untilNs !== void 0 && timeNs > untilNs) return "end";
	}
	if (line.stream === "stderr" ? !selection.stderr : !selection.stdout) return void 0;
	const content = Buffer.from(selection.timestamps ? `${fixedTime(line.time)} ${line.log}` : line.log);
	return selection.multiplexed ? frame(line.stream === "stderr" ? 2 : 1, content) : content;
}
function timeOf(line) {
	try {
		return parseTime(line.time);
	} catch {
		return 0n;
	}
}
/** With all nine decimals, so that columns line up. */
function fixedTime(time) {
	const match = /^(.*:\d\d)(?:\.(\d+))?Z$/.exec(time);
	return match ? `${match[1]}.${(match[2] ?? "").padEnd(9, "0")}Z` : time;
}
// src/daemon/logs/read-logs.ts
const CHUNK_BYTES = 65536;
const NEWLINE = 10;
/** What `docker logs` prints, in pieces; every file and watch is closed when the iteration ends. */
async function* readLogs(options) {
	const wakeup = options.follow ? new Wakeup(options) : void 0;
	const files = await openLogFiles(options.path);
	try {
		const offsets = options.tail === void 0 ? [] : await tailOffsets(files, options.tail);
		for (const [index, file] of files.slice(0, -1).entries()) if (yield* readFile(file, new LineReader(offsets[index] ?? 0), options)) return;
		const live = files.at(-1);
		const reader = new LineReader(offsets[files.length - 1] ?? 0);
		if (wakeup !== void 0) yield* follow({
			files,
			live,
			reader
		}, wakeup, options);
		else if (live !== void 0) yield* readFile(live, reader, options);
	} finally {
		wakeup?.close();
		await Promise.all(files.map((file) => file.close()));
	}
}
async function* follow(following, wakeup, options) {
	let { live, reader } = following;
	for (;;) {
		const isOver = options.isOver() || options.signal.aborted;
		wakeup.reset();
		const next = await openLogFiles(options.path);
		following.files.push(...next);
		const position = await positionOf(live, next);
		if (live !== void 0 && (yield* readFile(live, reader, options))) return;
		for (const file of next.slice(position + 1)) {
			live = file;
			reader = new LineReader(0);
			if (yield* readFile(live, reader, options)) return;
		}
		await closeAllBut(following, live);
		if (isOver) return;
		if (options.untilNs !== void 0 && nowNs() > options.untilNs) return;
		await wakeup.wait();
	}
}
/** Where the file at hand stands among those of now; before all of them, if it is gone. */
async function positionOf(live, files) {
	if (live === void 0) return -1;
	const inode = await inodeOf(live);
	return (await Promise.all(files.map(inodeOf))).indexOf(inode);
}
async function closeAllBut(following, live) {
	const others = following.files.filter((file) => file !== live);
	following.files.splice(0, following.files.length, ...live === void 0 ? [] : [live]);
	await Promise.all(others.map((file) => file.close()));
}
/** Yields what there is up to the end of the file. Returns true when nothing later is wanted. */
async function* readFile(file, reader, options) {
	for (;;) {
		const lines = await reader.read(file);
		if (lines === void 0) return false;
		const pieces = [];
		let isEnd = options.signal.aborted;
		for (const text of lines) {
			const line = parseLogLine(text);
			const rendered = line === void 0 ? void 0 : renderLogLine(line, options);
			if (rendered === "end") isEnd = true;
			else if (rendered !== void 0) pieces.push(rendered);
			if (isEnd) break;
		}
		if (pieces.length > 0) yield Buffer.concat(pieces);
		if (isEnd) return true;
	}
}
/** Reads whole lines, and keeps the beginning of one that is still being written. */
var LineReader = class {
	#offset;
	#rest = Buffer.alloc(0);
	constructor(offset) {
		this.#offset = offset;
	}
	/** Undefined at the end of the file. */
	async read(file) {
		const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(CHUNK_BYTES), 0, CHUNK_BYTES, this.#offset);
		if (bytesRead === 0) return void 0;
		this.#offset += bytesRead;
		const data = Buffer.concat([this.#rest, buffer.subarray(0, bytesRead)]);
		const end = data.lastIndexOf(NEWLINE) + 1;
		this.#rest = data.subarray(end);
		return end === 0 ? [] : data.toString("utf8", 0, end - 1).split("\n");
	}
};
/** Wakes a follower: the file's directory changed, its container stopped, the client left, the time is over. */
var Wakeup = class {
	#watcher;
	#stops;
	#wake = () => void 0;
	#isPending = false;
	constructor({ path, signal, untilNs, onOver }) {
		const wake = () => {
			this.#isPending = true;
			this.#wake();
		};
		this.#watcher = watch(dirname(path), wake);
		this.#watcher.on("error", wake);
		signal.addEventListener("abort", wake, { once: true });
		const delayMs = untilNs === void 0 ? Number.POSITIVE_INFINITY : Number((untilNs - nowNs()) / 1000000n) + 1;
		const timer = delayMs < 2 ** 31 ? setTimeout(wake, Math.max(0, delayMs)) : void 0;
		this.#stops = [
			onOver(wake),
			() => clearTimeout(timer),
			() => signal.removeEventListener("abort", wake)
		];
	}
	/** To be called before looking at what may have changed. */
	reset() {
		this.#isPending = false;
	}
	async wait() {
		if (this.#isPending) return;
		await new Promise((resolve) => {
			this.#wake = resolve;
		});
	}
	close() {
		this.#watcher.close();
		for (const stop of this.#stops) stop();
	}
};
// src/daemon/attach/detach-keys.ts
/** Ctrl-P, Ctrl-Q. */
const DEFAULT_DETACH_KEYS = [16, 17];
const CONTROL_PUNCTUATION = "@[\\]^_";
/**
* `ctrl-p,ctrl-q`, `a,b`, `ctrl-@`; '' for the default.
* @throws EngineError invalid-parameter, in Docker's words
*/
function parseDetachKeys(text) {
	if (text === "") return DEFAULT_DETACH_KEYS;
	return text.split(",").map((key) => {
		const code = keyCode(key);
		if (code === void 0) throw invalid$7(`Invalid detach keys (${text}) provided`);
		return code;
	});
}
function keyCode(key) {
	if (key.length === 1 && key.charCodeAt(0) < 128) return key.charCodeAt(0);
	if (key.toLowerCase() === "del") return 127;
	const control = /^ctrl-(.)$/i.exec(key)?.[1]?.toLowerCase();
	if (control === void 0) return void 0;
	if (control >= "a" && control <= "z") return control.charCodeAt(0) - "a".charCodeAt(0) + 1;
	const index = CONTROL_PUNCTUATION.indexOf(control);
	if (index < 0) return void 0;
	return index === 0 ? 0 : 26 + index;
}
/** Looks for the detach keys in what is typed, and holds back what may be the beginning of them. */
var DetachScanner = class {
	#keys;
	#matched = 0;
	constructor(keys) {
		this.#keys = keys;
	}
	/** What is to be passed on now, and whether the keys were complete (what follows them is dropped). */
	scan(chunk) {
		const output = [];
		for (const byte of chunk) {
			while (this.#matched > 0 && byte !== this.#keys[this.#matched]) this.#release(output);
			if (byte !== this.#keys[this.#matched]) output.push(byte);
			else this.#matched += 1;
			if (this.#matched === this.#keys.length) return {
				output: Buffer.from(output),
				detached: true
			};
		}
		return {
			output: Buffer.from(output),
			detached: false
		};
	}
	/** Gives up the oldest key held back; what remains may still be a beginning. */
	#release(output) {
		const held = this.#keys.slice(0, this.#matched);
		for (let drop = 1; drop <= held.length; drop += 1) {
			if (!held.slice(drop).every((key, index) => key === this.#keys[index])) continue;
			output.push(...held.slice(0, drop));
			this.#matched = held.length - drop;
			return;
		}
	}
};
// src/daemon/attach/stream-bridge.ts
/**
* Copies between a client and a process's streams, in both directions, with back pressure. Owns both ends:
* when `done` settles, both are ended.
*/
var StreamBridge = class {
	done;
	#options;
	#scanner;
	#settle = () => void 0;
	#isDraining = false;
	constructor(options) {
		this.#options = options;
		this.#scanner = options.terminal && options.stdin ? new DetachScanner(options.detachKeys) : void 0;
		this.done = new Promise((resolve) => {
			this.#settle = resolve;
		});
		this.#copyOutput();
		this.#copyInput();
	}
	/** From now on a slow client holds nothing up: the rest of the output is kept in memory for it. */
	drain() {
		this.#isDraining = true;
		this.#options.upstream.resume();
	}
	/** Gives up: the client stays connected, for somebody else to talk to. */
	abandon() {
		const { client, upstream } = this.#options;
		client.removeAllListeners("data").removeAllListeners("drain").removeAllListeners("end");
		upstream.removeAllListeners("end").removeAllListeners("close");
		upstream.destroy();
		this.#settle("ended");
	}
	#copyOutput() {
		const { client, upstream } = this.#options;
		upstream.on("data", (chunk) => {
			if (client.writable && !client.write(chunk) && !this.#isDraining) upstream.pause();
		});
		client.on("drain", () => upstream.resume());
		upstream.on("end", () => this.#finish("ended"));
		upstream.on("close", () => this.#finish("ended"));
		upstream.on("error", () => this.#finish("ended"));
		upstream.resume();
	}
	#copyInput() {
		const { client, upstream } = this.#options;
		client.on("data", (chunk) => this.#input(chunk));
		upstream.on("drain", () => client.resume());
		client.on("end", () => this.#inputEnded());
		client.on("error", () => this.#clientGone());
		client.on("close", () => this.#clientGone());
		if (client.destroyed) this.#clientGone();
	}
	#input(chunk) {
		const { client, upstream, stdin } = this.#options;
		if (!stdin || !upstream.writable) return;
		const { output, detached } = this.#scanner?.scan(chunk) ?? {
			output: chunk,
			detached: false
		};
		if (output.length > 0 && !upstream.write(output)) client.pause();
		if (detached) this.#finish("detached");
	}
	#inputEnded() {
		const { upstream, stdin, closeStdin, terminal } = this.#options;
		if (!stdin) return;
		if (closeStdin && !terminal) upstream.end();
		else this.#finish("ended");
	}
	#clientGone() {
		this.#options.upstream.destroy();
		this.#finish("ended");
	}
	#finish(how) {
		const { client, upstream } = this.#options;
		if (client.writable) client.end();
		if (how === "detached") upstream.end(() => upstream.destroy());
		else upstream.destroy();
		this.#settle(how);
	}
};
// src/daemon/attach/attach-container.ts
/**
* A client's connection to a container's streams. With a container that does not run, it waits for the next
* start: whoever attaches before `start` misses nothing.
* @throws EngineError invalid-parameter for bad detach keys, conflict for a paused container
*/
function attachContainer(daemon, container, options) {
	const detachKeys = parseDetachKeys(options.detachKeys ?? "");
	const { status } = container.state;
	if (status === "paused") throw conflict(`container ${container.id} is paused, unpause the container before attach`);
	if (status === "restarting") throw conflict(`container ${container.id} is restarting, wait until the container is running`);
	const pending = options.stream ? new PendingStreams(container, options) : void 0;
	return {
		multiplexed: !container.record.config.Tty,
		run: async (client) => {
			containerEvent(daemon, container, "attach");
			if (options.logs) await sendLogs(daemon, container, options, client);
			if (await pending?.run(client, detachKeys) === "detached") containerEvent(daemon, container, "detach");
			client.end();
		}
	};
}
/**
* The streams of the run at hand, or of the next one. Registered at once, connected to the shim as soon as there
* is one, and to the client when that is ready.
*/
var PendingStreams = class {
	#container;
	#options;
	#upstream = Promise.withResolvers();
	constructor(container, options) {
		this.#container = container;
		this.#options = options;
		if (container.runtime !== void 0 && container.isRunning) this.#connect(container.runtime);
		else container.pendingAttaches.add(this);
	}
	async connect(runtime) {
		this.#container.pendingAttaches.delete(this);
		await this.#connect(runtime);
	}
	cancel() {
		this.#upstream.resolve(void 0);
	}
	async run(client, detachKeys) {
		const leave = () => {
			this.#container.pendingAttaches.delete(this);
			this.cancel();
		};
		client.once("close", leave);
		client.once("error", leave);
		const upstream = await this.#upstream.promise;
		client.off("close", leave);
		if (upstream === void 0 || client.destroyed) {
			upstream?.destroy();
			return "ended";
		}
		const { Tty: terminal = false, StdinOnce: closeStdin = false } = this.#container.record.config;
		const { stdin } = this.#options;
		const bridge = new StreamBridge({
			client,
			upstream,
			terminal,
			stdin,
			closeStdin,
			detachKeys
		});
		this.#container.bridges.add(bridge);
		try {
			return await bridge.done;
		} finally {
			this.#container.bridges.delete(bridge);
		}
	}
	async #connect(runtime) {
		const { stdin, stdout, stderr } = this.#options;
		const hasInput = this.#container.record.config.OpenStdin ?? false;
		try {
			const upstream = await runtime.attach({
				stdin: stdin && hasInput,
				stdout,
				stderr
			});
			upstream.on("error", () => void 0);
			this.#upstream.resolve(upstream);
		} catch {
			this.cancel();
		}
	}
};
async function sendLogs(daemon, container, { stdout, stderr }, client) {
	const { config, hostConfig } = container.record;
	if (hostConfig.LogConfig?.Type === "none") return;
	const gone = new AbortController();
	client.once("close", () => gone.abort());
	const pieces = readLogs({
		path: logPath(daemon.options, container.id),
		stdout,
		stderr,
		timestamps: false,
		multiplexed: !config.Tty,
		follow: false,
		signal: gone.signal,
		isOver: () => true,
		onOver: () => () => void 0
	});
	for await (const piece of pieces) if (!client.write(piece)) await once$1(client, "drain", { signal: gone.signal });
}
// src/base/ids.ts
/** A new container, exec or network id: 64 lower-case hex digits, never all decimal in its first 12. */
function newId() {
	for (;;) {
		const id = randomBytes(32).toString("hex");
		if (!/^\d{12}/.test(id)) return id;
	}
}
// src/daemon/containers/container.ts
/** A container, in memory: what is stored of it, and the handles of its current run. */
var Container = class {
	record;
	state;
	/** From the driver's `create` until its `remove`. */
	runtime;
	layer;
	/** As last given to the driver: what execs inherit from. */
	process;
	/** Settles when nothing of the last run is left: processes, cgroups, addresses. Never rejects. */
	cleanedUp = Promise.resolve();
	pendingAttaches = /* @__PURE__ */ new Set();
	execs = /* @__PURE__ */ new Map();
	/** The clients connected to the current run. */
	bridges = /* @__PURE__ */ new Set();
	/** Ends what goes with the current run: probes, timers. */
	stopRun = () => void 0;
	/** Set while the restart policy waits. */
	restartTimer;
	/** By `stop` or `kill`, for this run. */
	restartCancelled = false;
	/** How long the restart policy waits next time. */
	restartDelayMs = 0;
	isRemoved = false;
	#watchers = /* @__PURE__ */ new Set();
	constructor(record, state) {
		this.record = record;
		this.state = state;
	}
	get id() {
		return this.record.id;
	}
	get name() {
		return this.record.name;
	}
	/** As Docker counts: also when paused, and while the restart policy waits. */
	get isRunning() {
		const { status } = this.state;
		return status === "running" || status === "paused" || status === "restarting";
	}
	/** Returns a function that ends it. */
	watch(watcher) {
		this.#watchers.add(watcher);
		return () => this.#watchers.delete(watcher);
	}
	announce(milestone) {
		for (const watcher of this.#watchers) watcher(milestone);
	}
	/** Settles at the next stop or removal, or when `timeoutMs` is over; tells whether it was in time. */
	waitStopped(timeoutMs) {
		return new Promise((resolve) => {
			const finish = (inTime) => {
				unwatch();
				clearTimeout(timer);
				resolve(inTime);
			};
			const unwatch = this.watch(() => finish(true));
			const timer = timeoutMs < 2 ** 31 ? setTimeout(finish, timeoutMs, false) : void 0;
		});
	}
};
// src/daemon/containers/container-record.ts
function newState() {
	return {
		status: "created",
		pid: 0,
		exitCode: 0,
		error: "",
		oomKilled: false,
		startedAt: ZERO_TIME,
		finishedAt: ZERO_TIME,
		restartCount: 0,
		manuallyStopped: false,
		endpoints: [],
		hasHostFiles: false
	};
}
// src/daemon/containers/generate-name.ts
const ADJECTIVES = `agile amber ample apt balmy blithe bold brave breezy bright brisk calm candid cheery clever cosy crisp daring deft
  dewy eager early earnest elated even fair fleet fluent fond frank fresh frosty gallant gentle gifted glad golden
  grand hale handy happy hardy hearty honest humble jaunty jolly jovial keen kind lively loyal lucid lucky mellow merry
  mighty mild modest neat nimble noble patient placid plucky polite proud quick quiet rapid ready robust rosy rugged
  serene sharp silent smart snug sober solid sound spry steady still stout sturdy sunny supple sure swift tender tidy
  tireless trusty upbeat vivid warm wise witty zesty`.split(/\s+/);
/** People who sailed, measured, computed, built or found something out. */
const SURNAMES = `amundsen anning aryabhata avicenna babbage banneker barents bell bering bernoulli bessel bohr bonny boole bose brahe
  brunel cabot cassini celsius chandra cook copernicus coulomb cousteau curie dalton darwin dirac drake earhart
  eratosthenes euler faraday fermat fibonacci fleming foucault franklin gagarin galileo gauss germain hamilton harrison
  herschel hertz hipparchus hooke hopper hubble humboldt huygens hypatia jemison joule kepler khayyam knuth kovalevskaya
  lagrange lamarr laplace leavitt leibniz linnaeus lovelace magellan maxwell meitner mendel mercator mirzakhani mitchell
  nansen napier newton noether nightingale ohm pascal pasteur planck polo ptolemy pythagoras ramanujan ride roentgen
  rutherford sagan shackleton shannon slocum somerville tesla thales turing vespucci volta watt wegener wren wu`.split(/\s+/);
/** A name like Docker's, `adjective_surname`, for which `isFree` holds; with a number when many are taken. */
function generateName(isFree) {
	for (let attempt = 0;; attempt += 1) {
		const suffix = attempt < 6 ? "" : String(randomInt(10 ** Math.min(9, attempt - 5)));
		const name = `${pick$1(ADJECTIVES)}_${pick$1(SURNAMES)}${suffix}`;
		if (isFree(name)) return name;
	}
}
function pick$1(words) {
	return words[randomInt(words.length)] ?? "";
}
// src/daemon/mounts/copy-tree.ts
/** Copies the content of a directory into another, with owners, modes, times and extended attributes. */
async function copyTree(source, target) {
	for (const name of await readdir(source)) await copyEntry(join(source, name), join(target, name));
	await copyAttributes(source, target, await lstat(source));
}
async function copyEntry(source, target) {
	const stats = await lstat(source);
	if (stats.isDirectory()) {
		await mkdir(target, { recursive: true });
		await copyTree(source, target);
		return;
	}
	if (stats.isSymbolicLink()) await symlink$1(await readlink(source), target);
	else if (stats.isFile()) await copyFile(source, target);
	else if (stats.isSocket()) return;
	else {
		const { major, minor } = decodeDevice(BigInt(stats.rdev));
		makeNode(target, stats.mode, major, minor);
	}
	await copyAttributes(source, target, stats);
}
async function copyAttributes(source, target, stats) {
	await lchown(target, stats.uid, stats.gid);
	if (!stats.isSymbolicLink()) await chmod(target, stats.mode & 4095);
	copyXattrs(source, target);
	await lutimes(target, stats.atime, stats.mtime);
}
function copyXattrs(source, target) {
	for (const name of listXattrs(source)) {
		if (name.startsWith("trusted.overlay.")) continue;
		const value = getXattr(source, name);
		try {
			if (value !== void 0) setXattr(target, name, value);
		} catch (error) {
			if (errorCode(error) !== "ENOTSUP" && errorCode(error) !== "EOPNOTSUPP") throw error;
		}
	}
}
// src/daemon/mounts/resolve-in-root.ts
const MAX_LINKS = 40;
/**
* The host path of `path` inside the root file system `root`, whose symbolic links are followed as seen from
* inside it. What does not exist is taken literally. The tree must not change meanwhile.
* @throws EngineError system for a loop of links
*/
function resolveInRoot(root, path) {
	const pending = path.split("/").reverse();
	const done = [];
	for (let links = 0; pending.length > 0;) {
		const component = pending.pop() ?? "";
		if (component === "" || component === ".") continue;
		if (component === "..") {
			done.pop();
			continue;
		}
		const target = linkTarget(join(root, ...done, component));
		if (target === void 0) {
			done.push(component);
			continue;
		}
		links += 1;
		if (links > MAX_LINKS) throw new EngineError("system", `${path}: too many levels of symbolic links`);
		if (posix.isAbsolute(target)) done.length = 0;
		pending.push(...target.split("/").reverse());
	}
	return join(root, ...done);
}
function linkTarget(path) {
	try {
		return lstatSync(path).isSymbolicLink() ? readlinkSync(path) : void 0;
	} catch (error) {
		const code = errorCode(error);
		if (code === "ENOENT" || code === "ENOTDIR") return void 0;
		throw error;
	}
}
// src/daemon/mounts/populate-volumes.ts
/** Fills empty volumes with what the image has at their destination, as Docker does when it creates a container. */
async function populateVolumes(mounts, layer) {
	for (const { type, copyUp, source, destination } of mounts) {
		if (type !== "volume" || !copyUp || readdirSync(source).length > 0) continue;
		await withImageTree(layer, async (root) => {
			const directory = resolveInRoot(root, destination);
			if (existsSync(directory) && statSync(directory).isDirectory()) await copyTree(directory, source);
		});
	}
}
/** Calls back with a path at which the image's files are seen, all layers together. */
async function withImageTree({ rootfs }, task) {
	if (rootfs.type === "bind") return task(rootfs.path);
	const [only, second] = rootfs.lowerdirs;
	if (only === void 0) return;
	if (second === void 0) return task(only);
	const mount = openDetachedOverlay({ lowerdirs: rootfs.lowerdirs });
	try {
		await task(`/proc/self/fd/${mount}`);
	} finally {
		closeSync(mount);
	}
}
// src/daemon/mounts/parse-bind.ts
const PROPAGATIONS = [
	"private",
	"rprivate",
	"shared",
	"rshared",
	"slave",
	"rslave"
];
const MODE_GROUPS = [
	["ro", "rw"],
	["z", "Z"],
	["nocopy"],
	PROPAGATIONS,
	[
		"consistent",
		"cached",
		"delegated",
		"default"
	]
];
/** A mount with nothing said about it but where it goes. */
function newMount$2(type, destination) {
	return {
		type,
		name: "",
		source: "",
		destination,
		mode: "",
		writable: true,
		propagation: type === "bind" ? "rprivate" : "",
		copyUp: type === "volume",
		createSource: false,
		subpath: "",
		nonRecursive: false,
		readonlyRecursion: "when-possible",
		tmpfsOptions: [],
		anonymous: false
	};
}
/**
* One entry of `HostConfig.Binds`: `[source:]destination[:mode]`, where a source that is no absolute path names
* a volume.
* @throws EngineError invalid-parameter, in Docker's words
*/
function parseBind(spec) {
	const parts = spec.split(":");
	const [source = "", destination = "", mode = ""] = parts;
	if (parts.length > 3 || parts.some((part, index) => part === "" && index < 2)) throw invalidSpec(spec);
	if (parts.length === 1) return {
		...newMount$2("volume", checkDestination(spec, "volume", source)),
		anonymous: true
	};
	if (parts.length === 2 && isMode(destination)) throw invalidSpec(spec);
	if (mode !== "" && !isMode(mode)) throw invalid$7(`invalid mode: ${mode}`);
	const type = source.startsWith("/") ? "bind" : "volume";
	const words = mode === "" ? [] : mode.split(",");
	const propagation = words.find((word) => PROPAGATIONS.includes(word));
	if (type === "volume" && propagation !== void 0) throw invalid$7(`invalid mode: ${mode}`);
	const mount = newMount$2(type, checkDestination(spec, type, destination));
	return {
		...mount,
		...type === "bind" ? {
			source: posix.normalize(source),
			createSource: true
		} : {
			name: source,
			copyUp: !words.includes("nocopy")
		},
		mode: mode === "" && type === "volume" ? "z" : mode,
		writable: !words.includes("ro"),
		propagation: propagation ?? mount.propagation
	};
}
function isMode(mode) {
	const groups = mode.split(",").map((word) => MODE_GROUPS.findIndex((group) => group.includes(word)));
	return !groups.includes(-1) && new Set(groups).size === groups.length;
}
function checkDestination(spec, type, destination) {
	try {
		return checkTarget(destination);
	} catch (error) {
		throw invalid$7(`invalid volume specification: '${spec}': invalid mount config for type "${type}": ${messageOf(error)}`);
	}
}
/** A mount's place inside the container, normalised. @throws EngineError invalid-parameter */
function checkTarget(target) {
	if (target === "") throw invalid$7("field Target must not be empty");
	if (!target.startsWith("/")) throw invalid$7(`invalid mount path: '${target}' mount path must be absolute`);
	const normal = posix.normalize(target).replace(/(.)\/$/, "$1");
	if (normal === "/") throw invalid$7("invalid specification: destination can't be '/'");
	return normal;
}
function invalidSpec(spec) {
	return invalid$7(`invalid volume specification: '${spec}'`);
}
// src/daemon/mounts/parse-mount.ts
/**
* One entry of `HostConfig.Mounts`.
* @throws EngineError invalid-parameter, in Docker's words: also for a bind whose source is not there
*/
function parseMount(mount) {
	try {
		switch (mount.Type) {
			case "bind": return parseBindMount(mount);
			case "volume": return parseVolumeMount(mount);
			case "tmpfs": return parseTmpfsMount(mount);
			case "image":
			case "cluster":
			case "npipe": throw invalid$7(`mounts of type "${mount.Type}" are not supported`);
			default: throw invalid$7("mount type unknown");
		}
	} catch (error) {
		throw invalid$7(`invalid mount config for type "${mount.Type ?? ""}": ${messageOf(error)}`);
	}
}
function parseBindMount(mount) {
	const destination = checkTarget(mount.Target ?? "");
	const source = mount.Source ?? "";
	if (source === "") throw invalid$7("field Source must not be empty");
	if (mount.VolumeOptions) throw invalid$7("field VolumeOptions must not be specified");
	if (mount.TmpfsOptions) throw invalid$7("field TmpfsOptions must not be specified");
	if (!source.startsWith("/")) throw invalid$7(`invalid mount path: '${source}' mount path must be absolute`);
	const options = mount.BindOptions ?? {};
	const createSource = options.CreateMountpoint ?? false;
	if (!createSource && !existsSync(source)) throw invalid$7(`bind source path does not exist: ${source}`);
	return {
		...newMount$2("bind", destination),
		source: posix.normalize(source),
		writable: !mount.ReadOnly,
		createSource,
		propagation: options.Propagation || "rprivate",
		nonRecursive: options.NonRecursive ?? false,
		readonlyRecursion: readonlyRecursion(mount)
	};
}
function readonlyRecursion({ ReadOnly, BindOptions: options = {} }) {
	if (!options.ReadOnlyNonRecursive && !options.ReadOnlyForceRecursive) return "when-possible";
	if (!ReadOnly) throw invalid$7("mount must be read-only to set ReadOnlyNonRecursive or ReadOnlyForceRecursive");
	return options.ReadOnlyForceRecursive ? "always" : "never";
}
function parseVolumeMount(mount) {
	const destination = checkTarget(mount.Target ?? "");
	if (mount.BindOptions) throw invalid$7("field BindOptions must not be specified");
	if (mount.TmpfsOptions) throw invalid$7("field TmpfsOptions must not be specified");
	const subpath = mount.VolumeOptions?.Subpath ?? "";
	if (subpath !== "" && !mount.Source) throw invalid$7("must not set Subpath when using anonymous volumes");
	if (posix.isAbsolute(subpath) || posix.normalize(subpath).split("/").includes("..")) throw invalid$7(`subpath must be a relative path within the volume: ${subpath}`);
	return {
		...newMount$2("volume", destination),
		name: mount.Source ?? "",
		anonymous: !mount.Source,
		mode: "z",
		writable: !mount.ReadOnly,
		copyUp: !mount.VolumeOptions?.NoCopy && subpath === "",
		subpath
	};
}
function parseTmpfsMount(mount) {
	const destination = checkTarget(mount.Target ?? "");
	if (mount.Source) throw invalid$7("field Source must not be specified");
	if (mount.BindOptions) throw invalid$7("field BindOptions must not be specified");
	if (mount.VolumeOptions) throw invalid$7("field VolumeOptions must not be specified");
	const { SizeBytes = 0, Mode = 0, Options = [] } = mount.TmpfsOptions ?? {};
	return {
		...newMount$2("tmpfs", destination),
		writable: !mount.ReadOnly,
		tmpfsOptions: [
			...SizeBytes > 0 ? [`size=${SizeBytes}`] : [],
			...Mode > 0 ? [`mode=${Mode.toString(8)}`] : [],
			...Options.map((option) => option.join("="))
		]
	};
}
// src/daemon/mounts/resolve-mounts.ts
/**
* All mounts of a new container, in the order of Docker's precedence; the volumes they name are made.
* `onNewVolume` is told of each that was not there before.
* @throws EngineError invalid-parameter, not-found, in Docker's words
*/
function resolveMounts(daemon, record, onNewVolume) {
	const { config, hostConfig } = record;
	const mounts = /* @__PURE__ */ new Map();
	for (const mount of volumesFrom(daemon, hostConfig.VolumesFrom)) mounts.set(mount.destination, mount);
	const own = [...(hostConfig.Binds ?? []).map(parseBind), ...(hostConfig.Mounts ?? []).map((mount) => ({
		...parseMount(mount),
		volumeOptions: mount.VolumeOptions
	}))];
	const destinations = new Set(Object.keys(hostConfig.Tmpfs ?? {}));
	for (const mount of own) {
		if (destinations.has(mount.destination)) throw invalid$7(`Duplicate mount point: ${mount.destination}`);
		destinations.add(mount.destination);
		mounts.set(mount.destination, mount);
	}
	for (const destination of Object.keys(config.Volumes ?? {})) {
		const mount = parseBind(destination);
		if (mounts.has(mount.destination) || destinations.has(mount.destination)) continue;
		mounts.set(mount.destination, {
			...newMount$2("volume", mount.destination),
			anonymous: true
		});
	}
	return [...mounts.values()].map((mount) => withVolume(daemon, hostConfig.VolumeDriver ?? "", mount, onNewVolume));
}
function withVolume({ volumes }, defaultDriver, { volumeOptions, ...mount }, onNewVolume) {
	if (mount.type !== "volume") return mount;
	const known = new Set(volumes.all().map(({ name }) => name));
	const { name } = volumes.create({
		name: mount.name,
		driver: volumeOptions?.DriverConfig?.Name || defaultDriver,
		options: volumeOptions?.DriverConfig?.Options ?? null,
		labels: volumeOptions?.Labels ?? null
	});
	if (!known.has(name)) onNewVolume(name);
	return {
		...mount,
		name,
		source: volumes.path(name)
	};
}
/** `NAME[:ro|rw]`: the mounts of another container. */
function volumesFrom({ containers }, references) {
	return (references ?? []).flatMap((reference) => {
		const [name = "", mode = ""] = reference.split(":");
		if (![
			"",
			"ro",
			"rw",
			"z",
			"Z"
		].includes(mode)) throw invalid$7(`invalid mode: ${mode}`);
		const source = containers.lookup(name);
		if (source === void 0) throw invalid$7(`No such container: ${name}`);
		return source.record.mounts.map((mount) => ({
			...mount,
			writable: mount.writable && mode !== "ro",
			copyUp: false
		}));
	});
}
// src/daemon/create/signals.ts
const SIGRTMIN = 34;
const SIGRTMAX = 64;
const BY_NAME = new Map(Object.entries(constants$1.signals).map(([name, number]) => [name, number]));
/**
* A signal's number, from its number or name, with or without SIG, in any case; `RTMIN+3` too.
* @throws EngineError invalid-parameter
*/
function parseSignal(text) {
	if (/^\d+$/.test(text)) {
		const number = Number(text);
		if (number < 1 || number > SIGRTMAX) throw invalid$7(`invalid signal: ${text}`);
		return number;
	}
	const name = text.toUpperCase().replace(/^SIG/, "");
	const number = BY_NAME.get(`SIG${name}`) ?? realTimeSignal(name);
	if (number === void 0) throw invalid$7(`invalid signal: ${text}`);
	return number;
}
function realTimeSignal(name) {
	const match = /^RT(MIN|MAX)(?:([+-])(\d{1,2}))?$/.exec(name);
	if (!match) return void 0;
	const number = (match[1] === "MIN" ? SIGRTMIN : SIGRTMAX) + Number(`${match[2] ?? "+"}${match[3] ?? "0"}`);
	return number >= SIGRTMIN && number <= SIGRTMAX ? number : void 0;
}
// src/daemon/create/check-config.ts
/** Checks a container's merged configuration. @throws EngineError invalid-parameter, in Docker's words */
function checkConfig(config) {
	const { WorkingDir: directory = "" } = config;
	if (directory !== "" && !directory.startsWith("/")) throw invalid$7(`the working directory '${directory}' is invalid, it needs to be an absolute path`);
	checkEnvironment(config.Env);
	if (config.Healthcheck) checkHealth(config.Healthcheck);
	if (config.StopSignal) parseSignal(config.StopSignal);
	if ((config.Entrypoint ?? []).length === 0 && (config.Cmd ?? []).length === 0) throw invalid$7("no command specified");
}
/** @throws EngineError invalid-parameter */
function checkEnvironment(entries) {
	for (const entry of entries ?? []) {
		if (entry === "" || entry.startsWith("=")) throw invalid$7(`invalid environment variable: ${entry}`);
		if (entry.includes("\0")) throw invalid$7(`invalid environment variable: ${JSON.stringify(entry)}`);
	}
}
const MIN_PERIOD_NS = 1e6;
function checkHealth(health) {
	for (const key of [
		"Interval",
		"Timeout",
		"StartPeriod",
		"StartInterval"
	]) {
		const value = health[key] ?? 0;
		if (value !== 0 && value < MIN_PERIOD_NS) throw invalid$7(`${key} in Healthcheck cannot be less than 1ms`);
	}
	if ((health.Retries ?? 0) < 0) throw invalid$7("Retries in Healthcheck cannot be negative");
}
// src/daemon/mounts/tmpfs-options.ts
const FLAGS$2 = `async atime bind defaults dev diratime dirsync exec iversion mand noatime nodev nodiratime noexec
  noiversion nomand norelatime nostrictatime nosuid private rprivate shared rshared slave rslave unbindable runbindable
  rbind relatime remount ro rw strictatime suid sync`.split(/\s+/);
const KEYS$2 = [
	"size",
	"mode",
	"uid",
	"gid",
	"nr_inodes",
	"nr_blocks",
	"mpol"
];
/** Checks `HostConfig.Tmpfs`. @throws EngineError invalid-parameter, in Docker's words */
function checkTmpfs(tmpfs) {
	for (const [destination, options] of Object.entries(tmpfs ?? {})) {
		checkTarget(destination);
		for (const option of options === "" ? [] : options.split(",")) {
			const [key = "", value] = option.split("=", 2);
			if (!(value === void 0 ? FLAGS$2.includes(key) : KEYS$2.includes(key))) throw invalid$7(`invalid tmpfs option ${JSON.stringify(option)}`);
		}
	}
}
// src/daemon/logs/log-config.ts
const OPTIONS = [
	"max-size",
	"max-file",
	"labels",
	"labels-regex",
	"env",
	"env-regex",
	"tag",
	"mode",
	"max-buffer-size"
];
/** @throws EngineError invalid-parameter, in Docker's words */
function checkLogConfig(config) {
	const driver = config?.Type || "json-file";
	if (driver === "none") return;
	if (driver !== "json-file") throw invalid$7(`error looking up logging plugin ${driver}: plugin "${driver}" not found`);
	const options = config?.Config ?? {};
	for (const key of Object.keys(options)) if (!OPTIONS.includes(key)) throw invalid$7(`unknown log opt '${key}' for json-file log driver`);
	rotation(config);
}
/**
* How the log file rotates.
* @throws EngineError invalid-parameter
*/
function rotation(config) {
	const options = config?.Config ?? {};
	const maxBytes = options["max-size"] === void 0 ? 0 : parseSize(options["max-size"]);
	const maxFiles = options["max-file"] === void 0 ? 1 : Number(options["max-file"]);
	if (!Number.isSafeInteger(maxFiles)) throw invalid$7(`invalid max-file: '${options["max-file"]}'`);
	if (maxFiles < 1) throw invalid$7("max-file cannot be less than 1");
	if (maxFiles > 1 && maxBytes === 0) throw invalid$7("max-file cannot be used without 'max-size'");
	return {
		maxBytes,
		maxFiles
	};
}
const UNITS$1 = [
	"",
	"k",
	"m",
	"g",
	"t",
	"p"
];
/** `10m`: binary units, as go-units' RAMInBytes reads them; `-1` for no limit. */
function parseSize(text) {
	if (text === "-1") return 0;
	const match = /^(\d+(?:\.\d+)?) ?(?:([kmgtp])i?)?b?$/i.exec(text);
	if (!match) throw invalid$7(`invalid size: '${text}'`);
	const exponent = UNITS$1.indexOf((match[2] ?? "").toLowerCase());
	return Math.floor(Number(match[1]) * 1024 ** exponent);
}
// src/daemon/create/check-resources.ts
const MIN_MEMORY_BYTES = 6291456;
/**
* Checks limits as Docker does, for `create` and `update`.
* @throws EngineError invalid-parameter, in Docker's words
*/
function checkResources(resources) {
	checkMemory(resources);
	checkCpu(resources);
	checkCpuset("cpuset cpus", "CPUs", resources.CpusetCpus, "/sys/devices/system/cpu/online");
	checkCpuset("cpuset mems", "memory nodes", resources.CpusetMems, "/sys/devices/system/node/online");
	const weight = resources.BlkioWeight ?? 0;
	if (weight !== 0 && (weight < 10 || weight > 1e3)) throw invalid$7("Range of blkio weight is from 10 to 1000");
}
function checkMemory(resources) {
	const { Memory: limit = 0, MemorySwap: swap = 0, MemoryReservation: reservation = 0 } = resources;
	if (limit > 0 && limit < MIN_MEMORY_BYTES) throw invalid$7("Minimum memory limit allowed is 6MB");
	if (limit > 0 && swap > 0 && swap < limit) throw invalid$7("Minimum memoryswap limit should be larger than memory limit, see usage");
	if (limit === 0 && swap > 0) throw invalid$7("You should always set the Memory limit when using Memoryswap limit, see usage");
	const swappiness = resources.MemorySwappiness ?? -1;
	if (swappiness < -1 || swappiness > 100) throw invalid$7(`Invalid value: ${swappiness}, valid memory swappiness range is 0-100`);
	if (reservation > 0 && reservation < MIN_MEMORY_BYTES) throw invalid$7("Minimum memory reservation allowed is 6MB");
	if (limit > 0 && reservation > 0 && limit < reservation) throw invalid$7("Minimum memory limit can not be less than memory reservation limit, see usage");
}
function checkCpu({ NanoCpus: nano = 0, CpuPeriod: period = 0, CpuQuota: quota = 0 }) {
	if (nano > 0 && period > 0) throw invalid$7("Conflicting options: Nano CPUs and CPU Period cannot both be set");
	if (nano > 0 && quota > 0) throw invalid$7("Conflicting options: Nano CPUs and CPU Quota cannot both be set");
	const cpus = availableParallelism();
	if (nano !== 0 && (nano < 1e7 || nano > cpus * 1e9)) throw invalid$7(`range of CPUs is from 0.01 to ${cpus}.00, as there are only ${cpus} CPUs available`);
	if (period !== 0 && (period < 1e3 || period > 1e6)) throw invalid$7("CPU cfs period can not be less than 1ms (i.e. 1000) or larger than 1s (i.e. 1000000)");
	if (quota > 0 && quota < 1e3) throw invalid$7("CPU cfs quota can not be less than 1ms (i.e. 1000)");
}
function checkCpuset(field, what, list, onlineFile) {
	if (list === void 0 || list === "") return;
	const wanted = parseCpuList(list);
	if (wanted === void 0) throw invalid$7(`Invalid value ${list} for ${field}: invalid format: ${list}`);
	const online = readFileSync(onlineFile, "utf8").trim();
	const available = parseCpuList(online) ?? /* @__PURE__ */ new Set();
	if (![...wanted].every((cpu) => available.has(cpu))) throw invalid$7(`Requested ${what} are not available - requested ${list}, available: ${online}`);
}
const MAX_CPUS = 8192;
/** `0-2,5` (cpuset(7), list format); undefined when it is none. */
function parseCpuList(list) {
	const cpus = /* @__PURE__ */ new Set();
	for (const part of list.split(",")) {
		const match = /^(\d+)(?:-(\d+))?$/.exec(part.trim());
		if (!match) return void 0;
		const first = Number(match[1]);
		const last = Number(match[2] ?? match[1]);
		if (last < first || last > MAX_CPUS) return void 0;
		for (let cpu = first; cpu <= last; cpu += 1) cpus.add(cpu);
	}
	return cpus;
}
// src/daemon/create/check-network-mode.ts
const UNDEFINED_BEHAVIOUR = "This would result in undefined behavior";
/** Options that contradict the network mode. @throws EngineError invalid-parameter, in Docker's words */
function checkNetworkMode(config, hostConfig) {
	const { NetworkMode: mode = "", Links: links } = hostConfig;
	const isShared = mode.startsWith("container:");
	if (mode === "container:") throw invalid$7("invalid network mode: invalid container format container:<name|id>");
	if (isShared) checkSharedNetwork(config, hostConfig);
	if (mode === "host" && links?.length) throw invalid$7(`conflicting options: host type networking can't be used with links. ${UNDEFINED_BEHAVIOUR}`);
	if (links?.length) throw invalid$7(`legacy container links are not supported: ${links.join(", ")}`);
}
function checkSharedNetwork(config, hostConfig) {
	const conflict = [
		[isFilled(hostConfig.Links), `container type network can't be used with links. ${UNDEFINED_BEHAVIOUR}`],
		[Boolean(config.Hostname), "hostname and the network mode"],
		[isFilled(hostConfig.Dns), "dns and the network mode"],
		[isFilled(hostConfig.ExtraHosts), "custom host-to-IP mapping and the network mode"],
		[isFilled(hostConfig.PortBindings) || Boolean(hostConfig.PublishAllPorts), "port publishing and the container type network mode"],
		[isFilled(config.ExposedPorts), "port exposing and the container type network mode"]
	].find(([applies]) => applies);
	if (conflict) throw invalid$7(`conflicting options: ${conflict[1]}`);
}
function isFilled(value) {
	return Object.keys(value ?? {}).length > 0;
}
// src/daemon/create/ports.ts
/**
* `80`, `80/tcp`, `8000-8010/udp`.
* @throws EngineError invalid-parameter, in Docker's words
*/
function parsePort(text) {
	const [range = "", protocol = "tcp"] = text.split("/");
	const match = /^(\d+)(?:-(\d+))?$/.exec(range);
	const number = Number(match?.[1]);
	const end = Number(match?.[2] ?? match?.[1]);
	if (!match || end < number || end > 65535) throw invalid$7(`invalid port specification: "${range}"`);
	return {
		number,
		end,
		protocol: protocol.toLowerCase()
	};
}
/** Checks a request's exposed and published ports. @throws EngineError invalid-parameter */
function checkPorts(exposed, bindings) {
	for (const port of Object.keys(exposed ?? {})) parsePort(port);
	for (const [port, hosts] of Object.entries(bindings ?? {})) {
		const { protocol } = parsePort(port);
		if (![
			"tcp",
			"udp",
			"sctp"
		].includes(protocol)) throw invalid$7(`invalid proto: ${protocol}`);
		if (protocol === "sctp") throw invalid$7(`publishing SCTP ports is not supported: ${port}`);
		for (const { HostPort } of hosts ?? []) if (HostPort) parsePort(HostPort);
	}
}
/** Adds what `-p` publishes to the exposed ports, as Docker does. */
function exposedPorts(exposed, bindings) {
	const published = Object.fromEntries(Object.keys(bindings ?? {}).map((port) => [portKey(port), {}]));
	const all = Object.fromEntries(Object.entries(exposed ?? {}).map(([port, value]) => [portKey(port), value]));
	return Object.fromEntries(Object.entries({
		...all,
		...published
	}).sort(([a], [b]) => a < b ? -1 : 1));
}
/** `80` reads `80/tcp`. */
function portKey(port) {
	return port.includes("/") ? port : `${port}/tcp`;
}
/** What the network driver is to publish: each published port, and every exposed one with `-P`. */
function portBindings$1(config, hostConfig) {
	const published = Object.entries(hostConfig.PortBindings ?? {}).flatMap(([port, hosts]) => (hosts === null || hosts.length === 0 ? [{}] : hosts).map((host) => publish(port, host)));
	if (!hostConfig.PublishAllPorts) return published;
	const taken = new Set(published.map(({ containerPort, protocol }) => `${containerPort}/${protocol}`));
	const rest = Object.keys(config.ExposedPorts ?? {}).flatMap((port) => {
		const { number, end, protocol } = parsePort(port);
		return Array.from({ length: end - number + 1 }, (_, index) => `${number + index}/${protocol}`);
	});
	return [...published, ...rest.filter((port) => !taken.has(port)).map((port) => publish(port, {}))];
}
function publish(port, host) {
	const { number, protocol } = parsePort(port);
	const { number: hostPort, end } = host.HostPort ? parsePort(host.HostPort) : {
		number: 0,
		end: 0
	};
	return {
		protocol: protocol === "udp" ? "udp" : "tcp",
		containerPort: number,
		hostIp: host.HostIp ?? "",
		hostPort,
		...end > hostPort ? { hostPortEnd: end } : {}
	};
}
// src/daemon/create/check-host-config.ts
const RUNTIMES = [
	"",
	"slipway",
	"runc",
	"io.containerd.runc.v2"
];
/**
* Checks what a container asks of the host.
* @returns warnings, in Docker's words
* @throws EngineError invalid-parameter, in Docker's words
*/
function checkHostConfig(config, hostConfig) {
	checkResources(hostConfig);
	checkRestartPolicy(hostConfig.RestartPolicy ?? {}, hostConfig.AutoRemove ?? false);
	checkNamespaceModes(config, hostConfig);
	checkNetworkMode(config, hostConfig);
	checkPorts(config.ExposedPorts, hostConfig.PortBindings);
	checkExtraHosts(hostConfig.ExtraHosts);
	checkTmpfs(hostConfig.Tmpfs);
	checkLogConfig(hostConfig.LogConfig);
	checkSysctls(hostConfig);
	checkDevices(hostConfig);
	const { OomScoreAdj: score = 0, ShmSize: shm = 0, Runtime: runtime = "", Isolation: isolation = "" } = hostConfig;
	if (score < -1e3 || score > 1e3) throw invalid$7(`Invalid value ${score}, range for oom score adj is [-1000, 1000]`);
	if (shm < 0) throw invalid$7("SHM size can not be less than 0");
	if (!RUNTIMES.includes(runtime)) throw invalid$7(`unknown or invalid runtime name: ${runtime}`);
	if (isolation !== "" && isolation !== "default") throw invalid$7(`invalid isolation (${isolation}): linux only supports 'default'`);
	if (Object.keys(hostConfig.StorageOpt ?? {}).length > 0) throw invalid$7("--storage-opt is not supported by this storage driver");
	return hostConfig.NetworkMode === "host" && Object.keys(hostConfig.PortBindings ?? {}).length > 0 ? ["Published ports are discarded when using host network mode"] : [];
}
/** @throws EngineError invalid-parameter */
function checkRestartPolicy(policy, autoRemove) {
	const { Name: name = "", MaximumRetryCount: retries = 0 } = policy;
	if (![
		"",
		"no",
		"always",
		"unless-stopped",
		"on-failure"
	].includes(name)) throw invalid$7(`invalid restart policy: unknown policy '${name}'; use one of 'no', 'always', 'on-failure', or 'unless-stopped'`);
	if (retries < 0) throw invalid$7("invalid restart policy: maximum retry count cannot be negative");
	if (retries > 0 && name !== "on-failure") throw invalid$7("invalid restart policy: maximum retry count can only be used with 'on-failure'");
	if (autoRemove && name !== "" && name !== "no") throw invalid$7("can't create 'AutoRemove' container with restart policy");
}
function checkNamespaceModes(config, hostConfig) {
	const { IpcMode: ipc = "", PidMode: pid = "", UTSMode: uts = "", CgroupnsMode: cgroup = "" } = hostConfig;
	if (!/^(|none|private|shareable|host|container:.+)$/.test(ipc)) throw invalid$7(`invalid IPC mode: ${ipc}`);
	if (!/^(|host|container:.+)$/.test(pid)) throw invalid$7(`invalid PID mode: ${pid}`);
	if (!/^(|host)$/.test(uts)) throw invalid$7(`invalid UTS mode: ${uts}`);
	if (!/^(|private|host)$/.test(cgroup)) throw invalid$7(`invalid cgroup namespace mode: ${cgroup}`);
	if (!/^(|host)$/.test(hostConfig.UsernsMode ?? "")) throw invalid$7(`invalid USER mode: ${hostConfig.UsernsMode}`);
	if (uts === "host" && config.Hostname) throw invalid$7("conflicting options: hostname and the UTS mode");
}
function checkExtraHosts(hosts) {
	for (const host of hosts ?? []) {
		const [, name, address] = /^([^:=]+)[:=](.+)$/.exec(host) ?? [];
		if (name === void 0 || address === void 0) throw invalid$7(`bad format for add-host: ${JSON.stringify(host)}`);
		if (address !== "host-gateway" && !/^\[?[0-9a-fA-F:.]+\]?$/.test(address)) throw invalid$7(`invalid IP address in add-host: ${JSON.stringify(address)}`);
	}
}
const SYSCTL_PREFIXES = ["net.", "fs.mqueue."];
const IPC_SYSCTLS = /^kernel\.(msgmax|msgmnb|msgmni|sem|shmall|shmmax|shmmni|shm_rmid_forced|auto_msgmni|domainname|hostname)$/;
/** Only what belongs to a namespace of the container may be set. */
function checkSysctls({ Sysctls, NetworkMode, IpcMode }) {
	for (const key of Object.keys(Sysctls ?? {})) {
		if (!(SYSCTL_PREFIXES.some((prefix) => key.startsWith(prefix)) || IPC_SYSCTLS.test(key))) throw invalid$7(`sysctl '${key}' is not allowed`);
		if (key.startsWith("net.") && NetworkMode === "host") throw invalid$7(`sysctl "${key}" not allowed in host network namespace`);
		if (!key.startsWith("net.") && IpcMode === "host") throw invalid$7(`sysctl "${key}" not allowed in host ipc namespace`);
	}
}
function checkDevices({ Devices, DeviceCgroupRules, DeviceRequests }) {
	for (const { CgroupPermissions: permissions = "" } of Devices ?? []) if (!/^[rwm]{0,3}$/.test(permissions)) throw invalid$7(`invalid device mode: ${permissions}`);
	for (const rule of DeviceCgroupRules ?? []) if (!/^[acb] (\d+|\*):(\d+|\*) [rwm]{1,3}$/.test(rule)) throw invalid$7(`invalid device cgroup rule format: '${rule}'`);
	if ((DeviceRequests ?? []).length > 0) {
		const [request] = DeviceRequests;
		const capabilities = (request?.Capabilities ?? []).map((one) => `[${one.join(" ")}]`).join(" ");
		throw invalid$7(`could not select device driver "${request?.Driver ?? ""}" with capabilities: [${capabilities}]`);
	}
}
// src/daemon/create/check-name.ts
const NAME$1 = /^\/?[a-zA-Z0-9][a-zA-Z0-9_.-]+$/;
/** The name without Docker's leading slash. @throws EngineError invalid-parameter */
function checkName(name) {
	if (!NAME$1.test(name)) throw invalid$7(`Invalid container name (${name}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed`);
	return name.replace(/^\//, "");
}
// src/daemon/create/check-security-options.ts
const KEYS$1 = [
	"seccomp",
	"apparmor",
	"label",
	"no-new-privileges",
	"systempaths",
	"writable-cgroups"
];
const BOOLEANS = [
	"",
	"1",
	"t",
	"T",
	"true",
	"TRUE",
	"True",
	"0",
	"f",
	"F",
	"false",
	"FALSE",
	"False"
];
/** @throws EngineError invalid-parameter, in Docker's words */
function checkSecurityOptions(options) {
	for (const option of options ?? []) {
		if (option === "no-new-privileges" || option === "disable") continue;
		const match = /^([^=:]+)[=:](.*)$/s.exec(option);
		if (!match) throw invalid$7(`invalid --security-opt 1: ${JSON.stringify(option)}`);
		const [, key = "", value = ""] = match;
		const isBoolean = key === "no-new-privileges" || key === "writable-cgroups";
		if (!KEYS$1.includes(key) || isBoolean && !BOOLEANS.includes(value)) throw invalid$7(`invalid --security-opt 2: ${JSON.stringify(option)}`);
		if (key === "seccomp" && !["unconfined", "builtin"].includes(value)) checkProfile(value);
	}
}
function checkProfile(profile) {
	try {
		const parsed = JSON.parse(profile);
		if (typeof parsed !== "object" || parsed === null) throw new SyntaxError("it is no object");
	} catch (error) {
		throw invalid$7(`Decoding seccomp profile failed: ${error.message}`);
	}
}
// src/libcontainer/cgroups/layout.ts
const readHostFile = (path) => {
	try {
		if (!statSync(path, { throwIfNoEntry: false })) return void 0;
		return readFileSync(path, "utf8");
	} catch {
		return;
	}
};
/**
* The cgroup hierarchies that containers are put into (proc_pid_mountinfo(5), cgroups(7)). systemd's named
* hierarchy is among them only where systemd runs: to nobody else does it mean anything.
*/
function detectCgroupLayout(read = readHostFile, systemd = existsSync("/run/systemd/system")) {
	const own = ownCgroups(read("/proc/self/cgroup") ?? "");
	const v1 = [];
	let unified;
	for (const mount of cgroupMounts$1(read("/proc/self/mountinfo") ?? "")) if (mount.type === "cgroup2") unified ??= unifiedHierarchy(mount, own, read);
	else {
		const controllers = mount.options.filter((option) => own.has(option));
		if (!controllers.some((name) => !name.startsWith("name=") || systemd && name === "name=systemd") || v1.some((other) => other.controllers[0] === controllers[0])) continue;
		v1.push({
			...place(mount),
			controllers,
			own: own.get(controllers[0])
		});
	}
	return {
		mode: !unified ? "v1" : v1.length > 0 ? "hybrid" : "v2",
		v1,
		unified
	};
}
/**
* The directory of a container's cgroup in one hierarchy. An absolute `cgroupsPath` counts from the
* hierarchy's mount point; a relative one from the cgroup of this process (v1), or from the parent of it (v2,
* where a cgroup that has processes cannot give controllers to children). `..` never leads out.
*/
function cgroupDirectory(hierarchy, cgroupsPath, version) {
	const inner = posix.normalize(`/${cgroupsPath}`);
	if (cgroupsPath.startsWith("/")) return posix.join(hierarchy.mountPoint, inner);
	const below = posix.relative(hierarchy.root, hierarchy.own);
	const own = below.startsWith("..") ? "/" : `/${below}`;
	return posix.join(hierarchy.mountPoint, version === 2 ? posix.dirname(own) : own, inner);
}
function cgroupMounts$1(mountinfo) {
	return mountinfo.split("\n").flatMap((line) => {
		const [left = "", right = ""] = line.split(" - ");
		const [type = "", , options = ""] = right.split(" ");
		if (type !== "cgroup" && type !== "cgroup2") return [];
		const [, , , root = "/", mountPoint = ""] = left.split(" ").map(unescapeOctal);
		return [{
			type,
			root,
			mountPoint,
			options: options.split(",")
		}];
	});
}
const unescapeOctal = (field) => field.replace(/\\([0-7]{3})/g, (_, digits) => String.fromCharCode(Number.parseInt(digits, 8)));
/** Controller (or `name=…`, or '' for v2) to the path of this process's cgroup. */
function ownCgroups(text) {
	const entries = text.split("\n").flatMap((line) => {
		const match = /^\d+:([^:]*):(.*)$/.exec(line);
		return match ? match[1].split(",").map((controller) => [controller, match[2]]) : [];
	});
	return new Map(entries);
}
const place = ({ mountPoint, root }) => ({
	mountPoint,
	root
});
function unifiedHierarchy(mount, own, read) {
	const controllers = (read(posix.join(mount.mountPoint, "cgroup.controllers")) ?? "").trim();
	return {
		...place(mount),
		controllers: controllers === "" ? [] : controllers.split(" "),
		own: own.get("") ?? "/"
	};
}
// src/libcontainer/capabilities.ts
/** In the order of their numbers (linux/capability.h). */
const NAMES$1 = `CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE
  NET_BIND_SERVICE NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT
  SYS_PTRACE SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE
  AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ
  PERFMON BPF CHECKPOINT_RESTORE`.split(/\s+/).map((name) => `CAP_${name}`);
const NUMBERS = new Map(NAMES$1.map((name, number) => [name, number]));
/** Every capability there is, as `CAP_…`, in the order of their numbers. */
const ALL_CAPABILITIES = NAMES$1;
/** What Docker gives a container that asks for nothing. */
const DEFAULT_CAPABILITIES = [
	"CAP_CHOWN",
	"CAP_DAC_OVERRIDE",
	"CAP_FSETID",
	"CAP_FOWNER",
	"CAP_MKNOD",
	"CAP_NET_RAW",
	"CAP_SETGID",
	"CAP_SETUID",
	"CAP_SETFCAP",
	"CAP_SETPCAP",
	"CAP_NET_BIND_SERVICE",
	"CAP_SYS_CHROOT",
	"CAP_KILL",
	"CAP_AUDIT_WRITE"
];
/**
* The name as the kernel's headers write it, for one in any case, with or without `CAP_`; `ALL` is kept.
* undefined for an unknown one.
*/
function normalCapability(name) {
	const upper = name.toUpperCase();
	if (upper === "ALL" || upper === "CAP_ALL") return "ALL";
	const full = upper.startsWith("CAP_") ? upper : `CAP_${upper}`;
	return NUMBERS.has(full) ? full : void 0;
}
/**
* The bit mask of a set. Names that this version does not know are ignored, as the specification asks of
* what the kernel does not know.
* @param limit capabilities outside it are left out: what cannot be had is not asked for
*/
function capabilityMask(names = [], limit = -1n) {
	return names.map((name) => NUMBERS.get(name.toUpperCase())).reduce((sum, bit) => bit === void 0 ? sum : sum | 1n << BigInt(bit), 0n) & limit;
}
function capabilityNames(mask) {
	return NAMES$1.filter((_, number) => mask >> BigInt(number) & 1n);
}
/**
* The bounding set of this process: the most that a container started by it can have, less than the kernel
* knows where the engine itself runs confined. (proc_pid_status(5))
* @throws EngineError system
*/
function boundingCapabilities(read = readHostFile) {
	const match = /^CapBnd:\s*([0-9a-f]+)$/m.exec(read("/proc/self/status") ?? "");
	if (!match) throw new EngineError("system", "cannot read the capability bounding set of /proc/self/status");
	return BigInt(`0x${match[1]}`);
}
// src/daemon/create/check-capabilities.ts
const CAPABILITIES = new Set(ALL_CAPABILITIES);
/**
* The names in the kernel's form, `CAP_NET_ADMIN`, or `ALL`; as Docker keeps them.
* @throws EngineError invalid-parameter; `field` is CapAdd or CapDrop
*/
function checkCapabilities(field, names) {
	if (!names?.length) return null;
	return names.map((given) => {
		const name = given.toUpperCase().replace(/^CAP_/, "");
		if (name === "ALL") return "ALL";
		if (!CAPABILITIES.has(`CAP_${name}`)) throw invalid$7(`invalid ${field}: unknown capability: "CAP_${name}"`);
		return `CAP_${name}`;
	});
}
// src/daemon/create/complete-host-config.ts
const MASKED_PATHS$1 = `/proc/asound /proc/acpi /proc/interrupts /proc/kcore /proc/keys /proc/latency_stats
  /proc/timer_list /proc/timer_stats /proc/sched_debug /proc/scsi /sys/firmware
  /sys/devices/virtual/powercap`.split(/\s+/);
const READONLY_PATHS = [
	"/proc/bus",
	"/proc/fs",
	"/proc/irq",
	"/proc/sys",
	"/proc/sysrq-trigger"
];
/**
* A host configuration with all the fields and defaults that `inspect` shows.
* @throws EngineError invalid-parameter for an unknown capability
*/
function completeHostConfig(wanted, defaults) {
	const isPrivileged = wanted.Privileged ?? false;
	const isUnmasked = isPrivileged || (wanted.SecurityOpt ?? []).includes("systempaths=unconfined");
	return {
		Binds: wanted.Binds ?? null,
		ContainerIDFile: wanted.ContainerIDFile ?? "",
		LogConfig: logConfig(wanted.LogConfig, defaults),
		NetworkMode: networkMode(wanted.NetworkMode ?? ""),
		PortBindings: portBindings(wanted.PortBindings),
		RestartPolicy: {
			Name: wanted.RestartPolicy?.Name || "no",
			MaximumRetryCount: wanted.RestartPolicy?.MaximumRetryCount ?? 0
		},
		AutoRemove: wanted.AutoRemove ?? false,
		VolumeDriver: wanted.VolumeDriver ?? "",
		VolumesFrom: wanted.VolumesFrom ?? null,
		ConsoleSize: wanted.ConsoleSize ?? [0, 0],
		...wanted.Annotations ? { Annotations: wanted.Annotations } : {},
		CapAdd: checkCapabilities("CapAdd", wanted.CapAdd),
		CapDrop: checkCapabilities("CapDrop", wanted.CapDrop),
		CgroupnsMode: wanted.CgroupnsMode || (isPrivileged ? "host" : "private"),
		Dns: wanted.Dns ?? [],
		DnsOptions: wanted.DnsOptions ?? [],
		DnsSearch: wanted.DnsSearch ?? [],
		ExtraHosts: wanted.ExtraHosts ?? null,
		GroupAdd: wanted.GroupAdd ?? null,
		IpcMode: wanted.IpcMode || "private",
		Cgroup: wanted.Cgroup ?? "",
		Links: wanted.Links ?? null,
		OomScoreAdj: wanted.OomScoreAdj ?? 0,
		PidMode: wanted.PidMode ?? "",
		Privileged: isPrivileged,
		PublishAllPorts: wanted.PublishAllPorts ?? false,
		ReadonlyRootfs: wanted.ReadonlyRootfs ?? false,
		SecurityOpt: wanted.SecurityOpt ?? null,
		...wanted.StorageOpt ? { StorageOpt: wanted.StorageOpt } : {},
		...wanted.Tmpfs ? { Tmpfs: wanted.Tmpfs } : {},
		UTSMode: wanted.UTSMode ?? "",
		UsernsMode: wanted.UsernsMode ?? "",
		ShmSize: wanted.ShmSize || defaults.shmSizeBytes,
		...wanted.Sysctls ? { Sysctls: wanted.Sysctls } : {},
		Runtime: wanted.Runtime || "slipway",
		Isolation: wanted.Isolation ?? "",
		...completeResources(wanted),
		...wanted.Mounts ? { Mounts: wanted.Mounts } : {},
		MaskedPaths: wanted.MaskedPaths ?? (isUnmasked ? [] : MASKED_PATHS$1),
		ReadonlyPaths: wanted.ReadonlyPaths ?? (isUnmasked ? [] : READONLY_PATHS),
		...wanted.Init === void 0 || wanted.Init === null ? defaults.init ? { Init: true } : {} : { Init: wanted.Init }
	};
}
function completeResources(wanted) {
	const memory = wanted.Memory ?? 0;
	return {
		CpuShares: wanted.CpuShares ?? 0,
		Memory: memory,
		NanoCpus: wanted.NanoCpus ?? 0,
		CgroupParent: wanted.CgroupParent ?? "",
		BlkioWeight: wanted.BlkioWeight ?? 0,
		BlkioWeightDevice: wanted.BlkioWeightDevice ?? [],
		BlkioDeviceReadBps: wanted.BlkioDeviceReadBps ?? [],
		BlkioDeviceWriteBps: wanted.BlkioDeviceWriteBps ?? [],
		BlkioDeviceReadIOps: wanted.BlkioDeviceReadIOps ?? [],
		BlkioDeviceWriteIOps: wanted.BlkioDeviceWriteIOps ?? [],
		CpuPeriod: wanted.CpuPeriod ?? 0,
		CpuQuota: wanted.CpuQuota ?? 0,
		CpuRealtimePeriod: wanted.CpuRealtimePeriod ?? 0,
		CpuRealtimeRuntime: wanted.CpuRealtimeRuntime ?? 0,
		CpusetCpus: wanted.CpusetCpus ?? "",
		CpusetMems: wanted.CpusetMems ?? "",
		Devices: wanted.Devices ?? [],
		DeviceCgroupRules: wanted.DeviceCgroupRules ?? null,
		DeviceRequests: wanted.DeviceRequests ?? null,
		MemoryReservation: wanted.MemoryReservation ?? 0,
		MemorySwap: memory > 0 && !wanted.MemorySwap ? 2 * memory : wanted.MemorySwap ?? 0,
		MemorySwappiness: wanted.MemorySwappiness === -1 ? null : wanted.MemorySwappiness ?? null,
		OomKillDisable: wanted.OomKillDisable ?? false,
		PidsLimit: (wanted.PidsLimit ?? 0) > 0 ? wanted.PidsLimit : null,
		Ulimits: wanted.Ulimits ?? []
	};
}
function logConfig(wanted, defaults) {
	if (wanted?.Type) return {
		Type: wanted.Type,
		Config: wanted.Config ?? {}
	};
	return {
		Type: defaults.logDriver,
		Config: {
			...defaults.logOptions,
			...wanted?.Config
		}
	};
}
function networkMode(mode) {
	return mode === "" || mode === "default" ? "bridge" : mode;
}
function portBindings(bindings) {
	return Object.fromEntries(Object.entries(bindings ?? {}).map(([port, hosts]) => [port.includes("/") ? port : `${port}/tcp`, (hosts ?? []).map(({ HostIp = "", HostPort = "" }) => ({
		HostIp,
		HostPort
	}))]));
}
// src/daemon/create/merge-image-config.ts
/** A container's configuration completed with what its image says, by Docker's rules. */
function mergeImageConfig(wanted, image) {
	const hasEntrypoint = (wanted.Entrypoint ?? []).length > 0;
	const hasCommand = (wanted.Cmd ?? []).length > 0;
	const config = {
		...wanted,
		User: wanted.User || image.User || "",
		Env: mergeEnvironment(wanted.Env, image.Env),
		Cmd: hasEntrypoint || hasCommand ? wanted.Cmd ?? null : image.Cmd ?? null,
		Entrypoint: hasEntrypoint || wanted.Entrypoint ? wanted.Entrypoint ?? null : image.Entrypoint ?? null,
		WorkingDir: wanted.WorkingDir || image.WorkingDir || "",
		Labels: {
			...image.Labels,
			...wanted.Labels
		},
		...present("ExposedPorts", {
			...image.ExposedPorts,
			...wanted.ExposedPorts
		}),
		Volumes: orNull({
			...image.Volumes,
			...wanted.Volumes
		}),
		...present("StopSignal", wanted.StopSignal || image.StopSignal),
		...present("Healthcheck", mergeHealthcheck(wanted.Healthcheck, image.Healthcheck)),
		...present("Shell", wanted.Shell ?? image.Shell)
	};
	if (config.Entrypoint?.length === 1 && config.Entrypoint[0] === "") config.Entrypoint = null;
	return config;
}
/** The image's variables first, except those that the container sets itself. */
function mergeEnvironment(wanted, image) {
	if (!wanted?.length) return image?.length ? [...image] : null;
	const keys = new Set(wanted.map(variableName));
	return [...wanted, ...(image ?? []).filter((entry) => !keys.has(variableName(entry)))];
}
function variableName(entry) {
	return entry.split("=", 1)[0] ?? "";
}
function mergeHealthcheck(wanted, image) {
	if (!wanted) return image;
	if (!image) return wanted;
	return {
		...wanted,
		Test: wanted.Test?.length ? wanted.Test : image.Test ?? [],
		Interval: wanted.Interval || image.Interval,
		Timeout: wanted.Timeout || image.Timeout,
		StartPeriod: wanted.StartPeriod || image.StartPeriod,
		StartInterval: wanted.StartInterval || image.StartInterval,
		Retries: wanted.Retries || image.Retries
	};
}
/** A property that Docker leaves out when it is empty. */
function present(key, value) {
	return !value || typeof value === "object" && Object.keys(value).length === 0 ? {} : { [key]: value };
}
function orNull(value) {
	return Object.keys(value).length === 0 ? null : value;
}
// src/daemon/create/create-container.ts
/**
* Makes a container. Everything about it is checked first; what goes wrong leaves nothing behind.
* @throws EngineError in Docker's words: invalid-parameter, conflict (name), not-found (image, volume's driver)
*/
async function createContainer$1(daemon, givenName, request) {
	const { HostConfig: wantedHostConfig = {}, NetworkingConfig: networking, ...wanted } = request;
	const name = givenName === "" ? "" : checkName(givenName);
	const image = await resolveImage$1(daemon, wanted);
	const warnings = checkHostConfig(wanted, wantedHostConfig);
	checkSecurityOptions(wantedHostConfig.SecurityOpt);
	const config = mergeImageConfig(wanted, image?.config.config ?? {});
	checkConfig(config);
	const id = newId();
	const hostConfig = completeHostConfig(resolveReferences(daemon, wantedHostConfig), hostDefaults(daemon));
	const finalName = name === "" ? generateName((free) => daemon.containers.isNameFree(free)) : name;
	daemon.containers.reserveName(finalName, id);
	try {
		const [path = "", ...args] = [...config.Entrypoint ?? [], ...config.Cmd ?? []];
		await make(daemon, {
			id,
			name: finalName,
			createdAt: currentTime(),
			imageId: image?.id ?? "",
			imageReference: wanted.Image ?? "",
			path,
			args,
			config: completeConfig(daemon, {
				id,
				config,
				hostConfig
			}),
			hostConfig,
			mounts: [],
			networks: endpointSettings(hostConfig, networking, wanted.MacAddress)
		}, image);
	} catch (error) {
		daemon.containers.releaseName(finalName);
		throw error;
	}
	return {
		Id: id,
		Warnings: warnings
	};
}
/** The parts of a container on disk, and its row: all of them, or none. */
async function make(daemon, record, image) {
	const { id } = record;
	const directory = containerDirectory(daemon.options, id);
	const newVolumes = [];
	daemon.store.addLeftover({
		kind: "container",
		id
	});
	try {
		record.mounts = resolveMounts(daemon, record, (volume) => newVolumes.push(volume));
		mkdirSync(directory, {
			recursive: true,
			mode: 456
		});
		const layer = await daemon.graph.createContainerLayer(id, image?.id ?? "");
		await populateVolumes(record.mounts, layer);
		const container = new Container(record, newState());
		container.layer = layer;
		daemon.containers.add(container);
		containerEvent(daemon, container, "create");
	} catch (error) {
		for (const volume of newVolumes) daemon.volumes.remove(volume, []);
		await daemon.graph.removeContainerLayer(id);
		rmSync(directory, {
			recursive: true,
			force: true
		});
		daemon.store.removeLeftover({
			kind: "container",
			id
		});
		throw error;
	}
}
async function resolveImage$1({ graph }, wanted) {
	if (Object.values(wanted).every((value) => value === void 0 || value === null || value === "")) throw invalid$7("config cannot be empty in order to create a container");
	if (!wanted.Image) return void 0;
	return graph.resolve(wanted.Image);
}
/** Other containers are kept by their ids: names may change. */
function resolveReferences({ containers }, hostConfig) {
	const mode = hostConfig.NetworkMode ?? "";
	if (!mode.startsWith("container:")) return hostConfig;
	const reference = mode.slice(10);
	const target = containers.lookup(reference);
	if (target === void 0) throw invalid$7(`joining network namespace of container: No such container: ${reference}`);
	return {
		...hostConfig,
		NetworkMode: `container:${target.id}`
	};
}
function hostDefaults({ options }) {
	return {
		shmSizeBytes: options.shmSizeBytes,
		logDriver: options.logDriver,
		logOptions: options.logOptions,
		init: options.init
	};
}
/** As `inspect` shows it. */
function completeConfig(daemon, { id, config, hostConfig }) {
	const exposed = exposedPorts(config.ExposedPorts, hostConfig.PortBindings);
	return {
		Hostname: config.Hostname || defaultHostname(daemon, id, hostConfig),
		Domainname: config.Domainname ?? "",
		User: config.User ?? "",
		AttachStdin: config.AttachStdin ?? false,
		AttachStdout: config.AttachStdout ?? false,
		AttachStderr: config.AttachStderr ?? false,
		...Object.keys(exposed).length > 0 ? { ExposedPorts: exposed } : {},
		Tty: config.Tty ?? false,
		OpenStdin: config.OpenStdin ?? false,
		StdinOnce: config.StdinOnce ?? false,
		Env: config.Env ?? null,
		Cmd: config.Cmd ?? null,
		...config.Healthcheck ? { Healthcheck: config.Healthcheck } : {},
		...config.ArgsEscaped ? { ArgsEscaped: true } : {},
		Image: config.Image ?? "",
		Volumes: config.Volumes ?? null,
		WorkingDir: config.WorkingDir ?? "",
		Entrypoint: config.Entrypoint ?? null,
		...config.NetworkDisabled ? { NetworkDisabled: true } : {},
		...config.MacAddress ? { MacAddress: config.MacAddress } : {},
		OnBuild: null,
		Labels: config.Labels ?? {},
		...config.StopSignal ? { StopSignal: config.StopSignal } : {},
		...typeof config.StopTimeout === "number" ? { StopTimeout: config.StopTimeout } : {},
		...config.Shell ? { Shell: config.Shell } : {}
	};
}
function defaultHostname({ containers }, id, { NetworkMode, UTSMode }) {
	const mode = NetworkMode ?? "";
	if (mode === "host" || UTSMode === "host") return hostname();
	if (!mode.startsWith("container:")) return shortId(id);
	return containers.lookup(mode.slice(10))?.record.config.Hostname ?? shortId(id);
}
const MAC = /^([0-9a-f]{2}[:-]){5}[0-9a-f]{2}$/i;
/** What was asked of each network. Nothing says which networks exist: that is looked at when it starts. */
function endpointSettings({ NetworkMode: mode = "bridge" }, networking, macAddress) {
	if (mode.startsWith("container:")) return {};
	const given = Object.entries(networking?.EndpointsConfig ?? {}).map(([network, settings]) => [network === "default" ? "bridge" : network, settings ?? {}]);
	const settings = {
		[mode]: {},
		...Object.fromEntries(given)
	};
	if (macAddress) settings[mode] = {
		...settings[mode],
		MacAddress: macAddress
	};
	for (const [network, { MacAddress: mac, IPAMConfig: ipam }] of Object.entries(settings)) {
		if (mac && !MAC.test(mac)) throw invalid$7(`invalid config for network ${network}: invalid MAC address ${mac}`);
		if (ipam?.IPv4Address && [
			"bridge",
			"host",
			"none"
		].includes(network)) throw invalid$7(`invalid config for network ${network}: invalid endpoint settings:\n* user specified IP address is supported on user defined networks only`);
	}
	return settings;
}
// src/daemon/spec/resolve-user.ts
const MAX_ID = 2 ** 31 - 1;
/**
* What `USER` (`name`, `uid`, `name:group`, `uid:gid`, or '' for root) and `--group-add` mean in a container,
* as Docker resolves it: a number is always an id; without a group, the user's groups are added.
* @throws EngineError invalid-parameter, in Docker's words
*/
function resolveUser(user, files, groupAdd = []) {
	const [userPart = "", groupPart = ""] = user.split(":");
	const accounts = parse$1(files.passwd);
	const groups = parse$1(files.group);
	const account = accounts.find((fields) => userPart === "" || isNumber(userPart) ? Number(fields[2]) === Number(userPart) : fields[0] === userPart);
	if (!account && userPart !== "" && !isNumber(userPart)) throw invalid$6(`unable to find user ${userPart}: no matching entries in passwd file`);
	const uid = checkId(account ? Number(account[2]) : Number(userPart));
	const ownGid = account ? Number(account[3]) : 0;
	const gid = groupPart === "" ? ownGid : groupId(groupPart, groups);
	const name = account?.[0];
	const memberships = groupPart === "" && name !== void 0 ? groups.filter((fields) => (fields[3] ?? "").split(",").includes(name)).map((fields) => Number(fields[2])) : [];
	const added = groupAdd.map((group) => addedGroupId(group, groups));
	return {
		uid,
		gid: checkId(gid),
		additionalGids: [.../* @__PURE__ */ new Set([
			gid,
			...memberships,
			...added
		])],
		home: account?.[5] || "/"
	};
}
const invalid$6 = (message) => new EngineError("invalid-parameter", message);
const isNumber = (text) => /^[+-]?\d+$/.test(text);
/** Lines of colon-separated fields. */
function parse$1(text = "") {
	return text.split("\n").map((line) => line.trim()).filter((line) => line !== "" && !line.startsWith("#")).map((line) => line.split(":"));
}
function checkId(id) {
	if (id < 0 || id > MAX_ID) throw invalid$6(`uids and gids must be in range 0-${MAX_ID}`);
	return id;
}
function groupId(group, groups) {
	const entry = groups.find((fields) => isNumber(group) ? Number(fields[2]) === Number(group) : fields[0] === group);
	if (entry) return Number(entry[2]);
	if (isNumber(group)) return Number(group);
	throw invalid$6(`unable to find group ${group}: no matching entries in group file`);
}
function addedGroupId(group, groups) {
	const entry = groups.find((fields) => fields[0] === group || fields[2] === group);
	if (entry) return Number(entry[2]);
	if (!isNumber(group)) throw invalid$6(`unable to find group ${group}: no matching entries in group file`);
	return checkId(Number(group));
}
// src/daemon/spec/environment.ts
const DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
/** The environment of a container's processes but for HOME: PATH, HOSTNAME, TERM, then what was asked for. */
function containerEnvironment({ hostname, tty, linked = [], env }) {
	return overrideEnvironment([
		`PATH=${DEFAULT_PATH}`,
		`HOSTNAME=${hostname ?? ""}`,
		...tty ? ["TERM=xterm"] : [],
		...linked
	], env ?? []);
}
/** `overrides` replace entries of the same name in place, or are added; those without `=` remove one. */
function overrideEnvironment(defaults, overrides) {
	const result = [...defaults];
	const places = new Map(defaults.map((entry, index) => [nameOf$1(entry), index]));
	for (const entry of overrides) {
		const place = places.get(nameOf$1(entry));
		if (!entry.includes("=")) {
			if (place !== void 0) result[place] = void 0;
		} else if (place === void 0) result.push(entry);
		else result[place] = entry;
	}
	return result.filter((entry) => entry !== void 0);
}
/**
* The environment as the process gets it: of several entries with the same name the last one, and HOME from
* the user's account when it is missing or empty.
* @throws EngineError invalid-parameter for an entry without a name or with a NUL
*/
function finishEnvironment(environment, home) {
	for (const entry of environment) {
		if (!entry.includes("=")) throw invalid$5("invalid environment variable: missing '='");
		if (entry.startsWith("=")) throw invalid$5("invalid environment variable: name cannot be empty");
		if (entry.includes("\0")) throw invalid$5(`invalid environment variable ${JSON.stringify(nameOf$1(entry))}: contains nul byte (\\x00)`);
	}
	const last = new Map(environment.map((entry, index) => [nameOf$1(entry), index]));
	const kept = environment.filter((entry, index) => last.get(nameOf$1(entry)) === index && entry !== "HOME=");
	return kept.some((entry) => entry.startsWith("HOME=")) ? kept : [...kept, `HOME=${home}`];
}
function nameOf$1(entry) {
	const end = entry.indexOf("=");
	return end === -1 ? entry : entry.slice(0, end);
}
const invalid$5 = (message) => new EngineError("invalid-parameter", message);
// src/daemon/spec/tmpfs-options.ts
/** Each name, and the flag that it sets or clears: of several for the same flag the last one counts. */
const FLAGS$1 = Object.fromEntries([
	["ro", "rw"],
	["nosuid", "suid"],
	["nodev", "dev"],
	["noexec", "exec"],
	["sync", "async"],
	["dirsync"],
	["remount"],
	["mand", "nomand"],
	["atime", "noatime"],
	["diratime", "nodiratime"],
	["bind"],
	["rbind"],
	["relatime", "norelatime"],
	["strictatime", "nostrictatime"],
	[
		"private",
		"rprivate",
		"shared",
		"rshared",
		"slave",
		"rslave",
		"unbindable",
		"runbindable"
	]
].flatMap((group) => group.map((name) => [name, group[0]])));
const KEYS = /* @__PURE__ */ new Set([
	"size",
	"mode",
	"uid",
	"gid",
	"nr_inodes",
	"nr_blocks",
	"mpol"
]);
/** Always set, unless the options say otherwise. */
const DEFAULTS = [
	"noexec",
	"nosuid",
	"nodev",
	"rprivate"
];
/**
* The mount options of a `--tmpfs` or a tmpfs mount: Docker's defaults and those given, the last of several
* for the same thing.
* @throws EngineError invalid-parameter
*/
function tmpfsMountOptions(options) {
	const seen = /* @__PURE__ */ new Set();
	const kept = [];
	for (const option of [...DEFAULTS, ...options].reverse()) {
		if (option === "defaults" || option === "") continue;
		const end = option.indexOf("=");
		const subject = FLAGS$1[option] ?? (end > 0 && KEYS.has(option.slice(0, end)) ? option.slice(0, end) : void 0);
		if (subject === void 0) throw new EngineError("invalid-parameter", `invalid tmpfs option ${JSON.stringify(option)}`);
		if (!seen.has(subject)) kept.unshift(option);
		seen.add(subject);
	}
	return kept;
}
// src/daemon/spec/spec-mounts.ts
/** Where a container finds the init that `--init` asks for. */
const INIT_PATH = "/sbin/docker-init";
/** What every container has; a mount of the user's own to the same place takes its place. */
const DEFAULT_MOUNTS = [
	{
		destination: "/proc",
		type: "proc",
		source: "proc",
		options: [
			"nosuid",
			"noexec",
			"nodev"
		]
	},
	{
		destination: "/dev",
		type: "tmpfs",
		source: "tmpfs",
		options: [
			"nosuid",
			"strictatime",
			"mode=755",
			"size=65536k"
		]
	},
	{
		destination: "/dev/pts",
		type: "devpts",
		source: "devpts",
		options: [
			"nosuid",
			"noexec",
			"newinstance",
			"ptmxmode=0666",
			"mode=0620",
			"gid=5"
		]
	},
	{
		destination: "/sys",
		type: "sysfs",
		source: "sysfs",
		options: [
			"nosuid",
			"noexec",
			"nodev",
			"ro"
		]
	},
	{
		destination: "/sys/fs/cgroup",
		type: "cgroup",
		source: "cgroup",
		options: [
			"ro",
			"nosuid",
			"noexec",
			"nodev"
		]
	},
	{
		destination: "/dev/mqueue",
		type: "mqueue",
		source: "mqueue",
		options: [
			"nosuid",
			"noexec",
			"nodev"
		]
	},
	{
		destination: "/dev/shm",
		type: "tmpfs",
		source: "shm",
		options: [
			"nosuid",
			"noexec",
			"nodev",
			"mode=1777"
		]
	}
];
/** Stay writable in a container with a read-only root. */
const WRITABLE_WITH_READONLY_ROOT = [
	"/proc",
	"/dev/pts",
	"/dev/shm",
	"/dev/mqueue",
	"/dev"
];
/**
* All mounts of a container: the default ones, then the user's, shallow ones first.
* @throws EngineError invalid-parameter for contradicting options, system for a source whose mount does not
*   propagate as asked
*/
function specMounts(input, security) {
	const { hostConfig } = input;
	const own = ownMounts(input);
	const taken = new Set(own.map(({ destination }) => destination));
	return [...[...DEFAULT_MOUNTS, ...initMount(input)].filter(({ destination }) => !taken.has(destination)).filter(({ destination }) => !(taken.has("/dev") && destination.startsWith("/dev/"))).filter(({ destination }) => !(destination === "/dev/shm" && hostConfig.IpcMode === "none")).map((mount) => adjusted(mount, input, security)), ...own.map((mount) => toMount(mount, input))];
}
function usesInit({ hostConfig, defaultInit }) {
	return !hostConfig.PidMode && (hostConfig.Init ?? defaultInit ?? false);
}
function initMount(input) {
	if (!usesInit(input)) return [];
	if (!input.initPath) throw new EngineError("system", "no init binary is available for --init");
	return [{
		destination: INIT_PATH,
		type: "bind",
		source: input.initPath,
		options: ["bind", "ro"]
	}];
}
function adjusted(mount, { hostConfig }, security) {
	let options = [...mount.options ?? []];
	if (mount.destination === "/dev/shm") options.push(`size=${hostConfig.ShmSize ?? 0}`);
	const isWritable = WRITABLE_WITH_READONLY_ROOT.includes(mount.destination);
	if (hostConfig.ReadonlyRootfs && !isWritable && !options.includes("ro")) options.push("ro");
	const writableCgroups = security.writableCgroups ?? hostConfig.Privileged ?? false;
	if (mount.destination === "/sys" && hostConfig.Privileged || mount.type === "cgroup" && writableCgroups) options = options.filter((option) => option !== "ro");
	return {
		...mount,
		options
	};
}
/** Mounts that are particular to this container, by the depth of their destination. */
function ownMounts(input) {
	const { hostConfig, mounts } = input;
	const given = [...Object.entries(hostConfig.Tmpfs ?? {}).map(([destination, options]) => newMount$1({
		type: "tmpfs",
		destination,
		tmpfsOptions: options === "" ? [] : options.split(",")
	})), ...mounts];
	const engine = [
		[input.resolvConfPath, "/etc/resolv.conf"],
		[input.hostnamePath, "/etc/hostname"],
		[input.hostsPath, "/etc/hosts"]
	].flatMap(([source, destination]) => source === void 0 ? [] : [newMount$1({
		source,
		destination,
		writable: !hostConfig.ReadonlyRootfs,
		propagation: "rprivate"
	})]);
	const isFree = ({ destination }) => !given.some((mount) => mount.destination === destination);
	return [
		...sharedMemory(input).filter(isFree),
		...given,
		...engine.filter(isFree)
	].sort((a, b) => depth(a.destination) - depth(b.destination));
}
/** With another's IPC namespace comes its /dev/shm. */
function sharedMemory({ hostConfig, joined }) {
	const mode = hostConfig.IpcMode ?? "";
	const source = mode === "host" ? "/dev/shm" : mode.startsWith("container:") ? `/proc/${joined?.ipc}/root/dev/shm` : void 0;
	return source === void 0 ? [] : [newMount$1({
		source,
		destination: "/dev/shm",
		propagation: "rprivate"
	})];
}
function newMount$1(fields) {
	return {
		type: "bind",
		source: "",
		writable: true,
		propagation: "",
		nonRecursive: false,
		readonlyRecursion: "when-possible",
		tmpfsOptions: [],
		...fields
	};
}
const depth = (path) => posix.normalize(path).split("/").filter(Boolean).length;
function toMount(mount, input) {
	const { destination, source, propagation } = mount;
	if (mount.type === "tmpfs") return {
		destination,
		type: "tmpfs",
		source: "tmpfs",
		options: tmpfsMountOptions([...mount.tmpfsOptions, ...mount.writable ? [] : ["ro"]])
	};
	checkPropagation(mount, input);
	return {
		destination,
		type: "bind",
		source,
		options: [
			mount.nonRecursive ? "bind" : "rbind",
			...mount.writable ? [] : [readonlyOption(mount, input)],
			...propagation === "" ? [] : [propagation]
		]
	};
}
function readonlyOption({ readonlyRecursion }, { host }) {
	if (readonlyRecursion === "never") return "ro";
	if (host.recursiveReadonly) return "rro";
	if (readonlyRecursion === "always") throw new EngineError("invalid-parameter", "recursively read-only mounts need Linux 5.12 or later");
	return "ro";
}
/** Mounts can only come through to the container from a mount that passes them on. */
function checkPropagation({ source, propagation }, { host }) {
	const wantsShared = propagation.endsWith("shared");
	if (!wantsShared && !propagation.endsWith("slave")) return;
	const { mountPoint, shared, slave } = host.mountPropagation(source);
	if (shared || slave && !wantsShared) return;
	throw new EngineError("system", `path ${source} is mounted on ${mountPoint} but it is not ${wantsShared ? "a shared mount" : "a shared or slave mount"}`);
}
/** The propagation that the root itself must have for the mounts in it; undefined for the default. */
function rootPropagation$1(mounts) {
	if (mounts.some(({ propagation }) => propagation.endsWith("shared"))) return "shared";
	return mounts.some(({ propagation }) => propagation.endsWith("slave")) ? "rslave" : void 0;
}
// src/daemon/spec/spec-process.ts
/** The container's first process. @throws EngineError invalid-parameter */
function specProcess(input, security, capabilities) {
	const { config, hostConfig, user } = input;
	const command = [...config.Entrypoint ?? [], ...config.Cmd ?? []];
	const [height = 0, width = 0] = hostConfig.ConsoleSize ?? [];
	const environment = containerEnvironment({
		hostname: config.Hostname,
		tty: config.Tty,
		linked: input.linkedEnvironment,
		env: config.Env
	});
	return {
		terminal: config.Tty ?? false,
		...config.Tty && (height > 0 || width > 0) ? { consoleSize: {
			height,
			width
		} } : {},
		user: specUser(user),
		args: usesInit(input) ? [
			INIT_PATH,
			"--",
			...command
		] : command,
		env: finishEnvironment(environment, user.home),
		cwd: config.WorkingDir || "/",
		capabilities: capabilitySets$1(capabilities),
		rlimits: (hostConfig.Ulimits ?? []).map(specLimit),
		...security.noNewPrivileges ? { noNewPrivileges: true } : {},
		...apparmor(input, security),
		oomScoreAdj: hostConfig.OomScoreAdj ?? 0
	};
}
/** A further process in a running container. @throws EngineError invalid-parameter */
function execProcess({ exec, config, process, user, home, available, ...rest }) {
	const environment = containerEnvironment({
		hostname: config.Hostname,
		tty: exec.Tty,
		linked: rest.linkedEnvironment,
		env: config.Env
	});
	const [height = 0, width = 0] = exec.ConsoleSize ?? [];
	const { consoleSize: _, ...inherited } = process;
	return {
		...inherited,
		terminal: exec.Tty ?? false,
		...exec.Tty && (height > 0 || width > 0) ? { consoleSize: {
			height,
			width
		} } : {},
		args: exec.Cmd ?? [],
		env: finishEnvironment(overrideEnvironment(environment, exec.Env ?? []), home),
		cwd: exec.WorkingDir || process.cwd,
		user: user ? specUser(user) : process.user,
		...exec.Privileged ? { capabilities: capabilitySets$1([...available]) } : {}
	};
}
function specUser({ uid, gid, additionalGids }) {
	return {
		uid,
		gid,
		additionalGids
	};
}
function capabilitySets$1(names) {
	return {
		bounding: names,
		effective: names,
		permitted: names
	};
}
/** RLIMIT_* that a container may ask for (getrlimit(2)). */
const LIMITS = new Set("core cpu data fsize locks memlock msgqueue nice nofile nproc rss rtprio rttime sigpending stack".split(" "));
/** -1 is unlimited. */
function specLimit({ Name = "", Soft = 0, Hard = 0 }) {
	if (!LIMITS.has(Name)) throw new EngineError("invalid-parameter", `invalid ulimit type: ${Name}`);
	return {
		type: `RLIMIT_${Name.toUpperCase()}`,
		soft: Soft,
		hard: Hard
	};
}
function apparmor({ hostConfig, host }, security) {
	if (host.apparmorProfile === void 0) return {};
	return { apparmorProfile: security.apparmor || (hostConfig.Privileged ? "unconfined" : host.apparmorProfile) };
}
// src/daemon/spec/spec-resources.ts
const DEFAULT_PERIOD_US = 1e5;
const NANO = 1e9;
/**
* Docker's limits as a runtime spec's, without its device rules: for a new container and for `update`. Zero
* means nothing asked, but for pids, where it means no limit.
* @throws EngineError invalid-parameter, system for a block device that is not there
*/
function specResources(resources, devices) {
	return {
		memory: memory$2(resources),
		cpu: cpu$2(resources),
		pids: resources.PidsLimit === void 0 || resources.PidsLimit === null ? void 0 : { limit: resources.PidsLimit > 0 ? resources.PidsLimit : -1 },
		blockIO: blockIo(resources, devices)
	};
}
/** undefined for 0, null and undefined. */
const given = (value) => value || void 0;
function memory$2(resources) {
	const { MemorySwappiness: swappiness } = resources;
	const positive = (value) => value !== void 0 && value > 0 ? value : void 0;
	return compact({
		limit: positive(resources.Memory),
		reservation: positive(resources.MemoryReservation),
		swap: positive(resources.MemorySwap),
		swappiness: swappiness === null || swappiness === -1 ? void 0 : swappiness,
		disableOOMKiller: resources.OomKillDisable ?? void 0,
		kernelTCP: given(resources.KernelMemoryTCP)
	});
}
function cpu$2(resources) {
	const { CpuShares: shares = 0, NanoCpus: nano = 0 } = resources;
	if (shares < 0) throw new EngineError("invalid-parameter", `invalid CPU shares (${shares}): value must be a positive integer`);
	return compact({
		shares: given(shares),
		cpus: resources.CpusetCpus || void 0,
		mems: resources.CpusetMems || void 0,
		period: given(resources.CpuPeriod) ?? (nano > 0 ? DEFAULT_PERIOD_US : void 0),
		quota: given(resources.CpuQuota) ?? (nano > 0 ? Math.trunc(nano * DEFAULT_PERIOD_US / NANO) : void 0),
		realtimePeriod: given(resources.CpuRealtimePeriod),
		realtimeRuntime: given(resources.CpuRealtimeRuntime)
	});
}
function blockIo(resources, devices) {
	const numbers = (path = "") => {
		const [device] = devices.find(path);
		return {
			major: device?.major ?? 0,
			minor: device?.minor ?? 0
		};
	};
	const throttle = (list) => list?.length ? list.map(({ Path, Rate = 0 }) => ({
		...numbers(Path),
		rate: Rate
	})) : void 0;
	return compact({
		weight: given(resources.BlkioWeight),
		weightDevice: resources.BlkioWeightDevice?.length ? resources.BlkioWeightDevice.map(({ Path, Weight }) => ({
			...numbers(Path),
			weight: Weight
		})) : void 0,
		throttleReadBpsDevice: throttle(resources.BlkioDeviceReadBps),
		throttleWriteBpsDevice: throttle(resources.BlkioDeviceWriteBps),
		throttleReadIOPSDevice: throttle(resources.BlkioDeviceReadIOps),
		throttleWriteIOPSDevice: throttle(resources.BlkioDeviceWriteIOps)
	});
}
/** Without the undefined fields; undefined when none is left. */
function compact(value) {
	const entries = Object.entries(value).filter(([, field]) => field !== void 0);
	return entries.length > 0 ? Object.fromEntries(entries) : void 0;
}
// src/daemon/spec/security-options.ts
/** @throws EngineError invalid-parameter, in Docker's words */
function parseSecurityOptions(options) {
	const result = {
		noNewPrivileges: false,
		unconfinedSystemPaths: false,
		labels: []
	};
	for (const option of options ?? []) if (option === "no-new-privileges") result.noNewPrivileges = true;
	else if (option === "writable-cgroups") result.writableCgroups = true;
	else if (option === "disable") result.labels.push("disable");
	else applyPair(result, option);
	return result;
}
function applyPair(result, option) {
	const separator = option.includes("=") ? "=" : ":";
	const end = option.indexOf(separator);
	if (end === -1) throw invalid$4(1, option);
	const [key, value] = [option.slice(0, end), option.slice(end + 1)];
	switch (key) {
		case "label":
			result.labels.push(value);
			break;
		case "apparmor":
			result.apparmor = value;
			break;
		case "seccomp":
			result.seccomp = value;
			break;
		case "no-new-privileges":
			result.noNewPrivileges = parseBoolean(value, option);
			break;
		case "writable-cgroups":
			result.writableCgroups = parseBoolean(value, option);
			break;
		case "systempaths":
			if (value !== "unconfined") throw invalid$4(2, option);
			result.unconfinedSystemPaths = true;
			break;
		default: throw invalid$4(2, option);
	}
}
function parseBoolean(value, option) {
	if (/^(1|t|T|TRUE|true|True)$/.test(value)) return true;
	if (/^(0|f|F|FALSE|false|False)$/.test(value)) return false;
	throw invalid$4(2, option);
}
const invalid$4 = (step, option) => new EngineError("invalid-parameter", `invalid --security-opt ${step}: ${JSON.stringify(option)}`);
// src/daemon/spec/spec-devices.ts
const allowed = (major, minor) => ({
	allow: true,
	type: "c",
	major,
	minor,
	access: "rwm"
});
/** Everything denied but zero, null, urandom, random, tty and console; fuse not even by default. */
const DEFAULT_RULES = [
	{
		allow: false,
		access: "rwm"
	},
	allowed(1, 5),
	allowed(1, 3),
	allowed(1, 9),
	allowed(1, 8),
	allowed(5, 0),
	allowed(5, 1),
	{
		...allowed(10, 229),
		allow: false
	}
];
/**
* The devices of a container beside the standard ones, and the rules for their use.
* @throws EngineError invalid-parameter for a malformed rule, system for a device that is not there
*/
function specDevices(hostConfig, source) {
	const mappings = (hostConfig.Devices ?? []).map((mapping) => {
		const host = mapping.PathOnHost ?? "";
		return {
			host,
			container: mapping.PathInContainer || host,
			access: mapping.CgroupPermissions || "rwm"
		};
	});
	if (hostConfig.Privileged) {
		const moved = mappings.filter(({ host, container }) => host !== container);
		return {
			devices: [...source.all(), ...moved.flatMap(({ host, container }) => relocated(source, host, container))],
			rules: [...DEFAULT_RULES, {
				allow: true,
				access: "rwm"
			}]
		};
	}
	const devices = [];
	const rules = [...DEFAULT_RULES];
	for (const { host, container, access } of mappings) for (const device of relocated(source, host, container)) {
		devices.push(device);
		const { type, major, minor } = device;
		if (type === "b" || type === "c") rules.push({
			allow: true,
			type,
			major,
			minor,
			access
		});
	}
	return {
		devices,
		rules: [...rules, ...(hostConfig.DeviceCgroupRules ?? []).map(parseDeviceRule)]
	};
}
function relocated(source, host, container) {
	return source.find(host).map((device) => ({
		...device,
		path: container + device.path.slice(host.length)
	}));
}
/** `c 1:* rwm`. @throws EngineError invalid-parameter, in Docker's words */
function parseDeviceRule(text) {
	const match = /^([acb]) (\d+|\*):(\d+|\*) ([rwm]{1,3})$/.exec(text);
	if (!match) throw new EngineError("invalid-parameter", `invalid device cgroup rule format: '${text}'`);
	const [, type, major, minor, access] = match;
	const number = (part) => part === "*" ? void 0 : Number(part);
	return {
		allow: true,
		type,
		major: number(major),
		minor: number(minor),
		access
	};
}
// src/daemon/spec/spec-namespaces.ts
/**
* The namespaces of a container by its modes: its own, another container's, or (left out) the host's. A
* network namespace of its own is brought by the network driver.
* @throws EngineError invalid-parameter, in Docker's words
*/
function specNamespaces({ hostConfig, joined = {} }) {
	const { NetworkMode = "", IpcMode = "", PidMode = "", UTSMode = "", CgroupnsMode = "" } = hostConfig;
	const own = (type) => [{ type }];
	const byMode = (type, mode, pid) => {
		if (mode === "host") return [];
		return mode.startsWith("container:") ? [{
			type,
			path: namespacePath(type, mode, pid)
		}] : own(type);
	};
	return [
		...own("mount"),
		...byMode("network", NetworkMode, joined.network),
		...UTSMode === "host" ? [] : own("uts"),
		...byMode("pid", PidMode, joined.pid),
		...byMode("ipc", IpcMode, joined.ipc),
		...CgroupnsMode === "private" ? own("cgroup") : []
	];
}
const FILES = { network: "net" };
function namespacePath(type, mode, pid) {
	if (!pid) throw new EngineError("system", `cannot join ${type} namespace of a non running container: ${mode.slice(10)}`);
	return `/proc/${pid}/ns/${FILES[type] ?? type}`;
}
// src/libcontainer/seccomp/docker-profile.ts
/**
* Reads a profile in Docker's format, and resolves its conditions.
* @returns undefined for a profile that says nothing: seccomp is off then
* @throws EngineError invalid-parameter
*/
function parseDockerProfile(json, context) {
	let profile;
	try {
		profile = JSON.parse(json, exactIntegers);
	} catch (error) {
		throw invalid$3(`Decoding seccomp profile failed: ${messageOf(error)}`);
	}
	if (typeof profile !== "object" || profile === null || Array.isArray(profile)) throw invalid$3("Decoding seccomp profile failed: not a JSON object");
	return applyDockerProfile(profile, context);
}
/** As {@link parseDockerProfile}, for a profile already read. */
function applyDockerProfile(profile, context) {
	const { archMap, syscalls, ...rest } = profile;
	const rules = syscalls ?? [];
	if (!rest.defaultAction && rules.length === 0) return void 0;
	if (rest.architectures?.length && archMap?.length) throw invalid$3("both 'architectures' and 'archMap' are specified in the seccomp profile, use either 'architectures' or 'archMap'");
	const native = NATIVE_NAMES[context.architecture] ?? NATIVE_NAMES.x64;
	const mapped = archMap?.find(({ architecture }) => architecture === native.seccomp);
	return {
		...rest,
		architectures: mapped ? [mapped.architecture, ...mapped.subArchitectures ?? []] : rest.architectures,
		syscalls: rules.map((rule) => ({
			rule,
			names: namesOf$1(rule)
		})).filter(({ rule }) => applies(rule, native.docker, context)).map(({ rule: { action, errnoRet, args }, names }) => ({
			names,
			action,
			...errnoRet === void 0 ? {} : { errnoRet },
			...args?.length ? { args } : {}
		}))
	};
}
const NATIVE_NAMES = {
	x64: {
		seccomp: "SCMP_ARCH_X86_64",
		docker: "amd64"
	},
	arm64: {
		seccomp: "SCMP_ARCH_AARCH64",
		docker: "arm64"
	}
};
const invalid$3 = (message) => new EngineError("invalid-parameter", message);
/** Argument values are 64 bits wide. */
function exactIntegers(_key, value, { source }) {
	return typeof value === "number" && !Number.isSafeInteger(value) && source !== void 0 && /^\d+$/.test(source) ? BigInt(source) : value;
}
function namesOf$1(rule) {
	if (!rule.name) return rule.names ?? [];
	if (rule.names?.length) throw invalid$3("both 'name' and 'names' are specified in the seccomp profile, use either 'name' or 'names'");
	return [rule.name];
}
function applies({ includes = {}, excludes = {} }, native, context) {
	const has = (capability) => context.capabilities.includes(capability);
	const isAtLeast = (version) => kernelAtLeast(context.kernelVersion, version);
	if (excludes.arches?.includes(native)) return false;
	if (excludes.caps?.some(has)) return false;
	if (excludes.minKernel && isAtLeast(excludes.minKernel)) return false;
	if (includes.arches?.length && !includes.arches.includes(native)) return false;
	if (includes.caps && !includes.caps.every(has)) return false;
	return !includes.minKernel || isAtLeast(includes.minKernel);
}
function kernelAtLeast(kernel, minimum) {
	const [major, minor] = majorAndMinor(kernel);
	const [minMajor, minMinor] = majorAndMinor(minimum);
	return major > minMajor || major === minMajor && minor >= minMinor;
}
function majorAndMinor(version) {
	const match = /^(\d+)\.(\d+)/.exec(version);
	if (!match) throw invalid$3(`invalid kernel version: ${JSON.stringify(version)}, expected "<kernel>.<major>"`);
	return [Number(match[1]), Number(match[2])];
}
// src/libcontainer/seccomp/default-profile.ts
/** What every container may call, whatever its capabilities. */
const ALWAYS = `
  accept accept4 access adjtimex alarm bind brk cachestat capget capset chdir chmod chown chown32
  clock_adjtime clock_adjtime64 clock_getres clock_getres_time64 clock_gettime clock_gettime64
  clock_nanosleep clock_nanosleep_time64 close close_range connect copy_file_range creat dup dup2 dup3
  epoll_create epoll_create1 epoll_ctl epoll_ctl_old epoll_pwait epoll_pwait2 epoll_wait epoll_wait_old
  eventfd eventfd2 execve execveat exit exit_group faccessat faccessat2 fadvise64 fadvise64_64 fallocate
  fanotify_mark fchdir fchmod fchmodat fchmodat2 fchown fchown32 fchownat fcntl fcntl64 fdatasync fgetxattr
  flistxattr flock fork fremovexattr fsetxattr fstat fstat64 fstatat64 fstatfs fstatfs64 fsync ftruncate
  ftruncate64 futex futex_requeue futex_time64 futex_wait futex_waitv futex_wake futimesat getcpu getcwd
  getdents getdents64 getegid getegid32 geteuid geteuid32 getgid getgid32 getgroups getgroups32 getitimer
  getpeername getpgid getpgrp getpid getppid getpriority getrandom getresgid getresgid32 getresuid
  getresuid32 getrlimit get_robust_list getrusage getsid getsockname getsockopt get_thread_area gettid
  gettimeofday getuid getuid32 getxattr getxattrat inotify_add_watch inotify_init inotify_init1
  inotify_rm_watch io_cancel ioctl io_destroy io_getevents io_pgetevents io_pgetevents_time64 ioprio_get
  ioprio_set io_setup io_submit ipc kill landlock_add_rule landlock_create_ruleset landlock_restrict_self
  lchown lchown32 lgetxattr link linkat listen listmount listxattr listxattrat llistxattr _llseek
  lremovexattr lseek lsetxattr lstat lstat64 madvise map_shadow_stack membarrier memfd_create memfd_secret
  mincore mkdir mkdirat mknod mknodat mlock mlock2 mlockall mmap mmap2 mprotect mq_getsetattr mq_notify
  mq_open mq_timedreceive mq_timedreceive_time64 mq_timedsend mq_timedsend_time64 mq_unlink mremap mseal
  msgctl msgget msgrcv msgsnd msync munlock munlockall munmap name_to_handle_at nanosleep newfstatat
  _newselect open openat openat2 pause pidfd_open pidfd_send_signal pipe pipe2 pkey_alloc pkey_free
  pkey_mprotect poll ppoll ppoll_time64 prctl pread64 preadv preadv2 prlimit64 process_mrelease pselect6
  pselect6_time64 pwrite64 pwritev pwritev2 read readahead readlink readlinkat readv recv recvfrom recvmmsg
  recvmmsg_time64 recvmsg remap_file_pages removexattr removexattrat rename renameat renameat2
  restart_syscall riscv_hwprobe rmdir rseq rt_sigaction rt_sigpending rt_sigprocmask rt_sigqueueinfo
  rt_sigreturn rt_sigsuspend rt_sigtimedwait rt_sigtimedwait_time64 rt_tgsigqueueinfo sched_getaffinity
  sched_getattr sched_getparam sched_get_priority_max sched_get_priority_min sched_getscheduler
  sched_rr_get_interval sched_rr_get_interval_time64 sched_setaffinity sched_setattr sched_setparam
  sched_setscheduler sched_yield seccomp select semctl semget semop semtimedop semtimedop_time64 send
  sendfile sendfile64 sendmmsg sendmsg sendto setfsgid setfsgid32 setfsuid setfsuid32 setgid setgid32
  setgroups setgroups32 setitimer setpgid setpriority setregid setregid32 setresgid setresgid32 setresuid
  setresuid32 setreuid setreuid32 setrlimit set_robust_list setsid setsockopt set_thread_area
  set_tid_address setuid setuid32 setxattr setxattrat shmat shmctl shmdt shmget shutdown sigaltstack
  signalfd signalfd4 sigprocmask sigreturn socketcall socketpair splice stat stat64 statfs statfs64
  statmount statx symlink symlinkat sync sync_file_range syncfs sysinfo tee tgkill time timer_create
  timer_delete timer_getoverrun timer_gettime timer_gettime64 timer_settime timer_settime64 timerfd_create
  timerfd_gettime timerfd_gettime64 timerfd_settime timerfd_settime64 times tkill truncate truncate64
  ugetrlimit umask uname unlink unlinkat uretprobe utime utimensat utimensat_time64 utimes vfork vmsplice
  wait4 waitid waitpid write writev
`;
const ENOSYS$1 = 38;
/** The CLONE_NEW* flags of clone(2), all but CLONE_NEWTIME. */
const NEW_NAMESPACES = 2114060288;
/** PER_LINUX, PER_LINUX32, UNAME26, both of the latter, and the query. */
const PERSONALITIES = [
	0,
	8,
	131072,
	131080,
	4294967295
];
const AF_VSOCK = 40;
/** Calls that come with a capability. */
const WITH_CAPABILITY = {
	CAP_DAC_READ_SEARCH: "open_by_handle_at",
	CAP_SYS_ADMIN: "bpf clone clone3 fanotify_init fsconfig fsmount fsopen fspick lookup_dcookie lsm_get_self_attr lsm_list_modules lsm_set_self_attr mount mount_setattr move_mount open_tree perf_event_open quotactl quotactl_fd setdomainname sethostname setns syslog umount umount2 unshare",
	CAP_SYS_BOOT: "reboot",
	CAP_SYS_CHROOT: "chroot",
	CAP_SYS_MODULE: "delete_module init_module finit_module",
	CAP_SYS_PACCT: "acct",
	CAP_SYS_PTRACE: "kcmp pidfd_getfd process_madvise process_vm_readv process_vm_writev ptrace",
	CAP_SYS_RAWIO: "iopl ioperm",
	CAP_SYS_TIME: "settimeofday stime clock_settime clock_settime64",
	CAP_SYS_TTY_CONFIG: "vhangup",
	CAP_SYS_NICE: "get_mempolicy mbind set_mempolicy set_mempolicy_home_node",
	CAP_SYSLOG: "syslog",
	CAP_BPF: "bpf",
	CAP_PERFMON: "perf_event_open"
};
const allow = (names) => ({
	names: names.trim().split(/\s+/),
	action: "SCMP_ACT_ALLOW"
});
/** Docker 28's default profile, as far as it concerns x86-64 and arm64. */
const DEFAULT_PROFILE = {
	defaultAction: "SCMP_ACT_ERRNO",
	defaultErrnoRet: 1,
	archMap: [{
		architecture: "SCMP_ARCH_X86_64",
		subArchitectures: ["SCMP_ARCH_X86", "SCMP_ARCH_X32"]
	}, {
		architecture: "SCMP_ARCH_AARCH64",
		subArchitectures: ["SCMP_ARCH_ARM"]
	}],
	syscalls: [
		allow(ALWAYS),
		{
			...allow("process_vm_readv process_vm_writev ptrace"),
			includes: { minKernel: "4.8" }
		},
		{
			...allow("socket"),
			args: [{
				index: 0,
				value: AF_VSOCK,
				op: "SCMP_CMP_NE"
			}]
		},
		...PERSONALITIES.map((value) => ({
			...allow("personality"),
			args: [{
				index: 0,
				value,
				op: "SCMP_CMP_EQ"
			}]
		})),
		{
			...allow("arm_fadvise64_64 arm_sync_file_range sync_file_range2 breakpoint cacheflush set_tls"),
			includes: { arches: ["arm", "arm64"] }
		},
		{
			...allow("arch_prctl"),
			includes: { arches: ["amd64", "x32"] }
		},
		{
			...allow("modify_ldt"),
			includes: { arches: [
				"amd64",
				"x32",
				"x86"
			] }
		},
		{
			...allow("clone"),
			args: [{
				index: 0,
				value: NEW_NAMESPACES,
				op: "SCMP_CMP_MASKED_EQ"
			}],
			excludes: { caps: ["CAP_SYS_ADMIN"] }
		},
		{
			names: ["clone3"],
			action: "SCMP_ACT_ERRNO",
			errnoRet: ENOSYS$1,
			excludes: { caps: ["CAP_SYS_ADMIN"] }
		},
		...Object.entries(WITH_CAPABILITY).map(([capability, names]) => ({
			...allow(names),
			includes: { caps: [capability] }
		}))
	]
};
const cache = /* @__PURE__ */ new Map();
/**
* The seccomp section that Docker 28 gives a container without `--security-opt seccomp`. The same frozen object
* for the same context.
*/
function defaultSeccompProfile(context) {
	const { architecture, kernelVersion, capabilities } = context;
	const key = [
		architecture,
		kernelVersion,
		...Object.keys(WITH_CAPABILITY).filter((capability) => capabilities.includes(capability))
	].join(" ");
	const profile = cache.get(key) ?? deepFreeze(applyDockerProfile(DEFAULT_PROFILE, context));
	cache.set(key, profile);
	return profile;
}
function deepFreeze(value) {
	if (typeof value === "object" && value !== null) for (const part of Object.values(value)) deepFreeze(part);
	return Object.freeze(value);
}
// src/daemon/spec/spec-seccomp.ts
/**
* The seccomp section: Docker's default profile, the one given, or none (`unconfined`, and a privileged
* container that asks for nothing).
* @throws EngineError invalid-parameter for a broken profile
*/
function specSeccomp({ hostConfig, host }, { seccomp = "" }, capabilities) {
	const context = {
		architecture: host.architecture,
		kernelVersion: host.kernelVersion,
		capabilities
	};
	const isOwn = seccomp !== "" && seccomp !== "builtin";
	if (seccomp === "unconfined") return void 0;
	if (hostConfig.Privileged) return isOwn ? parseDockerProfile(seccomp, context) : void 0;
	if (!host.seccomp) {
		if (!isOwn) return void 0;
		throw new EngineError("invalid-parameter", "seccomp is not enabled in your kernel, cannot run a custom seccomp profile");
	}
	return isOwn ? parseDockerProfile(seccomp, context) : defaultSeccompProfile(context);
}
// src/daemon/spec/spec-sysctls.ts
const IPC_KEYS = new Set("msgmax msgmnb msgmni sem shmall shmmax shmmni shm_rmid_forced".split(" ").map((name) => `kernel.${name}`));
/**
* The sysctls of a container: Docker's defaults for a network namespace of its own (ping without a
* capability, low ports for everybody), and those asked for.
* @throws EngineError invalid-parameter for one that would reach beyond the container
*/
function specSysctls({ hostConfig, host }, namespaces) {
	const mode = hostConfig.NetworkMode ?? "";
	const defaults = Object.entries({
		"net.ipv4.ping_group_range": "0 2147483647",
		"net.ipv4.ip_unprivileged_port_start": "0"
	}).filter(([key]) => mode !== "host" && !mode.startsWith("container:") && host.hasSysctl(key));
	const asked = hostConfig.Sysctls ?? {};
	const has = (type) => namespaces.some((namespace) => namespace.type === type);
	for (const key of Object.keys(asked)) checkSysctl(key, has);
	return {
		...Object.fromEntries(defaults),
		...asked
	};
}
function checkSysctl(key, has) {
	const quoted = JSON.stringify(key);
	if (IPC_KEYS.has(key) || key.startsWith("fs.mqueue.")) {
		if (!has("ipc")) throw invalid$2(`sysctl ${quoted} is not allowed in the hosts ipc namespace`);
	} else if (key.startsWith("net.")) {
		if (!has("network")) throw invalid$2(`sysctl ${quoted} not allowed in host network namespace`);
	} else if (key === "kernel.hostname" && has("uts")) throw invalid$2(`sysctl ${quoted} is not allowed as it conflicts with the OCI "hostname" field`);
	else if (key !== "kernel.domainname" || !has("uts")) throw invalid$2(`sysctl ${quoted} is not in a separate kernel namespace`);
}
const invalid$2 = (message) => new EngineError("invalid-parameter", message);
// src/daemon/spec/system-paths.ts
const CPUS = "/sys/devices/system/cpu";
/** Hidden in a container. */
const MASKED_PATHS = [
	"/proc/asound",
	"/proc/acpi",
	"/proc/interrupts",
	"/proc/kcore",
	"/proc/keys",
	"/proc/latency_stats",
	"/proc/timer_list",
	"/proc/timer_stats",
	"/proc/sched_debug",
	"/proc/scsi",
	"/sys/firmware",
	"/sys/devices/virtual/powercap"
];
/** Hidden in a container: what leaks the host's secrets or its activity, as far as this host has it. */
function defaultMaskedPaths() {
	const throttling = (existsSync(CPUS) ? readdirSync(CPUS).filter((name) => /^cpu\d+$/.test(name)) : []).map((name) => `${CPUS}/${name}/thermal_throttle`).filter((path) => existsSync(path));
	return [...MASKED_PATHS, ...throttling];
}
/** Not to be written in a container: what changes the host. */
const DEFAULT_READONLY_PATHS = [
	"/proc/bus",
	"/proc/fs",
	"/proc/irq",
	"/proc/sys",
	"/proc/sysrq-trigger"
];
// src/daemon/spec/tweak-capabilities.ts
/**
* The capabilities of a container by `--cap-add`, `--cap-drop` and `--privileged`.
* @param available what the engine itself has: `ALL` means these
* @throws EngineError invalid-parameter, in Docker's words
*/
function tweakCapabilities({ CapAdd, CapDrop, Privileged }, available) {
	if (Privileged) return [...available];
	const added = (CapAdd ?? []).map((name) => checked(name, available));
	const dropped = new Set((CapDrop ?? []).map((name) => checked(name, available)));
	if (added.includes("ALL")) return available.filter((name) => !dropped.has(name));
	if (dropped.has("ALL")) return unique(added);
	return unique([...DEFAULT_CAPABILITIES.filter((name) => !dropped.has(name)), ...added]);
}
const unique = (names) => [...new Set(names)];
function checked(name, available) {
	const normal = normalCapability(name);
	const shown = JSON.stringify(name.toUpperCase().replace(/^(CAP_)?/, "CAP_"));
	if (normal === void 0) throw new EngineError("invalid-parameter", `unknown capability: ${shown}`);
	if (normal !== "ALL" && !available.includes(normal)) throw new EngineError("invalid-parameter", `capability not supported by your kernel or not available in the current environment: ${shown}`);
	return normal;
}
// src/daemon/spec/to-runtime-spec.ts
const OCI_VERSION = "1.2.0";
const DEFAULT_CGROUP_PARENT$1 = "/slipway";
/**
* The OCI runtime spec of a Docker container, equal in effect to dockerd 28's. It reads nothing but what
* `input` gives, whose host facts answer for devices and mounts.
* @throws EngineError invalid-parameter or system, in Docker's words
*/
function toRuntimeSpec(input) {
	const { config, hostConfig, host } = input;
	const security = parseSecurityOptions(hostConfig.SecurityOpt);
	const capabilities = tweakCapabilities(hostConfig, host.capabilities);
	const { devices, rules } = specDevices(hostConfig, host.devices);
	const namespaces = specNamespaces(input);
	const hasOwnNames = hostConfig.UTSMode !== "host";
	const isUnmasked = hostConfig.Privileged || security.unconfinedSystemPaths;
	return {
		ociVersion: OCI_VERSION,
		process: specProcess(input, security, capabilities),
		root: {
			path: "rootfs",
			readonly: hostConfig.ReadonlyRootfs ?? false
		},
		...hasOwnNames && config.Hostname ? { hostname: config.Hostname } : {},
		...hasOwnNames && config.Domainname ? { domainname: config.Domainname } : {},
		mounts: specMounts(input, security),
		...hostConfig.Annotations ? { annotations: hostConfig.Annotations } : {},
		linux: {
			namespaces,
			devices,
			cgroupsPath: input.cgroupsPath ?? cgroupsPath(input),
			resources: {
				...specResources(hostConfig, host.devices),
				devices: rules
			},
			rootfsPropagation: rootPropagation$1(input.mounts),
			seccomp: specSeccomp(input, security, capabilities),
			sysctl: specSysctls(input, namespaces),
			maskedPaths: isUnmasked ? [] : hostConfig.MaskedPaths ?? [...host.maskedPaths],
			readonlyPaths: isUnmasked ? [] : hostConfig.ReadonlyPaths ?? [...DEFAULT_READONLY_PATHS]
		}
	};
}
function cgroupsPath({ id, hostConfig }) {
	return posix.join(hostConfig.CgroupParent || DEFAULT_CGROUP_PARENT$1, id);
}
// src/daemon/start/resolv-conf.ts
/** Where systemd-resolved keeps the servers that its own stub, on loopback, asks. */
const UPSTREAM_FILE = "/run/systemd/resolve/resolv.conf";
const FALLBACK_SERVERS = ["8.8.8.8", "8.8.4.4"];
const LOOPBACK = /^(127\.|::1$)/;
/** The host's resolv.conf, or that of systemd-resolved's upstream. '' when there is none. */
function hostResolvConf() {
	const content = readIfPresent("/etc/resolv.conf");
	const { servers } = parseResolvConf(content);
	return servers.length === 1 && servers[0] === "127.0.0.53" ? readIfPresent(UPSTREAM_FILE) : content;
}
/**
* A container's resolv.conf (resolv.conf(5)): what it asked for, and the host's settings for the rest. Servers on
* the host's loopback cannot be reached from a namespace of its own; without any other, public ones take their
* place, as in Docker.
*/
function resolvConf(host, wanted) {
	const own = parseResolvConf(host);
	const reachable = own.servers.filter((server) => !LOOPBACK.test(server));
	const servers = wanted.servers.length > 0 ? wanted.servers : reachable;
	const search = (wanted.search.length > 0 ? wanted.search : own.search).filter((domain) => domain !== ".");
	const options = wanted.options.length > 0 ? wanted.options : own.options;
	const lines = (servers.length > 0 ? servers : FALLBACK_SERVERS).map((server) => `nameserver ${server}`);
	if (search.length > 0) lines.push(`search ${search.join(" ")}`);
	if (options.length > 0) lines.push(`options ${options.join(" ")}`);
	return `${lines.join("\n")}\n`;
}
function parseResolvConf(content) {
	const result = {
		servers: [],
		search: [],
		options: []
	};
	for (const line of content.split("\n")) {
		const [keyword, ...values] = line.replace(/[#;].*$/, "").trim().split(/\s+/);
		if (keyword === "nameserver") result.servers.push(...values.slice(0, 1));
		else if (keyword === "search" || keyword === "domain") result.search = values;
		else if (keyword === "options") result.options.push(...values);
	}
	return result;
}
function readIfPresent(path) {
	try {
		return readFileSync(path, "utf8");
	} catch (error) {
		if (errorCode(error) === "ENOENT") return "";
		throw error;
	}
}
// src/daemon/start/host-files.ts
const HOSTS = `127.0.0.1\tlocalhost
::1\tlocalhost ip6-localhost ip6-loopback
fe00::\tip6-localnet
ff00::\tip6-mcastprefix
ff02::1\tip6-allnodes
ff02::2\tip6-allrouters
`;
/**
* Writes the container's /etc/hostname, /etc/hosts and /etc/resolv.conf. A container that shares another's
* network uses that one's files (see {@link hostFilesOwner}).
*/
function writeHostFiles(daemon, container) {
	const { id, config, hostConfig } = container.record;
	const mode = hostConfig.NetworkMode ?? "";
	if (mode.startsWith("container:")) return;
	const write = (name, content) => writeFileSync(hostFilePath(daemon.options, id, name), content, { mode: 420 });
	write("hostname", `${config.Hostname ?? ""}\n`);
	write("hosts", mode === "host" ? readFileSync("/etc/hosts", "utf8") : hostsFile(daemon, container));
	const { options } = daemon;
	const host = hostResolvConf();
	const wanted = {
		servers: orDefault(hostConfig.Dns, options.dns),
		search: orDefault(hostConfig.DnsSearch, options.dnsSearch),
		options: orDefault(hostConfig.DnsOptions, options.dnsOptions)
	};
	const isUntouched = Object.values(wanted).every((list) => list.length === 0);
	write("resolv.conf", mode === "host" && isUntouched ? host : resolvConf(host, wanted));
}
function orDefault(own, fallback) {
	return own?.length ? [...own] : fallback;
}
/** Whose files are mounted: the container's own, or those of the one whose network it shares. */
function hostFilesOwner({ record: { id, hostConfig } }) {
	const mode = hostConfig.NetworkMode ?? "";
	return mode.startsWith("container:") ? mode.slice(10) : id;
}
function hostsFile(daemon, { record, state }) {
	const { Hostname: hostname = "", Domainname: domain = "" } = record.config;
	const names = domain === "" ? hostname : `${hostname}.${domain} ${hostname}`;
	const extra = (record.hostConfig.ExtraHosts ?? []).map((entry) => extraHost(daemon, entry));
	const own = state.endpoints.filter(({ endpoint }) => endpoint.ipv4Address !== "").map(({ endpoint }) => `${endpoint.ipv4Address}\t${names}\n`);
	return [
		HOSTS,
		...extra,
		...own
	].join("");
}
/** `name:address`, `name=address`; the address may be `host-gateway`. */
function extraHost({ networks }, entry) {
	const [, name = "", given = ""] = /^([^:=]+)[:=](.+)$/.exec(entry) ?? [];
	return `${given === "host-gateway" ? networks.find("bridge").gateway : given.replace(/^\[(.*)\]$/, "$1")}\t${name}\n`;
}
// src/daemon/start/build-spec.ts
const DEFAULT_CGROUP_PARENT = "/slipway";
/** The runtime spec of a container's next run. @throws EngineError in Docker's words */
async function buildSpec(daemon, container, layer) {
	const { options } = daemon;
	const { id, config, hostConfig, mounts } = container.record;
	const owner = hostFilesOwner(container);
	const parent = hostConfig.CgroupParent || options.cgroupParent || DEFAULT_CGROUP_PARENT;
	const spec = toRuntimeSpec({
		id,
		config,
		hostConfig: effectiveHostConfig(daemon, hostConfig),
		user: resolveUser(config.User ?? "", await accountFiles(layer), hostConfig.GroupAdd ?? []),
		mounts: mounts.map((mount) => ({
			...mount,
			source: posix.join(mount.source, mount.subpath)
		})),
		resolvConfPath: hostFilePath(options, owner, "resolv.conf"),
		hostnamePath: hostFilePath(options, owner, "hostname"),
		hostsPath: hostFilePath(options, owner, "hosts"),
		cgroupsPath: posix.join(parent, id),
		initPath: options.initPath,
		joined: {
			network: pidOf(daemon, hostConfig.NetworkMode),
			ipc: ipcPidOf(daemon, hostConfig.IpcMode),
			pid: pidOf(daemon, hostConfig.PidMode)
		},
		host: daemon.hostFacts
	});
	container.process = spec.process;
	return spec;
}
/** The process of an exec. @throws EngineError invalid-parameter, in Docker's words */
async function buildExecProcess(daemon, container, exec) {
	container.layer ??= await daemon.graph.openContainerLayer(container.id);
	const { config, hostConfig } = container.record;
	const { process = (await buildSpec(daemon, container, container.layer)).process } = container;
	if (process === void 0) throw conflict(`container ${container.id} is not running`);
	if (exec.WorkingDir && !exec.WorkingDir.startsWith("/")) throw invalid$7("OCI runtime exec failed: exec failed: Cwd must be an absolute path");
	const accounts = await accountFiles(container.layer);
	const user = resolveUser(exec.User || config.User || "", accounts, hostConfig.GroupAdd ?? []);
	return execProcess({
		exec,
		config,
		process,
		...exec.User ? { user } : {},
		home: user.home,
		available: daemon.hostFacts.capabilities
	});
}
/** Limits, for `docker update`. */
function resourcesOf(daemon, resources) {
	return specResources(resources, daemon.hostFacts.devices);
}
async function accountFiles(layer) {
	const [passwd, group] = await Promise.all([layer.readFile("/etc/passwd"), layer.readFile("/etc/group")]);
	return {
		passwd: passwd?.toString(),
		group: group?.toString()
	};
}
/** With the engine's own limits for files, and the host's network where a container shares that. */
function effectiveHostConfig({ options, containers }, hostConfig) {
	const own = hostConfig.Ulimits ?? [];
	const names = new Set(own.map(({ Name }) => Name));
	const mode = hostConfig.NetworkMode ?? "";
	const target = mode.startsWith("container:") ? containers.lookup(mode.slice(10)) : void 0;
	return {
		...hostConfig,
		Ulimits: [...own, ...options.ulimits.filter(({ Name }) => !names.has(Name))],
		...target?.record.hostConfig.NetworkMode === "host" ? { NetworkMode: "host" } : {}
	};
}
/** As {@link pidOf}; the other container must have agreed to share. */
function ipcPidOf(daemon, mode) {
	const pid = pidOf(daemon, mode);
	if (pid === void 0 || mode === void 0) return void 0;
	const { id, record } = daemon.containers.find(mode.slice(10));
	if (record.hostConfig.IpcMode !== "shareable") throw invalid$7(`can't join IPC of container ${id}: non-shareable IPC (hint: use IpcMode:shareable for the donor container)`);
	return pid;
}
/** Of the container that a mode `container:X` names. @throws EngineError not-found, conflict */
function pidOf({ containers }, mode) {
	if (!mode?.startsWith("container:")) return void 0;
	const target = containers.find(mode.slice(10));
	if (target.state.status !== "running") throw conflict(`container ${target.id} is not running`);
	return target.state.pid;
}
// src/daemon/exec/exec.ts
/** A second process in a container: asked for, running, or over. */
var Exec = class {
	record;
	container;
	process;
	/** What is to be executed; built when the exec is created, so that a bad user is told then. */
	spec;
	bridge;
	#exited = Promise.withResolvers();
	constructor(record, container) {
		this.record = record;
		this.container = container;
		if (record.state === "exited") this.#exited.resolve();
	}
	get id() {
		return this.record.id;
	}
	/** Settles when it is over. */
	get exited() {
		return this.#exited.promise;
	}
	get command() {
		return (this.record.config.Cmd ?? []).join(" ");
	}
	settle({ code }) {
		Object.assign(this.record, {
			state: "exited",
			exitCode: code,
			pid: 0
		});
		this.bridge?.drain();
		this.#exited.resolve();
	}
	/** The shim ends with the container: what the client has not read yet must be taken out of it. */
	containerExited() {
		this.bridge?.drain();
	}
	inspect() {
		const { id, config, state, exitCode, pid } = this.record;
		const [entrypoint = "", ...args] = config.Cmd ?? [];
		return {
			ID: id,
			Running: state === "running",
			ExitCode: exitCode,
			ProcessConfig: {
				tty: config.Tty ?? false,
				entrypoint,
				arguments: args,
				privileged: config.Privileged ?? false,
				...config.User ? { user: config.User } : {}
			},
			OpenStdin: config.AttachStdin ?? false,
			OpenStderr: config.AttachStderr ?? false,
			OpenStdout: config.AttachStdout ?? false,
			CanRemove: state === "exited",
			ContainerID: this.container.id,
			DetachKeys: config.DetachKeys ?? "",
			Pid: pid
		};
	}
};
// src/daemon/exec/create-exec.ts
/**
* Notes what is to be executed in a running container.
* @throws EngineError conflict, invalid-parameter, in Docker's words
*/
async function createExec(daemon, container, reference, config) {
	checkExecutable(container, reference);
	if (!config.Cmd?.length) throw invalid$7("No exec command specified");
	checkEnvironment(config.Env);
	parseDetachKeys(config.DetachKeys ?? "");
	const exec = new Exec({
		id: newId(),
		config,
		state: "created",
		exitCode: null,
		pid: 0
	}, container);
	exec.spec = await buildExecProcess(daemon, container, config);
	container.execs.set(exec.id, exec);
	daemon.store.saveExec(exec.id, container.id, exec.record);
	containerEvent(daemon, container, `exec_create: ${exec.command}`, { execID: exec.id });
	return exec;
}
/** @throws EngineError not-found */
function findExec({ containers }, id) {
	for (const container of containers.all()) {
		const exec = container.execs.get(id);
		if (exec !== void 0) return exec;
	}
	throw notFound$2(`No such exec instance: ${id}`);
}
/** @throws EngineError conflict */
function checkExecutable(container, reference) {
	const { status } = container.state;
	if (!container.isRunning) throw conflict(`container ${container.id} is not running`);
	if (status === "paused") throw conflict(`Container ${reference} is paused, unpause the container before exec`);
	if (status === "restarting") throw conflict(`Container ${container.id} is restarting, wait until the container is running`);
}
// src/execdriver/start-error.ts
/** The process could not be executed. `reason` decides the exit code: 127 for not-found, 126 otherwise. */
var StartError = class extends EngineError {
	reason;
	constructor(reason, message) {
		super("invalid-parameter", message);
		this.name = "StartError";
		this.reason = reason;
	}
};
// src/daemon/start/start-failure.ts
const CREATE$1 = "failed to create task for container: failed to create shim task: OCI runtime create failed";
const RUNTIME = "runc create failed";
const EXEC = "OCI runtime exec failed: exec failed: unable to start container process";
const INIT = /^unable to start container process: error during container init: /;
/** Docker's exit code for a container that could not be started: it is what `docker run` exits with. */
function startExitCode(error) {
	if (!(error instanceof StartError)) return /no such file or directory/.test(messageOf(error)) ? 127 : 128;
	return error.reason === "not-found" ? 127 : 126;
}
/** What the exec driver says of a container, in the words that the docker CLI and scripts look for. */
function describeStartFailure(error) {
	if (!(error instanceof EngineError)) return error;
	return withMessage(error, `${CREATE$1}: ${RUNTIME}: ${error.message}`);
}
/** As {@link describeStartFailure}, of a process started by `exec`. */
function describeExecFailure(error) {
	if (!(error instanceof EngineError) || error.kind === "conflict") return error;
	return withMessage(error, `${EXEC}: ${messageOf(error).replace(INIT, "")}`);
}
function withMessage(error, message) {
	return error instanceof StartError ? new StartError(error.reason, message) : new EngineError(error.kind, message, { cause: error });
}
// src/daemon/exec/start-exec.ts
/** How long a finished exec can still be inspected. */
const KEPT_MS = 3e5;
/**
* Starts what {@link createExec} noted: at once when detached; otherwise when the session runs, so that what
* fails can be told on the client's stream, as Docker does.
* @throws EngineError conflict
*/
async function startExec(daemon, exec, { Detach: detached = false, ConsoleSize: size }) {
	const { container, record } = exec;
	if (record.state === "exited") throw conflict(`exec command ${exec.id} has already run`);
	if (record.state === "running" || exec.process !== void 0) throw conflict(`exec command ${exec.id} is already running`);
	checkExecutable(container, container.id);
	const [rows, columns] = size ?? record.config.ConsoleSize ?? [];
	if (detached) {
		await start(daemon, exec, {
			rows,
			columns,
			attach: false
		});
		return;
	}
	return {
		multiplexed: !record.config.Tty,
		run: async (client) => {
			await (await start(daemon, exec, {
				rows,
				columns,
				attach: true
			}, client))?.done;
		}
	};
}
/** @throws EngineError in the words of Docker */
async function start(daemon, exec, options, client) {
	const { container, record } = exec;
	let process;
	containerEvent(daemon, container, `exec_start: ${exec.command}`, { execID: exec.id });
	try {
		process = await createProcess(daemon, exec, options);
		exec.process = process;
		if (client !== void 0) exec.bridge = await connect$1(exec, process, client);
		await process.start();
	} catch (error) {
		fail(daemon, exec, error);
		throw describeExecFailure(error);
	}
	Object.assign(record, {
		state: "running",
		pid: process.pid
	});
	daemon.store.saveExec(exec.id, container.id, record);
	watchExec(daemon, exec, process);
	return exec.bridge;
}
async function createProcess(daemon, { id, container, record, spec }, { rows, columns, attach }) {
	const { runtime } = container;
	if (runtime === void 0) throw conflict(`container ${container.id} is not running`);
	const { Tty: terminal = false, AttachStdin: stdin = false } = record.config;
	return runtime.exec({
		id,
		process: spec ?? await buildExecProcess(daemon, container, record.config),
		io: {
			terminal,
			stdin: stdin && attach,
			stdinOnce: stdin && attach,
			...rows && columns ? {
				rows,
				columns
			} : {}
		}
	});
}
async function connect$1({ record: { config } }, process, client) {
	const { Tty: terminal = false, AttachStdin: stdin = false } = config;
	const { AttachStdout: stdout = false, AttachStderr: stderr = false } = config;
	return new StreamBridge({
		client,
		upstream: await process.attach({
			stdin,
			stdout,
			stderr
		}),
		terminal,
		stdin,
		closeStdin: true,
		detachKeys: parseDetachKeys(config.DetachKeys ?? "")
	});
}
/** Notes its exit, whenever that comes. */
function watchExec(daemon, exec, process) {
	const { container } = exec;
	process.exited.then((status) => {
		if (daemon.closing.aborted) return;
		exec.settle(status);
		if (container.isRemoved) return;
		daemon.store.saveExec(exec.id, container.id, exec.record);
		containerEvent(daemon, container, "exec_die", {
			execID: exec.id,
			exitCode: String(status.code)
		});
		forgetLater(daemon, exec);
	});
}
function fail(daemon, exec, error) {
	const code = startExitCode(error);
	exec.bridge?.abandon();
	exec.settle({ code });
	daemon.store.saveExec(exec.id, exec.container.id, exec.record);
	containerEvent(daemon, exec.container, "exec_die", {
		execID: exec.id,
		exitCode: String(code)
	});
	forgetLater(daemon, exec);
}
function forgetLater(daemon, { id, container }) {
	setTimeout(() => {
		if (daemon.closing.aborted || !container.execs.delete(id)) return;
		daemon.store.removeExec(id);
	}, KEPT_MS).unref();
}
// src/daemon/filters.ts
/** @throws EngineError invalid-parameter for a key that is not in `known` */
function checkFilters(filters, known) {
	for (const key of filters.keys()) if (!known.includes(key)) throw invalid$7(`invalid filter '${key}'`);
}
/** Whether there is no filter of that key, or one of its values is equal to one of `candidates`. */
function matchesExactly(filters, key, ...candidates) {
	const values = filters.get(key) ?? [];
	return values.length === 0 || values.some((value) => candidates.includes(value));
}
/** As {@link matchesExactly}, but each value is a regular expression, found anywhere in `candidate`. */
function matchesPattern(filters, key, ...candidates) {
	const values = filters.get(key) ?? [];
	return values.length === 0 || values.some((value) => candidates.some((one) => found(value, one)));
}
function found(pattern, candidate) {
	if (pattern === candidate) return true;
	try {
		return new RegExp(pattern).test(candidate);
	} catch {
		return candidate.includes(pattern);
	}
}
/** `label=key` and `label=key=value`: all of them must match. */
function matchesLabels(filters, labels, key = "label") {
	return (filters.get(key) ?? []).every((wanted) => hasLabel(labels ?? {}, wanted));
}
/** `label!=…`: none of them may match. */
function avoidsLabels(filters, labels) {
	return !(filters.get("label!") ?? []).some((unwanted) => hasLabel(labels ?? {}, unwanted));
}
function hasLabel(labels, wanted) {
	const equals = wanted.indexOf("=");
	if (equals < 0) return wanted in labels;
	return labels[wanted.slice(0, equals)] === wanted.slice(equals + 1);
}
const TRUE = [
	"1",
	"t",
	"T",
	"true",
	"TRUE",
	"True"
];
const FALSE = [
	"0",
	"f",
	"F",
	"false",
	"FALSE",
	"False"
];
/** @throws EngineError invalid-parameter, in Docker's words */
function booleanFilter(filters, key, fallback) {
	const values = filters.get(key) ?? [];
	if (values.length === 0) return fallback;
	if (values.every((value) => TRUE.includes(value))) return true;
	if (values.every((value) => FALSE.includes(value))) return false;
	throw invalid$7(`invalid filter '${key}=[${values.join(" ")}]'`);
}
// src/daemon/until-filter.ts
const UNIT_NS = {
	ns: 1,
	us: 1e3,
	µs: 1e3,
	ms: 1e6,
	s: 1e9,
	m: 6e10,
	h: 36e11
};
/**
* The moment of prune's `until` filter, in nanoseconds: a Go duration before now (`24h`), a Unix time, or an
* RFC 3339 time.
* @throws EngineError invalid-parameter
*/
function untilTime(filters) {
	const values = filters.get("until") ?? [];
	const [value] = values;
	if (value === void 0) return void 0;
	if (values.length > 1) throw invalid$7("more than one until filter specified");
	const duration = goDuration(value);
	if (duration !== void 0) return nowNs() - duration;
	if (/^\d+(\.\d+)?$/.test(value)) return BigInt(Math.round(Number(value) * 1e9));
	try {
		return parseTime(/T/.test(value) ? value : `${value}T00:00:00Z`);
	} catch {
		throw invalid$7(`failed to parse value "${value}" as time or duration`);
	}
}
function goDuration(text) {
	const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)/g)];
	if (parts.length === 0 || parts.map(([part]) => part).join("") !== text) return void 0;
	const ns = parts.reduce((sum, [, value, unit = "s"]) => sum + Number(value) * (UNIT_NS[unit] ?? 0), 0);
	return BigInt(Math.round(ns));
}
// src/daemon/images/describe-image.ts
/** `docker image inspect`. */
function describeImage(image, graph) {
	const { config } = image;
	const { config: defaults } = config;
	return {
		Id: image.id,
		RepoTags: image.repoTags,
		RepoDigests: image.repoDigests,
		Parent: "",
		Comment: config.comment ?? config.history?.at(-1)?.comment ?? "",
		Created: config.created ?? "0001-01-01T00:00:00Z",
		DockerVersion: config.docker_version ?? "",
		Author: config.author ?? "",
		Config: defaults === void 0 ? null : imageConfig(defaults),
		Architecture: config.architecture,
		...config.variant ? { Variant: config.variant } : {},
		Os: config.os,
		...config["os.version"] ? { OsVersion: config["os.version"] } : {},
		Size: image.sizeBytes,
		GraphDriver: {
			Name: graph.driverName,
			Data: graph.driverDataOf(image)
		},
		RootFS: {
			Type: config.rootfs.type,
			Layers: config.rootfs.diff_ids
		},
		Metadata: { LastTagTime: image.lastTaggedAt ?? "0001-01-01T00:00:00Z" }
	};
}
function imageConfig(defaults) {
	return {
		...defaults,
		Cmd: defaults.Cmd ?? null,
		Entrypoint: defaults.Entrypoint ?? null,
		Env: defaults.Env ?? null,
		Labels: defaults.Labels ?? null,
		OnBuild: defaults.OnBuild ?? null,
		User: defaults.User ?? "",
		Volumes: defaults.Volumes ?? null,
		WorkingDir: defaults.WorkingDir ?? ""
	};
}
/** One of `docker images`. `containers`: how many use it, -1 when that was not asked for. */
function summarizeImage(image, options) {
	const { id, config, repoTags, repoDigests, sizeBytes } = image;
	return {
		Id: id,
		ParentId: "",
		RepoTags: repoTags,
		RepoDigests: repoDigests,
		Created: Math.floor(Date.parse(config.created ?? "0001-01-01T00:00:00Z") / 1e3),
		Size: sizeBytes,
		SharedSize: options.sharedSize,
		Labels: config.config?.Labels ?? null,
		Containers: options.containers
	};
}
// src/daemon/images/list-images.ts
const KNOWN$2 = [
	"dangling",
	"label",
	"label!",
	"before",
	"since",
	"reference",
	"until"
];
/** `docker images`, newest first. @throws EngineError invalid-parameter, not-found for bad filters */
async function listImages(daemon, { filters }) {
	checkFilters(filters, KNOWN$2);
	const matches = await imageFilter(daemon, filters);
	const references = filters.get("reference") ?? [];
	return (await daemon.graph.list()).filter(matches).map((image) => ({
		...image,
		repoTags: onlyMatching(image.repoTags, references)
	})).map((image) => summarizeImage(image, {
		sharedSize: -1,
		containers: imageUsers(daemon, image.id).length
	})).sort((a, b) => b.Created - a.Created);
}
/** What the filters of `images` and `image prune` select. */
async function imageFilter({ graph }, filters) {
	const createdOf = async (name) => createdMs(await graph.resolve(name));
	const before = await Promise.all((filters.get("before") ?? []).map(createdOf));
	const since = await Promise.all((filters.get("since") ?? []).map(createdOf));
	const until = untilTime(filters);
	const isDangling = filters.has("dangling") ? booleanFilter(filters, "dangling", false) : void 0;
	const references = filters.get("reference") ?? [];
	return (image) => {
		const labels = image.config.config?.Labels;
		return (isDangling === void 0 || isDangling === (image.repoTags.length === 0)) && before.every((time) => createdMs(image) < time) && since.every((time) => createdMs(image) > time) && (until === void 0 || BigInt(createdMs(image)) * 1000000n < until) && matchesLabels(filters, labels) && avoidsLabels(filters, labels) && (references.length === 0 || onlyMatching(image.repoTags, references).length > 0);
	};
}
/** Containers that were made from an image. */
function imageUsers({ containers }, imageId) {
	return containers.all().filter(({ record }) => record.imageId === imageId).map(({ id, isRunning }) => ({
		id,
		running: isRunning
	}));
}
function createdMs(image) {
	return Date.parse(image.config.created ?? "1970-01-01T00:00:00Z");
}
function onlyMatching(tags, patterns) {
	if (patterns.length === 0) return [...tags];
	return tags.filter((tag) => patterns.some((pattern) => matchesReference(pattern, tag)));
}
/** Go's path.Match on the familiar name, with or without the tag. */
function matchesReference(pattern, tag) {
	const expression = new RegExp(`^${pattern.replace(/[.+^${}()|\\]/g, "\\$&").replaceAll("*", "[^/]*").replaceAll("?", "[^/]")}$`);
	return expression.test(tag) || expression.test(tag.slice(0, tag.lastIndexOf(":")));
}
// src/daemon/images/images.ts
/** What the engine can make itself, by the name one would pull. */
const BUILT_IN = /^(?:docker\.io\/)?(?:library\/)?hello(?::latest)?$/;
function imageEvent({ events }, action, id, name) {
	events.publish({
		Type: "image",
		Action: action,
		id,
		attributes: { name }
	});
}
async function tagImage$1(daemon, reference, target) {
	await daemon.graph.tag(reference, target);
	const { id } = await daemon.graph.resolve(reference);
	imageEvent(daemon, "tag", id, target);
}
/** @throws EngineError not-found, conflict, in Docker's words */
async function removeImage$1(daemon, reference, options) {
	const { id } = await daemon.graph.resolve(reference);
	await daemon.background.idle();
	const removals = await daemon.graph.remove(reference, {
		...options,
		usersOf: (imageId) => imageUsers(daemon, imageId)
	});
	for (const { Untagged, Deleted } of removals) {
		if (Untagged !== void 0) imageEvent(daemon, "untag", id, id);
		if (Deleted?.startsWith("sha256:") && Deleted === id) imageEvent(daemon, "delete", id, id);
	}
	return removals;
}
/** `docker image prune`: untagged ones that nobody uses; with `dangling=false`, all that nobody uses. */
async function pruneImages(daemon, filters) {
	checkFilters(filters, [
		"dangling",
		"label",
		"label!",
		"until"
	]);
	const onlyDangling = booleanFilter(filters, "dangling", true);
	const matches = await imageFilter(daemon, new Map([...filters].filter(([key]) => key !== "dangling")));
	const deleted = [];
	let reclaimed = 0;
	for (const image of await daemon.graph.list()) {
		if (!matches(image) || imageUsers(daemon, image.id).length > 0) continue;
		if (onlyDangling && image.repoTags.length > 0) continue;
		for (const reference of image.repoTags.length > 0 ? image.repoTags : [image.id]) deleted.push(...await removeImage$1(daemon, reference, {
			force: false,
			noPrune: false
		}));
		reclaimed += image.sizeBytes;
	}
	return {
		ImagesDeleted: deleted.length > 0 ? deleted : null,
		SpaceReclaimed: reclaimed
	};
}
async function loadImage$1(daemon, archive, progress) {
	const before = new Set((await daemon.graph.list()).map(({ id }) => id));
	await daemon.graph.load(archive, progress);
	for (const { id } of await daemon.graph.list()) if (!before.has(id)) imageEvent(daemon, "load", id, id);
}
async function saveImages(daemon, references) {
	const images = await Promise.all(references.map((reference) => daemon.graph.resolve(reference)));
	const stream = await daemon.graph.save(references);
	for (const { id } of images) imageEvent(daemon, "save", id, id);
	return stream;
}
async function importImage(daemon, archive, options) {
	const { repository, tag, ...rest } = options;
	const reference = tag === "" ? repository : `${repository}:${tag}`;
	const id = await daemon.graph.import(archive, {
		...rest,
		reference
	});
	imageEvent(daemon, "import", id, id);
	return id;
}
/**
* Only what the engine carries can be had yet.
* @throws EngineError not-implemented for everything else
*/
async function pullImage(daemon, reference, progress) {
	if (!BUILT_IN.test(reference)) throw new EngineError("not-implemented", `cannot pull ${reference}: this version of Slipway cannot reach registries yet`, { hint: "load it (`slipway load`, `slipway import`), or make one: `slipway image bootstrap busybox`" });
	const id = await daemon.graph.bootstrap("hello", progress);
	imageEvent(daemon, "pull", "hello:latest", "hello");
	progress({ status: `Digest: ${id}` });
	progress({ status: "Status: Image is up to date for hello:latest" });
}
// src/daemon/inspect/container-changes.ts
/**
* `docker diff`: what the container's own layer has that the image has not, read from the overlay's upper
* directory. Null when nothing has changed.
* @throws EngineError not-implemented for storage drivers other than overlay2
*/
async function containerChanges({ graph }, container) {
	container.layer ??= await graph.openContainerLayer(container.id);
	const { rootfs } = container.layer;
	if (rootfs.type !== "overlay") throw new EngineError("not-implemented", `the storage driver ${graph.driverName} cannot tell what has changed`);
	const changes = await changesBelow(rootfs, "/", /* @__PURE__ */ new Set([...MADE, ...container.record.mounts.map(({ destination }) => destination)]));
	return changes.length > 0 ? changes.sort((a, b) => a.Path < b.Path ? -1 : 1) : null;
}
/** What starting a container makes in its root: places for mounts. */
const MADE = [
	"/dev",
	"/proc",
	"/sys",
	"/etc/hostname",
	"/etc/hosts",
	"/etc/resolv.conf",
	"/sbin/docker-init"
];
async function changesBelow(overlay, directory, made) {
	const changes = [];
	for (const name of await readdir(join(overlay.upperdir, directory))) {
		const path = join(directory, name);
		if (made.has(path)) continue;
		const stats = await lstat(join(overlay.upperdir, path));
		const isKnown = overlay.lowerdirs.some((lower) => existsSync(join(lower, path)));
		const below = stats.isDirectory() ? await changesBelow(overlay, path, made) : [];
		if (below.length === 0 && [...made].some((place) => place.startsWith(`${path}/`))) continue;
		changes.push({
			Path: path,
			Kind: isWhiteout(stats) ? 2 : isKnown ? 0 : 1
		}, ...below);
	}
	return changes;
}
/** A character device 0:0 (Documentation/filesystems/overlayfs.rst). */
function isWhiteout(stats) {
	return stats.isCharacterDevice() && stats.rdev === 0;
}
// src/daemon/inspect/read-interfaces.ts
/** The columns of /proc/PID/net/dev that Docker shows: received in the first eight, sent in the others. */
const COLUMNS$1 = {
	rx_bytes: 0,
	rx_packets: 1,
	rx_errors: 2,
	rx_dropped: 3,
	tx_bytes: 8,
	tx_packets: 9,
	tx_errors: 10,
	tx_dropped: 11
};
/** Counters of the interfaces in a process's network namespace, without loopback (proc_pid_net(5)). */
function readInterfaces(pid) {
	return parseInterfaces(readFileSync(`/proc/${pid}/net/dev`, "utf8"));
}
function parseInterfaces(text) {
	const lines = text.trimEnd().split("\n").slice(2);
	return Object.fromEntries(lines.map((line) => line.split(":")).map(([name = "", counters = ""]) => [name.trim(), counters.trim().split(/\s+/).map(Number)]).filter(([name]) => name !== "lo").map(([name, counters]) => [name, Object.fromEntries(Object.entries(COLUMNS$1).map(([key, column]) => [key, counters[column] ?? 0]))]));
}
// src/daemon/inspect/container-stats.ts
const INTERVAL_MS = 1e3;
const NS_PER_TICK = 1e7;
/**
* `docker stats`: a line each second, until the container is removed or `signal` is aborted; or one line, after
* two readings a second apart (with `oneShot`: after one).
*/
async function* containerStats(daemon, container, options, signal) {
	const over = AbortSignal.any([signal, daemon.closing]);
	let previous;
	if (!options.stream && !options.oneShot) {
		previous = await read(container);
		if (previous !== void 0) await pause(over);
	}
	while (!over.aborted && !container.isRemoved) {
		const reading = await read(container);
		yield describe$1(container, reading, previous);
		if (!options.stream) return;
		previous = reading;
		await pause(over);
	}
}
async function pause(signal) {
	await setTimeout$1(INTERVAL_MS, void 0, { signal }).catch(() => void 0);
}
/** Undefined when it does not run. */
async function read(container) {
	const { runtime, state } = container;
	if (runtime === void 0) return void 0;
	try {
		const cgroup = await runtime.stats();
		const networks = state.endpoints.length > 0 ? readInterfaces(state.pid) : void 0;
		return {
			at: currentTime(),
			cgroup,
			systemNs: systemNs(),
			networks
		};
	} catch {
		return;
	}
}
/** Processor time of the whole machine: the first line of /proc/stat, without guests (proc_stat(5)). */
function systemNs() {
	const [line = ""] = readFileSync("/proc/stat", "utf8").split("\n", 1);
	return line.trim().split(/\s+/).slice(1, 8).map(Number).reduce((sum, value) => sum + value, 0) * NS_PER_TICK;
}
function describe$1(container, reading, previous) {
	return {
		name: `/${container.name}`,
		id: container.id,
		read: reading?.at ?? "0001-01-01T00:00:00Z",
		preread: previous?.at ?? "0001-01-01T00:00:00Z",
		pids_stats: reading === void 0 ? {} : pidsStats(reading.cgroup),
		blkio_stats: blkioStats(reading?.cgroup),
		num_procs: 0,
		storage_stats: {},
		cpu_stats: cpuStats(reading),
		precpu_stats: cpuStats(previous),
		memory_stats: reading === void 0 ? {} : memoryStats(reading.cgroup),
		...reading?.networks === void 0 ? {} : { networks: reading.networks }
	};
}
function pidsStats({ pids }) {
	return {
		current: pids.current,
		...pids.limit > 0 ? { limit: pids.limit } : {}
	};
}
function blkioStats(cgroup) {
	const entries = (value) => cgroup?.blkio.map(({ major, minor, op, ...counts }) => ({
		major,
		minor,
		op: cgroup.cgroupVersion === 2 ? op.toLowerCase() : op,
		value: counts[value]
	})) ?? null;
	const nothing = cgroup?.cgroupVersion === 1 ? [] : null;
	return {
		io_service_bytes_recursive: entries("bytes"),
		io_serviced_recursive: entries("operations"),
		io_queue_recursive: nothing,
		io_service_time_recursive: nothing,
		io_wait_time_recursive: nothing,
		io_merged_recursive: nothing,
		io_time_recursive: nothing,
		sectors_recursive: nothing
	};
}
function cpuStats(reading) {
	const cpu = reading?.cgroup.cpu;
	return {
		cpu_usage: {
			total_usage: Number(cpu?.usageNs ?? 0),
			...cpu?.perCpuNs ? { percpu_usage: cpu.perCpuNs.map(Number) } : {},
			usage_in_kernelmode: Number(cpu?.systemNs ?? 0),
			usage_in_usermode: Number(cpu?.userNs ?? 0)
		},
		...reading === void 0 ? {} : {
			system_cpu_usage: reading.systemNs,
			online_cpus: availableParallelism()
		},
		throttling_data: {
			periods: cpu?.periods ?? 0,
			throttled_periods: cpu?.throttledPeriods ?? 0,
			throttled_time: Number(cpu?.throttledNs ?? 0)
		}
	};
}
function memoryStats({ memory, cgroupVersion }) {
	return {
		usage: memory.usageBytes,
		...cgroupVersion === 1 ? { max_usage: memory.maxUsageBytes } : {},
		stats: memory.stat,
		...memory.failures > 0 ? { failcnt: memory.failures } : {},
		limit: memory.limitBytes > 0 ? Math.min(memory.limitBytes, totalmem()) : totalmem()
	};
}
// src/daemon/inspect/list-processes.ts
const TITLES = [
	"UID",
	"PID",
	"PPID",
	"C",
	"STIME",
	"TTY",
	"TIME",
	"CMD"
];
/** USER_HZ: what /proc counts processor time in, the same on all of Linux's architectures of now. */
const TICKS_PER_SECOND = 100;
/** The columns of `ps -ef` (proc_pid_stat(5)). Processes that have ended meanwhile are left out. */
function listProcesses(pids) {
	const users = userNames();
	const bootMs = bootTimeMs();
	const rows = [...pids].sort((a, b) => a - b).flatMap((pid) => {
		const row = describeProcess(pid, users, bootMs);
		return row === void 0 ? [] : [row];
	});
	return {
		Titles: TITLES,
		Processes: rows
	};
}
function describeProcess(pid, users, bootMs) {
	try {
		const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
		const uid = /^Uid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? "0";
		const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").replace(/\0$/, "").replaceAll("\0", " ");
		const name = stat.slice(stat.indexOf("(") + 1, stat.lastIndexOf(")"));
		const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ").map(Number);
		const [ppid = 0, terminal = 0] = [fields[1], fields[4]];
		const busySeconds = ((fields[11] ?? 0) + (fields[12] ?? 0)) / TICKS_PER_SECOND;
		const startedMs = bootMs + (fields[19] ?? 0) / TICKS_PER_SECOND * 1e3;
		const ageSeconds = Math.max(1, (Date.now() - startedMs) / 1e3);
		return [
			users.get(uid) ?? uid,
			String(pid),
			String(ppid),
			String(Math.min(99, Math.floor(100 * busySeconds / ageSeconds))),
			startText(startedMs),
			terminalName(terminal),
			clock(busySeconds),
			command === "" ? `[${name}]` : command
		];
	} catch {
		return;
	}
}
function userNames() {
	const lines = readFileSync("/etc/passwd", "utf8").split("\n").map((line) => line.split(":"));
	return new Map(lines.map(([name = "", , uid = ""]) => [uid, name]));
}
function bootTimeMs() {
	const seconds = /^btime (\d+)$/m.exec(readFileSync("/proc/stat", "utf8"))?.[1];
	return Number(seconds) * 1e3;
}
/** The time for today, else the day, else the year. */
function startText(ms) {
	const date = new Date(ms);
	const now = /* @__PURE__ */ new Date();
	if (date.toDateString() === now.toDateString()) return date.toTimeString().slice(0, 5);
	if (date.getFullYear() !== now.getFullYear()) return String(date.getFullYear());
	return date.toDateString().slice(4, 10).replace(" ", "");
}
const PTS_MAJORS = {
	first: 136,
	last: 143
};
/** tty_nr: minor in bits 31–20 and 7–0, major in bits 15–8. */
function terminalName(device) {
	const major = device >> 8 & 255;
	const minor = device & 255 | device >>> 12 & 1048320;
	if (device === 0) return "?";
	if (major >= PTS_MAJORS.first && major <= PTS_MAJORS.last) return `pts/${minor + 256 * (major - PTS_MAJORS.first)}`;
	return major === 4 ? `tty${minor}` : "?";
}
function clock(seconds) {
	const pad = (value) => String(Math.floor(value)).padStart(2, "0");
	return `${pad(seconds / 3600)}:${pad(seconds / 60 % 60)}:${pad(seconds % 60)}`;
}
// src/daemon/inspect/container-top.ts
const run$1 = promisify(execFile);
const DEFAULT_ARGS = "-ef";
/**
* `docker top`: Docker's default columns are read from /proc; other `ps` options are the business of ps(1).
* @throws EngineError conflict, invalid-parameter, system in Docker's words
*/
async function containerTop(container, psArgs) {
	const { runtime, state } = container;
	if (runtime === void 0 || !container.isRunning) throw conflict(`container ${container.id} is not running`);
	if (state.status === "restarting") throw conflict(`Container ${container.id} is restarting, wait until the container is running`);
	const pids = await runtime.pids();
	if (psArgs === "" || psArgs === DEFAULT_ARGS) return listProcesses(pids);
	return runPs(psArgs, new Set(pids));
}
async function runPs(psArgs, pids) {
	if (/\s-*o\s*\S*=/.test(` ${psArgs}`)) throw invalid$7(`ps options that rename columns are not supported: ${psArgs}`);
	const { stdout } = await run$1("ps", psArgs.split(/\s+/).filter(Boolean), { maxBuffer: 64 << 20 }).catch((error) => {
		throw new EngineError("system", `Error running ps: ${error.message}`);
	});
	const [header = "", ...lines] = stdout.trimEnd().split("\n");
	const titles = header.trim().split(/\s+/);
	const pidColumn = titles.indexOf("PID");
	if (pidColumn < 0) throw new EngineError("system", "Couldn't find PID field in ps output");
	return {
		Titles: titles,
		Processes: lines.map((line) => columns(line, titles.length)).filter((row) => pids.has(Number(row[pidColumn])))
	};
}
/** The last column takes the rest of the line. */
function columns(line, count) {
	const words = line.trim().split(/\s+/);
	return [...words.slice(0, count - 1), words.slice(count - 1).join(" ")];
}
// src/daemon/inspect/describe-mounts.ts
/** The mounts of `inspect` and `ps`, by destination. */
function describeMounts({ record }) {
	return record.mounts.map(({ type, name, source, destination, mode, writable, propagation }) => ({
		Type: type,
		...type === "volume" ? { Name: name } : {},
		Source: source,
		Destination: destination,
		...type === "volume" ? { Driver: "local" } : {},
		Mode: mode,
		RW: writable,
		Propagation: propagation
	})).sort((a, b) => a.Destination < b.Destination ? -1 : 1);
}
// src/daemon/inspect/describe-networks.ts
/** NetworkSettings of `inspect`. */
function describeNetworks(container) {
	const { state } = container;
	const networks = describeEndpoints(container);
	const main = state.endpoints[0]?.endpoint;
	return {
		Bridge: "",
		SandboxID: main?.endpointId ?? "",
		SandboxKey: state.pid > 0 && main !== void 0 ? `/proc/${state.pid}/ns/net` : "",
		Ports: describePorts(container),
		HairpinMode: false,
		LinkLocalIPv6Address: "",
		LinkLocalIPv6PrefixLen: 0,
		SecondaryIPAddresses: null,
		SecondaryIPv6Addresses: null,
		EndpointID: main?.endpointId ?? "",
		Gateway: main?.gateway ?? "",
		GlobalIPv6Address: "",
		GlobalIPv6PrefixLen: 0,
		IPAddress: main?.ipv4Address ?? "",
		IPPrefixLen: main?.prefixLength ?? 0,
		IPv6Gateway: "",
		MacAddress: main?.macAddress ?? "",
		Networks: networks
	};
}
/** By network name: what was asked for, and what is. */
function describeEndpoints({ record, state }) {
	const endpoints = new Map(state.endpoints.map(({ network, endpoint }) => [network, endpoint]));
	return Object.fromEntries(Object.entries(record.networks).map(([network, wanted]) => [network, describeEndpoint(wanted, endpoints.get(network))]));
}
function describeEndpoint(wanted, endpoint) {
	return {
		IPAMConfig: wanted.IPAMConfig ?? null,
		Links: wanted.Links ?? null,
		Aliases: wanted.Aliases ?? null,
		MacAddress: endpoint?.macAddress ?? wanted.MacAddress ?? "",
		DriverOpts: wanted.DriverOpts ?? null,
		GwPriority: wanted.GwPriority ?? 0,
		NetworkID: endpoint?.networkId ?? "",
		EndpointID: endpoint?.endpointId ?? "",
		Gateway: endpoint?.gateway ?? "",
		IPAddress: endpoint?.ipv4Address ?? "",
		IPPrefixLen: endpoint?.prefixLength ?? 0,
		IPv6Gateway: "",
		GlobalIPv6Address: "",
		GlobalIPv6PrefixLen: 0,
		DNSNames: null
	};
}
/** Published ports with where, exposed ones with null; while it runs. */
function describePorts({ record, state, isRunning }) {
	if (!isRunning || state.endpoints.length === 0) return {};
	const ports = Object.fromEntries(Object.keys(record.config.ExposedPorts ?? {}).map((port) => [port, null]));
	for (const { endpoint } of state.endpoints) for (const { containerPort, protocol, hostIp, hostPort } of endpoint.ports) {
		const key = `${containerPort}/${protocol}`;
		ports[key] = [...ports[key] ?? [], {
			HostIp: hostIp,
			HostPort: String(hostPort)
		}];
	}
	return ports;
}
/** The PORTS column of `docker ps`. */
function listPorts(container) {
	return Object.entries(describePorts(container)).flatMap(([port, hosts]) => {
		const [number, type = "tcp"] = port.split("/");
		const plain = {
			PrivatePort: Number(number),
			Type: type
		};
		if (hosts === null) return [plain];
		return hosts.map(({ HostIp, HostPort }) => ({
			IP: HostIp,
			...plain,
			PublicPort: Number(HostPort)
		}));
	});
}
// src/daemon/inspect/describe-state.ts
/** A container's state in Docker's JSON. */
function describeState(state) {
	const { status } = state;
	return {
		Status: status,
		Running: status === "running" || status === "paused" || status === "restarting",
		Paused: status === "paused",
		Restarting: status === "restarting",
		OOMKilled: state.oomKilled,
		Dead: status === "dead",
		Pid: state.pid,
		ExitCode: state.exitCode,
		Error: state.error,
		StartedAt: state.startedAt,
		FinishedAt: state.finishedAt,
		...state.health ? { Health: state.health } : {}
	};
}
// src/daemon/inspect/inspect-container.ts
/** `docker inspect`. */
async function inspectContainer(daemon, container, { size }) {
	const { record, state } = container;
	const { id, config, hostConfig } = record;
	container.layer ??= await daemon.graph.openContainerLayer(id);
	const running = [...container.execs.values()].filter((exec) => exec.record.state === "running");
	const owner = hostFilesOwner(container);
	const path = (name) => state.hasHostFiles ? hostFilePath(daemon.options, owner, name) : "";
	const hasLog = state.hasHostFiles && hostConfig.LogConfig?.Type !== "none";
	return {
		Id: id,
		Created: record.createdAt,
		Path: record.path,
		Args: record.args,
		State: describeState(state),
		Image: record.imageId,
		ResolvConfPath: path("resolv.conf"),
		HostnamePath: path("hostname"),
		HostsPath: path("hosts"),
		LogPath: hasLog ? logPath(daemon.options, id) : "",
		Name: `/${record.name}`,
		RestartCount: state.restartCount,
		Driver: daemon.graph.driverName,
		Platform: "linux",
		MountLabel: "",
		ProcessLabel: "",
		AppArmorProfile: "",
		ExecIDs: running.length > 0 ? running.map((exec) => exec.id) : null,
		HostConfig: hostConfig,
		GraphDriver: {
			Name: daemon.graph.driverName,
			Data: {
				ID: id,
				...container.layer.driverData
			}
		},
		...size ? await sizesOf(daemon, container) : {},
		Mounts: describeMounts(container),
		Config: config,
		NetworkSettings: describeNetworks(container)
	};
}
/** Bytes of its own files, and together with the image's. */
async function sizesOf({ graph }, container) {
	container.layer ??= await graph.openContainerLayer(container.id);
	const own = await container.layer.sizeBytes();
	const { imageId } = container.record;
	return {
		SizeRw: own,
		SizeRootFs: own + (imageId === "" ? 0 : await graph.resolve(imageId).then(({ sizeBytes }) => sizeBytes, () => 0))
	};
}
// src/daemon/inspect/container-filter.ts
const KNOWN$1 = `ancestor before exited expose health id isolation is-task label name network publish since status
  volume`.split(/\s+/);
const STATES$1 = [
	"created",
	"running",
	"paused",
	"restarting",
	"removing",
	"exited",
	"dead"
];
const HEALTHS = [
	"none",
	"starting",
	"healthy",
	"unhealthy"
];
/** What `docker ps --filter` selects. @throws EngineError invalid-parameter, not-found, in Docker's words */
async function containerFilter(daemon, filters) {
	checkFilters(filters, KNOWN$1);
	checkValues(filters, "status", "state", STATES$1);
	checkValues(filters, "health", "health", HEALTHS);
	const exitCodes = (filters.get("exited") ?? []).map(exitCode);
	const ancestors = await ancestorIds(daemon, filters);
	const before = referencedTimes(daemon, filters, "before");
	const since = referencedTimes(daemon, filters, "since");
	const ports = {
		published: portKeys(filters, "publish"),
		exposed: portKeys(filters, "expose")
	};
	const isTask = booleanFilter(filters, "is-task", false);
	return (container) => {
		const { record, state } = container;
		const created = parseTime(record.createdAt);
		return !isTask && matchesPattern(filters, "name", record.name, `/${record.name}`) && matchesPrefix(filters, record.id) && matchesLabels(filters, record.config.Labels) && matchesExactly(filters, "status", state.status) && matchesExactly(filters, "health", state.health?.Status ?? "none") && (exitCodes.length === 0 || hasExited(container) && exitCodes.includes(state.exitCode)) && (ancestors === void 0 || ancestors.has(record.imageId)) && before.every((time) => created < time) && since.every((time) => created > time) && matchesVolume(filters, container) && matchesNetwork(daemon, filters, container) && matchesPorts(container, ports);
	};
}
function checkValues(filters, key, what, allowed) {
	for (const value of filters.get(key) ?? []) {
		if (allowed.includes(value)) continue;
		throw invalid$7(`invalid filter '${key}=${value}': invalid value for ${what} (${value}): must be one of ${allowed.join(", ")}`);
	}
}
function exitCode(text) {
	if (/^[+-]?\d+$/.test(text)) return Number(text);
	throw invalid$7(`invalid filter 'exited=${text}': strconv.Atoi: parsing "${text}": invalid syntax`);
}
function hasExited({ isRunning, state }) {
	return !isRunning && state.status !== "created";
}
function matchesPrefix(filters, id) {
	const values = filters.get("id") ?? [];
	return values.length === 0 || values.some((value) => id.startsWith(value) || matchesPattern(filters, "id", id));
}
/** Images, and those made from them: told by their layers. */
async function ancestorIds({ graph }, filters) {
	const references = filters.get("ancestor") ?? [];
	if (references.length === 0) return void 0;
	const images = await graph.list();
	const ids = (await Promise.all(references.map((reference) => graph.resolve(reference).catch(() => void 0)))).flatMap((ancestor) => {
		if (ancestor === void 0) return [];
		const top = ancestor.chainIds.at(-1);
		const descendants = images.filter(({ chainIds }) => top !== void 0 && chainIds.includes(top));
		return [ancestor.id, ...descendants.map(({ id }) => id)];
	});
	return new Set(ids);
}
function referencedTimes({ containers }, filters, key) {
	return (filters.get(key) ?? []).map((name) => parseTime(containers.find(name).record.createdAt));
}
/** By the volume's name, or by source or destination. */
function matchesVolume(filters, { record }) {
	const values = filters.get("volume") ?? [];
	if (values.length === 0) return true;
	return record.mounts.some(({ name, source, destination }) => values.some((value) => value === name || value === source || value === destination));
}
function matchesNetwork({ networks }, filters, { record, state }) {
	const values = filters.get("network") ?? [];
	if (values.length === 0) return true;
	const names = Object.keys(record.networks);
	const ids = networks.all().filter(({ name }) => names.includes(name)).map(({ id }) => id);
	const known = [
		...names,
		...ids,
		...state.endpoints.map(({ endpoint }) => endpoint.networkId)
	];
	return values.some((value) => known.some((one) => one === value || value.length >= 12 && one.startsWith(value)));
}
function portKeys(filters, key) {
	const keys = (filters.get(key) ?? []).flatMap((value) => {
		try {
			const { number, end, protocol } = parsePort(value);
			return Array.from({ length: end - number + 1 }, (_, index) => `${number + index}/${protocol}`);
		} catch {
			throw invalid$7(`error while looking up for ${key} ${value}: ${`strconv.ParseUint: parsing ${JSON.stringify(value)}: invalid syntax`}`);
		}
	});
	return new Set(keys);
}
function matchesPorts(container, { published, exposed }) {
	if (published.size > 0) {
		if (!listPorts(container).filter(({ PublicPort }) => PublicPort !== void 0).some(({ PublicPort, Type }) => published.has(`${PublicPort}/${Type}`))) return false;
	}
	if (exposed.size === 0) return true;
	return Object.keys(container.record.config.ExposedPorts ?? {}).some((port) => exposed.has(port));
}
// src/daemon/inspect/human-duration.ts
const MS_PER_SECOND = 1e3;
const SECONDS_PER_HOUR = 3600;
/** A length of time as Docker prints it: `Less than a second`, `About an hour`, `3 weeks`. */
function humanDuration(ms) {
	const seconds = Math.floor(ms / MS_PER_SECOND);
	if (seconds < 1) return "Less than a second";
	if (seconds === 1) return "1 second";
	if (seconds < 60) return `${seconds} seconds`;
	const minutes = Math.floor(seconds / 60);
	if (minutes === 1) return "About a minute";
	if (minutes < 60) return `${minutes} minutes`;
	const hours = Math.round(seconds / SECONDS_PER_HOUR);
	if (hours === 1) return "About an hour";
	if (hours < 48) return `${hours} hours`;
	if (hours < 336) return `${Math.floor(hours / 24)} days`;
	if (hours < 1440) return `${Math.floor(hours / 24 / 7)} weeks`;
	if (hours < 17520) return `${Math.floor(hours / 24 / 30)} months`;
	return `${Math.floor(hours / 24 / 365)} years`;
}
// src/daemon/inspect/status-text.ts
/** The STATUS column of `docker ps`. */
function statusText(state, atNs = nowNs()) {
	const since = (time) => humanDuration(Number((atNs - parseTime(time)) / 1000000n));
	switch (state.status) {
		case "paused": return `Up ${since(state.startedAt)} (Paused)`;
		case "restarting": return `Restarting (${state.exitCode}) ${since(state.finishedAt)} ago`;
		case "running": return `Up ${since(state.startedAt)}${healthText(state)}`;
		case "removing": return "Removal In Progress";
		case "dead": return "Dead";
		case "created": return "Created";
		case "exited": return state.finishedAt === "0001-01-01T00:00:00Z" ? "" : `Exited (${state.exitCode}) ${since(state.finishedAt)} ago`;
	}
}
function healthText({ health }) {
	if (health === void 0) return "";
	return health.Status === "starting" ? " (health: starting)" : ` (${health.Status})`;
}
// src/daemon/inspect/list-containers.ts
/** `docker ps`, newest first. @throws EngineError invalid-parameter, not-found for bad filters */
async function listContainers(daemon, options) {
	const { all, limit, size } = options;
	const matches = await containerFilter(daemon, options.filters);
	const showsAll = all || limit > 0 || ["status", "exited"].some((key) => options.filters.has(key));
	const selected = daemon.containers.all().reverse().filter((container) => (showsAll || container.isRunning) && matches(container)).slice(0, limit > 0 ? limit : void 0);
	const tags = await currentNames(daemon);
	return Promise.all(selected.map(async (container) => ({
		...summarize(container, tags),
		...size ? await sizesOf(daemon, container) : {}
	})));
}
/** Ids of the images by their names: a name that now means another image is not shown. */
async function currentNames({ graph }) {
	const images = await graph.list();
	return new Map(images.flatMap(({ id, repoTags }) => repoTags.map((tag) => [tag, id])));
}
function summarize(container, tags) {
	const { record, state } = container;
	const { NetworkMode = "", Annotations } = record.hostConfig;
	return {
		Id: record.id,
		Names: [`/${record.name}`],
		Image: imageName(container, tags),
		ImageID: record.imageId,
		Command: command$1(record.path, record.args),
		Created: Number(parseTime(record.createdAt) / 1000000000n),
		Ports: listPorts(container),
		Labels: record.config.Labels ?? {},
		State: state.status,
		Status: statusText(state),
		HostConfig: {
			NetworkMode,
			...Annotations ? { Annotations } : {}
		},
		NetworkSettings: { Networks: describeEndpoints(container) },
		Mounts: describeMounts(container)
	};
}
function imageName({ record }, tags) {
	const { imageReference: reference, imageId } = record;
	const tagged = reference.includes(":", reference.lastIndexOf("/") + 1) ? reference : `${reference}:latest`;
	const current = tags.get(reference) ?? tags.get(tagged);
	return current === void 0 || current === imageId ? reference : imageId;
}
function command$1(path, args) {
	return [path, ...args.map((arg) => arg.includes(" ") ? `'${arg}'` : arg)].join(" ");
}
// src/daemon/health/output-collector.ts
const MAX_BYTES = 4096;
const HEADER_BYTES = 8;
/** A client that keeps the beginning of what a process writes, both streams together, out of Docker's frames. */
var OutputCollector = class {
	stream;
	#received = Buffer.alloc(0);
	#text = "";
	#length = 0;
	constructor() {
		this.stream = new Duplex({
			read: () => void 0,
			write: (chunk, _encoding, done) => {
				this.#take(chunk);
				done();
			}
		});
	}
	text() {
		return this.#length > MAX_BYTES ? `${this.#text}...` : this.#text;
	}
	#take(chunk) {
		this.#received = Buffer.concat([this.#received, chunk]);
		while (this.#received.length >= HEADER_BYTES) {
			const end = HEADER_BYTES + this.#received.readUInt32BE(4);
			if (this.#received.length < end) return;
			const content = this.#received.subarray(HEADER_BYTES, end);
			this.#text += content.toString("utf8", 0, Math.max(0, MAX_BYTES - this.#length));
			this.#length += content.length;
			this.#received = this.#received.subarray(end);
		}
	}
};
// src/daemon/health/probe.ts
const SIGKILL$4 = 9;
/** Runs a container's health check once. Never rejects: what goes wrong is the result. */
async function probe$1(daemon, container, options) {
	const startNs = nowNs();
	const collector = new OutputCollector();
	try {
		const config = {
			Cmd: options.command,
			AttachStdout: true,
			AttachStderr: true
		};
		const exec = await createExec(daemon, container, container.name, config);
		await start(daemon, exec, { attach: true }, collector.stream);
		const timeout = AbortSignal.any([AbortSignal.timeout(options.timeoutMs), options.signal]);
		if (await Promise.race([exec.exited.then(() => false), new Promise((resolve) => timeout.addEventListener("abort", () => resolve(true), { once: true }))])) {
			await exec.process?.kill(SIGKILL$4).catch(() => void 0);
			const seconds = options.timeoutMs / 1e3;
			return {
				startNs,
				endNs: nowNs(),
				exitCode: -1,
				output: `Health check exceeded timeout (${seconds}s)`
			};
		}
		await exec.bridge?.done;
		return {
			startNs,
			endNs: nowNs(),
			exitCode: exec.record.exitCode ?? -1,
			output: collector.text()
		};
	} catch (error) {
		return {
			startNs,
			endNs: nowNs(),
			exitCode: -1,
			output: messageOf(error)
		};
	}
}
// src/daemon/health/start-health-checks.ts
const NS_PER_MS = 1e6;
const DEFAULT_INTERVAL_MS = 3e4;
const DEFAULT_TIMEOUT_MS = 3e4;
const DEFAULT_START_INTERVAL_MS = 5e3;
const DEFAULT_RETRIES = 3;
/**
* Sets the container's health to `starting`, and probes it until its run is over. Does nothing for a container
* without health check. The caller stores the state.
*/
function startHealthChecks(daemon, container) {
	const settings = settingsOf(container);
	if (settings === void 0) {
		delete container.state.health;
		container.stopRun = () => void 0;
		return;
	}
	container.state.health = {
		Status: "starting",
		FailingStreak: 0,
		Log: []
	};
	watchHealth(daemon, container, settings);
}
/** After a restart of the engine: goes on where the last one was. */
function resumeHealthChecks(daemon, container) {
	const settings = settingsOf(container);
	if (settings !== void 0) watchHealth(daemon, container, settings);
}
function watchHealth(daemon, container, settings) {
	const over = new AbortController();
	let timer;
	const next = () => {
		if (over.signal.aborted || daemon.closing.aborted) return;
		timer = setTimeout(check, isStarting(container, settings) ? settings.startIntervalMs : settings.intervalMs);
	};
	const check = () => {
		if (container.state.status !== "running") return next();
		const { command, timeoutMs } = settings;
		probe$1(daemon, container, {
			command,
			timeoutMs,
			signal: over.signal
		}).then((result) => {
			if (over.signal.aborted || daemon.closing.aborted) return;
			record(daemon, container, settings, result);
			next();
		});
	};
	container.stopRun = () => {
		over.abort();
		clearTimeout(timer);
	};
	next();
}
function settingsOf({ record: { config } }) {
	const health = config.Healthcheck ?? {};
	const [kind, ...rest] = health.Test ?? [];
	if (kind !== "CMD" && kind !== "CMD-SHELL") return void 0;
	const shell = config.Shell ?? ["/bin/sh", "-c"];
	return {
		command: kind === "CMD" ? rest : [...shell, ...rest],
		intervalMs: toMs(health.Interval, DEFAULT_INTERVAL_MS),
		timeoutMs: toMs(health.Timeout, DEFAULT_TIMEOUT_MS),
		startPeriodMs: toMs(health.StartPeriod, 0),
		startIntervalMs: toMs(health.StartInterval, DEFAULT_START_INTERVAL_MS),
		retries: health.Retries || DEFAULT_RETRIES
	};
}
function toMs(ns, fallback) {
	return ns ? Math.max(1, ns / NS_PER_MS) : fallback;
}
/** Within the start period, and not yet healthy: probes come more often, and failures do not count. */
function isStarting({ state }, { startPeriodMs }) {
	if (state.health?.Status !== "starting") return false;
	return Number(nowNs() - parseTime(state.startedAt)) / NS_PER_MS < startPeriodMs;
}
function record(daemon, container, settings, result) {
	const { state } = container;
	const health = state.health ?? {
		Status: "starting",
		FailingStreak: 0,
		Log: []
	};
	const before = health.Status;
	const { startNs, endNs, exitCode, output } = result;
	const entry = {
		Start: formatTime(startNs),
		End: formatTime(endNs),
		ExitCode: exitCode,
		Output: output
	};
	health.Log = [...health.Log, entry].slice(-5);
	if (exitCode === 0) {
		health.FailingStreak = 0;
		health.Status = "healthy";
	} else if (!isStarting(container, settings)) {
		health.FailingStreak += 1;
		if (health.FailingStreak >= settings.retries) health.Status = "unhealthy";
	}
	state.health = health;
	daemon.store.saveState(container.id, state);
	if (health.Status !== before) containerEvent(daemon, container, `health_status: ${health.Status}`);
}
// src/daemon/lifecycle/restart-policy.ts
const FIRST_DELAY_MS = 100;
const MAX_DELAY_MS = 6e4;
/** A run that lasted so long makes the delays begin anew. */
const LONG_RUN_NS = 10000000000n;
/** Whether the policy wants a container that has exited to run again. */
function wantsRestart({ record, state }, exitCode) {
	const { Name: name, MaximumRetryCount: maximum = 0 } = record.hostConfig.RestartPolicy ?? {};
	if (name === "always") return true;
	if (name === "unless-stopped") return !state.manuallyStopped;
	if (name !== "on-failure") return false;
	return exitCode !== 0 && (maximum === 0 || state.restartCount < maximum);
}
/** In how many milliseconds it is to be started again; undefined for never. */
function nextRestart(container, exitCode, ranForNs) {
	if (container.restartCancelled || container.state.manuallyStopped) return void 0;
	if (!wantsRestart(container, exitCode)) return void 0;
	container.restartDelayMs = container.restartDelayMs === 0 || ranForNs >= LONG_RUN_NS ? FIRST_DELAY_MS : Math.min(2 * container.restartDelayMs, MAX_DELAY_MS);
	return container.restartDelayMs;
}
function scheduleRestart(daemon, container, delayMs) {
	container.restartTimer = setTimeout(() => {
		if (daemon.closing.aborted || container.state.status !== "restarting") return;
		daemon.background.run(`restarting ${container.id}`, daemon.restart(container).catch((error) => daemon.log.warn({
			container: container.id,
			error: String(error)
		}, "the restart policy failed")));
	}, delayMs);
}
/** For a container that waits: it stays as it is. */
function cancelRestart(daemon, container) {
	container.restartCancelled = true;
	clearTimeout(container.restartTimer);
	if (container.state.status !== "restarting") return;
	container.state.status = "exited";
	daemon.store.saveState(container.id, container.state);
	container.announce("stopped");
}
// src/daemon/lifecycle/kill-container.ts
const SIGKILL$3 = 9;
/**
* `docker kill`: sends a signal; with SIGKILL, waits for the end.
* @throws EngineError conflict when it does not run, invalid-parameter for a bad signal
*/
async function killContainer(daemon, container, reference, signal) {
	try {
		const number = parseSignal(signal || "SIGKILL");
		if (!container.isRunning) throw conflict(`container ${container.id} is not running`);
		markStopped(daemon, container, number);
		if (container.state.status === "restarting") return cancelRestart(daemon, container);
		const stopped = container.waitStopped(Number.POSITIVE_INFINITY);
		await sendSignal(daemon, container, number);
		if (number === SIGKILL$3) await stopped;
	} catch (error) {
		throw prefixed(`cannot kill container: ${reference}`, error);
	}
}
/** Restart policies respect a signal that was meant to end the container: as Docker decides what is. */
function markStopped(daemon, container, signal) {
	const { StopSignal: stopSignal } = container.record.config;
	if (!stopSignal || signal === SIGKILL$3 || parseSignal(stopSignal) === signal) container.restartCancelled = true;
	container.state.manuallyStopped = true;
	daemon.store.saveState(container.id, container.state);
}
/** A container that has just ended is fine. A paused one is thawed by SIGKILL, so that it can die. */
async function sendSignal(daemon, container, signal) {
	const { runtime, state } = container;
	try {
		await runtime?.kill(signal);
	} catch (error) {
		if (!(error instanceof EngineError) || error.kind !== "conflict") throw error;
	}
	if (state.status === "paused") {
		await runtime?.resume();
		state.status = "running";
		daemon.store.saveState(container.id, state);
	}
	containerEvent(daemon, container, "kill", { signal: String(signal) });
}
// src/daemon/lifecycle/remove-container.ts
const SIGKILL$2 = 9;
/**
* Removes a container. It is forgotten on return; its files are taken away in the background.
* @throws EngineError conflict, in Docker's words, when it runs and `force` is not given
*/
async function removeContainer(daemon, container, options, reference = container.name) {
	if (container.state.status === "removing") throw conflict(`removal of container ${reference} is already in progress`);
	if (!options.force) checkStopped(container, reference);
	else await forceStop(daemon, container);
	await daemon.locks.run(container.id, async () => {
		if (container.isRemoved) return;
		if (!options.force) checkStopped(container, reference);
		else await forceStop(daemon, container);
		await removeInLock(daemon, container, options);
	});
}
function checkStopped({ isRunning, state: { status } }, reference) {
	if (!isRunning) return;
	throw conflict(`cannot remove container "${reference}": ${status === "paused" ? "container is paused and must be unpaused first" : `container is ${status}: stop the container before removing or force remove`}`);
}
async function forceStop(daemon, container) {
	container.restartCancelled = true;
	container.state.manuallyStopped = true;
	if (container.state.status === "restarting") cancelRestart(daemon, container);
	if (!container.isRunning) return;
	const stopped = container.waitStopped(Number.POSITIVE_INFINITY);
	await sendSignal(daemon, container, SIGKILL$2);
	await stopped;
}
/** Of a stopped container, under its lock. */
async function removeInLock(daemon, container, { volumes }) {
	if (container.isRemoved) return;
	const discarded = volumes ? ownVolumes(daemon, container) : [];
	container.isRemoved = true;
	container.state.status = "removing";
	clearTimeout(container.restartTimer);
	daemon.containers.remove(container, discarded);
	for (const volume of discarded) daemon.volumes.discard(volume);
	for (const pending of container.pendingAttaches) pending.cancel();
	container.pendingAttaches.clear();
	containerEvent(daemon, container, "destroy");
	container.announce("removed");
	daemon.background.run(`removing what container ${container.id} left`, removeFiles(daemon, container));
}
/** Anonymous volumes that nobody else uses. */
function ownVolumes({ containers, volumes }, container) {
	const others = containers.all().filter((other) => other !== container);
	const used = new Set(others.flatMap((other) => other.record.mounts.map(({ name }) => name)));
	return container.record.mounts.filter(({ type, name, anonymous }) => type === "volume" && anonymous && !used.has(name)).filter(({ name }) => volumes.isAnonymous(name)).map(({ name }) => name);
}
async function removeFiles(daemon, container) {
	await container.cleanedUp;
	await daemon.graph.removeContainerLayer(container.id);
	await rm(containerDirectory(daemon.options, container.id), {
		recursive: true,
		force: true
	});
	daemon.store.removeLeftover({
		kind: "container",
		id: container.id
	});
}
// src/daemon/lifecycle/watch-exit.ts
/** Acts upon the end of the container's process, whenever that comes. */
function watchExit(daemon, container, runtime) {
	runtime.exited.then((status) => {
		if (daemon.closing.aborted || container.runtime !== runtime) return;
		daemon.background.run(`the exit of ${container.id}`, handleExit(daemon, container, status));
	});
}
/**
* What follows an exit: the state first, then everyone who waits, then what is left of the run is cleaned away
* (before anyone hears of it where somebody could notice: a published port must be free again).
*/
async function handleExit(daemon, container, status) {
	const { state, runtime } = container;
	container.stopRun();
	for (const exec of container.execs.values()) exec.containerExited();
	const cleanup = cleanUpRun(daemon, container, runtime);
	container.cleanedUp = cleanup;
	if (state.endpoints.some(({ endpoint }) => endpoint.ports.length > 0)) await cleanup;
	const restart = nextRestart(container, status.code, status.exitedAtNs - parseTime(state.startedAt));
	Object.assign(state, {
		status: restart === void 0 ? "exited" : "restarting",
		pid: 0,
		exitCode: status.code,
		oomKilled: status.oomKilled,
		finishedAt: formatTime(status.exitedAtNs),
		endpoints: []
	});
	daemon.store.saveState(container.id, state);
	announceExit(daemon, container, status);
	if (restart !== void 0) scheduleRestart(daemon, container, restart);
	container.announce("stopped");
	if (restart === void 0 && container.record.hostConfig.AutoRemove) await removeContainer(daemon, container, {
		force: false,
		volumes: true
	}).catch(() => void 0);
}
function announceExit(daemon, container, status) {
	for (const { type, name } of container.record.mounts) {
		if (type !== "volume") continue;
		daemon.events.publish({
			Type: "volume",
			Action: "unmount",
			id: name,
			attributes: {
				container: container.id,
				driver: "local"
			}
		});
	}
	if (status.oomKilled) containerEvent(daemon, container, "oom");
	const seconds = (status.exitedAtNs - parseTime(container.state.startedAt)) / 1000000000n;
	containerEvent(daemon, container, "die", {
		execDuration: String(seconds),
		exitCode: String(status.code)
	});
}
/** Never rejects: what could not be cleaned up is logged, and tried again at the next start of the engine. */
async function cleanUpRun(daemon, container, runtime) {
	const connections = container.state.endpoints;
	for (const bridge of container.bridges) bridge.drain();
	const results = await Promise.allSettled([...connections.map((connection) => daemon.networks.disconnect(container.id, connection)), runtime?.remove()]);
	container.runtime = void 0;
	for (const result of results) {
		if (result.status === "fulfilled") continue;
		daemon.log.error({
			container: container.id,
			error: String(result.reason)
		}, "cleaning up after an exit");
	}
}
// src/daemon/start/join-networks.ts
/**
* The container's network namespace, connected to its networks. On failure nothing is left.
* @throws EngineError in Docker's words
*/
async function joinNetworks(daemon, container) {
	const mode = container.record.hostConfig.NetworkMode ?? "bridge";
	if (mode === "host") return {
		namespace: void 0,
		connections: [],
		descriptors: [],
		close: () => void 0
	};
	if (mode.startsWith("container:")) return shared(daemon, mode.slice(10));
	const names = Object.keys(container.record.networks);
	try {
		return await connected(daemon, container, names);
	} catch (error) {
		throw prefixed("failed to set up container networking", error);
	}
}
function shared({ containers }, id) {
	const target = containers.find(id);
	const { status } = target.state;
	if (!target.isRunning) throw conflict(`cannot join network of a non running container: ${target.id}`);
	if (status === "restarting") throw conflict(`Container ${target.id} is restarting, wait until the container is running`);
	return {
		namespace: void 0,
		connections: [],
		descriptors: [],
		close: () => void 0
	};
}
async function connected(daemon, container, names) {
	const { networks } = daemon;
	for (const name of names) networks.find(name);
	const namespace = await networks.takeNamespace({ connected: names.some((name) => name !== "none") });
	const connections = [];
	const descriptors = [];
	const close = once(() => {
		namespace.close();
		for (const descriptor of descriptors) closeSync(descriptor);
	});
	try {
		for (const name of names) {
			const joined = await connectOne(daemon, container, {
				name,
				namespace,
				index: connections.length
			});
			connections.push(joined.connection);
			descriptors.push(...joined.descriptors);
		}
		return {
			namespace: namespace.descriptor,
			connections,
			descriptors,
			close
		};
	} catch (error) {
		for (const connection of connections) await networks.disconnect(container.id, connection);
		close();
		throw error;
	}
}
function connectOne({ networks }, { record }, { name, namespace, index }) {
	const wanted = record.networks[name] ?? {};
	return networks.connect({
		containerId: record.id,
		containerName: record.name,
		network: name,
		namespace,
		interfaceName: `eth${index}`,
		ipv4Address: wanted.IPAMConfig?.IPv4Address ?? "",
		macAddress: wanted.MacAddress ?? "",
		ports: index === 0 ? portBindings$1(record.config, record.hostConfig) : [],
		defaultRoute: index === 0
	});
}
function once(task) {
	let isDone = false;
	return () => {
		if (!isDone) task();
		isDone = true;
	};
}
// src/daemon/start/prepare-mounts.ts
/**
* Makes missing directories of volumes and of `-v` binds, and announces the volumes mounted.
* @throws EngineError invalid-parameter, in Docker's words, when the source of a bind has gone since creation
*/
function prepareMounts(daemon, container) {
	for (const { type, name, source, createSource, destination, writable } of container.record.mounts) {
		if (type === "tmpfs") continue;
		if (type === "volume") {
			mkdirSync(source, { recursive: true });
			daemon.events.publish({
				Type: "volume",
				Action: "mount",
				id: name,
				attributes: {
					container: container.id,
					destination,
					driver: "local",
					propagation: "",
					"read/write": String(writable)
				}
			});
		} else if (createSource) makeSource(source);
		else if (!existsSync(source)) throw invalid$7(`invalid mount config for type "bind": bind source path does not exist: ${source}`);
	}
}
function makeSource(path) {
	if (existsSync(path)) return;
	try {
		mkdirSync(path, {
			recursive: true,
			mode: 493
		});
	} catch (error) {
		throw invalid$7(`error while creating mount source path '${path}': ${error.message}`);
	}
}
// src/daemon/start/start-container.ts
/**
* Starts a container. On failure it is as before, but for its error and exit code; with `AutoRemove` it is gone.
* @throws EngineError in Docker's words: not-modified when it runs, not-found, conflict, invalid-parameter …
*/
async function startContainer(daemon, container, reason = "request") {
	await daemon.locks.run(container.id, () => startInLock(daemon, container, reason));
}
async function startInLock(daemon, container, reason) {
	checkStartable(container, reason);
	await container.cleanedUp;
	try {
		await run(daemon, container, reason);
	} catch (error) {
		await recordFailure(daemon, container, error);
		throw error;
	}
}
function checkStartable(container, reason) {
	const { status } = container.state;
	if (container.isRemoved || status === "removing") throw conflict("container is marked for removal and cannot be started");
	if (status === "dead") throw conflict("container is dead and cannot be started");
	if (reason === "restart-policy") return;
	if (status === "paused") throw conflict("cannot start a paused container, try unpause instead");
	if (status === "restarting") clearTimeout(container.restartTimer);
	else if (status === "running") throw new EngineError("not-modified", "container is already running");
}
async function run(daemon, container, reason) {
	await using undo = new AsyncDisposableStack();
	container.layer ??= await daemon.graph.openContainerLayer(container.id);
	prepareMounts(daemon, container);
	const joined = await joinNetworks(daemon, container);
	undo.defer(() => leaveNetworks(daemon, container, joined));
	container.state.endpoints = joined.connections;
	writeHostFiles(daemon, container);
	const runtime = await createRuntime(daemon, container, joined);
	undo.defer(() => runtime.remove());
	for (const pending of container.pendingAttaches) await pending.connect(runtime);
	await runtime.start().catch((error) => {
		throw describeStartFailure(error);
	});
	undo.move();
	joined.close();
	started(daemon, container, {
		runtime,
		reason
	});
}
async function createRuntime(daemon, container, joined) {
	const options = await createOptions(daemon, container);
	try {
		return await daemon.execDriver.create({
			...options,
			start: container.pendingAttaches.size === 0,
			...joined.namespace === void 0 ? {} : { networkNamespace: joined.namespace },
			keepDescriptors: joined.descriptors
		});
	} catch (error) {
		throw describeStartFailure(error);
	}
}
/** What the exec driver gets to know of a container, but for its network. */
async function createOptions(daemon, container) {
	const { id, record } = container;
	const { config, hostConfig } = record;
	container.layer ??= await daemon.graph.openContainerLayer(id);
	const [rows = 0, columns = 0] = hostConfig.ConsoleSize ?? [];
	const hasLog = hostConfig.LogConfig?.Type !== "none";
	return {
		id,
		stateDir: runDirectory(daemon.options, id),
		spec: await buildSpec(daemon, container, container.layer),
		rootfs: container.layer.rootfs,
		io: {
			terminal: config.Tty ?? false,
			stdin: config.OpenStdin ?? false,
			stdinOnce: config.StdinOnce ?? false,
			...rows > 0 && columns > 0 ? {
				rows,
				columns
			} : {}
		},
		...hasLog ? { log: {
			path: logPath(daemon.options, id),
			...rotation(hostConfig.LogConfig)
		} } : {}
	};
}
async function leaveNetworks(daemon, container, joined) {
	joined.close();
	for (const connection of joined.connections) await daemon.networks.disconnect(container.id, connection);
	container.state.endpoints = [];
}
/** Committed before anybody hears of it. */
function started(daemon, container, { runtime, reason }) {
	const { state } = container;
	container.runtime = runtime;
	container.restartCancelled = false;
	if (reason === "request") container.restartDelayMs = 0;
	Object.assign(state, {
		status: "running",
		pid: runtime.pid,
		exitCode: 0,
		error: "",
		oomKilled: false,
		startedAt: formatTime(nowNs()),
		restartCount: reason === "request" ? 0 : state.restartCount + 1,
		manuallyStopped: false,
		hasHostFiles: true
	});
	startHealthChecks(daemon, container);
	daemon.store.saveState(container.id, state);
	containerEvent(daemon, container, "start");
	watchExit(daemon, container, runtime);
}
async function recordFailure(daemon, container, error) {
	const { state, pendingAttaches } = container;
	const wasRestarting = state.status === "restarting";
	Object.assign(state, {
		pid: 0,
		exitCode: startExitCode(error),
		error: messageOf(error),
		...wasRestarting ? {
			status: "exited",
			finishedAt: currentTime()
		} : {}
	});
	daemon.store.saveState(container.id, state);
	for (const pending of pendingAttaches) pending.cancel();
	pendingAttaches.clear();
	if (wasRestarting) container.announce("stopped");
	if (container.record.hostConfig.AutoRemove) await removeInLock(daemon, container, { volumes: true });
}
// src/daemon/lifecycle/stop-container.ts
const DEFAULT_TIMEOUT_SECONDS = 10;
const SIGKILL$1 = 9;
/**
* Asks the container to end, and kills it when it has not after its timeout. Returns when it has ended.
* @throws EngineError not-modified when it does not run, invalid-parameter for a bad signal
*/
async function stopContainer(daemon, container, reference, options) {
	if (!container.isRunning) throw new EngineError("not-modified", "container is already stopped");
	await stopRunning(daemon, container, options).catch((error) => {
		throw prefixed(`cannot stop container: ${reference}`, error);
	});
}
async function stopRunning(daemon, container, options) {
	const { config } = container.record;
	const signal = parseSignal(options.signal || config.StopSignal || "SIGTERM");
	const seconds = options.timeoutSeconds ?? config.StopTimeout ?? DEFAULT_TIMEOUT_SECONDS;
	container.state.manuallyStopped = true;
	daemon.store.saveState(container.id, container.state);
	if (container.state.status === "restarting") cancelRestart(daemon, container);
	else await end(daemon, container, {
		signal,
		timeoutMs: seconds < 0 ? Number.POSITIVE_INFINITY : seconds * 1e3
	});
	containerEvent(daemon, container, "stop");
}
async function end(daemon, container, { signal, timeoutMs }) {
	const stopped = container.waitStopped(timeoutMs);
	await sendSignal(daemon, container, signal);
	if (await stopped) return;
	if (!container.isRunning) return;
	const killed = container.waitStopped(Number.POSITIVE_INFINITY);
	await sendSignal(daemon, container, SIGKILL$1);
	await killed;
}
// src/daemon/lifecycle/change-container.ts
/** `docker restart`. */
async function restartContainer(daemon, container, reference, options) {
	try {
		if (container.isRunning) await stopRunning(daemon, container, options);
		await daemon.locks.run(container.id, () => startInLock(daemon, container, "request"));
	} catch (error) {
		throw prefixed(`Cannot restart container ${reference}`, error);
	}
	containerEvent(daemon, container, "restart");
}
/** Freezes all processes. @throws EngineError conflict */
async function pauseContainer(daemon, container) {
	await daemon.locks.run(container.id, async () => {
		const { id, state, runtime } = container;
		if (state.status === "paused") throw conflict(`Container ${id} is already paused`);
		if (state.status === "restarting") throw conflict(`Container ${id} is restarting, wait until the container is running`);
		if (runtime === void 0 || state.status !== "running") throw conflict(`container ${id} is not running`);
		await runtime.pause();
		state.status = "paused";
		daemon.store.saveState(id, state);
		containerEvent(daemon, container, "pause");
	});
}
/** @throws EngineError conflict */
async function unpauseContainer(daemon, container) {
	await daemon.locks.run(container.id, async () => {
		const { id, state, runtime } = container;
		if (runtime === void 0 || state.status !== "paused") throw conflict(`Container ${id} is not paused`);
		await runtime.resume();
		state.status = "running";
		daemon.store.saveState(id, state);
		containerEvent(daemon, container, "unpause");
	});
}
/** @throws EngineError invalid-parameter, conflict, in Docker's words */
async function renameContainer(daemon, container, newName) {
	if (newName === "") throw invalid$7("Neither old nor new names may be empty");
	await daemon.locks.run(container.id, async () => {
		const oldName = container.name;
		if (newName.replace(/^\//, "") === oldName) throw invalid$7("Renaming a container with the same name as its current name");
		try {
			daemon.containers.rename(container, checkName(newName.startsWith("/") ? newName : `/${newName}`));
		} catch (error) {
			throw prefixed("Error when allocating new name", error);
		}
		containerEvent(daemon, container, "rename", { oldName: `/${oldName}` });
	});
}
/** `docker update`. @throws EngineError invalid-parameter, in Docker's words */
async function updateContainer(daemon, container, request) {
	checkResources(request);
	const { RestartPolicy: policy, ...resources } = request;
	if (policy?.Name) checkRestartPolicy(policy, container.record.hostConfig.AutoRemove ?? false);
	await daemon.locks.run(container.id, async () => {
		const { id, record, runtime } = container;
		const hostConfig = merge(record.hostConfig, request);
		try {
			checkSwap(record.hostConfig, request);
			await runtime?.update(resourcesOf(daemon, resources));
		} catch (error) {
			throw prefixed(`Cannot update container ${id}`, error);
		}
		container.record = {
			...record,
			hostConfig
		};
		daemon.store.saveRecord(container.record);
		containerEvent(daemon, container, "update");
	});
	return { Warnings: [] };
}
/** Zero, empty and absent values leave things as they are. */
function merge(hostConfig, { RestartPolicy: policy, ...resources }) {
	const given = Object.entries(resources).filter(([, value]) => {
		const isEmptyList = Array.isArray(value) && value.length === 0;
		return value !== void 0 && value !== null && value !== 0 && value !== "" && !isEmptyList;
	});
	return {
		...hostConfig,
		...Object.fromEntries(given),
		...policy?.Name ? { RestartPolicy: policy } : {}
	};
}
function checkSwap({ MemorySwap: swap = 0 }, request) {
	if ((request.Memory ?? 0) > swap && !request.MemorySwap) throw conflict("Memory limit should be smaller than already set memoryswap limit, update the memoryswap at the same time");
}
// src/daemon/lifecycle/prune-containers.ts
/** `docker container prune`: removes those that do not run. @throws EngineError invalid-parameter for bad filters */
async function pruneContainers(daemon, filters) {
	checkFilters(filters, [
		"label",
		"label!",
		"until"
	]);
	const until = untilTime(filters);
	const deleted = [];
	let reclaimed = 0;
	for (const container of daemon.containers.all()) {
		const { record } = container;
		if (container.isRunning || container.isRemoved) continue;
		if (until !== void 0 && parseTime(record.createdAt) > until) continue;
		if (!matchesLabels(filters, record.config.Labels) || !avoidsLabels(filters, record.config.Labels)) continue;
		const { SizeRw } = await sizesOf(daemon, container);
		await removeContainer(daemon, container, {
			force: false,
			volumes: false
		});
		deleted.push(container.id);
		reclaimed += SizeRw;
	}
	return {
		ContainersDeleted: deleted.length > 0 ? deleted : null,
		SpaceReclaimed: reclaimed
	};
}
// src/daemon/lifecycle/wait-container.ts
/** Settles when the condition holds, with the exit code; rejects when `signal` is aborted. */
function waitContainer(container, condition, signal) {
	if (condition === "not-running" && !container.isRunning) return Promise.resolve(responseOf(container));
	return new Promise((resolve, reject) => {
		const unwatch = container.watch((milestone) => {
			if (milestone === "stopped" && condition === "removed") return;
			unwatch();
			signal.removeEventListener("abort", abort);
			resolve(responseOf(container));
		});
		const abort = () => {
			unwatch();
			reject(new EngineError("cancelled", "the client has gone"));
		};
		if (signal.aborted) abort();
		else signal.addEventListener("abort", abort, { once: true });
	});
}
function responseOf({ state: { exitCode } }) {
	return { StatusCode: exitCode };
}
// src/daemon/logs/container-logs.ts
/**
* `docker logs`.
* @throws EngineError invalid-parameter, not-implemented for a container without a readable log
*/
function containerLogs({ options: daemonOptions, closing }, container, options) {
	const { config, hostConfig } = container.record;
	if (!options.stdout && !options.stderr) throw invalid$7("Bad parameters: you must choose at least one stream");
	if (hostConfig.LogConfig?.Type === "none") throw new EngineError("not-implemented", "configured logging driver does not support reading");
	const multiplexed = !config.Tty;
	const pieces = readLogs({
		...options,
		multiplexed,
		signal: AbortSignal.any([options.signal, closing]),
		path: logPath(daemonOptions, container.id),
		isOver: () => !container.isRunning,
		onOver: (callback) => container.watch(callback)
	});
	return {
		stream: Readable.from(pieces, { objectMode: false }),
		multiplexed
	};
}
// src/daemon/networks/describe-network.ts
/** A network in Docker's JSON. */
function describeNetwork(network, containers) {
	const { id, name, driver, createdAt, subnet, gateway, internal, options, labels } = network;
	return {
		Name: name,
		Id: id,
		Created: createdAt,
		Scope: "local",
		Driver: driver,
		EnableIPv4: true,
		EnableIPv6: false,
		IPAM: {
			Driver: "default",
			Options: null,
			Config: subnet === "" ? [] : [{
				Subnet: subnet,
				Gateway: gateway
			}]
		},
		Internal: internal,
		Attachable: false,
		Ingress: false,
		ConfigFrom: { Network: "" },
		ConfigOnly: false,
		Containers: Object.fromEntries(containers.flatMap((container) => member(container, id))),
		Options: options,
		Labels: labels
	};
}
function member({ id, name, state }, networkId) {
	return state.endpoints.filter(({ endpoint }) => endpoint.networkId === networkId).map(({ endpoint: { endpointId, macAddress, ipv4Address, prefixLength } }) => [id, {
		Name: name,
		EndpointID: endpointId,
		MacAddress: macAddress,
		IPv4Address: ipv4Address === "" ? "" : `${ipv4Address}/${prefixLength}`,
		IPv6Address: ""
	}]);
}
// src/daemon/networks/list-networks.ts
const KNOWN = [
	"dangling",
	"driver",
	"id",
	"label",
	"name",
	"scope",
	"type"
];
/** `docker network ls`. @throws EngineError invalid-parameter for a bad filter */
function listNetworks({ networks, containers }, filters) {
	checkFilters(filters, KNOWN);
	for (const type of filters.get("type") ?? []) if (type !== "builtin" && type !== "custom") throw invalid$7(`invalid filter: 'type'='${type}'`);
	const all = containers.all();
	return networks.all().filter((network) => matches(network, filters)).map((network) => describeNetwork(network, all));
}
function matches(network, filters) {
	return matchesExactly(filters, "driver", network.driver) && matchesExactly(filters, "scope", "local") && matchesExactly(filters, "type", "builtin") && !booleanFilter(filters, "dangling", false) && matchesPattern(filters, "id", network.id) && matchesPattern(filters, "name", network.name) && matchesLabels(filters, network.labels);
}
// src/daemon/start/explain-container.ts
/** Stands for the descriptor that a start would have. */
const ANY_DESCRIPTOR = 0;
/** The plan that starting the container would execute, a line an operation. Nothing is made. */
async function explainContainer(daemon, container) {
	if (container.isRemoved) throw conflict(`container ${container.id} is being removed`);
	const mode = container.record.hostConfig.NetworkMode ?? "";
	const hasOwnNetwork = mode !== "host" && !mode.startsWith("container:");
	return daemon.execDriver.explain({
		...await createOptions(daemon, container),
		...hasOwnNetwork ? { networkNamespace: ANY_DESCRIPTOR } : {}
	});
}
// src/daemon/volumes/list-volumes.ts
/** `docker volume ls`. @throws EngineError invalid-parameter for a bad filter */
function listVolumes(daemon, filters) {
	checkFilters(filters, [
		"dangling",
		"name",
		"driver",
		"label"
	]);
	const wantsDangling = filters.has("dangling") ? booleanFilter(filters, "dangling", false) : void 0;
	return daemon.volumes.all().filter(({ name, labels }) => matchesPattern(filters, "name", name) && matchesExactly(filters, "driver", "local") && matchesLabels(filters, labels) && (wantsDangling === void 0 || wantsDangling === (volumeUsers(daemon, name).length === 0))).map((volume) => daemon.volumes.describe(volume));
}
/** Ids of the containers that have it mounted. */
function volumeUsers({ containers }, name) {
	return containers.all().filter(({ record }) => record.mounts.some((mount) => mount.type === "volume" && mount.name === name)).map(({ id }) => id);
}
/** `docker volume prune`: anonymous ones that nobody uses; with the filter `all=1`, named ones too. */
async function pruneVolumes(daemon, filters) {
	checkFilters(filters, [
		"label",
		"label!",
		"all"
	]);
	if ((filters.get("all") ?? []).length > 1) throw invalid$7("invalid filter 'all': only one value is allowed");
	const includesNamed = booleanFilter(filters, "all", false);
	const deleted = [];
	let reclaimed = 0;
	for (const { name, labels } of daemon.volumes.all()) {
		if (!includesNamed && !daemon.volumes.isAnonymous(name)) continue;
		if (!matchesLabels(filters, labels) || !avoidsLabels(filters, labels)) continue;
		const bytes = await treeBytes(daemon.volumes.path(name));
		if (volumeUsers(daemon, name).length > 0) continue;
		daemon.volumes.remove(name, []);
		deleted.push(name);
		reclaimed += bytes;
	}
	return {
		VolumesDeleted: deleted.length > 0 ? deleted : null,
		SpaceReclaimed: reclaimed
	};
}
/** The sizes of all files below a directory, added up. */
async function treeBytes(directory) {
	const entries = await readdir(directory, { withFileTypes: true }).catch(() => []);
	let bytes = 0;
	for (const entry of entries) {
		const path = join(directory, entry.name);
		if (entry.isDirectory()) bytes += await treeBytes(path);
		else if (entry.isFile()) bytes += await lstat(path).then(({ size }) => size, () => 0);
	}
	return bytes;
}
// src/daemon/system/disk-usage.ts
/** `docker system df`. */
async function diskUsage(daemon) {
	const filters = /* @__PURE__ */ new Map();
	const images = await listImages(daemon, { filters });
	const sharing = await sharedBytes(daemon);
	return {
		LayersSize: sharing.total,
		Images: images.map((image) => ({
			...image,
			SharedSize: sharing.byImage.get(image.Id) ?? 0
		})),
		Containers: await listContainers(daemon, {
			all: true,
			limit: 0,
			size: true,
			filters
		}),
		Volumes: await Promise.all(daemon.volumes.all().map(async (volume) => ({
			...daemon.volumes.describe(volume),
			UsageData: {
				RefCount: volumeUsers(daemon, volume.name).length,
				Size: await treeBytes(daemon.volumes.path(volume.name))
			}
		}))),
		BuildCache: []
	};
}
/**
* Images with the same layers share them. How large a single layer is, the graph does not tell: an image whose
* layers another one has in full is counted as shared.
*/
async function sharedBytes({ graph }) {
	const images = await graph.list();
	const byImage = /* @__PURE__ */ new Map();
	let total = 0;
	for (const image of images) {
		const top = image.chainIds.at(-1);
		const others = images.filter((other) => other !== image && top !== void 0 && other.chainIds.includes(top));
		byImage.set(image.id, others.length > 0 ? image.sizeBytes : 0);
		if (!others.some((other) => other.chainIds.at(-1) !== top || other.id < image.id)) total += image.sizeBytes;
	}
	return {
		total,
		byImage
	};
}
// src/daemon/system/host-information.ts
const MACHINES = {
	x64: "x86_64",
	arm64: "aarch64"
};
const GO_ARCHITECTURES = {
	x64: "amd64",
	arm64: "arm64"
};
/** As `uname -m` has it. */
const machine = MACHINES[process.arch] ?? process.arch;
/** As Go, and so Docker, names it. */
const architecture = GO_ARCHITECTURES[process.arch] ?? process.arch;
/** What `docker info` tells of the machine. */
function hostInformation({ hostFacts }) {
	const { version, v1, all } = cgroups();
	return {
		MemoryLimit: all.has("memory"),
		SwapLimit: all.has("memory"),
		CpuCfsPeriod: all.has("cpu"),
		CpuCfsQuota: all.has("cpu"),
		CPUShares: all.has("cpu"),
		CPUSet: all.has("cpuset"),
		PidsLimit: all.has("pids"),
		OomKillDisable: v1.has("memory"),
		IPv4Forwarding: readText("/proc/sys/net/ipv4/ip_forward").trim() === "1",
		CgroupDriver: "cgroupfs",
		CgroupVersion: version,
		KernelVersion: release(),
		OperatingSystem: operatingSystem(),
		OSVersion: "",
		OSType: "linux",
		Architecture: machine,
		NCPU: availableParallelism(),
		MemTotal: totalmem(),
		Name: hostname(),
		NFd: readdirSync("/proc/self/fd").length,
		SecurityOptions: [...hostFacts.apparmorProfile === void 0 ? [] : ["name=apparmor"], ...hostFacts.seccomp ? ["name=seccomp,profile=builtin"] : []]
	};
}
/** Docker calls a machine with any controller on v1 a v1 machine. */
function cgroups() {
	const layout = detectCgroupLayout();
	const v1 = new Set(layout.v1.flatMap(({ controllers }) => controllers));
	const all = /* @__PURE__ */ new Set([...v1, ...layout.unified?.controllers ?? []]);
	return {
		version: layout.mode === "v2" ? "2" : "1",
		v1,
		all
	};
}
function operatingSystem() {
	return /^PRETTY_NAME="?([^"\n]*)/m.exec(readText("/etc/os-release"))?.[1] ?? "Linux";
}
function readText(path) {
	return existsSync(path) ? readFileSync(path, "utf8") : "";
}
// src/daemon/system/system-information.ts
/** Everything that `docker info` prints. */
async function systemInformation(daemon) {
	const { options, graph, containers } = daemon;
	const all = containers.all();
	const count = (...states) => all.filter(({ state }) => states.includes(state.status)).length;
	const running = count("running", "restarting");
	const paused = count("paused");
	return {
		ID: daemon.id,
		Containers: all.length,
		ContainersRunning: running,
		ContainersPaused: paused,
		ContainersStopped: all.length - running - paused,
		Images: (await graph.list()).length,
		Driver: graph.driverName,
		DriverStatus: graph.driverStatus(),
		Plugins: {
			Volume: ["local"],
			Network: [
				"bridge",
				"host",
				"null"
			],
			Authorization: null,
			Log: ["json-file", "none"]
		},
		...hostInformation(daemon),
		KernelMemoryTCP: false,
		Debug: options.debug,
		NGoroutines: 1,
		SystemTime: currentTime(),
		LoggingDriver: options.logDriver,
		NEventsListener: daemon.events.listenerCount,
		IndexServerAddress: "https://index.docker.io/v1/",
		RegistryConfig: registryConfig(),
		GenericResources: null,
		DockerRootDir: options.dataRoot,
		HttpProxy: "",
		HttpsProxy: "",
		NoProxy: "",
		Labels: options.labels,
		ExperimentalBuild: false,
		ServerVersion: options.version,
		Runtimes: { slipway: { path: "slipway-shim" } },
		DefaultRuntime: "slipway",
		Swarm: {
			NodeID: "",
			NodeAddr: "",
			LocalNodeState: "inactive",
			ControlAvailable: false,
			Error: "",
			RemoteManagers: null
		},
		LiveRestoreEnabled: true,
		Isolation: "",
		InitBinary: "slipway-init",
		ContainerdCommit: { ID: "" },
		RuncCommit: { ID: "" },
		InitCommit: { ID: "" },
		FirewallBackend: { Driver: "nftables" },
		CDISpecDirs: [],
		Warnings: null
	};
}
function registryConfig() {
	return {
		IndexConfigs: { "docker.io": {
			Mirrors: [],
			Name: "docker.io",
			Official: true,
			Secure: true
		} },
		InsecureRegistryCIDRs: ["::1/128", "127.0.0.0/8"],
		Mirrors: null
	};
}
/** `docker version`, the server's half. */
function systemVersion({ options }) {
	const common = {
		ApiVersion: API_VERSION,
		MinAPIVersion: MIN_API_VERSION,
		Os: "linux",
		Arch: architecture
	};
	const details = {
		GitCommit: "",
		GoVersion: `node ${process.versions.node}`,
		KernelVersion: release()
	};
	const BuildTime = "";
	return {
		Platform: { Name: "Slipway" },
		Components: [{
			Name: "Engine",
			Version: options.version,
			Details: {
				...common,
				...details,
				BuildTime,
				Experimental: "false"
			}
		}],
		Version: options.version,
		...common,
		...details,
		BuildTime
	};
}
// src/daemon/backend.ts
/** The daemon as the API server sees it: structurally the server's `Backend` (main/engine.ts checks that). */
function createBackend(daemon) {
	return {
		...lifecycleBackend(daemon),
		...inspectionBackend(daemon),
		...streamBackend(daemon),
		...execBackend(daemon),
		...imageBackend(daemon),
		...networkBackend(daemon),
		...volumeBackend(daemon),
		...systemBackend(daemon)
	};
}
function lifecycleBackend(daemon) {
	const find = (id) => daemon.containers.find(id);
	return {
		containerCreate: async (name, request) => createContainer$1(daemon, name, request),
		containerStart: async (id) => startContainer(daemon, find(id)),
		containerStop: async (id, options) => stopContainer(daemon, find(id), id, options),
		containerRestart: async (id, options) => restartContainer(daemon, find(id), id, options),
		containerKill: async (id, signal) => {
			const container = daemon.containers.lookup(id);
			if (container === void 0) throw new EngineError("not-found", `cannot kill container: ${id}: No such container: ${id}`);
			await killContainer(daemon, container, id, signal);
		},
		containerPause: async (id) => pauseContainer(daemon, find(id)),
		containerUnpause: async (id) => unpauseContainer(daemon, find(id)),
		containerRename: async (id, newName) => renameContainer(daemon, find(id), newName),
		containerUpdate: async (id, request) => updateContainer(daemon, find(id), request),
		containerRemove: async (id, options) => {
			if (options.link) throw invalid$7("legacy links are not supported");
			await removeContainer(daemon, find(id), options, id);
		},
		containerPrune: async (filters) => pruneContainers(daemon, filters),
		containerWait: async (id, condition, signal) => ({ status: waitContainer(find(id), condition, signal) })
	};
}
function inspectionBackend(daemon) {
	const find = (id) => daemon.containers.find(id);
	return {
		containerInspect: async (id, options) => inspectContainer(daemon, find(id), options),
		containerList: async (options) => listContainers(daemon, options),
		containerTop: async (id, psArgs) => {
			const container = find(id);
			const result = await containerTop(container, psArgs);
			containerEvent(daemon, container, "top");
			return result;
		},
		containerExport: async (id) => {
			const container = find(id);
			const stream = await daemon.graph.exportContainerLayer(container.id);
			containerEvent(daemon, container, "export");
			return stream;
		},
		containerChanges: async (id) => containerChanges(daemon, find(id)),
		containerExplain: async (id) => explainContainer(daemon, find(id)),
		containerStats: (id, options, signal) => containerStats(daemon, find(id), options, signal)
	};
}
function streamBackend(daemon) {
	const find = (id) => daemon.containers.find(id);
	return {
		containerLogs: async (id, options) => containerLogs(daemon, find(id), options),
		containerAttach: async (id, options) => attachContainer(daemon, find(id), options),
		containerResize: async (id, rows, columns) => {
			const container = find(id);
			const { runtime } = container;
			if (runtime === void 0 || !container.isRunning) throw conflict(`container ${container.id} is not running`);
			await runtime.resize(rows, columns);
			containerEvent(daemon, container, "resize", {
				height: String(rows),
				width: String(columns)
			});
		}
	};
}
function execBackend(daemon) {
	return {
		execCreate: async (containerId, config) => {
			return { Id: (await createExec(daemon, daemon.containers.find(containerId), containerId, config)).id };
		},
		execStart: async (execId, config) => startExec(daemon, findExec(daemon, execId), config),
		execResize: async (execId, rows, columns) => {
			const { process, record } = findExec(daemon, execId);
			if (process === void 0 || record.state === "exited") throw conflict(`exec ${execId} is not running`);
			await process.resize(rows, columns);
		},
		execInspect: async (execId) => findExec(daemon, execId).inspect()
	};
}
function imageBackend(daemon) {
	const { graph } = daemon;
	return {
		imageList: async (options) => listImages(daemon, options),
		imageInspect: async (reference) => describeImage(await graph.resolve(reference), graph),
		imageHistory: async (reference) => graph.history(reference),
		imageTag: async (reference, repository, tag) => tagImage$1(daemon, reference, tag === "" ? repository : `${repository}:${tag}`),
		imageRemove: async (reference, options) => removeImage$1(daemon, reference, options),
		imagePrune: async (filters) => pruneImages(daemon, filters),
		imageLoad: async (...args) => loadImage$1(daemon, ...args),
		imageSave: async (references) => saveImages(daemon, references),
		imageImport: async (...args) => importImage(daemon, ...args),
		imagePull: async (reference, _options, progress) => pullImage(daemon, reference, progress),
		imageBootstrap: async (what, progress) => graph.bootstrap(what, progress)
	};
}
function networkBackend(daemon) {
	const { networks, containers } = daemon;
	return {
		networkList: async (filters) => listNetworks(daemon, filters),
		networkInspect: async (id) => describeNetwork(networks.find(id), containers.all())
	};
}
function volumeBackend(daemon) {
	const { volumes } = daemon;
	return {
		volumeList: async (filters) => ({
			Volumes: listVolumes(daemon, filters),
			Warnings: null
		}),
		volumeInspect: async (name) => volumes.describe(volumes.find(name)),
		volumeCreate: async ({ Name, Driver, DriverOpts, Labels }) => volumes.describe(volumes.create({
			name: Name,
			driver: Driver,
			options: DriverOpts ?? null,
			labels: Labels ?? null
		})),
		volumeRemove: async (name, force) => {
			try {
				volumes.remove(name, volumeUsers(daemon, name));
			} catch (error) {
				const isMissing = error instanceof EngineError && error.kind === "not-found";
				if (!force || !isMissing) throw error;
			}
		},
		volumePrune: async (filters) => pruneVolumes(daemon, filters)
	};
}
function systemBackend(daemon) {
	return {
		info: async () => systemInformation(daemon),
		version: async () => systemVersion(daemon),
		events: (options) => daemon.events.subscribe({
			...options,
			signal: AbortSignal.any([options.signal, daemon.closing])
		}),
		diskUsage: async () => diskUsage(daemon)
	};
}
// src/daemon/logger.ts
const ignore = () => void 0;
const SILENT = {
	debug: ignore,
	info: ignore,
	warn: ignore,
	error: ignore
};
// src/base/keyed-lock.ts
/** Serialises work per key: tasks of one key run one after the other, in order; different keys run at once. */
var KeyedLock = class {
	#tails = /* @__PURE__ */ new Map();
	/** Runs `task` once all earlier tasks of `key` have settled; their failures do not reach it. */
	async run(key, task) {
		const result = (this.#tails.get(key) ?? Promise.resolve()).then(task, task);
		const tail = result.catch(() => void 0);
		this.#tails.set(key, tail);
		try {
			return await result;
		} finally {
			if (this.#tails.get(key) === tail) this.#tails.delete(key);
		}
	}
};
// src/daemon/background.ts
/** Work that answers need not wait for, but that must be over before the daemon is. */
var Background = class {
	#running = /* @__PURE__ */ new Set();
	#log;
	constructor(log) {
		this.#log = log;
	}
	/** A failure is logged with `what`, which names the work. */
	run(what, work) {
		const done = work.then(() => void 0, (error) => this.#log.error({ error: messageOf(error) }, what)).then(() => {
			this.#running.delete(done);
		});
		this.#running.add(done);
	}
	/** Settles when all the work of this moment is over, and what that started in turn. */
	async idle() {
		while (this.#running.size > 0) await Promise.all(this.#running);
	}
};
// src/daemon/containers/container-table.ts
/** All containers of an engine, found by id, name, or an unambiguous prefix of the id. */
var ContainerTable = class {
	#byId = /* @__PURE__ */ new Map();
	#byName = /* @__PURE__ */ new Map();
	#store;
	constructor(store) {
		this.#store = store;
	}
	/** In the order of their creation. */
	all() {
		return [...this.#byId.values()];
	}
	/** @throws EngineError not-found, or invalid-parameter for an ambiguous prefix */
	find(reference) {
		const container = this.lookup(reference);
		if (container === void 0) throw notFound$2(`No such container: ${reference}`);
		return container;
	}
	/** @throws EngineError invalid-parameter for an ambiguous prefix */
	lookup(reference) {
		const name = reference.replace(/^\//, "");
		const exact = this.#byId.get(reference) ?? this.#byId.get(this.#byName.get(name) ?? "");
		if (exact !== void 0 || !/^[0-9a-f]+$/.test(reference)) return exact;
		const matches = [...this.#byId.keys()].filter((id) => id.startsWith(reference));
		if (matches.length > 1) throw invalid$7(`Multiple IDs found with provided prefix: ${reference}`);
		return this.#byId.get(matches[0] ?? "");
	}
	/**
	* Keeps the name for a container that is about to be made.
	* @throws EngineError conflict, in Docker's words
	*/
	reserveName(name, id) {
		const owner = this.#byName.get(name);
		if (owner !== void 0 && owner !== id) throw conflict(`Conflict. The container name "/${name}" is already in use by container "${owner}". You have to remove (or rename) that container to be able to reuse that name.`);
		this.#byName.set(name, id);
	}
	isNameFree(name) {
		return !this.#byName.has(name);
	}
	releaseName(name) {
		this.#byName.delete(name);
	}
	/** Stores it; from now on it is found. Its name must be reserved. */
	add(container) {
		this.#store.addContainer(container);
		this.insert(container);
	}
	/** As {@link add}, for what is in the store already. */
	insert(container) {
		this.#byName.set(container.name, container.id);
		this.#byId.set(container.id, container);
	}
	rename(container, newName) {
		this.reserveName(newName, container.id);
		const oldName = container.name;
		const record = {
			...container.record,
			name: newName
		};
		try {
			this.#store.saveRecord(record);
		} catch (error) {
			this.releaseName(newName);
			throw error;
		}
		container.record = record;
		this.releaseName(oldName);
	}
	/** Forgets it, and the volumes named, in one transaction. */
	remove(container, volumes) {
		this.#store.removeContainer(container.id, volumes);
		this.#byId.delete(container.id);
		this.#byName.delete(container.name);
	}
};
// src/daemon/events/event-matches.ts
/** Whether an event passes the filters of `docker events`. */
function eventMatches(event, filters) {
	return matchesAction(event, filters) && matchesExactly(filters, "type", event.Type) && matchesExactly(filters, "scope", event.scope) && matchesExactly(filters, "daemon", event.Type === "daemon" ? event.Actor.ID : "") && matchesActor(event, filters, "container") && matchesActor(event, filters, "volume") && matchesActor(event, filters, "network") && matchesImage(event, filters) && matchesLabels(filters, event.Actor.Attributes);
}
/** `exec_create: sh` and `health_status: healthy` are also found by what stands before the colon. */
function matchesAction(event, filters) {
	return matchesExactly(filters, "event", event.Action, event.Action.split(":")[0] ?? "");
}
/** By id, by a prefix of it, or by name. */
function matchesActor(event, filters, type) {
	const wanted = filters.get(type) ?? [];
	if (wanted.length === 0) return true;
	if (event.Type !== type) return false;
	const { ID, Attributes } = event.Actor;
	return wanted.some((one) => ID.startsWith(one) || Attributes.name === one);
}
/** The image itself, or a container made from it; with or without a tag. */
function matchesImage(event, filters) {
	const wanted = filters.get("image") ?? [];
	if (wanted.length === 0) return true;
	const { ID, Attributes } = event.Actor;
	const names = event.Type === "image" ? [ID, Attributes.name ?? ""] : [Attributes.image ?? ""];
	return wanted.some((one) => names.some((name) => name === one || withoutTag(name) === one));
}
function withoutTag(reference) {
	const colon = reference.lastIndexOf(":");
	return colon > reference.lastIndexOf("/") ? reference.slice(0, colon) : reference;
}
// src/daemon/events/event-bus.ts
/** How many events are kept for `events --since`. */
const KEPT = 1024;
/** A listener that falls behind by so many events is cut off, lest it grow without bound. */
const MAX_QUEUED = 1e4;
/** What happened, for those who ask: the last ones from memory, then as they come. */
var EventBus = class {
	#past = [];
	#listeners = /* @__PURE__ */ new Set();
	get listenerCount() {
		return this.#listeners.size;
	}
	publish({ Type, Action, id, attributes }) {
		const timeNs = nowNs();
		const event = {
			...Type === "container" || Type === "image" ? {
				status: Action,
				id
			} : {},
			...Type === "container" ? { from: attributes.image ?? "" } : {},
			Type,
			Action,
			Actor: {
				ID: id,
				Attributes: attributes
			},
			scope: "local",
			time: Number(timeNs / 1000000000n),
			timeNano: Number(timeNs)
		};
		this.#past.push(event);
		if (this.#past.length > 2 * KEPT) this.#past.splice(0, KEPT);
		for (const listener of this.#listeners) listener(event);
	}
	/**
	* Past events since `sinceNs` (none without it), then live ones until `untilNs`, or for ever. The listener is
	* registered when this is called, not at the first `next`.
	*/
	subscribe(options) {
		const queue = this.#pastEvents(options);
		let wake = () => void 0;
		const overflow = { happened: false };
		const listener = (event) => {
			if (!eventMatches(event, options.filters)) return;
			if (queue.length >= MAX_QUEUED) overflow.happened = true;
			else queue.push(event);
			wake();
		};
		const isLive = options.untilNs === void 0 || options.untilNs > nowNs();
		if (isLive) this.#listeners.add(listener);
		const end = endOf(options);
		const unsubscribe = () => {
			this.#listeners.delete(listener);
			end.cancel();
		};
		options.signal.addEventListener("abort", unsubscribe, { once: true });
		return (async function* () {
			try {
				while (!overflow.happened) {
					for (let event = queue.shift(); event !== void 0; event = queue.shift()) yield event;
					if (!isLive || end.reached()) return;
					const more = new Promise((resolve) => {
						wake = resolve;
					});
					if (queue.length === 0) await Promise.race([more, end.promise]);
				}
			} finally {
				unsubscribe();
			}
		})();
	}
	#pastEvents({ sinceNs, untilNs, filters }) {
		if (sinceNs === void 0) return [];
		const since = Number(sinceNs);
		const until = untilNs === void 0 ? Number.POSITIVE_INFINITY : Number(untilNs);
		return this.#past.filter((event) => event.timeNano >= since && event.timeNano <= until && eventMatches(event, filters));
	}
};
/** The moment a subscription ends by itself: `untilNs`, or the abort of its signal. */
function endOf({ untilNs, signal }) {
	let isReached = signal.aborted;
	let timer;
	return {
		promise: new Promise((resolve) => {
			const finish = () => {
				isReached = true;
				resolve();
			};
			signal.addEventListener("abort", finish, { once: true });
			if (untilNs !== void 0) {
				const delayMs = Number((untilNs - nowNs()) / 1000000n);
				if (delayMs < 2 ** 31) timer = setTimeout(finish, Math.max(0, delayMs));
			}
		}),
		reached: () => isReached,
		cancel: () => clearTimeout(timer)
	};
}
// src/kernel/abi/netlink.ts
const NLM_F_CREATE = 1024;
const NLA_F_NESTED = 32768;
const NLA_TYPE_MASK = 16383;
// src/kernel/abi/socket.ts
const SOCK_CLOEXEC = 524288;
// src/kernel/netlink/message.ts
/**
* Netlink messages and attributes as plain data, and their wire form (include/uapi/linux/netlink.h; RFC 3549
* section 2). Numbers are in host byte order unless an attribute says otherwise; supported hosts are little
* endian.
*/
/** The nlmsghdr, the payload, and padding to a multiple of four bytes. */
function encodeMessage$1(message, sequence, flags = 0) {
	const length = 16 + align(message.header.length) + attributesLength(message.attributes);
	const buffer = Buffer.alloc(length);
	buffer.writeUInt32LE(length, 0);
	buffer.writeUInt16LE(message.type, 4);
	buffer.writeUInt16LE(message.flags | flags | 1, 6);
	buffer.writeUInt32LE(sequence, 8);
	buffer.set(message.header, 16);
	writeAttributes(buffer, 16 + align(message.header.length), message.attributes);
	return buffer;
}
/** The attributes that fill `data`, in order; nested ones are decoded by calling it again on their value. */
function decodeAttributes(data) {
	const attributes = /* @__PURE__ */ new Map();
	for (let offset = 0; offset + 4 <= data.length;) {
		const length = data.readUInt16LE(offset);
		if (length < 4 || offset + length > data.length) break;
		attributes.set(data.readUInt16LE(offset + 2) & NLA_TYPE_MASK, data.subarray(offset + 4, offset + length));
		offset += align(length);
	}
	return attributes;
}
/** As {@link decodeAttributes}, of an array: attributes of one repeated type. */
function decodeList(data) {
	const list = [];
	for (let offset = 0; offset + 4 <= data.length;) {
		const length = data.readUInt16LE(offset);
		if (length < 4 || offset + length > data.length) break;
		list.push(data.subarray(offset + 4, offset + length));
		offset += align(length);
	}
	return list;
}
function bytes(type, value) {
	return {
		type,
		value
	};
}
function text(type, value) {
	return {
		type,
		value: Buffer.from(`${value}\0`)
	};
}
function u8(type, value) {
	return {
		type,
		value: Uint8Array.of(value)
	};
}
function u32(type, value) {
	const buffer = Buffer.allocUnsafe(4);
	buffer.writeUInt32LE(value);
	return {
		type,
		value: buffer
	};
}
/** `prefix` precedes the attributes (veth's peer has an ifinfomsg there). */
function nested(type, attributes, prefix) {
	const start = align(prefix?.length ?? 0);
	const value = Buffer.alloc(start + attributesLength(attributes));
	if (prefix !== void 0) value.set(prefix, 0);
	writeAttributes(value, start, attributes);
	return {
		type: type | NLA_F_NESTED,
		value
	};
}
function writeAttributes(buffer, start, attributes) {
	let offset = start;
	for (const { type, value } of attributes) {
		buffer.writeUInt16LE(4 + value.length, offset);
		buffer.writeUInt16LE(type, offset + 2);
		buffer.set(value, offset + 4);
		offset += align(4 + value.length);
	}
}
function attributesLength(attributes) {
	return attributes.reduce((sum, { value }) => sum + align(4 + value.length), 0);
}
function align(length) {
	return length + 3 & -4;
}
// src/kernel/netlink/link-messages.ts
/** rtnetlink requests about network interfaces: rtnetlink(7), include/uapi/linux/if_link.h. */
const CREATE = 1536;
const INTERFACE_INFO_BYTES = 16;
function getLink(link) {
	return linkMessage(18, {
		link,
		description: `find ${nameOf(link)}`
	});
}
function dumpLinks() {
	return {
		type: 18,
		flags: 0,
		header: interfaceInfo({}),
		attributes: [],
		description: "list links"
	};
}
function setLinkUp(link) {
	return linkMessage(16, {
		link,
		up: true,
		description: `set ${nameOf(link)} up`
	});
}
/** Slow: the kernel waits for an RCU grace period or two. */
function deleteLink(link) {
	return linkMessage(17, {
		link,
		description: `delete ${nameOf(link)}`
	});
}
/** A bridge that is up, without spanning tree, and with an address of its own that does not follow its ports'. */
function addBridge(options) {
	const attributes = [bytes(1, macBytes(options.macAddress)), nested(18, [text(1, "bridge")])];
	if (options.mtu !== void 0) attributes.push(u32(4, options.mtu));
	return linkMessage(16, {
		link: { name: options.name },
		flags: CREATE,
		up: true,
		attributes,
		description: `add bridge ${options.name}`
	});
}
/**
* A pair of virtual Ethernet interfaces, both down: this end here, the other made at once in another network
* namespace.
*/
function addVethPair(options) {
	const { name, peer } = options;
	const queues = [u32(31, 1), u32(32, 1)];
	const peerAttributes = [
		text(3, peer.name),
		u32(28, peer.namespace),
		...queues
	];
	return linkMessage(16, {
		link: { name },
		flags: CREATE,
		attributes: [...queues, nested(18, [text(1, "veth"), nested(2, [nested(1, peerAttributes, interfaceInfo({}))])])],
		description: `add veth ${name} with ${peer.name}`
	});
}
/** Makes an interface a port of the bridge and brings it up, without an IPv6 address of its own. */
function addPort(options) {
	return linkMessage(16, {
		link: { index: options.index },
		up: true,
		attributes: [
			u32(4, options.mtu),
			u32(10, options.bridgeIndex),
			nested(26, [nested(10, [u8(8, 1)])])
		],
		description: "add port to bridge"
	});
}
/** Lets a bridge send frames back out by the port they came in by. */
function setHairpin(index) {
	return linkMessage(16, {
		link: { index },
		attributes: [nested(18, [text(4, "bridge"), nested(5, [u8(4, 1)])])],
		description: "set hairpin mode"
	});
}
/** Sets what an interface that is still down needs, and brings it up. */
function configureLink(options) {
	return linkMessage(16, {
		link: { index: options.index },
		up: true,
		attributes: [bytes(1, macBytes(options.macAddress)), u32(4, options.mtu)],
		description: `set up interface with ${options.macAddress}`
	});
}
/** The interface a RTM_NEWLINK reply is about. */
function parseLink(reply) {
	const attributes = decodeAttributes(reply.payload.subarray(INTERFACE_INFO_BYTES));
	const info = attributes.get(18);
	return {
		index: reply.payload.readInt32LE(4),
		up: (reply.payload.readUInt32LE(8) & 1) !== 0,
		name: textOf(attributes.get(3)),
		peerIndex: attributes.get(5)?.readUInt32LE(0) ?? 0,
		kind: info === void 0 ? "" : textOf(decodeAttributes(info).get(1)),
		macAddress: [...attributes.get(1) ?? []].map((byte) => byte.toString(16).padStart(2, "0")).join(":")
	};
}
/** Six bytes for `02:42:ac:11:00:02`. */
function macBytes(address) {
	return Buffer.from(address.replaceAll(":", ""), "hex");
}
function linkMessage(type, options) {
	const { link, flags = 0, up = false, attributes = [], description } = options;
	const byName = "name" in link ? [text(3, link.name)] : [];
	return {
		type,
		flags,
		header: interfaceInfo({
			index: "index" in link ? link.index : 0,
			up
		}),
		attributes: [...byName, ...attributes],
		description
	};
}
/** struct ifinfomsg: family, type, index, flags, and which flags to change. */
function interfaceInfo({ index = 0, up = false }) {
	const header = Buffer.alloc(INTERFACE_INFO_BYTES);
	header.writeUInt8(0, 0);
	header.writeInt32LE(index, 4);
	header.writeUInt32LE(up ? 1 : 0, 8);
	header.writeUInt32LE(up ? 1 : 0, 12);
	return header;
}
function nameOf(link) {
	return "name" in link ? link.name : `link ${link.index}`;
}
function textOf(value) {
	return value?.toString("utf8").replace(/\0.*$/, "") ?? "";
}
// src/kernel/netlink/address-messages.ts
/** rtnetlink requests about IPv4 addresses, routes and neighbours: rtnetlink(7). */
function addAddress({ linkIndex, address, prefixLength }) {
	const value = ipv4Bytes(address);
	return {
		type: 20,
		flags: 1536,
		header: addressHeader(linkIndex, prefixLength),
		attributes: [
			bytes(2, value),
			bytes(1, value),
			bytes(4, broadcastOf(value, prefixLength))
		],
		description: `add address ${address}/${prefixLength}`
	};
}
function deleteAddress({ linkIndex, address, prefixLength }) {
	return {
		type: 21,
		flags: 0,
		header: addressHeader(linkIndex, prefixLength),
		attributes: [bytes(2, ipv4Bytes(address))],
		description: `delete address ${address}/${prefixLength}`
	};
}
function dumpAddresses() {
	return {
		type: 22,
		flags: 0,
		header: addressHeader(0, 0),
		attributes: [],
		description: "list addresses"
	};
}
function parseAddress({ payload }) {
	const attributes = decodeAttributes(payload.subarray(8));
	const address = attributes.get(2) ?? attributes.get(1);
	return {
		linkIndex: payload.readUInt32LE(4),
		prefixLength: payload.readUInt8(1),
		address: [...address ?? []].join(".")
	};
}
function addDefaultRoute(gateway) {
	return {
		type: 24,
		flags: 1280,
		header: Buffer.from([
			2,
			0,
			0,
			0,
			254,
			3,
			0,
			1,
			0,
			0,
			0,
			0
		]),
		attributes: [bytes(5, ipv4Bytes(gateway))],
		description: `add default route via ${gateway}`
	};
}
function dumpRoutes() {
	return {
		type: 26,
		flags: 0,
		header: Buffer.from([
			2,
			0,
			0,
			0,
			0,
			0,
			0,
			0,
			0,
			0,
			0,
			0
		]),
		attributes: [],
		description: "list routes"
	};
}
function parseRoute({ payload }) {
	const attributes = decodeAttributes(payload.subarray(12));
	return {
		prefixLength: payload.readUInt8(1),
		table: payload.readUInt8(4),
		destination: [...attributes.get(1) ?? [
			0,
			0,
			0,
			0
		]].join("."),
		linkIndex: attributes.get(4)?.readUInt32LE(0) ?? 0
	};
}
/**
* Tells the host which link-layer address an IPv4 address has now, if it believes to know one, or is about to
* give up asking. Where it knows nothing it stays so: its table is small.
*/
function correctNeighbour(options) {
	const { linkIndex, address, macAddress } = options;
	return {
		type: 28,
		flags: 256,
		header: neighbourHeader({
			family: 2,
			linkIndex,
			state: 2,
			flags: 0
		}),
		attributes: [bytes(1, ipv4Bytes(address)), bytes(2, macBytes(macAddress))],
		description: `set neighbour ${address} ${macAddress}`,
		ignoredErrno: constants$1.errno.ENOENT
	};
}
/** Tells a bridge behind which of its ports a link-layer address is now. The entry goes with the port. */
function setForwarding(options) {
	return {
		type: 28,
		flags: 1280,
		header: neighbourHeader({
			family: 7,
			linkIndex: options.portIndex,
			state: 64,
			flags: 4
		}),
		attributes: [bytes(2, macBytes(options.macAddress))],
		description: `set forwarding of ${options.macAddress}`
	};
}
/** Four bytes, in network order. */
function ipv4Bytes(address) {
	return Buffer.from(address.split(".").map(Number));
}
function broadcastOf(address, prefixLength) {
	const broadcast = Buffer.alloc(4);
	const hostMask = prefixLength === 0 ? 4294967295 : 2 ** (32 - prefixLength) - 1 >>> 0;
	broadcast.writeUInt32BE((address.readUInt32BE(0) | hostMask) >>> 0);
	return broadcast;
}
/** struct ifaddrmsg: family, prefix length, flags, scope, index. */
function addressHeader(linkIndex, prefixLength) {
	const header = Buffer.from([
		2,
		prefixLength,
		0,
		0,
		0,
		0,
		0,
		0
	]);
	header.writeUInt32LE(linkIndex, 4);
	return header;
}
/** struct ndmsg: family, two pads, index, state, flags, type. */
function neighbourHeader(options) {
	const header = Buffer.alloc(12);
	header.writeUInt8(options.family, 0);
	header.writeInt32LE(options.linkIndex, 4);
	header.writeUInt16LE(options.state, 8);
	header.writeUInt8(options.flags, 10);
	return header;
}
// src/kernel/netlink/netlink-socket.ts
const RECEIVE_BYTES = 65536;
const DUMP_ATTEMPTS = 5;
/** Shared by all sockets of the thread: what is received is copied out, or used up, within one synchronous call. */
const receiveBuffer = Buffer.alloc(RECEIVE_BYTES);
/**
* A netlink socket of the network namespace that the thread is in when it is made, and for good: it may then
* be used from any other. The kernel works on requests within the sending call, so answers are always there
* when that returns. Messages of one call are worked on in order; a failing one does not stop those after it.
*/
var NetlinkSocket = class {
	#descriptor;
	#sequence = 0;
	#busy = false;
	#closed = false;
	/** @param protocol NETLINK_ROUTE, NETLINK_NETFILTER */
	constructor(protocol) {
		this.#descriptor = syscall("socket", "AF_NETLINK", 16, 524291, protocol);
		for (const option of [10, 11]) syscallResult("setsockopt", this.#descriptor, 270, option, Buffer.of(1, 0, 0, 0), 4);
	}
	/**
	* Sends the messages in one call, blocking for as long as the kernel works on them.
	* @returns what the kernel sent besides acknowledgements
	* @throws SyscallError of the first failing message, with its description and the kernel's own explanation
	*/
	request(messages) {
		const encoded = this.#encode(messages);
		syscall("sendto", "netlink", this.#descriptor, encoded, encoded.length, 0, null, 0);
		return this.#answers(messages);
	}
	/** As {@link request}, on a pool thread: for what the kernel is slow at (it waits for RCU to delete a link). */
	async requestAsync(messages) {
		const encoded = this.#encode(messages);
		this.#busy = true;
		try {
			await syscallAsync("sendto", "netlink", this.#descriptor, encoded, encoded.length, 0, null, 0);
		} finally {
			this.#busy = false;
		}
		return this.#answers(messages);
	}
	/**
	* All objects a GET request selects.
	* @throws SyscallError
	*/
	dump(message) {
		for (let attempt = 1;; attempt++) {
			const [encoded] = [encodeMessage$1(message, this.#nextSequence(), 768)];
			syscall("sendto", "netlink", this.#descriptor, encoded, encoded.length, 0, null, 0);
			const replies = this.#receiveDump(message);
			if (!replies.some((reply) => (reply.flags & 16) !== 0) || attempt === DUMP_ATTEMPTS) return replies;
		}
	}
	close() {
		if (this.#closed) return;
		this.#closed = true;
		syscallResult("close", this.#descriptor);
	}
	#encode(messages) {
		if (this.#busy) throw new TypeError("netlink socket used while an asynchronous request is under way");
		const last = messages.length - 1;
		return Buffer.concat(messages.map((message, index) => encodeMessage$1(message, this.#nextSequence(), index === last ? 4 : 0)));
	}
	#answers(messages) {
		const first = this.#sequence - messages.length + 1 >>> 0;
		const replies = [];
		let failure;
		for (const received of this.#receiveAll()) {
			const message = messages[received.sequence - first >>> 0];
			if (message === void 0) continue;
			if (received.type === 2) failure ??= failureOf(received, message);
			else replies.push(received);
		}
		if (failure !== void 0) throw failure;
		return replies;
	}
	#receiveAll() {
		const all = [];
		for (;;) {
			const some = this.#receive();
			if (some === void 0) return all;
			all.push(...some);
		}
	}
	#receiveDump(message) {
		const all = [];
		for (;;) for (const received of this.#receive() ?? []) {
			if (received.sequence !== this.#sequence) continue;
			const failure = received.type === 2 ? failureOf(received, message) : void 0;
			if (failure !== void 0) throw failure;
			if (received.type === 3 || received.type === 2) return all;
			all.push(received);
		}
	}
	/** The messages of one datagram; undefined when there is none. */
	#receive() {
		const length = syscallResult("recvfrom", this.#descriptor, receiveBuffer, RECEIVE_BYTES, 64, null, null);
		if (length === -11) return void 0;
		if (length === -4) return [];
		if (length < 0) throw new SyscallError("recvfrom", -length, errnoName(-length), "netlink");
		return splitMessages(Buffer.from(receiveBuffer.subarray(0, length)));
	}
	#nextSequence() {
		this.#sequence = this.#sequence + 1 >>> 0;
		return this.#sequence;
	}
};
function splitMessages(datagram) {
	const messages = [];
	for (let offset = 0; offset + 16 <= datagram.length;) {
		const length = datagram.readUInt32LE(offset);
		if (length < 16 || offset + length > datagram.length) break;
		messages.push({
			type: datagram.readUInt16LE(offset + 4),
			flags: datagram.readUInt16LE(offset + 6),
			sequence: datagram.readUInt32LE(offset + 8),
			payload: datagram.subarray(offset + 16, offset + length)
		});
		offset += length + 3 & -4;
	}
	return messages;
}
/** struct nlmsgerr: the negated errno, the nlmsghdr it is about, extended acknowledgement attributes. */
function failureOf(received, message) {
	const errno = -received.payload.readInt32LE(0);
	if (errno === 0 || errno === message.ignoredErrno) return void 0;
	const explanation = ((received.flags & 512) === 0 ? void 0 : decodeAttributes(received.payload.subarray(20)))?.get(1)?.toString("utf8").replace(/\0$/, "");
	const what = message.description ?? `message type ${message.type}`;
	const detail = explanation === void 0 ? what : `${what}: ${explanation}`;
	return new SyscallError("netlink", errno, errnoName(errno), detail);
}
// src/networkdriver/ipv4.ts
var import_ipaddr = /* @__PURE__ */ __toESM((/* @__PURE__ */ __commonJSMin(((exports, module, this$1) => {
	(function(root) {
		"use strict";
		const ipv4Part = "(0?\\d+|0x[a-f0-9]+)";
		const ipv4Regexes = {
			fourOctet: new RegExp(`^${ipv4Part}\\.${ipv4Part}\\.${ipv4Part}\\.${ipv4Part}$`, "i"),
			threeOctet: new RegExp(`^${ipv4Part}\\.${ipv4Part}\\.${ipv4Part}$`, "i"),
			twoOctet: new RegExp(`^${ipv4Part}\\.${ipv4Part}$`, "i"),
			longValue: new RegExp(`^${ipv4Part}$`, "i")
		};
		const octalRegex = new RegExp(`^0[0-7]+$`, "i");
		const hexRegex = new RegExp(`^0x[a-f0-9]+$`, "i");
		const zoneIndex = "%[0-9a-z]{1,}";
		const ipv6Part = "(?:[0-9a-f]+::?)+";
		const ipv6Regexes = {
			zoneIndex: new RegExp(zoneIndex, "i"),
			"native": new RegExp(`^(::)?(${ipv6Part})?([0-9a-f]+)?(::)?(${zoneIndex})?$`, "i"),
			deprecatedTransitional: new RegExp(`^(?:::)(${ipv4Part}\\.${ipv4Part}\\.${ipv4Part}\\.${ipv4Part}(${zoneIndex})?)$`, "i"),
			transitional: new RegExp(`^((?:${ipv6Part})|(?:::)(?:${ipv6Part})?)${ipv4Part}\\.${ipv4Part}\\.${ipv4Part}\\.${ipv4Part}(${zoneIndex})?$`, "i")
		};
		function expandIPv6(string, parts) {
			if (string.indexOf("::") !== string.lastIndexOf("::")) return null;
			let colonCount = 0;
			let lastColon = -1;
			let zoneId = (string.match(ipv6Regexes.zoneIndex) || [])[0];
			let replacement, replacementCount;
			if (zoneId) {
				zoneId = zoneId.substring(1);
				string = string.replace(/%.+$/, "");
			}
			while ((lastColon = string.indexOf(":", lastColon + 1)) >= 0) colonCount++;
			if (string.substr(0, 2) === "::") colonCount--;
			if (string.substr(-2, 2) === "::") colonCount--;
			if (colonCount >= parts) return null;
			replacementCount = parts - colonCount;
			replacement = ":";
			while (replacementCount--) replacement += "0:";
			string = string.replace("::", replacement);
			if (string[0] === ":") string = string.slice(1);
			if (string[string.length - 1] === ":") string = string.slice(0, -1);
			parts = (function() {
				const ref = string.split(":");
				const results = [];
				for (let i = 0; i < ref.length; i++) results.push(ref[i].length > 4 ? NaN : parseInt(ref[i], 16));
				return results;
			})();
			return {
				parts,
				zoneId
			};
		}
		function matchCIDR(first, second, partSize, cidrBits) {
			if (first.length !== second.length) throw new Error("ipaddr: cannot match CIDR for objects with different lengths");
			let part = 0;
			let shift;
			while (cidrBits > 0) {
				shift = partSize - cidrBits;
				if (shift < 0) shift = 0;
				if (first[part] >> shift !== second[part] >> shift) return false;
				cidrBits -= partSize;
				part += 1;
			}
			return true;
		}
		function parseIntAuto(string) {
			if (hexRegex.test(string)) return parseInt(string, 16);
			if (string[0] === "0" && !isNaN(parseInt(string[1], 10))) {
				if (octalRegex.test(string)) return parseInt(string, 8);
				throw new Error(`ipaddr: cannot parse ${string} as octal`);
			}
			return parseInt(string, 10);
		}
		function padPart(part, length) {
			while (part.length < length) part = `0${part}`;
			return part;
		}
		const ipaddr = {};
		ipaddr.IPv4 = (function() {
			function IPv4(octets) {
				if (octets.length !== 4) throw new Error("ipaddr: ipv4 octet count should be 4");
				let i, octet;
				for (i = 0; i < octets.length; i++) {
					octet = octets[i];
					if (!(0 <= octet && octet <= 255)) throw new Error("ipaddr: ipv4 octet should fit in 8 bits");
				}
				this.octets = octets;
			}
			IPv4.prototype.SpecialRanges = {
				unspecified: [[new IPv4([
					0,
					0,
					0,
					0
				]), 8]],
				broadcast: [[new IPv4([
					255,
					255,
					255,
					255
				]), 32]],
				multicast: [[new IPv4([
					224,
					0,
					0,
					0
				]), 4]],
				linkLocal: [[new IPv4([
					169,
					254,
					0,
					0
				]), 16]],
				loopback: [[new IPv4([
					127,
					0,
					0,
					0
				]), 8]],
				carrierGradeNat: [[new IPv4([
					100,
					64,
					0,
					0
				]), 10]],
				"private": [
					[new IPv4([
						10,
						0,
						0,
						0
					]), 8],
					[new IPv4([
						172,
						16,
						0,
						0
					]), 12],
					[new IPv4([
						192,
						168,
						0,
						0
					]), 16]
				],
				reserved: [
					[new IPv4([
						192,
						0,
						0,
						0
					]), 24],
					[new IPv4([
						192,
						0,
						2,
						0
					]), 24],
					[new IPv4([
						192,
						88,
						99,
						0
					]), 24],
					[new IPv4([
						198,
						18,
						0,
						0
					]), 15],
					[new IPv4([
						198,
						51,
						100,
						0
					]), 24],
					[new IPv4([
						203,
						0,
						113,
						0
					]), 24],
					[new IPv4([
						240,
						0,
						0,
						0
					]), 4]
				],
				as112: [[new IPv4([
					192,
					175,
					48,
					0
				]), 24], [new IPv4([
					192,
					31,
					196,
					0
				]), 24]],
				amt: [[new IPv4([
					192,
					52,
					193,
					0
				]), 24]]
			};
			IPv4.prototype.kind = function() {
				return "ipv4";
			};
			IPv4.prototype.match = function(other, cidrRange) {
				let ref;
				if (cidrRange === void 0) {
					ref = other;
					other = ref[0];
					cidrRange = ref[1];
				}
				if (other.kind() !== "ipv4") throw new Error("ipaddr: cannot match ipv4 address with non-ipv4 one");
				return matchCIDR(this.octets, other.octets, 8, cidrRange);
			};
			IPv4.prototype.prefixLengthFromSubnetMask = function() {
				let cidr = 0;
				let stop = false;
				const zerotable = {
					0: 8,
					128: 7,
					192: 6,
					224: 5,
					240: 4,
					248: 3,
					252: 2,
					254: 1,
					255: 0
				};
				let i, octet, zeros;
				for (i = 3; i >= 0; i -= 1) {
					octet = this.octets[i];
					if (octet in zerotable) {
						zeros = zerotable[octet];
						if (stop && zeros !== 0) return null;
						if (zeros !== 8) stop = true;
						cidr += zeros;
					} else return null;
				}
				return 32 - cidr;
			};
			IPv4.prototype.range = function() {
				return ipaddr.subnetMatch(this, this.SpecialRanges);
			};
			IPv4.prototype.toByteArray = function() {
				return this.octets.slice(0);
			};
			IPv4.prototype.toIPv4MappedAddress = function() {
				return ipaddr.IPv6.parse(`::ffff:${this.toString()}`);
			};
			IPv4.prototype.toNormalizedString = function() {
				return this.toString();
			};
			IPv4.prototype.toString = function() {
				return this.octets.join(".");
			};
			return IPv4;
		})();
		ipaddr.IPv4.broadcastAddressFromCIDR = function(string) {
			try {
				const cidr = this.parseCIDR(string);
				const ipInterfaceOctets = cidr[0].toByteArray();
				const subnetMaskOctets = this.subnetMaskFromPrefixLength(cidr[1]).toByteArray();
				const octets = [];
				let i = 0;
				while (i < 4) {
					octets.push(parseInt(ipInterfaceOctets[i], 10) | parseInt(subnetMaskOctets[i], 10) ^ 255);
					i++;
				}
				return new this(octets);
			} catch (e) {
				throw new Error("ipaddr: the address does not have IPv4 CIDR format", { cause: e });
			}
		};
		ipaddr.IPv4.isIPv4 = function(string) {
			return this.parser(string) !== null;
		};
		ipaddr.IPv4.isValid = function(string) {
			try {
				new this(this.parser(string));
				return true;
			} catch {
				return false;
			}
		};
		ipaddr.IPv4.isValidCIDR = function(string) {
			try {
				this.parseCIDR(string);
				return true;
			} catch {
				return false;
			}
		};
		ipaddr.IPv4.isValidFourPartDecimal = function(string) {
			if (ipaddr.IPv4.isValid(string) && string.match(/^(0|[1-9]\d*)(\.(0|[1-9]\d*)){3}$/)) return true;
			else return false;
		};
		ipaddr.IPv4.isValidCIDRFourPartDecimal = function(string) {
			const match = string.match(/^(.+)\/(\d+)$/);
			if (!ipaddr.IPv4.isValidCIDR(string) || !match) return false;
			return ipaddr.IPv4.isValidFourPartDecimal(match[1]);
		};
		ipaddr.IPv4.networkAddressFromCIDR = function(string) {
			let cidr, i, ipInterfaceOctets, octets, subnetMaskOctets;
			try {
				cidr = this.parseCIDR(string);
				ipInterfaceOctets = cidr[0].toByteArray();
				subnetMaskOctets = this.subnetMaskFromPrefixLength(cidr[1]).toByteArray();
				octets = [];
				i = 0;
				while (i < 4) {
					octets.push(parseInt(ipInterfaceOctets[i], 10) & parseInt(subnetMaskOctets[i], 10));
					i++;
				}
				return new this(octets);
			} catch (e) {
				throw new Error("ipaddr: the address does not have IPv4 CIDR format", { cause: e });
			}
		};
		ipaddr.IPv4.parse = function(string) {
			const parts = this.parser(string);
			if (parts === null) throw new Error("ipaddr: string is not formatted like an IPv4 Address");
			return new this(parts);
		};
		ipaddr.IPv4.parseCIDR = function(string) {
			let match;
			if (match = string.match(/^(.+)\/(\d+)$/)) {
				const maskLength = parseInt(match[2]);
				if (maskLength >= 0 && maskLength <= 32) {
					const parsed = [this.parse(match[1]), maskLength];
					Object.defineProperty(parsed, "toString", { value: function() {
						return this.join("/");
					} });
					return parsed;
				}
			}
			throw new Error("ipaddr: string is not formatted like an IPv4 CIDR range");
		};
		ipaddr.IPv4.parser = function(string) {
			let match, part, value;
			if (match = string.match(ipv4Regexes.fourOctet)) return (function() {
				const ref = match.slice(1, 6);
				const results = [];
				for (let i = 0; i < ref.length; i++) {
					part = ref[i];
					results.push(parseIntAuto(part));
				}
				return results;
			})();
			else if (match = string.match(ipv4Regexes.longValue)) {
				value = parseIntAuto(match[1]);
				if (value > 4294967295 || value < 0) throw new Error("ipaddr: address outside defined range");
				return (function() {
					const results = [];
					let shift = 0;
					for (; shift <= 24; shift += 8) results.push(value >> shift & 255);
					return results;
				})().reverse();
			} else if (match = string.match(ipv4Regexes.twoOctet)) return (function() {
				const ref = match.slice(1, 4);
				const results = [];
				value = parseIntAuto(ref[1]);
				if (value > 16777215 || value < 0) throw new Error("ipaddr: address outside defined range");
				results.push(parseIntAuto(ref[0]));
				results.push(value >> 16 & 255);
				results.push(value >> 8 & 255);
				results.push(value & 255);
				return results;
			})();
			else if (match = string.match(ipv4Regexes.threeOctet)) return (function() {
				const ref = match.slice(1, 5);
				const results = [];
				value = parseIntAuto(ref[2]);
				if (value > 65535 || value < 0) throw new Error("ipaddr: address outside defined range");
				results.push(parseIntAuto(ref[0]));
				results.push(parseIntAuto(ref[1]));
				results.push(value >> 8 & 255);
				results.push(value & 255);
				return results;
			})();
			else return null;
		};
		ipaddr.IPv4.subnetMaskFromPrefixLength = function(prefix) {
			prefix = parseInt(prefix);
			if (Number.isNaN(prefix) || prefix < 0 || prefix > 32) throw new Error("ipaddr: invalid IPv4 prefix length");
			const octets = [
				0,
				0,
				0,
				0
			];
			let j = 0;
			const filledOctetCount = Math.floor(prefix / 8);
			while (j < filledOctetCount) {
				octets[j] = 255;
				j++;
			}
			if (filledOctetCount < 4) octets[filledOctetCount] = Math.pow(2, prefix % 8) - 1 << 8 - prefix % 8;
			return new this(octets);
		};
		ipaddr.IPv6 = (function() {
			function IPv6(parts, zoneId) {
				let i, part;
				if (parts.length === 16) {
					this.parts = [];
					for (i = 0; i <= 14; i += 2) this.parts.push(parts[i] << 8 | parts[i + 1]);
				} else if (parts.length === 8) this.parts = parts;
				else throw new Error("ipaddr: ipv6 part count should be 8 or 16");
				for (i = 0; i < this.parts.length; i++) {
					part = this.parts[i];
					if (!(0 <= part && part <= 65535)) throw new Error("ipaddr: ipv6 part should fit in 16 bits");
				}
				if (zoneId) this.zoneId = zoneId;
			}
			IPv6.prototype.SpecialRanges = {
				unspecified: [new IPv6([
					0,
					0,
					0,
					0,
					0,
					0,
					0,
					0
				]), 128],
				linkLocal: [new IPv6([
					65152,
					0,
					0,
					0,
					0,
					0,
					0,
					0
				]), 10],
				multicast: [new IPv6([
					65280,
					0,
					0,
					0,
					0,
					0,
					0,
					0
				]), 8],
				loopback: [new IPv6([
					0,
					0,
					0,
					0,
					0,
					0,
					0,
					1
				]), 128],
				uniqueLocal: [new IPv6([
					64512,
					0,
					0,
					0,
					0,
					0,
					0,
					0
				]), 7],
				ipv4Mapped: [new IPv6([
					0,
					0,
					0,
					0,
					0,
					65535,
					0,
					0
				]), 96],
				deprecatedSiteLocal: [new IPv6([
					65216,
					0,
					0,
					0,
					0,
					0,
					0,
					0
				]), 10],
				discard: [new IPv6([
					256,
					0,
					0,
					0,
					0,
					0,
					0,
					0
				]), 64],
				rfc6145: [new IPv6([
					0,
					0,
					0,
					0,
					65535,
					0,
					0,
					0
				]), 96],
				rfc6052: [[new IPv6([
					100,
					65435,
					0,
					0,
					0,
					0,
					0,
					0
				]), 96], [new IPv6([
					100,
					65435,
					1,
					0,
					0,
					0,
					0,
					0
				]), 48]],
				"6to4": [new IPv6([
					8194,
					0,
					0,
					0,
					0,
					0,
					0,
					0
				]), 16],
				teredo: [new IPv6([
					8193,
					0,
					0,
					0,
					0,
					0,
					0,
					0
				]), 32],
				benchmarking: [new IPv6([
					8193,
					2,
					0,
					0,
					0,
					0,
					0,
					0
				]), 48],
				amt: [new IPv6([
					8193,
					3,
					0,
					0,
					0,
					0,
					0,
					0
				]), 32],
				as112v6: [[new IPv6([
					8193,
					4,
					274,
					0,
					0,
					0,
					0,
					0
				]), 48], [new IPv6([
					9760,
					79,
					32768,
					0,
					0,
					0,
					0,
					0
				]), 48]],
				deprecatedOrchid: [new IPv6([
					8193,
					16,
					0,
					0,
					0,
					0,
					0,
					0
				]), 28],
				orchid2: [new IPv6([
					8193,
					32,
					0,
					0,
					0,
					0,
					0,
					0
				]), 28],
				droneRemoteIdProtocolEntityTags: [new IPv6([
					8193,
					48,
					0,
					0,
					0,
					0,
					0,
					0
				]), 28],
				segmentRouting: [new IPv6([
					24320,
					0,
					0,
					0,
					0,
					0,
					0,
					0
				]), 16],
				reserved: [
					[new IPv6([
						8193,
						0,
						0,
						0,
						0,
						0,
						0,
						0
					]), 23],
					[new IPv6([
						8193,
						3512,
						0,
						0,
						0,
						0,
						0,
						0
					]), 32],
					[new IPv6([
						16383,
						0,
						0,
						0,
						0,
						0,
						0,
						0
					]), 20]
				]
			};
			IPv6.prototype.isIPv4MappedAddress = function() {
				return this.range() === "ipv4Mapped";
			};
			IPv6.prototype.kind = function() {
				return "ipv6";
			};
			IPv6.prototype.match = function(other, cidrRange) {
				let ref;
				if (cidrRange === void 0) {
					ref = other;
					other = ref[0];
					cidrRange = ref[1];
				}
				if (other.kind() !== "ipv6") throw new Error("ipaddr: cannot match ipv6 address with non-ipv6 one");
				return matchCIDR(this.parts, other.parts, 16, cidrRange);
			};
			IPv6.prototype.prefixLengthFromSubnetMask = function() {
				let cidr = 0;
				let stop = false;
				const zerotable = {
					0: 16,
					32768: 15,
					49152: 14,
					57344: 13,
					61440: 12,
					63488: 11,
					64512: 10,
					65024: 9,
					65280: 8,
					65408: 7,
					65472: 6,
					65504: 5,
					65520: 4,
					65528: 3,
					65532: 2,
					65534: 1,
					65535: 0
				};
				let part, zeros;
				for (let i = 7; i >= 0; i -= 1) {
					part = this.parts[i];
					if (part in zerotable) {
						zeros = zerotable[part];
						if (stop && zeros !== 0) return null;
						if (zeros !== 16) stop = true;
						cidr += zeros;
					} else return null;
				}
				return 128 - cidr;
			};
			IPv6.prototype.range = function() {
				return ipaddr.subnetMatch(this, this.SpecialRanges);
			};
			IPv6.prototype.toByteArray = function() {
				let part;
				const bytes = [];
				const ref = this.parts;
				for (let i = 0; i < ref.length; i++) {
					part = ref[i];
					bytes.push(part >> 8);
					bytes.push(part & 255);
				}
				return bytes;
			};
			IPv6.prototype.toFixedLengthString = function() {
				const addr = (function() {
					const results = [];
					for (let i = 0; i < this.parts.length; i++) results.push(padPart(this.parts[i].toString(16), 4));
					return results;
				}).call(this).join(":");
				let suffix = "";
				if (this.zoneId) suffix = `%${this.zoneId}`;
				return addr + suffix;
			};
			IPv6.prototype.toIPv4Address = function() {
				if (!this.isIPv4MappedAddress()) throw new Error("ipaddr: trying to convert a generic ipv6 address to ipv4");
				const ref = this.parts.slice(-2);
				const high = ref[0];
				const low = ref[1];
				return new ipaddr.IPv4([
					high >> 8,
					high & 255,
					low >> 8,
					low & 255
				]);
			};
			IPv6.prototype.toNormalizedString = function() {
				const addr = (function() {
					const results = [];
					for (let i = 0; i < this.parts.length; i++) results.push(this.parts[i].toString(16));
					return results;
				}).call(this).join(":");
				let suffix = "";
				if (this.zoneId) suffix = `%${this.zoneId}`;
				return addr + suffix;
			};
			IPv6.prototype.toRFC5952String = function() {
				const regex = /((^|:)(0(:|$)){2,})/g;
				let suffix = "";
				if (this.zoneId) suffix = `%${this.zoneId}`;
				const normalized = this.toNormalizedString();
				const string = normalized.slice(0, normalized.length - suffix.length);
				let bestMatchIndex = 0;
				let bestMatchLength = -1;
				let bestMatchGroups = -1;
				let match;
				while (match = regex.exec(string)) {
					const groups = (match[0].match(/0/g) || []).length;
					if (groups > bestMatchGroups) {
						bestMatchGroups = groups;
						bestMatchIndex = match.index;
						bestMatchLength = match[0].length;
					}
				}
				if (bestMatchLength < 0) return string + suffix;
				return `${string.substring(0, bestMatchIndex)}::${string.substring(bestMatchIndex + bestMatchLength)}${suffix}`;
			};
			IPv6.prototype.toString = function() {
				return this.toRFC5952String();
			};
			return IPv6;
		})();
		ipaddr.IPv6.broadcastAddressFromCIDR = function(string) {
			try {
				const cidr = this.parseCIDR(string);
				const ipInterfaceOctets = cidr[0].toByteArray();
				const subnetMaskOctets = this.subnetMaskFromPrefixLength(cidr[1]).toByteArray();
				const octets = [];
				let i = 0;
				while (i < 16) {
					octets.push(parseInt(ipInterfaceOctets[i], 10) | parseInt(subnetMaskOctets[i], 10) ^ 255);
					i++;
				}
				return new this(octets);
			} catch (e) {
				throw new Error("ipaddr: the address does not have IPv6 CIDR format", { cause: e });
			}
		};
		ipaddr.IPv6.isIPv6 = function(string) {
			return this.parser(string) !== null;
		};
		ipaddr.IPv6.isValid = function(string) {
			if (typeof string === "string" && string.indexOf(":") === -1) return false;
			try {
				const addr = this.parser(string);
				new this(addr.parts, addr.zoneId);
				return true;
			} catch {
				return false;
			}
		};
		ipaddr.IPv6.isValidCIDR = function(string) {
			if (typeof string === "string" && string.indexOf(":") === -1) return false;
			try {
				this.parseCIDR(string);
				return true;
			} catch {
				return false;
			}
		};
		ipaddr.IPv6.networkAddressFromCIDR = function(string) {
			let cidr, i, ipInterfaceOctets, octets, subnetMaskOctets;
			try {
				cidr = this.parseCIDR(string);
				ipInterfaceOctets = cidr[0].toByteArray();
				subnetMaskOctets = this.subnetMaskFromPrefixLength(cidr[1]).toByteArray();
				octets = [];
				i = 0;
				while (i < 16) {
					octets.push(parseInt(ipInterfaceOctets[i], 10) & parseInt(subnetMaskOctets[i], 10));
					i++;
				}
				return new this(octets);
			} catch (e) {
				throw new Error("ipaddr: the address does not have IPv6 CIDR format", { cause: e });
			}
		};
		ipaddr.IPv6.parse = function(string) {
			const addr = this.parser(string);
			if (addr === null) throw new Error("ipaddr: string is not formatted like an IPv6 Address");
			return new this(addr.parts, addr.zoneId);
		};
		ipaddr.IPv6.parseCIDR = function(string) {
			let maskLength, match, parsed;
			if (match = string.match(/^(.+)\/(\d+)$/)) {
				maskLength = parseInt(match[2]);
				if (maskLength >= 0 && maskLength <= 128) {
					parsed = [this.parse(match[1]), maskLength];
					Object.defineProperty(parsed, "toString", { value: function() {
						return this.join("/");
					} });
					return parsed;
				}
			}
			throw new Error("ipaddr: string is not formatted like an IPv6 CIDR range");
		};
		ipaddr.IPv6.parser = function(string) {
			let addr, i, match, octet, octets, zoneId;
			if (match = string.match(ipv6Regexes.deprecatedTransitional)) return this.parser(`::ffff:${match[1]}`);
			if (ipv6Regexes.native.test(string)) return expandIPv6(string, 8);
			if (match = string.match(ipv6Regexes.transitional)) {
				zoneId = match[6] || "";
				addr = match[1];
				if (!match[1].endsWith("::")) addr = addr.slice(0, -1);
				addr = expandIPv6(addr + zoneId, 6);
				if (addr && addr.parts) {
					octets = [
						parseInt(match[2]),
						parseInt(match[3]),
						parseInt(match[4]),
						parseInt(match[5])
					];
					for (i = 0; i < octets.length; i++) {
						octet = octets[i];
						if (!(0 <= octet && octet <= 255)) return null;
					}
					addr.parts.push(octets[0] << 8 | octets[1]);
					addr.parts.push(octets[2] << 8 | octets[3]);
					return {
						parts: addr.parts,
						zoneId: addr.zoneId
					};
				}
			}
			return null;
		};
		ipaddr.IPv6.subnetMaskFromPrefixLength = function(prefix) {
			prefix = parseInt(prefix);
			if (Number.isNaN(prefix) || prefix < 0 || prefix > 128) throw new Error("ipaddr: invalid IPv6 prefix length");
			const octets = [
				0,
				0,
				0,
				0,
				0,
				0,
				0,
				0,
				0,
				0,
				0,
				0,
				0,
				0,
				0,
				0
			];
			let j = 0;
			const filledOctetCount = Math.floor(prefix / 8);
			while (j < filledOctetCount) {
				octets[j] = 255;
				j++;
			}
			if (filledOctetCount < 16) octets[filledOctetCount] = Math.pow(2, prefix % 8) - 1 << 8 - prefix % 8;
			return new this(octets);
		};
		ipaddr.fromByteArray = function(bytes) {
			const length = bytes.length;
			if (length === 4) return new ipaddr.IPv4(bytes);
			else if (length === 16) return new ipaddr.IPv6(bytes);
			else throw new Error("ipaddr: the binary input is neither an IPv6 nor IPv4 address");
		};
		ipaddr.isValid = function(string) {
			return ipaddr.IPv6.isValid(string) || ipaddr.IPv4.isValid(string);
		};
		ipaddr.isValidCIDR = function(string) {
			return ipaddr.IPv6.isValidCIDR(string) || ipaddr.IPv4.isValidCIDR(string);
		};
		ipaddr.parse = function(string) {
			if (ipaddr.IPv6.isValid(string)) return ipaddr.IPv6.parse(string);
			else if (ipaddr.IPv4.isValid(string)) return ipaddr.IPv4.parse(string);
			else throw new Error("ipaddr: the address has neither IPv6 nor IPv4 format");
		};
		ipaddr.parseCIDR = function(string) {
			try {
				return ipaddr.IPv6.parseCIDR(string);
			} catch {
				try {
					return ipaddr.IPv4.parseCIDR(string);
				} catch (e) {
					throw new Error("ipaddr: the address has neither IPv6 nor IPv4 CIDR format", { cause: e });
				}
			}
		};
		ipaddr.process = function(string) {
			const addr = this.parse(string);
			if (addr.kind() === "ipv6" && addr.isIPv4MappedAddress()) return addr.toIPv4Address();
			else return addr;
		};
		ipaddr.subnetMatch = function(address, rangeList, defaultName) {
			let i, rangeName, rangeSubnets, subnet;
			if (defaultName === void 0 || defaultName === null) defaultName = "unicast";
			for (rangeName in rangeList) if (Object.prototype.hasOwnProperty.call(rangeList, rangeName)) {
				rangeSubnets = rangeList[rangeName];
				if (rangeSubnets[0] && !(rangeSubnets[0] instanceof Array)) rangeSubnets = [rangeSubnets];
				for (i = 0; i < rangeSubnets.length; i++) {
					subnet = rangeSubnets[i];
					if (address.kind() === subnet[0].kind() && address.match.apply(address, subnet)) return rangeName;
				}
			}
			return defaultName;
		};
		if (typeof module !== "undefined" && module.exports) module.exports = ipaddr;
		else root.ipaddr = ipaddr;
	})(this$1);
})))(), 1);
/** @throws EngineError invalid-parameter */
function parseIpv4(text) {
	if (!import_ipaddr.default.IPv4.isValidFourPartDecimal(text)) throw new EngineError("invalid-parameter", `invalid IPv4 address: ${text}`);
	return Buffer.from(import_ipaddr.default.IPv4.parse(text).toByteArray()).readUInt32BE(0);
}
function formatIpv4(address) {
	return [
		24,
		16,
		8,
		0
	].map((shift) => address >>> shift & 255).join(".");
}
/**
* The subnet that `a.b.c.d/n` lies in; bits beyond the prefix do not matter.
* @throws EngineError invalid-parameter
*/
function parseSubnet(text) {
	const [address = "", prefix = ""] = text.split("/");
	const prefixLength = Number(prefix);
	if (!/^\d{1,2}$/.test(prefix) || prefixLength > 32) throw new EngineError("invalid-parameter", `invalid CIDR address: ${text}`);
	return subnetOf(parseIpv4(address), prefixLength);
}
function subnetOf(address, prefixLength) {
	const size = 2 ** (32 - prefixLength);
	const first = Math.floor(address / size) * size;
	return {
		first,
		last: first + size - 1,
		prefixLength
	};
}
function formatSubnet({ first, prefixLength }) {
	return `${formatIpv4(first)}/${prefixLength}`;
}
function contains(subnet, address) {
	return address >= subnet.first && address <= subnet.last;
}
function overlaps(one, other) {
	return one.first <= other.last && other.first <= one.last;
}
// src/networkdriver/choose-subnet.ts
/**
* The first of Docker's default address pools (172.17.0.0/16 to 172.31.0.0/16, then 192.168.0.0/20 and on) that
* overlaps neither what other networks of the engine have nor a route of the host.
* @param options.taken subnets of the engine's networks
* @param options.ownDevice a bridge whose own routes do not count: it is to be used (again)
* @throws EngineError unavailable when none is left
*/
function chooseSubnet(options) {
	const avoid = [...options.taken.map(parseSubnet), ...hostSubnets(options.ownDevice)];
	const free = defaultPools().find((candidate) => !avoid.some((subnet) => overlaps(subnet, candidate)));
	if (free === void 0) throw new EngineError("unavailable", "all predefined address pools have been fully subnetted");
	return {
		subnet: formatSubnet(free),
		gateway: formatIpv4(free.first + 1)
	};
}
/**
* The subnet and gateway that `--bip` names: `192.168.5.1/24`.
* @throws EngineError invalid-parameter
*/
function parseBridgeIp(bip) {
	return {
		subnet: formatSubnet(parseSubnet(bip)),
		gateway: formatIpv4(parseIpv4(bip.split("/")[0] ?? ""))
	};
}
function defaultPools() {
	const large = Array.from({ length: 15 }, (_, index) => subnetOf(parseIpv4(`172.${17 + index}.0.0`), 16));
	const small = Array.from({ length: 16 }, (_, index) => subnetOf(parseIpv4(`192.168.${16 * index}.0`), 20));
	return [...large, ...small];
}
function hostSubnets(ownDevice) {
	const socket = new NetlinkSocket(0);
	try {
		const own = socket.dump(dumpLinks()).map(parseLink).find((link) => link.name === ownDevice)?.index;
		return socket.dump(dumpRoutes()).map(parseRoute).filter((route) => route.prefixLength > 0 && (own === void 0 || route.linkIndex !== own)).map((route) => subnetOf(parseIpv4(route.destination), route.prefixLength));
	} finally {
		socket.close();
	}
}
// src/daemon/networks/networks.ts
/** The networks of an engine, and who is connected to them. */
var Networks = class {
	#parts;
	#networks;
	constructor(parts) {
		this.#parts = parts;
		this.#networks = parts.store.networks();
	}
	/** Makes the three networks that are always there, and whatever the kernel must have for them. */
	async open({ bridgeIp, mtu }) {
		this.#ensure("none", "null", {});
		this.#ensure("host", "host", {});
		this.#ensure("bridge", "bridge", this.#bridgeSettings(bridgeIp, mtu));
		for (const network of this.#networks) await this.#driver(network).createNetwork(network);
	}
	all() {
		return [...this.#networks];
	}
	/** By name, id, or unambiguous prefix of one. @throws EngineError not-found, in Docker's words */
	find(reference) {
		const found = this.#networks.find(({ id, name }) => name === reference || id === reference) ?? this.#byPrefix(reference);
		if (found === void 0) throw notFound$2(`network ${reference} not found`);
		return found;
	}
	/** A namespace with loopback only, or one that is to be connected. The caller closes it. */
	async takeNamespace(options) {
		return this.#parts.namespaces.take(options);
	}
	/** @throws EngineError as the driver's `join` */
	async connect(options) {
		const { containerId, network: reference, ...rest } = options;
		const network = this.find(reference);
		const { endpoint, reserved } = await this.#driver(network).join({
			...rest,
			endpointId: newId(),
			networkId: network.id
		});
		this.#event("connect", network, containerId);
		return {
			connection: {
				network: network.name,
				endpoint
			},
			descriptors: reserved.descriptors
		};
	}
	async disconnect(containerId, { endpoint }) {
		const network = this.#networks.find(({ id }) => id === endpoint.networkId);
		if (network === void 0) return;
		await this.#driver(network).leave(endpoint, {});
		this.#event("disconnect", network, containerId);
	}
	/** Tells the drivers which endpoints are still in use; what they find of others, they take away. */
	async restore(endpoints) {
		for (const driver of new Set(this.#networks.map((network) => this.#driver(network)))) {
			const isOurs = ({ networkId }) => this.#networks.some((network) => network.id === networkId && this.#driver(network) === driver);
			await driver.restore(endpoints.filter(isOurs));
		}
	}
	/** Takes away what the kernel has of the networks; {@link open} makes it again. Nobody may be connected. */
	async withdraw() {
		for (const network of this.#networks) await this.#driver(network).removeNetwork(network.id);
	}
	#byPrefix(reference) {
		const matches = this.#networks.filter(({ id }) => reference !== "" && id.startsWith(reference));
		return matches.length === 1 ? matches[0] : void 0;
	}
	#bridgeSettings(bridgeIp, mtu) {
		const { bridgeDevice } = this.#parts;
		const known = this.#networks.find(({ name }) => name === "bridge");
		const isKept = bridgeIp === "" && known !== void 0;
		const prefix = "com.docker.network.";
		return {
			...isKept ? {
				subnet: known.subnet,
				gateway: known.gateway
			} : chooseBridge(bridgeIp, bridgeDevice),
			mtu,
			options: {
				[`${prefix}bridge.default_bridge`]: "true",
				[`${prefix}bridge.enable_icc`]: "true",
				[`${prefix}bridge.enable_ip_masquerade`]: "true",
				[`${prefix}bridge.host_binding_ipv4`]: "0.0.0.0",
				[`${prefix}bridge.name`]: bridgeDevice,
				[`${prefix}driver.mtu`]: String(mtu)
			}
		};
	}
	#ensure(name, driver, settings) {
		const index = this.#networks.findIndex((network) => network.name === name);
		const record = {
			id: newId(),
			name,
			driver,
			createdAt: currentTime(),
			subnet: "",
			gateway: "",
			internal: false,
			mtu: 1500,
			options: {},
			labels: {},
			...this.#networks[index],
			...settings
		};
		this.#parts.store.saveNetwork(record.id, name, record);
		if (index < 0) this.#networks.push(record);
		else this.#networks[index] = record;
	}
	#driver({ driver }) {
		const found = this.#parts.drivers.get(driver);
		if (found === void 0) throw notFound$2(`plugin "${driver}" not found`);
		return found;
	}
	#event(action, { id, name, driver: type }, container) {
		this.#parts.events.publish({
			Type: "network",
			Action: action,
			id,
			attributes: {
				container,
				name,
				type
			}
		});
	}
};
function chooseBridge(bridgeIp, ownDevice) {
	return bridgeIp === "" ? chooseSubnet({
		taken: [],
		ownDevice
	}) : parseBridgeIp(bridgeIp);
}
// src/daemon/recover-containers.ts
/** What Docker says of a container that vanished while nobody looked, as after a crash of the machine. */
const LOST = {
	code: 255,
	oomKilled: false
};
/**
* Brings the stored state into accord with what is: takes over what runs and what has exited while no engine
* did, removes what belongs to nobody, and lets restart policies have their way.
*/
async function recoverContainers(daemon) {
	for (const { record, state } of daemon.store.containers()) daemon.containers.insert(new Container(record, state));
	const exits = [];
	await Promise.all(daemon.containers.all().map(async (container) => {
		const exit = await recover(daemon, container);
		if (exit !== void 0) exits.push(exit);
	}));
	const endpoints = daemon.containers.all().flatMap(({ state }) => state.endpoints);
	await daemon.networks.restore(endpoints.map(({ endpoint }) => endpoint));
	for (const exit of exits) await exit();
	await removeLeftovers$1(daemon);
	restartStopped(daemon);
}
/** Returns what is still to be done once the networks are as they were: for one that has exited. */
async function recover(daemon, container) {
	const runtime = await recoverRuntime(daemon, container);
	recoverExecs(daemon, container, runtime);
	if (!container.isRunning || container.state.status === "restarting") {
		await runtime?.remove();
		container.state.endpoints = [];
		return;
	}
	container.runtime = runtime;
	const status = runtime === void 0 ? lostStatus$1() : await settled(runtime.exited);
	if (status !== void 0) return () => handleExit(daemon, container, status);
	watchExit(daemon, container, runtime);
	resumeHealthChecks(daemon, container);
}
async function recoverRuntime(daemon, { id }) {
	const directory = runDirectory(daemon.options, id);
	if (!existsSync(directory)) return void 0;
	try {
		return await daemon.execDriver.recover(id, directory);
	} catch (error) {
		if (!(error instanceof EngineError) || error.kind !== "not-found") daemon.log.warn({
			container: id,
			error: messageOf(error)
		}, "recovering a container");
		rmSync(directory, {
			recursive: true,
			force: true
		});
		return;
	}
}
function lostStatus$1() {
	return {
		...LOST,
		exitedAtNs: nowNs()
	};
}
/** What a promise has settled to, if it has. */
async function settled(promise) {
	return Promise.race([promise, new Promise((resolve) => setImmediate(resolve, void 0))]);
}
function recoverExecs(daemon, container, runtime) {
	for (const record of daemon.store.execs(container.id)) {
		const exec = new Exec(record, container);
		container.execs.set(exec.id, exec);
		if (record.state !== "running") {
			if (record.state === "exited") forgetLater(daemon, exec);
			continue;
		}
		const process = runtime?.findExec(exec.id);
		exec.process = process;
		if (process !== void 0) watchExec(daemon, exec, process);
		else exec.settle(LOST);
	}
}
/** Of containers that were being made or removed, and directories of runs that belong to no container. */
async function removeLeftovers$1(daemon) {
	const { store, options, containers, graph, volumes } = daemon;
	const leftovers = store.leftovers();
	volumes.cleanUp(leftovers.filter(({ kind }) => kind === "volume").map(({ id }) => id));
	for (const { kind, id } of leftovers) {
		if (kind !== "container") continue;
		await graph.removeContainerLayer(id);
		rmSync(containerDirectory(options, id), {
			recursive: true,
			force: true
		});
		store.removeLeftover({
			kind,
			id
		});
	}
	const runs = join(options.execRoot, "containers");
	for (const id of existsSync(runs) ? readdirSync(runs) : []) {
		if (containers.lookup(id) !== void 0) continue;
		const directory = join(runs, id);
		await daemon.execDriver.recover(id, directory).then((runtime) => runtime.remove(), () => void 0);
		rmSync(directory, {
			recursive: true,
			force: true
		});
	}
}
function restartStopped(daemon) {
	for (const container of daemon.containers.all()) {
		const { state, record } = container;
		if (state.status === "restarting") scheduleRestart(daemon, container, 0);
		else if (container.isRunning || state.status === "created") continue;
		else if (record.hostConfig.AutoRemove) {
			const removal = removeContainer(daemon, container, {
				force: false,
				volumes: true
			});
			daemon.background.run(`removing ${container.id}`, removal);
		} else if (wantsRestart(container, state.exitCode)) {
			state.status = "restarting";
			daemon.store.saveState(container.id, state);
			scheduleRestart(daemon, container, 0);
		}
	}
}
// src/daemon/store/schema.ts
/** Each entry brings the database from version `index` to `index + 1`. Entries are never changed, only added. */
const MIGRATIONS = [`CREATE TABLE containers (
     id TEXT PRIMARY KEY,
     name TEXT NOT NULL UNIQUE,
     record TEXT NOT NULL,
     state TEXT NOT NULL
   ) STRICT;
   CREATE TABLE execs (
     id TEXT PRIMARY KEY,
     container_id TEXT NOT NULL REFERENCES containers (id) ON DELETE CASCADE,
     record TEXT NOT NULL
   ) STRICT;
   CREATE INDEX execs_by_container ON execs (container_id);
   CREATE TABLE volumes (name TEXT PRIMARY KEY, record TEXT NOT NULL) STRICT;
   CREATE TABLE networks (id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, record TEXT NOT NULL) STRICT;
   CREATE TABLE leftovers (kind TEXT NOT NULL, id TEXT NOT NULL, PRIMARY KEY (kind, id)) STRICT;
   CREATE TABLE properties (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;`];
/** Brings the schema up to date. @throws RangeError when the database is of a newer version than this program */
function migrate(database) {
	const { user_version: version } = database.prepare("PRAGMA user_version").get();
	if (version > MIGRATIONS.length) throw new RangeError(`the state database has version ${version}, this program knows up to ${MIGRATIONS.length}`);
	for (const [index, migration] of MIGRATIONS.entries()) {
		if (index < version) continue;
		database.exec(`BEGIN; ${migration} PRAGMA user_version = ${index + 1}; COMMIT;`);
	}
}
// src/daemon/store/state-store.ts
/**
* The engine's state, in one SQLite database. Every method is one transaction; on return the change survives
* the death of this process (not necessarily that of the machine: synchronous = NORMAL).
*/
var StateStore = class {
	#database;
	#statements = /* @__PURE__ */ new Map();
	/** `path` may be ':memory:'. */
	constructor(path) {
		this.#database = new DatabaseSync(path);
		this.#database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA busy_timeout = 5000; PRAGMA foreign_keys = ON;");
		migrate(this.#database);
	}
	/** Inserts it, and forgets that it was a leftover. */
	addContainer({ record, state }) {
		this.#transaction(() => {
			this.#run("INSERT INTO containers (id, name, record, state) VALUES (?, ?, ?, ?)", record.id, record.name, JSON.stringify(record), JSON.stringify(state));
			this.#run("DELETE FROM leftovers WHERE kind = 'container' AND id = ?", record.id);
		});
	}
	saveState(id, state) {
		this.#run("UPDATE containers SET state = ? WHERE id = ?", JSON.stringify(state), id);
	}
	saveRecord(record) {
		const { id, name } = record;
		this.#run("UPDATE containers SET name = ?, record = ? WHERE id = ?", name, JSON.stringify(record), id);
	}
	/** Forgets the container and the volumes; all become leftovers until {@link removeLeftover}. */
	removeContainer(id, volumes) {
		this.#transaction(() => {
			this.#run("DELETE FROM containers WHERE id = ?", id);
			this.#addLeftover({
				kind: "container",
				id
			});
			for (const name of volumes) this.#removeVolume(name);
		});
	}
	containers() {
		return this.#all("SELECT record, state FROM containers ORDER BY rowid").map((row) => ({
			record: JSON.parse(String(row.record)),
			state: JSON.parse(String(row.state))
		}));
	}
	saveExec(id, containerId, record) {
		this.#run("INSERT INTO execs (id, container_id, record) VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE SET record = excluded.record", id, containerId, JSON.stringify(record));
	}
	removeExecs(containerId) {
		this.#run("DELETE FROM execs WHERE container_id = ?", containerId);
	}
	removeExec(id) {
		this.#run("DELETE FROM execs WHERE id = ?", id);
	}
	execs(containerId) {
		return this.#all("SELECT record FROM execs WHERE container_id = ? ORDER BY rowid", containerId).map((row) => JSON.parse(String(row.record)));
	}
	saveVolume(name, record) {
		this.#run("INSERT INTO volumes (name, record) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET record = excluded.record", name, JSON.stringify(record));
	}
	removeVolume(name) {
		this.#transaction(() => this.#removeVolume(name));
	}
	volumes() {
		return this.#all("SELECT record FROM volumes ORDER BY name").map((row) => JSON.parse(String(row.record)));
	}
	saveNetwork(id, name, record) {
		this.#run("INSERT INTO networks (id, name, record) VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE SET record = excluded.record", id, name, JSON.stringify(record));
	}
	networks() {
		return this.#all("SELECT record FROM networks ORDER BY rowid").map((row) => JSON.parse(String(row.record)));
	}
	addLeftover(leftover) {
		this.#addLeftover(leftover);
	}
	removeLeftover({ kind, id }) {
		this.#run("DELETE FROM leftovers WHERE kind = ? AND id = ?", kind, id);
	}
	leftovers() {
		return this.#all("SELECT kind, id FROM leftovers").map((row) => ({ ...row }));
	}
	property(key) {
		const [row] = this.#all("SELECT value FROM properties WHERE key = ?", key);
		return row === void 0 ? void 0 : String(row.value);
	}
	setProperty(key, value) {
		this.#run("INSERT OR REPLACE INTO properties (key, value) VALUES (?, ?)", key, value);
	}
	close() {
		this.#statements.clear();
		this.#database.close();
	}
	#removeVolume(name) {
		this.#run("DELETE FROM volumes WHERE name = ?", name);
		this.#addLeftover({
			kind: "volume",
			id: name
		});
	}
	#addLeftover({ kind, id }) {
		this.#run("INSERT OR IGNORE INTO leftovers (kind, id) VALUES (?, ?)", kind, id);
	}
	#prepare(sql) {
		let statement = this.#statements.get(sql);
		if (statement === void 0) {
			statement = this.#database.prepare(sql);
			this.#statements.set(sql, statement);
		}
		return statement;
	}
	#run(sql, ...values) {
		this.#prepare(sql).run(...values);
	}
	#all(sql, ...values) {
		return this.#prepare(sql).all(...values);
	}
	#transaction(work) {
		this.#prepare("BEGIN IMMEDIATE").run();
		try {
			work();
			this.#prepare("COMMIT").run();
		} catch (error) {
			this.#prepare("ROLLBACK").run();
			throw error;
		}
	}
};
// src/daemon/volumes/volumes.ts
const ANONYMOUS = "com.docker.volume.anonymous";
const REMOVED = ".removed-";
const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/;
/** Directories that outlive containers: the `local` volume driver. */
var Volumes = class {
	#parts;
	#byName = /* @__PURE__ */ new Map();
	constructor(parts) {
		this.#parts = parts;
		mkdirSync(parts.directory, {
			recursive: true,
			mode: 457
		});
		for (const record of parts.store.volumes()) this.#byName.set(record.name, record);
	}
	all() {
		return [...this.#byName.values()].sort((a, b) => a.name < b.name ? -1 : 1);
	}
	/** @throws EngineError not-found, in Docker's words */
	find(name) {
		const record = this.#byName.get(name);
		if (record === void 0) throw notFound$2(`get ${name}: no such volume`);
		return record;
	}
	/** What is mounted into containers. */
	path(name) {
		return join(this.#parts.directory, name, "_data");
	}
	/**
	* The volume of that name, made if there is none; without a name, an anonymous one.
	* @throws EngineError invalid-parameter, in Docker's words
	*/
	create({ name = "", driver = "", options = null, labels = null }) {
		const isAnonymous = name === "";
		const actualName = isAnonymous ? newId() : name;
		checkVolume(actualName, driver, options);
		const existing = this.#byName.get(actualName);
		if (existing !== void 0) return existing;
		const record = {
			name: actualName,
			createdAt: formatTime(nowNs() / 1000000000n * 1000000000n),
			labels: isAnonymous ? {
				[ANONYMOUS]: "",
				...labels
			} : labels,
			options
		};
		mkdirSync(this.path(actualName), {
			recursive: true,
			mode: 493
		});
		this.#parts.store.saveVolume(actualName, record);
		this.#byName.set(actualName, record);
		this.#event("create", actualName);
		return record;
	}
	/** What the store has forgotten in a transaction of its own: takes the directory away, in the background. */
	discard(name) {
		if (this.#byName.delete(name)) this.#event("destroy", name);
		this.#removeDirectory(name);
		this.#parts.store.removeLeftover({
			kind: "volume",
			id: name
		});
	}
	/** @throws EngineError not-found, conflict */
	remove(name, users) {
		this.find(name);
		if (users.length > 0) throw conflict(`remove ${name}: volume is in use - [${users.join(", ")}]`);
		this.#parts.store.removeVolume(name);
		this.discard(name);
	}
	/** After a restart: finishes removals that were begun. */
	cleanUp(leftovers) {
		for (const name of leftovers) if (!this.#byName.has(name)) this.discard(name);
		const { directory, background } = this.#parts;
		for (const name of readdirSync(directory).filter((entry) => entry.startsWith(REMOVED))) background.run(`removing volume directory ${name}`, removeTree$1(join(directory, name)));
	}
	isAnonymous(name) {
		return this.#byName.get(name)?.labels?.[ANONYMOUS] !== void 0;
	}
	describe({ name, createdAt, labels, options }) {
		return {
			CreatedAt: createdAt,
			Driver: "local",
			Labels: labels,
			Mountpoint: this.path(name),
			Name: name,
			Options: options,
			Scope: "local"
		};
	}
	#removeDirectory(name) {
		const { directory, background } = this.#parts;
		const removed = join(directory, `${REMOVED}${newId()}`);
		try {
			renameSync(join(directory, name), removed);
		} catch (error) {
			if (errorCode(error) === "ENOENT") return;
			throw error;
		}
		background.run(`removing volume ${name}`, removeTree$1(removed));
	}
	#event(action, name) {
		this.#parts.events.publish({
			Type: "volume",
			Action: action,
			id: name,
			attributes: { driver: "local" }
		});
	}
};
async function removeTree$1(path) {
	await rm(path, {
		recursive: true,
		force: true
	});
}
function checkVolume(name, driver, options) {
	if (!NAME.test(name)) throw invalid$7(name.length === 1 ? `create ${name}: volume name is too short, names should be at least two alphanumeric characters` : `create ${name}: ${JSON.stringify(name)} includes invalid characters for a local volume name, only "[a-zA-Z0-9][a-zA-Z0-9_.-]" are allowed. If you intended to pass a host directory, use absolute path`);
	if (driver !== "" && driver !== "local") throw notFound$2(`create ${name}: error looking up volume plugin ${driver}: plugin "${driver}" not found`);
	const [option] = Object.keys(options ?? {});
	if (option !== void 0) throw invalid$7(`create ${name}: invalid option: "${option}"`);
}
// src/daemon/open-daemon.ts
/** Puts the parts together, and takes over what earlier daemons on the same data root have left. */
async function openDaemon(parts) {
	const { options, log, graph, execDriver, hostFacts } = parts;
	mkdirSync(join(options.dataRoot, "containers"), {
		recursive: true,
		mode: 456
	});
	mkdirSync(join(options.execRoot, "containers"), {
		recursive: true,
		mode: 457
	});
	const store = new StateStore(join(options.dataRoot, "state.db"));
	const background = new Background(log);
	const events = new EventBus();
	const closing = new AbortController();
	const daemon = {
		options,
		id: engineId(store),
		log,
		store,
		containers: new ContainerTable(store),
		events,
		locks: new KeyedLock(),
		background,
		graph,
		execDriver,
		networks: new Networks({
			store,
			events,
			drivers: parts.networkDrivers,
			namespaces: parts.namespaces,
			bridgeDevice: parts.bridgeDevice
		}),
		volumes: new Volumes({
			directory: join(options.dataRoot, "volumes"),
			store,
			events,
			background
		}),
		hostFacts,
		closing: closing.signal,
		restart: (container) => startContainer(daemon, container, "restart-policy")
	};
	try {
		await daemon.networks.open({
			bridgeIp: options.bridgeIp,
			mtu: options.mtu
		});
		await recoverContainers(daemon);
	} catch (error) {
		closing.abort();
		await background.idle();
		store.close();
		throw error;
	}
	return {
		daemon,
		close: () => close(daemon, closing, parts.ownsBridge)
	};
}
async function close(daemon, closing, withdrawsNetworks) {
	closing.abort();
	for (const container of daemon.containers.all()) {
		clearTimeout(container.restartTimer);
		container.stopRun();
	}
	await daemon.background.idle();
	const isInUse = daemon.containers.all().some(({ runtime }) => runtime !== void 0);
	if (withdrawsNetworks && !isInUse) await daemon.networks.withdraw();
	daemon.store.close();
}
function engineId(store) {
	const known = store.property("id");
	if (known !== void 0) return known;
	const id = randomUUID();
	store.setProperty("id", id);
	return id;
}
// src/daemon/spec/host-devices.ts
const hostDevices = {
	find,
	all: () => below("/dev", true)
};
/** Left out of a privileged container's /dev: it has its own. */
const OWN_DIRECTORIES = /* @__PURE__ */ new Set([
	"pts",
	"shm",
	"fd",
	"mqueue",
	".lxc",
	".lxd-mounts",
	".udev"
]);
const PERMISSIONS = 4095;
function find(path) {
	let resolved;
	let stats;
	try {
		resolved = realpathSync(path);
		stats = lstatSync(resolved);
	} catch (error) {
		throw gatheringFailed(path, errorCode(error) === "ENOENT" ? "no such file or directory" : String(error));
	}
	if (stats.isDirectory()) {
		const devices = below(resolved, false);
		if (devices.length > 0) return devices.map((device) => ({
			...device,
			path: path + device.path.slice(resolved.length)
		}));
	}
	const device = deviceOf(path, stats);
	if (!device) throw gatheringFailed(path, "not a device node");
	return [device];
}
function gatheringFailed(path, reason) {
	return new EngineError("system", `error gathering device information while adding custom device ${JSON.stringify(path)}: ${reason}`);
}
function below(directory, isDev) {
	return readdirSync(directory).flatMap((name) => {
		const path = posix.join(directory, name);
		try {
			const stats = lstatSync(path);
			if (stats.isDirectory()) return isDev && OWN_DIRECTORIES.has(name) ? [] : below(path, isDev);
			const device = isDev && name === "console" ? void 0 : deviceOf(path, stats);
			return device && !(isDev && device.type === "p") ? [device] : [];
		} catch (error) {
			if (errorCode(error) === void 0) throw error;
			return [];
		}
	});
}
function deviceOf(path, stats) {
	const type = stats.isCharacterDevice() ? "c" : stats.isBlockDevice() ? "b" : stats.isFIFO() ? "p" : void 0;
	if (type === void 0) return void 0;
	return {
		type,
		path,
		...deviceNumbers(stats.rdev),
		fileMode: stats.mode & PERMISSIONS,
		uid: stats.uid,
		gid: stats.gid
	};
}
/** glibc's encoding of dev_t (makedev(3)). */
function deviceNumbers(rdev) {
	const number = BigInt(rdev);
	return {
		major: Number(number >> 8n & 4095n | number >> 32n & 4294963200n),
		minor: Number(number & 255n | number >> 12n & 4294967040n)
	};
}
// src/daemon/spec/mount-propagation.ts
/** From a mount table (proc_pid_mountinfo(5)); links in `path` are followed. */
function hostMountPropagation(path, mountinfo) {
	const real = realpathSync(path);
	let found = {
		mountPoint: "",
		shared: false,
		slave: false
	};
	for (const line of mountinfo.split("\n")) {
		const [left = ""] = line.split(" - ");
		const [, , , , mountPoint = "", , ...optional] = left.split(" ");
		const isAbove = mountPoint === "/" || real === mountPoint || real.startsWith(`${mountPoint}/`);
		if (mountPoint === "" || !isAbove || mountPoint.length < found.mountPoint.length) continue;
		found = {
			mountPoint,
			shared: optional.some((field) => field.startsWith("shared:")),
			slave: optional.some((field) => field.startsWith("master:"))
		};
	}
	return found;
}
// src/daemon/spec/host-facts.ts
/** Reads the facts once; they do not change while the engine runs. */
function readHostFacts() {
	const kernelVersion = release();
	const [major = 0, minor = 0] = kernelVersion.split(".").map((part) => Number.parseInt(part, 10));
	const sysctls = /* @__PURE__ */ new Map();
	return {
		architecture: process.arch,
		kernelVersion,
		capabilities: availableCapabilities(),
		seccomp: existsSync("/proc/sys/kernel/seccomp/actions_avail"),
		recursiveReadonly: major > 5 || major === 5 && minor >= 12,
		maskedPaths: defaultMaskedPaths(),
		hasSysctl: (key) => {
			const known = sysctls.get(key) ?? existsSync(`/proc/sys/${key.replaceAll(".", "/")}`);
			sysctls.set(key, known);
			return known;
		},
		devices: hostDevices,
		mountPropagation: (path) => hostMountPropagation(path, readFileSync("/proc/self/mountinfo", "utf8"))
	};
}
function availableCapabilities() {
	const names = capabilityNames(boundingCapabilities());
	return names.length > 0 ? names : [...ALL_CAPABILITIES];
}
// src/libcontainer/wire.ts
/** `fields` as words `name:type`. */
const layout = (number, fields = "") => ({
	number,
	fields: fields.split(" ").filter(Boolean).map((field) => {
		const [name = "", type = ""] = field.split(":");
		return [name, type];
	})
});
const OPERATIONS = {
	mkdir: layout(1, "path:string mode:int"),
	write: layout(2, "path:string data:bytes optional:flag"),
	"attach-device-program": layout(3, "path:string instructions:bytes"),
	rmdir: layout(4, "path:string"),
	"kill-cgroup": layout(5, "path:string"),
	barrier: layout(6),
	clone: layout(7, "flags:int cgroup:string"),
	"enter-pid-namespace": layout(8, "path:string"),
	"write-child-proc": layout(9, "file:string data:bytes"),
	rlimit: layout(10, "resource:int soft:int hard:int"),
	hook: layout(11, "path:string args:list env:list state:string timeoutMs:int"),
	setns: layout(12, "path:string type:int"),
	"setns-init": layout(13, "flags:int"),
	unshare: layout(14, "flags:int"),
	propagation: layout(15, "path:string flags:int"),
	"overlay-root": layout(16, "target:string lowerdirs:list upperdir:string workdir:string attributes:int options:list"),
	"bind-root": layout(17, "source:string"),
	mount: layout(18, "type:string source:string target:string options:list attributes:int propagation:int copyUp:flag"),
	bind: layout(19, "source:string target:string recursive:flag attributes:int clearAttributes:int recursiveAttributes:flag propagation:int"),
	"mount-setattr": layout(20, "target:string attributes:int clearAttributes:int recursive:flag propagation:int"),
	mask: layout(21, "target:string"),
	readonly: layout(22, "target:string"),
	device: layout(23, "target:string mode:int major:int minor:int uid:int gid:int"),
	symlink: layout(24, "target:string content:string"),
	console: layout(25, "rows:int columns:int bind:flag"),
	"pivot-root": layout(26),
	"move-root": layout(27),
	sysctl: layout(28, "key:string value:string"),
	hostname: layout(29, "name:string"),
	domainname: layout(30, "name:string"),
	umask: layout(31, "mask:int"),
	chdir: layout(32, "path:string"),
	user: layout(33, "uid:int gid:int setGroups:flag groups:ints"),
	"cap-bounding": layout(34, "keep:int"),
	capabilities: layout(35, "effective:int permitted:int inheritable:int ambient:int"),
	"no-new-privileges": layout(36),
	seccomp: layout(37, "filter:bytes flags:int"),
	"exec-label": layout(38, "file:string label:string"),
	personality: layout(39, "persona:int"),
	"io-priority": layout(40, "value:int"),
	scheduler: layout(41, "attributes:bytes"),
	affinity: layout(42, "mask:bytes"),
	"memory-policy": layout(43, "mode:int nodes:bytes"),
	keyring: layout(44, "name:string"),
	"find-executable": layout(45, "name:string path:string"),
	"await-start": layout(46),
	exec: layout(47, "args:list env:list preserve:int"),
	"root-directory": layout(48, "target:string mode:int"),
	loopback: layout(49),
	"clone-inside": layout(50, "flags:int cgroup:string joins:list"),
	"join-child": layout(51, "path:string"),
	"await-fifo": layout(52, "descriptor:int"),
	"connect-agent": layout(53, "path:string state:string"),
	"open-tree": layout(54, "source:string recursive:flag uidMap:string gidMap:string mapRecursive:flag"),
	"private-parent": layout(55, "path:string"),
	"map-ids": layout(56, "tool:string maps:list")
};
const MESSAGES = {
	create: 1,
	start: 2,
	exec: 3,
	kill: 4,
	resize: 5,
	attach: 6,
	status: 7,
	watch: 8,
	closeStdin: 9,
	launch: 10,
	descriptors: 11,
	networkNamespace: 12,
	close: 13,
	ok: 64,
	created: 65,
	failed: 66,
	processes: 67,
	exited: 68
};
const IO_FLAGS = {
	terminal: 1,
	stdin: 2,
	stdinOnce: 4,
	start: 8
};
const STREAM_FLAGS = {
	stdin: 1,
	stdout: 2,
	stderr: 4
};
const STATES = {
	creating: 0,
	created: 1,
	starting: 2,
	running: 3,
	exited: 4
};
/** In the order of their numbers in MSG_FAILED. */
const PARTIES = [
	"shim",
	"parent",
	"child"
];
/** A plan's three lists, as `create` and `exec` messages carry them. */
function writePlan(writer, plan) {
	for (const list of [
		plan.parent,
		plan.child,
		plan.cleanup
	]) writer.block(() => {
		for (const operation of list) writeOperation(writer, operation);
	});
}
function writeOperation(writer, operation) {
	const { number, fields } = OPERATIONS[operation.op];
	const values = operation;
	writer.short(number);
	for (const [name, type] of fields) writer.field(type, values[name]);
}
// src/libcontainer/field-reader.ts
/** Reads the fields that {@link FieldWriter} and the shim write. @throws RangeError past the end */
var FieldReader = class {
	#buffer;
	#at = 0;
	constructor(buffer) {
		this.#buffer = buffer;
	}
	get done() {
		return this.#at >= this.#buffer.length;
	}
	bigint() {
		const value = this.#buffer.readBigUInt64LE(this.#at);
		this.#at += 8;
		return value;
	}
	int() {
		return Number(this.bigint());
	}
	string() {
		const length = this.#buffer.readUInt32LE(this.#at);
		const start = this.#at + 4;
		this.#at = start + length + 1;
		if (this.#at > this.#buffer.length) throw new RangeError("a string beyond the end of its message");
		return this.#buffer.toString("utf8", start, start + length);
	}
};
// src/libcontainer/field-writer.ts
/**
* Writes the fields of shim/protocol.h: integers as u64, strings and bytes as u32 length, data and a NUL,
* lists as u32 count and entries; all little endian.
*/
var FieldWriter = class {
	#buffer = Buffer.allocUnsafe(16384);
	#length = 0;
	/** What has been written. Valid until the next write. */
	get bytes() {
		return this.#buffer.subarray(0, this.#length);
	}
	short(value) {
		this.#reserve(2);
		this.#length = this.#buffer.writeUInt16LE(value, this.#length);
	}
	count(value) {
		this.#reserve(4);
		this.#length = this.#buffer.writeUInt32LE(value, this.#length);
	}
	int(value) {
		this.#reserve(8);
		if (typeof value === "number" && value >= 0 && value <= Number.MAX_SAFE_INTEGER) {
			this.#buffer.writeUInt32LE(value % 4294967296, this.#length);
			this.#buffer.writeUInt32LE(Math.floor(value / 4294967296), this.#length + 4);
		} else this.#buffer.writeBigUInt64LE(BigInt.asUintN(64, BigInt(value)), this.#length);
		this.#length += 8;
	}
	bytesField(value) {
		this.count(value.length);
		this.#reserve(value.length + 1);
		this.#buffer.set(value, this.#length);
		this.#length += value.length;
		this.#buffer[this.#length++] = 0;
	}
	/** @throws RangeError for a string with a NUL in it, which no kernel interface could take */
	string(value) {
		if (value.includes("\0")) throw new RangeError(`a string with a NUL byte: ${JSON.stringify(value)}`);
		const size = Buffer.byteLength(value);
		this.count(size);
		this.#reserve(size + 1);
		this.#length += this.#buffer.write(value, this.#length);
		this.#buffer[this.#length++] = 0;
	}
	list(values) {
		this.count(values.length);
		for (const value of values) this.string(value);
	}
	/** A u32 length, then what `write` writes. */
	block(write) {
		this.count(0);
		const start = this.#length;
		write();
		this.#buffer.writeUInt32LE(this.#length - start, start - 4);
	}
	/** A field by its type in a layout; absent strings, bytes and flags are empty. */
	field(type, value) {
		if (type === "int") this.int(value);
		else if (type === "flag") this.int(value ? 1 : 0);
		else if (type === "string") this.string(value ?? "");
		else if (type === "list") this.list(value);
		else if (type === "bytes") this.bytesField(typeof value === "string" ? Buffer.from(value) : value);
		else if (type === "ints") {
			this.count(value.length);
			for (const entry of value) this.int(entry);
		} else throw new TypeError(`no such field type: ${type}`);
	}
	#reserve(size) {
		if (this.#length + size <= this.#buffer.length) return;
		const larger = Buffer.allocUnsafe((this.#length + size) * 2);
		this.#buffer.copy(larger, 0, 0, this.#length);
		this.#buffer = larger;
	}
};
// src/execdriver/native/encode-message.ts
/** A frame for the shim (docs/PLAN.md, "On the wire"). */
function encodeMessage(type, tag, write) {
	const writer = new FieldWriter();
	write(writer);
	const header = Buffer.allocUnsafe(8);
	header.writeUInt32LE(writer.bytes.length, 0);
	header.writeUInt16LE(type, 4);
	header.writeUInt16LE(tag, 6);
	return Buffer.concat([header, writer.bytes]);
}
// src/execdriver/native/shim-failure.ts
/** A request that the shim could not carry out. */
var ShimFailure = class extends Error {
	party;
	/** Which operation of the party's list failed; 0 for the shim itself. */
	index;
	errno;
	detail;
	constructor(reader) {
		const party = PARTIES[reader.int()] ?? "shim";
		const index = reader.int();
		const errno = reader.int();
		const detail = reader.string();
		super(`${party} operation ${index}: errno ${errno} ${detail}`);
		this.party = party;
		this.index = index;
		this.errno = errno;
		this.detail = detail;
	}
};
// src/execdriver/native/shim-connection.ts
/** A control connection to a shim: requests with their replies, and the exits it reports. */
var ShimConnection = class {
	socket;
	/** Settles when the connection has ended, which it does when the shim ends. */
	closed;
	/** Whether it was this side that ended the connection. */
	released = false;
	onExit = () => void 0;
	#pending = /* @__PURE__ */ new Map();
	#received = Buffer.alloc(0);
	#lastTag = 0;
	#attaching = false;
	constructor(socket) {
		this.socket = socket;
		socket.on("data", (chunk) => this.#receive(chunk));
		socket.on("error", () => void 0);
		this.closed = new Promise((resolve) => {
			socket.once("close", () => {
				this.#fail();
				resolve();
			});
		});
	}
	/**
	* Sends a request and waits for its reply.
	* @throws ShimFailure what the shim answered; EngineError unavailable when it has gone
	*/
	async request(type, write = () => void 0) {
		const tag = this.#lastTag = this.#lastTag + 1 & 65535;
		const message = encodeMessage(type, tag, write);
		return new Promise((resolve, reject) => {
			if (this.socket.destroyed) {
				reject(gone());
				return;
			}
			this.#pending.set(tag, {
				resolve,
				reject
			});
			this.socket.write(message);
		});
	}
	/** Lets go of the shim, which goes on. */
	close() {
		this.released = true;
		this.socket.destroy();
	}
	/**
	* Makes the connection a stream: all that follows the shim's consent is what the process writes, and what is
	* written to it is the process's input.
	* @throws ShimFailure; EngineError unavailable
	*/
	async attach(write) {
		this.#attaching = true;
		await this.request(MESSAGES.attach, write);
		return this.socket;
	}
	#receive(chunk) {
		this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
		while (this.#received.length >= 8) {
			const end = 8 + this.#received.readUInt32LE(0);
			if (this.#received.length < end) return;
			const type = this.#received.readUInt16LE(4);
			const tag = this.#received.readUInt16LE(6);
			const payload = this.#received.subarray(8, end);
			this.#received = this.#received.subarray(end);
			this.#handle(type, tag, new FieldReader(payload));
			if (this.#attaching) {
				this.#becomeStream();
				return;
			}
		}
	}
	#becomeStream() {
		this.socket.removeAllListeners("data");
		this.socket.pause();
		if (this.#received.length > 0) this.socket.unshift(this.#received);
		this.#received = Buffer.alloc(0);
	}
	#handle(type, tag, reader) {
		if (type === MESSAGES.exited) {
			this.onExit(readProcessRecord(reader));
			return;
		}
		const pending = this.#pending.get(tag);
		this.#pending.delete(tag);
		if (type === MESSAGES.failed) pending?.reject(new ShimFailure(reader));
		else pending?.resolve(reader);
	}
	#fail() {
		for (const pending of this.#pending.values()) pending.reject(gone());
		this.#pending.clear();
	}
};
function readProcessRecord(reader) {
	return {
		number: reader.int(),
		id: reader.string(),
		pid: reader.int(),
		state: reader.int(),
		flags: reader.int(),
		exitCode: reader.int(),
		oomKilled: reader.int() !== 0,
		exitedAtNs: reader.bigint()
	};
}
function gone() {
	return new EngineError("unavailable", "the connection to the shim has ended");
}
// src/execdriver/native/seal-shim.ts
const MFD_CLOEXEC_ALLOW_SEALING = 3;
const F_ADD_SEALS = 1033;
const ALL_SEALS = 15;
const sealed = /* @__PURE__ */ new Map();
/**
* A path to execute a copy of the shim by, which nothing can change any more: whatever a container does with
* the /proc/PID/exe of a process that is about to become one of its own (CVE-2019-5736), it only gets at the
* copy. Made once for each process of the engine; the memory is shared by all shims.
* @throws SyscallError, and Node's error when there is no such file
*/
function sealShim(path) {
	let descriptor = sealed.get(path);
	if (descriptor === void 0) {
		descriptor = sealedCopy(path);
		sealed.set(path, descriptor);
	}
	return `/proc/${process.pid}/fd/${descriptor}`;
}
function sealedCopy(path) {
	const content = readFileSync(path);
	const name = cstring("slipway-shim");
	let descriptor = syscallResult("memfd_create", name, 19);
	if (descriptor < 0) descriptor = syscall("memfd_create", path, name, MFD_CLOEXEC_ALLOW_SEALING);
	try {
		for (let at = 0; at < content.length;) at += writeSync(descriptor, content, at);
		syscall("fcntl", "F_ADD_SEALS", descriptor, F_ADD_SEALS, ALL_SEALS);
		return descriptor;
	} catch (error) {
		closeSync(descriptor);
		throw error;
	}
}
// src/execdriver/native/start-shim.ts
const AF_UNIX$1 = 1;
const SOCK_STREAM_CLOEXEC = 524289;
/** As {@link startShim}, without holding up the calling thread. */
async function startShimAsync(options) {
	using start = new ShimStart(options);
	return start.result(await spawnAsync(start.spawnOptions));
}
/** The descriptors that a start needs, until it is over. */
var ShimStart = class {
	spawnOptions;
	#open;
	#ours;
	#isStarted = false;
	constructor({ path, containerId, descriptors }) {
		const [ours, theirs] = socketPair();
		const nothing = openSync("/dev/null", "r+");
		this.#ours = ours;
		this.#open = [theirs, nothing];
		this.spawnOptions = {
			path: sealShim(path),
			argv: ["slipway-shim", containerId],
			env: [],
			fds: [
				nothing,
				nothing,
				nothing,
				theirs,
				...descriptors
			]
		};
	}
	result(pid) {
		this.#isStarted = true;
		return {
			pid,
			socket: this.#ours
		};
	}
	[Symbol.dispose]() {
		for (const descriptor of this.#open) closeSync(descriptor);
		if (!this.#isStarted) closeSync(this.#ours);
	}
};
/** Two connected stream sockets; the caller closes them. @throws SyscallError */
function socketPair() {
	const pair = Buffer.alloc(8);
	syscall("socketpair", "AF_UNIX", AF_UNIX$1, SOCK_STREAM_CLOEXEC, 0, pair);
	return [pair.readInt32LE(0), pair.readInt32LE(4)];
}
// src/execdriver/native/spawn-shim.ts
const WNOHANG = 1;
/**
* Starts a shim, which waits for a plan on the connection. It is a child of this process only as long as this
* process lives; its end is awaited here.
* @throws SyscallError
*/
async function spawnShim(options) {
	const { pid, socket } = await startShimAsync(options);
	const connection = new ShimConnection(new Socket({
		fd: socket,
		readable: true,
		writable: true
	}));
	connection.closed.then(() => reap(pid));
	return {
		connection,
		socket
	};
}
/** libuv does not know the child. Its descriptors close shortly before it can be waited for. */
async function reap(pid) {
	for (let waitMs = 1; syscallResult("wait4", pid, null, WNOHANG, null) === 0; waitMs *= 2) await setTimeout$1(Math.min(waitMs, 1e3), void 0, { ref: false });
}
// src/execdriver/native/namespace-maker.ts
/**
* Network namespaces made by another process, a shim without a container: the kernel may keep the thread that
* makes one waiting for milliseconds. The process is started when it is first needed, and again when it has gone.
*/
var NamespaceMaker = class {
	#shimPath;
	#connection;
	#pending = 0;
	#closed = false;
	constructor(shimPath) {
		this.#shimPath = shimPath;
	}
	/**
	* A new namespace, with nothing in it but a loopback interface that is down.
	* @returns a descriptor; the caller closes it
	* @throws SyscallError, ShimFailure; EngineError unavailable after `close`
	*/
	async create() {
		const connection = await this.#connected();
		if (this.#pending++ === 0) connection.socket.ref();
		try {
			const reply = await connection.request(MESSAGES.networkNamespace);
			const theirs = reply.int();
			const pid = reply.int();
			const descriptor = openSync(`/proc/${pid}/fd/${theirs}`, "r");
			connection.request(MESSAGES.close, (writer) => writer.int(theirs)).catch(() => void 0);
			return descriptor;
		} finally {
			if (--this.#pending === 0) connection.socket.unref();
		}
	}
	/** Idempotent. Namespaces made stay. */
	close() {
		this.#closed = true;
		this.#connection?.then((connection) => connection.close()).catch(() => void 0);
	}
	#connected() {
		if (this.#closed) throw new EngineError("unavailable", "the maker of network namespaces is closed");
		this.#connection ??= this.#connect();
		return this.#connection;
	}
	async #connect() {
		try {
			const { connection } = await spawnShim({
				path: this.#shimPath,
				containerId: "network namespaces",
				descriptors: []
			});
			connection.socket.unref();
			connection.closed.then(() => {
				this.#connection = void 0;
			});
			if (this.#closed) connection.close();
			return connection;
		} catch (error) {
			this.#connection = void 0;
			throw error;
		}
	}
};
// src/kernel/abi/mount.ts
var mount_exports = /* @__PURE__ */ __exportAll({
	MOUNT_ATTR_NOATIME: () => 16,
	MOUNT_ATTR_NODEV: () => 4,
	MOUNT_ATTR_NODIRATIME: () => 128,
	MOUNT_ATTR_NOEXEC: () => 8,
	MOUNT_ATTR_NOSUID: () => 2,
	MOUNT_ATTR_NOSYMFOLLOW: () => MOUNT_ATTR_NOSYMFOLLOW,
	MOUNT_ATTR_RDONLY: () => 1,
	MOUNT_ATTR_STRICTATIME: () => 32,
	MOUNT_ATTR__ATIME: () => 112,
	MS_PRIVATE: () => MS_PRIVATE,
	MS_REC: () => MS_REC,
	MS_SHARED: () => MS_SHARED,
	MS_SLAVE: () => MS_SLAVE,
	MS_UNBINDABLE: () => MS_UNBINDABLE
});
/** include/uapi/linux/mount.h: flags of mount(2) and attributes of mount_setattr(2). */
const MS_REC = 16384;
const MS_UNBINDABLE = 131072;
const MS_PRIVATE = 262144;
const MS_SLAVE = 524288;
const MS_SHARED = 1048576;
const MOUNT_ATTR_NOSYMFOLLOW = 2097152;
// src/kernel/abi/sched.ts
var sched_exports = /* @__PURE__ */ __exportAll({
	CLONE_NEWCGROUP: () => CLONE_NEWCGROUP,
	CLONE_NEWIPC: () => CLONE_NEWIPC,
	CLONE_NEWNET: () => CLONE_NEWNET,
	CLONE_NEWNS: () => CLONE_NEWNS,
	CLONE_NEWPID: () => CLONE_NEWPID,
	CLONE_NEWTIME: () => 128,
	CLONE_NEWUSER: () => CLONE_NEWUSER,
	CLONE_NEWUTS: () => CLONE_NEWUTS
});
const CLONE_NEWNS = 131072;
const CLONE_NEWCGROUP = 33554432;
const CLONE_NEWUTS = 67108864;
const CLONE_NEWIPC = 134217728;
const CLONE_NEWUSER = 268435456;
const CLONE_NEWPID = 536870912;
const CLONE_NEWNET = 1073741824;
// src/kernel/bpf/assembler.ts
const INSTRUCTION_BYTES$1 = 8;
/** @throws RangeError for a jump to a label that is missing, or before the jump */
function assembleBpf(items) {
	const places = /* @__PURE__ */ new Map();
	const instructions = [];
	for (const item of items) if ("label" in item) places.set(item.label, instructions.length);
	else instructions.push(item);
	const bytes = Buffer.alloc(instructions.length * INSTRUCTION_BYTES$1);
	instructions.forEach(({ code, dst = 0, src = 0, offset = 0, immediate = 0, target }, index) => {
		const at = index * INSTRUCTION_BYTES$1;
		bytes.writeUInt8(code, at);
		bytes.writeUInt8(src << 4 | dst, at + 1);
		bytes.writeInt16LE(target === void 0 ? offset : distance(places, target, index), at + 2);
		bytes.writeInt32LE(immediate | 0, at + 4);
	});
	return bytes;
}
function distance(places, target, index) {
	const place = places.get(target);
	if (place === void 0 || place <= index) throw new RangeError(`no label ${target} after ${index}`);
	return place - index - 1;
}
/** dst = *(u32 *)(src + offset) */
const loadWord = (dst, src, offset) => ({
	code: 97,
	dst,
	src,
	offset
});
/** dst = immediate */
const moveImmediate = (dst, immediate) => ({
	code: 183,
	dst,
	immediate
});
/** dst = (u32)src */
const move32 = (dst, src) => ({
	code: 188,
	dst,
	src
});
/** dst = (u32)dst & immediate */
const and32 = (dst, immediate) => ({
	code: 84,
	dst,
	immediate
});
/** dst = (u32)dst >> immediate */
const shiftRight32 = (dst, immediate) => ({
	code: 116,
	dst,
	immediate
});
/** goto target */
const jump = (target) => ({
	code: 5,
	target
});
/** if ((u32)dst == immediate) goto target */
const jumpIfEqual32 = (dst, immediate, target) => ({
	code: 22,
	dst,
	immediate,
	target
});
/** if ((u32)dst != immediate) goto target */
const jumpIfNotEqual32 = (dst, immediate, target) => ({
	code: 86,
	dst,
	immediate,
	target
});
/** return r0 */
const exit = () => ({ code: 149 });
// src/libcontainer/device-access.ts
/** Read, write, mknod. */
const ACCESS = [
	"r",
	"w",
	"m"
];
/**
* Applies the rules one after the other, the last one winning, to a state in which nothing is allowed. A rule
* for all types (`a`) starts afresh whatever else it says, as in cgroup v1.
*
* The meaning of the result is cgroup v1's (Documentation/admin-guide/cgroup-v1/devices.rst): where the
* default is to deny, one exception must grant all that is asked; where it is to allow, an exception that
* denies any of it suffices.
* @throws EngineError invalid-parameter for a rule that takes a part out of a wildcard exception, which
*   cgroup v1 would silently ignore
*/
function deviceAccess(rules) {
	let defaultAllow = false;
	const exceptions = /* @__PURE__ */ new Map();
	for (const rule of rules) {
		const access = normalAccess(rule.access);
		if ((rule.type ?? "a") === "a") {
			defaultAllow = rule.allow;
			exceptions.clear();
			continue;
		}
		const device = {
			type: rule.type,
			major: wildcard(rule.major),
			minor: wildcard(rule.minor)
		};
		const before = exceptions.get(keyOf$2(device))?.access ?? "";
		if (rule.allow === defaultAllow) refuseHole(exceptions, device, access);
		const after = ACCESS.filter((bit) => rule.allow === defaultAllow ? before.includes(bit) && !access.includes(bit) : before.includes(bit) || access.includes(bit));
		if (after.length === 0) exceptions.delete(keyOf$2(device));
		else exceptions.set(keyOf$2(device), {
			...device,
			access: after.join("")
		});
	}
	return {
		defaultAllow,
		exceptions: [...exceptions.values()]
	};
}
const keyOf$2 = ({ type, major, minor }) => `${type} ${major ?? "*"}:${minor ?? "*"}`;
/** runc's callers write -1 for a wildcard. */
const wildcard = (number) => number === void 0 || number < 0 ? void 0 : number;
function normalAccess(access = "rwm") {
	if (access === "" || /[^rwm]/.test(access)) throw new EngineError("invalid-parameter", `invalid device access ${JSON.stringify(access)}`);
	return access;
}
function refuseHole(exceptions, device, access) {
	const wider = [
		{
			type: device.type,
			minor: device.minor
		},
		{
			type: device.type,
			major: device.major
		},
		{ type: device.type }
	];
	for (const key of wider.map(keyOf$2)) {
		const granted = key === keyOf$2(device) ? void 0 : exceptions.get(key)?.access;
		if (granted && Array.from(access).some((bit) => granted.includes(bit))) throw new EngineError("invalid-parameter", `device rule ${keyOf$2(device)} ${access} takes a part out of the wildcard rule ${key} ${granted}`);
	}
}
// src/libcontainer/device-program.ts
/** BPF_DEVCG_DEV_* and BPF_DEVCG_ACC_* of linux/bpf.h. */
const DEVICE_TYPES = {
	b: 1,
	c: 2
};
const ACCESS_BITS = {
	m: 1,
	r: 2,
	w: 4
};
const ALL_ACCESS = 7;
/** Offsets in struct bpf_cgroup_dev_ctx. */
const CONTEXT = {
	accessType: 0,
	major: 4,
	minor: 8
};
/**
* The BPF_PROG_TYPE_CGROUP_DEVICE program that gives devices the access which the rules of a runtime spec
* come to ({@link deviceAccess}): it returns 1 to allow, 0 to deny (EPERM).
* @throws EngineError invalid-parameter
*/
function deviceProgram(rules) {
	const { defaultAllow, exceptions } = deviceAccess(rules);
	const verdict = (allow) => [moveImmediate(0, allow ? 1 : 0), exit()];
	return assembleBpf([
		loadWord(2, 1, CONTEXT.accessType),
		move32(3, 2),
		and32(2, 65535),
		shiftRight32(3, 16),
		loadWord(4, 1, CONTEXT.major),
		loadWord(5, 1, CONTEXT.minor),
		...exceptions.flatMap((exception, index) => exceptionBlock(exception, index, defaultAllow)),
		...verdict(defaultAllow),
		...exceptions.length > 0 ? [{ label: "exception" }, ...verdict(!defaultAllow)] : []
	]);
}
/** Jumps to `exception` when it applies. r2: type, r3: access, r4: major, r5: minor. */
function exceptionBlock({ type, major, minor, access }, index, denies) {
	const next = `after ${index}`;
	const bits = Array.from(access).reduce((sum, bit) => sum | ACCESS_BITS[bit], 0);
	const checkAccess = denies ? [
		move32(0, 3),
		and32(0, bits),
		jumpIfEqual32(0, 0, next)
	] : [
		move32(0, 3),
		and32(0, ~bits & ALL_ACCESS),
		jumpIfNotEqual32(0, 0, next)
	];
	return [
		jumpIfNotEqual32(2, DEVICE_TYPES[type], next),
		...bits === ALL_ACCESS ? [] : checkAccess,
		...major === void 0 ? [] : [jumpIfNotEqual32(4, major, next)],
		...minor === void 0 ? [] : [jumpIfNotEqual32(5, minor, next)],
		jump("exception"),
		{ label: next }
	];
}
// src/libcontainer/cgroups/default-devices.ts
const device = (major, minor) => ({
	allow: true,
	type: "c",
	major,
	minor,
	access: "rwm"
});
/**
* What every container may use whatever its spec says, as with runc: making (but not opening) any node; null,
* zero, full, random, urandom, tty, pseudo-terminals, and /dev/net/tun.
*/
const DEFAULT_DEVICE_RULES = [
	{
		allow: true,
		type: "c",
		access: "m"
	},
	{
		allow: true,
		type: "b",
		access: "m"
	},
	device(1, 3),
	device(1, 8),
	device(1, 7),
	device(5, 0),
	device(1, 5),
	device(1, 9),
	device(136),
	device(5, 2),
	device(10, 200)
];
// src/libcontainer/cgroups/join-cgroups.ts
/** How a new process comes into existing cgroups. */
function joinCgroups(paths) {
	const directories = [...new Set(Object.values(paths.v1))];
	return {
		join: directories.map((directory) => ({
			op: "write",
			path: posix.join(directory, "tasks"),
			data: "0"
		})),
		joinChild: directories.map((directory) => ({
			op: "join-child",
			path: posix.join(directory, "tasks")
		})),
		cloneInto: paths.unified
	};
}
// src/libcontainer/cgroups/settings.ts
/** The setting of a value that is present; `-1` becomes what the file calls unlimited. */
function limit(file, value, unlimited = "-1") {
	return value === void 0 ? [] : [{
		file,
		data: value < 0 ? unlimited : String(value)
	}];
}
/** As {@link limit}, where 0 means unset. */
function limitUnlessZero(file, value, unlimited = "-1") {
	return value === 0 ? [] : limit(file, value, unlimited);
}
// src/libcontainer/cgroups/settings-v1.ts
/**
* What the resources of a runtime spec are in the control files of cgroup v1
* (Documentation/admin-guide/cgroup-v1), in an order that suits a cgroup just made. Kernel memory limits are
* ignored, as the kernel does.
* @throws EngineError invalid-parameter
*/
function settingsV1(resources) {
	if (resources.unified && Object.keys(resources.unified).length > 0) throw new EngineError("invalid-parameter", "invalid configuration: cannot use unified on cgroup v1");
	return /* @__PURE__ */ new Map([
		["devices", resources.devices ? devices(resources.devices) : []],
		["memory", memory$1(resources.memory ?? {})],
		["cpu", cpu$1(resources.cpu ?? {})],
		["cpuset", cpuset$1(resources.cpu ?? {})],
		["pids", limitUnlessZero("pids.max", resources.pids?.limit, "max")],
		["blkio", blkio(resources.blockIO ?? {})],
		["hugetlb", hugetlb$1(resources.hugepageLimits ?? [])],
		["net_cls", limitUnlessZero("net_cls.classid", resources.network?.classID)],
		["net_prio", (resources.network?.priorities ?? []).map(({ name, priority }) => ({
			file: "net_prio.ifpriomap",
			data: `${name} ${priority}`
		}))],
		["rdma", rdmaSettings(resources.rdma ?? {})]
	]);
}
/** A cgroup inherits its parent's list: it is emptied (or filled) by `a`, then the exceptions follow. */
function devices(rules) {
	const { defaultAllow, exceptions } = deviceAccess(rules);
	const [every, exception] = defaultAllow ? ["allow", "deny"] : ["deny", "allow"];
	const number = (value) => value ?? "*";
	return [{
		file: `devices.${every}`,
		data: "a"
	}, ...exceptions.map(({ type, major, minor, access }) => ({
		file: `devices.${exception}`,
		data: `${type} ${number(major)}:${number(minor)} ${access}`
	}))];
}
function memory$1(memory) {
	const { swappiness } = memory;
	if (swappiness !== void 0 && swappiness > 100) throw new EngineError("invalid-parameter", `invalid memory swappiness value: ${swappiness} (valid range is 0-100)`);
	const unlimitedSwap = memory.limit === -1 && !memory.swap ? [{
		file: "memory.memsw.limit_in_bytes",
		data: "-1",
		optional: true
	}] : [];
	return [
		...limitUnlessZero("memory.limit_in_bytes", memory.limit),
		...limitUnlessZero("memory.memsw.limit_in_bytes", memory.swap),
		...unlimitedSwap,
		...limitUnlessZero("memory.soft_limit_in_bytes", memory.reservation),
		...memory.disableOOMKiller ? [{
			file: "memory.oom_control",
			data: "1"
		}] : [],
		...swappiness === -1 ? [] : limit("memory.swappiness", swappiness)
	];
}
function cpu$1(cpu) {
	const shares = limitUnlessZero("cpu.shares", cpu.shares);
	const idle = limit("cpu.idle", cpu.idle);
	return [
		...cpu.idle === 0 ? [...idle, ...shares] : [...shares, ...idle],
		...limitUnlessZero("cpu.cfs_period_us", cpu.period),
		...limitUnlessZero("cpu.cfs_quota_us", cpu.quota),
		...limit("cpu.cfs_burst_us", cpu.burst).map((setting) => ({
			...setting,
			optional: true
		})),
		...limitUnlessZero("cpu.rt_period_us", cpu.realtimePeriod),
		...limitUnlessZero("cpu.rt_runtime_us", cpu.realtimeRuntime)
	];
}
function cpuset$1({ cpus, mems }) {
	return [...cpus ? [{
		file: "cpuset.cpus",
		data: cpus
	}] : [], ...mems ? [{
		file: "cpuset.mems",
		data: mems
	}] : []];
}
/** Weights go to whichever scheduler's file exists; a kernel without either has no weights. */
function blkio(blockIO) {
	const weight = (data, suffix = "") => [{
		file: `blkio.weight${suffix}`,
		data,
		optional: true
	}, {
		file: `blkio.bfq.weight${suffix}`,
		data,
		optional: true
	}];
	const throttle = (name, entries = []) => entries.map(({ major, minor, rate }) => ({
		file: `blkio.throttle.${name}_device`,
		data: `${major}:${minor} ${rate}`
	}));
	return [
		...blockIO.weight ? weight(String(blockIO.weight)) : [],
		...blockIO.leafWeight ? [{
			file: "blkio.leaf_weight",
			data: String(blockIO.leafWeight),
			optional: true
		}] : [],
		...(blockIO.weightDevice ?? []).flatMap((device) => [...device.weight ? weight(`${device.major}:${device.minor} ${device.weight}`, "_device") : [], ...device.leafWeight ? [{
			file: "blkio.leaf_weight_device",
			data: `${device.major}:${device.minor} ${device.leafWeight}`,
			optional: true
		}] : []]),
		...throttle("read_bps", blockIO.throttleReadBpsDevice),
		...throttle("write_bps", blockIO.throttleWriteBpsDevice),
		...throttle("read_iops", blockIO.throttleReadIOPSDevice),
		...throttle("write_iops", blockIO.throttleWriteIOPSDevice)
	];
}
function hugetlb$1(limits) {
	return limits.flatMap(({ pageSize, limit }) => [{
		file: `hugetlb.${pageSize}.limit_in_bytes`,
		data: String(limit)
	}, {
		file: `hugetlb.${pageSize}.rsvd.limit_in_bytes`,
		data: String(limit),
		optional: true
	}]);
}
/** `rdma.max` is the same file in both versions. */
function rdmaSettings(rdma) {
	return Object.entries(rdma).map(([device, { hcaHandles, hcaObjects }]) => ({
		file: "rdma.max",
		data: [
			device,
			...hcaHandles === void 0 ? [] : [`hca_handle=${hcaHandles}`],
			...hcaObjects === void 0 ? [] : [`hca_object=${hcaObjects}`]
		].join(" ")
	}));
}
// src/libcontainer/cgroups/conversions.ts
/**
* v1 `cpu.shares` (2 to 262144, default 1024) as v2 `cpu.weight` (1 to 10000, default 100): the quadratic
* curve through minimum, default and maximum that runc and crun use.
*/
function cpuWeight(shares) {
	if (shares <= 2) return 1;
	if (shares >= 262144) return 1e4;
	const log = Math.log2(shares);
	return Math.ceil(10 ** ((log * log + 125 * log) / 612 - 7 / 34));
}
/** v1 `blkio.weight` (10 to 1000) as v2 `io.weight` (1 to 10000). */
function ioWeight(blkioWeight) {
	return 1 + Math.floor((blkioWeight - 10) * 9999 / 990);
}
/**
* The specification's memory+swap limit as v2's `memory.swap.max`, which counts swap alone. -1 is unlimited,
* undefined leaves it.
* @throws EngineError invalid-parameter
*/
function swapMax(swap, memory) {
	if (!swap) return memory === -1 ? -1 : void 0;
	if (swap === -1 || memory === -1) return swap;
	if (!memory) throw new EngineError("invalid-parameter", "unable to set swap limit without memory limit");
	if (swap < memory) throw new EngineError("invalid-parameter", "memory+swap limit should be >= memory limit");
	return swap - memory;
}
// src/libcontainer/cgroups/settings-v2.ts
/**
* What the resources of a runtime spec are in the control files of cgroup v2
* (Documentation/admin-guide/cgroup-v2.rst). Devices are not files there (see device-program.ts). What v2
* has no notion of (swappiness, real-time groups, net_cls) is ignored, as runc does.
* @throws EngineError invalid-parameter
*/
function settingsV2(resources) {
	return /* @__PURE__ */ new Map([
		["memory", memory(resources.memory ?? {})],
		["cpu", cpu(resources.cpu ?? {})],
		["cpuset", cpuset(resources.cpu ?? {})],
		["pids", limitUnlessZero("pids.max", resources.pids?.limit, "max")],
		["io", io(resources.blockIO ?? {})],
		["hugetlb", hugetlb(resources.hugepageLimits ?? [])],
		["rdma", rdmaSettings(resources.rdma ?? {})],
		["unified", unified(resources.unified ?? {})]
	]);
}
function memory(memory) {
	const swap = swapMax(memory.swap, memory.limit);
	return [
		...limit("memory.swap.max", swap, "max").map((setting) => ({
			...setting,
			optional: swap === -1 || swap === 0
		})),
		...limitUnlessZero("memory.max", memory.limit, "max"),
		...limitUnlessZero("memory.low", memory.reservation, "max")
	];
}
function cpu(cpu) {
	const weight = cpu.shares ? [{
		file: "cpu.weight",
		data: String(cpuWeight(cpu.shares))
	}] : [];
	const idle = limit("cpu.idle", cpu.idle);
	const max = cpu.quota || cpu.period ? [{
		file: "cpu.max",
		data: `${cpu.quota && cpu.quota > 0 ? cpu.quota : "max"} ${cpu.period || 1e5}`
	}] : [];
	return [
		...cpu.idle === 0 ? [...idle, ...weight] : [...weight, ...idle],
		...max,
		...limit("cpu.max.burst", cpu.burst)
	];
}
function cpuset({ cpus, mems }) {
	return [...cpus ? [{
		file: "cpuset.cpus",
		data: cpus
	}] : [], ...mems ? [{
		file: "cpuset.mems",
		data: mems
	}] : []];
}
const THROTTLES = [
	["throttleReadBpsDevice", "rbps"],
	["throttleWriteBpsDevice", "wbps"],
	["throttleReadIOPSDevice", "riops"],
	["throttleWriteIOPSDevice", "wiops"]
];
/** BFQ keeps v1's range of weights, io.weight has its own; a kernel without either has no weights. */
function io(blockIO) {
	const weights = (weight, device = "") => weight ? [{
		file: "io.bfq.weight",
		data: `${device}${weight}`,
		optional: true
	}, {
		file: "io.weight",
		data: `${device}${ioWeight(weight)}`,
		optional: true
	}] : [];
	return [
		...weights(blockIO.weight),
		...(blockIO.weightDevice ?? []).flatMap(({ major, minor, weight }) => weights(weight, `${major}:${minor} `)),
		...THROTTLES.flatMap(([field, key]) => (blockIO[field] ?? []).map(({ major, minor, rate }) => ({
			file: "io.max",
			data: `${major}:${minor} ${key}=${rate === 0 ? "max" : rate}`
		})))
	];
}
function hugetlb(limits) {
	return limits.flatMap(({ pageSize, limit }) => [{
		file: `hugetlb.${pageSize}.max`,
		data: String(limit)
	}, {
		file: `hugetlb.${pageSize}.rsvd.max`,
		data: String(limit),
		optional: true
	}]);
}
/** Written last, as they are, a line at a time. */
function unified(entries) {
	return Object.entries(entries).flatMap(([file, value]) => {
		if (file.includes("/") || !file.includes(".")) throw new EngineError("invalid-parameter", `unified resource ${JSON.stringify(file)} must be a file name in the form CONTROLLER.PARAMETER`);
		return value.split("\n").flatMap((data) => data === "" ? [] : [{
			file,
			data
		}]);
	});
}
// src/libcontainer/cgroups/plan-cgroups.ts
/**
* The operations that make a container's cgroups in every hierarchy, set its limits, put it there, and remove
* them. Parents that are missing are made (and stay). Reads the parents' state, changes nothing.
* @throws EngineError invalid-parameter
*/
function planCgroups(options) {
	const { layout, cgroupsPath, resources = {}, read = readHostFile } = options;
	const paths = cgroupPaths(layout, cgroupsPath, resources);
	const rules = [...resources.devices ?? [], ...DEFAULT_DEVICE_RULES];
	const settings = settingsFor(paths, {
		...resources,
		devices: rules
	});
	const directories = [...new Set(Object.values(paths.v1))];
	return {
		parent: [
			...directories.flatMap((directory) => directory === paths.v1.cpuset ? makeCpuset(hierarchyOf(layout, "cpuset"), directory, resources.cpu ?? {}, read) : [{
				op: "mkdir",
				path: directory,
				mode: 493
			}]),
			...layout.unified && paths.unified ? makeUnified(layout.unified.mountPoint, paths.unified, paths.unifiedControllers, read) : [],
			...settings.map(({ path, data, optional }) => ({
				op: "write",
				path,
				data,
				optional
			})),
			...paths.v1.devices === void 0 && paths.unified ? [{
				op: "attach-device-program",
				path: paths.unified,
				instructions: deviceProgram(rules)
			}] : []
		],
		...joinCgroups(paths),
		cleanup: cleanup(paths, directories),
		paths
	};
}
/** Kept up to date in every v2 cgroup of ours: they account for, or limit, what Docker shows and sets. */
const ACCOUNTING = [
	"cpuset",
	"cpu",
	"io",
	"memory",
	"pids"
];
function cgroupPaths(layout, cgroupsPath, resources) {
	const v1 = {};
	for (const hierarchy of layout.v1) for (const controller of hierarchy.controllers) v1[controller] = cgroupDirectory(hierarchy, cgroupsPath, 1);
	const { unified } = layout;
	const needed = new Set(ACCOUNTING);
	for (const [controller, list] of settingsV2({
		...resources,
		unified: {}
	})) if (list.length > 0) needed.add(controller);
	for (const file of Object.keys(resources.unified ?? {})) needed.add(file.split(".")[0]);
	return {
		mode: layout.mode,
		v1,
		unified: unified && cgroupDirectory(unified, cgroupsPath, 2),
		unifiedControllers: unified?.controllers.filter((controller) => needed.has(controller)) ?? []
	};
}
/**
* Every setting of `resources` as the file to write: in v1 where the controller is there, else in v2.
* @throws EngineError invalid-parameter, also for a limit whose controller the system does not have
*/
function settingsFor(paths, resources) {
	const v1 = settingsV1({
		...resources,
		unified: paths.mode === "v2" ? {} : resources.unified
	});
	const v2 = settingsV2(resources);
	const writes = [];
	const add = (directory, settings = []) => {
		for (const setting of settings) writes.push({
			...setting,
			path: posix.join(directory, setting.file)
		});
	};
	for (const [controller, settings] of v1) {
		const newName = controller === "blkio" ? "io" : controller;
		if (paths.v1[controller] !== void 0) add(paths.v1[controller], settings);
		else if (paths.unified && paths.unifiedControllers.includes(newName)) add(paths.unified, v2.get(newName));
		else if (!isIgnored(controller, paths) && settings.some((setting) => !setting.optional)) throw new EngineError("invalid-parameter", `cannot set ${controller} limit: container could not join or create cgroup`, { hint: `The ${controller} cgroup controller is not available on this system.` });
	}
	if (paths.unified) add(paths.unified, v2.get("unified"));
	return writes;
}
/** v2 has device programs instead of a controller, and no notion of the network ones. */
function isIgnored(controller, paths) {
	if (controller === "devices") return paths.unified !== void 0;
	return paths.mode === "v2" && (controller === "net_cls" || controller === "net_prio");
}
function hierarchyOf(layout, controller) {
	return layout.v1.find((hierarchy) => hierarchy.controllers.includes(controller));
}
/** The directories from below the mount point down to `directory`, outermost first. */
function chain$1(mountPoint, directory) {
	const names = posix.relative(mountPoint, directory).split("/");
	return names.map((_, index) => posix.join(mountPoint, ...names.slice(0, index + 1)));
}
/**
* A v1 cpuset starts out empty, and then takes no process: it gets its parent's CPUs and memory nodes,
* unless it is `given` its own. What an ancestor has already is left alone.
*/
function makeCpuset(hierarchy, directory, given, read) {
	const operations = [];
	const ancestors = [hierarchy.mountPoint, ...chain$1(hierarchy.mountPoint, directory)];
	for (const file of ["cpus", "mems"]) {
		const empty = [];
		let inherited = "";
		for (const parent of ancestors.slice(0, given[file] ? -1 : void 0).reverse()) {
			inherited = (read(posix.join(parent, `cpuset.${file}`)) ?? "").trim();
			if (inherited !== "") break;
			empty.unshift(parent);
		}
		for (const parent of empty) operations.push({
			op: "write",
			path: posix.join(parent, `cpuset.${file}`),
			data: inherited
		});
	}
	return [{
		op: "mkdir",
		path: directory,
		mode: 493
	}, ...operations];
}
/** Every ancestor must enable a controller for its children before the leaf has it. */
function makeUnified(mountPoint, directory, controllers, read) {
	const operations = [];
	for (const path of [mountPoint, ...chain$1(mountPoint, directory)]) {
		if (path !== mountPoint) operations.push({
			op: "mkdir",
			path,
			mode: 493
		});
		if (path === directory) break;
		const file = posix.join(path, "cgroup.subtree_control");
		const enabled = (read(file) ?? "").trim().split(" ");
		const missing = controllers.filter((controller) => !enabled.includes(controller));
		if (missing.length > 0) operations.push({
			op: "write",
			path: file,
			data: missing.map((name) => `+${name}`).join(" ")
		});
	}
	return operations;
}
function cleanup(paths, directories) {
	const all = paths.unified ? [paths.unified, ...directories] : directories;
	const kill = paths.unified ?? paths.v1.freezer ?? paths.v1.pids ?? directories[0];
	return [...kill === void 0 ? [] : [{
		op: "kill-cgroup",
		path: kill
	}], ...all.map((path) => ({
		op: "rmdir",
		path
	}))];
}
// src/libcontainer/device-operations.ts
const TYPES = {
	c: 8192,
	u: 8192,
	b: 24576,
	p: 4096
};
/** Every container has these (config-linux.md, "Default Devices"). */
const DEFAULT_DEVICES = [
	{
		type: "c",
		path: "/dev/null",
		major: 1,
		minor: 3,
		fileMode: 438
	},
	{
		type: "c",
		path: "/dev/zero",
		major: 1,
		minor: 5,
		fileMode: 438
	},
	{
		type: "c",
		path: "/dev/full",
		major: 1,
		minor: 7,
		fileMode: 438
	},
	{
		type: "c",
		path: "/dev/tty",
		major: 5,
		minor: 0,
		fileMode: 438
	},
	{
		type: "c",
		path: "/dev/random",
		major: 1,
		minor: 8,
		fileMode: 438
	},
	{
		type: "c",
		path: "/dev/urandom",
		major: 1,
		minor: 9,
		fileMode: 438
	}
];
/** config-linux.md, "Dev symbolic links". */
const LINKS = [
	["/dev/fd", "/proc/self/fd"],
	["/dev/stdin", "/proc/self/fd/0"],
	["/dev/stdout", "/proc/self/fd/1"],
	["/dev/stderr", "/proc/self/fd/2"],
	["/dev/ptmx", "pts/ptmx"]
];
/**
* The device nodes and links of /dev; none where /dev is a bind mount, as its owner is the host.
* @throws EngineError invalid-parameter
*/
function deviceOperations(spec) {
	const dev = spec.mounts?.findLast(({ destination }) => /^\/dev\/*$/.test(destination));
	if (dev && (dev.type === "bind" || dev.options?.some((option) => option === "bind" || option === "rbind"))) return [];
	const listed = spec.linux?.devices ?? [];
	return [...[...DEFAULT_DEVICES.filter(({ path }) => !listed.some((one) => one.path === path)), ...listed].map((device) => deviceOperation(device)), ...LINKS.map(([target, content]) => ({
		op: "symlink",
		target,
		content
	}))];
}
function deviceOperation(device) {
	const type = TYPES[device.type];
	if (type === void 0) throw new EngineError("invalid-parameter", `linux.devices: ${device.path}: unknown type ${device.type}`);
	return {
		op: "device",
		target: device.path,
		mode: type | (device.fileMode ?? 438) & 4095,
		major: device.major ?? 0,
		minor: device.minor ?? 0,
		uid: device.uid ?? 0,
		gid: device.gid ?? 0
	};
}
// src/libcontainer/hook-operations.ts
/** Hooks as operations: they get the state with the status of their moment. */
function hookOperations(hooks, state, status) {
	return (hooks ?? []).map((hook) => ({
		op: "hook",
		path: hook.path,
		args: hook.args?.length ? hook.args : [hook.path],
		env: hook.env ?? [],
		state: JSON.stringify({
			...state,
			status
		}),
		timeoutMs: (hook.timeout ?? 0) * 1e3
	}));
}
// src/libcontainer/mount-options.ts
/** The bits that an option sets, and those it clears. */
const ATTRIBUTES$1 = {
	ro: [1, 0],
	rw: [0, 1],
	nosuid: [2, 0],
	suid: [0, 2],
	nodev: [4, 0],
	dev: [0, 4],
	noexec: [8, 0],
	exec: [0, 8],
	noatime: [16, 112],
	atime: [0, 112],
	relatime: [0, 112],
	norelatime: [0, 112],
	strictatime: [32, 112],
	nostrictatime: [0, 112],
	nodiratime: [128, 0],
	diratime: [0, 128],
	nosymfollow: [MOUNT_ATTR_NOSYMFOLLOW, 0],
	symfollow: [0, MOUNT_ATTR_NOSYMFOLLOW]
};
const PROPAGATION$1 = {
	private: MS_PRIVATE,
	rprivate: 278528,
	slave: MS_SLAVE,
	rslave: 540672,
	shared: MS_SHARED,
	rshared: 1064960,
	unbindable: MS_UNBINDABLE,
	runbindable: 147456
};
/** Understood by mount(8), or by other tools, and meaning nothing here. */
const IGNORED = /* @__PURE__ */ new Set([
	"defaults",
	"async",
	"nomand",
	"loud",
	"nolazytime",
	"noiversion",
	"silent"
]);
function parseMountOptions(options = []) {
	const result = {
		attributes: 0,
		clearAttributes: 0,
		recursiveAttributes: 0,
		recursiveClear: 0,
		propagation: 0,
		bind: false,
		recursive: false,
		idmap: "no",
		copyUp: false,
		data: []
	};
	for (const option of options) applyOption(result, option);
	return result;
}
/** The propagation flags of a name (`rslave`), undefined for an unknown one. */
function propagationFlags(name) {
	return PROPAGATION$1[name];
}
"bind rbind idmap ridmap tmpcopyup sync dirsync mand lazytime iversion".split(" ");
function applyOption(result, option) {
	const attribute = ATTRIBUTES$1[option];
	const recursive = option.startsWith("r") ? ATTRIBUTES$1[option.slice(1)] : void 0;
	if (attribute) {
		const [set, clear] = attribute;
		result.attributes = result.attributes & ~clear | set;
		result.clearAttributes = result.clearAttributes & ~set | clear;
	} else if (option in PROPAGATION$1) result.propagation = PROPAGATION$1[option] ?? 0;
	else if (recursive) {
		const [set, clear] = recursive;
		result.recursiveAttributes = result.recursiveAttributes & ~clear | set;
		result.recursiveClear = result.recursiveClear & ~set | clear;
	} else if (option === "bind" || option === "rbind") {
		result.bind = true;
		result.recursive = option === "rbind";
	} else if (option === "idmap" || option === "ridmap") result.idmap = option === "ridmap" ? "all" : "top";
	else if (option === "tmpcopyup") result.copyUp = true;
	else if (!IGNORED.has(option)) result.data.push(option);
}
// src/libcontainer/user-namespace.ts
const NONE = {
	parent: [],
	child: [],
	setGroups: true
};
/**
* The maps of a container's own user namespace (user_namespaces(7)). Without privileges (`rootless`) a user may
* map itself alone, giving up setgroups(2); ranges need newuidmap(1) and newgidmap(1).
* @throws EngineError invalid-parameter
*/
function userNamespace({ linux = {}, process }, rootless) {
	const user = linux.namespaces?.find(({ type }) => type === "user");
	const { uidMappings = [], gidMappings = [] } = linux;
	if (!user) {
		if (uidMappings.length > 0 || gidMappings.length > 0) throw new EngineError("invalid-parameter", "user namespace mappings specified, but user namespace isn't enabled in the config");
		return NONE;
	}
	const alone = rootless && isSelf(gidMappings);
	const root = {
		op: "user",
		uid: 0,
		gid: 0,
		setGroups: !alone,
		groups: []
	};
	if (user.path) return {
		parent: [],
		child: [{ op: "barrier" }, root],
		setGroups: !alone
	};
	if (uidMappings.length === 0) throw new EngineError("invalid-parameter", "linux.uidMappings: user namespaces enabled, but no uid mappings found");
	if (gidMappings.length === 0) throw new EngineError("invalid-parameter", "linux.gidMappings: user namespaces enabled, but no gid mappings found");
	if (alone && process?.user.additionalGids?.length) throw new EngineError("invalid-parameter", "process.user.additionalGids: cannot set any additional groups in a rootless container");
	return {
		parent: [
			...alone ? [{
				op: "write-child-proc",
				file: "setgroups",
				data: "deny"
			}] : [],
			mapping("uid", uidMappings, rootless),
			mapping("gid", gidMappings, rootless)
		],
		child: [{ op: "barrier" }, ...mapsRoot(uidMappings) && mapsRoot(gidMappings) ? [root] : []],
		setGroups: !alone
	};
}
/** Lines for uid_map and gid_map. */
function mapLines(mappings) {
	return mappings.map(({ containerID, hostID, size }) => `${containerID} ${hostID} ${size}\n`).join("");
}
function mapping(kind, mappings, rootless) {
	if (!rootless || isSelf(mappings)) return {
		op: "write-child-proc",
		file: `${kind}_map`,
		data: mapLines(mappings)
	};
	const tool = [`/usr/bin/new${kind}map`, `/bin/new${kind}map`].find((path) => existsSync(path));
	if (!tool) throw new EngineError("invalid-parameter", `linux.${kind}Mappings: mapping ranges without privileges needs new${kind}map, which is not installed`);
	return {
		op: "map-ids",
		tool,
		maps: mappings.flatMap(({ containerID, hostID, size }) => [
			containerID,
			hostID,
			size
		].map(String))
	};
}
const isSelf = (mappings) => mappings.length === 1 && mappings[0]?.size === 1;
const mapsRoot = (mappings) => mappings.some(({ containerID, size }) => containerID === 0 && size > 0);
// src/libcontainer/mount-operations.ts
/**
* The operations of one entry of a spec's `mounts`. All destinations are resolved inside the container's root.
* @throws EngineError invalid-parameter
*/
function mountOperations(mount, context) {
	const target = posix.normalize(`/${mount.destination}`);
	const options = parseMountOptions(mount.options);
	if (options.bind || mount.type === "bind") return bindOperations(mount, target, options, context);
	if (mount.type === "cgroup") return cgroupMounts(target, options, context);
	if (!mount.type) throw new EngineError("invalid-parameter", `mounts: ${mount.destination}: a type is expected`);
	if (options.idmap !== "no" || mount.uidMappings?.length) throw new EngineError("invalid-parameter", `mounts: ${mount.destination}: only a bind can be idmapped`);
	const label = UNLABELLED.has(mount.type) ? void 0 : context.linux.mountLabel;
	const data = label ? [...options.data, `context=${label}`] : options.data;
	return [newMount(mount.type, mount.source ?? mount.type, target, {
		...options,
		data
	})];
}
function newMount(type, source, target, options) {
	return {
		op: "mount",
		type,
		source,
		target,
		options: options.data,
		attributes: options.attributes | options.recursiveAttributes,
		propagation: options.propagation,
		copyUp: options.copyUp
	};
}
/** File systems that have labels of their own, or none. */
const UNLABELLED = /* @__PURE__ */ new Set([
	"proc",
	"sysfs",
	"mqueue",
	"devpts",
	"cgroup2"
]);
function bindOperations(mount, target, options, context) {
	if (!mount.source) throw new EngineError("invalid-parameter", `mounts: ${mount.destination}: a bind needs a source`);
	const bind = {
		op: "bind",
		source: bindSource(mount, mount.source, options, context),
		target,
		recursive: options.recursive,
		attributes: options.attributes,
		clearAttributes: options.clearAttributes,
		recursiveAttributes: false,
		propagation: options.propagation
	};
	if (options.recursiveAttributes === 0 && options.recursiveClear === 0) return [bind];
	return [bind, {
		op: "mount-setattr",
		target,
		attributes: options.recursiveAttributes,
		clearAttributes: options.recursiveClear,
		recursive: true,
		propagation: 0
	}];
}
/** The host path, the tree that the shim opens, or a path of another process. */
function bindSource(mount, source, options, context) {
	const { uidMappings = [], gidMappings = [] } = mount;
	const own = uidMappings.length > 0 || gidMappings.length > 0;
	const mapped = own || options.idmap !== "no";
	const [, pid, inside] = /^\/proc\/(\d+)\/root(\/.*)$/.exec(source) ?? [];
	if (pid !== void 0 && !mapped) return `process:${pid}:${inside}`;
	if (!mapped && !context.opensSources) return source;
	const uids = own ? uidMappings : context.linux.uidMappings ?? [];
	const gids = own ? gidMappings : context.linux.gidMappings ?? [];
	if (mapped && (uids.length === 0 || gids.length === 0)) throw new EngineError("invalid-parameter", `mounts: ${mount.destination}: an idmapped mount needs uidMappings and gidMappings`);
	context.trees.push({
		op: "open-tree",
		source,
		recursive: options.recursive,
		uidMap: mapped ? mapLines(uids) : "",
		gidMap: mapped ? mapLines(gids) : "",
		mapRecursive: options.idmap === "all"
	});
	return `tree:${context.trees.length - 1}`;
}
/** The container's own part of the cgroup file systems. */
function cgroupMounts(target, options, view) {
	const { layout, paths } = view;
	if (layout.mode === "v2") {
		if (view.ownNamespace) return [newMount("cgroup2", "cgroup", target, options)];
		return [bindCgroup(paths.unified ?? "", target, options)];
	}
	return [
		newMount("tmpfs", "cgroup", target, parseMountOptions([
			"nosuid",
			"noexec",
			"nodev",
			"mode=755"
		])),
		...layout.v1.flatMap((hierarchy) => {
			const name = posix.basename(hierarchy.mountPoint);
			const directory = posix.join(target, name);
			const links = hierarchy.controllers.filter((controller) => controller !== name && !controller.startsWith("name=")).map((controller) => symlink(posix.join(target, controller), name));
			if (!view.ownNamespace) return [bindCgroup(paths.v1[hierarchy.controllers[0] ?? ""] ?? "", directory, options), ...links];
			const data = hierarchy.controllers.some((controller) => controller.startsWith("name=")) ? ["none", ...hierarchy.controllers] : hierarchy.controllers;
			return [newMount("cgroup", "cgroup", directory, {
				...options,
				data: [...data]
			}), ...links];
		}),
		...options.attributes & 1 ? [{
			op: "mount-setattr",
			target,
			attributes: 1,
			clearAttributes: 0,
			recursive: false,
			propagation: 0
		}] : []
	];
}
function symlink(target, content) {
	return {
		op: "symlink",
		target,
		content
	};
}
function bindCgroup(source, target, options) {
	return {
		op: "bind",
		source,
		target,
		recursive: false,
		attributes: options.attributes,
		clearAttributes: 0,
		recursiveAttributes: false,
		propagation: options.propagation
	};
}
// src/libcontainer/resource-limits.ts
/** include/uapi/asm-generic/resource.h */
const RESOURCE_LIMITS = {
	RLIMIT_CPU: 0,
	RLIMIT_FSIZE: 1,
	RLIMIT_DATA: 2,
	RLIMIT_STACK: 3,
	RLIMIT_CORE: 4,
	RLIMIT_RSS: 5,
	RLIMIT_NPROC: 6,
	RLIMIT_NOFILE: 7,
	RLIMIT_MEMLOCK: 8,
	RLIMIT_AS: 9,
	RLIMIT_LOCKS: 10,
	RLIMIT_SIGPENDING: 11,
	RLIMIT_MSGQUEUE: 12,
	RLIMIT_NICE: 13,
	RLIMIT_RTPRIO: 14,
	RLIMIT_RTTIME: 15
};
const IO_CLASSES = {
	IOPRIO_CLASS_RT: 1,
	IOPRIO_CLASS_BE: 2,
	IOPRIO_CLASS_IDLE: 3
};
/** The value of ioprio_set(2). @throws EngineError invalid-parameter */
function ioPriorityValue({ class: name, priority }) {
	const number = IO_CLASSES[name];
	if (number === void 0 || !Number.isInteger(priority) || priority < 0 || priority > 7) throw new EngineError("invalid-parameter", `process.ioPriority: invalid: ${name} ${priority}`);
	return number << 13 | priority;
}
// src/libcontainer/scheduling.ts
/** include/uapi/linux/sched.h */
const POLICIES = {
	SCHED_OTHER: 0,
	SCHED_FIFO: 1,
	SCHED_RR: 2,
	SCHED_BATCH: 3,
	SCHED_ISO: 4,
	SCHED_IDLE: 5,
	SCHED_DEADLINE: 6
};
const SCHEDULER_FLAGS = {
	SCHED_FLAG_RESET_ON_FORK: 1,
	SCHED_FLAG_RECLAIM: 2,
	SCHED_FLAG_DL_OVERRUN: 4,
	SCHED_FLAG_KEEP_POLICY: 8,
	SCHED_FLAG_KEEP_PARAMS: 16,
	SCHED_FLAG_UTIL_CLAMP_MIN: 32,
	SCHED_FLAG_UTIL_CLAMP_MAX: 64
};
/** include/uapi/linux/mempolicy.h */
const MEMORY_MODES = {
	MPOL_DEFAULT: 0,
	MPOL_PREFERRED: 1,
	MPOL_BIND: 2,
	MPOL_INTERLEAVE: 3,
	MPOL_LOCAL: 4,
	MPOL_PREFERRED_MANY: 5,
	MPOL_WEIGHTED_INTERLEAVE: 6
};
const MEMORY_FLAGS = {
	MPOL_F_STATIC_NODES: 32768,
	MPOL_F_RELATIVE_NODES: 16384,
	MPOL_F_NUMA_BALANCING: 8192
};
/** include/uapi/linux/personality.h */
const DOMAINS = {
	LINUX: 0,
	LINUX32: 8
};
const SCHED_ATTR_BYTES = 56;
/**
* How the process is scheduled and where its memory comes from; all inherited by what it starts.
* @throws EngineError invalid-parameter
*/
function schedulingOperations(process, linux = {}) {
	const { memoryPolicy, personality } = linux;
	return [
		...process.scheduler ? [{
			op: "scheduler",
			attributes: schedulerAttributes(process.scheduler)
		}] : [],
		...process.ioPriority ? [{
			op: "io-priority",
			value: ioPriorityValue(process.ioPriority)
		}] : [],
		...personality ? [{
			op: "personality",
			persona: persona(personality)
		}] : [],
		...memoryPolicy ? [{
			op: "memory-policy",
			mode: numberOf(MEMORY_MODES, memoryPolicy.mode, "linux.memoryPolicy.mode") | sum(MEMORY_FLAGS, memoryPolicy.flags, "linux.memoryPolicy.flags"),
			nodes: bitMask(memoryPolicy.nodes ?? "", "linux.memoryPolicy.nodes")
		}] : []
	];
}
/** `0-2,7` as a little-endian bit mask of whole 64-bit words. @throws EngineError invalid-parameter */
function bitMask(list, where) {
	const mask = Buffer.alloc(list.trim() === "" ? 0 : 1024);
	let words = 0;
	for (const range of list.split(",").filter((part) => part.trim() !== "")) {
		const match = /^\s*(\d+)(?:-(\d+))?\s*$/.exec(range);
		const first = Number(match?.[1]);
		const last = Number(match?.[2] ?? match?.[1]);
		if (!match || last < first || last >= 8 * mask.length) throw new EngineError("invalid-parameter", `${where}: expected a list like 0-2,7: ${JSON.stringify(list)}`);
		for (let bit = first; bit <= last; bit++) mask[bit >> 3] |= 1 << (bit & 7);
		words = Math.max(words, (last >> 6) + 1);
	}
	return mask.subarray(0, 8 * words);
}
/** struct sched_attr (sched_setattr(2)). */
function schedulerAttributes(scheduler) {
	const attributes = Buffer.alloc(SCHED_ATTR_BYTES);
	attributes.writeUInt32LE(SCHED_ATTR_BYTES, 0);
	attributes.writeUInt32LE(numberOf(POLICIES, scheduler.policy, "process.scheduler.policy"), 4);
	attributes.writeBigUInt64LE(BigInt(sum(SCHEDULER_FLAGS, scheduler.flags, "process.scheduler.flags")), 8);
	attributes.writeInt32LE(scheduler.nice ?? 0, 16);
	attributes.writeUInt32LE(scheduler.priority ?? 0, 20);
	attributes.writeBigUInt64LE(BigInt(scheduler.runtime ?? 0), 24);
	attributes.writeBigUInt64LE(BigInt(scheduler.deadline ?? 0), 32);
	attributes.writeBigUInt64LE(BigInt(scheduler.period ?? 0), 40);
	return attributes;
}
function persona({ domain, flags }) {
	if (flags?.length) throw new EngineError("invalid-parameter", "linux.personality.flags: expected none (the specification defines none)");
	return numberOf(DOMAINS, domain, "linux.personality.domain");
}
function numberOf(names, name, where) {
	const number = names[name];
	if (number === void 0) throw new EngineError("invalid-parameter", `${where}: expected one of ${Object.keys(names).join(", ")}: ${name}`);
	return number;
}
function sum(names, list, where) {
	return (list ?? []).reduce((total, name) => total | numberOf(names, name, where), 0);
}
// src/libcontainer/seccomp/actions.ts
/** SECCOMP_RET_* of linux/seccomp.h. */
const VALUES = {
	SCMP_ACT_KILL: 0,
	SCMP_ACT_KILL_THREAD: 0,
	SCMP_ACT_KILL_PROCESS: 2147483648,
	SCMP_ACT_TRAP: 196608,
	SCMP_ACT_ERRNO: 327680,
	SCMP_ACT_NOTIFY: 2143289344,
	SCMP_ACT_TRACE: 2146435072,
	SCMP_ACT_LOG: 2147221504,
	SCMP_ACT_ALLOW: 2147418112
};
const EPERM = 1;
const ENOSYS = 38;
const KILL_THREAD = VALUES.SCMP_ACT_KILL_THREAD;
const RETURN_ENOSYS = VALUES.SCMP_ACT_ERRNO | ENOSYS;
/**
* What a filter returns for an action. ERRNO and TRACE carry a number of 16 bits, EPERM when none is given.
* @throws EngineError invalid-parameter
*/
function actionValue(action, errno = EPERM) {
	const value = VALUES[action];
	if (value === void 0) throw new EngineError("invalid-parameter", `invalid seccomp action ${JSON.stringify(action)}`);
	return action === "SCMP_ACT_ERRNO" || action === "SCMP_ACT_TRACE" ? value | errno & 65535 : value;
}
/**
* Whether a call newer than the profile should be left to the action, instead of failing with ENOSYS. A
* tracer counts: it is expected to know what to do.
*/
function isPermissive(action) {
	return action === "SCMP_ACT_ALLOW" || action === "SCMP_ACT_LOG" || action === "SCMP_ACT_TRACE";
}
// src/libcontainer/seccomp/architectures.ts
const X32_BIT = 1073741824;
const ARCHITECTURES$1 = [
	{
		name: "SCMP_ARCH_X86_64",
		audit: 3221225534,
		column: "x86_64",
		base: 0,
		argumentBits: 64
	},
	{
		name: "SCMP_ARCH_X86",
		audit: 1073741827,
		column: "x86",
		base: 0,
		argumentBits: 32,
		multiplexers: {
			socketcall: 102,
			ipc: 117
		}
	},
	{
		name: "SCMP_ARCH_X32",
		audit: 3221225534,
		column: "x32",
		base: X32_BIT,
		argumentBits: 32
	},
	{
		name: "SCMP_ARCH_AARCH64",
		audit: 3221225655,
		column: "aarch64",
		base: 0,
		argumentBits: 64
	},
	{
		name: "SCMP_ARCH_ARM",
		audit: 1073741864,
		column: "arm",
		base: 0,
		argumentBits: 32
	}
];
/** Valid in a spec, but no process of theirs can run on the machines the engine runs on. */
const FOREIGN = new Set("MIPS MIPS64 MIPS64N32 MIPSEL MIPSEL64 MIPSEL64N32 PPC PPC64 PPC64LE S390 S390X PARISC PARISC64 RISCV64 LOONGARCH64 M68K SH SHEB".split(" ").map((name) => `SCMP_ARCH_${name}`));
/** undefined for a name that nobody knows, null for an architecture that cannot occur here. */
function architectureNamed(name) {
	return ARCHITECTURES$1.find((architecture) => architecture.name === name) ?? (FOREIGN.has(name) ? null : void 0);
}
/** The architecture of a machine, by Node's `process.arch`. */
function nativeArchitecture(machine) {
	return architectureNamed(machine === "arm64" ? "SCMP_ARCH_AARCH64" : "SCMP_ARCH_X86_64");
}
// src/libcontainer/seccomp/filter-program.ts
/** Opcodes of classic BPF (linux/bpf_common.h): operands are the accumulator and the constant k. */
const BPF = {
	load: 32,
	jump: 5,
	jeq: 21,
	jgt: 37,
	jge: 53,
	and: 84,
	return: 6
};
const INSTRUCTION_BYTES = 8;
/**
* A classic BPF program, built from its end to its beginning: jumps only lead forward, so every target is
* known when the jump is made. Returns are shared, and repeated where they are out of reach.
*/
var FilterProgram = class {
	/** In reverse order; an instruction's position is its index here. */
	#instructions = [];
	#returns = /* @__PURE__ */ new Map();
	get length() {
		return this.#instructions.length;
	}
	/** Compares the accumulator with `k`. */
	branch(comparison, k, whenTrue, whenFalse) {
		if (sameTarget(whenTrue, whenFalse)) return whenTrue;
		let [jt, jf] = [this.#reach(whenTrue), this.#reach(whenFalse)];
		jt = this.#reach(jt);
		jf = this.#reach(jf);
		const next = this.length;
		return this.#push({
			code: BPF[comparison],
			jt: next - 1 - jt.position,
			jf: next - 1 - jf.position,
			k
		});
	}
	/** Loads the 32 bits of seccomp_data at `offset`, and goes on with `next`, which compares them. */
	load(offset, next) {
		return "returns" in next ? next : this.#before(BPF.load, offset, next);
	}
	/** Keeps only the bits of `mask` in the accumulator. */
	and(mask, next) {
		return "returns" in next ? next : this.#before(BPF.and, mask, next);
	}
	/** The program, `entry` being its first instruction. 8 bytes each: code u16, jt u8, jf u8, k u32. */
	encode(entry) {
		const first = "returns" in entry ? this.#push({
			code: BPF.return,
			jt: 0,
			jf: 0,
			k: entry.returns
		}) : entry;
		this.#jumpTo(first.position);
		const bytes = Buffer.alloc(this.length * INSTRUCTION_BYTES);
		[...this.#instructions].reverse().forEach(({ code, jt, jf, k }, index) => {
			bytes.writeUInt16LE(code, index * INSTRUCTION_BYTES);
			bytes.writeUInt8(jt, index * INSTRUCTION_BYTES + 2);
			bytes.writeUInt8(jf, index * INSTRUCTION_BYTES + 3);
			bytes.writeUInt32LE(k >>> 0, index * INSTRUCTION_BYTES + 4);
		});
		return bytes;
	}
	#push(instruction) {
		return { position: this.#instructions.push(instruction) - 1 };
	}
	/** An instruction that falls through to `next`. */
	#before(code, k, next) {
		this.#jumpTo(next.position);
		return this.#push({
			code,
			jt: 0,
			jf: 0,
			k
		});
	}
	/** Makes what follows lead to `position`. */
	#jumpTo(position) {
		const distance = this.length - 1 - position;
		if (distance > 0) this.#push({
			code: BPF.jump,
			jt: 0,
			jf: 0,
			k: distance
		});
	}
	/** A position that a conditional jump made now, or after one more instruction, can lead to. */
	#reach(target) {
		const isNear = (position) => this.length - 1 - position < 254;
		if ("position" in target) {
			if (isNear(target.position)) return target;
			return this.#push({
				code: BPF.jump,
				jt: 0,
				jf: 0,
				k: this.length - 1 - target.position
			});
		}
		const shared = this.#returns.get(target.returns);
		if (shared !== void 0 && isNear(shared)) return { position: shared };
		const made = this.#push({
			code: BPF.return,
			jt: 0,
			jf: 0,
			k: target.returns
		});
		this.#returns.set(target.returns, made.position);
		return made;
	}
};
function sameTarget(a, b) {
	return "returns" in a ? "returns" in b && a.returns === b.returns : "position" in b && a.position === b.position;
}
// src/libcontainer/seccomp/search-tree.ts
/** Joins neighbours whose values have the same key. */
function mergeSegments(segments, keyOf) {
	return segments.filter(({ value }, index) => index === 0 || keyOf(value) !== keyOf(segments[index - 1].value));
}
/**
* A binary search for the segment that the accumulator (32 bits, unsigned) lies in. The first one starts at 0.
* `targetOf` is called once a segment, last segment first.
*/
function searchTree(program, segments, targetOf) {
	const targets = /* @__PURE__ */ new Map();
	for (const segment of [...segments].reverse()) targets.set(segment, targetOf(segment.value));
	const search = (part) => {
		const [first, second, third] = part;
		if (!second) return targets.get(first);
		const outside = targets.get(first);
		if (third && part.length === 3 && third.start === second.start + 1 && sameTarget(outside, targets.get(third))) return program.branch("jeq", second.start, targets.get(second), outside);
		const middle = Math.ceil(part.length / 2);
		const upper = search(part.slice(middle));
		return program.branch("jge", part[middle].start, upper, search(part.slice(0, middle)));
	};
	return search(segments);
}
// src/libcontainer/seccomp/conditions.ts
/** struct seccomp_data: nr, arch, instruction_pointer, args[6]; all architectures here are little endian. */
const ARGUMENTS_OFFSET = 16;
const WORD = 32n;
const LOW_WORD = 4294967295n;
/** The code that gives a syscall's verdict from its arguments. */
function conditionCode(program, verdict, argumentBits) {
	if (verdict.rules.length === 0) return { returns: verdict.otherwise };
	if (isIntervalsOnly(verdict.rules)) return intervalCode(program, verdict, argumentBits);
	let next = { returns: verdict.otherwise };
	for (const { tests, action } of [...verdict.rules].reverse()) {
		let whenTrue = { returns: action };
		for (const test of [...tests].reverse()) whenTrue = testCode(program, test, whenTrue, next, argumentBits);
		next = whenTrue;
	}
	return next;
}
/** Whether a value satisfies a comparison. */
function holds({ op, value, mask }, argument) {
	switch (op) {
		case "SCMP_CMP_EQ": return argument === value;
		case "SCMP_CMP_NE": return argument !== value;
		case "SCMP_CMP_LT": return argument < value;
		case "SCMP_CMP_LE": return argument <= value;
		case "SCMP_CMP_GT": return argument > value;
		case "SCMP_CMP_GE": return argument >= value;
		case "SCMP_CMP_MASKED_EQ": return (argument & mask) === value;
	}
}
/** All rules look at the same argument as a number: its values fall into intervals. */
function isIntervalsOnly(rules) {
	const index = rules[0].tests[0].index;
	return rules.every(({ tests }) => tests.length === 1 && tests[0].index === index && tests[0].op !== "SCMP_CMP_MASKED_EQ");
}
/** Searches for the interval, first by the high half of the argument, then by the low one. */
function intervalCode(program, { rules, otherwise }, argumentBits) {
	const end = 1n << BigInt(argumentBits);
	const bounds = rules.flatMap(({ tests }) => [tests[0].value, tests[0].value + 1n]);
	const starts = [.../* @__PURE__ */ new Set([0n, ...bounds.filter((bound) => bound < end)])].sort(ascending);
	const actionAt = (argument) => rules.find(({ tests }) => holds(tests[0], argument))?.action ?? otherwise;
	const { index } = rules[0].tests[0];
	/** Within one value of the high half. */
	const low = (high) => {
		const inside = starts.filter((start) => start >> WORD === high && (start & LOW_WORD) !== 0n);
		const tree = searchTree(program, mergeSegments([high << WORD, ...inside].map((start) => ({
			start: Number(start & LOW_WORD),
			value: actionAt(start)
		})), String), (action) => ({ returns: action }));
		return program.load(offsetOf(index, "low"), tree);
	};
	if (argumentBits === 32) return low(0n);
	const mixed = new Set(starts.filter((start) => (start & LOW_WORD) !== 0n).map((start) => start >> WORD));
	const highStarts = [...starts.map((start) => start >> WORD), ...[...mixed].map((high) => high + 1n)];
	const tree = searchTree(program, mergeSegments([.../* @__PURE__ */ new Set([0n, ...highStarts])].filter((high) => high <= LOW_WORD).sort(ascending).map((high) => ({
		start: Number(high),
		value: mixed.has(high) ? { high } : { action: actionAt(high << WORD) }
	})), (value) => "high" in value ? `in ${value.high}` : `${value.action}`), (value) => "high" in value ? low(value.high) : { returns: value.action });
	return program.load(offsetOf(index, "high"), tree);
}
const ascending = (a, b) => a < b ? -1 : a > b ? 1 : 0;
const offsetOf = (index, half) => ARGUMENTS_OFFSET + 8 * index + (half === "high" ? 4 : 0);
function testCode(program, test, whenTrue, whenFalse, argumentBits) {
	const halves = argumentBits === 64 ? bothHalves : lowHalf;
	switch (test.op) {
		case "SCMP_CMP_EQ":
		case "SCMP_CMP_MASKED_EQ": return equalCode(program, test, whenTrue, whenFalse);
		case "SCMP_CMP_NE": return equalCode(program, test, whenFalse, whenTrue);
		case "SCMP_CMP_GT": return halves(program, test, "jgt", whenTrue, whenFalse);
		case "SCMP_CMP_GE": return halves(program, test, "jge", whenTrue, whenFalse);
		case "SCMP_CMP_LT": return halves(program, test, "jge", whenFalse, whenTrue);
		case "SCMP_CMP_LE": return halves(program, test, "jgt", whenFalse, whenTrue);
	}
}
/** Halves that the mask leaves out are not looked at. */
function equalCode(program, test, equal, different) {
	let next = equal;
	for (const half of ["low", "high"]) {
		const mask = Number(half === "low" ? test.mask & LOW_WORD : test.mask >> WORD);
		const value = Number(half === "low" ? test.value & LOW_WORD : test.value >> WORD);
		if (mask === 0) continue;
		const compare = program.branch("jeq", value, next, different);
		const masked = mask === 4294967295 ? compare : program.and(mask, compare);
		next = program.load(offsetOf(test.index, half), masked);
	}
	return next;
}
function lowHalf(program, { index, value }, comparison, above, below) {
	const compare = program.branch(comparison, Number(value & LOW_WORD), above, below);
	return program.load(offsetOf(index, "low"), compare);
}
/** Above when the high half is; when it is equal, the low half decides. */
function bothHalves(program, test, comparison, above, below) {
	const high = Number(test.value >> WORD);
	const low = lowHalf(program, test, comparison, above, below);
	const equal = program.branch("jeq", high, low, below);
	return program.load(offsetOf(test.index, "high"), program.branch("jgt", high, above, equal));
}
// src/libcontainer/seccomp/syscall-table.ts
/**
* System call numbers up to Linux 7.0 (arch/x86/entry/syscalls/*.tbl, arch/arm/tools/syscall.tbl and its
* private calls, the generic table for arm64). Columns: name, x86-64, i386, x32 without its bit 30, arm64, arm
* EABI; `-` where the architecture lacks the call.
*/
const TABLE = `
_llseek - 140 - - 140
_newselect - 142 - - 142
_sysctl 156 149 - - 149
accept 43 - 43 202 285
accept4 288 364 288 242 366
access 21 33 21 - 33
acct 163 51 163 89 51
add_key 248 286 248 217 309
adjtimex 159 124 159 171 124
afs_syscall 183 137 183 - -
alarm 37 27 37 - -
arch_prctl 158 384 158 - -
arm_fadvise64_64 - - - - 270
arm_sync_file_range - - - - 341
bdflush - 134 - - 134
bind 49 361 49 200 282
bpf 321 357 321 280 386
break - 17 - - -
breakpoint - - - - 983041
brk 12 45 12 214 45
cacheflush - - - - 983042
cachestat 451 451 451 451 451
capget 125 184 125 90 184
capset 126 185 126 91 185
chdir 80 12 80 49 12
chmod 90 15 90 - 15
chown 92 182 92 - 182
chown32 - 212 - - 212
chroot 161 61 161 51 61
clock_adjtime 305 343 305 266 372
clock_adjtime64 - 405 - - 405
clock_getres 229 266 229 114 264
clock_getres_time64 - 406 - - 406
clock_gettime 228 265 228 113 263
clock_gettime64 - 403 - - 403
clock_nanosleep 230 267 230 115 265
clock_nanosleep_time64 - 407 - - 407
clock_settime 227 264 227 112 262
clock_settime64 - 404 - - 404
clone 56 120 56 220 120
clone3 435 435 435 435 435
close 3 6 3 57 6
close_range 436 436 436 436 436
connect 42 362 42 203 283
copy_file_range 326 377 326 285 391
creat 85 8 85 - 8
create_module 174 127 - - -
delete_module 176 129 176 106 129
dup 32 41 32 23 41
dup2 33 63 33 - 63
dup3 292 330 292 24 358
epoll_create 213 254 213 - 250
epoll_create1 291 329 291 20 357
epoll_ctl 233 255 233 21 251
epoll_ctl_old 214 - - - -
epoll_pwait 281 319 281 22 346
epoll_pwait2 441 441 441 441 441
epoll_wait 232 256 232 - 252
epoll_wait_old 215 - - - -
eventfd 284 323 284 - 351
eventfd2 290 328 290 19 356
execve 59 11 520 221 11
execveat 322 358 545 281 387
exit 60 1 60 93 1
exit_group 231 252 231 94 248
faccessat 269 307 269 48 334
faccessat2 439 439 439 439 439
fadvise64 221 250 221 223 -
fadvise64_64 - 272 - - -
fallocate 285 324 285 47 352
fanotify_init 300 338 300 262 367
fanotify_mark 301 339 301 263 368
fchdir 81 133 81 50 133
fchmod 91 94 91 52 94
fchmodat 268 306 268 53 333
fchmodat2 452 452 452 452 452
fchown 93 95 93 55 95
fchown32 - 207 - - 207
fchownat 260 298 260 54 325
fcntl 72 55 72 25 55
fcntl64 - 221 - - 221
fdatasync 75 148 75 83 148
fgetxattr 193 231 193 10 231
file_getattr 468 468 468 468 468
file_setattr 469 469 469 469 469
finit_module 313 350 313 273 379
flistxattr 196 234 196 13 234
flock 73 143 73 32 143
fork 57 2 57 - 2
fremovexattr 199 237 199 16 237
fsconfig 431 431 431 431 431
fsetxattr 190 228 190 7 228
fsmount 432 432 432 432 432
fsopen 430 430 430 430 430
fspick 433 433 433 433 433
fstat 5 108 5 80 108
fstat64 - 197 - - 197
fstatat64 - 300 - - 327
fstatfs 138 100 138 44 100
fstatfs64 - 269 - - 267
fsync 74 118 74 82 118
ftime - 35 - - -
ftruncate 77 93 77 46 93
ftruncate64 - 194 - - 194
futex 202 240 202 98 240
futex_requeue 456 456 456 456 456
futex_time64 - 422 - - 422
futex_wait 455 455 455 455 455
futex_waitv 449 449 449 449 449
futex_wake 454 454 454 454 454
futimesat 261 299 261 - 326
get_kernel_syms 177 130 - - -
get_mempolicy 239 275 239 236 320
get_robust_list 274 312 531 100 339
get_thread_area 211 244 - - -
get_tls - - - - 983046
getcpu 309 318 309 168 345
getcwd 79 183 79 17 183
getdents 78 141 78 - 141
getdents64 217 220 217 61 217
getegid 108 50 108 177 50
getegid32 - 202 - - 202
geteuid 107 49 107 175 49
geteuid32 - 201 - - 201
getgid 104 47 104 176 47
getgid32 - 200 - - 200
getgroups 115 80 115 158 80
getgroups32 - 205 - - 205
getitimer 36 105 36 102 105
getpeername 52 368 52 205 287
getpgid 121 132 121 155 132
getpgrp 111 65 111 - 65
getpid 39 20 39 172 20
getpmsg 181 188 181 - -
getppid 110 64 110 173 64
getpriority 140 96 140 141 96
getrandom 318 355 318 278 384
getresgid 120 171 120 150 171
getresgid32 - 211 - - 211
getresuid 118 165 118 148 165
getresuid32 - 209 - - 209
getrlimit 97 76 97 163 -
getrusage 98 77 98 165 77
getsid 124 147 124 156 147
getsockname 51 367 51 204 286
getsockopt 55 365 542 209 295
gettid 186 224 186 178 224
gettimeofday 96 78 96 169 78
getuid 102 24 102 174 24
getuid32 - 199 - - 199
getxattr 191 229 191 8 229
getxattrat 464 464 464 464 464
gtty - 32 - - -
idle - 112 - - -
init_module 175 128 175 105 128
inotify_add_watch 254 292 254 27 317
inotify_init 253 291 253 - 316
inotify_init1 294 332 294 26 360
inotify_rm_watch 255 293 255 28 318
io_cancel 210 249 210 3 247
io_destroy 207 246 207 1 244
io_getevents 208 247 208 4 245
io_pgetevents 333 385 333 292 399
io_pgetevents_time64 - 416 - - 416
io_setup 206 245 543 0 243
io_submit 209 248 544 2 246
io_uring_enter 426 426 426 426 426
io_uring_register 427 427 427 427 427
io_uring_setup 425 425 425 425 425
ioctl 16 54 514 29 54
ioperm 173 101 173 - -
iopl 172 110 172 - -
ioprio_get 252 290 252 31 315
ioprio_set 251 289 251 30 314
ipc - 117 - - -
kcmp 312 349 312 272 378
kexec_file_load 320 - 320 294 401
kexec_load 246 283 528 104 347
keyctl 250 288 250 219 311
kill 62 37 62 129 37
landlock_add_rule 445 445 445 445 445
landlock_create_ruleset 444 444 444 444 444
landlock_restrict_self 446 446 446 446 446
lchown 94 16 94 - 16
lchown32 - 198 - - 198
lgetxattr 192 230 192 9 230
link 86 9 86 - 9
linkat 265 303 265 37 330
listen 50 363 50 201 284
listmount 458 458 458 458 458
listns 470 470 470 470 470
listxattr 194 232 194 11 232
listxattrat 465 465 465 465 465
llistxattr 195 233 195 12 233
lock - 53 - - -
lookup_dcookie 212 253 212 18 249
lremovexattr 198 236 198 15 236
lseek 8 19 8 62 19
lsetxattr 189 227 189 6 227
lsm_get_self_attr 459 459 459 459 459
lsm_list_modules 461 461 461 461 461
lsm_set_self_attr 460 460 460 460 460
lstat 6 107 6 - 107
lstat64 - 196 - - 196
madvise 28 219 28 233 220
map_shadow_stack 453 453 453 453 453
mbind 237 274 237 235 319
membarrier 324 375 324 283 389
memfd_create 319 356 319 279 385
memfd_secret 447 447 447 447 -
migrate_pages 256 294 256 238 400
mincore 27 218 27 232 219
mkdir 83 39 83 - 39
mkdirat 258 296 258 34 323
mknod 133 14 133 - 14
mknodat 259 297 259 33 324
mlock 149 150 149 228 150
mlock2 325 376 325 284 390
mlockall 151 152 151 230 152
mmap 9 90 9 222 -
mmap2 - 192 - - 192
modify_ldt 154 123 154 - -
mount 165 21 165 40 21
mount_setattr 442 442 442 442 442
move_mount 429 429 429 429 429
move_pages 279 317 533 239 344
mprotect 10 125 10 226 125
mpx - 56 - - -
mq_getsetattr 245 282 245 185 279
mq_notify 244 281 527 184 278
mq_open 240 277 240 180 274
mq_timedreceive 243 280 243 183 277
mq_timedreceive_time64 - 419 - - 419
mq_timedsend 242 279 242 182 276
mq_timedsend_time64 - 418 - - 418
mq_unlink 241 278 241 181 275
mremap 25 163 25 216 163
mseal 462 462 462 462 462
msgctl 71 402 71 187 304
msgget 68 399 68 186 303
msgrcv 70 401 70 188 302
msgsnd 69 400 69 189 301
msync 26 144 26 227 144
munlock 150 151 150 229 151
munlockall 152 153 152 231 153
munmap 11 91 11 215 91
name_to_handle_at 303 341 303 264 370
nanosleep 35 162 35 101 162
newfstatat 262 - 262 79 -
nfsservctl 180 169 - 42 169
nice - 34 - - 34
oldfstat - 28 - - -
oldlstat - 84 - - -
oldolduname - 59 - - -
oldstat - 18 - - -
olduname - 109 - - -
open 2 5 2 - 5
open_by_handle_at 304 342 304 265 371
open_tree 428 428 428 428 428
open_tree_attr 467 467 467 467 467
openat 257 295 257 56 322
openat2 437 437 437 437 437
pause 34 29 34 - 29
pciconfig_iobase - - - - 271
pciconfig_read - - - - 272
pciconfig_write - - - - 273
perf_event_open 298 336 298 241 364
personality 135 136 135 92 136
pidfd_getfd 438 438 438 438 438
pidfd_open 434 434 434 434 434
pidfd_send_signal 424 424 424 424 424
pipe 22 42 22 - 42
pipe2 293 331 293 59 359
pivot_root 155 217 155 41 218
pkey_alloc 330 381 330 289 395
pkey_free 331 382 331 290 396
pkey_mprotect 329 380 329 288 394
poll 7 168 7 - 168
ppoll 271 309 271 73 336
ppoll_time64 - 414 - - 414
prctl 157 172 157 167 172
pread64 17 180 17 67 180
preadv 295 333 534 69 361
preadv2 327 378 546 286 392
prlimit64 302 340 302 261 369
process_madvise 440 440 440 440 440
process_mrelease 448 448 448 448 448
process_vm_readv 310 347 539 270 376
process_vm_writev 311 348 540 271 377
prof - 44 - - -
profil - 98 - - -
pselect6 270 308 270 72 335
pselect6_time64 - 413 - - 413
ptrace 101 26 521 117 26
putpmsg 182 189 182 - -
pwrite64 18 181 18 68 181
pwritev 296 334 535 70 362
pwritev2 328 379 547 287 393
query_module 178 167 - - -
quotactl 179 131 179 60 131
quotactl_fd 443 443 443 443 443
read 0 3 0 63 3
readahead 187 225 187 213 225
readdir - 89 - - -
readlink 89 85 89 - 85
readlinkat 267 305 267 78 332
readv 19 145 515 65 145
reboot 169 88 169 142 88
recv - - - - 291
recvfrom 45 371 517 207 292
recvmmsg 299 337 537 243 365
recvmmsg_time64 - 417 - - 417
recvmsg 47 372 519 212 297
remap_file_pages 216 257 216 234 253
removexattr 197 235 197 14 235
removexattrat 466 466 466 466 466
rename 82 38 82 - 38
renameat 264 302 264 38 329
renameat2 316 353 316 276 382
request_key 249 287 249 218 310
restart_syscall 219 0 219 128 0
rmdir 84 40 84 - 40
rseq 334 386 334 293 398
rseq_slice_yield 471 471 471 471 471
rt_sigaction 13 174 512 134 174
rt_sigpending 127 176 522 136 176
rt_sigprocmask 14 175 14 135 175
rt_sigqueueinfo 129 178 524 138 178
rt_sigreturn 15 173 513 139 173
rt_sigsuspend 130 179 130 133 179
rt_sigtimedwait 128 177 523 137 177
rt_sigtimedwait_time64 - 421 - - 421
rt_tgsigqueueinfo 297 335 536 240 363
sched_get_priority_max 146 159 146 125 159
sched_get_priority_min 147 160 147 126 160
sched_getaffinity 204 242 204 123 242
sched_getattr 315 352 315 275 381
sched_getparam 143 155 143 121 155
sched_getscheduler 145 157 145 120 157
sched_rr_get_interval 148 161 148 127 161
sched_rr_get_interval_time64 - 423 - - 423
sched_setaffinity 203 241 203 122 241
sched_setattr 314 351 314 274 380
sched_setparam 142 154 142 118 154
sched_setscheduler 144 156 144 119 156
sched_yield 24 158 24 124 158
seccomp 317 354 317 277 383
security 185 - 185 - -
select 23 82 23 - -
semctl 66 394 66 191 300
semget 64 393 64 190 299
semop 65 - 65 193 298
semtimedop 220 - 220 192 312
semtimedop_time64 - 420 - - 420
send - - - - 289
sendfile 40 187 40 71 187
sendfile64 - 239 - - 239
sendmmsg 307 345 538 269 374
sendmsg 46 370 518 211 296
sendto 44 369 44 206 290
set_mempolicy 238 276 238 237 321
set_mempolicy_home_node 450 450 450 450 450
set_robust_list 273 311 530 99 338
set_thread_area 205 243 - - -
set_tid_address 218 258 218 96 256
set_tls - - - - 983045
setdomainname 171 121 171 162 121
setfsgid 123 139 123 152 139
setfsgid32 - 216 - - 216
setfsuid 122 138 122 151 138
setfsuid32 - 215 - - 215
setgid 106 46 106 144 46
setgid32 - 214 - - 214
setgroups 116 81 116 159 81
setgroups32 - 206 - - 206
sethostname 170 74 170 161 74
setitimer 38 104 38 103 104
setns 308 346 308 268 375
setpgid 109 57 109 154 57
setpriority 141 97 141 140 97
setregid 114 71 114 143 71
setregid32 - 204 - - 204
setresgid 119 170 119 149 170
setresgid32 - 210 - - 210
setresuid 117 164 117 147 164
setresuid32 - 208 - - 208
setreuid 113 70 113 145 70
setreuid32 - 203 - - 203
setrlimit 160 75 160 164 75
setsid 112 66 112 157 66
setsockopt 54 366 541 208 294
settimeofday 164 79 164 170 79
setuid 105 23 105 146 23
setuid32 - 213 - - 213
setxattr 188 226 188 5 226
setxattrat 463 463 463 463 463
sgetmask - 68 - - -
shmat 30 397 30 196 305
shmctl 31 396 31 195 308
shmdt 67 398 67 197 306
shmget 29 395 29 194 307
shutdown 48 373 48 210 293
sigaction - 67 - - 67
sigaltstack 131 186 525 132 186
signal - 48 - - -
signalfd 282 321 282 - 349
signalfd4 289 327 289 74 355
sigpending - 73 - - 73
sigprocmask - 126 - - 126
sigreturn - 119 - - 119
sigsuspend - 72 - - 72
socket 41 359 41 198 281
socketcall - 102 - - -
socketpair 53 360 53 199 288
splice 275 313 275 76 340
ssetmask - 69 - - -
stat 4 106 4 - 106
stat64 - 195 - - 195
statfs 137 99 137 43 99
statfs64 - 268 - - 266
statmount 457 457 457 457 457
statx 332 383 332 291 397
stime - 25 - - -
stty - 31 - - -
swapoff 168 115 168 225 115
swapon 167 87 167 224 87
symlink 88 83 88 - 83
symlinkat 266 304 266 36 331
sync 162 36 162 81 36
sync_file_range 277 314 277 84 -
sync_file_range2 - - - - 341
syncfs 306 344 306 267 373
sysfs 139 135 139 - 135
sysinfo 99 116 99 179 116
syslog 103 103 103 116 103
tee 276 315 276 77 342
tgkill 234 270 234 131 268
time 201 13 201 - -
timer_create 222 259 526 107 257
timer_delete 226 263 226 111 261
timer_getoverrun 225 262 225 109 260
timer_gettime 224 261 224 108 259
timer_gettime64 - 408 - - 408
timer_settime 223 260 223 110 258
timer_settime64 - 409 - - 409
timerfd_create 283 322 283 85 350
timerfd_gettime 287 326 287 87 354
timerfd_gettime64 - 410 - - 410
timerfd_settime 286 325 286 86 353
timerfd_settime64 - 411 - - 411
times 100 43 100 153 43
tkill 200 238 200 130 238
truncate 76 92 76 45 92
truncate64 - 193 - - 193
tuxcall 184 - 184 - -
ugetrlimit - 191 - - 191
ulimit - 58 - - -
umask 95 60 95 166 60
umount - 22 - - -
umount2 166 52 166 39 52
uname 63 122 63 160 122
unlink 87 10 87 - 10
unlinkat 263 301 263 35 328
unshare 272 310 272 97 337
uprobe 336 - 336 - -
uretprobe 335 - 335 - -
uselib 134 86 - - 86
userfaultfd 323 374 323 282 388
usr26 - - - - 983043
usr32 - - - - 983044
ustat 136 62 136 - 62
utime 132 30 132 - -
utimensat 280 320 280 88 348
utimensat_time64 - 412 - - 412
utimes 235 271 235 - 269
vfork 58 190 58 - 190
vhangup 153 111 153 58 111
vm86 - 166 - - -
vm86old - 113 - - -
vmsplice 278 316 532 75 343
vserver 236 273 - - 313
wait4 61 114 61 260 114
waitid 247 284 529 95 280
waitpid - 7 - - -
write 1 4 1 64 4
writev 20 146 516 66 146
`;
const COLUMNS = [
	"x86_64",
	"x86",
	"x32",
	"aarch64",
	"arm"
];
let numbers;
/** The numbers that a call has; undefined when no architecture here knows the name. */
function syscallNumbers(name) {
	numbers ??= parse();
	return numbers.get(name);
}
function parse() {
	const lines = TABLE.trim().split("\n");
	return new Map(lines.map((line) => {
		const [name, ...fields] = line.split(" ");
		const known = COLUMNS.flatMap((column, index) => fields[index] === "-" ? [] : [[column, Number(fields[index])]]);
		return [name, Object.fromEntries(known)];
	}));
}
// src/libcontainer/seccomp/rules.ts
/** The calls of socketcall(2) and ipc(2) by their first argument (linux/net.h, linux/ipc.h). */
const MULTIPLEXED = {
	socketcall: Object.fromEntries("socket bind connect listen accept getsockname getpeername socketpair send recv sendto recvfrom shutdown setsockopt getsockopt sendmsg recvmsg accept4 recvmmsg sendmmsg".split(" ").map((name, index) => [name, index + 1])),
	ipc: {
		semop: 1,
		semget: 2,
		semctl: 3,
		semtimedop: 4,
		msgsnd: 11,
		msgrcv: 12,
		msgget: 13,
		msgctl: 14,
		shmat: 21,
		shmdt: 22,
		shmget: 23,
		shmctl: 24
	}
};
/**
* The verdict for every syscall number that a profile mentions, on one architecture; the meaning is that of
* runc with libseccomp:
* - a rule with the profile's default action says nothing; an unknown name neither;
* - the first rule without conditions decides, whatever other rules the syscall has;
* - a rule with several conditions on the same argument is that many rules, one of which must hold;
* - on i386, a rule for a socket or System V IPC call is also one for socketcall(2) or ipc(2), where it can
*   only compare the arguments after the first.
* @throws EngineError invalid-parameter
*/
function verdictsFor(seccomp, architecture) {
	const otherwise = actionValue(seccomp.defaultAction, seccomp.defaultErrnoRet);
	const verdicts = /* @__PURE__ */ new Map();
	const decided = /* @__PURE__ */ new Set();
	for (const rule of seccomp.syscalls ?? []) {
		const action = actionValue(rule.action, rule.errnoRet);
		if (action === otherwise) continue;
		const alternatives = alternativesOf(rule, architecture);
		for (const name of rule.names) for (const { number, tests } of targets(name, alternatives, architecture)) {
			if (decided.has(number)) continue;
			if (tests.length === 0) {
				decided.add(number);
				verdicts.set(number, {
					rules: [],
					otherwise: action
				});
			} else {
				const verdict = verdicts.get(number) ?? {
					rules: [],
					otherwise
				};
				verdict.rules.push({
					tests,
					action
				});
				verdicts.set(number, verdict);
			}
		}
	}
	for (const verdict of verdicts.values()) verdict.rules.sort(bySpecificity);
	return verdicts;
}
/** The largest syscall number that the profile's names stand for, with whatever action; undefined if none. */
function largestNumber(seccomp, architecture) {
	const largest = (seccomp.syscalls ?? []).flatMap((rule) => rule.names).flatMap((name) => targets(name, [[]], architecture)).reduce((most, { number }) => Math.max(most, number), 0);
	return largest === 0 ? void 0 : largest;
}
function alternativesOf(rule, architecture) {
	const tests = (rule.args ?? []).map((argument) => testOf(argument, architecture));
	return (new Set(tests.map((test) => test.index)).size < tests.length ? tests.map((test) => [test]) : [tests]).map((list) => list.filter((test) => test.mask !== 0n).sort((a, b) => a.index - b.index));
}
function testOf({ index, op, value, valueTwo = 0 }, architecture) {
	if (!Number.isInteger(index) || index < 0 || index > 5) throw new EngineError("invalid-parameter", `invalid seccomp argument index ${index}`);
	if (!OPERATORS.has(op)) throw new EngineError("invalid-parameter", `invalid seccomp operator ${JSON.stringify(op)}`);
	const cut = (number) => BigInt.asUintN(architecture.argumentBits, BigInt(number));
	const all = cut(-1);
	if (op !== "SCMP_CMP_MASKED_EQ") return {
		index,
		op,
		value: cut(value),
		mask: all
	};
	const mask = cut(value);
	return {
		index,
		op,
		value: cut(valueTwo) & mask,
		mask
	};
}
const OPERATORS = /* @__PURE__ */ new Set([
	"SCMP_CMP_NE",
	"SCMP_CMP_LT",
	"SCMP_CMP_LE",
	"SCMP_CMP_EQ",
	"SCMP_CMP_GE",
	"SCMP_CMP_GT",
	"SCMP_CMP_MASKED_EQ"
]);
/** The numbers a name stands for, with the tests to be made there: none when the architecture lacks it. */
function targets(name, alternatives, architecture) {
	const number = syscallNumbers(name)?.[architecture.column];
	const direct = number === void 0 ? [] : alternatives.map((tests) => ({
		number,
		tests
	}));
	return [...["socketcall", "ipc"].flatMap((family) => {
		const call = MULTIPLEXED[family][name];
		if (call === void 0 || !architecture.multiplexers) return [];
		const selector = {
			index: 0,
			op: "SCMP_CMP_EQ",
			value: BigInt(call),
			mask: 4294967295n
		};
		return alternatives.map((tests) => ({
			number: architecture.multiplexers[family],
			tests: [selector, ...tests.filter((test) => test.index !== 0)]
		}));
	}), ...direct];
}
/**
* libseccomp's order, which only matters where rules with different actions overlap: later arguments first,
* equality before less-than before greater-than, then the narrower value.
*/
function bySpecificity(left, right) {
	const [a, b] = [left.tests[0], right.tests[0]];
	if (a.index !== b.index) return b.index - a.index;
	if (rank(a.op) !== rank(b.op)) return rank(b.op) - rank(a.op);
	const descending = a.value === b.value ? 0 : a.value < b.value ? 1 : -1;
	return rank(a.op) === 2 ? -descending : descending;
}
function rank(op) {
	if (op === "SCMP_CMP_LT" || op === "SCMP_CMP_LE") return 2;
	return op === "SCMP_CMP_GT" || op === "SCMP_CMP_GE" ? 1 : 3;
}
// src/libcontainer/seccomp/compile-seccomp.ts
const OFFSET = {
	number: 0,
	architecture: 4
};
const MAX_INSTRUCTIONS = 4096;
const NEW_LISTENER = 8;
const FLAGS = {
	SECCOMP_FILTER_FLAG_TSYNC: 0,
	SECCOMP_FILTER_FLAG_LOG: 2,
	SECCOMP_FILTER_FLAG_SPEC_ALLOW: 4,
	SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV: 32
};
const byContent = /* @__PURE__ */ new Map();
const MAX_CACHED = 64;
/** Of what is frozen (Docker's default profile) the content need not be looked at again. */
const byIdentity = /* @__PURE__ */ new WeakMap();
/**
* Compiles a runtime spec's seccomp section to a filter with the verdicts that runc gives (see
* {@link verdictsFor}). Calls of architectures that are not listed kill the thread. Unless the default action
* lets calls pass, those with larger numbers than any the profile mentions fail with ENOSYS, so that programs
* fall back from calls that are newer than the profile.
*
* The result is cached by content. `machine` is Node's name of the machine's architecture, always served.
* @throws EngineError invalid-parameter
*/
function compileSeccomp(seccomp, machine = process.arch) {
	const known = machine === process.arch ? byIdentity.get(seccomp) : void 0;
	if (known) return known;
	const key = machine + JSON.stringify(seccomp, (_, value) => typeof value === "bigint" ? `${value}n` : value);
	let compiled = byContent.get(key);
	if (!compiled) {
		compiled = compile$1(seccomp, machine);
		if (byContent.size >= MAX_CACHED) byContent.delete(byContent.keys().next().value);
		byContent.set(key, compiled);
	}
	if (machine === process.arch && Object.isFrozen(seccomp)) byIdentity.set(seccomp, compiled);
	return compiled;
}
function compile$1(seccomp, machine) {
	refuseNotifyThatHangs(seccomp);
	const architectures = architecturesOf(seccomp, machine);
	const program = new FilterProgram();
	const audits = [...new Set(architectures.map(({ audit }) => audit))].reverse();
	let next = { returns: KILL_THREAD };
	for (const audit of audits) {
		const sharing = architectures.filter((architecture) => architecture.audit === audit);
		next = program.branch("jeq", audit, numberCode(program, seccomp, sharing), next);
	}
	const filter = program.encode(program.load(OFFSET.architecture, next));
	if (program.length > MAX_INSTRUCTIONS) throw new EngineError("invalid-parameter", `seccomp profile is too large: ${program.length} instructions, the kernel takes ${MAX_INSTRUCTIONS}`);
	const { listenerPath, listenerMetadata } = seccomp;
	return {
		filter,
		flags: flagsOf(seccomp),
		listenerPath,
		listenerMetadata
	};
}
/** With SCMP_ACT_NOTIFY on write(2) the shim could not hand the listener over. */
function refuseNotifyThatHangs({ defaultAction, syscalls = [] }) {
	if (defaultAction === "SCMP_ACT_NOTIFY") throw new EngineError("invalid-parameter", "SCMP_ACT_NOTIFY cannot be used as default action");
	if (syscalls.some(({ action, names }) => action === "SCMP_ACT_NOTIFY" && names.includes("write"))) throw new EngineError("invalid-parameter", "SCMP_ACT_NOTIFY cannot be used for the write syscall");
}
function architecturesOf(seccomp, machine) {
	const listed = (seccomp.architectures ?? []).map((name) => {
		const architecture = architectureNamed(name);
		if (architecture === void 0) throw new EngineError("invalid-parameter", `invalid seccomp architecture ${JSON.stringify(name)}`);
		return architecture;
	});
	return [.../* @__PURE__ */ new Set([nativeArchitecture(machine), ...listed.filter((entry) => entry !== null)])];
}
function flagsOf({ flags, syscalls = [] }) {
	const listener = syscalls.some(({ action }) => action === "SCMP_ACT_NOTIFY") ? NEW_LISTENER : 0;
	return (flags ?? ["SECCOMP_FILTER_FLAG_SPEC_ALLOW"]).reduce((bits, name) => {
		const bit = FLAGS[name];
		if (bit === void 0) throw new EngineError("invalid-parameter", `seccomp flag ${JSON.stringify(name)} is not known`);
		return bits | bit;
	}, listener);
}
/** Loads the syscall number, and searches for its verdict. */
function numberCode(program, seccomp, architectures) {
	const segments = architectures.toSorted((a, b) => a.base - b.base).flatMap((architecture) => segmentsOf(seccomp, architecture));
	if (architectures.some(({ column }) => column === "x86_64") && architectures.length === 1) segments.push(...x32Segments(seccomp));
	const tree = searchTree(program, mergeSegments(segments, placeKey), (place) => conditionCode(program, place, place.argumentBits));
	return program.load(OFFSET.number, tree);
}
function segmentsOf(seccomp, architecture) {
	const { base, argumentBits } = architecture;
	const constant = (action) => ({
		rules: [],
		otherwise: action,
		argumentBits
	});
	const otherwise = constant(actionValue(seccomp.defaultAction, seccomp.defaultErrnoRet));
	const segments = [{
		start: base,
		value: otherwise
	}];
	const verdicts = [...verdictsFor(seccomp, architecture)].sort(([a], [b]) => a - b);
	for (const [number, verdict] of verdicts) {
		const start = base + number;
		if (segments.at(-1).start === start) segments.pop();
		segments.push({
			start,
			value: {
				...verdict,
				argumentBits
			}
		}, {
			start: start + 1,
			value: otherwise
		});
	}
	const largest = largestNumber(seccomp, architecture);
	if (largest !== void 0 && !isPermissive(seccomp.defaultAction)) {
		const start = base + largest + 1;
		if (segments.at(-1).start === start) segments.pop();
		segments.push({
			start,
			value: constant(RETURN_ENOSYS)
		});
	}
	return segments;
}
/**
* x32 calls on an x86-64 that does not serve x32. Number -1 is none of them: a tracer sets it to skip a call
* (seccomp(2)).
*/
function x32Segments(seccomp) {
	const skipped = actionValue(seccomp.defaultAction, seccomp.defaultErrnoRet);
	return [{
		start: X32_BIT,
		value: {
			rules: [],
			otherwise: KILL_THREAD,
			argumentBits: 64
		}
	}, {
		start: 4294967295,
		value: {
			rules: [],
			otherwise: skipped,
			argumentBits: 64
		}
	}];
}
function placeKey({ rules, otherwise, argumentBits }) {
	if (rules.length === 0) return String(otherwise);
	return `${argumentBits} ${otherwise} ${rules.map(({ tests, action }) => [action, ...tests.map(({ index, op, value, mask }) => `${index} ${op} ${value} ${mask}`)]).join(";")}`;
}
// src/libcontainer/process-operations.ts
const CAP_SYS_ADMIN = 1n << 21n;
const RLIM_INFINITY = 18446744073709551615n;
/**
* The last operations of init and of exec'd processes alike: from a process that is in its namespaces and its
* root to one that executes the user's program with the user's rights.
*
* The filter is installed last of all, so that a strict one need allow nothing but what the program does. Without
* no_new_privs that takes CAP_SYS_ADMIN, which is therefore kept until then, and dropped by the operation after.
* @throws EngineError invalid-parameter
*/
function processOperations(options) {
	const { process } = options;
	const args = process.args ?? [];
	if (args.length === 0) throw new EngineError("invalid-parameter", "process.args must not be empty");
	const env = process.env ?? [];
	const capabilities = capabilitySets(process);
	const seccomp = options.linux?.seccomp;
	const filter = seccomp && compileSeccomp(seccomp);
	const needsAdmin = filter !== void 0 && !process.noNewPrivileges ? CAP_SYS_ADMIN : 0n;
	return [
		...options.limitsSet ? [] : limitOperations(process),
		...schedulingOperations(process, options.linux),
		...labels(process),
		{
			op: "cap-bounding",
			keep: capabilities.bounding
		},
		{
			op: "umask",
			mask: process.user.umask ?? 18
		},
		{
			op: "user",
			uid: process.user.uid,
			gid: process.user.gid,
			setGroups: options.setGroups ?? true,
			groups: process.user.additionalGids ?? []
		},
		{
			op: "capabilities",
			effective: capabilities.effective | needsAdmin,
			permitted: capabilities.permitted | needsAdmin,
			inheritable: capabilities.inheritable,
			ambient: capabilities.ambient
		},
		{
			op: "chdir",
			path: process.cwd
		},
		{
			op: "find-executable",
			name: args[0] ?? "",
			path: pathOf(env)
		},
		options.awaitStart ?? { op: "await-start" },
		...options.startHooks ?? [],
		...process.noNewPrivileges ? [{ op: "no-new-privileges" }] : [],
		...filter ? [{
			op: "seccomp",
			filter: filter.filter,
			flags: filter.flags
		}] : [],
		...needsAdmin ? [{
			op: "capabilities",
			effective: capabilities.effective,
			permitted: capabilities.permitted,
			inheritable: capabilities.inheritable,
			ambient: capabilities.ambient
		}] : [],
		{
			op: "exec",
			args,
			env,
			preserve: options.preserve ?? 0
		}
	];
}
/** Without `capabilities` a process has none (config.md leaves it open; runc and crun drop all). */
function capabilitySets(process) {
	const sets = process.capabilities ?? {};
	return {
		bounding: capabilityMask(sets.bounding ?? []),
		effective: capabilityMask(sets.effective ?? []),
		permitted: capabilityMask(sets.permitted ?? []),
		inheritable: capabilityMask(sets.inheritable ?? []),
		ambient: capabilityMask(sets.ambient ?? [])
	};
}
function pathOf(env) {
	return env.findLast((entry) => entry.startsWith("PATH="))?.slice(5) ?? "";
}
/** @throws EngineError invalid-parameter */
function limitOperations(process) {
	return (process.rlimits ?? []).map(({ type, soft, hard }) => {
		const resource = RESOURCE_LIMITS[type];
		if (resource === void 0) throw new EngineError("invalid-parameter", `process.rlimits: invalid rlimit type: ${type}`);
		return {
			op: "rlimit",
			resource,
			soft: limitValue(soft),
			hard: limitValue(hard)
		};
	});
}
/** Unlimited arrives as -1 or as 2^64-1, which a JSON number only comes near to. */
function limitValue(value) {
	return value < 0 || value >= 2 ** 64 ? RLIM_INFINITY : BigInt(value);
}
function labels(process) {
	if (process.apparmorProfile) return [{
		op: "exec-label",
		file: "apparmor/exec",
		label: `exec ${process.apparmorProfile}`
	}];
	if (process.selinuxLabel) return [{
		op: "exec-label",
		file: "exec",
		label: process.selinuxLabel
	}];
	return [];
}
// src/libcontainer/resctrl.ts
const RESCTRL_ROOT = "/sys/fs/resctrl";
/**
* The container's class of service in resctrl (config-linux.md, "IntelRdt"): made under its id, or joined
* where `closID` names one that others share, and then left behind.
* @throws EngineError invalid-parameter
*/
function resctrlOperations(id, linux) {
	const rdt = linux.intelRdt;
	if (!rdt) return {
		make: [],
		join: [],
		cleanup: []
	};
	const name = rdt.closID ?? id;
	if (name.includes("/") || name === "." || name === "..") throw new EngineError("invalid-parameter", `linux.intelRdt.closID: expected a name without slashes: ${name}`);
	const path = posix.join(RESCTRL_ROOT, name);
	const lines = [
		rdt.l3CacheSchema,
		rdt.memBwSchema,
		...rdt.schemata ?? []
	].filter(Boolean);
	return {
		make: [{
			op: "mkdir",
			path,
			mode: 493
		}, ...lines.length > 0 ? [{
			op: "write",
			path: posix.join(path, "schemata"),
			data: `${lines.join("\n")}\n`
		}] : []],
		join: [{
			op: "join-child",
			path: posix.join(path, "tasks")
		}],
		cleanup: rdt.closID ? [] : [{
			op: "rmdir",
			path
		}]
	};
}
// src/libcontainer/seccomp-operations.ts
/**
* Reaches the agent of a profile with SCMP_ACT_NOTIFY (config-linux.md, "Container Process State"): before the
* root changes, as its socket is the host's.
* @throws EngineError invalid-parameter
*/
function agentOperations(seccomp, state) {
	if (!seccomp?.syscalls?.some(({ action }) => action === "SCMP_ACT_NOTIFY")) return [];
	const { listenerPath, listenerMetadata } = seccomp;
	if (!listenerPath) throw new EngineError("invalid-parameter", "linux.seccomp.listenerPath: expected the path of a socket, as the profile uses SCMP_ACT_NOTIFY");
	const process = {
		ociVersion: state.ociVersion,
		fds: ["seccompFd"],
		pid: "$PID",
		metadata: listenerMetadata,
		state
	};
	return [{
		op: "connect-agent",
		path: listenerPath,
		state: JSON.stringify(process)
	}];
}
// src/libcontainer/compile-container.ts
const CLONE_FLAGS = {
	pid: CLONE_NEWPID,
	network: CLONE_NEWNET,
	mount: CLONE_NEWNS,
	ipc: CLONE_NEWIPC,
	uts: CLONE_NEWUTS,
	user: CLONE_NEWUSER,
	cgroup: CLONE_NEWCGROUP,
	time: 128
};
/**
* The plan that makes a container: pure, but for reading the parents of its cgroups.
* @throws EngineError invalid-parameter, naming what is wrong in the spec
*/
function compileContainer(options) {
	const { spec } = options;
	const { process, linux = {} } = spec;
	if (!process) throw new EngineError("invalid-parameter", "process is required");
	if (linux.netDevices && Object.keys(linux.netDevices).length > 0) throw new EngineError("invalid-parameter", "linux.netDevices: moving devices is left to the network driver");
	const parts = {
		namespaces: namespacesOf(options),
		cgroups: options.withoutCgroups ? noCgroups(options.cgroupLayout) : cgroupsOf(options),
		user: userNamespace(spec, options.rootless ?? false),
		resctrl: resctrlOperations(options.id, linux),
		state: options.state ?? {},
		trees: []
	};
	const child = [
		...beforeRoot(options, parts),
		...rootOperations(options, parts),
		...inRoot(options, parts)
	];
	return {
		plan: {
			parent: parentOperations(options, parts),
			child: [
				...child,
				{ op: options.noPivot ? "move-root" : "pivot-root" },
				...rootPropagation(spec),
				...processOperations({
					process,
					linux,
					startHooks: hookOperations(spec.hooks?.startContainer, parts.state, "created"),
					preserve: options.preserve,
					setGroups: parts.user.setGroups,
					limitsSet: inUserNamespace(parts),
					awaitStart: fifo(options.startFifo)
				})
			],
			cleanup: [...parts.cgroups.cleanup, ...parts.resctrl.cleanup]
		},
		cgroupPaths: parts.cgroups.paths
	};
}
const inUserNamespace = ({ namespaces }) => namespaces.created.has("user") || namespaces.joined.some(({ type }) => type === "user");
const fifo = (descriptor) => descriptor === void 0 ? void 0 : {
	op: "await-fifo",
	descriptor
};
function cgroupsOf({ spec, id, cgroupLayout }) {
	return planCgroups({
		layout: cgroupLayout,
		cgroupsPath: spec.linux?.cgroupsPath || posix.join("/slipway", id),
		resources: spec.linux?.resources
	});
}
function noCgroups({ mode }) {
	return {
		parent: [],
		join: [],
		joinChild: [],
		cleanup: [],
		paths: {
			mode,
			v1: {},
			unifiedControllers: []
		}
	};
}
/** Up to the root: cgroups, namespaces and who the child is. */
function beforeRoot(options, parts) {
	const { cgroups, namespaces, user } = parts;
	const inside = inUserNamespace(parts);
	return [
		...inside ? [] : cgroups.join,
		...agentOperations(options.spec.linux?.seccomp, {
			...parts.state,
			status: "created"
		}),
		...inside ? user.child.filter(({ op }) => op === "barrier") : joinNamespaces(namespaces),
		...timeNamespace(options.spec, namespaces),
		...inside ? user.child.filter(({ op }) => op !== "barrier") : [],
		...options.noNewKeyring ? [] : [{
			op: "keyring",
			name: `_ses.${options.id}`
		}],
		...namespaces.created.has("cgroup") ? [{
			op: "unshare",
			flags: CLONE_NEWCGROUP
		}] : []
	];
}
/** What is in the root, and everything else that still needs the host's view or rights. */
function inRoot(options, parts) {
	const { spec } = options;
	const { process, linux = {} } = spec;
	const { created } = parts.namespaces;
	return [
		...mounts(options, parts),
		...deviceOperations(spec),
		...spec.hostname ? [{
			op: "hostname",
			name: spec.hostname
		}] : [],
		...spec.domainname ? [{
			op: "domainname",
			name: spec.domainname
		}] : [],
		...created.has("network") && !options.networkNamespace ? [{ op: "loopback" }] : [],
		...process?.terminal ? [{
			op: "console",
			rows: options.rows ?? 0,
			columns: options.columns ?? 0,
			bind: true
		}] : [],
		...meet(spec.hooks?.prestart, spec.hooks?.createRuntime),
		...hookOperations(spec.hooks?.createContainer, parts.state, "creating"),
		...sysctls(linux.sysctl),
		{
			op: "root-directory",
			target: process?.cwd ?? "/",
			mode: 493
		},
		...hiding(spec),
		...inUserNamespace(parts) ? [] : oomScore$1(process?.oomScoreAdj)
	];
}
/** Its offsets can be set only before anything is in it, so it is made empty and then joined (time_namespaces(7)). */
function timeNamespace({ linux = {} }, { created }) {
	if (!created.has("time")) return [];
	const offsets = Object.entries(linux.timeOffsets ?? {}).map(([clock, { secs = 0, nanosecs = 0 }]) => `${clock} ${secs} ${nanosecs}\n`);
	return [
		{
			op: "unshare",
			flags: 128
		},
		...offsets.length > 0 ? [{
			op: "write",
			path: "/proc/self/timens_offsets",
			data: offsets.join("")
		}] : [],
		{
			op: "setns",
			path: "/proc/self/ns/time_for_children",
			type: 128
		}
	];
}
function namespacesOf({ spec, networkNamespace }) {
	const created = /* @__PURE__ */ new Set();
	const joined = [];
	for (const { type, path } of spec.linux?.namespaces ?? []) {
		if (!(type in CLONE_FLAGS)) throw new EngineError("invalid-parameter", `linux.namespaces: unknown namespace type ${type}`);
		if (created.has(type) || joined.some((entry) => entry.type === type)) throw new EngineError("invalid-parameter", `linux.namespaces: ${type} is given twice`);
		if (type === "network" && networkNamespace) joined.push({
			type,
			path: networkNamespace
		});
		else if (path) joined.push({
			type,
			path
		});
		else created.add(type);
	}
	return {
		created,
		joined
	};
}
function parentOperations(options, parts) {
	const { hooks } = options.spec;
	const runtimeHooks = [...hookOperations(hooks?.prestart, parts.state, "creating"), ...hookOperations(hooks?.createRuntime, parts.state, "creating")];
	return [
		...parts.cgroups.parent,
		...parts.resctrl.make,
		...parts.trees,
		...cloneOperations(options, parts),
		...parts.resctrl.join,
		...runtimeHooks.length > 0 ? [
			{ op: "barrier" },
			...runtimeHooks,
			{ op: "barrier" }
		] : []
	];
}
/** The child, in its user namespace where it has one, its ids mapped. */
function cloneOperations({ spec, rootless }, parts) {
	const { namespaces, cgroups, user } = parts;
	const { process } = spec;
	const flags = [...namespaces.created].filter((type) => type !== "cgroup" && type !== "time").reduce((sum, type) => sum | CLONE_FLAGS[type], 0);
	if (!inUserNamespace(parts)) {
		const pid = namespaces.joined.find(({ type }) => type === "pid");
		return [...pid ? [{
			op: "enter-pid-namespace",
			path: pid.path
		}] : [], {
			op: "clone",
			flags,
			cgroup: cgroups.cloneInto
		}];
	}
	const last = (type) => Number(type === "user") * (rootless ? -1 : 1);
	const joins = namespaces.joined.toSorted((one, other) => last(one.type) - last(other.type)).map(({ type, path }) => `${CLONE_FLAGS[type]} ${path}`);
	return [
		joins.length > 0 ? {
			op: "clone-inside",
			flags,
			cgroup: cgroups.cloneInto,
			joins
		} : {
			op: "clone",
			flags,
			cgroup: cgroups.cloneInto
		},
		...cgroups.joinChild,
		...user.parent,
		...process?.oomScoreAdj === void 0 ? [] : [{
			op: "write-child-proc",
			file: "oom_score_adj",
			data: String(process.oomScoreAdj)
		}],
		...process ? limitOperations(process) : [],
		{ op: "barrier" }
	];
}
function joinNamespaces({ joined }) {
	return joined.filter(({ type }) => type !== "pid").map(({ type, path }) => ({
		op: "setns",
		path,
		type: CLONE_FLAGS[type]
	}));
}
function rootOperations({ spec, rootfs, rootless }, parts) {
	const shared = (propagationOf(spec) & MS_SHARED) !== 0;
	const path = rootfs.type === "bind" ? rootfs.path : rootfs.target;
	let source = path;
	if (inUserNamespace(parts) && !rootless && !shared && rootfs.type === "bind") {
		source = `tree:${parts.trees.length}`;
		parts.trees.push({
			op: "open-tree",
			source: path,
			recursive: true,
			uidMap: "",
			gidMap: "",
			mapRecursive: false
		});
	}
	return [
		{
			op: "propagation",
			path: "/",
			flags: hostPropagation(propagationOf(spec))
		},
		...shared ? [{
			op: "private-parent",
			path
		}] : [],
		rootfs.type === "overlay" ? {
			op: "overlay-root",
			target: rootfs.target,
			lowerdirs: rootfs.lowerdirs,
			upperdir: rootfs.upperdir,
			workdir: rootfs.workdir,
			attributes: 0,
			options: rootfs.options ?? []
		} : {
			op: "bind-root",
			source
		}
	];
}
/** What of the host's mounts the container sees change. An unbindable root could not be bound. */
function hostPropagation(flags) {
	if (flags & 131072) return 278528;
	return flags || 540672;
}
/** 0 when nothing is asked for. */
function propagationOf({ linux }) {
	const name = linux?.rootfsPropagation;
	const flags = name ? propagationFlags(name) : 0;
	if (flags === void 0) throw new EngineError("invalid-parameter", `linux.rootfsPropagation: unknown propagation ${name}`);
	return flags;
}
/** What was asked for holds for the container's own root: the first time it was for the host's mounts in its view. */
function rootPropagation(spec) {
	const flags = propagationOf(spec);
	return flags === 0 || flags & 262144 ? [] : [{
		op: "propagation",
		path: "/",
		flags
	}];
}
function mounts({ spec, cgroupLayout, rootless }, parts) {
	const context = {
		layout: cgroupLayout,
		paths: parts.cgroups.paths,
		ownNamespace: parts.namespaces.created.has("cgroup"),
		linux: spec.linux ?? {},
		opensSources: inUserNamespace(parts) && !rootless,
		trees: parts.trees
	};
	return (spec.mounts ?? []).flatMap((mount) => mountOperations(mount, context));
}
/** The shim runs these hooks between two barriers. */
function meet(...lists) {
	return lists.some((list) => list?.length) ? [{ op: "barrier" }, { op: "barrier" }] : [];
}
function sysctls(values) {
	return Object.entries(values ?? {}).map(([key, value]) => ({
		op: "sysctl",
		key: sysctlPath(key),
		value
	}));
}
/** `net.ipv4.conf.eth0/1.forwarding`: dots separate, and a slash stands for a dot in a name (sysctl(8)). */
function sysctlPath(key) {
	if (/[./]/.exec(key)?.[0] === "/") return key;
	return key.replace(/[./]/g, (separator) => separator === "." ? "/" : ".");
}
/** Masked and read-only paths, and last the root itself. */
function hiding({ root, linux = {} }) {
	return [
		...(linux.readonlyPaths ?? []).map((target) => ({
			op: "readonly",
			target
		})),
		...(linux.maskedPaths ?? []).map((target) => ({
			op: "mask",
			target
		})),
		...root?.readonly ? [{
			op: "mount-setattr",
			target: "/",
			attributes: 1,
			clearAttributes: 0,
			recursive: false,
			propagation: 0
		}] : []
	];
}
function oomScore$1(value) {
	return value === void 0 ? [] : [{
		op: "write",
		path: "/proc/self/oom_score_adj",
		data: String(value)
	}];
}
// src/libcontainer/describe-operation.ts
const pick = (module, prefix) => Object.fromEntries(Object.entries(module).filter(([name, value]) => name.startsWith(prefix) && value !== 0));
const CLONE = pick(sched_exports, "CLONE_");
const PROPAGATION = pick(mount_exports, "MS_");
const ATTRIBUTES = Object.fromEntries(Object.entries(pick(mount_exports, "MOUNT_ATTR_")).filter(([name]) => name !== "MOUNT_ATTR__ATIME"));
const FLAG_FIELDS = /* @__PURE__ */ new Set([
	"flags",
	"attributes",
	"clearAttributes",
	"propagation"
]);
/** One operation for people to read: the name, what it acts upon, and flags by their names. */
function describeOperation(operation) {
	const parts = Object.entries(operation).filter(([name, value]) => name !== "op" && !isEmpty(value) && !(FLAG_FIELDS.has(name) && value === 0)).map(([name, value]) => `${name}=${describeField(operation, name, value)}`);
	return `${operation.op}(${parts.join(", ")})`;
}
function isEmpty(value) {
	return value === void 0 || value === "" || value === false || Array.isArray(value) && value.length === 0;
}
function describeField({ op }, name, value) {
	if (op === "cap-bounding" || op === "capabilities") return capabilityNames(value).join("|") || "0";
	if (op === "clone-inside" && name === "joins") return describe(value.map(describeJoin));
	if ((op === "clone" || op === "clone-inside") && name === "flags") return decode(value, CLONE);
	if ((op === "unshare" || op === "setns-init") && name === "flags") return decode(value, CLONE);
	if (op === "setns" && name === "type") return decode(value, CLONE);
	if (name === "propagation" || op === "propagation" && name === "flags") return decode(value, PROPAGATION);
	if (name === "attributes" || name === "clearAttributes") return typeof value === "number" ? decode(value, ATTRIBUTES) : describe(value);
	if (name === "mode") return `0${value.toString(8)}`;
	if (op === "seccomp" && name === "filter") return `${value.length / 8} instructions`;
	if (op === "attach-device-program" && name === "instructions") return `${value.length / 8} instructions`;
	return describe(value);
}
/** The types of namespaces by their names, and the path. */
function describeJoin(join) {
	const [types = "", ...path] = join.split(" ");
	return `${decode(Number(types), CLONE)} ${path.join(" ")}`;
}
function describe(value) {
	if (value instanceof Uint8Array) return Buffer.from(value).toString("hex");
	if (Array.isArray(value)) return `[${value.map(describe).join(" ")}]`;
	return typeof value === "string" ? JSON.stringify(value) : String(value);
}
function decode(value, flags) {
	const names = Object.entries(flags).filter(([, bit]) => (value & bit) === bit);
	const rest = names.reduce((left, [, bit]) => left & ~bit, value);
	const shown = names.map(([name]) => name);
	if (rest !== 0 || shown.length === 0) shown.push(rest === 0 ? "0" : `0x${rest.toString(16)}`);
	return shown.join("|");
}
// src/execdriver/native/connect-shim.ts
/**
* Connects to the shim that listens in `stateDir`. With `allowHalfOpen` (for attaching) this side stays open
* when the shim's has ended.
* @throws EngineError not-found when none does
*/
async function connectShim(stateDir, allowHalfOpen = false) {
	return new ShimConnection(await connect(stateDir, allowHalfOpen));
}
async function connect(stateDir, allowHalfOpen) {
	let directory;
	try {
		directory = openSync(stateDir, constants.O_RDONLY | constants.O_DIRECTORY);
		return await opened(createConnection({
			path: `/proc/self/fd/${directory}/shim.sock`,
			allowHalfOpen
		}));
	} catch (error) {
		throw new EngineError("not-found", `no shim in ${stateDir}: ${messageOf(error)}`, { cause: error });
	} finally {
		if (directory !== void 0) closeSync(directory);
	}
}
async function opened(socket) {
	return new Promise((resolve, reject) => {
		socket.once("error", reject);
		socket.once("connect", () => {
			socket.removeListener("error", reject);
			resolve(socket);
		});
	});
}
// src/execdriver/native/container-state.ts
function writeContainerState(stateDir, state) {
	writeFileSync(join(stateDir, "container.json"), JSON.stringify(state), { mode: 384 });
}
/** @throws EngineError not-found */
function readContainerState(stateDir) {
	try {
		return JSON.parse(readFileSync(join(stateDir, "container.json"), "utf8"));
	} catch (error) {
		throw new EngineError("not-found", `no container in ${stateDir}`, { cause: error });
	}
}
/** What the shim wrote when the init ended: `code oom-killed nanoseconds`. */
function readExitFile(stateDir) {
	try {
		const [code, oomKilled, at] = readFileSync(join(stateDir, "exit"), "utf8").trim().split(" ");
		return {
			code: Number(code),
			oomKilled: oomKilled === "1",
			exitedAtNs: BigInt(at ?? 0)
		};
	} catch {
		return;
	}
}
// src/execdriver/native/describe-failure.ts
/** errno in the words of strerror(3), where scripts and the docker CLI look for them. */
const WORDS = {
	ENOENT: "no such file or directory",
	EACCES: "permission denied",
	EPERM: "operation not permitted",
	EISDIR: "is a directory",
	ENOTDIR: "not a directory",
	ENOEXEC: "exec format error",
	EINVAL: "invalid argument",
	ENOTTY: "inappropriate ioctl for device",
	ESRCH: "no such process"
};
/** An error for people, and for the docker CLI, from what the shim reported of a plan. Others pass as they are. */
function describeFailure(error, plan) {
	if (!(error instanceof ShimFailure)) return error;
	const operation = (error.party === "parent" ? plan.parent : error.party === "child" ? plan.child : [])[error.index];
	const name = errnoName(error.errno);
	const words = WORDS[name] ?? name;
	if (operation?.op === "find-executable") return startError$2(operation.name, name, words);
	if (operation?.op === "exec") return startError$2(operation.args[0] ?? "", name, words);
	if (operation?.op === "chdir") {
		const reason = error.detail || words;
		return initError(`chdir to cwd (${JSON.stringify(operation.path)}) set in config.json failed: ${reason}`);
	}
	return initError(failedOperation(operation, error, name));
}
function failedOperation(operation, error, name) {
	return `${operation ? describeOperation(operation) : `the ${error.party}`}: ${name}${error.detail ? ` (${error.detail.trim()})` : ""}`;
}
function startError$2(name, errno, words) {
	const quoted = JSON.stringify(name);
	if (errno !== "ENOENT" && errno !== "ENOTDIR") return new StartError("not-executable", prefix(`exec: ${quoted}: ${words}`));
	return new StartError("not-found", prefix(`exec: ${quoted}: ${name.includes("/") ? `stat ${name}: ${words}` : "executable file not found in $PATH"}`));
}
function initError(message) {
	return new EngineError("system", prefix(message));
}
function prefix(message) {
	return `unable to start container process: error during container init: ${message}`;
}
// src/libcontainer/cgroups/cgroup-stats.ts
/** `key value` lines. */
function parseKeyValues(text) {
	const entries = {};
	for (const line of (text ?? "").split("\n")) {
		const space = line.indexOf(" ");
		if (space > 0) entries[line.slice(0, space)] = Number(line.slice(space + 1));
	}
	return entries;
}
/** A file of one number; `missing` for a missing file and for `max`. */
function parseNumber(text, missing) {
	const trimmed = text?.trim();
	return trimmed === void 0 || trimmed === "" || trimmed === "max" ? missing : Number(trimmed);
}
// src/libcontainer/cgroups/stats-v1.ts
/** v1 has no word for unlimited, but the largest multiple of a page: anything beyond 2^60 is that. */
const UNLIMITED_BYTES = 2 ** 60;
/** `cpu` of {@link CgroupStats} from the directories of the v1 cpuacct and cpu controllers. */
function cpuStatsV1(cpuacct, cpu, read) {
	const total = (file) => BigInt(read(`${cpuacct}/${file}`)?.trim() || "0");
	const throttling = parseKeyValues(cpu && read(`${cpu}/cpu.stat`));
	return {
		usageNs: total("cpuacct.usage"),
		userNs: total("cpuacct.usage_user"),
		systemNs: total("cpuacct.usage_sys"),
		perCpuNs: (read(`${cpuacct}/cpuacct.usage_percpu`) ?? "").trim().split(/\s+/).filter(Boolean).map(BigInt),
		periods: throttling.nr_periods ?? 0,
		throttledPeriods: throttling.nr_throttled ?? 0,
		throttledNs: BigInt(throttling.throttled_time ?? 0)
	};
}
function memoryStatsV1(directory, read) {
	const value = (name) => parseNumber(read(`${directory}/memory.${name}`), 0);
	const limitBytes = value("limit_in_bytes");
	return {
		usageBytes: value("usage_in_bytes"),
		maxUsageBytes: value("max_usage_in_bytes"),
		limitBytes: limitBytes > UNLIMITED_BYTES ? Number.POSITIVE_INFINITY : limitBytes,
		failures: value("failcnt"),
		stat: parseKeyValues(read(`${directory}/memory.stat`))
	};
}
/** The throttling layer counts all I/O; where it counts nothing, BFQ's own numbers may. */
function blkioStatsV1(directory, read) {
	for (const layer of ["throttle", "bfq"]) {
		const bytes = parseTable(read(`${directory}/blkio.${layer}.io_service_bytes_recursive`));
		const operations = parseTable(read(`${directory}/blkio.${layer}.io_serviced_recursive`));
		if (bytes.size === 0) continue;
		return [...bytes].map(([key, value]) => {
			const [device, op] = key.split(" ");
			const [major, minor] = device.split(":").map(Number);
			return {
				major,
				minor,
				op,
				bytes: value,
				operations: operations.get(key) ?? 0
			};
		});
	}
	return [];
}
/** Lines `8:0 Read 123`; other operations and the sums are left out. */
function parseTable(text) {
	const entries = [...(text ?? "").matchAll(/^(\d+:\d+ (?:Read|Write)) (\d+)$/gm)];
	return new Map(entries.map(([, key, value]) => [key, Number(value)]));
}
// src/libcontainer/cgroups/stats-v2.ts
const NS_PER_US = 1000n;
function cpuStatsV2(directory, read) {
	const stat = parseKeyValues(read(`${directory}/cpu.stat`));
	const nanoseconds = (name) => BigInt(stat[name] ?? 0) * NS_PER_US;
	return {
		usageNs: nanoseconds("usage_usec"),
		userNs: nanoseconds("user_usec"),
		systemNs: nanoseconds("system_usec"),
		periods: stat.nr_periods ?? 0,
		throttledPeriods: stat.nr_throttled ?? 0,
		throttledNs: nanoseconds("throttled_usec")
	};
}
function memoryStatsV2(directory, read) {
	const value = (name, missing) => parseNumber(read(`${directory}/memory.${name}`), missing);
	return {
		usageBytes: value("current", 0),
		maxUsageBytes: value("peak", 0),
		limitBytes: value("max", Number.POSITIVE_INFINITY),
		failures: parseKeyValues(read(`${directory}/memory.events`)).max ?? 0,
		stat: parseKeyValues(read(`${directory}/memory.stat`))
	};
}
/** Lines of io.stat: `8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=0 dios=0`. */
function ioStatsV2(directory, read) {
	return (read(`${directory}/io.stat`) ?? "").split("\n").flatMap((line) => {
		const [device = "", ...fields] = line.trim().split(" ");
		const [major, minor] = device.split(":").map(Number);
		if (major === void 0 || minor === void 0 || fields.length === 0) return [];
		const values = new Map(fields.map((field) => field.split("=")));
		const value = (name) => Number(values.get(name) ?? 0);
		return [{
			major,
			minor,
			op: "Read",
			bytes: value("rbytes"),
			operations: value("rios")
		}, {
			major,
			minor,
			op: "Write",
			bytes: value("wbytes"),
			operations: value("wios")
		}];
	});
}
// src/libcontainer/cgroups/cgroup.ts
/** How often, and after which pause, a state that the kernel reaches in its own time is looked for. */
const POLL_MS = 1;
const FREEZE_ATTEMPTS = 1e3;
const KILL_ATTEMPTS = 2e3;
/**
* A container's cgroup while it exists. All calls are synchronous: a handful of small files each. Where a v2
* directory exists it does the freezing and killing, since it does them at once for all processes.
* @throws EngineError (system) from every method when the kernel refuses
*/
var Cgroup = class {
	paths;
	constructor(paths) {
		this.paths = paths;
	}
	get exists() {
		return this.#directories().some((directory) => existsSync(directory));
	}
	stats() {
		const { v1, unified } = this.paths;
		const v2 = unified ?? "";
		return {
			cpu: v1.cpuacct ? cpuStatsV1(v1.cpuacct, v1.cpu, readHostFile) : cpuStatsV2(v2, readHostFile),
			memory: v1.memory ? memoryStatsV1(v1.memory, readHostFile) : memoryStatsV2(v2, readHostFile),
			pids: {
				current: parseNumber(readHostFile(`${v1.pids ?? v2}/pids.current`), 0),
				limit: parseNumber(readHostFile(`${v1.pids ?? v2}/pids.max`), 0)
			},
			blkio: v1.blkio ? blkioStatsV1(v1.blkio, readHostFile) : ioStatsV2(v2, readHostFile),
			cgroupVersion: v1.memory ? 1 : 2
		};
	}
	/** How many processes of it the kernel has killed for want of memory. */
	oomKills() {
		const { v1, unified } = this.paths;
		const file = v1.memory ? `${v1.memory}/memory.oom_control` : `${unified}/memory.events`;
		return parseKeyValues(readHostFile(file)).oom_kill ?? 0;
	}
	/** All its processes, those of cgroups below it too, as this process's pid namespace numbers them. */
	pids() {
		const directory = this.#main();
		return directory === void 0 ? [] : [...new Set(processesBelow(directory))];
	}
	/** Stops all its processes. Returns when they are. */
	freeze() {
		this.#setFrozen(true);
	}
	thaw() {
		this.#setFrozen(false);
	}
	get frozen() {
		const { v1, unified } = this.paths;
		if (unified) return parseKeyValues(readHostFile(`${unified}/cgroup.events`)).frozen === 1;
		return readHostFile(`${v1.freezer}/freezer.state`)?.trim() === "FROZEN";
	}
	/** Kills all its processes, frozen ones too, and waits until none is left. */
	kill() {
		const { unified } = this.paths;
		const atOnce = unified !== void 0 && existsSync(`${unified}/cgroup.kill`);
		for (let attempt = 0; attempt < KILL_ATTEMPTS; attempt++) {
			const pids = this.pids();
			if (pids.length === 0) return;
			if (atOnce) write(`${unified}/cgroup.kill`, "1");
			else killEach(pids);
			if (this.frozen) this.thaw();
			sleep(POLL_MS);
		}
		throw new EngineError("system", `processes of ${this.#main()} do not end: ${this.pids().join(" ")}`);
	}
	/**
	* Changes the limits that are given, and leaves the others.
	* @throws EngineError invalid-parameter for what {@link settingsFor} refuses, and for a memory limit below
	*   what is in use when `checkBeforeUpdate` is set
	*/
	update(resources) {
		this.#checkUsage(resources);
		const settings = settingsFor(this.paths, withCurrentLimits(resources, this.paths));
		for (const setting of settings.filter((setting) => !applied(setting))) apply(setting);
	}
	/** Removes its directories, those that the container made below them too. Idempotent. */
	remove() {
		for (const directory of this.#directories()) removeTree(directory);
	}
	#directories() {
		const all = [this.paths.unified, ...Object.values(this.paths.v1)];
		return [...new Set(all.filter((directory) => directory !== void 0))];
	}
	/** The directory whose process list counts. */
	#main() {
		const { v1, unified } = this.paths;
		return unified ?? v1.freezer ?? v1.pids ?? this.#directories()[0];
	}
	#setFrozen(frozen) {
		const { v1, unified } = this.paths;
		const set = () => unified ? write(`${unified}/cgroup.freeze`, frozen ? "1" : "0") : write(`${v1.freezer}/freezer.state`, frozen ? "FROZEN" : "THAWED");
		set();
		for (let attempt = 0; this.frozen !== frozen; attempt++) {
			if (attempt === FREEZE_ATTEMPTS) {
				if (frozen) this.#setFrozen(false);
				throw new EngineError("system", `unable to ${frozen ? "freeze" : "thaw"} ${this.#main()}`);
			}
			sleep(POLL_MS);
			if (!unified) set();
		}
	}
	#checkUsage({ memory }) {
		if (!memory?.checkBeforeUpdate) return;
		const { usageBytes } = this.stats().memory;
		const tooLow = (what, limit = 0) => {
			if (limit > 0 && limit <= usageBytes) throw new EngineError("invalid-parameter", `rejecting ${what} limit ${limit} <= usage ${usageBytes}`);
		};
		tooLow("memory+swap", memory.swap);
		tooLow("memory", memory.limit);
	}
};
/** v2 keeps quota and period in one file, and swap apart from memory: what is not given stays as it is. */
function withCurrentLimits(resources, { v1, unified }) {
	let { cpu, memory } = resources;
	if (cpu && !v1.cpu && unified && Boolean(cpu.quota) !== Boolean(cpu.period)) {
		const [quota, period] = (readHostFile(`${unified}/cpu.max`) ?? "max 100000").trim().split(" ");
		const currentQuota = quota === "max" ? -1 : Number(quota);
		cpu = {
			...cpu,
			quota: cpu.quota || currentQuota,
			period: cpu.period || Number(period)
		};
	}
	if (memory?.swap && !memory.limit && !v1.memory && unified) memory = {
		...memory,
		limit: parseNumber(readHostFile(`${unified}/memory.max`), -1)
	};
	return {
		...resources,
		cpu,
		memory
	};
}
/** False when the kernel finds the value invalid (EINVAL). */
function applied(setting) {
	try {
		apply(setting);
		return true;
	} catch (error) {
		if (errorCode(error.cause) !== "EINVAL") throw error;
		return false;
	}
}
function apply({ path, data, optional }) {
	try {
		writeFileSync(path, data, { flag: "r+" });
	} catch (error) {
		if (optional && errorCode(error) === "ENOENT") return;
		throw refused(path, data, error);
	}
}
function write(path, data) {
	apply({
		file: posix.basename(path),
		path,
		data
	});
}
function refused(path, data, cause) {
	const code = errorCode(cause) ?? "error";
	const busy = code === "EBUSY" && path.endsWith("limit_in_bytes") ? usageOf(posix.dirname(path)) : "";
	return new EngineError("system", `cannot write ${data} to ${path}: ${code}${busy}`, { cause });
}
function usageOf(directory) {
	return ` (current usage: ${readHostFile(`${directory}/memory.usage_in_bytes`)?.trim()})`;
}
function processesBelow(directory) {
	let text;
	try {
		text = readFileSync(`${directory}/cgroup.procs`, "utf8");
	} catch (error) {
		if (errorCode(error) !== "ENOTSUP" && errorCode(error) !== "EOPNOTSUPP") return [];
		text = readHostFile(`${directory}/cgroup.threads`) ?? "";
	}
	return [...text.split("\n").filter(Boolean).map(Number), ...childrenOf(directory).flatMap(processesBelow)];
}
function childrenOf(directory) {
	try {
		return readdirSync(directory, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map((entry) => posix.join(directory, entry.name));
	} catch {
		return [];
	}
}
function killEach(pids) {
	for (const pid of pids) try {
		process.kill(pid, "SIGKILL");
	} catch (error) {
		if (errorCode(error) !== "ESRCH") throw error;
	}
}
function removeTree(directory) {
	for (const child of childrenOf(directory)) removeTree(child);
	try {
		rmdirSync(directory);
	} catch (error) {
		if (errorCode(error) !== "ENOENT") throw new EngineError("system", `cannot remove ${directory}`, { cause: error });
	}
}
/** Synchronously: these waits are a millisecond or two. */
function sleep(ms) {
	Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
// src/libcontainer/compile-exec.ts
/** Joined from the init's pidfd; the pid namespace is the shim's business, as only its children change it. */
const JOINED = [
	["ipc", CLONE_NEWIPC],
	["uts", CLONE_NEWUTS],
	["network", CLONE_NEWNET],
	["cgroup", CLONE_NEWCGROUP],
	["time", 128],
	["mount", CLONE_NEWNS]
];
/**
* The plan that adds a process to a running container. It is in the container's cgroups and namespaces, and
* has its rights and its filter, before it executes anything of the image.
* @throws EngineError invalid-parameter
*/
function compileExec(options) {
	const { spec, process, cgroupPaths } = options;
	const own = new Set((spec.linux?.namespaces ?? []).map(({ type }) => type));
	const flags = JOINED.filter(([type]) => own.has(type)).reduce((sum, [, flag]) => sum | flag, 0);
	const cgroups = joinCgroups(cgroupPaths);
	const inUserNamespace = own.has("user");
	const { setGroups } = userNamespace(spec, options.rootless ?? false);
	const { initial, final } = process.execCPUAffinity ?? {};
	const child = [
		...affinity(initial, "initial"),
		...inUserNamespace ? [{ op: "barrier" }] : cgroups.join,
		...affinity(final, "final"),
		...inUserNamespace ? [] : oomScore(process, "write"),
		...agentOperations(spec.linux?.seccomp, options.state ?? {}),
		{
			op: "setns-init",
			flags: inUserNamespace ? flags & CLONE_NEWCGROUP : flags
		},
		...process.terminal ? [{
			op: "console",
			rows: options.rows ?? 0,
			columns: options.columns ?? 0,
			bind: false
		}] : [],
		...processOperations({
			process,
			linux: spec.linux,
			preserve: options.preserve,
			setGroups,
			limitsSet: inUserNamespace
		})
	];
	const all = flags & -33554433 | CLONE_NEWUSER | (own.has("pid") ? CLONE_NEWPID : 0);
	const inside = [
		{
			op: "clone-inside",
			flags: 0,
			cgroup: cgroups.cloneInto,
			joins: [`${all} init`]
		},
		...cgroups.joinChild,
		...oomScore(process, "write-child-proc"),
		...limitOperations(process),
		{ op: "barrier" }
	];
	return {
		parent: inUserNamespace ? inside : [...own.has("pid") ? [{
			op: "enter-pid-namespace",
			path: ""
		}] : [], {
			op: "clone",
			flags: 0,
			cgroup: cgroups.cloneInto
		}],
		child,
		cleanup: []
	};
}
function affinity(list, name) {
	return list ? [{
		op: "affinity",
		mask: bitMask(list, `process.execCPUAffinity.${name}`)
	}] : [];
}
function oomScore({ oomScoreAdj }, op) {
	if (oomScoreAdj === void 0) return [];
	const data = String(oomScoreAdj);
	return op === "write" ? [{
		op,
		path: "/proc/self/oom_score_adj",
		data
	}] : [{
		op,
		file: "oom_score_adj",
		data
	}];
}
// src/execdriver/native/native-process.ts
/** A process of a container, the init or an exec'd one, by its number at the shim. */
var NativeProcess = class {
	id;
	pid;
	exited;
	number;
	/** Undefined when the shim has gone. */
	#connection;
	#stateDir;
	#settle;
	#hasExited = false;
	constructor(connection, stateDir, record) {
		this.id = record.id;
		this.pid = record.pid;
		this.number = record.number;
		this.#connection = connection;
		this.#stateDir = stateDir;
		const { promise, resolve } = Promise.withResolvers();
		this.exited = promise;
		this.#settle = resolve;
	}
	get hasExited() {
		return this.#hasExited;
	}
	settle(status) {
		this.#hasExited = true;
		this.#settle(status);
	}
	async start() {
		await this.request(MESSAGES.start);
	}
	async attach(options) {
		const connection = await connectShim(this.#stateDir, true).catch(() => {
			throw this.#notRunning();
		});
		const streams = (options.stdin ? STREAM_FLAGS.stdin : 0) | (options.stdout ? STREAM_FLAGS.stdout : 0) | (options.stderr ? STREAM_FLAGS.stderr : 0);
		try {
			return await connection.attach((writer) => {
				writer.int(this.number);
				writer.int(streams);
			});
		} catch (error) {
			connection.close();
			throw error instanceof ShimFailure ? this.#notRunning() : error;
		}
	}
	async resize(rows, columns) {
		await this.request(MESSAGES.resize, rows, columns);
	}
	async kill(signal) {
		if (this.#hasExited) throw this.#notRunning();
		await this.request(MESSAGES.kill, signal);
	}
	/** @throws EngineError conflict when the process has gone; ShimFailure from `start` */
	async request(type, ...values) {
		if (!this.#connection) throw this.#notRunning();
		try {
			await this.#connection.request(type, (writer) => {
				writer.int(this.number);
				for (const value of values) writer.int(value);
			});
		} catch (error) {
			if (error instanceof ShimFailure && type !== MESSAGES.start) throw this.#translate(error);
			if (error instanceof EngineError && error.kind === "unavailable") throw this.#notRunning();
			throw error;
		}
	}
	#translate(failure) {
		const name = errnoName(failure.errno);
		if (name === "ESRCH") return this.#notRunning();
		if (name === "ENOTTY") return new EngineError("invalid-parameter", `process ${this.id} has no terminal`);
		return new EngineError("system", `process ${this.id}: ${name}`, { cause: failure });
	}
	#notRunning() {
		return new EngineError("conflict", `process ${this.id} is not running`);
	}
};
// src/execdriver/native/native-container.ts
const SIGKILL = 9;
/** A shim whose clients do not read what is left for them stays; this long it may hold up a removal. */
const SHIM_PATIENCE_MS = 1e4;
/** A container whose processes belong to a shim. */
var NativeContainer = class extends NativeProcess {
	#connection;
	#stateDir;
	#state;
	#plan;
	#cgroup;
	#isStarted;
	#execs = /* @__PURE__ */ new Map();
	/** Exits that were reported in one breath with the process's creation. */
	#early = /* @__PURE__ */ new Map();
	constructor({ connection, stateDir, state, record, plan, isStarted = false }) {
		super(connection, stateDir, record);
		this.#isStarted = isStarted;
		this.#connection = connection;
		this.#stateDir = stateDir;
		this.#state = state;
		this.#plan = plan;
		this.#cgroup = new Cgroup(state.cgroupPaths);
		if (!connection) return;
		connection.onExit = (exit) => this.processExited(exit);
		connection.closed.then(() => this.#shimEnded());
	}
	async start() {
		if (this.#isStarted) return;
		try {
			await super.start();
		} catch (error) {
			throw describeFailure(error, this.#plan ?? {
				parent: [],
				child: [],
				cleanup: []
			});
		}
	}
	async exec({ id, io, ...options }) {
		if (!this.#connection || this.hasExited) throw new EngineError("conflict", `container ${this.id} is not running`);
		const { spec, cgroupPaths } = this.#state;
		const plan = compileExec({
			spec,
			process: {
				...options.process,
				terminal: io.terminal
			},
			cgroupPaths,
			rows: io.rows,
			columns: io.columns
		});
		try {
			const reply = await this.#connection.request(MESSAGES.exec, (writer) => {
				writer.int(ioFlags(io));
				writer.string(id);
				writePlan(writer, plan);
			});
			const record = {
				id,
				number: reply.int(),
				pid: reply.int()
			};
			return this.addExec(record, plan);
		} catch (error) {
			throw describeFailure(error, plan);
		}
	}
	findExec(id) {
		return [...this.#execs.values()].find((process) => process.id === id);
	}
	/** Makes a process known that the shim has. */
	addExec(record, plan) {
		const process = new NativeExec(this.#connection, this.#stateDir, record, plan);
		const exit = this.#early.get(record.number);
		this.#early.delete(record.number);
		if (exit) process.settle(exitStatusOf(exit));
		else this.#execs.set(record.number, process);
		return process;
	}
	processExited(record) {
		const process = record.number === 0 ? this : this.#execs.get(record.number);
		this.#execs.delete(record.number);
		if (process) process.settle(exitStatusOf(record));
		else this.#early.set(record.number, record);
	}
	async pause() {
		this.#cgroup.freeze();
	}
	async resume() {
		this.#cgroup.thaw();
	}
	async update(resources) {
		this.#cgroup.update(resources);
	}
	async pids() {
		return this.#cgroup.pids();
	}
	async stats() {
		return this.#cgroup.stats();
	}
	async remove() {
		if (this.#connection && !this.hasExited) {
			if (this.#cgroup.frozen) this.#cgroup.thaw();
			await this.kill(SIGKILL).catch(() => void 0);
			await this.exited;
		}
		await this.#shimGone();
		if (this.#cgroup.exists) this.#cgroup.remove();
		await rm(this.#stateDir, {
			recursive: true,
			force: true
		});
	}
	async #shimGone() {
		if (!this.#connection) return;
		const abort = new AbortController();
		await Promise.race([this.#connection.closed, setTimeout$1(SHIM_PATIENCE_MS, void 0, {
			ref: false,
			signal: abort.signal
		}).catch(() => void 0)]);
		abort.abort();
	}
	/** Also when it was killed: then its processes have gone with it, and nobody knows how. */
	#shimEnded() {
		if (this.hasExited || this.#connection?.released) return;
		this.settle(readExitFile(this.#stateDir) ?? lostStatus());
		for (const process of this.#execs.values()) process.settle(lostStatus());
		this.#execs.clear();
	}
};
var NativeExec = class extends NativeProcess {
	#plan;
	constructor(connection, stateDir, record, plan) {
		super(connection, stateDir, record);
		this.#plan = plan;
	}
	async start() {
		try {
			await super.start();
		} catch (error) {
			throw this.#plan ? describeFailure(error, this.#plan) : error;
		}
	}
};
function ioFlags(io) {
	return (io.terminal ? 1 : 0) | (io.stdin ? 2 : 0) | (io.stdinOnce ? 4 : 0);
}
function exitStatusOf(record) {
	return {
		code: record.exitCode,
		oomKilled: record.oomKilled,
		exitedAtNs: record.exitedAtNs
	};
}
function isExited(record) {
	return record.state === STATES.exited;
}
/** For a process whose end nobody saw: 255, as containerd has it. */
function lostStatus() {
	return {
		code: 255,
		oomKilled: false,
		exitedAtNs: BigInt(Date.now()) * 1000000n
	};
}
// src/kernel/pass-descriptor.ts
const SOL_SOCKET = 1;
const SCM_RIGHTS = 1;
/** struct cmsghdr */
const CONTROL_HEADER_BYTES = 16;
/** Sends descriptors over a unix socket, `data` with them (unix(7), SCM_RIGHTS; at most 253). @throws SyscallError */
function sendDescriptors(socket, descriptors, data) {
	const length = CONTROL_HEADER_BYTES + 4 * descriptors.length;
	const control = Buffer.alloc(Math.ceil(length / 8) * 8);
	control.writeBigUInt64LE(BigInt(length), 0);
	control.writeInt32LE(SOL_SOCKET, 8);
	control.writeInt32LE(SCM_RIGHTS, 12);
	descriptors.forEach((descriptor, index) => control.writeInt32LE(descriptor, CONTROL_HEADER_BYTES + 4 * index));
	const message = new Message(Buffer.from(data), control);
	syscall("sendmsg", "SCM_RIGHTS", socket, message.header, 0);
}
/** struct msghdr and what it points to, kept alive together. */
var Message = class {
	header = Buffer.alloc(56);
	#parts;
	constructor(data, control) {
		const vector = Buffer.alloc(16);
		vector.writeBigUInt64LE(addressOf(data), 0);
		vector.writeBigUInt64LE(BigInt(data.length), 8);
		this.header.writeBigUInt64LE(addressOf(vector), 16);
		this.header.writeBigUInt64LE(1n, 24);
		this.header.writeBigUInt64LE(addressOf(control), 32);
		this.header.writeBigUInt64LE(BigInt(control.length), 40);
		this.#parts = [
			data,
			control,
			vector
		];
	}
	get controlBytes() {
		return this.#parts.length > 0 ? Number(this.header.readBigUInt64LE(40)) : 0;
	}
};
// src/execdriver/native/shim-pool.ts
/** So long after one was taken another is made ready: whoever took it goes first. */
const REFILL_DELAY_MS$1 = 3;
/** SCM_MAX_FD (include/net/scm.h) */
const MAX_PASSED = 253;
/**
* Shims that are started before anyone needs them, as starting a program takes a good part of a millisecond. An
* idle one waits for a message, and ends with this process.
*/
var ShimPool = class {
	#path;
	#size;
	#ready = [];
	#abort = new AbortController();
	/** @param path the shim's executable */
	constructor(path, size = 2) {
		this.#path = path;
		this.#size = size;
	}
	/**
	* A shim that has the descriptors, which stay the caller's, and waits for its plan.
	* @throws SyscallError
	*/
	async take(descriptors) {
		const ready = descriptors.length <= MAX_PASSED ? this.#ready.pop() : void 0;
		this.#refill();
		if (ready === void 0) return (await spawnShim({
			path: this.#path,
			containerId: PLACEHOLDER,
			descriptors
		})).connection;
		if (descriptors.length > 0) sendDescriptors(ready.socket, descriptors, encodeMessage(MESSAGES.descriptors, 0, () => void 0));
		return ready.connection;
	}
	/** Ends the idle ones. */
	close() {
		this.#abort.abort();
		for (const { connection } of this.#ready) connection.close();
	}
	async #refill() {
		const { signal } = this.#abort;
		await setTimeout$1(REFILL_DELAY_MS$1, void 0, {
			signal,
			ref: false
		}).catch(() => void 0);
		if (signal.aborted || this.#ready.length >= this.#size) return;
		const shim = await spawnShim({
			path: this.#path,
			containerId: PLACEHOLDER,
			descriptors: []
		});
		if (signal.aborted || this.#ready.length >= this.#size) {
			shim.connection.close();
			return;
		}
		this.#ready.push(shim);
		shim.connection.socket.unref();
		shim.connection.closed.then(() => {
			const index = this.#ready.indexOf(shim);
			if (index >= 0) this.#ready.splice(index, 1);
		});
	}
};
/** The shim puts the container's id in its place, where ps(1) finds it. */
const PLACEHOLDER = "-".repeat(64);
// src/execdriver/native/open-native-driver.ts
/** Descriptor 4 of a shim, where it is given a network namespace. */
const NETWORK_NAMESPACE = "fd:4";
/** The driver that runs containers with libcontainer and the shim. */
function openNativeDriver(options) {
	const cgroupLayout = options.cgroupLayout ?? detectCgroupLayout();
	const connections = /* @__PURE__ */ new Set();
	const pool = new ShimPool(options.shimPath);
	const track = (connection) => {
		connections.add(connection);
		connection.closed.then(() => connections.delete(connection));
	};
	return {
		name: "native",
		create: async (create) => createContainer(pool, create, compile(create, cgroupLayout), track),
		recover: async (id, stateDir) => recoverContainer(id, stateDir, track),
		close: () => {
			pool.close();
			for (const connection of connections) connection.close();
		},
		explain: (create) => {
			const { plan } = compile(create, cgroupLayout);
			return [
				...plan.parent,
				...plan.child,
				...plan.cleanup
			].map(describeOperation);
		}
	};
}
function compile(options, cgroupLayout) {
	const { process } = options.spec;
	return compileContainer({
		id: options.id,
		spec: {
			...options.spec,
			process: process && {
				...process,
				terminal: options.io.terminal
			}
		},
		rootfs: options.rootfs,
		cgroupLayout,
		networkNamespace: options.networkNamespace === void 0 ? void 0 : NETWORK_NAMESPACE,
		rows: options.io.rows,
		columns: options.io.columns,
		state: {
			ociVersion: options.spec.ociVersion,
			id: options.id,
			status: "created",
			pid: "$PID",
			bundle: options.stateDir,
			annotations: options.spec.annotations
		}
	});
}
async function createContainer(pool, options, { plan, cgroupPaths }, track) {
	const { id, stateDir, spec } = options;
	mkdirSync(stateDir, {
		recursive: true,
		mode: 448
	});
	let connection;
	try {
		writeContainerState(stateDir, {
			spec,
			cgroupPaths
		});
		connection = await pool.take(descriptorsOf(options));
		connection.socket.ref();
		track(connection);
		const reply = await connection.request(MESSAGES.create, (writer) => {
			writeCreate(writer, options, cgroupPaths);
			writePlan(writer, plan);
		});
		const record = {
			id,
			number: reply.int(),
			pid: reply.int()
		};
		return new NativeContainer({
			connection,
			stateDir,
			state: {
				spec,
				cgroupPaths
			},
			record,
			plan,
			isStarted: options.start
		});
	} catch (error) {
		await connection?.closed;
		rmSync(stateDir, {
			recursive: true,
			force: true
		});
		throw describeFailure(error, plan);
	}
}
function descriptorsOf({ networkNamespace, keepDescriptors = [] }) {
	return networkNamespace === void 0 ? [...keepDescriptors] : [networkNamespace, ...keepDescriptors];
}
function writeCreate(writer, { id, io, stateDir, log, start }, paths) {
	writer.int(ioFlags(io) | (start ? IO_FLAGS.start : 0));
	writer.string(id);
	writer.string(stateDir);
	writer.string(log?.path ?? "");
	writer.int(log?.maxBytes ?? 0);
	writer.int(log?.maxFiles ?? 1);
	const { memory } = paths.v1;
	writer.string(memory ? `${memory}/memory.oom_control` : `${paths.unified ?? ""}/memory.events`);
}
async function recoverContainer(id, stateDir, track) {
	const state = readContainerState(stateDir);
	const connection = await connectShim(stateDir).catch(() => void 0);
	if (connection) track(connection);
	const records = connection ? await processesOf(connection).catch(() => []) : [];
	const container = new NativeContainer({
		connection,
		stateDir,
		state,
		record: {
			...records.find(({ number }) => number === 0) ?? {
				id,
				pid: 0,
				number: 0
			},
			id
		},
		plan: void 0
	});
	if (!connection) {
		container.settle(readExitFile(stateDir) ?? lostStatus());
		return container;
	}
	for (const record of records) {
		const process = record.number === 0 ? container : container.addExec(record);
		if (isExited(record)) process.settle(exitStatusOf(record));
	}
	await connection.request(MESSAGES.watch).catch(() => void 0);
	return container;
}
async function processesOf(connection) {
	const reader = await connection.request(MESSAGES.status);
	const records = [];
	while (!reader.done) records.push(readProcessRecord(reader));
	return records;
}
// src/archive/rooted-threads.ts
/** The source runs as it is in development; a build puts the worker beside the bundle under the same name. */
const WORKER = new URL(import.meta.url.endsWith(".ts") ? "./rooted-worker.ts" : "./rooted-worker.js", import.meta.url);
const MAXIMUM_THREADS = Math.min(Math.max(availableParallelism(), 2), 8);
/** An idle thread costs some 10 MB, a new one some 40 ms. */
const IDLE_MS = 1e4;
/**
* Threads for jobs inside a directory (rooted-jobs.ts). They are started when needed, and end when idle for a
* while; the program may end while they are idle.
*/
var RootedThreads = class RootedThreads {
	#idle = [];
	#waiting = [];
	#all = /* @__PURE__ */ new Set();
	#pooled = 0;
	#nextId = 1;
	#closed = false;
	/** Must be used, and not the constructor: the pool's threads have to start before any thread is rooted. */
	static async open() {
		await stat("/");
		return new RootedThreads();
	}
	/**
	* Runs a job. Jobs that write to a pipe may be as slow as its reader: they get a thread of their own.
	* @throws EngineError as the job does; `unavailable` when closed
	*/
	run(job, progress) {
		return new Promise((resolve, reject) => {
			const task = {
				request: {
					id: this.#nextId++,
					job
				},
				progress,
				resolve,
				reject
			};
			if (this.#closed) reject(closedError());
			else this.#dispatch(task);
		});
	}
	/** Starts a thread ahead of the first job. */
	warmUp() {
		if (this.#all.size === 0 && !this.#closed) this.#release(this.#start(true));
	}
	/** Ends all threads; jobs not done yet fail. */
	async close() {
		this.#closed = true;
		for (const { reject } of this.#waiting.splice(0)) reject(closedError());
		await Promise.all([...this.#all].map((thread) => thread.end()));
	}
	#dispatch(task) {
		const idle = this.#idle.pop();
		if (idle !== void 0) idle.run(task);
		else if (task.request.job.kind === "pack") this.#start(false).run(task);
		else if (this.#pooled < MAXIMUM_THREADS) this.#start(true).run(task);
		else this.#waiting.push(task);
	}
	#start(pooled) {
		const thread = new RootedThread({
			onFree: () => this.#release(thread),
			onExit: () => {
				this.#all.delete(thread);
				if (pooled) this.#pooled--;
				const index = this.#idle.indexOf(thread);
				if (index >= 0) this.#idle.splice(index, 1);
			}
		});
		this.#all.add(thread);
		if (pooled) this.#pooled++;
		return thread;
	}
	#release(thread) {
		const next = this.#waiting.shift();
		if (next !== void 0) return thread.run(next);
		this.#idle.push(thread);
		thread.rest(IDLE_MS);
	}
};
/** One worker, one job at a time. */
var RootedThread = class {
	#worker;
	#onFree;
	#onExit;
	#task;
	#timer;
	constructor({ onFree, onExit }) {
		this.#onFree = onFree;
		this.#onExit = onExit;
		this.#worker = new Worker(WORKER, { trackUnmanagedFds: false });
		this.#worker.on("message", (reply) => this.#onReply(reply));
		this.#worker.on("error", (error) => this.#fail(error));
		this.#worker.on("exit", () => {
			this.#fail(closedError());
			this.#onExit();
		});
		this.#worker.unref();
	}
	run(task) {
		clearTimeout(this.#timer);
		this.#task = task;
		this.#worker.ref();
		this.#worker.postMessage(task.request);
	}
	rest(idleMs) {
		this.#timer = setTimeout(() => void this.end(), idleMs).unref();
	}
	async end() {
		clearTimeout(this.#timer);
		await this.#worker.terminate();
	}
	#onReply(reply) {
		const task = this.#task;
		if (task === void 0 || reply.id !== task.request.id) return;
		if ("progressBytes" in reply) return task.progress?.(reply.progressBytes);
		this.#task = void 0;
		this.#worker.unref();
		this.#onFree();
		if ("error" in reply) {
			const { kind, message, hint } = reply.error;
			task.reject(new EngineError(kind, message, hint === void 0 ? {} : { hint }));
		} else task.resolve(reply.result);
	}
	#fail(error) {
		this.#task?.reject(error);
		this.#task = void 0;
	}
};
function closedError() {
	return new EngineError("unavailable", "the image store is closed");
}
// src/base/digest.ts
const DIGEST = /^sha256:[0-9a-f]{64}$/;
function isDigest(text) {
	return DIGEST.test(text);
}
function digestOf(data) {
	return `sha256:${createHash("sha256").update(data).digest("hex")}`;
}
function hexOf(digest) {
	return digest.slice(7);
}
// src/graph/content/collect-garbage.ts
/** Layers in use: of images, of containers, and all below those. */
const USED_LAYERS = `
WITH RECURSIVE used (chain_id) AS (
  SELECT chain_id FROM images WHERE chain_id IS NOT NULL
  UNION SELECT chain_id FROM container_layers WHERE chain_id IS NOT NULL
  UNION SELECT layers.parent FROM layers JOIN used USING (chain_id) WHERE layers.parent IS NOT NULL
)`;
/**
* Removes the given content and layers as far as nothing refers to them: no image, no container, no operation
* in progress. Layers' files go in the background.
* @returns the chain IDs of the layers removed, topmost first
*/
function removeUnreferenced(parts, candidates) {
	const { database, content, layers, leases } = parts;
	const isUsed = database.prepare("SELECT 1 FROM image_blobs WHERE digest = ? LIMIT 1");
	for (const blob of candidates.blobs) if (!leases.isHeld(blob) && isUsed.get(blob) === void 0) content.remove(blob);
	const unused = unusedLayers(parts);
	const removed = candidates.chainIds.filter((chainId) => unused.has(chainId));
	for (const chainId of removed) layers.remove(chainId);
	return removed;
}
/** Everything that nothing refers to, for the time when nothing is in progress. */
function removeAllUnreferenced(parts) {
	return removeUnreferenced(parts, {
		blobs: parts.content.digests(),
		chainIds: [...unusedLayers(parts)]
	});
}
function unusedLayers({ database, leases }) {
	const rows = database.prepare(`${USED_LAYERS} SELECT chain_id FROM layers WHERE chain_id NOT IN (SELECT chain_id FROM used)`).all();
	return new Set(rows.map((row) => row.chain_id).filter((chainId) => !leases.isHeld(chainId)));
}
// src/graph/oci.ts
const OCI_INDEX = "application/vnd.oci.image.index.v1+json";
const OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json";
const OCI_CONFIG = "application/vnd.oci.image.config.v1+json";
const OCI_LAYER = "application/vnd.oci.image.layer.v1.tar";
/** The file `oci-layout` that marks a directory as an image layout. */
const OCI_LAYOUT = "{\"imageLayoutVersion\":\"1.0.0\"}";
/** containerd's and OCI's annotations that name an image in an index. */
const IMAGE_NAME_ANNOTATION = "io.containerd.image.name";
const REF_NAME_ANNOTATION = "org.opencontainers.image.ref.name";
// src/graph/references/reference.ts
const DEFAULT_DOMAIN = "docker.io";
const LEGACY_DOMAIN = "index.docker.io";
const OFFICIAL_PREFIX = "library/";
const DEFAULT_TAG = "latest";
const DOMAIN_LABEL = "(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])";
const DOMAIN = `(?:${DOMAIN_LABEL}(?:\\.${DOMAIN_LABEL})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?`;
const COMPONENT = "[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*";
const REFERENCE = new RegExp(`^(${DOMAIN})/(${COMPONENT}(?:/${COMPONENT})*)(?::([\\w][\\w.-]{0,127}))?(?:@([A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}))?$`);
/**
* Parses a name as people write it, and fills in the registry and `library/` (distribution's reference
* grammar, and Docker's normalisation). A missing tag stays missing: {@link withDefaultTag}.
* @throws EngineError invalid-parameter, in Docker's words
*/
function parseReference(text) {
	if (/^[a-f0-9]{64}$/.test(text)) throw invalid$1(`invalid repository name (${text}), cannot specify 64-byte hexadecimal strings`);
	const { domain, remainder } = splitDomain(text);
	const remoteName = remainder.replace(/[:@].*$/s, "");
	if (remoteName !== remoteName.toLowerCase()) throw invalid$1(`invalid reference format: repository name (${remoteName}) must be lowercase`);
	const match = REFERENCE.exec(`${domain}/${remainder}`);
	if (match === null) throw invalid$1("invalid reference format");
	const [, matchedDomain = "", path = "", tag, digest] = match;
	if (path.length > 255) throw invalid$1("repository name must not be more than 255 characters");
	if (digest !== void 0 && !/^sha256:[0-9a-f]{64}$/.test(digest)) throw invalid$1("unsupported digest algorithm");
	const reference = {
		domain: matchedDomain,
		path
	};
	if (tag !== void 0) reference.tag = tag;
	if (digest !== void 0) reference.digest = digest;
	return reference;
}
function splitDomain(text) {
	const slash = text.indexOf("/");
	const first = text.slice(0, Math.max(slash, 0));
	const isDomain = slash > 0 && (/[.:]/.test(first) || first === "localhost" || first !== first.toLowerCase());
	let domain = isDomain ? first : DEFAULT_DOMAIN;
	let remainder = isDomain ? text.slice(slash + 1) : text;
	if (domain === LEGACY_DOMAIN) domain = DEFAULT_DOMAIN;
	if (domain === DEFAULT_DOMAIN && !remainder.includes("/")) remainder = OFFICIAL_PREFIX + remainder;
	return {
		domain,
		remainder
	};
}
/** The same with tag `latest` where it has neither tag nor digest. */
function withDefaultTag(reference) {
	return reference.tag !== void 0 || reference.digest !== void 0 ? reference : {
		...reference,
		tag: DEFAULT_TAG
	};
}
/** `docker.io/library/busybox`. */
function repositoryOf({ domain, path }) {
	return `${domain}/${path}`;
}
/** `docker.io/library/busybox:latest`: the form under which references are kept. */
function canonicalString(reference) {
	return repositoryOf(reference) + suffixOf(reference);
}
/** `busybox`: what people see. */
function familiarName({ domain, path }) {
	if (domain !== DEFAULT_DOMAIN) return `${domain}/${path}`;
	return path.startsWith(OFFICIAL_PREFIX) && !path.slice(8).includes("/") ? path.slice(8) : path;
}
/** `busybox:latest`. */
function familiarString(reference) {
	return familiarName(reference) + suffixOf(reference);
}
function suffixOf({ tag, digest }) {
	return `${tag === void 0 ? "" : `:${tag}`}${digest === void 0 ? "" : `@${digest}`}`;
}
function invalid$1(message) {
	return new EngineError("invalid-parameter", message);
}
// src/graph/content/publish-index.ts
/**
* Writes the content store's `index.json` anew, so that other tools find the images in the directory: each name
* is an entry, and so is each image without a name.
*/
function publishIndex({ content, images }) {
	const manifests = images.list().flatMap((image) => {
		const descriptor = images.descriptorOf(image);
		if (image.repoTags.length === 0) return [descriptor];
		return image.repoTags.map((name) => ({
			...descriptor,
			annotations: nameAnnotations(name)
		}));
	});
	content.writeIndex({
		schemaVersion: 2,
		mediaType: OCI_INDEX,
		manifests
	});
}
function nameAnnotations(name) {
	const reference = parseReference(name);
	return {
		[IMAGE_NAME_ANNOTATION]: canonicalString(reference),
		[REF_NAME_ANNOTATION]: familiarString(reference)
	};
}
// src/graph/content/sync-layers.ts
const running = /* @__PURE__ */ new WeakMap();
/**
* Starts writing unpacked layers to disk, in the background. Until that is done they count as suspect after a
* power failure, and are unpacked again: their blobs were synced before.
*/
function syncLayers(parts) {
	const before = running.get(parts) ?? Promise.resolve();
	running.set(parts, before.then(() => sync(parts)).catch(() => void 0));
}
/** Settles when nothing is being synced. */
async function whenSynced(parts) {
	await running.get(parts);
}
async function sync({ root, layers }) {
	const { current } = layers.unsynced();
	if (current.length === 0) return;
	const fd = openSync(root, "r");
	try {
		await syscallAsync("syncfs", root, fd);
	} finally {
		closeSync(fd);
	}
	layers.markSynced(current);
}
// src/graph/layers/chain-id.ts
/** The chain IDs of an image's layers, bottom first (OCI image-spec config.md, "Layer ChainID"). */
function chainIdsOf(diffIds) {
	const chainIds = [];
	for (const diffId of diffIds) {
		const parent = chainIds.at(-1);
		chainIds.push(parent === void 0 ? diffId : digestOf(`${parent} ${diffId}`));
	}
	return chainIds;
}
// src/graph/images/store-image.ts
/**
* Puts an image into the graph: its content, its unpacked layers, and at last, when all is whole, its record.
* On failure, what it brought and nothing else uses is removed again. An image that is there already is fine.
* @returns its id
* @throws EngineError invalid-parameter when layers and configuration do not fit each other
*/
async function storeImage(parts, image) {
	const diffIds = JSON.parse(image.rawConfig.toString()).rootfs.diff_ids;
	if (diffIds.length !== image.layers.length) throw new EngineError("invalid-parameter", `invalid manifest, layers length mismatch: expected ${diffIds.length}, got ${image.layers.length}`);
	const rawManifest = image.rawManifest ?? makeManifest(image);
	const [id, manifest] = [digestOf(image.rawConfig), digestOf(rawManifest)];
	const chainIds = chainIdsOf(diffIds);
	const blobs = [.../* @__PURE__ */ new Set([
		id,
		manifest,
		...image.layers.map(({ digest }) => digest)
	])];
	const held = [...blobs, ...chainIds];
	const isKnown = parts.images.has(id);
	for (const key of held) parts.leases.hold(key);
	try {
		await settleAll([
			parts.content.put(image.rawConfig),
			parts.content.put(rawManifest),
			...image.layers.map((layer) => layer.commit()),
			unpackLayers(parts, image, diffIds)
		]);
		const sizeBytes = chainIds.reduce((sum, chainId) => sum + parts.layers.sizeBytes(chainId), 0);
		parts.images.add({
			id,
			manifest,
			chainId: chainIds.at(-1) ?? null,
			sizeBytes,
			blobs
		});
		for (const reference of image.references ?? []) parts.images.tag(reference, id);
		publishIndex(parts);
	} finally {
		for (const key of held) parts.leases.release(key);
		if (isKnown || !parts.images.has(id)) removeUnreferenced(parts, {
			blobs,
			chainIds: chainIds.reverse()
		});
	}
	syncLayers(parts);
	return id;
}
/** Bottom first, or all at once where the driver allows it. */
async function unpackLayers(parts, image, diffIds) {
	const chainIds = chainIdsOf(diffIds);
	const unpack = (index) => {
		const { digest, fd, compression } = image.layers[index];
		return parts.layers.add({
			chainId: chainIds[index],
			parent: chainIds[index - 1],
			diffId: diffIds[index],
			blob: digest,
			fd,
			compression,
			progress: (read) => image.progress?.(index, read)
		});
	};
	if (parts.driver.independentLayers) await settleAll(chainIds.map((_, index) => unpack(index)));
	else for (const index of chainIds.keys()) await unpack(index);
}
/** Waits for all of them, so that nothing is still at work when the first failure is thrown. */
async function settleAll(tasks) {
	const failed = (await Promise.allSettled(tasks)).find((result) => result.status === "rejected");
	if (failed !== void 0) throw failed.reason;
}
function makeManifest({ rawConfig, layers }) {
	const manifest = {
		schemaVersion: 2,
		mediaType: OCI_MANIFEST,
		config: {
			mediaType: OCI_CONFIG,
			digest: digestOf(rawConfig),
			size: rawConfig.length
		},
		layers: layers.map(({ digest, sizeBytes, compression }) => ({
			mediaType: compression === "none" ? OCI_LAYER : `${OCI_LAYER}+${compression}`,
			digest,
			size: sizeBytes
		}))
	};
	return Buffer.from(JSON.stringify(manifest));
}
// src/graph/platform.ts
const ARCHITECTURES = {
	x86_64: "amd64",
	"x86-64": "amd64",
	aarch64: "arm64",
	armhf: "arm",
	i386: "386"
};
/** The machine's architecture as images call it (Go's GOARCH). */
function hostArchitecture() {
	return {
		x64: "amd64",
		ia32: "386"
	}[process.arch] ?? process.arch;
}
/**
* `os/architecture[/variant]`, or one of the first two alone; the machine's own where nothing is said.
* @throws EngineError invalid-parameter
*/
function parsePlatform(text) {
	const host = {
		architecture: hostArchitecture(),
		os: "linux"
	};
	if (text === void 0 || text === "") return host;
	const parts = text.toLowerCase().split("/");
	if (parts.length > 3 || parts.some((part) => !/^[a-z0-9_.-]+$/.test(part))) throw new EngineError("invalid-parameter", `"${text}" is an invalid OS/architecture specifier`);
	const [os = "", architecture, variant] = parts.length === 1 && parts[0] !== "linux" ? ["linux", parts[0]] : parts;
	if (os !== "linux") throw new EngineError("invalid-parameter", "operating system is not supported");
	const name = architecture ?? host.architecture;
	return {
		architecture: ARCHITECTURES[name] ?? name,
		os,
		...variant === void 0 ? {} : { variant }
	};
}
// src/graph/import/healthcheck-instruction.ts
const DURATIONS = {
	interval: "Interval",
	timeout: "Timeout",
	"start-period": "StartPeriod",
	"start-interval": "StartInterval"
};
const NS_PER_UNIT = {
	ns: 1,
	us: 1e3,
	µs: 1e3,
	ms: 1e6,
	s: 1e9,
	m: 6e10,
	h: 36e11
};
/**
* `NONE`, or `[--interval=… --timeout=… --start-period=… --start-interval=… --retries=…] CMD command`. `command`
* tells a list from a line for the shell.
* @throws EngineError invalid-parameter
*/
function parseHealthcheck(text, command) {
	const healthcheck = {};
	let rest = text;
	for (let flag = nextFlag(rest); flag !== null; flag = nextFlag(rest)) {
		const [whole, name = "", value = ""] = flag;
		const field = DURATIONS[name];
		if (field !== void 0) healthcheck[field] = durationNs(value);
		else if (name === "retries") healthcheck.Retries = Number(value);
		else throw new EngineError("invalid-parameter", `Unknown flag: ${name}`);
		rest = rest.slice(whole.length);
	}
	const [, type = "", probe = ""] = /^(\S*)\s*(.*)$/s.exec(rest) ?? [];
	if (type.toUpperCase() === "NONE") return { Test: ["NONE"] };
	if (type.toUpperCase() !== "CMD") throw new EngineError("invalid-parameter", `Unknown type "${type}" in HEALTHCHECK (try CMD)`);
	if (probe === "") throw new EngineError("invalid-parameter", "Missing command after HEALTHCHECK CMD");
	const list = command(probe);
	const isShell = list[0] === "/bin/sh" && list[1] === "-c" && !probe.startsWith("[");
	return {
		...healthcheck,
		Test: isShell ? ["CMD-SHELL", probe] : ["CMD", ...list]
	};
}
function nextFlag(text) {
	return /^--([a-z-]+)=(\S+)\s+/.exec(text);
}
/** Go's durations: `1m30s`. */
function durationNs(text) {
	const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)/g)];
	if (parts.length === 0 || parts.map(([part]) => part).join("") !== text) throw new EngineError("invalid-parameter", `time: invalid duration "${text}"`);
	return parts.reduce((sum, [, value, unit]) => sum + Number(value) * (NS_PER_UNIT[unit ?? ""] ?? 0), 0);
}
// src/graph/import/shell-words.ts
/**
* Splits at white space outside of quotes, takes quotes and backslashes away, and replaces `$NAME`, `${NAME}`,
* `${NAME:-default}` and `${NAME:+other}` outside of single quotes (Dockerfile reference, "Environment
* replacement").
* @throws EngineError invalid-parameter for a quote or a brace without end
*/
function shellWords(text, environment) {
	const words = [];
	let word;
	let quote = "";
	for (let index = 0; index < text.length; index++) {
		const character = text[index];
		if (quote === "" && /\s/.test(character)) {
			if (word !== void 0) words.push(word);
			word = void 0;
		} else if (character === quote) quote = "";
		else if (quote === "" && /['"]/.test(character)) {
			quote = character;
			word ??= "";
		} else if (character === "\\" && quote !== "'") {
			const next = text[++index] ?? "";
			word = (word ?? "") + (quote === "\"" && !/["$\\]/.test(next) ? `\\${next}` : next);
		} else if (character === "$" && quote !== "'") {
			const { value, length } = expand(text.slice(index), environment);
			word = (word ?? "") + value;
			index += length - 1;
		} else word = (word ?? "") + character;
	}
	if (quote !== "") throw new EngineError("invalid-parameter", `unexpected end of statement while looking for matching ${quote}`);
	if (word !== void 0) words.push(word);
	return words;
}
function expand(text, environment) {
	const plain = /^\$([A-Za-z_]\w*)/.exec(text);
	if (plain !== null) return {
		value: environment.get(plain[1] ?? "") ?? "",
		length: plain[0].length
	};
	if (!text.startsWith("${")) return {
		value: "$",
		length: 1
	};
	const braced = /^\$\{(\w+)(?::([-+])([^}]*))?\}/.exec(text);
	if (braced === null) throw new EngineError("invalid-parameter", `unsupported modifier in substitution: ${text}`);
	const [whole, name = "", operator, other = ""] = braced;
	const value = environment.get(name) ?? "";
	if (operator === "-" && value === "") return {
		value: other,
		length: whole.length
	};
	if (operator === "+") return {
		value: value === "" ? "" : other,
		length: whole.length
	};
	return {
		value,
		length: whole.length
	};
}
// src/graph/import/apply-changes.ts
const INSTRUCTIONS = {
	CMD: (config, rest) => {
		config.Cmd = command(rest);
	},
	ENTRYPOINT: (config, rest) => {
		config.Entrypoint = command(rest);
	},
	ENV: (config, rest) => {
		const environment = environmentOf(config);
		for (const [name, value] of keyValues("ENV", rest, environment)) environment.set(name, value);
		config.Env = [...environment].map(([name, value]) => `${name}=${value}`);
	},
	LABEL: (config, rest) => {
		const labels = keyValues("LABEL", rest, environmentOf(config));
		config.Labels = {
			...config.Labels,
			...Object.fromEntries(labels)
		};
	},
	EXPOSE: (config, rest) => {
		for (const word of words(config, "EXPOSE", rest)) for (const port of portsOf(word)) config.ExposedPorts = {
			...config.ExposedPorts,
			[port]: {}
		};
	},
	VOLUME: (config, rest) => {
		for (const path of jsonList(rest) ?? words(config, "VOLUME", rest)) {
			if (path.trim() === "") throw invalid("VOLUME specified can not be an empty string");
			config.Volumes = {
				...config.Volumes,
				[path]: {}
			};
		}
	},
	USER: (config, rest) => {
		config.User = oneWord(config, "USER", rest);
	},
	STOPSIGNAL: (config, rest) => {
		config.StopSignal = oneWord(config, "STOPSIGNAL", rest);
	},
	WORKDIR: (config, rest) => {
		config.WorkingDir = posix.resolve(config.WorkingDir || "/", oneWord(config, "WORKDIR", rest));
	},
	HEALTHCHECK: (config, rest) => {
		config.Healthcheck = parseHealthcheck(rest, command);
	},
	ONBUILD: (config, rest) => {
		const trigger = (rest.split(/\s/, 1)[0] ?? "").toUpperCase();
		if (trigger === "ONBUILD") throw invalid("Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed");
		if (trigger === "FROM" || trigger === "MAINTAINER") throw invalid(`${trigger} isn't allowed as an ONBUILD trigger`);
		config.OnBuild = [...config.OnBuild ?? [], rest];
	}
};
/**
* A configuration with Dockerfile instructions applied, as `--change` of import and commit has them: CMD,
* ENTRYPOINT, ENV, EXPOSE, HEALTHCHECK, LABEL, ONBUILD, STOPSIGNAL, USER, VOLUME, WORKDIR.
* @throws EngineError invalid-parameter
*/
function applyChanges(config, changes) {
	const result = structuredClone(config);
	for (const line of changes.flatMap((change) => change.split("\n"))) {
		const match = /^\s*(\S+)\s*(.*?)\s*$/s.exec(line);
		if (match === null || line.trim().startsWith("#")) continue;
		const [, name = "", rest = ""] = match;
		const instruction = INSTRUCTIONS[name.toUpperCase()];
		if (instruction === void 0) throw invalid(`${name.toLowerCase()} is not a valid change command`);
		if (rest === "") throw invalid(`${name.toUpperCase()} requires at least one argument`);
		instruction(result, rest);
	}
	return result;
}
/** A JSON list, or a line for the shell. */
function command(text) {
	return jsonList(text) ?? [
		"/bin/sh",
		"-c",
		text
	];
}
function jsonList(text) {
	if (!text.startsWith("[")) return void 0;
	try {
		const list = JSON.parse(text);
		return Array.isArray(list) && list.every((item) => typeof item === "string") ? list : void 0;
	} catch {
		return;
	}
}
/** `A=b C="d e"`, or the old `A the rest`. */
function keyValues(instruction, rest, environment) {
	const old = /^([^\s=]+)\s+(.+)$/s.exec(rest);
	if (old !== null) return [[old[1] ?? "", shellWords(old[2] ?? "", environment).join(" ")]];
	return shellWords(rest, environment).map((word) => {
		const equals = word.indexOf("=");
		if (equals < 0) throw invalid(`Syntax error - can't find = in "${word}". Must be of the form: name=value`);
		if (equals === 0) throw invalid(`${instruction} names can not be blank`);
		return [word.slice(0, equals), word.slice(equals + 1)];
	});
}
function words(config, instruction, rest) {
	const list = shellWords(rest, environmentOf(config));
	if (list.length === 0) throw invalid(`${instruction} requires at least one argument`);
	return list;
}
function oneWord(config, instruction, rest) {
	const list = words(config, instruction, rest);
	if (list.length > 1) throw invalid(`${instruction} requires exactly one argument`);
	return list[0] ?? "";
}
function environmentOf({ Env }) {
	return new Map((Env ?? []).map((entry) => {
		const equals = entry.indexOf("=");
		return equals < 0 ? [entry, ""] : [entry.slice(0, equals), entry.slice(equals + 1)];
	}));
}
/** `80`, `53/udp`, `8000-8002/tcp`. */
function portsOf(word) {
	const match = /^(\d{1,5})(?:-(\d{1,5}))?(?:\/(tcp|udp|sctp))?$/i.exec(word);
	const start = Number(match?.[1]);
	const end = Number(match?.[2] ?? start);
	if (match === null || end < start || end > 65535) throw invalid(`invalid containerPort: ${word}`);
	const protocol = (match[3] ?? "tcp").toLowerCase();
	return Array.from({ length: end - start + 1 }, (_, index) => `${start + index}/${protocol}`);
}
function invalid(message) {
	return new EngineError("invalid-parameter", message);
}
// src/graph/import/import-archive.ts
/**
* `docker import`: a root file system's tar, compressed or not, becomes an image of one layer.
* @returns its id
* @throws EngineError invalid-parameter for bad options or a bad archive
*/
async function importArchive(parts, archive, options) {
	const { message } = options;
	return importLayer(parts, archive, {
		reference: options.reference === "" ? void 0 : importReference(options.reference),
		config: applyChanges({}, options.changes),
		message,
		created: (/* @__PURE__ */ new Date()).toISOString(),
		platform: options.platform
	});
}
/** An image of one layer, as everything is known of it. The same arguments give the same image. */
async function importLayer(parts, archive, options) {
	const { message, created, createdBy, config } = options;
	const platform = parsePlatform(options.platform);
	const layer = parts.content.ingest();
	try {
		for await (const chunk of decompressed(archive)) layer.write(chunk);
		const image = {
			...platform,
			created,
			...message === "" ? {} : { comment: message },
			config,
			rootfs: {
				type: "layers",
				diff_ids: [layer.digest]
			},
			history: [{
				created,
				...createdBy === void 0 ? {} : { created_by: createdBy },
				...message === "" ? {} : { comment: message }
			}]
		};
		const { digest, sizeBytes, fd } = layer;
		return await storeImage(parts, {
			rawConfig: Buffer.from(JSON.stringify(image)),
			layers: [{
				digest,
				sizeBytes,
				fd,
				compression: "none",
				commit: () => layer.commit()
			}],
			references: options.reference === void 0 ? [] : [options.reference]
		});
	} finally {
		layer.discard();
	}
}
function importReference(text) {
	const reference = withDefaultTag(parseReference(text));
	if (reference.digest !== void 0) throw new EngineError("invalid-parameter", "cannot import digest reference");
	return reference;
}
// src/graph/bootstrap/tree-archive.ts
/** A tar of these files, in this order. All of them have the same time. */
function treeArchive(files, mtimeNs) {
	const chunks = files.flatMap(({ content, ...given }) => {
		const data = Buffer.from(content ?? "");
		return [
			encodeTarEntry(tarEntry({
				mtimeNs,
				size: data.length,
				...given
			})),
			data,
			tarPadding(data.length)
		];
	});
	return Readable.from([Buffer.concat([...chunks, TAR_END])]);
}
// src/graph/bootstrap/busybox.ts
const PROGRAM = "/bin/busybox";
const PATH$1 = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
const PASSWD = `root:x:0:0:root:/root:/bin/sh
daemon:x:1:1:daemon:/usr/sbin:/bin/false
bin:x:2:2:bin:/bin:/bin/false
sys:x:3:3:sys:/dev:/bin/false
sync:x:4:100:sync:/bin:/bin/sync
mail:x:8:8:mail:/var/spool/mail:/bin/false
www-data:x:33:33:www-data:/var/www:/bin/false
operator:x:37:37:Operator:/var:/bin/false
nobody:x:65534:65534:nobody:/home:/bin/false
`;
const GROUP = `root:x:0:
daemon:x:1:
bin:x:2:
sys:x:3:
adm:x:4:
tty:x:5:
disk:x:6:
lp:x:7:
mail:x:8:
kmem:x:9:
wheel:x:10:root
cdrom:x:11:
dialout:x:18:
floppy:x:19:
video:x:28:
audio:x:29:
tape:x:32:
www-data:x:33:
operator:x:37:
utmp:x:43:
plugdev:x:46:
staff:x:50:
lock:x:54:
netdev:x:82:
users:x:100:
nobody:x:65534:
`;
const SHADOW = PASSWD.replace(/^([^:]+):.*$/gm, (_line, name) => `${name}:*::0:99999:7:::`);
/**
* `busybox:latest` from the machine's own static busybox (Debian's busybox-static), laid out as Docker's image
* of that name. The same busybox gives the same image.
* @throws EngineError unavailable without it
*/
async function bootstrapBusybox(parts) {
	const applets = await listApplets();
	const seconds = Math.floor(statSync(PROGRAM).mtimeMs / 1e3);
	return importLayer(parts, treeArchive(filesOf(readFileSync(PROGRAM), applets), BigInt(seconds) * 1000000000n), {
		reference: parseReference("busybox:latest"),
		config: {
			Cmd: ["sh"],
			Env: [`PATH=${PATH$1}`]
		},
		message: "",
		created: (/* @__PURE__ */ new Date(seconds * 1e3)).toISOString().replace(".000Z", "Z"),
		createdBy: "slipway: made from busybox-static"
	});
}
async function listApplets() {
	const missing = (cause) => new EngineError("unavailable", `a statically linked ${PROGRAM} is needed for the image busybox`, {
		cause,
		hint: "Install it: apt-get install busybox-static"
	});
	const { stdout } = await promisify(execFile)(PROGRAM, ["--list"]).catch((error) => {
		throw missing(error);
	});
	if (!isStatic(readFileSync(PROGRAM))) throw missing();
	return stdout.split("\n").filter((name) => /^[\w[\].+-]+$/.test(name) && name !== "busybox");
}
/** No program header of type PT_INTERP (elf(5)); little endian, 64 bits. */
function isStatic(elf) {
	const [offset, size, count] = [
		Number(elf.readBigUInt64LE(32)),
		elf.readUInt16LE(54),
		elf.readUInt16LE(56)
	];
	return Array.from({ length: count }, (_, index) => elf.readUInt32LE(offset + index * size)).every((type) => type !== 3);
}
function filesOf(program, applets) {
	const directory = (path, mode = 493) => ({
		path,
		type: "directory",
		mode
	});
	const names = ["busybox", ...applets].sort();
	return [
		directory("bin/"),
		{
			path: "bin/busybox",
			mode: 493,
			content: program
		},
		...names.filter((name) => name !== "busybox").map((name) => ({
			path: `bin/${name}`,
			type: "hardlink",
			linkPath: "bin/busybox",
			mode: 493
		})),
		directory("dev/"),
		directory("etc/"),
		{
			path: "etc/group",
			content: GROUP
		},
		{
			path: "etc/nsswitch.conf",
			content: "passwd: files\ngroup: files\nhosts: files dns\n"
		},
		{
			path: "etc/passwd",
			content: PASSWD
		},
		{
			path: "etc/shadow",
			mode: 416,
			content: SHADOW
		},
		directory("home/"),
		directory("proc/"),
		directory("root/", 448),
		directory("sys/"),
		directory("tmp/", 1023),
		directory("usr/"),
		directory("usr/bin/"),
		{
			path: "usr/bin/env",
			type: "symlink",
			linkPath: "../../bin/env"
		},
		directory("usr/sbin/"),
		directory("var/"),
		directory("var/spool/"),
		directory("var/spool/mail/"),
		directory("var/www/")
	];
}
// src/graph/bootstrap/debian.ts
const DEFAULT_SUITE = "stable";
const PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
/**
* `debian:suite` through mmdebstrap, from the machine's Debian mirror: the packages that Docker's image has.
* `latest` is Debian's stable.
* @throws EngineError unavailable without mmdebstrap, or when it fails (no such suite, no mirror)
*/
async function bootstrapDebian(parts, tag, progress) {
	const reference = parseReference(`debian:${tag}`);
	const suite = tag === "latest" ? DEFAULT_SUITE : tag;
	progress({
		status: `Making debian:${tag} with mmdebstrap`,
		id: suite
	});
	const { output, done } = runMmdebstrap(suite, progress);
	const created = /* @__PURE__ */ new Date();
	created.setMilliseconds(0);
	return importLayer(parts, untilDone(output, done), {
		reference,
		config: {
			Cmd: ["bash"],
			Env: [`PATH=${PATH}`]
		},
		message: "",
		created: created.toISOString(),
		createdBy: `slipway: mmdebstrap --variant=minbase ${suite}`
	});
}
/** The output, and then whatever `done` says: an archive of a program that failed must not become an image. */
async function* untilDone(output, done) {
	for await (const chunk of output) yield chunk;
	await done;
}
function runMmdebstrap(suite, progress) {
	const child = spawn("mmdebstrap", [
		"--variant=minbase",
		"--mode=auto",
		"--format=tar",
		"--skip=output/dev",
		suite,
		"-"
	], { stdio: [
		"ignore",
		"pipe",
		"pipe"
	] });
	const messages = [];
	child.stderr.setEncoding("utf8").on("data", (text) => {
		for (const line of text.split("\n").filter(Boolean)) {
			messages.push(line);
			if (line.startsWith("I: ")) progress({
				status: line.slice(3),
				id: suite
			});
		}
	});
	const done = new Promise((resolve, reject) => {
		child.on("error", (cause) => reject(startError$1(cause)));
		child.on("close", (code) => {
			if (code === 0) resolve();
			else reject(new EngineError("unavailable", `mmdebstrap failed: ${messages.slice(-5).join("; ")}`));
		});
	});
	done.catch(() => void 0);
	return {
		output: child.stdout,
		done
	};
}
function startError$1(cause) {
	if (errorCode(cause) !== "ENOENT") return new EngineError("system", `mmdebstrap: ${cause.message}`, { cause });
	return new EngineError("unavailable", "mmdebstrap is needed to make Debian images", {
		cause,
		hint: "Install it: apt-get install mmdebstrap"
	});
}
// src/graph/bootstrap/package-file.ts
/** A file of this package, whether the sources run or a bundle. Undefined when it is missing. */
function packageFile(path) {
	for (let directory = new URL(".", import.meta.url);; directory = new URL("..", directory)) {
		const file = fileURLToPath(new URL(path, directory));
		if (existsSync(file)) return file;
		if (directory.pathname === "/") return void 0;
	}
}
// src/graph/bootstrap/hello.ts
/** When the image was first made; a fixed time, so that the same program gives the same image. */
const CREATED = "2026-11-01T00:00:00Z";
/** `hello:latest`: one static program (shim/hello.c) that says that all works. */
async function bootstrapHello(parts) {
	const program = packageFile("shim/bin/hello");
	if (program === void 0) throw new EngineError("unavailable", "the program of the image hello has not been built", { hint: "Run scripts/build-shim (it needs musl-tools)." });
	const mtimeNs = BigInt(Date.parse(CREATED)) * 1000000n;
	return importLayer(parts, treeArchive([{
		path: "hello",
		mode: 493,
		content: readFileSync(program)
	}], mtimeNs), {
		reference: parseReference("hello:latest"),
		config: {
			Cmd: ["/hello"],
			WorkingDir: "/"
		},
		message: "",
		created: CREATED,
		createdBy: "slipway: built-in image hello"
	});
}
// src/graph/bootstrap/bootstrap-image.ts
/**
* Makes an image without a registry: `hello`, `busybox`, or `debian[:suite]`.
* @returns its id
* @throws EngineError not-found for anything else, unavailable when a program is missing (with a hint)
*/
async function bootstrapImage(parts, what, progress) {
	const [name, tag = "latest"] = what.split(":");
	if (name === "debian") return bootstrapDebian(parts, tag, progress);
	if (tag === "latest" && name === "hello") return bootstrapHello(parts);
	if (tag === "latest" && name === "busybox") return bootstrapBusybox(parts);
	throw new EngineError("not-found", `no recipe for an image ${what}`, { hint: "There are recipes for hello, busybox and debian[:suite]." });
}
// src/graph/content/ingest.ts
const syncData = promisify(fdatasync);
/**
* Content on its way into the store: written to a temporary file and hashed, then, once `commit` has verified
* and synced it, found under its digest. Nothing of it is left after `discard`, nor after a crash.
*/
var Ingest = class {
	sizeBytes = 0;
	#path;
	#blobs;
	#hash = createHash("sha256");
	#fd;
	#digest;
	#committed;
	/** @param path a new file; `blobs`: the directory of finished ones, on the same file system */
	constructor(path, blobs) {
		this.#path = path;
		this.#blobs = blobs;
		this.#fd = openSync(path, "wx+", 420);
	}
	write(chunk) {
		this.#hash.update(chunk);
		this.sizeBytes += chunk.length;
		for (let done = 0; done < chunk.length;) done += writeSync(this.#fd, chunk, done);
	}
	/** Of all that was written. Nothing can be written after the first look at it. */
	get digest() {
		this.#digest ??= `sha256:${this.#hash.digest("hex")}`;
		return this.#digest;
	}
	/** For reading what was written; valid until `discard` or `close`. */
	get fd() {
		return this.#fd;
	}
	/**
	* Makes the content permanent. A second call has no effect.
	* @throws EngineError data-loss when its digest or size is not the expected one
	*/
	commit(expected = {}) {
		this.#committed ??= this.#commit(expected);
		return this.#committed;
	}
	async #commit(expected) {
		const { digest, sizeBytes } = this;
		if (expected.digest !== void 0 && expected.digest !== digest) throw new EngineError("data-loss", `content has the digest ${digest}, expected ${expected.digest}`);
		if (expected.sizeBytes !== void 0 && expected.sizeBytes !== sizeBytes) throw new EngineError("data-loss", `content has ${sizeBytes} bytes, expected ${expected.sizeBytes}`);
		const target = `${this.#blobs}/${hexOf(digest)}`;
		if (existsSync(target)) return;
		await syncData(this.#fd);
		renameSync(this.#path, target);
	}
	/** Ends the use of {@link fd}, and removes what was not committed. Idempotent. */
	discard() {
		if (this.#fd < 0) return;
		closeSync(this.#fd);
		this.#fd = -1;
		rmSync(this.#path, { force: true });
	}
};
// src/graph/content/content-store.ts
/**
* Content by digest, in a directory that is an OCI image layout: `oci-layout`, `index.json` and
* `blobs/sha256/`. What is in `blobs` is whole: it was verified and synced before it got there.
*/
var ContentStore = class {
	root;
	#blobs;
	#ingests;
	/** Makes the directories, and throws away what an earlier process did not finish. */
	constructor(root) {
		this.root = root;
		this.#blobs = `${root}/blobs/sha256`;
		this.#ingests = `${root}/ingest`;
		rmSync(this.#ingests, {
			recursive: true,
			force: true
		});
		mkdirSync(this.#blobs, { recursive: true });
		mkdirSync(this.#ingests, { recursive: true });
		if (!existsSync(`${root}/oci-layout`)) replaceFile(`${root}/oci-layout`, OCI_LAYOUT);
	}
	pathOf(digest) {
		return `${this.#blobs}/${hexOf(digest)}`;
	}
	has(digest) {
		return existsSync(this.pathOf(digest));
	}
	/** @throws EngineError not-found */
	sizeOf(digest) {
		const stat = statSync(this.pathOf(digest), { throwIfNoEntry: false });
		if (stat === void 0) throw notFound$1(digest);
		return stat.size;
	}
	/**
	* All of it, verified; for small content (manifests, configurations).
	* @throws EngineError not-found, data-loss
	*/
	read(digest) {
		let data;
		try {
			data = readFileSync(this.pathOf(digest));
		} catch (error) {
			throw errorCode(error) === "ENOENT" ? notFound$1(digest) : error;
		}
		if (digestOf(data) !== digest) throw new EngineError("data-loss", `content ${digest} is damaged: it hashes to ${digestOf(data)}`);
		return data;
	}
	/** A descriptor; the caller closes it. @throws EngineError not-found */
	open(digest) {
		try {
			return openSync(this.pathOf(digest), "r");
		} catch (error) {
			throw errorCode(error) === "ENOENT" ? notFound$1(digest) : error;
		}
	}
	/** New content, to be written; the caller commits or discards it. */
	ingest() {
		return new Ingest(`${this.#ingests}/${randomBytes(12).toString("hex")}`, this.#blobs);
	}
	/** Small content at once, permanent on return. */
	async put(data) {
		const ingest = this.ingest();
		try {
			ingest.write(data);
			await ingest.commit();
			return ingest.digest;
		} finally {
			ingest.discard();
		}
	}
	/** Idempotent. */
	remove(digest) {
		rmSync(this.pathOf(digest), { force: true });
	}
	/** Everything there is. */
	digests() {
		return readdirSync(this.#blobs).map((name) => `sha256:${name}`).filter(isDigest);
	}
	/** What other tools read to find the images. It can be derived again, so it is not synced. */
	writeIndex(index) {
		replaceFile(`${this.root}/index.json`, JSON.stringify(index));
	}
};
function replaceFile(path, content) {
	writeFileSync(`${path}.new`, content);
	renameSync(`${path}.new`, path);
}
function notFound$1(digest) {
	return new EngineError("not-found", `content ${digest}: not found`);
}
// src/graph/database.ts
/**
* - A layer is there when it has a row; its directory belongs to the graph driver. `unsynced_boot` is the boot
*   id of the kernel under which it was unpacked, until its files are known to be on disk.
* - An image keeps its manifest's blobs (`image_blobs`), and its layers through `chain_id`, NULL for none.
* - A container's writable layer keeps the layers below it, whatever becomes of its image.
*/
const IMAGE_TABLES = `
CREATE TABLE IF NOT EXISTS images (
  id TEXT PRIMARY KEY,
  manifest TEXT NOT NULL,
  chain_id TEXT,
  parent TEXT,
  size_bytes INTEGER NOT NULL,
  last_tagged_at TEXT
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS image_blobs (
  image_id TEXT NOT NULL REFERENCES images ON DELETE CASCADE,
  digest TEXT NOT NULL,
  PRIMARY KEY (image_id, digest)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS image_blobs_by_digest ON image_blobs (digest);
CREATE TABLE IF NOT EXISTS image_references (
  name TEXT PRIMARY KEY,
  repository TEXT NOT NULL,
  image_id TEXT NOT NULL REFERENCES images
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS image_references_by_image ON image_references (image_id);
`;
const DRIVER_TABLES = `
CREATE TABLE IF NOT EXISTS driver.layers (
  chain_id TEXT PRIMARY KEY,
  parent TEXT,
  diff_id TEXT NOT NULL,
  blob TEXT NOT NULL,
  size_bytes INTEGER NOT NULL,
  unsynced_boot TEXT
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS driver.container_layers (
  container_id TEXT PRIMARY KEY,
  image_id TEXT NOT NULL,
  chain_id TEXT
) STRICT, WITHOUT ROWID;
`;
/**
* The graph's records: images and their names in `graph.db`, and, in a database of each graph driver's own,
* which layers it has: after a change of driver the images are there as before, and their layers are unpacked
* anew. One process at a time uses them.
*/
function openDatabase(root, driver) {
	const database = new DatabaseSync(`${root}/graph.db`, {
		enableForeignKeyConstraints: true,
		timeout: 5e3
	});
	database.prepare("ATTACH DATABASE ? AS driver").run(`${root}/${driver}/layers.db`);
	for (const schema of ["main", "driver"]) database.exec(`PRAGMA ${schema}.journal_mode = WAL; PRAGMA ${schema}.synchronous = NORMAL;`);
	database.exec(IMAGE_TABLES + DRIVER_TABLES);
	return database;
}
/** Runs `task` as one transaction: all of it happens, or, when it throws, nothing. */
function transaction$1(database, task) {
	database.exec("BEGIN IMMEDIATE");
	try {
		const result = task();
		database.exec("COMMIT");
		return result;
	} catch (error) {
		database.exec("ROLLBACK");
		throw error;
	}
}
// src/graph/graphdriver/file-system-name.ts
/** Magic numbers of statfs(2) (linux/magic.h), with the names that Docker shows. */
const NAMES = /* @__PURE__ */ new Map([
	[61267, "extfs"],
	[1481003842, "xfs"],
	[2435016766, "btrfs"],
	[16914836, "tmpfs"],
	[2035054128, "overlayfs"],
	[801189825, "zfs"],
	[4076150800, "f2fs"],
	[26985, "nfs"],
	[3393526350, "bcachefs"]
]);
function fileSystemName(magic) {
	return NAMES.get(magic) ?? "<unknown>";
}
// src/graph/graphdriver/remove-directory.ts
/** So many files are removed one by one on libuv's pool; what has more is left to a rooted thread. */
const SMALL_TREE_FILES = 64;
/**
* Removes a directory of the driver's. It vanishes at once, by being renamed into `trash` (a directory on the
* same file system); the promise settles when its files have gone, too. A missing directory is fine.
*/
async function removeDirectory(path, trash, threads) {
	const doomed = `${trash}/${basename(path)}-${randomBytes(6).toString("hex")}`;
	try {
		renameSync(path, doomed);
	} catch (error) {
		if (errorCode(error) === "ENOENT") return;
		throw error;
	}
	if (await removeSmallTree(doomed, { files: SMALL_TREE_FILES })) return;
	await threads.run({
		kind: "remove",
		root: trash,
		name: basename(doomed)
	});
}
/** Has what an earlier process left in `staging` and `trash` removed, in the background. */
function removeLeftovers(staging, trash, threads) {
	for (const name of readdirSync(staging)) renameSync(`${staging}/${name}`, `${trash}/${name}`);
	for (const name of readdirSync(trash)) threads.run({
		kind: "remove",
		root: trash,
		name
	}).catch(() => void 0);
}
/** Whether all is gone: it gives up when there are more files than the budget has. */
async function removeSmallTree(path, budget) {
	for (const entry of await readdir(path, {
		encoding: "buffer",
		withFileTypes: true
	})) {
		if (budget.files-- === 0) return false;
		const child = Buffer.concat([
			Buffer.from(path),
			Buffer.from("/"),
			entry.name
		]);
		if (!entry.isDirectory()) await unlink(child);
		else if (!await removeSmallTree(child, budget)) return false;
	}
	await rmdir(path);
	return true;
}
// src/graph/graphdriver/overlay2.ts
/** overlayfs stacks no more (OVL_MAX_STACK, fs/overlayfs/params.h). */
const MAXIMUM_LAYERS$1 = 500;
/**
* Set whatever the kernel's defaults: a directory that a container renamed is then a copy, and not a pointer
* to a lower layer's, so that each layer's directory says all about it (Docker's "Native Overlay Diff").
*/
const MOUNT_OPTIONS = [
	"index=off",
	"redirect_dir=off",
	"metacopy=off"
];
/**
* Layers as directories that overlayfs merges. Below the root, as in Docker's driver of that name:
*
*     <chain id>/diff    the files of a layer        <chain id>/link    its short name
*     l/<short name>     -> ../<chain id>/diff, for mount options of bearable length
*     <container id>/    diff and work
*     merged/            the directory that every container's overlay is mounted on, each in the container's own
*                        mount namespace; one for all, since removing a directory that is a mount point
*                        anywhere takes the kernel milliseconds
*     staging/, trash/   what is coming and going
*/
var Overlay2 = class {
	name = "overlay2";
	whiteouts = "overlay";
	independentLayers = true;
	#root;
	#threads;
	#links = /* @__PURE__ */ new Map();
	#nextLink;
	/** @throws EngineError unavailable when overlays cannot be mounted there */
	constructor(root, threads) {
		this.#root = root;
		this.#threads = threads;
		for (const name of [
			"",
			"/l",
			"/staging",
			"/trash",
			"/empty",
			"/merged"
		]) mkdirSync(root + name, { recursive: true });
		probe(root);
		removeLeftovers(`${root}/staging`, `${root}/trash`, threads);
		this.#removeStaleLinks();
		this.#nextLink = readdirSync(`${root}/l`).length;
	}
	status() {
		return [
			["Backing Filesystem", fileSystemName(statfsSync(this.#root).type)],
			["Supports d_type", "true"],
			["Using metacopy", "false"],
			["Native Overlay Diff", "true"],
			["userxattr", "false"]
		];
	}
	async stageLayer() {
		const staging = `${this.#root}/staging/${randomBytes(8).toString("hex")}`;
		mkdirSync(staging);
		mkdirSync(`${staging}/diff`, 493);
		return {
			directory: `${staging}/diff`,
			commit: (chainId) => this.#commitLayer(staging, chainId),
			discard: () => removeDirectory(staging, `${this.#root}/trash`, this.#threads)
		};
	}
	#commitLayer(staging, chainId) {
		if (existsSync(this.#layerPath(chainId))) return;
		writeFileSync(`${staging}/link`, this.#makeLink(chainId));
		renameSync(staging, this.#layerPath(chainId));
	}
	#makeLink(chainId) {
		for (;;) {
			const link = (this.#nextLink++).toString(36);
			try {
				symlinkSync(`../${hexOf(chainId)}/diff`, `${this.#root}/l/${link}`);
				return link;
			} catch (error) {
				if (errorCode(error) !== "EEXIST") throw error;
			}
		}
	}
	async removeLayer(chainId) {
		if (!existsSync(this.#layerPath(chainId))) return;
		const link = this.#linkOf(chainId);
		this.#links.delete(chainId);
		rmSync(`${this.#root}/l/${link}`, { force: true });
		await removeDirectory(this.#layerPath(chainId), `${this.#root}/trash`, this.#threads);
	}
	layers() {
		return this.#entries("link").map((name) => `sha256:${name}`);
	}
	layerData(layers) {
		const [top, ...lower] = layers.map((layer) => `${this.#layerPath(layer)}/diff`);
		if (top === void 0) return {};
		const directory = top.slice(0, -5);
		const data = {
			MergedDir: `${directory}/merged`,
			UpperDir: top,
			WorkDir: `${directory}/work`
		};
		return lower.length === 0 ? data : {
			LowerDir: lower.join(":"),
			...data
		};
	}
	async createContainer(containerId, layers) {
		if (layers.length > MAXIMUM_LAYERS$1) throw new EngineError("invalid-parameter", `max depth exceeded: ${layers.length} layers`);
		const directory = this.#containerPath(containerId);
		try {
			mkdirSync(directory, 456);
		} catch (error) {
			if (errorCode(error) !== "EEXIST") throw error;
			throw new EngineError("conflict", `a layer for container ${containerId} exists already`, { cause: error });
		}
		mkdirSync(`${directory}/diff`, 493);
		mkdirSync(`${directory}/work`, 448);
	}
	openContainer(containerId, layers) {
		const directory = this.#containerPath(containerId);
		const upperdir = `${directory}/diff`;
		const workdir = `${directory}/work`;
		const links = layers.map((layer) => `${this.#root}/l/${this.#linkOf(layer)}`);
		const lowerdirs = links.length === 0 ? [`${this.#root}/empty`] : links;
		return {
			rootfs: {
				type: "overlay",
				lowerdirs,
				upperdir,
				workdir,
				target: `${this.#root}/merged`,
				options: MOUNT_OPTIONS
			},
			driverData: {
				LowerDir: layers.map((layer) => `${this.#layerPath(layer)}/diff`).join(":"),
				MergedDir: `${directory}/merged`,
				UpperDir: upperdir,
				WorkDir: workdir
			},
			directories: [upperdir, ...links],
			tree: { lowerdirs: [upperdir, ...lowerdirs] },
			writableDirectory: upperdir
		};
	}
	hasContainer(containerId) {
		return existsSync(`${this.#containerPath(containerId)}/work`);
	}
	removeContainer(containerId) {
		return removeDirectory(this.#containerPath(containerId), `${this.#root}/trash`, this.#threads);
	}
	containers() {
		return this.#entries("work");
	}
	#layerPath(chainId) {
		return `${this.#root}/${hexOf(chainId)}`;
	}
	#containerPath(containerId) {
		if (!/^[\w.-]+$/.test(containerId) || /^(l|staging|trash|empty|merged|\.+)$/.test(containerId)) throw new EngineError("invalid-parameter", `not a container id: ${containerId}`);
		return `${this.#root}/${containerId}`;
	}
	#linkOf(chainId) {
		let link = this.#links.get(chainId);
		if (link === void 0) {
			link = readFileSync(`${this.#layerPath(chainId)}/link`, "utf8");
			this.#links.set(chainId, link);
		}
		return link;
	}
	/** The entries of the root that have a `marker` in them. */
	#entries(marker) {
		return readdirSync(this.#root).filter((name) => existsSync(`${this.#root}/${name}/${marker}`));
	}
	#removeStaleLinks() {
		for (const name of readdirSync(`${this.#root}/l`)) {
			const target = readlinkSync(`${this.#root}/l/${name}`);
			if (!existsSync(`${this.#root}/l/${target}`)) rmSync(`${this.#root}/l/${name}`, { force: true });
		}
	}
};
/** Mounts an overlay, seen by nobody, to know that it works on this file system. */
function probe(root) {
	const directory = `${root}/staging/probe-${randomBytes(4).toString("hex")}`;
	const [lower, upperdir, workdir] = [
		"lower",
		"upper",
		"work"
	].map((name) => `${directory}/${name}`);
	for (const path of [
		lower,
		upperdir,
		workdir
	]) mkdirSync(path, { recursive: true });
	try {
		closeSync(openDetachedOverlay({
			lowerdirs: [lower],
			upperdir,
			workdir
		}));
	} catch (cause) {
		throw new EngineError("unavailable", `overlay2 does not work on ${root}: ${cause.message}`, { cause });
	} finally {
		rmSync(directory, {
			recursive: true,
			force: true
		});
	}
}
// src/graph/graphdriver/vfs.ts
/**
* Each layer and each container is a directory with all files of its own: `layers/<chain id>` and
* `containers/<id>`. It works everywhere, and needs time and space; file systems that can share data between
* files (btrfs, xfs) save the space.
*/
var Vfs = class {
	name = "vfs";
	whiteouts = "apply";
	independentLayers = false;
	#root;
	#threads;
	constructor(root, threads) {
		this.#root = root;
		this.#threads = threads;
		for (const name of [
			"layers",
			"containers",
			"staging",
			"trash"
		]) mkdirSync(`${root}/${name}`, { recursive: true });
		removeLeftovers(`${root}/staging`, `${root}/trash`, threads);
	}
	status() {
		return [["Backing Filesystem", fileSystemName(statfsSync(this.#root).type)]];
	}
	async stageLayer(parent) {
		const name = `staging/${randomBytes(8).toString("hex")}`;
		await this.#makeDirectory(parent, name);
		const directory = `${this.#root}/${name}`;
		return {
			directory,
			commit: (chainId) => {
				if (!existsSync(this.#layerPath(chainId))) renameSync(directory, this.#layerPath(chainId));
			},
			discard: () => this.#remove(directory)
		};
	}
	removeLayer(chainId) {
		return this.#remove(this.#layerPath(chainId));
	}
	layers() {
		return readdirSync(`${this.#root}/layers`).map((name) => `sha256:${name}`);
	}
	layerData() {
		return {};
	}
	async createContainer(containerId, layers) {
		const name = this.#containerName(containerId);
		if (existsSync(`${this.#root}/${name}`)) throw new EngineError("conflict", `a layer for container ${containerId} exists already`);
		const staging = `staging/${randomBytes(8).toString("hex")}`;
		await this.#makeDirectory(layers[0], staging);
		renameSync(`${this.#root}/${staging}`, `${this.#root}/${name}`);
	}
	openContainer(containerId) {
		const path = `${this.#root}/${this.#containerName(containerId)}`;
		return {
			rootfs: {
				type: "bind",
				path
			},
			driverData: {},
			directories: [path],
			tree: path
		};
	}
	hasContainer(containerId) {
		return existsSync(`${this.#root}/${this.#containerName(containerId)}`);
	}
	removeContainer(containerId) {
		return this.#remove(`${this.#root}/${this.#containerName(containerId)}`);
	}
	containers() {
		return readdirSync(`${this.#root}/containers`);
	}
	async #makeDirectory(parent, name) {
		if (parent === void 0) mkdirSync(`${this.#root}/${name}`, 493);
		else await this.#threads.run({
			kind: "copy",
			root: this.#root,
			from: `layers/${hexOf(parent)}`,
			to: name
		});
	}
	#remove(path) {
		return removeDirectory(path, `${this.#root}/trash`, this.#threads);
	}
	#layerPath(chainId) {
		return `${this.#root}/layers/${hexOf(chainId)}`;
	}
	#containerName(containerId) {
		if (!/^[\w.-]+$/.test(containerId) || /^\.+$/.test(containerId)) throw new EngineError("invalid-parameter", `not a container id: ${containerId}`);
		return `containers/${containerId}`;
	}
};
// src/graph/graphdriver/choose-driver.ts
const DRIVERS = {
	overlay2: Overlay2,
	vfs: Vfs
};
/** Best first. */
const PREFERENCE = ["overlay2", "vfs"];
/**
* The driver of that name, or the one that this root was used with before, or the best that works here.
* @throws EngineError invalid-parameter for an unknown name, unavailable when it does not work
*/
function chooseDriver(root, threads, name) {
	if (name !== void 0 && name !== "") return openDriver(root, threads, name);
	const used = PREFERENCE.find((candidate) => hasLayers(`${root}/${candidate}`));
	if (used !== void 0) return openDriver(root, threads, used);
	const problems = [];
	for (const candidate of PREFERENCE) try {
		return openDriver(root, threads, candidate);
	} catch (error) {
		problems.push(error);
	}
	throw new EngineError("unavailable", "no supported storage driver found", { cause: new AggregateError(problems) });
}
function openDriver(root, threads, name) {
	const Driver = Object.hasOwn(DRIVERS, name) ? DRIVERS[name] : void 0;
	if (Driver === void 0) throw new EngineError("invalid-parameter", `error initializing graphdriver: driver not supported: ${name}`, { hint: `Storage drivers are: ${PREFERENCE.join(", ")}` });
	return new Driver(`${root}/${name}`, threads);
}
function hasLayers(root) {
	if (!existsSync(root)) return false;
	return readdirSync(existsSync(`${root}/layers`) ? `${root}/layers` : root).some((name) => /^[0-9a-f]{64}$/.test(name));
}
// src/graph/images/image-history.ts
/**
* `docker history`, latest first.
* @throws EngineError system when the image tells of more layers than it has
*/
function imageHistory(layers, image) {
	const remaining = [...image.chainIds];
	const entries = (image.config.history ?? []).map((step) => {
		let size = 0;
		if (step.empty_layer !== true) {
			const chainId = remaining.shift();
			if (chainId === void 0) throw new EngineError("system", "too many non-empty layers in History section");
			size = layers.sizeBytes(chainId);
		}
		return {
			Id: "<missing>",
			Created: step.created === void 0 ? 0 : Math.floor(Date.parse(step.created) / 1e3),
			CreatedBy: step.created_by ?? "",
			Tags: null,
			Size: size,
			Comment: step.comment ?? ""
		};
	});
	const latest = entries.at(-1);
	if (latest !== void 0) {
		latest.Id = image.id;
		latest.Tags = image.repoTags.length > 0 ? image.repoTags : null;
	}
	return entries.reverse();
}
// src/graph/images/image-store.ts
/** The records of images, and their names. */
var ImageStore = class {
	#database;
	#content;
	#configs = /* @__PURE__ */ new Map();
	#manifests = /* @__PURE__ */ new Map();
	constructor(database, content) {
		this.#database = database;
		this.#content = content;
	}
	has(id) {
		return this.#database.prepare("SELECT 1 FROM images WHERE id = ?").get(id) !== void 0;
	}
	/** @returns undefined when there is none of that id */
	get(id) {
		const row = this.#database.prepare("SELECT * FROM images WHERE id = ?").get(id);
		return row === void 0 ? void 0 : this.#imageOf(row, this.referencesTo(id));
	}
	list() {
		const names = /* @__PURE__ */ new Map();
		for (const row of this.#database.prepare("SELECT name, image_id FROM image_references ORDER BY name").all()) {
			const list = names.get(String(row.image_id)) ?? [];
			list.push(parseReference(String(row.name)));
			names.set(String(row.image_id), list);
		}
		return this.#database.prepare("SELECT * FROM images").all().map((row) => this.#imageOf(row, names.get(row.id) ?? []));
	}
	#imageOf(row, references) {
		const { config, rawConfig } = this.#configOf(row.id);
		const image = {
			id: row.id,
			manifest: row.manifest,
			config,
			rawConfig,
			repoTags: references.filter(({ digest }) => digest === void 0).map(familiarString),
			repoDigests: references.filter(({ digest }) => digest !== void 0).map((reference) => `${familiarName(reference)}@${reference.digest}`),
			sizeBytes: row.size_bytes,
			chainIds: chainIdsOf(config.rootfs.diff_ids)
		};
		if (row.last_tagged_at !== null) image.lastTaggedAt = row.last_tagged_at;
		return image;
	}
	#configOf(id) {
		let known = this.#configs.get(id);
		if (known === void 0) {
			const rawConfig = this.#content.read(id);
			known = {
				config: JSON.parse(rawConfig.toString()),
				rawConfig
			};
			this.#configs.set(id, known);
		}
		return known;
	}
	/** Records an image; one of the same id stays as it is. */
	add({ id, manifest, chainId, sizeBytes, blobs }) {
		transaction$1(this.#database, () => {
			const { changes } = this.#database.prepare("INSERT OR IGNORE INTO images (id, manifest, chain_id, size_bytes) VALUES (?, ?, ?, ?)").run(id, manifest, chainId, sizeBytes);
			if (changes === 0) return;
			const insert = this.#database.prepare("INSERT INTO image_blobs (image_id, digest) VALUES (?, ?)");
			for (const blob of blobs) insert.run(id, blob);
		});
	}
	/** Removes the record. It must have no references any more. */
	remove(id) {
		this.#database.prepare("DELETE FROM images WHERE id = ?").run(id);
		this.#configs.delete(id);
	}
	blobsOf(id) {
		return this.#database.prepare("SELECT digest FROM image_blobs WHERE image_id = ?").all(id).map((row) => row.digest);
	}
	/** Ids that begin with those hex digits, at most two. */
	withPrefix(hex) {
		return this.#database.prepare("SELECT id FROM images WHERE id >= ? AND id < ? LIMIT 2").all(`sha256:${hex}`, `sha256:${hex}g`).map((row) => row.id);
	}
	/** How an index refers to an image's manifest. */
	descriptorOf({ manifest, config }) {
		let known = this.#manifests.get(manifest);
		if (known === void 0) {
			const data = this.#content.read(manifest);
			const { mediaType } = JSON.parse(data.toString());
			known = {
				mediaType: mediaType ?? "application/vnd.oci.image.manifest.v1+json",
				digest: manifest,
				size: data.length
			};
			this.#manifests.set(manifest, known);
		}
		const { architecture, os, variant } = config;
		return {
			...known,
			platform: {
				architecture,
				os,
				...variant === void 0 ? {} : { variant }
			}
		};
	}
	/** Images that were made from this one here. */
	childrenOf(id) {
		return this.#database.prepare("SELECT id FROM images WHERE parent = ?").all(id).map((row) => row.id);
	}
	parentOf(id) {
		return this.#database.prepare("SELECT parent FROM images WHERE id = ?").get(id)?.parent ?? void 0;
	}
	/** The image of that name, its tag or digest given. */
	find(reference) {
		return this.#database.prepare("SELECT image_id FROM image_references WHERE name = ?").get(canonicalString(reference))?.image_id;
	}
	referencesTo(id) {
		return this.#database.prepare("SELECT name FROM image_references WHERE image_id = ? ORDER BY name").all(id).map((row) => parseReference(String(row.name)));
	}
	/** All names of a repository, with their images. */
	inRepository(reference) {
		return this.#database.prepare("SELECT name, image_id FROM image_references WHERE repository = ? ORDER BY name").all(repositoryOf(reference)).map((row) => ({
			reference: parseReference(String(row.name)),
			id: row.image_id
		}));
	}
	/** Names an image, taking the name from another one that may have it. */
	tag(reference, id) {
		transaction$1(this.#database, () => {
			this.#database.prepare("INSERT OR REPLACE INTO image_references (name, repository, image_id) VALUES (?, ?, ?)").run(canonicalString(reference), repositoryOf(reference), id);
			this.#database.prepare("UPDATE images SET last_tagged_at = ? WHERE id = ?").run((/* @__PURE__ */ new Date()).toISOString(), id);
		});
	}
	untag(reference) {
		this.#database.prepare("DELETE FROM image_references WHERE name = ?").run(canonicalString(reference));
	}
};
// src/graph/images/resolve-image.ts
/**
* The image that people mean by a text: an id (with or without `sha256:`), a name, or the beginning of an id;
* in this order, as Docker does.
* @throws EngineError not-found (also when several ids begin so), invalid-parameter
*/
function resolveImage(images, text) {
	const fullId = /^[a-f0-9]{64}$/.test(text) ? `sha256:${text}` : text;
	if (isDigest(fullId)) return images.get(fullId) ?? notFound(text);
	const reference = withDefaultTag(parseReference(text));
	const id = findByName(images, reference) ?? findByPrefix(images, text);
	return (id === void 0 ? void 0 : images.get(id)) ?? notFound(familiarString(reference));
}
function findByName(images, reference) {
	const exact = images.find(reference);
	if (exact !== void 0 || reference.digest === void 0) return exact;
	const { digest } = reference;
	const known = images.find({
		domain: reference.domain,
		path: reference.path,
		digest
	});
	if (known !== void 0) return known;
	return images.inRepository(reference).find(({ id }) => images.get(id)?.manifest === digest)?.id;
}
function findByPrefix(images, text) {
	const hex = text.replace(/^sha256:/, "");
	if (!/^[a-f0-9]{1,64}$/.test(hex)) return void 0;
	const found = images.withPrefix(hex);
	return found.length === 1 ? found[0] : void 0;
}
function notFound(what) {
	throw new EngineError("not-found", `No such image: ${what}`);
}
// src/graph/images/remove-image.ts
/**
* Docker's `rmi`: a name is untagged, and with the last one the image goes; an id removes the image, if its
* names are all of one repository. What Docker calls conflicts are checked before anything is done.
* @throws EngineError not-found, conflict
*/
async function removeImage(parts, text, options) {
	const removal = new Removal(parts, options);
	try {
		await removal.run(text);
	} finally {
		publishIndex(parts);
	}
	return removal.removed;
}
var Removal = class {
	removed = [];
	#parts;
	#options;
	constructor(parts, options) {
		this.#parts = parts;
		this.#options = options;
	}
	async run(text) {
		const { images } = this.#parts;
		const { id } = resolveImage(images, text);
		if (!(id.startsWith(text) || id.slice(7).startsWith(text))) {
			this.#untagByName(id, text);
			if (images.referencesTo(id).length === 0) await this.#delete(id, {
				quiet: true,
				force: this.#options.force
			});
			return;
		}
		if (isSingleReference(images.referencesTo(id))) {
			this.#check(id, {
				force: this.#options.force,
				namesMatter: false
			});
			for (const reference of images.referencesTo(id)) this.#untag(reference);
		}
		await this.#delete(id, {
			quiet: false,
			force: this.#options.force
		});
	}
	#untagByName(id, text) {
		const { images } = this.#parts;
		const [user] = this.#options.usersOf(id);
		if (!this.#options.force && user !== void 0 && isSingleReference(images.referencesTo(id))) throw new EngineError("conflict", `conflict: unable to remove repository reference "${text}" (must force) - container ${shortId(user.id)} is using its referenced image ${shortId(id)}`);
		const reference = withDefaultTag(parseReference(text));
		this.#untag(reference);
		if (reference.digest !== void 0) return;
		const inRepository = images.referencesTo(id).filter((other) => repositoryOf(other) === repositoryOf(reference));
		if (inRepository.every(({ digest }) => digest !== void 0)) for (const other of inRepository) this.#untag(other);
	}
	#untag(reference) {
		this.#parts.images.untag(reference);
		this.removed.push({ Untagged: familiarString(reference) });
	}
	async #delete(id, { quiet, force }) {
		const { images, layers } = this.#parts;
		const image = images.get(id);
		if (image === void 0) return;
		try {
			this.#check(id, {
				force,
				namesMatter: true
			});
		} catch (error) {
			const isDangling = images.referencesTo(id).length === 0 && images.childrenOf(id).length === 0;
			if (quiet && (!isDangling || this.#options.usersOf(id).length > 0)) return;
			throw error;
		}
		const parent = images.parentOf(id);
		for (const reference of images.referencesTo(id)) this.#untag(reference);
		const blobs = images.blobsOf(id);
		images.remove(id);
		this.removed.push({ Deleted: id });
		const chainIds = [...image.chainIds].reverse().filter((chainId) => layers.has(chainId));
		const removedLayers = removeUnreferenced(this.#parts, {
			blobs,
			chainIds
		});
		for (const chainId of removedLayers) this.removed.push({ Deleted: chainId });
		if (parent !== void 0 && !this.#options.noPrune) await this.#delete(parent, {
			quiet: true,
			force: false
		});
	}
	/** Docker's conflicts: hard ones that no force overcomes, and soft ones. */
	#check(id, { force, namesMatter }) {
		const { images } = this.#parts;
		const users = this.#options.usersOf(id);
		const conflict = (remedy, why) => new EngineError("conflict", `conflict: unable to delete ${shortId(id)} (${remedy}) - ${why}`);
		if (images.childrenOf(id).length > 0) throw conflict("cannot be forced", "image has dependent child images");
		const running = users.find((user) => user.running);
		if (running !== void 0) throw conflict("cannot be forced", `image is being used by running container ${shortId(running.id)}`);
		if (force) return;
		if (namesMatter && images.referencesTo(id).length > 0) throw conflict("must be forced", "image is referenced in multiple repositories");
		const [stopped] = users;
		if (stopped !== void 0) throw conflict("must be forced", `image is being used by stopped container ${shortId(stopped.id)}`);
	}
};
/** Whether all names are of one repository, with one tag at most. False for none. */
function isSingleReference(references) {
	const tags = references.filter(({ digest }) => digest === void 0);
	return new Set(references.map(repositoryOf)).size === 1 && tags.length <= 1;
}
// src/graph/images/tag-image.ts
/** @throws EngineError not-found for the image, invalid-parameter for the new name */
function tagImage(images, reference, target) {
	const { id } = resolveImage(images, reference);
	const name = withDefaultTag(parseReference(target));
	if (name.digest !== void 0) throw new EngineError("invalid-parameter", "refusing to create a tag with a digest reference");
	images.tag(name, id);
}
// src/archive/pack-stream.ts
const AF_UNIX = 1;
/**
* A directory's tree, or the merged tree of an overlay, as a tar stream that a thread writes. Destroying it
* ends the work. Fails with the thread's error.
*/
function packStream(threads, root) {
	const pair = Buffer.alloc(8);
	syscall("socketpair", "AF_UNIX", AF_UNIX, 524289, 0, pair);
	const outputFd = pair.readInt32LE(4);
	const socket = new Socket({
		fd: pair.readInt32LE(0),
		readable: true,
		writable: false,
		allowHalfOpen: true
	});
	threads.run({
		kind: "pack",
		root,
		outputFd
	}).then(() => closeSync(outputFd), (error) => {
		socket.destroy(error);
		closeSync(outputFd);
	});
	return socket;
}
// src/kernel/open-beneath.ts
const O_CLOEXEC = 524288;
/**
* openat2(2): opens `path` (relative, without any symbolic link on the way) below the directory `directoryFd`.
* @returns a descriptor, or the negated errno: -ELOOP for a link, -EXDEV for a way out
*/
function openBeneath(directoryFd, path, flags) {
	const how = Buffer.alloc(24);
	how.writeBigUInt64LE(BigInt(flags | O_CLOEXEC), 0);
	how.writeBigUInt64LE(14n, 16);
	return syscallResult("openat2", directoryFd, cstring(path), how, how.length);
}
// src/graph/layers/look-up-file.ts
const MAXIMUM_LINKS$1 = 40;
const MAXIMUM_BYTES$1 = 16777216;
/**
* Reads a regular file of the file system that overlayfs would make of `layers` (topmost first), without
* mounting it. Links are followed within that file system, never out of it, also while a container changes its
* layer. Files over 16 MiB count as missing.
*/
function lookUpFile(layers, path) {
	const root = layers.map((layer) => ({
		layer,
		path: ""
	}));
	const rootEntries = /* @__PURE__ */ new Set();
	const pending = path.split("/");
	const way = [root];
	for (let links = 0;;) {
		const name = pending.shift();
		if (name === void 0) return {
			content: void 0,
			rootEntries
		};
		if (name === "" || name === ".") continue;
		if (name === "..") {
			if (way.length > 1) way.pop();
			continue;
		}
		if (way.length === 1) rootEntries.add(name);
		const found = lookUp(way.at(-1) ?? root, name);
		if (found === void 0) return {
			content: void 0,
			rootEntries
		};
		if ("directory" in found) way.push(found.directory);
		else if (found.stat.isSymbolicLink()) {
			if (++links > MAXIMUM_LINKS$1) return {
				content: void 0,
				rootEntries
			};
			const target = readlinkSync(`${found.layer}/${found.path}`);
			pending.unshift(...target.split("/"));
			if (target.startsWith("/")) way.length = 1;
		} else return {
			content: pending.every((rest) => rest === "") ? readBeneath(found.layer, found.path) : void 0,
			rootEntries
		};
	}
}
/** One component, as overlayfs looks it up (Documentation/filesystems/overlayfs.rst). */
function lookUp(directory, name) {
	const merged = [];
	for (const [index, { layer, path }] of directory.entries()) {
		const child = path === "" ? name : `${path}/${name}`;
		const stat = lstatSync(`${layer}/${child}`, { throwIfNoEntry: false });
		if (stat === void 0) continue;
		if (!stat.isDirectory()) {
			const isWhiteout = stat.isCharacterDevice() && stat.rdev === 0;
			if (merged.length > 0 || isWhiteout) break;
			return {
				layer,
				path: child,
				stat
			};
		}
		merged.push({
			layer,
			path: child
		});
		if (!(index === directory.length - 1) && getXattr(`${layer}/${child}`, "trusted.overlay.opaque")?.toString() === "y") break;
	}
	return merged.length === 0 ? void 0 : { directory: merged };
}
function readBeneath(layer, path) {
	const root = openRoot(layer);
	try {
		const fd = openBeneath(root, path, constants.O_RDONLY | constants.O_NONBLOCK);
		if (fd < 0) return void 0;
		try {
			const stat = fstatSync(fd);
			return stat.isFile() && stat.size <= MAXIMUM_BYTES$1 ? readFileSync(fd) : void 0;
		} finally {
			closeSync(fd);
		}
	} finally {
		closeSync(root);
	}
}
// src/graph/layers/file-reader.ts
const MAXIMUM_ENTRIES = 256;
const MAXIMUM_BYTES = 262144;
/**
* Reads files of containers' file systems. What it found in the layers of images it remembers: many containers
* start from the same ones, and each start reads /etc/passwd.
*/
var FileReader = class {
	#found = /* @__PURE__ */ new Map();
	/** `imageKey` stands for the layers below the container's own. */
	read({ directories }, imageKey, path) {
		const [own, ...lower] = directories;
		if (own === void 0 || lower.length === 0) return lookUpFile(directories, path).content;
		const found = this.#lookUpInImage(lower, `${imageKey}\0${path}`, path);
		return [...found.rootEntries].every((name) => lstatSync(`${own}/${name}`, { throwIfNoEntry: false }) === void 0) ? found.content : lookUpFile(directories, path).content;
	}
	#lookUpInImage(lower, key, path) {
		const known = this.#found.get(key);
		if (known !== void 0) return known;
		const found = lookUpFile(lower, path);
		if ((found.content?.length ?? 0) <= MAXIMUM_BYTES) {
			if (this.#found.size >= MAXIMUM_ENTRIES) this.#found.clear();
			this.#found.set(key, found);
		}
		return found;
	}
};
// src/graph/layers/container-layers.ts
/** The writable layers of containers. */
var ContainerLayers = class {
	#parts;
	#reader = new FileReader();
	constructor(parts) {
		this.#parts = parts;
	}
	/** @throws EngineError not-found when there is no such image, conflict when the container has a layer */
	async create(containerId, imageId) {
		const { database, driver, layers } = this.#parts;
		const chainId = this.#topLayerOf(imageId);
		if (this.#find(containerId) !== void 0) throw new EngineError("conflict", `a layer for container ${containerId} exists already`);
		database.prepare("INSERT INTO container_layers (container_id, image_id, chain_id) VALUES (?, ?, ?)").run(containerId, imageId, chainId);
		try {
			await driver.createContainer(containerId, layers.chain(chainId));
		} catch (error) {
			this.#forget(containerId);
			throw error;
		}
		return this.#layerOf(containerId, chainId);
	}
	#topLayerOf(imageId) {
		if (imageId === "") return null;
		const image = this.#parts.images.get(imageId);
		if (image === void 0) throw new EngineError("not-found", `No such image: ${imageId}`);
		return chainIdsOf(image.config.rootfs.diff_ids).at(-1) ?? null;
	}
	/** @throws EngineError not-found */
	open(containerId) {
		const record = this.#find(containerId);
		if (record === void 0 || !this.#parts.driver.hasContainer(containerId)) throw new EngineError("not-found", `no layer for container ${containerId}`);
		return this.#layerOf(containerId, record.chainId);
	}
	/** Idempotent. Layers of an image that was removed meanwhile go with their last container. */
	async remove(containerId) {
		const { driver, images, layers } = this.#parts;
		const record = this.#find(containerId);
		await driver.removeContainer(containerId);
		if (record === void 0) return;
		this.#forget(containerId);
		if (record.chainId !== null && !(record.imageId !== "" && images.has(record.imageId))) removeUnreferenced(this.#parts, {
			blobs: [],
			chainIds: layers.chain(record.chainId)
		});
	}
	/** @throws EngineError not-found */
	export(containerId) {
		const record = this.#find(containerId);
		if (record === void 0) throw new EngineError("not-found", `no layer for container ${containerId}`);
		return packStream(this.#parts.threads, this.#fileSystem(containerId, record.chainId).tree);
	}
	/** After a crash: neither record without directory nor directory without record. */
	async reconcile() {
		const { database, driver } = this.#parts;
		const recorded = database.prepare("SELECT container_id FROM container_layers").all();
		const known = new Set(recorded.map((row) => String(row.container_id)));
		for (const id of known) if (!driver.hasContainer(id)) this.#forget(id);
		for (const id of driver.containers()) if (!known.has(id)) await driver.removeContainer(id);
	}
	#layerOf(containerId, chainId) {
		const { threads, layers } = this.#parts;
		const fileSystem = this.#fileSystem(containerId, chainId);
		const { rootfs, driverData, writableDirectory } = fileSystem;
		return {
			containerId,
			rootfs,
			driverData,
			readFile: async (path) => this.#reader.read(fileSystem, chainId ?? "", path),
			sizeBytes: async () => {
				if (writableDirectory !== void 0) return threads.run({
					kind: "measure",
					root: writableDirectory
				});
				const all = await threads.run({
					kind: "measure",
					root: fileSystem.directories[0]
				});
				const below = layers.chain(chainId).reduce((sum, layer) => sum + layers.sizeBytes(layer), 0);
				return Math.max(all - below, 0);
			}
		};
	}
	#fileSystem(containerId, chainId) {
		const { driver, layers } = this.#parts;
		return driver.openContainer(containerId, layers.chain(chainId));
	}
	#find(containerId) {
		const row = this.#parts.database.prepare("SELECT image_id, chain_id FROM container_layers WHERE container_id = ?").get(containerId);
		if (row === void 0) return void 0;
		return {
			imageId: row.image_id,
			chainId: row.chain_id
		};
	}
	#forget(containerId) {
		this.#parts.database.prepare("DELETE FROM container_layers WHERE container_id = ?").run(containerId);
	}
};
// src/graph/layers/layer-store.ts
/** Unpacked layers by chain ID. */
var LayerStore = class {
	#database;
	#driver;
	#threads;
	#adding = /* @__PURE__ */ new Map();
	#removing = /* @__PURE__ */ new Set();
	#chains = /* @__PURE__ */ new Map();
	#bootId = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
	constructor(database, driver, threads) {
		this.#database = database;
		this.#driver = driver;
		this.#threads = threads;
	}
	has(chainId) {
		return this.#database.prepare("SELECT 1 FROM layers WHERE chain_id = ?").get(chainId) !== void 0;
	}
	/** Of that layer alone. */
	sizeBytes(chainId) {
		const row = this.#database.prepare("SELECT size_bytes FROM layers WHERE chain_id = ?").get(chainId);
		return Number(row?.size_bytes ?? 0);
	}
	/** A layer and all below it, topmost first; none for null. @throws EngineError not-found */
	chain(top) {
		if (top === null) return [];
		let chain = this.#chains.get(top);
		if (chain === void 0) {
			chain = this.#readChain(top);
			this.#chains.set(top, chain);
		}
		return chain;
	}
	#readChain(top) {
		const chain = [];
		const select = this.#database.prepare("SELECT parent FROM layers WHERE chain_id = ?");
		for (let next = top; next !== null;) {
			const row = select.get(next);
			if (row === void 0) throw new EngineError("not-found", `layer ${next} does not exist`);
			chain.push(next);
			next = row.parent;
		}
		return chain;
	}
	/**
	* Unpacks a layer, unless it is there already. Two calls for one layer do the work once.
	* @throws EngineError invalid-parameter when the blob is not the layer that `diffId` says, or is malformed
	*/
	async add(layer) {
		while (!this.has(layer.chainId)) {
			const adding = this.#adding.get(layer.chainId);
			if (adding !== void 0) {
				await adding.catch(() => void 0);
				continue;
			}
			const own = this.#add(layer).finally(() => this.#adding.delete(layer.chainId));
			this.#adding.set(layer.chainId, own);
			await own;
		}
	}
	async #add(layer) {
		const { chainId, parent, diffId, blob, fd, compression, progress } = layer;
		const staged = await this.#driver.stageLayer(parent);
		try {
			const known = compression === "none" ? { diffId: blob } : {};
			const { whiteouts } = this.#driver;
			const result = await this.#threads.run({
				kind: "unpack",
				root: staged.directory,
				archiveFd: fd,
				compression,
				whiteouts,
				...known
			}, progress);
			if (result.diffId !== diffId) throw new EngineError("invalid-parameter", `invalid diffID: expected "${diffId}", got "${result.diffId}"`);
			staged.commit(chainId);
			this.#record(layer, result);
		} finally {
			await staged.discard();
		}
	}
	#record({ chainId, parent, diffId, blob }, { sizeBytes }) {
		this.#database.prepare("INSERT INTO layers (chain_id, parent, diff_id, blob, size_bytes, unsynced_boot) VALUES (?, ?, ?, ?, ?, ?)").run(chainId, parent ?? null, diffId, blob, sizeBytes, this.#bootId);
	}
	/** Forgets the layer. Its files go in the background; nothing may use it. */
	remove(chainId) {
		this.#database.prepare("DELETE FROM layers WHERE chain_id = ?").run(chainId);
		this.#chains.delete(chainId);
		const removing = this.#driver.removeLayer(chainId).catch(() => void 0);
		this.#removing.add(removing);
		removing.finally(() => this.#removing.delete(removing));
	}
	/** Settles when the files of removed layers have gone. */
	async whenRemoved() {
		await Promise.all(this.#removing);
	}
	/** Layers whose files have not been synced yet, and those that a power failure may have damaged. */
	unsynced() {
		const rows = this.#database.prepare("SELECT chain_id, unsynced_boot FROM layers WHERE unsynced_boot IS NOT NULL").all();
		const of = (current) => rows.filter((row) => row.unsynced_boot === this.#bootId === current).map((row) => row.chain_id);
		return {
			current: of(true),
			suspect: of(false)
		};
	}
	markSynced(chainIds) {
		const update = this.#database.prepare("UPDATE layers SET unsynced_boot = NULL WHERE chain_id = ?");
		for (const chainId of chainIds) update.run(chainId);
	}
};
// src/graph/leases.ts
/** Keeps content and layers that an operation in progress counts on, though no record refers to them yet. */
var Leases = class {
	#counts = /* @__PURE__ */ new Map();
	/** Holds `key` until {@link release} has been called as often. */
	hold(key) {
		this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
	}
	release(key) {
		const count = (this.#counts.get(key) ?? 0) - 1;
		if (count > 0) this.#counts.set(key, count);
		else this.#counts.delete(key);
	}
	isHeld(key) {
		return this.#counts.has(key);
	}
};
// src/graph/load/spooled-archive.ts
/** Manifests, configurations and the like have less; what has more is not read as JSON. */
const MAXIMUM_JSON_BYTES = 16777216;
const MAXIMUM_LINKS = 8;
/**
* The files of an image archive, by path and by digest, each in the content store's temporary directory. Their
* order in the archive does not matter then. `discard` removes all that was not committed.
*/
var SpooledArchive = class SpooledArchive {
	#content;
	#files = /* @__PURE__ */ new Map();
	/** docker save used to store a layer that occurs twice as a link. */
	#links = /* @__PURE__ */ new Map();
	#current;
	constructor(content) {
		this.#content = content;
	}
	/** @throws EngineError invalid-parameter for a malformed archive; nothing is left then */
	static async read(content, source) {
		const archive = new SpooledArchive(content);
		const reader = new TarReader({
			entry: (entry) => archive.#entry(entry),
			data: (chunk, offset) => archive.#data(chunk, offset),
			end: () => void 0
		});
		try {
			for await (const chunk of decompressed(source)) reader.write(chunk);
			reader.finish();
		} catch (error) {
			archive.discard();
			throw error;
		}
		return archive;
	}
	#entry(entry) {
		const path = absoluteEntryPath(entry.path);
		this.#current = void 0;
		if (entry.type === "file") {
			this.#files.get(path)?.discard();
			this.#current = this.#content.ingest();
			this.#files.set(path, this.#current);
		} else if (entry.type === "symlink") this.#links.set(path, absoluteEntryPath(`${parentOf(path)}/${entry.linkPath}`));
		else if (entry.type === "hardlink") this.#links.set(path, absoluteEntryPath(entry.linkPath));
	}
	#data(chunk, offset) {
		const ingest = this.#current;
		if (ingest === void 0) return;
		if (offset !== ingest.sizeBytes) throw new EngineError("invalid-parameter", "an image archive must not hold sparse files");
		ingest.write(chunk);
	}
	/** The file at `path`, relative to the archive's root. */
	file(path) {
		let absolute = absoluteEntryPath(Buffer.from(path).toString("latin1"));
		for (let links = 0; links < MAXIMUM_LINKS; links++) {
			const found = this.#files.get(absolute);
			const target = this.#links.get(absolute);
			if (found !== void 0 || target === void 0) return found;
			absolute = target;
		}
	}
	withDigest(digest) {
		return this.#files.values().find((file) => file.digest === digest);
	}
	/** The files' paths, without the first slash. */
	paths() {
		return [...this.#files.keys()].map((path) => path.slice(1));
	}
	/** The object in a JSON file; undefined when there is no such file. @throws EngineError invalid-parameter */
	json(path) {
		const file = this.file(path);
		return file === void 0 ? void 0 : parseJson(readFully(file), path);
	}
	discard() {
		for (const file of this.#files.values()) file.discard();
	}
};
/** All bytes of a small file. @throws EngineError invalid-parameter when it is not small */
function readFully({ fd, sizeBytes }) {
	if (sizeBytes > MAXIMUM_JSON_BYTES) throw new EngineError("invalid-parameter", `a JSON file of ${sizeBytes} bytes is too large`);
	const data = Buffer.alloc(sizeBytes);
	for (let done = 0; done < sizeBytes;) {
		const count = readSync(fd, data, done, sizeBytes - done, done);
		if (count === 0) break;
		done += count;
	}
	return data;
}
/** @throws EngineError invalid-parameter when it is no JSON object or array */
function parseJson(data, what) {
	try {
		const value = JSON.parse(data.toString());
		if (typeof value === "object" && value !== null) return value;
	} catch (cause) {
		throw new EngineError("invalid-parameter", `invalid JSON in ${what}: ${cause.message}`, { cause });
	}
	throw new EngineError("invalid-parameter", `invalid JSON in ${what}: not an object`);
}
// src/graph/load/oci-archive.ts
const MAXIMUM_INDEX_DEPTH = 4;
/**
* The images of an OCI image layout (image-spec image-layout.md), those for this machine's platform where an
* index has several; attestations and other artifacts are passed over.
* @throws EngineError invalid-parameter when content is missing
*/
function readOciArchive(archive) {
	const images = /* @__PURE__ */ new Map();
	for (const { descriptor, names } of manifestsOf(archive, archive.json("index.json"))) {
		const file = contentOf(archive, descriptor);
		const image = images.get(file.digest) ?? readImage(archive, file);
		if (image === void 0) continue;
		image.names.push(...names);
		images.set(file.digest, image);
	}
	return [...images.values()];
}
function manifestsOf(archive, index, depth = 0) {
	if (!Array.isArray(index.manifests) || depth > MAXIMUM_INDEX_DEPTH) throw new EngineError("invalid-parameter", "invalid OCI index");
	return index.manifests.flatMap((descriptor) => {
		if (isAttestation(descriptor)) return [];
		const names = namesOf(descriptor);
		if (descriptor.mediaType !== "application/vnd.oci.image.index.v1+json" && descriptor.mediaType !== "application/vnd.docker.distribution.manifest.list.v2+json") return [{
			descriptor,
			names
		}];
		return manifestsOf(archive, parseJson(readFully(contentOf(archive, descriptor)), "an OCI index"), depth + 1).filter(({ descriptor }) => isForThisMachine(descriptor)).slice(0, 1).map(({ descriptor }) => ({
			descriptor,
			names
		}));
	});
}
function readImage(archive, manifestFile) {
	const rawManifest = readFully(manifestFile);
	const manifest = parseJson(rawManifest, "an image manifest");
	if (manifest.config === void 0 || !Array.isArray(manifest.layers)) throw new EngineError("invalid-parameter", "invalid image manifest");
	const { mediaType } = manifest.config;
	if (mediaType !== "application/vnd.oci.image.config.v1+json" && mediaType !== "application/vnd.docker.container.image.v1+json") return void 0;
	return {
		rawConfig: readFully(contentOf(archive, manifest.config)),
		rawManifest,
		layers: manifest.layers.map((layer) => contentOf(archive, layer)),
		names: []
	};
}
/** The file that a descriptor means; its digest is checked thereby. */
function contentOf(archive, descriptor) {
	if (!isDigest(descriptor.digest)) throw new EngineError("invalid-parameter", `invalid checksum digest format: ${descriptor.digest}`);
	const file = archive.withDigest(descriptor.digest);
	if (file !== void 0) return file;
	const foreign = /foreign|nondistributable/.test(descriptor.mediaType);
	throw new EngineError("invalid-parameter", foreign ? `layer ${descriptor.digest} is a foreign layer, which the archive does not contain` : `content digest ${descriptor.digest}: not found in the archive`);
}
function isAttestation({ annotations, platform }) {
	return annotations?.["vnd.docker.reference.type"] !== void 0 || platform?.os === "unknown";
}
function isForThisMachine({ platform }) {
	return platform === void 0 || platform.os === "linux" && platform.architecture === hostArchitecture();
}
/** containerd's full name, or OCI's if that is more than a tag. */
function namesOf({ annotations }) {
	const full = annotations?.[IMAGE_NAME_ANNOTATION];
	if (full !== void 0) return [full];
	const name = annotations?.[REF_NAME_ANNOTATION];
	return name !== void 0 && /[:/]/.test(name) ? [name] : [];
}
// src/graph/load/docker-archive.ts
/**
* The images of a `docker save` archive, as its manifest.json has them. Docker 25 and later put an OCI layout
* into the same archive: then the images keep the manifests they have there.
* @throws EngineError invalid-parameter
*/
function readDockerArchive(archive) {
	const items = archive.json("manifest.json");
	if (!Array.isArray(items)) throw new EngineError("invalid-parameter", "invalid manifest.json: not a list");
	const manifests = ociManifests(archive);
	return items.map((item) => {
		if (typeof item?.Config !== "string" || !Array.isArray(item.Layers)) throw new EngineError("invalid-parameter", "invalid manifest.json: Config or Layers missing");
		const rawConfig = readFully(fileOf(archive, item.Config));
		const layers = item.Layers.map((path) => fileOf(archive, String(path)));
		const names = Array.isArray(item.RepoTags) ? item.RepoTags.map(String) : [];
		const found = manifests.find((manifest) => isSameImage(manifest, {
			rawConfig,
			layers
		}));
		const image = {
			rawConfig,
			layers,
			names
		};
		if (found?.rawManifest !== void 0) image.rawManifest = found.rawManifest;
		return image;
	});
}
function ociManifests(archive) {
	if (archive.file("index.json") === void 0) return [];
	try {
		return readOciArchive(archive);
	} catch {
		return [];
	}
}
function isSameImage(manifest, { rawConfig, layers }) {
	return digestOf(manifest.rawConfig) === digestOf(rawConfig) && manifest.layers.length === layers.length && manifest.layers.every((layer, index) => layer.digest === layers[index]?.digest);
}
function fileOf(archive, path) {
	const file = archive.file(path);
	if (file === void 0) throw new EngineError("invalid-parameter", `the archive has no ${path}`);
	return file;
}
// src/graph/load/layer-blob.ts
/**
* A layer's blob as the graph can keep it: xz and bzip2, which OCI knows no layers of, are decompressed into a
* new ingest (`owned`, to be discarded by the caller).
*/
async function layerBlob(content, ingest) {
	const compression = detectCompression(firstBytes(ingest.fd));
	if (compression !== "xz" && compression !== "bzip2") return { blob: blobOf(ingest, compression) };
	const owned = await decompressedIngest(content, ingest);
	return {
		blob: blobOf(owned, "none"),
		owned
	};
}
/** The uncompressed content of an ingest, as a new one that the caller commits or discards. */
async function decompressedIngest(content, ingest) {
	const plain = content.ingest();
	try {
		for await (const chunk of decompressed(readDescriptor(ingest.fd))) plain.write(chunk);
		return plain;
	} catch (error) {
		plain.discard();
		throw error;
	}
}
/** A blob that is in the store. `close` it when done. @throws EngineError not-found */
function storedLayerBlob(content, digest) {
	const fd = content.open(digest);
	const compression = detectCompression(firstBytes(fd));
	return {
		digest,
		sizeBytes: content.sizeOf(digest),
		compression,
		fd,
		commit: async () => void 0,
		close: () => closeSync(fd)
	};
}
function blobOf(ingest, compression) {
	const { digest, sizeBytes, fd } = ingest;
	return {
		digest,
		sizeBytes,
		compression,
		fd,
		commit: () => ingest.commit()
	};
}
function firstBytes(fd) {
	const start = Buffer.alloc(6);
	return start.subarray(0, readSync(fd, start, 0, 6, 0));
}
// src/graph/load/layer-progress.ts
const BAR_CELLS = 50;
const UNITS = [
	"B",
	"kB",
	"MB",
	"GB",
	"TB",
	"PB"
];
/** Docker's message about how far a layer is. `id` is what people see of it. */
function layerProgress(status, id, current, total) {
	return {
		status,
		progressDetail: {
			current,
			total
		},
		progress: progressBar(current, total),
		id
	};
}
/** `[=====>     ]  1.5MB/3MB`, as old clients print it. */
function progressBar(current, total) {
	const cells = total <= 0 ? BAR_CELLS : Math.min(Math.floor(current / total * 100 / 2), BAR_CELLS);
	return `[${`${"=".repeat(cells)}>${" ".repeat(BAR_CELLS - cells)}`}] ${humanSize(current).padStart(8)}/${humanSize(total)}`;
}
/** Four significant digits, powers of 1000 (docker/go-units HumanSize). */
function humanSize(bytes) {
	let value = bytes;
	let unit = 0;
	while (value >= 1e3 && unit < UNITS.length - 1) {
		value /= 1e3;
		unit++;
	}
	return `${Number(value.toPrecision(4))}${UNITS[unit]}`;
}
// src/graph/load/legacy-archive.ts
/** What a v1 image says of itself as a layer, and an image configuration does not have. */
const V1_ONLY = [
	"id",
	"parent",
	"Size",
	"parent_id",
	"layer_id",
	"throwaway"
];
const MAXIMUM_LAYERS = 512;
/**
* The images of an archive from before Docker 1.10: `repositories`, and a directory for each layer with `json`
* and `layer.tar`. Their configurations are put together from the layers' ones (Docker image spec v1).
* @returns also the files made for this, which the caller discards in the end
* @throws EngineError invalid-parameter
*/
async function readLegacyArchive(content, archive) {
	const repositories = archive.json("repositories");
	const names = /* @__PURE__ */ new Map();
	for (const [repository, tags] of Object.entries(repositories)) for (const [tag, id] of Object.entries(tags)) names.set(id, [...names.get(id) ?? [], `${repository}:${tag}`]);
	const owned = [];
	const plainLayers = /* @__PURE__ */ new Map();
	const plainLayer = async (id) => {
		let plain = plainLayers.get(id);
		if (plain === void 0) {
			const layer = archive.file(`${id}/layer.tar`);
			if (layer === void 0) throw new EngineError("invalid-parameter", `the archive has no ${id}/layer.tar`);
			plain = await decompressedIngest(content, layer);
			owned.push(plain);
			plainLayers.set(id, plain);
		}
		return plain;
	};
	const images = [];
	for (const [id, imageNames] of names) {
		const lineage = lineageOf(archive, id);
		const layers = [];
		for (const { id, image } of lineage) if (image.throwaway !== true) layers.push(await plainLayer(id));
		images.push({
			rawConfig: configOf(lineage.map(({ image }) => image), layers),
			layers,
			names: imageNames
		});
	}
	return {
		images,
		owned
	};
}
/** Bottom first. */
function lineageOf(archive, top) {
	const lineage = [];
	for (let id = top; id !== void 0 && id !== "";) {
		const image = archive.json(`${id}/json`);
		if (image === void 0) throw new EngineError("invalid-parameter", `the archive has no ${id}/json`);
		lineage.unshift({
			id,
			image
		});
		if (lineage.length > MAXIMUM_LAYERS) throw new EngineError("invalid-parameter", "max depth exceeded");
		id = image.parent;
	}
	return lineage;
}
function configOf(lineage, layers) {
	const top = Object.entries(lineage.at(-1) ?? {}).filter(([key]) => !V1_ONLY.includes(key));
	const config = {
		architecture: "amd64",
		os: "linux",
		...Object.fromEntries(top),
		rootfs: {
			type: "layers",
			diff_ids: layers.map(({ digest }) => digest)
		},
		history: lineage.map((image) => ({
			...image.created === void 0 ? {} : { created: image.created },
			...image.author === void 0 ? {} : { author: image.author },
			created_by: image.container_config?.Cmd?.join(" ") ?? "",
			...image.comment === void 0 ? {} : { comment: image.comment },
			...image.throwaway === true ? { empty_layer: true } : {}
		}))
	};
	return Buffer.from(JSON.stringify(config));
}
// src/graph/load/load-archive.ts
/**
* `docker load`: of Docker's archives, old and new, and of OCI layouts in a tar, compressed or not. Images
* loaded before a bad one in the same archive stay.
* @throws EngineError invalid-parameter for what is no such archive
*/
async function loadArchive(parts, source, progress) {
	const archive = await SpooledArchive.read(parts.content, source);
	const owned = [];
	try {
		for (const image of await findImages(parts, archive, owned)) await loadImage(parts, image, owned, progress);
	} finally {
		archive.discard();
		for (const ingest of owned) ingest.discard();
	}
}
/** Files made on the way are added to `owned`. */
async function findImages(parts, archive, owned) {
	if (archive.file("manifest.json") !== void 0) return readDockerArchive(archive);
	if (archive.file("index.json") !== void 0) return readOciArchive(archive);
	if (archive.file("repositories") !== void 0) {
		const legacy = await readLegacyArchive(parts.content, archive);
		owned.push(...legacy.owned);
		return legacy.images;
	}
	throw new EngineError("invalid-parameter", "the archive has no manifest.json, so it is not an image archive", { hint: "A root file system becomes an image with `import`." });
}
async function loadImage(parts, image, owned, progress) {
	const { rawConfig } = image;
	const diffIds = diffIdsOf(rawConfig);
	const references = image.names.map((name) => withDefaultTag(parseReference(name)));
	const { layers, converted } = await layerBlobs(parts, image.layers, owned);
	const before = references.map((reference) => parts.images.find(reference));
	const id = await storeImage(parts, {
		rawConfig,
		rawManifest: converted ? void 0 : image.rawManifest,
		layers,
		references,
		progress: (index, read) => {
			progress(layerProgress("Loading layer", shortId(diffIds[index] ?? ""), read, layers[index]?.sizeBytes ?? 0));
		}
	});
	if (references.length === 0) progress({ stream: `Loaded image ID: ${id}\n` });
	references.forEach((reference, index) => reportName(familiarString(reference), before[index], id, progress));
}
/** With those that had to be decompressed first, which are added to `owned`, too. */
async function layerBlobs({ content }, ingests, owned) {
	const layers = [];
	let converted = false;
	for (const ingest of ingests) {
		const { blob, owned: made } = await layerBlob(content, ingest);
		layers.push(blob);
		if (made === void 0) continue;
		owned.push(made);
		converted = true;
	}
	return {
		layers,
		converted
	};
}
function reportName(name, previous, id, progress) {
	if (previous !== void 0 && previous !== id) progress({ stream: `The image ${name} already exists, renaming the old one with ID ${previous} to empty string\n` });
	progress({ stream: `Loaded image: ${name}\n` });
}
function diffIdsOf(rawConfig) {
	const config = parseJson(rawConfig, "an image configuration");
	const os = config.os || "linux";
	if (os !== "linux") throw new EngineError("invalid-parameter", `cannot load ${os} image on linux`);
	const diffIds = config.rootfs?.diff_ids ?? [];
	if (config.rootfs === void 0 || !Array.isArray(diffIds)) throw new EngineError("invalid-parameter", "invalid image JSON, no RootFS key");
	return diffIds;
}
// src/graph/recover-graph.ts
/**
* Brings records and directories together after a crash of the process or of the machine: removes what nothing
* refers to, and unpacks again the layers that are missing, or may not have reached the disk.
*/
async function recoverGraph(parts, containers) {
	await dropBrokenLayers(parts);
	await containers.reconcile();
	for (const image of parts.images.list()) if (image.chainIds.some((chainId) => !parts.layers.has(chainId))) await unpackAgain(parts, image);
	removeAllUnreferenced(parts);
	publishIndex(parts);
}
async function dropBrokenLayers({ database, layers, driver }) {
	const recorded = new Set(database.prepare("SELECT chain_id FROM layers").all().map((row) => row.chain_id));
	const present = new Set(driver.layers());
	const suspect = layers.unsynced().suspect;
	for (const chainId of [...suspect, ...recorded]) if (suspect.includes(chainId) || !present.has(chainId)) layers.remove(chainId);
	for (const chainId of present) if (!recorded.has(chainId)) await driver.removeLayer(chainId);
}
async function unpackAgain(parts, { manifest, rawConfig }) {
	const rawManifest = parts.content.read(manifest);
	const { layers } = JSON.parse(rawManifest.toString());
	const blobs = layers.map(({ digest }) => storedLayerBlob(parts.content, digest));
	try {
		await storeImage(parts, {
			rawConfig,
			rawManifest,
			layers: blobs
		});
	} finally {
		for (const blob of blobs) blob.close();
	}
}
// src/graph/save/images-to-save.ts
/**
* What `docker save` means by its arguments: a name with a tag is that one, a name without one all tags of the
* repository, an id or a digest the image without any name. An image that occurs twice is saved once.
* @throws EngineError not-found
*/
function imagesToSave(images, names) {
	const found = /* @__PURE__ */ new Map();
	const add = (image, reference) => {
		const item = found.get(image.id) ?? {
			image,
			references: []
		};
		found.set(image.id, item);
		if (reference === void 0) return;
		if (item.references.every((other) => canonicalString(other) !== canonicalString(reference))) item.references.push(reference);
	};
	for (const name of names) {
		const tags = tagsMeantBy(images, name);
		if (tags.length === 0) add(resolveImage(images, name));
		for (const { id, reference } of tags) add(images.get(id) ?? resolveImage(images, id), reference);
	}
	return [...found.values()];
}
function tagsMeantBy(images, name) {
	if (/^(sha256:)?[a-f0-9]{64}$/.test(name)) return [];
	const reference = parseReference(name);
	if (reference.digest !== void 0) return [];
	if (reference.tag === void 0) return images.inRepository(reference).filter(({ reference }) => reference.digest === void 0);
	const id = images.find(withDefaultTag(reference));
	return id === void 0 ? [] : [{
		id,
		reference
	}];
}
// src/graph/save/save-archive.ts
/**
* `docker save` as Docker 25 and later have it: a tar of an OCI image layout, with manifest.json and
* repositories for older readers. The bytes depend on the images and their names only. Manifests and
* compressed layers are those that came with the image. Content stays in place while the stream is read.
* @throws EngineError not-found
*/
function saveArchive(parts, names) {
	const images = imagesToSave(parts.images, names);
	const blobs = [...new Set(images.flatMap(({ image }) => parts.images.blobsOf(image.id)))].sort();
	for (const blob of blobs) parts.leases.hold(blob);
	const stream = Readable.from(archiveOf(parts, images, blobs), { objectMode: false });
	stream.once("close", () => {
		for (const blob of blobs) parts.leases.release(blob);
		removeUnreferenced(parts, {
			blobs,
			chainIds: []
		});
	});
	return stream;
}
async function* archiveOf({ content, images: store }, images, blobs) {
	yield directory("blobs/");
	yield directory("blobs/sha256/");
	for (const blob of blobs) yield* blobFile(content, blob);
	const manifests = new Map(images.map(({ image }) => [image.id, manifestOf(content, image)]));
	const manifest = (image) => manifests.get(image.id);
	yield* file("index.json", JSON.stringify(indexOf(store, images)));
	yield* file("manifest.json", `${JSON.stringify(images.map((item) => dockerManifest(item, manifest(item.image))))}\n`);
	yield* file("oci-layout", OCI_LAYOUT);
	const repositories = repositoriesOf(images, manifest);
	if (repositories !== void 0) yield* file("repositories", `${JSON.stringify(repositories)}\n`);
	yield TAR_END;
}
function directory(path) {
	return encodeTarEntry(tarEntry({
		path,
		type: "directory"
	}));
}
function* file(path, text) {
	const data = Buffer.from(text);
	yield encodeTarEntry(tarEntry({
		path,
		size: data.length
	}));
	yield data;
	yield tarPadding(data.length);
}
async function* blobFile(content, digest) {
	const size = content.sizeOf(digest);
	yield encodeTarEntry(tarEntry({
		path: `blobs/sha256/${hexOf(digest)}`,
		size
	}));
	for await (const chunk of createReadStream(content.pathOf(digest), { highWaterMark: 262144 })) yield chunk;
	yield tarPadding(size);
}
function manifestOf(content, image) {
	return JSON.parse(content.read(image.manifest).toString());
}
function indexOf(store, images) {
	const manifests = images.flatMap(({ image, references }) => {
		const descriptor = store.descriptorOf(image);
		if (references.length === 0) return [descriptor];
		return references.map((reference) => ({
			...descriptor,
			annotations: annotationsOf(reference)
		}));
	});
	return {
		schemaVersion: 2,
		mediaType: OCI_INDEX,
		manifests
	};
}
function annotationsOf(reference) {
	return {
		[IMAGE_NAME_ANNOTATION]: canonicalString(reference),
		[REF_NAME_ANNOTATION]: reference.tag ?? ""
	};
}
function dockerManifest({ image, references }, { layers }) {
	const pathOf = (digest) => `blobs/sha256/${hexOf(digest)}`;
	const diffIds = image.config.rootfs.diff_ids;
	const sources = layers.map(({ mediaType, size, digest }, index) => [diffIds[index], {
		mediaType,
		size,
		digest
	}]);
	return {
		Config: pathOf(image.id),
		RepoTags: references.length === 0 ? null : references.map(familiarString),
		Layers: layers.map(({ digest }) => pathOf(digest)),
		LayerSources: Object.fromEntries(sources)
	};
}
/** For Docker before 1.10: the topmost layer of each tag. */
function repositoriesOf(images, manifest) {
	const repositories = {};
	for (const { image, references } of images) {
		const top = manifest(image).layers.at(-1);
		for (const reference of references) {
			const tags = repositories[familiarName(reference)] ??= {};
			tags[reference.tag ?? ""] = top === void 0 ? "" : hexOf(top.digest);
		}
	}
	return Object.keys(repositories).length === 0 ? void 0 : repositories;
}
// src/graph/open-graph.ts
/**
* Opens the graph in a directory, and repairs what a crash may have left there.
* @throws EngineError invalid-parameter for an unknown storage driver, unavailable when none works
*/
async function openGraph({ root, storageDriver }) {
	mkdirSync(root, {
		recursive: true,
		mode: 456
	});
	const threads = await RootedThreads.open();
	const driver = chooseDriver(root, threads, storageDriver);
	const database = openDatabase(root, driver.name);
	const content = new ContentStore(`${root}/content`);
	const parts = {
		root,
		database,
		content,
		threads,
		driver,
		layers: new LayerStore(database, driver, threads),
		images: new ImageStore(database, content),
		leases: new Leases()
	};
	const containers = new ContainerLayers(parts);
	await recoverGraph(parts, containers);
	return new LocalGraph(parts, containers);
}
var LocalGraph = class {
	driverName;
	#parts;
	#containers;
	#closed;
	constructor(parts, containers) {
		this.driverName = parts.driver.name;
		this.#parts = parts;
		this.#containers = containers;
	}
	driverStatus() {
		return this.#parts.driver.status();
	}
	async resolve(reference) {
		return resolveImage(this.#parts.images, reference);
	}
	async list() {
		return this.#parts.images.list();
	}
	async tag(reference, target) {
		tagImage(this.#parts.images, reference, target);
		publishIndex(this.#parts);
	}
	remove(reference, options) {
		return removeImage(this.#parts, reference, options);
	}
	async history(reference) {
		return imageHistory(this.#parts.layers, resolveImage(this.#parts.images, reference));
	}
	driverDataOf({ chainIds }) {
		return this.#parts.driver.layerData([...chainIds].reverse());
	}
	load(archive, progress) {
		return loadArchive(this.#parts, archive, progress);
	}
	async save(references) {
		return saveArchive(this.#parts, references);
	}
	import(archive, options) {
		return importArchive(this.#parts, archive, options);
	}
	bootstrap(what, progress) {
		return bootstrapImage(this.#parts, what, progress);
	}
	createContainerLayer(containerId, imageId) {
		return this.#containers.create(containerId, imageId);
	}
	async openContainerLayer(containerId) {
		return this.#containers.open(containerId);
	}
	removeContainerLayer(containerId) {
		return this.#containers.remove(containerId);
	}
	async exportContainerLayer(containerId) {
		return this.#containers.export(containerId);
	}
	close() {
		this.#closed ??= this.#close();
		return this.#closed;
	}
	async #close() {
		await whenSynced(this.#parts);
		await this.#parts.layers.whenRemoved();
		await this.#parts.threads.close();
		this.#parts.database.close();
	}
};
// src/kernel/namespaces.ts
const AT_FDCWD = -100;
const O_RDONLY_CLOEXEC = 524288;
/**
* A new network namespace with nothing in it but a loopback interface that is down. It lives as long as the
* descriptor, or a process or socket in it.
* @returns a descriptor; the caller closes it
* @throws SyscallError
*/
function createNetworkNamespace() {
	const home = openNetworkNamespace();
	try {
		syscall("unshare", "CLONE_NEWNET", CLONE_NEWNET);
		try {
			return openNetworkNamespace();
		} finally {
			goBack(home);
		}
	} finally {
		syscallResult("close", home);
	}
}
/**
* Runs `task` with the calling thread in the network namespace. Sockets made there stay in it. The task is
* synchronous: only that makes the hop invisible to the rest of the program.
* @throws SyscallError, and what `task` throws
*/
function inNetworkNamespace(namespace, task) {
	const home = openNetworkNamespace();
	try {
		syscall("setns", "CLONE_NEWNET", namespace, CLONE_NEWNET);
		try {
			return task();
		} finally {
			goBack(home);
		}
	} finally {
		syscallResult("close", home);
	}
}
/**
* The network namespace of the calling thread, or of a process.
* @returns a descriptor; the caller closes it
* @throws SyscallError; ENOENT, ESRCH when there is no such process
*/
function openNetworkNamespace(pid) {
	const path = pid === void 0 ? "/proc/thread-self/ns/net" : `/proc/${pid}/ns/net`;
	return syscall("openat", path, AT_FDCWD, cstring(path), O_RDONLY_CLOEXEC, 0);
}
function goBack(home) {
	if (syscallResult("setns", home, 1073741824) < 0) process.abort();
}
// src/networkdriver/network-namespace.ts
/**
* A container's network namespace, held by descriptor. `descriptor` is what the exec driver joins; for
* `--network container:X` it is the namespace of X's init ({@link NetworkNamespace.ofProcess}), and no driver
* is asked anything.
*/
var NetworkNamespace = class NetworkNamespace {
	descriptor;
	#socket;
	#prepared;
	#closed = false;
	#closeListeners = [];
	constructor(descriptor) {
		this.descriptor = descriptor;
	}
	/**
	* A new one: the loopback interface is up, and interfaces made in it later have no IPv6, as Docker has it on
	* networks without. Takes about half a millisecond.
	* @throws SyscallError
	*/
	static create() {
		const namespace = new NetworkNamespace(createNetworkNamespace());
		try {
			namespace.#enter(() => disableIpv6OfNewInterfaces());
			namespace.routes.request([setLinkUp({ name: "lo" })]);
			return namespace;
		} catch (error) {
			namespace.close();
			throw error;
		}
	}
	/**
	* As {@link NetworkNamespace.create}, of a namespace that is new, mostly off this thread. Takes the descriptor
	* over, also when it fails.
	* @throws SyscallError
	*/
	static async adopt(descriptor) {
		const namespace = new NetworkNamespace(descriptor);
		try {
			namespace.#enter(() => disableIpv6OfNewInterfaces());
			await namespace.routes.requestAsync([setLinkUp({ name: "lo" })]);
			return namespace;
		} catch (error) {
			namespace.close();
			throw error;
		}
	}
	/**
	* That of a running process.
	* @throws SyscallError ENOENT or ESRCH when it does not run (any more)
	*/
	static ofProcess(pid) {
		return new NetworkNamespace(openNetworkNamespace(pid));
	}
	/** An rtnetlink socket inside the namespace. */
	get routes() {
		this.#socket ??= inNetworkNamespace(this.descriptor, () => new NetlinkSocket(0));
		return this.#socket;
	}
	/** Used by the pool. */
	setPrepared(prepared) {
		this.#prepared = prepared;
	}
	get prepared() {
		return this.#prepared;
	}
	/** Calls back before it is closed. */
	onClose(listener) {
		this.#closeListeners.push(listener);
	}
	/** The interface of that name made beforehand, if there is one and nobody took it yet. */
	takePrepared(name) {
		const prepared = this.#prepared;
		if (prepared?.name !== name) return void 0;
		this.#prepared = void 0;
		return prepared;
	}
	/** Lets go of it; without processes in it, the kernel takes it away with its interfaces. Idempotent. */
	close() {
		if (this.#closed) return;
		this.#closed = true;
		for (const listener of this.#closeListeners) listener();
		this.#socket?.close();
		closeSync(this.descriptor);
	}
	#enter(task) {
		inNetworkNamespace(this.descriptor, () => {
			task();
			this.#socket ??= new NetlinkSocket(0);
		});
	}
};
function disableIpv6OfNewInterfaces() {
	try {
		writeFileSync("/proc/sys/net/ipv6/conf/default/disable_ipv6", "1");
	} catch {}
}
// src/networkdriver/namespace-pool.ts
const DEFAULT_SIZE = 3;
/** Long enough for the start that took a namespace to have gone on to waiting for its shim. */
const REFILL_DELAY_MS = 3;
/**
* Network namespaces made before they are needed, with a veth pair each and perhaps connected already: making
* all that takes far longer than handing it out. Refilled one at a time, once no more are being asked for, and
* mostly off the main thread.
*/
var NamespacePool = class {
	#size;
	#create;
	#prepare;
	#ready = [];
	#timer;
	#refilling;
	#closed = false;
	constructor({ size = DEFAULT_SIZE, create = async () => createNetworkNamespace(), prepare = async () => void 0 } = {}) {
		this.#size = size;
		this.#create = create;
		this.#prepare = prepare;
		this.#refillLater();
	}
	/**
	* A namespace for a container that is to join a network (`connected`), with what was prepared if one was
	* ready, or for one that is to have nothing but its loopback interface. The caller closes it.
	* @throws SyscallError
	*/
	async take(options) {
		if (!options.connected) return this.#bare();
		const namespace = this.#ready.shift() ?? await this.#bare();
		this.#refillLater();
		return namespace;
	}
	async #bare() {
		return NetworkNamespace.adopt(await this.#create());
	}
	/** Lets go of all that are ready. Those taken are their takers'. */
	async close() {
		this.#closed = true;
		clearTimeout(this.#timer);
		await this.#refilling;
		for (const namespace of this.#ready.splice(0)) namespace.close();
	}
	#refillLater() {
		if (this.#closed || this.#refilling !== void 0 || this.#ready.length >= this.#size) return;
		clearTimeout(this.#timer);
		this.#timer = setTimeout(() => {
			this.#refilling = this.#refill();
		}, REFILL_DELAY_MS).unref();
	}
	async #refill() {
		try {
			const namespace = await this.#bare();
			await this.#complete(namespace);
			this.#ready.push(namespace);
			this.#refilling = void 0;
			this.#refillLater();
		} catch {
			this.#refilling = void 0;
		}
	}
	async #complete(namespace) {
		const host = new NetlinkSocket(0);
		try {
			const name = newVethName();
			const peer = {
				name: "eth0",
				namespace: namespace.descriptor
			};
			const [reply] = await host.requestAsync([addVethPair({
				name,
				peer
			}), getLink({ name })]);
			if (reply === void 0) throw new TypeError(`no answer about ${name}`);
			const { index, peerIndex } = parseLink(reply);
			namespace.setPrepared({
				name: peer.name,
				index: peerIndex,
				hostIndex: index
			});
			await this.#prepare(namespace);
		} catch (error) {
			namespace.close();
			throw error;
		} finally {
			host.close();
		}
	}
};
/** `veth` and seven random hex digits: as Docker names them. */
function newVethName() {
	return `veth${randomBytes(4).toString("hex").slice(0, 7)}`;
}
// src/networkdriver/address-pool.ts
/**
* The IPv4 addresses of one network, in memory. A released address is the last to be given out again, so that
* nobody who still remembers it reaches a stranger.
*/
var AddressPool = class {
	#subnet;
	#taken;
	#next;
	/** The gateway, the network's own and its broadcast address are never given out. */
	constructor(subnet, gateway) {
		this.#subnet = parseSubnet(subnet);
		this.#taken = /* @__PURE__ */ new Set([parseIpv4(gateway)]);
		this.#next = this.#firstHost;
	}
	get prefixLength() {
		return this.#subnet.prefixLength;
	}
	/**
	* @param wanted a fixed address; '' for any
	* @throws EngineError `invalid-parameter` when it lies outside, `forbidden` when it is taken, `unavailable`
	*   when all are
	*/
	allocate(wanted) {
		if (wanted !== "") return this.#allocateFixed(wanted);
		const count = this.#lastHost - this.#firstHost + 1;
		for (let tried = 0; tried < count; tried++) {
			const address = this.#next;
			this.#next = address === this.#lastHost ? this.#firstHost : address + 1;
			if (this.#taken.has(address)) continue;
			this.#taken.add(address);
			return formatIpv4(address);
		}
		throw new EngineError("unavailable", "no available IPv4 addresses on this network's address pools");
	}
	/** Marks an address that is in use already. Idempotent. */
	restore(address) {
		const number = parseIpv4(address);
		this.#taken.add(number);
		if (number >= this.#next) this.#next = number >= this.#lastHost ? this.#firstHost : number + 1;
	}
	/** Idempotent. */
	release(address) {
		this.#taken.delete(parseIpv4(address));
	}
	#allocateFixed(wanted) {
		const address = parseIpv4(wanted);
		if (!contains(this.#subnet, address)) throw new EngineError("invalid-parameter", `no configured subnet contains IP address ${wanted}`);
		if (address < this.#firstHost || address > this.#lastHost || this.#taken.has(address)) throw new EngineError("forbidden", "Address already in use");
		this.#taken.add(address);
		return wanted;
	}
	/** In networks of two addresses or one (RFC 3021) all are hosts'. */
	get #firstHost() {
		return this.#subnet.first + (this.#subnet.prefixLength < 31 ? 1 : 0);
	}
	get #lastHost() {
		return this.#subnet.last - (this.#subnet.prefixLength < 31 ? 1 : 0);
	}
};
// src/networkdriver/port-allocator.ts
const EVERY_ADDRESS = "0.0.0.0";
const SOCKADDR_BYTES = 16;
/**
* The host's ports that the engine's containers have. Two things keep a port: the table here, from other
* containers (and it tells their conflicts from those with foreign programs), and a socket bound to it, which
* never listens, from everything else on the host.
*/
var PortAllocator = class {
	/** `tcp/8080` → addresses it is taken at. */
	#taken = /* @__PURE__ */ new Map();
	/**
	* Binds all, or none.
	* @param containerAddress for the message only
	* @throws EngineError `system`, in Docker's words but without what they begin with; `invalid-parameter` for
	*   an address that is none (of IPv4)
	*/
	bind(bindings, containerAddress) {
		const bound = [];
		try {
			for (const binding of bindings) bound.push(this.#bindOne(binding, containerAddress));
			return bound;
		} catch (error) {
			for (const { binding, descriptor } of bound) {
				closeSync(descriptor);
				this.release(binding);
			}
			throw error;
		}
	}
	/** Marks a port whose socket a running container's shim holds. Idempotent. */
	restore(binding) {
		const key = keyOf$1(binding);
		const addresses = this.#taken.get(key) ?? /* @__PURE__ */ new Set();
		this.#taken.set(key, addresses.add(binding.hostIp));
	}
	/** Idempotent. Does not close the socket. */
	release(binding) {
		const addresses = this.#taken.get(keyOf$1(binding));
		addresses?.delete(binding.hostIp);
		if (addresses?.size === 0) this.#taken.delete(keyOf$1(binding));
	}
	#bindOne(wanted, containerAddress) {
		const hostIp = formatIpv4(parseIpv4(wanted.hostIp || EVERY_ADDRESS));
		const last = wanted.hostPort === 0 ? 0 : Math.max(wanted.hostPort, wanted.hostPortEnd ?? 0);
		for (let hostPort = wanted.hostPort;; hostPort++) {
			const { protocol, containerPort } = wanted;
			const binding = {
				protocol,
				containerPort,
				hostIp,
				hostPort
			};
			try {
				return this.#bindExactly(binding, containerAddress);
			} catch (error) {
				if (hostPort >= last) throw error;
			}
		}
	}
	#bindExactly(binding, containerAddress) {
		const { hostIp, hostPort } = binding;
		if (hostPort !== 0 && this.#isTaken(binding)) throw new EngineError("system", `Bind for ${hostIp}:${hostPort} failed: port is already allocated`);
		try {
			const bound = bindSocket(binding);
			this.restore(bound.binding);
			return bound;
		} catch (error) {
			throw bindError(error, binding, containerAddress);
		}
	}
	#isTaken(binding) {
		const addresses = this.#taken.get(keyOf$1(binding));
		if (addresses === void 0) return false;
		return binding.hostIp === EVERY_ADDRESS || addresses.has(binding.hostIp) || addresses.has(EVERY_ADDRESS);
	}
};
function keyOf$1({ protocol, hostPort }) {
	return `${protocol}/${hostPort}`;
}
function bindSocket(binding) {
	const { protocol, hostIp, hostPort } = binding;
	const isTcp = protocol === "tcp";
	const where = `${hostIp}:${hostPort}`;
	const descriptor = syscall("socket", where, 2, (isTcp ? 1 : 2) | SOCK_CLOEXEC, 0);
	try {
		const reuse = isTcp && hostPort !== 0;
		if (reuse) setReuseAddress(descriptor, 1);
		syscall("bind", where, descriptor, socketAddress(hostIp, hostPort), SOCKADDR_BYTES);
		if (reuse) setReuseAddress(descriptor, 0);
		return {
			binding: {
				...binding,
				hostPort: hostPort || boundPort(descriptor)
			},
			descriptor
		};
	} catch (error) {
		closeSync(descriptor);
		throw error;
	}
}
function setReuseAddress(descriptor, value) {
	syscall("setsockopt", "SO_REUSEADDR", descriptor, 1, 2, Buffer.of(value, 0, 0, 0), 4);
}
function boundPort(descriptor) {
	const address = Buffer.alloc(SOCKADDR_BYTES);
	syscall("getsockname", "", descriptor, address, Buffer.of(SOCKADDR_BYTES, 0, 0, 0));
	return address.readUInt16BE(2);
}
/** struct sockaddr_in */
function socketAddress(address, port) {
	const buffer = Buffer.alloc(SOCKADDR_BYTES);
	buffer.writeUInt16LE(2, 0);
	buffer.writeUInt16BE(port, 2);
	buffer.writeUInt32BE(parseIpv4(address), 4);
	return buffer;
}
function bindError(error, binding, containerAddress) {
	if (!(error instanceof SyscallError)) return error;
	const { hostIp, hostPort, containerPort, protocol } = binding;
	const reasons = {
		EADDRINUSE: "address already in use",
		EADDRNOTAVAIL: "cannot assign requested address",
		EACCES: "permission denied"
	};
	const what = `${hostIp}:${hostPort}:${containerAddress}:${containerPort}/${protocol}`;
	const reason = reasons[error.code] ?? error.code;
	return new EngineError("system", `failed to bind host port for ${what}: ${reason}`, { cause: error });
}
// src/networkdriver/bridge/attach-interface.ts
/**
* A veth pair that is down, the inner end of that name in the namespace: the one made beforehand, or a new one.
* @throws SyscallError
*/
function takePair(host, namespace, interfaceName) {
	const prepared = namespace.takePrepared(interfaceName);
	if (prepared !== void 0) return prepared;
	const name = newVethName();
	const peer = {
		name: interfaceName,
		namespace: namespace.descriptor
	};
	const [reply] = host.request([addVethPair({
		name,
		peer
	}), getLink({ name })]);
	if (reply === void 0) throw new TypeError(`no answer about ${name}`);
	const { index, peerIndex } = parseLink(reply);
	return {
		index: peerIndex,
		hostIndex: index
	};
}
/**
* Connects a namespace to a bridge by a veth pair, with address and route. On return packets flow at once, both
* ways: nothing has to be learnt first, and nobody's outdated knowledge of the address is in the way.
* @throws SyscallError; the pair is the caller's to delete then
*/
function attachInterface(options) {
	for (const { socket, messages } of attachSteps(options)) socket.request(messages);
}
/** As {@link attachInterface}, off the main thread. Neither socket may be used meanwhile. */
async function attachInterfaceAsync(options) {
	for (const { socket, messages } of attachSteps(options)) await socket.requestAsync(messages);
}
/** Lets what is behind the pair reach itself by way of the host. */
function allowHairpin(host, pair) {
	host.request([setHairpin(pair.hostIndex)]);
}
function attachSteps(options) {
	const { host, namespace, pair, bridgeIndex, mtu, macAddress, address } = options;
	const port = addPort({
		index: pair.hostIndex,
		bridgeIndex,
		mtu
	});
	const inner = [configureLink({
		index: pair.index,
		macAddress,
		mtu
	}), addAddress({
		linkIndex: pair.index,
		address,
		prefixLength: options.prefixLength
	})];
	if (options.gateway !== "") inner.push(addDefaultRoute(options.gateway));
	const outer = [
		getLink({ index: pair.hostIndex }),
		setForwarding({
			portIndex: pair.hostIndex,
			macAddress
		}),
		correctNeighbour({
			linkIndex: bridgeIndex,
			address,
			macAddress
		})
	];
	return [
		{
			socket: host,
			messages: [port]
		},
		{
			socket: namespace.routes,
			messages: inner
		},
		{
			socket: host,
			messages: outer
		}
	];
}
/**
* Takes the interface out of a namespace that lives on. Idempotent.
* @throws SyscallError
*/
async function detachInterface(namespace, interfaceName) {
	try {
		await namespace.routes.requestAsync([deleteLink({ name: interfaceName })]);
	} catch (error) {
		if (errorCode(error) !== "ENODEV") throw error;
	}
}
// src/networkdriver/bridge/bridge-device.ts
/**
* Makes the bridge, or takes the one of that name, up and with the gateway's address as its only IPv4 one, and
* the host forward packets.
* @returns its interface index
* @throws EngineError `conflict` when the name is that of another kind of interface; SyscallError
*/
function ensureBridge(host, settings) {
	const { index } = findLink(host, settings.device) ?? makeBridge(host, settings);
	host.request([setLinkUp({ index })]);
	setAddress(host, {
		linkIndex: index,
		address: settings.gateway,
		prefixLength: settings.prefixLength
	});
	writeSysctl("net/ipv4/ip_forward", "1");
	writeSysctl(`net/ipv4/conf/${settings.device}/route_localnet`, "1");
	return index;
}
/**
* Idempotent.
* @throws SyscallError
*/
async function removeBridge(device) {
	const host = new NetlinkSocket(0);
	try {
		await host.requestAsync([deleteLink({ name: device })]);
	} catch (error) {
		if (errorCode(error) !== "ENODEV") throw error;
	} finally {
		host.close();
	}
}
function findLink(host, name) {
	try {
		const link = host.request([getLink({ name })]).map(parseLink)[0];
		if (link !== void 0 && link.kind !== "bridge") throw new EngineError("conflict", `interface ${name} exists and is not a bridge`);
		return link;
	} catch (error) {
		if (errorCode(error) === "ENODEV") return void 0;
		throw error;
	}
}
function makeBridge(host, { device, mtu }) {
	const macAddress = `02:42:${randomBytes(4).toString("hex").replaceAll(/..(?!$)/g, "$&:")}`;
	const [reply] = host.request([addBridge({
		name: device,
		macAddress,
		mtu
	}), getLink({ name: device })]);
	if (reply === void 0) throw new TypeError(`no answer about ${device}`);
	return parseLink(reply);
}
function setAddress(host, wanted) {
	const present = host.dump(dumpAddresses()).map(parseAddress).filter((address) => address.linkIndex === wanted.linkIndex);
	const isWanted = (one) => one.address === wanted.address && one.prefixLength === wanted.prefixLength;
	const others = present.filter((address) => !isWanted(address));
	if (others.length > 0) host.request(others.map(deleteAddress));
	if (!present.some(isWanted)) host.request([addAddress(wanted)]);
}
/** /proc/sys/net shows the namespace of the thread that looks: this has to stay synchronous. */
function writeSysctl(key, value) {
	const path = `/proc/sys/${key}`;
	if (readFileSync(path, "utf8").trim() !== value) writeFileSync(path, value);
}
// src/kernel/netlink/nftables-messages.ts
/** Elements of nftables maps: include/uapi/linux/netfilter/nf_tables.h. */
/**
* The messages that make one transaction of `changes`: all of them happen, or none. To be sent by one
* `request` of a NETLINK_NETFILTER socket; the errors are those of the single changes: ENOENT for deleting
* what is not there (or no such map), EBUSY or EEXIST for adding a key that has other data.
*/
function transaction(changes) {
	return [
		batchMessage(16),
		...changes,
		batchMessage(17)
	];
}
function addElements(name, elements) {
	return elementsMessage({
		type: 12,
		flags: NLM_F_CREATE,
		name,
		elements: elements.map(({ key, data }) => [nested(1, [bytes(1, key)]), nested(2, [bytes(1, data)])]),
		description: `add elements to ${name.map}`
	});
}
function deleteElements(name, keys) {
	return elementsMessage({
		type: 14,
		flags: 0,
		name,
		elements: keys.map((key) => [nested(1, [bytes(1, key)])]),
		description: `delete elements of ${name.map}`
	});
}
function dumpElements(name) {
	return elementsMessage({
		type: 13,
		flags: 0,
		name,
		elements: void 0,
		description: `list elements of ${name.map}`
	});
}
/** The elements in one answer to {@link dumpElements}. */
function parseElements({ payload }) {
	const list = decodeAttributes(payload.subarray(4)).get(3);
	if (list === void 0) return [];
	return decodeList(list).map((element) => {
		const attributes = decodeAttributes(element);
		return {
			key: valueOf(attributes.get(1)),
			data: valueOf(attributes.get(2))
		};
	});
}
function valueOf(data) {
	const value = data === void 0 ? void 0 : decodeAttributes(data).get(1);
	return Buffer.from(value ?? []);
}
function elementsMessage(options) {
	const { type, flags, name, elements, description } = options;
	const attributes = [text(1, name.table), text(2, name.map)];
	if (elements !== void 0) attributes.push(nested(3, elements.map((element) => nested(1, element))));
	return {
		type: 2560 | type,
		flags,
		header: nfgenmsg(2, 0),
		attributes,
		description
	};
}
function batchMessage(type) {
	return {
		type,
		flags: 0,
		header: nfgenmsg(0, 10),
		attributes: [],
		description: "nftables transaction"
	};
}
/** struct nfgenmsg: family, version, resource id in network order. */
function nfgenmsg(family, resource) {
	const header = Buffer.from([
		family,
		0,
		0,
		0
	]);
	header.writeUInt16BE(resource, 2);
	return header;
}
// src/networkdriver/bridge/load-ruleset.ts
/**
* Has nft(8) load a script, as one transaction. A process of its own, some ten milliseconds: not for what
* happens with each container.
* @throws EngineError system
*/
async function loadRuleset(script) {
	const child = spawn("nft", ["-f", "-"], {
		stdio: [
			"pipe",
			"ignore",
			"pipe"
		],
		env: searchPath()
	});
	const errors = [];
	child.stderr.on("data", (chunk) => errors.push(chunk));
	child.stdin.on("error", () => void 0);
	child.stdin.end(script);
	const code = await new Promise((resolve, reject) => {
		child.once("error", (error) => reject(startError(error)));
		child.once("close", resolve);
	});
	if (code === 0) return;
	const output = Buffer.concat(errors).toString("utf8").trim();
	throw new EngineError("system", `failed to load the firewall rules: ${output || `nft exited with ${code}`}`);
}
/** nft is in sbin, which is not in everybody's PATH. */
function searchPath() {
	return {
		PATH: `${process.env["PATH"] ?? ""}:/usr/sbin:/sbin`,
		LC_ALL: "C"
	};
}
function startError(cause) {
	return new EngineError("system", `failed to run nft: ${cause.message}`, {
		cause,
		hint: "Bridge networks need the nftables package."
	});
}
// src/networkdriver/bridge/ruleset.ts
/** Key: protocol, port; for ports published at every address of the host. */
const EVERY_ADDRESS_MAP = "published";
/** Key: address, protocol, port. */
const ONE_ADDRESS_MAP = "published_at";
/**
* The nft(8) script of the engine's only table: what holds for all ports and networks. Published ports are
* elements of its two maps, which the script makes if they are missing and otherwise leaves alone. Loading it
* again is one transaction: no packet ever meets half of it.
*/
function rulesetOf(table, networks) {
	if (networks.length === 0) return `add table ip ${table}\ndelete table ip ${table}\n`;
	const name = `ip ${table}`;
	const devices = networks.map((network) => quoted(network.device));
	const internal = networks.filter((network) => network.internal).map((network) => quoted(network.device));
	const destination = "ipv4_addr . inet_service";
	return [
		`add table ${name}`,
		`add map ${name} ${EVERY_ADDRESS_MAP} { type inet_proto . inet_service : ${destination}; }`,
		`add map ${name} ${ONE_ADDRESS_MAP} { type ipv4_addr . inet_proto . inet_service : ${destination}; }`,
		...set(name, {
			set: "bridges",
			type: "ifname",
			elements: devices
		}),
		...set(name, {
			set: "internal",
			type: "ifname",
			elements: internal
		}),
		...set(name, {
			set: "same_bridge",
			type: "ifname . ifname",
			elements: devices.map((device) => `${device} . ${device}`)
		}),
		...chain(name, {
			chain: "guard",
			type: "filter hook prerouting priority raw",
			rules: guardRules()
		}),
		...chain(name, {
			chain: "publish",
			rules: publishRules()
		}),
		...chain(name, {
			chain: "prerouting",
			type: "nat hook prerouting priority dstnat",
			rules: ["ip daddr 127.0.0.0/8 return", "fib daddr type local jump publish"]
		}),
		...chain(name, {
			chain: "output",
			type: "nat hook output priority -100",
			rules: ["fib daddr type local jump publish"]
		}),
		...chain(name, {
			chain: "forward",
			type: "filter hook forward priority filter",
			rules: forwardRules()
		}),
		...chain(name, {
			chain: "postrouting",
			type: "nat hook postrouting priority srcnat",
			rules: postroutingRules(networks)
		}),
		""
	].join("\n");
}
/** Bridges let packets with loopback addresses through (route_localnet), for the host's own connections only. */
function guardRules() {
	return ["iifname @bridges ip daddr 127.0.0.0/8 drop", "iifname @bridges ip saddr 127.0.0.0/8 drop"];
}
function publishRules() {
	return [`meta l4proto { tcp, udp } dnat ip to ip daddr . meta l4proto . th dport map @${ONE_ADDRESS_MAP}`, `meta l4proto { tcp, udp } dnat ip to meta l4proto . th dport map @${EVERY_ADDRESS_MAP}`];
}
function forwardRules() {
	return [
		"ct state established,related accept",
		"iifname . oifname @same_bridge accept",
		"iifname @internal drop",
		"oifname @internal drop",
		"oifname @bridges ct status dnat accept",
		"oifname @bridges drop"
	];
}
function postroutingRules(networks) {
	const outbound = networks.filter((network) => network.masquerade && !network.internal);
	return [
		"oifname @bridges ip saddr 127.0.0.0/8 masquerade",
		...networks.map(({ device, subnet }) => `ip saddr ${subnet} oifname ${quoted(device)} ct status dnat masquerade`),
		...outbound.map(({ device, subnet }) => `ip saddr ${subnet} oifname != ${quoted(device)} masquerade`)
	];
}
function set(table, options) {
	const name = `${table} ${options.set}`;
	const declaration = [`add set ${name} { type ${options.type}; }`, `flush set ${name}`];
	if (options.elements.length === 0) return declaration;
	return [...declaration, `add element ${name} { ${options.elements.join(", ")} }`];
}
function chain(table, options) {
	const name = `${table} ${options.chain}`;
	return [
		`add chain ${name}${options.type === void 0 ? "" : ` { type ${options.type}; policy accept; }`}`,
		`flush chain ${name}`,
		...options.rules.map((rule) => `add rule ${name} ${rule}`)
	];
}
function quoted(device) {
	return `"${device}"`;
}
// src/networkdriver/bridge/firewall.ts
const MAPS = [EVERY_ADDRESS_MAP, ONE_ADDRESS_MAP];
/**
* The engine's nftables table: rules by network, loaded with nft when networks change; published ports by
* element, put there by netlink as containers come and go. All of it stays in the kernel without the engine.
*/
var Firewall = class {
	#table;
	#socket = new NetlinkSocket(12);
	#loading = new KeyedLock();
	#networks = [];
	/** What ought to be in the maps: kept to mend them with. */
	#published = /* @__PURE__ */ new Map();
	constructor(table) {
		this.#table = table;
	}
	/**
	* Makes the rules those for these networks, and no others. Without any, the table goes.
	* @throws EngineError system
	*/
	async setNetworks(networks) {
		this.#networks = networks;
		await this.#load();
	}
	/**
	* Adds elements, all or none. If somebody has thrown the table away (`nft flush ruleset`), it is made again.
	* @throws SyscallError
	*/
	async publish(elements) {
		if (elements.length === 0) return;
		try {
			this.#add(elements);
		} catch (error) {
			if (errorCode(error) !== "ENOENT") throw error;
			await this.#load();
			this.#add([...this.#published.values(), ...elements]);
		}
		for (const element of elements) this.#published.set(idOf(element), element);
	}
	/** Takes elements out of the maps. Those that are not there do not matter. */
	unpublish(elements) {
		if (elements.length === 0) return;
		for (const element of elements) this.#published.delete(idOf(element));
		try {
			this.#delete(elements);
		} catch (error) {
			if (errorCode(error) !== "ENOENT") throw error;
			if (elements.length > 1) for (const element of elements) this.unpublish([element]);
		}
	}
	/** Makes the maps hold these elements and no others. */
	async reconcile(elements) {
		const wanted = new Map(elements.map((element) => [idOf(element), element]));
		const present = MAPS.flatMap((map) => this.#dump(map));
		const right = new Set(present.filter((found) => wanted.get(idOf(found))?.element.data.equals(found.element.data)).map(idOf));
		this.unpublish(present.filter((found) => !right.has(idOf(found))));
		for (const [id, element] of wanted) if (right.has(id)) this.#published.set(id, element);
		await this.publish(elements.filter((element) => !right.has(idOf(element))));
	}
	close() {
		this.#socket.close();
	}
	async #load() {
		await this.#loading.run(this.#table, () => loadRuleset(rulesetOf(this.#table, this.#networks)));
	}
	#add(elements) {
		this.#change(elements, (name, some) => addElements(name, some));
	}
	#delete(elements) {
		this.#change(elements, (name, some) => deleteElements(name, some.map(({ key }) => key)));
	}
	#change(elements, encode) {
		const changes = MAPS.map((map) => ({
			map,
			some: elements.filter((element) => element.map === map).map(({ element }) => element)
		})).filter(({ some }) => some.length > 0).map(({ map, some }) => encode({
			table: this.#table,
			map
		}, some));
		this.#socket.request(transaction(changes));
	}
	#dump(map) {
		try {
			return this.#socket.dump(dumpElements({
				table: this.#table,
				map
			})).flatMap(parseElements).map((element) => ({
				map,
				element
			}));
		} catch (error) {
			if (errorCode(error) === "ENOENT") return [];
			throw error;
		}
	}
};
function idOf({ map, element }) {
	return `${map} ${element.key.toString("hex")}`;
}
// src/kernel/netlink/conntrack-messages.ts
/** Connection tracking: include/uapi/linux/netfilter/nfnetlink_conntrack.h. */
/**
* Forgets the flows of a protocol that were first sent to this port (any, when left out) and are answered from
* this address. The kernel walks through its whole table for it; kernels before 6.0 answer EINVAL.
*/
function forgetFlows(options) {
	const { protocol, port, answeredFrom } = options;
	const tuple = [u8(1, protocol), ...port === void 0 ? [] : [bigEndian16(port)]];
	const flags = 8 | (port === void 0 ? 0 : 32);
	return {
		type: 258,
		flags: 0,
		header: Buffer.from([
			2,
			0,
			0,
			0
		]),
		attributes: [
			nested(1, [nested(2, tuple)]),
			nested(2, [nested(1, [bytes(1, ipv4Bytes(answeredFrom))])]),
			nested(25, [u32(1, flags), u32(2, 1)])
		],
		description: `forget flows answered from ${answeredFrom}`
	};
}
function bigEndian16(port) {
	return bytes(3, Uint8Array.of(port >> 8, port & 255));
}
// src/networkdriver/bridge/forget-udp-flows.ts
const IPPROTO_UDP = 17;
/**
* A flow keeps the translation it began with as long as packets come. So those sent to a port before it was
* published must be forgotten, or their sender would never reach the container.
*/
async function forgetEarlierUdpFlows({ ports }) {
	await forget(ports.filter(isUdp).flatMap(({ hostIp, hostPort }) => (hostIp === "0.0.0.0" ? hostAddresses() : [hostIp]).map((answeredFrom) => forgetFlows({
		protocol: IPPROTO_UDP,
		port: hostPort,
		answeredFrom
	}))));
}
/** Forgets the flows into a container that is gone: its address may soon be another's, its port too. */
async function forgetUdpFlowsTo({ ports, ipv4Address }) {
	if (!ports.some(isUdp)) return;
	await forget([forgetFlows({
		protocol: IPPROTO_UDP,
		answeredFrom: ipv4Address
	})]);
}
function isUdp({ protocol }) {
	return protocol === "udp";
}
function hostAddresses() {
	const socket = new NetlinkSocket(0);
	try {
		return socket.dump(dumpAddresses()).map((reply) => parseAddress(reply).address);
	} finally {
		socket.close();
	}
}
async function forget(flows) {
	if (flows.length === 0) return;
	const socket = new NetlinkSocket(12);
	try {
		await socket.requestAsync(flows);
	} catch (error) {
		if (errorCode(error) !== "EINVAL") throw error;
	} finally {
		socket.close();
	}
}
// src/networkdriver/bridge/prepared-endpoints.ts
/** What the bridge driver has prepared and nobody has joined yet. */
var PreparedEndpoints = class {
	#byNamespace = /* @__PURE__ */ new Map();
	add(namespace, endpoint) {
		this.#byNamespace.set(namespace, endpoint);
		namespace.onClose(() => this.forget(namespace));
	}
	/** Gives up one that nobody will join. Idempotent. */
	forget(namespace) {
		const endpoint = this.#byNamespace.get(namespace);
		this.#byNamespace.delete(namespace);
		endpoint?.release();
	}
	/**
	* The endpoint prepared in a namespace about to join, if it is just what is asked for. If it is another, it is
	* undone: the interface is as good as new. Also when an address is asked for that some other namespace holds.
	* @throws SyscallError
	*/
	async take(options) {
		if (options.ipv4Address !== "") await this.#vacate(options.networkId, options.ipv4Address);
		const endpoint = this.#byNamespace.get(options.namespace);
		if (endpoint === void 0) return void 0;
		const { networkId, interfaceName, ipv4Address, macAddress, defaultRoute } = options;
		const plain = ipv4Address === "" && macAddress === "" && defaultRoute;
		if (networkId !== endpoint.networkId || interfaceName !== "eth0" || !plain) {
			this.#undo(options.namespace, endpoint);
			return;
		}
		this.#byNamespace.delete(options.namespace);
		return endpoint;
	}
	async #vacate(networkId, address) {
		for (const [namespace, endpoint] of this.#byNamespace) {
			if (endpoint.networkId !== networkId || endpoint.ipv4Address !== address) continue;
			await endpoint.ready;
			if (this.#byNamespace.get(namespace) === endpoint) this.#undo(namespace, endpoint);
		}
	}
	/** Its routes go with its only address. */
	#undo(namespace, { ipv4Address, prefixLength }) {
		const linkIndex = namespace.prepared?.index;
		if (linkIndex !== void 0) namespace.routes.request([deleteAddress({
			linkIndex,
			address: ipv4Address,
			prefixLength
		})]);
		this.forget(namespace);
	}
};
// src/networkdriver/bridge/published-elements.ts
const PROTOCOLS = {
	tcp: 6,
	udp: 17
};
/** What the firewall's maps hold for an endpoint: an element for each port. */
function publishedElements({ ipv4Address, ports }) {
	return ports.map((port) => {
		const everyAddress = port.hostIp === "0.0.0.0";
		return {
			map: everyAddress ? EVERY_ADDRESS_MAP : ONE_ADDRESS_MAP,
			element: {
				key: keyOf(port, everyAddress),
				data: Buffer.concat([address(ipv4Address), portField(port.containerPort)])
			}
		};
	});
}
function keyOf({ protocol, hostIp, hostPort }, everyAddress) {
	const service = [Buffer.from([
		PROTOCOLS[protocol],
		0,
		0,
		0
	]), portField(hostPort)];
	return Buffer.concat(everyAddress ? service : [address(hostIp), ...service]);
}
function address(text) {
	const buffer = Buffer.alloc(4);
	buffer.writeUInt32BE(parseIpv4(text));
	return buffer;
}
/** In network order, and as all fields of a concatenation, padded to four bytes. */
function portField(port) {
	const buffer = Buffer.alloc(4);
	buffer.writeUInt16BE(port);
	return buffer;
}
// src/networkdriver/bridge/bridge-driver.ts
const DEFAULT_MTU = 1500;
const DEFAULT_NETWORK = "bridge";
const OPTION = "com.docker.network.bridge.";
/**
* Networks that are Linux bridges on the host, with IPv4, NAT, and ports published by the kernel alone: all of it
* goes on while the engine is not running. Ports are published on IPv4 addresses only.
*/
var BridgeDriver = class {
	type = "bridge";
	#options;
	#host = new NetlinkSocket(0);
	#firewall;
	#ports = new PortAllocator();
	#networks = /* @__PURE__ */ new Map();
	#endpoints = /* @__PURE__ */ new Map();
	#prepared = new PreparedEndpoints();
	#restored = false;
	constructor(options) {
		this.#options = options;
		this.#firewall = new Firewall(options.table);
	}
	async createNetwork(options) {
		const { subnet, gateway } = options;
		const device = this.#deviceOf(options);
		const addresses = this.#networks.get(options.id)?.addresses ?? new AddressPool(subnet, gateway);
		const { prefixLength } = addresses;
		const bridgeIndex = ensureBridge(this.#host, {
			device,
			gateway,
			prefixLength,
			mtu: options.mtu
		});
		this.#networks.set(options.id, {
			options,
			device,
			bridgeIndex,
			addresses
		});
		await this.#setFirewall();
	}
	async removeNetwork(networkId) {
		const network = this.#networks.get(networkId);
		if (network === void 0) return;
		this.#networks.delete(networkId);
		await this.#setFirewall();
		await removeBridge(network.device);
	}
	async join(options) {
		const network = this.#network(options.networkId);
		const prepared = await this.#prepared.take(options);
		await using undo = new AsyncDisposableStack();
		const ipv4Address = prepared?.ipv4Address ?? network.addresses.allocate(options.ipv4Address);
		undo.defer(() => network.addresses.release(ipv4Address));
		const bound = this.#bindPorts(network, options, ipv4Address);
		undo.defer(() => this.#releasePorts(bound));
		const endpoint = endpointOf(network, options, {
			ipv4Address,
			bound
		});
		const pair = takePair(this.#host, options.namespace, options.interfaceName);
		undo.defer(() => detachInterface(options.namespace, options.interfaceName));
		if (prepared === void 0) attachInterface(attachOptions(network, {
			host: this.#host,
			namespace: options.namespace,
			pair,
			endpoint,
			defaultRoute: options.defaultRoute
		}));
		if (endpoint.ports.length > 0) allowHairpin(this.#host, pair);
		undo.defer(() => this.#firewall.unpublish(publishedElements(endpoint)));
		await this.#publish(options, endpoint);
		this.#endpoints.set(endpoint.endpointId, endpoint);
		undo.move();
		return {
			endpoint,
			reserved: { descriptors: bound.map(({ descriptor }) => descriptor) }
		};
	}
	async leave({ endpointId }, options) {
		const endpoint = this.#endpoints.get(endpointId);
		if (endpoint === void 0) return;
		this.#endpoints.delete(endpointId);
		this.#firewall.unpublish(publishedElements(endpoint));
		await forgetUdpFlowsTo(endpoint);
		if (options.namespace !== void 0) await detachInterface(options.namespace, endpoint.interfaceName);
		for (const port of endpoint.ports) this.#ports.release(port);
		this.#networks.get(endpoint.networkId)?.addresses.release(endpoint.ipv4Address);
	}
	async restore(endpoints) {
		for (const endpoint of endpoints) {
			this.#endpoints.set(endpoint.endpointId, endpoint);
			this.#networks.get(endpoint.networkId)?.addresses.restore(endpoint.ipv4Address);
			for (const port of endpoint.ports) this.#ports.restore(port);
		}
		await this.#firewall.reconcile([...this.#endpoints.values()].flatMap(publishedElements));
		this.#restored = true;
	}
	async prepare(namespace) {
		const network = [...this.#networks.values()].find(({ options }) => options.name === DEFAULT_NETWORK);
		const pair = namespace.prepared;
		if (!this.#restored || network === void 0 || pair === void 0) return;
		const ipv4Address = network.addresses.allocate("");
		const endpoint = {
			ipv4Address,
			macAddress: macAddressFor(ipv4Address)
		};
		const host = new NetlinkSocket(0);
		const attached = attachInterfaceAsync(attachOptions(network, {
			host,
			namespace,
			pair,
			endpoint,
			defaultRoute: true
		}));
		this.#prepared.add(namespace, {
			networkId: network.options.id,
			ipv4Address,
			prefixLength: network.addresses.prefixLength,
			ready: attached.catch(() => void 0),
			release: () => network.addresses.release(ipv4Address)
		});
		try {
			await attached;
		} finally {
			host.close();
		}
	}
	close() {
		this.#host.close();
		this.#firewall.close();
	}
	#network(id) {
		const network = this.#networks.get(id);
		if (network === void 0) throw new EngineError("not-found", `network ${id} not found`);
		return network;
	}
	#deviceOf({ id, name, options }) {
		const named = options[`${OPTION}name`];
		if (named !== void 0 && named !== "") return named;
		return name === DEFAULT_NETWORK ? this.#options.defaultDevice : `br-${id.slice(0, 12)}`;
	}
	async #setFirewall() {
		const networks = [...this.#networks.values()].map(({ options, device }) => ({
			device,
			subnet: options.subnet,
			internal: options.internal,
			masquerade: options.options[`${OPTION}enable_ip_masquerade`] !== "false"
		}));
		await this.#firewall.setNetworks(networks);
	}
	#bindPorts(network, options, address) {
		if (network.options.internal) return [];
		const defaultHostIp = network.options.options[`${OPTION}host_binding_ipv4`] ?? "";
		const bindings = options.ports.map((port) => ({
			...port,
			hostIp: port.hostIp || defaultHostIp
		}));
		try {
			return this.#ports.bind(bindings, address);
		} catch (error) {
			throw connectivityError(options, error);
		}
	}
	#releasePorts(bound) {
		for (const { binding, descriptor } of bound) {
			this.#ports.release(binding);
			closeSync(descriptor);
		}
	}
	async #publish(options, endpoint) {
		try {
			await this.#firewall.publish(publishedElements(endpoint));
			await forgetEarlierUdpFlows(endpoint);
		} catch (error) {
			throw connectivityError(options, error);
		}
	}
};
function attachOptions(network, parts) {
	const { endpoint, defaultRoute, ...rest } = parts;
	return {
		...rest,
		bridgeIndex: network.bridgeIndex,
		mtu: network.options.mtu ?? DEFAULT_MTU,
		macAddress: endpoint.macAddress,
		address: endpoint.ipv4Address,
		prefixLength: network.addresses.prefixLength,
		gateway: defaultRoute ? gatewayOf(network) : ""
	};
}
function gatewayOf({ options }) {
	return options.internal ? "" : options.gateway;
}
function endpointOf(network, options, { ipv4Address, bound }) {
	return {
		endpointId: options.endpointId,
		networkId: options.networkId,
		interfaceName: options.interfaceName,
		ipv4Address,
		prefixLength: network.addresses.prefixLength,
		gateway: gatewayOf(network),
		macAddress: options.macAddress || macAddressFor(ipv4Address),
		ports: bound.map(({ binding }) => binding)
	};
}
/**
* Locally administered, and always the same for an address: who remembers an address's earlier owner in a
* neighbour table reaches the new one.
*/
function macAddressFor(ipv4Address) {
	return `02:42:${parseIpv4(ipv4Address).toString(16).padStart(8, "0").replaceAll(/..(?!$)/g, "$&:")}`;
}
function connectivityError({ containerName, endpointId }, error) {
	const kind = error instanceof EngineError ? error.kind : "system";
	return new EngineError(kind, `driver failed programming external connectivity on endpoint ${containerName} (${endpointId}): ${messageOf(error)}`, { cause: error });
}
// src/networkdriver/null-driver.ts
/**
* `host` and `none`: networks that connect nothing. A container of `none` has a namespace of its own with just
* its loopback interface; one of `host` has none of its own. Published ports are left out, as in Docker.
*/
var NullDriver = class {
	type;
	constructor(type) {
		this.type = type;
	}
	async createNetwork() {}
	async removeNetwork() {}
	async join(options) {
		const { endpointId, networkId } = options;
		return {
			endpoint: {
				endpointId,
				networkId,
				interfaceName: "",
				ipv4Address: "",
				prefixLength: 0,
				gateway: "",
				macAddress: "",
				ports: []
			},
			reserved: { descriptors: [] }
		};
	}
	async leave() {}
	async restore() {}
	async prepare() {}
	close() {}
};
// src/networkdriver/open-network-drivers.ts
/** The network drivers, by the type that networks name: `bridge`, `host`, `none` (with `null` for `none` too). */
function openNetworkDrivers(options = {}) {
	const { table = "slipway", defaultDevice = "slipway0" } = options;
	const none = new NullDriver("none");
	return /* @__PURE__ */ new Map([
		["bridge", new BridgeDriver({
			table,
			defaultDevice
		})],
		["host", new NullDriver("host")],
		["none", none],
		["null", none]
	]);
}
// src/main/lock-data-root.ts
/**
* Takes the data root for this engine until the function returned is called, or the process ends (flock(2); the
* descriptor is close-on-exec, so no shim inherits the lock).
* @throws EngineError conflict when another engine has it
*/
function lockDataRoot(dataRoot) {
	const path = join(dataRoot, "engine.lock");
	const descriptor = openSync(path, "a+", 384);
	const result = syscallResult("flock", descriptor, 6);
	if (result < 0) {
		const owner = readFileSync(path, "utf8").trim();
		closeSync(descriptor);
		if (result !== -11) throw new EngineError("system", `flock(${path}): ${errnoName(-result)}`);
		throw new EngineError("conflict", `another daemon (process ${owner}) is using the data root ${dataRoot}`, { hint: "Stop it first, or give this one another --data-root and --exec-root." });
	}
	ftruncateSync(descriptor);
	writeSync(descriptor, `${process.pid}\n`);
	return () => closeSync(descriptor);
}
// src/main/shim-directory.ts
/** Where the native programs are: one level above the bundle, two above the sources. */
const SHIM_DIRECTORY = ["../../shim/bin", "../shim/bin"].map((path) => fileURLToPath(new URL(path, import.meta.url))).reduce((found, path) => existsSync(found) ? found : path);
// src/main/engine.ts
const DEFAULT_DATA_ROOT = "/var/lib/slipway";
/**
* Opens the engine of a data root. Needs root.
* @throws EngineError conflict when another engine has it open; what the parts throw
*/
async function openEngine(options = {}) {
	const daemonOptions = completeOptions(options);
	await startThreadPool();
	mkdirSync(daemonOptions.dataRoot, {
		recursive: true,
		mode: 457
	});
	mkdirSync(daemonOptions.execRoot, {
		recursive: true,
		mode: 457
	});
	await using undo = new AsyncDisposableStack();
	const unlock = lockDataRoot(daemonOptions.dataRoot);
	undo.defer(unlock);
	const graph = await openGraph({
		root: join(daemonOptions.dataRoot, "graph"),
		storageDriver: options.storageDriver || void 0
	});
	undo.defer(() => graph.close());
	const { bridgeDevice, firewallTable } = hostNames(daemonOptions.dataRoot, options);
	const networkDrivers = openNetworkDrivers({
		table: firewallTable,
		defaultDevice: bridgeDevice
	});
	undo.defer(() => {
		for (const driver of networkDrivers.values()) driver.close();
	});
	const shimPath = join(SHIM_DIRECTORY, "slipway-shim");
	const namespaceMaker = new NamespaceMaker(shimPath);
	undo.defer(() => namespaceMaker.close());
	const namespaces = new NamespacePool({
		create: () => namespaceMaker.create(),
		size: options.namespacePoolSize,
		prepare: async (namespace) => networkDrivers.get("bridge")?.prepare(namespace)
	});
	undo.defer(() => namespaces.close());
	const execDriver = openNativeDriver({ shimPath });
	undo.defer(() => execDriver.close());
	const { daemon, close } = await openDaemon({
		options: daemonOptions,
		log: options.logger ?? SILENT,
		graph,
		execDriver,
		networkDrivers,
		namespaces,
		bridgeDevice,
		ownsBridge: options.bridgeDevice === void 0,
		hostFacts: readHostFacts()
	});
	undo.defer(close);
	const parts = undo.move();
	return {
		backend: createBackend(daemon),
		close: () => parts.disposeAsync()
	};
}
/** `slipway0` and `slipway` for the engine of the machine; for others, names made from their data roots. */
function hostNames(dataRoot, options) {
	const hash = createHash("sha256").update(dataRoot).digest("hex").slice(0, 7);
	const isMain = dataRoot === DEFAULT_DATA_ROOT;
	return {
		bridgeDevice: options.bridgeDevice ?? (isMain ? "slipway0" : `slipway-${hash}`),
		firewallTable: options.firewallTable ?? (isMain ? "slipway" : `slipway-${hash}`)
	};
}
function completeOptions(options) {
	return {
		cgroupParent: "",
		logDriver: "json-file",
		logOptions: {},
		shmSizeBytes: 67108864,
		ulimits: [],
		init: false,
		dns: [],
		dnsSearch: [],
		dnsOptions: [],
		bridgeIp: "",
		mtu: 1500,
		labels: [],
		debug: false,
		...options,
		dataRoot: resolve(options.dataRoot ?? DEFAULT_DATA_ROOT),
		execRoot: resolve(options.execRoot ?? "/run/slipway"),
		initPath: join(SHIM_DIRECTORY, "slipway-init"),
		version: VERSION
	};
}
/**
* libuv's pool threads inherit the namespaces of the thread whose work starts them. That must be this one, now,
* and not a worker that has left the host's namespaces.
*/
async function startThreadPool() {
	await Promise.all(Array.from({ length: 4 }, () => stat("/")));
}
export { __toESM as i, __commonJSMin as n, __require as r, openEngine as t };
