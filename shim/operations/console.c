/* The terminal. */
#include "../fields.h"
#include "../files.h"
#include "../root-paths.h"
#include "../run-plan.h"
#include "mounts.h"
#include "layouts.h"

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
int op_console(struct runner *r, const struct console_fields *o)
{
	int master, slave;
	struct winsize size = { .ws_row = o->rows, .ws_col = o->columns };
	int result = open_terminal(r, &master, &slave);
	if (result == 0 && size.ws_row && size.ws_col)
		result = check(ioctl(master, TIOCSWINSZ, &size));
	if (result == 0 && o->bind) {
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
