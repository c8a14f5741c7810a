#!/usr/bin/env python3
"""Writes tests/data/good/gguf/pre.gguf, a byte-level vocabulary whose merges cross every border, and pre.json: what tokenizers 0.22.2
makes of texts with it behind the pre-tokenizers that tokenizer.ggml.pre names; cased.gguf, uncased.gguf and fairseq.gguf, files that
leave their roles and the case unsaid, as converters of BERT and XLM-R do, and what tokenizers makes of texts with them.

    python3 tests/core/weights/gguf_tokens.py      (in the root of the repository; gguf, tokenizers)

The patterns are those of the tokenizer.json files that llama.cpp lists for the names (convert_hf_to_gguf_update.py).
"""
import json

from gguf import GGUFWriter, TokenType
from tokenizers import AddedToken, Regex, Tokenizer, models, normalizers, pre_tokenizers as pre, processors, trainers

OUT = "tests/data/good/gguf/pre"
TEXTS = [
    "Hello world", "  two  spaces\n\nx's 12½ 😀", "def f(x):\n    return x**2  # 1234567 items\t\ttabs\n",
    "我想在apple工作1314151天～", "مرحبا بالعالم 123", "I've 'told he's there, 'RE you sure? We'Ve a'lL",
    "naïve ÉTÉ ﬁ ① Ⅷ\u3000ｆｕｌｌ 1,000, \u200bzwsp", " ", "\n", "\r\n\r\nwindows\r\n\n \n\n \n\n\n \t \t\t \t\n  \n   \n    \n",
    "🚀 (normal) 😶\u200d🌫️ ✅ 🦙🦙 3 33 333 3333 33333 3.3 3..3", "កាន់តែពិសេសអាច😁 ?",
    "------======= нещо на Български ''''''```````\"\"\"\"......!!!!!!??????", "The end. trailing   ",
    "日本語のテキスト 한국어 텍스트 ไทย", "x=1;y=[2,3];\"q\"==='z' && !w || ~v ^ u %$#@ CamelCaseWord HTTPServer",
    "e\u0301 o\u0308 combining n\u0303 हिन्दी", "\u00a0nbsp\u2003em a_b-c/d\\e (f) {g} <h> 5th no5 A1B2"]
BYTES = pre.ByteLevel(add_prefix_space=False, use_regex=False)
GPT2 = pre.ByteLevel(add_prefix_space=False)
WORDS = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}%s| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")
CASED = (r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+%s|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}"
         r"\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*%s|\p{N}%s| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+")
SHORT = "(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
HAN = "[\u4e00-\u9fa5\u0800-\u4e00\uac00-\ud7ff]+"
BLOOM = " ?[^(\\s|[.,!?…。，、।۔،])]+"
V3 = (r"""[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^""" "\r\n" r"""\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[""" "\r\n"
      r"""]*|\s*[""" "\r\n" r"""]+|\s+(?!\S)|\s+""")
LETTERS = (
    "A-Za-z\u00b5\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u01ba\u01bc-\u01bf\u01c4-\u0293\u0295-\u02af\u0370-\u0373\u0376"
    "\u0377\u037b-\u037d\u037f\u0386\u0388-\u038a\u038c\u038e-\u03a1\u03a3-\u03f5\u03f7-\u0481\u048a-\u052f\u0531-"
    "\u0556\u10a0-\u10c5\u13a0-\u13f5\u13f8-\u13fd\u1c90-\u1cba\u1cbd-\u1cbf\u1d00-\u1d2b\u1d6b-\u1d77\u1d79-\u1d9a"
    "\u1e00-\u1f15\u1f18-\u1f1d\u1f20-\u1f45\u1f48-\u1f4d\u1f50-\u1f57\u1f59\u1f5b\u1f5d\u1f5f-\u1f7d\u1f80-\u1fb4"
    "\u1fb6-\u1fbc\u1fbe\u1fc2-\u1fc4\u1fc6-\u1fcc\u1fd0-\u1fd3\u1fd6-\u1fdb\u1fe0-\u1fec\u1ff2-\u1ff4\u1ff6-\u1ffc"
    "\u2102\u2107\u210a-\u2113\u2115\u2119-\u211d\u2124\u2126\u2128\u212a-\u212d\u212f-\u2134\u2139\u213c-\u213f"
    "\u2145-\u2149\u214e\u2183\u2184\u2c00-\u2c7b\u2c7e-\u2ce4\u2ceb-\u2cee\u2cf2\u2cf3\ua640-\ua66d\ua680-\ua69b"
    "\ua722-\ua76f\ua771-\ua787\ua78b-\ua78e\uab70-\uabbf\ufb00-\ufb06\ufb13-\ufb17\uff21-\uff3a\uff41-\uff5a"
    "\U00010400-\U0001044f\U000104b0-\U000104d3\U000104d8-\U000104fb\U00010c80-\U00010cb2\U00010cc0-\U00010cf2"
    "\U000118a0-\U000118df\U0001e900-\U0001e943")


def split(pattern):
    return pre.Split(Regex(pattern), "isolated")


def of(*patterns, last=BYTES):
    return pre.Sequence([split(p) if isinstance(p, str) else p for p in patterns] + [last])


DIGITS = pre.Digits(individual_digits=True)
KINDS = {  # name: pre-tokenizer, whether NFC comes first
    "gpt-2": (GPT2, False),
    "modern-bert": (GPT2, True),
    "roberta-bpe": (GPT2, False),
    "llama-bpe": (of(WORDS % "{1,3}"), False),
    "chatglm-bpe": (of(WORDS % "{1,3}"), False),
    "qwen2": (of(WORDS % ""), True),
    "starcoder": (of(DIGITS, last=GPT2), False),
    "smollm": (of(DIGITS, last=GPT2), False),
    "command-r": (of(DIGITS, last=GPT2), True),
    "falcon": (pre.Sequence([pre.Punctuation("contiguous"), GPT2, pre.Digits(individual_digits=False), split("[0-9][0-9][0-9]")]), False),
    "bloom": (of(BLOOM), False),
    "viking": (of(BLOOM, DIGITS), False),
    "deepseek-llm": (of("[\r\n]", r"\s?[" + LETTERS + "]+", "\\s?[!-/:-~\uff01-\uff0f\uff1a-\uff5e\u2018-\u201f\u3000-\u3002]+", r"\s+$", HAN, r"\p{N}+"), False),
    "deepseek-coder": (of("[\r\n]", r"\s?\p{L}+", r"\s?\p{P}+", HAN, DIGITS), False),
    "deepseek-v3": (of(r"\p{N}{1,3}", "[一-龥぀-ゟ゠-ヿ]+", V3), False),
    "qwen35": (of(r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|"
                  r"\s+(?!\S)|\s+"), True),
    "bailingmoe": (of(r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+"), False),
    "seed-coder": (of("(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1}| ?[^\\s\\p{L}\\p{N}\r\n]+|\\s*[\r\n]+|"
                      "\\s+(?!\\S)|\\s+"), False),
    "gpt-4o": (of(CASED % (SHORT, SHORT, "{1,3}")), False),
    "tekken": (of(CASED % ("", "", "")), False),
}


def write(path, model, tokens, types, scores=None):
    writer = GGUFWriter(path, "bert")
    writer.add_tokenizer_model(model)
    writer.add_token_list(tokens)
    writer.add_token_types(types)
    if scores:
        writer.add_token_scores(scores)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def wordpiece(path, words, lower):
    """A vocabulary of BERT's, whose pieces within words begin with ##; the file has no roles."""
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    spelled = special + words
    control = [TokenType.CONTROL] * len(special)
    tokens = special + [w[2:] if w.startswith("##") else "\u2581" + w for w in words]
    write(path, "bert", tokens, control + [TokenType.NORMAL] * len(words))
    tokenizer = Tokenizer(models.WordPiece({t: i for i, t in enumerate(spelled)}, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=lower)
    tokenizer.pre_tokenizer = pre.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing("[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
    tokenizer.add_special_tokens(special)
    return tokenizer


def fairseq(path):
    """A vocabulary of XLM-R's, <s> first; <mask> takes the blank before it."""
    pieces = [("<s>", 0.0), ("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), ("\u2581", -2.0), ("\u2581the", -1.5), ("\u2581c", -2.5),
              ("at", -1.0), ("a", -3.0), ("c", -3.5), ("t", -3.25), ("<mask>", 0.0)]
    types = [TokenType.CONTROL] * 3 + [TokenType.UNKNOWN] + [TokenType.NORMAL] * 7 + [TokenType.CONTROL]
    write(path, "t5", [p for p, _ in pieces], types, [s for _, s in pieces])
    tokenizer = Tokenizer(models.Unigram(pieces, unk_id=3))
    tokenizer.normalizer = normalizers.Sequence([normalizers.Strip(left=False), normalizers.Replace(Regex(" {2,}"), "\u2581")])
    tokenizer.pre_tokenizer = pre.Metaspace()
    tokenizer.post_processor = processors.TemplateProcessing("<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)])
    tokenizer.add_special_tokens(["<s>", "<pad>", "</s>", "<unk>", AddedToken("<mask>", lstrip=True, special=True)])
    return tokenizer


UNSAID = ["The cat", "the CAT sat", "cats", "the <mask> cat", "a  c\u00e0t "]


def main():
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = BYTES
    trainer = trainers.BpeTrainer(vocab_size=700, min_frequency=2, initial_alphabet=pre.ByteLevel.alphabet(), show_progress=False)
    tokenizer.train_from_iterator(TEXTS * 3, trainer)
    model = json.loads(tokenizer.to_str())["model"]
    tokens = sorted(model["vocab"], key=model["vocab"].get)
    writer = GGUFWriter(OUT + ".gguf", "llama")
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(tokens)
    writer.add_token_types([TokenType.NORMAL] * len(tokens))
    writer.add_token_merges([" ".join(m) for m in model["merges"]])
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    ids = {}
    for name, (splitter, nfc) in KINDS.items():
        tokenizer.pre_tokenizer = splitter
        tokenizer.normalizer = normalizers.NFC() if nfc else normalizers.Sequence([])
        ids[name] = [tokenizer.encode(text).ids for text in TEXTS]
    assert len({str(v) for v in ids.values()}) > 14, "the vocabulary does not tell the kinds apart"
    with open(OUT + ".json", "w", encoding="utf-8") as f:
        folder = OUT.rsplit("/", 1)[0]
        small = ["the", "cat", "##s", "sat", "##at", "a", "c"]
        unsaid = {"cased": wordpiece(folder + "/cased.gguf", small + ["The", "C"], False),
                  "uncased": wordpiece(folder + "/uncased.gguf", small, True), "fairseq": fairseq(folder + "/fairseq.gguf")}
        json.dump({"texts": TEXTS, "ids": ids, "unsaid_texts": UNSAID,
                   "unsaid": {k: [t.encode(text).ids for text in UNSAID] for k, t in unsaid.items()}}, f, ensure_ascii=False)


if __name__ == "__main__":
    main()
