/* Text for TeX. See tex_text.h. */
#include "viz/render/tex_text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/number.h"
#include "core/base/utf8.h"

/* What stands for a character in TeX; NULL: itself. Some are taken from the typewriter's font, the one that has them as letters. */
static const char *spelled(int32_t cp)
{
    static const struct {
        int32_t cp;
        const char *as;
    } rows[] = {
        {'\\', "\\textbackslash{}"}, {'{', "\\{"}, {'}', "\\}"}, {'$', "\\$"}, {'&', "\\&"}, {'#', "\\#"}, {'%', "\\%"},
        {'_', "{\\ttfamily\\char95}"}, {'^', "{\\ttfamily\\char94}"}, {'~', "{\\ttfamily\\char126}"}, {'<', "\\textless{}"}, {'>', "\\textgreater{}"},
        {'|', "\\textbar{}"}, {'"', "{\\ttfamily\\char34}"}, {'`', "\\textasciigrave{}"}, {'\'', "\\textquotesingle{}"},
        {0x2026, "\\ldots{}"}, {0x2212, "$-$"}, {0x201c, "``"},
        {0x201d, "''"}, {0x2013, "--"}, {0xa0, "~"}, {0xb7, "\\ensuremath{\\cdot}"}, {0xd7, "\\ensuremath{\\times}"},
        {0xb1, "\\ensuremath{\\pm}"}, {0x2260, "\\ensuremath{\\neq}"}, {0x2264, "\\ensuremath{\\leq}"}, {0x2265, "\\ensuremath{\\geq}"},
        {0x2192, "\\ensuremath{\\rightarrow}"}, {0x221e, "\\ensuremath{\\infty}"}, {0x2248, "\\ensuremath{\\approx}"},
        {0x0394, "\\ensuremath{\\Delta}"}, {0x03a3, "\\ensuremath{\\Sigma}"}, {0x2018, "`"}, {0x2019, "'"}, {0x2014, "---"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].cp == cp)
            return rows[i].as;
    return NULL;
}

/* Letters that every LaTeX sets: ASCII, and those of Western Europe but Ð Þ ð þ, which want another encoding. */
static bool is_known(int32_t cp)
{
    if (spelled(cp))
        return true;
    return (cp >= ' ' && cp < 127) || (cp >= 0xc0 && cp <= 0xff && cp != 0xd0 && cp != 0xd7 && cp != 0xde && cp != 0xf0 && cp != 0xf7 && cp != 0xfe);
}

static bool all_known(struct str text)
{
    for (size_t at = 0; at < text.n;) {
        int32_t cp;
        at += utf8_decode(text.s + at, text.n - at, &cp);
        if (!is_known(cp))
            return false;
    }
    return true;
}

void tex_escape(struct buf *out, struct str text)
{
    for (size_t at = 0; at < text.n;) {
        int32_t cp;
        size_t n = utf8_decode(text.s + at, text.n - at, &cp);
        const char *as = spelled(cp);
        if (as)
            buf_puts(out, as);
        else if (cp >= ' ')
            buf_str(out, (struct str){text.s + at, n});
        if (cp == '-' && at + 1 < text.n && text.s[at + 1] == '-') /* else they become a dash */
            buf_puts(out, "{}");
        at += n;
    }
}

static void put_point(struct buf *out, double x, double y)
{
    buf_puts(out, "{\\pgfpoint{");
    number_put(out, x);
    buf_puts(out, "bp}{");
    number_put(out, y);
    buf_puts(out, "bp}}");
}

static void put_outline(struct buf *out, const struct outline *o, double baseline)
{
    static const char *const commands[] = {[OUTLINE_MOVE] = "\\pgfpathmoveto", [OUTLINE_LINE] = "\\pgfpathlineto",
                                           [OUTLINE_CURVE] = "\\pgfpathcurveto", [OUTLINE_CLOSE] = "\\pgfpathclose"};
    int points = o->kind == OUTLINE_CURVE ? 3 : o->kind == OUTLINE_CLOSE ? 0 : 1;
    buf_puts(out, commands[o->kind]);
    for (int i = 0; i < points; i++)
        put_point(out, o->at[i].x, baseline - o->at[i].y);
    buf_puts(out, points == 0 ? "%\n" : "");
}

static bool put_drawing(struct canvas *measure, const struct text_style *style, struct str text, struct buf *out, struct err *err)
{
    struct extents size = measure->ops->extents(measure, style, text);
    struct outline *outlines;
    size_t n;
    if (!canvas_outlines(measure, style, text, &outlines, &n, err))
        return false;
    buf_puts(out, "{\\begin{pgfpicture}\\pgfsetbaseline{0pt}\\pgfpathrectangle{\\pgfpointorigin}");
    put_point(out, size.width, size.baseline * 0.8);
    buf_puts(out, "\\pgfusepath{use as bounding box}%\n");
    for (size_t i = 0; i < n; i++)
        put_outline(out, &outlines[i], size.baseline);
    buf_puts(out, "\\pgfusepath{fill}\\end{pgfpicture}}");
    free(outlines);
    return true;
}

bool tex_label(struct canvas *measure, const struct text_style *style, struct str text, struct buf *out, struct err *err)
{
    struct buf shown = {0};
    struct text_style whole = *style;
    whole.width = 0;
    canvas_cut(measure, style, text, &shown);
    bool ok = true;
    if (all_known(buf_view(&shown)))
        tex_escape(out, buf_view(&shown));
    else
        ok = put_drawing(measure, &whole, buf_view(&shown), out, err);
    buf_free(&shown);
    return ok && buf_ok(out, err);
}
