"""Small models with heads of answers and of choices, random weights, to tests/data/good; prints what transformers 4.57.6 gives.

    python tests/core/arch/make_answer.py         from the repository's root

Spans as transformers' pipeline of question answering weighs them (align_to_words=False): softmax over context and first token."""
import os
import shutil
import torch
import transformers

GOLDEN, OUT = "tests/data/golden/", "tests/data/good/"
QUESTION, CONTEXT = "Who sat there?", "The cat sat on the mat because it was tired."
CHOICES = ["It slept well.", "It flew over the moon.", "nobody"]
CASES = [("tiny-bert-answer", "bert", "BertForQuestionAnswering"), ("tiny-bert-choice", "bert", "BertForMultipleChoice"),
         ("tiny-roberta-choice", "roberta", "RobertaForMultipleChoice"), ("tiny-electra-choice", "bert", "ElectraForMultipleChoice")]


def make(name, like, family):
    torch.manual_seed(7)
    config = transformers.AutoConfig.from_pretrained(GOLDEN + like)
    if family.startswith("Electra"):
        config = transformers.ElectraConfig(vocab_size=config.vocab_size, embedding_size=8, max_position_embeddings=64)
    config.hidden_size, config.num_hidden_layers, config.num_attention_heads, config.intermediate_size = 8, 1, 2, 16
    config.max_position_embeddings = 64
    model = getattr(transformers, family)(config).eval()
    for p in model.parameters():
        torch.nn.init.normal_(p, std=0.5)
    os.makedirs(OUT + name, exist_ok=True)
    model.save_pretrained(OUT + name)
    os.chmod(OUT + name + "/model.safetensors", 0o644)
    for file in ("tokenizer.json",):
        shutil.copy(GOLDEN + like + "/" + file, OUT + name)
    tokenizer = transformers.AutoTokenizer.from_pretrained(GOLDEN + like)
    with torch.no_grad():
        if "Choice" in family:
            logits = [model(**{k: v[None] for k, v in tokenizer(CONTEXT, c, return_tensors="pt").items()}).logits[0, 0] for c in CHOICES]
            print(name, torch.stack(logits).tolist(), torch.stack(logits).softmax(0).tolist())
            return
        encoding = tokenizer(QUESTION, CONTEXT, return_tensors="pt", return_offsets_mapping=True)
        offsets, sequence = encoding.pop("offset_mapping")[0], encoding.sequence_ids(0)
        out = model(**encoding)
    may = torch.tensor([s == 1 or i == 0 for i, s in enumerate(sequence)])
    start, end = (x[0].double().masked_fill(~may, -torch.inf).softmax(0) for x in (out.start_logits, out.end_logits))
    spans = sorted(((start[i] * end[j]).item(), i, j) for i, s in enumerate(sequence) if s == 1 for j in range(i, min(i + 15, len(sequence))) if sequence[j] == 1)
    for prob, i, j in spans[::-1][:2]:
        print(name, prob, i, j, repr(CONTEXT[offsets[i][0]:offsets[j][1]]))
    print(name, "no answer", (start[0] * end[0]).item())


for case in CASES:
    make(*case)
