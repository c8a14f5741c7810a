/* HTML: one file that a browser shows without a network. Maps can be walked through: values under the pointer, a query
 * pinned, heads, layers and parts by keys or lists, as a map or as lines. Values are stored as 16 bits of each map's range
 * (an error of at most a 131,066th of it), base64 of little-endian numbers: 65535 masked, 65534 not finite. Charts of other
 * data stand on the page as SVG. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/cancel.h"
#include "core/base/json.h"
#include "viz/chart/chart.h"
#include "viz/layout.h"
#include "viz/draw/figure.h"
#include "viz/render/base64.h"
#include "viz/render/html_page.h"
#include "viz/render/provenance.h"
#include "viz/render/renderer.h"
#include "viz/scale.h"

enum { STEPS = 65533, NOT_FINITE = 65534, MASKED = 65535 };

static void put_hex(struct buf *out, struct rgb c)
{
    buf_printf(out, "%02x%02x%02x", c.r, c.g, c.b);
}

/* "key": "text", */
static void put_string(struct buf *out, const char *key, struct str text)
{
    buf_printf(out, "\"%s\":", key);
    provenance_string(out, text);
    buf_puts(out, ",\n");
}

static void put_value(struct buf *out, const char *key, double value)
{
    buf_printf(out, "\"%s\":", key);
    json_put_number(out, value);
    buf_char(out, ',');
}

static void put_axis(struct buf *out, const struct panel *panel, bool column)
{
    size_t n = column ? panel->cols : panel->rows;
    buf_puts(out, "{\"labels\":[");
    for (size_t i = 0; i < n; i++) {
        buf_puts(out, i ? "," : "");
        provenance_string(out, column ? panel_col_label(panel, i) : panel_row_label(panel, i));
    }
    buf_puts(out, "],\"numbers\":[");
    for (size_t i = 0; i < n; i++)
        buf_printf(out, "%s%zu", i ? "," : "", column ? panel_col_number(panel, i) : panel_row_number(panel, i));
    buf_puts(out, "]}");
}

/* Rows and columns that are those of the map before stand once. Fills axis [2·n_panels]. */
static void put_axes(struct buf *out, const struct picture *picture, size_t *axis)
{
    size_t n = 0;
    buf_puts(out, "\"axes\":[");
    for (size_t k = 0; k < picture->n_panels; k++)
        for (size_t column = 0; column < 2; column++) {
            const struct panel *panel = &picture->panels[k], *before = panel - 1;
            bool same = k && (column ? panel_same_cols(before, panel) : panel_same_rows(before, panel));
            axis[2 * k + column] = same ? axis[2 * k + column - 2] : n++;
            if (!same) {
                buf_puts(out, n > 1 ? ",\n" : "");
                put_axis(out, panel, column);
            }
        }
    buf_puts(out, "],\n");
}

static bool is_masked(const struct panel *panel, size_t i)
{
    return panel->masked && panel->masked[i];
}

static void range_of(const struct panel *panel, double *lo, double *hi)
{
    *lo = INFINITY;
    *hi = -INFINITY;
    for (size_t i = 0; i < panel->rows * panel->cols; i++)
        if (!is_masked(panel, i) && isfinite(panel->values[i])) {
            *lo = fmin(*lo, (double)panel->values[i]);
            *hi = fmax(*hi, (double)panel->values[i]);
        }
    if (*lo > *hi)
        *lo = *hi = 0;
}

static bool put_values(struct buf *out, const struct panel *panel, double lo, double hi, struct err *err)
{
    size_t n = panel->rows * panel->cols;
    unsigned char *bytes = mem_new(n ? n : 1, 2, "a map's values", err);
    if (!bytes)
        return false;
    for (size_t i = 0; i < n; i++) {
        double v = (double)panel->values[i];
        unsigned q = is_masked(panel, i) ? MASKED : !isfinite(v) ? NOT_FINITE : hi > lo ? (unsigned)lround((v - lo) / (hi - lo) * STEPS) : 0;
        bytes[2 * i] = (unsigned char)q;
        bytes[2 * i + 1] = (unsigned char)(q >> 8);
    }
    base64_put(out, bytes, 2 * n);
    free(bytes);
    return true;
}

static bool put_map(struct buf *out, const struct panel *panel, const size_t axis[2], struct err *err)
{
    double lo, hi;
    size_t marks = 0;
    range_of(panel, &lo, &hi);
    buf_puts(out, "{");
    put_string(out, "title", panel->title);
    buf_printf(out, "\"rows\":%zu,\"cols\":%zu,\"row\":%zu,\"col\":%zu,", panel->rows, panel->cols, axis[0], axis[1]);
    put_value(out, "lo", lo);
    put_value(out, "hi", hi);
    buf_puts(out, "\"marks\":[");
    for (size_t j = 0; panel->marked_cols && j < panel->cols; j++)
        if (panel->marked_cols[j])
            buf_printf(out, "%s%zu", marks++ ? "," : "", j);
    buf_puts(out, "],\"values\":\"");
    bool ok = put_values(out, panel, lo, hi, err);
    buf_puts(out, "\"}");
    return ok;
}

/* Those of the picture's kind, the one that is asked for among them. */
static void put_palettes(struct buf *out, const struct palette *own)
{
    size_t n = 0;
    buf_puts(out, "\"palettes\":{");
    for (const struct palette *const *p = palettes; *p; p++) {
        if ((*p)->diverging != own->diverging)
            continue;
        buf_printf(out, "%s\"%s\":{\"masked\":\"#", n++ ? ",\n" : "", (*p)->name);
        put_hex(out, rgb_of((*p)->masked));
        buf_puts(out, "\",\"table\":\"");
        for (size_t i = 0; i < (*p)->n; i++)
            put_hex(out, rgb_of((*p)->table[i]));
        buf_puts(out, "\"}");
    }
    buf_printf(out, "},\n\"palette\":\"%s\",\"notFinite\":\"#", own->name);
    put_hex(out, rgb_not_finite());
    buf_puts(out, "\",\n");
}

static void put_scale(struct buf *out, const struct scale *scale)
{
    double floor = scale_floor(scale);
    buf_printf(out, "\"scale\":{\"kind\":\"%s\",", scale_name(scale));
    put_value(out, "lo", scale->lo);
    put_value(out, "hi", scale->hi);
    put_value(out, "floor", floor > 0 ? floor : 1);
    buf_printf(out, "\"diverging\":%s},\n", scale->diverging ? "true" : "false");
}

static void put_notes(struct buf *out, const struct picture *picture)
{
    buf_puts(out, "\"notes\":[");
    for (size_t i = 0; i < picture->n_notes; i++) {
        provenance_string(out, picture->notes[i]);
        buf_char(out, ',');
    }
    buf_puts(out, "\"Values are stored as 16 bits of each map's range.\"],\n");
}

static bool put_data(struct buf *out, const struct figure *f, struct err *err)
{
    const struct picture *picture = &f->picture;
    size_t *axis = mem_new(2 * picture->n_panels + 1, sizeof *axis, "a page", err);
    bool ok = axis != NULL;
    if (!ok)
        return false;
    buf_puts(out, "<script id=\"data\" type=\"application/json\">\n{");
    put_string(out, "title", str_of(picture->title));
    put_string(out, "rowAxis", str_of(picture->row_axis ? picture->row_axis : "Row"));
    put_string(out, "colAxis", str_of(picture->col_axis ? picture->col_axis : "Column"));
    put_string(out, "valueName", str_of(picture->value_name ? picture->value_name : "value"));
    buf_printf(out, "\"view\":\"%s\",", picture->chart == &chart_lines ? "lines" : "map");
    put_value(out, "tick", picture_tick(picture));
    put_scale(out, &picture->scale);
    put_palettes(out, f->palette);
    put_notes(out, picture);
    put_axes(out, picture, axis);
    buf_puts(out, "\"maps\":[\n");
    for (size_t k = 0; ok && k < picture->n_panels; k++) {
        buf_puts(out, k ? ",\n" : "");
        ok = put_map(out, &picture->panels[k], axis + 2 * k, err);
        if (ok && cancel_requested())
            ok = err_set(err, ERR_CANCELLED, "cancelled");
    }
    buf_puts(out, "]}\n</script>\n");
    free(axis);
    return ok;
}

static void put_head(struct buf *out, const struct picture *picture)
{
    buf_puts(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                  "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                  "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; "
                  "script-src 'unsafe-inline'; img-src data:\">\n<title>Attention</title>\n"
                  "<script id=\"provenance\" type=\"application/json\">");
    provenance_json(picture, out);
    buf_puts(out, "</script>\n");
}

/* A chart that is no map: its SVG on the page. */
static bool put_drawing(struct buf *out, const struct picture *picture, const struct render_options *options, struct buf *remarks,
                        struct err *err)
{
    struct buf svg = {0};
    bool ok = renderer_svg.render(picture, options, &svg, remarks, err);
    const char *at = ok ? strstr(buf_cstr(&svg), "<svg") : NULL;
    if (at)
        buf_printf(out, "</head>\n<body style=\"margin:1rem\">\n<main role=\"img\" aria-label=\"%s\">\n",
                   picture->value_name ? picture->value_name : "figure");
    if (at)
        buf_puts(out, at);
    buf_puts(out, "</main>\n</body>\n</html>\n");
    buf_free(&svg);
    return ok;
}

static bool render_html(const struct picture *picture, const struct render_options *options, struct buf *out, struct buf *remarks,
                        struct err *err)
{
    const struct chart_kind *chart = picture_chart(picture);
    struct figure figure = {.picture = *picture};
    put_head(out, picture);
    if ((chart != &chart_maps && chart != &chart_lines) || picture->n_panels == 0)
        return put_drawing(out, picture, options, remarks, err) && buf_ok(out, err);
    for (size_t k = 0; k < picture->n_panels; k++)
        if (picture->panels[k].rows == 0 || picture->panels[k].cols == 0)
            return err_set(err, ERR_ARG, "a map without cells cannot be walked through");
    if (!figure_colours(&figure, err) || !put_data(out, &figure, err))
        return false;
    for (size_t i = 0; html_page[i]; i++)
        buf_puts(out, html_page[i]);
    return buf_ok(out, err);
}

const struct renderer renderer_html = {
    .name = "html",
    .suffixes = "html htm",
    .summary = "a page to walk through in a browser, without a network",
    .names = true,
    .render = render_html,
};
