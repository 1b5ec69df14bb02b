/*
 * A limit of what all processes of the container have open together. Each of them has a seccomp filter which asks here, by
 * a listener (seccomp_unotify(2)), before a call that makes a descriptor. As long as there is room for certain it is only
 * noted; else all tables are counted, so that who is refused is refused by an exact count. What the calls do stays the
 * kernel's: the answer is to go on, or EMFILE.
 */
#include "clients.h"
#include "files.h"
#include "open-files.h"
#include "operations/layouts.h"

#define NOTIFICATION_BYTES 512 /* a kernel's structs may be longer than those that this is built with */
#define MAX_DEPTH 32           /* of cgroups that a container makes */
#define MAX_CGROUPS 1024        /* of them: to look into more would hold up what else the shim is asked */
#define LEAST_INTERVAL_NS 1000000000LL /* between two messages */
#define UNKNOWN (UINT64_MAX / 4) /* more than any limit: the next call has all counted */
#define BEGUN_NS 1000000LL     /* a thread that has run for so long has got its descriptor */
#define LONGEST_WAIT_NS 250000000LL /* for threads that do not get a processor */

#ifndef SECCOMP_USER_NOTIF_FLAG_CONTINUE
#define SECCOMP_USER_NOTIF_FLAG_CONTINUE 1
#endif
#ifndef SECCOMP_IOCTL_NOTIF_SET_FLAGS
#define SECCOMP_IOCTL_NOTIF_SET_FLAGS _IOW('!', 4, uint64_t)
#endif
#define SYNC_WAKE_UP 1 /* SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP, Linux 6.6 */

/* Of what a call makes. As KINDS of src/libcontainer/files-limit.ts. */
enum kind { KIND_ONE = 0, KIND_TWO = 1, KIND_COPY = 2, KIND_REPLACE = 3 };

/* Since Linux 6.2 the size of the directory is the number (proc_pid_fd(5)). */
static uint64_t count_table(pid_t pid)
{
	char path[64];
	struct stat status;
	uint64_t count = 0;
	snprintf(path, sizeof path, "/proc/%d/fd", pid);
	if (stat(path, &status) == 0 && status.st_size > 0)
		return status.st_size;
	DIR *directory = opendir(path);
	while (directory && readdir(directory))
		count++;
	if (directory)
		closedir(directory);
	return count < 2 ? 0 : count - 2;
}

static uint64_t count_listed(int directory)
{
	uint64_t count = 0;
	int pid, fd = openat(directory, "cgroup.procs", O_RDONLY | O_CLOEXEC);
	FILE *list = fd < 0 ? NULL : fdopen(fd, "r");
	if (!list) {
		close_if_open(&fd);
		return 0;
	}
	while (fscanf(list, "%d", &pid) == 1)
		count += count_table(pid);
	fclose(list);
	return count;
}

/* In a cgroup, and in those below it; UNKNOWN where there are more than may be looked into. Takes the descriptor. */
static uint64_t count_cgroup(int fd, int depth, int *groups)
{
	DIR *directory = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	if (!directory) {
		close_if_open(&fd);
		return 0;
	}
	uint64_t count = ++*groups > MAX_CGROUPS || depth > MAX_DEPTH ? UNKNOWN : count_listed(dirfd(directory));
	while (count < UNKNOWN && (entry = readdir(directory)))
		if (entry->d_type == DT_DIR && *entry->d_name != '.')
			count += count_cgroup(openat(dirfd(directory), entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC),
					      depth + 1, groups);
	closedir(directory);
	return count;
}

static uint64_t count_all(struct open_files *files)
{
	int groups = 0;
	return count_cgroup(open(files->cgroup, O_RDONLY | O_DIRECTORY | O_CLOEXEC), 0, &groups);
}

static enum kind kind_of(struct open_files *files, const struct seccomp_data *call)
{
	for (size_t i = 0; i < files->call_count; i++)
		if (files->calls[i].architecture == call->arch && files->calls[i].number == (uint32_t)call->nr)
			return files->calls[i].kind;
	return KIND_ONE;
}

static bool is_open(pid_t pid, unsigned fd)
{
	char path[64];
	struct stat status;
	snprintf(path, sizeof path, "/proc/%d/fd/%u", pid, fd);
	return lstat(path, &status) == 0;
}

static uint64_t need_of(struct open_files *files, const struct seccomp_notif *asked)
{
	switch (kind_of(files, &asked->data)) {
	case KIND_TWO:
		return 2;
	case KIND_COPY:
		return count_table(asked->pid);
	case KIND_REPLACE:
		return is_open(asked->pid, asked->data.args[1]) ? 0 : 1;
	default:
		return 1;
	}
}

/* What proc_pid_stat(5) calls state; 0: there is no such thread. */
static char state_of(pid_t thread)
{
	char path[64], text[512];
	snprintf(path, sizeof path, "/proc/%d/stat", thread);
	const char *name_end = read_file_at(AT_FDCWD, path, text, sizeof text) == 0 ? strrchr(text, ')') : NULL;
	return name_end && name_end[1] ? name_end[2] : 0;
}

/* Of the processor, in its life; -1 where the kernel does not tell. */
static int64_t run_time_ns(pid_t thread)
{
	char path[64], text[128];
	snprintf(path, sizeof path, "/proc/%d/schedstat", thread);
	return read_file_at(AT_FDCWD, path, text, sizeof text) == 0 ? strtoll(text, NULL, 10) : -1;
}

/*
 * Whether the thread may not have its descriptor yet. Time alone does not tell where processors are scarce. One that was
 * let go on is runnable, or waits for locks and pages (D): where it sleeps otherwise, it does so with its descriptor.
 */
static bool is_underway(struct beginning *beginning, int64_t now)
{
	if (now - beginning->at_ns <= BEGUN_NS)
		return true;
	char state = state_of(beginning->thread);
	if (state != 'R' && state != 'D')
		return false;
	int64_t ran = run_time_ns(beginning->thread);
	if (ran >= 0 && beginning->ran_ns == 0)
		beginning->ran_ns = ran + 1;
	return ran >= 0 && ran - beginning->ran_ns <= BEGUN_NS;
}

/* Descriptors that calls of other threads may be about to get. A thread that asks again has got its own. */
static uint64_t about_to_come(struct open_files *files, pid_t thread, int64_t now)
{
	uint64_t sum = 0;
	for (size_t i = 0; i < files->beginning_count; i++) {
		struct beginning *beginning = &files->beginning[i];
		if (beginning->need && (beginning->thread == thread || !is_underway(beginning, now)))
			*beginning = (struct beginning){ 0 };
		sum += beginning->need;
	}
	return sum;
}

/* That of the thread, else the oldest that is over, else a new one. */
static struct beginning *place_for(struct open_files *files, pid_t thread, int64_t now)
{
	struct beginning *oldest = NULL;
	for (size_t i = 0; i < files->beginning_count; i++) {
		if (files->beginning[i].thread == thread)
			return &files->beginning[i];
		if (!oldest || files->beginning[i].at_ns < oldest->at_ns)
			oldest = &files->beginning[i];
	}
	if (oldest && (oldest->need == 0 || !is_underway(oldest, now)))
		return oldest;
	files->beginning = realloc(files->beginning, ++files->beginning_count * sizeof *files->beginning);
	if (!files->beginning)
		abort();
	return &files->beginning[files->beginning_count - 1];
}

static void note_beginning(struct open_files *files, pid_t thread, uint64_t need)
{
	int64_t now = now_ns(CLOCK_MONOTONIC);
	*place_for(files, thread, now) = (struct beginning){ thread, need, now, 0 };
}

/*
 * What has been let go on and has no descriptor yet is in no table. Where only that is in the way, it is waited for: it
 * comes, or is known not to, as soon as its thread has run.
 */
static bool has_room_by_count(struct open_files *files, pid_t thread, uint64_t need)
{
	for (int64_t begin = now_ns(CLOCK_MONOTONIC), now = begin; now - begin < LONGEST_WAIT_NS;
	     now = now_ns(CLOCK_MONOTONIC)) {
		uint64_t coming = about_to_come(files, thread, now);
		files->counted = count_all(files);
		files->since = coming;
		if (files->counted + need > files->limit)
			return false;
		if (files->counted + coming + need <= files->limit)
			return true;
		sched_yield();
	}
	return false;
}

static bool has_room(struct open_files *files, pid_t thread, uint64_t need)
{
	if (files->limit != 0 && need != 0 && files->counted + files->since + need > files->limit &&
	    !has_room_by_count(files, thread, need))
		return false;
	files->since += need;
	note_beginning(files, thread, need);
	return true;
}

static void answer(struct open_files *files, int listener, const struct seccomp_notif *asked)
{
	union {
		struct seccomp_notif_resp reply;
		char space[NOTIFICATION_BYTES];
	} answer = { .reply = { .id = asked->id } };
	if (has_room(files, asked->pid, need_of(files, asked))) {
		answer.reply.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
	} else {
		answer.reply.error = -EMFILE;
		files->refused++;
	}
	/* ENOENT: it was interrupted, and asks again. */
	ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &answer.reply);
}

/* POLLHUP: nobody has the filter any more. */
void handle_listener(struct shim *shim, unsigned index, short events)
{
	struct open_files *files = &shim->open_files;
	union {
		struct seccomp_notif asked;
		char space[NOTIFICATION_BYTES];
	} question = { 0 };
	if (events & POLLIN) {
		if (ioctl(files->listeners[index], SECCOMP_IOCTL_NOTIF_RECV, &question.asked) == 0)
			answer(files, files->listeners[index], &question.asked);
	} else if (events & (POLLHUP | POLLERR)) {
		close_if_open(&files->listeners[index]);
	}
}

/* Who asked and who answers take turns: the kernel need not look for a processor. Takes the descriptor. */
void add_listener(struct shim *shim, int fd)
{
	struct open_files *files = &shim->open_files;
	unsigned free = 0;
	while (free < files->listener_count && files->listeners[free] >= 0)
		free++;
	if (free == files->listener_count) {
		files->listeners = realloc(files->listeners, (free + 1) * sizeof *files->listeners);
		if (!files->listeners)
			abort();
		files->listener_count++;
	}
	files->listeners[free] = fd;
	/* The process has some that nobody asked for. */
	files->since = UNKNOWN;
	ioctl(fd, SECCOMP_IOCTL_NOTIF_SET_FLAGS, SYNC_WAKE_UP);
}

/* The shim's part: from now on its processes bring their listeners. */
int op_limit_files(struct runner *r, const struct limit_files_fields *o)
{
	struct open_files *files = &r->shim->open_files;
	if (r->shim->passing || files->cgroup || o->calls.length % sizeof *files->calls)
		return -EINVAL;
	files->cgroup = strdup(o->cgroup);
	files->calls = malloc(o->calls.length + 1);
	if (!files->cgroup || !files->calls)
		abort();
	memcpy(files->calls, o->calls.bytes, o->calls.length);
	files->call_count = o->calls.length / sizeof *files->calls;
	files->limit = o->limit;
	return 0;
}

/* MSG_FILES_LIMIT; 0: none. Nothing is closed where there is more than that. */
int set_files_limit(struct shim *shim, struct cursor *c)
{
	uint64_t limit = take_int(c);
	if (c->bad || !shim->open_files.cgroup)
		return c->bad ? -EBADMSG : -ENOTSUP;
	shim->open_files.limit = limit;
	return 0;
}

/* For poll(2): -1 while there is nothing to tell. */
int wait_before_refusals_ms(struct shim *shim)
{
	struct open_files *files = &shim->open_files;
	if (files->refused == files->told)
		return -1;
	int64_t left = files->told_at_ns + LEAST_INTERVAL_NS - now_ns(CLOCK_MONOTONIC);
	return left > 0 ? left / 1000000 + 1 : 0;
}

void tell_refusals_in_time(struct shim *shim)
{
	struct open_files *files = &shim->open_files;
	if (wait_before_refusals_ms(shim) != 0)
		return;
	files->told = files->refused;
	files->told_at_ns = now_ns(CLOCK_MONOTONIC);
	tell_files_refused(shim, files->refused);
}
