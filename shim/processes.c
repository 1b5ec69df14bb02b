/* Makes and forgets processes, with their streams. */
#include "fields.h"
#include "files.h"
#include "processes.h"
#include "run-plan.h"
#include "streams.h"

struct process *find_process(struct shim *shim, uint64_t number)
{
	struct process *process = shim->processes;
	while (process && process->number != number)
		process = process->next;
	return process;
}

struct process *new_process(struct shim *shim, const char *id, unsigned flags)
{
	struct process *process = calloc(1, sizeof *process);
	if (!process || !(process->id = strdup(id)))
		abort();
	process->number = shim->next_number++;
	process->flags = flags;
	process->end = process->sync = process->input = process->terminal = process->terminal_slave = -1;
	process->output[0] = (struct output){ .fd = -1, .stream = 1 };
	process->output[1] = (struct output){ .fd = -1, .stream = 2 };
	struct process **last = &shim->processes;
	while (*last)
		last = &(*last)->next;
	*last = process;
	return process;
}

void free_process(struct shim *shim, struct process *process)
{
	for (struct process **link = &shim->processes; *link; link = &(*link)->next)
		if (*link == process) {
			*link = process->next;
			break;
		}
	for (struct client *client = shim->clients; client; client = client->next)
		if (client->attached == process)
			client->attached = NULL;
	close_input(process);
	if (process->output[0].fd != process->terminal)
		close_if_open(&process->output[0].fd);
	close_if_open(&process->terminal);
	close_if_open(&process->terminal_slave);
	close_if_open(&process->output[1].fd);
	close_if_open(&process->sync);
	close_if_open(&process->end);
	free(process->output[0].line);
	free(process->output[1].line);
	free(process->id);
	free(process);
}

/* Pipes between the shim and the child; `child` gets the child's three ends. */
static int make_pipes(struct process *process, int child[3])
{
	int input[2] = { -1, -1 }, output[2];
	if (process->flags & IO_STDIN ? pipe2(input, O_CLOEXEC) != 0
				      : (input[0] = open("/dev/null", O_RDONLY | O_CLOEXEC)) < 0)
		return -errno;
	child[0] = input[0];
	process->input = input[1];
	if (input[1] >= 0)
		set_nonblocking(input[1]);
	for (int i = 0; i < 2; i++) {
		if (pipe2(output, O_CLOEXEC) != 0)
			return -errno;
		process->output[i].fd = output[0];
		child[i + 1] = output[1];
		set_nonblocking(output[0]);
	}
	return 0;
}

/* The streams of the runtime's caller. */
static int take_streams(struct runner *r)
{
	for (int i = 0; i < 3; i++) {
		r->stdio[i] = fcntl(r->shim->streams + i, F_DUPFD_CLOEXEC, 3);
		if (r->stdio[i] < 0)
			return -errno;
	}
	return 0;
}

/* Starts the plan of a process; the child's own part goes on by itself. */
int launch(struct runner *r, struct cursor *plan)
{
	struct cursor parent = take_operations(plan), child = take_operations(plan);
	int result = plan->bad ? -EBADMSG : 0;
	if (result == 0 && r->shim->passing)
		result = take_streams(r);
	else if (result == 0 && !(r->process->flags & IO_TERMINAL))
		result = make_pipes(r->process, r->stdio);
	r->child_operations = &child;
	if (result == 0)
		result = run_operations(r, &parent);
	for (int i = 0; i < 3; i++)
		close_if_open(&r->stdio[i]);
	while (r->tree_count > 0)
		close(r->trees[--r->tree_count]);
	close_if_open(&r->locked_mounts);
	close_if_open(&r->received_mount);
	if (result == 0 && r->process->pid == 0)
		result = -EBADMSG;
	return result;
}

void run_cleanup(struct shim *shim)
{
	struct runner r = new_runner(shim, shim->processes);
	if (!shim->cleanup)
		return;
	struct cursor c = { shim->cleanup, shim->cleanup + shim->cleanup_bytes, false };
	while (c.at < c.end && !c.bad)
		run_operation(&r, &c);
}
