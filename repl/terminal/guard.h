/* While the program has changed the terminal: a signal that ends the program gives it back first. */
#ifndef GAZE_REPL_TERMINAL_GUARD_H
#define GAZE_REPL_TERMINAL_GUARD_H

/* What is guarded, in the order in which it is restored: what the screen writes then is recorded. */
enum guarded { GUARD_SCREEN, GUARD_PROMPT, GUARD_RECORDING, GUARDED };

/* Call `restore`, which is safe in a signal handler, before any signal ends the program, until guard_end. */
void guard_begin(enum guarded what, void (*restore)(void));
void guard_end(enum guarded what);

#endif
