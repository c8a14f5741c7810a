/* The whatever-the-text test. See column_test.h.
 *
 *   even texts ─► marks of all heads ─► heads with a column at an end, or among the inner keys      column_choose.c
 *   odd texts  ─► base and variants, one pass a text ─► excess of each such column                  column_measure.c
 *              ─► squares, components; random keys, permuted keys                                   column_judge.c
 *              ─► the same texts through twins of shuffled and fresh weights                        column_reference.c
 *   all axes   ─► verdicts (verdict.c)
 */
#include "core/measure/column_test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/cancel.h"
#include "core/measure/column_work.h"
#include "core/measure/positions.h"

enum { MOST_CELLS = 1 << 24 }; /* of the layout of components, all heads together: more texts than these give are left out of it */

bool column_step(struct column_work *w, struct err *err)
{
    const struct watch *watch = w->options->watch;
    ++*w->done;
    if (watch && watch->progress)
        watch->progress(watch->context, *w->done < w->all ? *w->done : w->all, w->all);
    return !cancel_requested() || err_set(err, ERR_CANCELLED, "cancelled");
}

/* Room for what the heads chosen draw. */
static bool room(struct column_work *w, struct err *err)
{
    size_t n = w->material.length, heads = w->n_heads, a_text = heads * LAYOUT_VARIANTS * n, product;
    if (!size_mul(heads * (VARIANTS + SQUARE_CELLS + 5) + 1, w->measured, &product) || !size_mul(w->n_used, n * n, &product))
        return err_set(err, ERR_LIMIT, "too many heads and texts");
    w->layout_texts = !heads || w->measured < MOST_CELLS / a_text ? w->measured : MOST_CELLS / a_text;
    w->excess = mem_new(heads * VARIANTS * w->measured + 1, sizeof *w->excess, "masses", err);
    w->other = mem_new(heads * w->measured + 1, sizeof *w->other, "masses", err);
    w->inner = mem_new(heads * (1 + SQUARE_CELLS) * w->measured + 1, sizeof *w->inner, "masses", err);
    w->went = mem_new(heads * n + 1, sizeof *w->went, "masses", err);
    w->divergence = mem_new(heads * SQUARE_CELLS + 1, sizeof *w->divergence, "masses", err);
    w->key = mem_new(3 * heads * w->measured + 1, sizeof *w->key, "masses", err);
    w->cells = mem_new(a_text * w->layout_texts + 1, sizeof *w->cells, "masses", err);
    w->base = mem_new(w->n_used * n * n + 1, sizeof *w->base, "attention maps", err);
    if (!w->excess || !w->other || !w->inner || !w->went || !w->divergence || !w->key || !w->cells || !w->base)
        return false;
    w->permuted = w->key + heads * w->measured;
    w->alpha = w->key + 2 * heads * w->measured;
    return true;
}

static void work_free(struct column_work *w)
{
    jobs_free(&w->jobs);
    material_free(&w->material);
    free(w->heads);
    free(w->used);
    free(w->of);
    free(w->excess);
    free(w->other);
    free(w->inner);
    free(w->went);
    free(w->divergence);
    free(w->key);
    free(w->cells);
    free(w->base);
}

static bool run_side(struct column_work *w, enum column_axis axis, struct err *err)
{
    const struct column_test_options *o = w->options;
    struct column_side *side = w->side;
    *side = (struct column_side){.axis = axis, .n_sites = w->n_sites};
    for (size_t v = 0; v < VARIANTS; v++)
        side->loss[v] = NAN;
    bool ok = material_gather(o, axis, &w->material, err) && stack_has_positions(o->model, column_axis_stack(axis), &side->absolute, err);
    side->shift = ok && side->absolute ? column_shift(o->model, axis, o->length) : 0;
    side->skipped = w->material.skipped;
    side->again = w->material.again;
    side->cut = w->material.cut;
    memcpy(side->words, w->material.words, sizeof side->words);
    w->jobs = (struct jobs){.options = o, .material = &w->material, .absolute = side->absolute, .shift = side->shift};
    w->measured = side->measured_on = w->material.n / 2;
    w->all = *w->done + w->material.n + (o->twins ? (2 * o->twins + 1) * w->measured : 0);
    w->heads = ok ? mem_new(3 * w->n_sites, sizeof *w->heads, "columns", err) : NULL;
    w->used = ok ? mem_new(w->n_sites, sizeof *w->used, "columns", err) : NULL;
    w->of = ok ? mem_new(3 * w->n_sites, sizeof *w->of, "columns", err) : NULL;
    ok = ok && w->heads && w->used && w->of && column_choose(w, err) && room(w, err);
    if (ok && w->n_heads)
        ok = column_losses(&w->jobs, 1, side->loss, &side->loss_of, err);
    for (size_t v = 0; ok && v < VARIANTS; v++)
        side->broken[v] = side->loss[v] - side->loss[VARIANT_BASE] > COLUMN_TEST_BROKEN;
    if (ok && w->n_heads)
        ok = column_measure(w, err) && column_judge(w, err);
    return ok && (!o->twins || column_twins(w, err)) && column_pool(w, err);
}

static int by_place(const void *a, const void *b)
{
    const struct column_test_head *x = a, *y = b;
    size_t left[] = {x->site.stack, x->site.layer, x->site.head, x->place}, right[] = {y->site.stack, y->site.layer, y->site.head, y->place};
    for (size_t i = 0; i < 4; i++)
        if (left[i] != right[i])
            return left[i] < right[i] ? -1 : 1;
    return 0;
}

/* The heads of both axes, with verdicts over all of them. */
static bool gather(struct column_work *sides, struct column_test *out, struct err *err)
{
    size_t room = 1;
    for (size_t s = 0; s < out->n_sides; s++)
        room += sides[s].n_heads;
    struct square_verdict *squares = mem_new(room, sizeof *squares, "verdicts", err);
    out->heads = mem_new(room, sizeof *out->heads, "columns", err);
    bool ok = squares && out->heads;
    for (size_t s = 0; ok && s < out->n_sides; s++)
        for (size_t h = 0; h < sides[s].n_heads; h++)
            out->heads[out->n++] = sides[s].heads[h];
    if (ok)
        qsort(out->heads, out->n, sizeof *out->heads, by_place);
    for (size_t h = 0; ok && h < out->n; h++)
        squares[h] = out->heads[h].square;
    ok = ok && verdicts_decide(squares, out->n, err);
    for (size_t h = 0; ok && h < out->n; h++)
        out->heads[h].square = squares[h];
    free(squares);
    return ok;
}

bool column_test(const struct column_test_options *options, struct column_test *out, struct err *err)
{
    struct column_work sides[COLUMN_AXES] = {0};
    size_t done = 0;
    struct site *sites = mem_new(options->n_sites + 1, sizeof *sites, "columns", err), *free_site = sites;
    bool ok = sites != NULL;
    *out = (struct column_test){.length = options->length};
    for (int axis = AXIS_SOURCE; ok && axis < COLUMN_AXES; axis++) {
        struct column_work *w = &sides[out->n_sides];
        *w = (struct column_work){.options = options, .side = &out->side[out->n_sides], .sites = free_site, .done = &done};
        for (size_t s = 0; s < options->n_sites; s++)
            if ((options->sites[s].stack == STACK_DECODER) == (axis == AXIS_TARGET)) {
                *free_site++ = options->sites[s];
                w->n_sites++;
            }
        if (!w->n_sites)
            continue;
        out->n_sides++;
        ok = run_side(w, (enum column_axis)axis, err);
    }
    ok = ok && gather(sides, out, err);
    for (size_t s = 0; s < COLUMN_AXES; s++)
        work_free(&sides[s]);
    free(sites);
    if (!ok) {
        column_test_free(out);
        *out = (struct column_test){0};
    }
    return ok;
}

void column_test_free(struct column_test *test)
{
    free(test->heads);
}

const struct column_side *column_test_side(const struct column_test *test, enum column_axis axis)
{
    for (size_t s = 0; s < test->n_sides; s++)
        if (test->side[s].axis == axis)
            return &test->side[s];
    return NULL;
}
