/*
 * What the shim and its clients say to each other (docs/PLAN.md, "On the wire"). The TypeScript mirror is
 * src/libcontainer/wire.ts; a test compares the two.
 *
 * A frame is a header and a payload. Every integer is little endian.
 *   header:  u32 length of the payload, u16 message type, u16 tag (a reply carries its request's)
 *   payload: fields one after the other: integers as u64; strings and bytes as u32 length, the bytes, and a
 *            NUL that the length does not count; lists as u32 count and their entries.
 * A plan is three lists of operations (parent, child, cleanup); an operation is u16 number and its fields.
 */
#ifndef SLIPWAY_PROTOCOL_H
#define SLIPWAY_PROTOCOL_H

#define PROTOCOL_VERSION 2
#define HEADER_BYTES 8
#define MAX_PAYLOAD_BYTES (16 << 20)

/* Descriptors that the shim is started with. */
#define FD_CONTROL 3
#define FD_FIRST_KEPT 4

enum message {
	MSG_CREATE = 1,
	MSG_START = 2,
	MSG_EXEC = 3,
	MSG_KILL = 4,
	MSG_RESIZE = 5,
	MSG_ATTACH = 6,
	MSG_STATUS = 7,
	MSG_WATCH = 8,
	MSG_CLOSE_STDIN = 9,
	MSG_LAUNCH = 10,
	MSG_NETWORK_NAMESPACE = 12, /* a new one, for whoever opens /proc/PID/fd/NUMBER; answered by MSG_CREATED */
	MSG_CLOSE = 13, /* closes that descriptor */

	MSG_OK = 64,
	MSG_CREATED = 65,
	MSG_FAILED = 66,
	MSG_PROCESSES = 67,
	MSG_EXITED = 68,
};

/* IO_START: started as soon as it is ready, and only then answered. */
enum io_flag { IO_TERMINAL = 1, IO_STDIN = 2, IO_STDIN_ONCE = 4, IO_START = 8 };

enum stream_flag { STREAM_STDIN = 1, STREAM_STDOUT = 2, STREAM_STDERR = 4 };

enum process_state { STATE_CREATING = 0, STATE_CREATED = 1, STATE_STARTING = 2, STATE_RUNNING = 3, STATE_EXITED = 4 };

/* Who failed, in MSG_FAILED. */
enum party { PARTY_SHIM = 0, PARTY_PARENT = 1, PARTY_CHILD = 2 };

enum operation {
	OP_MKDIR = 1,
	OP_WRITE = 2,
	OP_ATTACH_DEVICE_PROGRAM = 3,
	OP_RMDIR = 4,
	OP_KILL_CGROUP = 5,
	OP_BARRIER = 6,
	OP_CLONE = 7,
	OP_WRITE_CHILD_PROC = 9,
	OP_RLIMIT = 10,
	OP_HOOK = 11,
	OP_SETNS = 12,
	OP_SETNS_INIT = 13,
	OP_UNSHARE = 14,
	OP_PROPAGATION = 15,
	OP_OVERLAY_ROOT = 16,
	OP_BIND_ROOT = 17,
	OP_MOUNT = 18,
	OP_BIND = 19,
	OP_MOUNT_SETATTR = 20,
	OP_MASK = 21,
	OP_READONLY = 22,
	OP_DEVICE = 23,
	OP_SYMLINK = 24,
	OP_CONSOLE = 25,
	OP_PIVOT_ROOT = 26,
	OP_MOVE_ROOT = 27,
	OP_SYSCTL = 28,
	OP_HOSTNAME = 29,
	OP_DOMAINNAME = 30,
	OP_UMASK = 31,
	OP_CHDIR = 32,
	OP_USER = 33,
	OP_CAP_BOUNDING = 34,
	OP_CAPABILITIES = 35,
	OP_NO_NEW_PRIVILEGES = 36,
	OP_SECCOMP = 37,
	OP_EXEC_LABEL = 38,
	OP_PERSONALITY = 39,
	OP_IO_PRIORITY = 40,
	OP_SCHEDULER = 41,
	OP_AFFINITY = 42,
	OP_MEMORY_POLICY = 43,
	OP_KEYRING = 44,
	OP_FIND_EXECUTABLE = 45,
	OP_AWAIT_START = 46,
	OP_EXEC = 47,
	OP_ROOT_DIRECTORY = 48,
	OP_LOOPBACK = 49,
	OP_CLONE_INSIDE = 50,
	OP_JOIN_CHILD = 51,
	OP_AWAIT_FIFO = 52,
	OP_CONNECT_AGENT = 53,
	OP_OPEN_TREE = 54,
	OP_PRIVATE_PARENT = 55,
	OP_MAP_IDS = 56,
	OP_RELEASE = 57,
	OP_AWAIT_PARENT = 58,
	OP_HOME = 59,
	OP_REQUIRE_DIRECTORY = 60,
	OP_CHANGE_ROOT = 61,
	OP_CHOWN = 62,
	OP_MAP_MOUNT = 64,
	OP_TRY_WRITE = 65,
	OP_SEAL = 66,
	OP_FORK = 67,
	OP_OPEN_LABEL = 68,
	OP_RAISE_LIMIT = 69,
};

#endif
