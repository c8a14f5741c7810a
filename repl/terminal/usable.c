/* What a terminal must have. See usable.h. */
#include "repl/terminal/usable.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

bool terminal_size(size_t *columns_out, size_t *rows_out, struct err *err)
{
    struct winsize size;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) || !size.ws_row || !size.ws_col)
        return err_set(err, ERR_ARG, "the terminal says that it has no rows or no columns: stty rows 24 cols 80 sets its size");
    *columns_out = size.ws_col;
    *rows_out = size.ws_row;
    return true;
}

bool terminal_usable(struct err *err)
{
    const char *term = getenv("TERM");
    size_t columns, rows;
    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
        return err_set(err, ERR_ARG, "view needs a terminal on standard input and standard output");
    if (!term || !*term || strcmp(term, "dumb") == 0)
        return err_set(err, ERR_ARG, "view needs a terminal with a cursor that can be placed; TERM is %s", term && *term ? term : "not set");
    return terminal_size(&columns, &rows, err);
}
