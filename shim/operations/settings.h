/* Settings of the container: owners, HOME, sysctls, names, the directory. */
#ifndef SLIPWAY_SETTINGS_H
#define SLIPWAY_SETTINGS_H

#include "../shim.h"

int bring_loopback_up(void);

#endif
