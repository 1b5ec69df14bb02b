/*
 * The program of the built-in image `hello`: it is the only file of its container, and its output shows that
 * the engine works. Static, no dependencies.
 */
#include <unistd.h>

static const char message[] =
	"\n"
	"Hello from Slipway!\n"
	"This message shows that your installation works.\n"
	"\n"
	"What happened to bring it to you:\n"
	" 1. The engine made a container from the image `hello`. It carries this\n"
	"    image itself: no registry and no network were needed.\n"
	" 2. A small process, the container's shim, started this program in it,\n"
	"    and took its output.\n"
	" 3. The output was passed on to you.\n"
	"\n"
	"Something larger to try:\n"
	"  slipway image bootstrap busybox\n"
	"  slipway run -it --rm busybox sh\n"
	"\n";

int main(void)
{
	size_t done = 0;

	while (done < sizeof message - 1) {
		ssize_t written = write(STDOUT_FILENO, message + done, sizeof message - 1 - done);
		if (written < 0)
			return 1;
		done += (size_t)written;
	}
	return 0;
}
