/* Ratios as stripes. See stripes_picture.h. */
#include "repl/map/stripes_picture.h"

#include "repl/run/site.h"

static bool fill_texts(const struct ratio_texts *texts, struct arena *arena, struct stripes *out, struct err *err)
{
    struct stripes_text *rows = arena_alloc(arena, texts->n, sizeof *rows, "stripes", err);
    if (!rows)
        return false;
    for (size_t t = 0; t < texts->n; t++)
        rows[t] = (struct stripes_text){texts->texts[t].n, texts->texts[t].ids, texts->texts[t].special};
    out->texts = rows;
    out->n_texts = texts->n;
    return true;
}

static bool fill_head(const struct ratio_texts *texts, size_t site, struct arena *arena, struct stripes_head *out,
                      struct err *err)
{
    const float **values = arena_alloc(arena, texts->n, sizeof *values, "stripes", err);
    struct buf title = {0};
    if (!values)
        return false;
    for (size_t t = 0; t < texts->n; t++)
        values[t] = texts->texts[t].ratios + site * texts->texts[t].n;
    out->values = values;
    site_name(texts->sites[site], &title);
    bool ok = buf_ok(&title, err) && arena_str(arena, buf_view(&title), &out->title, err);
    buf_free(&title);
    return ok;
}

/* The name of the k-th special token, in the first text that has so many; false: none has. */
static bool name_special(const struct ratio_texts *texts, size_t k, const struct tokenizer *tokenizer, struct str *out)
{
    for (size_t t = 0; t < texts->n; t++) {
        const struct ratio_text *text = &texts->texts[t];
        size_t seen = 0;
        for (size_t i = 0; i < text->n; i++)
            if (text->special[i] && seen++ == k) {
                *out = tokenizer ? tokenizer_string(tokenizer, text->ids[i]) : (struct str){0};
                return true;
            }
    }
    return false;
}

static bool fill_specials(const struct ratio_texts *texts, const struct tokenizer *tokenizer, struct arena *arena,
                          struct stripes *out, struct err *err)
{
    enum { NAMED = 8 };
    struct str *names = arena_zalloc(arena, NAMED, sizeof *names, "names of special tokens", err);
    if (!names)
        return false;
    while (out->n_specials < NAMED && name_special(texts, out->n_specials, tokenizer, &names[out->n_specials]))
        out->n_specials++;
    out->specials = names;
    return true;
}

bool stripes_of_texts(const struct ratio_texts *texts, const size_t *heads, size_t n_heads, const struct tokenizer *tokenizer,
                      size_t length, unsigned lanes, struct arena *arena, struct stripes *out, struct err *err)
{
    *out = (struct stripes){.n_heads = n_heads, .length = length, .lanes = lanes};
    struct stripes_head *drawn = arena_zalloc(arena, n_heads, sizeof *drawn, "stripes", err);
    bool ok = drawn && fill_texts(texts, arena, out, err) && fill_specials(texts, tokenizer, arena, out, err);
    for (size_t h = 0; ok && h < n_heads; h++)
        ok = fill_head(texts, heads[h], arena, &drawn[h], err);
    out->heads = drawn;
    return ok;
}
