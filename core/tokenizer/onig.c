/* Oniguruma's regular expressions in the syntax of PCRE2 (Oniguruma's doc/RE; pcre2pattern(3)).
 *
 * What differs and matters here: \w, \s and \h; (?m); possessive intervals, which are no such thing in
 * Oniguruma; {,n}; \uHHHH; long names of properties, and scripts (PCRE2 takes Script_Extensions unless told
 * otherwise); classes in classes and && between them, which become alternatives and look-aheads of one
 * character each. Not translated, and refused: the absence operator, grapheme boundaries, calls to groups. */
#include "core/tokenizer/pattern.h"

#include <ctype.h>
#include <string.h>

#include "core/tokenizer/unicode/unicode.h"

enum { NESTING = 100 };

struct onig {
    struct str in;
    size_t at;
    struct buf *out;
    size_t atom;            /* where in `out` the last atom begins */
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
    {"letter", "L"},
    {"mark", "M"},
    {"number", "N"},
    {"punctuation", "P"},
    {"symbol", "S"},
    {"separator", "Z"},
    {"other", "C"},
    {"uppercaseletter", "Lu"},
    {"lowercaseletter", "Ll"},
    {"titlecaseletter", "Lt"},
    {"casedletter", "L&"},
    {"modifierletter", "Lm"},
    {"otherletter", "Lo"},
    {"nonspacingmark", "Mn"},
    {"spacingmark", "Mc"},
    {"enclosingmark", "Me"},
    {"decimalnumber", "Nd"},
    {"letternumber", "Nl"},
    {"othernumber", "No"},
    {"connectorpunctuation", "Pc"},
    {"dashpunctuation", "Pd"},
    {"openpunctuation", "Ps"},
    {"closepunctuation", "Pe"},
    {"initialpunctuation", "Pi"},
    {"finalpunctuation", "Pf"},
    {"otherpunctuation", "Po"},
    {"mathsymbol", "Sm"},
    {"currencysymbol", "Sc"},
    {"modifiersymbol", "Sk"},
    {"othersymbol", "So"},
    {"spaceseparator", "Zs"},
    {"lineseparator", "Zl"},
    {"paragraphseparator", "Zp"},
    {"control", "Cc"},
    {"format", "Cf"},
    {"surrogate", "Cs"},
    {"privateuse", "Co"},
    {"unassigned", "Cn"},
    {"any", "Any"},
    {"whitespace", "White_Space"},
    {"punct", "P"},
    {"emoji", "Emoji"},
    {"emojipresentation", "Emoji_Presentation"},
    {"emojimodifier", "Emoji_Modifier"},
    {"emojimodifierbase", "Emoji_Modifier_Base"},
    {"emojicomponent", "Emoji_Component"},
    {"extendedpictographic", "Extended_Pictographic"},
    {"ideographic", "Ideographic"},
    {"unifiedideograph", "Unified_Ideograph"},
    {"diacritic", "Diacritic"},
    {"dash", "Dash"},
    {"math", "Math"},
    {"cased", "Cased"},
    {"caseignorable", "Case_Ignorable"},
    {"idstart", "ID_Start"},
    {"idcontinue", "ID_Continue"},
    {"xidstart", "XID_Start"},
    {"xidcontinue", "XID_Continue"},
    {"joincontrol", "Join_Control"},
    {"defaultignorablecodepoint", "Default_Ignorable_Code_Point"},
    {"regionalindicator", "Regional_Indicator"},
    {"variationselector", "Variation_Selector"},
    {"graphemeextend", "Grapheme_Extend"},
    {"graphemebase", "Grapheme_Base"},
    {"quotationmark", "Quotation_Mark"},
    {"terminalpunctuation", "Terminal_Punctuation"},
    {"sentenceterminal", "Sentence_Terminal"},
    {"hexdigit", "Hex_Digit"},
    {"asciihexdigit", "ASCII_Hex_Digit"},
};

/* Characters that are newer than the library, of the categories that begin like one of `prefixes`. */
static void put_new(struct buf *out, const char *const *prefixes)
{
    for (size_t i = 0; i < unicode_new_count; i++)
        for (size_t k = 0; prefixes[k]; k++)
            if (!strncmp(unicode_new[i].category, prefixes[k], strlen(prefixes[k])))
                buf_printf(out, "\\x{%x}-\\x{%x}", (unsigned)unicode_new[i].first, (unsigned)unicode_new[i].last);
}

/* The members of a general category, for use within a class. */
static void put_category(struct buf *out, const char *name)
{
    buf_printf(out, "\\p{%s}", name);
    put_new(out, !strcmp(name, "L&") ? (const char *const[]){"Lu", "Ll", "Lt", NULL} : (const char *const[]){name, NULL});
}

/* \w: as UTS 18 has it; outside classes Oniguruma counts six numbers of Latin-1 in. */
static void put_word(struct buf *out, bool in_class)
{
    buf_puts(out, "\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}");
    buf_puts(out, in_class ? "" : "\\xb2\\xb3\\xb9\\xbc-\\xbe");
    put_new(out, (const char *const[]){"L", "M", "Nd", "Nl", "Pc", NULL});
}

/* Sets that have a name both in \p{NAME} and in [:NAME:]. */
static const struct named_set {
    const char *name, *set;
    const char *newer[3]; /* categories */
} named_sets[] = {
    {"word", NULL, {0}},
    {"alpha", "\\p{Alphabetic}", {"L", "Nl"}},
    {"alphabetic", "\\p{Alphabetic}", {"L", "Nl"}},
    {"alnum", "\\p{Alphabetic}\\p{Nd}", {"L", "N"}},
    {"digit", "\\p{Nd}", {"Nd"}},
    {"space", "\\p{White_Space}", {0}},
    {"upper", "\\p{Uppercase}", {"Lu"}},
    {"uppercase", "\\p{Uppercase}", {"Lu"}},
    {"lower", "\\p{Lowercase}", {"Ll"}},
    {"lowercase", "\\p{Lowercase}", {"Ll"}},
    {"cntrl", "\\p{Cc}", {0}},
    {"xdigit", "0-9a-fA-F", {0}},
    {"blank", "\\p{Zs}\\t", {0}},
    {"ascii", "\\x{00}-\\x{7F}", {0}},
    {"han", "\\p{sc:han}\\x{2ebf0}-\\x{2ee5d}\\x{31350}-\\x{323af}", {0}}, /* extensions H and I */
};

static const struct named_set *named_set_of(struct str name)
{
    for (size_t i = 0; i < sizeof named_sets / sizeof named_sets[0]; i++)
        if (str_is(name, named_sets[i].name))
            return &named_sets[i];
    return NULL;
}

static void put_set(struct buf *out, const struct named_set *set, bool in_class)
{
    if (!set->set) {
        put_word(out, in_class);
        return;
    }
    buf_puts(out, set->set);
    put_new(out, set->newer);
}

/* The members of \p{NAME}, from behind the p, and whether it is the complement that is meant. */
static bool property(struct onig *o, struct buf *set, bool in_class, bool *negative)
{
    char name[64];
    size_t n = 0, close = o->at + 1;
    *negative = peek(o, 0) == 'P';
    o->at++;
    if (peek(o, 0) != '{')
        return refuse(o, "\\p without {…}");
    while (close < o->in.n && o->in.s[close] != '}')
        close++;
    if (close == o->in.n)
        return refuse(o, "\\p{ without }");
    for (size_t i = o->at + 1; i < close && n + 1 < sizeof name; i++) {
        char c = o->in.s[i];
        if (c == '^' && i == o->at + 1)
            *negative = !*negative;
        else if (c != '_' && c != ' ' && c != '-')
            name[n++] = (char)tolower((unsigned char)c);
    }
    name[n] = 0;
    const char *value = NULL;
    for (size_t i = 0; i < sizeof properties / sizeof properties[0]; i++)
        if (!strcmp(name, properties[i].name))
            value = properties[i].value;
    if (!value && n <= 2 && n > 0) { /* a general category: Lu, and L& */
        name[0] = (char)toupper((unsigned char)name[0]);
        value = name;
    }
    const struct named_set *named = named_set_of((struct str){name, n});
    if (named)
        put_set(set, named, in_class);
    else if (value && strlen(value) <= 2)
        put_category(set, value);
    else if (value)
        buf_printf(set, "\\p{%s}", value);
    else
        buf_printf(set, "\\p{sc:%s}", name);
    o->at = close + 1;
    return true;
}

/* The members of an escape that stands for a set, from behind the backslash. 1: it was one, 0: none, -1: error. */
static int set_escape(struct onig *o, struct buf *set, bool in_class, bool *negative)
{
    int c = peek(o, 0);
    if (c == 'p' || c == 'P')
        return property(o, set, in_class, negative) ? 1 : -1;
    *negative = c >= 0 && isupper(c);
    if (c == 'w' || c == 'W')
        put_word(set, in_class);
    else if (c == 's' || c == 'S')
        buf_puts(set, "\\p{White_Space}");
    else if (c == 'd' || c == 'D')
        put_category(set, "Nd");
    else if (c == 'h' || c == 'H')
        buf_puts(set, "0-9a-fA-F");
    else
        return 0;
    o->at++;
    return 1;
}

/* An escape that stands for one character or a position, in a class and outside alike. */
static bool plain_escape(struct onig *o, struct buf *out)
{
    int c = peek(o, 0);
    o->at++;
    if (c == 'v') {
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

/* [:name:] within a class. True: it was one. Punctuation counts symbols in here, as \p{Punct} does not. */
static bool posix_class(struct onig *o, struct buf *plain, struct buf *others)
{
    bool negative = peek(o, 2) == '^';
    size_t begin = o->at + 2 + negative, end = begin;
    while (end < o->in.n && islower((unsigned char)o->in.s[end]))
        end++;
    struct str name = {o->in.s + begin, end - begin};
    const struct named_set *named = named_set_of(name);
    bool punct = str_is(name, "punct");
    if ((!named && !punct) || end + 2 > o->in.n || memcmp(o->in.s + end, ":]", 2))
        return false;
    struct buf *out = negative ? others : plain;
    buf_puts(out, negative ? "|[^" : "");
    if (named) {
        put_set(out, named, true);
    } else {
        put_category(out, "P");
        put_category(out, "S");
    }
    buf_puts(out, negative ? "]" : "");
    o->at = end + 2;
    return true;
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
            if (peek(o, 1) == ':' && posix_class(o, plain, others))
                continue;
            o->at++;
            buf_char(others, '|');
            if (!class(o, others, depth + 1))
                return false;
        } else if (c == '\\') {
            o->at++;
            bool negative;
            struct buf set = {0};
            int known = set_escape(o, &set, true, &negative);
            if (known > 0) {
                buf_puts(negative ? others : plain, negative ? "|[^" : "");
                buf_str(negative ? others : plain, buf_view(&set));
                buf_puts(negative ? others : plain, negative ? "]" : "");
            }
            plain->failed |= set.failed;
            buf_free(&set);
            if (known < 0 || (!known && !plain_escape(o, plain)))
                return false;
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

/* \b and \B: look-arounds, for the library has another notion of words. */
static void word_boundary(struct buf *out, bool negative)
{
    struct buf word = {0};
    put_word(&word, false);
    const char *set = buf_cstr(&word);
    buf_printf(out, negative ? "(?:(?<=[%s])(?=[%s])|(?<![%s])(?![%s]))" : "(?:(?<=[%s])(?![%s])|(?<![%s])(?=[%s]))", set, set,
               set, set);
    out->failed |= word.failed;
    buf_free(&word);
}

/* An escape outside classes, from behind the backslash. */
static bool escape(struct onig *o)
{
    int c = peek(o, 0);
    bool negative;
    struct buf set = {0};
    o->atom = o->out->n;
    if (c >= 0 && strchr("yYgMC", c))
        return refuse(o, "an escape of Oniguruma that PCRE2 lacks");
    if (c == 'O') {
        o->at++;
        buf_puts(o->out, "[\\s\\S]");
        return true;
    }
    if (c == 'b' || c == 'B') {
        o->at++;
        word_boundary(o->out, c == 'B');
        return true;
    }
    int known = set_escape(o, &set, false, &negative);
    if (known > 0) {
        buf_puts(o->out, negative ? "[^" : "[");
        buf_str(o->out, buf_view(&set));
        buf_char(o->out, ']');
    }
    o->out->failed |= set.failed;
    buf_free(&set);
    return known ? known > 0 : plain_escape(o, o->out);
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
