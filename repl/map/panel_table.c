/* Tables of panels. See panel_table.h. */
#include "repl/map/panel_table.h"

#include "repl/run/site.h"

static bool same_layer(struct site a, struct site b)
{
    return a.stack == b.stack && a.layer == b.layer;
}

/* Heads of each layer, where every layer has as many; else 0. */
static size_t heads_of(const struct sites *sites)
{
    size_t first = 0;
    while (first < sites->n && same_layer(sites->site[0], sites->site[first]))
        first++;
    for (size_t i = first; i < sites->n; i++)
        if (same_layer(sites->site[i - 1], sites->site[i]) != (i % first > 0))
            return 0;
    return !first || sites->n % first ? 0 : first;
}

/* The heads of every row are the same, so that a column has one name. */
static bool same_heads(const struct sites *sites, size_t across)
{
    for (size_t i = across; i < sites->n; i++)
        if (sites->site[i].head != sites->site[i % across].head)
            return false;
    return true;
}

static bool keep(struct arena *arena, struct buf *text, struct str *out, struct err *err)
{
    bool ok = buf_ok(text, err) && arena_str(arena, buf_view(text), out, err);
    buf_free(text);
    return ok;
}

static bool name(struct picture *picture, size_t across, size_t down, struct arena *arena, struct str **cols, struct str **rows,
                 struct err *err)
{
    *cols = arena_alloc(arena, across, sizeof **cols, "names", err);
    *rows = arena_alloc(arena, down, sizeof **rows, "names", err);
    picture->across = across;
    picture->col_names = *cols;
    picture->row_names = *rows;
    return *cols && *rows;
}

bool panel_table_sites(const struct sites *sites, size_t times, const struct str *prefix, struct arena *arena,
                       struct picture *picture, struct err *err)
{
    size_t across = heads_of(sites), down = across ? sites->n / across : 0;
    struct str *cols, *rows;
    if (across < 2 || down * times < 2)
        return true;
    picture->across = across;
    if (!same_heads(sites, across))
        return true;
    bool ok = name(picture, across, down * times, arena, &cols, &rows, err);
    for (size_t c = 0; ok && c < across; c++) {
        struct buf text = {0};
        buf_printf(&text, "H%zu", sites->site[c].head);
        ok = keep(arena, &text, &cols[c], err);
    }
    for (size_t r = 0; ok && r < down * times; r++) {
        const struct site *site = &sites->site[r % down * across];
        struct buf text = {0};
        if (prefix)
            buf_str(&text, prefix[r / down]);
        buf_printf(&text, "%c%zu", stack_letters[site->stack], site->layer);
        ok = keep(arena, &text, &rows[r], err);
    }
    return ok;
}

bool panel_table_parts(const struct sites *sites, const struct part_request *parts, size_t n_parts, struct arena *arena,
                       struct picture *picture, struct err *err)
{
    struct str *cols, *rows;
    bool ok = name(picture, n_parts, sites->n, arena, &cols, &rows, err);
    for (size_t c = 0; ok && c < n_parts; c++)
        cols[c] = parts[c].names;
    for (size_t r = 0; ok && r < sites->n; r++) {
        struct buf text = {0};
        site_name(sites->site[r], &text);
        ok = keep(arena, &text, &rows[r], err);
    }
    return ok;
}

void panel_table_across(const struct call *call, struct picture *picture)
{
    if (!call_has(call, "across") || !call_given(call, "across"))
        return;
    size_t across = (size_t)call_int(call, "across");
    if (across != picture->across)
        picture->col_names = picture->row_names = NULL;
    picture->across = across;
}
