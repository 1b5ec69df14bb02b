/* Operations after which the child has only what the process is to have. */
#include "../fields.h"
#include "../files.h"
#include "../run-plan.h"
#include "devices.h"
#include "mounts.h"
#include "layouts.h"

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
int op_seal(struct runner *r, const struct seal_fields *o)
{
	int preserve = o->preserve;
	int fifo = o->fifo;
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

/*
 * Goes on in another child of the shim, which is born in the pid namespace that was joined, with the rights that it is
 * to have, and nothing of the host's: processes that are there already never see one that has more. It has the same
 * memory, on a stack of its own, until it executes: that of this process is not used any more.
 */
int op_fork(struct runner *r)
{
	char *stack = malloc(STACK_BYTES);
	if (!stack)
		return -ENOMEM;
	if (clone(go_on, stack + STACK_BYTES, CLONE_PARENT | CLONE_VM, r) < 0)
		return -errno;
	_exit(0);
}
