/* Resident memory, from /proc. See peak.h. */
#include "tests/support/peak.h"

#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

/* The largest resident size so far, in bytes. */
static size_t peak(void)
{
    char line[200];
    size_t kilobytes = 0;
    FILE *f = fopen("/proc/self/status", "r");
    while (f && fgets(line, sizeof line, f))
        if (sscanf(line, "VmHWM: %zu", &kilobytes) == 1)
            break;
    if (f)
        fclose(f);
    return kilobytes * 1024;
}

bool peak_within(size_t bytes, void (*work)(const void *context), const void *context)
{
    pid_t child = fork();
    if (child == 0) {
        size_t before = peak();
        work(context);
        _exit(peak() - before <= bytes ? 0 : 1);
    }
    int status = -1;
    return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}
