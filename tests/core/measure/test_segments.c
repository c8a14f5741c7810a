/* Parts of a prompt: where they begin, that rows sum to 1, and that the orders of the control are Latin squares. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "core/base/pool.h"
#include "core/forward.h"
#include "core/measure/segments_shuffled.h"

/* Tokens of one text by their byte ranges; special where a range is empty. */
static struct encoding text_of(const char *text, const size_t (*ranges)[2], size_t n)
{
    struct encoding e = {0};
    cr_assert(encoding_new(&e, n, NULL));
    cr_assert(arena_str(e.arena, str_of(text), &e.texts[0], NULL));
    for (size_t t = 0; t < n; t++) {
        bool put = ranges[t][0] == ranges[t][1];
        e.tokens[t] =
            (struct token){.begin = ranges[t][0], .end = ranges[t][1], .text = put ? -1 : 0, .special = put, .special_id = put};
    }
    return e;
}

static void expect_parts(const struct encoding *text, const char *by, enum sinks sinks, const uint32_t *want, size_t parts)
{
    struct arena *arena = arena_new(NULL);
    struct regex *regex = regex_new(str_of(by), NULL);
    struct segments segments;
    cr_assert(arena && regex && segments_make(NULL, text, regex, sinks, arena, &segments, NULL), "%s", by);
    cr_expect_eq(segments.n, parts, "%s: %zu parts", by, segments.n);
    for (size_t t = 0; t < text->n; t++)
        cr_expect_eq(segments.part[t], want[t], "%s: token %zu is of part %u", by, t, segments.part[t]);
    regex_free(regex);
    arena_free(arena);
}

#define X SEGMENT_APART
Test(segments, a_token_is_of_the_part_that_its_last_byte_lies_in)
{
    /* a b . c(with the blank before it) , a token over a cut */
    static const size_t ranges[][2] = {{0, 0}, {0, 1}, {1, 3}, {3, 4}, {4, 6}, {0, 0}};
    struct encoding text = text_of("a b. c", ranges, 6);
    expect_parts(&text, "\\.", SINKS_OFF, (uint32_t[]){X, 0, 0, 0, 1, X}, 2);
    expect_parts(&text, "(?=c)", SINKS_OFF, (uint32_t[]){X, 0, 0, 0, 1, X}, 2);
    expect_parts(&text, " ", SINKS_OFF, (uint32_t[]){X, 0, 1, 1, 2, X}, 3);
    encoding_free(&text);
}

Test(segments, parts_that_hold_no_token_are_not_counted)
{
    static const size_t ranges[][2] = {{0, 1}, {5, 6}};
    struct encoding text = text_of("a----b--", ranges, 2);
    expect_parts(&text, "-", SINKS_OFF, (uint32_t[]){0, 1}, 2);
    encoding_free(&text);
}

Test(segments, the_first_token_is_apart_where_it_is_a_sink)
{
    static const size_t ranges[][2] = {{0, 1}, {1, 2}, {2, 3}};
    struct encoding text = text_of("a.b", ranges, 3);
    expect_parts(&text, "\\.", SINKS_SPECIAL, (uint32_t[]){0, 0, 1}, 2);
    expect_parts(&text, "\\.", SINKS_FIRST, (uint32_t[]){X, 0, 1}, 2);
    encoding_free(&text);
}

Test(segments, empty_matches_between_whole_characters_come_to_an_end)
{
    static const size_t ranges[][2] = {{0, 2}, {2, 4}};
    struct encoding text = text_of("\xc3\xa9\xc3\xa9", ranges, 2);
    expect_parts(&text, "", SINKS_OFF, (uint32_t[]){0, 1}, 2);
    encoding_free(&text);
}

/* A model with a sliding window in some layers and learned sinks: mass and share of every row sum to 1. */
Test(segments, rows_sum_to_one_with_windows_and_learned_sinks)
{
    struct model *model = model_load("tests/data/golden/options-gpt-oss-reversed", NULL, NULL);
    struct encoding text = {0};
    struct arena *arena = arena_new(NULL);
    cr_assert(model && arena && encoding_of_ids(NULL, (int32_t[]){9, 14, 22, 24, 17, 11, 9, 14}, NULL, 8, &text, NULL));
    struct run *run = run_one(model, &text, NULL, NULL);
    cr_assert(run);
    struct segments parts = {.n = 2, .T = 8, .part = (uint32_t[]){X, 0, 0, 0, 1, 1, 1, 1}};
    for (size_t layer = 0; layer < model->stacks[STACK_MAIN].layers; layer++) {
        struct segment_map map;
        cr_assert(segment_map_new(2, 2, arena, &map, NULL) &&
                  segment_map_fill(run, (struct site){.layer = layer, .head = 1}, &parts, &parts, SINKS_FIRST, &map, NULL));
        for (size_t p = 0; p < 2; p++) {
            cr_expect_float_eq(map.mass[3 * p] + map.mass[3 * p + 1] + map.mass[3 * p + 2], 1, 1e-6, "layer %zu", layer);
            cr_expect_float_eq(map.share[3 * p] + map.share[3 * p + 1] + map.share[3 * p + 2], 1, 1e-12, "layer %zu", layer);
        }
    }
    arena_free(arena);
    run_free(run);
    model_free(model);
    pool_free();
}

Test(segments, after_a_multiple_of_m_rounds_each_part_stood_in_each_place_equally_often)
{
    enum { M = 5, SQUARES = 3 };
    struct segment_shuffle shuffle = {.rounds = M * SQUARES, .seed = 7};
    size_t count[M][M] = {{0}}, order[M], scratch[M];
    for (size_t r = 0; r < shuffle.rounds; r++) {
        segment_order(&shuffle, r, M, order, scratch);
        for (size_t k = 0; k < M; k++)
            count[k][order[k]]++;
    }
    for (size_t k = 0; k < M; k++)
        for (size_t c = 0; c < M; c++)
            cr_expect_eq(count[k][c], SQUARES, "part %zu in place %zu: %zu times", c, k, count[k][c]);
}

/* Mass that is a place's effect plus a content's: the two shares of the variance are exact and sum to 1. */
Test(segments, the_control_tells_place_from_content)
{
    enum { M = 3, N = 6 };
    struct segment_shuffle shuffle = {.rounds = N, .seed = 3};
    struct arena *arena = arena_new(NULL);
    struct segment_effect effect;
    double mass[N * M], share[N * M] = {0};
    size_t order[M], scratch[M];
    for (size_t r = 0; r < N; r++) {
        segment_order(&shuffle, r, M, order, scratch);
        for (size_t k = 0; k < M; k++)
            mass[r * M + k] = .2 + .1 * ((double)k - 1) + .05 * ((double)order[k] - 1);
    }
    cr_assert(segment_effect_of(&shuffle, M, &(struct segment_rounds){mass, share}, arena, &effect, NULL));
    cr_expect_float_eq(effect.place, .8, 1e-9, "%g", effect.place);
    cr_expect_float_eq(effect.content, .2, 1e-9, "%g", effect.content);
    cr_expect_float_eq(effect.place_mass[2], .3, 1e-9);
    cr_expect_float_eq(effect.content_mass[0], .15, 1e-9);
    arena_free(arena);
}
