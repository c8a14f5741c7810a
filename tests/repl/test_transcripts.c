/* Every command has a transcript that types it, and every transcript file is readable text. */
#include <criterion/criterion.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "repl/grammar/command.h"
#include "tests/support/scratch.h"

/* All transcripts in one text, a line break before the first line. */
static struct buf all_transcripts(void)
{
    struct buf all = {0};
    glob_t files = {0};
    cr_assert_eq(glob("tests/transcript/*.test", 0, NULL, &files), 0, "no tests/transcript/*.test");
    for (size_t i = 0; i < files.gl_pathc; i++) {
        size_t n;
        unsigned char *bytes = read_file(files.gl_pathv[i], &n);
        cr_assert_null(memchr(bytes, 0, n), "%s holds a NUL byte", files.gl_pathv[i]);
        buf_char(&all, '\n');
        buf_add(&all, bytes, n);
        free(bytes);
    }
    globfree(&files);
    cr_assert(!all.failed);
    return all;
}

/* Is NAME typed, at the start of a `> ` line or of a `-c '…'`? `!` may touch what follows it. */
static bool is_typed(const char *text, struct str name)
{
    static const char *const before[] = {"\n> ", "-c '", "-c \""};
    for (size_t i = 0; i < sizeof before / sizeof *before; i++) {
        size_t n = strlen(before[i]);
        for (const char *at = text; (at = strstr(at, before[i])); at += n) {
            const char *end = at + n + name.n;
            if (strncmp(at + n, name.s, name.n) == 0 && (name.s[0] == '!' || strchr(" \n'\"", *end)))
                return true;
        }
    }
    return false;
}

/* Its name, or one of the aliases. */
static bool command_is_typed(const char *text, const struct command *command)
{
    if (is_typed(text, str_of(command->name)))
        return true;
    for (const char *alias = command->aliases; alias && *alias;) {
        size_t n = strcspn(alias, "|");
        if (is_typed(text, (struct str){alias, n}))
            return true;
        alias += n + (alias[n] == '|');
    }
    return false;
}

Test(repl_transcripts, every_command_has_one)
{
    struct buf all = all_transcripts(), missing = {0};
    size_t n = 0, n_missing = 0;
    for (; commands[n]; n++)
        if (!command_is_typed(buf_cstr(&all), commands[n])) {
            n_missing++;
            buf_printf(&missing, " %s", commands[n]->name);
        }
    cr_expect_gt(n, 0);
    cr_expect_eq(n_missing, 0, "commands without a transcript:%s", buf_cstr(&missing));
    buf_free(&all);
    buf_free(&missing);
}

Test(repl_transcripts, the_walk_sees_a_missing_one)
{
    cr_assert(is_typed("x\n> show L0\n", STR("show")));
    cr_assert(is_typed("$ gaze -c 'show' y\n", STR("show")));
    cr_assert(is_typed("\n> !ls\n", STR("!")));
    cr_assert_not(is_typed("\n> shows\n", STR("show")));
    cr_assert_not(is_typed("\nshow L0\n# > show\n", STR("show")));
}
