"""The peer's side of the benchmark: PyTorch, eager attention, all maps asked for.

    peer.py make SHAPE FOLDER     write a model of that shape with random weights
    peer.py serve FOLDER          answer requests on standard input, as bench_trunk.c does:
                                  `run N`, `hidden N` (raw floats), `threads K`
"""
import os
import sys
import time

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
import torch
import transformers

SHAPES = {
    "bert-base": lambda: transformers.BertConfig(),
    "deberta-v3-base": lambda: transformers.DebertaV2Config(
        vocab_size=128100, hidden_size=768, num_hidden_layers=12, num_attention_heads=12, intermediate_size=3072,
        relative_attention=True, position_buckets=256, max_relative_positions=-1, pos_att_type=["p2c", "c2p"],
        share_att_key=True, norm_rel_ebd="layer_norm", position_biased_input=False, type_vocab_size=0,
        layer_norm_eps=1e-7),
}


def make(shape, folder):
    torch.manual_seed(20)
    model = transformers.AutoModel.from_config(SHAPES[shape]())
    model.save_pretrained(folder, safe_serialization=True)


def load(folder):
    config = transformers.AutoConfig.from_pretrained(folder)
    more = {"add_pooling_layer": False} if config.model_type == "bert" else {}
    return transformers.AutoModel.from_pretrained(
        folder, attn_implementation="eager", torch_dtype=torch.float32, **more).eval()


def serve(folder):
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever the libraries print does not get between the answers
    model = load(folder)
    vocabulary = model.config.vocab_size
    answers.write(b"ready\n")
    answers.flush()
    for line in sys.stdin:
        word, n = line.split()
        n = int(n)
        if word == "threads":
            torch.set_num_threads(n)
            answers.write(b"ok\n")
        else:
            ids = torch.tensor([[5 + i * 7919 % (vocabulary - 10) for i in range(n)]])
            with torch.no_grad():
                begin = time.perf_counter()
                out = model(ids, output_attentions=True)
                assert len(out.attentions) == model.config.num_hidden_layers
                hidden = out.last_hidden_state[0].numpy() if word == "hidden" else None
                del out
                took = time.perf_counter() - begin
            answers.write(hidden.tobytes() if word == "hidden" else b"%.4f\n" % (took * 1e3))
        answers.flush()


if sys.argv[1] == "make":
    make(sys.argv[2], sys.argv[3])
else:
    serve(sys.argv[2])
