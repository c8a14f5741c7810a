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
