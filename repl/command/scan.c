/* scan: statistics of a corpus in bounded memory; parts of it merge to the same numbers. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/base/cancel.h"
#include "core/base/number.h"
#include "core/base/ranks.h"
#include "core/base/source.h"
#include "core/forward.h"
#include "repl/grammar/call.h"
#include "repl/result/figure.h"
#include "repl/result/provenance.h"
#include "repl/run/selector.h"
#include "repl/run/tally_sheet.h"
#include "repl/terminal/progress.h"

struct work {
    struct session *session;
    const struct call *call;
    struct result *result;
    struct model *model;
    struct ranks ranks;
    struct source *file;
    const char *path;         /* of the corpus */
    size_t begin, end;        /* bytes of the file that are this work's part */
    struct tally tally;
    struct tally_observer observer;
    char *state;              /* file of the state, or NULL */
    bool keep;                /* it stays when all is done */
    double seconds, last;     /* between two states; when the last was written */
    uint64_t hash, hashed;    /* of the corpus' bytes from `begin` to begin + hashed */
};

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* ---- which part of the file ---- */

static size_t next_line(const struct source *file, size_t at)
{
    const void *end = at && at < file->size ? memchr(file->data + at - 1, '\n', file->size - at + 1) : NULL;
    return end ? (size_t)((const unsigned char *)end - file->data) + 1 : at ? file->size : 0;
}

/* Part k of n, cut where lines end. */
static void choose_part(struct work *w, size_t k, size_t n)
{
    size_t piece = w->file->size / n, rest = w->file->size % n;
    w->begin = next_line(w->file, piece * k + rest * k / n);
    w->end = k + 1 == n ? w->file->size : next_line(w->file, piece * (k + 1) + rest * (k + 1) / n);
}

/* "2/8", and with several processes the part of this one in it. */
static bool read_part(struct work *w, struct err *err)
{
    struct str part = call_str(w->call, "part");
    size_t at = 0;
    long k = 1, n = 1;
    if (call_given(w->call, "part")) {
        bool ok = number_take(part, &at, &k) && at < part.n && part.s[at] == '/' && (at++, number_take(part, &at, &n)) && at == part.n &&
                  k >= 1 && k <= n && n <= 1000000;
        if (!ok) {
            err_set(err, ERR_ARG, "part=%.*s: expected K/N, as 2/8: the second of eight parts", STR_ARGS(part));
            return call_blame_option(w->call, "part", err);
        }
    }
    if ((size_t)n * w->ranks.n > 1 && str_is(call_str(w->call, "by"), "paragraph")) {
        err_set(err, ERR_ARG, "parts of a file are cut where lines end: by=paragraph is counted whole");
        return call_blame_option(w->call, "by", err);
    }
    choose_part(w, (size_t)(k - 1) * w->ranks.n + w->ranks.own, (size_t)n * w->ranks.n);
    return true;
}

/* ---- the state ---- */

static bool hash_to(struct work *w, size_t offset)
{
    if (offset < w->hashed) {
        w->hash = TALLY_HASH;
        w->hashed = 0;
    }
    w->hash = tally_hash(w->hash, w->file->data + w->begin + w->hashed, offset - w->hashed);
    w->hashed = offset;
    return true;
}

static bool keep_state(struct work *w, const struct scan_place *place, struct err *err)
{
    struct tally_piece *piece = &w->tally.pieces[0];
    hash_to(w, place->offset);
    w->tally.place = *place;
    w->tally.counts = place->counts;
    piece->to = piece->from + place->offset;
    piece->hash = w->hash;
    w->last = now();
    return !w->state || tally_save(&w->tally, w->state, err);
}

static bool rest(void *context, const struct scan_place *place, struct err *err)
{
    struct work *w = context;
    return !w->state || now() - w->last < w->seconds || keep_state(w, place, err);
}

static char *state_name(const struct work *w, struct err *err)
{
    struct buf name = {0};
    struct str output = w->call->output;
    bool given = call_given(w->call, "checkpoint-file");
    if (!given && call_given(w->call, "resume"))
        buf_str(&name, call_str(w->call, "resume"));
    else if (given)
        buf_str(&name, call_str(w->call, "checkpoint-file"));
    else {
        buf_str(&name, output);
        buf_puts(&name, ".ckpt");
    }
    if (w->ranks.n > 1)
        buf_printf(&name, ".%zu", w->ranks.own);
    if (buf_ok(&name, err))
        return name.data;
    buf_free(&name);
    return NULL;
}

/* Where the state goes: given, or beside a file that is written; into no other. */
static bool choose_state(struct work *w, struct err *err)
{
    struct stat st;
    struct str output = w->call->output;
    char *path = output.n ? mem_copy_str(output, err) : NULL;
    bool regular = path && (stat(path, &st) != 0 || S_ISREG(st.st_mode));
    free(path);
    w->keep = call_given(w->call, "checkpoint-file");
    w->seconds = call_float(w->call, "checkpoint");
    w->last = now();
    if (!regular && !w->keep && !call_given(w->call, "resume"))
        return true;
    return (w->state = state_name(w, err)) && out_check(w->state, err);
}

/* ---- what is counted ---- */

/* Has it a mean? Not a class, nor what holds texts against each other in several walks. */
static bool adds_up(const struct measure *m)
{
    return !m->words && !m->walks;
}

static bool choose_measures(const struct call *call, struct tally_shape *shape, struct err *err)
{
    struct str names = call_str(call, "measures");
    bool all = str_is(names, "all"), none = str_is(names, "none");
    for (const struct measure *const *m = measures; *m && (all || !call_given(call, "measures")); m++)
        if ((all || !(*m)->costly) && adds_up(*m) && shape->n_measures < TALLY_MEASURES)
            shape->measures[shape->n_measures++] = (char *)(*m)->name;
    while (names.n && !all && !none) {
        const char *comma = memchr(names.s, ',', names.n);
        struct str name = {names.s, comma ? (size_t)(comma - names.s) : names.n};
        const struct measure *m = measure_named(name);
        if (!m || shape->n_measures == TALLY_MEASURES) {
            struct buf there = {0};
            for (const struct measure *const *each = measures; *each; each++)
                if (adds_up(*each))
                    buf_printf(&there, ", %s", (*each)->name);
            err_set(err, ERR_ARG, "\"%.*s\" is no measure: all, none%s", STR_ARGS(name), buf_cstr(&there));
            buf_free(&there);
            return call_blame_option(call, "measures", err);
        }
        if (!adds_up(m)) {
            err_set(err, ERR_ARG, "%s does not add up over texts: heads sort=%s texts=FILE tells it", m->name, m->name);
            return call_blame_option(call, "measures", err);
        }
        shape->measures[shape->n_measures++] = (char *)m->name;
        names.s += name.n + (comma != NULL);
        names.n -= name.n + (comma != NULL);
    }
    return true;
}

/* A run of one word shows which heads there are. */
static bool choose_sites(struct work *w, struct sites *sites, struct err *err)
{
    struct encoding encoding;
    if (!tokenizer_encode(w->model->tokenizer, STR("the"), NULL, 0, &encoding, err))
        return false;
    struct run *run = run_one(w->model, &encoding, NULL, err);
    bool ok = run && (call_given(w->call, "heads") ? sites_parse(call_str(w->call, "heads"), run, sites, err) : sites_all(run, sites, err));
    if (!ok && run && call_given(w->call, "heads"))
        call_blame_option(w->call, "heads", err);
    run_free(run);
    return ok;
}

static bool new_tally(struct work *w, struct err *err)
{
    enum { LONGEST = 512 };
    struct sites sites = {0};
    size_t most = w->model->stacks[STACK_MAIN].max_tokens, length = (size_t)call_int(w->call, "length");
    if (!call_given(w->call, "length"))
        length = most && most < LONGEST ? most : LONGEST;
    if (most && length > most) {
        err_set(err, ERR_LIMIT, "%s takes at most %zu tokens", w->model->name, most);
        return call_blame_option(w->call, "length", err);
    }
    struct tally_shape shape = {.model = w->model->name,
                                .fingerprint = weights_fingerprint(w->model->weights),
                                .places = (size_t)call_int(w->call, "positions"),
                                .length = length,
                                .shortest = (size_t)call_int(w->call, "shortest"),
                                .no_special = !call_flag(w->call, "add_special"),
                                .paragraphs = str_is(call_str(w->call, "by"), "paragraph"),
                                .tokens = str_is(call_str(w->call, "tokens"), "all"),
                                .seed = (uint64_t)call_int(w->call, "seed")};
    if (!choose_measures(w->call, &shape, err) || !choose_sites(w, &sites, err))
        return false;
    shape.sites = sites.site;
    shape.n_sites = sites.n;
    bool ok = tally_new(&shape, &w->tally, err) &&
              mem_grow((void **)&w->tally.pieces, &w->tally.pieces_capacity, 1, sizeof *w->tally.pieces, "pieces of a tally", err);
    char *corpus = ok ? mem_copy_str(str_of(w->path), err) : NULL;
    if (corpus)
        w->tally.pieces[w->tally.n_pieces++] = (struct tally_piece){corpus, w->file->size, w->begin, w->begin, TALLY_HASH};
    sites_free(&sites);
    return corpus != NULL;
}

/* Options that a state has already. */
static bool refuse_options(const struct call *call, struct err *err)
{
    static const char *const of_new[] = {"by",        "length", "shortest", "add_special", "positions", "tokens",
                                         "measures",  "heads",  "seed",     "part",        NULL};
    for (const char *const *o = of_new; *o; o++)
        if (call_given(call, *o)) {
            err_set(err, ERR_ARG, "%s= is that of the state: leave it out", *o);
            return call_blame_option(call, *o, err);
        }
    return true;
}

/* Go on from a state: the weights, the corpus and what was read of it must be the same. */
static bool old_tally(struct work *w, const char *path, struct err *err)
{
    if (!tally_load(path, &w->tally, err))
        return call_blame_option(w->call, "resume", err);
    const struct tally_piece *p = &w->tally.pieces[0];
    bool ok = true;
    if (w->tally.n_pieces != 1)
        ok = err_set(err, ERR_ARG, "%s: merged of %zu parts: it is shown by scan merge, and does not go on", path, w->tally.n_pieces);
    else if (w->tally.shape.fingerprint != weights_fingerprint(w->model->weights))
        ok = err_set(err, ERR_ARG, "%s: a scan of %s with other weights than %s has", path, w->tally.shape.model, w->model->name);
    else if (p->size != w->file->size || p->from + w->tally.place.offset != p->to || p->to > w->end || p->from != w->begin)
        ok = err_set(err, ERR_ARG, "%s: a scan of %s of %llu bytes, %s has %zu", path, p->corpus, (unsigned long long)p->size, w->path,
                     w->file->size);
    for (size_t m = 0; ok && m < w->tally.shape.n_measures; m++)
        if (!measure_named(str_of(w->tally.shape.measures[m])) || !adds_up(measure_named(str_of(w->tally.shape.measures[m]))))
            ok = err_set(err, ERR_ARG, "%s: counts \"%s\", which is no measure here", path, w->tally.shape.measures[m]);
    if (ok && hash_to(w, w->tally.place.offset) && w->hash != p->hash)
        ok = err_set(err, ERR_ARG, "%s: the text of %s that was counted has changed since", path, w->path);
    return ok || call_blame_option(w->call, "resume", err);
}

static bool open_corpus(struct work *w, struct err *err)
{
    const struct call_word *word = call_arg(w->call, ARG_FILE, 0);
    if (call_count(w->call, ARG_FILE) > 1) {
        err_set(err, ERR_ARG, "scan reads one file; scan merge joins states of several");
        return call_blame(w->call, call_arg(w->call, ARG_FILE, 1), err);
    }
    w->model = session_current(w->session, true, err);
    if (!w->model)
        return false;
    if (!w->model->tokenizer)
        return err_set(err, ERR_ARG, "%s has no tokenizer: scan runs texts", w->model->name);
    w->path = word->text.s;
    if (!(w->file = source_text(w->path, "a text a line", err)))
        return call_blame(w->call, word, err);
    return true;
}

/* With several processes each has a state of its own, if it came so far. */
static bool find_state(struct work *w, char **out, struct err *err)
{
    struct buf name = {0};
    buf_str(&name, call_str(w->call, "resume"));
    if (w->ranks.n > 1)
        buf_printf(&name, ".%zu", w->ranks.own);
    *out = buf_ok(&name, err) ? name.data : NULL;
    if (*out && w->ranks.n > 1 && !file_exists(*out)) {
        free(*out);
        *out = NULL;
        return true;
    }
    return *out != NULL;
}

static bool prepare(struct work *w, struct err *err)
{
    bool resume = call_given(w->call, "resume");
    char *path = NULL;
    if (!ranks_begin(&w->ranks, err) || !open_corpus(w, err) || (resume && w->ranks.n == 1 && !refuse_options(w->call, err)) ||
        !read_part(w, err) || !choose_state(w, err) || (resume && !find_state(w, &path, err)))
        return false;
    w->hash = TALLY_HASH;
    if (path && w->ranks.n == 1) { /* its part is that of the state */
        struct tally probe = {0};
        if (tally_load(path, &probe, NULL) && probe.n_pieces == 1 && probe.pieces[0].size == w->file->size) {
            w->begin = (size_t)probe.pieces[0].from;
            w->end = probe.part_end ? (size_t)probe.part_end : w->end;
        }
        tally_free(&probe);
    }
    bool ok = path ? old_tally(w, path, err) : new_tally(w, err);
    w->tally.part_end = w->end;
    free(path);
    return ok;
}

/* ---- counting ---- */

static bool count(struct work *w, struct err *err)
{
    struct progress progress;
    struct scan_counts counts;
    struct watch watch = progress_begin(&progress, w->session, "texts");
    struct scan_place place = w->tally.place;
    struct scan_options o = {.model = w->model,
                             .lines = {(const char *)w->file->data + w->begin, w->end - w->begin},
                             .name = w->path,
                             .shortest = w->tally.shape.shortest,
                             .length = w->tally.shape.length,
                             .no_special = w->tally.shape.no_special,
                             .paragraphs = w->tally.shape.paragraphs,
                             .front = -1,
                             .pass_over = true,
                             .place = &place,
                             .watch = &watch};
    place.counts = w->tally.counts;
    for (size_t i = 0; !place.line && i < w->begin; i++) /* lines before this part, for messages */
        o.place->line += w->file->data[i] == '\n';
    w->observer.tally = &w->tally;
    struct scan_observer observers[] = {tally_observer(&w->observer), {.context = w, .rest = rest}};
    bool ok = w->tally.complete || scan(&o, observers, 2, &counts, err);
    progress_end(&progress);
    bool stopped = !ok && err->code == ERR_CANCELLED;
    struct err own = {0};
    if (ok)
        w->tally.complete = true;
    if ((ok || stopped) && !keep_state(w, &place, &own)) {
        if (ok)
            *err = own;
        else
            result_note(w->result, "%s", own.message);
        ok = false;
    }
    return ok;
}

static bool take_rank(void *context, size_t rank, struct str bytes, struct err *err)
{
    struct work *w = context;
    struct tally other;
    (void)rank;
    bool ok = tally_read(bytes, "another process", &other, err) && tally_merge(&w->tally, &other, err);
    tally_free(&other);
    return ok;
}

/* What all processes counted, on the first of them. */
static bool join(struct work *w, struct err *err)
{
    struct buf own = {0};
    if (w->ranks.n == 1)
        return true;
    if (w->ranks.own)
        tally_put(&w->tally, &own);
    bool ok = buf_ok(&own, err) && ranks_collect(&w->ranks, buf_view(&own), take_rank, w, err);
    buf_free(&own);
    return ok;
}

static bool is_state(struct str name)
{
    return str_is(path_extension(name), "scan");
}

/* A whole corpus without a text has nothing to show; a part may be empty, and its sums join others'. */
static bool any_text(const struct work *w, struct err *err)
{
    const struct tally *t = &w->tally;
    if (t->texts || call_given(w->call, "part") || is_state(w->call->output))
        return true;
    if (t->counts.bad)
        err_set(err, ERR_NOT_FOUND, "%s: no text that is UTF-8 and runs; %zu passed over, the first in line %zu", w->path, t->counts.bad,
                t->counts.bad_line);
    else if (t->counts.skipped)
        err_set(err, ERR_NOT_FOUND, "%s: no text of %zu tokens or more; %zu left out", w->path, t->shape.shortest, t->counts.skipped);
    else
        err_set(err, ERR_NOT_FOUND, "%s holds no text", w->path);
    return call_blame(w->call, call_arg(w->call, ARG_FILE, 0), err);
}

/* ---- giving ---- */

static bool writes_state(const struct call *call)
{
    return is_state(call->output) && !call_given(call, "format");
}

static bool give(struct session *session, const struct call *call, const struct tally *tally, struct result *result, struct err *err)
{
    if (!writes_state(call))
        return tally_give(session, call, tally, result, err);
    char *path = mem_copy_str(call->output, err);
    bool ok = path && (tally_save(tally, path, err) || call_blame(call, &call->output_word, err));
    if (ok)
        result_note(result, "%s: the sums of %llu texts", path, (unsigned long long)tally->texts);
    free(path);
    return ok;
}

/* Ctrl-C: what is done is shown on the screen; a file stays as it was, its state goes on. */
static bool give_part(struct work *w, struct err *err)
{
    bool shown = !w->call->output.n && !w->call->pipe.n && w->ranks.n == 1 && w->tally.texts && !cancel_leaving();
    if (w->state)
        result_note(w->result, "interrupted after %llu texts; this goes on: scan %s resume=%s%s%.*s", (unsigned long long)w->tally.texts,
                    w->path, w->state, w->call->output.n ? " > " : "", STR_ARGS(w->call->output));
    else
        result_note(w->result, "interrupted after %llu texts; with checkpoint-file=FILE it could go on", (unsigned long long)w->tally.texts);
    if (!shown)
        return false;
    cancel_clear();
    bool ok = give(w->session, w->call, &w->tally, w->result, err);
    cancel_request(); /* the line was interrupted all the same */
    return ok;
}

static void forget_state(const struct work *w)
{
    if (w->state && !w->keep)
        unlink(w->state);
}

static bool scan_file(struct session *session, const struct call *call, struct result *result, struct err *err)
{
    struct work w = {.session = session, .call = call, .result = result, .ranks = {.n = 1}};
    struct err own = {0};
    bool ok = prepare(&w, &own);
    if (w.ranks.n > 1)
        ok = ranks_agree(&w.ranks, ok, &own);
    bool prepared = ok;
    ok = ok && count(&w, &own);
    bool stopped = prepared && !ok && own.code == ERR_CANCELLED;
    if (prepared && w.ranks.n > 1)
        ok = ranks_agree(&w.ranks, ok, &own);
    ok = ok && join(&w, &own);
    if (ok && !w.ranks.own)
        ok = any_text(&w, &own) && give(session, call, &w.tally, result, &own);
    if (prepared && w.ranks.n > 1 && !stopped)
        ok = ranks_agree(&w.ranks, ok, &own); /* no state goes before the result is there */
    if (ok)
        forget_state(&w);
    if (stopped)
        ok = give_part(&w, &own);
    if (!ok && own.code != ERR_NONE)
        *err = own;
    tally_free(&w.tally);
    source_free(w.file);
    free(w.state);
    return ok;
}

/* ---- scan merge ---- */

static bool merge(struct session *session, const struct call *call, struct result *result, struct err *err)
{
    struct tally sum = {0};
    bool ok = call_count(call, ARG_FILE) > 1 || err_set(err, ERR_ARG, "scan merge wants states of scans: scan merge a.scan b.scan");
    for (size_t i = 1; ok && i < call_count(call, ARG_FILE); i++) {
        const struct call_word *word = call_arg(call, ARG_FILE, i);
        struct tally next = {0};
        ok = cancel_requested() ? err_set(err, ERR_CANCELLED, "interrupted")
             : i == 1           ? tally_load(word->text.s, &sum, err)
                                : tally_load(word->text.s, &next, err);
        if (ok && i > 1 && !tally_merge(&sum, &next, err))
            ok = err_prefix(err, "%s: ", word->text.s);
        if (!ok)
            call_blame(call, word, err);
        tally_free(&next);
    }
    ok = ok && give(session, call, &sum, result, err);
    tally_free(&sum);
    return ok;
}

static bool run(struct session *session, const struct call *call, struct result *result, struct err *err)
{
    const struct call_word *first = call_arg(call, ARG_FILE, 0);
    return str_is(first->text, "merge") && !first->quoted ? merge(session, call, result, err) : scan_file(session, call, result, err);
}

static const struct option options[] = {
    {.name = "by", .kind = VALUE_ENUM, .values = "line|paragraph", .fallback = "line", .summary = "a text is a line, or what stands between blank lines"},
    {.name = "show", .kind = VALUE_ENUM, .values = "heads|index|tokens|sinks", .fallback = "heads",
     .summary = "of what rows are: means of measures, masses by index, masses by token, sink rates against the threshold"},
    {.name = "eps", .kind = VALUE_FLOAT, .fallback = "0.3", .lo = 0.1, .hi = 0.9, .summary = "threshold of sinks: 0.1, 0.2 … 0.9"},
    {.name = "top", .kind = VALUE_INT, .fallback = "20", .lo = 1, .hi = 1e6, .summary = "rows of show=tokens for a person"},
    {.name = "heads", .kind = VALUE_WORD, .summary = "a selector, as L0-2.H*: which heads; all of them"},
    {.name = "measures", .kind = VALUE_WORD, .summary = "names with commas, all or none; those that one walk over a map gives"},
    {.name = "length", .kind = VALUE_INT, .lo = 1, .hi = 1e6, .summary = "tokens that a text is cut to; what the model takes, at most 512"},
    {.name = "shortest", .kind = VALUE_INT, .fallback = "1", .lo = 1, .hi = 1e6, .summary = "texts of fewer tokens are left out"},
    {.name = "positions", .kind = VALUE_INT, .fallback = "128", .lo = 1, .hi = 1e5, .summary = "indices that are told apart"},
    {.name = "tokens", .kind = VALUE_ENUM, .values = "all|special", .fallback = "all", .summary = "which tokens have masses of their own"},
    {.name = "add_special", .kind = VALUE_FLAG, .fallback = "on", .summary = "off: without the tokenizer's special tokens"},
    {.name = "part", .kind = VALUE_WORD, .summary = "K/N: this part of the file alone, cut at lines"},
    {.name = "seed", .kind = VALUE_INT, .fallback = "1", .lo = 0, .hi = 9e15, .summary = "of the bootstrap"},
    {.name = "checkpoint", .kind = VALUE_FLOAT, .fallback = "60", .lo = 0.001, .hi = 1e8, .summary = "seconds between two states on disk"},
    {.name = "checkpoint-file", .kind = VALUE_FILE, .summary = "where the state goes; the output's name with .ckpt"},
    {.name = "resume", .kind = VALUE_FILE, .summary = "go on from this state, with its options"},
    {.name = "palette", .kind = VALUE_PALETTE, .summary = "colour map"},
    OPTION_FIGURE,
    {0}};
static const struct arg args[] = {{.name = "FILE", .kind = ARG_FILE, .repeated = true, .summary = "a corpus, a text a line; or merge and states"},
                                  {0}};

extern const struct command command_scan;
const struct command command_scan = {
    .name = "scan",
    .group = "measures",
    .keywords = "corpus|corpus statistics|many texts|sink rate|attention sink|merge|dataset|large file|slurm|mpi|resume|checkpoint",
    .summary = "statistics of all heads over a corpus, in bounded memory",
    .help =
        "Every line of the file runs in the model in use, in passes of texts of like length, on all cores. What is kept are sums a "
        "head: every measure that one walk over a map gives (see heads), the mass of each key by its index from the start and from "
        "the end, by its token, how often it is a column, and how often its α, the mean over the queries that may see it, exceeds "
        "0.1, 0.2 … 0.9: a sink (Gu et al. 2024, arXiv 2410.10781, of causal maps with texts of one length: length=64 shortest=64). "
        "Means are over texts, with Student's 95 % interval, rates have Wilson's; the rate over all heads of a text has the text as "
        "its cluster, beside a Poisson bootstrap whose draws follow the text's own tokens. A table shows heads (show=index, tokens, "
        "sinks the other sums); npz has all of them; a figure has heads by key index.\n"
        "\n"
        "All sums are whole numbers, or fixed-point numbers of 128 bits: the results are the same bits for any number of threads, for "
        "any split of the file, merged in any order. > FILE.scan writes the sums; part=2/8 counts one of eight parts, scan merge "
        "1.scan 2.scan … joins and shows them, or writes them again. While it counts, the state goes to FILE.ckpt beside the output "
        "(checkpoint-file= names another, which stays) every checkpoint= seconds, whole or not at all; resume=STATE goes on to the same "
        "numbers after Ctrl-C or a crash. Ctrl-C shows what is done where results go to the screen. Texts that are no UTF-8 are passed "
        "over and counted. A build with MPI=1 shares the file among processes (examples/scan.slurm).",
    .examples = "scan corpus.txt\n"
                "scan corpus.txt show=index format=csv > index.csv\n"
                "scan corpus.txt length=64 shortest=64 show=sinks\n"
                "scan corpus.txt > corpus.npz\n"
                "scan corpus.txt > corpus.png\n"
                "scan corpus.txt part=2/8 > 2.scan\n"
                "scan merge 1.scan 2.scan show=tokens\n"
                "scan corpus.txt resume=corpus.csv.ckpt > corpus.csv",
    .options = options,
    .own_output = writes_state,
    .args = args,
    .writes = true,
    .run = run,
};
