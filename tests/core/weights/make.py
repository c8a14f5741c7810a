"""Writes tests/data/good/checkpoints and tests/data/good/containers: small models as the field stores them.

    python3 tests/core/weights/make.py      (in the root of the repository; torch 2.15, transformers 4.57.6, safetensors)

checkpoints/NAME is a folder in a form that readers have fallen over. Its row.json holds what transformers gives for it:
the probabilities of layer 1, head 0, query 2 for the ids. containers/ holds one state dict in every container of PyTorch;
state.safetensors has the same tensors, which are compared bit for bit.
"""
import collections
import json
import os
import pickle
import shutil
import zipfile

import torch
from safetensors.torch import load_file, save_file, save_model
from transformers import BertConfig, BertForMaskedLM, RobertaConfig, RobertaForMaskedLM

OUT = "tests/data/good/checkpoints"
CONTAINERS = "tests/data/good/containers"
PICKLES = "tests/data/good/pickles"
IDS = [2, 5, 6, 7, 8, 3]
WORDS = "[PAD] [UNK] [CLS] [SEP] [MASK] the cat sat ##s".split()
SIZES = dict(vocab_size=9, hidden_size=4, num_hidden_layers=2, num_attention_heads=2, intermediate_size=6,
             max_position_embeddings=12, initializer_range=1.0, attn_implementation="eager")


def bert(seed, **more):
    torch.manual_seed(seed)
    return BertForMaskedLM(BertConfig(**{**SIZES, **more})).eval()


def row(model):
    with torch.no_grad():
        attentions = model(torch.tensor([IDS]), output_attentions=True).attentions
    return [round(float(x), 7) for x in attentions[1][0, 0, 2]]


def folder(name, model, **config):
    """config.json, vocab.txt and row.json; the caller writes the weights."""
    path = f"{OUT}/{name}"
    os.makedirs(path, exist_ok=True)
    own = json.loads(model.config.to_json_string(use_diff=True))
    own = {k: v for k, v in {**own, **config}.items() if v is not None and k not in ("dtype", "transformers_version")}
    json.dump(own, open(f"{path}/config.json", "w"), indent=1)
    open(f"{path}/vocab.txt", "w").write("\n".join(WORDS) + "\n")
    json.dump({"ids": IDS, "row": row(model)}, open(f"{path}/row.json", "w"))
    return path


def state(model):
    """What save_pretrained would write: tied tensors once."""
    return {k: v.clone().contiguous() for k, v in model.state_dict().items()
            if k not in ("cls.predictions.decoder.weight", "cls.predictions.decoder.bias")}


def named():
    path = folder("named", bert(2), architectures=["BertForMaskedLM"])
    save_file(state(bert(1)), f"{path}/model.safetensors")
    save_file(state(bert(2)), f"{path}/step-1000.safetensors")


def variant():
    model = bert(3).half().float()
    save_file({k: v.half() for k, v in state(model).items()}, folder("variant", model) + "/model.fp16.safetensors")


def shards():
    model = bert(4)
    path, tensors = folder("shards", model), state(model)
    names = sorted(tensors)
    for i in range(3):
        save_file({k: tensors[k] for k in names[i::3]}, f"{path}/model-{i + 1:05d}-of-00003.safetensors")


def adapter():
    path = f"{OUT}/adapter"
    os.makedirs(path, exist_ok=True)
    json.dump({"peft_type": "LORA", "base_model_name_or_path": "bert-base-uncased", "r": 1, "target_modules": ["query"]},
              open(f"{path}/adapter_config.json", "w"))
    name = "base_model.model.bert.encoder.layer.0.attention.self.query.lora_%s.weight"
    save_file({name % "A": torch.ones(1, 4), name % "B": torch.ones(4, 1)}, f"{path}/adapter_model.safetensors")
    open(f"{path}/vocab.txt", "w").write("\n".join(WORDS) + "\n")


def tied():
    torch.manual_seed(5)
    model = RobertaForMaskedLM(RobertaConfig(**SIZES)).eval()
    path = folder("tied", model)
    os.remove(f"{path}/vocab.txt")
    save_model(model, f"{path}/model.safetensors")


def scaled(name, method, shape, suffix, block=None):
    """The weights of the linear layers as F8, with scales of a shape; the reference gets stored · scale."""
    model = bert(6)
    tensors, config = state(model), {"quant_method": method}
    if block:
        config["weight_block_size"] = block
    for key in [k for k in tensors if "layer." in k and k.endswith(".weight") and tensors[k].dim() == 2]:
        w = tensors[key]
        rows, cols = shape(*w.shape)
        scale = torch.rand(rows, cols) * 0.01 + 0.005
        spread = scale.repeat_interleave(-(-w.shape[0] // rows), 0)[: w.shape[0]]
        spread = spread.repeat_interleave(-(-w.shape[1] // cols), 1)[:, : w.shape[1]]
        if block:
            spread = scale.repeat_interleave(block[0], 0)[: w.shape[0]].repeat_interleave(block[1], 1)[:, : w.shape[1]]
        tensors[key] = (w / spread).to(torch.float8_e4m3fn)
        tensors[key + suffix] = scale.reshape(()) if rows == cols == 1 else scale
        model.state_dict()[key].copy_(tensors[key].float() * spread)
    save_file(tensors, folder(name, model, quantization_config=config) + "/model.safetensors")


def layers():
    model = bert(7, num_hidden_layers=4)
    small = bert(7)
    small.load_state_dict(model.state_dict(), strict=False)
    more = {"logits_proj.weight": torch.ones(2, 4), "logits_proj.bias": torch.ones(2),
            "bert.embeddings.position_ids": torch.arange(12)[None]}
    save_file({**state(model), **more}, folder("layers", small) + "/model.safetensors")


def wrapped():
    model = bert(8)
    tensors = {("module.net." + k): v for k, v in state(model).items()}
    save_file({**tensors, "module.loss.centre": torch.ones(3)}, folder("wrapped", model) + "/model.safetensors")


def untyped():
    model = bert(9)
    save_file(state(model), folder("untyped", model, model_type=None, architectures=["BertForMaskedLM"]) + "/model.safetensors")


def container_state():
    torch.manual_seed(10)
    w = torch.randn(5, 7)
    tensors = collections.OrderedDict()
    tensors["w"] = w
    tensors["alias"] = w
    tensors["transposed"] = w.t()[1:]
    tensors["offset"] = w[2:4]
    tensors["step"] = w[:, ::3]
    tensors["expanded"] = torch.arange(3.0).reshape(3, 1).expand(3, 4)
    tensors["half"] = torch.randn(3, 2).half()
    tensors["bfloat16"] = torch.randn(9).bfloat16()
    tensors["double"] = torch.randn(2, 2, 2).double()
    tensors["bool"] = torch.tensor([True, False, True])
    tensors["parameter"] = torch.nn.Parameter(torch.randn(4))
    tensors["scalar"] = torch.tensor(3.5)
    tensors["empty"] = torch.zeros(0, 3)
    tensors["f8"] = torch.randn(6).to(torch.float8_e4m3fn)
    tensors["f8_e5m2"] = torch.randn(6).to(torch.float8_e5m2)
    for kind in (torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8):
        tensors[str(kind)[6:]] = torch.tensor([1, 0, 100], dtype=kind)
    return tensors


def sharded(tensors):
    """Three shards of each kind, the tensors dealt out in turn, so that an alias and what it shares lie in different files."""
    plain = {k: v.detach().contiguous().clone() for k, v in tensors.items()}
    kinds = (("sharded-safetensors", "model", "safetensors", plain, save_file),
             ("sharded-zip", "pytorch_model", "bin", tensors, torch.save),
             ("sharded-legacy", "pytorch_model", "bin", tensors,
              lambda part, path: torch.save(part, path, _use_new_zipfile_serialization=False)))
    for folder, stem, suffix, state, save in kinds:
        os.makedirs(f"{CONTAINERS}/{folder}", exist_ok=True)
        files = [f"{stem}-{i + 1:05d}-of-00003.{suffix}" for i in range(3)]
        for i, file in enumerate(files):
            save({k: state[k] for k in list(state)[i::3]}, f"{CONTAINERS}/{folder}/{file}")
        where = {k: files[i % 3] for i, k in enumerate(state)}
        json.dump({"metadata": {}, "weight_map": where}, open(f"{CONTAINERS}/{folder}/{stem}.{suffix}.index.json", "w"))


def containers():
    os.makedirs(CONTAINERS, exist_ok=True)
    tensors = container_state()
    save_file({k: v.detach().contiguous().clone() for k, v in tensors.items()}, f"{CONTAINERS}/state.safetensors")
    torch.save(tensors, f"{CONTAINERS}/zip.bin")
    torch.save(tensors, f"{CONTAINERS}/legacy.bin", _use_new_zipfile_serialization=False)
    torch.save(dict(tensors), f"{CONTAINERS}/protocol4.pt", pickle_protocol=4)
    optimizer = {"state": {0: {"step": torch.tensor(1.0), "exp_avg": torch.ones(2)}}, "param_groups": [{"lr": 1e-3}]}
    torch.save({"epoch": 3, "optimizer": optimizer, "state_dict": tensors, "arguments": {"lr": 0.1, "name": "x" * 300}},
               f"{CONTAINERS}/nested.pth")
    sharded(tensors)
    names = list(tensors)
    os.makedirs(f"{CONTAINERS}/sharded", exist_ok=True)
    where = {}
    for i in range(2):
        file = f"pytorch_model-{i + 1:05d}-of-00002.bin"
        torch.save({k: tensors[k] for k in names[i::2]}, f"{CONTAINERS}/sharded/{file}", _use_new_zipfile_serialization=i == 0)
        where.update({k: file for k in names[i::2]})
    json.dump({"metadata": {}, "weight_map": where}, open(f"{CONTAINERS}/sharded/pytorch_model.bin.index.json", "w"))


def pickles():
    """data.pkl of the containers, for the fuzz entry: protocols 2 and 4, nested; and of a whole module."""
    os.makedirs(PICKLES, exist_ok=True)
    torch.save(torch.nn.Sequential(torch.nn.Linear(2, 2)), f"{PICKLES}/module.bin")
    for name, path in (("two", f"{CONTAINERS}/zip.bin"), ("four", f"{CONTAINERS}/protocol4.pt"),
                       ("nested", f"{CONTAINERS}/nested.pth"), ("module", f"{PICKLES}/module.bin")):
        with zipfile.ZipFile(path) as archive:
            data = next(n for n in archive.namelist() if n.endswith("data.pkl"))
            open(f"{PICKLES}/{name}.pkl", "wb").write(archive.read(data))
    for protocol in (0, 1):
        pickle.dump({"a": [1, 2.5, None, True, "x", (1, 2, 3, 4, 5)], "b": {1: 2}}, open(f"{PICKLES}/plain{protocol}.pkl", "wb"), protocol)


def main():
    for path in (OUT, CONTAINERS, PICKLES):
        shutil.rmtree(path, ignore_errors=True)
    named()
    variant()
    shards()
    adapter()
    tied()
    scaled("f8-rows", "fbgemm_fp8", lambda r, c: (r, 1), "_scale")
    scaled("f8-blocks", "fp8", lambda r, c: (-(-r // 4), -(-c // 4)), "_scale_inv", [4, 4])
    scaled("f8-number", "compressed-tensors", lambda r, c: (1, 1), "_scale")
    layers()
    wrapped()
    untyped()
    containers()
    pickles()


main()
