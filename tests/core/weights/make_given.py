"""Tensors as people save them, for open and selfcheck, to tests/data/good/given: NumPy 1 and 2 write the same bytes.

    python tests/core/weights/make_given.py       from the repository's root; numpy, torch, safetensors and transformers 4.57.6

bert.safetensors is what the lines of `help open` save of tests/data/golden/bert. maps.* hold the numbers p[l,h,i,j] =
(1 + (3·l + 5·h + 7·i + 2·j) mod 11) / Σ_j, of 2 layers, 3 heads, 4 tokens."""
import json
import numpy as np
import torch
from safetensors.numpy import save_file as save_arrays
from safetensors.torch import save_file
from transformers import AutoModelForMaskedLM as Model, AutoTokenizer

OUT = "tests/data/good/given/"
name, text = "tests/data/golden/bert", "The cat sat on the mat."
tok, model = AutoTokenizer.from_pretrained(name), Model.from_pretrained(name, attn_implementation="eager").eval()
enc = tok(text, return_tensors="pt")
with torch.no_grad(): out = model(**enc, output_attentions=True, output_hidden_states=True)
t = {k: v[0].clone() for k, v in enc.items()} | {"logits": out.logits[0].clone()}
t |= {f"{n}.{l}": x[0].clone() for n, o in (("attn", out.attentions), ("hidden", out.hidden_states)) for l, x in enumerate(o)}
save_file(t, OUT + "bert.safetensors", {"text": text, "tokens": json.dumps(tok.convert_ids_to_tokens(enc["input_ids"][0]))})

l, h, i, j = np.meshgrid(range(2), range(3), range(4), range(4), indexing="ij")
p = (1 + (3 * l + 5 * h + 7 * i + 2 * j) % 11).astype(np.float64)
p /= p.sum(-1, keepdims=True)
names = np.array(["[CLS]", "Ġcat", "sät", "[SEP]"])
np.savez_compressed(OUT + "maps.npz", **{f"attn.{k}": p[k].astype(np.float32) for k in range(2)}, tokens=names)
np.savez(OUT + "batch.npz", *[p[k][None].astype(np.float32) for k in range(2)])  # arr_0, arr_1 [1,H,T,T]
np.save(OUT + "fortran.npy", np.asfortranarray(p))  # <f8, all layers
np.save(OUT + "half.npy", p[0].astype(np.float16))  # one layer
np.savez(OUT + "five.npz", attentions=p[:, None].astype(np.float32))  # [L,1,H,T,T]
c = np.tril(p)
c /= c.sum(-1, keepdims=True)
s = np.log(p)
save_arrays({f"{n}.{k}": x[k].astype(np.float32) for n, x in (("attn", p), ("scores", s), ("left", s - i), ("right", i + 0.0 * s)) for k in range(2)},
            OUT + "terms.safetensors")
np.savez(OUT + "causal.npz", attn=c.astype(np.float32))
odd = p.astype(np.float32)
odd[0, 0, 0] *= 2
odd[0, 1, 1, 1] = -0.25
odd[1, 2, 3, 3] = np.nan
np.savez(OUT + "odd.npz", attn=odd, notes=np.array([1, "x"], dtype=object), big=np.arange(3, dtype=">i4"))
np.savez(OUT + "unlike.npz", **{"attn.0": odd[0], "attn.1": odd[1, :, :3, :3]})
np.savez(OUT + "oblong.npz", attn=odd[:, :, :3])
np.savez(OUT + "two.npz", **{"attn.0": np.ones((2, 3, 4, 4), np.float32)})
np.savez(OUT + "none.npz", x=np.arange(4))
