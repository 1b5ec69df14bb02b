/*
 * slipway-shim: the parent of one container's processes, and the interpreter of plans.
 *
 *   daemon ──spawns──▶ shim ──clone──▶ child: runs the plan's operations … exec ─▶ the container's init
 *      │  ▲             │ ▲                                                          │  ▲
 *      │  └─ control ───┘ └──────── standard output and error, exit status ──────────┘  │
 *      └──── attach ──────▶ standard input ─────────────────────────────────────────────┘
 *
 * Life: a client sends MSG_CREATE with a plan over FD_CONTROL. The shim runs the plan's parent list, whose
 * `clone` makes the child, which runs the child list up to `await-start`. From then on the shim listens on
 * STATE_DIR/shim.sock, where any number of clients may connect at any time, also after FD_CONTROL has gone:
 * the shim needs no daemon. It writes the log, copies the streams, makes exec'd processes from further plans,
 * reaps. When the container's init has gone it writes STATE_DIR/exit, tells the watchers, runs the plan's
 * cleanup list, and ends.
 *
 * With MSG_LAUNCH it is instead the helper of an OCI runtime, for one process: the process has the streams of the
 * runtime's caller, waits for its start on a FIFO or for MSG_START, and stays when the shim ends with its client,
 * a child of the caller from then on. The shim neither listens nor reaps then.
 *
 * No policy here: what to do is the plan's business. The one exception is what no plan can express: paths
 * inside the container's root are resolved with openat2(RESOLVE_IN_ROOT), so that no link leads out of it.
 *
 * Sections: protocol fields · descriptors · paths in the root · operations · running a plan · log · streams ·
 * processes · clients · reaping · main.
 */
#include <dirent.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/keyctl.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <linux/seccomp.h>

#include "protocol.h"

#ifndef CLONE_INTO_CGROUP
#define CLONE_INTO_CGROUP 0x200000000ULL
#endif
#ifndef CLONE_CLEAR_SIGHAND
#define CLONE_CLEAR_SIGHAND 0x100000000ULL
#endif
#ifndef CLOSE_RANGE_CLOEXEC
#define CLOSE_RANGE_CLOEXEC 4
#endif

#define NAME "slipway-shim"
#define EXIT_FILE_BYTES 96
#define CHUNK_BYTES 32768
#define LINE_BYTES 16384
#define LOG_BUFFER_BYTES 32768
#define DETAIL_BYTES 480
#define MAX_DESCRIPTORS 253 /* SCM_MAX_FD, include/net/scm.h */
#define FRAME_HEADER_BYTES 8
#define MAX_TREES 256
#define MAX_PENDING_BYTES (16 << 20)
#define MAX_DRAINED_BYTES (1 << 20) /* of a terminal; a pipe says how much there is in it */
#define MAX_PASSWD_BYTES (10 << 20) /* as dockerd */
#define MAX_COPIED_DEPTH 256
#define MAX_STEPS 65536 /* in removing cgroups */
#define STACK_BYTES (256 << 10)
#define MAX_GROUPS 65536 /* NGROUPS_MAX */
#define HIGHEST_FD 65536
#define ATTRIBUTES_SUPPORTED_IN_FSMOUNT \
	(MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC | MOUNT_ATTR__ATIME | \
	 MOUNT_ATTR_NODIRATIME | 0x00200000 /* MOUNT_ATTR_NOSYMFOLLOW */)

/* struct clone_args of linux/sched.h, which clashes with musl's sched.h. */
struct clone_arguments {
	uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid, set_tid_size,
		cgroup;
};

struct bytes {
	uint8_t *data;
	size_t length, capacity, sent;
};

/* Reads fields off a payload; `bad` sticks once anything did not fit. */
struct cursor {
	const uint8_t *at, *end;
	bool bad;
};

struct log {
	int fd;
	char *path;
	uint64_t bytes, max_bytes;
	unsigned max_files;
	char *buffer;
	size_t length;
};

struct output {
	int fd;
	uint8_t stream; /* 1 stdout, 2 stderr, as in Docker's frames */
	char *line;     /* what came since the last newline; allocated at first use */
	size_t line_length;
};

struct process {
	struct process *next;
	uint32_t number;
	char *id;
	pid_t pid;
	pid_t forerunner; /* the process that prepared it, and ended with `fork` */
	enum process_state state;
	unsigned flags;
	int sync; /* to the child, until it executes; then -1 */
	int input, terminal, terminal_slave;
	bool close_input; /* once `input_pending` is written */
	struct bytes input_pending;
	struct output output[2];
	struct client *waiting; /* for the answer to `waiting_tag` */
	uint16_t waiting_tag;
	enum message waiting_for; /* MSG_CREATED or MSG_OK */
	int exit_code;
	bool out_of_memory, told, has_slow_client;
	int64_t exited_at_ns;
};

struct client {
	struct client *next;
	int fd;
	bool dead, watching, input_ended;
	struct bytes received, pending;
	struct process *attached; /* no longer a control connection but a stream */
	unsigned streams;
};

struct shim {
	int signals, listener, state_directory, exit_file;
	int spare; /* to be closed where descriptors run out */
	int init; /* pidfd of the container's init */
	/* Held so that the mounts are taken down when this process has ended, and not while somebody waits to hear
	   of the init's end. */
	int mount_namespace;
	struct process *processes; /* the container's init comes first, number 0 */
	struct client *clients;
	uint32_t next_number;
	struct log log;
	uint8_t *cleanup;
	size_t cleanup_bytes;
	char *out_of_memory_file;
	int *kept; /* descriptors from outside: `fd:4` is the first */
	size_t kept_count;
	bool privileged;
	char *title; /* where ps(1) finds the container's id */
	size_t title_length;
	char oom_score[16]; /* what its children have, where its own is another */
	bool ending, over;
	bool passing; /* MSG_LAUNCH: the process is made for somebody else */
	int console_socket; /* where its terminal goes then */
	int streams, preserved; /* the first of its standard streams, and of the other descriptors it gets */
};

/* The state of one run through a list of operations. */
struct runner {
	struct shim *shim;
	struct process *process;
	enum party party;
	uint32_t index;
	bool root_changed, groups_denied;
	int sync, root, proc, null_tree, empty_tree, agent, locked_mounts;
	int received_mount; /* from the other side: what is to be mapped, or a node that was asked for */
	struct cursor *rest; /* what comes after `fork` */
	pid_t sender; /* of the last message from the other side */
	int stdio[3], console;
	int fifo; /* for await-fifo */
	bool terminal; /* standard streams are a terminal, to be the controlling one */
	int label; /* /proc/self/attr/… of the host's procfs */
	char *agent_state;
	bool told_ready;
	bool directory_entered;
	char *executable;
	char *home; /* `HOME=…` for the process, where its environment has none */
	int trees[MAX_TREES]; /* made by `open-tree`, for binds of the source `tree:N` */
	unsigned tree_count;
	char detail[DETAIL_BYTES];
};

enum sync_type { SYNC_BARRIER, SYNC_GO, SYNC_CONSOLE, SYNC_MAP_MOUNT, SYNC_MAKE_NODE, SYNC_NODE, SYNC_READY, SYNC_FAILED };

struct sync_message {
	uint32_t type, index;
	int32_t error;
	char detail[DETAIL_BYTES];
};

/* ---- protocol fields ------------------------------------------------------------------------------------- */

static const void *take(struct cursor *c, size_t n)
{
	if (c->bad || (size_t)(c->end - c->at) < n) {
		c->bad = true;
		return NULL;
	}
	const void *field = c->at;
	c->at += n;
	return field;
}

/* Little endian, as are all machines that this is built for. */
static uint64_t take_number(struct cursor *c, size_t size)
{
	uint64_t value = 0;
	const void *field = take(c, size);
	if (field)
		memcpy(&value, field, size);
	return value;
}

static uint16_t take_u16(struct cursor *c)
{
	return take_number(c, 2);
}

static uint32_t take_u32(struct cursor *c)
{
	return take_number(c, 4);
}

static uint64_t take_int(struct cursor *c)
{
	return take_number(c, 8);
}

/* Bytes that a NUL follows; never NULL. */
static const char *take_bytes(struct cursor *c, size_t *length)
{
	size_t n = take_u32(c);
	const char *field = n < MAX_PAYLOAD_BYTES ? take(c, n + 1) : NULL;
	if (!field || field[n] != '\0') {
		c->bad = true;
		*length = 0;
		return "";
	}
	*length = n;
	return field;
}

static const char *take_string(struct cursor *c)
{
	size_t length;
	const char *string = take_bytes(c, &length);
	if (strlen(string) != length)
		c->bad = true;
	return string;
}

/* A NULL-terminated vector of strings, with room for one more, to be freed; never NULL. */
static const char **take_list(struct cursor *c)
{
	uint32_t count = take_u32(c);
	/* Each entry takes 5 bytes at least: a count that cannot be true allocates nothing. */
	if (c->bad || count > (size_t)(c->end - c->at) / 5) {
		c->bad = true;
		count = 0;
	}
	const char **list = calloc(count + 2, sizeof *list);
	if (!list)
		abort();
	for (uint32_t i = 0; i < count; i++)
		list[i] = take_string(c);
	return list;
}

/* A list of operations, without looking into it. */
static struct cursor take_operations(struct cursor *c)
{
	uint32_t length = take_u32(c);
	const uint8_t *start = take(c, length);
	return (struct cursor){ start, start ? start + length : start, start == NULL };
}

static void append(struct bytes *b, const void *data, size_t n)
{
	if (n == 0)
		return;
	if (b->length + n > b->capacity) {
		b->capacity = (b->length + n) * 2;
		b->data = realloc(b->data, b->capacity);
		if (!b->data)
			abort();
	}
	memcpy(b->data + b->length, data, n);
	b->length += n;
}

static void append_int(struct bytes *b, uint64_t value)
{
	append(b, &value, sizeof value);
}

static void append_string(struct bytes *b, const char *string)
{
	uint32_t length = strlen(string);
	append(b, &length, sizeof length);
	append(b, string, length + 1);
}

static void release(struct bytes *b)
{
	free(b->data);
	*b = (struct bytes){ 0 };
}

/* ---- descriptors ----------------------------------------------------------------------------------------- */

static void close_if_open(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static int compare_numbers(const void *a, const void *b)
{
	return (*(const int *)a > *(const int *)b) - (*(const int *)a < *(const int *)b);
}

static void close_between(unsigned first, unsigned last)
{
	if (first > last || syscall(SYS_close_range, first, last, 0) == 0)
		return;
	/* Where a filter around the engine has no close_range(2). */
	for (unsigned fd = first; fd <= last && fd < HIGHEST_FD; fd++)
		close(fd);
}

/*
 * Really closes everything from `first` on but for these, of which negative ones are none: a descriptor that is only
 * marked to be closed at execve(2) can still be followed by the path that is executed. Sorts `kept`.
 */
static void close_others(unsigned first, int *kept, size_t count)
{
	qsort(kept, count, sizeof *kept, compare_numbers);
	for (size_t i = 0; i < count; i++) {
		if (kept[i] < (int)first)
			continue;
		if (kept[i] > (int)first)
			close_between(first, kept[i] - 1);
		first = kept[i] + 1;
	}
	close_between(first, ~0U);
}

static int write_all(int fd, const void *data, size_t n)
{
	const char *at = data;
	while (n > 0) {
		ssize_t written = write(fd, at, n);
		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return -errno;
		at += written;
		n -= written;
	}
	return 0;
}

static void set_nonblocking(int fd)
{
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

/* One write(2), as cgroup and proc files need it. */
static int write_file_at(int directory, const char *path, const char *data, size_t length)
{
	int fd = openat(directory, path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	ssize_t written = write(fd, data, length);
	int result = written < 0 ? -errno : (size_t)written == length ? 0 : -EIO;
	close(fd);
	return result;
}

/* Up to `size - 1` bytes of a small file, NUL-terminated. */
static int read_file_at(int directory, const char *path, char *buffer, size_t size)
{
	int fd = openat(directory, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	ssize_t n = read(fd, buffer, size - 1);
	int result = n < 0 ? -errno : 0;
	buffer[n < 0 ? 0 : n] = '\0';
	close(fd);
	return result;
}

static int64_t now_ns(clockid_t clock)
{
	struct timespec t;
	clock_gettime(clock, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void sleep_ms(long ms)
{
	nanosleep(&(struct timespec){ ms / 1000, ms % 1000 * 1000000 }, NULL);
}

/* ---- paths in the root ----------------------------------------------------------------------------------- */

/* Opens `path` as the container would see it: links are followed, but never out of `root`. */
static int open_in_root(int root, const char *path, int flags)
{
	struct open_how how = {
		.flags = flags | O_CLOEXEC,
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
	};
	for (;;) {
		int fd = syscall(SYS_openat2, root, *path ? path : "/", &how, sizeof how);
		if (fd >= 0)
			return fd;
		/* EAGAIN: something was renamed meanwhile, and the kernel could not be sure. */
		if (errno != EAGAIN && errno != EINTR)
			return -errno;
	}
}

/* Makes one missing component of `directory`; a dangling link is reported as ELOOP, with what it says. */
static int make_component(int directory, const char *name, bool is_directory, mode_t mode, char *link, size_t size)
{
	int result = is_directory ? mkdirat(directory, name, mode) : mknodat(directory, name, S_IFREG | mode, 0);
	if (result == 0 || errno != EEXIST)
		return result == 0 ? 0 : -errno;
	ssize_t n = readlinkat(directory, name, link, size - 1);
	if (n < 0)
		return 0; /* no link: somebody else has just made it */
	link[n] = '\0';
	return -ELOOP;
}

/* The directory that a path's last component is in, as a path of its own. False when there is none, or no room. */
static bool directory_of(const char *path, char *directory, size_t size, const char **name)
{
	const char *slash = strrchr(path, '/');
	if (!slash || slash[1] == '\0' || (size_t)(slash - path) >= size)
		return false;
	memcpy(directory, path, slash - path);
	directory[slash - path] = '\0';
	*name = slash + 1;
	return true;
}

/* Makes the last component of `path` where nothing else is missing; -ENOENT where it is not as simple as that. */
static int make_last_in_root(int root, const char *path, bool is_directory, mode_t mode)
{
	char directory[256], link[1];
	const char *name;
	if (!directory_of(path, directory, sizeof directory, &name))
		return -ENOENT;
	int parent = open_in_root(root, directory, O_PATH | O_DIRECTORY);
	if (parent < 0)
		return parent;
	int result = make_component(parent, name, is_directory, is_directory ? mode : 0644, link, sizeof link);
	/* Whatever has taken its place since is not followed. */
	struct open_how how = { .flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS };
	if (result == 0)
		result = syscall(SYS_openat2, parent, name, &how, sizeof how);
	close(parent);
	return result < 0 ? -ENOENT : result;
}

/*
 * As make_in_root, one component after the other. Dangling links are followed inside the root, and their target is
 * made.
 */
static int make_all_in_root(int root, const char *path, bool is_directory, mode_t mode)
{
	char done[PATH_MAX] = "", rest[PATH_MAX], link[PATH_MAX], next[2 * PATH_MAX];
	if (strlen(path) >= sizeof rest)
		return -ENAMETOOLONG;
	strcpy(rest, path);
	for (int links = 0; links < 40;) {
		char *name = rest + strspn(rest, "/");
		if (*name == '\0')
			return open_in_root(root, done, O_PATH);
		char *slash = strchrnul(name, '/');
		bool last = slash[strspn(slash, "/")] == '\0';
		char *after = *slash ? slash + 1 : slash;
		*slash = '\0';
		int parent = open_in_root(root, done, O_PATH | O_DIRECTORY);
		if (parent < 0)
			return parent;
		if ((size_t)snprintf(next, sizeof next, "%s/%s", done, name) >= sizeof done) {
			close(parent);
			return -ENAMETOOLONG;
		}
		int result = open_in_root(root, next, O_PATH);
		if (result >= 0)
			close(result);
		else if (result == -ENOENT)
			result = make_component(parent, name, is_directory || !last, last && !is_directory ? 0644 : mode,
						link, sizeof link);
		close(parent);
		if (result == -ELOOP) {
			links++;
			if ((size_t)snprintf(next, sizeof next, "%s/%s", link, after) >= sizeof rest)
				return -ENAMETOOLONG;
			strcpy(rest, next);
			if (*link == '/')
				done[0] = '\0';
			continue;
		}
		if (result < 0)
			return result;
		strcpy(done, next);
		memmove(rest, after, strlen(after) + 1);
	}
	return -ELOOP;
}

/* As make_in_root, of a path that was found to be missing. */
static int make_missing_in_root(int root, const char *path, bool is_directory, mode_t mode)
{
	int result = make_last_in_root(root, path, is_directory, mode);
	return result == -ENOENT ? make_all_in_root(root, path, is_directory, mode) : result;
}

/*
 * Opens `path` in the root (O_PATH), making what is missing: directories with `mode`, and at the end a
 * directory or an empty file.
 */
static int make_in_root(int root, const char *path, bool is_directory, mode_t mode)
{
	int result = open_in_root(root, path, O_PATH);
	return result == -ENOENT ? make_missing_in_root(root, path, is_directory, mode) : result;
}

/* ---- operations ------------------------------------------------------------------------------------------ */

/* All return 0 or a negated errno; they may leave words for people in `r->detail`. */

static int check(long result)
{
	return result < 0 ? -errno : 0;
}

__attribute__((format(printf, 2, 3))) static void explain(struct runner *r, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(r->detail, sizeof r->detail, format, arguments);
	va_end(arguments);
}

static int op_mkdir(struct runner *r, struct cursor *c)
{
	(void)r;
	char path[PATH_MAX];
	const char *wanted = take_string(c);
	mode_t mode = take_int(c);
	if (c->bad)
		return 0;
	if (mkdir(wanted, mode) == 0 || errno == EEXIST)
		return 0;
	if (errno != ENOENT || strlen(wanted) >= sizeof path)
		return -errno;
	strcpy(path, wanted);
	for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(path, mode) != 0 && errno != EEXIST)
			return -errno;
		*slash = '/';
	}
	return mkdir(path, mode) == 0 || errno == EEXIST ? 0 : -errno;
}

static int op_write(struct runner *r, struct cursor *c)
{
	(void)r;
	size_t length;
	const char *path = take_string(c);
	const char *data = take_bytes(c, &length);
	bool optional = take_int(c);
	if (c->bad)
		return 0;
	int result = write_file_at(AT_FDCWD, path, data, length);
	return result == -ENOENT && optional ? 0 : result;
}

static int op_try_write(struct runner *r, struct cursor *c)
{
	(void)r;
	size_t length;
	const char *path = take_string(c);
	const char *data = take_bytes(c, &length);
	if (!c->bad)
		write_file_at(AT_FDCWD, path, data, length);
	return 0;
}

static int op_attach_device_program(struct runner *r, struct cursor *c)
{
	size_t length;
	const char *path = take_string(c);
	const char *instructions = take_bytes(c, &length);
	if (c->bad)
		return 0;
	union bpf_attr load = {
		.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE,
		.insns = (uintptr_t)instructions,
		.insn_cnt = length / 8,
		.license = (uintptr_t)"Apache-2.0",
		.log_buf = (uintptr_t)r->detail,
		.log_size = sizeof r->detail,
		.log_level = 1,
	};
	int program = syscall(SYS_bpf, BPF_PROG_LOAD, &load, sizeof load);
	if (program < 0 && errno == ENOSPC) {
		/* The verifier's words did not fit; they matter only when it refuses. */
		load.log_buf = load.log_size = load.log_level = 0;
		program = syscall(SYS_bpf, BPF_PROG_LOAD, &load, sizeof load);
	}
	if (program < 0)
		return -errno;
	r->detail[0] = '\0';
	int cgroup = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int result = check(cgroup);
	if (result == 0) {
		union bpf_attr attach = {
			.target_fd = cgroup,
			.attach_bpf_fd = program,
			.attach_type = BPF_CGROUP_DEVICE,
			.attach_flags = BPF_F_ALLOW_MULTI,
		};
		result = check(syscall(SYS_bpf, BPF_PROG_ATTACH, &attach, sizeof attach));
		close(cgroup);
	}
	close(program);
	return result;
}

/* Kills what is in the cgroup. Returns how many processes it still found. */
static int kill_members(const char *path)
{
	char file[PATH_MAX], pids[8192];
	int count = 0;
	snprintf(file, sizeof file, "%s/cgroup.kill", path);
	bool whole = write_file_at(AT_FDCWD, file, "1", 1) == 0;
	snprintf(file, sizeof file, "%s/cgroup.procs", path);
	if (read_file_at(AT_FDCWD, file, pids, sizeof pids) < 0)
		return 0;
	for (char *line = strtok(pids, "\n"); line; line = strtok(NULL, "\n")) {
		pid_t pid = atoi(line);
		count++;
		if (!whole && pid > 1)
			kill(pid, SIGKILL);
	}
	return count;
}

static int op_kill_cgroup(struct runner *r, struct cursor *c)
{
	(void)r;
	const char *path = take_string(c);
	for (int wait_ms = 1; !c->bad && kill_members(path) > 0; wait_ms *= 2) {
		if (wait_ms > 4096)
			return -EBUSY;
		sleep_ms(wait_ms);
	}
	return 0;
}

/* The first directory in one that cannot be removed, as something is in it; the others are. Closes `fd`. */
static int remove_empty_directories(int fd)
{
	DIR *directory = fdopendir(fd);
	int full = -1;
	if (!directory) {
		close(fd);
		return -1;
	}
	for (struct dirent *entry; full < 0 && (entry = readdir(directory)) != NULL;)
		if (entry->d_type == DT_DIR && strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
		    unlinkat(fd, entry->d_name, AT_REMOVEDIR) != 0 && (errno == EBUSY || errno == ENOTEMPTY))
			full = openat(fd, entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	closedir(directory);
	return full;
}

/*
 * Removes the directories below a directory, and nothing else: cgroups that a container made in its own, however deep, so
 * that it goes down and up again with one descriptor. Steps are bounded as one may be busy for good.
 */
static void remove_directories_in(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	for (int depth = 0, steps = 0; fd >= 0 && steps < MAX_STEPS; steps++) {
		int up = depth > 0 ? openat(fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
		int down = remove_empty_directories(fd);
		fd = down >= 0 ? down : up;
		if (down >= 0)
			close_if_open(&up);
		depth += down >= 0 ? 1 : -1;
	}
	close_if_open(&fd);
}

static int op_rmdir(struct runner *r, struct cursor *c)
{
	(void)r;
	const char *path = take_string(c);
	/* A cgroup stays busy for a moment after its last process was reaped, and while there are others in it. */
	for (int wait_ms = 1; !c->bad && rmdir(path) != 0 && errno != ENOENT; wait_ms *= 2) {
		if (errno != EBUSY || wait_ms > 1024)
			return -errno;
		remove_directories_in(path);
		if (rmdir(path) == 0)
			break;
		sleep_ms(wait_ms);
	}
	return 0;
}

/* One message with a descriptor. */
static int send_descriptor(int socket, const char *text, size_t length, int fd)
{
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} control = {
		.header = { .cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS },
	};
	memcpy(CMSG_DATA(&control.header), &fd, sizeof fd);
	struct iovec part = { (char *)text, length };
	struct msghdr header = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control };
	return check(sendmsg(socket, &header, MSG_NOSIGNAL));
}

static int send_sync(int sync, enum sync_type type)
{
	struct sync_message message = { .type = type };
	return check(send(sync, &message, offsetof(struct sync_message, detail), MSG_NOSIGNAL));
}

static int receive_sync(struct runner *r, struct sync_message *message);

static int op_barrier(struct runner *r, struct cursor *c)
{
	(void)c;
	struct sync_message message;
	int result;
	if (r->party == PARTY_CHILD && (result = send_sync(r->sync, SYNC_BARRIER)) < 0)
		return result;
	enum sync_type expected = r->party == PARTY_CHILD ? SYNC_GO : SYNC_BARRIER;
	do {
		if ((result = receive_sync(r, &message)) < 0)
			return result;
	} while (message.type != expected);
	return r->party == PARTY_CHILD ? 0 : send_sync(r->process->sync, SYNC_GO);
}

static int await_go(struct runner *r)
{
	struct sync_message message;
	int result;
	do
		result = receive_sync(r, &message);
	while (result == 0 && message.type != SYNC_GO);
	return result;
}

static int op_release(struct runner *r, struct cursor *c)
{
	(void)c;
	struct sync_message message;
	int result = send_sync(r->process->sync, SYNC_GO), told = 0;
	/* The child may have failed by now: it has said why. */
	if (result == -EPIPE || result == -ECONNRESET)
		while (told == 0)
			told = receive_sync(r, &message);
	return told < 0 ? told : result;
}

static int op_await_parent(struct runner *r, struct cursor *c)
{
	(void)c;
	return await_go(r);
}

static void run_child(struct runner *r, struct cursor *operations) __attribute__((noreturn));

/* A descriptor for a file, of a namespace or mount; `fd:N` names one that the shim was given. */
static int open_given(struct shim *shim, const char *path)
{
	if (strncmp(path, "fd:", 3) != 0)
		return open(path, O_RDONLY | O_CLOEXEC);
	size_t index = atoi(path + 3) - FD_FIRST_KEPT;
	errno = EBADF;
	return index < shim->kept_count ? fcntl(shim->kept[index], F_DUPFD_CLOEXEC, 0) : -1;
}

static int enter_namespace(struct shim *shim, const char *path, int type)
{
	int fd = open_given(shim, path);
	if (fd < 0)
		return -errno;
	int result = check(setns(fd, type));
	close(fd);
	return result;
}

/* Each of `joins` is namespace types and a path: those of the container's init where it is `init`. */
static int join_namespaces(struct runner *r, const char **joins)
{
	for (; *joins; joins++) {
		char *path;
		int types = strtol(*joins, &path, 10);
		path += *path == ' ';
		int result = strcmp(path, "init") == 0 ? check(setns(r->shim->init, types)) : enter_namespace(r->shim, path, types);
		if (result < 0) {
			explain(r, "joining %s", path);
			return result;
		}
	}
	return 0;
}

/*
 * What the child needs until it has changed its root, and `more`, a descriptor or -1 each: its end of the
 * conversation, its streams, what it was given, the init whose namespaces it joins, the trees that were opened for it.
 */
static void keep_for_child(struct runner *r, const int more[2])
{
	struct shim *shim = r->shim;
	size_t given = r->process->number == 0 ? shim->kept_count : 0, count = 0;
	int *kept = calloc(given + r->tree_count + 7, sizeof *kept);
	if (!kept)
		abort();
	memcpy(kept, r->stdio, sizeof r->stdio);
	count = 3;
	kept[count++] = r->sync;
	kept[count++] = shim->init;
	kept[count++] = more[0];
	kept[count++] = more[1];
	for (size_t i = 0; i < given; i++)
		if (shim->kept[i] != shim->console_socket)
			kept[count++] = shim->kept[i];
	for (unsigned i = 0; i < r->tree_count; i++)
		kept[count++] = r->trees[i];
	close_others(FD_CONTROL, kept, count);
	free(kept);
}

/*
 * Clones from a process in between, which joins namespaces first and ends: the shim could not come back from
 * a user namespace. CLONE_PARENT makes the child the shim's all the same. Returns 0 in the child, else a pid.
 */
static pid_t clone_through(struct runner *r, struct clone_arguments *arguments, const char **joins)
{
	int report[2], result = 0;
	if (pipe2(report, O_CLOEXEC) != 0)
		return -errno;
	pid_t between = fork();
	if (between == 0) {
		/* What the child has from its birth on, others in a pid namespace that is joined may look at. */
		keep_for_child(r, (const int[]){ report[1], arguments->flags & CLONE_INTO_CGROUP ? (int)arguments->cgroup : -1 });
		result = join_namespaces(r, joins);
		arguments->flags |= CLONE_PARENT;
		arguments->exit_signal = 0;
		if (result == 0) {
			result = syscall(SYS_clone3, arguments, sizeof *arguments);
			if (result == 0)
				return 0;
			result = result < 0 ? -errno : result;
		}
		write_all(report[1], &result, sizeof result);
		write_all(report[1], r->detail, strlen(r->detail));
		_exit(0);
	}
	close(report[1]);
	if (between < 0) {
		result = -errno;
	} else {
		if (read(report[0], &result, sizeof result) != sizeof result)
			result = -EPIPE;
		ssize_t n = result < 0 ? read(report[0], r->detail, sizeof r->detail - 1) : 0;
		r->detail[n > 0 ? n : 0] = '\0';
		waitpid(between, NULL, 0);
	}
	close(report[0]);
	return result;
}

/* Makes the child, after joining namespaces in a process in between where there are `joins`. */
static int make_child(struct runner *r, uint64_t flags, const char *cgroup_path, const char **joins,
		      struct cursor *child_operations)
{
	int pair[2], cgroup = -1;
	if (*cgroup_path) {
		cgroup = open(cgroup_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (cgroup < 0)
			return -errno;
		flags |= CLONE_INTO_CGROUP;
	}
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) {
		int error = -errno;
		close_if_open(&cgroup);
		return error;
	}
	/* So that each message tells who has sent it, see adopt(). */
	setsockopt(pair[0], SOL_SOCKET, SO_PASSCRED, &(int){ 1 }, sizeof(int));
	flags |= CLONE_CLEAR_SIGHAND;
	struct clone_arguments arguments = { .flags = flags, .exit_signal = SIGCHLD, .cgroup = cgroup < 0 ? 0 : cgroup };
	r->sync = pair[1];
	pid_t pid = *joins ? clone_through(r, &arguments, joins) : syscall(SYS_clone3, &arguments, sizeof arguments);
	int error = *joins ? pid : -errno;
	if (pid == 0) {
		r->party = PARTY_CHILD;
		keep_for_child(r, (const int[]){ -1, -1 });
		/* A mount namespace that was joined has brought its root along. */
		if (*joins)
			r->root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
		run_child(r, child_operations);
	}
	close_if_open(&r->sync);
	close_if_open(&cgroup);
	if (pid < 0) {
		close(pair[0]);
		return error;
	}
	r->process->pid = pid;
	r->process->sync = pair[0];
	if (r->shim->init >= 0)
		return 0;
	r->shim->init = syscall(SYS_pidfd_open, pid, 0);
	return check(r->shim->init);
}

static int op_clone(struct runner *r, struct cursor *c, struct cursor *child_operations)
{
	static const char *no_joins[] = { NULL };
	uint64_t flags = take_int(c);
	const char *cgroup = take_string(c);
	return c->bad ? 0 : make_child(r, flags, cgroup, no_joins, child_operations);
}

static int op_clone_inside(struct runner *r, struct cursor *c, struct cursor *child_operations)
{
	uint64_t flags = take_int(c);
	const char *cgroup = take_string(c);
	const char **joins = take_list(c);
	int result = c->bad ? 0 : make_child(r, flags, cgroup, joins, child_operations);
	free(joins);
	return result;
}

static int op_write_child_proc(struct runner *r, struct cursor *c)
{
	char path[128];
	size_t length;
	const char *file = take_string(c);
	const char *data = take_bytes(c, &length);
	if (c->bad)
		return 0;
	snprintf(path, sizeof path, "/proc/%d/%s", r->process->pid, file);
	return write_file_at(AT_FDCWD, path, data, length);
}

static int op_rlimit(struct runner *r, struct cursor *c)
{
	int resource = take_int(c);
	uint64_t limits[2];
	limits[0] = take_int(c);
	limits[1] = take_int(c);
	(void)r;
	return c->bad ? 0 : check(syscall(SYS_prlimit64, 0, resource, limits, NULL));
}

/* Raises what a user namespace may not, and leaves it to `rlimit` to set it: the mounts may need more than the limit. */
static int op_raise_limit(struct runner *r, struct cursor *c)
{
	int resource = take_int(c);
	uint64_t hard = take_int(c), limits[2];
	pid_t pid = r->party == PARTY_PARENT ? r->process->pid : 0;
	if (c->bad)
		return 0;
	if (syscall(SYS_prlimit64, pid, resource, NULL, limits) != 0)
		return -errno;
	if (limits[1] >= hard)
		return 0;
	limits[1] = hard;
	return check(syscall(SYS_prlimit64, pid, resource, limits, NULL));
}

/* Writes the child's pid into a file, as cgroups take it. */
static int op_join_child(struct runner *r, struct cursor *c)
{
	char pid[16];
	const char *path = take_string(c);
	int length = snprintf(pid, sizeof pid, "%d", r->process->pid);
	return c->bad ? 0 : write_file_at(AT_FDCWD, path, pid, length);
}

/* Puts how a hook ended in front of what it wrote. */
static void explain_hook(struct runner *r, int status)
{
	char output[DETAIL_BYTES];
	memcpy(output, r->detail, sizeof output);
	const char *separator = *output ? ": " : "";
	if (WIFSIGNALED(status)) {
		const char *words = strsignal(WTERMSIG(status));
		explain(r, "signal: %c%s%s%s", *words | 0x20, words + 1, separator, output);
	} else {
		explain(r, "exit status %d%s%s", WEXITSTATUS(status), separator, output);
	}
}

/* Waits for a program; its standard error goes into `r->detail`. Returns its wait status or a negated errno. */
static int await_program(struct runner *r, pid_t pid, int errors, int64_t timeout_ms)
{
	int64_t deadline = now_ns(CLOCK_MONOTONIC) / 1000000 + timeout_ms;
	size_t length = 0;
	char spill[256];
	int status = 0;
	for (bool open = true; open;) {
		int64_t left = timeout_ms ? deadline - now_ns(CLOCK_MONOTONIC) / 1000000 : -1;
		struct pollfd ready = { errors, POLLIN, 0 };
		if ((timeout_ms && left <= 0) || poll(&ready, 1, left) == 0) {
			kill(pid, SIGKILL);
			waitpid(pid, &status, 0);
			return -ETIMEDOUT;
		}
		bool full = length >= sizeof r->detail - 1;
		ssize_t n = full ? read(errors, spill, sizeof spill)
				 : read(errors, r->detail + length, sizeof r->detail - 1 - length);
		open = n > 0 || (n < 0 && errno == EINTR);
		if (n > 0 && !full)
			length += n;
	}
	r->detail[length] = '\0';
	return waitpid(pid, &status, 0) < 0 ? -errno : status;
}

/* The state with the child's pid in place of "$PID". */
static void write_hook_state(int fd, const char *state, pid_t pid)
{
	const char *mark = strstr(state, "\"$PID\"");
	if (!mark) {
		write_all(fd, state, strlen(state));
		return;
	}
	dprintf(fd, "%.*s%d%s", (int)(mark - state), state, pid, mark + strlen("\"$PID\""));
}

/* The list has room for it. */
static void add_home(struct runner *r, const char **env)
{
	while (r->home && *env)
		env++;
	if (r->home)
		*env = r->home;
}

/*
 * Has newuidmap(1) or newgidmap(1) map ranges that only /etc/subuid lets the user have. `maps` are its arguments
 * after the pid.
 */
static int op_map_ids(struct runner *r, struct cursor *c)
{
	char child[16];
	int errors[2];
	const char *tool = take_string(c);
	const char **maps = take_list(c);
	size_t count = 0;
	while (maps[count])
		count++;
	const char **args = calloc(count + 3, sizeof *args);
	if (!args)
		abort();
	snprintf(child, sizeof child, "%d", r->process->pid);
	args[0] = tool;
	args[1] = child;
	memcpy(args + 2, maps, count * sizeof *maps);
	int result = c->bad ? 0 : check(pipe2(errors, O_CLOEXEC));
	if (!c->bad && result == 0) {
		pid_t pid = fork();
		if (pid == 0) {
			dup2(errors[1], 2);
			close_between(3, ~0U);
			execv(tool, (char **)args);
			dprintf(2, "%s: %s", tool, strerror(errno));
			_exit(127);
		}
		result = pid < 0 ? -errno : 0;
		close(errors[1]);
		if (pid > 0)
			result = await_program(r, pid, errors[0], 0);
		close(errors[0]);
		/* Why, it has said. */
		if (result > 0)
			result = -EPERM;
	}
	free(args);
	free(maps);
	return result;
}

static int op_hook(struct runner *r, struct cursor *c)
{
	int input[2], errors[2];
	const char *path = take_string(c);
	const char **args = take_list(c);
	const char **env = take_list(c);
	const char *state = take_string(c);
	int64_t timeout_ms = take_int(c);
	bool adds_home = take_int(c);
	int result = 0;
	if (c->bad)
		goto done;
	if (adds_home)
		add_home(r, env);
	if (pipe2(input, O_CLOEXEC) != 0 || pipe2(errors, O_CLOEXEC) != 0) {
		result = -errno;
		goto done;
	}
	pid_t pid = fork();
	if (pid == 0) {
		sigset_t none;
		sigemptyset(&none);
		sigprocmask(SIG_SETMASK, &none, NULL);
		dup2(input[0], 0);
		dup2(errors[1], 1);
		dup2(errors[1], 2);
		/* Hooks of the container before it has changed its root find it where they are, as with runc. */
		if (r->root >= 0 && !r->root_changed && fchdir(r->root) != 0)
			_exit(127);
		close_between(3, ~0U);
		execve(path, (char **)args, (char **)env);
		dprintf(2, "%s: %s", path, strerror(errno));
		_exit(127);
	}
	close(input[0]);
	close(errors[1]);
	if (pid < 0) {
		result = -errno;
	} else {
		write_hook_state(input[1], state, r->party == PARTY_CHILD ? getpid() : r->process->pid);
		close_if_open(&input[1]);
		result = await_program(r, pid, errors[0], timeout_ms);
		if (result > 0) {
			explain_hook(r, result);
			result = -ECANCELED;
		}
	}
	close_if_open(&input[1]);
	close(errors[0]);
done:
	free(args);
	free(env);
	return result;
}

static int open_root(struct runner *r, const char *path)
{
	r->root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return check(r->root);
}

static int op_setns(struct runner *r, struct cursor *c)
{
	(void)r;
	const char *path = take_string(c);
	int type = take_int(c);
	return c->bad ? 0 : enter_namespace(r->shim, path, type);
}

/* Joins namespaces of the container's init, all at once. */
static int op_setns_init(struct runner *r, struct cursor *c)
{
	int flags = take_int(c);
	if (c->bad || flags == 0)
		return 0;
	int result = check(setns(r->shim->init, flags));
	/* A new mount namespace brings its root along. */
	return result == 0 && flags & CLONE_NEWNS ? open_root(r, "/") : result;
}

static int op_unshare(struct runner *r, struct cursor *c)
{
	(void)r;
	int flags = take_int(c);
	return c->bad ? 0 : check(unshare(flags));
}

static int op_propagation(struct runner *r, struct cursor *c)
{
	(void)r;
	const char *path = take_string(c);
	unsigned long flags = take_int(c);
	return c->bad ? 0 : check(syscall(SYS_mount, NULL, path, NULL, flags, NULL));
}

static int set_attributes(int mount, uint64_t set, uint64_t clear, uint64_t propagation, bool recursive)
{
	struct mount_attr attributes = { .attr_set = set, .attr_clr = clear, .propagation = propagation };
	if (set == 0 && clear == 0 && propagation == 0)
		return 0;
	/* The kernel wants the whole group of access-time bits cleared when one of them is set. */
	if (set & MOUNT_ATTR__ATIME || clear & MOUNT_ATTR__ATIME)
		attributes.attr_clr |= MOUNT_ATTR__ATIME;
	return check(syscall(SYS_mount_setattr, mount, "", AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0), &attributes,
			     sizeof attributes));
}

/* Copies the file system context's own message, which says more than an errno. */
static int context_error(struct runner *r, int context, int error)
{
	ssize_t n = read(context, r->detail, sizeof r->detail - 1);
	r->detail[n > 0 ? n : 0] = '\0';
	return error;
}

/* `key=value` or `flag` */
static int configure(int context, const char *option)
{
	char key[256];
	const char *value = strchr(option, '=');
	if (!value)
		return check(syscall(SYS_fsconfig, context, FSCONFIG_SET_FLAG, option, NULL, 0));
	if ((size_t)(value - option) >= sizeof key)
		return -ENAMETOOLONG;
	memcpy(key, option, value - option);
	key[value - option] = '\0';
	return check(syscall(SYS_fsconfig, context, FSCONFIG_SET_STRING, key, value + 1, 0));
}

/* A new, detached mount. Returns its descriptor. */
static int new_mount(struct runner *r, const char *type, const char *source, const char **options, uint64_t attributes)
{
	int context = syscall(SYS_fsopen, type, FSOPEN_CLOEXEC);
	if (context < 0)
		return -errno;
	int result = 0;
	if (*source)
		result = check(syscall(SYS_fsconfig, context, FSCONFIG_SET_STRING, "source", source, 0));
	for (const char **option = options; result == 0 && *option; option++)
		result = configure(context, *option);
	if (result == 0)
		result = check(syscall(SYS_fsconfig, context, FSCONFIG_CMD_CREATE, NULL, NULL, 0));
	if (result == 0) {
		result = syscall(SYS_fsmount, context, FSMOUNT_CLOEXEC, attributes & ATTRIBUTES_SUPPORTED_IN_FSMOUNT);
		if (result < 0)
			result = -errno;
	}
	if (result < 0)
		result = context_error(r, context, result);
	close(context);
	return result;
}

static int attach_mount(int mount, int target)
{
	return check(syscall(SYS_move_mount, mount, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH));
}

/* Appends to an option string of `size` bytes. Returns its new length: `size` or more when it does not fit. */
static size_t append_option(char *data, size_t size, size_t length, const char *separator, const char *value)
{
	return length < size ? length + snprintf(data + length, size - length, "%s%s", separator, value) : length;
}

static int mount_overlay_of(const char *target, const char **lower, const char *upper, const char *work,
			    const char **options)
{
	char data[4096]; /* One page is what mount(2) takes. */
	size_t length = append_option(data, sizeof data, 0, "lowerdir=", *lower ? *lower : "");
	for (const char **layer = lower; *layer && layer[1]; layer++)
		length = append_option(data, sizeof data, length, ":", layer[1]);
	if (*upper) {
		length = append_option(data, sizeof data, length, ",upperdir=", upper);
		length = append_option(data, sizeof data, length, ",workdir=", work);
	}
	for (const char **option = options; *option; option++)
		length = append_option(data, sizeof data, length, ",", *option);
	if (length >= sizeof data)
		return -E2BIG;
	return check(syscall(SYS_mount, "overlay", target, "overlay", 0, data));
}

#define MAX_LAYERS 500 /* OVL_MAX_STACK */

/* Where the paths do not fit into a page: descriptors of the layers, by their numbers in /proc/self/fd. */
static int mount_numbered_overlay(const char *target, const char **lower, const char *upper, const char *work,
				  const char **options)
{
	static char names[MAX_LAYERS][12];
	const char *numbers[MAX_LAYERS + 1];
	int fds[MAX_LAYERS], count = 0, result = 0;
	int home = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	for (; result == 0 && lower[count]; count++) {
		if (count == MAX_LAYERS || (fds[count] = open(lower[count], O_PATH | O_DIRECTORY | O_CLOEXEC)) < 0) {
			result = count == MAX_LAYERS ? -E2BIG : -errno;
			break;
		}
		snprintf(names[count], sizeof names[count], "%d", fds[count]);
		numbers[count] = names[count];
	}
	numbers[count] = NULL;
	if (result == 0)
		result = check(chdir("/proc/self/fd"));
	if (result == 0)
		result = mount_overlay_of(target, numbers, upper, work, options);
	if (home >= 0 && fchdir(home) != 0 && result == 0)
		result = -errno;
	while (count > 0)
		close(fds[--count]);
	close_if_open(&home);
	return result;
}

static int mount_overlay(const char *target, const char **lower, const char *upper, const char *work,
			 const char **options)
{
	int result = mount_overlay_of(target, lower, upper, work, options);
	return result == -E2BIG ? mount_numbered_overlay(target, lower, upper, work, options) : result;
}

static int op_overlay_root(struct runner *r, struct cursor *c)
{
	const char *target = take_string(c);
	const char **lower = take_list(c);
	const char *upper = take_string(c);
	const char *work = take_string(c);
	uint64_t attributes = take_int(c);
	const char **options = take_list(c);
	int result = c->bad ? 0 : mount_overlay(target, lower, upper, work, options);
	if (result == 0 && !c->bad)
		result = open_root(r, target);
	if (result == 0 && !c->bad)
		result = set_attributes(r->root, attributes, 0, 0, false);
	free(lower);
	free(options);
	return result;
}

/* pivot_root(2) needs a parent mount that is not shared: that of the mount that `path` lies in. */
static int op_private_parent(struct runner *r, struct cursor *c)
{
	(void)r;
	char path[PATH_MAX];
	const char *root = take_string(c);
	if (c->bad)
		return 0;
	if (!realpath(root, path))
		return -errno;
	for (;;) {
		int result = check(syscall(SYS_mount, NULL, path, NULL, 0x40000UL /* MS_PRIVATE */, NULL));
		char *slash = strrchr(path, '/');
		if (result != -EINVAL || path[1] == '\0')
			return result;
		slash[slash == path] = '\0';
	}
}

static int clone_source(struct runner *r, const char *source, bool recursive);

/*
 * A root that the shim has open: it is put on top of /, which does not hide the host's files, since a path from the
 * root does not look for mounts on the root itself.
 */
static int attach_root(struct runner *r, const char *source)
{
	int top = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	r->root = clone_source(r, source, true);
	if (top < 0 || r->root < 0)
		return top < 0 ? -errno : r->root;
	int result = attach_mount(r->root, top);
	close(top);
	return result;
}

static int op_bind_root(struct runner *r, struct cursor *c)
{
	const char *source = take_string(c);
	if (c->bad)
		return 0;
	if (strncmp(source, "tree:", 5) == 0 || strncmp(source, "fd:", 3) == 0)
		return attach_root(r, source);
	int tree = syscall(SYS_open_tree, AT_FDCWD, source, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
	int result = check(tree);
	if (result == 0)
		result = check(syscall(SYS_move_mount, tree, "", AT_FDCWD, source, MOVE_MOUNT_F_EMPTY_PATH));
	close_if_open(&tree);
	return result == 0 ? open_root(r, source) : result;
}

static int copy_tree(int from, int to, unsigned depth);

static int copy_file(int from, int to)
{
	char chunk[4096];
	ssize_t n;
	while ((n = read(from, chunk, sizeof chunk)) > 0) {
		int result = write_all(to, chunk, n);
		if (result < 0)
			return result;
	}
	return check(n);
}

static int copy_link(int from, int to, const char *name)
{
	char link[PATH_MAX];
	ssize_t n = readlinkat(from, name, link, sizeof link - 1);
	if (n < 0)
		return -errno;
	link[n] = '\0';
	return check(symlinkat(link, to, name));
}

/* Makes a directory or file, and copies what is in it. */
static int copy_content(int from, int to, const char *name, bool is_directory, unsigned depth)
{
	int result = check(is_directory ? mkdirat(to, name, 0700) : mknodat(to, name, S_IFREG | 0600, 0));
	if (result < 0)
		return result;
	int source = openat(from, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	int target = openat(to, name, (is_directory ? O_RDONLY | O_DIRECTORY : O_WRONLY) | O_NOFOLLOW | O_CLOEXEC);
	if (source < 0 || target < 0)
		result = -errno;
	else
		result = is_directory ? copy_tree(source, target, depth + 1) : copy_file(source, target);
	close_if_open(&source);
	close_if_open(&target);
	return result;
}

/* A directory, file, link or node with owner, permissions and time. */
static int copy_entry(int from, int to, const char *name, unsigned depth)
{
	struct stat status;
	int result;
	if (fstatat(from, name, &status, AT_SYMLINK_NOFOLLOW) != 0)
		return -errno;
	if (S_ISLNK(status.st_mode))
		result = copy_link(from, to, name);
	else if (S_ISDIR(status.st_mode) || S_ISREG(status.st_mode))
		result = copy_content(from, to, name, S_ISDIR(status.st_mode), depth);
	else
		result = check(mknodat(to, name, status.st_mode, status.st_rdev));
	if (result == 0)
		result = check(fchownat(to, name, status.st_uid, status.st_gid, AT_SYMLINK_NOFOLLOW));
	if (result == 0 && !S_ISLNK(status.st_mode))
		result = check(fchmodat(to, name, status.st_mode & 07777, 0));
	struct timespec times[2] = { status.st_atim, status.st_mtim };
	return result == 0 ? check(utimensat(to, name, times, AT_SYMLINK_NOFOLLOW)) : result;
}

/* Neither descriptor is closed. Each level takes three, and some of the stack. */
static int copy_tree(int from, int to, unsigned depth)
{
	int again = depth < MAX_COPIED_DEPTH ? openat(from, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	if (again < 0)
		return depth < MAX_COPIED_DEPTH ? -errno : -ENAMETOOLONG;
	DIR *directory = fdopendir(again);
	if (!directory) {
		close(again);
		return -ENOMEM;
	}
	int result = 0;
	for (struct dirent *entry; result == 0 && (entry = readdir(directory)) != NULL;)
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			result = copy_entry(from, to, entry->d_name, depth);
	closedir(directory);
	return result;
}

static bool has_option(const char **options, const char *start)
{
	for (; *options; options++)
		if (strncmp(*options, start, strlen(start)) == 0)
			return true;
	return false;
}

/* tmpcopyup: the new file system begins with what it will lie on, and the directory's owner if none was asked for. */
static int copy_up(int directory, int mount, const char **options)
{
	struct stat status;
	int from = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int to = openat(mount, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int result = from < 0 || to < 0 ? -errno : check(fstat(from, &status));
	if (result == 0)
		result = check(fchown(to, has_option(options, "uid=") ? (uid_t)-1 : status.st_uid,
				      has_option(options, "gid=") ? (gid_t)-1 : status.st_gid));
	if (result == 0)
		result = copy_tree(from, to, 0);
	close_if_open(&from);
	close_if_open(&to);
	return result;
}

/* Makes of `mode=inherit` the mode of what is mounted on, if that was there. The others are kept in their order. */
static void inherit_mode(const char **options, int directory, bool existed, char *buffer, size_t size)
{
	struct stat status;
	const char **to = options;
	for (const char **option = options; *option; option++) {
		bool inherits = strcmp(*option, "mode=inherit") == 0;
		if (!inherits)
			*to++ = *option;
		else if (existed && fstat(directory, &status) == 0) {
			snprintf(buffer, size, "mode=%o", status.st_mode & 07777);
			*to++ = buffer;
		}
	}
	*to = NULL;
}

/* Files of procfs that are no way to anything, and may be hidden by others: those that runc allows. */
static bool is_harmless_in_proc(struct runner *r, const struct stat *target)
{
	static const char *const harmless[] = { "cpuinfo",  "diskstats", "meminfo",  "stat",	 "swaps",
						"uptime",   "loadavg",	 "slabinfo", "sys/kernel/ns_last_pid",
						"sys/crypto/fips_enabled" };
	char path[64];
	struct stat status;
	for (size_t i = 0; i < sizeof harmless / sizeof *harmless; i++) {
		snprintf(path, sizeof path, "/proc/%s", harmless[i]);
		int fd = open_in_root(r->root, path, O_PATH);
		bool same = fd >= 0 && fstat(fd, &status) == 0 && status.st_dev == target->st_dev && status.st_ino == target->st_ino;
		close_if_open(&fd);
		if (same)
			return true;
	}
	return false;
}

static bool is_in_proc(int fd)
{
	struct statfs system;
	return fstatfs(fd, &system) == 0 && system.f_type == 0x9fa0 /* PROC_SUPER_MAGIC */;
}

static bool is_whole_proc(int fd)
{
	struct stat status;
	return is_in_proc(fd) && fstat(fd, &status) == 0 && status.st_ino == 1 /* PROC_ROOT_INO, linux/proc_ns.h */;
}

/*
 * Nothing is mounted in a procfs, by whatever links `target` was found, that a container could take its state for: only a
 * procfs on a procfs as a whole, and files that are harmless. `mount` is what is to be mounted.
 */
static int check_outside_proc(struct runner *r, const char *path, int mount, int target)
{
	struct stat status;
	if (!is_in_proc(target))
		return 0;
	if (fstat(target, &status) != 0)
		return -errno;
	bool whole = is_whole_proc(target);
	if (whole ? is_whole_proc(mount) : is_harmless_in_proc(r, &status))
		return 0;
	explain(r, whole ? "\"%s\" cannot be mounted because it is not of type proc" :
						    "\"%s\" cannot be mounted because it is inside /proc", path);
	return -EXDEV; /* the request's mistake, for which there is no other of this name */
}

static int op_mount(struct runner *r, struct cursor *c)
{
	char mode[16];
	const char *type = take_string(c);
	const char *source = take_string(c);
	const char *target = take_string(c);
	const char **options = take_list(c);
	uint64_t attributes = take_int(c);
	uint64_t propagation = take_int(c);
	bool copies_up = take_int(c);
	int result = 0;
	if (c->bad)
		goto done;
	int directory = open_in_root(r->root, target, O_PATH);
	bool existed = directory >= 0;
	if (directory == -ENOENT)
		directory = make_missing_in_root(r->root, target, true, 0755);
	if (directory < 0) {
		result = directory;
		goto done;
	}
	inherit_mode(options, directory, existed, mode, sizeof mode);
	int mount = new_mount(r, type, source, options, attributes & ~(uint64_t)(copies_up ? MOUNT_ATTR_RDONLY : 0));
	result = mount < 0 ? mount : 0;
	if (result == 0 && copies_up)
		result = copy_up(directory, mount, options);
	if (result == 0)
		result = set_attributes(mount,
					attributes & (~(uint64_t)ATTRIBUTES_SUPPORTED_IN_FSMOUNT | (copies_up ? MOUNT_ATTR_RDONLY : 0)),
					0, 0, false);
	if (result == 0)
		result = check_outside_proc(r, target, mount, directory);
	if (result == 0)
		result = attach_mount(mount, directory);
	if (result == 0)
		result = set_attributes(mount, 0, 0, propagation & ~(uint64_t)0x4000 /* MS_REC */, false);
	close_if_open(&mount);
	close(directory);
done:
	free(options);
	return result;
}

/*
 * Opens the namespace `name` (as in /proc/PID/ns) of a process that is made for it, in new namespaces, and ends. The maps
 * are those of its user namespace; "" for none. Returns a descriptor.
 */
static int open_new_namespace(uint64_t flags, const char *name, const char *uid_map, const char *gid_map)
{
	char path[64], byte;
	int hold[2];
	struct clone_arguments arguments = { .flags = flags, .exit_signal = SIGCHLD };
	if (pipe2(hold, O_CLOEXEC) != 0)
		return -errno;
	pid_t pid = syscall(SYS_clone3, &arguments, sizeof arguments);
	if (pid == 0) {
		close_others(FD_CONTROL, &hold[0], 1);
		/* Or a shim without CAP_SYS_PTRACE could not open its namespaces. */
		prctl(PR_SET_DUMPABLE, 1);
		(void)!read(hold[0], &byte, 1);
		_exit(0);
	}
	int result = pid < 0 ? -errno : 0;
	close(hold[0]);
	if (result == 0 && *uid_map) {
		snprintf(path, sizeof path, "/proc/%d/uid_map", pid);
		result = write_file_at(AT_FDCWD, path, uid_map, strlen(uid_map));
	}
	if (result == 0 && *gid_map) {
		snprintf(path, sizeof path, "/proc/%d/gid_map", pid);
		result = write_file_at(AT_FDCWD, path, gid_map, strlen(gid_map));
	}
	if (result == 0) {
		snprintf(path, sizeof path, "/proc/%d/ns/%s", pid, name);
		result = open(path, O_RDONLY | O_CLOEXEC);
		result = result < 0 ? -errno : result;
	}
	close(hold[1]);
	if (pid > 0)
		waitpid(pid, NULL, 0);
	return result;
}

/* Whose ids a mount shows: by maps, or by those of a user namespace; as they are, where all are empty. */
struct mount_ids {
	const char *uid_map, *gid_map, *user_namespace;
	bool recursive;
};

static struct mount_ids take_mount_ids(struct cursor *c)
{
	struct mount_ids ids;
	ids.uid_map = take_string(c);
	ids.gid_map = take_string(c);
	ids.user_namespace = take_string(c);
	ids.recursive = take_int(c);
	return ids;
}

static int map_ids(int tree, const struct mount_ids *ids)
{
	int namespace;
	if (*ids->user_namespace) {
		namespace = open(ids->user_namespace, O_RDONLY | O_CLOEXEC);
		namespace = namespace < 0 ? -errno : namespace;
	} else if (*ids->uid_map) {
		namespace = open_new_namespace(CLONE_NEWUSER, "user", ids->uid_map, ids->gid_map);
	} else {
		return 0;
	}
	if (namespace < 0)
		return namespace;
	struct mount_attr attributes = { .attr_set = MOUNT_ATTR_IDMAP, .userns_fd = namespace };
	int result = check(syscall(SYS_mount_setattr, tree, "", AT_EMPTY_PATH | (ids->recursive ? AT_RECURSIVE : 0),
				   &attributes, sizeof attributes));
	close(namespace);
	return result;
}

static int open_detached(int directory, const char *path, bool recursive)
{
	int tree = syscall(SYS_open_tree, directory, path,
			   OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0));
	return tree < 0 ? -errno : tree;
}

/* Where a process was before it went into another mount namespace. */
struct place {
	int mounts, root, here;
};

static void forget_place(struct place *place)
{
	close_if_open(&place->mounts);
	close_if_open(&place->root);
	close_if_open(&place->here);
}

static int enter_mounts(int namespace, struct place *back)
{
	*back = (struct place){ .mounts = open("/proc/thread-self/ns/mnt", O_RDONLY | O_CLOEXEC),
				.root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC),
				.here = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC) };
	int result = back->mounts < 0 || back->root < 0 || back->here < 0 ? -errno : check(setns(namespace, CLONE_NEWNS));
	if (result < 0)
		forget_place(back);
	return result;
}

/*
 * Anywhere else, all that follows would happen to others. A namespace makes what is mounted on top of its / the root of
 * whoever enters it, which may be the container's own (attach_root).
 */
static void leave_mounts(struct place *back)
{
	if (setns(back->mounts, CLONE_NEWNS) != 0 || fchdir(back->root) != 0 || chroot(".") != 0 || fchdir(back->here) != 0)
		_exit(127);
	forget_place(back);
}

/* The host's mounts as a user namespace has them. */
static int enter_locked_mounts(struct runner *r, struct place *back)
{
	if (r->locked_mounts < 0) {
		int made = open_new_namespace(CLONE_NEWUSER | CLONE_NEWNS, "mnt", "", "");
		if (made < 0)
			return made;
		r->locked_mounts = made;
	}
	return enter_mounts(r->locked_mounts, back);
}

/*
 * As open_detached(), but nobody can take off what protects the host's mounts (read-only, nodev …): it is locked in
 * the clones (mount_namespaces(7)). A single mount that others lie on cannot be had like that.
 */
static int open_locked(struct runner *r, const char *path, bool recursive)
{
	struct place back;
	int result = enter_locked_mounts(r, &back);
	if (result < 0)
		return result;
	int tree = open_detached(AT_FDCWD, path, recursive);
	leave_mounts(&back);
	return tree;
}

/* What a user namespace may not make itself. Owners are as it has them. */
struct device_node {
	uint32_t mode, uid, gid;
	uint64_t device;
};

/* The host's number for an id of the child's, by its map; 0 where it has none. */
static uint32_t host_id(pid_t pid, const char *map, uint32_t id)
{
	char path[64];
	unsigned long long inside, outside, count;
	uint32_t found = 0;
	snprintf(path, sizeof path, "/proc/%d/%s", pid, map);
	FILE *file = fopen(path, "re");
	while (file && fscanf(file, "%llu %llu %llu", &inside, &outside, &count) == 3)
		if (id >= inside && id - inside < count)
			found = outside + (id - inside);
	if (file)
		fclose(file);
	return found;
}

static int make_node_at(int directory, const char *name, mode_t mode, dev_t device, uid_t uid, gid_t gid)
{
	int result = check(mknodat(directory, name, mode, device));
	if (result == 0)
		result = check(fchmodat(directory, name, mode & 07777, 0));
	return result == 0 ? check(fchownat(directory, name, uid, gid, AT_SYMLINK_NOFOLLOW)) : result;
}

/*
 * The mount of a node alone, which lies in a tmpfs of the host's: in those of other user namespaces devices cannot be
 * opened. It is attached in a namespace that goes again, as only then can a part of it be cloned.
 */
static int make_node(struct runner *r, const struct device_node *node)
{
	struct place back;
	pid_t child = r->process->pid;
	uint32_t uid = host_id(child, "uid_map", node->uid), gid = host_id(child, "gid_map", node->gid);
	int result = enter_locked_mounts(r, &back);
	if (result < 0)
		return result;
	int fs = syscall(SYS_fsopen, "tmpfs", FSOPEN_CLOEXEC), mount = -1;
	result = check(fs);
	if (result == 0)
		result = check(syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0));
	if (result == 0)
		result = check(mount = syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC));
	if (result == 0)
		result = check(syscall(SYS_move_mount, mount, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH));
	if (result == 0)
		result = make_node_at(mount, "node", node->mode, node->device, uid, gid);
	if (result == 0)
		result = open_detached(mount, "node", false);
	close_if_open(&fs);
	close_if_open(&mount);
	leave_mounts(&back);
	return result;
}

/* The child asks for a node, and waits. */
static int serve_node(struct runner *r, const struct sync_message *asked)
{
	struct device_node node;
	memcpy(&node, asked->detail, sizeof node);
	int tree = make_node(r, &node);
	struct sync_message reply = { .type = SYNC_NODE, .error = tree < 0 ? -tree : 0 };
	size_t length = offsetof(struct sync_message, detail);
	int result = tree < 0 ? check(send(r->process->sync, &reply, length, MSG_NOSIGNAL))
			      : send_descriptor(r->process->sync, (const char *)&reply, length, tree);
	close_if_open(&tree);
	return result;
}

static int ask_for_node(struct runner *r, const struct device_node *node)
{
	struct sync_message message = { .type = SYNC_MAKE_NODE };
	memcpy(message.detail, node, sizeof *node);
	int result = check(send(r->sync, &message, offsetof(struct sync_message, detail) + sizeof *node, MSG_NOSIGNAL));
	while (result == 0 && (result = receive_sync(r, &message)) == 0 && message.type != SYNC_NODE)
		;
	if (result == 0 && message.error)
		result = -message.error;
	int tree = r->received_mount;
	r->received_mount = -1;
	if (result < 0)
		close_if_open(&tree);
	return result < 0 ? result : tree;
}

/*
 * Clones mounts with the rights of the shim: what the child, in a user namespace, may not reach, or not map.
 * The child finds the tree as `tree:N`, N counting these operations.
 */
static int op_open_tree(struct runner *r, struct cursor *c)
{
	const char *source = take_string(c);
	bool recursive = take_int(c);
	bool locked = take_int(c);
	struct mount_ids ids = take_mount_ids(c);
	if (c->bad)
		return 0;
	if (r->tree_count == MAX_TREES)
		return -EMFILE;
	int tree = locked ? open_locked(r, source, recursive) : -EINVAL;
	if (tree == -EINVAL)
		tree = open_detached(AT_FDCWD, source, recursive);
	if (tree < 0)
		return tree;
	r->trees[r->tree_count++] = tree;
	return map_ids(tree, &ids);
}

/* What the child has cloned is the same mount by our descriptor of it, so nothing has to come back. */
static int op_map_mount(struct runner *r, struct cursor *c)
{
	struct sync_message message;
	struct mount_ids ids = take_mount_ids(c);
	if (c->bad)
		return 0;
	int result;
	while ((result = receive_sync(r, &message)) == 0 && message.type != SYNC_MAP_MOUNT)
		;
	if (result == 0)
		result = map_ids(r->received_mount, &ids);
	close_if_open(&r->received_mount);
	return result < 0 ? result : send_sync(r->process->sync, SYNC_GO);
}

/*
 * Mounts can be cloned only in the mount namespace they are in: `source` is a path in that of a process, `PID:/path`, or
 * in one that was given, `fd:N:/path`. What a container has there leads nowhere else.
 */
static int clone_inside(struct runner *r, const char *source, bool recursive)
{
	char path[64];
	struct place back;
	const char *place = strchr(source, '/');
	if (!place)
		return -EINVAL;
	snprintf(path, sizeof path, "/proc/%d/ns/mnt", atoi(source));
	int namespace = open_given(r->shim, strncmp(source, "fd:", 3) == 0 ? source : path);
	if (namespace < 0)
		return -errno;
	int entered = enter_mounts(namespace, &back);
	close(namespace);
	if (entered < 0)
		return entered;
	int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	int from = root < 0 ? -errno : open_in_root(root, place, O_PATH);
	int tree = from < 0 ? from : open_detached(from, "", recursive);
	leave_mounts(&back);
	close_if_open(&from);
	close_if_open(&root);
	return tree;
}

/* The parent maps a mount's ids, which a user namespace may not do to the file systems of its host. */
static int have_mapped(struct runner *r, int tree)
{
	struct sync_message message = { .type = SYNC_MAP_MOUNT };
	int result = send_descriptor(r->sync, (const char *)&message, offsetof(struct sync_message, detail), tree);
	return result < 0 ? result : await_go(r);
}

/*
 * The mounts of a source, detached: `tree:N` and `fd:N` are the shim's, `root:/path` and `mapped:/path` are in the
 * container's own root, `inside:PID:/path` is what that process sees, and all else is the host's.
 */
static int clone_source(struct runner *r, const char *source, bool recursive)
{
	if (strncmp(source, "tree:", 5) == 0) {
		unsigned number = atoi(source + 5);
		return number < r->tree_count ? fcntl(r->trees[number], F_DUPFD_CLOEXEC, 0) : -EBADF;
	}
	if (strncmp(source, "fd:", 3) == 0) {
		int given = open_given(r->shim, source);
		return given < 0 ? -errno : given;
	}
	if (strncmp(source, "inside:", 7) == 0)
		return clone_inside(r, source + 7, recursive);
	bool mapped = strncmp(source, "mapped:", 7) == 0;
	if (!mapped && strncmp(source, "root:", 5) != 0)
		return open_detached(AT_FDCWD, source, recursive);
	int from = open_in_root(r->root, strchr(source, ':') + 1, O_PATH);
	if (from < 0)
		return from;
	int tree = open_detached(from, "", recursive);
	close(from);
	int result = mapped && tree >= 0 ? have_mapped(r, tree) : 0;
	if (result < 0)
		close_if_open(&tree);
	return result < 0 ? result : tree;
}

static int op_bind(struct runner *r, struct cursor *c)
{
	const char *source = take_string(c);
	const char *target = take_string(c);
	bool recursive = take_int(c);
	uint64_t set = take_int(c), clear = take_int(c);
	bool recursive_attributes = take_int(c);
	uint64_t propagation = take_int(c);
	struct stat status;
	if (c->bad)
		return 0;
	int tree = clone_source(r, source, recursive);
	if (tree < 0)
		return tree;
	int result = check(fstat(tree, &status));
	int to = result < 0 ? -1 : make_in_root(r->root, target, S_ISDIR(status.st_mode), 0755);
	if (result == 0)
		result = to < 0 ? to : 0;
	if (result == 0)
		result = check_outside_proc(r, target, tree, to);
	if (result == 0)
		result = set_attributes(tree, set, clear, 0, recursive_attributes);
	if (result == 0)
		result = attach_mount(tree, to);
	if (result == 0)
		result = set_attributes(tree, 0, 0, propagation & ~(uint64_t)0x4000, propagation & 0x4000);
	close_if_open(&to);
	close(tree);
	return result;
}

static int op_mount_setattr(struct runner *r, struct cursor *c)
{
	const char *target = take_string(c);
	uint64_t set = take_int(c), clear = take_int(c);
	bool recursive = take_int(c);
	uint64_t propagation = take_int(c);
	if (c->bad)
		return 0;
	int fd = strcmp(target, "/") == 0 ? dup(r->root) : open_in_root(r->root, target, O_PATH);
	if (fd < 0)
		return fd == -1 ? -errno : fd;
	int result = set_attributes(fd, set, clear, propagation, recursive);
	close(fd);
	return result;
}

#define NULL_DEVICE 0x103 /* 1:3 */

static bool is_null_device(int fd)
{
	struct stat status;
	return fstat(fd, &status) == 0 && S_ISCHR(status.st_mode) && status.st_rdev == NULL_DEVICE;
}

/*
 * The null device in the root, verified. The host's never takes its place: whoever has it, under whatever name, could
 * change its owner and permissions for everybody (CVE-2025-31133 is of that kind).
 */
static int open_own_null(struct runner *r, int flags)
{
	int fd = open_in_root(r->root, "/dev/null", flags);
	if (fd < 0 || is_null_device(fd))
		return fd;
	close(fd);
	return -ENODEV;
}

/* A fresh clone of the mount `tree` stands for, opened at first use. */
static int clone_tree(int tree)
{
	int clone = syscall(SYS_open_tree, tree, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);
	return clone < 0 ? -errno : clone;
}

static int masking_tree(struct runner *r, bool directory)
{
	static const struct device_node null_node = { S_IFCHR | 0666, 0, 0, NULL_DEVICE };
	static const char *tmpfs_options[] = { "size=0", "nr_inodes=2", NULL };
	if (directory && r->empty_tree >= 0)
		return clone_tree(r->empty_tree);
	if (directory) {
		r->empty_tree = new_mount(r, "tmpfs", "tmpfs", tmpfs_options,
					  MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
		/* The first one is attached itself: before Linux 6.15 only what is attached can be cloned. */
		int first = r->empty_tree < 0 ? r->empty_tree : fcntl(r->empty_tree, F_DUPFD_CLOEXEC, 0);
		return first == -1 ? -errno : first;
	}
	if (r->null_tree < 0)
		r->null_tree = open_own_null(r, O_PATH);
	return r->null_tree >= 0 ? clone_tree(r->null_tree) : ask_for_node(r, &null_node);
}

static int op_mask(struct runner *r, struct cursor *c)
{
	struct stat status;
	const char *target = take_string(c);
	if (c->bad)
		return 0;
	int fd = open_in_root(r->root, target, O_PATH);
	if (fd < 0)
		return fd == -ENOENT || fd == -ENOTDIR ? 0 : fd;
	int result = check(fstat(fd, &status));
	int tree = result == 0 ? masking_tree(r, S_ISDIR(status.st_mode)) : -1;
	if (result == 0)
		result = tree < 0 ? tree : attach_mount(tree, fd);
	close_if_open(&tree);
	close(fd);
	return result;
}

static int op_readonly(struct runner *r, struct cursor *c)
{
	const char *target = take_string(c);
	if (c->bad)
		return 0;
	int fd = open_in_root(r->root, target, O_PATH);
	if (fd < 0)
		return fd == -ENOENT || fd == -ENOTDIR ? 0 : fd;
	int tree = syscall(SYS_open_tree, fd, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH | AT_RECURSIVE);
	int result = check(tree);
	if (result == 0)
		result = set_attributes(tree, MOUNT_ATTR_RDONLY, 0, 0, true);
	if (result == 0)
		result = attach_mount(tree, fd);
	close_if_open(&tree);
	close(fd);
	return result;
}

/* The directory that a path's last component is in, made when missing. */
static int open_parent(int root, const char *path, const char **name)
{
	char directory[PATH_MAX];
	return directory_of(path, directory, sizeof directory, name) ? make_in_root(root, directory, true, 0755) : -EINVAL;
}

/*
 * Where nodes cannot be made, as in user namespaces: one that the shim makes, or, where that may not either, the host's,
 * if it has that device at the same path. No user namespace can change what that belongs to.
 */
static int bind_device(struct runner *r, const char *target, const struct device_node *node)
{
	struct stat status;
	int to = make_in_root(r->root, target, false, 0755);
	if (to < 0)
		return to;
	int tree = ask_for_node(r, node), result = tree;
	if (tree < 0)
		tree = syscall(SYS_open_tree, AT_FDCWD, target, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (tree >= 0 && (fstat(tree, &status) != 0 || status.st_rdev != node->device ||
			  (status.st_mode & S_IFMT) != (node->mode & S_IFMT)))
		close_if_open(&tree);
	if (tree >= 0)
		result = check_outside_proc(r, target, tree, to);
	if (tree >= 0 && result == 0)
		result = attach_mount(tree, to);
	close_if_open(&tree);
	close(to);
	return result;
}

static int op_device(struct runner *r, struct cursor *c)
{
	const char *name, *target = take_string(c);
	mode_t mode = take_int(c);
	unsigned major = take_int(c), minor = take_int(c);
	uid_t uid = take_int(c);
	gid_t gid = take_int(c);
	if (c->bad)
		return 0;
	int directory = open_parent(r->root, target, &name);
	if (directory < 0)
		return directory;
	/* glibc's and the kernel's encoding of a device number in 64 bits */
	dev_t device = ((dev_t)(major & 0xfffff000) << 32) | ((dev_t)(major & 0xfff) << 8) |
		       ((dev_t)(minor & 0xffffff00) << 12) | (minor & 0xff);
	int result = make_node_at(directory, name, mode, device, uid, gid);
	if (result == -EEXIST) {
		unlinkat(directory, name, 0);
		result = make_node_at(directory, name, mode, device, uid, gid);
	}
	close(directory);
	const struct device_node node = { mode, uid, gid, device };
	return result == -EPERM ? bind_device(r, target, &node) : result;
}

static int op_symlink(struct runner *r, struct cursor *c)
{
	const char *name, *target = take_string(c);
	const char *content = take_string(c);
	if (c->bad)
		return 0;
	int directory = open_parent(r->root, target, &name);
	if (directory < 0)
		return directory;
	int result = check(symlinkat(content, directory, name));
	close(directory);
	return result == -EEXIST ? 0 : result;
}

static int op_root_directory(struct runner *r, struct cursor *c)
{
	const char *target = take_string(c);
	mode_t mode = take_int(c);
	if (c->bad)
		return 0;
	int fd = make_in_root(r->root, target, true, mode);
	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

static int op_require_directory(struct runner *r, struct cursor *c)
{
	struct stat status;
	const char *target = take_string(c);
	if (c->bad)
		return 0;
	int fd = open_in_root(r->root, target, O_PATH | O_NOFOLLOW);
	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	int result = check(fstat(fd, &status));
	close(fd);
	return result == 0 && !S_ISDIR(status.st_mode) ? -ENOTDIR : result;
}

/* Sends both ends of the terminal to the shim. */
static int send_console(int sync, int master, int slave)
{
	struct sync_message message = { .type = SYNC_CONSOLE };
	struct iovec part = { &message, offsetof(struct sync_message, detail) };
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(2 * sizeof(int))];
	} control = {
		.header = { .cmsg_len = CMSG_LEN(2 * sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS },
	};
	int fds[2] = { master, slave };
	memcpy(CMSG_DATA(&control.header), fds, sizeof fds);
	struct msghdr header = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control };
	return check(sendmsg(sync, &header, MSG_NOSIGNAL));
}

static bool is_terminal_multiplexer(int fd)
{
	struct stat status;
	struct statfs system;
	return fstat(fd, &status) == 0 && S_ISCHR(status.st_mode) && status.st_rdev == 0x502 /* 5:2 */ &&
	       fstatfs(fd, &system) == 0 && system.f_type == 0x1cd1 /* DEVPTS_SUPER_MAGIC */;
}

/* The slave comes from its master, and not by a name that a running container could have replaced (ioctl_tty(2)). */
static int open_terminal(struct runner *r, int *master, int *slave)
{
	int unlock = 0;
	*slave = -1;
	*master = open_in_root(r->root, "/dev/pts/ptmx", O_RDWR | O_NOCTTY | O_NONBLOCK);
	if (*master < 0)
		return *master;
	if (!is_terminal_multiplexer(*master))
		return -ENODEV;
	if (ioctl(*master, TIOCSPTLCK, &unlock) != 0)
		return -errno;
	*slave = ioctl(*master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	return *slave < 0 ? -errno : check(fcntl(*master, F_SETFL, O_RDWR));
}

/* Makes a terminal in the container's devpts, and binds it to /dev/console where `bind` is set. */
static int op_console(struct runner *r, struct cursor *c)
{
	int master, slave;
	struct winsize size = { .ws_row = take_int(c), .ws_col = take_int(c) };
	bool bind = take_int(c);
	if (c->bad)
		return 0;
	int result = open_terminal(r, &master, &slave);
	if (result == 0 && size.ws_row && size.ws_col)
		result = check(ioctl(master, TIOCSWINSZ, &size));
	if (result == 0 && bind) {
		int to = make_in_root(r->root, "/dev/console", false, 0755);
		int tree = to < 0 ? -1 : (int)syscall(SYS_open_tree, slave, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);
		result = to < 0 ? to : tree < 0 ? -errno : attach_mount(tree, to);
		close_if_open(&tree);
		close_if_open(&to);
	}
	if (result == 0)
		result = send_console(r->sync, master, slave);
	close_if_open(&master);
	r->console = slave;
	r->terminal = true;
	return result;
}

static int op_pivot_root(struct runner *r, struct cursor *c)
{
	(void)c;
	int old = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (old < 0)
		return -errno;
	int result = check(fchdir(r->root));
	if (result == 0)
		result = check(syscall(SYS_pivot_root, ".", "."));
	/* The old root lies on top of the new one; nothing of it may propagate back to the host. */
	if (result == 0)
		result = check(fchdir(old));
	close(old);
	if (result == 0)
		result = check(syscall(SYS_mount, NULL, ".", NULL, 0x80000UL | 0x4000UL /* MS_SLAVE|MS_REC */, NULL));
	if (result == 0)
		result = check(syscall(SYS_umount2, ".", 2 /* MNT_DETACH */));
	if (result != 0)
		return result;
	r->root_changed = true;
	return check(chdir("/"));
}

/* In place, a path as mountinfo has it: `\\040` for a space (proc_pid_mountinfo(5)). */
static void decode_mountinfo(char *path)
{
	char *to = path;
	for (const char *from = path; *from; to++) {
		bool escaped = from[0] == '\\' && from[1] && from[2] && from[3];
		*to = escaped ? (char)((from[1] - '0') << 6 | (from[2] - '0') << 3 | (from[3] - '0')) : *from;
		from += escaped ? 4 : 1;
	}
	*to = '\0';
}

static int hide_mount(const char *path)
{
	if (syscall(SYS_mount, NULL, path, NULL, 0x80000UL | 0x4000UL /* MS_SLAVE|MS_REC */, NULL) != 0)
		return -errno;
	if (syscall(SYS_umount2, path, 2 /* MNT_DETACH */) == 0)
		return 0;
	/* In a user namespace it is locked. */
	return check(syscall(SYS_mount, "tmpfs", path, "tmpfs", 1UL /* MS_RDONLY */, NULL));
}

/*
 * The old root stays below the new one. While a procfs or sysfs of the host is in it with nothing masked, the kernel
 * would let the container mount one of those anew, with nothing masked either.
 */
static int hide_hosts_mounts(struct runner *r)
{
	char self[64], root[PATH_MAX], *line = NULL;
	size_t room = 0;
	int result = 0;
	snprintf(self, sizeof self, "/proc/self/fd/%d", r->root);
	ssize_t length = readlink(self, root, sizeof root - 1);
	FILE *list = length < 0 ? NULL : fopen("/proc/self/mountinfo", "re");
	if (!list)
		return errno == ENOENT ? 0 : -errno;
	root[length] = '\0';
	while (result == 0 && getline(&line, &room, list) > 0) {
		char path[PATH_MAX];
		const char *type = strstr(line, " - ");
		if (!type || sscanf(line, "%*s %*s %*s %*s %4095s", path) != 1)
			continue;
		if (strncmp(type + 3, "proc ", 5) != 0 && strncmp(type + 3, "sysfs ", 6) != 0)
			continue;
		decode_mountinfo(path);
		if (strncmp(path, root, length) == 0 && path[length] == '/')
			continue;
		result = hide_mount(path);
		/* What lay below one that has gone already. */
		if (result == -EINVAL || result == -ENOENT)
			result = 0;
	}
	free(line);
	fclose(list);
	return result;
}

static int op_move_root(struct runner *r, struct cursor *c)
{
	(void)c;
	int result = hide_hosts_mounts(r);
	if (result == 0)
		result = check(fchdir(r->root));
	if (result == 0)
		result = check(syscall(SYS_move_mount, r->root, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH));
	if (result == 0)
		result = check(chroot("."));
	r->root_changed = true;
	return result == 0 ? check(chdir("/")) : result;
}

static int op_change_root(struct runner *r, struct cursor *c)
{
	(void)c;
	if (fchdir(r->root) != 0 || chroot(".") != 0)
		return -errno;
	r->root_changed = true;
	return check(chdir("/"));
}

/* A null device that nothing else is made of, for a container without one. No user namespace can have it. */
static int make_null(struct runner *r)
{
	static const char *no_options[] = { NULL };
	int mount = new_mount(r, "tmpfs", "tmpfs", no_options, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC);
	if (mount < 0)
		return mount;
	int result = make_node_at(mount, "null", S_IFCHR | 0666, NULL_DEVICE, 0, 0);
	int null = result < 0 ? result : openat(mount, "null", O_RDWR | O_CLOEXEC);
	close(mount);
	return null == -1 ? -errno : null;
}

/*
 * Streams that are the host's null device become the container's own. Where it can have none, it is in a user namespace,
 * and cannot change the host's.
 */
static void replace_null_streams(struct runner *r)
{
	int own = -1;
	for (int i = 0; i < 3; i++) {
		if (!is_null_device(i))
			continue;
		/* Not to wait for what a running container may have put there. */
		if (own < 0 && (own = open_own_null(r, O_RDWR | O_NONBLOCK | O_NOCTTY)) < 0)
			own = make_null(r);
		if (own >= 0)
			dup2(own, i);
	}
	if (own >= 0)
		fcntl(own, F_SETFL, O_RDWR);
	close_if_open(&own);
	r->detail[0] = '\0';
}

static int place_streams(struct runner *r)
{
	for (int i = 0; i < 3; i++)
		if (dup2(r->console >= 0 ? r->console : r->stdio[i], i) < 0)
			return -errno;
	r->console = -1;
	for (int i = 0; i < 3; i++)
		r->stdio[i] = i;
	return 0;
}

/* Moves a descriptor to a number from `lowest` on, where it is not there already. */
static int move_up(int *fd, int lowest)
{
	if (*fd >= 0 && *fd < lowest)
		*fd = fcntl(*fd, F_DUPFD_CLOEXEC, lowest);
	return *fd == -1 ? -errno : 0;
}

/*
 * From here on the process has nothing open but its streams, `preserve` descriptors from 3 on, and a few that are closed
 * before or when it executes, of which none leads to a directory: whatever path of the image is looked up now, no
 * /proc/self/fd/N in it is the host's.
 */
static int op_seal(struct runner *r, struct cursor *c)
{
	int preserve = take_int(c);
	int fifo = take_int(c);
	if (c->bad)
		return 0;
	if (preserve < 0 || preserve > HIGHEST_FD)
		return -EINVAL;
	int result = place_streams(r), first = 3 + preserve;
	if (result < 0)
		return result;
	replace_null_streams(r);
	r->fifo = fifo ? fifo : -1;
	int *ours[] = { &r->sync, &r->agent, &r->label, &r->fifo };
	for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
		if (*ours[i] >= 0 && (result = move_up(ours[i], first)) < 0)
			return result;
	for (int i = 0; i < preserve; i++) {
		int from = r->shim->preserved + i, to = 3 + i;
		if (from == to ? fcntl(to, F_SETFD, 0) != 0 : dup2(from, to) < 0)
			return -errno;
	}
	close_others(first, (int[]){ r->sync, r->agent, r->label, r->fifo }, 4);
	r->root = r->proc = r->null_tree = r->empty_tree = -1;
	prctl(PR_SET_DUMPABLE, 0);
	return 0;
}

static int go_on(void *runner) __attribute__((noreturn));

/*
 * Goes on in another child of the shim, which is born in the pid namespace that was joined, with the rights that it is
 * to have, and nothing of the host's: processes that are there already never see one that has more. It has the same
 * memory, on a stack of its own, until it executes: that of this process is not used any more.
 */
static int op_fork(struct runner *r, struct cursor *c)
{
	char *stack = malloc(STACK_BYTES);
	if (!stack)
		return -ENOMEM;
	r->rest = c;
	if (clone(go_on, stack + STACK_BYTES, CLONE_PARENT | CLONE_VM, r) < 0)
		return -errno;
	_exit(0);
}

static int op_chown(struct runner *r, struct cursor *c)
{
	(void)r;
	const char *path = take_string(c);
	uid_t uid = take_int(c);
	gid_t gid = take_int(c);
	bool optional = take_int(c);
	if (c->bad)
		return 0;
	int result = check(lchown(path, uid, gid));
	return result == -ENOENT && optional ? 0 : result;
}

/* The home directory in a line of /etc/passwd (passwd(5)) where it is that of `uid`, else NULL. Cuts the line. */
static char *home_in(char *line, uid_t uid)
{
	char *fields[7] = { NULL }, *end;
	for (int i = 0; i < 7 && line; i++)
		fields[i] = strsep(&line, ":");
	if (!fields[5] || !*fields[2])
		return NULL;
	unsigned long number = strtoul(fields[2], &end, 10);
	return *end == '\0' && number == uid ? fields[5] : NULL;
}

/* Whatever the image has there: a FIFO is not waited for, and lines that are too long are no entries. */
static int op_home(struct runner *r, struct cursor *c)
{
	char line[1024];
	const char *home = NULL;
	struct stat status;
	uid_t uid = take_int(c);
	if (c->bad)
		return 0;
	int fd = open("/etc/passwd", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	FILE *file = fd >= 0 && fstat(fd, &status) == 0 && S_ISREG(status.st_mode) ? fdopen(fd, "r") : NULL;
	for (bool whole, begins = true; file && !home && ftello(file) < MAX_PASSWD_BYTES && fgets(line, sizeof line, file);
	     begins = whole) {
		size_t length = strcspn(line, "\n");
		whole = line[length] == '\n' || feof(file);
		line[length] = '\0';
		home = begins && whole ? home_in(line, uid) : NULL;
	}
	if (asprintf(&r->home, "HOME=%s", home && *home ? home : "/") < 0)
		abort();
	if (file)
		fclose(file);
	else
		close_if_open(&fd);
	return 0;
}

/* A procfs of our own, attached nowhere: nothing in the image can stand in for it. */
static int private_proc(struct runner *r)
{
	static const char *no_options[] = { NULL };
	if (r->proc < 0)
		r->proc = new_mount(r, "proc", "proc", no_options, 0);
	return r->proc;
}

static int write_proc(struct runner *r, const char *path, const char *data, size_t length)
{
	int proc = private_proc(r);
	if (proc < 0)
		return proc;
	struct open_how how = { .flags = O_WRONLY | O_CLOEXEC, .resolve = RESOLVE_BENEATH | RESOLVE_NO_XDEV };
	int fd = syscall(SYS_openat2, proc, path, &how, sizeof how);
	if (fd < 0)
		return -errno;
	int result = write_all(fd, data, length);
	close(fd);
	return result;
}

static int op_sysctl(struct runner *r, struct cursor *c)
{
	char path[PATH_MAX];
	const char *key = take_string(c);
	const char *value = take_string(c);
	if (c->bad)
		return 0;
	snprintf(path, sizeof path, "sys/%s", key);
	return write_proc(r, path, value, strlen(value));
}

static int bring_loopback_up(void)
{
	struct ifreq request = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	int result = check(ioctl(fd, SIOCSIFFLAGS, &request));
	close(fd);
	return result;
}

static int op_loopback(struct runner *r, struct cursor *c)
{
	(void)r;
	(void)c;
	return bring_loopback_up();
}

static int op_hostname(struct runner *r, struct cursor *c)
{
	(void)r;
	const char *name = take_string(c);
	return c->bad ? 0 : check(sethostname(name, strlen(name)));
}

static int op_domainname(struct runner *r, struct cursor *c)
{
	(void)r;
	const char *name = take_string(c);
	return c->bad ? 0 : check(setdomainname(name, strlen(name)));
}

static int op_umask(struct runner *r, struct cursor *c)
{
	(void)r;
	mode_t mask = take_int(c);
	if (!c->bad)
		umask(mask);
	return 0;
}

static int op_chdir(struct runner *r, struct cursor *c)
{
	char where[PATH_MAX];
	const char *path = take_string(c);
	bool may_fail = take_int(c);
	if (c->bad)
		return 0;
	if (!r->directory_entered && chdir(path) != 0)
		return may_fail && errno == EACCES ? 0 : -errno;
	r->directory_entered = true;
	/* A directory outside the root (reached by a leaked descriptor, say) has no path here. */
	if (syscall(SYS_getcwd, where, sizeof where) < 0 || where[0] != '/') {
		explain(r, "current working directory is outside of container mount namespace root");
		return -EPERM;
	}
	return 0;
}

/* The user may open its own streams again (/dev/stdout). Not everything can be given away; that is no failure. */
static void give_streams(struct runner *r, uid_t uid)
{
	struct stat status;
	for (int i = 0; i < 3; i++) {
		int fd = r->console >= 0 ? r->console : r->stdio[i];
		if (fd >= 0 && fstat(fd, &status) == 0 && status.st_uid != uid && !is_null_device(fd))
			(void)!fchown(fd, uid, -1);
	}
}

/*
 * A user namespace that somebody without privileges has made denies setgroups(2), whoever joins it: the groups that
 * there are stay, and there can be no others (user_namespaces(7)).
 */
static bool groups_are_denied(struct runner *r)
{
	char word[8] = "";
	int fd = open("/proc/self/setgroups", O_RDONLY | O_CLOEXEC);
	if (fd >= 0 && read(fd, word, sizeof word - 1) > 0)
		r->groups_denied = strncmp(word, "deny", 4) == 0;
	close_if_open(&fd);
	/* Or as it was found before the root changed: the container need not have a /proc. */
	return r->groups_denied;
}

static int set_groups_of(struct runner *r, uint32_t count, const gid_t *groups)
{
	if (syscall(SYS_setgroups, count, groups) == 0)
		return 0;
	int error = errno;
	return error == EPERM && count == 0 && groups_are_denied(r) ? 0 : -error;
}

static int op_user(struct runner *r, struct cursor *c)
{
	uid_t uid = take_int(c);
	gid_t gid = take_int(c);
	bool set_groups = take_int(c);
	uint32_t count = take_u32(c);
	if (count > MAX_GROUPS)
		return -EINVAL;
	gid_t *groups = calloc((size_t)count + 1, sizeof *groups);
	if (!groups)
		return -ENOMEM;
	for (uint32_t i = 0; i < count; i++)
		groups[i] = take_int(c);
	int result = c->bad ? 0 : set_groups ? set_groups_of(r, count, groups) : 0;
	free(groups);
	if (c->bad)
		return 0;
	give_streams(r, uid);
	if (result < 0)
		return result;
	/* Raw calls: the C library's wrappers signal other threads, of which there are none. */
	if (prctl(PR_SET_KEEPCAPS, 1) != 0 || syscall(SYS_setresgid, gid, gid, gid) != 0 ||
	    syscall(SYS_setresuid, uid, uid, uid) != 0 || prctl(PR_SET_KEEPCAPS, 0) != 0)
		return -errno;
	return 0;
}

static int op_cap_bounding(struct runner *r, struct cursor *c)
{
	(void)r;
	uint64_t keep = take_int(c);
	for (int capability = 0; !c->bad && capability < 64; capability++) {
		if (keep & 1ULL << capability)
			continue;
		if (prctl(PR_CAPBSET_DROP, capability) != 0)
			return errno == EINVAL ? 0 : -errno; /* beyond the last one this kernel knows */
	}
	return 0;
}

static int op_capabilities(struct runner *r, struct cursor *c)
{
	(void)r;
	uint64_t effective = take_int(c), permitted = take_int(c), inheritable = take_int(c), ambient = take_int(c);
	if (c->bad)
		return 0;
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2] = {
		{ effective, permitted, inheritable },
		{ effective >> 32, permitted >> 32, inheritable >> 32 },
	};
	if (syscall(SYS_capset, &header, data) != 0)
		return -errno;
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	for (int capability = 0; capability < 64; capability++)
		if (ambient & 1ULL << capability && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0) != 0)
			return -errno;
	return 0;
}

static int op_no_new_privileges(struct runner *r, struct cursor *c)
{
	(void)r;
	(void)c;
	return check(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
}

/* `text` with every "$PID" (in quotes) replaced by `pid`. To be freed. */
static char *fill_in_pid(const char *text, const char *pid)
{
	static const char mark[] = "\"$PID\"";
	size_t count = 0;
	for (const char *at = strstr(text, mark); at; at = strstr(at + 1, mark))
		count++;
	char *filled = malloc(strlen(text) + count * strlen(pid) + 1), *to = filled;
	if (!filled)
		abort();
	for (const char *at; (at = strstr(text, mark)) != NULL; text = at + strlen(mark))
		to += sprintf(to, "%.*s%s", (int)(at - text), text, pid);
	strcpy(to, text);
	return filled;
}

/*
 * Connects to the agent that will get the seccomp listener, while its socket can be reached; the pid that goes
 * into the state is that in the host's procfs.
 */
static int op_connect_agent(struct runner *r, struct cursor *c)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	char pid[16];
	const char *path = take_string(c);
	const char *state = take_string(c);
	if (c->bad)
		return 0;
	if (strlen(path) >= sizeof address.sun_path)
		return -ENAMETOOLONG;
	strcpy(address.sun_path, path);
	ssize_t n = readlink("/proc/self", pid, sizeof pid - 1);
	if (n < 0)
		return -errno;
	pid[n] = '\0';
	r->agent_state = fill_in_pid(state, pid);
	r->agent = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	return r->agent < 0 ? -errno : check(connect(r->agent, (struct sockaddr *)&address, sizeof address));
}

static int op_seccomp(struct runner *r, struct cursor *c)
{
	size_t length;
	const char *filter = take_bytes(c, &length);
	unsigned flags = take_int(c);
	if (c->bad)
		return 0;
	if (flags & SECCOMP_FILTER_FLAG_NEW_LISTENER && !r->agent_state)
		return -ENOTCONN; /* nobody to send the listener to */
	struct sock_fprog program = { length / sizeof(struct sock_filter), (struct sock_filter *)filter };
	int listener = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
	if (listener < 0)
		return -errno;
	if (!(flags & SECCOMP_FILTER_FLAG_NEW_LISTENER))
		return 0;
	int result = send_descriptor(r->agent, r->agent_state, strlen(r->agent_state), listener);
	close(listener);
	close_if_open(&r->agent);
	return result;
}

/* By the host's procfs, while it can be seen: one of a user namespace's own would not let what is not dumpable write. */
static int op_open_label(struct runner *r, struct cursor *c)
{
	char path[128];
	const char *file = take_string(c);
	if (c->bad)
		return 0;
	snprintf(path, sizeof path, "/proc/thread-self/attr/%s", file);
	r->label = open(path, O_WRONLY | O_CLOEXEC);
	return check(r->label);
}

static int op_exec_label(struct runner *r, struct cursor *c)
{
	const char *label = take_string(c);
	if (c->bad)
		return 0;
	int result = write_all(r->label, label, strlen(label));
	close_if_open(&r->label);
	return result;
}

static int op_personality(struct runner *r, struct cursor *c)
{
	(void)r;
	unsigned long persona = take_int(c);
	return c->bad ? 0 : check(syscall(SYS_personality, persona));
}

static int op_io_priority(struct runner *r, struct cursor *c)
{
	(void)r;
	int value = take_int(c);
	return c->bad ? 0 : check(syscall(SYS_ioprio_set, 1 /* IOPRIO_WHO_PROCESS */, 0, value));
}

static int op_scheduler(struct runner *r, struct cursor *c)
{
	(void)r;
	size_t length;
	const char *attributes = take_bytes(c, &length);
	return c->bad ? 0 : check(syscall(SYS_sched_setattr, 0, attributes, 0));
}

static int op_affinity(struct runner *r, struct cursor *c)
{
	(void)r;
	size_t length;
	const char *mask = take_bytes(c, &length);
	return c->bad ? 0 : check(syscall(SYS_sched_setaffinity, 0, length, mask));
}

static int op_memory_policy(struct runner *r, struct cursor *c)
{
	(void)r;
	size_t length;
	int mode = take_int(c);
	const char *nodes = take_bytes(c, &length);
	return c->bad ? 0 : check(syscall(SYS_set_mempolicy, mode, length ? nodes : NULL, length * 8));
}

static int op_keyring(struct runner *r, struct cursor *c)
{
	(void)r;
	const char *name = take_string(c);
	if (c->bad)
		return 0;
	long key = syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, name);
	/* Kernels without keyrings, and seccomp profiles around us that forbid them, are no reason to fail. */
	return key < 0 && errno != ENOSYS && errno != EPERM ? -errno : 0;
}

/* Whether a regular file may be executed by who we are now. */
static int check_executable(const char *path)
{
	struct stat status;
	if (stat(path, &status) != 0)
		return -errno;
	if (!S_ISREG(status.st_mode))
		return S_ISDIR(status.st_mode) ? -EISDIR : -EACCES;
	/* Effective ids, since they decide at exec; by number, as musl emulates the flag. */
	return check(syscall(439 /* SYS_faccessat2 */, AT_FDCWD, path, X_OK, AT_EACCESS));
}

static int op_find_executable(struct runner *r, struct cursor *c)
{
	char candidate[PATH_MAX];
	const char *name = take_string(c);
	const char *path = take_string(c);
	if (c->bad)
		return 0;
	int found = -ENOENT;
	if (strlen(name) >= sizeof candidate)
		return -ENAMETOOLONG;
	if (strchr(name, '/')) {
		found = check_executable(name);
		strcpy(candidate, name);
	} else {
		for (const char *at = path; found != 0 && *name && *at; at += *at == ':') {
			size_t length = strcspn(at, ":");
			int written = length < sizeof candidate ? snprintf(candidate, sizeof candidate, "%.*s/%s", length ? (int)length : 1,
									   length ? at : ".", name) :
								  PATH_MAX;
			int result = (size_t)written < sizeof candidate ? check_executable(candidate) : -ENAMETOOLONG;
			/* A file that may not be executed is remembered, in case none that may is found. */
			if (result == 0 || result == -EACCES)
				found = result;
			at += length;
		}
	}
	if (found == 0)
		r->executable = strdup(candidate);
	return found;
}

/* Of its session, which the process leads by now. EIO: whoever got the other end has closed it already. */
static int take_terminal(struct runner *r)
{
	return r->terminal && ioctl(0, TIOCSCTTY, 0) != 0 && errno != EIO ? -errno : 0;
}

static int op_await_start(struct runner *r, struct cursor *c)
{
	(void)c;
	int result = take_terminal(r);
	/* The shim's streams and the exit status would be lost without it. */
	if (result == 0 && !r->shim->passing)
		result = check(prctl(PR_SET_PDEATHSIG, SIGKILL));
	if (result == 0)
		result = send_sync(r->sync, SYNC_READY);
	return result == 0 ? await_go(r) : result;
}

static void end_at_once(int number)
{
	_exit(128 + number);
}

/* Who has not started yet has no handlers of its own, and as the first process of its namespace would get nothing. */
static void heed_signals(void (*handler)(int))
{
	static const int heeded[] = { SIGTERM, SIGINT };
	for (size_t i = 0; i < sizeof heeded / sizeof *heeded; i++)
		signal(heeded[i], handler);
}

/*
 * As await-start, but the leave comes through a FIFO (a descriptor that the shim was given), and nobody hears
 * of what happens afterwards. Open for writing too, so that it has no end.
 */
static int op_await_fifo(struct runner *r, struct cursor *c)
{
	char go;
	(void)c;
	int result = take_terminal(r);
	if (result == 0)
		result = send_sync(r->sync, SYNC_READY);
	if (result < 0)
		return result;
	r->told_ready = true;
	close_if_open(&r->sync);
	heed_signals(end_at_once);
	ssize_t n;
	do
		n = read(r->fifo, &go, 1);
	while (n < 0 && errno == EINTR);
	result = n < 0 ? -errno : 0;
	heed_signals(SIG_DFL);
	close_if_open(&r->fifo);
	return result;
}

/* A filter that forbids even to exit cannot forbid a trap. */
static _Noreturn void end_process(int code)
{
	syscall(SYS_exit_group, code);
	__builtin_trap();
}

/* To whoever reads the streams, in the words and with the status of runc's init. */
static _Noreturn void tell_failure(struct runner *r, int error)
{
	char reason[128];
	snprintf(reason, sizeof reason, "%s", strerror(error));
	reason[0] = (char)tolower((unsigned char)reason[0]);
	dprintf(2, "exec %s: %s\n", r->executable, reason);
	end_process(255);
}

static int op_exec(struct runner *r, struct cursor *c)
{
	const char **args = take_list(c);
	const char **env = take_list(c);
	if (c->bad)
		return 0;
	add_home(r, env);
	execve(r->executable, (char **)args, (char **)env);
	/* The file is there and may be executed, but what it names as its interpreter is not, say. */
	tell_failure(r, errno);
}

typedef int operation_function(struct runner *, struct cursor *);

static operation_function *const operations[] = {
	[OP_MKDIR] = op_mkdir,
	[OP_WRITE] = op_write,
	[OP_ATTACH_DEVICE_PROGRAM] = op_attach_device_program,
	[OP_RMDIR] = op_rmdir,
	[OP_KILL_CGROUP] = op_kill_cgroup,
	[OP_BARRIER] = op_barrier,
	[OP_WRITE_CHILD_PROC] = op_write_child_proc,
	[OP_RLIMIT] = op_rlimit,
	[OP_RAISE_LIMIT] = op_raise_limit,
	[OP_HOOK] = op_hook,
	[OP_SETNS] = op_setns,
	[OP_SETNS_INIT] = op_setns_init,
	[OP_UNSHARE] = op_unshare,
	[OP_PROPAGATION] = op_propagation,
	[OP_OVERLAY_ROOT] = op_overlay_root,
	[OP_BIND_ROOT] = op_bind_root,
	[OP_MOUNT] = op_mount,
	[OP_BIND] = op_bind,
	[OP_MOUNT_SETATTR] = op_mount_setattr,
	[OP_MASK] = op_mask,
	[OP_READONLY] = op_readonly,
	[OP_DEVICE] = op_device,
	[OP_SYMLINK] = op_symlink,
	[OP_CONSOLE] = op_console,
	[OP_PIVOT_ROOT] = op_pivot_root,
	[OP_MOVE_ROOT] = op_move_root,
	[OP_SYSCTL] = op_sysctl,
	[OP_HOSTNAME] = op_hostname,
	[OP_DOMAINNAME] = op_domainname,
	[OP_UMASK] = op_umask,
	[OP_CHDIR] = op_chdir,
	[OP_USER] = op_user,
	[OP_CAP_BOUNDING] = op_cap_bounding,
	[OP_CAPABILITIES] = op_capabilities,
	[OP_NO_NEW_PRIVILEGES] = op_no_new_privileges,
	[OP_SECCOMP] = op_seccomp,
	[OP_EXEC_LABEL] = op_exec_label,
	[OP_PERSONALITY] = op_personality,
	[OP_IO_PRIORITY] = op_io_priority,
	[OP_SCHEDULER] = op_scheduler,
	[OP_AFFINITY] = op_affinity,
	[OP_MEMORY_POLICY] = op_memory_policy,
	[OP_KEYRING] = op_keyring,
	[OP_FIND_EXECUTABLE] = op_find_executable,
	[OP_AWAIT_START] = op_await_start,
	[OP_EXEC] = op_exec,
	[OP_ROOT_DIRECTORY] = op_root_directory,
	[OP_LOOPBACK] = op_loopback,
	[OP_JOIN_CHILD] = op_join_child,
	[OP_AWAIT_FIFO] = op_await_fifo,
	[OP_CONNECT_AGENT] = op_connect_agent,
	[OP_OPEN_TREE] = op_open_tree,
	[OP_PRIVATE_PARENT] = op_private_parent,
	[OP_MAP_IDS] = op_map_ids,
	[OP_RELEASE] = op_release,
	[OP_AWAIT_PARENT] = op_await_parent,
	[OP_HOME] = op_home,
	[OP_REQUIRE_DIRECTORY] = op_require_directory,
	[OP_CHANGE_ROOT] = op_change_root,
	[OP_CHOWN] = op_chown,
	[OP_SEAL] = op_seal,
	[OP_FORK] = op_fork,
	[OP_OPEN_LABEL] = op_open_label,
	[OP_MAP_MOUNT] = op_map_mount,
	[OP_TRY_WRITE] = op_try_write,
};

/* ---- running a plan -------------------------------------------------------------------------------------- */

static int run_operation(struct runner *r, struct cursor *c, struct cursor *child_operations)
{
	uint16_t number = take_u16(c);
	int result = -ENOSYS;
	if (c->bad)
		return -EBADMSG;
	if (number == OP_CLONE && child_operations)
		result = op_clone(r, c, child_operations);
	else if (number == OP_CLONE_INSIDE && child_operations)
		result = op_clone_inside(r, c, child_operations);
	else if (number < sizeof operations / sizeof *operations && operations[number])
		result = operations[number](r, c);
	return c->bad ? -EBADMSG : result;
}

/* Runs the list up to its end or the first failure; `r->index` then says which. */
static int run_operations(struct runner *r, struct cursor *c, struct cursor *child_operations)
{
	for (; c->at < c->end; r->index++) {
		int result = run_operation(r, c, child_operations);
		if (result < 0)
			return result;
	}
	return c->bad ? -EBADMSG : 0;
}

static void conclude(struct runner *r, int result) __attribute__((noreturn));

static void run_child(struct runner *r, struct cursor *list)
{
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	setsid();
	if (*r->shim->oom_score)
		write_file_at(AT_FDCWD, "/proc/self/oom_score_adj", r->shim->oom_score, strlen(r->shim->oom_score));
	r->index = 0;
	conclude(r, run_operations(r, list, NULL));
}

static int go_on(void *runner)
{
	struct runner *r = runner;
	setsid();
	r->index++;
	conclude(r, run_operations(r, r->rest, NULL));
}

/* What comes after a list that ends in an execution: nothing, but when something has failed. */
static void conclude(struct runner *r, int result)
{
	/* Started through the FIFO: there is nobody to tell but whoever reads the streams. */
	if (r->told_ready)
		tell_failure(r, -result);
	struct sync_message message = { .type = SYNC_FAILED, .index = r->index, .error = result < 0 ? -result : ENOEXEC };
	memcpy(message.detail, r->detail, sizeof message.detail);
	send(r->sync, &message, sizeof message, MSG_NOSIGNAL);
	end_process(127);
}

/* A process that is being made has one, if it is to have one. */
static int take_console(struct shim *shim, struct process *p, int fds[2])
{
	if (p->state != STATE_CREATING || !(p->flags & IO_TERMINAL) || p->terminal >= 0)
		return -EBADMSG;
	if (shim->passing) {
		int result = shim->console_socket < 0 ? 0 : send_descriptor(shim->console_socket, "/dev/ptmx", 9, fds[0]);
		/* Once only. */
		p->flags &= ~IO_TERMINAL;
		return result;
	}
	p->terminal = fds[0];
	/* Held open, so that the terminal hangs up only when the process has gone. */
	p->terminal_slave = fds[1];
	set_nonblocking(p->terminal);
	p->output[0].fd = p->terminal;
	fds[0] = fds[1] = -1;
	return 0;
}

static int take_mount(struct runner *r, int fds[2])
{
	if (fds[0] < 0)
		return -EBADMSG;
	close_if_open(&r->received_mount);
	r->received_mount = fds[0];
	fds[0] = -1;
	return 0;
}

/* Takes the descriptors of a message, -1 each where there is none, and who has sent it. */
static void take_ancillary(struct runner *r, struct msghdr *header, int fds[2])
{
	struct ucred sender;
	for (struct cmsghdr *part = CMSG_FIRSTHDR(header); part; part = CMSG_NXTHDR(header, part)) {
		size_t length = part->cmsg_len - CMSG_LEN(0);
		if (part->cmsg_type == SCM_RIGHTS)
			memcpy(fds, CMSG_DATA(part), length < 2 * sizeof *fds ? length : 2 * sizeof *fds);
		if (part->cmsg_type == SCM_CREDENTIALS && length == sizeof sender) {
			memcpy(&sender, CMSG_DATA(part), sizeof sender);
			r->sender = sender.pid;
		}
	}
}

static int handle_sync_message(struct runner *r, struct sync_message *message, int fds[2])
{
	struct process *process = r->process;
	bool asks = message->type == SYNC_MAP_MOUNT || message->type == SYNC_MAKE_NODE;
	/* What it may ask for is what the shim may do and it may not: only a container's init, while it is made. */
	if (asks && (r->party == PARTY_CHILD || process->number != 0 || process->state != STATE_CREATING))
		return -EBADMSG;
	if (message->type == SYNC_MAP_MOUNT || (message->type == SYNC_NODE && !message->error))
		return take_mount(r, fds);
	if (message->type == SYNC_MAKE_NODE)
		return serve_node(r, message);
	if (message->type == SYNC_CONSOLE)
		return take_console(r->shim, process, fds);
	if (message->type == SYNC_FAILED) {
		r->party = PARTY_CHILD;
		r->index = message->index;
		memcpy(r->detail, message->detail, sizeof r->detail);
		r->detail[sizeof r->detail - 1] = '\0';
		return message->error > 0 ? -message->error : -EIO;
	}
	return 0;
}

/* The next message from the other side; -EPIPE when it has gone, and its own error when it failed. */
static int receive_sync_flagged(struct runner *r, struct sync_message *message, int flags)
{
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(2 * sizeof(int)) + CMSG_SPACE(sizeof(struct ucred))];
	} control;
	struct iovec part = { message, sizeof *message };
	struct msghdr header = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control };
	int fds[2] = { -1, -1 };
	ssize_t n;
	memset(message, 0, sizeof *message);
	do
		n = recvmsg(r->party == PARTY_CHILD ? r->sync : r->process->sync, &header, flags | MSG_CMSG_CLOEXEC);
	/* A child that ended without reading what we sent is reset; what it said before that comes after. */
	while (n < 0 && (errno == EINTR || errno == ECONNRESET));
	if (n <= 0)
		return n < 0 ? -errno : -EPIPE;
	take_ancillary(r, &header, fds);
	int result = handle_sync_message(r, message, fds);
	close_if_open(&fds[0]);
	close_if_open(&fds[1]);
	return result;
}

static int receive_sync(struct runner *r, struct sync_message *message)
{
	return receive_sync_flagged(r, message, 0);
}

static struct runner new_runner(struct shim *shim, struct process *process)
{
	return (struct runner){
		.shim = shim,
		.process = process,
		.party = PARTY_PARENT,
		.sync = -1,
		.root = -1,
		.proc = -1,
		.null_tree = -1,
		.empty_tree = -1,
		.locked_mounts = -1,
		.received_mount = -1,
		.agent = -1,
		.label = -1,
		.fifo = -1,
		.stdio = { -1, -1, -1 },
		.console = -1,
	};
}

/* ---- log: Docker's json-file ----------------------------------------------------------------------------- */

static void rotate(struct log *log)
{
	char from[PATH_MAX], to[PATH_MAX];
	if (log->max_files <= 1) {
		if (ftruncate(log->fd, 0) == 0)
			log->bytes = 0;
		return;
	}
	/* Those that are there, not those that may be. */
	unsigned last = 1;
	for (; last < log->max_files - 1; last++) {
		snprintf(to, sizeof to, "%s.%u", log->path, last);
		if (access(to, F_OK) != 0)
			break;
	}
	for (unsigned i = last; i >= 1; i--) {
		snprintf(to, sizeof to, "%s.%u", log->path, i);
		if (i == 1)
			snprintf(from, sizeof from, "%s", log->path);
		else
			snprintf(from, sizeof from, "%s.%u", log->path, i - 1);
		rename(from, to);
	}
	int fd = open(log->path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
	if (fd < 0)
		return;
	close(log->fd);
	log->fd = fd;
	log->bytes = 0;
}

static void flush_log(struct log *log)
{
	/* A full disk loses lines rather than stopping the container. */
	if (log->length > 0 && write_all(log->fd, log->buffer, log->length) == 0)
		log->bytes += log->length;
	log->length = 0;
	if (log->max_bytes && log->bytes >= log->max_bytes)
		rotate(log);
}

static void log_bytes(struct log *log, const char *data, size_t n)
{
	while (n > 0) {
		size_t fits = LOG_BUFFER_BYTES - log->length;
		size_t part = n < fits ? n : fits;
		memcpy(log->buffer + log->length, data, part);
		log->length += part;
		data += part;
		n -= part;
		if (log->length == LOG_BUFFER_BYTES) {
			/* Within a line: no rotation here. */
			if (write_all(log->fd, log->buffer, log->length) == 0)
				log->bytes += log->length;
			log->length = 0;
		}
	}
}

/* Length of the valid UTF-8 sequence at `s`, 0 when there is none. */
static size_t sequence_length(const uint8_t *s, size_t n)
{
	size_t length = s[0] < 0x80 ? 1 : (s[0] & 0xe0) == 0xc0 ? 2 : (s[0] & 0xf0) == 0xe0 ? 3 : (s[0] & 0xf8) == 0xf0 ? 4 : 0;
	if (length == 0 || length > n)
		return 0;
	uint32_t code = length == 1 ? s[0] : s[0] & (0x7f >> length);
	for (size_t i = 1; i < length; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (s[i] & 0x3f);
	}
	static const uint32_t smallest[] = { 0, 0, 0x80, 0x800, 0x10000 };
	return code < smallest[length] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000) ? 0 : length;
}

/* Escapes as Go's encoding/json does, which Docker's log files have. */
static void log_json_string(struct log *log, const char *text, size_t n)
{
	const uint8_t *s = (const uint8_t *)text;
	char escape[8];
	for (size_t i = 0, plain = 0; i <= n;) {
		size_t length = i < n ? sequence_length(s + i, n - i) : 0;
		const char *replacement = NULL;
		if (i == n)
			replacement = "";
		else if (length == 0)
			replacement = "\\ufffd";
		else if (s[i] == '"')
			replacement = "\\\"";
		else if (s[i] == '\\')
			replacement = "\\\\";
		else if (s[i] == '\n')
			replacement = "\\n";
		else if (s[i] == '\r')
			replacement = "\\r";
		else if (s[i] == '\t')
			replacement = "\\t";
		else if (s[i] < 0x20 || s[i] == '<' || s[i] == '>' || s[i] == '&') {
			snprintf(escape, sizeof escape, "\\u%04x", s[i]);
			replacement = escape;
		} else if (length == 3 && s[i] == 0xe2 && s[i + 1] == 0x80 && (s[i + 2] & 0xfe) == 0xa8)
			replacement = s[i + 2] == 0xa8 ? "\\u2028" : "\\u2029";
		if (replacement) {
			log_bytes(log, text + plain, i - plain);
			log_bytes(log, replacement, strlen(replacement));
			plain = i + (length ? length : 1);
		}
		i += length ? length : 1;
	}
}

/* RFC 3339 with nanoseconds, without trailing zeros, as Go prints it. */
static size_t format_time(char *buffer, size_t size)
{
	struct timespec now;
	struct tm parts;
	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &parts);
	size_t n = strftime(buffer, size, "%Y-%m-%dT%H:%M:%S", &parts);
	if (now.tv_nsec) {
		n += snprintf(buffer + n, size - n, ".%09ld", now.tv_nsec);
		while (buffer[n - 1] == '0')
			n--;
	}
	buffer[n++] = 'Z';
	return n;
}

static void log_line(struct log *log, uint8_t stream, const char *text, size_t n, const char *time, size_t time_length)
{
	static const char *const names[] = { "", "stdout", "stderr" };
	log_bytes(log, "{\"log\":\"", 8);
	log_json_string(log, text, n);
	log_bytes(log, "\",\"stream\":\"", 12);
	log_bytes(log, names[stream], 6);
	log_bytes(log, "\",\"time\":\"", 10);
	log_bytes(log, time, time_length);
	log_bytes(log, "\"}\n", 3);
	if (log->max_bytes && log->bytes + log->length >= log->max_bytes)
		flush_log(log);
}

/* Splits what a process wrote into lines; lines over 16 KiB are logged in pieces without a newline. */
static void log_output(struct log *log, struct output *output, const char *data, size_t n)
{
	char time[40];
	size_t time_length = format_time(time, sizeof time);
	if (!output->line && !(output->line = malloc(LINE_BYTES)))
		return;
	while (n > 0) {
		const char *newline = memchr(data, '\n', n);
		size_t part = newline ? (size_t)(newline + 1 - data) : n;
		if (output->line_length == 0 && newline && part <= LINE_BYTES) {
			log_line(log, output->stream, data, part, time, time_length);
		} else {
			bool ends = newline != NULL;
			if (part > LINE_BYTES - output->line_length) {
				part = LINE_BYTES - output->line_length;
				ends = false;
			}
			memcpy(output->line + output->line_length, data, part);
			output->line_length += part;
			if (ends || output->line_length == LINE_BYTES) {
				log_line(log, output->stream, output->line, output->line_length, time, time_length);
				output->line_length = 0;
			}
		}
		data += part;
		n -= part;
	}
	flush_log(log);
}

static void log_rest(struct log *log, struct output *output)
{
	char time[40];
	if (log->fd >= 0 && output->line_length > 0) {
		log_line(log, output->stream, output->line, output->line_length, time, format_time(time, sizeof time));
		flush_log(log);
	}
	output->line_length = 0;
	free(output->line);
	output->line = NULL;
}

static void open_log(struct log *log, const char *path)
{
	struct stat status;
	log->fd = -1;
	if (*path == '\0')
		return;
	log->fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
	log->path = strdup(path);
	log->buffer = malloc(LOG_BUFFER_BYTES);
	if (!log->buffer || !log->path)
		abort();
	if (log->fd >= 0 && fstat(log->fd, &status) == 0)
		log->bytes = status.st_size;
}

/* ---- streams --------------------------------------------------------------------------------------------- */

/* Sends at once what the socket takes, and keeps the rest. */
static void send_client(struct client *client, const void *data, size_t n)
{
	if (client->dead)
		return;
	if (client->pending.length == client->pending.sent) {
		release(&client->pending);
		ssize_t sent = send(client->fd, data, n, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (sent < 0 && errno != EAGAIN && errno != EINTR)
			client->dead = true;
		if (sent == (ssize_t)n || client->dead)
			return;
		data = (const char *)data + (sent > 0 ? sent : 0);
		n -= sent > 0 ? sent : 0;
	}
	append(&client->pending, data, n);
	/* Only who has stopped reading gets there: what processes write waits for those that are attached to them. */
	if (client->pending.length - client->pending.sent > MAX_PENDING_BYTES)
		client->dead = true;
}

static void flush_client(struct client *client)
{
	struct bytes *pending = &client->pending;
	ssize_t sent = send(client->fd, pending->data + pending->sent, pending->length - pending->sent, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (sent < 0 && errno != EAGAIN && errno != EINTR)
		client->dead = true;
	if (sent > 0)
		pending->sent += sent;
	if (pending->sent == pending->length)
		release(pending);
}

/* Those with a client that has not read yet what it was sent: there is no more for it until it has. */
static void mark_slow_processes(struct shim *shim)
{
	for (struct process *process = shim->processes; process; process = process->next)
		process->has_slow_client = false;
	for (struct client *client = shim->clients; client; client = client->next)
		if (client->attached && !client->dead && client->pending.length > 0)
			client->attached->has_slow_client = true;
}

/* `chunk` has room for a frame's header before the data. */
static void deliver_output(struct shim *shim, struct process *process, struct output *output, uint8_t *chunk, size_t n)
{
	uint8_t *data = chunk + FRAME_HEADER_BYTES;
	unsigned wanted = output->stream == 1 ? STREAM_STDOUT : STREAM_STDERR;
	if (process->number == 0 && shim->log.fd >= 0)
		log_output(&shim->log, output, (char *)data, n);
	memset(chunk, 0, FRAME_HEADER_BYTES);
	chunk[0] = output->stream;
	for (int i = 0; i < 4; i++)
		chunk[4 + i] = n >> (24 - 8 * i);
	bool framed = !(process->flags & IO_TERMINAL);
	for (struct client *client = shim->clients; client; client = client->next)
		if (client->attached == process && client->streams & wanted)
			send_client(client, framed ? chunk : data, framed ? n + FRAME_HEADER_BYTES : n);
}

/* One read. Returns how much there was; -1 where there is nothing more at the moment, or ever. */
static ssize_t pump_output(struct shim *shim, struct process *process, struct output *output)
{
	static uint8_t chunk[FRAME_HEADER_BYTES + CHUNK_BYTES];
	ssize_t n = read(output->fd, chunk + FRAME_HEADER_BYTES, CHUNK_BYTES);
	if (n > 0) {
		deliver_output(shim, process, output, chunk, n);
		return n;
	}
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return errno == EINTR ? 0 : -1;
	if (output->fd == process->terminal)
		process->terminal = -1;
	close_if_open(&output->fd);
	log_rest(&shim->log, output);
	return -1;
}

static void close_input(struct process *process)
{
	release(&process->input_pending);
	close_if_open(&process->input);
}

static int input_fd(struct process *process)
{
	return process->flags & IO_TERMINAL ? process->terminal : process->input;
}

static void flush_input(struct process *process)
{
	struct bytes *pending = &process->input_pending;
	int fd = input_fd(process);
	if (pending->length > 0) {
		ssize_t n = fd < 0 ? -1 : write(fd, pending->data + pending->sent, pending->length - pending->sent);
		if (n < 0 && (fd < 0 || (errno != EAGAIN && errno != EINTR)))
			close_input(process);
		else if (n > 0 && (pending->sent += n) == pending->length)
			release(pending);
	}
	if (pending->length == 0 && process->close_input)
		close_input(process);
}

/* The client's standard input has ended, or the client has gone. */
static void end_input(struct client *client)
{
	struct process *process = client->attached;
	if (client->input_ended)
		return;
	client->input_ended = true;
	if (!process || !(client->streams & STREAM_STDIN) || !(process->flags & IO_STDIN_ONCE) || process->flags & IO_TERMINAL)
		return;
	process->close_input = true;
	flush_input(process);
}

static void pump_input(struct client *client)
{
	uint8_t chunk[8192];
	ssize_t n = recv(client->fd, chunk, sizeof chunk, MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		if (n < 0)
			client->dead = true;
		end_input(client);
		return;
	}
	struct process *process = client->attached;
	if (process && client->streams & STREAM_STDIN && !process->close_input && input_fd(process) >= 0) {
		append(&process->input_pending, chunk, n);
		flush_input(process);
	}
}

/* ---- processes ------------------------------------------------------------------------------------------- */

static struct process *find_process(struct shim *shim, uint64_t number)
{
	struct process *process = shim->processes;
	while (process && process->number != number)
		process = process->next;
	return process;
}

static struct process *new_process(struct shim *shim, const char *id, unsigned flags)
{
	struct process *process = calloc(1, sizeof *process);
	if (!process || !(process->id = strdup(id)))
		abort();
	process->number = shim->next_number++;
	process->flags = flags;
	process->sync = process->input = process->terminal = process->terminal_slave = -1;
	process->output[0] = (struct output){ .fd = -1, .stream = 1 };
	process->output[1] = (struct output){ .fd = -1, .stream = 2 };
	struct process **last = &shim->processes;
	while (*last)
		last = &(*last)->next;
	*last = process;
	return process;
}

static void free_process(struct shim *shim, struct process *process)
{
	for (struct process **link = &shim->processes; *link; link = &(*link)->next)
		if (*link == process) {
			*link = process->next;
			break;
		}
	for (struct client *client = shim->clients; client; client = client->next)
		if (client->attached == process)
			client->attached = NULL;
	close_input(process);
	if (process->output[0].fd != process->terminal)
		close_if_open(&process->output[0].fd);
	close_if_open(&process->terminal);
	close_if_open(&process->terminal_slave);
	close_if_open(&process->output[1].fd);
	close_if_open(&process->sync);
	free(process->output[0].line);
	free(process->output[1].line);
	free(process->id);
	free(process);
}

/* Pipes between the shim and the child; `child` gets the child's three ends. */
static int make_pipes(struct process *process, int child[3])
{
	int input[2] = { -1, -1 }, output[2];
	if (process->flags & IO_STDIN ? pipe2(input, O_CLOEXEC) != 0
				      : (input[0] = open("/dev/null", O_RDONLY | O_CLOEXEC)) < 0)
		return -errno;
	child[0] = input[0];
	process->input = input[1];
	if (input[1] >= 0)
		set_nonblocking(input[1]);
	for (int i = 0; i < 2; i++) {
		if (pipe2(output, O_CLOEXEC) != 0)
			return -errno;
		process->output[i].fd = output[0];
		child[i + 1] = output[1];
		set_nonblocking(output[0]);
	}
	return 0;
}

/* The streams of the runtime's caller. */
static int take_streams(struct runner *r)
{
	for (int i = 0; i < 3; i++) {
		r->stdio[i] = fcntl(r->shim->streams + i, F_DUPFD_CLOEXEC, 3);
		if (r->stdio[i] < 0)
			return -errno;
	}
	return 0;
}

/* Starts the plan of a process; the child's own part goes on by itself. */
static int launch(struct runner *r, struct cursor *plan)
{
	struct cursor parent = take_operations(plan), child = take_operations(plan);
	int result = plan->bad ? -EBADMSG : 0;
	if (result == 0 && r->shim->passing)
		result = take_streams(r);
	else if (result == 0 && !(r->process->flags & IO_TERMINAL))
		result = make_pipes(r->process, r->stdio);
	if (result == 0)
		result = run_operations(r, &parent, &child);
	for (int i = 0; i < 3; i++)
		close_if_open(&r->stdio[i]);
	while (r->tree_count > 0)
		close(r->trees[--r->tree_count]);
	close_if_open(&r->locked_mounts);
	close_if_open(&r->received_mount);
	if (result == 0 && r->process->pid == 0)
		result = -EBADMSG;
	return result;
}

static void run_cleanup(struct shim *shim)
{
	struct runner r = new_runner(shim, shim->processes);
	if (!shim->cleanup)
		return;
	struct cursor c = { shim->cleanup, shim->cleanup + shim->cleanup_bytes, false };
	while (c.at < c.end && !c.bad)
		run_operation(&r, &c, NULL);
}

/* ---- clients --------------------------------------------------------------------------------------------- */

static void send_message(struct client *client, enum message type, uint16_t tag, struct bytes *payload)
{
	uint8_t header[HEADER_BYTES];
	uint32_t length = payload ? payload->length : 0;
	uint16_t number = type;
	struct bytes whole = { 0 };
	memcpy(header, &length, 4);
	memcpy(header + 4, &number, 2);
	memcpy(header + 6, &tag, 2);
	append(&whole, header, sizeof header);
	if (length)
		append(&whole, payload->data, length);
	send_client(client, whole.data, whole.length);
	release(&whole);
	if (payload)
		release(payload);
}

static void send_failure(struct client *client, uint16_t tag, enum party party, uint32_t index, int error, const char *detail)
{
	struct bytes payload = { 0 };
	append_int(&payload, party);
	append_int(&payload, index);
	append_int(&payload, error < 0 ? -error : error);
	append_string(&payload, detail);
	send_message(client, MSG_FAILED, tag, &payload);
}

static void send_result(struct client *client, uint16_t tag, int result)
{
	if (result < 0)
		send_failure(client, tag, PARTY_SHIM, 0, result, "");
	else
		send_message(client, MSG_OK, tag, NULL);
}

static void append_process(struct bytes *payload, struct process *process)
{
	append_int(payload, process->number);
	append_string(payload, process->id);
	append_int(payload, process->pid);
	append_int(payload, process->state);
	append_int(payload, process->flags);
	append_int(payload, process->exit_code);
	append_int(payload, process->out_of_memory);
	append_int(payload, process->exited_at_ns);
}

static void tell_exit(struct client *client, struct process *process)
{
	struct bytes payload = { 0 };
	append_process(&payload, process);
	send_message(client, MSG_EXITED, 0, &payload);
	process->told = true;
}

/* Answers whoever waits for the process to be created or started. */
static void answer_waiting(struct process *process, int result, struct runner *failed)
{
	struct client *client = process->waiting;
	process->waiting = NULL;
	if (!client)
		return;
	if (result < 0) {
		send_failure(client, process->waiting_tag, failed->party, failed->index, result, failed->detail);
	} else if (process->waiting_for == MSG_CREATED) {
		struct bytes payload = { 0 };
		append_int(&payload, process->number);
		append_int(&payload, process->pid);
		send_message(client, MSG_CREATED, process->waiting_tag, &payload);
	} else {
		send_message(client, MSG_OK, process->waiting_tag, NULL);
	}
}

/* A process that was never ready: nobody but its maker needs to hear of it. Leaves nothing of a container. */
static void give_up(struct shim *shim, struct process *process)
{
	if (process->pid > 0) {
		kill(process->pid, SIGKILL);
		waitpid(process->pid, NULL, 0);
	}
	process->state = STATE_EXITED;
	process->told = true;
	if (process->number != 0)
		return;
	run_cleanup(shim);
	shim->over = true;
}

static void hold_mount_namespace(struct shim *shim, struct process *init)
{
	char path[64];
	snprintf(path, sizeof path, "/proc/%d/ns/mnt", init->pid);
	shim->mount_namespace = open(path, O_RDONLY | O_CLOEXEC);
}

/*
 * Who is ready is another child than the one that began, where the plan has a `fork`. That it is a child of this process
 * is what makes its number safe to be killed by.
 */
static void adopt(struct process *process, pid_t sender)
{
	if (sender == process->pid || sender <= 0 || waitid(P_PID, sender, NULL, WEXITED | WNOHANG | WNOWAIT) != 0)
		return;
	bool lives = process->pid > 0 && waitpid(process->pid, NULL, WNOHANG) == 0;
	process->forerunner = lives ? process->pid : 0;
	process->pid = sender;
}

static void handle_ready(struct shim *shim, struct process *process, struct runner *r)
{
	if (process->state != STATE_CREATING)
		return;
	adopt(process, r->sender);
	process->state = process->flags & IO_START ? STATE_STARTING : STATE_CREATED;
	if (process->number == 0)
		hold_mount_namespace(shim, process);
	if (process->state == STATE_STARTING)
		send_sync(process->sync, SYNC_GO);
	else
		answer_waiting(process, 0, r);
}

/*
 * Whether a process that has closed its end of the conversation has done so by ending, in a trap, before it executed
 * anything: it has a filter that forbids both to execute and to exit. A name tells the two apart, as the kernel sets it
 * anew when it executes.
 */
static bool ended_in_trap(struct process *process)
{
	char path[64], name[32], link[1];
	siginfo_t information = { 0 };
	snprintf(path, sizeof path, "/proc/%d/exe", process->pid);
	if (readlink(path, link, sizeof link) >= 0)
		return false;
	if (waitid(P_PID, process->pid, &information, WEXITED | WNOWAIT) != 0 || information.si_code == CLD_EXITED)
		return false;
	snprintf(path, sizeof path, "/proc/%d/comm", process->pid);
	return (information.si_status == SIGILL || information.si_status == SIGTRAP) &&
	       read_file_at(AT_FDCWD, path, name, sizeof name) == 0 && strcmp(name, NAME "\n") == 0;
}

/*
 * The child reports that it is ready, has failed, or (by closing its end) that it executes. `last`: it has ended, and
 * there is nothing to be waited for.
 */
static void handle_sync(struct shim *shim, struct process *process, bool last)
{
	struct runner r = new_runner(shim, process);
	struct sync_message message;
	int result = receive_sync_flagged(&r, &message, MSG_DONTWAIT);
	close_if_open(&r.locked_mounts);
	close_if_open(&r.received_mount);
	if (result == -EAGAIN && !last)
		return;
	if (result == -EAGAIN)
		result = -EPIPE;
	if (result == 0) {
		if (message.type == SYNC_READY)
			handle_ready(shim, process, &r);
		return;
	}
	close_if_open(&process->sync);
	if (result == -EPIPE && process->state == STATE_STARTING && !ended_in_trap(process)) {
		process->state = STATE_RUNNING;
		answer_waiting(process, 0, &r);
		return;
	}
	if (result == -EPIPE) {
		bool starting = process->state == STATE_STARTING;
		r.party = PARTY_CHILD;
		explain(&r, starting ? "its seccomp filter allows neither to execute nor to exit" : "the process ended before it was started");
		result = starting ? -EPERM : result;
	}
	if (process->state == STATE_CREATING)
		give_up(shim, process);
	answer_waiting(process, result, &r);
}

/*
 * Without the shim the container's output and exit would be lost: it is the last to be killed, with the value that
 * containerd's shims have. Its children do not inherit it. Where that may not be (CAP_SYS_RESOURCE), it stays as it is.
 */
static void guard_against_oom(struct shim *shim)
{
	static const char score[] = "-998";
	char own[sizeof shim->oom_score];
	if (read_file_at(AT_FDCWD, "/proc/self/oom_score_adj", own, sizeof own) == 0 &&
	    write_file_at(AT_FDCWD, "/proc/self/oom_score_adj", score, sizeof score - 1) == 0)
		strcpy(shim->oom_score, own);
}

static int listen_for_clients(struct shim *shim)
{
	char path[64];
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	/* Through the descriptor, since the directory's own path may be longer than a socket's may be. */
	snprintf(path, sizeof path, "/proc/self/fd/%d/shim.sock", shim->state_directory);
	strcpy(address.sun_path, path);
	unlink(path);
	shim->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	mode_t mask = umask(0177);
	int result = shim->listener < 0 ? -errno : check(bind(shim->listener, (struct sockaddr *)&address, sizeof address));
	umask(mask);
	return result < 0 ? result : check(listen(shim->listener, 64));
}

static void set_title(struct shim *shim, const char *id)
{
	size_t length = strlen(id);
	if (!shim->title)
		return;
	memset(shim->title, 0, shim->title_length);
	memcpy(shim->title, id, length < shim->title_length ? length : shim->title_length);
}

static int prepare_container(struct shim *shim, struct cursor *c)
{
	set_title(shim, shim->processes->id);
	const char *state_directory = take_string(c);
	const char *log_path = take_string(c);
	shim->log.max_bytes = take_int(c);
	shim->log.max_files = take_int(c);
	shim->out_of_memory_file = strdup(take_string(c));
	if (c->bad)
		return -EBADMSG;
	shim->state_directory = open(state_directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (shim->state_directory < 0)
		return -errno;
	/* A disk may be full by the time it is needed. */
	static const char room[EXIT_FILE_BYTES];
	shim->exit_file = openat(shim->state_directory, "exit.new", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (shim->exit_file < 0 || pwrite(shim->exit_file, room, sizeof room, 0) != sizeof room)
		return shim->exit_file < 0 ? -errno : -ENOSPC;
	open_log(&shim->log, log_path);
	return *log_path && shim->log.fd < 0 ? -errno : 0;
}

/* The plan's third list outlives its message. */
static int keep_cleanup(struct shim *shim, struct cursor plan)
{
	take_operations(&plan);
	take_operations(&plan);
	struct cursor cleanup = take_operations(&plan);
	if (plan.bad)
		return -EBADMSG;
	shim->cleanup_bytes = cleanup.end - cleanup.at;
	shim->cleanup = malloc(shim->cleanup_bytes + 1);
	if (!shim->cleanup)
		abort();
	memcpy(shim->cleanup, cleanup.at, shim->cleanup_bytes);
	return 0;
}

/* Runs the plan that comes next; `result` is that of the preparations. The answer comes from handle_sync, when
   the child is ready. */
static void begin_process(struct shim *shim, struct client *client, uint16_t tag, struct cursor *c,
			  struct process *process, int result)
{
	struct runner r = new_runner(shim, process);
	if (result == 0 && process->number == 0)
		result = keep_cleanup(shim, *c);
	r.party = result == 0 ? PARTY_PARENT : PARTY_SHIM;
	if (result == 0)
		result = launch(&r, c);
	/* While the child is at work. */
	if (result == 0 && process->number == 0 && !shim->passing) {
		guard_against_oom(shim);
		if ((result = listen_for_clients(shim)) < 0)
			r.party = PARTY_SHIM;
	}
	if (result < 0) {
		give_up(shim, process);
		send_failure(client, tag, r.party, r.index, result, r.detail);
		free_process(shim, process);
		return;
	}
	process->waiting = client;
	process->waiting_tag = tag;
	process->waiting_for = MSG_CREATED;
}

/* MSG_CREATE, whose sender hears of every exit from then on, and MSG_EXEC */
static void handle_create(struct shim *shim, struct client *client, uint16_t tag, struct cursor *c, bool is_exec)
{
	unsigned flags = take_int(c);
	const char *id = take_string(c);
	if (c->bad || (shim->processes != NULL) != is_exec || (is_exec && shim->ending)) {
		send_result(client, tag, c->bad ? -EBADMSG : is_exec ? -ESRCH : -EALREADY);
		return;
	}
	struct process *process = new_process(shim, id, flags);
	int result = is_exec ? 0 : prepare_container(shim, c);
	client->watching |= !is_exec;
	begin_process(shim, client, tag, c, process, result);
}

/* MSG_LAUNCH */
static void handle_launch(struct shim *shim, struct client *client, uint16_t tag, struct cursor *c)
{
	unsigned flags = take_int(c);
	const char *id = take_string(c);
	int init = take_int(c), console = take_int(c);
	shim->streams = take_int(c);
	shim->preserved = take_int(c);
	if (c->bad || shim->processes) {
		send_result(client, tag, c->bad ? -EBADMSG : -EALREADY);
		return;
	}
	shim->passing = true;
	shim->init = init ? init : -1;
	shim->console_socket = console ? console : -1;
	begin_process(shim, client, tag, c, new_process(shim, id, flags), 0);
}

static void handle_start(struct client *client, uint16_t tag, struct process *process)
{
	if (!process || process->state != STATE_CREATED) {
		send_result(client, tag, process ? -EALREADY : -ESRCH);
		return;
	}
	process->state = STATE_STARTING;
	process->waiting = client;
	process->waiting_tag = tag;
	process->waiting_for = MSG_OK;
	send_sync(process->sync, SYNC_GO);
}

/* Race-free: a pid cannot be used again before this process has reaped it. */
static int kill_process(struct process *process, int signal)
{
	if (!process || process->pid <= 0 || process->state == STATE_EXITED)
		return -ESRCH;
	return check(kill(process->pid, signal));
}

static int resize(struct process *process, struct cursor *c)
{
	struct winsize size = { .ws_row = take_int(c), .ws_col = take_int(c) };
	if (c->bad)
		return -EBADMSG;
	if (!process || process->terminal < 0)
		return -ENOTTY;
	return check(ioctl(process->terminal, TIOCSWINSZ, &size));
}

static void handle_attach(struct client *client, uint16_t tag, struct process *process, unsigned streams)
{
	if (!process || process->state == STATE_EXITED) {
		send_result(client, tag, -ESRCH);
		return;
	}
	send_result(client, tag, 0);
	client->attached = process;
	client->streams = streams;
}

static void handle_status(struct shim *shim, struct client *client, uint16_t tag)
{
	struct bytes payload = { 0 };
	for (struct process *process = shim->processes; process; process = process->next)
		append_process(&payload, process);
	send_message(client, MSG_PROCESSES, tag, &payload);
}

/* From now on the client hears of every exit; of those that nobody has heard of, at once. */
static void handle_watch(struct shim *shim, struct client *client, uint16_t tag)
{
	client->watching = true;
	send_result(client, tag, 0);
	for (struct process *process = shim->processes; process; process = process->next)
		if (process->state == STATE_EXITED && !process->told)
			tell_exit(client, process);
}

/*
 * A new network namespace: a shim without a container makes them, since the kernel may take milliseconds over one,
 * which the daemon's only thread does not have. Returns a descriptor.
 */
static int make_network_namespace(void)
{
	int own = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (own < 0)
		return -errno;
	int made = check(unshare(CLONE_NEWNET));
	if (made == 0) {
		made = bring_loopback_up();
		if (made == 0) {
			made = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
			made = made < 0 ? -errno : made;
		}
		/* Those that follow would be made in the wrong place. */
		if (setns(own, CLONE_NEWNET) != 0)
			_exit(1);
	}
	close(own);
	return made;
}

static void handle_network_namespace(struct client *client, uint16_t tag)
{
	struct bytes payload = { 0 };
	int made = make_network_namespace();
	if (made < 0) {
		send_result(client, tag, made);
		return;
	}
	append_int(&payload, made);
	append_int(&payload, getpid());
	send_message(client, MSG_CREATED, tag, &payload);
}

static void handle_message(struct shim *shim, struct client *client, uint16_t type, uint16_t tag, struct cursor *c)
{
	if (type == MSG_CREATE || type == MSG_EXEC) {
		handle_create(shim, client, tag, c, type == MSG_EXEC);
		return;
	}
	if (type == MSG_LAUNCH) {
		handle_launch(shim, client, tag, c);
		return;
	}
	if ((type == MSG_NETWORK_NAMESPACE || type == MSG_CLOSE) && !shim->processes) {
		if (type == MSG_NETWORK_NAMESPACE)
			handle_network_namespace(client, tag);
		else
			send_result(client, tag, check(close(take_int(c))));
		return;
	}
	if (type == MSG_STATUS || type == MSG_WATCH) {
		(type == MSG_STATUS ? handle_status : handle_watch)(shim, client, tag);
		return;
	}
	struct process *process = find_process(shim, take_int(c));
	if (type == MSG_START && !c->bad)
		handle_start(client, tag, process);
	else if (type == MSG_KILL)
		send_result(client, tag, kill_process(process, take_int(c)));
	else if (type == MSG_RESIZE)
		send_result(client, tag, resize(process, c));
	else if (type == MSG_ATTACH)
		handle_attach(client, tag, process, take_int(c));
	else if (type == MSG_CLOSE_STDIN) {
		if (process) {
			process->close_input = true;
			flush_input(process);
		}
		send_result(client, tag, process ? 0 : -ESRCH);
	} else
		send_result(client, tag, -ENOSYS);
}

/* Handles every whole message received; what follows an attach is the process's input. */
static void handle_received(struct shim *shim, struct client *client)
{
	struct bytes *received = &client->received;
	while (!client->attached && !client->dead && received->length - received->sent >= HEADER_BYTES) {
		uint32_t length;
		uint16_t type, tag;
		uint8_t *at = received->data + received->sent;
		memcpy(&length, at, 4);
		memcpy(&type, at + 4, 2);
		memcpy(&tag, at + 6, 2);
		if (length > MAX_PAYLOAD_BYTES) {
			client->dead = true;
			return;
		}
		if (received->length - received->sent < HEADER_BYTES + length)
			return;
		received->sent += HEADER_BYTES + length;
		struct cursor c = { at + HEADER_BYTES, at + HEADER_BYTES + length, false };
		handle_message(shim, client, type, tag, &c);
	}
	if (client->attached && received->length > received->sent) {
		append(&client->attached->input_pending, received->data + received->sent, received->length - received->sent);
		received->sent = received->length;
		flush_input(client->attached);
	}
	if (received->sent == received->length)
		release(received);
}

static void keep_descriptor(struct shim *shim, int fd)
{
	shim->kept = realloc(shim->kept, (shim->kept_count + 1) * sizeof *shim->kept);
	if (!shim->kept)
		abort();
	shim->kept[shim->kept_count++] = fd;
}

/* As recv; descriptors that come along are kept, as long as there is no container. */
static ssize_t receive(struct shim *shim, struct client *client, void *buffer, size_t size)
{
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(MAX_DESCRIPTORS * sizeof(int))];
	} control;
	struct iovec part = { buffer, size };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control };
	if (shim->processes)
		return recv(client->fd, buffer, size, MSG_DONTWAIT);
	ssize_t n = recvmsg(client->fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	struct cmsghdr *rights = n > 0 ? CMSG_FIRSTHDR(&message) : NULL;
	if (rights && rights->cmsg_type == SCM_RIGHTS)
		for (size_t at = 0; at + sizeof(int) <= rights->cmsg_len - CMSG_LEN(0); at += sizeof(int)) {
			int fd;
			memcpy(&fd, CMSG_DATA(rights) + at, sizeof fd);
			keep_descriptor(shim, fd);
		}
	return n;
}

static void read_client(struct shim *shim, struct client *client)
{
	uint8_t chunk[8192];
	if (client->attached) {
		pump_input(client);
		return;
	}
	ssize_t n = receive(shim, client, chunk, sizeof chunk);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		client->dead = true;
		return;
	}
	append(&client->received, chunk, n);
	handle_received(shim, client);
}

static void add_client(struct shim *shim, int fd)
{
	struct client *client = calloc(1, sizeof *client);
	if (!client)
		abort();
	client->fd = fd;
	client->next = shim->clients;
	shim->clients = client;
}

static void remove_dead_clients(struct shim *shim)
{
	for (struct client **link = &shim->clients; *link;) {
		struct client *client = *link;
		if (!client->dead) {
			link = &client->next;
			continue;
		}
		end_input(client);
		for (struct process *process = shim->processes; process; process = process->next)
			if (process->waiting == client)
				process->waiting = NULL;
		*link = client->next;
		close(client->fd);
		release(&client->received);
		release(&client->pending);
		free(client);
	}
}

/* ---- reaping --------------------------------------------------------------------------------------------- */

static bool was_out_of_memory(struct shim *shim)
{
	char content[1024];
	if (!shim->out_of_memory_file || !*shim->out_of_memory_file ||
	    read_file_at(AT_FDCWD, shim->out_of_memory_file, content, sizeof content) < 0)
		return false;
	char *count = strstr(content, "oom_kill ");
	return count && atoi(count + strlen("oom_kill ")) > 0;
}

/* How much is in a pipe that others may still write to. */
static ssize_t waiting_bytes(struct process *process, struct output *output)
{
	int count = 0;
	if (output->fd == process->terminal || ioctl(output->fd, FIONREAD, &count) != 0)
		return MAX_DRAINED_BYTES;
	return count;
}

/* What the process wrote before it ended is still in its pipes. What somebody else writes from now on is not its. */
static void drain_outputs(struct shim *shim, struct process *process)
{
	for (int i = 0; i < 2; i++) {
		struct output *output = &process->output[i];
		ssize_t left = output->fd >= 0 ? waiting_bytes(process, output) : 0, n = 0;
		for (; left > 0 && n >= 0; left -= n)
			n = pump_output(shim, process, output);
		if (output->fd >= 0 && output->fd == process->terminal)
			process->terminal = -1;
		close_if_open(&output->fd);
		log_rest(&shim->log, output);
	}
	close_if_open(&process->terminal_slave);
	close_input(process);
}

/* Attached clients have got everything: half-close, so that they see the end when they have read it. */
static void end_attached(struct shim *shim, struct process *process)
{
	for (struct client *client = shim->clients; client; client = client->next)
		if (client->attached == process) {
			if (client->pending.length == 0)
				shutdown(client->fd, SHUT_RDWR);
			client->input_ended = true;
		}
}

static void tell_watchers(struct shim *shim, struct process *process)
{
	for (struct client *client = shim->clients; client; client = client->next)
		if (client->watching && !client->dead)
			tell_exit(client, process);
}

/* Under another name until it is whole. In the room that was made for it when there was some. */
static void write_exit_file(struct shim *shim, struct process *process)
{
	char line[EXIT_FILE_BYTES];
	memset(line, ' ', sizeof line);
	int length = snprintf(line, sizeof line, "%d %d %lld", process->exit_code, process->out_of_memory,
			      (long long)process->exited_at_ns);
	line[length] = ' ';
	line[sizeof line - 1] = '\n';
	if (pwrite(shim->exit_file, line, sizeof line, 0) == sizeof line)
		renameat(shim->state_directory, "exit.new", shim->state_directory, "exit");
}

/* Ports and the network namespace are free again before anyone hears of the exit. */
static void close_kept_descriptors(struct shim *shim)
{
	while (shim->kept_count > 0)
		close(shim->kept[--shim->kept_count]);
}

static void end_container(struct shim *shim, struct process *init)
{
	shim->ending = true;
	close_kept_descriptors(shim);
	/* For whoever hears of it now, and then for a daemon that is yet to start. */
	tell_watchers(shim, init);
	write_exit_file(shim, init);
	run_cleanup(shim);
}

static void reap_process(struct shim *shim, struct process *process, int status)
{
	while (process->sync >= 0)
		handle_sync(shim, process, true);
	if (process->state == STATE_EXITED)
		return;
	process->state = STATE_EXITED;
	process->exited_at_ns = now_ns(CLOCK_REALTIME);
	process->exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	process->out_of_memory = was_out_of_memory(shim);
	drain_outputs(shim, process);
	if (process->number == 0)
		end_container(shim, process);
	else
		tell_watchers(shim, process);
	end_attached(shim, process);
}

static void reap_forerunner(struct process *process)
{
	if (process && process->forerunner > 0 && waitpid(process->forerunner, NULL, WNOHANG) > 0)
		process->forerunner = 0;
}

static void reap(struct shim *shim)
{
	struct signalfd_siginfo information;
	int status;
	pid_t pid;
	while (read(shim->signals, &information, sizeof information) > 0)
		;
	/* Whoever the process is made for shall find it. */
	if (shim->passing) {
		reap_forerunner(shim->processes);
		return;
	}
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		for (struct process *process = shim->processes; process; process = process->next)
			if (process->pid == pid && process->state != STATE_EXITED) {
				if (process->state == STATE_CREATING && WIFEXITED(status) && WEXITSTATUS(status) == 0)
					process->pid = 0; /* `fork`: the other will say that it is ready */
				else
					reap_process(shim, process, status);
				break;
			}
	}
}

/* Exec'd processes whose end is known to somebody, and whose output has been sent, are forgotten. */
static void forget_processes(struct shim *shim)
{
	struct process *next;
	mark_slow_processes(shim);
	for (struct process *process = shim->processes ? shim->processes->next : NULL; process; process = next) {
		next = process->next;
		if (process->state == STATE_EXITED && process->told && !process->has_slow_client)
			free_process(shim, process);
	}
}

static bool may_end(struct shim *shim)
{
	if (shim->over)
		return true;
	if (!shim->ending)
		return false;
	for (struct client *client = shim->clients; client; client = client->next)
		if (!client->dead && client->pending.length > 0)
			return false;
	return true;
}

/* ---- main ------------------------------------------------------------------------------------------------ */

enum source { FROM_SIGNALS, FROM_LISTENER, FROM_CLIENT, FROM_OUTPUT, FROM_INPUT, FROM_SYNC };

struct watch {
	enum source source;
	void *object;
	int output;
};

/* As long as there are descriptors: none of them is ever left out. */
struct watched {
	struct pollfd *polls;
	struct watch *watches;
	size_t count, room;
};

static void watch(struct watched *w, int fd, short events, struct watch what)
{
	if (fd < 0 || events == 0)
		return;
	if (w->count == w->room) {
		w->room = w->room ? w->room * 2 : 32;
		w->polls = realloc(w->polls, w->room * sizeof *w->polls);
		w->watches = realloc(w->watches, w->room * sizeof *w->watches);
		if (!w->polls || !w->watches)
			abort();
	}
	w->polls[w->count] = (struct pollfd){ fd, events, 0 };
	w->watches[w->count++] = what;
}

static void watch_all(struct watched *w, struct shim *shim)
{
	w->count = 0;
	mark_slow_processes(shim);
	watch(w, shim->signals, POLLIN, (struct watch){ FROM_SIGNALS, NULL, 0 });
	watch(w, shim->listener, POLLIN, (struct watch){ FROM_LISTENER, NULL, 0 });
	for (struct client *client = shim->clients; client; client = client->next) {
		struct process *process = client->attached;
		bool reads = !client->input_ended && (!process || process->input_pending.length == 0);
		short events = (reads ? POLLIN : 0) | (client->pending.length ? POLLOUT : 0);
		/* With no event asked for, poll still reports that the client has gone. */
		watch(w, client->fd, events ? events : POLLPRI, (struct watch){ FROM_CLIENT, client, 0 });
	}
	for (struct process *process = shim->processes; process; process = process->next) {
		watch(w, process->sync, POLLIN, (struct watch){ FROM_SYNC, process, 0 });
		if (process->input_pending.length)
			watch(w, input_fd(process), POLLOUT, (struct watch){ FROM_INPUT, process, 0 });
		if (process->has_slow_client)
			continue;
		for (int i = 0; i < 2; i++)
			watch(w, process->output[i].fd, POLLIN, (struct watch){ FROM_OUTPUT, process, i });
	}
}

/* Without descriptors left, a client is turned away: it would otherwise be there again at once, for ever. */
static void refuse_client(struct shim *shim)
{
	close_if_open(&shim->spare);
	int fd = accept4(shim->listener, NULL, NULL, SOCK_CLOEXEC);
	close_if_open(&fd);
	shim->spare = fcntl(shim->signals, F_DUPFD_CLOEXEC, 3);
}

static void accept_client(struct shim *shim)
{
	int fd = accept4(shim->listener, NULL, NULL, SOCK_CLOEXEC);
	if (fd >= 0)
		add_client(shim, fd);
	else if (errno == EMFILE || errno == ENFILE)
		refuse_client(shim);
}

static void handle_client(struct shim *shim, struct client *client, short events)
{
	if (events & POLLOUT && client->pending.length > 0) {
		flush_client(client);
		if (client->pending.length == 0 && client->attached && client->attached->state == STATE_EXITED)
			shutdown(client->fd, SHUT_RDWR);
	}
	if (events & POLLIN)
		read_client(shim, client);
	else if (events & (POLLHUP | POLLERR))
		client->dead = true;
}

static void handle_event(struct shim *shim, struct watch *what, short events)
{
	struct process *process = what->object;
	switch (what->source) {
	case FROM_SIGNALS:
		reap(shim);
		break;
	case FROM_LISTENER:
		accept_client(shim);
		break;
	case FROM_CLIENT:
		handle_client(shim, what->object, events);
		break;
	case FROM_INPUT:
		flush_input(process);
		break;
	case FROM_OUTPUT:
		if (process->output[what->output].fd >= 0)
			pump_output(shim, process, &process->output[what->output]);
		break;
	case FROM_SYNC:
		if (process->sync >= 0)
			handle_sync(shim, process, false);
		break;
	}
}

static void serve(struct shim *shim)
{
	static struct watched w;
	while (!may_end(shim)) {
		/* Before anything runs, a client that goes away takes the shim with it. */
		if ((!shim->processes || shim->passing) && !shim->clients) {
			if (shim->processes && shim->processes->state == STATE_CREATING)
				give_up(shim, shim->processes);
			return;
		}
		watch_all(&w, shim);
		if (poll(w.polls, w.count, -1) < 0)
			continue;
		/* Signals come first in the list, and last here: what a process wrote before it ended, and who was
		   told of it, is settled before it is reaped. */
		for (size_t i = w.count; i-- > 0;)
			if (w.polls[i].revents)
				handle_event(shim, &w.watches[i], w.polls[i].revents);
		remove_dead_clients(shim);
		forget_processes(shim);
	}
	/* Their end tells the clients that the container has gone; taking its mounts down need not keep them waiting. */
	for (struct client *client = shim->clients; client; client = client->next) {
		if (client->pending.length > 0)
			flush_client(client);
		shutdown(client->fd, SHUT_RDWR);
	}
}

static void do_nothing(int number)
{
	(void)number;
}

/*
 * Signals that are caught, and not ignored, have their defaults again in the child (CLONE_CLEAR_SIGHAND), and in a
 * hook. What whoever started the shim ignores would be ignored there too.
 */
static void withstand_signals(void)
{
	static const int withstood[] = { SIGPIPE, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGTTOU, SIGTTIN };
	struct sigaction caught = { .sa_handler = do_nothing, .sa_flags = SA_RESTART };
	for (int number = 1; number < 32; number++)
		signal(number, SIG_DFL);
	for (size_t i = 0; i < sizeof withstood / sizeof *withstood; i++)
		sigaction(withstood[i], &caught, NULL);
}

int main(int argc, char **argv)
{
	static struct shim shim = { .listener = -1, .init = -1, .state_directory = -1, .exit_file = -1, .log = { .fd = -1 }, .console_socket = -1, .spare = -1 };
	sigset_t child;
	withstand_signals();
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, NULL);
	umask(022);
	prctl(PR_SET_NAME, NAME);
	/*
	 * Nor are the children until they execute: what they are, have open and have in memory is for nobody in a
	 * container to look at (PR_SET_DUMPABLE(2const)). Without privileges they have to be while their ids are mapped.
	 */
	shim.privileged = geteuid() == 0;
	if (shim.privileged)
		prctl(PR_SET_DUMPABLE, 0);
	/* A program in a container may execute this one (as /proc/self/exe), and gets nowhere. */
	if (fcntl(FD_CONTROL, F_SETFD, FD_CLOEXEC) != 0)
		return 1;
	/* The first descriptor of its own: all between FD_FIRST_KEPT and it came from outside. */
	shim.signals = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
	if (shim.signals < 0)
		return 1;
	for (int fd = FD_FIRST_KEPT; fd < shim.signals; fd++) {
		fcntl(fd, F_SETFD, FD_CLOEXEC);
		keep_descriptor(&shim, fd);
	}
	shim.spare = fcntl(shim.signals, F_DUPFD_CLOEXEC, 3);
	shim.title = argc > 1 ? argv[1] : NULL;
	shim.title_length = argc > 1 ? strlen(argv[1]) : 0;
	add_client(&shim, FD_CONTROL);
	serve(&shim);
	return 0;
}
