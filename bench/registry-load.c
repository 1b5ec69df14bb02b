/*
 * registry-load ask HOST PORT PATH CONNECTIONS SECONDS: asks for PATH again and again on each connection, and reads what
 * comes, on one thread. Prints how many answers and bytes came, in how many seconds, and how many of processor time that
 * took: "ANSWERS BYTES SECONDS PROCESSOR".
 * registry-load serve PORT BLOB MANIFEST: answers each request with the whole of a file, by sendfile(2), on one thread, and
 * looks at nothing but whether it says "/manifests/": what there is to gain for a registry.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { EVENTS = 64, HEAD_BYTES = 8192, READ_BYTES = 256 * 1024 };

struct file {
	int fd;
	off_t size;
};

/* Of either side; `left` is what is to come, or to go out, of the answer at hand. */
struct connection {
	int fd;
	char head[HEAD_BYTES];
	size_t head_bytes;
	long long left;
	const struct file *file;
	off_t offset;
};

static double now(clockid_t clock) {
	struct timespec at;
	clock_gettime(clock, &at);
	return at.tv_sec + at.tv_nsec / 1e9;
}

static struct sockaddr_in address_of(const char *host, const char *port) {
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(atoi(port))};
	inet_pton(AF_INET, host, &address.sin_addr);
	return address;
}

static void watch(int epoll, struct connection *connection, uint32_t events) {
	struct epoll_event event = {.events = events, .data.ptr = connection};
	if (epoll_ctl(epoll, EPOLL_CTL_ADD, connection->fd, &event))
		err(1, "epoll_ctl");
}

static void put(int fd, const char *text, int flags) {
	size_t length = strlen(text);
	if (send(fd, text, length, flags) != (ssize_t)length)
		err(1, "send");
}

/* What has come belongs to the head until that is whole. Returns how much of the body has come with it, -1 while it has not. */
static long long take_head(struct connection *connection, const char *data, size_t length) {
	size_t room = HEAD_BYTES - 1 - connection->head_bytes;
	size_t taken = length < room ? length : room;
	memcpy(connection->head + connection->head_bytes, data, taken);
	size_t before = connection->head_bytes;
	connection->head_bytes += taken;
	connection->head[connection->head_bytes] = 0;
	char *end = strstr(connection->head, "\r\n\r\n");
	if (!end)
		return -1;
	if (strncmp(connection->head, "HTTP/1.1 200", 12))
		errx(1, "%s", connection->head);
	char *size = strcasestr(connection->head, "\r\ncontent-length:");
	if (!size)
		errx(1, "no length: %s", connection->head);
	connection->left = atoll(size + strlen("\r\ncontent-length:"));
	return length - (end + 4 - connection->head - before);
}

static void ask(char **argv) {
	static char data[READ_BYTES];
	char request[1024];
	snprintf(request, sizeof request,
		"GET %s HTTP/1.1\r\nHost: %s:%s\r\nAccept: application/vnd.oci.image.manifest.v1+json\r\n\r\n", argv[4], argv[2], argv[3]);
	struct sockaddr_in address = address_of(argv[2], argv[3]);
	int count = atoi(argv[5]), epoll = epoll_create1(0);
	long long answers = 0, bytes = 0;
	for (int i = 0; i < count; i++) {
		struct connection *connection = calloc(1, sizeof *connection);
		connection->fd = socket(AF_INET, SOCK_STREAM, 0);
		if (connect(connection->fd, (struct sockaddr *)&address, sizeof address))
			err(1, "connect");
		put(connection->fd, request, 0);
		watch(epoll, connection, EPOLLIN);
	}
	double start = now(CLOCK_MONOTONIC), end = start + atof(argv[6]);
	while (now(CLOCK_MONOTONIC) < end) {
		struct epoll_event events[EVENTS];
		int ready = epoll_wait(epoll, events, EVENTS, 1000);
		for (int i = 0; i < ready; i++) {
			struct connection *connection = events[i].data.ptr;
			ssize_t length = recv(connection->fd, data, sizeof data, 0);
			if (length <= 0)
				errx(1, "the server has closed the connection");
			bytes += length;
			long long body = connection->left > 0 ? length : take_head(connection, data, length);
			if (body < 0)
				continue;
			connection->left -= body;
			if (connection->left > 0)
				continue;
			answers++;
			connection->head_bytes = 0;
			put(connection->fd, request, 0);
		}
	}
	printf("%lld %lld %.6f %.6f\n", answers, bytes, now(CLOCK_MONOTONIC) - start, now(CLOCK_PROCESS_CPUTIME_ID));
}

static struct file open_file(const char *path) {
	struct file file = {.fd = open(path, O_RDONLY | O_CLOEXEC)};
	struct stat stat;
	if (file.fd < 0 || fstat(file.fd, &stat))
		err(1, "%s", path);
	file.size = stat.st_size;
	return file;
}

/* Returns whether the connection is still of use. */
static int receive_request(struct connection *connection, const struct file *blob, const struct file *manifest) {
	ssize_t length = recv(connection->fd, connection->head, HEAD_BYTES - 1, MSG_DONTWAIT);
	if (length <= 0)
		return length < 0 && errno == EAGAIN;
	connection->head[length] = 0;
	connection->file = strstr(connection->head, "/manifests/") ? manifest : blob;
	connection->offset = 0;
	connection->left = connection->file->size;
	char head[256];
	snprintf(head, sizeof head, "HTTP/1.1 200 OK\r\nContent-Length: %lld\r\n\r\n", connection->left);
	put(connection->fd, head, MSG_MORE);
	return 1;
}

/* As much as the socket takes. Returns whether the connection is still of use. */
static int send_part(struct connection *connection) {
	while (connection->left > 0) {
		ssize_t length = sendfile(connection->fd, connection->file->fd, &connection->offset, connection->left);
		if (length < 0)
			return errno == EAGAIN;
		connection->left -= length;
	}
	return 1;
}

static void serve(char **argv) {
	struct sockaddr_in address = address_of("127.0.0.1", argv[2]);
	struct file blob = open_file(argv[3]), manifest = open_file(argv[4]);
	struct connection listener = {.fd = socket(AF_INET, SOCK_STREAM, 0)};
	int epoll = epoll_create1(0);
	if (bind(listener.fd, (struct sockaddr *)&address, sizeof address) || listen(listener.fd, 128))
		err(1, "listen");
	watch(epoll, &listener, EPOLLIN);
	for (;;) {
		struct epoll_event events[EVENTS];
		int ready = epoll_wait(epoll, events, EVENTS, -1);
		for (int i = 0; i < ready; i++) {
			struct connection *connection = events[i].data.ptr;
			if (connection == &listener) {
				struct connection *new = calloc(1, sizeof *new);
				new->fd = accept4(listener.fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
				watch(epoll, new, EPOLLIN | EPOLLOUT | EPOLLET);
				continue;
			}
			int is_open = connection->left > 0 || receive_request(connection, &blob, &manifest);
			if (is_open && connection->left > 0)
				is_open = send_part(connection);
			if (!is_open) {
				close(connection->fd);
				free(connection);
			}
		}
	}
}

int main(int argc, char **argv) {
	signal(SIGPIPE, SIG_IGN);
	if (argc == 7 && !strcmp(argv[1], "ask"))
		ask(argv);
	else if (argc == 5 && !strcmp(argv[1], "serve"))
		serve(argv);
	else
		return 2;
	return 0;
}
