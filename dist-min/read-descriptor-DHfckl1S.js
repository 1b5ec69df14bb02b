import { $ as EngineError, et as SyscallError, tt as errorCode } from "./cli-DDb85CiE.js";
const { createRequire } = process.getBuiltinModule("node:module");
const { closeSync, constants, mkdtempSync, openSync, read, rmdirSync } = process.getBuiltinModule("node:fs");
const { join } = process.getBuiltinModule("node:path");
const { constants: constants$1, tmpdir } = process.getBuiltinModule("node:os");
const { spawn } = process.getBuiltinModule("node:child_process");
const { promisify } = process.getBuiltinModule("node:util");
const { Duplex, PassThrough } = process.getBuiltinModule("node:stream");
const { createGunzip, createZstdDecompress } = process.getBuiltinModule("node:zlib");
const { isUtf8 } = process.getBuiltinModule("node:buffer");
// src/kernel/abi/syscalls.ts
/**
* Syscall numbers: x86-64 (arch/x86/entry/syscalls/syscall_64.tbl) and the generic table that arm64 uses
* (include/uapi/asm-generic/unistd.h).
*/
const NUMBERS = {
	accept4: [288, 242],
	bind: [49, 200],
	bpf: [321, 280],
	capget: [125, 90],
	capset: [126, 91],
	chroot: [161, 51],
	clone3: [435, 435],
	close: [3, 57],
	close_range: [436, 436],
	connect: [42, 203],
	copy_file_range: [326, 285],
	dup: [32, 23],
	dup3: [292, 24],
	epoll_create1: [291, 20],
	epoll_ctl: [233, 21],
	epoll_pwait: [281, 22],
	eventfd2: [290, 19],
	fadvise64: [221, 223],
	fallocate: [285, 47],
	fchdir: [81, 50],
	fchmodat: [268, 53],
	fchownat: [260, 54],
	fcntl: [72, 25],
	fdatasync: [75, 83],
	fgetxattr: [193, 10],
	flock: [73, 32],
	fsconfig: [431, 431],
	fsetxattr: [190, 7],
	fsmount: [432, 432],
	fsopen: [430, 430],
	fspick: [433, 433],
	fstatfs: [138, 44],
	fsync: [74, 82],
	ftruncate: [77, 46],
	getdents64: [217, 61],
	getpid: [39, 172],
	getrandom: [318, 278],
	getsockname: [51, 204],
	getsockopt: [55, 209],
	gettid: [186, 178],
	getxattr: [191, 8],
	inotify_add_watch: [254, 27],
	inotify_init1: [294, 26],
	ioctl: [16, 29],
	ioprio_set: [251, 30],
	keyctl: [250, 219],
	kill: [62, 129],
	lgetxattr: [192, 9],
	linkat: [265, 37],
	listen: [50, 201],
	listmount: [458, 458],
	listxattr: [194, 11],
	llistxattr: [195, 12],
	lremovexattr: [198, 15],
	lseek: [8, 62],
	lsetxattr: [189, 6],
	memfd_create: [319, 279],
	mkdirat: [258, 34],
	mknodat: [259, 33],
	mount: [165, 40],
	mount_setattr: [442, 442],
	move_mount: [429, 429],
	name_to_handle_at: [303, 264],
	open_tree: [428, 428],
	openat: [257, 56],
	openat2: [437, 437],
	personality: [135, 92],
	pidfd_getfd: [438, 438],
	pidfd_open: [434, 434],
	pidfd_send_signal: [424, 424],
	pivot_root: [155, 41],
	ppoll: [271, 73],
	prctl: [157, 167],
	prlimit64: [302, 261],
	quotactl_fd: [443, 443],
	read: [0, 63],
	recvfrom: [45, 207],
	recvmsg: [47, 212],
	removexattr: [197, 14],
	renameat2: [316, 276],
	sched_getaffinity: [204, 123],
	sched_setaffinity: [203, 122],
	seccomp: [317, 277],
	sendmsg: [46, 211],
	sendto: [44, 206],
	setgroups: [116, 159],
	sethostname: [170, 161],
	setns: [308, 268],
	setresgid: [119, 149],
	setresuid: [117, 147],
	setsockopt: [54, 208],
	setxattr: [188, 5],
	shutdown: [48, 210],
	signalfd4: [289, 74],
	socket: [41, 198],
	socketpair: [53, 199],
	statfs: [137, 43],
	statmount: [457, 457],
	statx: [332, 291],
	symlinkat: [266, 36],
	sync_file_range: [277, 84],
	syncfs: [306, 267],
	tgkill: [234, 131],
	timerfd_create: [283, 85],
	umask: [95, 166],
	umount2: [166, 39],
	unlinkat: [263, 35],
	unshare: [272, 97],
	utimensat: [280, 88],
	wait4: [61, 260],
	waitid: [247, 95],
	write: [1, 64]
};
const COLUMN = process.arch === "arm64" ? 1 : 0;
/** The numbers of the architecture this process runs on. */
const SYSCALLS = Object.fromEntries(Object.entries(NUMBERS).map(([name, numbers]) => [name, numbers[COLUMN]]));
// src/kernel/libc.ffi.ts
/**
* The only module that imports the FFI library. Everything else calls the kernel through {@link syscall}.
*
* Pointers cross the border as Buffers (valid for the length of the call), as null, or as addresses in
* integers; strings as NUL-terminated Buffers ({@link cstring}).
*/
const koffi = loadKoffi();
const libc = koffi.load("libc.so.6");
const P = "void *";
const rawSyscall = libc.func("syscall", "long", [
	"long",
	P,
	P,
	P,
	P,
	P,
	P
]);
const ERRNO_NAMES = new Map(Object.entries(constants$1.errno).map(([name, number]) => [number, name]));
/**
* The library's native part alone where it is found: that is all that is used here, and what the package wraps
* around it takes 10 ms to load.
*/
function loadKoffi() {
	const require = createRequire(import.meta.url);
	const system = `linux-${process.arch}`;
	try {
		return createRequire(require.resolve("koffi"))(`@koromix/koffi-${system}/${system.replace("-", "_")}/koffi.node`);
	} catch {
		return require("koffi");
	}
}
/** 'ENOENT' for 2. */
function errnoName(errno) {
	return ERRNO_NAMES.get(errno) ?? `errno ${errno}`;
}
/** A NUL-terminated copy of `text` for the kernel. */
function cstring(text) {
	return typeof text === "string" ? Buffer.from(`${text}\0`) : Buffer.concat([text, Buffer.of(0)]);
}
/** The address of a buffer, to be stored in a structure that another buffer holds. Keep the buffer alive. */
function addressOf(buffer) {
	return koffi.address(buffer);
}
/** Calls the kernel on the calling thread. Returns the result, or the negated errno. */
function syscallResult(name, ...args) {
	const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = args;
	const result = Number(rawSyscall(SYSCALLS[name], a, b, c, d, e, f));
	return result === -1 ? -koffi.errno() : result;
}
/**
* As {@link syscallResult}, but an error is thrown.
* @throws SyscallError; `detail` is put between its parentheses.
*/
function syscall(name, detail, ...args) {
	const result = syscallResult(name, ...args);
	if (result < 0) throw new SyscallError(name, -result, errnoName(-result), detail);
	return result;
}
/**
* Calls the kernel on a thread of libuv's pool, for calls that may block. The arguments must stay alive until
* the promise settles. Nothing that changes the calling thread (setns, unshare, credentials) may go this way.
* @throws SyscallError
*/
async function syscallAsync(name, detail, ...args) {
	const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = args;
	const result = await new Promise((resolve, reject) => {
		rawSyscall.async(SYSCALLS[name], a, b, c, d, e, f, (error, value) => {
			if (error) reject(error);
			else resolve(Number(value) === -1 ? -koffi.errno() : Number(value));
		});
	});
	if (result < 0) throw new SyscallError(name, -result, errnoName(-result), detail);
	return result;
}
const fileActions = {
	init: libc.func("int posix_spawn_file_actions_init(void *actions)"),
	dup2: libc.func("int posix_spawn_file_actions_adddup2(void *actions, int fd, int newFd)"),
	closeFrom: libc.func("int posix_spawn_file_actions_addclosefrom_np(void *actions, int fd)"),
	destroy: libc.func("int posix_spawn_file_actions_destroy(void *actions)")
};
const attributes = {
	init: libc.func("int posix_spawnattr_init(void *attr)"),
	setFlags: libc.func("int posix_spawnattr_setflags(void *attr, short flags)"),
	setMask: libc.func("int posix_spawnattr_setsigmask(void *attr, void *set)"),
	setDefault: libc.func("int posix_spawnattr_setsigdefault(void *attr, void *set)"),
	destroy: libc.func("int posix_spawnattr_destroy(void *attr)")
};
const posixSpawn = libc.func("int posix_spawn(void *pid, void *path, void *actions, void *attr, void *argv, void *envp)");
/** glibc's sizes are 80 and 336 bytes; room to spare. */
const OPAQUE_BYTES = 512;
/** sigset_t */
const NO_SIGNALS = Buffer.alloc(128);
const ALL_SIGNALS = Buffer.alloc(128, 255);
/** As {@link spawn}, on a thread of libuv's pool: the calling thread stands still until the child executes. */
async function spawnAsync(options) {
	using call = new SpawnCall(options);
	const code = await new Promise((resolve, reject) => {
		posixSpawn.async(...call.args, (error, result) => error ? reject(error) : resolve(result));
	});
	return call.result(code);
}
/** The arguments of one posix_spawn(3), alive until disposed of. */
var SpawnCall = class {
	args;
	#path;
	#vectors;
	constructor({ path, argv, env, fds }) {
		const actions = Buffer.alloc(OPAQUE_BYTES);
		const attr = Buffer.alloc(OPAQUE_BYTES);
		const [args, environment] = [pointerVector(argv), pointerVector(env)];
		fileActions.init(actions);
		attributes.init(attr);
		const base = Math.max(...fds, fds.length) + 1;
		fds.forEach((fd, index) => fileActions.dup2(actions, fd, base + index));
		fds.forEach((_, index) => fileActions.dup2(actions, base + index, index));
		fileActions.closeFrom(actions, fds.length);
		attributes.setFlags(attr, 140);
		attributes.setMask(attr, NO_SIGNALS);
		attributes.setDefault(attr, ALL_SIGNALS);
		this.args = [
			Buffer.alloc(4),
			cstring(path),
			actions,
			attr,
			args.buffer,
			environment.buffer
		];
		this.#path = path;
		this.#vectors = [args, environment];
	}
	/** The pid, or the error that posix_spawn returned. */
	result(code) {
		if (code !== 0) throw new SyscallError("posix_spawn", code, errnoName(code), this.#path);
		return this.args[0].readInt32LE();
	}
	[Symbol.dispose]() {
		const [, , actions, attr] = this.args;
		fileActions.destroy(actions);
		attributes.destroy(attr);
		this.#vectors.length = 0;
	}
};
/** A NULL-terminated `char *[]`. `strings` keeps the pointed-to memory alive as long as the vector. */
function pointerVector(entries) {
	const strings = entries.map(cstring);
	const buffer = Buffer.alloc(8 * (strings.length + 1));
	strings.forEach((string, index) => buffer.writeBigUInt64LE(addressOf(string), 8 * index));
	return {
		buffer,
		strings
	};
}
// src/kernel/detached-overlay.ts
const FSOPEN_CLOEXEC = 1;
const FSMOUNT_CLOEXEC = 1;
const FSCONFIG_SET_FLAG = 0;
const FSCONFIG_SET_STRING = 1;
const FSCONFIG_CMD_CREATE = 6;
const MOUNT_ATTR_RDONLY = 1;
const AT_FDCWD$1 = -100;
const MNT_DETACH = 2;
/**
* An overlay mount that hangs nowhere: it is reached by its descriptor only, and goes away when that is closed
* (fsopen(2), fsmount(2)). Read-only where there is no upper directory. Before Linux 6.8 it hangs on a directory
* of its own for a moment.
* @throws SyscallError
*/
function openDetachedOverlay(options) {
	try {
		return openByContext(options);
	} catch (error) {
		if (!(error instanceof SyscallError) || error.code !== "EINVAL") throw error;
		return openByPath(options);
	}
}
function openByContext({ lowerdirs, upperdir, workdir }) {
	const context = syscall("fsopen", "overlay", cstring("overlay"), FSOPEN_CLOEXEC);
	try {
		const set = (key, value) => syscall("fsconfig", `${key}=${value}`, context, FSCONFIG_SET_STRING, cstring(key), cstring(value), 0);
		for (const lowerdir of lowerdirs) set("lowerdir+", lowerdir);
		if (upperdir !== void 0) set("upperdir", upperdir);
		if (workdir !== void 0) set("workdir", workdir);
		else syscall("fsconfig", "ro", context, FSCONFIG_SET_FLAG, cstring("ro"), null, 0);
		syscall("fsconfig", "create", context, FSCONFIG_CMD_CREATE, null, null, 0);
		return syscall("fsmount", "overlay", context, FSMOUNT_CLOEXEC, attributesOf(upperdir));
	} finally {
		closeSync(context);
	}
}
/** Older kernels take all layers in the one page of mount(2) only, where descriptors' paths are short enough. */
function openByPath({ lowerdirs, upperdir, workdir }) {
	const directory = mkdtempSync(join(tmpdir(), "slipway-overlay-"));
	const layers = [];
	try {
		for (const lowerdir of lowerdirs) layers.push(openSync(lowerdir, constants.O_DIRECTORY));
		const writable = upperdir === void 0 ? "" : `,upperdir=${escape(upperdir)},workdir=${escape(workdir)}`;
		const data = `lowerdir=${layers.map((fd) => `/proc/self/fd/${fd}`).join(":")}${writable}`;
		const attributes = attributesOf(upperdir);
		const [target, type] = [cstring(directory), cstring("overlay")];
		syscall("mount", `overlay, ${directory}`, type, target, type, attributes, cstring(data));
		try {
			return syscall("open_tree", directory, AT_FDCWD$1, target, 524289);
		} finally {
			syscall("umount2", directory, target, MNT_DETACH);
		}
	} finally {
		for (const fd of layers) closeSync(fd);
		rmdirSync(directory);
	}
}
/** The flags of mount(2) have the same values. */
const attributesOf = (upperdir) => (upperdir === void 0 ? MOUNT_ATTR_RDONLY : 0) | 6;
/** Colons and commas would end the value. */
const escape = (path = "") => path.replace(/[\\:,]/g, "\\$&");
// src/kernel/make-node.ts
const AT_FDCWD = -100;
const S_IFIFO = 4096;
const S_IFCHR = 8192;
const S_IFBLK = 24576;
/**
* mknodat(2): a device or FIFO. `mode` holds the type (S_IFCHR …) and the permissions, less the umask.
* @throws SyscallError
*/
function makeNode(path, mode, major = 0, minor = 0) {
	syscall("mknodat", `${String(path)}, 0${mode.toString(8)}, ${major}:${minor}`, AT_FDCWD, cstring(path), mode, encodeDevice(major, minor));
}
/** The kernel's new_encode_dev (include/linux/kdev_t.h): 12 bits of major, 20 of minor. */
function encodeDevice(major, minor) {
	return (minor & 255 | (major & 4095) << 8 | (minor & 1048320) << 12) >>> 0;
}
/** Major and minor of the `rdev` or `dev` that stat gives (glibc's encoding, sys/sysmacros.h). */
function decodeDevice(device) {
	const major = device >> 8n & 4095n | device >> 32n & 4294963200n;
	const minor = device & 255n | device >> 12n & 4294967040n;
	return {
		major: Number(major),
		minor: Number(minor)
	};
}
// src/kernel/xattr.ts
/**
* An extended attribute of the file itself, links not followed (lgetxattr(2)); undefined when it has none of
* that name, or its file system knows none.
* @throws SyscallError
*/
function getXattr(path, name) {
	const [pathBytes, nameBytes] = [cstring(path), cstring(name)];
	let value = Buffer.allocUnsafe(256);
	for (;;) {
		const result = syscallResult("lgetxattr", pathBytes, nameBytes, value, value.length);
		if (result >= 0) return value.subarray(0, result);
		if (result === -61 || result === -95) return void 0;
		if (result !== -34) syscall("lgetxattr", `${String(path)}, ${name}`, pathBytes, nameBytes, null, 0);
		value = Buffer.allocUnsafe(value.length * 16);
	}
}
/**
* lsetxattr(2).
* @throws SyscallError
*/
function setXattr(path, name, value) {
	syscall("lsetxattr", `${String(path)}, ${name}`, cstring(path), cstring(name), value, value.length, 0);
}
/** The names of all extended attributes that the caller may see (llistxattr(2)), sorted. */
function listXattrs(path) {
	const pathBytes = cstring(path);
	for (let length = 1024;; length *= 8) {
		const names = Buffer.allocUnsafe(length);
		const result = syscallResult("llistxattr", pathBytes, names, length);
		if (result === -34) continue;
		if (result === -95) return [];
		if (result < 0) syscall("llistxattr", `${String(path)}: ${errnoName(-result)}`, pathBytes, null, 0);
		return names.toString("latin1", 0, result).split("\0").slice(0, -1).sort();
	}
}
/** The zlib default of 16 KiB costs two thirds of the speed. */
const CHUNK_BYTES$1 = 262144;
const MAGIC = [
	["gzip", Buffer.of(31, 139, 8)],
	["zstd", Buffer.of(40, 181, 47, 253)],
	["xz", Buffer.of(253, 55, 122, 88, 90, 0)],
	["bzip2", Buffer.from("BZh")]
];
/** Tells from the first bytes of a stream. */
function detectCompression(start) {
	const found = MAGIC.find(([, magic]) => start.subarray(0, magic.length).equals(magic));
	const skippable = start.length >= 4 && (start.readUInt32LE() & 4294967280) >>> 0 === 407710288;
	return found?.[0] ?? (skippable ? "zstd" : "none");
}
/**
* A stream that decompresses what is written to it. xz and bzip2 run in a child process, so they must not be
* used in a thread that has a root directory of its own.
*/
function createDecompressor(compression) {
	switch (compression) {
		case "none": return new PassThrough();
		case "gzip": return createGunzip({ chunkSize: CHUNK_BYTES$1 });
		case "zstd": return createZstdDecompress({ chunkSize: CHUNK_BYTES$1 });
		case "xz": return filterProgram("xz", "xz-utils");
		case "bzip2": return filterProgram("bzip2", "bzip2");
	}
}
/** The bytes of `source`, decompressed if need be. Ending the iteration ends that of the source. */
async function* decompressed(source) {
	const chunks = source[Symbol.asyncIterator]();
	let start = Buffer.alloc(0);
	while (start.length < 6) {
		const { value, done } = await chunks.next();
		if (done === true) break;
		start = Buffer.concat([start, value]);
	}
	const rest = (async function* () {
		if (start.length > 0) yield start;
		for await (const chunk of { [Symbol.asyncIterator]: () => chunks }) yield chunk;
	})();
	const compression = detectCompression(start);
	if (compression === "none") yield* rest;
	else yield* throughDecompressor(rest, compression);
}
async function* throughDecompressor(source, compression) {
	const decompressor = createDecompressor(compression);
	const feeding = feed(source, decompressor);
	try {
		for await (const chunk of decompressor) yield chunk;
		await feeding;
	} catch (error) {
		throw await describe(error, feeding);
	}
}
async function feed(source, target) {
	try {
		for await (const chunk of source) {
			if (target.destroyed) return;
			if (!target.write(chunk)) await drained(target);
		}
		target.end();
	} catch (error) {
		target.destroy(error);
	}
}
function drained(stream) {
	return new Promise((resolve) => {
		const done = () => {
			stream.off("drain", done).off("close", done);
			resolve();
		};
		stream.on("drain", done).on("close", done);
	});
}
async function describe(error, feeding) {
	await feeding;
	const code = errorCode(error) ?? "";
	if (!/^(Z_|ZSTD_|ERR_ZLIB)/.test(code)) return error;
	return new EngineError("invalid-parameter", `corrupt compressed archive: ${error.message}`, { cause: error });
}
/** `program -dc` as a stream. It ends when the program has ended well. */
function filterProgram(program, debianPackage) {
	const child = spawn(program, ["-dc"], { stdio: [
		"pipe",
		"pipe",
		"pipe"
	] });
	const messages = [];
	const stream = new Duplex({
		write: (chunk, _encoding, done) => void child.stdin.write(chunk, () => done()),
		final: (done) => void child.stdin.end(done),
		read: () => void child.stdout.resume()
	});
	child.stdout.on("data", (data) => {
		if (!stream.push(data)) child.stdout.pause();
	});
	child.stderr.on("data", (data) => messages.push(data));
	child.stdin.on("error", () => void 0);
	child.on("error", (cause) => {
		const hint = `Install it: apt-get install ${debianPackage}`;
		stream.destroy(new EngineError("unavailable", `${program} is needed to unpack this`, {
			cause,
			hint
		}));
	});
	child.on("close", (code) => {
		if (code === 0) stream.push(null);
		else stream.destroy(new EngineError("invalid-parameter", Buffer.concat(messages).toString().trim()));
	});
	stream.on("close", () => child.kill());
	return stream;
}
// src/archive/tar-entry.ts
const NO_XATTRS = /* @__PURE__ */ new Map();
/** An entry with what is given, and sensible values for the rest: root's, of 1970, mode 0644 or 0755. */
function tarEntry(given) {
	const type = given.type ?? "file";
	return {
		type,
		linkPath: "",
		mode: type === "directory" ? 493 : type === "symlink" ? 511 : 420,
		uid: 0,
		gid: 0,
		userName: "",
		groupName: "",
		size: 0,
		mtimeNs: 0n,
		major: 0,
		minor: 0,
		xattrs: NO_XATTRS,
		...given
	};
}
// src/archive/tar-error.ts
/** The archive is malformed. The words after the colon are those that Docker's clients know. */
function tarError(detail) {
	return new EngineError("invalid-parameter", `archive/tar: ${detail}`);
}
// src/archive/pax.ts
const NS_PER_SECOND = 1000000000n;
/**
* Decodes `length key=value\n` records (POSIX.1-2001 pax, "Extended Header"), in their order.
* @throws EngineError invalid-parameter
*/
function decodePax(data) {
	const records = [];
	let position = 0;
	while (position < data.length) {
		const space = data.indexOf(32, position);
		const digits = space < 0 ? "" : data.toString("latin1", position, Math.min(space, position + 12));
		const length = /^\d+$/.test(digits) ? Number(digits) : 0;
		const end = position + length;
		const equals = data.indexOf(61, space);
		if (end > data.length || data[end - 1] !== 10 || equals < 0 || equals >= end || space + 1 >= end) throw tarError("invalid tar header");
		records.push({
			key: data.toString("latin1", space + 1, equals),
			value: Buffer.from(data.subarray(equals + 1, end - 1))
		});
		position = end;
	}
	return records;
}
/** The inverse of {@link decodePax}. */
function encodePax(records) {
	return Buffer.concat(records.flatMap(({ key, value }) => {
		const rest = key.length + value.length + 3;
		let length = rest + String(rest).length;
		if (rest + String(length).length !== length) length = rest + String(length).length;
		return [
			Buffer.from(`${length} ${key}=`, "latin1"),
			value,
			Buffer.from("\n")
		];
	}));
}
/**
* Decodes a time: seconds since the epoch with an optional fraction, maybe negative.
* @throws EngineError invalid-parameter
*/
function decodePaxTime(text) {
	const match = /^(-?)(\d{1,18})(?:\.(\d*))?$/.exec(text);
	if (match === null) throw tarError("invalid tar header");
	const [, sign, seconds = "", fraction = ""] = match;
	const ns = BigInt(seconds) * NS_PER_SECOND + BigInt(fraction.slice(0, 9).padEnd(9, "0"));
	return sign === "-" ? -ns : ns;
}
/** The inverse of {@link decodePaxTime}, with no more digits than needed. */
function encodePaxTime(ns) {
	const magnitude = ns < 0n ? -ns : ns;
	const fraction = String(magnitude % NS_PER_SECOND).padStart(9, "0").replace(/0+$/, "");
	return `${ns < 0n ? "-" : ""}${magnitude / NS_PER_SECOND}${fraction === "" ? "" : `.${fraction}`}`;
}
/**
* Decodes a header block; undefined for a block of zeros.
* @throws EngineError invalid-parameter when the checksum or a number is wrong
*/
function decodeHeader(block) {
	if (block[0] === 0 && block.every((byte) => byte === 0)) return void 0;
	verifyChecksum(block);
	const ustar = text(block, 257, 8).startsWith("ustar");
	const gnu = block.toString("latin1", 257, 265) === "ustar  \0";
	const prefix = ustar && !gnu ? text(block, 345, 155) : "";
	const name = text(block, 0, 100);
	return {
		name: prefix === "" ? name : `${prefix}/${name}`,
		mode: Number(number(block, 100, 8)) & 4095,
		uid: toSafe(number(block, 108, 8)),
		gid: toSafe(number(block, 116, 8)),
		size: toSafe(number(block, 124, 12)),
		mtimeSeconds: number(block, 136, 12),
		typeFlag: String.fromCharCode(block[156] ?? 0),
		linkName: text(block, 157, 100),
		userName: ustar ? text(block, 265, 32) : "",
		groupName: ustar ? text(block, 297, 32) : "",
		major: ustar ? toSafe(number(block, 329, 8)) : 0,
		minor: ustar ? toSafe(number(block, 337, 8)) : 0,
		gnu
	};
}
function verifyChecksum(block) {
	const expected = number(block, 148, 8);
	let unsigned = 256;
	let signed = 256;
	for (let index = 0; index < 512; index++) {
		if (index >= 148 && index < 156) continue;
		const byte = block[index];
		unsigned += byte;
		signed += byte > 127 ? byte - 256 : byte;
	}
	if (expected !== BigInt(unsigned) && expected !== BigInt(signed)) throw tarError("invalid tar header");
}
function text(block, offset, length) {
	let end = offset;
	while (end < offset + length && block[end] !== 0) end++;
	return block.toString("latin1", offset, end);
}
/** Octal digits between spaces and NULs, or, with the highest bit set, big-endian two's complement. */
function number(block, offset, length) {
	if ((block[offset] & 128) !== 0) return base256(block, offset, length);
	let value = 0;
	let digits = 0;
	for (let index = offset; index < offset + length; index++) {
		const byte = block[index];
		if (byte === 0 || byte === 32) {
			if (digits > 0) break;
		} else if (byte >= 48 && byte <= 55) {
			value = value * 8 + (byte - 48);
			digits++;
		} else throw tarError("invalid tar header");
	}
	return BigInt(value);
}
function base256(block, offset, length) {
	const negative = (block[offset] & 64) !== 0;
	let value = BigInt(block[offset] & 127);
	for (let index = offset + 1; index < offset + length; index++) value = value << 8n | BigInt(block[index]);
	return negative ? value - (1n << BigInt(8 * length - 1)) : value;
}
function toSafe(value) {
	if (value < 0n || value > BigInt(Number.MAX_SAFE_INTEGER)) throw tarError("invalid tar header");
	return Number(value);
}
// src/archive/tar-writer.ts
const TYPE_FLAGS = {
	file: "0",
	hardlink: "1",
	symlink: "2",
	"character-device": "3",
	"block-device": "4",
	directory: "5",
	fifo: "6"
};
/** Two blocks of zeros. */
const TAR_END = Buffer.alloc(1024);
/**
* The header of an entry: ustar, with a PAX header before it where ustar cannot say it all, and, for a sparse
* file, the map (GNU PAX sparse format 1.0) after it. The same entry always gives the same bytes. The data
* comes next (of a sparse file: its segments), and then {@link tarPadding}.
*/
function encodeTarEntry(entry) {
	const name = entry.type === "directory" && !entry.path.endsWith("/") ? `${entry.path}/` : entry.path;
	const map = entry.segments === void 0 ? void 0 : encodeSparseMap(entry);
	const records = /* @__PURE__ */ new Map();
	const packedSize = map === void 0 ? entry.size : map.length + dataBytes(entry);
	const header = Buffer.alloc(512);
	const inHeader = map === void 0 ? name : sparseName(name);
	if (map !== void 0) addSparseRecords(records, name, entry.size);
	addNames(header, records, inHeader, entry.linkPath);
	addNumbers(header, records, entry, packedSize);
	addOwners(header, records, entry);
	for (const [key, value] of entry.xattrs) records.set(`SCHILY.xattr.${key}`, value);
	writeFixedFields(header, TYPE_FLAGS[entry.type]);
	const pax = records.size === 0 ? [] : [encodePaxHeader(inHeader, records)];
	return Buffer.concat([
		...pax,
		header,
		...map === void 0 ? [] : [map]
	]);
}
/** What fills up the last block after `bytes` of data. */
function tarPadding(bytes) {
	return TAR_END.subarray(0, (512 - bytes % 512) % 512);
}
/** How much data the archive holds of an entry. */
function dataBytes({ segments, size }) {
	return segments === void 0 ? size : segments.reduce((sum, { length }) => sum + length, 0);
}
function addNames(header, records, name, linkName) {
	const split = splitName(name);
	if (split === void 0) {
		setBytes(records, "path", name);
		header.write(name.slice(0, 100), 0, "latin1");
	} else {
		header.write(split.name, 0, "latin1");
		header.write(split.prefix, 345, "latin1");
	}
	if (linkName.length > 100 || !isAscii(linkName)) setBytes(records, "linkpath", linkName);
	header.write(linkName.slice(0, 100), 157, "latin1");
}
/** Name and prefix for ustar's two fields, undefined where they cannot hold it. */
function splitName(name) {
	if (!isAscii(name)) return void 0;
	if (name.length <= 100) return {
		name,
		prefix: ""
	};
	const slash = name.slice(0, 156).lastIndexOf("/", name.length - 2);
	if (slash <= 0 || name.length - slash - 1 > 100) return void 0;
	return {
		name: name.slice(slash + 1),
		prefix: name.slice(0, slash)
	};
}
function addNumbers(header, records, entry, packedSize) {
	writeOctal(header, 100, 8, entry.mode);
	const put = (key, value, offset, length) => {
		const fits = value < 8 ** (length - 1);
		if (!fits) setBytes(records, key, String(value));
		writeOctal(header, offset, length, fits ? value : 0);
	};
	put("uid", entry.uid, 108, 8);
	put("gid", entry.gid, 116, 8);
	put("size", packedSize, 124, 12);
	const seconds = Number(entry.mtimeNs / 1000000000n);
	if (!(entry.mtimeNs >= 0n && entry.mtimeNs % 1000000000n === 0n && seconds < 8 ** 11)) setBytes(records, "mtime", encodePaxTime(entry.mtimeNs));
	writeOctal(header, 136, 12, seconds >= 0 && seconds < 8 ** 11 ? seconds : 0);
	const isDevice = entry.type === "character-device" || entry.type === "block-device";
	writeOctal(header, 329, 8, isDevice ? entry.major : 0);
	writeOctal(header, 337, 8, isDevice ? entry.minor : 0);
}
function addOwners(header, records, entry) {
	const put = (key, value, offset) => {
		if (value.length > 31 || !isAscii(value)) setBytes(records, key, value);
		else header.write(value, offset, "latin1");
	};
	put("uname", entry.userName, 265);
	put("gname", entry.groupName, 297);
}
function writeFixedFields(header, typeFlag) {
	header.write(typeFlag, 156, "latin1");
	header.write("ustar\x0000", 257, "latin1");
	header.fill(32, 148, 156);
	const sum = header.reduce((total, byte) => total + byte, 0);
	header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
}
function encodePaxHeader(name, records) {
	const list = [...records].sort(([a], [b]) => a < b ? -1 : 1).map(([key, value]) => ({
		key,
		value
	}));
	if (list.filter(({ key }) => key === "path" || key === "linkpath").some(({ value }) => !isUtf8(value))) list.unshift({
		key: "hdrcharset",
		value: Buffer.from("BINARY")
	});
	const data = encodePax(list);
	const header = Buffer.alloc(512);
	const base = name.replace(/\/+$/, "").replace(/^.*\//, "");
	header.write(`PaxHeaders.0/${base.replace(/[^\x20-\x7e]/g, "_")}`.slice(0, 100), 0, "latin1");
	for (const [offset, length] of [
		[100, 8],
		[108, 8],
		[116, 8],
		[136, 12],
		[329, 8],
		[337, 8]
	]) writeOctal(header, offset, length, 0);
	writeOctal(header, 124, 12, data.length);
	writeFixedFields(header, "x");
	return Buffer.concat([
		header,
		data,
		tarPadding(data.length)
	]);
}
function encodeSparseMap(entry) {
	const segments = entry.segments ?? [];
	const lines = [segments.length, ...segments.flatMap(({ offset, length }) => [offset, length])];
	const map = Buffer.from(`${lines.join("\n")}\n`);
	return Buffer.concat([map, tarPadding(map.length)]);
}
function addSparseRecords(records, name, size) {
	setBytes(records, "GNU.sparse.major", "1");
	setBytes(records, "GNU.sparse.minor", "0");
	setBytes(records, "GNU.sparse.name", name);
	setBytes(records, "GNU.sparse.realsize", String(size));
}
/** What a reader that knows no sparse files would call it, as GNU tar does. */
function sparseName(name) {
	const slash = name.lastIndexOf("/") + 1;
	return `${name.slice(0, slash)}GNUSparseFile.0/${name.slice(slash)}`;
}
function writeOctal(header, offset, length, value) {
	header.write(`${value.toString(8).padStart(length - 1, "0")}\0`, offset, "latin1");
}
function setBytes(records, key, value) {
	records.set(key, Buffer.from(value, "latin1"));
}
function isAscii(text) {
	return /^\p{ASCII}*$/u.test(text);
}
// src/archive/archive-path.ts
/**
* The path of an archive entry (latin1), as an absolute path without `.`, `..`, doubled or trailing slashes:
* `./a//b/` becomes `/a/b`, `` and `.` become `/`.
* @throws EngineError invalid-parameter when it leads out of the archive's root
*/
function absoluteEntryPath(path) {
	if (/^(?:[^/.][^/]*\/)*[^/.][^/]*$/.test(path)) return `/${path}`;
	const parts = [];
	for (const part of path.split("/")) {
		if (part === "" || part === ".") continue;
		if (part !== "..") parts.push(part);
		else if (parts.pop() === void 0) throw new EngineError("invalid-parameter", `archive entry "${readable(path)}" is outside of the archive`);
	}
	return `/${parts.join("/")}`;
}
/** A path of bytes (latin1) as `node:fs` and the kernel take it. */
function hostPath(path) {
	return /^\p{ASCII}*$/u.test(path) ? path : Buffer.from(path, "latin1");
}
/** A path of bytes (latin1) for messages. */
function readable(path) {
	return Buffer.from(path, "latin1").toString();
}
function parentOf(path) {
	const slash = path.lastIndexOf("/");
	return slash <= 0 ? "/" : path.slice(0, slash);
}
function baseOf(path) {
	return path.slice(path.lastIndexOf("/") + 1);
}
// src/archive/whiteout.ts
const OPAQUE_XATTR = "trusted.overlay.opaque";
const WHITEOUT_PREFIX = ".wh.";
const OPAQUE_MARKER = ".wh..wh..opq";
const META_PREFIX = ".wh..wh.";
/**
* What the last component of an entry's path says (OCI image-spec, layer.md, "Whiteouts"); undefined for a
* file like others.
* @throws EngineError invalid-parameter for a whiteout of `.` or `..`
*/
function whiteoutOf(base) {
	if (!base.startsWith(WHITEOUT_PREFIX)) return void 0;
	if (base === OPAQUE_MARKER) return { kind: "opaque" };
	if (base.startsWith(META_PREFIX)) return { kind: "meta" };
	const name = base.slice(4);
	if (name === "" || name === "." || name === "..") throw new EngineError("invalid-parameter", `invalid whiteout name: ${readable(base)}`);
	return {
		kind: "remove",
		name
	};
}
// src/kernel/thread-root.ts
const CLONE_FS = 512;
const O_PATH = 2097152;
/**
* Gives the calling thread a root directory, working directory and umask (0) of its own, apart from all other
* threads (unshare(2) with CLONE_FS). For worker threads: from then on {@link withRoot} confines their
* *synchronous* file system calls; asynchronous ones run on the pool's threads, which are not confined.
*
* libuv's pool must have been used before any thread enters a root: its threads inherit the root of the thread
* that first needs them.
*
* @returns a descriptor of the root as it is now, the home that {@link withRoot} returns to
* @throws SyscallError
*/
function separateThreadRoot() {
	syscall("unshare", "CLONE_FS", CLONE_FS);
	syscall("umask", "0", 0);
	return openRoot("/");
}
/** A descriptor of a directory that {@link withRoot} takes. The caller closes it. */
function openRoot(path) {
	return openSync(path, constants.O_DIRECTORY | O_PATH);
}
/**
* Makes the directory `fd` the root and the working directory of the calling thread, which must have been
* separated. A detached mount is fine too.
* @throws SyscallError
*/
function enterRoot(fd) {
	syscall("fchdir", `fd ${fd}`, fd);
	syscall("chroot", ".", cstring("."));
}
/** Runs `task` with the directory `path` as root, and returns to the root `home` whatever happens. */
async function withRoot(home, root, task) {
	const fd = typeof root === "number" ? root : openRoot(root);
	try {
		enterRoot(fd);
		return await task();
	} finally {
		enterRoot(home);
		if (typeof root === "string") closeSync(fd);
	}
}
// src/archive/sparse.ts
/** More than this in an archive is an attack, not a file. */
const MAXIMUM_SEGMENTS = 65536;
/**
* The segments in GNU tar's own header (type `S`: 4 of them at 386) or in one of the blocks that follow it (21
* at 0), and whether another such block follows. GNU tar manual, "Old GNU Format".
*/
function decodeGnuSegments(block, isHeader) {
	const [start, count, flag] = isHeader ? [
		386,
		4,
		482
	] : [
		0,
		21,
		504
	];
	const segments = [];
	for (let index = 0; index < count; index++) {
		const offset = start + index * 24;
		if (block[offset + 12] === 0) break;
		segments.push({
			offset: toSafe(number(block, offset, 12)),
			length: toSafe(number(block, offset + 12, 12))
		});
	}
	return {
		segments,
		more: block[flag] !== 0 && block[flag] !== 48
	};
}
/** The real size in a GNU sparse header. */
function decodeGnuRealSize(block) {
	return toSafe(number(block, 483, 12));
}
/** Pairs of offset and length, as PAX sparse formats 0.0, 0.1 and 1.0 have them. */
function segmentsOf(numbers) {
	const segments = [];
	for (let index = 0; index + 1 < numbers.length; index += 2) segments.push({
		offset: decimal(numbers[index]),
		length: decimal(numbers[index + 1])
	});
	return segments;
}
/**
* Reads the map that precedes the data of a file in PAX sparse format 1.0: decimal lines, the number of
* segments first, padded to a whole block. Blocks are fed one at a time, until the segments come back.
*/
var SparseMapReader = class {
	#text = "";
	#blocks = 0;
	get byteCount() {
		return this.#blocks * 512;
	}
	/** Undefined: another block is needed. */
	push(block) {
		this.#text += block.toString("latin1");
		this.#blocks++;
		const lines = this.#text.split("\n");
		const count = lines.length > 1 ? decimal(lines[0]) : 0;
		if (count > MAXIMUM_SEGMENTS || this.#text.length > 2 ** 20) throw tarError("invalid tar header");
		if (lines.length < 2 || lines.length - 2 < count * 2) return void 0;
		return segmentsOf(lines.slice(1, 1 + count * 2));
	}
};
/**
* Segments must ascend, not overlap, end within the file, and add up to what the archive holds.
* @throws EngineError invalid-parameter
*/
function checkSegments(segments, fileSize, packedSize) {
	let end = 0;
	let sum = 0;
	for (const { offset, length } of segments) {
		if (offset < end || offset + length > fileSize) throw tarError("invalid tar header");
		end = offset + length;
		sum += length;
	}
	if (sum !== packedSize || segments.length > MAXIMUM_SEGMENTS) throw tarError("invalid tar header");
}
function decimal(text) {
	if (text === void 0 || !/^\d{1,16}$/.test(text)) throw tarError("invalid tar header");
	return toSafe(BigInt(text));
}
// src/archive/entry-extensions.ts
const XATTR = "SCHILY.xattr.";
/**
* What the headers before an entry's own say of it: PAX records (type `x`) and GNU long names (`L`, `K`).
* Later ones win.
*/
var EntryExtensions = class {
	#longName;
	#longLinkName;
	#records = /* @__PURE__ */ new Map();
	#sparseNumbers = [];
	#used = false;
	get isEmpty() {
		return !this.#used;
	}
	/** `type` is the header's flag; types other than x, X, L and K have no effect. */
	add(type, data) {
		if (type === "g") return;
		this.#used = true;
		if (type === "L") this.#longName = untilNul(data);
		else if (type === "K") this.#longLinkName = untilNul(data);
		else for (const record of decodePax(data)) this.#addRecord(record);
	}
	#addRecord({ key, value }) {
		if (key === "GNU.sparse.offset" || key === "GNU.sparse.numbytes") this.#sparseNumbers.push(value.toString("latin1"));
		else if (value.length === 0 && !key.startsWith(XATTR)) this.#records.delete(key);
		else this.#records.set(key, value);
	}
	applyTo(entry) {
		const name = this.#text("GNU.sparse.name") ?? this.#text("path") ?? this.#longName;
		if (name !== void 0) entry.path = name;
		entry.linkPath = this.#text("linkpath") ?? this.#longLinkName ?? entry.linkPath;
		entry.userName = this.#text("uname") ?? entry.userName;
		entry.groupName = this.#text("gname") ?? entry.groupName;
		entry.uid = this.#number("uid") ?? entry.uid;
		entry.gid = this.#number("gid") ?? entry.gid;
		if (entry.type === "file") entry.size = this.#number("size") ?? entry.size;
		const mtime = this.#text("mtime");
		if (mtime !== void 0) entry.mtimeNs = decodePaxTime(mtime);
		const xattrs = [...this.#records].filter(([key]) => key.startsWith(XATTR));
		if (xattrs.length > 0) entry.xattrs = new Map(xattrs.map(([key, value]) => [key.slice(13), value]));
	}
	/** Bytes in the archive, where a PAX record overrides the header. */
	get packedSize() {
		return this.#number("size");
	}
	/** Of a PAX sparse file. */
	get realSize() {
		return this.#number("GNU.sparse.realsize") ?? this.#number("GNU.sparse.size");
	}
	/** Format 1.0: the map precedes the data. */
	get mapInData() {
		return this.#text("GNU.sparse.major") === "1" && this.#text("GNU.sparse.minor") === "0";
	}
	/** Formats 0.0 and 0.1. */
	get segments() {
		const map = this.#text("GNU.sparse.map");
		if (map !== void 0) return segmentsOf(map.split(","));
		return this.#sparseNumbers.length > 0 ? segmentsOf(this.#sparseNumbers) : void 0;
	}
	#text(key) {
		const value = this.#records.get(key);
		if (value === void 0) return void 0;
		if (value.includes(0)) throw tarError("invalid tar header");
		return value.toString("latin1");
	}
	#number(key) {
		const text = this.#text(key);
		if (text === void 0) return void 0;
		if (!/^\d{1,16}$/.test(text)) throw tarError("invalid tar header");
		return toSafe(BigInt(text));
	}
};
function untilNul(data) {
	const end = data.indexOf(0);
	return data.toString("latin1", 0, end < 0 ? data.length : end);
}
// src/archive/tar-reader.ts
const TYPES = {
	"0": "file",
	"\0": "file",
	"7": "file",
	S: "file",
	"1": "hardlink",
	"2": "symlink",
	"3": "character-device",
	"4": "block-device",
	"5": "directory",
	"6": "fifo"
};
/** Long names and PAX headers: what Go's reader allows. */
const MAXIMUM_EXTENSION_BYTES = 2 ** 20;
/**
* Reads tar: ustar, PAX, GNU and v7, sparse files in all their forms. It is fed chunks of any size, and keeps
* no more than a header in memory. Global PAX headers have no effect, as in Docker.
*/
var TarReader = class {
	#handler;
	#extensions = new EntryExtensions();
	/** The block being put together: how many bytes, what with them, and those already there. */
	#wanted = 512;
	#onBlock = (block) => this.#header(block);
	#parts = [];
	#partBytes = 0;
	/** Of the current file: bytes to come, padding after them, and where they belong. */
	#bodyBytes = 0;
	#paddingBytes = 0;
	#offset = 0;
	#segments;
	#segmentIndex = 0;
	#inEntry = false;
	#ended = false;
	constructor(handler) {
		this.#handler = handler;
	}
	/** @throws EngineError invalid-parameter, and what the handler throws; the reader is of no use after that */
	write(chunk) {
		let position = 0;
		while (position < chunk.length && !this.#ended) {
			const available = chunk.length - position;
			if (this.#bodyBytes > 0) {
				const length = Math.min(available, this.#bodyBytes);
				this.#body(chunk.subarray(position, position + length));
				position += length;
			} else if (this.#paddingBytes > 0) {
				const length = Math.min(available, this.#paddingBytes);
				this.#paddingBytes -= length;
				position += length;
			} else {
				const length = Math.min(available, this.#wanted - this.#partBytes);
				this.#collect(chunk.subarray(position, position + length));
				position += length;
			}
		}
	}
	/**
	* The archive has no more bytes. One that ends without its two blocks of zeros is complete.
	* @throws EngineError invalid-parameter when it is cut off within an entry
	*/
	finish() {
		const betweenEntries = this.#bodyBytes === 0 && this.#partBytes === 0 && this.#wanted === 512;
		if (this.#ended || betweenEntries && !this.#inEntry && this.#extensions.isEmpty) return;
		throw tarError("unexpected EOF");
	}
	#collect(part) {
		this.#partBytes += part.length;
		if (this.#partBytes < this.#wanted) {
			this.#parts.push(Buffer.from(part));
			return;
		}
		const block = this.#parts.length === 0 ? part : Buffer.concat([...this.#parts, part]);
		this.#parts = [];
		this.#partBytes = 0;
		this.#onBlock(block);
	}
	#expect(bytes, onBlock) {
		this.#wanted = bytes;
		this.#onBlock = onBlock;
	}
	#expectHeader() {
		this.#expect(512, (block) => this.#header(block));
	}
	#header(block) {
		const header = decodeHeader(block);
		if (header === void 0) this.#ended = true;
		else if ("xgLKX".includes(header.typeFlag)) this.#extension(header);
		else if (header.typeFlag === "V") this.#skip(header.size);
		else if (header.typeFlag === "S") this.#gnuSparse(header, block);
		else this.#plainEntry(header);
	}
	#extension({ typeFlag, size }) {
		if (size > MAXIMUM_EXTENSION_BYTES) throw tarError("header field too long");
		const take = (data) => {
			this.#extensions.add(typeFlag, data.subarray(0, size));
			this.#expectHeader();
		};
		if (size === 0) take(Buffer.alloc(0));
		else this.#expect(size + paddingOf(size), take);
	}
	#skip(size) {
		this.#paddingBytes = size + paddingOf(size);
		this.#expectHeader();
	}
	#gnuSparse(header, block) {
		const realSize = decodeGnuRealSize(block);
		const segments = [];
		const take = (part, isHeader) => {
			const { segments: some, more } = decodeGnuSegments(part, isHeader);
			segments.push(...some);
			if (more) this.#expect(512, (next) => take(next, false));
			else this.#begin(this.#entryOf(header, realSize), header.size, segments);
		};
		take(block, true);
	}
	#plainEntry(header) {
		const entry = this.#entryOf(header, header.size);
		if (entry.type !== "file") {
			entry.size = 0;
			this.#begin(entry, 0, void 0);
			return;
		}
		const { packedSize = header.size, realSize, segments, mapInData } = this.#extensions;
		if (realSize !== void 0) entry.size = realSize;
		if (mapInData) this.#readSparseMap(entry, packedSize);
		else this.#begin(entry, packedSize, segments);
	}
	#readSparseMap(entry, packedSize) {
		const map = new SparseMapReader();
		const take = (block) => {
			const segments = map.push(block);
			if (map.byteCount > packedSize) throw tarError("invalid tar header");
			if (segments === void 0) this.#expect(512, take);
			else this.#begin(entry, packedSize - map.byteCount, segments);
		};
		this.#expect(512, take);
	}
	#entryOf(header, size) {
		let type = TYPES[header.typeFlag];
		if (type === void 0) throw tarError(`unhandled tar header type ${header.typeFlag.charCodeAt(0)}`);
		const entry = tarEntry({
			type,
			path: header.name,
			linkPath: header.linkName,
			mode: header.mode,
			uid: header.uid,
			gid: header.gid,
			userName: header.userName,
			groupName: header.groupName,
			size,
			mtimeNs: header.mtimeSeconds * 1000000000n,
			major: header.major,
			minor: header.minor
		});
		this.#extensions.applyTo(entry);
		if (type === "file" && entry.path.endsWith("/")) type = "directory";
		entry.type = type;
		return entry;
	}
	#begin(entry, packedSize, segments) {
		if (segments !== void 0) {
			checkSegments(segments, entry.size, packedSize);
			entry.segments = segments;
		}
		this.#extensions = new EntryExtensions();
		this.#segments = segments;
		this.#segmentIndex = 0;
		this.#offset = 0;
		this.#bodyBytes = packedSize;
		this.#paddingBytes = paddingOf(packedSize);
		this.#inEntry = true;
		this.#expectHeader();
		this.#handler.entry(entry);
		if (packedSize === 0) this.#end();
	}
	#body(data) {
		this.#bodyBytes -= data.length;
		if (this.#segments === void 0) {
			this.#handler.data(data, this.#offset);
			this.#offset += data.length;
		} else this.#sparseBody(data, this.#segments);
		if (this.#bodyBytes === 0) this.#end();
	}
	/** `#offset` counts within the current segment here. */
	#sparseBody(data, segments) {
		let position = 0;
		while (position < data.length) {
			const segment = segments[this.#segmentIndex];
			const length = Math.min(data.length - position, segment.length - this.#offset);
			if (length > 0) this.#handler.data(data.subarray(position, position + length), segment.offset + this.#offset);
			position += length;
			this.#offset += length;
			if (this.#offset === segment.length) {
				this.#segmentIndex++;
				this.#offset = 0;
			}
		}
	}
	#end() {
		this.#inEntry = false;
		this.#handler.end();
	}
};
function paddingOf(size) {
	return (512 - size % 512) % 512;
}
// src/archive/read-descriptor.ts
const readAsync = promisify(read);
const CHUNK_BYTES = 262144;
/**
* The bytes of an open file from its beginning, each chunk in memory of its own. Unlike a ReadStream it never
* closes the descriptor; and as it names no path, it may be used in a rooted thread.
*/
async function* readDescriptor(fd) {
	for (let position = 0;;) {
		const { bytesRead, buffer } = await readAsync(fd, Buffer.allocUnsafe(CHUNK_BYTES), 0, CHUNK_BYTES, position);
		if (bytesRead === 0) return;
		position += bytesRead;
		yield buffer.subarray(0, bytesRead);
	}
}
export { addressOf as A, setXattr as C, decodeDevice as D, S_IFIFO as E, syscallAsync as F, syscallResult as I, errnoName as M, spawnAsync as N, makeNode as O, syscall as P, listXattrs as S, S_IFCHR as T, tarEntry as _, withRoot as a, detectCompression as b, absoluteEntryPath as c, parentOf as d, readable as f, tarPadding as g, encodeTarEntry as h, separateThreadRoot as i, cstring as j, openDetachedOverlay as k, baseOf as l, dataBytes as m, TarReader as n, OPAQUE_XATTR as o, TAR_END as p, openRoot as r, whiteoutOf as s, readDescriptor as t, hostPath as u, createDecompressor as v, S_IFBLK as w, getXattr as x, decompressed as y };
