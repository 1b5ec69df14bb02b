/* Operations that make the child, let it wait, and give it its limits. */
#ifndef SLIPWAY_CHILD_H
#define SLIPWAY_CHILD_H

#include "../run-plan.h"
#include "../shim.h"

int send_descriptor(int socket, const char *text, size_t length, int fd);
int await_go(struct runner *r);
int open_given(struct shim *shim, const char *path);
int enter_namespace(struct shim *shim, const char *path, int type);

#endif
