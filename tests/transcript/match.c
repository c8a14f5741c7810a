/* Compares output with an expectation whose `...` stands for lines and whose `…` stands for text. */
#include "transcript.h"

#include <stdlib.h>
#include <string.h>

static const char ANY_TEXT[] = "\xe2\x80\xa6"; /* … */
enum { ANY_TEXT_BYTES = sizeof ANY_TEXT - 1 };

bool line_matches(const char *expected, const char *actual)
{
    const char *retry = NULL, *from = NULL; /* after the last …, and the first byte that it does not take */
    if (expected[0] == '\\')
        expected++;
    for (;;) {
        if (strncmp(expected, ANY_TEXT, ANY_TEXT_BYTES) == 0) {
            retry = expected += ANY_TEXT_BYTES;
            from = actual;
        } else if (*expected == *actual) {
            if (!*actual)
                return true;
            expected++, actual++;
        } else if (retry && *from) {
            expected = retry;
            actual = ++from;
        } else {
            return false;
        }
    }
}

/* What the output must show, one after the other. */
struct want {
    enum { WANT_LINE, WANT_ANY, WANT_BLANKS } kind;
    const char *line;
};

static size_t wants_of_step(const struct script *script, const struct step *step, struct want *wants)
{
    size_t n = 0, count = step->count;
    while (count && !script->file.at[step->first + count - 1][0])
        count--;
    for (size_t i = 0; i < count; i++) {
        const char *line = script->file.at[step->first + i];
        wants[n++] = strcmp(line, "...") == 0 ? (struct want){WANT_ANY, NULL} : (struct want){WANT_LINE, line};
    }
    wants[n++] = (struct want){WANT_BLANKS, NULL};
    return n;
}

/* Wants that may take no line are passed over. */
static void close_over(bool *here, const struct want *wants, size_t n)
{
    for (size_t w = 0; w < n; w++)
        if (here[w] && wants[w].kind != WANT_LINE)
            here[w + 1] = true;
}

bool output_matches(const struct script *script, const struct step *steps, size_t n_steps, const struct lines *output,
                    size_t *wrong_out)
{
    size_t n = 0, room = 1;
    for (size_t s = 0; s < n_steps; s++)
        room += steps[s].count + 1;
    struct want *wants = must(calloc(room, sizeof *wants));
    for (size_t s = 0; s < n_steps; s++)
        n += wants_of_step(script, &steps[s], wants + n);

    bool *here = must(calloc(n + 1, 1)), *next = must(calloc(n + 1, 1)), any = true;
    here[0] = true;
    close_over(here, wants, n);
    size_t i = 0;
    for (; i < output->n && any; i++) {
        any = false;
        memset(next, 0, n + 1);
        for (size_t w = 0; w < n; w++) {
            if (!here[w])
                continue;
            if (wants[w].kind == WANT_LINE && line_matches(wants[w].line, output->at[i]))
                any = next[w + 1] = true;
            if (wants[w].kind == WANT_ANY || (wants[w].kind == WANT_BLANKS && !output->at[i][0]))
                any = next[w] = true;
        }
        close_over(next, wants, n);
        bool *swap = here;
        here = next;
        next = swap;
    }
    bool matched = any && here[n];
    *wrong_out = any ? output->n : i - 1;
    free(wants);
    free(here);
    free(next);
    return matched;
}
