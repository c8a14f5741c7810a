"""Writes a GGUF file of Qwen2-1.5B's shape with random weights in Q8_0 (1.6 GB), without a tokenizer.

    python3 tests/bench/gguf_make.py OUT.gguf      (gguf 0.19, numpy)

The weights are drawn as the bytes of blocks: whole numbers of -127 to 127 with one scale that gives them a deviation of 0.02.
"""
import sys

import numpy as np
from gguf import GGMLQuantizationType as T, GGUFWriter

L, E, I, H, KV, V, D = 28, 1536, 8960, 12, 2, 151936, 128


def main(path):
    random = np.random.default_rng(1)
    scale = np.frombuffer(np.float16(0.02 / 73.5).tobytes(), dtype=np.uint8)
    writer = GGUFWriter(path, "qwen2", use_temp_file=True)
    writer.add_block_count(L)
    writer.add_context_length(32768)
    writer.add_embedding_length(E)
    writer.add_feed_forward_length(I)
    writer.add_head_count(H)
    writer.add_head_count_kv(KV)
    writer.add_layer_norm_rms_eps(1e-6)
    writer.add_rope_freq_base(1000000.0)
    writer.add_tokenizer_model("none")
    writer.add_vocab_size(V)

    def weight(name, rows, width):
        blocks = np.empty((rows, width // 32, 34), dtype=np.uint8)
        blocks[..., :2] = scale
        blocks[..., 2:] = random.integers(-127, 128, (rows, width // 32, 32), dtype=np.int8).view(np.uint8)
        writer.add_tensor(name, blocks.reshape(rows, -1), raw_dtype=T.Q8_0)

    def vector(name, n, value):
        writer.add_tensor(name, np.full(n, value, dtype=np.float32))

    weight("token_embd.weight", V, E)
    vector("output_norm.weight", E, 1)
    for l in range(L):
        at = f"blk.{l}."
        vector(at + "attn_norm.weight", E, 1)
        vector(at + "ffn_norm.weight", E, 1)
        for name, rows in ("q", H * D), ("k", KV * D), ("v", KV * D):
            weight(at + f"attn_{name}.weight", rows, E)
            vector(at + f"attn_{name}.bias", rows, 0)
        weight(at + "attn_output.weight", E, H * D)
        weight(at + "ffn_gate.weight", I, E)
        weight(at + "ffn_up.weight", I, E)
        weight(at + "ffn_down.weight", E, I)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


main(sys.argv[1])
