/*
 * Of the sockets that the shim keeps, those of IPv6 that listen, and those of UDP that want to know where a datagram was
 * sent to, are to be relayed: to the container's address, which the daemon tells whenever it changes. It is reached by the
 * network's bridge only, so no program of the host's ever gets what is meant for the container, whatever becomes of
 * addresses, routes and the firewall.
 */
#include "relay.h"

#include <netinet/in.h>
#include <sys/epoll.h>

#include "files.h"

#ifndef SO_BINDTOIFINDEX
#define SO_BINDTOIFINDEX 62 /* asm-generic/socket.h */
#endif
#define MAX_RELAYS 1024 /* connections and UDP senders of a container at a time */
#define MAX_EVENTS 64
#define SENDER_IDLE_NS (90LL * 1000000000)

enum relay_kind { RELAY_LISTENER, RELAY_DATAGRAMS, RELAY_STREAM, RELAY_SENDER };

struct relay {
	struct relay *next;
	enum relay_kind kind;
	int fd;
	uint32_t events; /* that are waited for; 0: it is not looked at */
	/* RELAY_STREAM: the other end of it, and what came from this one and has not gone there. */
	struct relay *peer;
	uint8_t *data;
	size_t sent, length;
	bool ended, told_end;
	/* RELAY_LISTENER, RELAY_DATAGRAMS: what it is bound to, and where it leads, by which interface (0: nowhere). */
	struct sockaddr_in6 own;
	int protocol;
	struct sockaddr_in target;
	int device;
	/* RELAY_SENDER: who sends, to which of the host's addresses, by which socket. */
	struct sockaddr_in6 sender;
	struct in6_pktinfo asked;
	int by;
	int64_t used_ns;
};

static void look_for(struct shim *shim, struct relay *relay, uint32_t events)
{
	struct epoll_event wanted = { .events = events, .data.fd = relay->fd };
	/* A socket that is looked at for nothing would still report its end, again and again. */
	int call = events == 0 ? EPOLL_CTL_DEL : relay->events == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
	if (events != relay->events)
		epoll_ctl(shim->relay_poll, call, relay->fd, &wanted);
	relay->events = events;
}

static struct relay *add_relay(struct shim *shim, enum relay_kind kind, int fd)
{
	struct relay *relay = calloc(1, sizeof *relay);
	if (!relay)
		abort();
	*relay = (struct relay){ .next = shim->relays, .kind = kind, .fd = fd };
	shim->relays = relay;
	return relay;
}

static struct relay *find_relay(struct shim *shim, int fd)
{
	struct relay *relay = shim->relays;
	while (relay && relay->fd != fd)
		relay = relay->next;
	return relay;
}

/* Of a connection, both ends. The socket of a port is its keeper's to close. */
static void remove_relay(struct shim *shim, struct relay *gone)
{
	struct relay **link = &shim->relays;
	while (*link != gone)
		link = &(*link)->next;
	*link = gone->next;
	look_for(shim, gone, 0);
	if (gone->kind == RELAY_STREAM || gone->kind == RELAY_SENDER) {
		close(gone->fd);
		shim->relay_count--;
	}
	if (gone->peer) {
		gone->peer->peer = NULL;
		remove_relay(shim, gone->peer);
	}
	free(gone->data);
	free(gone);
}

/* The sender that has said nothing for longest makes room: anybody can send from as many addresses as he likes. */
static bool make_room(struct shim *shim)
{
	struct relay *oldest = NULL;
	if (shim->relay_count < MAX_RELAYS)
		return true;
	for (struct relay *relay = shim->relays; relay; relay = relay->next)
		if (relay->kind == RELAY_SENDER && (!oldest || relay->used_ns < oldest->used_ns))
			oldest = relay;
	if (oldest)
		remove_relay(shim, oldest);
	return oldest != NULL;
}

/* For something that came to a port. */
static int connect_to_container(const struct relay *port, int type)
{
	if (port->device == 0) {
		errno = ENETUNREACH;
		return -1;
	}
	int fd = socket(AF_INET, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	if (setsockopt(fd, SOL_SOCKET, SO_BINDTOIFINDEX, &port->device, sizeof port->device) != 0 ||
	    (connect(fd, (const struct sockaddr *)&port->target, sizeof port->target) != 0 && errno != EINPROGRESS))
		close_if_open(&fd);
	return fd;
}

/* Takes it off the queue, so that it is not there again at once: who asks is told that nobody listens. */
static void turn_away(struct shim *shim, int listener)
{
	close_if_open(&shim->spare);
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	close_if_open(&fd);
	shim->spare = fcntl(shim->signals, F_DUPFD_CLOEXEC, 3);
}

static void accept_connection(struct shim *shim, struct relay *listener)
{
	bool has_room = make_room(shim);
	int fd = has_room ? accept4(listener->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK) : -1;
	if (fd < 0 && (!has_room || errno == EMFILE || errno == ENFILE)) {
		turn_away(shim, listener->fd);
		return;
	}
	if (fd < 0)
		return;
	/* While it lingers after its end, the port can be bound anew. */
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){ 1 }, sizeof(int));
	int inside = connect_to_container(listener, SOCK_STREAM);
	if (inside < 0) {
		close(fd);
		return;
	}
	struct relay *outer = add_relay(shim, RELAY_STREAM, fd), *inner = add_relay(shim, RELAY_STREAM, inside);
	shim->relay_count += 2;
	outer->peer = inner;
	inner->peer = outer;
	look_for(shim, outer, EPOLLIN);
	look_for(shim, inner, EPOLLIN);
}

static bool would_block(ssize_t result)
{
	return result < 0 && (errno == EAGAIN || errno == EINTR);
}

/* What one end has said goes to the other one, as far as that takes it. Returns false where there is no way on. */
static bool pass_on(struct relay *from)
{
	struct relay *to = from->peer;
	if (!from->data && !(from->data = malloc(CHUNK_BYTES)))
		return false;
	if (from->length == from->sent && !from->ended) {
		ssize_t n = read(from->fd, from->data, CHUNK_BYTES);
		if (n < 0 && !would_block(n))
			return false;
		from->ended = n == 0;
		from->sent = 0;
		from->length = n > 0 ? n : 0;
	}
	if (from->sent < from->length) {
		ssize_t n = send(to->fd, from->data + from->sent, from->length - from->sent, MSG_NOSIGNAL);
		if (n < 0 && !would_block(n))
			return false;
		from->sent += n > 0 ? n : 0;
	}
	if (from->ended && from->sent == from->length && !from->told_end) {
		shutdown(to->fd, SHUT_WR);
		from->told_end = true;
	}
	return true;
}

static uint32_t events_of(const struct relay *relay)
{
	bool has_place = !relay->ended && relay->sent == relay->length;
	return (has_place ? EPOLLIN : 0) | (relay->peer->sent < relay->peer->length ? EPOLLOUT : 0);
}

static void handle_stream(struct shim *shim, struct relay *relay, uint32_t events)
{
	struct relay *peer = relay->peer;
	if (events & EPOLLERR || !pass_on(relay) || !pass_on(peer) || (relay->told_end && peer->told_end)) {
		remove_relay(shim, relay);
		return;
	}
	look_for(shim, relay, events_of(relay));
	look_for(shim, peer, events_of(peer));
}

/* Those that have said nothing for a while make room for others. */
static void forget_idle_senders(struct shim *shim)
{
	int64_t oldest = now_ns(CLOCK_MONOTONIC) - SENDER_IDLE_NS;
	for (struct relay *relay = shim->relays, *next; relay; relay = next) {
		next = relay->next;
		if (relay->kind == RELAY_SENDER && relay->used_ns < oldest)
			remove_relay(shim, relay);
	}
}

static struct relay *find_sender(struct shim *shim, int by, const struct sockaddr_in6 *sender)
{
	for (struct relay *relay = shim->relays; relay; relay = relay->next)
		if (relay->kind == RELAY_SENDER && relay->by == by &&
		    memcmp(&relay->sender, sender, sizeof *sender) == 0)
			return relay;
	return NULL;
}

static struct relay *add_sender(struct shim *shim, const struct relay *port, const struct sockaddr_in6 *sender)
{
	forget_idle_senders(shim);
	int fd = make_room(shim) ? connect_to_container(port, SOCK_DGRAM) : -1;
	if (fd < 0)
		return NULL;
	struct relay *relay = add_relay(shim, RELAY_SENDER, fd);
	shim->relay_count++;
	relay->by = port->fd;
	relay->sender = *sender;
	look_for(shim, relay, EPOLLIN);
	return relay;
}

union packet_control {
	struct cmsghdr header;
	char space[CMSG_SPACE(sizeof(struct in6_pktinfo))];
};

static void pass_datagram_in(struct shim *shim, struct relay *port)
{
	static uint8_t datagram[65536];
	struct sockaddr_in6 sender = { 0 };
	union packet_control control;
	struct iovec part = { datagram, sizeof datagram };
	struct msghdr message = { .msg_name = &sender, .msg_namelen = sizeof sender, .msg_iov = &part, .msg_iovlen = 1,
				  .msg_control = &control, .msg_controllen = sizeof control };
	ssize_t n = recvmsg(port->fd, &message, MSG_DONTWAIT);
	if (n < 0)
		return;
	struct relay *relay = find_sender(shim, port->fd, &sender);
	if (!relay && !(relay = add_sender(shim, port, &sender)))
		return;
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	if (header && header->cmsg_level == IPPROTO_IPV6 && header->cmsg_type == IPV6_PKTINFO)
		memcpy(&relay->asked, CMSG_DATA(header), sizeof relay->asked);
	relay->used_ns = now_ns(CLOCK_MONOTONIC);
	send(relay->fd, datagram, n, MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* From the address that was asked. */
static void pass_datagram_out(struct shim *shim, struct relay *relay)
{
	static uint8_t datagram[65536];
	ssize_t n = recv(relay->fd, datagram, sizeof datagram, MSG_DONTWAIT);
	if (n < 0) {
		/* Nobody listens there: as long as that is so, the sender hears nothing. */
		if (!would_block(n))
			remove_relay(shim, relay);
		return;
	}
	relay->used_ns = now_ns(CLOCK_MONOTONIC);
	union packet_control control = { .header = { .cmsg_len = CMSG_LEN(sizeof relay->asked),
						     .cmsg_level = IPPROTO_IPV6, .cmsg_type = IPV6_PKTINFO } };
	memcpy(CMSG_DATA(&control.header), &relay->asked, sizeof relay->asked);
	struct iovec part = { datagram, n };
	struct msghdr message = { .msg_name = &relay->sender, .msg_namelen = sizeof relay->sender, .msg_iov = &part,
				  .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control };
	sendmsg(relay->by, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static int option_of(int fd, int level, int option)
{
	int value = 0;
	socklen_t length = sizeof value;
	return getsockopt(fd, level, option, &value, &length) == 0 ? value : 0;
}

/* Of a descriptor that is kept, and may be something else. */
void relay_socket(struct shim *shim, int fd)
{
	if (option_of(fd, SOL_SOCKET, SO_DOMAIN) != AF_INET6)
		return;
	bool listens = option_of(fd, SOL_SOCKET, SO_ACCEPTCONN);
	bool is_asked = option_of(fd, SOL_SOCKET, SO_TYPE) == SOCK_DGRAM && option_of(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO);
	if (!listens && !is_asked)
		return;
	if (shim->relay_poll < 0)
		shim->relay_poll = epoll_create1(EPOLL_CLOEXEC);
	set_nonblocking(fd);
	struct relay *port = add_relay(shim, listens ? RELAY_LISTENER : RELAY_DATAGRAMS, fd);
	socklen_t length = sizeof port->own;
	getsockname(fd, (struct sockaddr *)&port->own, &length);
	port->protocol = option_of(fd, SOL_SOCKET, SO_PROTOCOL);
	look_for(shim, port, EPOLLIN);
}

static bool is_port(const struct relay *relay)
{
	return relay->kind == RELAY_LISTENER || relay->kind == RELAY_DATAGRAMS;
}

/* The next one from `start` on that is bound so, in a circle: the daemon names them in their order. */
static struct relay *find_port(struct shim *shim, struct relay *start, int protocol, const struct sockaddr_in6 *own)
{
	struct relay *relay = start;
	do {
		if (is_port(relay) && relay->protocol == protocol && relay->own.sin6_port == own->sin6_port &&
		    memcmp(&relay->own.sin6_addr, &own->sin6_addr, sizeof own->sin6_addr) == 0)
			return relay;
		relay = relay->next ? relay->next : shim->relays;
	} while (relay != start);
	return NULL;
}

static void lead_nowhere(struct shim *shim)
{
	for (struct relay *relay = shim->relays; relay; relay = relay->next)
		relay->device = 0;
}

/* Who sends to a port that leads elsewhere now is to be heard there. */
static void forget_misled_senders(struct shim *shim)
{
	for (struct relay *relay = shim->relays, *next; relay; relay = next) {
		next = relay->next;
		struct relay *port = relay->kind == RELAY_SENDER ? find_relay(shim, relay->by) : NULL;
		struct sockaddr_in to = { 0 };
		socklen_t length = sizeof to;
		if (port && (port->device == 0 || getpeername(relay->fd, (struct sockaddr *)&to, &length) != 0 ||
			     memcmp(&to.sin_addr, &port->target.sin_addr, sizeof to.sin_addr) != 0))
			remove_relay(shim, relay);
	}
}

/* Of each port: its protocol and address, and the container's address, port, and the index of the bridge. */
void lead_relays(struct shim *shim, struct cursor *c)
{
	struct relay *at = shim->relays;
	lead_nowhere(shim);
	while (at && c->at < c->end && !c->bad) {
		int protocol = take_int(c);
		size_t length, target_length;
		const char *own = take_bytes(c, &length), *target = take_bytes(c, &target_length);
		int device = take_int(c);
		struct sockaddr_in6 bound;
		if (c->bad || length != sizeof bound || target_length != sizeof at->target)
			continue;
		memcpy(&bound, own, sizeof bound);
		struct relay *port = find_port(shim, at, protocol, &bound);
		if (!port)
			continue;
		memcpy(&port->target, target, sizeof port->target);
		port->device = device;
		at = port->next ? port->next : shim->relays;
	}
	forget_misled_senders(shim);
}

/* Before the descriptor is closed. What has been connected goes on. */
void end_relay(struct shim *shim, int fd)
{
	for (struct relay *relay = shim->relays, *next; relay; relay = next) {
		next = relay->next;
		if (relay->fd == fd || (relay->kind == RELAY_SENDER && relay->by == fd))
			remove_relay(shim, relay);
	}
}

void end_relays(struct shim *shim)
{
	while (shim->relays)
		remove_relay(shim, shim->relays);
}

/* What an event is about may have gone by an earlier one. */
void handle_relays(struct shim *shim)
{
	struct epoll_event events[MAX_EVENTS];
	int count = epoll_wait(shim->relay_poll, events, MAX_EVENTS, 0);
	for (int i = 0; i < count; i++) {
		struct relay *relay = find_relay(shim, events[i].data.fd);
		if (!relay)
			continue;
		switch (relay->kind) {
		case RELAY_LISTENER:
			accept_connection(shim, relay);
			break;
		case RELAY_DATAGRAMS:
			pass_datagram_in(shim, relay);
			break;
		case RELAY_STREAM:
			handle_stream(shim, relay, events[i].events);
			break;
		case RELAY_SENDER:
			pass_datagram_out(shim, relay);
			break;
		}
	}
}
