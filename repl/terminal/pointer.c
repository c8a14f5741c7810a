/* Reports of the mouse in xterm's SGR form (mode 1006): "BUTTON;COLUMN;ROW" and M, or m where a button was let go. */
#include "core/base/number.h"
#include "repl/terminal/screen.h"

enum { LEFT = 0, NONE = 3, MODIFIERS = 4 | 8 | 16, MOTION = 32, WHEEL = 64, EXTRA = 128 };

/* Three numbers with semicolons between them, then the last character. */
static bool read_numbers(struct str report, long number[3])
{
    size_t at = 0;
    for (size_t i = 0; i < 3; i++) {
        if (i && (at >= report.n || report.s[at++] != ';'))
            return false;
        if (!number_take(report, &at, &number[i]) || number[i] < 0)
            return false;
    }
    return at + 1 == report.n;
}

bool pointer_parse(struct str report, struct pointer *out)
{
    static const enum pointer_kind wheel[] = {POINTER_WHEEL_UP, POINTER_WHEEL_DOWN, POINTER_WHEEL_LEFT, POINTER_WHEEL_RIGHT};
    long number[3];
    if (!read_numbers(report, number) || !number[1] || !number[2] || (number[0] & EXTRA))
        return false;
    bool released = report.s[report.n - 1] == 'm', moved = number[0] & MOTION, turned = number[0] & WHEEL;
    unsigned button = (unsigned)number[0] & 3;
    if (!released && report.s[report.n - 1] != 'M')
        return false;
    if ((button == NONE && !turned && !moved) || (released && (button != LEFT || turned)))
        return false; /* the end of a pull tells nothing */
    enum pointer_kind kind = turned           ? wheel[button]
                             : button == NONE ? POINTER_MOVE
                             : released       ? POINTER_RELEASE
                             : button == LEFT ? (moved ? POINTER_DRAG : POINTER_PRESS)
                                              : (moved ? POINTER_PULL : POINTER_GRAB);
    *out = (struct pointer){.kind = kind,
                            .row = (size_t)number[2] - 1,
                            .col = (size_t)number[1] - 1,
                            .modified = (number[0] & MODIFIERS) != 0};
    return true;
}

bool pointer_is_wheel(struct pointer pointer)
{
    return pointer.kind >= POINTER_WHEEL_UP;
}
