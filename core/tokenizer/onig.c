/* Oniguruma's regular expressions in the syntax of PCRE2 (Oniguruma's doc/RE; pcre2pattern(3)).
 *
 * What differs and matters here: \w, \s and \h; (?m); possessive intervals, which are no such thing in
 * Oniguruma; {,n}; \uHHHH; long names of properties, and scripts (PCRE2 takes Script_Extensions unless told
 * otherwise); classes in classes and && between them, which become alternatives and look-aheads of one
 * character each. Not translated, and refused: the absence operator, grapheme boundaries, calls to groups. */
#include "core/tokenizer/pattern.h"

#include <ctype.h>
#include <string.h>

#define WORD "\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}"
enum { NESTING = 100 };

struct onig {
    struct str in;
    size_t at;
    struct buf *out;
    size_t atom;           /* where in `out` the last atom begins */
    size_t groups[NESTING]; /* where the open groups begin */
    size_t depth;
    struct err *err;
};

static bool refuse(struct onig *o, const char *what)
{
    return err_set(o->err, ERR_UNSUPPORTED, "%s at byte %zu", what, o->at);
}

static int peek(const struct onig *o, size_t ahead)
{
    return o->at + ahead < o->in.n ? (unsigned char)o->in.s[o->at + ahead] : -1;
}

static const struct {
    const char *name, *value;
} properties[] = {
    {"letter", "L"}, {"mark", "M"}, {"number", "N"}, {"punctuation", "P"}, {"symbol", "S"}, {"separator", "Z"}, {"other", "C"},
    {"uppercaseletter", "Lu"}, {"lowercaseletter", "Ll"}, {"titlecaseletter", "Lt"}, {"casedletter", "L&"},
    {"modifierletter", "Lm"}, {"otherletter", "Lo"}, {"nonspacingmark", "Mn"}, {"spacingmark", "Mc"}, {"enclosingmark", "Me"},
    {"decimalnumber", "Nd"}, {"letternumber", "Nl"}, {"othernumber", "No"}, {"connectorpunctuation", "Pc"},
    {"dashpunctuation", "Pd"}, {"openpunctuation", "Ps"}, {"closepunctuation", "Pe"}, {"initialpunctuation", "Pi"},
    {"finalpunctuation", "Pf"}, {"otherpunctuation", "Po"}, {"mathsymbol", "Sm"}, {"currencysymbol", "Sc"},
    {"modifiersymbol", "Sk"}, {"othersymbol", "So"}, {"spaceseparator", "Zs"}, {"lineseparator", "Zl"},
    {"paragraphseparator", "Zp"}, {"control", "Cc"}, {"cntrl", "Cc"}, {"format", "Cf"}, {"surrogate", "Cs"},
    {"privateuse", "Co"}, {"unassigned", "Cn"}, {"any", "Any"}, {"alpha", "Alphabetic"}, {"alphabetic", "Alphabetic"},
    {"digit", "Nd"}, {"space", "White_Space"}, {"whitespace", "White_Space"}, {"upper", "Uppercase"},
    {"uppercase", "Uppercase"}, {"lower", "Lowercase"}, {"lowercase", "Lowercase"}, {"ascii", "ASCII"},
    {"emoji", "Emoji"}, {"emojipresentation", "Emoji_Presentation"}, {"emojimodifier", "Emoji_Modifier"},
    {"emojimodifierbase", "Emoji_Modifier_Base"}, {"emojicomponent", "Emoji_Component"},
    {"extendedpictographic", "Extended_Pictographic"}, {"ideographic", "Ideographic"},
    {"unifiedideograph", "Unified_Ideograph"}, {"diacritic", "Diacritic"}, {"dash", "Dash"}, {"math", "Math"},
    {"cased", "Cased"}, {"caseignorable", "Case_Ignorable"}, {"idstart", "ID_Start"}, {"idcontinue", "ID_Continue"},
    {"xidstart", "XID_Start"}, {"xidcontinue", "XID_Continue"}, {"joincontrol", "Join_Control"},
    {"defaultignorablecodepoint", "Default_Ignorable_Code_Point"}, {"regionalindicator", "Regional_Indicator"},
    {"variationselector", "Variation_Selector"}, {"graphemeextend", "Grapheme_Extend"}, {"graphemebase", "Grapheme_Base"},
    {"quotationmark", "Quotation_Mark"}, {"terminalpunctuation", "Terminal_Punctuation"},
    {"sentenceterminal", "Sentence_Terminal"}, {"hexdigit", "Hex_Digit"}, {"asciihexdigit", "ASCII_Hex_Digit"},
};

/* \p{NAME} or \P{^NAME} …, from behind the p, for use within a class or outside. */
static bool property(struct onig *o, struct buf *out)
{
    bool negative = peek(o, 0) == 'P';
    o->at++;
    char name[64];
    size_t n = 0, close = o->at;
    if (peek(o, 0) != '{')
        return refuse(o, "\\p without {…}");
    while (close < o->in.n && o->in.s[close] != '}')
        close++;
    if (close == o->in.n)
        return refuse(o, "\\p{ without }");
    for (size_t i = o->at + 1; i < close && n + 1 < sizeof name; i++) {
        char c = o->in.s[i];
        if (c == '^' && i == o->at + 1)
            negative = !negative;
        else if (c != '_' && c != ' ' && c != '-')
            name[n++] = (char)tolower((unsigned char)c);
    }
    name[n] = 0;
    const char *value = NULL;
    for (size_t i = 0; i < sizeof properties / sizeof properties[0]; i++)
        if (!strcmp(name, properties[i].name))
            value = properties[i].value;
    buf_puts(out, negative ? "\\P{" : "\\p{");
    if (value)
        buf_puts(out, value);
    else if (n <= 2 && n > 0) /* a general category: Lu, and L& */
        buf_printf(out, "%c%s", toupper((unsigned char)name[0]), name + 1);
    else
        buf_printf(out, "sc:%s", name);
    buf_char(out, '}');
    o->at = close + 1;
    return true;
}

/* Escapes that mean one character or a plain set, in a class and outside alike; from behind the backslash. */
static bool plain_escape(struct onig *o, struct buf *out)
{
    int c = peek(o, 0);
    if (c == 'p' || c == 'P')
        return property(o, out);
    o->at++;
    if (c == 's' || c == 'S') {
        buf_puts(out, c == 's' ? "\\p{White_Space}" : "\\P{White_Space}");
    } else if (c == 'd' || c == 'D') {
        buf_puts(out, c == 'd' ? "\\p{Nd}" : "\\P{Nd}");
    } else if (c == 'v') {
        buf_puts(out, "\\x{0B}");
    } else if (c == 'u') {
        char hex[5] = {0};
        for (size_t i = 0; i < 4 && peek(o, 0) >= 0 && isxdigit(peek(o, 0)); i++, o->at++)
            hex[i] = o->in.s[o->at];
        if (strlen(hex) != 4)
            return refuse(o, "\\u without four hexadecimal digits");
        buf_printf(out, "\\x{%s}", hex);
    } else if (c < 0) {
        return refuse(o, "a backslash at the end");
    } else {
        buf_char(out, '\\');
        buf_char(out, (char)c);
    }
    return true;
}

static bool class(struct onig *o, struct buf *out, size_t depth);

static const struct {
    const char *name, *set;
} posix[] = {
    {"alpha", "\\p{Alphabetic}"}, {"digit", "\\p{Nd}"}, {"alnum", "\\p{Alphabetic}\\p{Nd}"}, {"space", "\\p{White_Space}"},
    {"upper", "\\p{Uppercase}"}, {"lower", "\\p{Lowercase}"}, {"punct", "\\p{P}$+<=>^`|~"}, {"cntrl", "\\p{Cc}"},
    {"xdigit", "0-9a-fA-F"}, {"word", WORD}, {"blank", "\\p{Zs}\\t"}, {"ascii", "\\x{00}-\\x{7F}"},
};

/* [:name:] within a class. 1: it was one, 0: it was none, -1: error. */
static int posix_class(struct onig *o, struct buf *plain, struct buf *others)
{
    bool negative = peek(o, 2) == '^';
    size_t begin = o->at + 2 + negative;
    for (size_t i = 0; i < sizeof posix / sizeof posix[0]; i++) {
        size_t n = strlen(posix[i].name);
        if (begin + n + 2 > o->in.n || memcmp(o->in.s + begin, posix[i].name, n) || memcmp(o->in.s + begin + n, ":]", 2))
            continue;
        if (negative)
            buf_printf(others, "|[^%s]", posix[i].set);
        else
            buf_puts(plain, posix[i].set);
        o->at = begin + n + 2;
        return 1;
    }
    return 0;
}

/* The members of a class up to && or ]; plain ones, and others as alternatives with a leading |. */
static bool class_members(struct onig *o, struct buf *plain, struct buf *others, size_t depth)
{
    bool first = true;
    for (;; first = false) {
        int c = peek(o, 0);
        if (c < 0)
            return refuse(o, "a class without ]");
        if ((c == ']' && !first) || (c == '&' && peek(o, 1) == '&'))
            return true;
        if (c == '[') {
            int known = peek(o, 1) == ':' ? posix_class(o, plain, others) : 0;
            if (known)
                continue;
            o->at++;
            buf_char(others, '|');
            if (!class(o, others, depth + 1))
                return false;
        } else if (c == '\\') {
            o->at++;
            int e = peek(o, 0);
            if (e == 'w' || e == 'W' || e == 'h' || e == 'H') {
                const char *set = e == 'w' || e == 'W' ? WORD : "0-9a-fA-F";
                if (islower(e))
                    buf_puts(plain, set);
                else
                    buf_printf(others, "|[^%s]", set);
                o->at++;
            } else if (!plain_escape(o, plain)) {
                return false;
            }
        } else {
            if (c == ']')
                buf_char(plain, '\\');
            buf_char(plain, (char)c);
            o->at++;
        }
    }
}

/* One operand of &&, or the whole class: matches one character. */
static void class_operand(struct buf *out, const struct buf *plain, const struct buf *others)
{
    if (!others->n) {
        buf_char(out, '[');
        buf_str(out, buf_view(plain));
        buf_char(out, ']');
        return;
    }
    buf_puts(out, "(?:");
    if (plain->n) {
        buf_char(out, '[');
        buf_str(out, buf_view(plain));
        buf_char(out, ']');
    }
    struct str rest = buf_view(others);
    if (!plain->n)
        rest = (struct str){rest.s + 1, rest.n - 1};
    buf_str(out, rest);
    buf_char(out, ')');
}

/* A class from behind its [ to behind its ]. */
static bool class(struct onig *o, struct buf *out, size_t depth)
{
    if (depth > NESTING)
        return refuse(o, "classes nested too deeply");
    struct buf whole = {0}, plain = {0}, others = {0};
    bool negative = peek(o, 0) == '^', simple = false, ok = true;
    o->at += negative;
    for (size_t operands = 0;; operands++) {
        plain.n = others.n = 0;
        ok = class_members(o, &plain, &others, depth);
        if (!ok)
            break;
        bool last = peek(o, 0) == ']';
        o->at += last ? 1 : 2;
        simple = last && !operands && !others.n;
        if (simple)
            break;
        if (last && !operands) {
            class_operand(&whole, &plain, &others);
            break;
        }
        buf_puts(&whole, last ? "" : "(?=");
        if (plain.n || others.n)
            class_operand(&whole, &plain, &others);
        buf_puts(&whole, last ? "" : ")");
        if (last)
            break;
    }
    if (ok) {
        buf_puts(out, simple ? (negative ? "[^" : "[") : negative ? "(?:(?!" : "(?:");
        buf_str(out, buf_view(simple ? &plain : &whole));
        buf_puts(out, simple ? "]" : negative ? ")[\\s\\S])" : ")");
    }
    out->failed |= whole.failed || plain.failed || others.failed;
    buf_free(&whole);
    buf_free(&plain);
    buf_free(&others);
    return ok;
}

/* An escape outside classes, from behind the backslash. */
static bool escape(struct onig *o)
{
    int c = peek(o, 0);
    o->atom = o->out->n;
    const char *set = c == 'w'   ? "[" WORD "]"
                      : c == 'W' ? "[^" WORD "]"
                      : c == 'h' ? "[0-9a-fA-F]"
                      : c == 'H' ? "[^0-9a-fA-F]"
                      : c == 'b' ? "(?:(?<=[" WORD "])(?![" WORD "])|(?<![" WORD "])(?=[" WORD "]))"
                      : c == 'B' ? "(?:(?<=[" WORD "])(?=[" WORD "])|(?<![" WORD "])(?![" WORD "]))"
                                 : NULL;
    if (set) {
        buf_puts(o->out, set);
        o->at++;
        return true;
    }
    if (c == 'y' || c == 'Y' || c == 'g' || c == 'O' || c == 'M' || c == 'C')
        return refuse(o, "an escape of Oniguruma that PCRE2 lacks");
    return plain_escape(o, o->out);
}

/* ( and what follows a question mark: options have other letters. */
static bool group(struct onig *o)
{
    if (o->depth == NESTING)
        return refuse(o, "groups nested too deeply");
    o->groups[o->depth++] = o->out->n;
    buf_char(o->out, '(');
    o->at++;
    if (peek(o, 0) != '?')
        return true;
    if (peek(o, 1) == '~')
        return refuse(o, "the absence operator");
    if (peek(o, 1) == '#') { /* a comment; its text may hold anything */
        o->depth--;
        o->out->n--;
        while (peek(o, 0) >= 0 && peek(o, 0) != ')')
            o->at += peek(o, 0) == '\\' && peek(o, 1) >= 0 ? 2 : 1;
        o->at++;
        return true;
    }
    buf_char(o->out, '?');
    o->at++;
    for (int c = peek(o, 0); c == 'i' || c == 'm' || c == 'x' || c == '-'; o->at++, c = peek(o, 0))
        buf_char(o->out, c == 'm' ? 's' : (char)c);
    return true;
}

/* {n,m}: as it stands, but {,m} begins at 0, and a + or a ? after {n} repeats the whole. False where it is no interval. */
static bool interval(struct onig *o)
{
    size_t at = o->at + 1, low = 0, high = 0;
    bool comma = false;
    for (; at < o->in.n && isdigit((unsigned char)o->in.s[at]); at++)
        low++;
    if (at < o->in.n && o->in.s[at] == ',') {
        comma = true;
        for (at++; at < o->in.n && isdigit((unsigned char)o->in.s[at]); at++)
            high++;
    }
    if (at >= o->in.n || o->in.s[at] != '}' || !(low + high))
        return false;
    char next = at + 1 < o->in.n ? o->in.s[at + 1] : 0;
    bool wrap = next == '+' || (next == '?' && !comma);
    if (wrap) {
        struct buf atom = {0};
        buf_add(&atom, o->out->data + o->atom, o->out->n - o->atom);
        o->out->n = o->atom;
        buf_puts(o->out, "(?:");
        buf_str(o->out, buf_view(&atom));
        o->out->failed |= atom.failed;
        buf_free(&atom);
    }
    buf_char(o->out, '{');
    if (!low)
        buf_char(o->out, '0');
    buf_add(o->out, o->in.s + o->at + 1, at - o->at);
    if (wrap)
        buf_char(o->out, ')');
    o->at = at + 1;
    return true;
}

bool onig_translate(struct str pattern, struct buf *out, struct err *err)
{
    struct onig o = {.in = pattern, .out = out, .err = err};
    while (o.at < pattern.n) {
        char c = pattern.s[o.at];
        bool ok = true;
        if (c == '\\') {
            o.at++;
            ok = escape(&o);
        } else if (c == '[') {
            o.at++;
            o.atom = out->n;
            ok = class(&o, out, 0);
        } else if (c == '(') {
            ok = group(&o);
        } else if (c == '{' && interval(&o)) {
            continue;
        } else {
            if (c == ')' && o.depth)
                o.atom = o.groups[--o.depth];
            else if (!strchr("*+?|)", c) && ((unsigned char)c & 0xc0) != 0x80)
                o.atom = out->n;
            buf_char(out, c);
            o.at++;
        }
        if (!ok)
            return false;
    }
    return true;
}
