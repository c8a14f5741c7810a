/* What `segments` reads of its call. See segments_sheet.h. */
#include "repl/run/segments_sheet.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/number.h"
#include "core/base/text.h"
#include "repl/grammar/call.h"
#include "repl/terminal/progress.h"

/* ---- options ---- */

static enum sinks read_sinks(const struct call *call)
{
    static const char *const names[] = {"off", "special", "first", "columns"};
    enum sinks sinks = SINKS_OFF;
    while (sinks < SINKS_COLUMNS && !str_is(call_str(call, "sinks"), names[sinks]))
        sinks++;
    return sinks;
}

const char *segments_sinks_name(enum sinks sinks)
{
    static const char *const names[] = {"tokens that the tokenizer put in", "special tokens",
                                        "special tokens and the first token",
                                        "special tokens, the first token and columns of each head"};
    return names[sinks];
}

/* ---- axes ---- */

static const struct segments *parts_of(struct segments_sheet *sheet, const struct tokens *tokens, size_t length,
                                       const struct regex *by, struct err *err)
{
    for (size_t i = 0; i < sheet->n_axes; i++)
        if (sheet->axes[i].tokens == tokens)
            return &sheet->axes[i].parts;
    if (sheet->n_axes == MAX_AXES || tokens->texts[0].n != length) {
        err_set(err, ERR_UNSUPPORTED, "the tokens of this attention are no text's");
        return NULL;
    }
    struct axis_parts *axis = &sheet->axes[sheet->n_axes];
    axis->tokens = tokens;
    if (!segments_make(sheet->kept->run->model->tokenizer, &tokens->texts[0], by, sheet->sinks, sheet->arena, &axis->parts, err))
        return NULL;
    sheet->n_axes++;
    return &axis->parts;
}

static bool cut_axes(struct segments_sheet *sheet, struct err *err)
{
    struct regex *by = regex_new(call_str(sheet->call, "by"), err);
    bool ok = by || call_blame_option(sheet->call, "by", err);
    size_t most = 0;
    size_t n = 0; /* those whose axes both have parts: a decoder's start token alone is none */
    for (size_t i = 0; ok && i < sheet->sites.n; i++) {
        const struct attention *a = run_attention(sheet->kept->run, sheet->sites.site[i], err);
        ok = a && (sheet->queries[n] = parts_of(sheet, a->queries, a->Tq, by, err)) &&
             (sheet->keys[n] = parts_of(sheet, a->keys, a->Tk, by, err));
        if (!ok || !sheet->queries[n]->n || !sheet->keys[n]->n)
            continue;
        sheet->sites.site[n++] = sheet->sites.site[i];
    }
    if (ok && (n == 0 || (n < sheet->sites.n && call_arg(sheet->call, ARG_SELECTOR, 0))))
        ok = err_set(err, ERR_ARG, "no token of these heads' axes is in a part: all are set apart");
    if (ok && n < sheet->sites.n)
        result_note(sheet->result, "%zu heads of a text without parts are left out", sheet->sites.n - n);
    sheet->sites.n = n;
    for (size_t i = 0; i < sheet->n_axes; i++)
        most = sheet->axes[i].parts.n > most ? sheet->axes[i].parts.n : most;
    regex_free(by);
    if (ok && most == 1) {
        err_set(err, ERR_ARG,
                "nothing cuts this text: it is one part; by= is a regular expression behind whose matches parts begin");
        return call_blame_option(sheet->call, "by", err);
    }
    return ok;
}

bool segments_sheet_open(struct session *session, const struct call *call, struct result *result, struct segments_sheet *out,
                         struct err *err)
{
    struct kept_run **runs;
    size_t n;
    *out = (struct segments_sheet){.session = session, .call = call, .result = result, .sinks = read_sinks(call)};
    if (!select_runs(session, call, &runs, &n, err))
        return false;
    out->kept = runs[0];
    free(runs);
    if (!(out->arena = arena_new(err)) || !select_sites(session, call, out->kept, SELECT_ALL, &out->sites, err))
        return false;
    n = out->sites.n;
    out->queries = arena_alloc(out->arena, n, sizeof *out->queries, "parts", err);
    out->keys = arena_alloc(out->arena, n, sizeof *out->keys, "parts", err);
    out->maps = arena_alloc(out->arena, n, sizeof *out->maps, "parts", err);
    if (!out->queries || !out->keys || !out->maps || !cut_axes(out, err))
        return false;
    n = out->sites.n;
    for (size_t i = 0; i < n; i++)
        if (!segment_map_new(out->queries[i]->n, out->keys[i]->n, out->arena, &out->maps[i], err))
            return false;
    struct progress progress;
    struct watch watch = progress_begin(&progress, session, "heads");
    bool ok = segment_maps_fill(out->kept->run, out->sites.site, n, out->queries, out->keys, out->sinks, &watch, out->maps, err);
    progress_end(&progress);
    return ok;
}

void segments_sheet_close(struct segments_sheet *sheet)
{
    sites_free(&sheet->sites);
    arena_free(sheet->arena);
}

/* ---- groups ---- */

static bool belongs(const struct segments_sheet *sheet, const struct segments_group *group, size_t i, struct str per)
{
    struct site site = sheet->sites.site[i];
    return group->site.stack == site.stack && group->queries == sheet->queries[i] && group->keys == sheet->keys[i] &&
           (str_is(per, "stack") || (group->site.layer == site.layer && (str_is(per, "layer") || group->site.head == site.head)));
}

static bool begin_group(struct segments_sheet *sheet, struct segments_group *group, size_t i, struct err *err)
{
    *group = (struct segments_group){.site = sheet->sites.site[i], .queries = sheet->queries[i], .keys = sheet->keys[i]};
    if (!segment_map_new(group->queries->n, group->keys->n, sheet->arena, &group->map, err))
        return false;
    size_t cells = group->map.P * (group->map.Q + 1);
    memset(group->map.mass, 0, cells * sizeof *group->map.mass);
    memset(group->map.share, 0, cells * sizeof *group->map.share);
    memcpy(group->map.queries, sheet->maps[i].queries, group->map.P * sizeof *group->map.queries);
    return true;
}

static void add_head(struct segments_group *group, struct site site, const struct segment_map *map)
{
    group->no_layer |= group->site.layer != site.layer;
    group->no_head |= group->no_layer || group->site.head != site.head;
    group->heads++;
    for (size_t c = 0; c < map->P * (map->Q + 1); c++) {
        group->map.mass[c] += map->mass[c];
        group->map.share[c] += map->share[c];
    }
}

bool segments_groups(struct segments_sheet *sheet, struct str per, struct segments_group **out, size_t *n_out, struct err *err)
{
    struct segments_group *groups = arena_alloc(sheet->arena, sheet->sites.n, sizeof *groups, "parts", err);
    size_t n = 0;
    if (!groups)
        return false;
    for (size_t i = 0; i < sheet->sites.n; i++) {
        size_t g = 0;
        while (g < n && !belongs(sheet, &groups[g], i, per))
            g++;
        if (g == n && !begin_group(sheet, &groups[n++], i, err))
            return false;
        add_head(&groups[g], sheet->sites.site[i], &sheet->maps[i]);
    }
    for (size_t g = 0; g < n; g++)
        for (size_t c = 0; c < groups[g].map.P * (groups[g].map.Q + 1); c++) {
            groups[g].map.mass[c] /= (double)groups[g].heads;
            groups[g].map.share[c] /= (double)groups[g].heads;
        }
    *out = groups;
    *n_out = n;
    return true;
}

struct site_row segments_site_row(const struct segments_sheet *sheet, const struct segments_group *group)
{
    return (struct site_row){
        .stack = sites_tell_stack(sheet->sites.site, sheet->sites.n), .no_layer = group && group->no_layer, .no_head = group && group->no_head};
}

/* ---- parts by name ---- */

bool segments_part(const struct segments_sheet *sheet, const char *option, struct str name, const struct segments *parts,
                   bool apart, size_t *out, struct err *err)
{
    long number;
    if (apart && str_is(name, "sinks")) {
        *out = parts->n;
        return true;
    }
    if (number_whole(name, &number)) {
        long n = (long)parts->n, at = number < 0 ? number + n : number;
        *out = (size_t)at;
        if (at >= 0 && at < n)
            return true;
        err_set(err, ERR_ARG, "there is no part %ld: 0 to %ld, or -1 the last", number, n - 1);
        return call_blame_option(sheet->call, option, err);
    }
    for (*out = 0; *out < parts->n; ++*out)
        if (name.n && memmem(parts->texts[*out].s, parts->texts[*out].n, name.s, name.n))
            return true;
    err_set(err, ERR_ARG, "no part holds \"%.*s\"; per=part lists them", STR_ARGS(name));
    return call_blame_option(sheet->call, option, err);
}

/* The end of a text in at most so many columns, whole characters alone. */
static struct str tail(struct str text, size_t columns)
{
    size_t from = text.n;
    for (size_t at = text.n; at > 0;) {
        at--;
        while (at > 0 && ((unsigned char)text.s[at] & 0xC0) == 0x80)
            at--;
        if (text_width((struct str){text.s + at, text.n - at}) > columns || text.s[at] == '\n')
            break;
        from = at;
    }
    return (struct str){text.s + from, text.n - from};
}

void segments_label(const struct segments *parts, size_t part, size_t columns, struct buf *out)
{
    struct str text = parts->texts[part];
    while (text.n && strchr(" \n\t\r", text.s[0]))
        text = (struct str){text.s + 1, text.n - 1};
    while (text.n && strchr(" \n\t\r", text.s[text.n - 1]))
        text.n--;
    text = text.n ? text : parts->texts[part];
    struct str end = tail(text, columns / 2); /* examples of a prompt often begin alike */
    bool fits = text_width(text) <= columns;
    text_fit(out, fits ? text : (struct str){text.s, text.n - end.n}, fits ? columns : columns - columns / 2);
    if (!fits)
        text_escape(out, end);
}
