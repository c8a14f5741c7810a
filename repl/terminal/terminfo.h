/* Compiled terminal descriptions in the form that ncurses takes from $TERMINFO (terminfo(5), "b64:"). */
#ifndef GAZE_REPL_TERMINAL_TERMINFO_H
#define GAZE_REPL_TERMINAL_TERMINFO_H

struct terminfo {
    const char *name;  /* for newterm */
    const char *value; /* for $TERMINFO while newterm runs */
};
extern const struct terminfo terminfo_direct; /* 24-bit colour (RGB), 65,536 pairs */
extern const struct terminfo terminfo_256;

#endif
