/* What the kernel says when a container waits too much for memory, CPU or disks (Documentation/accounting/psi.rst). */
#include "clients.h"
#include "files.h"
#include "pressure.h"

static int open_trigger(const char *path, const char *trigger)
{
	int fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (fd >= 0 && write(fd, trigger, strlen(trigger) + 1) < 0) {
		int error = errno;
		close(fd);
		errno = error;
		return -1;
	}
	return fd;
}

static void forget_triggers(struct shim *shim)
{
	for (unsigned i = 0; i < MAX_TRIGGERS; i++)
		if (i < shim->trigger_count)
			close_if_open(&shim->triggers[i]);
	shim->trigger_count = 0;
}

/* MSG_PRESSURE: paths of pressure files and what is to be written there. Take the place of those before. */
int watch_pressure(struct shim *shim, struct cursor *c)
{
	forget_triggers(shim);
	while (!c->bad && c->at < c->end) {
		const char *path = take_string(c);
		const char *trigger = take_string(c);
		int fd = c->bad ? -1 : shim->trigger_count == MAX_TRIGGERS ? (errno = E2BIG, -1) : open_trigger(path, trigger);
		if (fd < 0) {
			int error = c->bad ? EBADMSG : errno;
			forget_triggers(shim);
			return -error;
		}
		shim->triggers[shim->trigger_count++] = fd;
	}
	return c->bad ? -EBADMSG : 0;
}

/* The kernel tells of each at most once in its window. POLLERR: the cgroup is being removed. */
void handle_pressure(struct shim *shim, unsigned index, short events)
{
	if (events & POLLERR)
		close_if_open(&shim->triggers[index]);
	else if (events & POLLPRI)
		tell_pressure(shim, index);
}
