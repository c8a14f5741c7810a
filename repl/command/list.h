/* The commands, in the order in which help lists them within their group. To add one: a file repl/command/NAME.c that
 * ends in `const struct command command_NAME`, and a row here. */
#define COMMANDS(ROW) \
    ROW(models)       \
    ROW(use)          \
    ROW(unload)       \
    ROW(runs)         \
    ROW(drop)         \
    ROW(grid)         \
    ROW(heads)        \
    ROW(columns)      \
    ROW(set)          \
    ROW(source)       \
    ROW(each)         \
    ROW(time)         \
    ROW(history)      \
    ROW(help)         \
    ROW(apropos)      \
    ROW(complete)     \
    ROW(shell)        \
    ROW(quit)
