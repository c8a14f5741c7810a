/* Selectors and token selection, on runs made by hand: no model, no weights. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "repl/run/selector.h"
#include "repl/run/site.h"
#include "repl/run/token_choice.h"

enum { LAYERS = 4, HEADS = 3 };

static const struct stack stack = {.kind = STACK_MAIN, .layers = LAYERS};
static struct attention attentions[LAYERS];

static struct run fake_run(void)
{
    for (size_t l = 0; l < LAYERS; l++)
        attentions[l] = (struct attention){.stack = &stack, .layer = l, .H = HEADS, .Hkv = HEADS, .Tq = 2, .Tk = 2};
    return (struct run){.attentions = attentions, .n_attentions = LAYERS, .done = LAYERS};
}

/* "L0.H1 L2.H1", "none" where there is no such thing, "bad" where it is no selector. */
static void picked(const struct run *run, const char *selector, struct buf *out, struct err *err)
{
    struct sites sites;
    if (!sites_parse(str_of(selector), run, &sites, err)) {
        buf_puts(out, !err->message[0] ? "no message" : err->code == ERR_NOT_FOUND ? "none" : err->code == ERR_ARG ? "bad" : "?");
        return;
    }
    for (size_t i = 0; i < sites.n; i++) {
        buf_puts(out, i ? " " : "");
        site_name(sites.site[i], out);
    }
    buf_puts(out, sites.whole_layers ? " whole" : "");
    sites_free(&sites);
}

Test(selector, picks_what_it_says)
{
    static const struct {
        const char *selector, *expected;
    } rows[] = {
        {"L0.H1", "L0.H1"},
        {"l0.h1", "L0.H1"},
        {"L3", "L3.H0 L3.H1 L3.H2 whole"},
        {"L-1.H0", "L3.H0"},
        {"L-4.H-3", "L0.H0"},
        {"L0-1.H2", "L0.H2 L1.H2"},
        {"L-2--1.H0", "L2.H0 L3.H0"},
        {"L1,3.H0,2", "L1.H0 L1.H2 L3.H0 L3.H2"},
        {"L3,1.H2,0", "L1.H0 L1.H2 L3.H0 L3.H2"}, /* in the order of layers, then heads */
        {"L0,0.H1,1", "L0.H1"},
        {"L0.H0-1", "L0.H0 L0.H1"},
        {"L2.H*", "L2.H0 L2.H1 L2.H2 whole"},
        {"L*.H1", "L0.H1 L1.H1 L2.H1 L3.H1"},
        {"H1", "L0.H1 L1.H1 L2.H1 L3.H1"},
        {"*", "L0.H0 L0.H1 L0.H2 L1.H0 L1.H1 L1.H2 L2.H0 L2.H1 L2.H2 L3.H0 L3.H1 L3.H2 whole"},
        {"L4", "none"},
        {"L-5", "none"},
        {"L0.H3", "none"},
        {"L0-4", "none"},
        {"L2-1", "none"},
        {"D0", "none"},
        {"X1.H0", "none"},
        {"E0", "none"},
        {"", "bad"},
        {"L", "bad"},
        {"L.H1", "bad"},
        {"L0.", "bad"},
        {"L0.H", "bad"},
        {"L0H1", "bad"},
        {"L0,", "bad"},
        {"L0-", "bad"},
        {"L0.H1x", "bad"},
        {"L0.H1.H2", "bad"},
        {"*x", "bad"},
        {"Q1", "bad"},
        {"L99999999999999999999", "none"},
        {"L 0", "bad"},
    };
    struct run run = fake_run();
    struct buf wrong = {0};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct buf found = {0};
        struct err err = {0};
        picked(&run, rows[i].selector, &found, &err);
        if (strcmp(buf_cstr(&found), rows[i].expected) != 0)
            buf_printf(&wrong, "\n%s: expected %s, found %s", rows[i].selector, rows[i].expected, buf_cstr(&found));
        buf_free(&found);
    }
    cr_assert_eq(wrong.n, 0, "%s", buf_cstr(&wrong));
}

Test(selector, an_error_says_what_there_is)
{
    struct run run = fake_run();
    struct sites sites;
    struct err err = {0};
    cr_assert(!sites_parse(STR("L9.H0"), &run, &sites, &err));
    cr_assert(strstr(err.message, "L0 to L3") && strstr(err.message, "H0 to H2"), "%s", err.message);
}

/* ---- tokens ---- */

/* <s> The cat , un believ able cat </s>: "unbelievable" is word 3 in three pieces. */
static struct run text_run(struct encoding *encoding, struct token *tokens)
{
    static const struct {
        const char *string;
        int word;
    } rows[] = {{"<s>", -1}, {"The", 0}, {"cat", 1}, {",", 2}, {"un", 3}, {"believ", 3}, {"able", 3}, {"cat", 4}, {"7", 5}, {"</s>", -1}};
    size_t n = sizeof rows / sizeof rows[0];
    for (size_t i = 0; i < n; i++)
        tokens[i] = (struct token){.id = (int32_t)i, .text = rows[i].word < 0 ? -1 : 0, .word = rows[i].word, .string = str_of(rows[i].string)};
    *encoding = (struct encoding){.n = n, .tokens = tokens};
    static struct tokens axis;
    axis = (struct tokens){.name = "source", .texts = encoding, .n_texts = 1, .rows = n};
    return (struct run){.tokens = &axis};
}

Test(tokens, are_chosen_by_number_range_list_and_text)
{
    static const struct {
        const char *what, *expected;
    } rows[] = {
        {"0", "0"},
        {"-1", "9"},
        {"-10", "0"},
        {"2-4", "2 3 4"},
        {"-3--1", "7 8 9"},
        {"7-", "?"},
        {"5,1", "5 1"},        /* in the order asked for */
        {"5,5,4-6", "5 4 6"},  /* once each */
        {"cat", "2 7"},
        {"cat#2", "7"},
        {"cat#3", "?"},
        {"cat#0", "?"},
        {"the", "1"},          /* nothing is equal: upper and lower case alike */
        {"</s>", "9"},
        {",", "3"},
        {"unbelievable", "4 5 6"},
        {"believ", "5"},
        {"unbeliev", "4 5"},
        {"believable", "5 6"},
        {"7", "7"},            /* a number is an index */
        {"7#1", "8"},          /* and a text with its occurrence */
        {"cat,0", "2 7 0"},
        {"10", "?"},
        {"-11", "?"},
        {"4-2", "?"},
        {"dog", "?"},
        {"", "?"},
        {"1,", "?"},
        {",1", "?"},
        {"99999999999999999999", "?"},
    };
    struct encoding encoding;
    struct token tokens[16];
    struct run run = text_run(&encoding, tokens);
    struct buf wrong = {0};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        size_t *found = NULL, n = 0;
        struct err err = {0};
        struct buf line = {0};
        if (!select_tokens(spelled_of(&run, run.tokens, 0), str_of(rows[i].what), &found, &n, &err))
            buf_puts(&line, err.message[0] ? "?" : "no message");
        for (size_t t = 0; t < n; t++)
            buf_printf(&line, "%s%zu", t ? " " : "", found[t]);
        if (strcmp(buf_cstr(&line), rows[i].expected) != 0)
            buf_printf(&wrong, "\n%s: expected %s, found %s %s", rows[i].what, rows[i].expected, buf_cstr(&line), err.message);
        buf_free(&line);
        free(found);
    }
    cr_assert_eq(wrong.n, 0, "%s", buf_cstr(&wrong));
}
