/* models: what is loaded, and what could be. */
#include <string.h>

#include "repl/grammar/call.h"
#include "repl/result/result.h"
#include "repl/session/model_on_disk.h"

static struct cell_value text(const char *value)
{
    return (struct cell_value){.kind = CELL_TEXT, .text = str_of(value)};
}

static struct cell_value count(bool known, size_t value)
{
    return (struct cell_value){.kind = known ? CELL_INT : CELL_NONE, .integer = (long long)value};
}

static struct cell_value megabytes(bool known, size_t bytes)
{
    return (struct cell_value){.kind = known ? CELL_NUMBER : CELL_NONE, .number = (double)bytes / 1e6, .digits = 1};
}

static bool put_loaded(const struct session *session, const struct model *model, struct result *result, struct err *err)
{
    bool runs = model_runs(model);
    size_t bytes = 0;
    for (size_t i = 0; runs && i < model->weights->n_files; i++)
        bytes += model->weights->files[i].size;
    const struct cell_value cells[] = {
        text(model->name),
        text(model == session->model ? "*" : ""),
        text("loaded"),
        text(model->arch ? model->arch->name : "tokenizer alone"),
        count(runs, model->stacks[STACK_MAIN].layers),
        count(runs, stack_heads(&model->stacks[STACK_MAIN])),
        count(runs, model->E),
        count(runs, model->parameters),
        megabytes(runs, bytes),
        text(""),
        text(model->folder),
    };
    return result_row(result, cells, sizeof cells / sizeof *cells, err);
}

/* The rows of what lies on disk. */
struct listing {
    struct result *result;
    struct err *err;
    struct str where;
    bool ok;
};

static void put_found(void *context, const struct found_model *found)
{
    static const char *const places[] = {[FOUND_OWN] = "folder", [FOUND_EMBEDDED] = "embedded", [FOUND_CACHE] = "cache"};
    struct listing *listing = context;
    struct model_on_disk disk;
    if (!listing->ok || !(str_is(listing->where, "all") || str_is(listing->where, places[found->where])))
        return;
    model_on_disk_look(found, &disk);
    const struct cell_value none = count(false, 0);
    const struct cell_value cells[] = {
        {.kind = CELL_TEXT, .text = found->name},
        text(""),
        text(places[found->where]),
        text(disk.type ? disk.type : ""),
        none,
        none,
        none,
        none,
        megabytes(true, disk.bytes),
        text(disk.state),
        text(found->folder ? found->folder : found->repository),
    };
    listing->ok = result_row(listing->result, cells, sizeof cells / sizeof *cells, listing->err);
    model_on_disk_free(&disk);
}

static bool run(struct session *session, const struct call *call, struct result *result, struct err *err)
{
    struct listing listing = {result, err, call_str(call, "where"), true};
    bool loaded = str_is(listing.where, "all") || str_is(listing.where, "loaded");
    if (!result_columns(result, "name,use,where,type,layers,heads,width,parameters,MB,state,folder", err))
        return false;
    for (size_t i = 0; loaded && i < session->n_models; i++)
        if (!put_loaded(session, session->models[i], result, err))
            return false;
    find_each_folder(session, put_found, &listing);
    if (loaded && !session->n_models)
        result_note(result, "no model is loaded: load roberta-tiny");
    return listing.ok;
}

static const struct option options[] = {
    {"where", VALUE_ENUM, "all|loaded|folder|embedded|cache", "all",
     "of $GAZE_MODELS (folder), that come with gaze, of the cache", 0, 0},
    {0},
};
const struct command command_models = {
    .name = "models",
    .group = "models",
    .keywords = "list models|loaded|which models|cached|what can I load|disk space|scan-cache",
    .summary = "list the loaded models, and those that can be loaded",
    .help = "First a row a loaded model, in the order of loading; * marks the one that run, tokens and info use. Then what\n"
            "`load NAME` finds: the folders of $GAZE_MODELS, the models that come with gaze, the Hugging Face cache. MB is what\n"
            "its files take on disk; of the cache all revisions and parts. incomplete: files are missing, `pull NAME` goes on.",
    .examples = "models\nmodels where=cache\nmodels format=csv",
    .options = options,
    .run = run,
};
