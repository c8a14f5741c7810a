"""Trains the models of tests/data/good/sentencepiece and writes reference_sentencepiece.h: what the fast tokenizers of
transformers 4.57.6 make of them, class by class and option by option.

    python3 reference_sentencepiece.py train     (writes the models)
    python3 reference_sentencepiece.py > reference_sentencepiece.h
"""
import io
import json
import os
import shutil
import sys
import tempfile

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../data/good/sentencepiece")
TEXT = ["the quick brown fox jumps over the lazy dog", "naïve café 1,000 2,5", "a b c the dog and the fox", "don't ``quoted'' text",
        "Hello World ﬁne", "the cat sat on the mat 12,5 7,"] * 20
RULES = "FB01\t66 69\nFF21\t41\nFF41\t61\n2460\t31\n3000\t20\nA0\t20\n2167\t56 49 49 49\n65 301\tE9\n"
SHAPES = {
    "unigram": dict(unk_id=0, bos_id=1, eos_id=2, pad_id=-1, user_defined_symbols=["USR"], control_symbols=["<ctl>"]),
    "albert": dict(pad_id=0, unk_id=1, bos_id=-1, eos_id=-1, control_symbols=["[CLS]", "[SEP]", "[MASK]"]),
    "deberta": dict(pad_id=0, bos_id=1, eos_id=2, unk_id=3, pad_piece="[PAD]", bos_piece="[CLS]", eos_piece="[SEP]", unk_piece="[UNK]"),
    "t5": dict(pad_id=0, eos_id=1, unk_id=2, bos_id=-1),
    "xlnet": dict(unk_id=0, bos_id=1, eos_id=2, pad_id=-1, control_symbols=["<cls>", "<sep>", "<pad>", "<mask>", "<eod>", "<eop>"]),
    "bpe": dict(model_type="bpe", unk_id=0, bos_id=1, eos_id=2, pad_id=-1, byte_fallback=True, vocab_size=340,
                user_defined_symbols=["USR"], normalization_rule_name="identity"),
    "gemma": dict(model_type="bpe", pad_id=0, eos_id=1, bos_id=2, unk_id=3, eos_piece="<eos>", bos_piece="<bos>", byte_fallback=True,
                  vocab_size=340, user_defined_symbols=["<start_of_turn>"], normalization_rule_name="identity"),
}
TEXTS = ["", "  the  ﬁne Ａ ① fox ", "Naïve CAFÉ e\u0301 1,000 7, ``x''", "a [MASK] <mask> USR<ctl> <extra_id_3>", "\u3000Ⅷ 中 \n dog's"]
NEW = {"content": "dog", "lstrip": True, "rstrip": False, "single_word": False, "normalized": True, "special": False}
ROWS = [
    ("albert", "AlbertTokenizer", [{}, {"do_lower_case": False}, {"keep_accents": True}, {"added_tokens_decoder": {"9": NEW}}]),
    ("albert", "FNetTokenizer", [{}]),
    ("albert", "RemBertTokenizer", [{"unk_token": "<unk>", "pad_token": "<pad>", "do_lower_case": True, "keep_accents": False}]),
    ("albert", "BigBirdTokenizer", [{}]),
    ("xlnet", "XLNetTokenizer", [{}, {"do_lower_case": True}]),
    ("deberta", "DebertaV2Tokenizer", [{}, {"do_lower_case": True}, {"split_by_punct": True}]),
    ("unigram", "XLMRobertaTokenizer", [{}, {"additional_special_tokens": ["fox"]}]),
    ("unigram", "CamembertTokenizer", [{}]),
    ("unigram", "BarthezTokenizer", [{}]),
    ("unigram", "MBartTokenizer", [{}, {"src_lang": "fr_XX"}]),
    ("unigram", "MBart50Tokenizer", [{}]),
    ("unigram", "NllbTokenizer", [{}, {"legacy_behaviour": True}]),
    ("unigram", "XGLMTokenizer", [{}]),
    ("t5", "T5Tokenizer", [{}, {"legacy": False}, {"extra_ids": 5}, {"add_prefix_space": None}]),
    ("t5", "ReformerTokenizer", [{}]),
    ("t5", "PegasusTokenizer", [{}, {"offset": 10}]),
    ("bpe", "LlamaTokenizer", [{}, {"legacy": False}, {"add_eos_token": True}, {"add_prefix_space": False}]),
    ("bpe", "CodeLlamaTokenizer", [{}]),
    ("gemma", "GemmaTokenizer", [{}]),
]


def train():
    import sentencepiece
    with tempfile.NamedTemporaryFile("w", suffix=".tsv") as rules:
        rules.write(RULES)
        rules.flush()
        for name, shape in SHAPES.items():
            options = dict(vocab_size=70, hard_vocab_limit=False, minloglevel=2, character_coverage=1.0)
            if "normalization_rule_name" not in shape:
                options["normalization_rule_tsv"] = rules.name
            model = io.BytesIO()
            sentencepiece.SentencePieceTrainer.train(sentence_iterator=iter(TEXT), model_writer=model, **{**options, **shape})
            with open(os.path.join(FOLDER, name + ".model"), "wb") as out:
                out.write(model.getvalue())


def literal(text):
    out = ""
    for byte in text.encode():
        c = chr(byte)
        out += "\\%03o" % byte if byte < 32 or byte > 126 or c in '"\\?' else c
    return '"' + out + '"'


def expected(name, config):
    from transformers import AutoTokenizer
    with tempfile.TemporaryDirectory() as folder:
        for file in ["spiece.model", "spm.model", "sentencepiece.bpe.model", "sentencepiece.model", "tokenizer.model"]:
            shutil.copy(os.path.join(FOLDER, name + ".model"), os.path.join(folder, file))
        with open(os.path.join(folder, "tokenizer_config.json"), "w") as out:
            json.dump(config, out)
        fast = AutoTokenizer.from_pretrained(folder)._tokenizer
        found = [fast.encode(text) for text in TEXTS]
        return [" ".join("%d:%d-%d" % (i, a, b) for i, (a, b) in zip(e.ids, e.offsets)) for e in found]


def write():
    print("/* SentencePiece models as transformers 4.57.6 reads them. Written by reference_sentencepiece.py. */")
    print("enum { TEXTS = %d };" % len(TEXTS))
    print("static const char *const model_texts[TEXTS] = {%s};" % ", ".join(literal(t) for t in TEXTS))
    print("static const struct {\n    const char *model, *config, *tokens[TEXTS];\n} models[] = {")
    for model, name, options in ROWS:
        for option in options:
            config = {"tokenizer_class": name, **option}
            print("    {%s, %s,\n     {%s}}," % (literal(model), literal(json.dumps(config)),
                                              ",\n      ".join(literal(t) for t in expected(model, config))))
    print("};")


train() if sys.argv[1:] == ["train"] else write()
