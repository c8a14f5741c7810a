"""Prints what transformers generates and what Python counts for tests/transcript/ngrams.test.

Run in the repository's root:  python3 tests/core/measure/reference_ngrams.py   (torch, transformers)
"""
from collections import Counter

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, GenerationConfig

torch.set_num_threads(1)
FOLDER = "examples/models/gpt2-tiny"
tokenizer = AutoTokenizer.from_pretrained(FOLDER)
model = AutoModelForCausalLM.from_pretrained(FOLDER, dtype=torch.float32).eval()
model.generation_config = GenerationConfig()  # no token ends the text


def generate(prompt, beams, new):
    ids = tokenizer(prompt, return_tensors="pt")["input_ids"]
    config = GenerationConfig(max_new_tokens=new, num_beams=beams, do_sample=False, length_penalty=1.0, early_stopping=False,
                              pad_token_id=0)
    return model.generate(ids, generation_config=config)[0, ids.shape[1]:].tolist()


def grams(ids, n):
    return [tuple(ids[i:i + n]) for i in range(len(ids) - n + 1)]


def show(name, texts):
    for n in range(1, 5):
        all_grams = [g for ids in texts for g in grams(ids, n)]
        tokens = sum(map(len, texts))
        print(name, n, tokens, len(all_grams), len(set(all_grams)), round(1 - len(set(all_grams)) / len(all_grams), 6),
              round(len(set(all_grams)) / tokens, 6))


greedy, beam = generate("The ship was", 1, 60), generate("The ship was", 4, 50)
print(greedy, beam)
show("greedy", [greedy[:50]])
show("beam", [beam])
show("all", [greedy[:50], beam])
print(Counter(grams(greedy[:50], 2)).most_common(3))
