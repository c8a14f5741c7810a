/* Weights of very many tensors: all found, each by its name, whatever the order in the file. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/weights/weights.h"
#include "tests/support/scratch.h"

enum { MANY = 120000 };

/* a.safetensors holds MANY tensors of one byte, the last name first; its index names them all. */
static void write_many(void)
{
    struct buf header = {0}, index = {0}, file = {0};
    buf_puts(&index, "{\"weight_map\":{");
    for (size_t i = 0; i < MANY; i++) {
        size_t name = MANY - 1 - i;
        buf_printf(&header, "%s\"z%zu\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[%zu,%zu]}", i ? "," : "{", name, i, i + 1);
        buf_printf(&index, "%s\"z%zu\":\"a.safetensors\"", i ? "," : "", name);
    }
    buf_puts(&header, "}");
    buf_puts(&index, "}}");
    for (size_t k = 0; k < 8; k++)
        buf_char(&file, (char)((header.n >> (8 * k)) & 255));
    buf_str(&file, buf_view(&header));
    for (size_t i = 0; i < MANY; i++)
        buf_char(&file, (char)((MANY - 1 - i) % 251));
    cr_assert(buf_ok(&file, NULL) && buf_ok(&index, NULL));
    scratch_write("a.safetensors", file.data, file.n);
    scratch_write("model.safetensors.index.json", index.data, index.n);
    buf_free(&header);
    buf_free(&index);
    buf_free(&file);
}

Test(weights_many, an_index_of_120000_tensors_is_read_whole)
{
    struct err err = {0};
    write_many();
    struct weights *weights = weights_open(scratch_folder(), &err);
    cr_assert(weights, "%s", err.message);
    cr_expect_eq(weights->n, MANY);
    size_t wrong = 0;
    for (size_t i = 0; i < MANY; i++) {
        char name[20];
        snprintf(name, sizeof name, "z%zu", i);
        const struct tensor *tensor = weights_find(weights, str_of(name));
        wrong += !tensor || tensor->bytes != 1 || *(const unsigned char *)tensor->data != i % 251;
    }
    cr_expect_eq(wrong, 0, "%zu tensors are not what was written", wrong);
    weights_close(weights);
}
