/* Weft's every tensor against the double precision of reference.py, found by name in the run's own lists. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/pool.h"
#include "core/forward.h"
#include "tests/support/made.h"

static const char folder[] = "tests/arch/model";

/* The ids of text k under a name, as an encoding. */
static struct encoding ids_of(const struct weights *expected, size_t k, const char *name)
{
    char full[64];
    struct encoding encoding = {0};
    snprintf(full, sizeof full, "%zu.%s", k, name);
    const struct tensor *tensor = weights_find(expected, str_of(full));
    cr_assert(tensor, "%s", full);
    size_t n = tensor_numel(tensor);
    int32_t *ids = calloc(n, sizeof *ids);
    for (size_t i = 0; i < n; i++) {
        int64_t id;
        memcpy(&id, (const char *)tensor->data + i * sizeof id, sizeof id);
        ids[i] = (int32_t)id;
    }
    cr_assert(encoding_of_ids(NULL, ids, NULL, n, &encoding, NULL));
    free(ids);
    return encoding;
}

static struct run *run_texts(struct model *model, const struct weights *expected, const size_t *texts, size_t n)
{
    struct encoding sources[3], targets[3];
    struct err err = {0};
    for (size_t i = 0; i < n; i++) {
        sources[i] = ids_of(expected, texts[i], "input_ids");
        targets[i] = ids_of(expected, texts[i], "dec_input_ids");
    }
    struct run *run = run_new(model, &(struct run_inputs){.texts = sources, .targets = targets, .n_texts = n}, NULL, &err);
    cr_assert(run, "%s", err.message);
    return run;
}

Test(weft, every_tensor_is_that_of_the_reference)
{
    struct err err = {0};
    struct model *model = model_load(folder, NULL, &err);
    cr_assert(model, "%s", err.message);
    struct weights *expected = weights_open("tests/arch/model/expected.safetensors", &err);
    cr_assert(expected, "%s", err.message);
    struct buf wrong = {0};
    size_t compared = 0;
    for (size_t k = 0; k < 3; k++) {
        struct run *run = run_texts(model, expected, &k, 1);
        for (size_t i = 0; i < expected->n; i++) {
            char name[64];
            double off = 0;
            struct str full = expected->tensors[i].name;
            if (full.s[0] != (char)('0' + k))
                continue;
            snprintf(name, sizeof name, "%.*s", (int)full.n - 2, full.s + 2);
            enum made made = compare_made(run, name, &expected->tensors[i], &off, &err);
            if (made != MADE || !(off <= 5e-5))
                buf_printf(&wrong, "\n  %zu.%s: %s, off by %.2g", k, name,
                           made == MADE       ? "made"
                           : made == NOT_MADE ? "not made"
                                              : err.message,
                           off);
            compared++;
        }
        run_free(run);
    }
    cr_expect(wrong.n == 0, "%s", buf_cstr(&wrong));
    cr_expect_eq(compared, 129, "%zu tensors were compared", compared);
    buf_free(&wrong);
    weights_close(expected);
    model_free(model);
    pool_free();
}

Test(weft, texts_side_by_side_are_as_each_alone)
{
    static const size_t texts[] = {2, 1, 0};
    struct model *model = model_load(folder, NULL, NULL);
    struct weights *expected = weights_open("tests/arch/model/expected.safetensors", NULL);
    cr_assert(model && expected);
    struct run *together = run_texts(model, expected, texts, 3);
    for (size_t t = 0; t < 3; t++) {
        struct run *alone = run_texts(model, expected, &texts[t], 1);
        for (size_t i = 0; i < alone->n_kept; i++) {
            const struct kept *a = &alone->kept[i], *b = &together->kept[i];
            size_t bytes = a->shape[1] * (a->dtype->bytes / a->dtype->block), from = b->tokens->starts[t];
            cr_expect(memcmp(a->data, (const char *)b->data + from * bytes, a->shape[0] * bytes) == 0, "%s.%zu of text %zu",
                      a->name, a->layer, t);
        }
        run_free(alone);
    }
    run_free(together);
    weights_close(expected);
    model_free(model);
    pool_free();
}
