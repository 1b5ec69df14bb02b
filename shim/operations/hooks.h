/* Operations that run a program of the host: hooks, and the tools that map ids. */
#ifndef SLIPWAY_HOOKS_H
#define SLIPWAY_HOOKS_H

#include "../shim.h"
#include "../run-plan.h"

void add_home(struct runner *r, const char **env);

#endif
