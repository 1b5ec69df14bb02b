/* What is done when a process has ended. */
#include "clients.h"
#include "files.h"
#include "log.h"
#include "memory.h"
#include "processes.h"
#include "reaping.h"
#include "streams.h"

/* How much is in a pipe that others may still write to. */
static ssize_t waiting_bytes(struct process *process, struct output *output)
{
	int count = 0;
	if (output->fd == process->terminal || ioctl(output->fd, FIONREAD, &count) != 0)
		return MAX_DRAINED_BYTES;
	return count;
}

/* What the process wrote before it ended is still in its pipes. What other processes write from now on is not its output. */
static void drain_outputs(struct shim *shim, struct process *process)
{
	for (int i = 0; i < 2; i++) {
		struct output *output = &process->output[i];
		ssize_t left = output->fd >= 0 ? waiting_bytes(process, output) : 0, n = 0;
		for (; left > 0 && n >= 0; left -= n)
			n = pump_output(shim, process, output);
		if (output->fd >= 0 && output->fd == process->terminal)
			process->terminal = -1;
		close_if_open(&output->fd);
		log_rest(&shim->log, output);
	}
	close_if_open(&process->terminal_slave);
	close_input(process);
}

/* Attached clients have got everything: half-close, so that they see the end when they have read it. */
static void end_attached(struct shim *shim, struct process *process)
{
	for (struct client *client = shim->clients; client; client = client->next)
		if (client->attached == process) {
			if (client->pending.length == 0)
				shutdown(client->fd, SHUT_RDWR);
			client->input_ended = true;
		}
}

static void tell_watchers(struct shim *shim, struct process *process)
{
	for (struct client *client = shim->clients; client; client = client->next)
		if (client->watching && !client->dead)
			tell_exit(client, process);
}

/* In the room that the engine has left for it while there was some: a disk may be full by now. The newline comes last. */
static void note_exit(struct shim *shim, struct process *process)
{
	char line[EXIT_LINE_BYTES];
	memset(line, ' ', sizeof line);
	int length = snprintf(line, sizeof line, "%d %d %lld", process->exit_code, process->out_of_memory,
			      (long long)process->exited_at_ns);
	line[length] = ' ';
	line[sizeof line - 1] = '\n';
	pwrite(shim->state_file, line, sizeof line, 0);
}

static void end_container(struct shim *shim, struct process *init)
{
	shim->ending = true;
	/* Ports and the network namespace are free again before anyone hears of the exit. */
	close_kept_descriptors(shim);
	/* Reported to connected clients first, then written down for a daemon that starts later. */
	tell_watchers(shim, init);
	note_exit(shim, init);
	run_cleanup(shim);
}

static void reap_process(struct shim *shim, struct process *process, int status)
{
	/* Who has traced it may have its end of the conversation: what is said from now on is not heard. */
	shutdown(process->sync, SHUT_RD);
	while (process->sync >= 0)
		handle_sync(shim, process, true);
	close_if_open(&process->end);
	if (process->state == STATE_EXITED)
		return;
	process->state = STATE_EXITED;
	process->exited_at_ns = now_ns(CLOCK_REALTIME);
	process->exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	process->out_of_memory = count_memory_kills(shim) > 0;
	drain_outputs(shim, process);
	if (process->number == 0)
		end_container(shim, process);
	else
		tell_watchers(shim, process);
	end_attached(shim, process);
}

static void reap_forerunner(struct process *process)
{
	if (process && process->forerunner > 0 && waitpid(process->forerunner, NULL, WNOHANG) > 0)
		process->forerunner = 0;
}

void reap(struct shim *shim)
{
	struct signalfd_siginfo information;
	int status;
	pid_t pid;
	while (read(shim->signals, &information, sizeof information) > 0)
		;
	/* The program that the process was made for has to find it. */
	if (shim->passing) {
		reap_forerunner(shim->processes);
		return;
	}
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		for (struct process *process = shim->processes; process; process = process->next)
			if (process->pid == pid && process->state != STATE_EXITED) {
				if (process->state == STATE_CREATING && WIFEXITED(status) && WEXITSTATUS(status) == 0)
					process->pid = 0; /* `fork`: the other will say that it is ready */
				else
					reap_process(shim, process, status);
				break;
			}
	}
}

/* As of wait(2), of a process that has ended but is not ours to be waited for. */
static int status_of_zombie(pid_t pid)
{
	char path[64], content[1024];
	snprintf(path, sizeof path, "/proc/%d/stat", pid);
	char *field = read_file_at(AT_FDCWD, path, content, sizeof content) < 0 ? NULL : strrchr(content, ' ');
	return field ? atoi(field) : 0; /* exit_code, the last one (proc_pid_stat(5)) */
}

/* A tracer keeps others from waiting for a process (ptrace(2)), and may do so for as long as it lives. */
void handle_end(struct shim *shim, struct process *process)
{
	reap(shim);
	if (process->state != STATE_EXITED)
		reap_process(shim, process, status_of_zombie(process->pid));
}

/* Exec'd processes whose end a client knows, and whose output has been sent, are forgotten. */
void forget_processes(struct shim *shim)
{
	struct process *next;
	mark_slow_processes(shim);
	for (struct process *process = shim->processes ? shim->processes->next : NULL; process; process = next) {
		next = process->next;
		if (process->state == STATE_EXITED && process->told && !process->has_slow_client)
			free_process(shim, process);
	}
}

bool may_end(struct shim *shim)
{
	if (shim->over)
		return true;
	if (!shim->ending)
		return false;
	for (struct client *client = shim->clients; client; client = client->next)
		if (!client->dead && client->pending.length > 0)
			return false;
	return true;
}
