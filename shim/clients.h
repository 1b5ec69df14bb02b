/* Clients: their requests, and the answers. */
#ifndef SLIPWAY_CLIENTS_H
#define SLIPWAY_CLIENTS_H

#include "shim.h"

void tell_exit(struct client *client, struct process *process);
void tell_out_of_memory(struct shim *shim);
void tell_pressure(struct shim *shim, unsigned index);
void tell_files_refused(struct shim *shim, uint64_t count);
void give_up(struct shim *shim, struct process *process);
void handle_sync(struct shim *shim, struct process *process, bool last);
void keep_descriptor(struct shim *shim, int fd);
void close_kept_descriptors(struct shim *shim);
void read_client(struct shim *shim, struct client *client);
void add_client(struct shim *shim, int fd);
void remove_dead_clients(struct shim *shim);

#endif
