/* A whole picture in cells, whatever its chart. See cells.h. */
#include "viz/render/cells.h"

#include "viz/chart/chart.h"

bool cells_picture(const struct picture *picture, const struct cells_options *options, struct cell_grid *grid_out, struct err *err)
{
    return picture_chart(picture)->cells(picture, options, grid_out, err);
}
