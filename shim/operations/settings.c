/* Settings of the container: owners, HOME, sysctls, names, the directory. */
#include "../fields.h"
#include "../files.h"
#include "../run-plan.h"
#include "mounts.h"
#include "layouts.h"
#include "settings.h"

int op_chown(struct runner *r, const struct chown_fields *o)
{
	(void)r;
	uid_t uid = o->uid;
	gid_t gid = o->gid;
	int result = check(lchown(o->path, uid, gid));
	return result == -ENOENT && o->optional ? 0 : result;
}

/* The home directory in a line of /etc/passwd (passwd(5)) where it is that of `uid`, else NULL. Cuts the line. */
static char *home_in(char *line, uid_t uid)
{
	char *fields[7] = { NULL }, *end;
	for (int i = 0; i < 7 && line; i++)
		fields[i] = strsep(&line, ":");
	if (!fields[5] || !*fields[2])
		return NULL;
	unsigned long number = strtoul(fields[2], &end, 10);
	return *end == '\0' && number == uid ? fields[5] : NULL;
}

/* Whatever the image has there: a FIFO is not waited for, and lines that are too long are no entries. */
int op_home(struct runner *r, const struct home_fields *o)
{
	char line[1024];
	const char *home = NULL;
	struct stat status;
	uid_t uid = o->uid;
	int fd = open("/etc/passwd", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	FILE *file = fd >= 0 && fstat(fd, &status) == 0 && S_ISREG(status.st_mode) ? fdopen(fd, "r") : NULL;
	for (bool whole, begins = true; file && !home && ftello(file) < MAX_PASSWD_BYTES && fgets(line, sizeof line, file);
	     begins = whole) {
		size_t length = strcspn(line, "\n");
		whole = line[length] == '\n' || feof(file);
		line[length] = '\0';
		home = begins && whole ? home_in(line, uid) : NULL;
	}
	if (asprintf(&r->home, "HOME=%s", home && *home ? home : "/") < 0)
		abort();
	if (file)
		fclose(file);
	else
		close_if_open(&fd);
	return 0;
}

/* A procfs of our own, attached nowhere: nothing in the image can stand in for it. */
static int private_proc(struct runner *r)
{
	static const char *no_options[] = { NULL };
	if (r->proc < 0)
		r->proc = new_mount(r, "proc", "proc", no_options, 0);
	return r->proc;
}

static int write_proc(struct runner *r, const char *path, const char *data, size_t length)
{
	int proc = private_proc(r);
	if (proc < 0)
		return proc;
	struct open_how how = { .flags = O_WRONLY | O_CLOEXEC, .resolve = RESOLVE_BENEATH | RESOLVE_NO_XDEV };
	int fd = syscall(SYS_openat2, proc, path, &how, sizeof how);
	if (fd < 0)
		return -errno;
	int result = write_all(fd, data, length);
	close(fd);
	return result;
}

int op_sysctl(struct runner *r, const struct sysctl_fields *o)
{
	char path[PATH_MAX];
	snprintf(path, sizeof path, "sys/%s", o->key);
	return write_proc(r, path, o->value, strlen(o->value));
}

int bring_loopback_up(void)
{
	struct ifreq request = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	int result = check(ioctl(fd, SIOCSIFFLAGS, &request));
	close(fd);
	return result;
}

int op_loopback(struct runner *r)
{
	(void)r;
	return bring_loopback_up();
}

int op_hostname(struct runner *r, const struct hostname_fields *o)
{
	(void)r;
	return check(sethostname(o->name, strlen(o->name)));
}

int op_domainname(struct runner *r, const struct domainname_fields *o)
{
	(void)r;
	return check(setdomainname(o->name, strlen(o->name)));
}

int op_umask(struct runner *r, const struct umask_fields *o)
{
	(void)r;
	umask(o->mask);
	return 0;
}

int op_chdir(struct runner *r, const struct chdir_fields *o)
{
	char where[PATH_MAX];
	if (!r->directory_entered && chdir(o->path) != 0)
		return o->may_fail && errno == EACCES ? 0 : -errno;
	r->directory_entered = true;
	/* A directory outside the root (reached by a leaked descriptor, say) has no path here. */
	if (syscall(SYS_getcwd, where, sizeof where) < 0 || where[0] != '/') {
		explain(r, "current working directory is outside of container mount namespace root");
		return -EPERM;
	}
	return 0;
}
