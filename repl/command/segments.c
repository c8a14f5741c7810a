/* segments: attention summed over the parts of a prompt. See core/measure/segments.h. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "repl/grammar/call.h"
#include "repl/map/map_request.h"
#include "repl/map/panel_table.h"
#include "repl/result/figure.h"
#include "repl/run/segments_sheet.h"

enum {
    MOST_NOTES = 40,
    PAIRED = 4 /* groups up to which shares stand beside */,
    LABEL = 14,
    NAME = 44,
    NAMED = 12 /* parts that a note tells of */
};

/* ---- rows ---- */

static struct cell_value part_cell(const struct segments *parts, size_t part)
{
    return part < parts->n ? int_cell(part) : (struct cell_value){.kind = CELL_NONE, .text = STR("apart")};
}

static size_t keys_in(const struct segments *parts, size_t part)
{
    size_t all = parts->T;
    if (part < parts->n)
        return parts->tokens[part];
    for (size_t p = 0; p < parts->n; p++)
        all -= parts->tokens[p];
    return all;
}

static bool pair_row(struct segments_sheet *sheet, const struct segments_group *group, size_t from, size_t to, struct err *err)
{
    struct cell_value cells[SITE_CELLS + 8];
    size_t n = site_cells(group->site, segments_site_row(sheet, group), cells), cell = from * (group->map.Q + 1) + to;
    double mass = group->map.mass[cell], share = group->map.share[cell];
    cells[n++] = int_cell(from);
    cells[n++] = part_cell(group->keys, to);
    cells[n++] = int_cell(group->map.queries[from]);
    cells[n++] = int_cell(keys_in(group->keys, to));
    cells[n++] = number_cell(mass, 4);
    cells[n++] = number_cell(share, 4);
    cells[n++] = share > 0 ? number_cell(mass / share, 4) : (struct cell_value){.kind = CELL_NONE, .text = STR("-")};
    return result_row(sheet->result, cells, n, err);
}

static bool columns(struct segments_sheet *sheet, const char *rest, struct err *err)
{
    char header[120];
    snprintf(header, sizeof header, "%s,%s", site_header(segments_site_row(sheet, NULL)), rest);
    return result_columns(sheet->result, header, err);
}

static const char pair_header[] = "from,to,queries,keys,mass,share,times";

static bool give_rows(struct segments_sheet *sheet, struct err *err)
{
    struct segments_group *groups;
    size_t n;
    if (!segments_groups(sheet, call_str(sheet->call, "per"), &groups, &n, err) || !columns(sheet, pair_header, err))
        return false;
    for (size_t g = 0; g < n; g++)
        for (size_t c = 0; c < groups[g].map.P * (groups[g].map.Q + 1); c++)
            if (!pair_row(sheet, &groups[g], c / (groups[g].map.Q + 1), c % (groups[g].map.Q + 1), err))
                return false;
    return true;
}

/* per=part: what the parts are. */
static bool give_parts(struct segments_sheet *sheet, struct err *err)
{
    if (!result_columns(sheet->result, "axis,part,first,last,tokens,text", err))
        return false;
    for (size_t a = 0; a < sheet->n_axes; a++)
        for (size_t p = 0; p < sheet->axes[a].parts.n; p++) {
            const struct segments *parts = &sheet->axes[a].parts;
            struct cell_value cells[] = {{.kind = CELL_TEXT, .text = str_of(sheet->axes[a].tokens->name)},
                                         int_cell(p),
                                         int_cell(parts->begin[p]),
                                         int_cell(parts->end[p] - 1),
                                         int_cell(parts->tokens[p]),
                                         {.kind = CELL_TEXT, .text = parts->texts[p]}};
            if (!result_row(sheet->result, cells, sizeof cells / sizeof *cells, err))
                return false;
        }
    return true;
}

/* ---- heads ranked ---- */

struct ranked {
    double mass;
    size_t group, from, to;
};

/* Largest first; what has no value last; equal ones as heads are numbered. */
static int by_mass(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;
    if (isnan(x->mass) != isnan(y->mass))
        return isnan(x->mass) ? 1 : -1;
    if (x->mass != y->mass && !isnan(x->mass))
        return x->mass < y->mass ? 1 : -1;
    return (x->group > y->group) - (x->group < y->group);
}

static bool give_ranking(struct segments_sheet *sheet, struct err *err)
{
    struct segments_group *groups;
    const struct call *call = sheet->call;
    size_t n, top = (size_t)call_int(call, "top");
    struct ranked *ranked = arena_alloc(sheet->arena, sheet->sites.n, sizeof *ranked, "parts", err);
    if (!ranked || !segments_groups(sheet, call_given(call, "per") ? call_str(call, "per") : STR("head"), &groups, &n, err))
        return false;
    for (size_t g = 0; g < n; g++) {
        struct ranked *r = &ranked[g];
        r->group = g;
        if (!segments_part(sheet, "to", call_str(call, "to"), groups[g].keys, true, &r->to, err) ||
            !segments_part(sheet, "from", call_str(call, "from"), groups[g].queries, false, &r->from, err))
            return false;
        r->mass = groups[g].map.mass[r->from * (groups[g].map.Q + 1) + r->to];
    }
    qsort(ranked, n, sizeof *ranked, by_mass);
    if (!columns(sheet, pair_header, err))
        return false;
    for (size_t i = 0; i < n && i < top; i++)
        if (!pair_row(sheet, &groups[ranked[i].group], ranked[i].from, ranked[i].to, err))
            return false;
    return true;
}

/* ---- the picture ---- */

/* Upright labels of a terminal's columns would be the same few letters each: there, parts have their numbers. */
static bool label_axis(struct segments_sheet *sheet, const struct segments *parts, bool keys, struct str **out, struct err *err)
{
    bool named = !keys || result_wants_figure(sheet->result);
    struct buf text = {0};
    bool ok = (*out = arena_alloc(sheet->arena, parts->n + 1, sizeof **out, "parts", err)) != NULL;
    for (size_t p = 0; ok && p < parts->n + (keys ? 1 : 0); p++) {
        text.n = 0;
        if (p < parts->n && named)
            segments_label(parts, p, LABEL, &text);
        else if (p == parts->n)
            buf_puts(&text, "apart");
        ok = buf_ok(&text, err) && arena_str(sheet->arena, buf_view(&text), &(*out)[p], err);
    }
    buf_free(&text);
    return ok;
}

static bool title(struct segments_sheet *sheet, const struct segments_group *group, bool share, struct str *out, struct err *err)
{
    struct buf text = {0};
    buf_char(&text, stack_letters[group->site.stack]);
    if (!group->no_layer)
        buf_printf(&text, "%zu", group->site.layer);
    if (!group->no_head)
        buf_printf(&text, ".H%zu", group->site.head);
    if (share)
        buf_puts(&text, " share of the keys seen");
    else if (group->no_head)
        buf_printf(&text, " mass, mean of %zu heads", group->heads);
    else
        buf_puts(&text, " mass");
    bool ok = buf_ok(&text, err) && arena_str(sheet->arena, buf_view(&text), out, err);
    buf_free(&text);
    return ok;
}

/* Parts × parts and what is set apart; where a part sees no key of another, there is no cell. */
static bool group_panel(struct segments_sheet *sheet, const struct segments_group *group, bool share, struct panel *out,
                        struct err *err)
{
    size_t P = group->map.P, cols = group->map.Q + 1;
    float *values = arena_alloc(sheet->arena, P * cols, sizeof *values, "parts", err);
    unsigned char *masked = arena_alloc(sheet->arena, P * cols, 1, "parts", err);
    struct str *rows, *names;
    if (!values || !masked || !label_axis(sheet, group->queries, false, &rows, err) ||
        !label_axis(sheet, group->keys, true, &names, err))
        return false;
    for (size_t i = 0; i < P * cols; i++) {
        values[i] = (float)(share ? group->map.share[i] : group->map.mass[i]);
        masked[i] = !(group->map.share[i] > 0) && !(group->map.mass[i] > 0) && !isnan(group->map.mass[i]);
    }
    *out = (struct panel){
        .rows = P, .cols = cols, .values = values, .masked = masked, .row_labels = rows, .col_labels = names, .tick = NAN};
    return title(sheet, group, share, &out->title, err);
}

/* "part 2, tokens 31-44: Q: What …" */
static bool note_parts(struct segments_sheet *sheet, struct picture *picture, struct str *notes, struct err *err)
{
    struct buf text = {0};
    bool ok = true;
    for (size_t a = 0; ok && a < sheet->n_axes; a++)
        for (size_t p = 0; ok && p < sheet->axes[a].parts.n && picture->n_notes + 1 < MOST_NOTES; p++) {
            const struct segments *parts = &sheet->axes[a].parts;
            text.n = 0;
            if (sheet->n_axes > 1)
                buf_printf(&text, "%s ", sheet->axes[a].tokens->name);
            buf_printf(&text, "part %zu, tokens %zu-%zu: ", p, parts->begin[p], parts->end[p] - 1);
            segments_label(parts, p, NAME, &text);
            ok = buf_ok(&text, err) && arena_str(sheet->arena, buf_view(&text), &notes[picture->n_notes++], err);
        }
    text.n = 0;
    buf_printf(&text, "apart: %s", segments_sinks_name(sheet->sinks));
    ok = ok && buf_ok(&text, err) && arena_str(sheet->arena, buf_view(&text), &notes[picture->n_notes++], err);
    buf_free(&text);
    return ok;
}

/* "L, part 3 gives (of): 0 0.079 (0.251), …": what the last part gives, and its share of the keys. */
static bool note_last(struct segments_sheet *sheet, const struct segments_group *group, struct str *out, struct err *err)
{
    struct buf text = {0};
    size_t P = group->map.P, Q = group->map.Q;
    buf_char(&text, stack_letters[group->site.stack]);
    if (!group->no_layer)
        buf_printf(&text, "%zu", group->site.layer);
    if (!group->no_head)
        buf_printf(&text, ".H%zu", group->site.head);
    buf_printf(&text, ", part %zu gives (share):", P - 1);
    for (size_t q = 0; q <= Q && q < NAMED; q++) {
        q < Q ? buf_printf(&text, " %zu", q) : buf_puts(&text, " apart");
        buf_printf(&text, " %.3f (%.3f)%s", group->map.mass[(P - 1) * (Q + 1) + q], group->map.share[(P - 1) * (Q + 1) + q],
                   q < Q ? "," : "");
    }
    buf_puts(&text, Q >= NAMED ? " \u2026" : "");
    bool ok = buf_ok(&text, err) && arena_str(sheet->arena, buf_view(&text), out, err);
    buf_free(&text);
    return ok;
}

static bool draw(struct segments_sheet *sheet, struct err *err)
{
    struct segments_group *groups;
    size_t n;
    if (!segments_groups(sheet, call_str(sheet->call, "per"), &groups, &n, err))
        return false;
    size_t each = n <= PAIRED ? 2 : 1;
    struct panel *panels = arena_alloc(sheet->arena, each * n, sizeof *panels, "parts", err);
    struct str *notes = arena_zalloc(sheet->arena, MOST_NOTES, sizeof *notes, "parts", err);
    if (!panels || !notes)
        return false;
    for (size_t i = 0; i < each * n; i++)
        if (!group_panel(sheet, &groups[i / each], i % each == 1, &panels[i], err))
            return false;
    const struct figure_source source = {.runs = &sheet->kept, .n_runs = 1, .site = "segments", .numbers = true};
    struct picture picture = {.panels = panels,
                              .n_panels = each * n,
                              .across = each == 2 ? 2 : 0,
                              .row_axis = "Query part",
                              .col_axis = "Key part",
                              .value_name = "mean over a part's queries",
                              .notes = notes,
                              .scale = {.kind = SCALE_LINEAR, .lo = 0, .hi = NAN, .clip_hi = 100, .decimals = 2}};
    for (size_t g = 0; g < n && n <= PAIRED; g++)
        if (!note_last(sheet, &groups[g], &notes[picture.n_notes++], err))
            return false;
    if (!note_parts(sheet, &picture, notes, err))
        return false;
    panel_table_across(sheet->call, &picture);
    return give_figure(sheet->session, sheet->call, &picture, &source, sheet->result, err);
}

/* ---- the command ---- */

static bool give(struct segments_sheet *sheet, struct err *err)
{
    const struct call *call = sheet->call;
    bool figure = result_wants_figure(sheet->result);
    if (call_given(call, "shuffle"))
        return segments_control(sheet, err);
    if (str_is(call_str(call, "per"), "part"))
        return give_parts(sheet, err);
    if (call_given(call, "to"))
        return give_ranking(sheet, err);
    if (result_wants_picture(sheet->result) && (figure || !call_given(call, "per")))
        return draw(sheet, err);
    return give_rows(sheet, err);
}

static bool run(struct session *session, const struct call *call, struct result *result, struct err *err)
{
    struct segments_sheet sheet;
    bool ok = segments_sheet_open(session, call, result, &sheet, err) && give(&sheet, err);
    segments_sheet_close(&sheet);
    return ok;
}

static const struct option options[] = {
    {.name = "by",
     .kind = VALUE_TEXT,
     .fallback = "\n\n",
     .summary = "a regular expression (PCRE2): behind each of its matches a part begins; else an empty line"},
    {.name = "per",
     .kind = VALUE_ENUM,
     .values = "stack|layer|head|part",
     .fallback = "stack",
     .summary = "a table of the mean of all heads, of each layer's, of each head; part lists the parts"},
    {.name = "sinks",
     .kind = VALUE_ENUM,
     .values = "off|special|first|columns",
     .fallback = "first",
     .summary = "set apart: special tokens, and the first token, and each head's columns"},
    {.name = "to",
     .kind = VALUE_TEXT,
     .summary = "heads ranked by what they give to this part: number, -1 the last, its text, sinks"},
    {.name = "from", .kind = VALUE_TEXT, .fallback = "-1", .summary = "of to= and shuffle=: the part whose queries give"},
    {.name = "top", .kind = VALUE_INT, .fallback = "20", .lo = 1, .hi = 1e9, .summary = "of to=: the first so many"},
    {.name = "shuffle", .kind = VALUE_INT, .lo = 1, .hi = 10000, .summary = "run so many prompts with parts in other places"},
    {.name = "fixed", .kind = VALUE_TEXT, .fallback = "-1", .summary = "of shuffle=: parts that keep their place: 0,-1 or none"},
    {.name = "seed", .kind = VALUE_INT, .fallback = "1", .lo = 0, .hi = 1e15, .summary = "of the orders of shuffle="},
    OPTION_CELLS,
    OPTION_FIGURE,
    OPTION_ACROSS,
    {0}};
static const struct arg args[] = {
    {.name = "@RUN", .kind = ARG_RUN, .optional = true, .summary = "which run: @, @3, @fox"},
    {.name = "SELECTOR", .kind = ARG_SELECTOR, .optional = true, .repeated = true, .summary = "which heads; all of them"},
    {0}};

extern const struct command command_segments;
const struct command command_segments = {
    .name = "segments",
    .group = "measures",
    .keywords = "few-shot|prompt|in-context|examples|instruction|question|parts|passages|paragraphs",
    .summary = "attention summed over the parts of a prompt, and heads ranked by a part",
    .help =
        "A prompt is cut into parts behind each match of by=; a token belongs to the part that its last byte lies in. mass is "
        "the "
        "mean over a part's query tokens of what they give to the keys of a part; share is the same of the keys they see, what "
        "uniform attention gives; times is mass over share. Sinks stand apart from the parts, as keys and as queries: tokens "
        "that the tokenizer put in, special tokens, the first token (and with sinks=columns, as keys, the columns of each head: "
        "n·c ≥ 3, cover ≥ 2/3); with them, or with a learned sink, a row sums to 1. These definitions are gaze's own. The "
        "picture is "
        "parts × parts, what is apart last; a part that is not seen has no cell. to=PART ranks heads by what the part from= (the "
        "last) gives to it. shuffle=N runs N prompts whose parts, but for fixed=, stand in other places (Latin squares of token "
        "ids: a multiple of the number of parts that move is balanced) and tells the mass by place and by content, with the "
        "share "
        "of the variance that each explains. An encoder-decoder's cross-attention is target parts × source parts.",
    .examples = "segments\n"
                "segments by=\"Q:|A:\" per=layer\n"
                "segments by=\"(?=Q:)\" L2 > parts.png\n"
                "segments to=0 top=5\n"
                "segments shuffle=12 fixed=0,-1 per=head format=csv\n"
                "segments per=part",
    .options = options,
    .args = args,
    .writes = true,
    .run = run,
};
