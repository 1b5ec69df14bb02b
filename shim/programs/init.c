/*
 * slipway-init: the first process of a container that was asked to have one (--init). It runs the program given
 * after an optional "--" in a process group of its own, passes every signal on to it, and reaps whatever
 * becomes an orphan. It ends when the program does, with its exit code (128 + signal when one ended it).
 *
 *   slipway-init [--] PROGRAM [ARGUMENT...]
 */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { EXIT_NOT_EXECUTABLE = 126, EXIT_NOT_FOUND = 127, EXIT_BY_SIGNAL = 128 };

/* Never returns. */
static void run_program(char **argv, const sigset_t *signals)
{
	setpgid(0, 0);
	/* With a terminal: ours was the foreground group. SIGTTOU is still blocked here. */
	tcsetpgrp(STDIN_FILENO, getpgrp());
	sigprocmask(SIG_SETMASK, signals, NULL);
	execvp(argv[0], argv);
	int code = errno == ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_EXECUTABLE;
	dprintf(STDERR_FILENO, "slipway-init: %s: %s\n", argv[0], strerror(errno));
	_exit(code);
}

/* Reaps all that have ended. Returns whether the program was among them. */
static bool reap(pid_t program, int *code)
{
	int status;
	pid_t pid;
	bool over = false;
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		if (pid == program) {
			*code = WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_BY_SIGNAL + WTERMSIG(status);
			over = true;
		}
	return over;
}

int main(int argc, char **argv)
{
	char **program_argv = argc > 1 && strcmp(argv[1], "--") == 0 ? argv + 2 : argv + 1;
	if (!program_argv[0]) {
		dprintf(STDERR_FILENO, "usage: %s [--] PROGRAM [ARGUMENT...]\n", argv[0]);
		return EXIT_NOT_EXECUTABLE;
	}
	sigset_t all, before;
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before);
	pid_t program = fork();
	if (program == 0)
		run_program(program_argv, &before);
	if (program < 0)
		return EXIT_NOT_EXECUTABLE;
	for (int code = 0;;) {
		int signal;
		if (sigwait(&all, &signal) != 0)
			continue;
		if (signal != SIGCHLD)
			kill(program, signal);
		else if (reap(program, &code))
			return code;
	}
}
