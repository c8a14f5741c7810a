/* GGUF files as models: what a folder of them, splits and files larger than memory give. The golden cases hold their numbers. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/model.h"
#include "tests/support/scratch.h"

static const char llama[] = "tests/data/golden/gguf-llama/model.gguf";

/* A copy of the file under NAME in the scratch folder. */
static void copy_as(const char *path, const char *name)
{
    size_t n;
    unsigned char *bytes = read_file(path, &n);
    scratch_write(name, bytes, n);
    free(bytes);
}

Test(gguf_models, a_folder_of_several_files_names_them_and_asks)
{
    struct err err = {0};
    copy_as(llama, "a-q4.gguf");
    copy_as(llama, "b-q8.gguf");
    struct model *model = model_load(scratch_folder(), NULL, &err);
    cr_expect(!model && strstr(err.message, "name one by its path") && strstr(err.message, "a-q4.gguf") &&
                  strstr(err.message, "b-q8.gguf"),
              "%s", model ? "a model" : err.message);
    model_free(model);
    model = model_load(scratch_path("b-q8.gguf"), NULL, &err);
    cr_expect(model, "%s", err.message);
    model_free(model);
    scratch_remove();
}

Test(gguf_models, a_folder_with_one_file_is_that_model)
{
    struct err err = {0};
    copy_as(llama, "a-q4.gguf");
    struct model *model = model_load(scratch_folder(), NULL, &err);
    cr_expect(model && strcmp(model->arch->name, "llama") == 0 && model->tokenizer, "%s", err.message);
    model_free(model);
    scratch_remove();
}

Test(gguf_models, a_file_larger_than_memory_is_refused_with_both_figures)
{
    struct err err = {0};
    copy_as(llama, "big.gguf");
    cr_assert_eq(truncate(scratch_path("big.gguf"), (off_t)3000000000), 0);
    cr_expect(!checkpoint_fits(scratch_path("big.gguf"), 2000000000, &err) && err.code == ERR_LIMIT &&
                  strstr(err.message, "3.0 GB of weights, this machine has 2.0 GB of memory"),
              "%s", err.message);
    cr_expect(!checkpoint_fits(scratch_folder(), 2000000000, &err), "the folder fits");
    cr_expect(checkpoint_fits(scratch_path("big.gguf"), 3000000000, &err), "%s", err.message);
    cr_expect(checkpoint_fits(llama, 0, &err), "%s", err.message);
    struct model *model = model_load(scratch_path("big.gguf"), NULL, &err); /* nothing of what is behind is touched */
    cr_expect(model, "%s", err.message);
    model_free(model);
    scratch_remove();
}

Test(gguf_models, splits_are_one_model_by_the_path_of_any)
{
    struct err err = {0};
    copy_as("tests/data/good/gguf/split-00001-of-00002.gguf", "split-00001-of-00002.gguf");
    struct model *model = model_load(scratch_path("split-00001-of-00002.gguf"), NULL, &err);
    cr_expect(!model && strstr(err.message, "of 2 shards"), "%s", model ? "a model" : err.message);
    model_free(model);
    copy_as("tests/data/good/gguf/split-00002-of-00002.gguf", "split-00002-of-00002.gguf");
    static const char *const paths[] = {"split-00001-of-00002.gguf", "split-00002-of-00002.gguf", "."};
    for (size_t i = 0; i < 3; i++) {
        model = model_load(scratch_path(paths[i]), NULL, &err);
        cr_expect(model && model->weights->n_files == 2, "%s: %s", paths[i], err.message);
        cr_expect(!model || model->parameters == 42912, "%s: %zu parameters", paths[i], model->parameters);
        model_free(model);
    }
    scratch_remove();
}

Test(gguf_models, what_is_not_read_is_refused_by_name)
{
    static const struct {
        const char *from, *to, *says;
    } rows[] = {
        {"llama.block_count", "llama.block_cbunt", NULL}, /* the class's default of layers: a tensor is missing */
        {"general.architecture", "general.architectura", "no general.architecture"},
        {"\5\0\0\0\0\0\0\0llama\x0c", "\5\0\0\0\0\0\0\0nosuc\x0c",
         "architecture \"nosuc\" is not read from GGUF; read are llama, qwen2"},
        {"token_embd.weight", "token_embe.weight", "no token_embd.weight"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct err err = {0};
        size_t n, length = i == 2 ? 14 : strlen(rows[i].from);
        unsigned char *bytes = read_file(llama, &n), *at = memmem(bytes, n, rows[i].from, length);
        if (!at && i == 2)
            at = memmem(bytes, n, rows[i].from, length = 13);
        cr_assert(at, "row %zu", i);
        memcpy(at, rows[i].to, length);
        scratch_write("x.gguf", bytes, n);
        struct model *model = model_load(scratch_path("x.gguf"), NULL, &err);
        cr_expect(!model && (!rows[i].says || strstr(err.message, rows[i].says)), "row %zu: %s", i,
                  model ? "a model" : err.message);
        model_free(model);
        free(bytes);
    }
    scratch_remove();
}
