/* Paths in the container's root, resolved with openat2(RESOLVE_IN_ROOT), so that no link leads out of it. */
#ifndef SLIPWAY_ROOT_PATHS_H
#define SLIPWAY_ROOT_PATHS_H

#include "shim.h"

int open_in_root(int root, const char *path, int flags);
bool directory_of(const char *path, char *directory, size_t size, const char **name);
int make_missing_in_root(int root, const char *path, bool is_directory, mode_t mode);
int make_in_root(int root, const char *path, bool is_directory, mode_t mode);

#endif
