/* What is written into files once no daemon watches any more. */
#ifndef SLIPWAY_ALONE_H
#define SLIPWAY_ALONE_H

#include "fields.h"
#include "shim.h"

int prepare_for_absence(struct shim *shim, struct cursor *c);
int wait_before_absence_ms(struct shim *shim);
void act_in_absence(struct shim *shim);

#endif
