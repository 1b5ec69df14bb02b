/* The last operations: the program is found, the start awaited, the program executed. */
#include "../fields.h"
#include "../files.h"
#include "../run-plan.h"
#include "child.h"
#include "exec.h"
#include "hooks.h"
#include "layouts.h"

/* Whether a regular file may be executed by who we are now. */
static int check_executable(const char *path)
{
	struct stat status;
	if (stat(path, &status) != 0)
		return -errno;
	if (!S_ISREG(status.st_mode))
		return S_ISDIR(status.st_mode) ? -EISDIR : -EACCES;
	/* Effective ids, since they decide at exec; by number, as musl emulates the flag. */
	return check(syscall(439 /* SYS_faccessat2 */, AT_FDCWD, path, X_OK, AT_EACCESS));
}

int op_find_executable(struct runner *r, const struct find_executable_fields *o)
{
	char candidate[PATH_MAX];
	int found = -ENOENT;
	if (strlen(o->name) >= sizeof candidate)
		return -ENAMETOOLONG;
	if (strchr(o->name, '/')) {
		found = check_executable(o->name);
		strcpy(candidate, o->name);
	} else {
		for (const char *at = o->path; found != 0 && *o->name && *at; at += *at == ':') {
			size_t length = strcspn(at, ":");
			int written = length < sizeof candidate ? snprintf(candidate, sizeof candidate, "%.*s/%s", length ? (int)length : 1,
									   length ? at : ".", o->name) :
								  PATH_MAX;
			int result = (size_t)written < sizeof candidate ? check_executable(candidate) : -ENAMETOOLONG;
			/* A file that may not be executed is remembered, in case none that may is found. */
			if (result == 0 || result == -EACCES)
				found = result;
			at += length;
		}
	}
	if (found == 0)
		r->executable = strdup(candidate);
	return found;
}

/* Of its session, which the process leads by now. EIO: the other end has been closed already. */
static int take_terminal(struct runner *r)
{
	return r->terminal && ioctl(0, TIOCSCTTY, 0) != 0 && errno != EIO ? -errno : 0;
}

int op_await_start(struct runner *r)
{
	int result = take_terminal(r);
	/* The shim's streams and the exit status would be lost without it. */
	if (result == 0 && !r->shim->passing)
		result = check(prctl(PR_SET_PDEATHSIG, SIGKILL));
	if (result == 0)
		result = send_sync(r->sync, SYNC_READY);
	return result == 0 ? await_go(r) : result;
}

static void end_at_once(int number)
{
	_exit(128 + number);
}

/* Who has not started yet has no handlers of its own, and as the first process of its namespace would get nothing. */
static void heed_signals(void (*handler)(int))
{
	static const int heeded[] = { SIGTERM, SIGINT };
	for (size_t i = 0; i < sizeof heeded / sizeof *heeded; i++)
		signal(heeded[i], handler);
}

/*
 * As await-start, but the leave comes through a FIFO (a descriptor that the shim was given), and nobody hears
 * of what happens afterwards. Open for writing too, so that it has no end.
 */
int op_await_fifo(struct runner *r)
{
	char go;
	int result = take_terminal(r);
	if (result == 0)
		result = send_sync(r->sync, SYNC_READY);
	if (result < 0)
		return result;
	r->told_ready = true;
	close_if_open(&r->sync);
	heed_signals(end_at_once);
	ssize_t n;
	do
		n = read(r->fifo, &go, 1);
	while (n < 0 && errno == EINTR);
	result = n < 0 ? -errno : 0;
	heed_signals(SIG_DFL);
	close_if_open(&r->fifo);
	return result;
}

/* A filter that forbids even to exit cannot forbid a trap. */
_Noreturn void end_process(int code)
{
	syscall(SYS_exit_group, code);
	__builtin_trap();
}

/* To the process's streams, in the words and with the status of runc's init. */
_Noreturn void tell_failure(struct runner *r, int error)
{
	char reason[128];
	snprintf(reason, sizeof reason, "%s", strerror(error));
	reason[0] = (char)tolower((unsigned char)reason[0]);
	dprintf(2, "exec %s: %s\n", r->executable, reason);
	end_process(255);
}

int op_exec(struct runner *r, const struct exec_fields *o)
{
	add_home(r, o->env);
	execve(r->executable, (char **)o->args, (char **)o->env);
	/* The file is there and may be executed, but what it names as its interpreter is not, say. */
	tell_failure(r, errno);
}
