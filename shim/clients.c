/* Clients: their requests, and the answers. */
#include "alone.h"
#include "clients.h"
#include "fields.h"
#include "files.h"
#include "log.h"
#include "memory.h"
#include "open-files.h"
#include "operations/settings.h"
#include "pressure.h"
#include "processes.h"
#include "relay.h"
#include "run-plan.h"
#include "streams.h"

static void send_message(struct client *client, enum message type, uint16_t tag, struct bytes *payload)
{
	uint8_t header[HEADER_BYTES];
	uint32_t length = payload ? payload->length : 0;
	uint16_t number = type;
	struct bytes whole = { 0 };
	memcpy(header, &length, 4);
	memcpy(header + 4, &number, 2);
	memcpy(header + 6, &tag, 2);
	append(&whole, header, sizeof header);
	if (length)
		append(&whole, payload->data, length);
	send_client(client, whole.data, whole.length);
	release(&whole);
	if (payload)
		release(payload);
}

static void send_failure(struct client *client, uint16_t tag, enum party party, uint32_t index, int error, const char *detail)
{
	struct bytes payload = { 0 };
	append_int(&payload, party);
	append_int(&payload, index);
	append_int(&payload, error < 0 ? -error : error);
	append_string(&payload, detail);
	send_message(client, MSG_FAILED, tag, &payload);
}

static void send_result(struct client *client, uint16_t tag, int result)
{
	if (result < 0)
		send_failure(client, tag, PARTY_SHIM, 0, result, "");
	else
		send_message(client, MSG_OK, tag, NULL);
}

static void append_process(struct bytes *payload, struct process *process)
{
	append_int(payload, process->number);
	append_string(payload, process->id);
	append_int(payload, process->pid);
	append_int(payload, process->state);
	append_int(payload, process->flags);
	append_int(payload, process->exit_code);
	append_int(payload, process->out_of_memory);
	append_int(payload, process->exited_at_ns);
}

void tell_exit(struct client *client, struct process *process)
{
	struct bytes payload = { 0 };
	append_process(&payload, process);
	send_message(client, MSG_EXITED, 0, &payload);
	process->told = true;
}

/* One that has not heard the last thing yet will hear of it from the exit. */
void tell_out_of_memory(struct shim *shim)
{
	for (struct client *client = shim->clients; client; client = client->next)
		if (client->watching && !client->dead && client->pending.length == 0)
			send_message(client, MSG_OUT_OF_MEMORY, 0, NULL);
}

/* As that. */
static void tell_number(struct shim *shim, enum message type, uint64_t number)
{
	for (struct client *client = shim->clients; client; client = client->next) {
		struct bytes payload = { 0 };
		if (!client->watching || client->dead || client->pending.length > 0)
			continue;
		append_int(&payload, number);
		send_message(client, type, 0, &payload);
	}
}

void tell_pressure(struct shim *shim, unsigned index)
{
	tell_number(shim, MSG_PRESSURE_CROSSED, index);
}

/* How many calls have been refused until now. */
void tell_files_refused(struct shim *shim, uint64_t count)
{
	tell_number(shim, MSG_FILES_REFUSED, count);
}

/* Answers the client that waits for the process to be created or started. */
static void answer_waiting(struct process *process, int result, struct runner *failed)
{
	struct client *client = process->waiting;
	process->waiting = NULL;
	if (!client)
		return;
	if (result < 0) {
		send_failure(client, process->waiting_tag, failed->party, failed->index, result, failed->detail);
	} else if (process->waiting_for == MSG_CREATED) {
		struct bytes payload = { 0 };
		append_int(&payload, process->number);
		append_int(&payload, process->pid);
		send_message(client, MSG_CREATED, process->waiting_tag, &payload);
	} else {
		send_message(client, MSG_OK, process->waiting_tag, NULL);
	}
}

/*
 * Others in its pid namespace may trace a child: then it is the tracer's to be waited for (ptrace(2)), or does not end at
 * all, and keeps nobody waiting here.
 */
static void kill_child(pid_t pid)
{
	int end = syscall(SYS_pidfd_open, pid, 0);
	kill(pid, SIGKILL);
	if (end >= 0)
		readable_within(end, PATIENCE_MS);
	waitpid(pid, NULL, end < 0 ? 0 : WNOHANG);
	close_if_open(&end);
}

/* A process that was never ready: only the client that made it is told. Leaves nothing of a container. */
void give_up(struct shim *shim, struct process *process)
{
	if (process->pid > 0)
		kill_child(process->pid);
	process->state = STATE_EXITED;
	process->told = true;
	if (process->number != 0)
		return;
	run_cleanup(shim);
	shim->over = true;
}

static void hold_mount_namespace(struct shim *shim, struct process *init)
{
	char path[64];
	snprintf(path, sizeof path, "/proc/%d/ns/mnt", init->pid);
	shim->mount_namespace = open(path, O_RDONLY | O_CLOEXEC);
}

/*
 * Who is ready is another child than the one that began, where the plan has a `fork`. That it is a child of this process
 * is what makes its number safe to be killed by.
 */
static void adopt(struct process *process, pid_t sender)
{
	if (sender == process->pid || sender <= 0 || waitid(P_PID, sender, NULL, WEXITED | WNOHANG | WNOWAIT) != 0)
		return;
	bool lives = process->pid > 0 && waitpid(process->pid, NULL, WNOHANG) == 0;
	process->forerunner = lives ? process->pid : 0;
	process->pid = sender;
}

static void handle_ready(struct shim *shim, struct process *process, struct runner *r)
{
	if (process->state != STATE_CREATING)
		return;
	adopt(process, r->sender);
	process->end = syscall(SYS_pidfd_open, process->pid, 0);
	process->state = process->flags & IO_START ? STATE_STARTING : STATE_CREATED;
	if (process->number == 0)
		hold_mount_namespace(shim, process);
	if (process->state == STATE_STARTING)
		send_sync(process->sync, SYNC_GO);
	else
		answer_waiting(process, 0, r);
}

/*
 * Whether a process that has closed its end of the conversation has done so by ending, in a trap, before it executed
 * anything: it has a filter that forbids both to execute and to exit. A name tells the two apart, as the kernel sets it
 * anew when it executes. One that was traced, or whose first thread has ended before others, cannot be waited for: it has
 * executed something.
 */
static bool ended_in_trap(struct process *process)
{
	char path[64], name[32], link[1];
	siginfo_t information = { 0 };
	snprintf(path, sizeof path, "/proc/%d/exe", process->pid);
	if (readlink(path, link, sizeof link) >= 0)
		return false;
	readable_within(process->end, MOMENT_MS);
	if (waitid(P_PID, process->pid, &information, WEXITED | WNOWAIT | WNOHANG) != 0 || information.si_pid == 0 ||
	    information.si_code == CLD_EXITED)
		return false;
	snprintf(path, sizeof path, "/proc/%d/comm", process->pid);
	return (information.si_status == SIGILL || information.si_status == SIGTRAP) &&
	       read_file_at(AT_FDCWD, path, name, sizeof name) == 0 && strcmp(name, NAME "\n") == 0;
}

/*
 * The child reports that it is ready, has failed, or (by closing its end) that it executes. `last`: it has ended, and
 * there is nothing to be waited for.
 */
void handle_sync(struct shim *shim, struct process *process, bool last)
{
	struct runner r = new_runner(shim, process);
	struct sync_message message;
	int result = receive_sync_flagged(&r, &message, MSG_DONTWAIT);
	close_if_open(&r.locked_mounts);
	close_if_open(&r.received_mount);
	if (result == -EAGAIN && !last)
		return;
	if (result == -EAGAIN)
		result = -EPIPE;
	if (result == 0) {
		if (message.type == SYNC_READY)
			handle_ready(shim, process, &r);
		return;
	}
	close_if_open(&process->sync);
	if (result == -EPIPE && process->state == STATE_STARTING && !ended_in_trap(process)) {
		process->state = STATE_RUNNING;
		answer_waiting(process, 0, &r);
		return;
	}
	if (result == -EPIPE) {
		bool starting = process->state == STATE_STARTING;
		r.party = PARTY_CHILD;
		explain(&r, starting ? "its seccomp filter allows neither to execute nor to exit" : "the process ended before it was started");
		result = starting ? -EPERM : result;
	}
	if (process->state == STATE_CREATING)
		give_up(shim, process);
	answer_waiting(process, result, &r);
}

/*
 * Without the shim the container's output and exit would be lost: it is the last to be killed, with the value that
 * containerd's shims have. Its children do not inherit it. Where that may not be (CAP_SYS_RESOURCE), it stays as it is.
 */
static void guard_against_oom(struct shim *shim)
{
	static const char score[] = "-998";
	char own[sizeof shim->oom_score];
	if (read_file_at(AT_FDCWD, "/proc/self/oom_score_adj", own, sizeof own) == 0 &&
	    write_file_at(AT_FDCWD, "/proc/self/oom_score_adj", score, sizeof score - 1) == 0)
		strcpy(shim->oom_score, own);
}

static int listen_for_clients(struct shim *shim)
{
	char path[64];
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	/* Through the descriptor, since the directory's own path may be longer than a socket's may be. */
	snprintf(path, sizeof path, "/proc/self/fd/%d/shim.sock", shim->state_directory);
	strcpy(address.sun_path, path);
	unlink(path);
	shim->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	mode_t mask = umask(0177);
	int result = shim->listener < 0 ? -errno : check(bind(shim->listener, (struct sockaddr *)&address, sizeof address));
	umask(mask);
	return result < 0 ? result : check(listen(shim->listener, 64));
}

static void set_title(struct shim *shim, const char *id)
{
	size_t length = strlen(id);
	if (!shim->title)
		return;
	memset(shim->title, 0, shim->title_length);
	memcpy(shim->title, id, length < shim->title_length ? length : shim->title_length);
}

static int prepare_container(struct shim *shim, struct cursor *c)
{
	set_title(shim, shim->processes->id);
	const char *state_directory = take_string(c);
	const char *log_path = take_string(c);
	shim->log.max_bytes = take_int(c);
	shim->log.max_files = take_int(c);
	shim->log.attributes = strdup(take_string(c));
	shim->out_of_memory_file = strdup(take_string(c));
	if (c->bad)
		return -EBADMSG;
	shim->state_directory = open(state_directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (shim->state_directory < 0)
		return -errno;
	shim->state_file = openat(shim->state_directory, "container.json", O_WRONLY | O_CLOEXEC);
	if (shim->state_file < 0)
		return -errno;
	open_log(&shim->log, log_path);
	return *log_path && shim->log.fd < 0 ? -errno : 0;
}

/* The plan's third list outlives its message. */
static int keep_cleanup(struct shim *shim, struct cursor plan)
{
	take_operations(&plan);
	take_operations(&plan);
	struct cursor cleanup = take_operations(&plan);
	if (plan.bad)
		return -EBADMSG;
	shim->cleanup_bytes = cleanup.end - cleanup.at;
	shim->cleanup = malloc(shim->cleanup_bytes + 1);
	if (!shim->cleanup)
		abort();
	memcpy(shim->cleanup, cleanup.at, shim->cleanup_bytes);
	return 0;
}

/* Runs the plan that comes next; `result` is that of the preparations. The answer comes from handle_sync, when
   the child is ready. */
static void begin_process(struct shim *shim, struct client *client, uint16_t tag, struct cursor *c,
			  struct process *process, int result)
{
	struct runner r = new_runner(shim, process);
	if (result == 0 && process->number == 0)
		result = keep_cleanup(shim, *c);
	r.party = result == 0 ? PARTY_PARENT : PARTY_SHIM;
	if (result == 0)
		result = launch(&r, c);
	/* While the child is at work. */
	if (result == 0 && process->number == 0 && !shim->passing) {
		guard_against_oom(shim);
		watch_memory(shim);
		if ((result = listen_for_clients(shim)) < 0)
			r.party = PARTY_SHIM;
	}
	if (result < 0) {
		give_up(shim, process);
		send_failure(client, tag, r.party, r.index, result, r.detail);
		free_process(shim, process);
		return;
	}
	process->waiting = client;
	process->waiting_tag = tag;
	process->waiting_for = MSG_CREATED;
}

/* MSG_CREATE, whose sender hears of every exit from then on, and MSG_EXEC */
static void handle_create(struct shim *shim, struct client *client, uint16_t tag, struct cursor *c, bool is_exec)
{
	unsigned flags = take_int(c);
	const char *id = take_string(c);
	if (c->bad || (shim->processes != NULL) != is_exec || (is_exec && shim->ending)) {
		send_result(client, tag, c->bad ? -EBADMSG : is_exec ? -ESRCH : -EALREADY);
		return;
	}
	struct process *process = new_process(shim, id, flags);
	int result = is_exec ? 0 : prepare_container(shim, c);
	client->watching |= !is_exec;
	begin_process(shim, client, tag, c, process, result);
}

/* MSG_LAUNCH */
static void handle_launch(struct shim *shim, struct client *client, uint16_t tag, struct cursor *c)
{
	unsigned flags = take_int(c);
	const char *id = take_string(c);
	int init = take_int(c), console = take_int(c);
	shim->streams = take_int(c);
	shim->preserved = take_int(c);
	if (c->bad || shim->processes) {
		send_result(client, tag, c->bad ? -EBADMSG : -EALREADY);
		return;
	}
	shim->passing = true;
	shim->init = init ? init : -1;
	shim->console_socket = console ? console : -1;
	begin_process(shim, client, tag, c, new_process(shim, id, flags), 0);
}

static void handle_start(struct client *client, uint16_t tag, struct process *process)
{
	if (!process || process->state != STATE_CREATED) {
		send_result(client, tag, process ? -EALREADY : -ESRCH);
		return;
	}
	process->state = STATE_STARTING;
	process->waiting = client;
	process->waiting_tag = tag;
	process->waiting_for = MSG_OK;
	send_sync(process->sync, SYNC_GO);
}

/* Race-free: a pid cannot be used again before this process has reaped it. */
static int kill_process(struct process *process, int signal)
{
	if (!process || process->pid <= 0 || process->state == STATE_EXITED)
		return -ESRCH;
	return check(kill(process->pid, signal));
}

static int resize(struct process *process, struct cursor *c)
{
	struct winsize size = { .ws_row = take_int(c), .ws_col = take_int(c) };
	if (c->bad)
		return -EBADMSG;
	if (!process || process->terminal < 0)
		return -ENOTTY;
	return check(ioctl(process->terminal, TIOCSWINSZ, &size));
}

static void handle_attach(struct client *client, uint16_t tag, struct process *process, unsigned streams)
{
	if (!process || process->state == STATE_EXITED) {
		send_result(client, tag, -ESRCH);
		return;
	}
	send_result(client, tag, 0);
	client->attached = process;
	client->streams = streams;
}

static void handle_status(struct shim *shim, struct client *client, uint16_t tag)
{
	struct bytes payload = { 0 };
	for (struct process *process = shim->processes; process; process = process->next)
		append_process(&payload, process);
	send_message(client, MSG_PROCESSES, tag, &payload);
}

/* From now on the client hears of every exit; of those that were not reported yet, at once. */
static void handle_watch(struct shim *shim, struct client *client, uint16_t tag)
{
	client->watching = true;
	send_result(client, tag, 0);
	for (struct process *process = shim->processes; process; process = process->next)
		if (process->state == STATE_EXITED && !process->told)
			tell_exit(client, process);
}

/*
 * A new network namespace: a shim without a container makes them, since the kernel may take milliseconds over one,
 * which the daemon's only thread does not have. Returns a descriptor.
 */
static int make_network_namespace(void)
{
	int own = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (own < 0)
		return -errno;
	int made = check(unshare(CLONE_NEWNET));
	if (made == 0) {
		made = bring_loopback_up();
		if (made == 0) {
			made = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
			made = made < 0 ? -errno : made;
		}
		/* Those that follow would be made in the wrong place. */
		if (setns(own, CLONE_NEWNET) != 0)
			_exit(1);
	}
	close(own);
	return made;
}

static void handle_network_namespace(struct client *client, uint16_t tag)
{
	struct bytes payload = { 0 };
	int made = make_network_namespace();
	if (made < 0) {
		send_result(client, tag, made);
		return;
	}
	append_int(&payload, made);
	append_int(&payload, getpid());
	send_message(client, MSG_CREATED, tag, &payload);
}

void keep_descriptor(struct shim *shim, int fd)
{
	shim->kept = realloc(shim->kept, (shim->kept_count + 1) * sizeof *shim->kept);
	if (!shim->kept)
		abort();
	shim->kept[shim->kept_count++] = fd;
	relay_socket(shim, fd);
}

void close_kept_descriptors(struct shim *shim)
{
	end_relays(shim);
	while (shim->kept_count > 0)
		close(shim->kept[--shim->kept_count]);
}

/* The descriptors have been kept when they came; where the container has ended meanwhile, they go with the others. */
static int keep_received(struct shim *shim)
{
	if (!shim->ending)
		return 0;
	close_kept_descriptors(shim);
	return -ESRCH;
}

static bool is_bound_to(int fd, int protocol, const char *address, size_t length)
{
	struct sockaddr_storage own = { 0 };
	int own_protocol = 0;
	socklen_t own_length = sizeof own, size = sizeof own_protocol;
	return getsockname(fd, (struct sockaddr *)&own, &own_length) == 0 && own_length == length &&
	       getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &own_protocol, &size) == 0 && own_protocol == protocol &&
	       memcmp(&own, address, length) == 0;
}

/* Lets others have a port that is published no more, while the container goes on. */
static void close_socket(struct shim *shim, struct cursor *c)
{
	size_t length, left = 0;
	int protocol = take_int(c);
	const char *address = take_bytes(c, &length);
	for (size_t i = 0; i < shim->kept_count && !c->bad; i++) {
		if (is_bound_to(shim->kept[i], protocol, address, length)) {
			end_relay(shim, shim->kept[i]);
			close(shim->kept[i]);
		} else {
			shim->kept[left++] = shim->kept[i];
		}
	}
	if (!c->bad)
		shim->kept_count = left;
}

static void handle_message(struct shim *shim, struct client *client, uint16_t type, uint16_t tag, struct cursor *c)
{
	if (type == MSG_CREATE || type == MSG_EXEC) {
		handle_create(shim, client, tag, c, type == MSG_EXEC);
		return;
	}
	if (type == MSG_LAUNCH) {
		handle_launch(shim, client, tag, c);
		return;
	}
	if ((type == MSG_NETWORK_NAMESPACE || type == MSG_CLOSE) && !shim->processes) {
		if (type == MSG_NETWORK_NAMESPACE)
			handle_network_namespace(client, tag);
		else
			send_result(client, tag, check(close(take_int(c))));
		return;
	}
	if (type == MSG_KEEP) {
		send_result(client, tag, keep_received(shim));
		return;
	}
	if (type == MSG_CLOSE_SOCKET) {
		close_socket(shim, c);
		send_result(client, tag, 0);
		return;
	}
	if (type == MSG_LEAD_RELAYS) {
		lead_relays(shim, c);
		send_result(client, tag, c->bad ? -EINVAL : 0);
		return;
	}
	if (type == MSG_STATUS || type == MSG_WATCH) {
		(type == MSG_STATUS ? handle_status : handle_watch)(shim, client, tag);
		return;
	}
	if (type == MSG_WHEN_ALONE || type == MSG_PRESSURE) {
		send_result(client, tag, (type == MSG_PRESSURE ? watch_pressure : prepare_for_absence)(shim, c));
		return;
	}
	if (type == MSG_FILES_LIMIT) {
		send_result(client, tag, set_files_limit(shim, c));
		return;
	}
	struct process *process = find_process(shim, take_int(c));
	if (type == MSG_START && !c->bad)
		handle_start(client, tag, process);
	else if (type == MSG_KILL)
		send_result(client, tag, kill_process(process, take_int(c)));
	else if (type == MSG_RESIZE)
		send_result(client, tag, resize(process, c));
	else if (type == MSG_ATTACH)
		handle_attach(client, tag, process, take_int(c));
	else
		send_result(client, tag, -ENOSYS);
}

/* Handles every whole message received; what follows an attach is the process's input. */
static void handle_received(struct shim *shim, struct client *client)
{
	struct bytes *received = &client->received;
	while (!client->attached && !client->dead && received->length - received->sent >= HEADER_BYTES) {
		uint32_t length;
		uint16_t type, tag;
		uint8_t *at = received->data + received->sent;
		memcpy(&length, at, 4);
		memcpy(&type, at + 4, 2);
		memcpy(&tag, at + 6, 2);
		if (length > MAX_PAYLOAD_BYTES) {
			client->dead = true;
			return;
		}
		if (received->length - received->sent < HEADER_BYTES + length)
			return;
		received->sent += HEADER_BYTES + length;
		struct cursor c = { at + HEADER_BYTES, at + HEADER_BYTES + length, false };
		handle_message(shim, client, type, tag, &c);
	}
	if (client->attached && received->length > received->sent) {
		append(&client->attached->input_pending, received->data + received->sent, received->length - received->sent);
		received->sent = received->length;
		flush_input(client->attached);
	}
	if (received->sent == received->length)
		release(received);
}

/* As recv; descriptors that come along are kept. */
static ssize_t receive(struct shim *shim, struct client *client, void *buffer, size_t size)
{
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(MAX_DESCRIPTORS * sizeof(int))];
	} control;
	struct iovec part = { buffer, size };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control };
	ssize_t n = recvmsg(client->fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	struct cmsghdr *rights = n > 0 ? CMSG_FIRSTHDR(&message) : NULL;
	if (rights && rights->cmsg_type == SCM_RIGHTS)
		for (size_t at = 0; at + sizeof(int) <= rights->cmsg_len - CMSG_LEN(0); at += sizeof(int)) {
			int fd;
			memcpy(&fd, CMSG_DATA(rights) + at, sizeof fd);
			keep_descriptor(shim, fd);
		}
	return n;
}

void read_client(struct shim *shim, struct client *client)
{
	uint8_t chunk[8192];
	if (client->attached) {
		pump_input(client);
		return;
	}
	ssize_t n = receive(shim, client, chunk, sizeof chunk);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		client->dead = true;
		return;
	}
	append(&client->received, chunk, n);
	handle_received(shim, client);
}

void add_client(struct shim *shim, int fd)
{
	struct client *client = calloc(1, sizeof *client);
	if (!client)
		abort();
	client->fd = fd;
	client->next = shim->clients;
	shim->clients = client;
}

void remove_dead_clients(struct shim *shim)
{
	for (struct client **link = &shim->clients; *link;) {
		struct client *client = *link;
		if (!client->dead) {
			link = &client->next;
			continue;
		}
		end_input(client);
		for (struct process *process = shim->processes; process; process = process->next)
			if (process->waiting == client)
				process->waiting = NULL;
		*link = client->next;
		close(client->fd);
		release(&client->received);
		release(&client->pending);
		free(client);
	}
}
