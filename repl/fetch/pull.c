/* A model into the cache. See pull.h. */
#include "repl/fetch/pull.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/file.h"
#include "repl/fetch/choose.h"
#include "repl/fetch/download.h"

/* The work in hand. */
struct work {
    struct download download;
    struct hub_model model; /* as asked for, then at its commit */
    struct cache cache;
    struct json *list;
    struct str *names;
    struct hub_file *files; /* etag "" until it was looked at */
    struct choice choice;
};

/* The names of the list that can be files here. */
static bool read_names(struct work *work, size_t *unsafe_out, struct err *err)
{
    const struct json *siblings = json_get(work->list, "siblings");
    size_t n = json_count(siblings), kept = 0;
    work->names = mem_new(n + 1, sizeof *work->names, "names of files", err);
    work->files = mem_new(n + 1, sizeof *work->files, "a list of files", err);
    work->choice.take = mem_new(n + 1, sizeof(bool), "a list of files", err);
    work->choice.index = mem_new(n + 1, sizeof(bool), "a list of files", err);
    if (!work->names || !work->files || !work->choice.take || !work->choice.index)
        return false;
    for (size_t i = 0; i < n; i++) {
        struct str name = json_str(json_get(json_at(siblings, i), "rfilename"), "");
        if (cache_is_name(name))
            work->names[kept++] = name;
    }
    *unsafe_out = n - kept;
    work->choice.names = work->names;
    work->choice.n = kept;
    return true;
}

static bool look(struct work *work, size_t i, struct err *err)
{
    return work->files[i].etag[0] || hub_look(work->download.hub, &work->model, work->names[i], &work->files[i], err);
}

/* An index is fetched before anything else: it says what else there is to fetch. */
static bool read_index(struct work *work, size_t i, struct err *err)
{
    if (!look(work, i, err) || !download_blob(&work->download, work->names[i], &work->files[i], err))
        return false;
    char *path = cache_blob(&work->cache, work->files[i].etag, "", err);
    struct json *index = path ? json_load(path, 0, err) : NULL;
    bool ok = index && choose_shards(&work->choice, i, index, err);
    json_free(index);
    free(path);
    return ok;
}

static bool choose(struct work *work, struct str file, struct err *err)
{
    if (!choose_files(&work->choice, file, err))
        return err_prefix(err, "%.*s: ", STR_ARGS(work->model.id));
    for (size_t i = 0; i < work->choice.n; i++)
        if (work->choice.index[i] && !read_index(work, i, err))
            return false;
    return true;
}

/* Sizes of all files, and whether there is room for them. */
static bool look_at_all(struct work *work, struct pulled *out, struct err *err)
{
    struct download *download = &work->download;
    size_t there = 0;
    for (size_t i = 0; i < work->choice.n; i++)
        if (work->choice.take[i]) {
            if (!look(work, i, err))
                return false;
            if (!size_add(out->bytes, work->files[i].size, &out->bytes))
                return err_set(err, ERR_LIMIT, "%.*s: its files are longer than numbers go here", STR_ARGS(work->model.id));
            out->files++;
            there += download_there(&work->cache, &work->files[i]);
        }
    download->done = 0; /* indices among them are counted again, as they are there */
    download->total = out->bytes;
    return cache_has_room(&work->cache, out->bytes > there ? out->bytes - there : 0, err);
}

static bool fetch_all(struct work *work, struct err *err)
{
    for (size_t i = 0; i < work->choice.n; i++)
        if (work->choice.take[i] && !download_blob(&work->download, work->names[i], &work->files[i], err))
            return false;
    return true;
}

/* Weights first, then what names them: who reads a snapshot that was there before sees shards before their index. */
static bool show_all(struct work *work, const char *commit, char **folder_out, struct err *err)
{
    size_t n = 0;
    struct cache_link *links = mem_new(work->choice.n + 1, sizeof *links, "links", err);
    for (int pass = 0; links && pass < 2; pass++)
        for (size_t i = 0; i < work->choice.n; i++)
            if (work->choice.take[i] && str_ends(work->names[i], STR(".json")) == (pass == 1))
                links[n++] = (struct cache_link){work->names[i], work->files[i].etag};
    bool ok = links && cache_snapshot(&work->cache, commit, links, n, folder_out, err);
    free(links);
    return ok;
}

bool pull_model(const struct pull *pull, struct pulled *out, struct err *err)
{
    struct str revision = pull->revision.n ? pull->revision : STR("main");
    struct work work = {.download = {.hub = pull->hub, .watch = pull->watch}, .model = {pull->id, revision}};
    *out = (struct pulled){0};
    work.download.cache = &work.cache;
    work.download.model = &work.model;
    bool ok = hub_check(&work.model, err) && hub_revision(pull->hub, &work.model, out->commit, &work.list, err) &&
              read_names(&work, &out->unsafe, err) && cache_open(pull->root, pull->id, &work.cache, err);
    if (ok) {
        work.cache.waits = pull->waits;
        work.cache.context = pull->context;
        work.model.revision = str_of(out->commit); /* one commit, whatever is pushed meanwhile */
        ok = choose(&work, pull->file, err) && look_at_all(&work, out, err) && fetch_all(&work, err) &&
             show_all(&work, out->commit, &out->folder, err);
    }
    ok = ok && (str_is(revision, out->commit) || cache_ref(&work.cache, revision, out->commit, err));
    if (ok && choose_rest(&work.choice, &out->left))
        hub_hide(pull->hub, out->left.data);
    if (!ok && err) /* names of files, hosts of redirects: a server may have put there what was sent to it */
        hub_hide(pull->hub, err->message);
    out->fetched = work.download.fetched;
    json_free(work.list);
    free(work.names);
    free(work.files);
    free(work.choice.take);
    free(work.choice.index);
    cache_close(&work.cache);
    return ok;
}

void pulled_free(struct pulled *pulled)
{
    free(pulled->folder);
    buf_free(&pulled->left);
    *pulled = (struct pulled){0};
}
