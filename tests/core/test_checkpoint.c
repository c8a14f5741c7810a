/* Checkpoints as the field stores them: which file is read, what is said of the rest. tests/core/weights/make.py made them; each
 * folder's row.json holds the row that transformers gives. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/json.h"
#include "core/forward.h"
#include "core/unread.h"
#include "tests/support/scratch.h"

static const char folder[] = "tests/data/good/checkpoints";

static struct model *load(const char *path, struct err *err)
{
    char whole[300];
    snprintf(whole, sizeof whole, "%s/%s", folder, path);
    return model_load(whole, NULL, err);
}

/* Largest difference between the model's row of layer 1, head 0, query 2 and that of the reference. */
static double off(struct model *model, const char *reference)
{
    char path[300];
    struct err err = {0};
    int32_t ids[16];
    snprintf(path, sizeof path, "%s/%s/row.json", folder, reference);
    struct json *expected = json_load(path, 0, &err);
    cr_assert(expected, "%s", err.message);
    size_t n = json_count(json_get(expected, "ids"));
    for (size_t i = 0; i < n; i++)
        ids[i] = (int32_t)json_number(json_at(json_get(expected, "ids"), i), -1);
    struct encoding text = {0};
    cr_assert(encoding_of_ids(NULL, ids, NULL, n, &text, &err));
    struct run *run = run_one(model, &text, NULL, &err);
    cr_assert(run, "%s", err.message);
    float *row = malloc(n * sizeof *row);
    cr_assert(run_map(run, (struct site){STACK_MAIN, 0, 1, 0}, (struct part){PART_PROBS, 0}, 2, 1, row, &err), "%s", err.message);
    double worst = 0;
    for (size_t i = 0; i < n; i++)
        worst = fmax(worst, fabs(row[i] - json_number(json_at(json_get(expected, "row"), i), NAN)));
    free(row);
    run_free(run);
    json_free(expected);
    return worst;
}

Test(checkpoint, each_form_gives_the_reference_s_row_and_its_line)
{
    static const struct {
        const char *path, *reference, *says; /* says: part of the line at load; NULL: no line */
    } rows[] = {
        {"named/step-1000.safetensors", "named", "not read in the folder: model.safetensors"},
        {"variant", "variant", "weights: model.fp16.safetensors"},
        {"variant/config.json", "variant", "weights: model.fp16.safetensors"},
        {"shards", "shards", "3 shards from model-00001-of-00003.safetensors on, without their index"},
        {"tied", "tied", NULL},
        {"f8-rows", "f8-rows", "12 weights of 8 bits are read with their scales"},
        {"f8-blocks", "f8-blocks", "12 weights of 8 bits are read with their scales"},
        {"f8-number", "f8-number", "12 weights of 8 bits are read with their scales"},
        {"layers", "layers", "32 tensors of 77 are not read: bert.encoder.layer.2 (16), bert.encoder.layer.3 (16)"},
        {"wrapped", "wrapped", "names of tensors are read without their \"module.net.\"; 1 tensor of 43 is not read: module.loss.centre"},
        {"untyped", "untyped", "no model_type: taken for bert by its architectures (BertForMaskedLM)"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct err err = {0};
        struct buf line = {0};
        struct model *model = load(rows[i].path, &err);
        cr_expect(model, "%s: %s", rows[i].path, err.message);
        if (!model)
            continue;
        double worst = off(model, rows[i].reference);
        cr_expect(worst <= 2e-6, "%s: off by %g", rows[i].path, worst);
        bool any = unread_line(model, &line);
        cr_expect(any == (rows[i].says != NULL) && (!any || strstr(buf_cstr(&line), rows[i].says)), "%s: says \"%s\"", rows[i].path,
                  buf_cstr(&line));
        buf_free(&line);
        model_free(model);
    }
}

Test(checkpoint, a_head_of_another_task_and_a_buffer_are_counted_and_not_complained_of)
{
    struct err err = {0};
    struct model *model = load("layers", &err);
    cr_assert(model, "%s", err.message);
    cr_expect_eq(model->unread.n_tensors, 32);
    cr_expect_eq(model->unread.n_heads, 2, "logits_proj");
    cr_expect_eq(model->unread.n_buffers, 1, "position_ids");
    model_free(model);
}

Test(checkpoint, what_cannot_be_meant_is_refused_by_name)
{
    static const struct {
        const char *path, *says;
    } rows[] = {
        {"adapter", "adapter_model.safetensors: a LoRA adapter for bert-base-uncased (adapter_config.json)"},
        {"adapter/adapter_model.safetensors", "a LoRA adapter for bert-base-uncased"},
        {"shards/model-00001-of-00003.safetensors", "is missing"},
        {"named/row.json", "neither weights nor a config.json nor a tokenizer's file"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct err err = {0};
        struct model *model = load(rows[i].path, &err);
        cr_expect(!model && strstr(err.message, rows[i].says), "%s: %s", rows[i].path, model ? "loads" : err.message);
        model_free(model);
    }
}

/* Load the scratch folder, which must fail with a message that holds `says`. */
static void refused(const char *says)
{
    struct err err = {0};
    struct model *model = model_load(scratch_folder(), NULL, &err);
    cr_expect(!model && strstr(err.message, says), "wanted \"%s\", got: %s", says, model ? "a model" : err.message);
    model_free(model);
    scratch_remove();
}

static void copy(const char *name)
{
    char path[300];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    scratch_copy_folder(path);
}

static void config_with(const char *key_and_value)
{
    size_t n;
    unsigned char *bytes = read_file(scratch_path("config.json"), &n);
    struct buf text = {0};
    while (n && bytes[n - 1] != '}')
        n--;
    buf_add(&text, bytes, n ? n - 1 : 0);
    buf_printf(&text, ",%s}", key_and_value);
    scratch_write("config.json", text.data, text.n);
    buf_free(&text);
    free(bytes);
}

Test(checkpoint, shards_without_an_index_must_all_be_there)
{
    copy("shards");
    cr_assert_eq(unlink(scratch_path("model-00002-of-00003.safetensors")), 0);
    refused("of 3 shards model-….safetensors only 1, 3 are there, and no index");
}

Test(checkpoint, weights_of_several_other_names_are_named_and_none_is_taken)
{
    copy("named");
    char *usual = strdup(scratch_path("model.safetensors"));
    cr_assert_eq(rename(usual, scratch_path("step-2000.safetensors")), 0);
    free(usual);
    refused("several weights under names of their own, name one by its path: step-1000.safetensors, step-2000.safetensors");
}

Test(checkpoint, a_method_of_quantisation_that_is_not_read_is_refused_by_name)
{
    copy("f8-rows");
    config_with("\"quantization_config\":{\"quant_method\":\"gptq\",\"bits\":4}");
    refused("quant_method \"gptq\" is not read");
}

Test(checkpoint, eight_bits_whose_scale_is_missing_are_refused)
{
    size_t n;
    copy("f8-rows");
    unsigned char *bytes = read_file(scratch_path("model.safetensors"), &n);
    for (unsigned char *at; (at = memmem(bytes, n, "weight_scale", 12));)
        memcpy(at, "weight_other", 12);
    scratch_write("model.safetensors", bytes, n);
    free(bytes);
    refused("no tensor holds its scale");
}

/* In the header of a safetensors file, where as many bytes follow. */
static void header_with(const char *from, const char *to)
{
    size_t n;
    unsigned char *bytes = read_file(scratch_path("model.safetensors"), &n), *at = memmem(bytes, n, from, strlen(from));
    cr_assert(at && strlen(from) == strlen(to), "%s", from);
    memcpy(at, to, strlen(to));
    scratch_write("model.safetensors", bytes, n);
    free(bytes);
}

Test(checkpoint, blocks_of_four_bits_without_scales_or_with_others_are_refused)
{
    scratch_copy_folder("tests/data/golden/options-gpt-oss-mxfp4");
    header_with("experts.down_proj_scales", "experts.down_proj_others");
    refused("experts.down_proj is missing");
    scratch_copy_folder("tests/data/golden/options-gpt-oss-mxfp4");
    header_with("experts.down_proj_scales\":{\"dtype\":\"U8\"", "experts.down_proj_scales\":{\"dtype\":\"I8\"");
    refused("are no blocks of 4 bits and their scales");
}

Test(checkpoint, a_pointer_of_git_lfs_is_named_with_the_size_it_stands_for)
{
    static const char pointer[] = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 440449768\n";
    copy("untyped");
    scratch_write("model.safetensors", pointer, sizeof pointer - 1);
    refused("a Git LFS pointer to 440449768 bytes, not the weights");
}

Test(checkpoint, a_tokenizer_named_by_its_path_is_the_tokenizer_alone)
{
    struct err err = {0};
    struct model *model = load("untyped/vocab.txt", &err);
    cr_assert(model, "%s", err.message);
    cr_expect(model->tokenizer && !model_runs(model));
    cr_expect_str_eq(model->unread.files, "model.safetensors");
    model_free(model);
}

Test(checkpoint, a_header_without_tensors_and_data_behind_it_is_an_error)
{
    copy("untyped");
    scratch_write("model.safetensors", "\2\0\0\0\0\0\0\0{}0123456789abcdef", 26);
    refused("16 bytes and no tensor that they belong to");
}
