"""Q8_0 generation of a Qwen2-1.5B shape beside llama.cpp, two threads each, in turn.

    python3 tests/bench/gguf_generate.py FILE.gguf [GAZE]      (llama-cpp-python; gguf_make.py writes the file)

A token's time is that of `more` tokens over that of `few` tokens behind the same prompt, so that loading and the prompt fall out;
of ROUNDS rounds the best counts, as others may use the machine. Prints one row of a table.
"""
import subprocess
import sys
import time

from llama_cpp import Llama

ROUNDS, FEW, MORE, PROMPT = 3, 4, 20, list(range(1, 9))


def gaze_seconds(program, path, tokens):
    began = time.perf_counter()
    command = f"generate ids={','.join(map(str, PROMPT))} max={tokens} end=none"
    subprocess.run([program, "-X", path, "-c", "set threads=2", "-c", command], check=True, capture_output=True)
    return time.perf_counter() - began


def llama_seconds(model, tokens):
    model.reset()
    model.eval(PROMPT)
    began = time.perf_counter()
    for _ in range(tokens):
        model.eval([int(model.scores[model.n_tokens - 1].argmax())])
    return time.perf_counter() - began


def main(path, program="build/gaze"):
    model = Llama(model_path=path, n_threads=2, n_threads_batch=2, n_ctx=256, logits_all=True, verbose=False)
    ours, theirs = [], []
    for _ in range(ROUNDS):
        ours.append((gaze_seconds(program, path, MORE) - gaze_seconds(program, path, FEW)) / (MORE - FEW))
        theirs.append(llama_seconds(model, MORE) / MORE)
    a, b = min(ours) * 1e3, min(theirs) * 1e3
    print("| shape | gaze ms a token | llama.cpp ms a token | ratio |\n|---|---|---|---|")
    print(f"| Qwen2-1.5B, Q8_0, 2 threads | {a:.0f} | {b:.0f} | {b / a:.2f} |")


main(*sys.argv[1:])
