/* GloVe's text file (Pennington, Socher, Manning 2014), which kōan writes too: a line a word, no header. */
#include "core/embed/format/word2vec.h"
#include "core/embed/text.h"

enum { LOOK = 10 }; /* lines that tell the dimensions: a word that ends in a number would add to its own line */

static bool recognises(const struct source *source)
{
    return text_dimensions(source, 0) > 0;
}

static bool open_glove(struct vectors *v, const struct vectors_options *options, struct err *err)
{
    const struct source *source = v->source;
    (void)options;
    v->E = text_dimensions(source, 0);
    for (size_t line = 0, at = 0; line < LOOK && at < source->size; line++) {
        size_t n = text_dimensions(source, at);
        if (n > 1 && n + 3 > v->E && n < v->E) /* a damaged line is an error later, not another dimension */
            v->E = n;
        while (at < source->size && source->data[at] != '\n')
            at++;
        at++;
    }
    return text_read(v, 0, 1, SIZE_MAX, err);
}

const struct vectors_format vectors_glove = {
    .name = "glove",
    .summary = "GloVe text, no header",
    .extensions = "",
    .recognises = recognises,
    .open = open_glove,
    .write = word2vec_put_lines,
};
