"""Writes reference.h: components of tokenizer.json with every option, and what tokenizers 0.22.2 makes of a text.

    python3 reference.py > reference.h
"""
import json
from tokenizers import Tokenizer

ALPHABET = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJ 0123456789.,-_'!?▁Ġéèñüßσςi̇ﬁ中京あア가각ᄀ\u0301\u0323\n\t\u00a0½²①ÃĊ"
CHARS = {"type": "BPE", "dropout": None, "unk_token": "<unk>", "continuing_subword_prefix": None,
         "end_of_word_suffix": None, "fuse_unk": False, "byte_fallback": False, "ignore_merges": False,
         "vocab": {c: i for i, c in enumerate(["<unk>"] + sorted(set(ALPHABET)))}, "merges": []}


def bpe(**more):
    words = ["<unk>", "a", "b", "c", "ab", "bc", "abc", "##b", "##c", "a##b", "c</w>", "bc</w>", "<0xC3>", "<0xA9>", "é!"]
    model = dict(CHARS, vocab={w: i for i, w in enumerate(words)}, merges=[["b", "c"], ["a", "b"], ["a", "bc"]])
    model.update(more)
    return model


def wordpiece(**more):
    words = ["[UNK]", "un", "##aff", "##able", "##a", "able", "a", "affable", "é", "##é"]
    return dict({"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
                 "max_input_chars_per_word": 100, "vocab": {w: i for i, w in enumerate(words)}}, **more)


def unigram(**more):
    pieces = [["<unk>", 0], ["a", -1], ["b", -1.5], ["ab", -2.5], ["abc", -2], ["c", -3], ["<0xC3>", -9], ["<0xA9>", -9]]
    return dict({"type": "Unigram", "unk_id": 0, "byte_fallback": False, "vocab": pieces}, **more)


def added(content, **flags):
    base = dict(id=500, content=content, single_word=False, lstrip=False, rstrip=False, normalized=False, special=False)
    return dict(base, **flags)


def t(name, **fields):
    return dict({"type": name}, **fields)


def split(pattern, behavior, invert=False):
    kind = "Regex" if isinstance(pattern, tuple) else "String"
    return t("Split", pattern={kind: pattern[0] if kind == "Regex" else pattern}, behavior=behavior, invert=invert)


def replace(kind, pattern, content):
    return t("Replace", pattern={kind: pattern}, content=content)


def bert(**more):
    return dict(t("BertNormalizer", clean_text=True, handle_chinese_chars=True, strip_accents=None, lowercase=True), **more)


def byte_level(space, trim=True, regex=True):
    return t("ByteLevel", add_prefix_space=space, trim_offsets=trim, use_regex=regex)


BEHAVIOURS = ["Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous"]
TEMPLATE = t("TemplateProcessing",
             single=[{"SpecialToken": {"id": "X", "type_id": 2}}, {"Sequence": {"id": "A", "type_id": 1}}],
             pair=[{"Sequence": {"id": "B", "type_id": 0}}, {"SpecialToken": {"id": "X", "type_id": 3}},
                   {"Sequence": {"id": "A", "type_id": 4}}],
             special_tokens={"X": {"id": "X", "ids": [7, 8], "tokens": ["x", "y"]}})
ROWS = []


def row(name, text, pair=None, **parts):
    ROWS.append((name, parts, text, pair))


for form in ["NFC", "NFD", "NFKC", "NFKD"]:
    row(form, "é e\u0301 e\u0301\u0323 e\u0323\u0301 가각 ﬁ① ½ ²\u0301 \u0301a", normalizer=t(form))
for clean in [True, False]:
    row("BertNormalizer clean_text %s" % clean, "a\0b\ufffdc\u00addé\u00a0中B\te", normalizer=bert(clean_text=clean))
row("BertNormalizer without spaces around Chinese", "a中京b", normalizer=bert(handle_chinese_chars=False))
row("BertNormalizer cased", "É a\u0301 Ñ", normalizer=bert(lowercase=False))
row("BertNormalizer cased, strips", "É a\u0301 Ñ", normalizer=bert(lowercase=False, strip_accents=True))
row("BertNormalizer lower, keeps accents", "É a\u0301 Ñ", normalizer=bert(strip_accents=False))
row("Lowercase", "ÉA ΑΣ Σ İi ẞ", normalizer=t("Lowercase"))
for left, right in [(True, False), (False, True), (True, True), (False, False)]:
    row("Strip %s %s" % (left, right), " \t\u00a0a é\n ", normalizer=t("Strip", strip_left=left, strip_right=right))
row("Strip of nothing but spaces", " \n ", normalizer=t("Strip", strip_left=True, strip_right=True))
row("StripAccents", "e\u0301\u0323 é \u0301", normalizer=t("StripAccents"))
row("Replace String", "a--b-c", normalizer=replace("String", "--", "é!"))
row("Replace String by nothing", "--a--", normalizer=replace("String", "--", ""))
row("Replace Regex", "a  b   c", normalizer=replace("Regex", " {2,}", "▁"))
row("Replace of empty matches", "ab", normalizer=replace("Regex", "x*", "-"))
row("Prepend", "éa", normalizer=t("Prepend", prepend="▁!"))
row("Prepend to nothing", "", normalizer=t("Prepend", prepend="▁"))
row("Nmt", "a\x01b\u200bc\td\x7fe\ufeff", normalizer=t("Nmt"))
row("ByteLevel normalizer", "é a\n", normalizer=t("ByteLevel"))
row("Sequence of normalizers", " É ", normalizer=t("Sequence", normalizers=[t("NFD"), t("Lowercase"), t("StripAccents"), t("Strip", strip_left=True, strip_right=True)]))
row("BertPreTokenizer", "a,b  c!\u00a0d", pre=t("BertPreTokenizer"))
for space in [True, False]:
    row("ByteLevel %s" % space, "ab 12's  !\n é", pre=byte_level(space))
row("ByteLevel without regex", "ab c", pre=byte_level(True, regex=False))
for scheme in ["always", "first", "never"]:
    for cut in [True, False]:
        row("Metaspace %s %s" % (scheme, cut), "a  b<x>c", pre=t("Metaspace", replacement="▁", prepend_scheme=scheme, split=cut), added=[added("<x>")])
row("Metaspace, older form", "a b", pre=t("Metaspace", replacement="▁", add_prefix_space=True, str_rep="▁"))
row("Whitespace", "ab_1, é²!\u00a0?中", pre=t("Whitespace"))
row("WhitespaceSplit", "ab,  c\u00a0d\n", pre=t("WhitespaceSplit"))
for behaviour in BEHAVIOURS:
    row("Punctuation " + behaviour, "a,,b.-c!", pre=t("Punctuation", behavior=behaviour))
    row("Split " + behaviour, "--a--b-", pre=split("-", behaviour))
    row("Split inverted " + behaviour, "ab, c  d", pre=split((r"\w+",), behaviour, True))
row("Punctuation", "a+b", pre=t("Punctuation"))
row("Split by nothing", "ab", pre=split("", "Isolated"))
row("Split by Llama 3's words", "don'T 12345 \n\n éa!!\n b  c", pre=split((r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",), "Isolated"))
for pattern in [r"\h+", r"[a-c&&[^b]]", r"[[:alpha:]]", r"\p{^L}", r"\p{Letter}+", r"\d{,2}", r"a{2}+", r"(?m:b.c)", r"^b", r"\bb", r"[^\W\d]", r"[\u00e0-\u00ff]", r"[a[bc]]+", r"\P{Han}", r"\p{Punct}"]:
    row("Split " + pattern, "aaaa b2 c_é中\nb\nc,bc", pre=split((pattern,), "Isolated"))
for digits in [True, False]:
    row("Digits %s" % digits, "ab12½c3", pre=t("Digits", individual_digits=digits))
row("CharDelimiterSplit", "aébééc", pre=t("CharDelimiterSplit", delimiter="é"))
row("UnicodeScripts", " ab中京あア 12 c", pre=t("UnicodeScripts"))
row("FixedLength", "abcdeéf", pre=t("FixedLength", length=3))
row("Sequence of pre-tokenizers", "a1 b,c", pre=t("Sequence", pretokenizers=[t("WhitespaceSplit"), t("Punctuation"), t("Digits", individual_digits=True)]))
row("WordPiece", "unaffable", model=wordpiece())
row("WordPiece, unknown part", "unaffablex", model=wordpiece())
row("WordPiece, too long", "affable", model=wordpiece(max_input_chars_per_word=6))
row("WordPiece without prefix", "unable", model=wordpiece(continuing_subword_prefix=""))
row("WordPiece, characters of two bytes", "éé", model=wordpiece(max_input_chars_per_word=2))
row("BPE", "abcab", model=bpe())
row("BPE, merges as text", "abcab", model=bpe(merges=["b c", "a b", "a bc"]))
row("BPE without type", "abcab", model={k: v for k, v in bpe().items() if k != "type"})
row("BPE unknown", "axxb", model=bpe())
row("BPE unknown fused", "axxb", model=bpe(fuse_unk=True))
row("BPE without unknown", "axxb", model=bpe(unk_token=None))
row("BPE byte_fallback", "aéxéb", model=bpe(byte_fallback=True, fuse_unk=True))
row("BPE byte_fallback, some bytes unknown", "aèb", model=bpe(byte_fallback=True))
row("BPE prefix", "abc", model=bpe(continuing_subword_prefix="##", merges=[]))
row("BPE suffix", "abc", model=bpe(end_of_word_suffix="</w>", merges=[["b", "c</w>"]]))
row("BPE ignore_merges", "é!", model=bpe(ignore_merges=True))
row("BPE dropout 1", "abc", model=bpe(dropout=1.0))
row("Unigram", "abcab", model=unigram())
row("Unigram unknown fused", "axxéb", model=unigram())
row("Unigram byte_fallback", "aéb", model=unigram(byte_fallback=True))
row("Unigram byte_fallback, some bytes unknown", "aèéb", model=unigram(byte_fallback=True))
row("WordLevel", "ab x", pre=t("WhitespaceSplit"), model=t("WordLevel", vocab={"[UNK]": 0, "ab": 1}, unk_token="[UNK]"))
row("no post-processor, pair", "a", "b")
row("TemplateProcessing", "ab", post=TEMPLATE)
row("TemplateProcessing, pair", "ab", "c", post=TEMPLATE)
row("BertProcessing", "ab", post=t("BertProcessing", sep=["s", 5], cls=["c", 6]))
row("BertProcessing, pair", "ab", "c", post=t("BertProcessing", sep=["s", 5], cls=["c", 6]))
for trim in [True, False]:
    for space in [True, False]:
        post = t("RobertaProcessing", sep=["s", 5], cls=["c", 6], trim_offsets=trim, add_prefix_space=space)
        row("RobertaProcessing %s %s" % (trim, space), " ab  c", " d", pre=byte_level(True), post=post)
        row("ByteLevel post %s %s" % (trim, space), "ab <m> c", pre=byte_level(space), post=byte_level(space, trim), added=[added("<m>", lstrip=True)])
row("Sequence of post-processors", " ab", post=t("Sequence", processors=[byte_level(False), TEMPLATE]), pre=byte_level(False))
row("added token", "ab<x>c", added=[added("<x>")])
row("added token, single_word", "xa a ax a", added=[added("a", single_word=True)])
row("added token, lstrip", "b \n<x> c", added=[added("<x>", lstrip=True)])
row("added token, rstrip", "b <x> \n c", added=[added("<x>", rstrip=True)])
row("added tokens share a space", "<x> <x>", added=[added("<x>", rstrip=True, lstrip=True)])
row("added token, normalized", "b NAÏVE É", normalizer=t("Lowercase"), added=[added("Naïve", normalized=True), added("É")])
row("added tokens, the longest wins", "abcabd", added=[added("ab"), added("abc"), added("b")])
row("added token, special and typed", "a<s>b", added=[added("<s>", special=True)], post=TEMPLATE)
row("added token of the vocabulary", "abc", added=[added("b")])
row("added token, same content twice", "a<x> b", added=[added("<x>"), added("<x>", rstrip=True)])
row("empty text", "", post=TEMPLATE)
row("empty pair", "", "", post=t("BertProcessing", sep=["s", 5], cls=["c", 6]))


def document(parts):
    return json.dumps({"version": "1.0", "truncation": None, "padding": None, "added_tokens": parts.get("added", []),
                       "normalizer": parts.get("normalizer"), "pre_tokenizer": parts.get("pre"),
                       "post_processor": parts.get("post"), "decoder": None, "model": parts.get("model", CHARS)})


def expected(parts, text, pair):
    e = Tokenizer.from_str(document(parts)).encode(text, pair)
    rows = zip(e.ids, e.offsets, e.word_ids, e.type_ids, e.special_tokens_mask, e.sequence_ids)
    return " ".join("%d:%d-%d:%s:%d:%d:%s" % (i, o[0], o[1], -1 if w is None else w, ty, s, -1 if q is None else q)
                    for i, o, w, ty, s, q in rows)


def literal(text):
    out = ""
    for byte in text.encode():
        c = chr(byte)
        out += "\\%03o" % byte if byte < 32 or byte > 126 or c in '"\\?' else c
    return '"' + out + '"'


def part(parts, key):
    return literal(json.dumps(parts[key])) if key in parts else "NULL"


print("/* Components with every option, and what tokenizers 0.22.2 makes of a text. Written by reference.py. */")
print("static const char characters[] = " + literal(json.dumps(CHARS)) + ";")
print("static const struct component components[] = {")
for name, parts, text, pair in ROWS:
    print("    {%s, %s, %s, %s, %s, %s,\n     %s, %zd, %s,\n     %s}," .replace("%zd", "%d") % (
        literal(name), part(parts, "normalizer"), part(parts, "pre"), part(parts, "post"), part(parts, "added"),
        part(parts, "model"), literal(text), len(text.encode()), literal(pair) if pair is not None else "NULL",
        literal(expected(parts, text, pair))))
print("};")
