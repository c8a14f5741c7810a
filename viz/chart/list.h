/* The kinds of charts, one row each: X(name) for `chart_NAME` at the end of a file viz/chart/NAME*.c. The first is what a picture is
 * where it names none. */
#define CHARTS(X) \
    X(maps)       \
    X(scatter)    \
    X(stripes)    \
    X(lines)      \
    X(bars)       \
    X(text)       \
    X(squares)    \
    X(layers)     \
    X(display)
