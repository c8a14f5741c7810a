/* `routes texts=FILE`. See routes_texts.h; the counting is core/measure/routing_texts.c. */
#include "repl/run/routes_texts.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/measure/routing_texts.h"
#include "core/scan.h"
#include "repl/run/selector.h"
#include "repl/run/site.h"
#include "repl/run/texts_file.h"
#include "repl/terminal/progress.h"

struct corpus {
    struct routing_texts texts;
    struct sites sites;
    struct scan_counts counts;
    uint64_t seed;
    struct arena *arena;
    struct result *result;
};

static bool see(void *context, const struct scan_text *text, struct err *err)
{
    struct corpus *corpus = context;
    return routing_texts_add(&corpus->texts, text->run, text->text, err);
}

/* ---- rows ---- */

static size_t put(struct estimate estimate, struct cell_value *cells)
{
    cells[0] = number_cell(estimate.value, 4);
    cells[1] = number_cell(estimate.low, 4);
    cells[2] = number_cell(estimate.high, 4);
    return 3;
}

static size_t begin_row(const struct corpus *corpus, const struct routing_layer_texts *layer, struct cell_value *cells)
{
    size_t n = 0;
    static const struct str letters[] = {{"L", 1}, {"D", 1}, {"X", 1}, {"E", 1}};
    if (sites_tell_stack(corpus->sites.site, corpus->sites.n))
        cells[n++] = (struct cell_value){.kind = CELL_TEXT, .text = letters[layer->stack]};
    cells[n++] = int_cell(layer->layer);
    return n;
}

static bool layer_row(const struct corpus *corpus, const struct routing_layer_texts *layer, const struct routing_estimates *e,
                      struct err *err)
{
    struct cell_value cells[24];
    size_t n = begin_row(corpus, layer, cells);
    cells[n++] = int_cell(layer->N);
    cells[n++] = int_cell(layer->k);
    cells[n++] = int_cell(layer->texts);
    cells[n++] = int_cell(e->tokens);
    n += put(e->entropy, cells + n);
    n += put(e->load_entropy, cells + n);
    cells[n++] = number_cell(log((double)layer->N), 4);
    n += put(e->balance, cells + n);
    cells[n++] = int_cell(layer->k);
    n += put(e->dropped, cells + n);
    return result_row(corpus->result, cells, n, err);
}

static bool expert_rows(const struct corpus *corpus, const struct routing_layer_texts *layer, const struct routing_estimates *e,
                        struct err *err)
{
    for (size_t i = 0; i < layer->N; i++) {
        struct cell_value cells[12];
        size_t n = begin_row(corpus, layer, cells);
        cells[n++] = int_cell(i);
        n += put(e->share[i], cells + n);
        n += put(e->mean[i], cells + n);
        if (!result_row(corpus->result, cells, n, err))
            return false;
    }
    return true;
}

static bool give(struct corpus *corpus, bool by_expert, struct err *err)
{
    char header[240];
    snprintf(header, sizeof header, "%slayer,%s", sites_tell_stack(corpus->sites.site, corpus->sites.n) ? "stack," : "",
             by_expert ? "expert,share,share_low,share_high,mean_prob,mean_prob_low,mean_prob_high"
                       : "experts,chosen,texts,tokens,entropy,entropy_low,entropy_high,load_entropy,load_entropy_low,"
                         "load_entropy_high,even_entropy,balance,balance_low,balance_high,even_balance,dropped,dropped_low,"
                         "dropped_high");
    if (!result_columns(corpus->result, header, err))
        return false;
    for (size_t i = 0; i < corpus->sites.n; i++) {
        struct site site = corpus->sites.site[i];
        const struct routing_layer_texts *layer = routing_texts_layer(&corpus->texts, site.stack, site.layer);
        struct routing_estimates estimates;
        bool again = i && site.stack == corpus->sites.site[i - 1].stack && site.layer == corpus->sites.site[i - 1].layer;
        if (!layer || again)
            continue;
        if (!routing_estimate(layer, corpus->seed, corpus->arena, &estimates, err) ||
            !(by_expert ? expert_rows : layer_row)(corpus, layer, &estimates, err))
            return false;
    }
    result_note(corpus->result,
                "%zu texts; intervals: 95 %% of 1000 draws of the texts, seed %llu; all tokens are counted "
                "together, which nears the balance that training sees as texts grow many",
                corpus->counts.texts, (unsigned long long)corpus->seed);
    return true;
}

/* ---- the file ---- */

static bool scan_all(struct session *session, const struct call *call, struct corpus *corpus, struct scan_options *options,
                     struct err *err)
{
    struct progress progress;
    struct kept_run probe = {.run = scan_first(options, err)};
    struct scan_observer observer = {.context = corpus, .see = see};
    struct routing none;
    bool ok = probe.run && select_sites(session, call, &probe, SELECT_ALL, &corpus->sites, err);
    bool routed = false;
    for (size_t i = 0; ok && i < corpus->sites.n; i++)
        routed |= routing_is(probe.run, corpus->sites.site[i].stack, corpus->sites.site[i].layer);
    if (ok && !routed)
        ok = routing_of(probe.run, corpus->sites.site[0].stack, corpus->sites.site[0].layer, 0, &none, err);
    run_free(probe.run);
    if (!ok)
        return false;
    struct watch watch = progress_begin(&progress, session, "texts");
    options->watch = &watch;
    ok = scan(options, &observer, 1, &corpus->counts, err);
    progress_end(&progress);
    return ok;
}

bool routes_texts(struct session *session, const struct call *call, struct result *result, struct err *err)
{
    struct corpus corpus = {.seed = (uint64_t)call_int(call, "seed"), .result = result, .arena = arena_new(err)};
    struct model *model = texts_file_model(session, call, err);
    char *path = model && corpus.arena ? mem_copy_str(call_str(call, "texts"), err) : NULL;
    struct source *file = path ? source_text(path, "a text a line", err) : NULL;
    bool ok = false;
    if (path && !file)
        call_blame_option(call, "texts", err);
    if (str_is(call_str(call, "by"), "token")) {
        err_set(err, ERR_ARG, "over texts there is by=layer and by=expert; a token's routes are those of one run");
        call_blame_option(call, "by", err);
    } else if (file) {
        struct scan_options options = {.model = model,
                                       .lines = {(const char *)file->data, file->size},
                                       .name = path,
                                       .shortest = 1,
                                       .length = call_given(call, "length") ? (size_t)call_int(call, "length") : 0,
                                       .front = -1};
        ok = scan_all(session, call, &corpus, &options, err) && give(&corpus, str_is(call_str(call, "by"), "expert"), err);
    }
    routing_texts_free(&corpus.texts);
    sites_free(&corpus.sites);
    source_free(file);
    free(path);
    arena_free(corpus.arena);
    return ok;
}
