/* Columns over the lines of a file, one run in memory at a time. See column_texts.h. */
#include "core/measure/column_texts.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/cancel.h"
#include "core/base/pool.h"
#include "core/measure/column.h"

/* A walk over the lines; blank ones are passed over. */
struct lines {
    struct str rest;
    size_t number, line; /* of the text, of the line in the file: from 1 */
};

static bool next_line(struct lines *lines, struct str *out)
{
    while (lines->rest.n) {
        const char *end = memchr(lines->rest.s, '\n', lines->rest.n);
        size_t n = end ? (size_t)(end - lines->rest.s) : lines->rest.n, blank = 0;
        *out = (struct str){lines->rest.s, n};
        lines->rest.s += n + (end != NULL);
        lines->rest.n -= n + (end != NULL);
        lines->line++;
        if (out->n && out->s[out->n - 1] == '\r')
            out->n--;
        while (blank < out->n && (out->s[blank] == ' ' || out->s[blank] == '\t'))
            blank++;
        if (blank < out->n) {
            lines->number++;
            return true;
        }
    }
    return false;
}

/* Leave out the last tokens of the text itself until `length` are there. True where some were left out. */
static bool cut(struct encoding *encoding, size_t length)
{
    if (encoding->n <= length)
        return false;
    size_t drop = encoding->n - length, n = encoding->n;
    for (size_t i = encoding->n; i-- > 0 && drop;)
        if (!encoding->tokens[i].special) {
            memmove(&encoding->tokens[i], &encoding->tokens[i + 1], (n - i - 1) * sizeof *encoding->tokens);
            n--;
            drop--;
        }
    encoding->n = n;
    return true;
}

/* One token in front of everything, the tokenizer's own included. */
static bool put_front(const struct tokenizer *tokenizer, int32_t id, struct encoding *encoding, struct err *err)
{
    struct token *tokens = arena_alloc(encoding->arena, encoding->n + 1, sizeof *tokens, "tokens", err);
    if (!tokens)
        return false;
    tokens[0] = (struct token){.id = id,
                               .text = -1,
                               .special = true,
                               .special_id = tokenizer_is_special(tokenizer, id),
                               .word = -1,
                               .string = tokenizer_string(tokenizer, id)};
    memcpy(tokens + 1, encoding->tokens, encoding->n * sizeof *tokens);
    encoding->tokens = tokens;
    encoding->n++;
    return true;
}

/* The text as it is run. *run_out NULL without an error: too short. */
static bool run_line(const struct column_texts_options *o, struct str text, size_t line, bool *cut_out, struct run **run_out,
                     struct err *err)
{
    const struct tokenizer *tokenizer = o->model->tokenizer;
    struct encoding encoding = {0};
    *run_out = NULL;
    *cut_out = false;
    if (!tokenizer_encode(tokenizer, text, NULL, o->no_special ? TOKENIZE_NO_SPECIAL : 0, &encoding, err))
        return err_prefix(err, "%s:%zu: ", o->name, line);
    if (o->front >= 0 && !put_front(tokenizer, o->front, &encoding, err)) {
        encoding_free(&encoding);
        return false;
    }
    *cut_out = cut(&encoding, o->length);
    if (encoding.n < COLUMN_TEXTS_SHORTEST) {
        encoding_free(&encoding);
        return true;
    }
    *run_out = run_one(o->model, &encoding, NULL, err);
    return *run_out || err_prefix(err, "%s:%zu: ", o->name, line);
}

/* Marks of all sites in one run: [n_sites][1 + rounds][n]. */
struct marks {
    const struct column_texts_options *options;
    const struct run *run;
    size_t n, rounds, number;
    unsigned char *marks;
    struct err *errs; /* [n_sites] */
};

static uint64_t random_next(uint64_t *state) /* splitmix64 (Steele et al. 2014) */
{
    uint64_t x = *state += 0x9e3779b97f4a7c15u;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

/* Shuffle the visible keys of each row on its own (Durstenfeld 1964). visible [Tk] is scratch. */
static void permute(float *probs, const struct attention *a, size_t *visible, uint64_t *state)
{
    for (size_t i = 0; i < a->Tq; i++) {
        float *row = probs + i * a->Tk;
        size_t n = 0;
        for (size_t j = 0; j < a->Tk; j++)
            if (!attention_masked(a, i, j))
                visible[n++] = j;
        for (; n > 1; n--) {
            size_t x = visible[n - 1], y = visible[random_next(state) % n];
            float swap = row[x];
            row[x] = row[y];
            row[y] = swap;
        }
    }
}

static void mark_site(void *context, size_t task, size_t thread)
{
    (void)thread;
    struct marks *m = context;
    struct err *err = &m->errs[task];
    struct site site = m->options->sites[task];
    const struct attention *a = run_attention(m->run, site, err);
    if (!a)
        return;
    float *probs = mem_new(a->Tq * a->Tk, sizeof *probs, "an attention map", err);
    size_t *visible = mem_new(a->Tk, sizeof *visible, "visible keys", err);
    unsigned char *marks = m->marks + task * (1 + m->rounds) * m->n;
    uint64_t place = (m->number * 0x100000001b3u + site.layer) * 0x100000001b3u + site.head, state = m->options->seed ^ place;
    bool ok = probs && visible && a->Tk == m->n; /* the keys are the text's tokens */
    if (ok && run_map(m->run, site, (struct part){.kind = PART_PROBS}, 0, a->Tq, probs, err)) {
        column_marks(probs, a->Tq, a->Tk, a, marks);
        for (size_t round = 1; round <= m->rounds; round++) {
            permute(probs, a, visible, &state);
            column_marks(probs, a->Tq, a->Tk, a, marks + round * m->n);
        }
    }
    free(probs);
    free(visible);
}

/* Both halves, and what is done with a text of each. */
struct work {
    const struct column_texts_options *options;
    struct column_texts *out;
    struct gathered *gathered;   /* [n_sites] */
    struct choosable choosable;
    bool (*same)[MAX_HYPOTHESES][MAX_HYPOTHESES]; /* [n_sites] held in exactly the same texts so far */
    size_t lines, lines_done;
};

static bool choose_on(struct work *w, const struct encoding *text, const struct marks *m, struct err *err)
{
    if (!choosable_add(&w->choosable, text->tokens, text->n, err))
        return false;
    w->out->chosen_on++;
    for (size_t s = 0; s < w->out->n; s++)
        if (!gathered_add(&w->gathered[s], text->tokens, text->n, m->marks + s * m->n, w->choosable.texts, err))
            return false;
    return true;
}

static bool count_on(struct work *w, const struct encoding *text, const struct marks *m, struct err *err)
{
    (void)err;
    w->out->counted_on++;
    for (size_t s = 0; s < w->out->n; s++) {
        struct column_texts_head *head = &w->out->heads[s];
        const unsigned char *marks = m->marks + s * (1 + m->rounds) * m->n;
        bool could[MAX_HYPOTHESES], held[MAX_HYPOTHESES], again;
        for (size_t k = 0; k < head->n; k++) {
            struct hypothesis *h = &head->hypotheses[k];
            hypothesis_check(h, text->tokens, text->n, marks, &could[k], &held[k]);
            h->could += could[k];
            h->held += held[k];
            for (size_t round = 1; could[k] && round <= m->rounds; round++) {
                hypothesis_check(h, text->tokens, text->n, marks + round * m->n, &could[k], &again);
                h->permuted_held += again;
            }
            for (size_t e = 0; e < k; e++)
                w->same[s][e][k] = w->same[s][e][k] && could[e] == could[k] && held[e] == held[k];
        }
    }
    return true;
}

/* Run the texts of one half (parity of their number) and hand each with its marks to `visit`. */
static bool each_text(struct work *w, size_t parity, size_t rounds,
                      bool (*visit)(struct work *, const struct encoding *, const struct marks *, struct err *),
                      struct err *err)
{
    const struct column_texts_options *o = w->options;
    struct lines lines = {.rest = o->lines};
    struct str text;
    bool ok = true;
    while (ok && next_line(&lines, &text)) {
        struct run *run;
        bool was_cut;
        if (lines.number % 2 != parity)
            continue;
        if (cancel_requested())
            return err_set(err, ERR_CANCELLED, "cancelled");
        if (!run_line(o, text, lines.line, &was_cut, &run, err))
            return false;
        w->out->skipped += !run;
        w->out->cut += was_cut;
        if (run) {
            struct marks m = {o, run, run->tokens->texts[0].n, rounds, lines.number, NULL, NULL};
            m.marks = mem_new(o->n_sites * (1 + rounds) * m.n, 1, "marks of columns", err);
            m.errs = mem_new(o->n_sites, sizeof *m.errs, "errors of heads", err);
            ok = m.marks && m.errs;
            if (ok)
                pool_run(o->n_sites, mark_site, &m);
            for (size_t s = 0; ok && s < o->n_sites; s++)
                if (m.errs[s].code != ERR_NONE) {
                    if (err)
                        *err = m.errs[s];
                    ok = false;
                }
            ok = ok && visit(w, &run->tokens->texts[0], &m, err);
            free(m.marks);
            free(m.errs);
            run_free(run);
        }
        w->lines_done++;
        if (ok && o->watch && o->watch->progress)
            o->watch->progress(o->watch->context, w->lines_done, w->lines);
    }
    return ok;
}

/* Hypotheses that held in the same texts, some at least, name the first of them. */
static void join(const bool same[MAX_HYPOTHESES][MAX_HYPOTHESES], struct column_texts_head *head)
{
    for (size_t k = 1; k < head->n; k++)
        for (size_t e = 1; e < k; e++)
            if (same[e][k] && head->hypotheses[k].held > 0) {
                head->hypotheses[k].same_as = e;
                break;
            }
}

bool column_texts(const struct column_texts_options *options, struct column_texts *out, struct err *err)
{
    struct work w = {.options = options, .out = out};
    struct lines lines = {.rest = options->lines};
    struct str text;
    *out = (struct column_texts){.n = options->n_sites};
    while (next_line(&lines, &text))
        w.lines++;
    out->heads = mem_new(out->n, sizeof *out->heads, "heads", err);
    w.gathered = mem_new(out->n, sizeof *w.gathered, "hypotheses of heads", err);
    w.same = mem_new(out->n, sizeof *w.same, "hypotheses of heads", err);
    bool ok = out->heads && w.gathered && w.same && each_text(&w, 0, 0, choose_on, err);
    for (size_t s = 0; ok && s < out->n; s++) {
        out->heads[s].site = options->sites[s];
        out->heads[s].n = hypotheses_choose(&w.gathered[s], &w.choosable, out->heads[s].hypotheses);
        memset(w.same[s], 1, sizeof w.same[s]);
    }
    ok = ok && each_text(&w, 1, COLUMN_TEXTS_ROUNDS, count_on, err);
    for (size_t s = 0; ok && s < out->n; s++)
        join((const bool(*)[MAX_HYPOTHESES])w.same[s], &out->heads[s]);
    for (size_t s = 0; w.gathered && s < out->n; s++)
        gathered_free(&w.gathered[s]);
    free(w.gathered);
    free(w.same);
    choosable_free(&w.choosable);
    if (!ok) {
        column_texts_free(out);
        *out = (struct column_texts){0};
    }
    return ok;
}

void column_texts_free(struct column_texts *texts)
{
    free(texts->heads);
}

struct run *column_texts_first(const struct column_texts_options *options, struct err *err)
{
    struct lines lines = {.rest = options->lines};
    struct str text;
    struct run *run = NULL;
    bool was_cut;
    while (!run && next_line(&lines, &text))
        if (!run_line(options, text, lines.line, &was_cut, &run, err))
            return NULL;
    if (!run)
        err_set(err, ERR_NOT_FOUND, "%s: no line of at least %d tokens", options->name, COLUMN_TEXTS_SHORTEST);
    return run;
}

bool column_texts_token(const struct tokenizer *tokenizer, struct str word, int32_t *out, struct err *err)
{
    *out = tokenizer_id(tokenizer, word);
    if (*out >= 0)
        return true;
    struct encoding encoding;
    if (!tokenizer_encode(tokenizer, word, NULL, TOKENIZE_NO_SPECIAL, &encoding, err))
        return false;
    bool one = encoding.n == 1;
    if (one)
        *out = encoding.tokens[0].id;
    else
        err_set(err, ERR_ARG, "'%.*s' is %zu tokens here; expected one token of the vocabulary", STR_ARGS(word), encoding.n);
    encoding_free(&encoding);
    return one;
}
