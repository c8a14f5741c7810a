/* Facts of the encoders' architectures that a comparison with the reference does not name. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/arch/bias.h"
#include "core/forward.h"
#include "tests/support/golden.h"
#include "tests/support/refusal.h"

/* A run of n tokens, ids counted from `first`; NULL with an error where the run refuses. */
static struct run *run_of(struct model *model, size_t n, int32_t first, const struct run_inputs *more, struct err *err)
{
    int32_t ids[64];
    for (size_t i = 0; i < n; i++)
        ids[i] = first + (int32_t)(i * 7 % 20);
    struct encoding text = {0};
    cr_assert(encoding_of_ids(NULL, ids, NULL, n, &text, NULL));
    struct run_inputs inputs = more ? *more : (struct run_inputs){0};
    inputs.texts = &text;
    inputs.n_texts = 1;
    return run_new(model, &inputs, NULL, err);
}

static void map_of(const struct run *run, size_t layer, size_t head, struct part part, float *out)
{
    size_t T = run->tokens->rows;
    cr_assert(run_map(run, (struct site){STACK_MAIN, 0, layer, head}, part, 0, T, out, NULL));
}

static const struct part probs = {PART_PROBS, 0}, scores = {PART_SCORES, 0};

/* Numbers of T5's own function. */
Test(encoders, buckets_of_relative_positions_are_t5s)
{
    static const struct {
        long ahead;
        bool both;
        uint32_t bucket;
    } rows[] = {{-8, true, 8},    {-16, true, 10},  {7, true, 23},     {8, true, 24}, {64, true, 30},
                {-16, false, 16}, {-64, false, 26}, {-128, false, 31}, {3, false, 0}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        cr_expect_eq(bias_bucket(rows[i].ahead, rows[i].both, 32, 128), rows[i].bucket, "%ld is in bucket %u", rows[i].ahead,
                     bias_bucket(rows[i].ahead, rows[i].both, 32, 128));
}

Test(encoders, modernbert_local_layers_see_a_window_and_global_ones_everything)
{
    struct model *model = golden_model("options-modernbert-mean"); /* local_attention 8, layer 0 global */
    struct run *run = run_of(model, 21, 6, NULL, NULL);
    float global[21 * 21], local[21 * 21];
    map_of(run, 0, 1, probs, global);
    map_of(run, 1, 1, probs, local);
    for (size_t i = 0; i < 21; i++)
        for (size_t j = 0; j < 21; j++) {
            size_t apart = i < j ? j - i : i - j;
            cr_expect(global[i * 21 + j] > 0, "layer 0: %zu,%zu", i, j);
            cr_expect_eq(local[i * 21 + j] > 0, apart <= 4, "layer 1: %zu,%zu", i, j);
        }
    run_free(run);
    model_free(model);
}

Test(encoders, albert_layers_of_one_set_of_weights_give_maps_of_their_own)
{
    struct model *model = golden_model("options-albert-class"), *inner = golden_model("options-albert-inner");
    struct run *run = run_of(model, 9, 6, NULL, NULL), *passes = run_of(inner, 9, 6, NULL, NULL);
    float first[81], second[81];
    map_of(run, 0, 0, probs, first);
    map_of(run, 1, 0, probs, second);
    cr_expect(memcmp(first, second, sizeof first) != 0);
    cr_expect_eq(inner->stacks[STACK_MAIN].layers, 8, "4 passes of 2 inner layers");
    cr_expect_eq(run_hidden_states(passes, STACK_MAIN), 5, "hidden states count passes");
    run_free(run);
    run_free(passes);
    model_free(model);
    model_free(inner);
}

Test(encoders, esm_scales_words_by_0_88_where_none_is_masked)
{
    struct model *model = golden_model("options-esm-relative-key"); /* no positions, no norm of the embeddings */
    struct run *run = run_of(model, 9, 6, NULL, NULL);
    const struct tensor *word = weights_find(model->weights, STR("esm.embeddings.word_embeddings.weight"));
    float row[64];
    tensor_row(word, (size_t)run->tokens->ids[4], row);
    for (size_t e = 0; e < model->E; e++)
        cr_expect_float_eq(run_hidden(run, STACK_MAIN, 0)[4 * model->E + e], 0.88f * row[e], 1e-6f);
    run_free(run);
    model_free(model);
}

Test(encoders, rotary_scores_are_unchanged_when_all_positions_shift)
{
    static const char *const folders[] = {"options-roformer-no-table", "options-esm-rotary", "options-modernbert-mean"};
    for (size_t f = 0; f < 3; f++) {
        struct model *model = golden_model(folders[f]);
        float positions[12], before[144], after[144];
        for (size_t i = 0; i < 12; i++)
            positions[i] = (float)(i + 20);
        struct intervention shift = {.kind = intervention_named("positions"), .layer = SIZE_MAX, .head = SIZE_MAX, .token = SIZE_MAX, .values = positions};
        struct run *plain = run_of(model, 12, 6, NULL, NULL);
        struct run *moved = run_of(model, 12, 6, &(struct run_inputs){.interventions = &shift, .n_interventions = 1}, NULL);
        map_of(plain, 0, 2, scores, before);
        map_of(moved, 0, 2, scores, after);
        for (size_t i = 0; i < 144; i++)
            cr_expect_float_eq(before[i], after[i], 2e-5f, "%s cell %zu", folders[f], i);
        run_free(plain);
        run_free(moved);
        model_free(model);
    }
}

Test(encoders, longformer_rows_and_columns_of_global_tokens_are_whole)
{
    struct model *model = golden_model("options-longformer-local"); /* window 4 */
    size_t chosen[] = {2, 9};
    struct run *run = run_of(model, 16, 6, &(struct run_inputs){.global = chosen, .n_global = 2}, NULL);
    float map[256];
    map_of(run, 1, 3, probs, map);
    for (size_t i = 0; i < 16; i++)
        for (size_t j = 0; j < 16; j++) {
            bool seen = (i < j ? j - i : i - j) <= 2 || i == 2 || i == 9 || j == 2 || j == 9;
            cr_expect_eq(map[i * 16 + j] > 0, seen, "%zu,%zu", i, j);
        }
    run_free(run);
    model_free(model);
}

Test(encoders, global_tokens_are_refused_beyond_a_text_and_where_the_family_has_none)
{
    size_t chosen[] = {16};
    struct run_inputs inputs = {.global = chosen, .n_global = 1};
    struct model *longformer = golden_model("options-longformer-local"), *bert = golden_model("bert");
    struct err err = {0};
    cr_expect(!run_of(longformer, 16, 6, &inputs, &err));
    cr_expect(err.code == ERR_ARG && strstr(err.message, "token 16") && strstr(err.message, "16 tokens"), "%s", err.message);
    cr_expect(!run_of(bert, 16, 6, &inputs, &err));
    cr_expect(err.code == ERR_ARG && strstr(err.message, "no global tokens"), "%s", err.message);
    model_free(longformer);
    model_free(bert);
}

Test(encoders, funnel_maps_of_a_pooling_layer_have_half_the_queries)
{
    struct model *model = golden_model("options-funnel-repeats"); /* blocks [2,1], the second twice */
    struct run *run = run_of(model, 9, 6, NULL, NULL);
    static const size_t shapes[][2] = {{9, 9}, {9, 9}, {5, 9}, {5, 5}, {9, 9}};
    for (size_t l = 0; l < 5; l++) {
        const struct attention *a = run_attention(run, (struct site){STACK_MAIN, 0, l, 0}, NULL);
        cr_assert(a);
        cr_expect(a->Tq == shapes[l][0] && a->Tk == shapes[l][1], "layer %zu: %zu queries, %zu keys", l, a->Tq, a->Tk);
    }
    const struct tokens *pooled = run_attention(run, (struct site){STACK_MAIN, 0, 2, 0}, NULL)->queries;
    cr_expect_eq(pooled->ids[1], run->tokens->ids[1], "the first token stays alone");
    cr_expect_eq(pooled->ids[2], run->tokens->ids[3]);
    run_free(run);
    model_free(model);
}

/* Which head a checkpoint's class has, where it answers, and what its numbers are called. */
Test(encoders, heads_of_classes_follow_the_checkpoints_class)
{
    static const struct {
        const char *folder;
        enum head_place place;
        enum head_link link;
        size_t width;
    } rows[] = {
        {"options-electra-pruned", HEAD_TEXT, HEAD_SOFTMAX, 3},  {"options-xlmr-pads", HEAD_TEXT, HEAD_SIGMOID, 4},
        {"options-albert-class", HEAD_TEXT, HEAD_SIGMOID, 1},    {"options-bert-tokens", HEAD_TOKENS, HEAD_SOFTMAX, 3},
        {"options-modernbert-mean", HEAD_TEXT, HEAD_SOFTMAX, 3}, {"options-electra-disc", HEAD_TOKENS, HEAD_SIGMOID, 1},
        {"options-funnel-base", HEAD_TEXT, HEAD_SOFTMAX, 3},     {"options-modernbert-bare", HEAD_TOKENS, HEAD_SOFTMAX, 3},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct model *model = golden_model(rows[i].folder);
        const struct output_head *head = model_head(model, 0);
        cr_assert(head, "%s", rows[i].folder);
        cr_expect(head->place == rows[i].place && head->link == rows[i].link && head->width(model) == rows[i].width, "%s",
                  rows[i].folder);
        cr_expect(!model_head(model, 1), "%s has one head", rows[i].folder);
        if (head->label)
            cr_expect(str_is(head->label(model, 0), "LABEL_0"), "%s", rows[i].folder);
        model_free(model);
    }
}

Test(encoders, options_that_change_numbers_and_are_not_read_are_refused_by_name)
{
    static const struct {
        const char *folder, *old, *new, *says;
    } rows[] = {
        {"options-electra-disc", "\"absolute\"", "\"rotary\"", "position_embedding_type"},
        {"options-mpnet-far", "\"relative_attention_num_buckets\": 40", "\"relative_attention_num_buckets\": 16",
         "relative_attention_num_buckets"},
        {"options-ernie-tasks", "\"use_task_id\": true", "\"use_task_id\": true, \"is_decoder\": true", "is_decoder"},
        {"options-modernbert-mean", "\"mean\"", "\"max\"", "classifier_pooling"},
        {"options-modernbert-mean", "\"linear\"", "\"odd\"", "rope_scaling"},
        {"options-esm-rotary", "\"is_folding_model\": false", "\"is_folding_model\": true", "is_folding_model"},
        {"options-squeezebert-groups", "\"embedding_size\": 16", "\"embedding_size\": 8", "embedding_size"},
        {"options-squeezebert-groups", "\"q_groups\": 1", "\"q_groups\": 3", "q_groups"},
        {"options-convbert-groups", "\"conv_kernel_size\": 3", "\"conv_kernel_size\": 4", "conv_kernel_size"},
        {"options-longformer-local", "4,\n    4\n", "3,\n    4\n", "attention_window"},
        {"options-longformer-local", "\"attention_window\": [", "\"attention_window\": [4,", "attention_window"},
        {"options-funnel-base", "\"mean\"", "\"min\"", "pooling_type"},
        {"options-funnel-base", "\"relative_shift\"", "\"absolute\"", "attention_type"},
        {"options-albert-inner", "\"num_hidden_groups\": 2", "\"num_hidden_groups\": 0", "groups"},
        {"options-roberta-class", "\"pad_token_id\": 1", "\"pad_token_id\": 39", "pad_token_id"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        expect_refusal(rows[i].folder, rows[i].old, rows[i].new, rows[i].says);
}
