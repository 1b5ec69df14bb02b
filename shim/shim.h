/* What all parts of the shim share: its limits, and its state. */
#ifndef SLIPWAY_SHIM_H
#define SLIPWAY_SHIM_H

#include <dirent.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/keyctl.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <linux/seccomp.h>

#include "fields.h"
#include "log.h"
#include "protocol.h"

#ifndef CLONE_INTO_CGROUP
#define CLONE_INTO_CGROUP 0x200000000ULL
#endif
#ifndef CLONE_CLEAR_SIGHAND
#define CLONE_CLEAR_SIGHAND 0x100000000ULL
#endif
#ifndef CLOSE_RANGE_CLOEXEC
#define CLOSE_RANGE_CLOEXEC 4
#endif

#define NAME "slipway-shim"
#define EXIT_LINE_BYTES 96 /* EXIT_LINE_BYTES of src/execdriver/native/container-state.ts */
#define CHUNK_BYTES 32768
#define LINE_BYTES 16384
#define LOG_BUFFER_BYTES 32768
#define DETAIL_BYTES 480
#define MAX_DESCRIPTORS 253 /* SCM_MAX_FD, include/net/scm.h */
#define FRAME_HEADER_BYTES 8
#define MAX_TREES 256
#define MAX_PENDING_BYTES (16 << 20)
#define MAX_DRAINED_BYTES (1 << 20) /* of a terminal; a pipe says how much there is in it */
#define MAX_PASSWD_BYTES (10 << 20) /* as dockerd */
#define MAX_COPIED_DEPTH 256
#define MOMENT_MS 100
#define PATIENCE_MS 10000 /* with a process that was killed */
#define MAX_LISTED 512 /* processes of a cgroup that are killed in one go */
#define MAX_TRIGGERS 16
#define MAX_STEPS 65536 /* in removing cgroups */
#define STACK_BYTES (256 << 10)
#define MAX_GROUPS 65536 /* NGROUPS_MAX */
#define HIGHEST_FD 65536
#define ATTRIBUTES_SUPPORTED_IN_FSMOUNT \
	(MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC | MOUNT_ATTR__ATIME | \
	 MOUNT_ATTR_NODIRATIME | 0x00200000 /* MOUNT_ATTR_NOSYMFOLLOW */)

/* struct clone_args of linux/sched.h, which clashes with musl's sched.h. */
struct clone_arguments {
	uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid, set_tid_size,
		cgroup;
};

struct output {
	int fd;
	uint8_t stream; /* 1 stdout, 2 stderr, as in Docker's frames */
	char *line;     /* what came since the last newline; allocated at first use */
	size_t line_length;
};

struct process {
	struct process *next;
	uint32_t number;
	char *id;
	pid_t pid;
	pid_t forerunner; /* the process that prepared it, and ended with `fork` */
	int end; /* pidfd: SIGCHLD does not come while another process traces it */
	enum process_state state;
	unsigned flags;
	int sync; /* to the child, until it executes; then -1 */
	int input, terminal, terminal_slave;
	bool close_input; /* once `input_pending` is written */
	struct bytes input_pending;
	struct output output[2];
	struct client *waiting; /* for the answer to `waiting_tag` */
	uint16_t waiting_tag;
	enum message waiting_for; /* MSG_CREATED or MSG_OK */
	int exit_code;
	bool out_of_memory, told, has_slow_client;
	int64_t exited_at_ns;
};

struct client {
	struct client *next;
	int fd;
	bool dead, watching, input_ended;
	struct bytes received, pending;
	struct process *attached; /* no longer a control connection but a stream */
	unsigned streams;
};

/* What is to be written when no client has watched for a while. */
struct absence {
	struct bytes writes; /* paths and data, as they came */
	int64_t patience_ms, since_ns;
};

/* A system call that makes another number of descriptors than one, as the engine has it. */
struct files_call {
	uint32_t architecture, number, kind;
};

/* A call that was let go on: how many descriptors it will get. */
struct beginning {
	pid_t thread;
	uint64_t need;
	int64_t at_ns;
	int64_t ran_ns; /* how long the thread had run when this was first looked at; 0: not yet */
};

/* What the container's processes have open together. */
struct open_files {
	uint64_t limit; /* 0: none */
	uint64_t counted; /* the last time that all tables were gone through */
	uint64_t since; /* what may have come after that */
	uint64_t refused, told;
	int64_t told_at_ns;
	char *cgroup; /* whose processes are counted; NULL: nobody asks here */
	struct files_call *calls;
	size_t call_count;
	int *listeners; /* of the filters of init and of exec'd processes; -1: gone */
	size_t listener_count;
	struct beginning *beginning; /* one a thread */
	size_t beginning_count;
};

struct shim {
	int signals, listener, state_directory, state_file;
	int spare; /* to be closed where descriptors run out */
	int init; /* pidfd of the container's init */
	/* Held so that the mounts are taken down when this process has ended, and not while a client waits to hear
	   of the init's end. */
	int mount_namespace;
	struct process *processes; /* the container's init comes first, number 0 */
	struct client *clients;
	uint32_t next_number;
	struct log log;
	uint8_t *cleanup;
	size_t cleanup_bytes;
	char *out_of_memory_file;
	int memory_events; /* readable when that has something new */
	bool memory_is_v1;
	unsigned memory_kills; /* that the watchers have heard of */
	int triggers[MAX_TRIGGERS]; /* of pressure; -1: gone */
	unsigned trigger_count;
	struct absence absence;
	struct open_files open_files;
	int *kept; /* descriptors from outside: `fd:4` is the first */
	size_t kept_count;
	struct relay *relays; /* of kept sockets, and what has come of them */
	unsigned relay_count; /* without the sockets of ports */
	int relay_poll; /* epoll(7); -1: there is nothing to relay */
	bool privileged;
	char *title; /* where ps(1) finds the container's id */
	size_t title_length;
	char oom_score[16]; /* what its children have, where its own is another */
	bool ending, over;
	bool passing; /* MSG_LAUNCH: the process is made for another program */
	int console_socket; /* where its terminal goes then */
	int streams, preserved; /* the first of its standard streams, and of the other descriptors it gets */
};

#endif
