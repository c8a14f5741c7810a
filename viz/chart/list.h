/* The kinds of charts, one row each: X(name) for viz/chart/NAME.c, which ends in `chart_NAME`. The first is what a picture is
 * where it names none. */
#define CHARTS(X) \
    X(maps)       \
    X(scatter)
