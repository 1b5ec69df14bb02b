/* Operations that enter namespaces. */
#ifndef SLIPWAY_NAMESPACES_H
#define SLIPWAY_NAMESPACES_H

#include "../shim.h"
#include "../run-plan.h"

int open_root(struct runner *r, const char *path);

#endif
