/* What the metadata of a GGUF file become, and what of them is refused because no model here would heed it. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/embed/sentence.h"
#include "core/gguf/family.h"
#include "core/model.h"

/* Metadata of an architecture with one number more, as a file would hold them. */
struct said {
    struct gguf gguf;
    struct gguf_pair pairs[3];
    char keys[3][80];
    unsigned char values[3][40];
    struct tensor tensors[2];
    struct weights weights;
    size_t shape_of_words;
};

static void say_text(struct said *said, size_t i, const char *key, const char *text)
{
    uint64_t n = strlen(text);
    snprintf(said->keys[i], sizeof said->keys[i], "%s", key);
    memcpy(said->values[i], &n, sizeof n);
    memcpy(said->values[i] + sizeof n, text, n);
    said->pairs[i] = (struct gguf_pair){str_of(said->keys[i]), {GGUF_STRING, false, 1, said->values[i]}};
}

static void say_number(struct said *said, size_t i, const char *architecture, const char *key, float value)
{
    snprintf(said->keys[i], sizeof said->keys[i], "%s.%s", architecture, key);
    memcpy(said->values[i], &value, sizeof value);
    said->pairs[i] = (struct gguf_pair){str_of(said->keys[i]), {GGUF_F32, false, 1, said->values[i]}};
}

static int by_key(const void *a, const void *b)
{
    return str_cmp(((const struct gguf_pair *)a)->key, ((const struct gguf_pair *)b)->key);
}

/* The config.json of these metadata, in out. */
static bool config_of(struct said *said, const char *architecture, const char *key, float value, struct buf *out, struct err *err)
{
    static const struct gguf_family family = {.model_type = "any", .more = ",\"norm_topk_prob\":true,\"plain\":false"};
    *said = (struct said){.gguf = {.path = "x.gguf", .pairs = said->pairs, .n_pairs = 2}};
    say_text(said, 0, "general.architecture", architecture);
    say_number(said, 1, architecture, key, value);
    qsort(said->pairs, 2, sizeof *said->pairs, by_key);
    said->tensors[0] = (struct tensor){.name = STR("token_embd.weight"), .rank = 2, .shape = {7, 4}};
    said->weights = (struct weights){.tensors = said->tensors, .n = 1};
    return gguf_put_config(out, &said->gguf, &family, &said->weights, err);
}

Test(gguf_config, a_key_that_changes_numbers_is_heeded_or_refused_by_name)
{
    static const struct {
        const char *architecture, *key;
        float value;
        const char *says; /* of the error; NULL: it is read */
    } rows[] = {
        {"llama", "attention.causal", 0, "key llama.attention.causal = 0 is not read"},
        {"llama", "attention.causal", 1, NULL},
        {"bert", "attention.causal", 0, NULL},
        {"qwen2", "attention.sliding_window", 8, "key qwen2.attention.sliding_window = 8 is not read"},
        {"gemma2", "attention.sliding_window", 8, NULL},
        {"llama", "logit_scale", 0.5f, "key llama.logit_scale = 0.5 is not read"},
        {"granite", "logit_scale", 0.5f, NULL},
        {"gemma", "final_logit_softcapping", 30, "key gemma.final_logit_softcapping = 30 is not read"},
        {"qwen3moe", "expert_weights_scale", 2.5f, "key qwen3moe.expert_weights_scale = 2.5 is not read"},
        {"qwen3moe", "expert_gating_func", 2, "key qwen3moe.expert_gating_func = 2 is not read"},
        {"llama", "rope.scaling.factor", 4, NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct said said;
        struct buf out = {0};
        struct err err = {0};
        bool read = config_of(&said, rows[i].architecture, rows[i].key, rows[i].value, &out, &err);
        cr_expect(read == !rows[i].says && (read || strstr(err.message, rows[i].says)), "row %zu: %s", i,
                  read ? buf_cstr(&out) : err.message);
        buf_free(&out);
    }
}

Test(gguf_config, metadata_win_over_what_a_family_adds)
{
    struct said said;
    struct buf out = {0};
    struct err err = {0};
    cr_assert(config_of(&said, "qwen3moe", "expert_weights_norm", 0, &out, &err), "%s", err.message);
    cr_expect(strstr(buf_cstr(&out), "\"norm_topk_prob\":false") && !strstr(buf_cstr(&out), "\"norm_topk_prob\":true") &&
                  strstr(buf_cstr(&out), "\"plain\":false"),
              "%s", buf_cstr(&out));
    buf_free(&out);
}

Test(gguf_config, the_first_files_key_of_linear_scaling_is_read)
{
    struct said said;
    struct buf out = {0};
    struct err err = {0};
    cr_assert(config_of(&said, "llama", "rope.scale_linear", 4, &out, &err), "%s", err.message);
    cr_expect(strstr(buf_cstr(&out), "\"rope_scaling\":{\"rope_type\":\"linear\",\"factor\":4"), "%s", buf_cstr(&out));
    buf_free(&out);
}

Test(gguf_config, sentences_are_pooled_as_the_file_says)
{
    static const char *const says[] = {"mean of the last",
                                       "mean of the last hidden states of at most 128 tokens (pooling_type of the file)",
                                       "cls token", "lasttoken of the last hidden states"};
    for (uint32_t type = 0; type < 4; type++) {
        struct err err = {0};
        struct buf out = {0};
        struct model *model = model_load("tests/data/golden/gguf-bert/model.gguf", NULL, &err);
        cr_assert(model, "%s", err.message);
        struct gguf *gguf = &model->checkpoint.gguf;
        for (size_t i = 0; i < gguf->n_pairs; i++)
            if (str_is(gguf->pairs[i].key, "bert.pooling_type"))
                gguf->pairs[i].value = (struct gguf_value){GGUF_U32, false, 1, (unsigned char *)&type};
        struct sentences *sentences = sentences_open(model, &err);
        cr_assert(sentences, "%s", err.message);
        sentences_describe(sentences, &out);
        cr_expect(strstr(buf_cstr(&out), says[type]) && !strstr(buf_cstr(&out), "pooling_type") == !type, "%u: %s", type,
                  buf_cstr(&out));
        sentences_free(sentences);
        model_free(model);
        buf_free(&out);
    }
}
