/* The renderers, one row each: X(name) for viz/render/NAME.c, which ends in `renderer_NAME`. */
#define RENDERERS(X) \
    X(png)           \
    X(pdf)           \
    X(svg)           \
    X(tex)           \
    X(html)          \
    X(txt)           \
    X(ansi)          \
    X(kitty)         \
    X(iterm2)        \
    X(sixel)
