/* What maps do, against numbers that PyTorch and numpy gave (reference.py): post-norm and pre-norm blocks, grouped keys, more
 * tokens than a head is wide, and the three stacks of an encoder–decoder. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/effect/effect.h"
#include "core/forward.h"
#include "core/measure/measure.h"

struct reference_case {
    const char *path;
    const int32_t *ids;
    size_t n;
    const int32_t *target;
    size_t n_target;
};
struct reference_effect {
    size_t of;
    enum stack_kind stack;
    size_t layer, head;
    const char *name;
    size_t at, n;
    double largest;
};
#include "tests/core/effect/reference.h"

#define COUNT(array) (sizeof array / sizeof *array)

static struct run *run_of(struct model *model, const struct reference_case *c)
{
    struct err err = {0};
    struct encoding *text = calloc(1, sizeof *text), *target = calloc(1, sizeof *target);
    cr_assert(encoding_of_ids(model->tokenizer, c->ids, NULL, c->n, text, &err), "%s", err.message);
    struct run_inputs inputs = {.texts = text, .n_texts = 1};
    if (c->target) {
        cr_assert(encoding_of_ids(model->tokenizer, c->target, NULL, c->n_target, target, &err), "%s", err.message);
        inputs.targets = target;
    }
    struct run *run = run_new(model, &inputs, NULL, &err);
    cr_assert(run, "%s: %s", c->path, err.message);
    free(text);
    free(target);
    return run;
}

/* The largest difference of a row's numbers from the reference's, in units of its largest value. */
static double off(const struct run *run, const struct reference_effect *r)
{
    struct err err = {0};
    struct site site = {r->stack, 0, r->layer, r->head};
    const float *want = reference_values + r->at;
    const struct effect *effect = effect_named(str_of(r->name));
    double worst = 0, value;
    if (!effect) {
        const struct measure *measure = measure_named(str_of(r->name));
        cr_assert(measure, "%s", r->name);
        cr_assert(measure_site(run, measure, site, &value, &err), "%s", err.message);
        return fabs(value - (double)*want) / fmax(1, r->largest);
    }
    float *map = malloc((r->n + 1) * sizeof *map);
    const struct attention *a = run_attention(run, site, &err);
    cr_assert(a && a->Tq * a->Tk == r->n);
    cr_assert(run_map(run, site, effect_part(effect), 0, a->Tq, map, &err), "%s: %s", r->name, err.message);
    size_t step = r->n > 100 ? 7 : 1; /* as reference.py keeps them */
    for (size_t i = 0; i < r->n; i += step) {
        double one = fabs((double)map[i] - (double)want[i / step]);
        worst = isnan(one) || one > worst ? one : worst;
    }
    free(map);
    return worst / r->largest;
}

Test(core_effects, equal_pytorch_and_numpy)
{
    size_t failed = 0;
    for (size_t c = 0; c < COUNT(reference_cases); c++) {
        struct err err = {0};
        struct model *model = model_load(reference_cases[c].path, NULL, &err);
        cr_assert(model, "%s", err.message);
        struct run *run = run_of(model, &reference_cases[c]);
        for (size_t i = 0; i < COUNT(reference_effects); i++) {
            const struct reference_effect *r = &reference_effects[i];
            double worst = r->of == c ? off(run, r) : 0;
            if (worst < 1e-5)
                continue;
            cr_log_warn("%s %c%zu %s: %g", reference_cases[c].path, stack_letters[r->stack], r->layer, r->name, worst);
            failed++;
        }
        run_free(run);
        model_free(model);
    }
    cr_assert_eq(failed, 0, "%zu of %zu differ", failed, COUNT(reference_effects));
}

Test(core_effects, every_effect_has_a_reference)
{
    for (size_t e = 0; effects[e]; e++) {
        size_t found = 0;
        for (size_t i = 0; i < COUNT(reference_effects); i++)
            found += strcmp(reference_effects[i].name, effects[e]->name) == 0;
        cr_expect_gt(found, 0, "%s", effects[e]->name);
    }
}
