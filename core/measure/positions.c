/* Position ids of a model. See positions.h. */
#include "core/measure/positions.h"

#include <string.h>

#include "core/forward.h"

bool stack_has_positions(struct model *model, enum stack_kind kind, bool *out, struct err *err)
{
    enum { N = 3 };
    int32_t ids[N] = {1, 2, 3};
    float moved[N] = {1, 2, 3};
    struct run *runs[2] = {NULL, NULL};
    *out = false;
    for (int i = 0; i < 2; i++) {
        struct encoding text, target = {0};
        struct intervention positions = {.kind = intervention_named("positions"), .layer = SIZE_MAX, .head = SIZE_MAX,
                                         .token = SIZE_MAX, .values = moved, .stack = kind};
        if (!encoding_of_ids(model->tokenizer, ids, NULL, N, &text, err))
            break;
        if (kind == STACK_DECODER && !encoding_of_ids(model->tokenizer, ids, NULL, N, &target, err)) {
            encoding_free(&text);
            break;
        }
        runs[i] = run_new(model, &(struct run_inputs){.texts = &text, .targets = kind == STACK_DECODER ? &target : NULL, .n_texts = 1,
                                                      .interventions = &positions, .n_interventions = (size_t)i}, NULL, err);
    }
    bool ok = runs[0] && runs[1];
    if (ok) {
        const struct kept *a = run_kept(runs[0], "hidden", kind, 0), *b = run_kept(runs[1], "hidden", kind, 0);
        *out = a && b && memcmp(a->data, b->data, a->shape[0] * a->shape[1] * sizeof(float)) != 0;
    }
    run_free(runs[0]);
    run_free(runs[1]);
    return ok;
}

bool model_has_positions(struct model *model, bool *out, struct err *err)
{
    return stack_has_positions(model, STACK_MAIN, out, err);
}
