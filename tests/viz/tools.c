/* Programs that look at what was written. See tools.h. */
#include "tools.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "../support/scratch.h"

bool tool_missing(const char *program)
{
    struct buf command = {0};
    buf_printf(&command, "command -v %s >/dev/null 2>&1", program);
    bool missing = system(buf_cstr(&command)) != 0;
    buf_free(&command);
    if (missing)
        fprintf(stderr, "not run: %s is not installed\n", program);
    return missing;
}

struct buf tool_output(const char *command, int *status_out)
{
    struct buf line = {0}, out = {0};
    char piece[4096];
    size_t n;
    buf_printf(&line, "cd '%s' && { %s; } 2>&1", scratch_folder(), command);
    FILE *pipe = popen(buf_cstr(&line), "r");
    cr_assert_not_null(pipe);
    while ((n = fread(piece, 1, sizeof piece, pipe)) > 0)
        buf_add(&out, piece, n);
    int status = pclose(pipe);
    *status_out = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    buf_free(&line);
    buf_cstr(&out);
    return out;
}

unsigned char *tool_pixels(const char *pdf, unsigned dpi, size_t *width_out, size_t *height_out)
{
    char command[300];
    int status, taken = 0;
    snprintf(command, sizeof command, "pdftoppm -r %u -singlefile %s page && cat page.ppm", dpi, pdf);
    struct buf out = tool_output(command, &status);
    unsigned w, h, most;
    cr_assert(status == 0 && sscanf(buf_cstr(&out), "P6 %u %u %u%n", &w, &h, &most, &taken) == 3 && most == 255, "%s", buf_cstr(&out));
    size_t begin = (size_t)taken + 1, bytes = (size_t)w * h * 3;
    cr_assert_eq(out.n, begin + bytes);
    unsigned char *rgb = malloc(bytes);
    cr_assert_not_null(rgb);
    memcpy(rgb, out.data + begin, bytes);
    buf_free(&out);
    *width_out = w;
    *height_out = h;
    return rgb;
}
