/* Ctrl-C and friends as lock-free flags that long loops poll. */
#ifndef GAZE_CORE_BASE_CANCEL_H
#define GAZE_CORE_BASE_CANCEL_H

#include "core/base/err.h"

void cancel_request(void); /* async-signal-safe */
void cancel_clear(void);
bool cancel_requested(void);
/* For loops of small steps: ERR_CANCELLED at every 4096th step i where Ctrl-C was pressed, else true. */
NODISCARD bool cancel_check(size_t i, struct err *err);

/* SIGTERM and SIGHUP: leave through the door of `quit`. 0, or the signal's number. */
void cancel_leave(int signal);
int cancel_leaving(void);

#endif
