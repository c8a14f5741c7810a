/* Long tables at a prompt go through $PAGER; short ones, and results that go elsewhere, do not. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "tests/screen/gaze.h"

static bool logged(const struct terminal *t, size_t from, const char *text)
{
    return memmem(t->log + from, t->n_log - from, text, strlen(text)) != NULL;
}

/* A prompt whose pager marks every line it shows. */
static struct terminal *prompt(void)
{
    static const char *const arguments[] = {"-X", "examples/models/roberta-tiny", "hey what's up", NULL};
    static const char *const env[] = {"PAGER=sed s/^/paged:/", NULL};
    struct terminal *t = gaze_start(arguments, NULL, 24, 100, env);
    cr_assert(wait_prompt(t));
    return t;
}

Test(pager, takes_a_table_that_is_longer_than_the_screen, .timeout = 120)
{
    struct terminal *t = prompt();
    size_t at = gaze_line(t, "show L0.H0 format=csv");
    cr_expect(!logged(t, at, "paged:"), "CSV is for programs");
    at = gaze_line(t, "qk L2.H1 q=3 k=5 top=0"); /* 32 dimensions, sum, score, probability, header */
    cr_expect(logged(t, at, "paged:\033[0;1mpart"), "the header is bold");
    cr_expect(logged(t, at, "paged:probability"));
    terminal_free(t);
}

Test(pager, takes_help_that_is_longer_than_the_screen_and_its_names_are_bold, .timeout = 120)
{
    struct terminal *t = prompt();
    size_t at = gaze_line(t, "help");
    cr_expect(logged(t, at, "paged:\033[1mModels\033[0m"), "the head of a group is bold");
    cr_expect(logged(t, at, "paged:  \033[1mload\033[0m "), "so are the names");
    at = gaze_line(t, "help show");
    cr_expect(logged(t, at, "paged:\033[1mshow\033[0m: attention maps"));
    cr_expect(logged(t, at, "  \033[1mscale\033[0m=linear"), "the names of options");
    at = gaze_line(t, "help runs");
    cr_expect(logged(t, at, "\033[1mruns\033[0m: ") && !logged(t, at, "paged:"), "a short page stands as it is");
    at = gaze_line(t, "help | head -n 1");
    cr_expect(logged(t, at, "Models") && !logged(t, at, "\033[1mModels"), "a pipe gets no escapes");
    terminal_free(t);
}

Test(pager, leaves_short_tables_and_pictures_alone, .timeout = 120)
{
    struct terminal *t = prompt();
    size_t at = gaze_line(t, "tokens");
    cr_expect(logged(t, at, "index"), "the table is there");
    cr_expect(!logged(t, at, "paged:"));
    at = gaze_line(t, "show L0");
    cr_expect(logged(t, at, "L0.H3"));
    cr_expect(!logged(t, at, "paged:"));
    at = gaze_line(t, "qk L2.H1 q=3 k=5 top=0 | tail -1");
    cr_expect(logged(t, at, "probability"));
    cr_expect(!logged(t, at, "paged:"));
    terminal_free(t);
}
