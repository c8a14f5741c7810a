/* The palettes, one row each: X(name) for viz/palette/NAME.c, which ends in `palette_NAME`. */
#define PALETTES(X) \
    X(viridis)      \
    X(magma)        \
    X(cividis)      \
    X(batlow)       \
    X(grey)         \
    X(blues)        \
    X(rdbu)         \
    X(puor)         \
    X(vik)
