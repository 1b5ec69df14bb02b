/* The last operations: the program is found, the start awaited, the program executed. */
#ifndef SLIPWAY_EXEC_H
#define SLIPWAY_EXEC_H

#include "../shim.h"
#include "../run-plan.h"

_Noreturn void end_process(int code);
_Noreturn void tell_failure(struct runner *r, int error);

#endif
