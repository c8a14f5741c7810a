/* The choosing half: which heads have a column, and where. See column_work.h. */
#include <stdlib.h>

#include "core/base/pool.h"
#include "core/measure/column_work.h"

bool column_any_err(const struct err *errs, size_t n, struct err *err)
{
    for (size_t i = 0; i < n; i++)
        if (errs[i].code != ERR_NONE) {
            if (err)
                *err = errs[i];
            return true;
        }
    return false;
}

/* ---- marks of a half ---- */

struct marking {
    const struct column_work *work;
    const struct column_watcher *watcher;
    const struct run *run;
    size_t first, n;      /* texts of the run, counted in the half */
    size_t texts;         /* of the half */
    unsigned char *marks; /* [n_sites, texts, n] */
    struct err *errs;     /* [n_sites] */
};

/* Which of the used sites this one is, or SIZE_MAX. */
static size_t used_number(const struct column_work *w, size_t site)
{
    for (size_t u = 0; u < w->n_used; u++)
        if (w->used[u] == site)
            return u;
    return SIZE_MAX;
}

static void mark_site(void *context, size_t task, size_t thread)
{
    (void)thread;
    struct marking *m = context;
    struct err *err = &m->errs[task];
    size_t n = m->work->material.length, used = m->watcher ? used_number(m->work, task) : SIZE_MAX;
    struct site site = m->work->sites[task];
    float *probs = mem_new(n * n, sizeof *probs, "an attention map", err);
    for (site.text = 0; probs && site.text < m->n; site.text++) {
        const struct attention *a = run_attention(m->run, site, err);
        if (!a || a->Tk != n || a->Tq != n || !run_map(m->run, site, (struct part){.kind = PART_PROBS}, 0, n, probs, err))
            break;
        column_marks(probs, n, n, a, &m->work->options->rule, m->marks + (task * m->texts + m->first + site.text) * n);
        if (used != SIZE_MAX)
            m->watcher->see(m->watcher->context, used, m->first + site.text, a, probs, err);
    }
    free(probs);
}

bool column_mark(struct column_work *w, struct jobs *jobs, size_t parity, size_t texts, const struct column_watcher *watcher,
                 unsigned char *marks, struct err *err)
{
    size_t n = w->material.length;
    struct err *errs = mem_new(w->n_sites, sizeof *errs, "errors of heads", err);
    bool ok = errs != NULL;
    for (size_t at = 0; ok && at < texts;) {
        size_t first = at;
        for (; ok && at < texts && (at == first || (at - first + 1) * n <= ROWS_IN_A_PASS); at++)
            ok = jobs_add(jobs, 2 * at + parity, VARIANT_BASE, 0, err) && column_step(w, err);
        struct run *run = ok ? jobs_run(jobs, err) : NULL;
        struct marking m = {w, watcher, run, first, at - first, texts, marks, errs};
        if (run)
            pool_run(w->n_sites, mark_site, &m);
        ok = run && !column_any_err(errs, w->n_sites, err);
        run_free(run);
        jobs_clear(jobs);
    }
    free(errs);
    return ok;
}

/* ---- where columns stand ---- */

static int by_size(const void *a, const void *b)
{
    size_t x = *(const size_t *)a, y = *(const size_t *)b;
    return (x > y) - (x < y);
}

/* The commonest of n values, the smallest of equals; sorts them. */
static size_t commonest(size_t *values, size_t n)
{
    size_t best = SIZE_MAX, most = 0;
    qsort(values, n, sizeof *values, by_size);
    for (size_t i = 0, some; i < n; i += some) {
        for (some = 1; i + some < n && values[i + some] == values[i];)
            some++;
        if (some > most) {
            most = some;
            best = values[i];
        }
    }
    return best;
}

/* Is there a column at the place? Keys [n] of one text; inner ones into index_out, where it is not NULL: how many. */
static size_t columns_at(const unsigned char *row, const struct token *tokens, size_t n, enum column_place place, size_t *index_out)
{
    size_t found = 0;
    if (place != PLACE_INNER)
        return row[place == PLACE_START ? 0 : n - 1];
    for (size_t j = 1; j + 1 < n; j++)
        if (row[j] && !tokens[j].special_id) {
            if (index_out)
                index_out[found] = j;
            found++;
        }
    return found;
}

size_t column_sites_with(const struct column_work *w, const unsigned char *marks, size_t texts)
{
    size_t n = w->material.length, sites = 0;
    for (size_t s = 0; s < w->n_sites; s++) {
        bool has = false;
        for (int place = PLACE_START; place <= PLACE_INNER && !has; place++) {
            size_t count = 0;
            for (size_t t = 0; t < texts; t++)
                count += columns_at(marks + (s * texts + t) * n, w->material.texts[0].tokens, n, (enum column_place)place, NULL) > 0;
            has = 2 * count >= texts;
        }
        sites += has;
    }
    return sites;
}

/* Where columns of one site stand in the texts of the choosing half: a head for each place that half of them have. */
static bool choose(struct column_work *w, size_t site, const unsigned char *marks, size_t texts, struct err *err)
{
    size_t n = w->material.length, count[3] = {0}, n_inner = 0;
    size_t *index = mem_new(2 * texts * n, sizeof *index, "columns", err), *token = index ? index + texts * n : NULL;
    if (!index)
        return false;
    for (size_t t = 0; t < texts; t++) {
        const struct token *tokens = w->material.texts[2 * t].tokens;
        for (int place = PLACE_START; place <= PLACE_INNER; place++) {
            size_t some = columns_at(marks + t * n, tokens, n, (enum column_place)place, index + n_inner);
            count[place] += some > 0;
            for (size_t i = 0; place == PLACE_INNER && i < some; i++, n_inner++)
                token[n_inner] = (size_t)tokens[index[n_inner]].id;
        }
    }
    for (int place = PLACE_START; place <= PLACE_INNER; place++) {
        if (2 * count[place] < texts)
            continue;
        struct column_test_head *head = &w->heads[w->n_heads];
        const struct token *first = w->material.texts[0].tokens;
        *head = (struct column_test_head){.site = w->sites[site], .axis = w->material.axis, .place = (enum column_place)place,
                                          .chosen = count[place], .index = place == PLACE_END ? n - 1 : 0, .token = -1};
        if (place == PLACE_INNER) {
            head->index = commonest(index, n_inner);
            head->token = (int32_t)commonest(token, n_inner);
        } else if (first[head->index].special_id) {
            head->token = first[head->index].id;
        }
        if (!w->n_used || w->used[w->n_used - 1] != site)
            w->used[w->n_used++] = site;
        w->of[w->n_heads++] = w->n_used - 1;
    }
    free(index);
    return true;
}

bool column_choose(struct column_work *w, struct err *err)
{
    size_t n = w->material.length, texts = (w->material.n + 1) / 2;
    unsigned char *marks = mem_new(w->n_sites * texts * n, 1, "marks of columns", err);
    bool ok = marks && column_mark(w, &w->jobs, 0, texts, NULL, marks, err);
    for (size_t s = 0; ok && s < w->n_sites; s++)
        ok = choose(w, s, marks + s * texts * n, texts, err);
    w->side->chosen_on = texts;
    free(marks);
    return ok;
}
