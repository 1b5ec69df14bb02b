/* Descriptors, and small files that are read or written in one call. */
#ifndef SLIPWAY_FILES_H
#define SLIPWAY_FILES_H

#include "shim.h"

void close_if_open(int *fd);
void close_between(unsigned first, unsigned last);
void close_others(unsigned first, int *kept, size_t count);
int write_all(int fd, const void *data, size_t n);
void set_nonblocking(int fd);
int write_file_at(int directory, const char *path, const char *data, size_t length);
int read_file_at(int directory, const char *path, char *buffer, size_t size);
int64_t now_ns(clockid_t clock);
void sleep_ms(long ms);
bool readable_within(int fd, int ms);
int check(long result);

#endif
