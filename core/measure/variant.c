/* Variants of a text. See variant.h. */
#include "core/measure/variant.h"

#include "core/base/random.h"

static void base(struct variant_text *t)
{
    (void)t;
}

/* The first place is left: by other position ids, or by a word in front, for which the last token of the text's own goes. */
static void vacate_start(struct variant_text *t)
{
    if (t->absolute) {
        t->shifted = true;
        return;
    }
    for (size_t i = t->n - 2; i > 0; i--) {
        t->ids[i] = t->ids[i - 1];
        t->from[i] = t->from[i - 1];
    }
    t->ids[0] = t->filler;
    t->from[0] = SIZE_MAX;
    t->key[PLACE_START] = 1;
}

/* The last place is left: its token moves in by one, over the text's last, and a word stands behind it. */
static void vacate_end(struct variant_text *t)
{
    t->ids[t->n - 2] = t->ids[t->n - 1];
    t->from[t->n - 2] = t->n - 1;
    t->ids[t->n - 1] = t->filler;
    t->from[t->n - 1] = SIZE_MAX;
    t->key[PLACE_END] = t->n - 2;
}

static void start_index(struct variant_text *t)
{
    t->ids[0] = t->word;
}

static void start_none(struct variant_text *t)
{
    start_index(t);
    vacate_start(t);
}

static void end_index(struct variant_text *t)
{
    t->ids[t->n - 1] = t->word;
}

static void end_none(struct variant_text *t)
{
    end_index(t);
    vacate_end(t);
}

static void exchange(struct variant_text *t)
{
    int32_t first = t->ids[0];
    t->ids[0] = t->ids[1];
    t->ids[1] = first;
    t->from[0] = 1;
    t->from[1] = 0;
    t->key[PLACE_START] = 1;
    t->other = 0;
}

static uint32_t below(struct variant_text *t, size_t n)
{
    return random_below((uint32_t)(random_next(&t->state) >> 32), (uint32_t)n);
}

/* The words between the ends in another order (Durstenfeld 1964). */
static void shuffled(struct variant_text *t)
{
    for (size_t n = t->n - 2; n > 1; n--) {
        size_t i = n, j = 1 + below(t, n);
        int32_t id = t->ids[i];
        size_t from = t->from[i];
        t->ids[i] = t->ids[j];
        t->from[i] = t->from[j];
        t->ids[j] = id;
        t->from[j] = from;
    }
}

static void random_words(struct variant_text *t)
{
    for (size_t i = 1; i + 1 < t->n; i++)
        t->ids[i] = t->ordinary[below(t, t->n_ordinary)];
}

const struct variant variants[] = {
    [VARIANT_BASE] = {"as it is", PLACE_INNER, SQUARE_CELLS, base},
    [VARIANT_START_INDEX] = {"token replaced", PLACE_START, SQUARE_INDEX, start_index},
    [VARIANT_START_TOKEN] = {"place vacant", PLACE_START, SQUARE_TOKEN, vacate_start},
    [VARIANT_START_NONE] = {"both", PLACE_START, SQUARE_NONE, start_none},
    [VARIANT_END_INDEX] = {"token replaced", PLACE_END, SQUARE_INDEX, end_index},
    [VARIANT_END_TOKEN] = {"place vacant", PLACE_END, SQUARE_TOKEN, vacate_end},
    [VARIANT_END_NONE] = {"both", PLACE_END, SQUARE_NONE, end_none},
    [VARIANT_EXCHANGE] = {"exchanged", PLACE_START, SQUARE_CELLS, exchange},
    [VARIANT_SHUFFLED] = {"words shuffled", PLACE_INNER, SQUARE_CELLS, shuffled},
    [VARIANT_RANDOM] = {"random words", PLACE_INNER, SQUARE_CELLS, random_words},
};

bool variant_has_words(const struct variant *variant, bool absolute)
{
    return variant->cell != SQUARE_CELLS && (variant->make != vacate_start || !absolute);
}
