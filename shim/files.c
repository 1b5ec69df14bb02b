/* Descriptors, and small files that are read or written in one call. */
#include "files.h"

void close_if_open(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static int compare_numbers(const void *a, const void *b)
{
	return (*(const int *)a > *(const int *)b) - (*(const int *)a < *(const int *)b);
}

void close_between(unsigned first, unsigned last)
{
	if (first > last || syscall(SYS_close_range, first, last, 0) == 0)
		return;
	/* Where a filter around the engine has no close_range(2). */
	for (unsigned fd = first; fd <= last && fd < HIGHEST_FD; fd++)
		close(fd);
}

/*
 * Really closes everything from `first` on but for these, of which negative ones are none: a descriptor that is only
 * marked to be closed at execve(2) can still be followed by the path that is executed. Sorts `kept`.
 */
void close_others(unsigned first, int *kept, size_t count)
{
	qsort(kept, count, sizeof *kept, compare_numbers);
	for (size_t i = 0; i < count; i++) {
		if (kept[i] < (int)first)
			continue;
		if (kept[i] > (int)first)
			close_between(first, kept[i] - 1);
		first = kept[i] + 1;
	}
	close_between(first, ~0U);
}

int write_all(int fd, const void *data, size_t n)
{
	const char *at = data;
	while (n > 0) {
		ssize_t written = write(fd, at, n);
		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return -errno;
		at += written;
		n -= written;
	}
	return 0;
}

void set_nonblocking(int fd)
{
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

/* One write(2), as cgroup and proc files need it. */
int write_file_at(int directory, const char *path, const char *data, size_t length)
{
	int fd = openat(directory, path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	ssize_t written = write(fd, data, length);
	int result = written < 0 ? -errno : (size_t)written == length ? 0 : -EIO;
	close(fd);
	return result;
}

/* Up to `size - 1` bytes of a small file, NUL-terminated. */
int read_file_at(int directory, const char *path, char *buffer, size_t size)
{
	int fd = openat(directory, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	ssize_t n = read(fd, buffer, size - 1);
	int result = n < 0 ? -errno : 0;
	buffer[n < 0 ? 0 : n] = '\0';
	close(fd);
	return result;
}

int64_t now_ns(clockid_t clock)
{
	struct timespec t;
	clock_gettime(clock, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

void sleep_ms(long ms)
{
	nanosleep(&(struct timespec){ ms / 1000, ms % 1000 * 1000000 }, NULL);
}

bool readable_within(int fd, int ms)
{
	struct pollfd ready = { fd, POLLIN, 0 };
	return poll(&ready, 1, ms) > 0;
}

/* All return 0 or a negated errno; they may leave words for people in `r->detail`. */

int check(long result)
{
	return result < 0 ? -errno : 0;
}
