/* Device nodes, masked and read-only paths, links. */
#ifndef SLIPWAY_DEVICES_H
#define SLIPWAY_DEVICES_H

#include "../shim.h"
#include "../run-plan.h"

/* What a user namespace may not make itself. Owners are as it has them. */
struct device_node {
	uint32_t mode, uid, gid;
	uint64_t device;
};

#define NULL_DEVICE 0x103 /* 1:3 */

int make_node_at(int directory, const char *name, mode_t mode, dev_t device, uid_t uid, gid_t gid);
int serve_node(struct runner *r, const struct sync_message *asked);
bool is_null_device(int fd);
int open_own_null(struct runner *r, int flags);

#endif
