/* What is broken on disk: cut short anywhere, with bytes changed, absent, of another kind or shape. Each gives a valid load or
 * one error that names the file; a model that loads must also run. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/json.h"
#include "core/model.h"
#include "core/forward.h"
#include "core/tokenizer/load.h"
#include "tests/support/scratch.h"

enum { PLACES = 200, MOST_COMPLAINTS = 10 };

/* What went wrong, by name; a test prints all of it at once. */
struct complaints {
    struct buf text;
    size_t n;
};

static void complain(struct complaints *complaints, const char *file, const char *how, size_t at, const char *what)
{
    if (complaints->n++ < MOST_COMPLAINTS)
        buf_printf(&complaints->text, "\n  %s, %s %zu: %s", file, how, at, what);
}

static void none(struct complaints *complaints)
{
    size_t n = complaints->n;
    char text[4096];
    snprintf(text, sizeof text, "%s", buf_cstr(&complaints->text));
    buf_free(&complaints->text);
    scratch_remove();
    cr_assert_eq(n, 0, "%zu complaints:%s", n, text);
}

/* An error of a reader must have a code, and name the scratch folder's file or the folder. */
static bool error_is_clear(const struct err *err)
{
    return err->code != ERR_NONE && err->code != ERR_CANCELLED && strstr(err->message, scratch_folder());
}

/* Run a few ids through a model that loaded from broken files: the numbers may be anything, the program must live. */
static bool runs_or_says_why(struct model *model, struct err *err)
{
    static const int32_t ids[] = {2, 5, 6, 3};
    struct encoding text = {0};
    if (!encoding_of_ids(model->tokenizer, ids, NULL, 4, &text, err))
        return err->code != ERR_NONE;
    struct run *run = run_one(model, &text, NULL, err);
    bool good = run || (err->code != ERR_NONE && err->message[0]);
    run_free(run);
    return good;
}

static void try_model(struct complaints *complaints, const char *file, const char *how, size_t at)
{
    struct err err = {0};
    struct model *model = model_load(scratch_folder(), "broken", &err);
    if (!model && !error_is_clear(&err))
        complain(complaints, file, how, at, err.code == ERR_NONE ? "failed without an error" : err.message);
    if (model && !model->tokenizer && !(model->tokenizer_problem && strstr(model->tokenizer_problem, scratch_folder())))
        complain(complaints, file, how, at, model->tokenizer_problem ? model->tokenizer_problem : "no tokenizer, no reason");
    if (model && model_runs(model) && !runs_or_says_why(model, &err))
        complain(complaints, file, how, at, "does not run and does not say why");
    model_free(model);
}

static void try_weights(struct complaints *complaints, const char *file, const char *how, size_t at)
{
    struct err err = {0};
    struct weights *weights = weights_open(scratch_path(file), &err);
    if (!weights && (err.code == ERR_NONE || !strstr(err.message, file)))
        complain(complaints, file, how, at, err.message);
    weights_close(weights);
}

static void try_tokenizer(struct complaints *complaints, const char *file, const char *how, size_t at)
{
    struct err err = {0};
    struct tokenizer *tokenizer = tokenizer_load(scratch_folder(), &err);
    if (!tokenizer && !error_is_clear(&err))
        complain(complaints, file, how, at, err.code == ERR_NONE ? "failed without an error" : err.message);
    struct encoding encoding = {0};
    if (tokenizer && !tokenizer_encode(tokenizer, STR("The cat, 42 [MASK] don't \xe2\x82\xac"), NULL, 0, &encoding, &err) &&
        err.code == ERR_NONE)
        complain(complaints, file, how, at, "does not encode and does not say why");
    encoding_free(&encoding);
    tokenizer_free(tokenizer);
}

typedef void attempt(struct complaints *, const char *file, const char *how, size_t at);

/* Cut FILE of the scratch folder short at random places, then change one to three random bytes, each `places` times. */
static void break_file(struct complaints *complaints, const char *file, size_t places, attempt *attempt)
{
    size_t n;
    unsigned char *good = read_file(scratch_path(file), &n), *bad = malloc(n + 1);
    unsigned long long state = 0x2545f4914f6cdd1dULL + n;
    for (size_t i = 0; i < places; i++) {
        size_t at = draw(&state, n);
        scratch_write(file, good, at);
        attempt(complaints, file, "cut at byte", at);
    }
    for (size_t i = 0; i < places; i++) {
        size_t at = 0;
        memcpy(bad, good, n);
        for (size_t changes = 1 + draw(&state, 3); changes; changes--) {
            at = draw(&state, i % 2 && n > 8192 ? 8192 : n); /* half of them where headers are */
            bad[at] ^= (unsigned char)(1 + draw(&state, 255));
        }
        scratch_write(file, bad, n);
        attempt(complaints, file, "changed at byte", at);
    }
    scratch_write(file, good, n);
    free(good);
    free(bad);
}

/* Shorter and shorter, every byte from `from` down to the empty file. */
static void cut_at_every_byte(struct complaints *complaints, const char *file, size_t from, attempt *attempt)
{
    for (size_t at = from + 1; at-- > 0;) {
        cr_assert_eq(truncate(scratch_path(file), (off_t)at), 0);
        attempt(complaints, file, "cut at byte", at);
    }
}

/* 8 bytes of length and the JSON: what stands before the first tensor of a safetensors file. */
static size_t binary_header(const char *path)
{
    size_t n, length = 0;
    unsigned char *bytes = read_file(path, &n);
    for (size_t i = 8; i-- > 0;)
        length = length << 8 | bytes[i];
    free(bytes);
    return 8 + length;
}

Test(bad_models, safetensors_cut_at_every_byte_of_its_header)
{
    static const char *const files[] = {"tests/data/good/dtypes.safetensors", "tests/data/good/tiny-bert/model.safetensors",
                                        "tests/data/golden/deberta-v3/model.safetensors"};
    struct complaints complaints = {0};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        scratch_copy(files[i]);
        cut_at_every_byte(&complaints, strrchr(files[i], '/') + 1, binary_header(files[i]), try_weights);
    }
    none(&complaints);
}

Test(bad_models, bytes_behind_the_last_tensor_are_refused)
{
    size_t n;
    struct err err = {0};
    unsigned char *good = read_file("tests/data/good/tiny-bert/model.safetensors", &n), *more = calloc(1, n + 1);
    memcpy(more, good, n);
    scratch_write("more.safetensors", more, n + 1);
    struct weights *weights = weights_open(scratch_path("more.safetensors"), &err);
    cr_expect(!weights && strstr(err.message, "more.safetensors: 1 bytes after the last tensor"), "%s", weights ? "opens" : err.message);
    weights_close(weights);
    free(good);
    free(more);
}

Test(bad_models, whole_model_with_weights_cut_at_every_byte_of_their_header)
{
    struct complaints complaints = {0};
    scratch_copy_folder("tests/data/good/tiny-bert");
    cut_at_every_byte(&complaints, "model.safetensors", binary_header(scratch_path("model.safetensors")), try_model);
    none(&complaints);
}

Test(bad_models, every_file_of_a_model_broken_at_random_places)
{
    static const struct {
        const char *model, *file;
    } rows[] = {
        {"golden/bert", "model.safetensors"},
        {"golden/bert", "config.json"},
        {"golden/bert", "tokenizer.json"},
        {"golden/bert-oldnames", "model.safetensors"},
        {"golden/bert-oldnames", "vocab.txt"},
        {"golden/bert-oldnames", "tokenizer_config.json"},
        {"golden/bert-relkey", "config.json"},
        {"golden/bert-sharded", "model.safetensors.index.json"},
        {"golden/bert-sharded", "model-00002-of-00003.safetensors"},
        {"golden/roberta", "config.json"},
        {"golden/roberta", "model.safetensors"},
        {"golden/distilbert", "config.json"},
        {"golden/distilbert", "model.safetensors"},
        {"golden/deberta-v1", "vocab.json"},
        {"golden/deberta-v1", "merges.txt"},
        {"golden/deberta-v1", "config.json"},
        {"golden/deberta-v1", "model.safetensors"},
        {"golden/deberta-v2-conv", "config.json"},
        {"golden/deberta-v2-conv", "model.safetensors"},
        {"good/tiny-bert", "vocab.txt"},
        {"good/tiny-bert", "model.safetensors"},
    };
    struct complaints complaints = {0};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char folder[256];
        snprintf(folder, sizeof folder, "tests/data/%s", rows[i].model);
        scratch_copy_folder(folder);
        break_file(&complaints, rows[i].file, PLACES, try_model);
        scratch_remove();
    }
    none(&complaints);
}

Test(bad_models, every_tokenizer_file_broken_at_random_places)
{
    static const char *const rows[] = {"bpe-clip/tokenizer.json",
                                       "bpe-llama2/tokenizer.json",
                                       "bytelevel-gpt2-files/vocab.json",
                                       "bytelevel-gpt2-files/merges.txt",
                                       "bytelevel-llama3/tokenizer.json",
                                       "unigram-bytefallback/tokenizer.json",
                                       "unigram-xlmr/tokenizer.json",
                                       "wordlevel-digits-punct/tokenizer.json",
                                       "wordpiece-added/tokenizer.json",
                                       "wordpiece-cased-vocabtxt/vocab.txt",
                                       "wordpiece-chardelimiter/tokenizer.json"};
    struct complaints complaints = {0};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char folder[256];
        const char *slash = strchr(rows[i], '/');
        snprintf(folder, sizeof folder, "tests/data/golden/tokenizers/%.*s", (int)(slash - rows[i]), rows[i]);
        scratch_copy_folder(folder);
        unlink(scratch_path("cases.json"));
        break_file(&complaints, slash + 1, PLACES, try_tokenizer);
        scratch_remove();
    }
    none(&complaints);
}

Test(bad_models, each_kind_of_bad_folder_gives_one_error_that_names_it)
{
    static const struct {
        const char *path;
        enum err_code code;
        const char *says[4]; /* all of them stand in the message */
    } rows[] = {
        {"tests/data/bad/absent", ERR_NOT_FOUND, {"tests/data/bad/absent"}},
        {"tests/data/bad/no-model", ERR_NOT_FOUND, {"tests/data/bad/no-model"}},
        {"tests/data/bad/unknown-type", ERR_UNSUPPORTED, {"config.json", "perceiver", "bert", "deberta-v2"}},
        {"tests/data/bad/no-type", 0, {"config.json", "model_type"}},
        {"tests/data/bad/config-not-json", ERR_FORMAT, {"config.json", "2"}},
        {"tests/data/bad/wrong-shape",
         ERR_FORMAT,
         {"model.safetensors", "bert.encoder.layer.1.attention.self.query.weight", "[4,3]", "[4,4]"}},
        {"tests/data/bad/missing-tensor",
         ERR_FORMAT,
         {"tests/data/bad/missing-tensor", "encoder.layer.0.attention.self.key.bias"}},
        {"tests/data/bad/wrong-dtype", 0, {"model.safetensors", "bert.encoder.layer.0.output.dense.weight", "I64"}},
        {"tests/data/bad/odd-heads", 0, {"config.json", "hidden_size 4", "3 heads"}},
        {"tests/data/bad/odd-option", ERR_UNSUPPORTED, {"config.json", "position_embedding_type", "rotary"}},
        {"tests/data/bad/bin-truncated", ERR_FORMAT, {"pytorch_model.bin", "truncated"}},
        {"tests/data/bad/onnx-only", ERR_UNSUPPORTED, {"model.onnx (ONNX)", "safetensors", "pytorch_model.bin"}},
    };
    struct complaints complaints = {0};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct err err = {0};
        struct model *model = model_load(rows[i].path, NULL, &err);
        if (model)
            complain(&complaints, rows[i].path, "row", i, "loads");
        else if (err.code == ERR_NONE || (rows[i].code && err.code != rows[i].code))
            complain(&complaints, rows[i].path, "has code", err.code, err.message);
        for (size_t s = 0; !model && s < 4 && rows[i].says[s]; s++)
            if (!strstr(err.message, rows[i].says[s]))
                complain(&complaints, rows[i].path, "does not say", s, err.message);
        model_free(model);
    }
    none(&complaints);
}

/* Say `"key": value` once more at the end of a configuration, where it wins. */
static void append_to_config(const char *key, const char *value)
{
    size_t n;
    unsigned char *bytes = read_file(scratch_path("config.json"), &n);
    struct buf text = {0};
    while (n && bytes[n - 1] != '}')
        n--;
    cr_assert(n > 0, "no object in config.json");
    buf_add(&text, bytes, n - 1);
    buf_printf(&text, ",\"%s\":%s}", key, value);
    scratch_write("config.json", text.data, text.n);
    buf_free(&text);
    free(bytes);
}

Test(bad_models, a_key_that_changes_numbers_is_never_taken_for_its_default)
{
    static const struct {
        const char *folder, *key, *value;
    } rows[] = {{"bert", "layer_norm_eps", "\"1e-5\""},
                {"bert", "layer_norm_eps", "-1"},
                {"bert", "hidden_act", "3"},
                {"bert", "position_embedding_type", "[]"},
                {"bert", "tie_word_embeddings", "\"false\""},
                {"bert", "num_hidden_layers", "1.5"},
                {"bert", "hidden_size", "\"16\""},
                {"bert", "hidden_size", "1e30"},
                {"roberta", "pad_token_id", "-1"},
                {"deberta-v1", "layer_norm_eps", "[]"},
                {"deberta-v1", "relative_attention", "\"yes\""},
                {"deberta-v1", "talking_head", "1"},
                {"deberta-v1", "position_biased_input", "0"},
                {"deberta-v1", "max_relative_positions", "{}"},
                {"deberta-v1", "legacy", "\"\""},
                {"deberta-v1", "pos_att_type", "7"},
                {"deberta-v2-conv", "share_att_key", "\"true\""},
                {"deberta-v2-conv", "norm_rel_ebd", "[\"layer_norm\"]"},
                {"deberta-v2-conv", "position_buckets", "\"16\""},
                {"deberta-v2-conv", "conv_act", "5"},
                {"deberta-v2-conv", "conv_groups", "0"}};
    struct complaints complaints = {0};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char folder[200], row[400];
        snprintf(folder, sizeof folder, "tests/data/golden/%s", rows[i].folder);
        snprintf(row, sizeof row, "%s: %s = %s", rows[i].folder, rows[i].key, rows[i].value);
        scratch_copy_folder(folder);
        append_to_config(rows[i].key, rows[i].value);
        struct err err = {0};
        struct model *model = model_load(scratch_folder(), NULL, &err);
        if (model)
            complain(&complaints, row, "row", i, "loads");
        else if (!strstr(err.message, "config.json") || !strstr(err.message, rows[i].key))
            complain(&complaints, row, "row", i, err.message);
        model_free(model);
        scratch_remove();
    }
    none(&complaints);
}

Test(bad_models, a_shard_that_is_missing_is_an_error_and_not_a_tokenizer_alone)
{
    static const char shard[] = "model-00002-of-00003.safetensors";
    for (int link = 0; link < 2; link++) {
        struct err err = {0};
        scratch_copy_folder("tests/data/golden/bert-sharded");
        cr_assert_eq(unlink(scratch_path(shard)), 0);
        if (link)
            cr_assert_eq(symlink("blob-that-was-not-fetched", scratch_path(shard)), 0);
        struct model *model = model_load(scratch_folder(), NULL, &err);
        cr_expect_null(model, "link %d: loads", link);
        cr_expect(strstr(err.message, shard), "link %d: %s", link, err.message);
        model_free(model);
        scratch_remove();
    }
}

Test(bad_models, a_link_to_weights_that_are_gone_is_an_error_and_not_a_tokenizer_alone)
{
    struct err err = {0};
    scratch_copy_folder("tests/data/good/tiny-bert");
    cr_assert_eq(unlink(scratch_path("model.safetensors")), 0);
    cr_assert_eq(symlink("blob-that-was-not-fetched", scratch_path("model.safetensors")), 0);
    struct model *model = model_load(scratch_folder(), NULL, &err);
    cr_expect_null(model, "loads");
    cr_expect(strstr(err.message, "model.safetensors"), "%s", err.message);
    model_free(model);
    scratch_remove();
}

/* Run n ids on the model of 8 positions. */
static bool run_of_length(struct model *model, size_t n, struct err *err)
{
    int32_t ids[16];
    for (size_t i = 0; i < n; i++)
        ids[i] = 5;
    struct encoding text = {0};
    cr_assert(encoding_of_ids(model->tokenizer, ids, NULL, n, &text, err), "%s", err->message);
    struct run *run = run_one(model, &text, NULL, err);
    run_free(run);
    return run != NULL;
}

Test(bad_models, one_token_more_than_the_positions_is_one_error_with_both_numbers)
{
    struct err err = {0};
    struct model *model = model_load("tests/data/good/tiny-bert", NULL, &err);
    cr_assert(model, "%s", err.message);
    cr_assert(run_of_length(model, 8, &err), "8 tokens fit 8 positions: %s", err.message);
    cr_assert_not(run_of_length(model, 9, &err));
    cr_assert(strstr(err.message, "9") && strstr(err.message, "8"), "%s", err.message);
    model_free(model);
}

Test(bad_models, an_id_outside_the_vocabulary_is_an_error)
{
    static const int32_t outside[] = {-1, 9, INT32_MAX, INT32_MIN};
    struct err err = {0};
    struct model *model = model_load("tests/data/good/tiny-bert", NULL, &err);
    cr_assert(model, "%s", err.message);
    for (size_t i = 0; i < sizeof outside / sizeof *outside; i++) {
        struct encoding text = {0};
        err = (struct err){0};
        if (encoding_of_ids(model->tokenizer, &outside[i], NULL, 1, &text, &err))
            cr_assert_null(run_one(model, &text, NULL, &err), "id %d runs", (int)outside[i]);
        cr_assert_neq(err.code, ERR_NONE, "id %d", (int)outside[i]);
    }
    model_free(model);
}

Test(bad_models, text_that_is_not_utf8_is_an_error_with_the_place)
{
    static const struct {
        struct str text;
        const char *place;
    } rows[] = {{{"ab\xff", 3}, "byte 2"},            /* no byte of UTF-8 */
                {{"\xc3", 1}, "byte 0"},              /* cut short */
                {{"caf\xed\xa0\x80", 6}, "byte 3"},   /* half of a surrogate pair */
                {{"\xf5\x80\x80\x80", 4}, "byte 0"}}; /* beyond U+10FFFF */
    struct err err = {0};
    struct tokenizer *tokenizer = tokenizer_load("tests/data/good/tiny-bert", &err);
    cr_assert(tokenizer, "%s", err.message);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct encoding encoding = {0};
        err = (struct err){0};
        cr_expect_not(tokenizer_encode(tokenizer, rows[i].text, NULL, 0, &encoding, &err), "row %zu is taken", i);
        cr_expect_eq(err.code, ERR_FORMAT);
        cr_expect(strstr(err.message, "UTF-8") && strstr(err.message, rows[i].place), "row %zu: %s", i, err.message);
    }
    tokenizer_free(tokenizer);
}

Test(bad_models, the_good_ones_load)
{
    static const char *const rows[] = {"tests/data/good/tiny-bert", "tests/data/golden/bert", "tests/data/golden/deberta-v1",
                                       "tests/data/golden/bert-sharded"};
    struct complaints complaints = {0};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct err err = {0};
        struct model *model = model_load(rows[i], NULL, &err);
        if (!model || !model->tokenizer || !run_of_length(model, 8, &err))
            complain(&complaints, rows[i], "row", i, err.message);
        model_free(model);
    }
    none(&complaints);
}
