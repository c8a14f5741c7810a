/* runs: what has been run and is kept. */
#include <stdio.h>
#include <string.h>

#include "core/base/text.h"
#include "repl/result/result.h"

static size_t tokens_of(const struct run *run)
{
    size_t n = 0;
    for (size_t i = 0; i < run->tokens->n_texts; i++)
        n += run->tokens->texts[i].n;
    return n;
}

/* Of a person's table: columns that a text may take, so that a line fits the width. SIZE_MAX: all. */
static size_t text_room(const struct session *session, const struct result *result)
{
    enum { NUMBERS = 20, LEAST = 16 }; /* run, tokens and what stands between the columns */
    size_t taken = NUMBERS, names = 4, models = 5, texts = 1;
    if (strcmp(result_format(result), "table") != 0)
        return SIZE_MAX;
    for (size_t i = 0; i < session->n_runs; i++) {
        size_t name = text_width(str_of(session->runs[i].name)), model = text_width(str_of(session->runs[i].run->model->name));
        names = name > names ? name : names;
        models = model > models ? model : models;
        texts = session->runs[i].pair ? 2 : texts;
    }
    taken += names + models + (texts == 1 ? 4 : 2); /* an empty column has its heading */
    size_t room = result_width(result) > taken ? (result_width(result) - taken) / texts : 0;
    return room > LEAST ? room : LEAST;
}

/* The text, cut to its room in `brief`. */
static struct str cut(const char *text, size_t room, struct buf *brief)
{
    if (!text || text_width(str_of(text)) <= room)
        return str_of(text);
    text_fit(brief, str_of(text), room);
    return buf_view(brief);
}

static bool put(struct result *result, const struct kept_run *kept, size_t room, struct err *err)
{
    char number[32];
    struct buf text = {0}, pair = {0};
    snprintf(number, sizeof number, "@%zu", kept->number);
    const struct cell_value cells[] = {
        {.kind = CELL_TEXT, .text = str_of(number)},
        {.kind = CELL_TEXT, .text = str_of(kept->name)},
        {.kind = CELL_TEXT, .text = str_of(kept->run->model->name)},
        {.kind = CELL_INT, .integer = (long long)tokens_of(kept->run)},
        {.kind = kept->text ? CELL_TEXT : CELL_NONE, .text = cut(kept->text, room, &text)},
        {.kind = kept->pair ? CELL_TEXT : CELL_NONE, .text = cut(kept->pair, room, &pair)},
    };
    bool ok = buf_ok(&text, err) && buf_ok(&pair, err) && result_row(result, cells, sizeof cells / sizeof *cells, err);
    buf_free(&text);
    buf_free(&pair);
    return ok;
}

static bool run(struct session *session, const struct call *call, struct result *result, struct err *err)
{
    (void)call;
    if (!result_columns(result, "run,name,model,tokens,text,pair", err))
        return false;
    for (size_t i = 0; i < session->n_runs; i++)
        if (!put(result, &session->runs[i], text_room(session, result), err))
            return false;
    if (!session->n_runs)
        result_note(result, "nothing has been run: run \"some text\"");
    return true;
}

const struct command command_runs = {
    .name = "runs",
    .group = "runs",
    .keywords = "list runs|history of texts",
    .summary = "list the runs that are kept",
    .help = "Oldest first; the last is @. The newest 8 unnamed runs are kept (set keep=N); those named by run as=NAME stay "
            "until they are dropped.",
    .examples = "runs\nruns format=json",
    .run = run,
};
