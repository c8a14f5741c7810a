/* The commands, in the order in which help lists them within their group. To add one: a file repl/command/NAME.c that
 * ends in `const struct command command_NAME`, and a row here. */
#define COMMANDS(ROW) \
    ROW(load)         \
    ROW(models)       \
    ROW(use)          \
    ROW(unload)       \
    ROW(info)         \
    ROW(run)          \
    ROW(runs)         \
    ROW(drop)         \
    ROW(tokens)       \
    ROW(predict)      \
    ROW(rtd)          \
    ROW(classify)     \
    ROW(export)       \
    ROW(show)         \
    ROW(row)          \
    ROW(qk)           \
    ROW(mixing)       \
    ROW(diff)         \
    ROW(plot)         \
    ROW(view)         \
    ROW(grid)         \
    ROW(heads)        \
    ROW(columns)      \
    ROW(routes)       \
    ROW(vectors)      \
    ROW(neighbors)    \
    ROW(analogy)      \
    ROW(wordsim)      \
    ROW(odd)          \
    ROW(vector)       \
    ROW(vocab)        \
    ROW(eval)         \
    ROW(similarity)   \
    ROW(project)      \
    ROW(train)        \
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
