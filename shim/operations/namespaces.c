/* Operations that enter namespaces. */
#include "../fields.h"
#include "../files.h"
#include "../run-plan.h"
#include "child.h"
#include "namespaces.h"
#include "layouts.h"

int open_root(struct runner *r, const char *path)
{
	r->root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return check(r->root);
}

int op_setns(struct runner *r, const struct setns_fields *o)
{
	(void)r;
	int type = o->type;
	return enter_namespace(r->shim, o->path, type);
}

/* Joins namespaces of the container's init, all at once. */
int op_setns_init(struct runner *r, const struct setns_init_fields *o)
{
	int flags = o->flags;
	if (flags == 0)
		return 0;
	int result = check(setns(r->shim->init, flags));
	/* A new mount namespace brings its root along. */
	return result == 0 && flags & CLONE_NEWNS ? open_root(r, "/") : result;
}

int op_unshare(struct runner *r, const struct unshare_fields *o)
{
	(void)r;
	int flags = o->flags;
	return check(unshare(flags));
}

int op_propagation(struct runner *r, const struct propagation_fields *o)
{
	(void)r;
	unsigned long flags = o->flags;
	return check(syscall(SYS_mount, NULL, o->path, NULL, flags, NULL));
}
