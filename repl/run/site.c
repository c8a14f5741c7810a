/* A site as it is written. See site.h. */
#include "repl/run/site.h"

void site_name(struct site site, struct buf *out)
{
    buf_printf(out, "%c%zu.H%zu", stack_letters[site.stack], site.layer, site.head);
}

bool sites_tell_stack(const struct sites *sites)
{
    for (size_t i = 0; i < sites->n; i++)
        if (sites->site[i].stack != STACK_MAIN)
            return true;
    return false;
}

const char *site_header(struct site_row row)
{
    return row.stack ? "stack,layer,head" : "layer,head";
}

static struct cell_value number_cell(size_t n, bool none)
{
    return none ? (struct cell_value){.kind = CELL_NONE} : (struct cell_value){.kind = CELL_INT, .integer = (long long)n};
}

size_t site_cells(struct site site, struct site_row row, struct cell_value out[SITE_CELLS])
{
    size_t n = 0;
    if (row.stack)
        out[n++] = (struct cell_value){.kind = CELL_TEXT, .text = {&stack_letters[site.stack], 1}};
    out[n++] = number_cell(site.layer, row.no_layer);
    out[n++] = number_cell(site.head, row.no_head);
    return n;
}

void site_json(struct site site, struct site_row row, struct buf *out)
{
    if (row.stack)
        buf_printf(out, "\"stack\":\"%c\",", stack_letters[site.stack]);
    row.no_layer ? buf_puts(out, "\"layer\":null,") : buf_printf(out, "\"layer\":%zu,", site.layer);
    row.no_head ? buf_puts(out, "\"head\":null") : buf_printf(out, "\"head\":%zu", site.head);
}
