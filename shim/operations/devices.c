/* Device nodes, masked and read-only paths, links. */
#include "../fields.h"
#include "../files.h"
#include "../root-paths.h"
#include "../run-plan.h"
#include "child.h"
#include "devices.h"
#include "mounts.h"
#include "layouts.h"
#include "trees.h"

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

int make_node_at(int directory, const char *name, mode_t mode, dev_t device, uid_t uid, gid_t gid)
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
int serve_node(struct runner *r, const struct sync_message *asked)
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

bool is_null_device(int fd)
{
	struct stat status;
	return fstat(fd, &status) == 0 && S_ISCHR(status.st_mode) && status.st_rdev == NULL_DEVICE;
}

/*
 * The null device in the root, verified. The host's never takes its place: a process that has it, under any name, could
 * change its owner and permissions for everybody (CVE-2025-31133 is of that kind).
 */
int open_own_null(struct runner *r, int flags)
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

int op_mask(struct runner *r, const struct mask_fields *o)
{
	struct stat status;
	int fd = open_in_root(r->root, o->target, O_PATH);
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

int op_readonly(struct runner *r, const struct readonly_fields *o)
{
	int fd = open_in_root(r->root, o->target, O_PATH);
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

int op_device(struct runner *r, const struct device_fields *o)
{
	const char *name, *target = o->target;
	mode_t mode = o->mode;
	unsigned major = o->major, minor = o->minor;
	uid_t uid = o->uid;
	gid_t gid = o->gid;
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

int op_symlink(struct runner *r, const struct symlink_fields *o)
{
	const char *name, *target = o->target;
	int directory = open_parent(r->root, target, &name);
	if (directory < 0)
		return directory;
	int result = check(symlinkat(o->content, directory, name));
	close(directory);
	return result == -EEXIST ? 0 : result;
}
