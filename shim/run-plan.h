/* Runs a plan's lists, and passes messages between parent and child meanwhile. */
#ifndef SLIPWAY_RUN_PLAN_H
#define SLIPWAY_RUN_PLAN_H

#include "shim.h"

/* The state of one run through a list of operations. */
struct runner {
	struct shim *shim;
	struct process *process;
	enum party party;
	uint32_t index;
	bool root_changed, groups_denied;
	int sync, root, proc, null_tree, empty_tree, agent, locked_mounts;
	int received_mount; /* from the other side: what is to be mapped, or a node that was asked for */
	struct cursor *rest; /* what comes after the operation */
	struct cursor *child_operations; /* for `clone` */
	pid_t sender; /* of the last message from the other side */
	int stdio[3], console;
	int fifo; /* for await-fifo */
	bool terminal; /* standard streams are a terminal, to be the controlling one */
	int label; /* /proc/self/attr/… of the host's procfs */
	char *agent_state;
	bool told_ready;
	bool directory_entered;
	char *executable;
	char *home; /* `HOME=…` for the process, where its environment has none */
	int trees[MAX_TREES]; /* made by `open-tree`, for binds of the source `tree:N` */
	unsigned tree_count;
	char detail[DETAIL_BYTES];
};

enum sync_type { SYNC_BARRIER, SYNC_GO, SYNC_CONSOLE, SYNC_MAP_MOUNT, SYNC_MAKE_NODE, SYNC_NODE, SYNC_READY, SYNC_FILES, SYNC_FAILED };

struct sync_message {
	uint32_t type, index;
	int32_t error;
	char detail[DETAIL_BYTES];
};

__attribute__((format(printf, 2, 3))) void explain(struct runner *r, const char *format, ...);
int send_sync(int sync, enum sync_type type);
int run_operation(struct runner *r, struct cursor *c);
int run_operations(struct runner *r, struct cursor *c);
void run_child(struct runner *r, struct cursor *list) __attribute__((noreturn));
int go_on(void *runner) __attribute__((noreturn));
int receive_sync_flagged(struct runner *r, struct sync_message *message, int flags);
int receive_sync(struct runner *r, struct sync_message *message);
struct runner new_runner(struct shim *shim, struct process *process);

#endif
