/* `segments shuffle=N`: the same prompt with its parts in other places. See core/measure/segments_shuffled.h. */
#include <stdio.h>
#include <string.h>

#include "core/measure/segments_shuffled.h"
#include "repl/grammar/call.h"
#include "repl/run/segments_sheet.h"
#include "repl/terminal/progress.h"

struct control {
    struct segments_sheet *sheet;
    struct segment_shuffle shuffle;
    const struct segments *queries, *parts;
    size_t m, *moved;              /* [m] parts that move */
    struct segment_rounds *rounds; /* [sites.n] */
};

static bool hold(struct control *c, struct err *err)
{
    const struct call *call = c->sheet->call;
    struct str list = call_str(call, "fixed");
    bool *held = arena_zalloc(c->sheet->arena, c->parts->n, sizeof *held, "parts", err);
    c->moved = arena_alloc(c->sheet->arena, c->parts->n, sizeof *c->moved, "parts", err);
    if (!held || !c->moved)
        return false;
    c->shuffle.held = held;
    for (size_t at = 0; !str_is(list, "none") && at <= list.n; at++) {
        size_t end = at, part;
        while (end < list.n && list.s[end] != ',')
            end++;
        if (!segments_part(c->sheet, "fixed", (struct str){list.s + at, end - at}, c->parts, false, &part, err))
            return false;
        held[part] = true;
        at = end;
    }
    c->m = segment_movable(c->parts, held, c->moved);
    if (c->m < 2) {
        err_set(err, ERR_ARG, "%zu part%s may move: there is nothing to permute (fixed= names those that stay)", c->m,
                c->m == 1 ? "" : "s");
        return call_blame_option(call, "shuffle", err);
    }
    return true;
}

static bool read(struct control *c, struct err *err)
{
    struct segments_sheet *sheet = c->sheet;
    const struct call *call = sheet->call;
    c->queries = sheet->queries[0];
    c->parts = sheet->keys[0];
    for (size_t i = 0; i < sheet->sites.n; i++) {
        const struct attention *a = run_attention(sheet->kept->run, sheet->sites.site[i], err);
        if (!a)
            return false;
        if (a->keys != sheet->kept->run->tokens || sheet->queries[i] != c->queries)
            return err_set(err, ERR_ARG, "shuffle= permutes the parts of the %s: name heads of one stack whose keys they are",
                           sheet->kept->run->tokens->name);
    }
    c->shuffle = (struct segment_shuffle){
        .rounds = (size_t)call_int(call, "shuffle"), .seed = (uint64_t)call_int(call, "seed"), .sinks = sheet->sinks};
    if (!segments_part(sheet, "from", call_str(call, "from"), c->queries, false, &c->shuffle.from, err) || !hold(c, err))
        return false;
    if (c->queries == c->parts && !c->shuffle.held[c->shuffle.from] && !c->parts->second[c->shuffle.from]) {
        err_set(err, ERR_ARG, "part %zu, whose queries are read, moves itself: name it in fixed=", c->shuffle.from);
        return call_blame_option(call, call_given(call, "from") ? "from" : "fixed", err);
    }
    return true;
}

static bool make(struct control *c, struct err *err)
{
    struct segments_sheet *sheet = c->sheet;
    struct model *model = NULL;
    for (size_t i = 0; i < sheet->session->n_models; i++)
        if (sheet->session->models[i] == sheet->kept->run->model)
            model = sheet->session->models[i];
    if (!model)
        return err_set(err, ERR_NOT_FOUND, "the run's model is no longer loaded");
    c->rounds = arena_alloc(sheet->arena, sheet->sites.n, sizeof *c->rounds, "mass of parts", err);
    struct progress progress;
    struct watch watch = progress_begin(&progress, sheet->session, "prompts");
    bool ok = c->rounds && segments_shuffled(model, sheet->kept->run, sheet->sites.site, sheet->sites.n, c->queries, c->parts,
                                             &c->shuffle, &watch, sheet->arena, c->rounds, err);
    progress_end(&progress);
    return ok;
}

/* ---- rows ---- */

/* Is site i of the group? */
static bool of_group(const struct segments_group *group, struct site site)
{
    return group->site.stack == site.stack && (group->no_layer || group->site.layer == site.layer) &&
           (group->no_head || group->site.head == site.head);
}

/* Means of the group's heads, round by round. */
static bool fold(const struct control *c, const struct segments_group *group, struct segment_rounds *out, struct err *err)
{
    size_t cells = c->shuffle.rounds * c->m;
    struct arena *arena = c->sheet->arena;
    out->mass = arena_zalloc(arena, cells, sizeof *out->mass, "mass of parts", err);
    out->share = arena_zalloc(arena, cells, sizeof *out->share, "mass of parts", err);
    if (!out->mass || !out->share)
        return false;
    for (size_t i = 0; i < c->sheet->sites.n; i++)
        for (size_t k = 0; of_group(group, c->sheet->sites.site[i]) && k < cells; k++) {
            out->mass[k] += c->rounds[i].mass[k] / (double)group->heads;
            out->share[k] += c->rounds[i].share[k] / (double)group->heads;
        }
    return true;
}

static bool group_rows(const struct control *c, const struct segments_group *group, struct err *err)
{
    struct segment_rounds rounds;
    struct segment_effect effect;
    if (!fold(c, group, &rounds, err) || !segment_effect_of(&c->shuffle, c->m, &rounds, c->sheet->arena, &effect, err))
        return false;
    for (size_t k = 0; k < c->m; k++) {
        struct cell_value cells[SITE_CELLS + 12];
        size_t n = site_cells(group->site, segments_site_row(c->sheet, group), cells);
        size_t cell = c->shuffle.from * (group->map.Q + 1) + c->moved[k];
        cells[n++] = (struct cell_value){.kind = CELL_INT, .integer = (long long)c->shuffle.from};
        cells[n++] = (struct cell_value){.kind = CELL_INT, .integer = (long long)c->moved[k]};
        cells[n++] = number_cell(group->map.mass[cell], 4);
        cells[n++] = number_cell(group->map.share[cell], 4);
        cells[n++] = number_cell(effect.place_mass[k], 4);
        cells[n++] = number_cell(effect.place_share[k], 4);
        cells[n++] = number_cell(effect.content_mass[k], 4);
        cells[n++] = number_cell(effect.content_share[k], 4);
        cells[n++] = number_cell(effect.place, 4);
        cells[n++] = number_cell(effect.content, 4);
        if (!result_row(c->sheet->result, cells, n, err))
            return false;
    }
    return true;
}

bool segments_control(struct segments_sheet *sheet, struct err *err)
{
    struct control c = {.sheet = sheet};
    struct segments_group *groups;
    size_t n;
    char header[160];
    if (!read(&c, err) || !segments_groups(sheet, call_str(sheet->call, "per"), &groups, &n, err) || !make(&c, err))
        return false;
    snprintf(header, sizeof header,
             "%s,from,part,mass,share,place_mass,place_share,content_mass,content_share,by_place,by_content",
             site_header(segments_site_row(sheet, NULL)));
    if (!result_columns(sheet->result, header, err))
        return false;
    result_note(
        sheet->result,
        "%zu prompts, %zu parts in other places%s: place_ is the mean over what stood there, content_ over where the part "
        "stood; by_place and by_content are shares of the variance",
        c.shuffle.rounds, c.m, c.shuffle.rounds % c.m ? " (no whole number of squares: the two shares overlap)" : "");
    for (size_t i = 0; i < n; i++)
        if (!group_rows(&c, &groups[i], err))
            return false;
    return true;
}
