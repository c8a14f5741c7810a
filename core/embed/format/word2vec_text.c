/* word2vec's text file, which is also fastText's .vec: "V E", then a line a word: the word and E numbers. */
#include "core/embed/format/word2vec.h"
#include "core/embed/format/text.h"

static bool recognises(const struct source *source) /* the binary form was asked before */
{
    size_t V, E, at;
    return text_header(source, &V, &E, &at);
}

static bool open_text(struct vectors *v, const struct vectors_options *options, struct err *err)
{
    size_t promised, at;
    (void)options;
    if (!text_header(v->source, &promised, &v->E, &at))
        return err_set(err, ERR_FORMAT, "%s: the first line is not two whole numbers", v->path);
    return text_read(v, at, 2, promised, err);
}

const struct vectors_format vectors_word2vec_text = {
    .name = "word2vec-text",
    .summary = "word2vec text with its header line, fastText .vec",
    .extensions = "txt|vec",
    .recognises = recognises,
    .open = open_text,
    .write = word2vec_put_text,
    .is_text = true,
};
