/* Copies bytes between processes, the log and attached clients. */
#ifndef SLIPWAY_STREAMS_H
#define SLIPWAY_STREAMS_H

#include "shim.h"

void send_client(struct client *client, const void *data, size_t n);
void flush_client(struct client *client);
void mark_slow_processes(struct shim *shim);
ssize_t pump_output(struct shim *shim, struct process *process, struct output *output);
void close_input(struct process *process);
int input_fd(struct process *process);
void flush_input(struct process *process);
void end_input(struct client *client);
void pump_input(struct client *client);

#endif
