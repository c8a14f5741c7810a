/* Facts of GPT-2's kin and of the families that are like no other, which a comparison with the reference does not name. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/forward.h"
#include "tests/support/golden.h"
#include "tests/support/refusal.h"

/* A run of n tokens; NULL with an error where the run refuses. */
static struct run *run_of(struct model *model, size_t n, struct err *err)
{
    int32_t ids[64];
    for (size_t i = 0; i < n; i++)
        ids[i] = 6 + (int32_t)(i * 7 % 20);
    struct encoding text = {0};
    cr_assert(encoding_of_ids(NULL, ids, NULL, n, &text, NULL));
    return run_one(model, &text, NULL, err);
}

/* Probabilities of one head of a run of n tokens. */
static void map_of(const char *name, size_t n, size_t layer, size_t head, float *out)
{
    struct model *model = golden_model(name);
    struct run *run = run_of(model, n, NULL);
    cr_assert(run);
    cr_assert(run_map(run, (struct site){STACK_MAIN, 0, layer, head}, (struct part){PART_PROBS, 0}, 0, n, out, NULL));
    run_free(run);
    model_free(model);
}

Test(gpt, decoders_see_what_came_before_and_themselves)
{
    static const char *const names[] = {
        "options-gpt2-layers", "options-gptj-whole", "options-opt-after",  "options-bloom-heads",  "options-falcon-groups",
        "options-phi-normed",  "options-xlnet-uni",  "options-xlm-causal", "options-falcon-alibi", "options-gpt_neox-dynamic"};
    float map[9 * 9];
    for (size_t n = 0; n < sizeof names / sizeof *names; n++) {
        map_of(names[n], 9, 1, 0, map);
        for (size_t i = 0; i < 9; i++)
            for (size_t j = 0; j < 9; j++)
                cr_expect_eq(map[i * 9 + j] > 0, j <= i, "%s: %zu,%zu", names[n], i, j);
    }
}

/* 2^(−8(h+1)/8) for the first eight of nine heads, 2^(−4·1/8) for the ninth; to bfloat16 0.70703125. (Press et al. 2022.) */
Test(gpt, slopes_of_alibi_are_its_authors_also_where_heads_are_no_power_of_two)
{
    static const float slopes[] = {0.5f, 0.25f, 0.125f, 0.0625f, 0.03125f, 0.015625f, 0.0078125f, 0.00390625f, 0.70703125f};
    struct model *model = golden_model("options-falcon-alibi");
    struct run *run = run_of(model, 4, NULL);
    const struct kept *kept = run_kept(run, "slopes", STACK_MAIN, NO_LAYER);
    cr_assert(kept && kept->shape[0] == 9);
    for (size_t h = 0; h < 9; h++)
        cr_expect_float_eq(((const float *)kept->data)[h], slopes[h], 1e-7f, "head %zu: %g", h,
                           (double)((const float *)kept->data)[h]);
    run_free(run);
    model_free(model);
}

Test(gpt, a_shared_key_is_seen_by_its_own_query_only_where_there_is_no_other)
{
    float map[8 * 8], alone;
    map_of("options-reformer-shared", 8, 0, 1, map);
    for (size_t i = 0; i < 8; i++)
        for (size_t j = 0; j < 8; j++)
            cr_expect_eq(map[i * 8 + j] > 0, i != j, "%zu,%zu", i, j);
    map_of("options-reformer-shared", 1, 0, 1, &alone);
    cr_expect_float_eq(alone, 1, 1e-6f);
}

/* Chunks of 4 among 13 tokens on a ring of 4: chunk c and the one before it, of the first the last. */
Test(gpt, local_layers_see_their_chunk_and_the_one_before_on_a_ring)
{
    float map[13 * 13];
    map_of("options-reformer-chunks", 13, 1, 0, map);
    for (size_t i = 0; i < 13; i++)
        for (size_t j = 0; j < 13; j++)
            cr_expect_eq(map[i * 13 + j] > 0, j / 4 == i / 4 || j / 4 == (i / 4 + 3) % 4, "%zu,%zu", i, j);
}

Test(gpt, texts_that_would_be_put_into_random_blocks_or_buckets_are_refused_by_name)
{
    static const struct {
        const char *folder, *says;
        size_t most;
    } rows[] = {{"options-big_bird-sparse", "block_sparse", 18}, {"options-reformer-causal-chunks", "lsh_attn_chunk_length", 16}};
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
        struct model *model = golden_model(rows[r].folder);
        struct err err = {0};
        struct run *run = run_of(model, rows[r].most, &err);
        cr_expect(run, "%s: %s", rows[r].folder, err.message);
        run_free(run);
        run = run_of(model, rows[r].most + 1, &err);
        cr_expect(!run && err.code == ERR_UNSUPPORTED && strstr(err.message, rows[r].says), "%s: %s", rows[r].folder,
                  run ? "runs" : err.message);
        run_free(run);
        model_free(model);
    }
}

Test(gpt, a_model_without_attention_says_what_stands_in_its_place)
{
    struct model *model = golden_model("options-fnet-next");
    struct run *run = run_of(model, 5, NULL);
    struct err err = {0};
    cr_expect_eq(run->n_attentions, 0);
    cr_expect_null(run_attention(run, (struct site){STACK_MAIN, 0, 0, 0}, &err));
    cr_expect(strstr(err.message, "Fourier"), "%s", err.message);
    run_free(run);
    model_free(model);
}

/* The terms of XLNet are what they are named after: of the one that no key enters, every key of a type gets the same. */
Test(gpt, xlnets_terms_depend_on_what_their_names_say)
{
    struct model *model = golden_model("options-xlnet-clamp");
    struct run *run = run_of(model, 7, NULL);
    static const char *const names[] = {"content", "position", "content_bias", "position_bias", "segment"};
    const struct attention *a = &run->attentions[1];
    float map[5][7 * 7];
    for (size_t t = 0; t < 5; t++) {
        cr_assert_str_eq(a->terms[t]->name, names[t]);
        cr_assert(run_map(run, (struct site){STACK_MAIN, 0, 1, 0}, (struct part){PART_LOGITS, 1u << t}, 0, 7, map[t], NULL));
    }
    for (size_t i = 0; i < 7; i++)
        for (size_t j = 0; j < 7; j++) {
            cr_expect_float_eq(map[2][i * 7 + j], map[2][j], 1e-6f, "content_bias is of the key alone: %zu,%zu", i, j);
            cr_expect_float_eq(map[4][i * 7 + j], map[4][i * 7], 1e-6f, "segment is of the query and its type: %zu,%zu", i, j);
            if (i && j)
                cr_expect_float_eq(map[3][i * 7 + j], map[3][(i - 1) * 7 + j - 1], 1e-6f, "position_bias is of i-j: %zu,%zu", i,
                                   j);
            if (i > j + 3)
                cr_expect_float_eq(map[1][i * 7 + j], map[1][i * 7 + j + 1], 1e-6f, "positions end at clamp_len: %zu,%zu", i, j);
        }
    run_free(run);
    model_free(model);
}

Test(gpt, options_that_change_numbers_and_are_not_read_are_refused_by_name)
{
    static const struct {
        const char *folder, *old, *new, *says;
    } rows[] = {
        {"options-gpt2-layers", "\"n_embd\"", "\"add_cross_attention\": true, \"n_embd\"", "add_cross_attention"},
        {"options-gpt2-layers", "\"n_embd\"", "\"pruned_heads\": {\"0\": [1]}, \"n_embd\"", "pruned_heads"},
        {"options-gptj-whole", "\"rotary_dim\": 8", "\"rotary_dim\": null", "rotary_dim"},
        {"options-gptj-whole", "\"rotary_dim\": 8", "\"rotary_dim\": 5", "rotary_dim"},
        {"options-gpt_neox-dynamic", "\"rotary_pct\": 0.5", "\"rotary_pct\": 1.5", "rotary_pct"},
        {"options-phi-normed", "\"num_key_value_heads\": 2", "\"num_key_value_heads\": 3", "key/value heads"},
        {"options-falcon-groups", "\"parallel_attn\": true", "\"parallel_attn\": false", "parallel_attn"},
        {"options-falcon-alibi", "\"num_kv_heads\": 9", "\"num_kv_heads\": 3", "num_kv_heads"},
        {"options-falcon-groups", "\"num_ln_in_parallel_attn\": 2", "\"num_ln_in_parallel_attn\": 3", "num_ln_in_parallel_attn"},
        {"options-xlnet-uni", "\"bi_data\": false", "\"bi_data\": true", "bi_data"},
        {"options-xlnet-uni", "\"uni\"", "\"odd\"", "attn_type"},
        {"options-xlm-causal", "\"asm\": false", "\"asm\": true", "asm"},
        {"options-xlm-causal", "\"is_encoder\": true", "\"is_encoder\": false", "is_encoder"},
        {"options-reformer-shared", "\"lsh\"", "\"hashed\"", "attn_layers"},
        {"options-reformer-shared", "\"axial_pos_shape\": [", "\"axial_pos_shape\": [2,", "axial_pos_shape"},
        {"options-big_bird-sparse", "\"block_sparse\"", "\"odd\"", "attention_type"},
        {"options-fnet-next", "\"hidden_size\"", "\"is_decoder\": true, \"hidden_size\"", "is_decoder"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        expect_refusal(rows[i].folder, rows[i].old, rows[i].new, rows[i].says);
}
