/* What the kernel says when a container waits too much for memory, CPU or disks. */
#ifndef SLIPWAY_PRESSURE_H
#define SLIPWAY_PRESSURE_H

#include "fields.h"
#include "shim.h"

int watch_pressure(struct shim *shim, struct cursor *c);
void handle_pressure(struct shim *shim, unsigned index, short events);

#endif
