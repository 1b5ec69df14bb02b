/* Operations that make the container's root this process's. */
#include "../fields.h"
#include "../files.h"
#include "../root-paths.h"
#include "../run-plan.h"
#include "layouts.h"

int op_root_directory(struct runner *r, const struct root_directory_fields *o)
{
	mode_t mode = o->mode;
	int fd = make_in_root(r->root, o->target, true, mode);
	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

int op_require_directory(struct runner *r, const struct require_directory_fields *o)
{
	struct stat status;
	int fd = open_in_root(r->root, o->target, O_PATH | O_NOFOLLOW);
	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	int result = check(fstat(fd, &status));
	close(fd);
	return result == 0 && !S_ISDIR(status.st_mode) ? -ENOTDIR : result;
}

int op_pivot_root(struct runner *r)
{
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

int op_move_root(struct runner *r)
{
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

int op_change_root(struct runner *r)
{
	if (fchdir(r->root) != 0 || chroot(".") != 0)
		return -errno;
	r->root_changed = true;
	return check(chdir("/"));
}
