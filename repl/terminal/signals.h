/* Signals: Ctrl-C, a request to leave, a closed pipe, a mapped file that shrank. */
#ifndef GAZE_REPL_TERMINAL_SIGNALS_H
#define GAZE_REPL_TERMINAL_SIGNALS_H

/* SIGINT sets the cancel flag; SIGTERM and SIGHUP ask to leave by quit's door (core/base/cancel.h); SIGPIPE is ignored, so
 * that a write says EPIPE; SIGBUS on a mapped file names the file, restores the terminal and exits with 1. A signal that
 * was ignored at the start (nohup) stays ignored. */
void signals_install(void);

#endif
