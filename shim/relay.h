/*
 * Passes on what arrives by IPv6 at a published port of a container that has IPv4 only. The kernel translates addresses
 * within a version, not from one to the other, so this takes the bytes across, as dockerd's docker-proxy does.
 */
#ifndef SLIPWAY_RELAY_H
#define SLIPWAY_RELAY_H

#include "fields.h"
#include "shim.h"

void relay_socket(struct shim *shim, int fd);
void lead_relays(struct shim *shim, struct cursor *c);
void end_relay(struct shim *shim, int fd);
void end_relays(struct shim *shim);
void handle_relays(struct shim *shim);

#endif
