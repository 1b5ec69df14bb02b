/* Operations that mount a file system. */
#include "../fields.h"
#include "../files.h"
#include "../root-paths.h"
#include "../run-plan.h"
#include "mounts.h"
#include "namespaces.h"
#include "layouts.h"
#include "trees.h"

static int copy_tree(int from, int to, unsigned depth);

int set_attributes(int mount, uint64_t set, uint64_t clear, uint64_t propagation, bool recursive)
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
int new_mount(struct runner *r, const char *type, const char *source, const char **options, uint64_t attributes)
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

int attach_mount(int mount, int target)
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

int op_overlay_root(struct runner *r, const struct overlay_root_fields *o)
{
	int result = mount_overlay(o->target, o->lowerdirs, o->upperdir, o->workdir, o->options);
	if (result == 0)
		result = open_root(r, o->target);
	if (result == 0)
		result = set_attributes(r->root, o->attributes, 0, 0, false);
	return result;
}

/* pivot_root(2) needs a parent mount that is not shared: that of the mount that `path` lies in. */
int op_private_parent(struct runner *r, const struct private_parent_fields *o)
{
	(void)r;
	char path[PATH_MAX];
	if (!realpath(o->path, path))
		return -errno;
	for (;;) {
		int result = check(syscall(SYS_mount, NULL, path, NULL, 0x40000UL /* MS_PRIVATE */, NULL));
		char *slash = strrchr(path, '/');
		if (result != -EINVAL || path[1] == '\0')
			return result;
		slash[slash == path] = '\0';
	}
}

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

int op_bind_root(struct runner *r, const struct bind_root_fields *o)
{
	if (strncmp(o->source, "tree:", 5) == 0 || strncmp(o->source, "fd:", 3) == 0)
		return attach_root(r, o->source);
	int tree = syscall(SYS_open_tree, AT_FDCWD, o->source, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
	int result = check(tree);
	if (result == 0)
		result = check(syscall(SYS_move_mount, tree, "", AT_FDCWD, o->source, MOVE_MOUNT_F_EMPTY_PATH));
	close_if_open(&tree);
	return result == 0 ? open_root(r, o->source) : result;
}

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
int check_outside_proc(struct runner *r, const char *path, int mount, int target)
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

int op_mount(struct runner *r, const struct mount_fields *o)
{
	char mode[16];
	int directory = open_in_root(r->root, o->target, O_PATH);
	bool existed = directory >= 0;
	if (directory == -ENOENT)
		directory = make_missing_in_root(r->root, o->target, true, 0755);
	if (directory < 0)
		return directory;
	inherit_mode(o->options, directory, existed, mode, sizeof mode);
	int mount = new_mount(r, o->type, o->source, o->options, o->attributes & ~(uint64_t)(o->copy_up ? MOUNT_ATTR_RDONLY : 0));
	int result = mount < 0 ? mount : 0;
	if (result == 0 && o->copy_up)
		result = copy_up(directory, mount, o->options);
	if (result == 0)
		result = set_attributes(mount,
					o->attributes & (~(uint64_t)ATTRIBUTES_SUPPORTED_IN_FSMOUNT | (o->copy_up ? MOUNT_ATTR_RDONLY : 0)),
					0, 0, false);
	if (result == 0)
		result = check_outside_proc(r, o->target, mount, directory);
	if (result == 0)
		result = attach_mount(mount, directory);
	if (result == 0)
		result = set_attributes(mount, 0, 0, o->propagation & ~(uint64_t)0x4000 /* MS_REC */, false);
	close_if_open(&mount);
	close(directory);
	return result;
}
