/* bias: what a key's distance alone adds to the scores, per head: T5's and MPNet's learned bias, ALiBi's slopes. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "repl/grammar/call.h"
#include "repl/map/panel_table.h"
#include "repl/result/figure.h"
#include "repl/run/selector.h"

enum {
    USUAL = 128, /* distance shown where none is asked for: where T5's last buckets begin */
    LEAST = 8    /* of what changes with every step, beside a short text */
};

/* Heads of one layer, and of those behind it that hold the same numbers. */
struct table {
    const struct attention *attention;
    const struct term *term;
    const struct site *sites; /* [n] */
    size_t n, last_layer;
    long far, near;           /* distances −far … near */
    bool open_far, open_near; /* what lies beyond is as the last one */
    float *values;            /* [n, far+near+1] */
};
struct sheet {
    struct session *session;
    const struct call *call;
    struct kept_run *kept;
    struct sites sites;
    struct table *tables; /* [n] */
    size_t n;
    struct arena *arena;
};

static const struct term *term_of(const struct attention *a)
{
    for (size_t t = 0; a->terms[t]; t++)
        if (a->terms[t]->ahead)
            return a->terms[t];
    return NULL;
}

/* Are keys ahead hidden from every query? A text of one token tells it by the stack. */
static bool looks_back(const struct attention *a, const struct model *model)
{
    bool decodes = a->stack->kind == STACK_DECODER || !model->stacks[STACK_DECODER].layers;
    return a->mask.hi && a->mask.hi[0] == 1 && (a->Tk > 1 || decodes);
}

/* The largest distance behind which (sign −1) or ahead of which (1) no head's number changes any more, at most `most`. */
static long changes_up_to(const struct table *table, long most, long sign)
{
    for (long d = most; d > 1; d--)
        for (size_t i = 0; i < table->n; i++) {
            size_t h = table->sites[i].head;
            if (table->term->ahead(table->attention, h, sign * d) != table->term->ahead(table->attention, h, sign * (d - 1)))
                return d;
        }
    return 1;
}

/* How far a table reaches to one side. */
static long reach(const struct sheet *sheet, const struct table *table, long sign)
{
    bool given = call_given(sheet->call, "distance");
    long asked = given ? (long)call_int(sheet->call, "distance") : USUAL, changes = changes_up_to(table, 2 * USUAL, sign);
    long text = (long)table->attention->Tk - 1;
    if (given || changes < 2 * USUAL)
        return changes < asked ? changes : asked;
    return text > LEAST ? (text < USUAL ? text : USUAL) : LEAST;
}

static bool make_table(struct sheet *sheet, struct table *table, struct err *err)
{
    table->far = reach(sheet, table, -1);
    if (!looks_back(table->attention, sheet->kept->run->model))
        table->near = reach(sheet, table, 1);
    size_t cols = (size_t)(table->far + table->near + 1);
    table->values = arena_alloc(sheet->arena, table->n * cols, sizeof *table->values, "the bias", err);
    for (size_t i = 0; table->values && i < table->n; i++)
        for (size_t c = 0; c < cols; c++)
            table->values[i * cols + c] = table->term->ahead(table->attention, table->sites[i].head, (long)c - table->far);
    return table->values != NULL;
}

/* The same heads with the same numbers? */
static bool same(const struct table *a, const struct table *b)
{
    if (a->sites->stack != b->sites->stack || a->n != b->n || a->far != b->far || a->near != b->near)
        return false;
    for (size_t i = 0; i < a->n; i++)
        if (a->sites[i].head != b->sites[i].head)
            return false;
    return !memcmp(a->values, b->values, a->n * (size_t)(a->far + a->near + 1) * sizeof *a->values);
}

static bool make_tables(struct sheet *sheet, struct err *err)
{
    const struct sites *sites = &sheet->sites;
    const struct run *run = sheet->kept->run;
    sheet->tables = arena_zalloc(sheet->arena, sites->n, sizeof *sheet->tables, "the bias", err);
    for (size_t i = 0, next; sheet->tables && i < sites->n; i = next) {
        const struct site *site = &sites->site[i];
        const struct attention *a = run_attention(run, *site, err);
        for (next = i + 1; next < sites->n && sites->site[next].stack == site->stack && sites->site[next].layer == site->layer;)
            next++;
        if (!a)
            return false;
        if (!term_of(a))
            continue;
        struct table *table = &sheet->tables[sheet->n];
        *table = (struct table){.attention = a, .term = term_of(a), .sites = site, .n = next - i, .last_layer = site->layer};
        if (!make_table(sheet, table, err))
            return false;
        if (sheet->n && sheet->tables[sheet->n - 1].last_layer + 1 == site->layer && same(&sheet->tables[sheet->n - 1], table))
            sheet->tables[sheet->n - 1].last_layer = site->layer;
        else
            sheet->n++;
    }
    return sheet->tables &&
           (sheet->n || err_set(err, ERR_NOT_FOUND,
                                "%s: no term of these scores is a number of the distance alone, as T5's bias and ALiBi are (info "
                                "lists the terms)",
                                run->model->name));
}

/* "0", "0-5" */
static void put_layers(const struct table *table, struct buf *out)
{
    buf_printf(out, "%zu", table->sites->layer);
    if (table->last_layer > table->sites->layer)
        buf_printf(out, "-%zu", table->last_layer);
}

static bool store(struct arena *arena, struct buf *text, struct str *out, struct err *err)
{
    bool ok = buf_ok(text, err) && arena_str(arena, buf_view(text), out, err);
    buf_free(text);
    return ok;
}

/* ---- the picture ---- */

/* The end of the distances from column `c` on that hold the same numbers in all heads. */
static size_t same_columns(const struct table *table, size_t c)
{
    size_t cols = (size_t)(table->far + table->near + 1), end = c + 1;
    for (; end < cols; end++)
        for (size_t i = 0; i < table->n; i++)
            if (table->values[i * cols + c] != table->values[i * cols + end])
                return end;
    return end;
}

/* The distance of a column that is nearest to 0. */
static long nearest(const struct table *table, size_t begin, size_t end)
{
    long from = (long)begin - table->far, to = (long)end - 1 - table->far;
    return from > 0 ? from : to < 0 ? to : 0;
}

/* Heads × distances; those that hold the same are one column, as T5's buckets are. */
static bool make_panel(struct sheet *sheet, const struct table *table, struct panel *out, struct err *err)
{
    size_t distances = (size_t)(table->far + table->near + 1), cols = 0;
    struct str *rows = arena_zalloc(sheet->arena, table->n, sizeof *rows, "the bias", err);
    struct str *names = arena_zalloc(sheet->arena, distances, sizeof *names, "the bias", err);
    struct buf title = {0};
    if (!rows || !names)
        return false;
    for (size_t c = 0; c < distances; c = same_columns(table, c))
        cols++;
    float *values = arena_alloc(sheet->arena, table->n * cols, sizeof *values, "the bias", err);
    if (!values)
        return false;
    buf_char(&title, stack_letters[table->sites->stack]);
    put_layers(table, &title);
    buf_printf(&title, " %s", table->term->name);
    *out = (struct panel){.rows = table->n,
                          .cols = cols,
                          .values = values,
                          .row_labels = rows,
                          .col_labels = names,
                          .no_numbers = true,
                          .tick = NAN};
    bool ok = store(sheet->arena, &title, &out->title, err);
    for (size_t i = 0; ok && i < table->n; i++) {
        struct buf name = {0};
        buf_printf(&name, "H%zu", table->sites[i].head);
        ok = store(sheet->arena, &name, &rows[i], err);
    }
    for (size_t c = 0, at = 0, end; ok && c < cols; c++, at = end) {
        struct buf name = {0};
        end = same_columns(table, at);
        for (size_t i = 0; i < table->n; i++)
            values[i * cols + c] = table->values[i * distances + at];
        buf_printf(&name, "%ld", nearest(table, at, end));
        ok = store(sheet->arena, &name, &names[c], err);
    }
    return ok;
}

static bool draw(struct sheet *sheet, struct result *result, struct err *err)
{
    struct panel *panels = arena_zalloc(sheet->arena, sheet->n, sizeof *panels, "the bias", err);
    const struct figure_source source = {.runs = &sheet->kept, .n_runs = 1, .site = "bias"};
    const struct str note = STR("a column is the distance above it and those up to the next, away from 0; the last reaches on");
    bool merged = false;
    struct picture picture = {.panels = panels,
                              .n_panels = sheet->n,
                              .across = 1,
                              .scale = {.kind = SCALE_LINEAR, .lo = NAN, .hi = NAN, .clip_hi = 100, .diverging = true},
                              .value_name = "added to the scores",
                              .row_axis = "Head",
                              .col_axis = "Distance of the key (j - i)"};
    for (size_t i = 0; panels && i < sheet->n; i++)
        if (!make_panel(sheet, &sheet->tables[i], &panels[i], err))
            return false;
    for (size_t i = 0; panels && i < sheet->n; i++)
        merged |= panels[i].cols < (size_t)(sheet->tables[i].far + sheet->tables[i].near + 1);
    picture.notes = &note;
    picture.n_notes = merged;
    panel_table_across(sheet->call, &picture);
    return panels && give_figure(sheet->session, sheet->call, &picture, &source, result, err);
}

/* ---- rows ---- */

static bool list(const struct sheet *sheet, struct result *result, struct err *err)
{
    static const struct str letters[] = {{"L", 1}, {"D", 1}, {"X", 1}, {"E", 1}};
    if (!result_columns(result, "stack,layers,head,distance,value", err))
        return false;
    for (size_t t = 0; t < sheet->n; t++) {
        const struct table *table = &sheet->tables[t];
        size_t cols = (size_t)(table->far + table->near + 1);
        struct buf layers = {0};
        put_layers(table, &layers);
        bool ok = buf_ok(&layers, err);
        for (size_t i = 0; ok && i < table->n * cols; i++) {
            const struct cell_value cells[] = {
                {.kind = CELL_TEXT, .text = letters[table->sites->stack]},
                {.kind = CELL_TEXT, .text = buf_view(&layers)},
                {.kind = CELL_INT, .integer = (long long)table->sites[i / cols].head},
                {.kind = CELL_INT, .integer = (long long)(i % cols) - table->far},
                {.kind = CELL_NUMBER, .number = (double)table->values[i], .digits = 4},
            };
            ok = result_row(result, cells, sizeof cells / sizeof *cells, err);
        }
        buf_free(&layers);
        if (!ok)
            return false;
    }
    return true;
}

/* ---- the command ---- */

static bool run(struct session *session, const struct call *call, struct result *result, struct err *err)
{
    struct kept_run **runs;
    size_t n;
    if (!select_runs(session, call, &runs, &n, err))
        return false;
    struct sheet sheet = {.session = session, .call = call, .kept = runs[0], .arena = arena_new(err)};
    bool ok = sheet.arena && select_sites(session, call, runs[0], SELECT_ALL, &sheet.sites, err) && make_tables(&sheet, err) &&
              (result_wants_picture(result) ? draw(&sheet, result, err) : list(&sheet, result, err));
    sites_free(&sheet.sites);
    arena_free(sheet.arena);
    free(runs);
    return ok;
}

static const struct option options[] = {{.name = "distance",
                                         .kind = VALUE_INT,
                                         .lo = 1,
                                         .hi = 1e5,
                                         .summary = "how far to either side; without it as far as anything changes, at most 128"},
                                        OPTION_CELLS,
                                        OPTION_FIGURE,
                                        OPTION_ACROSS,
                                        {0}};
static const struct arg args[] = {
    {.name = "@RUN", .kind = ARG_RUN, .optional = true, .summary = "whose model; the last run where none is named"},
    {.name = "SELECTOR",
     .kind = ARG_SELECTOR,
     .optional = true,
     .repeated = true,
     .summary = "L0, D, L0.H1-3; every layer where none is named"},
    {0}};
const struct command command_bias = {
    .name = "bias",
    .group = "maps",
    .keywords = "relative position|relative attention bias|position bucket|alibi|slopes|distance",
    .summary = "what a key's distance alone adds to the scores, per head",
    .help = "T5, its kin and MPNet learn a number for each head and bucket of distances, which is added to the scores\n"
            "whatever the tokens are; ALiBi (BLOOM, Falcon) adds a slope times the distance. Rows are heads, columns the\n"
            "key's place less the query's: left of 0 lie the keys before it. A decoder's keys ahead are hidden and left\n"
            "out. Layers that share their numbers are one map. On the tokens of a run the same term is show part=bias.",
    .examples = "bias\nbias D* distance=20\nbias L0.H1-3 format=csv\nbias > bias.png",
    .options = options,
    .args = args,
    .writes = true,
    .run = run,
};
