/* Makes and forgets processes, with their streams. */
#ifndef SLIPWAY_PROCESSES_H
#define SLIPWAY_PROCESSES_H

#include "run-plan.h"
#include "shim.h"

struct process *find_process(struct shim *shim, uint64_t number);
struct process *new_process(struct shim *shim, const char *id, unsigned flags);
void free_process(struct shim *shim, struct process *process);
int launch(struct runner *r, struct cursor *plan);
void run_cleanup(struct shim *shim);

#endif
