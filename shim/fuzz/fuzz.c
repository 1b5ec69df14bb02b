/*
 * Feeds the shim with messages that no client should send, on a kernel that is made up: no system call of the shim's
 * reaches the real one. An input is eight bytes that decide what the made-up kernel answers, and then what a client
 * sends. Built with libFuzzer, or with a main that replays the files it is given (scripts/fuzz-shim).
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* ---- the made-up kernel ---------------------------------------------------------------------------------- */

#define CALLS 5000 /* an input may make; from then on all fail, so that every loop ends */
#define FAKE_FD 1000
#define FAKE_PID 77

static uint64_t state;
static unsigned calls;
static jmp_buf child_ended;

/* xorshift */
static uint32_t next(uint32_t below)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return below ? (state >> 11) % below : 0;
}

/* Success, or one of the errors that the shim looks at. */
static long outcome(long success)
{
	static const int errors[] = { ENOENT, EPERM, EEXIST, EBUSY, ENOTDIR, EINTR, EAGAIN, EINVAL, ENOSPC, E2BIG, ELOOP };
	if (++calls > CALLS)
		errno = EIO;
	else if (next(8) != 0)
		return success;
	else
		errno = errors[next(sizeof errors / sizeof *errors)];
	return -1;
}

static long filled(void *buffer, size_t size)
{
	long n = outcome(next(size < 200 ? size + 1 : 200));
	for (long i = 0; i < n; i++)
		((char *)buffer)[i] = "0123456789 /oom_kill\n\0x"[next(23)];
	return n;
}

static long fake_syscall(long number, ...)
{
	if (number == SYS_clone3 || number == SYS_clone)
		return outcome(next(2) ? FAKE_PID : 0);
	if (number == SYS_getcwd) {
		va_list arguments;
		va_start(arguments, number);
		strcpy(va_arg(arguments, char *), next(2) ? "/" : "(unreachable)/x");
		va_end(arguments);
	}
	bool opens = number == SYS_openat2 || number == SYS_open_tree || number == SYS_fsopen || number == SYS_fsmount ||
		     number == SYS_pidfd_open || number == SYS_bpf;
	return outcome(opens ? FAKE_FD : 0);
}

static int fake_stat(struct stat *status)
{
	static const mode_t modes[] = { S_IFDIR | 0755, S_IFREG | 0644, S_IFCHR | 0666, S_IFLNK | 0777, S_IFIFO | 0600 };
	memset(status, 0, sizeof *status);
	status->st_mode = modes[next(5)];
	status->st_rdev = next(2) ? 0x103 : 0;
	return outcome(0);
}

static int fake_pair(int pair[2])
{
	pair[0] = pair[1] = FAKE_FD;
	return outcome(0);
}

static int fake_poll(struct pollfd *polls, nfds_t count)
{
	for (nfds_t i = 0; i < count; i++)
		polls[i].revents = POLLIN;
	return outcome(next(4) != 0);
}

static pid_t fake_wait(int *status)
{
	if (status)
		*status = next(0x10000);
	return outcome(FAKE_PID);
}

/* What the child says: a message of any type, perhaps with descriptors. */
static ssize_t fake_receive(struct msghdr *message)
{
	struct iovec *part = message->msg_iov;
	ssize_t n = outcome(part->iov_len);
	if (n > 0) {
		memset(part->iov_base, next(256), n);
		if (n >= 12) {
			((uint32_t *)part->iov_base)[0] = next(9);
			((uint32_t *)part->iov_base)[1] = next(100);
		}
	}
	struct cmsghdr *control = message->msg_control;
	if (next(3) == 0 && message->msg_controllen >= CMSG_SPACE(sizeof(struct ucred))) {
		struct ucred sender = { .pid = FAKE_PID + next(2) };
		*control = (struct cmsghdr){ .cmsg_len = CMSG_LEN(sizeof sender), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_CREDENTIALS };
		memcpy(CMSG_DATA(control), &sender, sizeof sender);
		message->msg_controllen = CMSG_SPACE(sizeof sender);
	} else if (next(2) && message->msg_controllen >= CMSG_SPACE(2 * sizeof(int))) {
		*control = (struct cmsghdr){ .cmsg_len = CMSG_LEN(2 * sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS };
		memset(CMSG_DATA(control), 0, 2 * sizeof(int));
		message->msg_controllen = CMSG_SPACE(2 * sizeof(int));
	} else {
		message->msg_controllen = 0;
	}
	return n;
}

static void end_child(void) __attribute__((noreturn));
static void end_child(void)
{
	longjmp(child_ended, 1);
}

#define syscall(...) fake_syscall(__VA_ARGS__)
#define open(...) ((void)(__VA_ARGS__), (int)outcome(FAKE_FD))
#define openat(...) ((void)(__VA_ARGS__), (int)outcome(FAKE_FD))
#define close(fd) ((void)(fd), (int)outcome(0))
#define read(fd, buffer, size) ((void)(fd), filled(buffer, size))
#define pwrite(fd, data, size, at) ((void)(fd), (void)(data), outcome(size))
#define write(fd, data, size) ((void)(fd), (void)(data), outcome(size))
#define recv(fd, buffer, size, flags) ((void)(fd), filled(buffer, size))
#define send(fd, data, size, flags) ((void)(fd), (void)(data), outcome(size))
#define sendmsg(fd, message, flags) ((void)(fd), (void)(message), outcome(1))
#define recvmsg(fd, message, flags) ((void)(fd), fake_receive(message))
#define readlink(path, buffer, size) ((void)(path), filled(buffer, size))
#define readlinkat(fd, path, buffer, size) ((void)(fd), (void)(path), filled(buffer, size))
#define fstat(fd, status) ((void)(fd), fake_stat(status))
#define fstatat(fd, path, status, flags) ((void)(fd), (void)(path), fake_stat(status))
#define stat(path, status) ((void)(path), fake_stat(status))
#define pipe2(pair, flags) fake_pair(pair)
#define socketpair(domain, type, protocol, pair) fake_pair(pair)
#define poll(polls, count, timeout) fake_poll(polls, count)
#define fstatfs(fd, system) ((void)(fd), memset(system, 0, sizeof *(system)), (int)outcome(0))
#define waitid(type, pid, information, options) ((void)(pid), (int)outcome(0))
#define __builtin_trap() end_child()
#define waitpid(pid, status, options) ((void)(pid), fake_wait(status))
#define clone(function, stack, flags, argument) (free((stack) - STACK_BYTES), (void)(function), (void)(argument), (int)outcome(FAKE_PID))
#define fork() ((pid_t)outcome(next(2) ? FAKE_PID : 0))
#define _exit(code) end_child()
#define fdopendir(fd) ((void)(fd), (DIR *)NULL)
#define fdopen(fd, mode) ((void)(fd), (FILE *)NULL)
#define realpath(path, buffer) ((void)(path), outcome(0) == 0 ? strcpy(buffer, "/some/where") : NULL)
#define opendir(path) ((void)(path), (DIR *)NULL)
#define lstat(path, status) ((void)(path), fake_stat(status))
#define nothing(...) ((void)(__VA_ARGS__), (int)outcome(0))
#define accept4(...) ((void)(__VA_ARGS__), (int)outcome(FAKE_FD))
#define bind(...) ((void)(__VA_ARGS__), (int)outcome(0))
#define chdir nothing
#define chroot nothing
#define connect(...) ((void)(__VA_ARGS__), (int)outcome(0))
#define dprintf(fd, ...) ((void)(fd), (int)outcome(1))
#define dup(fd) ((void)(fd), (int)outcome(FAKE_FD))
#define dup2(from, to) ((void)(from), (int)outcome(to))
#define dup3(from, to, flags) ((void)(from), (int)outcome(to))
#define eventfd(count, flags) ((int)outcome(FAKE_FD))
#define execv nothing
#define execve nothing
#define fchdir nothing
#define fchmod nothing
#define fchmodat nothing
#define fchown nothing
#define fchownat nothing
#define fcntl(...) ((void)(__VA_ARGS__), (int)outcome(FAKE_FD))
#define ftruncate nothing
#define getsockname(fd, address, length) ((void)(fd), (void)(address), (void)(length), (int)outcome(0))
#define getsockopt(fd, level, option, value, length) ((void)(fd), (void)(value), (void)(length), (int)outcome(0))
#define inotify_add_watch nothing
#define inotify_init1(flags) ((int)outcome(FAKE_FD))
#define ioctl nothing
#define kill nothing
#define lchown nothing
#define listen nothing
#define mkdir nothing
#define mkdirat nothing
#define mknodat nothing
#define nanosleep(...) ((void)(__VA_ARGS__))
#define prctl nothing
#define rename nothing
#define renameat nothing
#define rmdir nothing
#define setdomainname nothing
#define sethostname nothing
#define setns nothing
#define setsid() outcome(0)
#define setsockopt(...) ((void)(__VA_ARGS__), (int)outcome(0))
#define shutdown nothing
#define signal(number, handler) ((void)(number), (void)(handler))
#define signalfd nothing
#define sigprocmask nothing
#define socket(...) ((void)(__VA_ARGS__), (int)outcome(FAKE_FD))
#define symlinkat nothing
#define umask(mask) ((void)(mask), (mode_t)022)
#define unlink nothing
#define unlinkat nothing
#define unshare nothing
#define utimensat nothing
#define main shim_main

/* All as one unit, so that the calls above are those of every part. */
#include "../fields.c"
#include "../files.c"
#include "../root-paths.c"
#include "../operations/cgroups.c"
#include "../operations/child.c"
#include "../operations/hooks.c"
#include "../operations/namespaces.c"
#include "../operations/mounts.c"
#include "../operations/trees.c"
#include "../operations/devices.c"
#include "../operations/console.c"
#include "../operations/root.c"
#include "../operations/seal.c"
#include "../operations/settings.c"
#include "../operations/rights.c"
#include "../operations/exec.c"
#include "../operations/layouts.c"
#include "../run-plan.c"
#include "../log.c"
#include "../memory.c"
#include "../pressure.c"
#include "../alone.c"
#include "../open-files.c"
#include "../relay.c"
#include "../streams.c"
#include "../processes.c"
#include "../clients.c"
#include "../reaping.c"
#include "../main.c"

#undef main

/* ---- the harness ----------------------------------------------------------------------------------------- */

static void free_shim(struct shim *shim)
{
	while (shim->processes)
		free_process(shim, shim->processes);
	for (struct client *client = shim->clients; client; client = client->next)
		client->dead = true;
	remove_dead_clients(shim);
	free(shim->kept);
	free(shim->open_files.cgroup);
	free(shim->open_files.calls);
	free(shim->open_files.listeners);
	free(shim->cleanup);
	free(shim->log.attributes);
	free(shim->out_of_memory_file);
	free(shim->log.path);
	free(shim->log.buffer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct shim shim = { .listener = -1, .init = -1, .state_directory = -1, .log = { .fd = -1 }, .console_socket = -1, .relay_poll = -1 };
	if (size < sizeof state)
		return 0;
	memcpy(&state, data, sizeof state);
	state |= 1;
	calls = 0;
	add_client(&shim, FAKE_FD);
	append(&shim.clients->received, data + sizeof state, size - sizeof state);
	/* A child that the made-up kernel has us be ends here; what it holds is lost with it. */
	if (setjmp(child_ended) != 0)
		return 0;
	handle_received(&shim, shim.clients);
	for (struct process *process = shim.processes; process; process = process->next)
		for (int i = 0; i < 3 && process->sync >= 0; i++)
			handle_sync(&shim, process, next(2));
	free_shim(&shim);
	return 0;
}

#ifdef REPLAY
#undef read
#undef open
#undef close
int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		FILE *file = fopen(argv[i], "r");
		static uint8_t data[1 << 20];
		size_t size = file ? fread(data, 1, sizeof data, file) : 0;
		if (!file || size == 0) {
			fprintf(stderr, "%s cannot be read\n", argv[i]);
			return 1;
		}
		fclose(file);
		/* Exactly as long as the input, for the sanitizer to see what reads beyond. */
		uint8_t *copy = malloc(size);
		if (!copy)
			return 1;
		memcpy(copy, data, size);
		LLVMFuzzerTestOneInput(copy, size);
		free(copy);
	}
	printf("%d inputs\n", argc - 1);
	return 0;
}
#endif
