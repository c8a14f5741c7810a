/* A tally as bytes. See tally.h.
 *
 *   "gaze scan 1\n"
 *   one line of JSON: the shape, the pieces of the corpus, how far the last one was counted
 *   numbers of 8 bytes, little-endian, as they lie in memory:
 *     texts, tokens, shortest, longest; values; cells; not_finite; sinks
 *     how many tokens follow, then for each: id, special, n, bytes of the string, the string padded to 8 bytes, a key a head
 *   FNV-1a of all before it */
#include "core/measure/tally.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/file.h"
#include "core/base/json.h"

static const char magic[] = "gaze scan 1\n";
enum { TOTALS = 4 };

/* ---- writing ---- */

static void put_hex(struct buf *out, const char *key, uint64_t number)
{
    buf_printf(out, "\"%s\":\"%016" PRIx64 "\"", key, number);
}

static void put_shape(const struct tally_shape *shape, struct buf *out)
{
    buf_puts(out, "\"model\":");
    json_quote(out, str_of(shape->model));
    buf_char(out, ',');
    put_hex(out, "weights", shape->fingerprint);
    buf_puts(out, ",\"heads\":[");
    for (size_t s = 0; s < shape->n_sites; s++)
        buf_printf(out, "%s[%d,%zu,%zu]", s ? "," : "", (int)shape->sites[s].stack, shape->sites[s].layer, shape->sites[s].head);
    buf_puts(out, "],\"measures\":[");
    for (size_t m = 0; m < shape->n_measures; m++) {
        buf_puts(out, m ? "," : "");
        json_quote(out, str_of(shape->measures[m]));
    }
    buf_printf(out, "],\"places\":%zu,\"length\":%zu,\"shortest\":%zu,\"no_special\":%d,\"paragraphs\":%d,\"tokens\":%d,", shape->places,
               shape->length, shape->shortest, shape->no_special, shape->paragraphs, shape->tokens);
    put_hex(out, "seed", shape->seed);
}

static void put_place(const struct tally *t, struct buf *out)
{
    const struct scan_place *p = &t->place;
    buf_printf(out, ",\"complete\":%d,\"skipped\":%zu,\"cut\":%zu,\"bad\":%zu,\"bad_line\":%zu,\"offset\":%zu,\"number\":%zu,\"line\":%zu,\"end\":%" PRIu64,
               t->complete, t->counts.skipped, t->counts.cut, t->counts.bad, t->counts.bad_line, p->offset, p->number, p->line, t->part_end);
    buf_puts(out, ",\"done\":[");
    for (size_t i = 0; i < p->n_done; i++)
        buf_printf(out, "%s%zu", i ? "," : "", p->done[i]);
    buf_puts(out, "],\"pieces\":[");
    for (size_t i = 0; i < t->n_pieces; i++) {
        buf_puts(out, i ? ",{\"corpus\":" : "{\"corpus\":");
        json_quote(out, str_of(t->pieces[i].corpus));
        buf_printf(out, ",\"size\":%" PRIu64 ",\"from\":%" PRIu64 ",\"to\":%" PRIu64 ",", t->pieces[i].size, t->pieces[i].from,
                   t->pieces[i].to);
        put_hex(out, "hash", t->pieces[i].hash);
        buf_char(out, '}');
    }
    buf_char(out, ']');
}

static void put_tokens(const struct tally *t, struct buf *out)
{
    uint64_t n = 0;
    for (size_t id = 0; id < t->n_ids; id++)
        n += t->by_id[id] != NULL;
    buf_add(out, &n, sizeof n);
    for (size_t id = 0; id < t->n_ids; id++) {
        const struct tally_token *token = t->by_id[id];
        if (!token)
            continue;
        uint64_t head[] = {id, token->special, token->n, token->bytes};
        buf_add(out, head, sizeof head);
        buf_add(out, token->string, token->bytes);
        buf_add(out, (const char[8]){0}, (8 - token->bytes % 8) % 8);
        buf_add(out, token->keys, t->shape.n_sites * sizeof *token->keys);
    }
}

void tally_put(const struct tally *t, struct buf *out)
{
    size_t begin = out->n, n_sites = t->shape.n_sites;
    uint64_t totals[TOTALS] = {t->texts, t->tokens, t->shortest, t->longest};
    buf_puts(out, magic);
    buf_char(out, '{');
    put_shape(&t->shape, out);
    put_place(t, out);
    buf_puts(out, "}");
    while ((out->n - begin + 1) % 8) /* numbers lie at multiples of 8 bytes */
        buf_char(out, ' ');
    buf_char(out, '\n');
    buf_add(out, totals, sizeof totals);
    buf_add(out, t->values, n_sites * t->shape.n_measures * sizeof *t->values);
    buf_add(out, t->cells, n_sites * tally_places(t) * sizeof *t->cells);
    buf_add(out, t->not_finite, n_sites * sizeof *t->not_finite);
    buf_add(out, t->sinks, sizeof *t->sinks);
    put_tokens(t, out);
    if (out->failed)
        return;
    uint64_t hash = tally_hash(TALLY_HASH, out->data + begin, out->n - begin);
    buf_add(out, &hash, sizeof hash);
}

bool tally_save(const struct tally *tally, const char *path, struct err *err)
{
    struct buf bytes = {0};
    struct out out;
    tally_put(tally, &bytes);
    bool ok = buf_ok(&bytes, err) && out_open(path, &out, err);
    if (ok) {
        ok = out_write(&out, bytes.data, bytes.n, err) && out_commit(&out, err);
        out_abort(&out);
    }
    buf_free(&bytes);
    return ok;
}

/* ---- reading ---- */

static bool get_hex(const struct json *v, uint64_t *out)
{
    struct str text = json_str(v, "");
    *out = 0;
    for (size_t i = 0; i < text.n; i++) {
        const char *digits = "0123456789abcdef", *at = text.s[i] ? strchr(digits, text.s[i]) : NULL;
        if (!at)
            return false;
        *out = *out << 4 | (uint64_t)(at - digits);
    }
    return text.n == 16;
}

static bool get_size(const struct json *object, const char *key, size_t *out)
{
    return json_size(json_get(object, key), key, out, NULL);
}

/* The shape; its arrays are new. */
static bool get_shape(const struct json *head, struct tally_shape *shape, struct err *err)
{
    const struct json *heads = json_get(head, "heads"), *named = json_get(head, "measures");
    size_t flags[3], n = json_count(heads), n_measures = json_count(named);
    if (!n || n_measures > TALLY_MEASURES || !json_is_string(json_get(head, "model")) || !get_hex(json_get(head, "weights"), &shape->fingerprint) ||
        !get_hex(json_get(head, "seed"), &shape->seed) || !get_size(head, "places", &shape->places) ||
        !get_size(head, "length", &shape->length) || !get_size(head, "shortest", &shape->shortest) ||
        !get_size(head, "no_special", &flags[0]) || !get_size(head, "paragraphs", &flags[1]) || !get_size(head, "tokens", &flags[2]))
        return false;
    shape->no_special = flags[0];
    shape->paragraphs = flags[1];
    shape->tokens = flags[2];
    shape->sites = mem_new(n, sizeof *shape->sites, "heads of a tally", err);
    shape->model = mem_copy_str(json_str(json_get(head, "model"), ""), err);
    if (!shape->sites || !shape->model)
        return false;
    for (size_t s = 0; s < n; s++) {
        size_t numbers[3];
        for (size_t i = 0; i < 3; i++)
            if (!json_size(json_at(json_at(heads, s), i), "heads", &numbers[i], NULL))
                return false;
        if (numbers[0] >= STACK_KINDS)
            return false;
        shape->sites[shape->n_sites++] = (struct site){.stack = (enum stack_kind)numbers[0], .layer = numbers[1], .head = numbers[2]};
    }
    while (shape->n_measures < n_measures) {
        char *name = mem_copy_str(json_str(json_at(named, shape->n_measures), ""), err);
        if (!name)
            return false;
        shape->measures[shape->n_measures++] = name;
    }
    return true;
}

static bool get_piece(const struct json *v, struct tally *t, struct err *err)
{
    size_t numbers[3];
    uint64_t hash;
    if (!json_is_string(json_get(v, "corpus")) || !get_size(v, "size", &numbers[0]) || !get_size(v, "from", &numbers[1]) ||
        !get_size(v, "to", &numbers[2]) || !get_hex(json_get(v, "hash"), &hash) || numbers[1] > numbers[2] || numbers[2] > numbers[0] ||
        !mem_grow((void **)&t->pieces, &t->pieces_capacity, t->n_pieces + 1, sizeof *t->pieces, "pieces of a tally", err))
        return false;
    char *corpus = mem_copy_str(json_str(json_get(v, "corpus"), ""), err);
    if (!corpus)
        return false;
    t->pieces[t->n_pieces++] = (struct tally_piece){corpus, numbers[0], numbers[1], numbers[2], hash};
    return true;
}

static bool get_place(const struct json *head, struct tally *t, struct err *err)
{
    const struct json *done = json_get(head, "done"), *pieces = json_get(head, "pieces");
    size_t complete, end;
    if (!get_size(head, "end", &end) || !get_size(head, "complete", &complete) || !get_size(head, "skipped", &t->counts.skipped) || !get_size(head, "cut", &t->counts.cut) ||
        !get_size(head, "bad", &t->counts.bad) || !get_size(head, "bad_line", &t->counts.bad_line) || !get_size(head, "offset", &t->place.offset) ||
        !get_size(head, "number", &t->place.number) || !get_size(head, "line", &t->place.line) || json_count(done) > SCAN_WINDOW ||
        !json_count(pieces))
        return false;
    t->complete = complete;
    t->part_end = end;
    for (; t->place.n_done < json_count(done); t->place.n_done++)
        if (!json_size(json_at(done, t->place.n_done), "done", &t->place.done[t->place.n_done], NULL))
            return false;
    for (size_t i = 0; i < json_count(pieces); i++)
        if (!get_piece(json_at(pieces, i), t, err))
            return false;
    return true;
}

/* The next bytes of the numbers; false where the file is too short. */
static bool take(struct str *rest, void *out, size_t n, size_t item)
{
    size_t bytes;
    if (!size_mul(n, item, &bytes) || bytes > rest->n)
        return false;
    memcpy(out, rest->s, bytes);
    rest->s += bytes;
    rest->n -= bytes;
    return true;
}

static bool take_token(struct str *rest, struct tally *t, struct err *err)
{
    enum { IDS = 1 << 26 };
    uint64_t head[4];
    if (!take(rest, head, 4, sizeof *head) || head[0] >= IDS || head[3] > rest->n)
        return false;
    struct str string = {rest->s, (size_t)head[3]};
    size_t padded = (string.n + 7) / 8 * 8;
    if (padded > rest->n)
        return false;
    rest->s += padded;
    rest->n -= padded;
    struct tally_token *token = tally_token(t, (size_t)head[0], string, head[1] != 0, err);
    if (!token)
        return false;
    token->n = head[2];
    return take(rest, token->keys, t->shape.n_sites, sizeof *token->keys);
}

static bool take_numbers(struct str rest, struct tally *t, struct err *err)
{
    uint64_t totals[TOTALS], n_tokens;
    size_t n_sites = t->shape.n_sites;
    if (!take(&rest, totals, TOTALS, sizeof *totals) || !take(&rest, t->values, n_sites * t->shape.n_measures, sizeof *t->values) ||
        !take(&rest, t->cells, n_sites * tally_places(t), sizeof *t->cells) || !take(&rest, t->not_finite, n_sites, sizeof *t->not_finite) ||
        !take(&rest, t->sinks, 1, sizeof *t->sinks) || !take(&rest, &n_tokens, 1, sizeof n_tokens))
        return false;
    t->texts = totals[0];
    t->tokens = totals[1];
    t->shortest = totals[2];
    t->longest = totals[3];
    t->counts.texts = (size_t)t->texts;
    t->place.counts = t->counts;
    while (n_tokens--)
        if (!take_token(&rest, t, err))
            return false;
    return rest.n == 0;
}

/* Do the numbers that the shape promises fit into what follows it? Before memory is asked for. */
static bool fits(const struct tally_shape *shape, size_t bytes)
{
    size_t cells, places;
    return shape->places <= bytes && size_add(shape->places, TALLY_ENDS, &places) && size_mul(shape->n_sites, places, &cells) &&
           size_mul(cells, sizeof(struct tally_cell), &cells) && cells <= bytes &&
           shape->n_sites * shape->n_measures * sizeof(struct tally_value) <= bytes;
}

static bool read_all(const struct json *head, struct str numbers, struct tally *out, struct err *err)
{
    struct tally_shape shape = {0};
    bool ok = get_shape(head, &shape, err) && fits(&shape, numbers.n) && tally_new(&shape, out, err) && get_place(head, out, err) &&
              take_numbers(numbers, out, err);
    tally_shape_free(&shape);
    return ok;
}

bool tally_read(struct str bytes, const char *name, struct tally *out, struct err *err)
{
    struct err own = {0};
    size_t n = sizeof magic - 1;
    uint64_t hash;
    *out = (struct tally){0};
    if (bytes.n < n || memcmp(bytes.s, magic, n) != 0)
        return err_set(err, ERR_FORMAT, "%s: no state of a scan: expected it to begin with \"gaze scan 1\"", name);
    const char *end = memchr(bytes.s + n, '\n', bytes.n - n);
    size_t begin = end ? (size_t)(end - bytes.s) + 1 : bytes.n;
    if (bytes.n < begin + sizeof hash)
        return err_set(err, ERR_FORMAT, "%s: the state of a scan is cut short", name);
    memcpy(&hash, bytes.s + bytes.n - sizeof hash, sizeof hash);
    if (hash != tally_hash(TALLY_HASH, bytes.s, bytes.n - sizeof hash))
        return err_set(err, ERR_FORMAT, "%s: the state of a scan is cut short or was changed: its checksum differs", name);
    struct json *head = json_parse((struct str){bytes.s + n, begin - n}, name, 0, err);
    if (!head)
        return false;
    bool ok = read_all(head, (struct str){bytes.s + begin, bytes.n - begin - sizeof hash}, out, &own);
    json_free(head);
    if (ok)
        return true;
    tally_free(out);
    *out = (struct tally){0};
    if (own.code == ERR_MEMORY && err)
        *err = own;
    return own.code == ERR_MEMORY ? false : err_set(err, ERR_FORMAT, "%s: the numbers are not those that its first lines promise", name);
}

bool tally_load(const char *path, struct tally *out, struct err *err)
{
    struct file file = {0};
    if (file_is_folder(path))
        return err_set(err, ERR_FORMAT, "%s: a folder, no state of a scan", path);
    bool ok = file_map(path, &file, err) && tally_read((struct str){(const char *)file.data, file.size}, path, out, err);
    file_unmap(&file);
    return ok;
}
