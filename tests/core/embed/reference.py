"""Makes tests/core/embed/reference_{files,questions}.h and the gensim files of tests/data/good/vectors: what gensim 4.4, NumPy and fastText's own
program say of the files there. The other files were written by word2vec.c, koan and fastText themselves, from the same text:

    word2vec -train T -output word2vec-c.bin -size 6 -binary 1 -min-count 150 -threads 1 -iter 1 -cbow 1   (and -binary 0)
    koan -f T -d 6 -k 250 -b true -e 1 -t 1
    fasttext skipgram -input T -output fasttext -dim 6 -minCount 250 -bucket 40 -minn 2 -maxn 3 -epoch 1 -thread 1

and by Stanford's glove (52f7dbc) from another, of 20,000 lines:

    vocab_count -min-count 700 < T > vocab.txt; cooccur -vocab-file vocab.txt -window-size 5 < T > pairs; shuffle -seed 1 < pairs > shuffled
    glove -save-file glove -threads 1 -input-file shuffled -x-max 10 -iter 5 -vector-size 6 -binary 0 -vocab-file vocab.txt -seed 1

and once more with -write-header 1 into glove-header.txt: its first line does not count the last word, <unk>, and gensim leaves that out.

    reference.py TEXT     from the repository's root; TEXT: some thousand lines of plain words
"""
import subprocess
import sys

import numpy as np
from gensim.models import KeyedVectors, Word2Vec

D = "tests/data/good/vectors/"
lines = [line.split() for line in open(sys.argv[1], encoding="utf8")]
wv = Word2Vec(lines, vector_size=8, window=4, negative=5, epochs=8, min_count=40, workers=1, seed=3).wv
words, rows = list(wv.index_to_key), wv.vectors.copy()
# Forms that differ in case alone, some more frequent than their small letters, some less.
rng = np.random.default_rng(5)
for at, word in ((3, "HIS"), (20, "She"), (40, "The"), (60, "Time"), (90, "Straße"), (95, "STRASSE")):
    words.insert(at, word)
    rows = np.insert(rows, at, (rows[words.index(word.lower()) - (words.index(word.lower()) > at)] if word.lower() in words else rows[7])
                     + 0.2 * rng.standard_normal(8), axis=0)
kv = KeyedVectors(8)
kv.add_vectors(words, rows.astype(np.float32))
kv.save_word2vec_format(D + "gensim.bin", binary=True)
kv.save_word2vec_format(D + "gensim.txt", binary=False)
kv.save_word2vec_format(D + "gensim-glove.txt", binary=False, write_header=False)
np.save(D + "gensim.npy", kv.vectors)
open(D + "gensim.npy.vocab", "w").write("".join(w + "\n" for w in words))
subprocess.run(["gzip", "-9nkf", D + "gensim-glove.txt"], check=True)
subprocess.run(["zstd", "-q", "-19", "-f", D + "gensim.bin"], check=True)
kv = KeyedVectors.load_word2vec_format(D + "gensim.bin", binary=True)

out = open("tests/core/embed/reference_files.h", "w")
put = lambda *text: print(*text, file=out)
quote = lambda s: '"' + "".join(c if 32 <= ord(c) < 127 and c not in '"\\' else "".join("\\%03o" % b for b in c.encode()) for c in s) + '"'
put("/* What gensim 4.4, NumPy and fastText's program say of tests/data/good/vectors. Made by reference.py. */\n#include <stddef.h>")

# ---- files ----
put("\nstatic const struct file_case {\n    const char *file, *format;\n    size_t V, E, row; /* this row's word and numbers follow */\n"
    "    const char *word;\n    float numbers[8];\n} file_cases[] = {")
def case(file, format, kv, row):
    put("    {%s, %s, %d, %d, %d, %s, {%s}}," % (quote(file), quote(format), len(kv), kv.vector_size, row, quote(kv.index_to_key[row]),
        ", ".join("%.9gf" % x if "." in "%.9g" % x or "e" in "%.9g" % x else "%.9g.0f" % x for x in kv.vectors[row])))
for file, format, options in (("word2vec-c.bin", "word2vec", dict(binary=True)), ("word2vec-c.txt", "word2vec-text", {}),
                              ("fasttext.vec", "word2vec-text", {}), ("koan.txt", "glove", dict(no_header=True)),
                              ("glove.txt", "glove", dict(no_header=True)),
                              ("gensim.bin", "word2vec", dict(binary=True)), ("gensim.txt", "word2vec-text", {}),
                              ("gensim-glove.txt", "glove", dict(no_header=True)), ("gensim-glove.txt.gz", "glove", dict(no_header=True))):
    loaded = KeyedVectors.load_word2vec_format(D + file, **options)
    for row in (0, len(loaded) // 2, len(loaded) - 1):
        case(file, format, loaded, row)
case("gensim.bin.zst", "word2vec", kv, 90)
case("gensim.npy", "npy", kv, 90)
put("};")

# ---- fastText's vectors, known words and unknown ones; the program prints five digits ----
put("\nstatic const struct subword_case {\n    const char *word;\n    float numbers[6];\n} subword_cases[] = {")
asked = ["the", "his", "kings", "unseenword", "café", "</s>", "日本"]
told = subprocess.run(["fasttext", "print-word-vectors", D + "fasttext.bin"], input="\n".join(asked) + "\n", text=True,
                      capture_output=True, check=True).stdout.splitlines()
for line in told:
    word, *numbers = line.split()
    put("    {%s, {%s}}," % (quote(word), ", ".join(numbers)))
put("};")

# ---- questions ----
out = open("tests/core/embed/reference_questions.h", "w")
put("/* What gensim 4.4 answers on tests/data/good/vectors/gensim.bin. Made by reference.py. */\n#include <stdbool.h>\n#include <stddef.h>")
put("\nstatic const struct question_case {\n    const char *method, *terms; /* +word or -word, blanks between */\n    bool fold;\n    size_t n;\n"
    "    struct { const char *word; double score; } hits[10];\n} question_cases[] = {")
def question(method, positive, negative, found, fold="false"):
    put("    {%s, %s, %s, %d, {%s}}," % (quote(method), quote(" ".join(["+" + w for w in positive[:1]] + ["-" + w for w in negative] +
        ["+" + w for w in positive[1:]])), fold, len(found), ", ".join("{%s, %.9g}" % (quote(w), s) for w, s in found)))
for word in ("the", "time", "Straße", "she"):
    question("3cosadd", [word], [], kv.most_similar(word, topn=10))
question("3cosadd", ["his", "her", "she"], [], kv.most_similar(positive=["his", "her", "she"], topn=10))
for b, a, c in (("he", "his", "her"), ("was", "is", "are"), ("man", "he", "she")):
    question("3cosadd", [b, c], [a], kv.most_similar(positive=[b, c], negative=[a], topn=10))
    question("3cosmul", [b, c], [a], kv.most_similar_cosmul(positive=[b, c], negative=[a], topn=10))
# Levy and Goldberg 2014, equation 2, by its definition
unit = kv.get_normed_vectors().astype(np.float64)
for b, a, c in (("he", "his", "her"), ("was", "is", "are")):
    ib, ia, ic = (kv.key_to_index[w] for w in (b, a, c))
    d, x = unit[ib] - unit[ia], unit - unit[ic]
    with np.errstate(invalid="ignore"):
        score = x @ d / np.linalg.norm(x, axis=1) / np.linalg.norm(d)
    order = [i for i in np.argsort(-score) if i not in (ia, ib, ic)][:10]
    question("pairdirection", [b, c], [a], [(kv.index_to_key[i], score[i]) for i in order])
put("};")

# ---- the odd word ----
put("\nstatic const struct { const char *word; float score; } centrality[] = {")
for score, word in reversed(kv.rank_by_centrality("he she him house her".split())):
    put("    {%s, %.9g}," % (quote(word), score))
put("};")

# ---- sets ----
pool = [w for w in kv.index_to_key[:110] if w.islower() and w.isascii() and len(w) > 1][:60]
with open(D + "analogies.txt", "w") as f:
    for section, step in (("near", 7), ("far", 13), ("case", 3)):
        f.write(": %s\n" % section)
        for i in range(40):
            a, b, c, d = (pool[(i * step + k * (step + 2)) % len(pool)] for k in range(4))
            if section == "case":
                a, b, c, d = a.capitalize(), b.upper(), c, d.title()
            f.write("%s %s %s %s\n" % (a, b, c, d))
        f.write("he his nosuchword her\n")
    # answers that are right, so that there is something to count
    f.write(": right\n")
    for i in range(0, 45, 3):
        a, b, c = pool[i:i + 3]
        f.write("%s %s %s %s\n" % (a, b, c, kv.most_similar(positive=[b, c], negative=[a], topn=1)[0][0]))
with open(D + "pairs.tsv", "w") as f:
    f.write("# two words and a score\nword 1\tword 2\tmean\n")
    for i in range(50):
        f.write("%s\t%s\t%.2f\n" % (pool[i], pool[(i * 3 + 1) % 60].upper() if i % 4 == 0 else pool[(i * 3 + 1) % 60], (i * 37 % 23) / 2.3))
    f.write("nosuchword\tthe\t3.00\n")
put("\nstatic const struct eval_case {\n    bool fold;\n    size_t restrict_words;\n    struct { const char *name; size_t correct, total; } sections[5];\n} eval_cases[] = {")
for fold, restrict in ((True, 300000), (False, 300000), (True, 60)):
    _, sections = kv.evaluate_word_analogies(D + "analogies.txt", restrict_vocab=restrict, case_insensitive=fold)
    put("    {%s, %d, {%s}}," % (str(fold).lower(), restrict, ", ".join("{%s, %d, %d}" % (quote(s["section"]), len(s["correct"]),
        len(s["correct"]) + len(s["incorrect"])) for s in sections)))
put("};")
plain = "/tmp/pairs-plain.tsv"
open(plain, "w").write("".join(l for l in open(D + "pairs.tsv") if not l.startswith("word")))
put("\nstatic const struct { bool fold; double spearman; size_t skipped; } pair_cases[] = {")
for fold in (True, False):
    _, spearman, oov = kv.evaluate_word_pairs(plain, case_insensitive=fold)
    put("    {%s, %.9g, %d}," % (str(fold).lower(), spearman.statistic, round(oov * 51 / 100)))
put("};")
