/* What the kernel says when a container runs out of memory. */
#include <sys/eventfd.h>
#include <sys/inotify.h>

#include "clients.h"
#include "files.h"
#include "memory.h"

/* Of processes, by the kernel, in the container's cgroup. */
unsigned count_memory_kills(struct shim *shim)
{
	char content[1024];
	if (!shim->out_of_memory_file || !*shim->out_of_memory_file ||
	    read_file_at(AT_FDCWD, shim->out_of_memory_file, content, sizeof content) < 0)
		return 0;
	char *count = strstr(content, "oom_kill ");
	return count ? atoi(count + strlen("oom_kill ")) : 0;
}

/* On v1 an eventfd is registered with the cgroup (cgroup-v1/memory.rst, 10. OOM Control). */
static int register_eventfd(const char *file)
{
	char path[PATH_MAX], line[32];
	const char *name = strrchr(file, '/') + 1;
	int events = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	int control = open(file, O_RDONLY | O_CLOEXEC);
	int length = snprintf(line, sizeof line, "%d %d", events, control);
	snprintf(path, sizeof path, "%.*scgroup.event_control", (int)(name - file), file);
	if (events >= 0 && (control < 0 || write_file_at(AT_FDCWD, path, line, length) < 0))
		close_if_open(&events);
	close_if_open(&control);
	return events;
}

/* On v2 the file with the counts is said to have been modified. */
static int watch_file(const char *file)
{
	int events = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (events >= 0 && inotify_add_watch(events, file, IN_MODIFY) < 0)
		close_if_open(&events);
	return events;
}

/* Where that cannot be had, it is told of when the container ends. */
void watch_memory(struct shim *shim)
{
	const char *file = shim->out_of_memory_file;
	const char *name = file ? strrchr(file, '/') : NULL;
	if (!name)
		return;
	shim->memory_is_v1 = strcmp(name, "/memory.oom_control") == 0;
	shim->memory_events = shim->memory_is_v1 ? register_eventfd(file) : watch_file(file);
}

void handle_memory(struct shim *shim)
{
	char events[4096];
	while (read(shim->memory_events, events, sizeof events) > 0)
		;
	unsigned kills = count_memory_kills(shim);
	/* On v1 it comes before the kill; and when the cgroup is removed. */
	if (shim->ending || (kills == shim->memory_kills && !shim->memory_is_v1))
		return;
	shim->memory_kills = kills;
	tell_out_of_memory(shim);
}
