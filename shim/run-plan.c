/* Runs a plan's lists, and passes messages between parent and child meanwhile. */
#include "fields.h"
#include "files.h"
#include "open-files.h"
#include "operations/child.h"
#include "operations/devices.h"
#include "operations/exec.h"
#include "operations/layouts.h"
#include "run-plan.h"

static void conclude(struct runner *r, int result) __attribute__((noreturn));

void explain(struct runner *r, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(r->detail, sizeof r->detail, format, arguments);
	va_end(arguments);
}

int send_sync(int sync, enum sync_type type)
{
	struct sync_message message = { .type = type };
	return check(send(sync, &message, offsetof(struct sync_message, detail), MSG_NOSIGNAL));
}

int run_operation(struct runner *r, struct cursor *c)
{
	union any_fields fields;
	uint16_t number = take_u16(c);
	if (c->bad)
		return -EBADMSG;
	if (number >= OPERATION_NUMBERS || !operation_layouts[number].run)
		return -ENOSYS;
	const struct operation_layout *layout = &operation_layouts[number];
	take_fields(c, layout->fields, layout->field_count, &fields);
	r->rest = c;
	int result = c->bad ? -EBADMSG : layout->run(r, &fields);
	release_fields(layout->fields, layout->field_count, &fields);
	return result;
}

/* Runs the list up to its end or the first failure; `r->index` then says which. */
int run_operations(struct runner *r, struct cursor *c)
{
	for (; c->at < c->end; r->index++) {
		int result = run_operation(r, c);
		if (result < 0)
			return result;
	}
	return c->bad ? -EBADMSG : 0;
}

void run_child(struct runner *r, struct cursor *list)
{
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	setsid();
	if (*r->shim->oom_score)
		write_file_at(AT_FDCWD, "/proc/self/oom_score_adj", r->shim->oom_score, strlen(r->shim->oom_score));
	r->index = 0;
	r->child_operations = NULL;
	conclude(r, run_operations(r, list));
}

int go_on(void *runner)
{
	struct runner *r = runner;
	setsid();
	r->index++;
	conclude(r, run_operations(r, r->rest));
}

/* What comes after a list that ends in an execution: nothing, but when something has failed. */
static void conclude(struct runner *r, int result)
{
	/* Started through the FIFO: no client waits for a reply, so the error goes to the streams. */
	if (r->told_ready)
		tell_failure(r, -result);
	struct sync_message message = { .type = SYNC_FAILED, .index = r->index, .error = result < 0 ? -result : ENOEXEC };
	memcpy(message.detail, r->detail, sizeof message.detail);
	send(r->sync, &message, sizeof message, MSG_NOSIGNAL);
	end_process(127);
}

/* A process that is being made has one, if it is to have one. */
static int take_console(struct shim *shim, struct process *p, int fds[2])
{
	if (p->state != STATE_CREATING || !(p->flags & IO_TERMINAL) || p->terminal >= 0)
		return -EBADMSG;
	if (shim->passing) {
		int result = shim->console_socket < 0 ? 0 : send_descriptor(shim->console_socket, "/dev/ptmx", 9, fds[0]);
		/* Once only. */
		p->flags &= ~IO_TERMINAL;
		return result;
	}
	p->terminal = fds[0];
	/* Held open, so that the terminal hangs up only when the process has gone. */
	p->terminal_slave = fds[1];
	set_nonblocking(p->terminal);
	p->output[0].fd = p->terminal;
	fds[0] = fds[1] = -1;
	return 0;
}

static int take_mount(struct runner *r, int fds[2])
{
	if (fds[0] < 0)
		return -EBADMSG;
	close_if_open(&r->received_mount);
	r->received_mount = fds[0];
	fds[0] = -1;
	return 0;
}

/* Where nobody asked for it, nobody would answer. */
static int take_listener(struct shim *shim, struct process *process, int fds[2])
{
	if (!shim->open_files.cgroup || process->state != STATE_STARTING || fds[0] < 0)
		return -EBADMSG;
	add_listener(shim, fds[0]);
	fds[0] = -1;
	return 0;
}

/* Takes the descriptors of a message, -1 each where there is none, and who has sent it. */
static void take_ancillary(struct runner *r, struct msghdr *header, int fds[2])
{
	struct ucred sender;
	for (struct cmsghdr *part = CMSG_FIRSTHDR(header); part; part = CMSG_NXTHDR(header, part)) {
		size_t length = part->cmsg_len - CMSG_LEN(0);
		if (part->cmsg_type == SCM_RIGHTS)
			memcpy(fds, CMSG_DATA(part), length < 2 * sizeof *fds ? length : 2 * sizeof *fds);
		if (part->cmsg_type == SCM_CREDENTIALS && length == sizeof sender) {
			memcpy(&sender, CMSG_DATA(part), sizeof sender);
			r->sender = sender.pid;
		}
	}
}

static int handle_sync_message(struct runner *r, struct sync_message *message, int fds[2])
{
	struct process *process = r->process;
	bool asks = message->type == SYNC_MAP_MOUNT || message->type == SYNC_MAKE_NODE;
	/* What it may ask for is what the shim may do and it may not: only a container's init, while it is made. */
	if (asks && (r->party == PARTY_CHILD || process->number != 0 || process->state != STATE_CREATING))
		return -EBADMSG;
	if (message->type == SYNC_MAP_MOUNT || (message->type == SYNC_NODE && !message->error))
		return take_mount(r, fds);
	if (message->type == SYNC_MAKE_NODE)
		return serve_node(r, message);
	if (message->type == SYNC_CONSOLE)
		return take_console(r->shim, process, fds);
	if (message->type == SYNC_FILES)
		return r->party == PARTY_CHILD ? -EBADMSG : take_listener(r->shim, process, fds);
	if (message->type == SYNC_FAILED) {
		r->party = PARTY_CHILD;
		r->index = message->index;
		memcpy(r->detail, message->detail, sizeof r->detail);
		r->detail[sizeof r->detail - 1] = '\0';
		return message->error > 0 ? -message->error : -EIO;
	}
	return 0;
}

/* The next message from the other side; -EPIPE when it has gone, and its own error when it failed. */
int receive_sync_flagged(struct runner *r, struct sync_message *message, int flags)
{
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(2 * sizeof(int)) + CMSG_SPACE(sizeof(struct ucred))];
	} control;
	struct iovec part = { message, sizeof *message };
	struct msghdr header = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control };
	int fds[2] = { -1, -1 };
	ssize_t n;
	memset(message, 0, sizeof *message);
	do
		n = recvmsg(r->party == PARTY_CHILD ? r->sync : r->process->sync, &header, flags | MSG_CMSG_CLOEXEC);
	/* A child that ended without reading what we sent is reset; what it said before that comes after. */
	while (n < 0 && (errno == EINTR || errno == ECONNRESET));
	if (n <= 0)
		return n < 0 ? -errno : -EPIPE;
	take_ancillary(r, &header, fds);
	int result = handle_sync_message(r, message, fds);
	close_if_open(&fds[0]);
	close_if_open(&fds[1]);
	return result;
}

int receive_sync(struct runner *r, struct sync_message *message)
{
	return receive_sync_flagged(r, message, 0);
}

struct runner new_runner(struct shim *shim, struct process *process)
{
	return (struct runner){
		.shim = shim,
		.process = process,
		.party = PARTY_PARENT,
		.sync = -1,
		.root = -1,
		.proc = -1,
		.null_tree = -1,
		.empty_tree = -1,
		.locked_mounts = -1,
		.received_mount = -1,
		.agent = -1,
		.label = -1,
		.fifo = -1,
		.stdio = { -1, -1, -1 },
		.console = -1,
	};
}
