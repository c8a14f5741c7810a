/* What is taken out of a pass. See ablation.h; over texts it is ablation_texts.c. */
#include "core/measure/ablation.h"

#include <string.h>

#include "core/base/random.h"

bool outputs_new(const struct ablation *ablation, const struct model *model, struct outputs *out, struct err *err)
{
    *out = (struct outputs){.n = ablation->n_sites, .arena = arena_new(err)};
    out->head = out->arena ? arena_zalloc(out->arena, out->n + 1, sizeof *out->head, "outputs of heads", err) : NULL;
    for (size_t i = 0; out->head && i < out->n; i++) {
        struct head_outputs *head = &out->head[i];
        const struct site *site = &ablation->sites[i];
        head->D = model->stacks[site->stack].shape[site->layer].D;
        head->sum = arena_zalloc(out->arena, head->D, sizeof *head->sum, "outputs of heads", err);
        head->kept = head->sum ? arena_alloc(out->arena, OUTPUTS_KEPT * head->D, sizeof *head->kept, "outputs of heads", err) : NULL;
        if (!head->kept) {
            outputs_free(out);
            return false;
        }
    }
    return out->head != NULL;
}

void outputs_free(struct outputs *outputs)
{
    arena_free(outputs->arena);
    *outputs = (struct outputs){0};
}

/* Reservoir sampling: every token seen is as likely kept as another (Vitter 1985, algorithm R). */
static void add_row(struct head_outputs *head, const float *z, uint64_t seed)
{
    uint64_t state = random_stream(seed, head->seen);
    size_t at = head->seen < OUTPUTS_KEPT ? head->seen : random_below((uint32_t)(random_next(&state) >> 32), (uint32_t)head->seen + 1);
    for (size_t d = 0; d < head->D; d++)
        head->sum[d] += z[d];
    if (at < OUTPUTS_KEPT)
        memcpy(head->kept + at * head->D, z, head->D * sizeof *z);
    head->seen++;
}

bool outputs_add(struct outputs *outputs, const struct ablation *ablation, const struct run *run, struct err *err)
{
    for (size_t i = 0; i < outputs->n; i++) {
        struct site site = ablation->sites[i];
        for (site.text = 0; site.text < run->tokens->n_texts; site.text++) {
            const struct attention *a = run_attention(run, site, err);
            if (!a)
                return false;
            for (size_t t = 0; t < a->Tq; t++)
                add_row(&outputs->head[i], a->z.data + t * a->z.row + site.head * a->z.step, ablation->seed + i);
        }
    }
    return true;
}

/* The values that stand in for the output of head number i: [rows of its queries, D]. */
static const float *values_of(const struct ablation *ablation, const struct outputs *outputs, size_t i, const struct tokens *queries,
                              size_t first, struct arena *arena, struct err *err)
{
    const struct head_outputs *head = &outputs->head[i];
    size_t D = head->D, kept = head->seen < OUTPUTS_KEPT ? head->seen : OUTPUTS_KEPT;
    float *values = arena_alloc(arena, queries->rows * D, sizeof *values, "outputs of heads", err);
    for (size_t t = 0; values && t < queries->n_texts; t++) {
        uint64_t state = random_stream(ablation->seed + i, first + t);
        for (size_t r = queries->starts[t]; r < queries->starts[t + 1]; r++) {
            if (ablation->mode == ABLATE_RESAMPLE) {
                size_t from = random_below((uint32_t)(random_next(&state) >> 32), (uint32_t)kept);
                memcpy(values + r * D, head->kept + from * D, D * sizeof *values);
            }
            for (size_t d = 0; ablation->mode == ABLATE_MEAN && d < D; d++)
                values[r * D + d] = (float)(head->sum[d] / (double)head->seen);
        }
    }
    return values;
}

bool ablation_of_parts(const struct ablation *ablation)
{
    for (size_t i = 0; ablation->mode == ABLATE_TERMS && i < ablation->n_sites; i++)
        if (ablation->terms[i] >> MAX_TERMS)
            return true;
    return false;
}

/* The pattern without parts of the content: of the first text of `like`. */
static bool pattern_without(unsigned parts, struct site site, const struct run *like, struct arena *arena, struct intervention *out,
                            struct err *err)
{
    const struct attention *a = run_attention(like, site, err);
    float *pattern = a ? arena_alloc(arena, a->Tq * a->Tk, sizeof *pattern, "a pattern", err) : NULL;
    if (!pattern)
        return false;
    out->kind = intervention_named("replace_pattern");
    out->terms = 0;
    out->values = pattern;
    out->n_values = a->Tq * a->Tk;
    unsigned all = (1u << attention_terms(a)) - 1, named = parts & all;
    return run_map(like, site, (struct part){.kind = PART_SOFTMAX, .terms = (all & ~named) | (parts >> MAX_TERMS << MAX_TERMS)}, 0, a->Tq, pattern, err);
}

struct intervention *ablation_make(const struct ablation *ablation, const struct outputs *outputs, const struct run *like, size_t first,
                                   struct arena *arena, size_t *n_out, struct err *err)
{
    static const char *const kinds[] = {[ABLATE_ZERO] = "zero_head",         [ABLATE_UNIFORM] = "uniform_head",
                                        [ABLATE_MEAN] = "replace_output",    [ABLATE_RESAMPLE] = "replace_output",
                                        [ABLATE_TERMS] = "drop_term",        [ABLATE_DIMS] = "zero_dims"};
    struct intervention *all = arena_zalloc(arena, ablation->n_sites + 1, sizeof *all, "changes", err);
    *n_out = ablation->mode == ABLATE_DIMS ? 1 : ablation->n_sites;
    if (all && ablation->mode == ABLATE_DIMS)
        all[0] = dims_zeroed(&ablation->dims, ablation->rows);
    for (size_t i = 0; all && i < ablation->n_sites; i++) {
        struct site site = ablation->sites[i];
        all[i] = (struct intervention){.kind = intervention_named(kinds[ablation->mode]), .layer = site.layer, .head = site.head,
                                       .token = SIZE_MAX, .stack = site.stack,
                                       .terms = ablation->mode == ABLATE_TERMS ? ablation->terms[i] : 0};
        if (all[i].terms >> MAX_TERMS && !pattern_without(all[i].terms, site, like, arena, &all[i], err))
            return NULL;
        if (!all[i].kind->output || ablation->mode == ABLATE_ZERO)
            continue;
        const struct attention *a = run_attention(like, site, err);
        all[i].values = a ? values_of(ablation, outputs, i, a->queries, first, arena, err) : NULL;
        all[i].n_values = a ? a->queries->rows * a->D : 0;
        if (!all[i].values)
            return NULL;
    }
    return all;
}
