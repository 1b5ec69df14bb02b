/* A limit of what all processes of the container have open together. */
#ifndef SLIPWAY_OPEN_FILES_H
#define SLIPWAY_OPEN_FILES_H

#include "shim.h"

void add_listener(struct shim *shim, int fd);
void handle_listener(struct shim *shim, unsigned index, short events);
int set_files_limit(struct shim *shim, struct cursor *c);
int wait_before_refusals_ms(struct shim *shim);
void tell_refusals_in_time(struct shim *shim);

#endif
