/* diff: the signed difference of the same heads in two runs, or of heads from one of them. */
#include <stdlib.h>
#include <string.h>

#include "core/measure/finite.h"
#include "repl/grammar/call.h"
#include "repl/map/change.h"
#include "repl/map/give_maps.h"
#include "repl/map/map_picture.h"
#include "repl/run/site.h"

/* The keys of the first map that is wanted of a run. */
static const struct encoding *keys_of(const struct map_list *list, size_t run, struct err *err)
{
    const struct attention *a = run_attention(list->runs[run]->run, list->sites[run].site[0], err);
    return a ? &a->keys->texts[a->text] : NULL;
}

/* Two runs of equal token counts; else an error that says what to do instead. */
static bool check_pair(const struct call *call, const struct map_list *list, struct err *err)
{
    if (list->n_runs != 2) {
        err_set(err, ERR_ARG, "diff wants two runs: diff @1 @2 L0.H2");
        return call_blame(call, call_arg(call, ARG_RUN, 0), err);
    }
    const struct encoding *a = keys_of(list, 0, err), *b = keys_of(list, 1, err);
    if (!a || !b)
        return false;
    if (a->n != b->n && !list->aligned && !call_given(call, "top")) {
        err_set(err, ERR_ARG,
                "@%zu has %zu tokens, @%zu has %zu: cells do not correspond, so there is no difference; side by side: "
                "show @%zu @%zu; by token: align=token",
                list->runs[0]->number, a->n, list->runs[1]->number, b->n, list->runs[0]->number, list->runs[1]->number);
        return call_blame(call, call_arg(call, ARG_RUN, 1), err);
    }
    return list->sites[0].n == list->sites[1].n ||
           err_set(err, ERR_ARG, "the selector picks %zu heads of %s and %zu of %s: name the same heads of both", list->sites[0].n,
                   list->runs[0]->run->model->name, list->sites[1].n, list->runs[1]->run->model->name);
}

/* What a reader must know of the two token sequences, on standard error. */
static void say_tokens(struct result *result, const struct map_list *list)
{
    const struct run *a = list->runs[0]->run, *b = list->runs[1]->run;
    struct buf line = {0};
    size_t n = 0;
    if (a->model != b->model) {
        result_note(result, "two models: the difference holds everything that tells %s and %s apart", a->model->name, b->model->name);
        return;
    }
    if (list->aligned || keys_of(list, 0, NULL)->n != keys_of(list, 1, NULL)->n) {
        result_note(result, "aligned by token: those without a counterpart are left out, the others may stand at other positions");
        return;
    }
    const struct encoding *first = keys_of(list, 0, NULL), *second = keys_of(list, 1, NULL);
    for (size_t i = 0; i < first->n; i++)
        if (first->tokens[i].id != second->tokens[i].id && ++n <= 8) {
            buf_printf(&line, "%s%zu ", n > 1 ? ", " : "", i);
            buf_str(&line, first->tokens[i].string);
            buf_puts(&line, " \u2192 ");
            buf_str(&line, second->tokens[i].string);
        }
    struct not_finite where = run_not_finite(b);
    if (n == 0 && where.any) {
        not_finite_say(b, where, &line);
        result_note(result, "both runs have the same ids in the same places; %s: a difference of such numbers is none", buf_cstr(&line));
    } else if (n == 0 && (a->mask.rule != b->mask.rule || a->mask.window != b->mask.window)) {
        result_note(result, "both runs have the same ids in the same places: the difference is what their masks make");
    } else if (n == 0 && (a->positions.kind || b->positions.kind)) {
        result_note(result, "both runs have the same ids: the difference is what their position ids make");
    } else if (n == 0 && (a->capacity != b->capacity || a->interventions.n || b->interventions.n || a->global || b->global)) {
        result_note(result, "both runs have the same ids in the same places: the difference is what was done to one of them");
    } else if (n == 0) {
        result_note(result, "both runs have the same ids in the same places: the difference is 0 by construction");
    } else {
        result_note(result, "%zu of %zu tokens differ: %s%s", n, first->n, buf_cstr(&line), n > 8 ? ", \u2026" : "");
    }
    buf_free(&line);
}

/* Put a run before the one that the list has; its sites are still to be chosen. */
static bool put_before(struct kept_run *first, struct map_list *list, struct err *err)
{
    struct kept_run **runs = mem_new(2, sizeof *runs, "the runs", err);
    struct sites *sites = mem_new(2, sizeof *sites, "the runs", err);
    if (!runs || !sites) {
        free(runs);
        free(sites);
        return false;
    }
    runs[0] = first;
    runs[1] = list->runs[0];
    sites[1] = list->sites[0];
    free(list->runs);
    free(list->sites);
    list->runs = runs;
    list->sites = sites;
    list->n_runs = 2;
    return true;
}

/* The last two runs where none is named. */
static bool last_two(const struct session *session, const struct call *call, struct map_list *list, struct err *err)
{
    if (list->n_runs != 1 || call_arg(call, ARG_RUN, 0) || session->n_runs < 2 || call_given(call, "against"))
        return true;
    return put_before(&session->runs[session->n_runs - 2], list, err) &&
           select_sites(session, call, list->runs[0], SELECT_LAST, &list->sites[0], err);
}

/* against=L2.H1: that head of the first run in place of each; with one run, of that run. */
static bool take_against(const struct call *call, struct map_list *list, struct err *err)
{
    struct sites wanted = {0};
    if (!call_given(call, "against"))
        return true;
    if (list->n_runs == 1 && !put_before(list->runs[0], list, err))
        return false;
    if (!sites_parse(call_str(call, "against"), list->runs[0]->run, &wanted, err))
        return call_blame_option(call, "against", err);
    bool one = wanted.n == 1;
    if (!one) {
        err_set(err, ERR_ARG, "against= wants one head, and this picks %zu", wanted.n);
        call_blame_option(call, "against", err);
    }
    struct site *all = one ? mem_new(list->sites[1].n, sizeof *all, "the heads", err) : NULL;
    for (size_t i = 0; all && i < list->sites[1].n; i++)
        all[i] = wanted.site[0];
    sites_free(&wanted);
    if (!all)
        return false;
    sites_free(&list->sites[0]);
    list->sites[0] = (struct sites){.site = all, .n = list->sites[1].n};
    list->against = true;
    return true;
}

static void say_against(struct result *result, const struct map_list *list)
{
    struct buf name = {0};
    site_name(list->sites[0].site[0], &name);
    result_note(result, "the head%s less %s of @%zu", list->sites[1].n > 1 ? "s, each" : "", buf_cstr(&name), list->runs[0]->number);
    buf_free(&name);
}

/* ---- top=: which heads changed most ---- */

/* The list narrowed to the first heads of the ranking, for a figure of their differences. */
static bool narrow(struct map_list *list, const struct changes *changes, size_t top, struct err *err)
{
    for (size_t r = 0; r < 2; r++) {
        struct site *sites = mem_new(top, sizeof *sites, "the heads", err);
        if (!sites)
            return false;
        for (size_t i = 0; i < top; i++)
            sites[i] = list->sites[r].site[changes->change[i].at];
        memcpy(list->sites[r].site, sites, top * sizeof *sites);
        list->sites[r].n = top;
        free(sites);
    }
    return true;
}

static bool give_top(struct session *session, const struct call *call, struct map_list *list, struct result *result, struct err *err)
{
    struct changes changes;
    struct buf said = {0};
    bool ok = changes_make(call, list, &changes, err);
    size_t top = (size_t)call_int(call, "top");
    if (ok) {
        top = top < changes.n ? top : changes.n;
        changes_rank(&changes);
        changes_say(&changes, &said);
        result_note(result, "%s; %zu of %zu heads", buf_cstr(&said), top, changes.n);
        if (changes.not_finite)
            result_note(result, "%zu of %zu heads are not finite in one of the runs", changes.not_finite, changes.n);
        list->aligned = changes.by_token;
    }
    if (ok && result_wants_figure(result))
        ok = narrow(list, &changes, top, err) && maps_give(session, call, list, result, err);
    else if (ok)
        ok = changes_rows(&changes, top, map_list_row(list, NULL), result, err);
    buf_free(&said);
    changes_free(&changes);
    return ok;
}

/* All heads where top= is given and none is named. */
static bool all_heads(const struct call *call, struct map_list *list, struct err *err)
{
    for (size_t r = 0; r < list->n_runs && call_given(call, "top") && !call_arg(call, ARG_SELECTOR, 0); r++) {
        sites_free(&list->sites[r]);
        if (!sites_all(list->runs[r]->run, &list->sites[r], err))
            return false;
    }
    return true;
}

static bool check_top(const struct call *call, const struct map_list *list, struct err *err)
{
    if (call_given(call, "distance") && !call_given(call, "top")) {
        err_set(err, ERR_ARG, "distance= is what top= ranks by: diff @1 @2 top=5 distance=mean");
        return call_blame_option(call, "distance", err);
    }
    if (!call_given(call, "top") || (list->request.fold == FOLD_NONE && !list->n_parts))
        return true;
    err_set(err, ERR_ARG, "top= ranks heads by one part: leave out agg= and a list of parts");
    return call_blame_option(call, "top", err);
}

static bool run(struct session *session, const struct call *call, struct result *result, struct err *err)
{
    struct map_list list;
    if (!map_list_make(session, call, &list, err))
        return false;
    list.aligned = str_is(call_str(call, "align"), "token");
    bool ok = last_two(session, call, &list, err) && check_top(call, &list, err) && all_heads(call, &list, err) &&
              take_against(call, &list, err) && check_pair(call, &list, err);
    list.difference = true;
    if (ok && list.against)
        say_against(result, &list);
    else if (ok)
        say_tokens(result, &list);
    ok = ok && (call_given(call, "top") ? give_top(session, call, &list, result, err) : maps_give(session, call, &list, result, err));
    map_list_free(&list);
    return ok;
}

static const struct option options[] = {
    OPTION_PART,
    OPTION_TOKENS,
    OPTION_AGG,
    OPTION_PICTURE,
    OPTION_PAPER,
    {"against", VALUE_WORD, NULL, NULL, "one head of the first run in place of the same one: L2.H1; with one run, of that run", 0, 0},
    {"align", VALUE_ENUM, "index|token", "index", "cells correspond by index, or by token where the texts differ in length", 0, 0},
    {.name = "top", .kind = VALUE_INT, .summary = "which heads changed most: the first so many, ranked; of all where none is named", .lo = 1, .hi = 1e6},
    OPTION_DISTANCE,
    {0},
};
static const struct arg args[] = {
    {"@RUN", ARG_RUN, true, true, "two runs: the second minus the first; the last two where none is named"},
    {"SELECTOR", ARG_SELECTOR, true, true, "heads, as in show"},
    {0},
};
const struct command command_diff = {
    .name = "diff",
    .group = "maps",
    .keywords = "compare|comparison|difference|subtract|change|before and after|versus|ablation|two models|two texts",
    .summary = "the difference of two runs or two heads, cell by cell",
    .help = "The second run's map minus the first's, on a diverging scale. Token counts must agree; which tokens differ is\n"
            "said on standard error. Identical ids in the same model give 0 by construction. align=token compares texts of\n"
            "different lengths where their tokens correspond, and leaves the others out. top=5 ranks the heads by how much they\n"
            "changed, with the cell that changed most (a figure in a file holds the differences of those heads); the formula of\n"
            "the distance is said. grid @1 @2 shows it for all heads. against=L2.H1\n"
            "takes that one head of the first run for all of them; with one run named, or none, it compares heads of one run.",
    .examples = "diff @1 @2 L0.H2\ndiff @1 @2 L0 part=scores\ndiff @1 @2 L0.H2 align=token\ndiff @1 @2 top=5\ndiff @1 L2.H2 against=L2.H1\ndiff @1 @2 L0.H2 > diff.png",
    .options = options,
    .args = args,
    .writes = true,
    .run = run,
};
