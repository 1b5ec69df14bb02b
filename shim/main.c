/*
 * slipway-shim: the parent of one container's processes, and the interpreter of plans.
 *
 *   daemon ──spawns──▶ shim ──clone──▶ child: runs the plan's operations … exec ─▶ the container's init
 *      │  ▲             │ ▲                                                          │  ▲
 *      │  └─ control ───┘ └──────── standard output and error, exit status ──────────┘  │
 *      └──── attach ──────▶ standard input ─────────────────────────────────────────────┘
 *
 * Life: a client sends MSG_CREATE with a plan over FD_CONTROL. The shim runs the plan's parent list, whose
 * `clone` makes the child, which runs the child list up to `await-start`. From then on the shim listens on
 * STATE_DIR/shim.sock, where any number of clients may connect at any time, also after FD_CONTROL has gone:
 * the shim needs no daemon. It writes the log, copies the streams, makes exec'd processes from further plans,
 * reaps. When the container's init has gone it notes that in STATE_DIR/container.json, tells the watchers, runs the plan's
 * cleanup list, and ends.
 *
 * With MSG_LAUNCH it is instead the helper of an OCI runtime, for one process: the process has the streams of the
 * runtime's caller, waits for its start on a FIFO or for MSG_START, and stays when the shim ends with its client,
 * a child of the caller from then on. The shim neither listens nor reaps then.
 *
 * No policy here: what to do is the plan's business. The one exception is what no plan can express: paths
 * inside the container's root are resolved with openat2(RESOLVE_IN_ROOT), so that no link leads out of it.
 *
 * Reading order: protocol.h, fields, files, root-paths; operations/, where each operation of a plan is a function of its
 * name; run-plan; log, streams, processes, clients, memory, pressure, alone, open-files, relay, reaping; main. shim.h is the state that they share.
 */
#include "alone.h"
#include "clients.h"
#include "files.h"
#include "memory.h"
#include "open-files.h"
#include "pressure.h"
#include "reaping.h"
#include "relay.h"
#include "streams.h"

enum source { FROM_SIGNALS, FROM_END, FROM_LISTENER, FROM_MEMORY, FROM_PRESSURE, FROM_FILES, FROM_RELAYS, FROM_CLIENT, FROM_OUTPUT, FROM_INPUT, FROM_SYNC };

struct watch {
	enum source source;
	void *object;
	int output;
};

/* As long as there are descriptors: none of them is ever left out. */
struct watched {
	struct pollfd *polls;
	struct watch *watches;
	size_t count, room;
};

static void watch(struct watched *w, int fd, short events, struct watch what)
{
	if (fd < 0 || events == 0)
		return;
	if (w->count == w->room) {
		w->room = w->room ? w->room * 2 : 32;
		w->polls = realloc(w->polls, w->room * sizeof *w->polls);
		w->watches = realloc(w->watches, w->room * sizeof *w->watches);
		if (!w->polls || !w->watches)
			abort();
	}
	w->polls[w->count] = (struct pollfd){ fd, events, 0 };
	w->watches[w->count++] = what;
}

static void watch_all(struct watched *w, struct shim *shim)
{
	w->count = 0;
	mark_slow_processes(shim);
	watch(w, shim->signals, POLLIN, (struct watch){ FROM_SIGNALS, NULL, 0 });
	/* The program that a process was made for is told of its end by the kernel. */
	for (struct process *process = shim->processes; process && !shim->passing; process = process->next)
		watch(w, process->end, POLLIN, (struct watch){ FROM_END, process, 0 });
	watch(w, shim->listener, POLLIN, (struct watch){ FROM_LISTENER, NULL, 0 });
	watch(w, shim->memory_events, POLLIN, (struct watch){ FROM_MEMORY, NULL, 0 });
	for (unsigned i = 0; i < shim->trigger_count; i++)
		watch(w, shim->triggers[i], POLLPRI, (struct watch){ FROM_PRESSURE, NULL, i });
	for (unsigned i = 0; i < shim->open_files.listener_count; i++)
		watch(w, shim->open_files.listeners[i], POLLIN, (struct watch){ FROM_FILES, NULL, i });
	watch(w, shim->relay_poll, POLLIN, (struct watch){ FROM_RELAYS, NULL, 0 });
	for (struct client *client = shim->clients; client; client = client->next) {
		struct process *process = client->attached;
		bool reads = !client->input_ended && (!process || process->input_pending.length == 0);
		short events = (reads ? POLLIN : 0) | (client->pending.length ? POLLOUT : 0);
		/* With no event asked for, poll still reports that the client has gone. */
		watch(w, client->fd, events ? events : POLLPRI, (struct watch){ FROM_CLIENT, client, 0 });
	}
	for (struct process *process = shim->processes; process; process = process->next) {
		watch(w, process->sync, POLLIN, (struct watch){ FROM_SYNC, process, 0 });
		if (process->input_pending.length)
			watch(w, input_fd(process), POLLOUT, (struct watch){ FROM_INPUT, process, 0 });
		if (process->has_slow_client)
			continue;
		/* What is handled last in the list comes first: of both streams at once, standard output. */
		for (int i = 1; i >= 0; i--)
			watch(w, process->output[i].fd, POLLIN, (struct watch){ FROM_OUTPUT, process, i });
	}
}

/* Without descriptors left, a client is turned away: it would otherwise be there again at once, for ever. */
static void refuse_client(struct shim *shim)
{
	close_if_open(&shim->spare);
	int fd = accept4(shim->listener, NULL, NULL, SOCK_CLOEXEC);
	close_if_open(&fd);
	shim->spare = fcntl(shim->signals, F_DUPFD_CLOEXEC, 3);
}

static void accept_client(struct shim *shim)
{
	int fd = accept4(shim->listener, NULL, NULL, SOCK_CLOEXEC);
	if (fd >= 0)
		add_client(shim, fd);
	else if (errno == EMFILE || errno == ENFILE)
		refuse_client(shim);
}

static void handle_client(struct shim *shim, struct client *client, short events)
{
	if (events & POLLOUT && client->pending.length > 0) {
		flush_client(client);
		if (client->pending.length == 0 && client->attached && client->attached->state == STATE_EXITED)
			shutdown(client->fd, SHUT_RDWR);
	}
	if (events & POLLIN)
		read_client(shim, client);
	else if (events & (POLLHUP | POLLERR))
		client->dead = true;
}

static void handle_event(struct shim *shim, struct watch *what, short events)
{
	struct process *process = what->object;
	switch (what->source) {
	case FROM_SIGNALS:
		reap(shim);
		break;
	case FROM_END:
		if (process->end >= 0)
			handle_end(shim, process);
		break;
	case FROM_LISTENER:
		accept_client(shim);
		break;
	case FROM_MEMORY:
		handle_memory(shim);
		break;
	case FROM_PRESSURE:
		/* A message that came first may have taken them away. */
		if ((unsigned)what->output < shim->trigger_count && shim->triggers[what->output] >= 0)
			handle_pressure(shim, what->output, events);
		break;
	case FROM_FILES:
		handle_listener(shim, what->output, events);
		break;
	case FROM_RELAYS:
		handle_relays(shim);
		break;
	case FROM_CLIENT:
		handle_client(shim, what->object, events);
		break;
	case FROM_INPUT:
		flush_input(process);
		break;
	case FROM_OUTPUT:
		if (process->output[what->output].fd >= 0)
			pump_output(shim, process, &process->output[what->output]);
		break;
	case FROM_SYNC:
		if (process->sync >= 0)
			handle_sync(shim, process, false);
		break;
	}
}

/* For poll(2): until the first of what has its time. */
static int wait_ms(struct shim *shim)
{
	int absence = wait_before_absence_ms(shim), refusals = wait_before_refusals_ms(shim);
	return absence < 0 || (refusals >= 0 && refusals < absence) ? refusals : absence;
}

static void serve(struct shim *shim)
{
	static struct watched w;
	while (!may_end(shim)) {
		/* Before anything runs, a client that goes away takes the shim with it. */
		if ((!shim->processes || shim->passing) && !shim->clients) {
			if (shim->processes && shim->processes->state == STATE_CREATING)
				give_up(shim, shim->processes);
			return;
		}
		watch_all(&w, shim);
		if (poll(w.polls, w.count, wait_ms(shim)) < 0)
			continue;
		act_in_absence(shim);
		tell_refusals_in_time(shim);
		/* Signals and ends come first in the list, and last here: what a process wrote before it ended, and who was
		   told of it, is settled before it is reaped. */
		for (size_t i = w.count; i-- > 0;)
			if (w.polls[i].revents)
				handle_event(shim, &w.watches[i], w.polls[i].revents);
		remove_dead_clients(shim);
		forget_processes(shim);
	}
	/* Their end tells the clients that the container has gone; taking its mounts down need not keep them waiting. */
	for (struct client *client = shim->clients; client; client = client->next) {
		if (client->pending.length > 0)
			flush_client(client);
		shutdown(client->fd, SHUT_RDWR);
	}
}

static void do_nothing(int number)
{
	(void)number;
}

/*
 * Signals that are caught, and not ignored, have their defaults again in the child (CLONE_CLEAR_SIGHAND), and in a
 * hook. Signals that the shim's parent ignored would be ignored there too.
 */
static void withstand_signals(void)
{
	static const int withstood[] = { SIGPIPE, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGTTOU, SIGTTIN };
	struct sigaction caught = { .sa_handler = do_nothing, .sa_flags = SA_RESTART };
	for (int number = 1; number < 32; number++)
		signal(number, SIG_DFL);
	for (size_t i = 0; i < sizeof withstood / sizeof *withstood; i++)
		sigaction(withstood[i], &caught, NULL);
}

int main(int argc, char **argv)
{
	static struct shim shim = { .listener = -1, .memory_events = -1, .init = -1, .state_directory = -1, .state_file = -1, .log = { .fd = -1 }, .console_socket = -1, .spare = -1, .relay_poll = -1 };
	sigset_t child;
	withstand_signals();
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, NULL);
	umask(022);
	prctl(PR_SET_NAME, NAME);
	/*
	 * Nor are the children until they execute: what they are, have open and have in memory is for nobody in a
	 * container to look at (PR_SET_DUMPABLE(2const)). Without privileges they have to be while their ids are mapped.
	 */
	shim.privileged = geteuid() == 0;
	if (shim.privileged)
		prctl(PR_SET_DUMPABLE, 0);
	/* A program in a container may execute this one (as /proc/self/exe), and gets nowhere. */
	if (fcntl(FD_CONTROL, F_SETFD, FD_CLOEXEC) != 0)
		return 1;
	/* The first descriptor of its own: all between FD_FIRST_KEPT and it came from outside. */
	shim.signals = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
	if (shim.signals < 0)
		return 1;
	for (int fd = FD_FIRST_KEPT; fd < shim.signals; fd++) {
		fcntl(fd, F_SETFD, FD_CLOEXEC);
		keep_descriptor(&shim, fd);
	}
	shim.spare = fcntl(shim.signals, F_DUPFD_CLOEXEC, 3);
	shim.title = argc > 1 ? argv[1] : NULL;
	shim.title_length = argc > 1 ? strlen(argv[1]) : 0;
	add_client(&shim, FD_CONTROL);
	serve(&shim);
	return 0;
}
