/* Stripes as lanes of rows and places. See stripes_view.h. */
#include "viz/chart/stripes_view.h"

#include <math.h>
#include <stdlib.h>

/* ---- where things stand ---- */

static size_t specials_of(const struct stripes_text *text)
{
    size_t n = 0;
    for (size_t i = 0; text->special && i < text->n; i++)
        n += text->special[i] != 0;
    return n;
}

/* The main group in the order of the data, then the shorter texts. */
static void put_in_order(struct stripes_view *view)
{
    const struct stripes *s = view->data;
    size_t at = 0;
    for (int shorter = 0; shorter < 2; shorter++) {
        for (size_t t = 0; t < s->n_texts; t++)
            if ((s->length && s->texts[t].n != s->length) == shorter)
                view->order[at++] = t;
        view->n_main = shorter ? view->n_main : at;
    }
}

static void find_specials(struct stripes_view *view)
{
    for (size_t t = 0; t < view->data->n_texts; t++) {
        const struct stripes_text *text = &view->data->texts[t];
        size_t *at = view->special_at + t * view->n_special, n = 0;
        for (size_t i = 0; text->special && i < text->n && n < view->n_special; i++)
            if (text->special[i])
                at[n++] = i;
        while (n < view->n_special)
            at[n++] = SIZE_MAX;
    }
}

static void add_lane(struct stripes_view *view, enum stripes_lane lane, const char *name, const char *brief, size_t width)
{
    view->lane[view->n_lanes++] = (struct stripes_place){lane, name, brief, width};
}

static void look_at_values(struct stripes_view *view, size_t least)
{
    const struct stripes *s = view->data;
    bool keys = (view->lane[0].lane | view->lane[view->n_lanes - 1].lane) & (STRIPES_START | STRIPES_END);
    view->missing = keys && least < view->most;
    for (size_t i = 0; s->lanes & STRIPES_SPECIAL && i < s->n_texts * view->n_special; i++)
        view->missing = view->missing || view->special_at[i] == SIZE_MAX;
    for (size_t h = 0; h < s->n_heads; h++)
        for (size_t t = 0; t < s->n_texts; t++)
            for (size_t i = 0; i < s->texts[t].n; i++) {
                view->missing = view->missing || isnan(s->heads[h].values[t][i]);
                view->not_finite = view->not_finite || isinf(s->heads[h].values[t][i]);
            }
}

bool stripes_view_make(const struct stripes *s, struct stripes_view *view, struct err *err)
{
    enum { SPECIALS_MAX = 8 };
    size_t least = SIZE_MAX;
    *view = (struct stripes_view){.data = s};
    for (size_t t = 0; t < s->n_texts; t++) {
        size_t specials = specials_of(&s->texts[t]);
        view->most = s->texts[t].n > view->most ? s->texts[t].n : view->most;
        least = s->texts[t].n < least ? s->texts[t].n : least;
        view->n_special = specials > view->n_special ? specials : view->n_special;
    }
    view->n_special = view->n_special < SPECIALS_MAX ? view->n_special : SPECIALS_MAX;
    if (!s->n_heads || !view->most)
        return err_set(err, ERR_ARG, "stripes want a head and a text of a token or more");
    bool equal = least == view->most, end = s->lanes & STRIPES_END, start = s->lanes & STRIPES_START;
    if (start || (end && equal))
        add_lane(view, STRIPES_START, end && !equal ? "from the start" : "key index", end && !equal ? "start" : "key", view->most);
    if (end && !equal)
        add_lane(view, STRIPES_END, "from the end", "end", view->most);
    if (s->lanes & STRIPES_SPECIAL && view->n_special)
        add_lane(view, STRIPES_SPECIAL, "special", "special", view->n_special);
    if (!view->n_lanes)
        return err_set(err, ERR_ARG, "stripes: no text has special tokens, and no other lane was asked for");
    view->order = mem_new(s->n_texts, sizeof *view->order, "stripes", err);
    view->special_at = mem_new(s->n_texts * view->n_special + 1, sizeof *view->special_at, "stripes", err);
    if (!view->order || !view->special_at)
        return false;
    put_in_order(view);
    find_specials(view);
    look_at_values(view, least);
    return true;
}

void stripes_view_free(struct stripes_view *view)
{
    free(view->order);
    free(view->special_at);
    *view = (struct stripes_view){0};
}

/* The token of a text at a place of a lane, SIZE_MAX where it has none. */
static size_t token_at(const struct stripes_view *view, size_t lane, size_t text, size_t x)
{
    size_t n = view->data->texts[text].n;
    switch (view->lane[lane].lane) {
    case STRIPES_END:
        return x + n >= view->most ? x + n - view->most : SIZE_MAX;
    case STRIPES_SPECIAL:
        return view->special_at[text * view->n_special + x];
    default:
        return x < n ? x : SIZE_MAX;
    }
}

/* ---- values ---- */

static int by_value(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

float stripes_value(const struct stripes_view *view, size_t head, size_t lane, size_t t0, size_t t1, size_t x0, size_t x1,
                    float *scratch)
{
    size_t n = 0;
    for (size_t t = t0; t < t1; t++) {
        const float *values = view->data->heads[head].values[view->order[t]];
        float best = NAN;
        for (size_t x = x0; x < x1 && x < view->lane[lane].width; x++) {
            size_t i = token_at(view, lane, view->order[t], x);
            if (i == SIZE_MAX)
                continue;
            if (isinf(values[i]))
                return INFINITY;
            best = fmaxf(best, values[i]); /* the number, where one is NaN */
        }
        if (!isnan(best))
            scratch[n++] = best;
    }
    if (n == 0 || 2 * n < t1 - t0)
        return NAN;
    if (n > 1)
        qsort(scratch, n, sizeof *scratch, by_value);
    return n % 2 ? scratch[n / 2] : (scratch[n / 2 - 1] + scratch[n / 2]) / 2;
}

static int by_id(const void *a, const void *b)
{
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    return (x > y) - (x < y);
}

static size_t longest_run(const int32_t *sorted, size_t n)
{
    size_t longest = 0, run = 0;
    for (size_t i = 0; i < n; i++) {
        run = i && sorted[i] == sorted[i - 1] ? run + 1 : 1;
        longest = run > longest ? run : longest;
    }
    return longest;
}

bool stripes_shares(const struct stripes_view *view, size_t lane, float *out, bool *known_out, struct err *err)
{
    const struct stripes *s = view->data;
    *known_out = s->texts[0].ids != NULL;
    if (!*known_out)
        return true;
    int32_t *ids = mem_new(s->n_texts, sizeof *ids, "the commonest tokens", err);
    if (!ids)
        return false;
    for (size_t x = 0; x < view->lane[lane].width; x++) {
        size_t n = 0;
        for (size_t t = 0; t < s->n_texts; t++) {
            size_t i = token_at(view, lane, t, x);
            if (i != SIZE_MAX && s->texts[t].ids)
                ids[n++] = s->texts[t].ids[i];
        }
        qsort(ids, n, sizeof *ids, by_id);
        out[x] = n ? (float)longest_run(ids, n) / (float)n : NAN;
    }
    free(ids);
    return true;
}

/* ---- the scale ---- */

struct scale stripes_scale(const struct stripes_view *view)
{
    size_t n = view->data->length ? view->data->length : view->most;
    return (struct scale){.kind = SCALE_LOG, .lo = 1, .hi = n > 3 ? (double)n : 4, .floor = 1, .clip_hi = 100};
}

struct picture stripes_bar(const struct picture *picture, const struct stripes_view *view, struct panel *panel)
{
    static const float one = 1;
    struct picture bar = *picture;
    *panel = (struct panel){.rows = 1, .cols = 1, .values = &one, .tick = STRIPES_MARK};
    bar.panels = panel;
    bar.n_panels = 1;
    bar.scale = stripes_scale(view);
    bar.value_name = picture->value_name ? picture->value_name : STRIPES_VALUES;
    return bar;
}
