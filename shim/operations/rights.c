/* Operations that take rights away (ids, capabilities, seccomp, labels), and that schedule. */
#include "../fields.h"
#include "../files.h"
#include "../run-plan.h"
#include "child.h"
#include "devices.h"
#include "layouts.h"

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
 * A user namespace made without privileges denies setgroups(2) to every process in it: the groups that
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

int op_user(struct runner *r, const struct user_fields *o)
{
	uid_t uid = o->uid;
	gid_t gid = o->gid;
	size_t count = o->groups.count;
	if (count > MAX_GROUPS)
		return -EINVAL;
	gid_t *groups = calloc(count + 1, sizeof *groups);
	if (!groups)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		groups[i] = o->groups.values[i];
	int result = o->set_groups ? set_groups_of(r, count, groups) : 0;
	free(groups);
	give_streams(r, uid);
	if (result < 0)
		return result;
	/* Raw calls: the C library's wrappers signal other threads, of which there are none. */
	if (prctl(PR_SET_KEEPCAPS, 1) != 0 || syscall(SYS_setresgid, gid, gid, gid) != 0 ||
	    syscall(SYS_setresuid, uid, uid, uid) != 0 || prctl(PR_SET_KEEPCAPS, 0) != 0)
		return -errno;
	/* Another user may be what fs.suid_dumpable says (proc_sys_fs(5)). */
	return check(prctl(PR_SET_DUMPABLE, 0));
}

int op_cap_bounding(struct runner *r, const struct cap_bounding_fields *o)
{
	(void)r;
	for (int capability = 0; capability < 64; capability++) {
		if (o->keep & 1ULL << capability)
			continue;
		if (prctl(PR_CAPBSET_DROP, capability) != 0)
			return errno == EINVAL ? 0 : -errno; /* beyond the last one this kernel knows */
	}
	return 0;
}

int op_capabilities(struct runner *r, const struct capabilities_fields *o)
{
	(void)r;
	uint64_t effective = o->effective, permitted = o->permitted, inheritable = o->inheritable, ambient = o->ambient;
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

int op_no_new_privileges(struct runner *r)
{
	(void)r;
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
int op_connect_agent(struct runner *r, const struct connect_agent_fields *o)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	char pid[16];
	if (strlen(o->path) >= sizeof address.sun_path)
		return -ENAMETOOLONG;
	strcpy(address.sun_path, o->path);
	ssize_t n = readlink("/proc/self", pid, sizeof pid - 1);
	if (n < 0)
		return -errno;
	pid[n] = '\0';
	r->agent_state = fill_in_pid(o->state, pid);
	r->agent = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	return r->agent < 0 ? -errno : check(connect(r->agent, (struct sockaddr *)&address, sizeof address));
}

int op_seccomp(struct runner *r, const struct seccomp_fields *o)
{
	unsigned flags = o->flags;
	if (flags & SECCOMP_FILTER_FLAG_NEW_LISTENER && !r->agent_state)
		return -ENOTCONN; /* no process to send the listener to */
	struct sock_fprog program = { o->filter.length / sizeof(struct sock_filter), (struct sock_filter *)o->filter.bytes };
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

/* From here on the process asks before it opens anything, and so do its children; the shim answers (open-files.c). */
int op_ask_for_files(struct runner *r, const struct ask_for_files_fields *o)
{
	struct sock_fprog program = { o->filter.length / sizeof(struct sock_filter), (struct sock_filter *)o->filter.bytes };
	struct sync_message message = { .type = SYNC_FILES };
	int listener = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);
	if (listener < 0)
		return -errno;
	int result = send_descriptor(r->sync, (const char *)&message, offsetof(struct sync_message, detail), listener);
	close(listener);
	return result;
}

/* By the host's procfs, while it can be seen: one of a user namespace's own would not let what is not dumpable write. */
int op_open_label(struct runner *r, const struct open_label_fields *o)
{
	char path[128];
	snprintf(path, sizeof path, "/proc/thread-self/attr/%s", o->file);
	r->label = open(path, O_WRONLY | O_CLOEXEC);
	return check(r->label);
}

int op_exec_label(struct runner *r, const struct exec_label_fields *o)
{
	int result = write_all(r->label, o->label, strlen(o->label));
	close_if_open(&r->label);
	return result;
}

int op_personality(struct runner *r, const struct personality_fields *o)
{
	(void)r;
	unsigned long persona = o->persona;
	return check(syscall(SYS_personality, persona));
}

int op_io_priority(struct runner *r, const struct io_priority_fields *o)
{
	(void)r;
	int value = o->value;
	return check(syscall(SYS_ioprio_set, 1 /* IOPRIO_WHO_PROCESS */, 0, value));
}

int op_scheduler(struct runner *r, const struct scheduler_fields *o)
{
	(void)r;
	return check(syscall(SYS_sched_setattr, 0, o->attributes.bytes, 0));
}

int op_affinity(struct runner *r, const struct affinity_fields *o)
{
	(void)r;
	return check(syscall(SYS_sched_setaffinity, 0, o->mask.length, o->mask.bytes));
}

int op_memory_policy(struct runner *r, const struct memory_policy_fields *o)
{
	(void)r;
	int mode = o->mode;
	return check(syscall(SYS_set_mempolicy, mode, o->nodes.length ? o->nodes.bytes : NULL, o->nodes.length * 8));
}

int op_keyring(struct runner *r, const struct keyring_fields *o)
{
	(void)r;
	long key = syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, o->name);
	/* Kernels without keyrings, and seccomp profiles around us that forbid them, are no reason to fail. */
	return key < 0 && errno != ENOSYS && errno != EPERM ? -errno : 0;
}
