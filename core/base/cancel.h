/* Ctrl-C and friends as lock-free flags that long loops poll. */
#ifndef GAZE_CORE_BASE_CANCEL_H
#define GAZE_CORE_BASE_CANCEL_H

#include <stdbool.h>

void cancel_request(void); /* async-signal-safe */
void cancel_clear(void);
bool cancel_requested(void);

/* SIGTERM and SIGHUP: leave through the door of `quit`. 0, or the signal's number. */
void cancel_leave(int signal);
int cancel_leaving(void);

#endif
