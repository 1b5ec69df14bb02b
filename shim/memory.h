/* What the kernel says when a container runs out of memory. */
#ifndef SLIPWAY_MEMORY_H
#define SLIPWAY_MEMORY_H

#include "shim.h"

void watch_memory(struct shim *shim);
void handle_memory(struct shim *shim);
unsigned count_memory_kills(struct shim *shim);

#endif
