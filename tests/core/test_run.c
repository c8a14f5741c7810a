/* Runs: interventions, packing, threads, kept memory, refusals; over the golden models of every family. */
#include <criterion/criterion.h>
#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/arch/relative.h"
#include "core/base/cancel.h"
#include "core/base/pool.h"
#include "core/forward.h"
#include "tests/support/golden.h"

static const char *const folders[] = {"bert",       "bert-relkey",     "roberta",    "deberta-v1",
                                      "deberta-v3", "deberta-v2-conv", "options-d1-talking", "distilbert", NULL};

/* The same and one folder of every other family. */
static const char *const families[] = {
    "bert",
    "bert-relkey",
    "roberta",
    "deberta-v1",
    "deberta-v3",
    "deberta-v2-conv",
    "options-d1-talking",
    "distilbert",
    "options-electra-pruned",
    "options-albert-inner",
    "options-albert-order",
    "options-xlmr-pads",
    "options-camembert-tokens",
    "options-mpnet-far",
    "options-megatron-next",
    "options-ernie-tasks",
    "options-xlmr-xl-relative",
    "options-modernbert-mean",
    "options-esm-absolute",
    "options-esm-rotary",
    "options-roformer-values",
    "options-squeezebert-groups",
    "options-convbert-groups",
    "options-longformer-global",
    "options-funnel-factorized",
    "options-funnel-repeats",
    NULL,
};

/* n tokens whose ids follow from the seed. */
static struct encoding text_of(const struct model *model, size_t n, unsigned seed)
{
    int32_t *ids = calloc(n, sizeof *ids);
    for (size_t i = 0; i < n; i++)
        ids[i] = (int32_t)(5 + (i * 37 + seed * 101 + i * i * seed) % (model->dim['V'] - 5));
    struct encoding encoding = {0};
    cr_assert(encoding_of_ids(NULL, ids, NULL, n, &encoding, NULL));
    free(ids);
    return encoding;
}

static struct run *run_of(struct model *model, size_t n, unsigned seed, const struct intervention *interventions, size_t n_i)
{
    struct err err = {0};
    struct encoding encoding = text_of(model, n, seed);
    struct run *run = run_new(model, &(struct run_inputs){.texts = &encoding, .n_texts = 1, .interventions = interventions, .n_interventions = n_i}, NULL, &err);
    cr_assert(run, "%s: %s", model->name, err.message);
    return run;
}

/* Largest |probs·v − z| over all heads of a run. */
static double map_against_output(const struct run *run)
{
    double worst = 0;
    for (size_t i = 0; i < run->n_attentions; i++) {
        const struct attention *a = &run->attentions[i];
        float *probs = malloc(a->Tq * a->Tk * sizeof *probs);
        for (size_t h = 0; h < a->H; h++) {
            cr_assert(run_map(run, (struct site){a->stack->kind, a->text, a->layer, h}, (struct part){PART_PROBS, 0}, 0, a->Tq, probs, NULL));
            for (size_t q = 0; q < a->Tq; q++) {
                const struct strided *v = a->second.rows && a->second.rows[q] ? &a->second.v : &a->v;
                for (size_t d = 0; d < a->D; d++) {
                    double z = 0;
                    for (size_t k = 0; k < a->Tk; k++)
                        z += (double)probs[q * a->Tk + k] * v->data[k * v->row + h / (a->H / a->Hkv) * v->step + d];
                    worst = fmax(worst, fabs(z - a->z.data[q * a->z.row + h * a->z.step + d]));
                }
            }
        }
        free(probs);
    }
    return worst;
}

static double hidden_difference(const struct run *a, const struct run *b, size_t l)
{
    double worst = 0;
    const struct kept *kept = run_kept(a, "hidden", STACK_MAIN, l);
    for (size_t i = 0; i < kept->shape[0] * kept->shape[1]; i++)
        worst = fmax(worst, fabs((double)run_hidden(a, STACK_MAIN, l)[i] - run_hidden(b, STACK_MAIN, l)[i]));
    return worst;
}

Test(run, map_shown_is_map_used_with_a_term_dropped)
{
    for (size_t f = 0; families[f]; f++) {
        struct model *model = golden_model(families[f]);
        struct run *plain = run_of(model, 19, 1, NULL, 0);
        for (unsigned t = 0; t < stack_terms(&model->stacks[STACK_MAIN]); t++) {
            struct intervention drop = {.kind = intervention_named("drop_term"), .layer = SIZE_MAX, .head = SIZE_MAX, .token = SIZE_MAX, .terms = 1u << t};
            struct run *run = run_of(model, 19, 1, &drop, 1);
            cr_expect(map_against_output(run) <= 1e-5, "%s without %s", families[f], model->stacks[STACK_MAIN].terms[t]->name);
            cr_expect(hidden_difference(plain, run, run_hidden_states(run, STACK_MAIN) - 1) > 1e-4, "%s: dropping %s changed nothing", families[f],
                      model->stacks[STACK_MAIN].terms[t]->name);
            run_free(run);
        }
        run_free(plain);
        model_free(model);
    }
}

Test(run, map_shown_is_map_used_with_a_head_uniform)
{
    for (size_t f = 0; folders[f]; f++) {
        struct model *model = golden_model(folders[f]);
        struct intervention uniform = {.kind = intervention_named("uniform_head"), .layer = 1, .head = 2, .token = SIZE_MAX};
        struct run *plain = run_of(model, 19, 1, NULL, 0), *run = run_of(model, 19, 1, &uniform, 1);
        float row[19];
        cr_assert(run_map(run, (struct site){STACK_MAIN, 0, 1, 2}, (struct part){PART_PROBS, 0}, 7, 1, row, NULL));
        for (size_t k = 0; k < 19; k++)
            cr_expect_float_eq(row[k], 1.0f / 19, 1e-7);
        cr_expect(map_against_output(run) <= 1e-5, "%s", folders[f]);
        cr_expect(hidden_difference(plain, run, 1) == 0, "%s: an earlier layer changed", folders[f]);
        cr_expect(hidden_difference(plain, run, 2) > 1e-4, "%s: later layers did not feel it", folders[f]);
        run_free(plain);
        run_free(run);
        model_free(model);
    }
}

Test(run, zeroed_head_and_value_and_replaced_hidden)
{
    struct model *model = golden_model("bert");
    struct intervention zero = {.kind = intervention_named("zero_head"), .layer = 0, .head = 1, .token = SIZE_MAX};
    struct run *run = run_of(model, 9, 1, &zero, 1);
    const struct attention *a = &run->attentions[0];
    for (size_t d = 0; d < a->D; d++)
        cr_expect(a->z.data[3 * a->z.row + 1 * a->z.step + d] == 0);
    cr_expect(a->z.data[3 * a->z.row] != 0);
    run_free(run);

    struct intervention value = {.kind = intervention_named("zero_value"), .layer = 1, .head = SIZE_MAX, .token = 4};
    run = run_of(model, 9, 1, &value, 1);
    cr_expect(run->attentions[1].v.data[4 * run->attentions[1].v.row + 5] == 0);
    cr_expect(map_against_output(run) <= 1e-5);
    run_free(run);

    struct run *plain = run_of(model, 9, 1, NULL, 0), *other = run_of(model, 9, 2, NULL, 0);
    struct intervention put = {.kind = intervention_named("replace_hidden"), .layer = 2, .head = SIZE_MAX, .token = SIZE_MAX, .values = run_hidden(other, STACK_MAIN, 2)};
    run = run_of(model, 9, 1, &put, 1);
    cr_expect(hidden_difference(run, plain, 1) == 0);
    cr_expect(hidden_difference(run, other, 3) == 0, "from the replaced state on, the other text's numbers");
    run_free(run);
    float shifted[9];
    for (size_t i = 0; i < 9; i++)
        shifted[i] = (float)(i + 3);
    struct intervention positions = {.kind = intervention_named("positions"), .layer = SIZE_MAX, .head = SIZE_MAX, .token = SIZE_MAX, .values = shifted};
    run = run_of(model, 9, 1, &positions, 1);
    cr_expect(hidden_difference(run, plain, 0) > 1e-4);
    run_free(run);
    run_free(plain);
    run_free(other);
    model_free(model);
}

/* Bits of one text's numbers in a run. */
static bool same_bits(const struct run *a, size_t text_a, const struct run *b, size_t text_b)
{
    size_t E = a->model->E;
    bool same = true;
    for (size_t l = 0; l < run_hidden_states(a, STACK_MAIN); l++) {
        const struct tokens *x = run_kept(a, "hidden", STACK_MAIN, l)->tokens, *y = run_kept(b, "hidden", STACK_MAIN, l)->tokens;
        size_t n = tokens_length(x, text_a);
        same = same && n == tokens_length(y, text_b) &&
               memcmp(run_hidden(a, STACK_MAIN, l) + x->starts[text_a] * E, run_hidden(b, STACK_MAIN, l) + y->starts[text_b] * E, n * E * sizeof(float)) == 0;
    }
    for (size_t l = 0; same && l < a->model->stacks[STACK_MAIN].layers; l++) {
        const struct attention *one = run_attention(a, (struct site){STACK_MAIN, text_a, l, 0}, NULL);
        size_t cells = one->Tq * one->Tk;
        float *x = malloc(cells * sizeof *x), *y = malloc(cells * sizeof *y);
        for (size_t h = 0; h < one->H; h++) {
            cr_assert(run_map(a, (struct site){STACK_MAIN, text_a, l, h}, (struct part){PART_PROBS, 0}, 0, one->Tq, x, NULL));
            cr_assert(run_map(b, (struct site){STACK_MAIN, text_b, l, h}, (struct part){PART_PROBS, 0}, 0, one->Tq, y, NULL));
            same = same && memcmp(x, y, cells * sizeof *x) == 0;
        }
        free(x);
        free(y);
    }
    return same;
}

static void expect_packing_changes_nothing(void)
{
    static const size_t lengths[] = {5, 90, 1, 33};
    for (size_t f = 0; families[f]; f++) {
        struct model *model = golden_model(families[f]);
        struct encoding texts[4];
        size_t most = model->stacks[STACK_MAIN].max_tokens;
        for (unsigned t = 0; t < 4; t++)
            texts[t] = text_of(model, most && lengths[t] > most ? most : lengths[t], t + 1);
        size_t n[4];
        for (size_t t = 0; t < 4; t++)
            n[t] = texts[t].n;
        struct err err = {0};
        struct run *packed = run_new(model, &(struct run_inputs){.texts = texts, .n_texts = 4}, NULL, &err);
        cr_assert(packed, "%s: %s", families[f], err.message);
        for (unsigned t = 0; t < 4; t++) {
            struct run *alone = run_of(model, n[t], t + 1, NULL, 0);
            cr_expect(same_bits(alone, 0, packed, t), "%s: text %u of %zu tokens", families[f], t, n[t]);
            run_free(alone);
        }
        run_free(packed);
        model_free(model);
    }
}

Test(run, text_has_the_same_bits_whatever_is_packed_with_it)
{
    for (size_t k = 0; product_kernels[k]; k++)
        if (product_force(product_kernels[k]->name))
            expect_packing_changes_nothing();
    product_force(NULL);
}

static struct run *keeping(struct model *model, size_t maps)
{
    struct err err = {0};
    struct intervention uniform = {.kind = intervention_named("uniform_head"), .layer = 1, .head = 1, .token = SIZE_MAX};
    struct encoding texts[2] = {text_of(model, 29, 3), text_of(model, 12, 4)};
    struct run *run = run_new(model, &(struct run_inputs){.texts = texts, .n_texts = 2, .interventions = &uniform, .n_interventions = 1, .maps = maps}, NULL, &err);
    cr_assert(run, "%s: %s", model->name, err.message);
    return run;
}

Test(run, probabilities_that_are_kept_are_those_made_again)
{
    size_t kept = 0;
    for (size_t f = 0; families[f]; f++) {
        struct model *model = golden_model(families[f]);
        struct run *none = keeping(model, 0), *all = keeping(model, SIZE_MAX);
        const struct attention *first = &none->attentions[0];
        size_t bytes = first->H * first->Tq * first->Tk * sizeof(float);
        struct run *one = keeping(model, bytes), *too_little = keeping(model, bytes - 1);
        for (size_t t = 0; t < 2; t++)
            cr_expect(same_bits(none, t, all, t) && same_bits(none, t, one, t), "%s: text %zu", families[f], t);
        for (size_t i = 0; i < all->n_attentions; i++) {
            bool mixed = all->attentions[i].mix_scores || all->attentions[i].mix_probs;
            cr_expect(!none->attentions[i].probs && !all->attentions[i].probs == mixed && (i || !too_little->attentions[i].probs) &&
                          !one->attentions[i].probs == (mixed || i > 0), "%s: attention %zu", families[f], i);
            kept += all->attentions[i].probs != NULL;
        }
        run_free(none);
        run_free(all);
        run_free(one);
        run_free(too_little);
        model_free(model);
    }
    cr_expect(kept > 50, "%zu kept", kept);
}

Test(run, one_two_and_three_threads_give_the_same_bits)
{
    for (size_t f = 0; families[f]; f++) {
        struct run *runs[3];
        struct model *models[3];
        for (size_t i = 0; i < 3; i++) {
            pool_set_threads(i + 1);
            models[i] = golden_model(families[f]);
            runs[i] = run_of(models[i], 37, 5, NULL, 0);
        }
        cr_expect(same_bits(runs[0], 0, runs[1], 0) && same_bits(runs[0], 0, runs[2], 0), "%s", families[f]);
        for (size_t i = 0; i < 3; i++) {
            run_free(runs[i]);
            model_free(models[i]);
        }
    }
    pool_free();
}

Test(run, kept_state_of_a_base_model_at_512_tokens_is_at_most_100_MB)
{
    /* 12 layers of width 768: q, k, v, z of each and 13 hidden states, 512 rows of floats. */
    size_t floats = 512 * (12 * 4 * 768 + 13 * 768);
    cr_expect(floats * sizeof(float) <= 100000000);
    struct model *model = golden_model("bert");
    struct run *run = run_of(model, 100, 1, NULL, 0);
    size_t wanted = run->tokens->rows * (model->stacks[STACK_MAIN].layers * 4 * model->E + (model->stacks[STACK_MAIN].layers + 1) * model->E) * sizeof(float);
    cr_expect(run_kept_bytes(run) <= wanted + 64 * 1024, "%zu bytes kept, %zu are needed", run_kept_bytes(run), wanted);
    run_free(run);
    model_free(model);
}

static void expect_refusal(struct model *model, int32_t *ids, size_t n, enum err_code code, const char *words)
{
    struct err err = {0};
    struct encoding encoding = {0};
    cr_assert(encoding_of_ids(NULL, ids, NULL, n, &encoding, &err));
    struct run *run = run_one(model, &encoding, NULL, &err);
    cr_expect(!run && err.code == code && strstr(err.message, words), "%s", err.message);
    run_free(run);
}

Test(run, refuses_what_the_model_cannot_take)
{
    struct model *model = golden_model("roberta");
    int32_t ids[200] = {0};
    for (size_t i = 0; i < 200; i++)
        ids[i] = 5;
    size_t most = model->stacks[STACK_MAIN].max_tokens; /* 130 rows: two before the first position */
    cr_expect_eq(most, 128);
    expect_refusal(model, ids, most + 1, ERR_LIMIT, "129 tokens");
    expect_refusal(model, ids, 0, ERR_ARG, "no tokens");
    ids[3] = (int32_t)model->dim['V'];
    expect_refusal(model, ids, 7, ERR_LIMIT, "token id 520");
    ids[3] = -1;
    expect_refusal(model, ids, 7, ERR_LIMIT, "token id -1");
    ids[3] = 5;
    struct err err = {0};
    struct encoding encoding = {0};
    cr_assert(encoding_of_ids(NULL, ids, NULL, 7, &encoding, &err));
    cancel_request();
    cr_expect_null(run_one(model, &encoding, NULL, &err));
    cancel_clear();
    cr_expect(err.code == ERR_CANCELLED && strstr(err.message, "cancelled"), "%s", err.message);
    model_free(model);
}

/* What follows from the architecture: a constant on one row of the position keys changes exactly one diagonal of c2p. */
Test(run, position_key_row_is_one_diagonal_of_c2p)
{
    struct model *model = golden_model("deberta-v1");
    struct run *run = run_of(model, 21, 1, NULL, 0);
    const struct attention *a = &run->attentions[0];
    size_t T = 21, delta = 4; /* i − j = 4 */
    float before[21 * 21], after[21 * 21];
    struct site site = {STACK_MAIN, 0, 0, 1};
    struct part c2p;
    cr_assert(part_parse(model->stacks[STACK_MAIN].terms, STR("c2p"), (struct str){0}, (struct str){0}, &c2p, NULL));
    cr_assert(run_map(run, site, c2p, 0, T, before, NULL));
    const struct relative *own = a->own;
    float *row = own->keys.data + own->index[delta + T - 1] * own->keys.row + 1 * own->keys.step;
    for (size_t d = 0; d < a->D; d++)
        row[d] += 10;
    cr_assert(run_map(run, site, c2p, 0, T, after, NULL));
    for (size_t i = 0; i < T; i++)
        for (size_t j = 0; j < T; j++)
            cr_expect((fabsf(after[i * T + j] - before[i * T + j]) > 1e-6f) == (i == j + delta), "%zu,%zu", i, j);
    run_free(run);
    model_free(model);
}
