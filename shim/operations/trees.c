/* Operations that clone a tree of mounts, map its ids, and bind it. */
#include "../fields.h"
#include "../files.h"
#include "../root-paths.h"
#include "../run-plan.h"
#include "child.h"
#include "mounts.h"
#include "layouts.h"
#include "trees.h"

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

int open_detached(int directory, const char *path, bool recursive)
{
	int tree = syscall(SYS_open_tree, directory, path,
			   OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0));
	return tree < 0 ? -errno : tree;
}

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
 * a process that enters it, perhaps the container's own (attach_root).
 */
void leave_mounts(struct place *back)
{
	if (setns(back->mounts, CLONE_NEWNS) != 0 || fchdir(back->root) != 0 || chroot(".") != 0 || fchdir(back->here) != 0)
		_exit(127);
	forget_place(back);
}

/* The host's mounts as a user namespace has them. */
int enter_locked_mounts(struct runner *r, struct place *back)
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
 * As open_detached(), but the container cannot remove what protects the host's mounts (read-only, nodev …): it is locked in
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

/*
 * Clones mounts with the rights of the shim: what the child, in a user namespace, may not reach, or not map.
 * The child finds the tree as `tree:N`, N counting these operations.
 */
int op_open_tree(struct runner *r, const struct open_tree_fields *o)
{
	struct mount_ids ids = { o->uid_map, o->gid_map, o->user_namespace, o->map_recursive };
	if (r->tree_count == MAX_TREES)
		return -EMFILE;
	int tree = o->locked ? open_locked(r, o->source, o->recursive) : -EINVAL;
	if (tree == -EINVAL)
		tree = open_detached(AT_FDCWD, o->source, o->recursive);
	if (tree < 0)
		return tree;
	r->trees[r->tree_count++] = tree;
	return map_ids(tree, &ids);
}

/* What the child has cloned is the same mount by our descriptor of it, so nothing has to come back. */
int op_map_mount(struct runner *r, const struct map_mount_fields *o)
{
	struct sync_message message;
	struct mount_ids ids = { o->uid_map, o->gid_map, o->user_namespace, o->map_recursive };
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
int clone_source(struct runner *r, const char *source, bool recursive)
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

int op_bind(struct runner *r, const struct bind_fields *o)
{
	uint64_t set = o->attributes, clear = o->clear_attributes;
	struct stat status;
	int tree = clone_source(r, o->source, o->recursive);
	if (tree < 0)
		return tree;
	int result = check(fstat(tree, &status));
	int to = result < 0 ? -1 : make_in_root(r->root, o->target, S_ISDIR(status.st_mode), 0755);
	if (result == 0)
		result = to < 0 ? to : 0;
	if (result == 0)
		result = check_outside_proc(r, o->target, tree, to);
	if (result == 0)
		result = set_attributes(tree, set, clear, 0, o->recursive_attributes);
	if (result == 0)
		result = attach_mount(tree, to);
	if (result == 0)
		result = set_attributes(tree, 0, 0, o->propagation & ~(uint64_t)0x4000, o->propagation & 0x4000);
	close_if_open(&to);
	close(tree);
	return result;
}

int op_mount_setattr(struct runner *r, const struct mount_setattr_fields *o)
{
	uint64_t set = o->attributes, clear = o->clear_attributes;
	int fd = strcmp(o->target, "/") == 0 ? dup(r->root) : open_in_root(r->root, o->target, O_PATH);
	if (fd < 0)
		return fd == -1 ? -errno : fd;
	int result = set_attributes(fd, set, clear, o->propagation, o->recursive);
	close(fd);
	return result;
}
