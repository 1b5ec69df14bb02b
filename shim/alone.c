/*
 * What is written into files once no daemon watches any more. A daemon that has lent a container more CPU time than its limit
 * may die, and nobody would take it back.
 */
#include "alone.h"
#include "files.h"

static bool is_watched(struct shim *shim)
{
	for (struct client *client = shim->clients; client; client = client->next)
		if (client->watching && !client->dead)
			return true;
	return false;
}

/* MSG_WHEN_ALONE: how long to wait, then paths and what to write. Takes the place of what was there before. */
int prepare_for_absence(struct shim *shim, struct cursor *c)
{
	uint64_t patience_ms = take_int(c);
	struct cursor check = *c;
	while (!check.bad && check.at < check.end) {
		size_t length;
		take_string(&check);
		take_bytes(&check, &length);
	}
	if (c->bad || check.bad || patience_ms > INT_MAX)
		return -EBADMSG;
	release(&shim->absence.writes);
	append(&shim->absence.writes, c->at, c->end - c->at);
	shim->absence.patience_ms = patience_ms;
	shim->absence.since_ns = 0;
	return 0;
}

/* For poll(2): -1 while there is nothing to wait for. */
int wait_before_absence_ms(struct shim *shim)
{
	if (shim->absence.writes.length == 0 || is_watched(shim)) {
		shim->absence.since_ns = 0;
		return -1;
	}
	int64_t now = now_ns(CLOCK_MONOTONIC);
	if (shim->absence.since_ns == 0)
		shim->absence.since_ns = now;
	int64_t left = shim->absence.patience_ms - (now - shim->absence.since_ns) / 1000000;
	return left > 0 ? left : 0;
}

/* Once. What is refused is left as it is: a cgroup's parent may yet have to wait for its other children. */
void act_in_absence(struct shim *shim)
{
	if (wait_before_absence_ms(shim) != 0)
		return;
	struct bytes *writes = &shim->absence.writes;
	struct cursor c = { writes->data, writes->data + writes->length, false };
	while (!c.bad && c.at < c.end) {
		size_t length;
		const char *path = take_string(&c);
		const char *data = take_bytes(&c, &length);
		write_file_at(AT_FDCWD, path, data, length);
	}
	release(writes);
}
