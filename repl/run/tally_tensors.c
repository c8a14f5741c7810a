/* What a scan counted, as tensors: a row of `tensors` each. See tally_parts.h. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "repl/run/tally_parts.h"

/* Row number `at` of a tensor: numbers of 64 bits where it is of whole ones, else floats. */
typedef void put_fn(const struct tally *t, size_t at, void *out);

static void put_site(const struct tally *t, size_t at, void *out)
{
    int64_t *whole = out;
    whole[0] = t->shape.sites[at].stack;
    whole[1] = (int64_t)t->shape.sites[at].layer;
    whole[2] = (int64_t)t->shape.sites[at].head;
}

static void put_measure_n(const struct tally *t, size_t at, void *out)
{
    int64_t *whole = out;
    for (size_t m = 0, M = t->shape.n_measures; m < M; m++)
        whole[m] = (int64_t)t->values[at * M + m].n;
}

static struct tally_mean measure_mean(const struct tally *t, size_t at, size_t m)
{
    const struct tally_value *v = &t->values[at * t->shape.n_measures + m];
    return tally_mean(v->sum, v->square, v->n);
}

static void put_measure(const struct tally *t, size_t at, void *out)
{
    float *real = out;
    for (size_t m = 0; m < t->shape.n_measures; m++)
        real[m] = (float)measure_mean(t, at, m).value;
}

static void put_measure_low(const struct tally *t, size_t at, void *out)
{
    float *real = out;
    for (size_t m = 0; m < t->shape.n_measures; m++)
        real[m] = (float)measure_mean(t, at, m).low;
}

static void put_measure_high(const struct tally *t, size_t at, void *out)
{
    float *real = out;
    for (size_t m = 0; m < t->shape.n_measures; m++)
        real[m] = (float)measure_mean(t, at, m).high;
}

/* A sum over n texts or occurrences, as their mean. */
static float over(struct exact sum, uint64_t n)
{
    return n ? (float)(exact_value(sum) / (double)n) : NAN;
}

/* The places of a site: a field of each. */
#define PUT_PLACES(name, type, number)                                                                                \
    static void put_##name(const struct tally *t, size_t at, void *out)                                               \
    {                                                                                                                 \
        type *numbers = out;                                                                                          \
        for (size_t i = 0, P = tally_places(t); i < P; i++) {                                                         \
            const struct tally_cell *c = &t->cells[at * P + i];                                                       \
            numbers[i] = (type)(number);                                                                              \
        }                                                                                                             \
    }
PUT_PLACES(mass, float, over(c->mass, c->n))
PUT_PLACES(ratio, float, over(c->ratio, c->n))
PUT_PLACES(texts, int64_t, c->n)
PUT_PLACES(columns, int64_t, c->columns)

static void put_sinks(const struct tally *t, size_t at, void *out)
{
    int64_t *whole = out;
    for (size_t e = 0; e < TALLY_THRESHOLDS; e++)
        whole[e] = (int64_t)t->cells[at].over[e];
}

static void put_id(const struct tally *t, size_t at, void *out)
{
    (void)t;
    *(int64_t *)out = (int64_t)at;
}

static void put_token_n(const struct tally *t, size_t at, void *out)
{
    *(int64_t *)out = (int64_t)t->by_id[at]->n;
}

/* The sites of a token: a field of each. */
#define PUT_SITES(name, type, number)                                                                                 \
    static void put_token_##name(const struct tally *t, size_t at, void *out)                                         \
    {                                                                                                                 \
        type *numbers = out;                                                                                          \
        for (size_t i = 0; i < t->shape.n_sites; i++) {                                                               \
            const struct tally_key *k = &t->by_id[at]->keys[i];                                                       \
            numbers[i] = (type)(number);                                                                              \
        }                                                                                                             \
    }
PUT_SITES(mass, float, over(k->mass, k->n))
PUT_SITES(ratio, float, over(k->ratio, k->n))
PUT_SITES(columns, int64_t, k->columns)

/* The letters of a shape: S sites, M measures, P places, T thresholds, K tokens that occurred, 3 numbers of a site. */
static const struct {
    const char *name, *shape;
    bool whole;
    put_fn *put;
} tensors[] = {
    {"sites", "S3", true, put_site},
    {"measure_n", "SM", true, put_measure_n},
    {"measure", "SM", false, put_measure},
    {"measure_low", "SM", false, put_measure_low},
    {"measure_high", "SM", false, put_measure_high},
    {"mass", "SP", false, put_mass},
    {"ratio", "SP", false, put_ratio},
    {"texts", "SP", true, put_texts},
    {"columns", "SP", true, put_columns},
    {"sinks", "SPT", true, put_sinks},
    {"token_ids", "K", true, put_id},
    {"token_n", "K", true, put_token_n},
    {"token_mass", "KS", false, put_token_mass},
    {"token_ratio", "KS", false, put_token_ratio},
    {"token_columns", "KS", true, put_token_columns},
};
enum { TENSORS = sizeof tensors / sizeof *tensors };

struct source {
    const struct tally *tally;
    put_fn *put;
    size_t bytes;      /* of a row */
    const size_t *ids; /* of a tensor of tokens; NULL: rows are sites and their places */
};

static bool fill(const void *context, size_t row, size_t rows, void *out, struct err *err)
{
    const struct source *s = context;
    (void)err;
    for (size_t r = 0; r < rows; r++)
        s->put(s->tally, s->ids ? s->ids[row + r] : row + r, (char *)out + r * s->bytes);
    return true;
}

static size_t size_of(char letter, const struct tally *t, size_t tokens, const char **axis_out)
{
    const struct {
        char letter;
        size_t size;
        const char *axis;
    } sizes[] = {{'S', t->shape.n_sites, "site"},  {'M', t->shape.n_measures, "measure"},    {'P', tally_places(t), "place"},
                 {'K', tokens, "token"},           {'T', TALLY_THRESHOLDS, "threshold"}, {'3', 3, "number"}};
    size_t i = 0;
    while (sizes[i].letter != letter)
        i++;
    *axis_out = sizes[i].axis;
    return sizes[i].size;
}

bool tally_give_tensors(const struct tally *t, struct result *result, struct err *err)
{
    size_t *ids = mem_new(t->n_ids + 1, sizeof *ids, "tokens of a scan", err), tokens = 0, n = 0;
    if (!ids)
        return false;
    for (size_t id = 0; id < t->n_ids; id++)
        if (t->by_id[id])
            ids[tokens++] = id;
    struct source sources[TENSORS];
    struct tensor_promise promises[TENSORS] = {0};
    for (size_t i = 0; i < TENSORS; i++) {
        struct tensor_promise *p = &promises[n];
        const char *shape = tensors[i].shape;
        bool any = true;
        *p = (struct tensor_promise){.is_i64 = tensors[i].whole, .rank = (int)strlen(shape), .fill = fill, .context = &sources[n]};
        snprintf(p->name, sizeof p->name, "%s", tensors[i].name);
        for (int d = 0; d < p->rank; d++)
            any = (p->shape[d] = size_of(shape[d], t, tokens, &p->axes[d])) > 0 && any;
        size_t width = p->rank > 1 ? p->shape[p->rank - 1] : 1;
        sources[n] = (struct source){t, tensors[i].put, width * (p->is_i64 ? sizeof(int64_t) : sizeof(float)), shape[0] == 'K' ? ids : NULL};
        n += any; /* what has no measures or no tokens is left out */
    }
    struct buf names = {0};
    for (size_t m = 0; m < t->shape.n_measures; m++)
        buf_printf(&names, "%s%s", m ? "," : "", t->shape.measures[m]);
    struct text_pair about[] = {{"model", t->shape.model}, {"measures", buf_cstr(&names)}};
    bool ok = buf_ok(&names, err) && result_tensors(result, promises, n, about, 2, err);
    buf_free(&names);
    free(ids);
    return ok;
}
