/* Operations that run a program of the host: hooks, and the tools that map ids. */
#include "../fields.h"
#include "../files.h"
#include "../run-plan.h"
#include "hooks.h"
#include "layouts.h"

/* Puts how a hook ended in front of what it wrote. */
static void explain_hook(struct runner *r, int status)
{
	char output[DETAIL_BYTES];
	memcpy(output, r->detail, sizeof output);
	const char *separator = *output ? ": " : "";
	if (WIFSIGNALED(status)) {
		const char *words = strsignal(WTERMSIG(status));
		explain(r, "signal: %c%s%s%s", *words | 0x20, words + 1, separator, output);
	} else {
		explain(r, "exit status %d%s%s", WEXITSTATUS(status), separator, output);
	}
}

/* Waits for a program; its standard error goes into `r->detail`. Returns its wait status or a negated errno. */
static int await_program(struct runner *r, pid_t pid, int errors, int64_t timeout_ms)
{
	int64_t deadline = now_ns(CLOCK_MONOTONIC) / 1000000 + timeout_ms;
	size_t length = 0;
	char spill[256];
	int status = 0;
	for (bool open = true; open;) {
		int64_t left = timeout_ms ? deadline - now_ns(CLOCK_MONOTONIC) / 1000000 : -1;
		struct pollfd ready = { errors, POLLIN, 0 };
		if ((timeout_ms && left <= 0) || poll(&ready, 1, left) == 0) {
			kill(pid, SIGKILL);
			waitpid(pid, &status, 0);
			return -ETIMEDOUT;
		}
		bool full = length >= sizeof r->detail - 1;
		ssize_t n = full ? read(errors, spill, sizeof spill)
				 : read(errors, r->detail + length, sizeof r->detail - 1 - length);
		open = n > 0 || (n < 0 && errno == EINTR);
		if (n > 0 && !full)
			length += n;
	}
	r->detail[length] = '\0';
	return waitpid(pid, &status, 0) < 0 ? -errno : status;
}

/* The state with the child's pid in place of "$PID". */
static void write_hook_state(int fd, const char *state, pid_t pid)
{
	const char *mark = strstr(state, "\"$PID\"");
	if (!mark) {
		write_all(fd, state, strlen(state));
		return;
	}
	dprintf(fd, "%.*s%d%s", (int)(mark - state), state, pid, mark + strlen("\"$PID\""));
}

/* The list has room for it. */
void add_home(struct runner *r, const char **env)
{
	while (r->home && *env)
		env++;
	if (r->home)
		*env = r->home;
}

/*
 * Has newuidmap(1) or newgidmap(1) map ranges that only /etc/subuid lets the user have. `maps` are its arguments
 * after the pid.
 */
int op_map_ids(struct runner *r, const struct map_ids_fields *o)
{
	char child[16];
	int errors[2];
	size_t count = 0;
	while (o->maps[count])
		count++;
	const char **args = calloc(count + 3, sizeof *args);
	if (!args)
		abort();
	snprintf(child, sizeof child, "%d", r->process->pid);
	args[0] = o->tool;
	args[1] = child;
	memcpy(args + 2, o->maps, count * sizeof *o->maps);
	int result = check(pipe2(errors, O_CLOEXEC));
	if (result == 0) {
		pid_t pid = fork();
		if (pid == 0) {
			dup2(errors[1], 2);
			close_between(3, ~0U);
			execv(o->tool, (char **)args);
			dprintf(2, "%s: %s", o->tool, strerror(errno));
			_exit(127);
		}
		result = pid < 0 ? -errno : 0;
		close(errors[1]);
		if (pid > 0)
			result = await_program(r, pid, errors[0], 0);
		close(errors[0]);
		/* The program has already reported the reason. */
		if (result > 0)
			result = -EPERM;
	}
	free(args);
	return result;
}

int op_hook(struct runner *r, const struct hook_fields *o)
{
	int input[2], errors[2];
	int result = 0;
	if (o->adds_home)
		add_home(r, o->env);
	if (pipe2(input, O_CLOEXEC) != 0 || pipe2(errors, O_CLOEXEC) != 0)
		return -errno;
	pid_t pid = fork();
	if (pid == 0) {
		sigset_t none;
		sigemptyset(&none);
		sigprocmask(SIG_SETMASK, &none, NULL);
		dup2(input[0], 0);
		dup2(errors[1], 1);
		dup2(errors[1], 2);
		/* Hooks of the container before it has changed its root find it where they are, as with runc. */
		if (r->root >= 0 && !r->root_changed && fchdir(r->root) != 0)
			_exit(127);
		close_between(3, ~0U);
		execve(o->path, (char **)o->args, (char **)o->env);
		dprintf(2, "%s: %s", o->path, strerror(errno));
		_exit(127);
	}
	close(input[0]);
	close(errors[1]);
	if (pid < 0) {
		result = -errno;
	} else {
		write_hook_state(input[1], o->state, r->party == PARTY_CHILD ? getpid() : r->process->pid);
		close_if_open(&input[1]);
		result = await_program(r, pid, errors[0], o->timeout_ms);
		if (result > 0) {
			explain_hook(r, result);
			result = -ECANCELED;
		}
	}
	close_if_open(&input[1]);
	close(errors[0]);
	return result;
}
