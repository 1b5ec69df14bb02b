import { $ as EngineError, nt as messageOf, tt as errorCode } from "./cli-DDb85CiE.js";
import { C as setXattr, D as decodeDevice, E as S_IFIFO, I as syscallResult, O as makeNode, P as syscall, S as listXattrs, T as S_IFCHR, _ as tarEntry, a as withRoot, c as absoluteEntryPath, d as parentOf, f as readable, g as tarPadding, h as encodeTarEntry, i as separateThreadRoot, j as cstring, k as openDetachedOverlay, l as baseOf, m as dataBytes, n as TarReader, o as OPAQUE_XATTR, p as TAR_END, s as whiteoutOf, t as readDescriptor, u as hostPath, v as createDecompressor, w as S_IFBLK, x as getXattr } from "./read-descriptor-DHfckl1S.js";
const { createHash } = process.getBuiltinModule("node:crypto");
const fs = process.getBuiltinModule("node:fs");
const { closeSync, readSync, rmSync } = process.getBuiltinModule("node:fs");
const { parentPort } = process.getBuiltinModule("node:worker_threads");
const { pipeline } = process.getBuiltinModule("node:stream/promises");
// src/kernel/set-times.ts
const AT_FDCWD = -100;
const AT_SYMLINK_NOFOLLOW = 256;
const NS_PER_SECOND = 1000000000n;
/**
* Sets access and modification time, in nanoseconds since the epoch (negative before it), of an open file or
* of a path, whose last component is not followed (utimensat(2)).
* @throws SyscallError
*/
function setTimes(file, accessNs, modificationNs) {
	const times = Buffer.allocUnsafe(32);
	writeTimespec(times, 0, accessNs);
	writeTimespec(times, 16, modificationNs);
	if (typeof file === "number") syscall("utimensat", `fd ${file}`, file, null, times, 0);
	else syscall("utimensat", String(file), AT_FDCWD, cstring(file), times, AT_SYMLINK_NOFOLLOW);
}
function writeTimespec(buffer, offset, ns) {
	let remainder = ns % NS_PER_SECOND;
	if (remainder < 0n) remainder += NS_PER_SECOND;
	buffer.writeBigInt64LE((ns - remainder) / NS_PER_SECOND, offset);
	buffer.writeBigInt64LE(remainder, offset + 8);
}
// src/archive/copy-tree.ts
const { COPYFILE_FICLONE } = fs.constants;
/**
* Copies the directory `from` to the new directory `to` (paths in the root of the calling thread, latin1) with
* owners, modes, times, attributes, devices and hard links; shares the data where the file system can. The
* umask must be 0.
*/
function copyTree(from, to) {
	copyAny(from, to, /* @__PURE__ */ new Map());
}
function copyAny(from, to, links) {
	const stat = fs.lstatSync(hostPath(from), { bigint: true });
	const first = stat.nlink > 1n && !stat.isDirectory() ? links.get(stat.ino) : void 0;
	if (first !== void 0) return fs.linkSync(hostPath(first), hostPath(to));
	links.set(stat.ino, to);
	create(from, to, stat);
	if (stat.isDirectory()) for (const name of fs.readdirSync(hostPath(from), { encoding: "latin1" })) copyAny(`${from}/${name}`, `${to}/${name}`, links);
	copyMetadata(from, to, stat);
}
function create(from, to, stat) {
	const target = hostPath(to);
	if (stat.isDirectory()) fs.mkdirSync(target);
	else if (stat.isFile()) fs.copyFileSync(hostPath(from), target, COPYFILE_FICLONE);
	else if (stat.isSymbolicLink()) fs.symlinkSync(fs.readlinkSync(hostPath(from), { encoding: "buffer" }), target);
	else {
		const { major, minor } = decodeDevice(stat.rdev);
		makeNode(target, Number(stat.mode), major, minor);
	}
}
function copyMetadata(from, to, stat) {
	const [source, target] = [hostPath(from), hostPath(to)];
	fs.lchownSync(target, Number(stat.uid), Number(stat.gid));
	if (!stat.isSymbolicLink()) fs.chmodSync(target, Number(stat.mode) & 4095);
	for (const name of listXattrs(source)) setXattr(target, name, getXattr(source, name) ?? Buffer.alloc(0));
	setTimes(target, stat.atimeNs, stat.mtimeNs);
}
// src/archive/measure-tree.ts
/**
* The sizes of all files below the root directory of the calling thread: each inode once, directories not
* counted, links with the length of what they hold.
*/
function measureTree() {
	const seen = /* @__PURE__ */ new Set();
	const measure = (directory) => {
		let bytes = 0;
		for (const name of fs.readdirSync(hostPath(`${directory}/`), { encoding: "latin1" })) {
			const path = `${directory}/${name}`;
			const stat = fs.lstatSync(hostPath(path), {
				bigint: true,
				throwIfNoEntry: false
			});
			if (stat === void 0) continue;
			if (stat.isDirectory()) bytes += measure(path);
			else if (stat.nlink === 1n || !seen.has(stat.ino)) {
				if (stat.nlink > 1n) seen.add(stat.ino);
				bytes += Number(stat.size);
			}
		}
		return bytes;
	};
	return measure("");
}
// src/kernel/file-holes.ts
const SEEK_SET = 0;
const SEEK_DATA = 3;
const SEEK_HOLE = 4;
/**
* The parts of an open file that hold data, in order, as its file system tells (lseek(2), SEEK_DATA and
* SEEK_HOLE); one that covers everything where it cannot tell. Leaves the file position at 0.
*/
function dataSegments(fd, size) {
	const segments = [];
	let position = 0;
	while (position < size) {
		const start = syscallResult("lseek", fd, position, SEEK_DATA);
		if (start === -6) break;
		if (start < 0) return [{
			offset: 0,
			length: size
		}];
		const end = Math.min(syscallResult("lseek", fd, start, SEEK_HOLE), size);
		if (end <= start) break;
		segments.push({
			offset: start,
			length: end - start
		});
		position = end;
	}
	syscallResult("lseek", fd, 0, SEEK_SET);
	return segments;
}
// src/archive/tree-packer.ts
const { O_RDONLY, O_NOFOLLOW: O_NOFOLLOW$1, O_NONBLOCK } = fs.constants;
const BUFFER_BYTES = 262144;
/** File capabilities, ACLs and users' own; not what a file system or the kernel keeps for itself. */
const KEPT_XATTRS = /^(?:security\.capability$|user\.(?!overlay\.)|system\.posix_acl_)/;
/**
* Writes the tree below the root directory of the calling thread as tar, in the order of names' bytes, to the
* descriptor `output`, with blocking writes. Sockets are left out. The root itself is not an entry.
*/
function packTree(output) {
	const packer = new TreePacker(output);
	packer.directory("");
	packer.finish();
}
var TreePacker = class {
	#output;
	#buffer = Buffer.allocUnsafe(BUFFER_BYTES);
	#used = 0;
	/** Paths of files with several links, by device and inode. */
	#links = /* @__PURE__ */ new Map();
	constructor(output) {
		this.#output = output;
	}
	/** `path` is latin1 and relative, '' for the root. */
	directory(path) {
		const names = fs.readdirSync(hostPath(`/${path}`), { encoding: "latin1" });
		for (const name of names.sort()) {
			const child = path === "" ? name : `${path}/${name}`;
			const stat = fs.lstatSync(hostPath(`/${child}`), {
				bigint: true,
				throwIfNoEntry: false
			});
			if (stat === void 0 || stat.isSocket()) continue;
			this.#file(child, stat);
			if (stat.isDirectory()) this.directory(child);
		}
	}
	finish() {
		this.#put(TAR_END);
		this.#flush();
	}
	#file(path, stat) {
		const entry = entryOf(path, stat);
		if (!stat.isDirectory() && stat.nlink > 1n) {
			const key = `${stat.dev}:${stat.ino}`;
			const first = this.#links.get(key);
			if (first !== void 0) {
				this.#put(encodeTarEntry({
					...entry,
					type: "hardlink",
					linkPath: first,
					size: 0,
					xattrs: /* @__PURE__ */ new Map()
				}));
				return;
			}
			this.#links.set(key, path);
		}
		if (entry.type === "file" && entry.size > 0) this.#content(entry, stat);
		else this.#put(encodeTarEntry(entry));
	}
	#content(entry, stat) {
		const fd = fs.openSync(hostPath(`/${entry.path}`), O_RDONLY | O_NOFOLLOW$1 | O_NONBLOCK);
		try {
			const segments = stat.blocks * 512n + 65536n < stat.size ? sparseSegments(fd, entry.size) : void 0;
			const packed = segments === void 0 ? entry : {
				...entry,
				segments
			};
			this.#put(encodeTarEntry(packed));
			for (const { offset, length } of segments ?? [{
				offset: 0,
				length: entry.size
			}]) this.#copy(fd, offset, length);
			this.#put(tarPadding(dataBytes(packed)));
		} finally {
			fs.closeSync(fd);
		}
	}
	/** A file that got shorter meanwhile is filled up with zeros, as its header tells its size already. */
	#copy(fd, offset, length) {
		for (let done = 0; done < length;) {
			if (this.#used === BUFFER_BYTES) this.#flush();
			const room = Math.min(BUFFER_BYTES - this.#used, length - done);
			const count = fs.readSync(fd, this.#buffer, this.#used, room, offset + done);
			if (count === 0) this.#buffer.fill(0, this.#used, this.#used + room);
			this.#used += count || room;
			done += count || room;
		}
	}
	#put(data) {
		for (let done = 0; done < data.length;) {
			if (this.#used === BUFFER_BYTES) this.#flush();
			const length = data.copy(this.#buffer, this.#used, done);
			this.#used += length;
			done += length;
		}
	}
	#flush() {
		for (let done = 0; done < this.#used;) done += fs.writeSync(this.#output, this.#buffer, done, this.#used - done);
		this.#used = 0;
	}
};
/** GNU tar makes a file as long as its last segment reaches, so that one has to be at the very end. */
function sparseSegments(fd, size) {
	const segments = dataSegments(fd, size);
	const { offset, length } = segments.at(-1) ?? {
		offset: 0,
		length: 0
	};
	return offset + length === size ? segments : [...segments, {
		offset: size,
		length: 0
	}];
}
function entryOf(path, stat) {
	const entry = tarEntry({
		path,
		type: typeOf(stat),
		mode: Number(stat.mode) & 4095,
		uid: Number(stat.uid),
		gid: Number(stat.gid),
		mtimeNs: stat.mtimeNs,
		xattrs: xattrsOf(path)
	});
	if (entry.type === "file") entry.size = Number(stat.size);
	if (entry.type === "symlink") entry.linkPath = fs.readlinkSync(hostPath(`/${path}`), { encoding: "latin1" });
	if (stat.isCharacterDevice() || stat.isBlockDevice()) Object.assign(entry, decodeDevice(stat.rdev));
	return entry;
}
function typeOf(stat) {
	if (stat.isFile()) return "file";
	if (stat.isDirectory()) return "directory";
	if (stat.isSymbolicLink()) return "symlink";
	if (stat.isCharacterDevice()) return "character-device";
	return stat.isBlockDevice() ? "block-device" : "fifo";
}
function xattrsOf(path) {
	const file = hostPath(`/${path}`);
	const names = listXattrs(file).filter((name) => name !== "trusted.overlay.opaque" && KEPT_XATTRS.test(name));
	return new Map(names.map((name) => [name, getXattr(file, name) ?? Buffer.alloc(0)]));
}
// src/archive/tree-unpacker.ts
const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = fs.constants;
const YES = Buffer.from("y");
const SPECIAL_BITS = 3584;
/**
* Writes the entries of a tar into the root directory of the calling thread, which must be rooted in the
* target (thread-root.ts): that is what keeps an archive with links from writing elsewhere. The umask must be
* 0. Later entries replace earlier ones of the same path, but directories merge.
*/
var TreeUnpacker = class {
	/** Bytes of all files and links, as Docker counts a layer's size. */
	sizeBytes = 0;
	entryCount = 0;
	#whiteouts;
	#maximumBytes;
	/** Directories that are known to exist. */
	#directories = /* @__PURE__ */ new Set(["/"]);
	/** Their times can only be set when nothing is written into them any more. */
	#directoryTimes = /* @__PURE__ */ new Map();
	/** With `apply`: what this archive made, which its own whiteouts do not touch. */
	#made = /* @__PURE__ */ new Set();
	#entry;
	#path = "";
	#fd = -1;
	/** @param maximumBytes what all files together may have, against decompression bombs */
	constructor(whiteouts, maximumBytes = Number.POSITIVE_INFINITY) {
		this.#whiteouts = whiteouts;
		this.#maximumBytes = maximumBytes;
	}
	entry(entry) {
		this.entryCount++;
		this.#entry = void 0;
		this.#path = absoluteEntryPath(entry.path);
		this.#guard("unpack", () => {
			const whiteout = this.#whiteouts === "keep" ? void 0 : whiteoutOf(baseOf(this.#path));
			if (whiteout !== void 0) this.#whiteout(whiteout);
			else this.#make(entry);
		});
	}
	data(chunk, offset) {
		if (this.#fd < 0) return;
		this.sizeBytes += chunk.length;
		if (this.sizeBytes > this.#maximumBytes) throw new EngineError("invalid-parameter", `the archive unpacks to more than ${this.#maximumBytes} bytes`);
		this.#guard("write", () => {
			for (let done = 0; done < chunk.length;) done += fs.writeSync(this.#fd, chunk, done, chunk.length - done, offset + done);
		});
	}
	end() {
		const entry = this.#entry;
		if (entry === void 0) return;
		this.#guard("finish", () => {
			if (this.#fd >= 0 && entry.segments !== void 0) fs.ftruncateSync(this.#fd, entry.size);
			this.#setMetadata(entry);
		});
		this.close();
	}
	/** Sets what has to wait until the end. */
	finish() {
		for (const [path, mtimeNs] of this.#directoryTimes) setTimes(hostPath(path), mtimeNs, mtimeNs);
	}
	/** Closes what may still be open, after a failure. */
	close() {
		if (this.#fd >= 0) fs.closeSync(this.#fd);
		this.#fd = -1;
	}
	#make(entry) {
		const path = this.#path;
		if (path === "/") {
			if (entry.type !== "directory") throw new EngineError("invalid-parameter", "the archive replaces its root by something else");
			this.#entry = entry;
			return;
		}
		this.#makeDirectory(parentOf(path));
		if (this.#whiteouts === "apply") this.#made.add(path);
		try {
			this.#create(entry, path);
		} catch (error) {
			if (errorCode(error) !== "EEXIST") throw error;
			this.#replace(entry, path);
		}
		if (entry.type === "directory") this.#directories.add(path);
		if (entry.type !== "hardlink") this.#entry = entry;
	}
	#create(entry, path) {
		const target = hostPath(path);
		const permissions = entry.mode & 511;
		switch (entry.type) {
			case "file":
				this.#fd = fs.openSync(target, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, permissions);
				return;
			case "directory": return fs.mkdirSync(target, permissions);
			case "symlink":
				this.sizeBytes += entry.linkPath.length;
				return fs.symlinkSync(hostPath(entry.linkPath), target);
			case "hardlink": return fs.linkSync(hostPath(absoluteEntryPath(entry.linkPath)), target);
			case "character-device": return makeNode(target, S_IFCHR | permissions, entry.major, entry.minor);
			case "block-device": return makeNode(target, S_IFBLK | permissions, entry.major, entry.minor);
			case "fifo": return makeNode(target, S_IFIFO | permissions);
		}
	}
	/** Something of that name is there already: from this archive, or, with `apply`, from a lower layer. */
	#replace(entry, path) {
		const existing = fs.lstatSync(hostPath(path), { bigint: true });
		if (entry.type === "directory" && existing.isDirectory()) return;
		const hidesLower = this.#whiteouts === "overlay" && isOverlayWhiteout(existing);
		if (existing.isFile() && existing.nlink === 1n) this.sizeBytes -= Number(existing.size);
		this.#remove(path);
		this.#create(entry, path);
		if (hidesLower && entry.type === "directory") setXattr(hostPath(path), OPAQUE_XATTR, YES);
	}
	#remove(path) {
		fs.rmSync(hostPath(path), {
			recursive: true,
			force: true
		});
		const within = `${path}/`;
		for (const known of [
			this.#directories,
			this.#directoryTimes,
			this.#made
		]) for (const key of known.keys()) if (key === path || key.startsWith(within)) known.delete(key);
	}
	/** Makes the directories that the archive has no entries for, as root's, mode 0755. */
	#makeDirectory(path) {
		if (this.#directories.has(path)) return;
		this.#makeDirectory(parentOf(path));
		try {
			fs.mkdirSync(hostPath(path), 493);
		} catch (error) {
			if (errorCode(error) !== "EEXIST") throw error;
			if (this.#isOwnWhiteout(path)) {
				this.#remove(path);
				fs.mkdirSync(hostPath(path), 493);
				setXattr(hostPath(path), OPAQUE_XATTR, YES);
			} else if (!fs.statSync(hostPath(path)).isDirectory()) throw error;
		}
		this.#directories.add(path);
	}
	#isOwnWhiteout(path) {
		return this.#whiteouts === "overlay" && isOverlayWhiteout(fs.lstatSync(hostPath(path), { bigint: true }));
	}
	#whiteout(whiteout) {
		const parent = parentOf(this.#path);
		if (whiteout.kind === "meta") return;
		if (this.#whiteouts === "apply") this.#applyWhiteout(whiteout, parent);
		else {
			this.#makeDirectory(parent);
			if (whiteout.kind === "opaque") setXattr(hostPath(parent), OPAQUE_XATTR, YES);
			else this.#overlayWhiteout(join(parent, whiteout.name));
		}
	}
	#overlayWhiteout(path) {
		const target = hostPath(path);
		const existing = fs.lstatSync(target, { throwIfNoEntry: false });
		if (existing === void 0) makeNode(target, S_IFCHR, 0, 0);
		else if (existing.isDirectory()) setXattr(target, OPAQUE_XATTR, YES);
	}
	#applyWhiteout(whiteout, parent) {
		if (whiteout.kind === "remove") this.#removeLower(join(parent, whiteout.name));
		else if (fs.lstatSync(hostPath(parent), { throwIfNoEntry: false })?.isDirectory() === true) this.#removeLowerWithin(parent);
	}
	#removeLower(path) {
		if (!(this.#made.has(path) || [...this.#made].some((made) => made.startsWith(`${path}/`)))) this.#remove(path);
		else if (fs.lstatSync(hostPath(path)).isDirectory()) this.#removeLowerWithin(path);
	}
	#removeLowerWithin(path) {
		for (const name of fs.readdirSync(hostPath(path), { encoding: "latin1" })) this.#removeLower(join(path, name));
	}
	#setMetadata(entry) {
		const path = hostPath(this.#path);
		const isLink = entry.type === "symlink";
		fs.lchownSync(path, entry.uid, entry.gid);
		if (!isLink && ((entry.mode & SPECIAL_BITS) !== 0 || entry.type === "directory")) fs.chmodSync(path, entry.mode);
		for (const [name, value] of entry.xattrs) setEntryXattr(path, name, value);
		if (entry.type === "directory") this.#directoryTimes.set(this.#path, entry.mtimeNs);
		else setTimes(this.#fd >= 0 ? this.#fd : path, entry.mtimeNs, entry.mtimeNs);
	}
	#guard(what, task) {
		try {
			task();
		} catch (error) {
			if (error instanceof EngineError && error.kind !== "system") throw error;
			const message = `failed to ${what} "${readable(this.#path)}": ${messageOf(error)}`;
			throw new EngineError("system", message, { cause: error });
		}
	}
};
/** overlayfs's own attributes are no business of an archive: they could redirect a directory to another one. */
function setEntryXattr(path, name, value) {
	if (name.startsWith("trusted.overlay.") || name.startsWith("user.overlay.")) return;
	try {
		setXattr(path, name, value);
	} catch (error) {
		if (![
			"ENOTSUP",
			"EOPNOTSUPP",
			"EPERM"
		].includes(errorCode(error) ?? "")) throw error;
	}
}
function isOverlayWhiteout(stat) {
	const { major, minor } = decodeDevice(stat.rdev);
	return stat.isCharacterDevice() && major === 0 && minor === 0;
}
function join(parent, name) {
	return parent === "/" ? `/${name}` : `${parent}/${name}`;
}
// src/archive/unpack-archive.ts
const CHUNK_BYTES = 1048576;
/**
* Does an {@link UnpackJob} in a thread that has entered its root already. `progress` gets the number of bytes
* of the (compressed) archive that have been read so far, about once a megabyte.
* @throws EngineError invalid-parameter for a bad archive, system when the file system refuses
*/
async function unpackArchive(job, progress) {
	const unpacker = new TreeUnpacker(job.whiteouts, job.maximumBytes);
	const reader = new TarReader(unpacker);
	const hash = job.diffId === void 0 ? createHash("sha256") : void 0;
	const take = (chunk) => {
		hash?.update(chunk);
		reader.write(chunk);
	};
	try {
		if (job.compression === "none") readPlain(job.archiveFd, take, progress);
		else await readCompressed(job, take, progress);
		reader.finish();
		unpacker.finish();
	} finally {
		unpacker.close();
	}
	const { sizeBytes, entryCount } = unpacker;
	return {
		diffId: job.diffId ?? `sha256:${hash?.digest("hex")}`,
		sizeBytes,
		entryCount
	};
}
function readPlain(fd, take, progress) {
	const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
	let position = 0;
	for (;;) {
		const count = readSync(fd, buffer, 0, CHUNK_BYTES, position);
		if (count === 0) return;
		position += count;
		take(buffer.subarray(0, count));
		progress(position);
	}
}
async function readCompressed({ archiveFd, compression }, take, progress) {
	let bytes = 0;
	const source = async function* () {
		for await (const chunk of readDescriptor(archiveFd)) {
			progress(bytes += chunk.length);
			yield chunk;
		}
	};
	try {
		await pipeline(source, createDecompressor(compression), async (chunks) => {
			for await (const chunk of chunks) take(chunk);
		});
	} catch (error) {
		if (!/^(Z_|ZSTD_|ERR_ZLIB)/.test(errorCode(error) ?? "")) throw error;
		throw new EngineError("invalid-parameter", `corrupt compressed layer: ${messageOf(error)}`, { cause: error });
	}
}
// src/archive/rooted-worker.ts
/**
* The thread that works inside a directory it cannot get out of: before a job it makes that directory its root
* (thread-root.ts), and afterwards leaves it again. Within a job only synchronous file system calls may be
* made, and calls on open descriptors.
*/
const port = parentPort;
if (port === null) throw new TypeError("rooted-worker.ts runs as a worker thread");
const home = separateThreadRoot();
const reply = (message) => port.postMessage(message);
port.on("message", async ({ id, job }) => {
	try {
		const result = await run(job, (progressBytes) => reply({
			id,
			progressBytes
		}));
		reply({
			id,
			result
		});
	} catch (error) {
		const { kind, hint } = error instanceof EngineError ? error : {
			kind: "system",
			hint: void 0
		};
		reply({
			id,
			error: {
				kind,
				message: messageOf(error),
				hint
			}
		});
	}
});
async function run(job, progress) {
	switch (job.kind) {
		case "unpack": return withRoot(home, job.root, () => unpackArchive(job, progress));
		case "pack": return pack(job);
		case "measure": return withRoot(home, job.root, measureTree);
		case "remove": return withRoot(home, job.root, () => rmSync(hostPath(`/${job.name}`), {
			recursive: true,
			force: true
		}));
		case "copy": return withRoot(home, job.root, () => copyTree(`/${job.from}`, `/${job.to}`));
	}
}
async function pack({ root, outputFd }) {
	if (typeof root === "string") return withRoot(home, root, () => packTree(outputFd));
	const overlay = openDetachedOverlay(root);
	try {
		await withRoot(home, overlay, () => packTree(outputFd));
	} finally {
		closeSync(overlay);
	}
}
export {};
