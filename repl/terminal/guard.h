/* While the full screen has the terminal: a signal that ends the program gives it back first. */
#ifndef GAZE_REPL_TERMINAL_GUARD_H
#define GAZE_REPL_TERMINAL_GUARD_H

/* Call `restore`, which is safe in a signal handler, before any signal ends the program; once at a time, until guard_end. */
void guard_begin(void (*restore)(void));
void guard_end(void);

#endif
