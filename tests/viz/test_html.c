/* The page of a figure, walked through in a headless Chromium: values under the pointer and by keys, pinning, heads, layers and
 * parts, roles and names, light and dark, nothing over the network. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "../support/scratch.h"
#include "tools.h"
#include "viz/chart/chart.h"
#include "viz/palette/palette.h"
#include "viz/render/renderer.h"

enum { T = 3, MAPS = 8 };
static const struct str words[T] = {{"</script><b>", 12}, {"שלום", 8}, {"cat", 3}};
static const char *const titles[MAPS] = {"L0.H0", "L0.H1", "L1.H0", "L1.H1", "L0.H0 c2p", "L0.H1 c2p", "L1.H0 c2p", "L1.H1 c2p"};
static float values[MAPS][T * T];
static struct panel panels[MAPS];

static struct picture picture_of(void)
{
    for (size_t k = 0; k < MAPS; k++) {
        for (size_t i = 0; i < T * T; i++)
            values[k][i] = (float)(0.1 * (double)k + 0.01 * (double)i);
        panels[k] = (struct panel){.rows = T, .cols = T, .values = values[k], .row_labels = words, .col_labels = words,
                                   .title = str_of(titles[k]), .tick = 1.0 / T};
    }
    return (struct picture){.panels = panels, .n_panels = MAPS, .scale = {.lo = 0, .hi = 1}, .row_axis = "Query", .col_axis = "Key",
                            .value_name = "attention probability"};
}

static struct buf page_of(const struct picture *picture)
{
    struct buf out = {0}, remarks = {0};
    struct err err = {0};
    cr_assert(renderer_html.render(picture, &(struct render_options){0}, &out, &remarks, &err), "%s", err.message);
    buf_free(&remarks);
    return out;
}

/* The page with a script behind its own, whose `say(…)` lines are what comes back. */
static struct buf walk(const struct picture *picture, const char *script, const char *flags)
{
    struct buf page = page_of(picture), command = {0};
    int status;
    buf_printf(&page,
               "<pre id='report'></pre><script>window.onerror = e => say('ERROR ' + e);\n"
               "const say = x => { document.getElementById('report').textContent += x + '|'; };\n"
               "const key = k => (document.activeElement || document.body).dispatchEvent(new KeyboardEvent('keydown', {key: k, bubbles: true, "
               "cancelable: true}));\n"
               "const said = () => document.getElementById('value').textContent;\n"
               "const point = (i, j, kind) => { const r = canvas.getBoundingClientRect(); document.getElementById('map').dispatchEvent(new "
               "MouseEvent(kind, {bubbles: true, clientX: r.left + (j + .5) * cell, clientY: r.top + (i + .5) * cell})); };\n"
               "%s</script>\n", script);
    scratch_write("page.html", page.data, page.n);
    buf_printf(&command, "HOME=$PWD timeout 120 chromium --headless --no-sandbox --disable-gpu --disable-dev-shm-usage %s --dump-dom "
               "page.html 2>/dev/null | sed -n 's/.*<pre id=\"report\">//;t a;b;:a s/<.pre>.*//p'", flags);
    struct buf out = tool_output(buf_cstr(&command), &status);
    buf_free(&page);
    buf_free(&command);
    return out;
}

static void expect_of(const struct picture *picture, const char *script, const char *flags, const char *wanted)
{
    struct buf out = walk(picture, script, flags);
    cr_expect_str_eq(buf_cstr(&out), wanted);
    buf_free(&out);
}

static void expect(const char *script, const char *flags, const char *wanted)
{
    struct picture picture = picture_of();
    expect_of(&picture, script, flags, wanted);
}

Test(html, pointer_and_keys_read_values_pin_a_query_and_change_head_layer_and_part)
{
    if (tool_missing("chromium"))
        return;
    expect("point(1, 2, 'mousemove'); say(said());\n"
           "point(2, 0, 'click'); say(said()); point(0, 1, 'mousemove'); say(said());\n"
           "key('Escape'); document.getElementById('map').focus(); key('ArrowDown'); key('ArrowRight'); say(said());\n"
           "key('Home'); say(said()); key('End'); say(said());\n"
           "key(']'); say(document.title + ' ' + said()); key('}'); say(document.title); key('m'); say(document.title + ' ' + said());\n"
           "key('['); key('{'); say(document.title); key('v'); say(document.getElementById('view').value);\n"
           "document.getElementById('head').value = 'H1'; document.getElementById('head').onchange(); say(document.title);\n",
           "",
           "Query 1 שלום, Key 2 cat: 0.05|Query 2 cat, Key 0 &lt;/script&gt;&lt;b&gt;: 0.06 (pinned)|Query 2 cat, Key 1 שלום: 0.07 (pinned)|"
           "Query 1 שלום, Key 2 cat: 0.05|Query 1 שלום, Key 0 &lt;/script&gt;&lt;b&gt;: 0.03|Query 1 שלום, Key 2 cat: 0.05|L0.H1 Query 1 שלום, Key 2 cat: 0.15|L1.H1|L1.H1 c2p Query 1 שלום, Key 2 cat: 0.75|L0.H0 c2p|"
           "lines|L0.H1 c2p|\n");
}

Test(html, what_a_screen_reader_needs_has_roles_and_names_and_the_keyboard_reaches_it)
{
    if (tool_missing("chromium"))
        return;
    expect("const m = document.getElementById('map');\n"
           "say(m.getAttribute('role') + ' ' + m.tabIndex + ' ' + m.getAttribute('aria-label'));\n"
           "say(document.getElementById(m.getAttribute('aria-describedby')).textContent.slice(0, 6));\n"
           "const v = document.getElementById('value'); say(v.getAttribute('role') + ' ' + v.getAttribute('aria-live'));\n"
           "say([...document.querySelectorAll('select')].map(s => s.labels.length + s.labels[0].firstChild.textContent.trim()).join(' '));\n"
           "say(document.getElementById('scale').getAttribute('aria-label'));\n"
           "say(document.getElementById('top').caption.textContent + ' ' + document.getElementById('top').rows.length);\n"
           "say(document.documentElement.lang);\n",
           "",
           "application 0 attention probability of L0.H0, 3 queries by 3 keys|Arrows|status polite|1Layer 1Head 1Part 1View 1Palette|"
           "attention probability, 0 to 1; uniform 0.3333|Strongest keys of 0 &lt;/script&gt;&lt;b&gt; 3|en|\n");
}

Test(html, the_page_is_light_or_dark_as_the_reader_wants_it)
{
    const char *script = "say(getComputedStyle(document.body).backgroundColor + ' ' + getComputedStyle(document.body).color);\n";
    if (tool_missing("chromium"))
        return;
    expect(script, "", "rgb(255, 255, 255) rgb(34, 34, 34)|\n");
    expect(script, "--blink-settings=preferredColorScheme=0", "rgb(22, 24, 28) rgb(230, 230, 230)|\n");
}

Test(html, cells_have_the_palettes_colour_for_their_value)
{
    struct buf wanted = {0};
    if (tool_missing("chromium"))
        return;
    picture_of();
    for (size_t i = 0; i < T; i++) {
        struct rgb c = palette_at(&palette_blues, (double)values[3][i * T + i]);
        buf_printf(&wanted, "%d,%d,%d|", c.r, c.g, c.b);
    }
    buf_char(&wanted, '\n');
    expect("show(3); for (let i = 0; i < 3; i++) say([...canvas.getContext('2d').getImageData((i + .5) * cell, (i + .5) * cell, 1, 1)"
           ".data].slice(0, 3));\n", "", buf_cstr(&wanted));
    buf_free(&wanted);
}

/* 350 tokens, whose only value above 0 is that of one cell: it is found in the small map of 34 pixels as well, the crosshair on it
 * hides it not, and the value stands on the screen beside a map as wide as that. */
Test(html, a_single_cell_of_a_long_text_is_seen_in_the_map_under_the_crosshair_and_in_the_small_map)
{
    enum { N = 350, ROW = 123, COL = 301 };
    static float one[N * N];
    static struct str tokens[N];
    static struct panel many[2];
    if (tool_missing("chromium"))
        return;
    one[ROW * N + COL] = 1;
    for (size_t i = 0; i < N; i++)
        tokens[i] = words[2];
    for (size_t k = 0; k < 2; k++)
        many[k] = (struct panel){.rows = N, .cols = N, .values = one, .row_labels = tokens, .col_labels = tokens, .title = str_of(titles[k]),
                                 .tick = NAN};
    struct picture picture = {.panels = many, .n_panels = 2, .scale = {.lo = 0, .hi = 1}, .row_axis = "Query", .col_axis = "Key",
                              .value_name = "attention probability"};
    expect_of(&picture,
              "const dark = (c, x, y) => c.getContext('2d').getImageData(x, y, 1, 1).data.slice(0, 3);\n"
              "point(123, 301, 'mousemove'); say(said()); say(dark(canvas, 301.5 * cell, 123.5 * cell));\n"
              "say(over.getContext('2d').getImageData(2 + 301 * cell, 2 + 123 * cell, cell, cell).data.some(x => x) ? 'hidden' : 'seen');\n"
              "const o = document.getElementById('over'), side = o.height - 2, found = x => [...Array(side * side).keys()]\n"
              "  .filter(n => dark(o, x + n % side, Math.floor(n / side))[0] === 11).map(n => n % side + ' ' + Math.floor(n / side));\n"
              "say(found(0)); show(1); say(found(side + 2));\n"
              "const v = document.getElementById('value').getBoundingClientRect(); say(v.bottom < innerHeight && v.right < innerWidth);\n"
              "scrollTo(0, 600); say(document.getElementById('value').getBoundingClientRect().top >= 0);\n",
              "--window-size=1200,900",
              "Query 123 cat, Key 301 cat: 1|11,43,74|seen|29 12|29 12|true|true|\n");
}

Test(html, a_page_is_one_file_without_addresses)
{
    struct picture picture = picture_of();
    struct buf page = page_of(&picture);
    static const char *const no[] = {"http:", "https:", " src=", "@import", "url(", "fetch(", "XMLHttp", "</script><b>"};
    for (size_t i = 0; i < sizeof no / sizeof *no; i++)
        cr_expect_null(strstr(buf_cstr(&page), no[i]), "%s", no[i]);
    cr_expect(strstr(buf_cstr(&page), "default-src 'none'"));
    buf_free(&page);
}

Test(html, all_heads_of_a_base_model_at_128_tokens_take_less_than_12_mb)
{
    enum { N = 128, HEADS = 144 };
    static float noise[N * N];
    static struct panel many[HEADS];
    unsigned long long state = 3;
    for (size_t i = 0; i < N * N; i++)
        noise[i] = (float)draw(&state, 1000) / 1000;
    for (size_t k = 0; k < HEADS; k++)
        many[k] = (struct panel){.rows = N, .cols = N, .values = noise, .tick = NAN};
    struct picture picture = {.panels = many, .n_panels = HEADS, .scale = {.lo = 0, .hi = 1}};
    struct buf page = page_of(&picture);
    cr_expect_lt(page.n, 12000000, "%zu bytes", page.n);
    buf_free(&page);
}

Test(html, other_charts_stand_on_the_page_as_svg)
{
    struct picture picture = picture_of();
    picture.chart = &chart_bars;
    picture.n_panels = 1;
    panels[0].rows = 1;
    struct buf page = page_of(&picture);
    cr_expect(strstr(buf_cstr(&page), "<svg") && strstr(buf_cstr(&page), ">cat</text>") && !strstr(buf_cstr(&page), "<?xml"));
    buf_free(&page);
}
