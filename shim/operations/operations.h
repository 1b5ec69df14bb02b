/* The operations of plans, one function each, of the same name (docs/PLAN.md). */
#ifndef SLIPWAY_OPERATIONS_H
#define SLIPWAY_OPERATIONS_H

#include "../run-plan.h"

typedef int operation_function(struct runner *r, struct cursor *c);

int op_mkdir(struct runner *r, struct cursor *c);
int op_write(struct runner *r, struct cursor *c);
int op_try_write(struct runner *r, struct cursor *c);
int op_attach_device_program(struct runner *r, struct cursor *c);
int op_kill_cgroup(struct runner *r, struct cursor *c);
int op_rmdir(struct runner *r, struct cursor *c);
int op_barrier(struct runner *r, struct cursor *c);
int op_release(struct runner *r, struct cursor *c);
int op_await_parent(struct runner *r, struct cursor *c);
int op_clone(struct runner *r, struct cursor *c, struct cursor *child_operations);
int op_clone_inside(struct runner *r, struct cursor *c, struct cursor *child_operations);
int op_write_child_proc(struct runner *r, struct cursor *c);
int op_rlimit(struct runner *r, struct cursor *c);
int op_raise_limit(struct runner *r, struct cursor *c);
int op_join_child(struct runner *r, struct cursor *c);
int op_map_ids(struct runner *r, struct cursor *c);
int op_hook(struct runner *r, struct cursor *c);
int op_setns(struct runner *r, struct cursor *c);
int op_setns_init(struct runner *r, struct cursor *c);
int op_unshare(struct runner *r, struct cursor *c);
int op_propagation(struct runner *r, struct cursor *c);
int op_overlay_root(struct runner *r, struct cursor *c);
int op_private_parent(struct runner *r, struct cursor *c);
int op_bind_root(struct runner *r, struct cursor *c);
int op_mount(struct runner *r, struct cursor *c);
int op_open_tree(struct runner *r, struct cursor *c);
int op_map_mount(struct runner *r, struct cursor *c);
int op_bind(struct runner *r, struct cursor *c);
int op_mount_setattr(struct runner *r, struct cursor *c);
int op_mask(struct runner *r, struct cursor *c);
int op_readonly(struct runner *r, struct cursor *c);
int op_device(struct runner *r, struct cursor *c);
int op_symlink(struct runner *r, struct cursor *c);
int op_root_directory(struct runner *r, struct cursor *c);
int op_require_directory(struct runner *r, struct cursor *c);
int op_console(struct runner *r, struct cursor *c);
int op_pivot_root(struct runner *r, struct cursor *c);
int op_move_root(struct runner *r, struct cursor *c);
int op_change_root(struct runner *r, struct cursor *c);
int op_seal(struct runner *r, struct cursor *c);
int op_fork(struct runner *r, struct cursor *c);
int op_chown(struct runner *r, struct cursor *c);
int op_home(struct runner *r, struct cursor *c);
int op_sysctl(struct runner *r, struct cursor *c);
int op_loopback(struct runner *r, struct cursor *c);
int op_hostname(struct runner *r, struct cursor *c);
int op_domainname(struct runner *r, struct cursor *c);
int op_umask(struct runner *r, struct cursor *c);
int op_chdir(struct runner *r, struct cursor *c);
int op_user(struct runner *r, struct cursor *c);
int op_cap_bounding(struct runner *r, struct cursor *c);
int op_capabilities(struct runner *r, struct cursor *c);
int op_no_new_privileges(struct runner *r, struct cursor *c);
int op_connect_agent(struct runner *r, struct cursor *c);
int op_seccomp(struct runner *r, struct cursor *c);
int op_open_label(struct runner *r, struct cursor *c);
int op_exec_label(struct runner *r, struct cursor *c);
int op_personality(struct runner *r, struct cursor *c);
int op_io_priority(struct runner *r, struct cursor *c);
int op_scheduler(struct runner *r, struct cursor *c);
int op_affinity(struct runner *r, struct cursor *c);
int op_memory_policy(struct runner *r, struct cursor *c);
int op_keyring(struct runner *r, struct cursor *c);
int op_find_executable(struct runner *r, struct cursor *c);
int op_await_start(struct runner *r, struct cursor *c);
int op_await_fifo(struct runner *r, struct cursor *c);
int op_exec(struct runner *r, struct cursor *c);

#endif
