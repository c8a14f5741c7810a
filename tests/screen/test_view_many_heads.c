/* The full screen on a model of 12 layers of 12 heads: the grid shows all of them, smaller where it must. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/screen/gaze.h"

enum { E = 24, I = 48, LAYERS = 12, VOCAB = 560, POSITIONS = 64 };

/* A safetensors file in the making: its header's text, and how many bytes of zeros follow. */
struct checkpoint {
    char header[65536];
    size_t n, bytes;
};

static void add(struct checkpoint *c, const char *name, size_t rows, size_t cols)
{
    size_t size = 4 * rows * (cols ? cols : 1);
    char shape[64];
    snprintf(shape, sizeof shape, cols ? "%zu,%zu" : "%zu", rows, cols);
    c->n += (size_t)snprintf(c->header + c->n, sizeof c->header - c->n,
                             "%s\"%s\":{\"dtype\":\"F32\",\"shape\":[%s],\"data_offsets\":[%zu,%zu]}", c->bytes ? "," : "{", name,
                             shape, c->bytes, c->bytes + size);
    c->bytes += size;
}

static void add_pair(struct checkpoint *c, int layer, const char *name, size_t rows, size_t cols)
{
    char full[120];
    snprintf(full, sizeof full, "bert.encoder.layer.%d.%s.weight", layer, name);
    add(c, full, rows, cols);
    snprintf(full, sizeof full, "bert.encoder.layer.%d.%s.bias", layer, name);
    add(c, full, rows, 0);
}

static void write_weights(const char *path)
{
    static struct checkpoint c;
    c.n = c.bytes = 0;
    add(&c, "bert.embeddings.word_embeddings.weight", VOCAB, E);
    add(&c, "bert.embeddings.position_embeddings.weight", POSITIONS, E);
    add(&c, "bert.embeddings.token_type_embeddings.weight", 2, E);
    add(&c, "bert.embeddings.LayerNorm.weight", E, 0);
    add(&c, "bert.embeddings.LayerNorm.bias", E, 0);
    for (int l = 0; l < LAYERS; l++) {
        add_pair(&c, l, "attention.self.query", E, E);
        add_pair(&c, l, "attention.self.key", E, E);
        add_pair(&c, l, "attention.self.value", E, E);
        add_pair(&c, l, "attention.output.dense", E, E);
        add_pair(&c, l, "attention.output.LayerNorm", E, 0);
        add_pair(&c, l, "intermediate.dense", I, E);
        add_pair(&c, l, "output.dense", E, I);
        add_pair(&c, l, "output.LayerNorm", E, 0);
    }
    c.n += (size_t)snprintf(c.header + c.n, sizeof c.header - c.n, "}");
    FILE *out = fopen(path, "wb");
    cr_assert(out);
    for (int k = 0; k < 8; k++) /* the header's length, little-endian */
        fputc((int)(c.n >> (8 * k) & 255), out);
    fwrite(c.header, 1, c.n, out);
    for (size_t b = 0; b < c.bytes; b++)
        fputc(0, out);
    cr_assert_eq(fclose(out), 0);
}

static void make_model(const char *folder)
{
    char from[400], to[400], cwd[300];
    cr_assert(getcwd(cwd, sizeof cwd));
    for (size_t i = 0; i < 2; i++) {
        static const char *const files[] = {"tokenizer.json", "tokenizer_config.json"};
        snprintf(from, sizeof from, "%s/tests/data/golden/bert/%s", cwd, files[i]);
        snprintf(to, sizeof to, "%s/%s", folder, files[i]);
        cr_assert_eq(symlink(from, to), 0);
    }
    snprintf(to, sizeof to, "%s/config.json", folder);
    FILE *out = fopen(to, "w");
    cr_assert(out);
    fprintf(out,
            "{\"model_type\":\"bert\",\"architectures\":[\"BertForMaskedLM\"],\"vocab_size\":%d,\"hidden_size\":%d,\"num_hidden_"
            "layers\":%d,"
            "\"num_attention_heads\":12,\"intermediate_size\":%d,\"hidden_act\":\"gelu\",\"max_position_embeddings\":%d,"
            "\"type_vocab_size\":2,\"layer_norm_eps\":1e-12,\"pad_token_id\":0}\n",
            VOCAB, E, LAYERS, I, POSITIONS);
    cr_assert_eq(fclose(out), 0);
    snprintf(to, sizeof to, "%s/model.safetensors", folder);
    write_weights(to);
}

Test(view_many_heads, twelve_by_twelve_fit_at_three_sizes, .timeout = 280)
{
    static const struct {
        int rows, cols;
    } sizes[] = {{24, 80}, {40, 120}, {60, 200}};
    struct terminal *scratch = terminal_start(&(struct terminal_setup){.argv = (const char *[]){"/bin/true", NULL}});
    char load[200];
    make_model(scratch->home);
    snprintf(load, sizeof load, "load %s weights=random as=twelve", scratch->home);
    for (size_t s = 0; s < 3; s++) {
        struct terminal *t =
            gaze_start((const char *[]){"-X", "-c", load, "-c", "run \"the cat sat on the mat\"", "-c", "view L3.H4", NULL}, NULL,
                       sizes[s].rows, sizes[s].cols, NULL);
        int row, col;
        cr_assert(terminal_wait_text(t, "Query") && sync_frame(t));
        terminal_keys(t, "g");
        cr_assert(terminal_wait_row(t, 0, "grid") && sync_frame(t));
        cr_expect(terminal_wait_row(t, 1, "11"), "%d x %d: the last head", sizes[s].rows, sizes[s].cols);
        cr_expect(terminal_find(t, "L11", &row, &col) && col == 0, "%d x %d: the last layer", sizes[s].rows, sizes[s].cols);
        cr_expect(!terminal_shows(t, "seen: L"), "nothing is left out");
        cr_expect(terminal_shows(t, "[CLS]") && terminal_wait_row(t, 1, "L3.H4"), "the chosen head large beside them");
        terminal_keys(t, "q q");
        leave(t, 0);
    }
    terminal_free(scratch);
}

/* At widths where the map's last column stands as near to the mini-map as it may. */
Test(view_many_heads, the_mini_map_has_its_last_head_at_every_width_that_has_a_mini_map, .timeout = 280)
{
    struct terminal *scratch = terminal_start(&(struct terminal_setup){.argv = (const char *[]){"/bin/true", NULL}});
    char load[200];
    int row, col, shown = 0;
    make_model(scratch->home);
    snprintf(load, sizeof load, "load %s weights=random as=twelve", scratch->home);
    struct terminal *t = gaze_start((const char *[]){"-X", "-c", load, "-c", "run \"the and was with of the and was with of the and was\"", "-c",
                                                     "view L3.H11 keys=\"Down*9\"", NULL}, NULL, 30, 84, NULL);
    cr_assert(terminal_wait_text(t, "Query") && sync_frame(t));
    for (int cols = 84; cols <= 140; cols++) {
        terminal_resize(t, 30, cols);
        cr_assert(sync_frame(t));
        if (!terminal_find(t, "layers \u00d7 heads", &row, &col))
            continue;
        shown++;
        char *line = emulator_row(t->screen, row + 5);
        cr_expect(strstr(line, "\u2590\u258c"), "%d columns: the head that is looked at is not in '%s'", cols, line);
        free(line);
    }
    cr_expect_gt(shown, 30, "%d widths", shown);
    terminal_keys(t, "q");
    leave(t, 0);
    terminal_free(scratch);
}
