/* PyTorch's containers: the same tensors bit for bit in each; what is hostile or another thing gives one error. make.py made
 * them. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/weights/weights.h"

#define CONTAINERS "tests/data/good/containers/"

/* Every tensor of `want` in `got`: number type, shape and bytes. */
static void same(const char *name, const struct weights *want, const struct weights *got)
{
    cr_expect_eq(want->n, got->n, "%s: %zu tensors, not %zu", name, got->n, want->n);
    for (size_t i = 0; i < want->n; i++) {
        const struct tensor *a = &want->tensors[i], *b = weights_find(got, a->name);
        char shape_a[96], shape_b[96];
        cr_expect(b, "%s: no %.*s", name, STR_ARGS(a->name));
        if (!b)
            continue;
        cr_expect_str_eq(tensor_describe(a, shape_a), tensor_describe(b, shape_b), "%s: %.*s", name, STR_ARGS(a->name));
        cr_expect(a->bytes == b->bytes && (!a->bytes || memcmp(a->data, b->data, a->bytes) == 0), "%s: %.*s differs", name,
                  STR_ARGS(a->name));
    }
}

Test(torch, every_container_holds_the_same_bits)
{
    static const char *const names[] = {"zip.bin", "legacy.bin",          "protocol4.pt", "nested.pth",
                                        "sharded", "sharded-safetensors", "sharded-zip",  "sharded-legacy"};
    struct err err = {0};
    struct weights *want = weights_open(CONTAINERS "state.safetensors", &err);
    cr_assert(want, "%s", err.message);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char path[200];
        snprintf(path, sizeof path, CONTAINERS "%s", names[i]);
        struct weights *got = weights_open(path, &err);
        cr_expect(got, "%s: %s", names[i], err.message);
        if (got)
            same(names[i], want, got);
        weights_close(got);
    }
    weights_close(want);
}

static bool in_a_file(const struct weights *weights, const struct tensor *tensor)
{
    const unsigned char *data = tensor->data;
    for (size_t i = 0; i < weights->n_files; i++)
        if (data >= weights->files[i].data && data < weights->files[i].data + weights->files[i].size)
            return true;
    return false;
}

Test(torch, tensors_that_lie_row_after_row_are_not_copied_and_aliases_share_their_bytes)
{
    struct err err = {0};
    struct weights *weights = weights_open(CONTAINERS "zip.bin", &err);
    cr_assert(weights, "%s", err.message);
    cr_expect(in_a_file(weights, weights_find(weights, STR("w"))));
    cr_expect(in_a_file(weights, weights_find(weights, STR("offset"))));
    cr_expect_not(in_a_file(weights, weights_find(weights, STR("transposed"))));
    cr_expect_eq(weights_find(weights, STR("w"))->data, weights_find(weights, STR("alias"))->data);
    weights_close(weights);
}
