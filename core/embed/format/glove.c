/* GloVe's text file (Pennington, Socher, Manning 2014), which kōan writes too: a line a word, no header. */
#include <string.h>

#include "core/embed/format/word2vec.h"
#include "core/embed/format/text.h"

enum { LOOK = 10 }; /* lines that tell the dimensions: a word that ends in a number has one more, a damaged line fewer */

static bool recognises(const struct source *source)
{
    return text_dimensions(source, 0) > 0;
}

/* As many as most of the first lines have, of equal counts the first. */
static size_t dimensions(const struct source *source)
{
    size_t counts[LOOK], n = 0, best = 0, most = 0;
    for (size_t at = 0; n < LOOK && at < source->size; n++) {
        const unsigned char *stop = memchr(source->data + at, '\n', source->size - at);
        counts[n] = text_dimensions(source, at);
        at = stop ? (size_t)(stop + 1 - source->data) : source->size;
    }
    for (size_t i = 0; i < n; i++) {
        size_t same = 0;
        for (size_t k = 0; k < n; k++)
            same += counts[k] == counts[i];
        if (counts[i] && same > most) {
            most = same;
            best = counts[i];
        }
    }
    return best;
}

static bool open_glove(struct vectors *v, const struct vectors_options *options, struct err *err)
{
    (void)options;
    v->E = dimensions(v->source);
    return text_read(v, 0, 1, SIZE_MAX, err);
}

const struct vectors_format vectors_glove = {
    .name = "glove",
    .summary = "GloVe text, no header",
    .extensions = "",
    .recognises = recognises,
    .open = open_glove,
    .write = word2vec_put_lines,
    .is_text = true,
};
