/* Columns over the lines of a file: an observer of two scans. See column_texts.h. */
#include "core/measure/column_texts.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/pool.h"
#include "core/measure/column.h"
#include "core/measure/column_look.h"
#include "core/measure/measure.h"
#include "core/scan.h"

/* Marks of all sites in one text of a run: [n_sites][1 + rounds][n]. */
struct marks {
    const struct column_texts_options *options;
    const struct run *run;
    size_t text, n, rounds, number;
    unsigned char *marks;
    struct err *errs;          /* [n_sites] */
    unsigned char *not_finite; /* [n_sites] */
};

static void mark_site(void *context, size_t task, size_t thread)
{
    (void)thread;
    struct marks *m = context;
    struct err *err = &m->errs[task];
    struct site site = m->options->sites[task];
    site.text = m->text;
    const struct attention *a = run_attention(m->run, site, err);
    if (!a)
        return;
    float *probs = mem_new(a->Tq * a->Tk, sizeof *probs, "an attention map", err);
    size_t *visible = mem_new(a->Tk, sizeof *visible, "visible keys", err);
    unsigned char *marks = m->marks + task * (1 + m->rounds) * m->n;
    uint64_t place = (m->number * 0x100000001b3u + site.layer) * 0x100000001b3u + site.head, state = m->options->seed ^ place;
    bool ok = probs && visible && a->Tk == m->n; /* the keys are the text's tokens */
    if (ok && run_map(m->run, site, (struct part){.kind = PART_PROBS}, 0, a->Tq, probs, err)) {
        m->not_finite[task] = map_not_finite(a, probs);
        column_marks(probs, a->Tq, a->Tk, a, &m->options->rule, marks);
        for (size_t round = 1; round <= m->rounds; round++) {
            column_permute(probs, a, visible, &state);
            column_marks(probs, a->Tq, a->Tk, a, &m->options->rule, marks + round * m->n);
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
};

static bool choose_on(struct work *w, const struct scan_text *text, const struct marks *m, struct err *err)
{
    const struct encoding *tokens = text->tokens;
    if (!choosable_add(&w->choosable, tokens->tokens, tokens->n, err))
        return false;
    for (size_t s = 0; s < w->out->n; s++)
        if (!gathered_add(&w->gathered[s], tokens->tokens, tokens->n, m->marks + s * m->n, text->number, err))
            return false;
    return true;
}

static bool count_on(struct work *w, const struct encoding *text, const struct marks *m)
{
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

/* Mark all sites in one text, then do with it what its half asks for. */
static bool see(struct work *w, const struct scan_text *text, size_t rounds, struct err *err)
{
    size_t n = text->tokens->n, sites = w->options->n_sites;
    struct marks m = {w->options, text->run, text->text, n, rounds, text->number, NULL, NULL, NULL};
    m.marks = mem_new(sites * (1 + rounds) * n, 1, "marks of columns", err);
    m.errs = mem_new(sites, sizeof *m.errs, "errors of heads", err);
    m.not_finite = mem_new(sites, 1, "marks of columns", err);
    bool ok = m.marks && m.errs && m.not_finite;
    if (ok)
        pool_run(sites, mark_site, &m);
    for (size_t s = 0; ok && s < sites; s++)
        if (m.errs[s].code != ERR_NONE) {
            if (err)
                *err = m.errs[s];
            ok = false;
        } else {
            w->out->not_finite += m.not_finite[s];
        }
    ok = ok && (rounds ? count_on(w, text->tokens, &m) : choose_on(w, text, &m, err));
    free(m.marks);
    free(m.errs);
    free(m.not_finite);
    return ok;
}

static bool see_first(void *context, const struct scan_text *text, struct err *err)
{
    return see(context, text, 0, err);
}

static bool see_second(void *context, const struct scan_text *text, struct err *err)
{
    return see(context, text, COLUMN_TEXTS_ROUNDS, err);
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

/* As the scans want it. */
static struct scan_options scan_of(const struct column_texts_options *o)
{
    return (struct scan_options){.model = o->model,
                                 .lines = o->lines,
                                 .name = o->name,
                                 .shortest = o->shortest,
                                 .length = o->length,
                                 .no_special = o->no_special,
                                 .front = o->front,
                                 .watch = o->watch};
}

/* Scan one half; its texts are added to *seen. */
static bool half(struct work *w, enum scan_half half, size_t lines, bool (*see)(void *, const struct scan_text *, struct err *),
                 size_t *seen, struct err *err)
{
    struct scan_options options = scan_of(w->options);
    struct scan_observer observer = {.context = w, .see = see};
    struct scan_counts counts;
    options.half = half;
    options.progress_all = lines;
    options.progress_before = half == SCAN_ODD ? lines / 2 : 0; /* the even lines were done */
    bool ok = scan(&options, &observer, 1, &counts, err);
    *seen = counts.texts;
    w->out->skipped += counts.skipped;
    w->out->cut += counts.cut;
    return ok;
}

bool column_texts(const struct column_texts_options *options, struct column_texts *out, struct err *err)
{
    struct work w = {.options = options, .out = out};
    struct scan_lines lines = {.rest = options->lines};
    struct str text;
    *out = (struct column_texts){.n = options->n_sites};
    while (scan_next_line(&lines, &text))
        ;
    out->heads = mem_new(out->n, sizeof *out->heads, "heads", err);
    w.gathered = mem_new(out->n, sizeof *w.gathered, "hypotheses of heads", err);
    w.same = mem_new(out->n, sizeof *w.same, "hypotheses of heads", err);
    bool ok = out->heads && w.gathered && w.same && half(&w, SCAN_EVEN, lines.number, see_first, &out->chosen_on, err);
    for (size_t s = 0; ok && s < out->n; s++) {
        out->heads[s].site = options->sites[s];
        out->heads[s].n = hypotheses_choose(&w.gathered[s], &w.choosable, out->heads[s].hypotheses);
        memset(w.same[s], 1, sizeof w.same[s]);
    }
    ok = ok && half(&w, SCAN_ODD, lines.number, see_second, &out->counted_on, err);
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
