/* Operations that clone a tree of mounts, map its ids, and bind it. */
#ifndef SLIPWAY_TREES_H
#define SLIPWAY_TREES_H

#include "../shim.h"
#include "../run-plan.h"

/* Where a process was before it went into another mount namespace. */
struct place {
	int mounts, root, here;
};

int open_detached(int directory, const char *path, bool recursive);
void leave_mounts(struct place *back);
int enter_locked_mounts(struct runner *r, struct place *back);
int clone_source(struct runner *r, const char *source, bool recursive);

#endif
