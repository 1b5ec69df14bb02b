/* Paths in the container's root, resolved with openat2(RESOLVE_IN_ROOT), so that no link leads out of it. */
#include "root-paths.h"

/* Opens `path` as the container would see it: links are followed, but never out of `root`. */
int open_in_root(int root, const char *path, int flags)
{
	struct open_how how = {
		.flags = flags | O_CLOEXEC,
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
	};
	for (;;) {
		int fd = syscall(SYS_openat2, root, *path ? path : "/", &how, sizeof how);
		if (fd >= 0)
			return fd;
		/* EAGAIN: something was renamed meanwhile, and the kernel could not be sure. */
		if (errno != EAGAIN && errno != EINTR)
			return -errno;
	}
}

/* Makes one missing component of `directory`; a dangling link is reported as ELOOP, with what it says. */
static int make_component(int directory, const char *name, bool is_directory, mode_t mode, char *link, size_t size)
{
	int result = is_directory ? mkdirat(directory, name, mode) : mknodat(directory, name, S_IFREG | mode, 0);
	if (result == 0 || errno != EEXIST)
		return result == 0 ? 0 : -errno;
	ssize_t n = readlinkat(directory, name, link, size - 1);
	if (n < 0)
		return 0; /* not a link: another process has just made it */
	link[n] = '\0';
	return -ELOOP;
}

/* The directory that a path's last component is in, as a path of its own. False when there is none, or no room. */
bool directory_of(const char *path, char *directory, size_t size, const char **name)
{
	const char *slash = strrchr(path, '/');
	if (!slash || slash[1] == '\0' || (size_t)(slash - path) >= size)
		return false;
	memcpy(directory, path, slash - path);
	directory[slash - path] = '\0';
	*name = slash + 1;
	return true;
}

/* Makes the last component of `path` where nothing else is missing; -ENOENT where it is not as simple as that. */
static int make_last_in_root(int root, const char *path, bool is_directory, mode_t mode)
{
	char directory[256], link[1];
	const char *name;
	if (!directory_of(path, directory, sizeof directory, &name))
		return -ENOENT;
	int parent = open_in_root(root, directory, O_PATH | O_DIRECTORY);
	if (parent < 0)
		return parent;
	int result = make_component(parent, name, is_directory, is_directory ? mode : 0644, link, sizeof link);
	/* A link that has taken its place since is not followed. */
	struct open_how how = { .flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS };
	if (result == 0)
		result = syscall(SYS_openat2, parent, name, &how, sizeof how);
	close(parent);
	return result < 0 ? -ENOENT : result;
}

/*
 * As make_in_root, one component after the other. Dangling links are followed inside the root, and their target is
 * made.
 */
static int make_all_in_root(int root, const char *path, bool is_directory, mode_t mode)
{
	char done[PATH_MAX] = "", rest[PATH_MAX], link[PATH_MAX], next[2 * PATH_MAX];
	if (strlen(path) >= sizeof rest)
		return -ENAMETOOLONG;
	strcpy(rest, path);
	for (int links = 0; links < 40;) {
		char *name = rest + strspn(rest, "/");
		if (*name == '\0')
			return open_in_root(root, done, O_PATH);
		char *slash = strchrnul(name, '/');
		bool last = slash[strspn(slash, "/")] == '\0';
		char *after = *slash ? slash + 1 : slash;
		*slash = '\0';
		int parent = open_in_root(root, done, O_PATH | O_DIRECTORY);
		if (parent < 0)
			return parent;
		if ((size_t)snprintf(next, sizeof next, "%s/%s", done, name) >= sizeof done) {
			close(parent);
			return -ENAMETOOLONG;
		}
		int result = open_in_root(root, next, O_PATH);
		if (result >= 0)
			close(result);
		else if (result == -ENOENT)
			result = make_component(parent, name, is_directory || !last, last && !is_directory ? 0644 : mode,
						link, sizeof link);
		close(parent);
		if (result == -ELOOP) {
			links++;
			if ((size_t)snprintf(next, sizeof next, "%s/%s", link, after) >= sizeof rest)
				return -ENAMETOOLONG;
			strcpy(rest, next);
			if (*link == '/')
				done[0] = '\0';
			continue;
		}
		if (result < 0)
			return result;
		strcpy(done, next);
		memmove(rest, after, strlen(after) + 1);
	}
	return -ELOOP;
}

/* As make_in_root, of a path that was found to be missing. */
int make_missing_in_root(int root, const char *path, bool is_directory, mode_t mode)
{
	int result = make_last_in_root(root, path, is_directory, mode);
	return result == -ENOENT ? make_all_in_root(root, path, is_directory, mode) : result;
}

/*
 * Opens `path` in the root (O_PATH), making what is missing: directories with `mode`, and at the end a
 * directory or an empty file.
 */
int make_in_root(int root, const char *path, bool is_directory, mode_t mode)
{
	int result = open_in_root(root, path, O_PATH);
	return result == -ENOENT ? make_missing_in_root(root, path, is_directory, mode) : result;
}
