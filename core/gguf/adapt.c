/* A GGUF file as its family's own files would have it. See gguf.h. */
#include "core/gguf/family.h"

/* Append the architectures that are read, with commas. */
static void gguf_architectures(struct buf *out)
{
    const char *comma = "";
    for (const struct gguf_family *f = gguf_families; f->architecture; f++) {
        if (f->when)
            continue;
        buf_printf(out, "%s%s", comma, f->architecture);
        comma = ", ";
    }
}

static bool holds(const struct gguf_family *f, const struct gguf *gguf, const struct weights *weights)
{
    return !f->when || gguf_own_number(gguf, f->when, 0) != 0 || weights_find(weights, str_of(f->when));
}

static const struct gguf_family *family_of(const struct gguf *gguf, const struct weights *weights, struct err *err)
{
    struct str name = gguf_text(gguf, "general.architecture");
    for (const struct gguf_family *f = gguf_families; f->architecture; f++)
        if (str_is(name, f->architecture) && holds(f, gguf, weights))
            return f;
    struct buf known = {0};
    gguf_architectures(&known);
    if (name.n)
        err_set(err, ERR_UNSUPPORTED, "%s: architecture \"%.*s\" is not read from GGUF; read are %s", gguf->path, STR_ARGS(name),
                buf_cstr(&known));
    else
        err_set(err, ERR_FORMAT, "%s: no general.architecture: not a whole model", gguf->path);
    buf_free(&known);
    return NULL;
}

struct json *gguf_adapt(const struct gguf *gguf, struct weights *weights, struct err *err)
{
    struct buf text = {0};
    struct json *config = NULL;
    const struct gguf_family *family = family_of(gguf, weights, err);
    if (family && gguf_put_config(&text, gguf, family, weights, err) && buf_ok(&text, err) &&
        gguf_rename(gguf, family, weights, err))
        config = json_parse(buf_view(&text), gguf->path, 0, err);
    buf_free(&text);
    return config;
}
