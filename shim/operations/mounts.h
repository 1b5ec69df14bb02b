/* Operations that mount a file system. */
#ifndef SLIPWAY_MOUNTS_H
#define SLIPWAY_MOUNTS_H

#include "../shim.h"
#include "../run-plan.h"

int set_attributes(int mount, uint64_t set, uint64_t clear, uint64_t propagation, bool recursive);
int new_mount(struct runner *r, const char *type, const char *source, const char **options, uint64_t attributes);
int attach_mount(int mount, int target);
int check_outside_proc(struct runner *r, const char *path, int mount, int target);

#endif
