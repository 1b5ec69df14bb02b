/* Operations that make the child, let it wait, and give it its limits. */
#include "../fields.h"
#include "../files.h"
#include "../run-plan.h"
#include "child.h"
#include "layouts.h"

/* One message with a descriptor. */
int send_descriptor(int socket, const char *text, size_t length, int fd)
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

int op_barrier(struct runner *r)
{
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

int await_go(struct runner *r)
{
	struct sync_message message;
	int result;
	do
		result = receive_sync(r, &message);
	while (result == 0 && message.type != SYNC_GO);
	return result;
}

int op_release(struct runner *r)
{
	struct sync_message message;
	int result = send_sync(r->process->sync, SYNC_GO), told = 0;
	/* The child may have failed by now: it has said why. */
	if (result == -EPIPE || result == -ECONNRESET)
		while (told == 0)
			told = receive_sync(r, &message);
	return told < 0 ? told : result;
}

int op_await_parent(struct runner *r)
{
	return await_go(r);
}

/* A descriptor for a file, of a namespace or mount; `fd:N` names one that the shim was given. */
int open_given(struct shim *shim, const char *path)
{
	if (strncmp(path, "fd:", 3) != 0)
		return open(path, O_RDONLY | O_CLOEXEC);
	size_t index = atoi(path + 3) - FD_FIRST_KEPT;
	errno = EBADF;
	return index < shim->kept_count ? fcntl(shim->kept[index], F_DUPFD_CLOEXEC, 0) : -1;
}

int enter_namespace(struct shim *shim, const char *path, int type)
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
	/* With another user namespace it may be what fs.suid_dumpable says (proc_sys_fs(5)). */
	return r->shim->privileged ? check(prctl(PR_SET_DUMPABLE, 0)) : 0;
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
static int make_child(struct runner *r, uint64_t flags, const char *cgroup_path, const char **joins)
{
	int pair[2], cgroup = -1;
	if (!r->child_operations)
		return -ENOSYS;
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
		run_child(r, r->child_operations);
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

int op_clone(struct runner *r, const struct clone_fields *o)
{
	static const char *no_joins[] = { NULL };
	return make_child(r, o->flags, o->cgroup, no_joins);
}

int op_clone_inside(struct runner *r, const struct clone_inside_fields *o)
{
	return make_child(r, o->flags, o->cgroup, o->joins);
}

int op_write_child_proc(struct runner *r, const struct write_child_proc_fields *o)
{
	char path[128];
	snprintf(path, sizeof path, "/proc/%d/%s", r->process->pid, o->file);
	return write_file_at(AT_FDCWD, path, o->data.bytes, o->data.length);
}

int op_rlimit(struct runner *r, const struct rlimit_fields *o)
{
	int resource = o->resource;
	uint64_t limits[2];
	limits[0] = o->soft;
	limits[1] = o->hard;
	(void)r;
	return check(syscall(SYS_prlimit64, 0, resource, limits, NULL));
}

/* Raises what a user namespace may not, and leaves it to `rlimit` to set it: the mounts may need more than the limit. */
int op_raise_limit(struct runner *r, const struct raise_limit_fields *o)
{
	uint64_t limits[2];
	pid_t pid = r->party == PARTY_PARENT ? r->process->pid : 0;
	if (syscall(SYS_prlimit64, pid, (int)o->resource, NULL, limits) != 0)
		return -errno;
	if (limits[1] >= o->hard)
		return 0;
	limits[1] = o->hard;
	return check(syscall(SYS_prlimit64, pid, (int)o->resource, limits, NULL));
}

/* Writes the child's pid into a file, as cgroups take it. */
int op_join_child(struct runner *r, const struct join_child_fields *o)
{
	char pid[16];
	int length = snprintf(pid, sizeof pid, "%d", r->process->pid);
	return write_file_at(AT_FDCWD, o->path, pid, length);
}
