"""Times how long gaze and the peers take until a checkpoint and a tokenizer are ready, and the memory that takes.

    loading.py BUILD

Every measurement is a process of its own, warm files, the libraries already imported; a round asks each side once.
Weights: bert-base in float32 as safetensors and as the zip archive of torch.save; PyTorch's side is from_pretrained.
Tokenizers: 250,000 made-up pieces as a Unigram and a BPE tokenizer.json, for tokenizers' Tokenizer.from_file, and as a
SentencePiece model, for the sentencepiece library and for what transformers makes of it with tokenizers.
"""
import json
import os
import random
import re
import statistics
import subprocess
import sys

BUILD = sys.argv[1]
HERE = os.path.dirname(os.path.abspath(__file__))
ROUNDS = int(os.environ.get("ROUNDS", "11"))
PIECES = 250000
FOLDER = os.path.join(BUILD, "bench")

PEER = {
    "weights": "import torch, transformers; transformers.BertModel",
    "tokenizers": "import tokenizers",
    "sentencepiece": "import sentencepiece",
    "transformers": "import transformers; transformers.XLMRobertaTokenizerFast",
}
CALL = {
    "weights": "transformers.BertModel.from_pretrained(path, add_pooling_layer=False, attn_implementation='eager').eval()",
    "tokenizers": "tokenizers.Tokenizer.from_file(path)",
    "sentencepiece": "sentencepiece.SentencePieceProcessor(model_file=path)",
    "transformers": "transformers.XLMRobertaTokenizerFast(vocab_file=path)",
}
PROBE = """
import os, sys, time
os.environ.update(HF_HUB_OFFLINE="1", TRANSFORMERS_VERBOSITY="error", TOKENIZERS_PARALLELISM="false")
path = sys.argv[1]
%s
def peak():
    return int(next(l for l in open("/proc/self/status") if l.startswith("VmHWM")).split()[1]) / 1024
before, begin = peak(), time.perf_counter()
kept = %s
print("SECONDS %%.6f MB %%.1f" %% (time.perf_counter() - begin, peak() - before))
"""


def words(n):
    """Pieces as a trained vocabulary has them: many share their beginnings, half begin a word."""
    draw, seen = random.Random(20), {}
    syllables = [c + v for c in ("b c d f g h k l m n p r s t v z ch sh th tr br gr pl st" + " д к н р с т").split() for v in
                 "a e i o u ai ou er ar in о е".split()]
    while len(seen) < n:
        seen["▁" * draw.randrange(2) + "".join(draw.choice(syllables) for _ in range(1 + min(draw.randrange(4), draw.randrange(5))))] = 1
    return list(seen)


def sentencepiece_file(pieces, path):
    """XLM-R's kind: a unigram model with the charsmap of nmt_nfkc, which the trainer puts into every model."""
    import io
    import sentencepiece
    from sentencepiece import sentencepiece_model_pb2 as pb
    trained = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(pieces[:2000]), model_writer=trained, vocab_size=200, hard_vocab_limit=False, minloglevel=2)
    model = pb.ModelProto.FromString(trained.getvalue())
    del model.pieces[3:]
    for i, piece in enumerate(pieces):
        model.pieces.add(piece=piece, score=-3 - i / 20000)
    with open(path, "wb") as f:
        f.write(model.SerializeToString())


def bpe_file(path):
    """Byte-level BPE: every piece is two that are there."""
    draw = random.Random(21)
    pieces = [chr(i) for i in range(33, 127)] + ["Ġ"]
    known, merges = set(pieces), []
    while len(pieces) < PIECES:
        left, right = draw.choice(pieces[: 95 + len(merges) // 3]), draw.choice(pieces[: 95 + len(merges) // 40])
        if left + right not in known and len(left + right) < 16:
            known.add(left + right)
            pieces.append(left + right)
            merges.append([left, right])
    model = {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": "", "end_of_word_suffix": "",
             "fuse_unk": False, "byte_fallback": False, "vocab": {p: i for i, p in enumerate(pieces)}, "merges": merges}
    level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    with open(path, "w") as f:
        json.dump({"version": "1.0", "truncation": None, "padding": None, "added_tokens": [], "normalizer": None,
                   "pre_tokenizer": level, "post_processor": None, "decoder": level, "model": model}, f, ensure_ascii=False)


def make():
    """The files, once: name → (what, path for gaze, path for the peer, the peers)."""
    bin_folder, spm, unigram, bpe = (os.path.join(FOLDER, n) for n in ("bert-base-bin", "spm", "unigram", "bpe"))
    safe = os.path.join(FOLDER, "bert-base")
    if not os.path.exists(os.path.join(safe, "model.safetensors")):
        os.makedirs(safe, exist_ok=True)
        subprocess.run([sys.executable, os.path.join(HERE, "peer.py"), "make", "bert-base", safe], check=True)
    if not os.path.exists(os.path.join(bin_folder, "pytorch_model.bin")):
        import shutil
        import torch
        from safetensors.torch import load_file
        os.makedirs(bin_folder, exist_ok=True)
        shutil.copy(os.path.join(safe, "config.json"), bin_folder)
        torch.save(load_file(os.path.join(safe, "model.safetensors")), os.path.join(bin_folder, "pytorch_model.bin"))
    if not os.path.exists(os.path.join(bpe, "tokenizer.json")):
        import transformers
        for folder in (spm, unigram, bpe):
            os.makedirs(folder, exist_ok=True)
        sentencepiece_file(words(PIECES), os.path.join(spm, "sentencepiece.bpe.model"))
        with open(os.path.join(spm, "tokenizer_config.json"), "w") as f:
            json.dump({"tokenizer_class": "XLMRobertaTokenizer"}, f)
        fast = transformers.XLMRobertaTokenizerFast(vocab_file=os.path.join(spm, "sentencepiece.bpe.model"))
        fast.backend_tokenizer.save(os.path.join(unigram, "tokenizer.json"))
        bpe_file(os.path.join(bpe, "tokenizer.json"))
    return [
        ("bert-base, safetensors", safe, safe, ["weights"]),
        ("bert-base, zip .bin", bin_folder, bin_folder, ["weights"]),
        ("tokenizer.json, Unigram", unigram, os.path.join(unigram, "tokenizer.json"), ["tokenizers"]),
        ("tokenizer.json, BPE", bpe, os.path.join(bpe, "tokenizer.json"), ["tokenizers"]),
        ("SentencePiece model", spm, os.path.join(spm, "sentencepiece.bpe.model"), ["sentencepiece", "transformers"]),
    ]


def run(command):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode:
        sys.exit("bench: %s: status %d: %s" % (" ".join(command[:2]), done.returncode, done.stderr))
    return done.stdout + done.stderr


def ours(path, runs):
    """Seconds of `load`, and the peak of the process behind a run: its whole memory, the file's mapped pages included."""
    more = ["-c", "run ids=5,6,7"] if runs else []
    out = run([os.path.join(BUILD, "gaze"), "-X", "-c", "time load %s" % path, *more, "-c", "!grep VmHWM /proc/$PPID/status"])
    return float(re.search(r"([0-9.]+) s", out).group(1)), int(re.search(r"VmHWM:\s*(\d+)", out).group(1)) / 1024


def theirs(kind, path):
    seconds, megabytes = re.search(r"SECONDS ([0-9.]+) MB ([0-9.]+)",
                                   run([sys.executable, "-c", PROBE % (PEER[kind], CALL[kind]), path])).groups()
    return float(seconds), float(megabytes)


def size(path):
    files = [path] if os.path.isfile(path) else [os.path.join(path, n) for n in os.listdir(path)]
    return sum(os.path.getsize(f) for f in files) / 1e6


def main():
    print("| ready to run | MB on disk | gaze s | its peak MB | peer | s | grown by MB | ratio |")
    print("|---|---|---|---|---|---|---|---|")
    for name, path, peer_path, kinds in make():
        mine, others = [], {kind: [] for kind in kinds}
        for _ in range(ROUNDS):
            mine.append(ours(path, "weights" in kinds))
            for kind, times in others.items():
                times.append(theirs(kind, peer_path))
        seconds, peak = (statistics.median(x) for x in zip(*mine))
        for kind, times in others.items():
            other, grown = (statistics.median(x) for x in zip(*times))
            print("| %s | %.0f | %.3f | %.0f | %s | %.3f | %.0f | %.1f |" %
                  (name, size(peer_path), seconds, peak, "PyTorch" if kind == "weights" else kind, other, grown, other / seconds))


main()
