/* What is done when a process has ended. */
#ifndef SLIPWAY_REAPING_H
#define SLIPWAY_REAPING_H

#include "shim.h"

void reap(struct shim *shim);
void handle_end(struct shim *shim, struct process *process);
void forget_processes(struct shim *shim);
bool may_end(struct shim *shim);

#endif
