/* The array of all commands, made from the rows of repl/command/list.h, and the look-up by name or alias. */
#include "repl/grammar/command.h"

#include <string.h>

#include "repl/command/list.h"

#define EXTERN(name) extern const struct command command_##name;
COMMANDS(EXTERN)
#undef EXTERN

#define ROW(name) &command_##name,
const struct command *const commands[] = {COMMANDS(ROW) NULL};
#undef ROW

/* Is `name` one of the `|`-separated words? */
static bool among(const char *words, struct str name)
{
    for (const char *at = words; at && *at;) {
        size_t n = strcspn(at, "|");
        if (n == name.n && memcmp(at, name.s, n) == 0)
            return true;
        at += n + (at[n] == '|');
    }
    return false;
}

const struct command *command_named(struct str name)
{
    for (size_t i = 0; commands[i]; i++)
        if (str_is(name, commands[i]->name) || among(commands[i]->aliases, name))
            return commands[i];
    return NULL;
}
