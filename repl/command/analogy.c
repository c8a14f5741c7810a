/* analogy: words added and taken away. */
#include <stdlib.h>

#include "repl/grammar/call.h"
#include "repl/words/asked_words.h"

static bool run(struct session *session, const struct call *call, struct result *result, struct err *err)
{
    struct asked asked;
    const struct query_method *method = query_method_named(call_str(call, "method"));
    size_t top = (size_t)call_int(call, "top"), n;
    if (!asked_make(session, call, SIGNS_BETWEEN, &asked, err))
        return false;
    top = top < asked.vectors->V ? top : asked.vectors->V;
    struct hit *hits = mem_new(top, sizeof *hits, "the answers", err);
    bool ok = hits &&
              query_best_of(asked.vectors, (size_t)call_int(call, "restrict"), method, asked.terms, asked.n,
                            call_flag(call, "inputs"), top, hits, &n, err) &&
              give_hits(result, asked.vectors, hits, n, err);
    free(hits);
    asked_free(&asked);
    return ok;
}

static const struct option options[] = {
    {"method", VALUE_ENUM, "3cosadd|3cosmul|pairdirection", "3cosadd", "how the words are combined", 0, 0},
    OPTION_TOP("10"),
    OPTION_CASE,
    OPTION_INPUTS,
    OPTION_RESTRICT,
    {0}};
static const struct arg args[] = {{"WORD", ARG_WORDS, false, true, "words with + and - between: king - man + woman"}, {0}};
const struct command command_analogy = {
    .name = "analogy",
    .group = "vectors",
    .keywords = "king queen|man woman|offset|3cosadd|3cosmul|relation|arithmetic",
    .summary = "words added and taken away: king - man + woman",
    .help =
        "man is to king as woman is to what? 3cosadd: the word nearest to the sum of the signed unit vectors (Mikolov, Yih,\n"
        "Zweig 2013). 3cosmul: the product of (1 + cosine)/2 with the words added over that with those taken away (Levy,\n"
        "Goldberg 2014), so that no single word decides. pairdirection, of A - B + C: the word whose direction from C is\n"
        "that from B to A. Any number of words may be added and taken away, for pairdirection three. The question's words are\n"
        "left out unless inputs=on; quotes make a word of + and -.",
    .examples = "analogy king - man + woman\nanalogy Paris - France + Italy method=3cosmul top=5\nanalogy walked - walk + swim "
                "format=json",
    .options = options,
    .args = args,
    .run = run,
};
