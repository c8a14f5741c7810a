/* Parts of a prompt. See segments.h. */
#include "core/measure/segments.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/cancel.h"
#include "core/base/pool.h"
#include "core/measure/column.h"
#include "core/measure/measure.h"

/* ---- where parts begin ---- */

/* A text on its way into parts: its bytes, where each of its tokens lies, where it is cut. */
struct cutting {
    const struct encoding *text;
    struct str texts[2];
    struct buf spelled;    /* of ids: what they spell */
    size_t *begin, *end;   /* [T] bytes */
    unsigned char *of;     /* [T] which of the two texts */
    size_t *cuts[2], n[2]; /* bytes behind each match */
    size_t capacity[2];
};

static void cutting_free(struct cutting *c)
{
    buf_free(&c->spelled);
    free(c->begin);
    free(c->end);
    free(c->of);
    free(c->cuts[0]);
    free(c->cuts[1]);
}

static bool place_tokens(struct cutting *c, const struct tokenizer *tokenizer, struct err *err)
{
    bool written = c->text->texts[0].s != NULL;
    for (size_t t = 0; t < c->text->n; t++) {
        const struct token *token = &c->text->tokens[t];
        c->begin[t] = written ? token->begin : c->spelled.n;
        if (!written && tokenizer)
            tokenizer_spell(tokenizer, token->id, t == 0, &c->spelled);
        c->end[t] = written ? token->end : c->spelled.n;
        c->of[t] = token->text == 1;
    }
    c->texts[0] = written ? c->text->texts[0] : buf_view(&c->spelled);
    c->texts[1] = c->text->texts[1];
    return buf_ok(&c->spelled, err);
}

static bool find_cuts(struct cutting *c, const struct regex *by, int which, struct err *err)
{
    struct str text = c->texts[which];
    size_t from = 0, begin, end;
    int found;
    while (from <= text.n && (found = regex_find(by, text, from, &begin, &end, err)) > 0) {
        size_t last = c->n[which] ? c->cuts[which][c->n[which] - 1] : 0;
        if (end > last && !mem_grow((void **)&c->cuts[which], &c->capacity[which], c->n[which] + 1, sizeof(size_t), "parts", err))
            return false;
        if (end > last)
            c->cuts[which][c->n[which]++] = end;
        from = end > from ? end : from + 1;
        while (from < text.n && ((unsigned char)text.s[from] & 0xC0) == 0x80)
            from++; /* an empty match goes on behind a whole character */
    }
    return from > text.n || found == 0;
}

/* How many cuts lie at or before the token's last byte. */
static size_t raw_part(const struct cutting *c, size_t t)
{
    int which = c->of[t];
    size_t last = c->end[t] > c->begin[t] ? c->end[t] - 1 : c->begin[t], n = 0;
    while (n < c->n[which] && c->cuts[which][n] <= last)
        n++;
    return (which ? c->n[0] + 1 : 0) + n;
}

bool segment_apart(const struct token *token, size_t t, enum sinks sinks)
{
    return token->special || (sinks >= SINKS_SPECIAL && token->special_id) || (sinks >= SINKS_FIRST && t == 0);
}

static struct str raw_text(const struct cutting *c, size_t raw)
{
    int which = raw > c->n[0];
    size_t i = which ? raw - c->n[0] - 1 : raw;
    size_t begin = i ? c->cuts[which][i - 1] : 0, end = i < c->n[which] ? c->cuts[which][i] : c->texts[which].n;
    return (struct str){c->texts[which].s + begin, end - begin};
}

/* Parts that hold tokens, numbered as they come. */
static bool number_parts(const struct cutting *c, enum sinks sinks, struct arena *arena, struct segments *out, struct err *err)
{
    size_t most = c->n[0] + c->n[1] + 2, T = out->T;
    size_t *held = arena_zalloc(arena, most, sizeof *held, "parts", err);
    uint32_t *number = arena_alloc(arena, most, sizeof *number, "parts", err);
    if (!held || !number)
        return false;
    for (size_t t = 0; t < T; t++)
        held[raw_part(c, t)] += !segment_apart(&c->text->tokens[t], t, sinks);
    for (size_t raw = 0; raw < most; raw++) {
        number[raw] = held[raw] ? (uint32_t)out->n : SEGMENT_APART;
        if (!held[raw])
            continue;
        if (!arena_str(arena, raw_text(c, raw), &out->texts[out->n], err))
            return false;
        out->tokens[out->n] = held[raw];
        out->second[out->n] = raw > c->n[0];
        out->begin[out->n++] = SIZE_MAX;
    }
    bool front = true;
    for (size_t t = 0; t < T; t++) {
        const struct token *token = &c->text->tokens[t];
        uint32_t part = number[raw_part(c, t)];
        front = front && token->special_id;
        out->home[t] = token->special || front ? SEGMENT_APART : part;
        out->part[t] = segment_apart(token, t, sinks) ? SEGMENT_APART : part;
        if (out->home[t] == SEGMENT_APART)
            continue;
        out->begin[part] = out->begin[part] == SIZE_MAX ? t : out->begin[part];
        out->end[part] = t + 1;
    }
    return true;
}

bool segments_make(const struct tokenizer *tokenizer, const struct encoding *text, const struct regex *by, enum sinks sinks,
                   struct arena *arena, struct segments *out, struct err *err)
{
    size_t T = text->n;
    struct cutting c = {.text = text,
                        .begin = mem_new(T, sizeof *c.begin, "parts", err),
                        .end = mem_new(T, sizeof *c.end, "parts", err),
                        .of = mem_new(T, 1, "parts", err)};
    bool ok =
        c.begin && c.end && c.of && place_tokens(&c, tokenizer, err) && find_cuts(&c, by, 0, err) && find_cuts(&c, by, 1, err);
    size_t most = c.n[0] + c.n[1] + 2;
    *out = (struct segments){.T = T};
    if (ok) {
        out->part = arena_alloc(arena, T, sizeof *out->part, "parts", err);
        out->home = arena_alloc(arena, T, sizeof *out->home, "parts", err);
        out->texts = arena_alloc(arena, most, sizeof *out->texts, "parts", err);
        out->tokens = arena_alloc(arena, 3 * most, sizeof *out->tokens, "parts", err);
        out->second = arena_alloc(arena, most, sizeof *out->second, "parts", err);
        ok = out->part && out->home && out->texts && out->tokens && out->second;
    }
    if (ok) {
        out->begin = out->tokens + most;
        out->end = out->begin + most;
        ok = number_parts(&c, sinks, arena, out, err);
    }
    cutting_free(&c);
    return ok;
}

/* ---- mass ---- */

bool segment_map_new(size_t P, size_t Q, struct arena *arena, struct segment_map *out, struct err *err)
{
    *out = (struct segment_map){.P = P,
                                .Q = Q,
                                .mass = arena_alloc(arena, P * (Q + 1), sizeof *out->mass, "mass of parts", err),
                                .share = arena_alloc(arena, P * (Q + 1), sizeof *out->share, "mass of parts", err),
                                .queries = arena_alloc(arena, P, sizeof *out->queries, "mass of parts", err)};
    return out->mass && out->share && out->queries;
}

/* Add what query i gives; mass and seen [Q+1] are room. Sees it no key, nothing is added. */
static void add_query(const struct attention *a, const struct segments *keys, size_t i, const float *row,
                      const unsigned char *columns, double *mass, size_t *seen, struct segment_map *out, size_t part)
{
    size_t Q = out->Q, all = 0;
    double sum = 0;
    memset(mass, 0, (Q + 1) * sizeof *mass);
    memset(seen, 0, (Q + 1) * sizeof *seen);
    for (size_t j = 0; j < a->Tk; j++) {
        if (attention_masked(a, i, j))
            continue;
        size_t q = keys->part[j] == SEGMENT_APART || columns[j] ? Q : keys->part[j];
        mass[q] += (double)row[j];
        sum += (double)row[j];
        seen[q]++;
        all++;
    }
    if (!all)
        return;
    if (a->sink)
        mass[Q] += 1 - sum;
    out->queries[part]++;
    for (size_t q = 0; q <= Q; q++) {
        out->mass[part * (Q + 1) + q] += mass[q];
        out->share[part * (Q + 1) + q] += (double)seen[q] / (double)all;
    }
}

static void average(struct segment_map *out, bool finite)
{
    for (size_t i = 0; i < out->P * (out->Q + 1); i++) {
        size_t n = out->queries[i / (out->Q + 1)];
        out->mass[i] = n && finite ? out->mass[i] / (double)n : (double)NAN;
        out->share[i] = n ? out->share[i] / (double)n : (double)NAN;
    }
}

bool segment_map_fill(const struct run *run, struct site site, const struct segments *queries, const struct segments *keys,
                      enum sinks sinks, struct segment_map *out, struct err *err)
{
    const struct attention *a = run_attention(run, site, err);
    size_t cells, Q = out->Q;
    if (!a)
        return false;
    if (!size_mul(a->Tq, a->Tk, &cells))
        return err_set(err, ERR_LIMIT, "a map of %zu × %zu is too large", a->Tq, a->Tk);
    float *probs = mem_new(cells, sizeof *probs, "an attention map", err);
    unsigned char *columns = mem_new(a->Tk, 1, "columns", err);
    double *mass = mem_new(Q + 1, sizeof *mass, "mass of parts", err);
    size_t *seen = mem_new(Q + 1, sizeof *seen, "mass of parts", err);
    bool ok = probs && columns && mass && seen && run_map(run, site, (struct part){.kind = PART_PROBS}, 0, a->Tq, probs, err);
    if (ok) {
        memset(out->mass, 0, out->P * (Q + 1) * sizeof *out->mass);
        memset(out->share, 0, out->P * (Q + 1) * sizeof *out->share);
        memset(out->queries, 0, out->P * sizeof *out->queries);
        if (sinks == SINKS_COLUMNS)
            column_marks(probs, a->Tq, a->Tk, a, NULL, columns);
        for (size_t i = 0; i < a->Tq; i++)
            if (queries->part[i] != SEGMENT_APART)
                add_query(a, keys, i, probs + i * a->Tk, columns, mass, seen, out, queries->part[i]);
        average(out, !map_not_finite(a, probs));
    }
    free(probs);
    free(columns);
    free(mass);
    free(seen);
    return ok;
}

/* ---- many heads ---- */

struct many {
    const struct run *run;
    const struct site *sites;
    const struct segments *const *queries, *const *keys;
    enum sinks sinks;
    struct segment_map *out;
    struct err *errs;
};

static void fill_one(void *context, size_t task, size_t thread)
{
    (void)thread;
    struct many *m = context;
    struct err *err = &m->errs[task];
    if (cancel_requested())
        err_set(err, ERR_CANCELLED, "cancelled");
    else if (!segment_map_fill(m->run, m->sites[task], m->queries[task], m->keys[task], m->sinks, &m->out[task], err) &&
             err->code == ERR_NONE)
        err_set(err, ERR_FORMAT, "the parts have no mass here");
}

bool segment_maps_fill(const struct run *run, const struct site *sites, size_t n, const struct segments *const *queries,
                       const struct segments *const *keys, enum sinks sinks, const struct watch *watch, struct segment_map *out,
                       struct err *err)
{
    enum { BATCH = 16 }; /* progress comes between batches */
    for (size_t at = 0; at < n; at += BATCH) {
        struct err errs[BATCH] = {0};
        size_t some = n - at < BATCH ? n - at : BATCH;
        struct many many = {run, sites + at, queries + at, keys + at, sinks, out + at, errs};
        pool_run(some, fill_one, &many);
        for (size_t i = 0; i < some; i++)
            if (errs[i].code != ERR_NONE) {
                if (err)
                    *err = errs[i];
                return false;
            }
        if (watch && watch->progress)
            watch->progress(watch->context, at + some, n);
    }
    return true;
}
