/* The kinds of option values: what each looks like and what text fits it. */
#ifndef GAZE_REPL_GRAMMAR_VALUE_H
#define GAZE_REPL_GRAMMAR_VALUE_H

#include "repl/grammar/command.h"

/* What a value's kind looks like, for help and the man page: "N", "on|off", "FILE"; an enum's own values. */
const char *option_shape(const struct option *option);
/* Does that text fit the option? ERR_ARG says what was wanted. */
NODISCARD bool option_check(const struct option *option, struct str text, struct err *err);

#endif
