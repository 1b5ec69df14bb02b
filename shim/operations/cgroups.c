/* Operations on cgroups, and on files of the host. */
#include "../fields.h"
#include "../files.h"
#include "../run-plan.h"
#include "layouts.h"

int op_mkdir(struct runner *r, const struct mkdir_fields *o)
{
	(void)r;
	char path[PATH_MAX];
	mode_t mode = o->mode;
	if (mkdir(o->path, mode) == 0 || errno == EEXIST)
		return 0;
	if (errno != ENOENT || strlen(o->path) >= sizeof path)
		return -errno;
	strcpy(path, o->path);
	for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(path, mode) != 0 && errno != EEXIST)
			return -errno;
		*slash = '/';
	}
	return mkdir(path, mode) == 0 || errno == EEXIST ? 0 : -errno;
}

int op_write(struct runner *r, const struct write_fields *o)
{
	(void)r;
	int result = write_file_at(AT_FDCWD, o->path, o->data.bytes, o->data.length);
	return result == -ENOENT && o->optional ? 0 : result;
}

int op_try_write(struct runner *r, const struct try_write_fields *o)
{
	(void)r;
	write_file_at(AT_FDCWD, o->path, o->data.bytes, o->data.length);
	return 0;
}

int op_attach_device_program(struct runner *r, const struct attach_device_program_fields *o)
{
	union bpf_attr load = {
		.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE,
		.insns = (uintptr_t)o->instructions.bytes,
		.insn_cnt = o->instructions.length / 8,
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
	int cgroup = open(o->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
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

/* The first ones of a list of processes. Returns how many. */
static int list_members(const char *path, pid_t members[MAX_LISTED])
{
	char file[PATH_MAX], list[MAX_LISTED * 8];
	int count = 0;
	snprintf(file, sizeof file, "%s/cgroup.procs", path);
	if (read_file_at(AT_FDCWD, file, list, sizeof list) < 0)
		return 0;
	/* The number at the end of it may be a part of one. */
	for (char *at = list, *end; count < MAX_LISTED && (end = strchr(at, '\n')) != NULL; at = end + 1)
		members[count++] = atoi(at);
	return count;
}

static bool is_listed(pid_t pid, const pid_t *members, int count)
{
	for (int i = 0; i < count; i++)
		if (members[i] == pid)
			return true;
	return false;
}

/* A number may have come to be another process's: what is listed still, once it is open, is what was opened. */
static void kill_listed(const char *path, const pid_t *members, int count)
{
	pid_t now[MAX_LISTED];
	int fds[MAX_LISTED];
	for (int i = 0; i < count; i++)
		fds[i] = members[i] > 1 ? syscall(SYS_pidfd_open, members[i], 0) : -1;
	int left = list_members(path, now);
	for (int i = 0; i < count; i++) {
		if (fds[i] >= 0 && is_listed(members[i], now, left))
			syscall(SYS_pidfd_send_signal, fds[i], SIGKILL, NULL, 0);
		close_if_open(&fds[i]);
	}
}

/* Kills what is in the cgroup, or some of it. Returns how many processes it found. */
static int kill_members(const char *path)
{
	char file[PATH_MAX];
	pid_t members[MAX_LISTED];
	snprintf(file, sizeof file, "%s/cgroup.kill", path);
	bool whole = write_file_at(AT_FDCWD, file, "1", 1) == 0;
	int count = list_members(path, members);
	if (!whole)
		kill_listed(path, members, count);
	return count;
}

int op_kill_cgroup(struct runner *r, const struct kill_cgroup_fields *o)
{
	(void)r;
	for (int wait_ms = 1; kill_members(o->path) > 0; wait_ms *= 2) {
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

int op_rmdir(struct runner *r, const struct rmdir_fields *o)
{
	(void)r;
	/* A cgroup stays busy for a moment after its last process was reaped, and while there are others in it. */
	for (int wait_ms = 1; rmdir(o->path) != 0 && errno != ENOENT; wait_ms *= 2) {
		if (errno != EBUSY || wait_ms > 1024)
			return -errno;
		remove_directories_in(o->path);
		if (rmdir(o->path) == 0)
			break;
		sleep_ms(wait_ms);
	}
	return 0;
}
