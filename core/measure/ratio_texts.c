/* Ratios of all keys over texts. See ratio_texts.h. */
#include "core/measure/ratio_texts.h"

#include <math.h>
#include <stdlib.h>

#include "core/base/pool.h"

/* One text of a run, a task a site. */
struct look {
    const struct run *run;
    const struct site *sites;
    size_t text, n;
    float *ratios;          /* [n_sites, n] */
    unsigned char *columns; /* [n_sites] 1: some key is a column; NULL: not asked */
    struct err *errs;       /* [n_sites] */
};

static void look_at_site(void *context, size_t task, size_t thread)
{
    (void)thread;
    struct look *l = context;
    struct err *err = &l->errs[task];
    struct site site = l->sites[task];
    site.text = l->text;
    const struct attention *a = run_attention(l->run, site, err);
    if (!a)
        return;
    if (a->keys != l->run->tokens || a->Tk != l->n) {
        err_set(err, ERR_ARG, "the keys of this head are not the text's tokens");
        return;
    }
    float *probs = mem_new(a->Tq * a->Tk, sizeof *probs, "an attention map", err);
    unsigned char *marks = mem_new(a->Tk, 1, "marks of columns", err);
    if (probs && marks && run_map(l->run, site, (struct part){.kind = PART_PROBS}, 0, a->Tq, probs, err)) {
        column_ratios(probs, a, l->ratios + task * l->n);
        if (l->columns)
            column_marks(probs, a->Tq, a->Tk, a, NULL, marks);
        for (size_t j = 0; l->columns && j < a->Tk; j++)
            l->columns[task] |= marks[j];
    }
    free(probs);
    free(marks);
}

static bool look(const struct run *run, const struct site *sites, size_t n_sites, size_t text, float *ratios,
                 unsigned char *columns, struct err *err)
{
    struct look l = {run,
                     sites,
                     text,
                     tokens_length(run->tokens, text),
                     ratios,
                     columns,
                     mem_new(n_sites, sizeof(struct err), "errors of heads", err)};
    bool ok = l.errs != NULL;
    if (ok)
        pool_run(n_sites, look_at_site, &l);
    for (size_t s = 0; ok && s < n_sites; s++)
        if (l.errs[s].code != ERR_NONE) {
            if (err)
                *err = l.errs[s];
            ok = false;
        }
    free(l.errs);
    return ok;
}

/* ---- all keys of all texts ---- */

static void text_free(struct ratio_text *text)
{
    free(text->ids);
    free(text->special);
    free(text->ratios);
}

static void fill_tokens(const struct encoding *tokens, struct ratio_text *out)
{
    bool put_in = false;
    for (size_t i = 0; i < out->n; i++)
        put_in = put_in || tokens->tokens[i].special;
    for (size_t i = 0; i < out->n; i++) {
        out->ids[i] = tokens->tokens[i].id;
        out->special[i] = put_in ? tokens->tokens[i].special : tokens->tokens[i].special_id;
    }
}

bool ratio_texts_add(struct ratio_texts *texts, const struct run *run, size_t text, size_t number, size_t line, struct err *err)
{
    size_t n = tokens_length(run->tokens, text), values;
    struct ratio_text new = {.number = number, .line = line, .n = n};
    void *all = texts->texts;
    if (!size_mul(n, texts->n_sites, &values))
        return err_set(err, ERR_LIMIT, "too many heads and tokens");
    if (!mem_grow(&all, &texts->capacity, texts->n + 1, sizeof *texts->texts, "texts", err))
        return false;
    texts->texts = all;
    new.ids = mem_new(n, sizeof *new.ids, "ids", err);
    new.special = mem_new(n, 1, "marks of special tokens", err);
    new.ratios = mem_new(values, sizeof *new.ratios, "ratios of keys", err);
    if (!new.ids || !new.special || !new.ratios || !look(run, texts->sites, texts->n_sites, text, new.ratios, NULL, err)) {
        text_free(&new);
        return false;
    }
    fill_tokens(&run->tokens->texts[text], &new);
    for (size_t s = 0; s < texts->n_sites; s++)
        texts->not_finite += isinf(new.ratios[s * n]) != 0;
    texts->texts[texts->n++] = new;
    return true;
}

static bool see(void *context, const struct scan_text *text, struct err *err)
{
    return ratio_texts_add(context, text->run, text->text, text->number, text->line, err);
}

struct scan_observer ratio_texts_observer(struct ratio_texts *texts)
{
    return (struct scan_observer){.context = texts, .see = see};
}

static int by_number(const void *a, const void *b)
{
    const struct ratio_text *x = a, *y = b;
    return (x->number > y->number) - (x->number < y->number);
}

static int by_size(const void *a, const void *b)
{
    const struct ratio_text *x = a, *y = b;
    return x->n != y->n ? (x->n < y->n) - (x->n > y->n) : by_number(a, b);
}

void ratio_texts_sort(struct ratio_texts *texts, bool by_length)
{
    if (texts->n)
        qsort(texts->texts, texts->n, sizeof *texts->texts, by_length ? by_size : by_number);
}

void ratio_texts_free(struct ratio_texts *texts)
{
    for (size_t t = 0; t < texts->n; t++)
        text_free(&texts->texts[t]);
    free(texts->texts);
    texts->texts = NULL;
    texts->n = texts->capacity = texts->not_finite = 0;
}

/* ---- which heads have columns ---- */

bool ratio_counts_new(const struct site *sites, size_t n_sites, struct ratio_counts *out, struct err *err)
{
    *out = (struct ratio_counts){.sites = sites, .n_sites = n_sites};
    out->columns = mem_new(n_sites, sizeof *out->columns, "counts of heads", err);
    out->largest = mem_new(n_sites, sizeof *out->largest, "counts of heads", err);
    if (out->columns && out->largest)
        return true;
    ratio_counts_free(out);
    return false;
}

static bool count(void *context, const struct scan_text *text, struct err *err)
{
    struct ratio_counts *counts = context;
    size_t n = text->tokens->n;
    float *ratios = mem_new(n * counts->n_sites, sizeof *ratios, "ratios of keys", err);
    unsigned char *columns = mem_new(counts->n_sites, 1, "marks of columns", err);
    bool ok = ratios && columns && look(text->run, counts->sites, counts->n_sites, text->text, ratios, columns, err);
    for (size_t s = 0; ok && s < counts->n_sites; s++) {
        float largest = 0;
        for (size_t j = 0; j < n; j++)
            largest = isfinite(ratios[s * n + j]) ? fmaxf(largest, ratios[s * n + j]) : largest;
        counts->columns[s] += columns[s];
        counts->largest[s] += (double)largest;
    }
    counts->texts += ok;
    free(ratios);
    free(columns);
    return ok;
}

struct scan_observer ratio_counts_observer(struct ratio_counts *counts)
{
    return (struct scan_observer){.context = counts, .see = count};
}

size_t ratio_counts_choose(const struct ratio_counts *counts, size_t most, size_t *out)
{
    size_t n = 0;
    for (size_t s = 0; s < counts->n_sites; s++) {
        size_t better = 0;
        for (size_t o = 0; o < counts->n_sites; o++)
            better += counts->columns[o] != counts->columns[s]   ? counts->columns[o] > counts->columns[s]
                      : counts->largest[o] != counts->largest[s] ? counts->largest[o] > counts->largest[s]
                                                                 : o < s;
        if (better < most)
            out[n++] = s;
    }
    return n;
}

void ratio_counts_free(struct ratio_counts *counts)
{
    free(counts->columns);
    free(counts->largest);
    *counts = (struct ratio_counts){0};
}
