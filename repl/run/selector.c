/* Selectors: from "L0-2.H*" to sites, from "@3" to runs. See selector.h.
 *
 *   selector := '*' | STACK list [ '.' 'H' list ] | 'H' list        STACK one of L D X E
 *   list     := '*' | item { ',' item }
 *   item     := n | n '-' n                                         n may be negative: from the end
 *
 * Letters are taken in both cases. Several selectors of one call add up. `*` is every layer of the model, E* the passes of an
 * enhanced mask decoder, which go through the last layer again. */
#include "repl/run/selector.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/number.h"
#include "repl/grammar/call.h"

enum { MAX_LIST = 4096 }; /* layers or heads a selector can tell apart */

/* What a run has of one stack. */
struct extent {
    size_t layers, heads;
    bool any;
};

struct reader {
    struct str s;
    size_t at;
};

static bool reader_take(struct reader *r, char c)
{
    if (r->at < r->s.n && toupper((unsigned char)r->s.s[r->at]) == c) {
        r->at++;
        return true;
    }
    return false;
}

static struct extent run_extent(const struct run *run, enum stack_kind stack)
{
    struct extent e = {0};
    for (size_t i = 0; i < run->n_attentions; i++) {
        const struct attention *a = &run->attentions[i];
        if (a->stack->kind != stack || a->text != 0)
            continue;
        e.any = true;
        if (a->layer + 1 > e.layers)
            e.layers = a->layer + 1;
        if (a->H > e.heads)
            e.heads = a->H;
    }
    return e;
}

/* "roberta-tiny has layers L0 to L5 with heads H0 to H3" */
static void say_extent(const struct run *run, struct buf *out)
{
    const char *between = " has ";
    buf_puts(out, run->model && run->model->name ? run->model->name : "the model");
    for (int stack = 0; stack < STACK_KINDS; stack++) {
        struct extent e = run_extent(run, (enum stack_kind)stack);
        if (!e.any)
            continue;
        char c = stack_letters[stack];
        buf_printf(out, "%slayers %c0 to %c%zu with heads H0 to H%zu", between, c, c, e.layers - 1, e.heads - 1);
        between = ", ";
    }
}

static bool fail_extent(const struct run *run, struct str selector, const char *what, struct err *err)
{
    struct buf b = {0};
    say_extent(run, &b);
    err_set(err, ERR_NOT_FOUND, "%.*s: %s; %s", STR_ARGS(selector), what, buf_cstr(&b));
    buf_free(&b);
    return false;
}

/* Read a list into chosen[limit]; `what` is "layer" or "head". */
static bool reader_list(struct reader *r, const struct run *run, const char *what, size_t limit, unsigned char *chosen,
                        struct err *err)
{
    char text[96];
    memset(chosen, 0, limit);
    if (reader_take(r, '*')) {
        memset(chosen, 1, limit);
        return true;
    }
    do {
        long from, to;
        if (!number_take(r->s, &r->at, &from))
            return err_set(err, ERR_ARG, "%.*s: a %s number, a range a-b, a list or * is missing after \"%.*s\"",
                           STR_ARGS(r->s), what, (int)r->at, r->s.s);
        to = from;
        if (r->at < r->s.n && r->s.s[r->at] == '-') {
            r->at++;
            if (!number_take(r->s, &r->at, &to))
                return err_set(err, ERR_ARG, "%.*s: the range has no end after \"%.*s\"", STR_ARGS(r->s), (int)r->at, r->s.s);
        }
        long first = from < 0 ? from + (long)limit : from, last = to < 0 ? to + (long)limit : to;
        if (first < 0 || last < 0 || first >= (long)limit || last >= (long)limit) {
            snprintf(text, sizeof text, "there is no %s %ld", what, first < 0 || first >= (long)limit ? from : to);
            return fail_extent(run, r->s, text, err);
        }
        if (first > last) {
            snprintf(text, sizeof text, "the range %ld-%ld of %ss runs backwards", from, to, what);
            return fail_extent(run, r->s, text, err);
        }
        memset(chosen + first, 1, (size_t)(last - first) + 1);
    } while (reader_take(r, ','));
    return true;
}

/* Mark what one selector picks: picked [n_attentions · width]. */
static bool pick(struct str selector, const struct run *run, size_t width, unsigned char *picked, bool *whole, struct err *err)
{
    unsigned char layers[MAX_LIST], heads[MAX_LIST];
    struct reader r = {selector, 0};
    int stack = STACK_MAIN;
    bool everything = reader_take(&r, '*'), named_heads = false;
    size_t n = everything ? 0 : run_extent(run, STACK_MAIN).layers;

    if (selector.n == 0)
        return err_set(err, ERR_ARG, "the selector is empty: L2.H1, L3, L0-5.H*, L1,3.H0,2-4, L-1, *");
    memset(layers, 1, sizeof layers);
    memset(heads, 1, sizeof heads);
    if (!everything && r.at < r.s.n && toupper((unsigned char)r.s.s[r.at]) != 'H') {
        const char *at = memchr(stack_letters, toupper((unsigned char)r.s.s[r.at]), STACK_KINDS);
        if (!at)
            return err_set(err, ERR_ARG, "%.*s is no selector: L2.H1, L3, L0-5.H*, L1,3.H0,2-4, L-1, *", STR_ARGS(selector));
        stack = (int)(at - stack_letters);
        struct extent e = run_extent(run, (enum stack_kind)stack);
        if (!e.any)
            return fail_extent(run, selector, "there is no such stack here", err);
        r.at++;
        n = e.layers;
        if (n > MAX_LIST)
            return err_set(err, ERR_LIMIT, "%.*s: more than %d layers", STR_ARGS(selector), MAX_LIST);
        if (!reader_list(&r, run, "layer", n, layers, err))
            return false;
        if (r.at < r.s.n && !reader_take(&r, '.'))
            return err_set(err, ERR_ARG, "%.*s: \"%.*s\" is not understood; a selector reads L2.H1", STR_ARGS(selector),
                           (int)(r.s.n - r.at), r.s.s + r.at);
        if (r.at == r.s.n && r.s.s[r.at - 1] == '.')
            return err_set(err, ERR_ARG, "%.*s: H and a head are missing after the point", STR_ARGS(selector));
    }
    if (!everything && r.at < r.s.n) {
        struct extent e = run_extent(run, (enum stack_kind)stack);
        if (!reader_take(&r, 'H'))
            return err_set(err, ERR_ARG, "%.*s: after the point comes H and a head, as in L2.H1", STR_ARGS(selector));
        named_heads = r.at < r.s.n && r.s.s[r.at] != '*';
        if (e.heads > MAX_LIST)
            return err_set(err, ERR_LIMIT, "%.*s: more than %d heads", STR_ARGS(selector), MAX_LIST);
        if (!reader_list(&r, run, "head", e.heads, heads, err))
            return false;
    }
    if (r.at < r.s.n)
        return err_set(err, ERR_ARG, "%.*s: \"%.*s\" is not understood; a selector reads L2.H1", STR_ARGS(selector),
                       (int)(r.s.n - r.at), r.s.s + r.at);
    if (named_heads)
        *whole = false;
    bool any = false;
    for (size_t i = 0; i < run->n_attentions; i++) {
        const struct attention *a = &run->attentions[i];
        if (a->text != 0 || (everything ? a->stack->kind == STACK_EMD : a->stack->kind != (enum stack_kind)stack))
            continue;
        if (a->layer >= MAX_LIST || !layers[a->layer])
            continue;
        for (size_t h = 0; h < a->H && h < MAX_LIST; h++)
            if (heads[h])
                picked[i * width + h] = 1, any = true;
    }
    return any || fail_extent(run, selector, "it picks nothing", err);
}

static bool collect(const struct run *run, size_t width, const unsigned char *picked, struct sites *out, struct err *err)
{
    size_t n = 0;
    for (size_t i = 0; i < run->n_attentions * width; i++)
        n += picked[i];
    out->site = mem_new(n ? n : 1, sizeof *out->site, "the selection", err);
    if (!out->site)
        return false;
    for (size_t i = 0; i < run->n_attentions; i++)
        for (size_t h = 0; h < width; h++)
            if (picked[i * width + h]) {
                const struct attention *a = &run->attentions[i];
                out->site[out->n++] = (struct site){a->stack->kind, a->text, a->layer, h};
            }
    return true;
}

/* Sites that any of n selectors pick. blame(i) is called with the failing one. */
static bool sites_of(const struct str *selectors, size_t n, const struct run *run, struct sites *out, size_t *failed,
                     struct err *err)
{
    *out = (struct sites){.whole_layers = true};
    *failed = 0;
    if (!run_has_maps(run, err))
        return false;
    size_t width = 1;
    for (size_t i = 0; i < run->n_attentions; i++)
        if (run->attentions[i].H > width)
            width = run->attentions[i].H;
    unsigned char *picked = mem_new(run->n_attentions ? run->n_attentions : 1, width, "the selection", err);
    bool ok = picked != NULL;
    for (size_t i = 0; ok && i < n; i++) {
        *failed = i;
        ok = pick(selectors[i], run, width, picked, &out->whole_layers, err);
    }
    if (ok)
        ok = collect(run, width, picked, out, err);
    free(picked);
    return ok;
}

bool sites_parse(struct str selector, const struct run *run, struct sites *out, struct err *err)
{
    size_t failed;
    return sites_of(&selector, 1, run, out, &failed, err);
}

/* The sites of the run's first text in the layers that `wanted` holds one of; NULL: in all of `*`. */
static bool sites_in(const struct run *run, const struct sites *wanted, struct sites *out, struct err *err)
{
    size_t n = 0;
    *out = (struct sites){.whole_layers = true};
    if (!run_has_maps(run, err))
        return false;
    for (size_t i = 0; i < run->n_attentions; i++)
        n += run->attentions[i].text == 0 ? run->attentions[i].H : 0;
    out->site = mem_new(n ? n : 1, sizeof *out->site, "the selection", err);
    if (!out->site)
        return false;
    for (size_t i = 0; i < run->n_attentions; i++) {
        const struct attention *a = &run->attentions[i];
        bool in = !wanted && a->stack->kind != STACK_EMD;
        for (size_t s = 0; wanted && !in && s < wanted->n; s++)
            in = wanted->site[s].stack == a->stack->kind && wanted->site[s].layer == a->layer;
        for (size_t h = 0; in && a->text == 0 && h < a->H; h++)
            out->site[out->n++] = (struct site){a->stack->kind, 0, a->layer, h};
    }
    return true;
}

bool sites_all(const struct run *run, struct sites *out, struct err *err)
{
    return sites_in(run, NULL, out, err);
}

bool sites_of_layers(const struct run *run, const struct sites *some, struct sites *out, struct err *err)
{
    return sites_in(run, some, out, err);
}

void sites_free(struct sites *sites)
{
    free(sites->site);
    *sites = (struct sites){0};
}

/* The last site shown, where this run has it; else the first. */
static struct site last_site(const struct session *session, const struct run *run)
{
    struct site first = {STACK_MAIN, 0, 0, 0};
    if (run->n_attentions)
        first = (struct site){run->attentions[0].stack->kind, 0, run->attentions[0].layer, 0};
    if (!session->last.known)
        return first;
    struct site site = session->last.site;
    site.text = 0;
    const struct attention *a = run_attention(run, site, NULL);
    return a && site.head < a->H ? site : first;
}

bool select_sites(const struct session *session, const struct call *call, const struct kept_run *run,
                  enum selector_default fallback, struct sites *out, struct err *err)
{
    *out = (struct sites){0};
    size_t n = call_count(call, ARG_SELECTOR), failed = 0;
    if (!run_has_maps(run->run, err))
        return false;
    if (n == 0 && fallback == SELECT_LAST) {
        struct site site = last_site(session, run->run);
        out->site = mem_new(1, sizeof *out->site, "the selection", err);
        if (!out->site)
            return false;
        out->site[0] = site;
        out->n = 1;
        return true;
    }
    if (n == 0)
        return sites_all(run->run, out, err);
    struct str *selectors = mem_new(n, sizeof *selectors, "the selection", err);
    if (!selectors)
        return false;
    for (size_t i = 0; i < n; i++)
        selectors[i] = call_arg(call, ARG_SELECTOR, i)->text;
    bool ok = sites_of(selectors, n, run->run, out, &failed, err);
    free(selectors);
    return ok || call_blame(call, call_arg(call, ARG_SELECTOR, failed), err);
}

bool select_runs(const struct session *session, const struct call *call, struct kept_run ***out, size_t *n_out,
                 struct err *err)
{
    size_t given = call_count(call, ARG_RUN), n = given ? given : 1;
    struct kept_run **runs = mem_new(n, sizeof *runs, "the runs", err);
    *out = NULL;
    *n_out = 0;
    if (!runs)
        return false;
    for (size_t i = 0; i < n; i++) {
        const struct call_word *word = given ? call_arg(call, ARG_RUN, i) : NULL;
        runs[i] = session_run(session, word ? word->text : STR("@"), err);
        if (!runs[i]) {
            free(runs);
            return word ? call_blame(call, word, err) : false;
        }
    }
    *out = runs;
    *n_out = n;
    return true;
}
