"""What PyTorch and transformers 4.57.6 give for score: ln p of every token that counts, to tests/data/good/score/reference.tsv.

    python tests/core/reference_score.py        from the repository's root; torch and transformers are needed

Salazar et al. 2020: each token masked alone. Kauf and Ivanova 2023 (l2r): with the later pieces of its word (word_ids of the
fast tokenizer). Causal: after those before it. A line: model, kind, text's number, token's index, ln p; lines of a text first."""
import torch
from transformers import AutoModelForCausalLM, AutoModelForMaskedLM, AutoTokenizer

TEXTS = ["The cats sleep on souvenirs.", "He doesn't understand uncharacteristically long words", "Cats!"]
CASES = [
    ("examples/models/roberta-tiny", "salazar"),
    ("examples/models/roberta-tiny", "l2r"),
    ("examples/models/deberta-v1-tiny", "l2r"),
    ("tests/data/golden/bert", "salazar"),
    ("tests/data/golden/bert", "l2r"),
    ("examples/models/gpt2-tiny", "causal"),
    ("tests/data/golden/llama-bias", "causal"),
]


def log_probs(model, encoding, ids, row):
    with torch.no_grad():
        return model(**{**encoding, "input_ids": ids}).logits[0, row].log_softmax(-1)


def scores(path, kind):
    tokenizer = AutoTokenizer.from_pretrained(path)
    family = AutoModelForCausalLM if kind == "causal" else AutoModelForMaskedLM
    model = family.from_pretrained(path, dtype=torch.float32, attn_implementation="eager").eval()
    for number, text in enumerate(TEXTS):
        encoding = tokenizer(text, return_tensors="pt", return_special_tokens_mask=True)
        special, words = encoding.pop("special_tokens_mask")[0], encoding.word_ids(0)
        ids = encoding["input_ids"]
        for i in range(ids.shape[1]):
            if special[i] or (kind == "causal" and i == 0):
                continue
            given, row = ids.clone(), i - 1 if kind == "causal" else i
            if kind != "causal":
                given[0, i] = tokenizer.mask_token_id
            for j in range(i + 1, ids.shape[1]):
                if kind != "l2r" or special[j] or words[j] != words[i]:
                    break
                given[0, j] = tokenizer.mask_token_id
            yield number, i, log_probs(model, encoding, given, row)[ids[0, i]].item()


with open("tests/data/good/score/reference.tsv", "w") as out:
    for number, text in enumerate(TEXTS):
        print("text", number, text, sep="\t", file=out)
    for path, kind in CASES:
        for number, i, value in scores(path, kind):
            print(path, kind, number, i, f"{value:.9g}", sep="\t", file=out)
