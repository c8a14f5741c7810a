/* routes: which experts each token goes through in a layer, beside that layer's attention. See core/measure/routing.h. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/measure/routing.h"
#include "repl/grammar/call.h"
#include "repl/map/panel_table.h"
#include "repl/map/shown_map.h"
#include "repl/result/figure.h"
#include "repl/run/routes_texts.h"
#include "repl/run/selector.h"
#include "repl/run/site.h"
#include "viz/scale.h"

enum { MOST_NOTES = 40, NAMED = 16 /* experts whose load a note spells out */ };

/* One selected layer: its routes, and which heads stand for its attention. */
struct routed {
    struct routing routing;
    struct sites heads;   /* a part of the selected sites */
    struct shown_map map; /* of a picture */
};
struct sheet {
    struct session *session;
    const struct call *call;
    struct kept_run *kept;
    struct sites sites;
    struct routed *layers; /* [n] */
    size_t n;
    struct arena *arena;
};

/* ---- the layers ---- */

static bool same_layer(struct site a, struct site b)
{
    return a.stack == b.stack && a.layer == b.layer;
}

/* Without a selector: the layer shown last, or where it has no experts, the first that has. */
static bool usual_sites(struct sheet *sheet, struct err *err)
{
    const struct run *run = sheet->kept->run;
    struct sites *sites = &sheet->sites;
    if (!select_sites(sheet->session, sheet->call, sheet->kept, SELECT_LAST, sites, err))
        return false;
    if (routing_is(run, sites->site[0].stack, sites->site[0].layer))
        return true;
    for (size_t i = 0; i < run->n_kept; i++)
        if (routing_is(run, run->kept[i].stack, run->kept[i].layer)) {
            struct site first = {.stack = run->kept[i].stack, .layer = run->kept[i].layer};
            sites_free(sites);
            return sites_of_layers(run, &(struct sites){.site = &first, .n = 1}, sites, err);
        }
    return true; /* routing_of says that there are none */
}

/* `*` and ranges pass over layers without experts; a layer named alone must have them. */
static bool add_layer(struct sheet *sheet, size_t from, size_t n, bool only, struct err *err)
{
    struct site site = sheet->sites.site[from];
    struct routed *layer = &sheet->layers[sheet->n];
    if (!only && !routing_is(sheet->kept->run, site.stack, site.layer))
        return true;
    layer->heads = (struct sites){.site = sheet->sites.site + from, .n = n};
    sheet->n++;
    return routing_of(sheet->kept->run, site.stack, site.layer, site.text, &layer->routing, err);
}

static bool choose_layers(struct sheet *sheet, struct err *err)
{
    const struct sites *sites = &sheet->sites;
    bool given = call_arg(sheet->call, ARG_SELECTOR, 0) != NULL;
    if (!(given ? select_sites(sheet->session, sheet->call, sheet->kept, SELECT_ALL, &sheet->sites, err)
                : usual_sites(sheet, err)))
        return false;
    sheet->layers = arena_zalloc(sheet->arena, sites->n, sizeof *sheet->layers, "the routes", err);
    if (!sheet->layers)
        return false;
    for (size_t i = 0, next; i < sites->n; i = next) {
        for (next = i + 1; next < sites->n && same_layer(sites->site[i], sites->site[next]);)
            next++;
        if (!add_layer(sheet, i, next - i, i == 0 && next == sites->n, err))
            return false;
    }
    struct routing none;
    return sheet->n || routing_of(sheet->kept->run, sites->site[0].stack, sites->site[0].layer, sites->site[0].text, &none, err);
}

/* ---- the picture ---- */

/* "the →2,0": a token and the experts it goes through; → and a cross where they were full. */
static bool label_row(struct sheet *sheet, const struct routed *layer, size_t row, struct str *out, struct err *err)
{
    const struct routing *r = &layer->routing;
    size_t t = layer->map.row_tokens[row];
    bool dropped = r->dropped && r->dropped[t];
    struct buf text = {0};
    buf_str(&text, layer->map.row_labels[row]);
    for (size_t c = 0; c < r->k; c++)
        buf_printf(&text, "%s%lld", c ? "," : dropped ? " \u2717" : " \u2192", (long long)r->chosen[t * r->k + c]);
    bool ok = buf_ok(&text, err) && arena_str(sheet->arena, buf_view(&text), out, err);
    buf_free(&text);
    return ok;
}

/* Tokens × experts: the router's probabilities, of the tokens that the map beside it shows. */
static bool route_panel(struct sheet *sheet, struct routed *layer, bool figure, struct panel *out, struct err *err)
{
    const struct routing *r = &layer->routing;
    size_t rows = layer->map.rows;
    float *values = arena_alloc(sheet->arena, rows * r->N, sizeof *values, "the routes", err);
    struct str *labels = arena_alloc(sheet->arena, rows, sizeof *labels, "the routes", err);
    struct str *names = arena_alloc(sheet->arena, r->N, sizeof *names, "the routes", err);
    if (!values || !labels || !names)
        return false;
    for (size_t e = 0; e < r->N; e++) { /* a terminal numbers the columns itself */
        char name[24];
        snprintf(name, sizeof name, "E%zu", e);
        if (!arena_str(sheet->arena, figure ? str_of(name) : STR("E"), &names[e], err))
            return false;
    }
    for (size_t i = 0; i < rows; i++) {
        memcpy(values + i * r->N, r->probs + layer->map.row_tokens[i] * r->N, r->N * sizeof *values);
        if (!label_row(sheet, layer, i, &labels[i], err))
            return false;
    }
    *out = (struct panel){.rows = rows,
                          .cols = r->N,
                          .values = values,
                          .row_labels = labels,
                          .col_labels = names,
                          .row_numbers = layer->map.row_tokens,
                          .tick = NAN};
    return true;
}

static bool attention_panel(struct sheet *sheet, const struct map_request *request, struct routed *layer, struct panel *out,
                            struct err *err)
{
    struct map_request folded = *request;
    folded.fold = layer->heads.n > 1 ? FOLD_MEAN : FOLD_NONE;
    if (!shown_map_make(&folded, sheet->kept, &layer->heads, &layer->map, err))
        return false;
    *out = shown_map_panel(&layer->map);
    out->tick = NAN;
    return true;
}

static bool title_panels(struct sheet *sheet, const struct routed *layer, struct panel *pair, struct err *err)
{
    struct site site = layer->heads.site[0];
    struct buf left = {0}, right = {0};
    buf_printf(&left, "%c%zu", stack_letters[site.stack], site.layer);
    buf_str(&right, buf_view(&left));
    buf_puts(&right, " experts");
    if (layer->heads.n > 1)
        buf_printf(&left, " attention, mean of %zu heads", layer->heads.n);
    else
        buf_printf(&left, ".H%zu attention", site.head);
    bool ok = buf_ok(&left, err) && buf_ok(&right, err) && arena_str(sheet->arena, buf_view(&left), &pair[0].title, err) &&
              arena_str(sheet->arena, buf_view(&right), &pair[1].title, err);
    buf_free(&left);
    buf_free(&right);
    return ok;
}

/* "L1: 2 of 4 experts a token; sent to them 5 3 4 2; …" */
static bool note_layer(struct sheet *sheet, const struct routing *r, struct str *out, struct err *err)
{
    struct buf text = {0};
    size_t *sent = arena_alloc(sheet->arena, r->N, sizeof *sent, "the routes", err), dropped = 0;
    if (!sent)
        return false;
    routing_load(r, sent, NULL, NULL);
    buf_printf(&text, "%c%zu: %zu of %zu experts a token; tokens sent", stack_letters[r->stack], r->layer, r->k, r->N);
    for (size_t e = 0; e < r->N && e < NAMED; e++)
        buf_printf(&text, " %zu", sent[e]);
    buf_puts(&text, r->N > NAMED ? " \u2026" : "");
    for (size_t t = 0; r->dropped && t < r->T; t++)
        dropped += r->dropped[t] != 0;
    if (r->dropped)
        buf_printf(&text, "; %zu dropped (\u2717)", dropped);
    buf_printf(&text, "; entropy %.3f nats (even %.3f); balance %.3f (even %zu)", routing_mean_entropy(r), log((double)r->N),
               routing_balance(r), r->k);
    bool ok = buf_ok(&text, err) && arena_str(sheet->arena, buf_view(&text), out, err);
    buf_free(&text);
    return ok;
}

static bool draw(struct sheet *sheet, struct result *result, struct err *err)
{
    static const struct str names[2] = {{"attention", 9}, {"experts", 7}};
    bool figure = result_wants_figure(result), table = figure && sheet->n > 1;
    struct map_request request;
    struct panel *panels = arena_zalloc(sheet->arena, 2 * sheet->n, sizeof *panels, "the routes", err);
    struct str *notes = arena_zalloc(sheet->arena, MOST_NOTES, sizeof *notes, "the routes", err);
    struct str *rows = arena_zalloc(sheet->arena, sheet->n, sizeof *rows, "the routes", err);
    const struct figure_source source = {.runs = &sheet->kept, .n_runs = 1, .site = "routes"};
    struct picture picture = {.panels = panels,
                              .n_panels = 2 * sheet->n,
                              .across = 2,
                              .row_axis = "Query",
                              .col_axis = "Key",
                              .value_name = "probability (attention; of an expert)",
                              .notes = notes};
    if (!panels || !notes || !rows || !map_request_read(sheet->call, &request, err) ||
        !figure_scale(sheet->call, false, &picture.scale, err))
        return false;
    if (picture.scale.kind == SCALE_LINEAR)
        picture.scale.lo = 0;
    for (size_t i = 0; i < sheet->n; i++) {
        struct panel *pair = panels + 2 * i;
        if (!attention_panel(sheet, &request, &sheet->layers[i], &pair[0], err) ||
            !route_panel(sheet, &sheet->layers[i], figure, &pair[1], err) || !title_panels(sheet, &sheet->layers[i], pair, err))
            return false;
        rows[i] = pair[1].title; /* "L1 experts": the layer's name begins it */
        rows[i].n -= STR(" experts").n;
        if (picture.n_notes + 1 < MOST_NOTES && !note_layer(sheet, &sheet->layers[i].routing, &notes[picture.n_notes++], err))
            return false;
    }
    notes[picture.n_notes++] =
        STR("balance: N\u00b7\u03a3 f\u00b7P (Fedus et al. 2021, eq. 4, without its factor); one text's value is not "
            "the training loss");
    if (table) {
        picture.col_names = names;
        picture.row_names = rows;
    }
    panel_table_across(sheet->call, &picture);
    return give_figure(sheet->session, sheet->call, &picture, &source, result, err);
}

/* ---- rows ---- */

/* Where rows begin: the stack where there are others than L, the layer. */
static size_t begin_row(const struct sheet *sheet, const struct routing *r, struct cell_value *cells)
{
    size_t n = 0;
    static const struct str letters[] = {{"L", 1}, {"D", 1}, {"X", 1}, {"E", 1}};
    if (sites_tell_stack(sheet->sites.site, sheet->sites.n))
        cells[n++] = (struct cell_value){.kind = CELL_TEXT, .text = letters[r->stack]};
    cells[n++] = int_cell(r->layer);
    return n;
}

/* One choice of one token. */
static bool choice_row(const struct sheet *sheet, const struct routing *r, size_t t, size_t c, size_t place,
                       struct result *result, struct err *err)
{
    struct cell_value cells[12];
    size_t i = t * r->k + c, e = (size_t)r->chosen[i], n = begin_row(sheet, r, cells);
    cells[n++] = int_cell(t);
    cells[n++] = (struct cell_value){.kind = CELL_TEXT, .text = r->tokens->texts[r->text].tokens[t].string};
    cells[n++] = int_cell(c);
    cells[n++] = int_cell(e);
    cells[n++] = number_cell((double)r->probs[t * r->N + e], 4);
    cells[n++] = number_cell((double)routing_weight(r, t, c), 4);
    cells[n++] = int_cell(place);
    cells[n++] = int_cell(r->dropped && r->dropped[t] ? 1 : 0);
    cells[n++] = number_cell(routing_entropy(r, t), 4);
    return result_row(result, cells, n, err);
}

static bool rows_by_token(const struct sheet *sheet, const struct routing *r, struct result *result, struct err *err)
{
    size_t *places = mem_new(r->T * r->k, sizeof *places, "the routes", err);
    bool ok = places && routing_places(r, places, err);
    for (size_t i = 0; ok && i < r->T * r->k; i++)
        ok = choice_row(sheet, r, i / r->k, i % r->k, places[i], result, err);
    free(places);
    return ok;
}

static bool rows_by_expert(const struct sheet *sheet, const struct routing *r, struct result *result, struct err *err)
{
    size_t *sent = mem_new(2 * r->N, sizeof *sent, "the routes", err), *dropped = sent ? sent + r->N : NULL;
    double *mean = mem_new(r->N, sizeof *mean, "the routes", err);
    bool ok = sent && mean;
    if (ok)
        routing_load(r, sent, dropped, mean);
    for (size_t e = 0; ok && e < r->N; e++) {
        struct cell_value cells[8];
        size_t n = begin_row(sheet, r, cells);
        cells[n++] = int_cell(e);
        cells[n++] = int_cell(sent[e]);
        cells[n++] = number_cell((double)sent[e] / (double)(r->T * r->k), 4);
        cells[n++] = number_cell(mean[e], 4);
        cells[n++] = int_cell(dropped[e]);
        ok = result_row(result, cells, n, err);
    }
    free(sent);
    free(mean);
    return ok;
}

static bool rows_by_layer(const struct sheet *sheet, const struct routing *r, struct result *result, struct err *err)
{
    struct cell_value cells[12];
    size_t n = begin_row(sheet, r, cells), dropped = 0;
    for (size_t t = 0; r->dropped && t < r->T; t++)
        dropped += r->dropped[t] != 0;
    cells[n++] = int_cell(r->N);
    cells[n++] = int_cell(r->k);
    cells[n++] = int_cell(r->T);
    cells[n++] = int_cell(dropped);
    cells[n++] = number_cell(routing_mean_entropy(r), 4);
    cells[n++] = number_cell(routing_load_entropy(r), 4);
    cells[n++] = number_cell(log((double)r->N), 4);
    cells[n++] = number_cell(routing_balance(r), 4);
    cells[n++] = int_cell(r->k);
    return result_row(result, cells, n, err);
}

/* What by= chooses. */
static const struct listing {
    const char *name, *header;
    bool (*rows)(const struct sheet *sheet, const struct routing *r, struct result *result, struct err *err);
} listings[] = {
    {"token", "token,text,choice,expert,prob,weight,place,dropped,entropy", rows_by_token},
    {"expert", "expert,sent,share,mean_prob,dropped", rows_by_expert},
    {"layer", "experts,chosen,tokens,dropped,entropy,load_entropy,even_entropy,balance,even_balance", rows_by_layer},
};

static bool list(const struct sheet *sheet, struct result *result, struct err *err)
{
    const struct listing *listing = listings;
    struct str by = call_str(sheet->call, "by");
    char header[160];
    while (by.n && !str_is(by, listing->name))
        listing++;
    snprintf(header, sizeof header, "%slayer,%s", sites_tell_stack(sheet->sites.site, sheet->sites.n) ? "stack," : "", listing->header);
    if (!result_columns(result, header, err))
        return false;
    for (size_t i = 0; i < sheet->n; i++)
        if (!listing->rows(sheet, &sheet->layers[i].routing, result, err))
            return false;
    if (str_is(by, "layer"))
        result_note(
            result,
            "balance is N\u00b7\u03a3 f\u00b7P (Fedus et al. 2021, eq. 4, without its factor; with k experts a token even "
            "routing gives k): one text's value is not the training loss");
    return true;
}

/* ---- the command ---- */

static bool give(struct sheet *sheet, struct result *result, struct err *err)
{
    if (!choose_layers(sheet, err))
        return false;
    sheet->session->last.run = sheet->kept->number;
    sheet->session->last.site = sheet->layers[0].heads.site[0];
    sheet->session->last.known = true;
    return call_given(sheet->call, "by") || !result_wants_picture(result) ? list(sheet, result, err) : draw(sheet, result, err);
}

static bool run(struct session *session, const struct call *call, struct result *result, struct err *err)
{
    struct kept_run **runs;
    size_t n;
    if (call_given(call, "texts"))
        return routes_texts(session, call, result, err);
    if (!select_runs(session, call, &runs, &n, err))
        return false;
    struct sheet sheet = {.session = session, .call = call, .kept = runs[0], .arena = arena_new(err)};
    bool ok = sheet.arena && give(&sheet, result, err);
    for (size_t i = 0; i < sheet.n; i++)
        shown_map_free(&sheet.layers[i].map);
    sites_free(&sheet.sites);
    arena_free(sheet.arena);
    free(runs);
    return ok;
}

static const struct option options[] = {
    {.name = "by",
     .kind = VALUE_ENUM,
     .values = "token|expert|layer",
     .summary = "a table: a row a choice, an expert or a layer"},
    {.name = "q", .kind = VALUE_TOKENS, .summary = "tokens: index, range, list or a token's text"},
    {.name = "special", .kind = VALUE_ENUM, .values = "on|off", .fallback = "on", .summary = "special tokens: shown or hidden"},
    {.name = "texts", .kind = VALUE_FILE, .summary = "every line of this file is a text: by=layer or by=expert over all of them"},
    {.name = "length", .kind = VALUE_INT, .lo = 1, .hi = 1e6, .summary = "of texts=: tokens that a text is cut to"},
    {.name = "seed",
     .kind = VALUE_INT,
     .fallback = "1",
     .lo = 0,
     .hi = 1e9,
     .summary = "of the draws behind the intervals of texts="},
    OPTION_SCALE,
    OPTION_CELLS,
    OPTION_FIGURE,
    OPTION_ACROSS,
    {0}};
static const struct arg args[] = {
    {.name = "@RUN", .kind = ARG_RUN, .optional = true, .summary = "which run: @, @3, @fox"},
    {.name = "SELECTOR",
     .kind = ARG_SELECTOR,
     .optional = true,
     .repeated = true,
     .summary = "layers with experts, and the heads that stand beside them; the last one shown where none is named"},
    {0}};

extern const struct command command_routes;
const struct command command_routes = {
    .name = "routes",
    .group = "measures",
    .keywords = "experts|mixture of experts|moe|router|gate|routing|capacity",
    .summary = "which experts each token goes through, beside the layer's attention",
    .help =
        "A mixture of experts sends each token through the few feed-forwards that a router prefers. The picture shows the "
        "layer's "
        "attention (of the head named, or the mean of its heads) beside tokens × experts, the router's probabilities; a token's "
        "label names its experts, and a cross those that were full and dropped it. by=token is a row a choice: expert, "
        "probability, the weight of its output, and the token's place in the order in which the expert fills. by=expert: tokens "
        "sent to each, their share, the mean probability, how many were dropped. by=layer: entropies in nats and the balance "
        "N·Σ f·P (Fedus et al. 2021, eq. 4, without its factor; with k experts a token even routing gives k, as in "
        "transformers); "
        "one text's value is not the training loss. All probabilities: export tensor=router.dec.1 > p.npy. Formats without "
        "pictures get "
        "by=token.",
    .examples = "routes\n"
                "routes L1\n"
                "routes L1.H0 by=expert\n"
                "routes * by=layer format=csv\n"
                "routes L1 > routes.png\n"
                "routes texts=corpus.txt by=expert",
    .options = options,
    .args = args,
    .writes = true,
    .run = run,
};
