/* Operations that enter namespaces. */
#include "../fields.h"
#include "../files.h"
#include "../run-plan.h"
#include "child.h"
#include "namespaces.h"
#include "operations.h"

int open_root(struct runner *r, const char *path)
{
	r->root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return check(r->root);
}

int op_setns(struct runner *r, struct cursor *c)
{
	(void)r;
	const char *path = take_string(c);
	int type = take_int(c);
	return c->bad ? 0 : enter_namespace(r->shim, path, type);
}

/* Joins namespaces of the container's init, all at once. */
int op_setns_init(struct runner *r, struct cursor *c)
{
	int flags = take_int(c);
	if (c->bad || flags == 0)
		return 0;
	int result = check(setns(r->shim->init, flags));
	/* A new mount namespace brings its root along. */
	return result == 0 && flags & CLONE_NEWNS ? open_root(r, "/") : result;
}

int op_unshare(struct runner *r, struct cursor *c)
{
	(void)r;
	int flags = take_int(c);
	return c->bad ? 0 : check(unshare(flags));
}

int op_propagation(struct runner *r, struct cursor *c)
{
	(void)r;
	const char *path = take_string(c);
	unsigned long flags = take_int(c);
	return c->bad ? 0 : check(syscall(SYS_mount, NULL, path, NULL, flags, NULL));
}
