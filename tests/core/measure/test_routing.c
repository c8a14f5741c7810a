/* What routers did, on routes made by hand. */
#include <criterion/criterion.h>
#include <math.h>

#include "core/measure/routing.h"

/* Five tokens, three experts, one each; expert 1 takes two tokens, so that the third sent there is dropped. */
static const float probs[15] = {.1f, .8f, .1f, .2f, .7f, .1f, .6f, .3f, .1f, .1f, .6f, .3f, .2f, .2f, .6f};
static const int64_t chosen[5] = {1, 1, 0, 1, 2}, dropped[5] = {0, 0, 0, 1, 0};
static const struct routing one = {.T = 5, .N = 3, .k = 1, .probs = probs, .chosen = chosen, .dropped = dropped};

Test(routing, places_count_in_the_order_of_the_text_and_go_on_where_the_expert_is_full)
{
    static const size_t want[5] = {1, 2, 1, 3, 1};
    size_t places[5];
    cr_assert(routing_places(&one, places, NULL));
    for (size_t t = 0; t < 5; t++)
        cr_expect_eq(places[t], want[t], "token %zu: place %zu", t, places[t]);
}

Test(routing, load_counts_the_dropped_among_those_sent)
{
    size_t sent[3], lost[3];
    double mean[3];
    routing_load(&one, sent, lost, mean);
    cr_expect(sent[0] == 1 && sent[1] == 3 && sent[2] == 1);
    cr_expect(lost[0] == 0 && lost[1] == 1 && lost[2] == 0);
    cr_expect_float_eq(mean[1], (.8 + .7 + .3 + .6 + .2) / 5, 1e-7);
}

Test(routing, where_no_weight_is_kept_it_is_the_probability)
{
    cr_expect_float_eq(routing_weight(&one, 3, 0), .6f, 1e-7);
}

/* Fedus et al. 2021, eq. 4 without α: 3·(1/5·0.24 + 3/5·0.52 + 1/5·0.24). */
Test(routing, balance_is_experts_times_the_sum_of_shares_times_probabilities)
{
    cr_expect_float_eq(routing_balance(&one), 3 * (.2 * .24 + .6 * .52 + .2 * .24), 1e-6);
}

Test(routing, even_routing_has_a_balance_of_k_and_entropies_of_ln_n)
{
    static const float even[12] = {.25f, .25f, .25f, .25f, .25f, .25f, .25f, .25f, .25f, .25f, .25f, .25f};
    static const int64_t two[6] = {0, 1, 2, 3, 0, 1}, four[4] = {0, 1, 2, 3};
    const struct routing pairs = {.T = 2, .N = 4, .k = 2, .probs = even, .chosen = four};
    const struct routing uneven = {.T = 3, .N = 4, .k = 2, .probs = even, .chosen = two};
    cr_expect_float_eq(routing_balance(&pairs), 2, 1e-6);
    cr_expect_float_eq(routing_balance(&uneven), 2, 1e-6, "even probabilities give k however tokens go");
    cr_expect_float_eq(routing_mean_entropy(&pairs), log(4), 1e-6);
    cr_expect_float_eq(routing_load_entropy(&pairs), log(4), 1e-6);
}
