/* A site as it is written. See site.h. */
#include "repl/run/site.h"

bool site_same_stack(struct site a, struct site b)
{
    return a.stack == b.stack && a.text == b.text;
}

void site_name(struct site site, struct buf *out)
{
    buf_printf(out, "%c%zu.H%zu", stack_letters[site.stack], site.layer, site.head);
}

/* Sites from `at` on that are of one layer. */
static size_t layer_run(const struct site *sites, size_t n, size_t at)
{
    size_t to = at;
    while (to < n && sites[to].stack == sites[at].stack && sites[to].layer == sites[at].layer)
        to++;
    return to - at;
}

static bool same_heads(const struct site *a, size_t n_a, const struct site *b, size_t n_b)
{
    bool same = n_a == n_b;
    for (size_t i = 0; same && i < n_a; i++)
        same = a[i].head == b[i].head;
    return same;
}

/* "0-3,5". */
static void heads_text(const struct site *sites, size_t n, struct buf *out)
{
    for (size_t i = 0, to; i < n; i = to) {
        for (to = i + 1; to < n && sites[to].head == sites[to - 1].head + 1;)
            to++;
        buf_printf(out, to - i > 1 ? "%s%zu-%zu" : "%s%zu", i ? "," : "", sites[i].head, sites[to - 1].head);
    }
}

void sites_name(const struct site *sites, size_t n, struct buf *out)
{
    for (size_t at = 0, to; at < n; at = to) {
        size_t heads = layer_run(sites, n, at), last = sites[at].layer;
        for (to = at + heads; to < n && sites[to].stack == sites[at].stack && sites[to].layer == last + 1;) {
            size_t more = layer_run(sites, n, to);
            if (!same_heads(sites + at, heads, sites + to, more))
                break;
            last++;
            to += more;
        }
        buf_printf(out, last > sites[at].layer ? "%s%c%zu-%zu.H" : "%s%c%zu.H", at ? " " : "", stack_letters[sites[at].stack],
                   sites[at].layer, last);
        heads_text(sites + at, heads, out);
    }
}

bool sites_tell_stack(const struct site *sites, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (sites[i].stack != STACK_MAIN)
            return true;
    return false;
}

const char *site_header(struct site_row row)
{
    return row.stack ? "stack,layer,head" : "layer,head";
}

static struct cell_value place_cell(size_t n, bool none)
{
    return none ? (struct cell_value){.kind = CELL_NONE} : int_cell((long long)n);
}

size_t site_cells(struct site site, struct site_row row, struct cell_value out[SITE_CELLS])
{
    size_t n = 0;
    if (row.stack)
        out[n++] = (struct cell_value){.kind = CELL_TEXT, .text = {&stack_letters[site.stack], 1}};
    out[n++] = place_cell(site.layer, row.no_layer);
    out[n++] = place_cell(site.head, row.no_head);
    return n;
}

void site_json(struct site site, struct site_row row, struct buf *out)
{
    if (row.stack)
        buf_printf(out, "\"stack\":\"%c\",", stack_letters[site.stack]);
    row.no_layer ? buf_puts(out, "\"layer\":null,") : buf_printf(out, "\"layer\":%zu,", site.layer);
    row.no_head ? buf_puts(out, "\"head\":null") : buf_printf(out, "\"head\":%zu", site.head);
}
