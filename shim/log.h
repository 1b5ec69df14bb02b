/* The log, in the format of Docker's json-file. */
#ifndef SLIPWAY_LOG_H
#define SLIPWAY_LOG_H

#include <stddef.h>
#include <stdint.h>

struct output;

struct log {
	int fd;
	char *path;
	uint64_t bytes, max_bytes;
	unsigned max_files;
	/* A JSON object that each line has, or empty. */
	char *attributes;
	char *buffer;
	size_t length;
};

void log_output(struct log *log, struct output *output, const char *data, size_t n);
void log_rest(struct log *log, struct output *output);
void open_log(struct log *log, const char *path);

#endif
