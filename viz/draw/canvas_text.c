/* Text on the canvases of cairo, through pango. See canvas_cairo.h.
 *
 * Letters that the font lacks come from whatever fonts the system has. */
#include <fontconfig/fontconfig.h>
#include <math.h>
#include <pango/pangofc-fontmap.h>
#include <stdlib.h>
#include <strings.h>

#include "viz/draw/canvas_cairo.h"

static PangoLayout *layout_of(struct cairo_canvas *c, const struct text_style *style, struct str text)
{
    PangoLayout *layout = pango_layout_new(c->context);
    PangoFontDescription *font = pango_font_description_new();
    pango_font_description_set_family(font, c->family ? c->family : CANVAS_FONT);
    pango_font_description_set_absolute_size(font, style->size * PANGO_SCALE);
    if (style->bold)
        pango_font_description_set_weight(font, PANGO_WEIGHT_BOLD);
    pango_layout_set_font_description(layout, font);
    pango_font_description_free(font);
    pango_layout_set_text(layout, text.s, (int)(text.n < 1 << 20 ? text.n : 1 << 20));
    if (style->width > 0) {
        pango_layout_set_width(layout, (int)(style->width * PANGO_SCALE));
        pango_layout_set_ellipsize(layout, PANGO_ELLIPSIZE_END);
    }
    pango_layout_set_single_paragraph_mode(layout, TRUE);
    return layout;
}

struct extents canvas_extents(struct canvas *canvas, const struct text_style *style, struct str text)
{
    PangoLayout *layout = layout_of(canvas_self(canvas), style, text);
    PangoRectangle logical;
    pango_layout_get_extents(layout, NULL, &logical);
    struct extents size = {(double)logical.width / PANGO_SCALE, (double)logical.height / PANGO_SCALE,
                           (double)pango_layout_get_baseline(layout) / PANGO_SCALE, false};
    PangoLayoutLine *line = pango_layout_get_line_readonly(layout, 0);
    size.leftward = line && line->resolved_dir == PANGO_DIRECTION_RTL;
    g_object_unref(layout);
    return size;
}

static void note_lacking(struct canvas *canvas, int32_t cp)
{
    for (size_t i = 0; i < canvas->n_lacking; i++)
        if (canvas->lacking[i] == cp)
            return;
    if (canvas->n_lacking < CANVAS_LACKING)
        canvas->lacking[canvas->n_lacking++] = cp;
}

/* Pango puts a box with the character's number where no font has a glyph for it. */
static void find_lacking(struct canvas *canvas, PangoLayout *layout)
{
    if (pango_layout_get_unknown_glyphs_count(layout) == 0)
        return;
    for (GSList *line = pango_layout_get_lines_readonly(layout); line; line = line->next)
        for (GSList *run = ((PangoLayoutLine *)line->data)->runs; run; run = run->next) {
            const PangoGlyphString *glyphs = ((PangoGlyphItem *)run->data)->glyphs;
            for (int i = 0; i < glyphs->num_glyphs; i++)
                if (glyphs->glyphs[i].glyph & PANGO_GLYPH_UNKNOWN_FLAG)
                    note_lacking(canvas, (int32_t)(glyphs->glyphs[i].glyph & ~PANGO_GLYPH_UNKNOWN_FLAG));
        }
}

void canvas_text(struct canvas *canvas, struct point at, const struct text_style *style, struct str text)
{
    struct cairo_canvas *c = canvas_self(canvas);
    PangoLayout *layout = layout_of(c, style, text);
    PangoRectangle logical;
    find_lacking(canvas, layout);
    pango_layout_get_extents(layout, NULL, &logical); /* x is not 0 where a text that reads leftward is cut */
    double width = (double)logical.width / PANGO_SCALE, height = (double)logical.height / PANGO_SCALE;
    cairo_save(c->cr);
    cairo_translate(c->cr, at.x, at.y);
    cairo_rotate(c->cr, -style->turn * M_PI / 180);
    cairo_move_to(c->cr, -style->along * width - (double)logical.x / PANGO_SCALE, -style->across * height);
    canvas_colour(c->cr, style->colour);
    pango_cairo_show_layout(c->cr, layout);
    cairo_restore(c->cr);
    g_object_unref(layout);
}

bool canvas_outlines(struct canvas *canvas, const struct text_style *style, struct str text, struct outline **out, size_t *n_out,
                     struct err *err)
{
    struct cairo_canvas *c = canvas_self(canvas);
    PangoLayout *layout = layout_of(c, style, text);
    find_lacking(canvas, layout);
    cairo_new_path(c->cr);
    cairo_move_to(c->cr, 0, 0);
    pango_cairo_layout_path(c->cr, layout);
    g_object_unref(layout);
    cairo_path_t *path = cairo_copy_path(c->cr);
    cairo_new_path(c->cr);
    *n_out = 0;
    *out = path->status == CAIRO_STATUS_SUCCESS ? mem_new((size_t)path->num_data + 1, sizeof **out, "letters", err) : NULL;
    for (int i = 0; *out && i < path->num_data; i += path->data[i].header.length) {
        static const enum outline_kind kinds[] = {[CAIRO_PATH_MOVE_TO] = OUTLINE_MOVE, [CAIRO_PATH_LINE_TO] = OUTLINE_LINE,
                                                  [CAIRO_PATH_CURVE_TO] = OUTLINE_CURVE, [CAIRO_PATH_CLOSE_PATH] = OUTLINE_CLOSE};
        struct outline *o = &(*out)[(*n_out)++];
        o->kind = kinds[path->data[i].header.type];
        for (int k = 1; k < path->data[i].header.length && k < 4; k++)
            o->at[k - 1] = (struct point){path->data[i + k].point.x, path->data[i + k].point.y};
    }
    bool ok = *out || err_memory(err, 0, "letters");
    cairo_path_destroy(path);
    return ok;
}

/* ---- fonts ---- */

bool canvas_font(struct canvas *canvas, const char *family, struct err *err)
{
    struct cairo_canvas *c = canvas_self(canvas);
    PangoFontFamily **families;
    int n;
    struct buf known = {0};
    pango_font_map_list_families(c->fonts, &families, &n);
    free(c->family);
    c->family = NULL;
    for (int i = 0; i < n && !c->family; i++) {
        const char *name = pango_font_family_get_name(families[i]);
        if (strcasecmp(name, family) == 0)
            c->family = mem_copy_str(str_of(name), err);
        else if (i < 12)
            buf_printf(&known, "%s%s", known.n ? ", " : "", name);
    }
    g_free(families);
    bool ok = c->family || err_set(err, ERR_NOT_FOUND, "font '%s': not installed; there are %s%s", family, buf_cstr(&known),
                                   n > 12 ? ", …" : "");
    buf_free(&known);
    return ok;
}

/* The system's fonts without those that have no outlines: a page would hold them as Type 3, or as pictures. */
static bool leave_outlines(PangoFontMap *fonts)
{
    static const char reject[] =
        "<fontconfig><selectfont><rejectfont>"
        "<pattern><patelt name='color'><bool>true</bool></patelt></pattern>"
        "<pattern><patelt name='scalable'><bool>false</bool></patelt></pattern>"
        "</rejectfont></selectfont></fontconfig>";
    FcConfig *config = FcInitLoadConfig();
    bool ok = config && FcConfigParseAndLoadFromMemory(config, (const FcChar8 *)reject, FcTrue) && FcConfigBuildFonts(config);
    if (ok)
        pango_fc_font_map_set_config(PANGO_FC_FONT_MAP(fonts), config);
    if (config)
        FcConfigDestroy(config);
    return ok;
}

bool canvas_text_begin(struct cairo_canvas *c, bool outlines)
{
    c->fonts = pango_cairo_font_map_new_for_font_type(CAIRO_FONT_TYPE_FT);
    if (!c->fonts || (outlines && !leave_outlines(c->fonts)))
        return false;
    pango_cairo_font_map_set_resolution(PANGO_CAIRO_FONT_MAP(c->fonts), 72);
    c->context = pango_font_map_create_context(c->fonts);
    cairo_font_options_t *options = cairo_font_options_create();
    cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY);
    cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
    cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
    pango_cairo_context_set_font_options(c->context, options);
    cairo_font_options_destroy(options);
    pango_context_set_round_glyph_positions(c->context, FALSE);
    pango_context_set_language(c->context, pango_language_from_string("en")); /* not the locale's */
    pango_cairo_update_context(c->cr, c->context);
    return true;
}

struct canvas *canvas_outlines_new(struct err *err)
{
    return canvas_pdf_new(72, 72, 72, err);
}

const char *canvas_text_library(void)
{
    return pango_version_string();
}
