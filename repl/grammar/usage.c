/* How a command is written, from its rows. See usage.h. */
#include "repl/grammar/usage.h"

#include <ctype.h>

static void put_arg(const struct arg *arg, struct buf *out)
{
    buf_puts(out, arg->optional ? " [" : " ");
    if (arg->kind == ARG_TEXT)
        buf_printf(out, "\"%s\"", arg->name);
    else if (arg->kind == ARG_RUN)
        buf_puts(out, "@RUN");
    else
        for (const char *c = arg->name; *c; c++)
            buf_char(out, (char)toupper((unsigned char)*c));
    buf_puts(out, arg->repeated ? " …" : "");
    buf_puts(out, arg->optional ? "]" : "");
}

void command_usage(const struct command *command, struct buf *out)
{
    buf_puts(out, command->name);
    for (size_t i = 0; command->args && command->args[i].name; i++) {
        if (i && command->args[i].kind == ARG_COMMAND)
            buf_puts(out, " :");
        put_arg(&command->args[i], out);
    }
    if (command->options && command->options[0].name)
        buf_puts(out, " [NAME=VALUE …]");
}
