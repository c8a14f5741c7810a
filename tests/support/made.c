/* See made.h. */
#include "tests/support/made.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static double difference(const float *got, const struct tensor *want)
{
    size_t n = tensor_numel(want);
    double worst = 0;
    float *floats = malloc((n ? n : 1) * sizeof *floats);
    want->dtype->widen(want->data, n, floats);
    for (size_t i = 0; i < n; i++) {
        double d = got[i] == floats[i] ? 0 : fabs((double)got[i] - floats[i]);
        if (!(d <= worst))
            worst = isnan(d) ? INFINITY : d;
    }
    free(floats);
    return worst;
}

static bool same_size(const char *what, size_t n, const struct tensor *want, struct err *err)
{
    char shape[96];
    return n == tensor_numel(want) ||
           err_set(err, ERR_FORMAT, "%s holds %zu numbers, the reference's is %s", what, n, tensor_describe(want, shape));
}

static enum made compare_ids(const struct tokens *tokens, const struct tensor *want, double *worst, struct err *err)
{
    if (!tokens)
        return NOT_MADE;
    if (!same_size("the axis", tokens->rows, want, err))
        return MADE_WRONG;
    *worst = 0;
    for (size_t i = 0; i < tokens->rows; i++) {
        int64_t id;
        memcpy(&id, (const char *)want->data + i * sizeof id, sizeof id);
        if (id != tokens->ids[i])
            *worst = INFINITY;
    }
    return MADE;
}

static enum made compare_kept(const struct kept *kept, const struct tensor *want, double *worst, struct err *err)
{
    size_t n = 1;
    for (size_t i = 0; i < kept->rank; i++)
        n *= kept->shape[i];
    if (!same_size("what is kept", n, want, err))
        return MADE_WRONG;
    if (!kept->dtype->is_float) {
        bool same = strcmp(kept->dtype->name, want->dtype->name) == 0 && memcmp(kept->data, want->data, want->bytes) == 0;
        *worst = same ? 0 : INFINITY;
        return MADE;
    }
    float *floats = malloc((n ? n : 1) * sizeof *floats);
    kept->dtype->widen(kept->data, n, floats);
    *worst = difference(floats, want);
    free(floats);
    return MADE;
}

/* The part of this attention's maps that goes by the name: "attn", "scores", or a term's. */
static bool part_of_name(const struct attention *a, const char *name, struct part *out)
{
    char text[TENSOR_NAME];
    enum stack_kind kind = a->stack->kind;
    tensor_name(kind, "attn", NULL, a->layer, text);
    *out = (struct part){PART_PROBS, 0};
    if (strcmp(text, name) == 0)
        return true;
    tensor_name(kind, "scores", NULL, a->layer, text);
    *out = (struct part){PART_SCORES, 0};
    if (strcmp(text, name) == 0)
        return true;
    for (size_t t = 0; a->terms[t]; t++) {
        tensor_name(kind, a->terms[t]->name, NULL, a->layer, text);
        *out = (struct part){PART_LOGITS, 1u << t};
        if (strcmp(text, name) == 0)
            return true;
    }
    return false;
}

static enum made compare_map(const struct run *run, const struct attention *a, struct part part, const struct tensor *want,
                             double *worst, struct err *err)
{
    size_t heads = want->shape[0], cells = a->Tq * a->Tk;
    char shape[96];
    if (want->rank != 3 || heads > a->H || want->shape[1] != a->Tq || want->shape[2] != a->Tk) {
        err_set(err, ERR_FORMAT, "the map is [%zu,%zu,%zu], the reference's %s", a->H, a->Tq, a->Tk,
                tensor_describe(want, shape));
        return MADE_WRONG;
    }
    float *maps = malloc((heads * cells + 1) * sizeof *maps);
    bool ok = true;
    for (size_t h = 0; ok && h < heads; h++)
        ok = run_map(run, (struct site){a->stack->kind, a->text, a->layer, h}, part, 0, a->Tq, maps + h * cells, err);
    if (ok)
        *worst = difference(maps, want);
    free(maps);
    return ok ? MADE : MADE_WRONG;
}

static enum made compare_attention(const struct run *run, const char *name, const struct tensor *want, double *worst,
                                   struct err *err)
{
    for (size_t i = 0; i < run->n_attentions; i++) {
        const struct attention *a = &run->attentions[i];
        char text[TENSOR_NAME];
        struct part part;
        if (part_of_name(a, name, &part))
            return compare_map(run, a, part, want, worst, err);
        tensor_name(a->stack->kind, "sink", NULL, a->layer, text);
        if (!a->sink || strcmp(text, name) != 0)
            continue;
        if (!same_size("the sinks", a->H, want, err))
            return MADE_WRONG;
        *worst = difference(a->sink, want);
        return MADE;
    }
    return NOT_MADE;
}

/* The axis of the kept tensor that a head reads. */
static const struct tokens *axis_of(const struct run *run, const struct output_head *head)
{
    const struct tokens *axis = NULL;
    for (size_t i = 0; i < run->n_kept; i++)
        if (run->kept[i].stack == head->stack && strcmp(run->kept[i].name, head->from) == 0)
            axis = run->kept[i].tokens;
    return axis;
}

/* Of several heads that write a tensor of this name the one whose numbers are as many. */
static enum made compare_head(const struct run *run, const char *name, const struct tensor *want, double *worst, struct err *err)
{
    const struct output_head *head;
    for (size_t i = 0; (head = run_head(run, i)); i++) {
        const struct tokens *axis = axis_of(run, head);
        size_t n = head->place == HEAD_TEXT || !axis ? 1 : axis->rows, width = head->width(run->model);
        if (strcmp(head->tensor, name) != 0 || n * width != tensor_numel(want))
            continue;
        size_t *rows = malloc(n * sizeof *rows);
        float *out = malloc((n * width + 1) * sizeof *out);
        for (size_t r = 0; r < n; r++)
            rows[r] = r;
        bool ok = run_logits(run, head, 0, rows, n, out, err);
        if (ok)
            *worst = difference(out, want);
        free(rows);
        free(out);
        return ok ? MADE : MADE_WRONG;
    }
    return NOT_MADE;
}

/* What a head of pairs gives: contacts. */
static enum made compare_pairs(const struct run *run, const char *name, const struct tensor *want, double *worst, struct err *err)
{
    const struct pair_head *const *pair = run->model->arch->pairs;
    while (pair && *pair && (strcmp((*pair)->name, name) != 0 || !(*pair)->present(run->model)))
        pair++;
    if (!pair || !*pair)
        return NOT_MADE;
    size_t n = run->tokens->rows - (*pair)->before - (*pair)->behind;
    if (!same_size("the pairs", n * n, want, err))
        return MADE_WRONG;
    float *out = malloc((n * n + 1) * sizeof *out);
    bool ok = (*pair)->values(run, 0, out, err);
    if (ok)
        *worst = difference(out, want);
    free(out);
    return ok ? MADE : MADE_WRONG;
}

enum made compare_made(const struct run *run, const char *name, const struct tensor *want, double *worst_out, struct err *err)
{
    if (strcmp(name, "input_ids") == 0)
        return compare_ids(run->tokens, want, worst_out, err);
    if (strcmp(name, "dec_input_ids") == 0)
        return compare_ids(run->target, want, worst_out, err);
    for (size_t i = 0; i < run->n_kept; i++) {
        char text[TENSOR_NAME];
        tensor_name(run->kept[i].stack, run->kept[i].name, run->kept[i].side, run->kept[i].layer, text);
        if (strcmp(text, name) == 0)
            return compare_kept(&run->kept[i], want, worst_out, err);
    }
    enum made made = compare_attention(run, name, want, worst_out, err);
    made = made == NOT_MADE ? compare_head(run, name, want, worst_out, err) : made;
    return made == NOT_MADE ? compare_pairs(run, name, want, worst_out, err) : made;
}

bool made_by_stack(const struct model *model, const char *name)
{
    if (!strchr(name, '.'))
        return false;
    for (enum stack_kind kind = STACK_MAIN + 1; kind < STACK_KINDS; kind++) {
        char text[TENSOR_NAME];
        tensor_name(kind, "", NULL, 0, text);
        size_t n = strcspn(text, ".");
        if (n && strncmp(text, name, n) == 0)
            return model->stacks[kind].layers > 0;
    }
    return true;
}
