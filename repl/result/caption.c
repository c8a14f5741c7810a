/* What a caption says. See caption.h. */
#include "repl/result/caption.h"

#include <math.h>

#include "core/base/text.h"
#include "viz/layout.h"
#include "viz/render/tex_text.h"

static void put_models(struct kept_run *const *runs, size_t n_runs, struct buf *out)
{
    for (size_t i = 0; i < n_runs; i++) {
        if (i && runs[i]->run->model == runs[0]->run->model)
            continue;
        buf_puts(out, i ? " and " : " of ");
        tex_escape(out, str_of(runs[i]->run->model->name));
    }
}

static void put_texts(struct kept_run *const *runs, size_t n_runs, struct buf *out)
{
    enum { MOST = 120 };
    for (size_t i = 0; i < n_runs; i++) {
        struct str text = str_of(runs[i]->text);
        size_t n = 0;
        while (n < text.n && n < MOST)
            n += text_grapheme((struct str){text.s + n, text.n - n});
        if (!text.n)
            continue;
        buf_puts(out, i ? " and ``" : " for ``");
        tex_escape(out, (struct str){text.s, n});
        buf_puts(out, n < text.n ? "\\ldots''" : "''");
    }
}

void caption_make(struct kept_run *const *runs, size_t n_runs, const char *site, const struct picture *picture, struct buf *out)
{
    struct buf value = {0};
    value_text(&value, picture);
    buf_puts(out, "\\caption{");
    if (value.n)
        value.data[0] = (char)(value.data[0] >= 'a' && value.data[0] <= 'z' ? value.data[0] - 32 : value.data[0]);
    tex_escape(out, buf_view(&value));
    buf_puts(out, picture->n_panels > 1 ? " of heads " : " of head ");
    tex_escape(out, str_of(site));
    put_models(runs, n_runs, out);
    put_texts(runs, n_runs, out);
    buf_puts(out, picture->chart ? "." : ". Rows are queries, columns keys.");
    if (!isnan(picture_tick(picture))) {
        struct buf tick = {0};
        tick_text(&tick, picture_tick(picture));
        buf_printf(out, " A uniform map holds %s everywhere.", buf_cstr(&tick));
        buf_free(&tick);
    }
    buf_puts(out, "}\n\\label{fig:attention}");
    buf_free(&value);
}
