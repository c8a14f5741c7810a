/* Repeated n-grams. See ngrams.h. */
#include "core/measure/ngrams.h"

#include <math.h>
#include <stdlib.h>

/* Where an n-gram begins; equal ones are ordered by place. */
struct start {
    const int32_t *ids;
    size_t n, place;
};

static int by_ids(const struct start *x, const struct start *y)
{
    for (size_t i = 0; i < x->n; i++)
        if (x->ids[i] != y->ids[i])
            return x->ids[i] < y->ids[i] ? -1 : 1;
    return 0;
}

static int by_ids_and_place(const void *a, const void *b)
{
    const struct start *x = a, *y = b;
    int order = by_ids(x, y);
    return order ? order : (x->place > y->place) - (x->place < y->place);
}

struct counted {
    struct ngram gram;
    size_t place;
};

static int by_count(const void *a, const void *b)
{
    const struct counted *x = a, *y = b;
    if (x->gram.count != y->gram.count)
        return x->gram.count < y->gram.count ? 1 : -1;
    return (x->place > y->place) - (x->place < y->place);
}

/* Sorted starts, equal ones side by side. */
static bool list_most(const struct start *starts, size_t n, struct arena *arena, struct ngrams *out, struct err *err)
{
    struct counted *counted = arena_alloc(arena, out->distinct, sizeof *counted, "n-grams", err);
    out->most = arena_alloc(arena, out->distinct, sizeof *out->most, "n-grams", err);
    if (!counted || !out->most)
        return false;
    for (size_t i = 0, at = 0, next; i < n; i = next) {
        for (next = i + 1; next < n && by_ids(&starts[i], &starts[next]) == 0;)
            next++;
        counted[at++] = (struct counted){.gram = {.ids = starts[i].ids, .count = next - i}, .place = starts[i].place};
    }
    qsort(counted, out->distinct, sizeof *counted, by_count);
    for (size_t i = 0; i < out->distinct; i++)
        out->most[i] = counted[i].gram;
    return true;
}

bool ngrams_count(const struct ngram_text *texts, size_t n_texts, size_t n, struct arena *most, struct ngrams *out,
                  struct err *err)
{
    *out = (struct ngrams){.n = n, .rep = NAN, .distinct_n = NAN};
    for (size_t t = 0; t < n_texts; t++) {
        out->tokens += texts[t].n;
        out->grams += texts[t].n >= n ? texts[t].n - n + 1 : 0;
    }
    if (!out->grams)
        return true;
    struct start *starts = mem_new(out->grams, sizeof *starts, "n-grams", err);
    if (!starts)
        return false;
    for (size_t t = 0, at = 0; t < n_texts; t++)
        for (size_t i = 0; i + n <= texts[t].n; i++, at++)
            starts[at] = (struct start){texts[t].ids + i, n, at};
    qsort(starts, out->grams, sizeof *starts, by_ids_and_place);
    out->distinct = 1;
    for (size_t i = 1; i < out->grams; i++)
        out->distinct += by_ids(&starts[i - 1], &starts[i]) != 0;
    out->rep = 1 - (double)out->distinct / (double)out->grams;
    out->distinct_n = (double)out->distinct / (double)out->tokens;
    bool ok = !most || list_most(starts, out->grams, most, out, err);
    free(starts);
    return ok;
}
