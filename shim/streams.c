/* Copies bytes between processes, the log and attached clients. */
#include "fields.h"
#include "files.h"
#include "log.h"
#include "streams.h"

/* Sends at once what the socket takes, and keeps the rest. */
void send_client(struct client *client, const void *data, size_t n)
{
	if (client->dead)
		return;
	if (client->pending.length == client->pending.sent) {
		release(&client->pending);
		ssize_t sent = send(client->fd, data, n, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (sent < 0 && errno != EAGAIN && errno != EINTR)
			client->dead = true;
		if (sent == (ssize_t)n || client->dead)
			return;
		data = (const char *)data + (sent > 0 ? sent : 0);
		n -= sent > 0 ? sent : 0;
	}
	append(&client->pending, data, n);
	/* Only who has stopped reading gets there: what processes write waits for those that are attached to them. */
	if (client->pending.length - client->pending.sent > MAX_PENDING_BYTES)
		client->dead = true;
}

void flush_client(struct client *client)
{
	struct bytes *pending = &client->pending;
	ssize_t sent = send(client->fd, pending->data + pending->sent, pending->length - pending->sent, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (sent < 0 && errno != EAGAIN && errno != EINTR)
		client->dead = true;
	if (sent > 0)
		pending->sent += sent;
	if (pending->sent == pending->length)
		release(pending);
}

/* Those with a client that has not read yet what it was sent: there is no more for it until it has. */
void mark_slow_processes(struct shim *shim)
{
	for (struct process *process = shim->processes; process; process = process->next)
		process->has_slow_client = false;
	for (struct client *client = shim->clients; client; client = client->next)
		if (client->attached && !client->dead && client->pending.length > 0)
			client->attached->has_slow_client = true;
}

/* `chunk` has room for a frame's header before the data. */
static void deliver_output(struct shim *shim, struct process *process, struct output *output, uint8_t *chunk, size_t n)
{
	uint8_t *data = chunk + FRAME_HEADER_BYTES;
	unsigned wanted = output->stream == 1 ? STREAM_STDOUT : STREAM_STDERR;
	if (process->number == 0 && shim->log.fd >= 0)
		log_output(&shim->log, output, (char *)data, n);
	memset(chunk, 0, FRAME_HEADER_BYTES);
	chunk[0] = output->stream;
	for (int i = 0; i < 4; i++)
		chunk[4 + i] = n >> (24 - 8 * i);
	bool framed = !(process->flags & IO_TERMINAL);
	for (struct client *client = shim->clients; client; client = client->next)
		if (client->attached == process && client->streams & wanted)
			send_client(client, framed ? chunk : data, framed ? n + FRAME_HEADER_BYTES : n);
}

/* One read. Returns how much there was; -1 where there is nothing more at the moment, or ever. */
ssize_t pump_output(struct shim *shim, struct process *process, struct output *output)
{
	static uint8_t chunk[FRAME_HEADER_BYTES + CHUNK_BYTES];
	ssize_t n = read(output->fd, chunk + FRAME_HEADER_BYTES, CHUNK_BYTES);
	if (n > 0) {
		deliver_output(shim, process, output, chunk, n);
		return n;
	}
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return errno == EINTR ? 0 : -1;
	if (output->fd == process->terminal)
		process->terminal = -1;
	close_if_open(&output->fd);
	log_rest(&shim->log, output);
	return -1;
}

void close_input(struct process *process)
{
	release(&process->input_pending);
	close_if_open(&process->input);
}

int input_fd(struct process *process)
{
	return process->flags & IO_TERMINAL ? process->terminal : process->input;
}

void flush_input(struct process *process)
{
	struct bytes *pending = &process->input_pending;
	int fd = input_fd(process);
	if (pending->length > 0) {
		ssize_t n = fd < 0 ? -1 : write(fd, pending->data + pending->sent, pending->length - pending->sent);
		if (n < 0 && (fd < 0 || (errno != EAGAIN && errno != EINTR)))
			close_input(process);
		else if (n > 0 && (pending->sent += n) == pending->length)
			release(pending);
	}
	if (pending->length == 0 && process->close_input)
		close_input(process);
}

/* The client's standard input has ended, or the client has gone. */
void end_input(struct client *client)
{
	struct process *process = client->attached;
	if (client->input_ended)
		return;
	client->input_ended = true;
	if (!process || !(client->streams & STREAM_STDIN) || !(process->flags & IO_STDIN_ONCE) || process->flags & IO_TERMINAL)
		return;
	process->close_input = true;
	flush_input(process);
}

void pump_input(struct client *client)
{
	uint8_t chunk[8192];
	ssize_t n = recv(client->fd, chunk, sizeof chunk, MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		if (n < 0)
			client->dead = true;
		end_input(client);
		return;
	}
	struct process *process = client->attached;
	if (process && client->streams & STREAM_STDIN && !process->close_input && input_fd(process) >= 0) {
		append(&process->input_pending, chunk, n);
		flush_input(process);
	}
}
