/* Changes to a pass, as its doors call them. See intervene.h. */
#include "core/intervene/intervene.h"

#include <string.h>

#include "core/intervene/list.h"

#define DECLARE(name) extern const struct intervention_kind intervention_kind_##name;
INTERVENTIONS(DECLARE)
#define POINTER(name) &intervention_kind_##name,
const struct intervention_kind *const intervention_kinds[] = {INTERVENTIONS(POINTER) NULL};

const struct intervention_kind *intervention_named(const char *name)
{
    for (size_t i = 0; intervention_kinds[i]; i++)
        if (strcmp(intervention_kinds[i]->name, name) == 0)
            return intervention_kinds[i];
    return NULL;
}

bool intervention_meant(const struct intervention *i, const struct attention *a)
{
    return i->stack == a->stack->kind && (i->layer == SIZE_MAX || i->layer == a->layer);
}

bool intervention_meant_head(const struct intervention *i, const struct attention *a, size_t head)
{
    return intervention_meant(i, a) && (i->head == SIZE_MAX || i->head == head);
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

unsigned intervene_drops(const void *context, const struct attention *a, size_t head)
{
    const struct interventions *set = context;
    unsigned terms = 0;
    for
        EACH(set, i)
    if (i->kind->drops)
        terms |= i->kind->drops(i, a, head);
    return terms;
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

void intervene_layer(const struct interventions *set, enum stack_kind layers, const struct tokens *tokens, size_t layer, float *output,
                     size_t E)
{
    for
        EACH(set, i)
    if (i->kind->layer && (i->stack == STACK_CROSS ? STACK_DECODER : i->stack) == layers)
        i->kind->layer(i, tokens, layer, output, E);
}

void intervene_by(const struct interventions *set, enum rows_kind kind, float *x, size_t rows, size_t E)
{
    for
        EACH(set, i)
    if (i->kind->by)
        i->kind->by(i, kind, x, rows, E);
}
