/* Changes to a pass. A map of such a run is the map that was used. To add one: a const struct here and a row below.
 * See intervene.h. */
#include "core/intervene.h"

#include <string.h>

static bool meant(const struct intervention *i, const struct attention *a)
{
    return i->stack == a->stack->kind && (i->layer == SIZE_MAX || i->layer == a->layer);
}

static bool meant_head(const struct intervention *i, const struct attention *a, size_t head)
{
    return meant(i, a) && (i->head == SIZE_MAX || i->head == head);
}

static void drop_term(const struct intervention *i, struct attention *a)
{
    if (meant(i, a))
        a->dropped |= i->terms;
}

static void uniform_head(const struct intervention *i, const struct attention *a, size_t head, size_t row, size_t rows,
                         float *probs)
{
    if (!meant_head(i, a, head))
        return;
    for (size_t r = 0; r < rows; r++) {
        size_t visible = 0;
        for (size_t j = 0; j < a->Tk; j++)
            visible += !attention_masked(a, row + r, j);
        for (size_t j = 0; j < a->Tk; j++)
            probs[r * a->Tk + j] = attention_masked(a, row + r, j) ? 0 : 1 / (float)visible;
    }
}

static void zero_head(const struct intervention *i, struct attention *a)
{
    for (size_t h = 0; h < a->H; h++)
        for (size_t t = 0; meant_head(i, a, h) && t < a->Tq; t++)
            memset(a->z.data + t * a->z.row + h * a->z.step, 0, a->D * sizeof(float));
}

/* Values are shared by the query heads of a group: a token's value goes for all heads of the layer. */
static void zero_value(const struct intervention *i, struct attention *a)
{
    for (size_t t = 0; meant(i, a) && t < a->Tk; t++)
        for (size_t h = 0; (i->token == SIZE_MAX || i->token == t) && h < a->Hkv; h++)
            memset(a->v.data + t * a->v.row + h * a->v.step, 0, a->D * sizeof(float));
}

static void replace_hidden(const struct intervention *i, size_t index, float *hidden, size_t rows, size_t E)
{
    if (index == i->layer)
        memcpy(hidden, i->values, rows * E * sizeof *hidden);
}

static void other_positions(const struct intervention *i, int32_t *positions, size_t rows)
{
    for (size_t r = 0; r < rows; r++)
        positions[r] = (int32_t)i->values[r];
}

static const struct intervention_kind kind_drop_term = {
    .name = "drop_term", .summary = "leave terms out of the scores", .attention = drop_term};
static const struct intervention_kind kind_uniform_head = {
    .name = "uniform_head", .summary = "attend to every visible key alike", .probs = uniform_head};
static const struct intervention_kind kind_zero_head = {
    .name = "zero_head", .summary = "zero a head's output", .output = zero_head};
static const struct intervention_kind kind_zero_value = {
    .name = "zero_value", .summary = "zero a token's value in all heads of a layer", .attention = zero_value};
static const struct intervention_kind kind_replace_hidden = {
    .name = "replace_hidden", .summary = "put other hidden states in (0: the embeddings)", .hidden = replace_hidden};
static const struct intervention_kind kind_positions = {
    .name = "positions", .summary = "other position ids", .positions = other_positions};

const struct intervention_kind *const intervention_kinds[] = {
    &kind_drop_term, &kind_uniform_head, &kind_zero_head, &kind_zero_value, &kind_replace_hidden, &kind_positions, NULL};

const struct intervention_kind *intervention_named(const char *name)
{
    for (size_t i = 0; intervention_kinds[i]; i++)
        if (strcmp(intervention_kinds[i]->name, name) == 0)
            return intervention_kinds[i];
    return NULL;
}

#define EACH(set, i) (const struct intervention *i = (set)->at; i < (set)->at + (set)->n; i++)

void intervene_positions(const struct interventions *set, enum stack_kind stack, int32_t *positions, size_t rows)
{
    for
        EACH(set, i)
    if (i->kind->positions && i->stack == stack)
        i->kind->positions(i, positions, rows);
}

void intervene_attention(const struct interventions *set, struct attention *a)
{
    for
        EACH(set, i)
    if (i->kind->attention)
        i->kind->attention(i, a);
}

void intervene_probs(const void *context, const struct attention *a, size_t head, size_t row, size_t rows, float *probs)
{
    const struct interventions *set = context;
    for
        EACH(set, i)
    if (i->kind->probs)
        i->kind->probs(i, a, head, row, rows, probs);
}

void intervene_output(const struct interventions *set, struct attention *a)
{
    for
        EACH(set, i)
    if (i->kind->output)
        i->kind->output(i, a);
}

void intervene_hidden(const struct interventions *set, enum stack_kind stack, size_t index, float *hidden, size_t rows, size_t E)
{
    for
        EACH(set, i)
    if (i->kind->hidden && i->stack == stack)
        i->kind->hidden(i, index, hidden, rows, E);
}
