/* A picture with what its call says of it. See figure.h. */
#include "repl/result/figure.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "repl/grammar/grammar.h"
#include "repl/result/caption.h"
#include "repl/result/provenance.h"
#include "viz/palette/palette.h"
#include "viz/scale.h"

/* The palette asked for, else the session's where it suits the kind of scale. */
static const char *palette_name(const struct session *session, const struct call *call, const struct scale *scale)
{
    struct str name = call_option(call, "palette");
    const struct palette *palette = palette_find(name.n ? name : str_of(session->palette));
    return palette && (name.n || palette->diverging == scale->diverging) ? palette->name : NULL;
}

bool figure_scale(const struct call *call, bool diverging, struct scale *out, struct err *err)
{
    struct str text = call_option(call, "scale"), clip = call_option(call, "clip");
    *out = (struct scale){.kind = SCALE_LINEAR, .lo = NAN, .hi = NAN, .clip_hi = 100, .diverging = diverging};
    if (text.n && !scale_parse(text, out, err))
        return call_blame_option(call, "scale", err);
    if (clip.n && !scale_parse_clip(clip, out, err))
        return call_blame_option(call, "clip", err);
    if (diverging && out->kind == SCALE_LOG) {
        err_set(err, ERR_ARG, "scale=log has no place for values below 0; signed maps take linear, sqrt or symlog");
        return call_blame_option(call, "scale", err);
    }
    return true;
}

static bool read_options(const struct call *call, bool numbers, struct render_options *out, struct err *err)
{
    struct str size = call_option(call, "size");
    *out = (struct render_options){0};
    if (size.n && !render_size(size, out, err))
        return call_blame_option(call, "size", err);
    if (call_has(call, "dpi") && call_given(call, "dpi"))
        out->dpi = call_float(call, "dpi");
    if (call_has(call, "fontsize") && call_given(call, "fontsize"))
        out->text = call_float(call, "fontsize");
    struct str turn = call_option(call, "rotate");
    out->turn = str_is(turn, "0") ? TURN_FLAT : str_is(turn, "45") ? TURN_SLANTED : str_is(turn, "90") ? TURN_UPRIGHT : TURN_AUTO;
    out->numbers = call_has(call, "digits") && call_given(call, "digits") ? call_flag(call, "digits") : numbers;
    return true;
}

/* Append the line that loaded the model, as it was given; `load NAME` where none of the history did. */
static void put_load(const struct session *session, const char *name, struct buf *out)
{
    struct str rest = buf_view(&session->history), found = {0};
    while (rest.n) {
        const char *end = memchr(rest.s, '\n', rest.n);
        struct str line = {rest.s, end ? (size_t)(end - rest.s) : rest.n};
        struct call call;
        struct err none = {0};
        char *copy = str_starts(line, STR("load ")) ? mem_copy_str(line, NULL) : NULL;
        if (copy && call_parse(copy, false, &call, &none)) {
            struct str as = call_option(&call, "as"), path = call.n_words ? call.words[0].text : (struct str){0};
            while (path.n > 1 && path.s[path.n - 1] == '/')
                path.n--;
            for (const char *slash; path.n && (slash = memchr(path.s, '/', path.n)); path.s = slash + 1)
                path.n -= (size_t)(slash + 1 - path.s);
            if (str_is(as.n ? as : path, name))
                found = line;
            call_free(&call);
        }
        free(copy);
        rest = (struct str){line.s + line.n + (end != NULL), rest.n - line.n - (end != NULL)};
    }
    if (found.n)
        buf_str(out, found);
    else
        buf_printf(out, "load %s", name);
    buf_char(out, '\n');
}

/* Make the model the one in use: loaded before any of the runs below `before`, or now. */
static void put_model(const struct session *session, const struct model *model, size_t before, struct buf *out)
{
    for (size_t i = 0; i < before; i++)
        if (session->runs[i].run->model == model) {
            buf_printf(out, "use %s\n", model->name);
            return;
        }
    put_load(session, model->name, out);
}

/* The lines that make the figure again, in a new process: load, the runs up to the last that is shown, so that each has its
 * number, the palette of the session, the command. Left out where one of them is gone, or was not made by a line of its own. */
static bool add_script(const struct session *session, const struct call *call, const struct figure_source *source,
                       struct provenance *provenance, struct err *err)
{
    struct buf script = {0};
    const struct model *model = NULL;
    size_t last = 0;
    for (size_t i = 0; i < source->n_runs; i++)
        last = source->runs[i]->number > last ? source->runs[i]->number : last;
    bool told = last > 0 && last <= session->n_runs;
    for (size_t i = 0; told && i < last; i++) {
        const struct kept_run *run = &session->runs[i];
        told = run->line && run->number == i + 1;
        if (!told)
            break;
        if (run->run->model != model)
            put_model(session, run->run->model, i, &script);
        model = run->run->model;
        buf_printf(&script, "%s\n", run->line);
    }
    if (session->palette)
        buf_printf(&script, "set palette=%s\n", session->palette);
    provenance_command(call, &script);
    bool ok = buf_ok(&script, err) && (!told || provenance_add(provenance, "Script", buf_view(&script), err));
    buf_free(&script);
    return ok;
}

bool give_figure(const struct session *session, const struct call *call, struct picture *picture,
                 const struct figure_source *source, struct result *result, struct err *err)
{
    struct render_options options;
    struct provenance provenance;
    struct str wanted = call_option(call, "title"), font = call_option(call, "font");
    struct buf caption = {0};
    char title[300], family[100];
    if (!read_options(call, source->numbers, &options, err) ||
        !provenance_make(call, source->runs, source->n_runs, source->model, source->site, picture->value_name, &provenance, err))
        return false;
    if (!add_script(session, call, source, &provenance, err)) {
        provenance_free(&provenance);
        return false;
    }
    if (font.n) {
        snprintf(family, sizeof family, "%.*s", STR_ARGS(font));
        options.font = family;
    }
    if (call_has(call, "caption") && call_flag(call, "caption")) {
        caption_make(source->runs, source->n_runs, source->site, picture, &caption);
        options.caption = buf_cstr(&caption);
    }
    result_render_options(result, &options);
    if (wanted.n) {
        snprintf(title, sizeof title, "%.*s", STR_ARGS(wanted));
        picture->title = title;
    }
    const char *palette = palette_name(session, call, &picture->scale);
    if (palette)
        picture->palette = palette;
    picture->provenance = provenance.pair;
    picture->n_provenance = provenance.n;
    picture_fit_scale(picture);
    bool ok = result_picture(result, picture, err);
    if (!ok && font.n && err && err->code == ERR_NOT_FOUND)
        call_blame_option(call, "font", err);
    if (ok && options.caption && !str_is(str_of(result_format(result)), "tex"))
        result_note(result, "%s", options.caption);
    options = (struct render_options){0}; /* what it pointed to goes */
    result_render_options(result, &options);
    buf_free(&caption);
    provenance_free(&provenance);
    return ok;
}
