/*
 * burst-load service COUNT WORK_MS: COUNT times waits for 0.3 to 0.7 s, then needs WORK_MS of CPU time; prints how many
 * milliseconds each took by the clock.
 * burst-load neighbour SECONDS: works all the time, and prints how much CPU time it has had, in milliseconds, each second.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double now(clockid_t clock) {
	struct timespec at;
	clock_gettime(clock, &at);
	return at.tv_sec * 1e3 + at.tv_nsec / 1e6;
}

static void work(double ms) {
	double end = now(CLOCK_PROCESS_CPUTIME_ID) + ms;
	while (now(CLOCK_PROCESS_CPUTIME_ID) < end)
		for (volatile int i = 0; i < 20000; i++)
			;
}

static void wait_ms(double ms) {
	struct timespec pause = {(time_t)(ms / 1000), ((long)(ms * 1e6)) % 1000000000};
	nanosleep(&pause, NULL);
}

int main(int argc, char **argv) {
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc == 4 && strcmp(argv[1], "service") == 0) {
		/* The same pauses in each run. */
		srand(1);
		for (int i = atoi(argv[2]); i > 0; i--) {
			wait_ms(300 + rand() % 400);
			double start = now(CLOCK_MONOTONIC);
			work(atof(argv[3]));
			printf("%.1f\n", now(CLOCK_MONOTONIC) - start);
		}
		return 0;
	}
	if (argc == 3 && strcmp(argv[1], "neighbour") == 0) {
		for (int i = atoi(argv[2]); i > 0; i--) {
			double end = now(CLOCK_MONOTONIC) + 1000, before = now(CLOCK_PROCESS_CPUTIME_ID);
			while (now(CLOCK_MONOTONIC) < end)
				for (volatile int j = 0; j < 20000; j++)
					;
			printf("%.1f\n", now(CLOCK_PROCESS_CPUTIME_ID) - before);
		}
		return 0;
	}
	return 2;
}
