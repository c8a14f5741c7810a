"""Writes tests/data/good/gguf/types.gguf: a tensor of every type of number that GGUF files hold, from random bytes, and
types.safetensors: the floats that the package gguf gives for them; split-*: a model in two files.

    python3 tests/core/weights/make_gguf.py      (in the root of the repository; gguf 0.19, numpy, safetensors)
"""
import os

import numpy as np
from gguf import GGMLQuantizationType as T, GGUFWriter, GGML_QUANT_SIZES, quants
from gguf import GGUFReader
from safetensors.numpy import save_file

OUT = "tests/data/good/gguf"
TYPES = ("F32 F16 BF16 F64 I8 I16 I32 I64 Q4_0 Q4_1 Q5_0 Q5_1 Q8_0 Q2_K Q3_K Q4_K Q5_K Q6_K IQ1_S IQ1_M IQ2_XXS IQ2_XS IQ2_S "
         "IQ3_XXS IQ3_S IQ4_NL IQ4_XS TQ1_0 TQ2_0 MXFP4 NVFP4").split()
PLAIN = {"F32": "<f4", "F16": "<f2", "F64": "<f8", "I8": "<i1", "I16": "<i2", "I32": "<i4", "I64": "<i8"}
HALVES = {"Q4_0": [0], "Q4_1": [0, 2], "Q5_0": [0], "Q5_1": [0, 2], "Q8_0": [0], "Q2_K": [80, 82], "Q3_K": [108], "Q4_K": [0, 2],
          "Q5_K": [0, 2], "Q6_K": [208], "IQ1_S": [0], "IQ2_XXS": [0], "IQ2_XS": [0], "IQ2_S": [0], "IQ3_XXS": [0], "IQ3_S": [0],
          "IQ4_NL": [0], "IQ4_XS": [0], "TQ1_0": [52], "TQ2_0": [64]}
ROWS, WIDTH = 2, 256


def numbers(name, random):
    """The bytes [ROWS, bytes of a row] of a tensor: any bits, but scales are finite."""
    if name in PLAIN:
        whole = random.integers(-100, 100, (ROWS, WIDTH))
        return (whole * 1.37 if name[0] == "F" else whole).astype(PLAIN[name])
    block, size = GGML_QUANT_SIZES[T[name]]
    blocks = random.integers(0, 256, (ROWS, WIDTH // block, size), dtype=np.uint8)
    for at in HALVES.get(name, []):
        scale = random.normal(0, 0.05, blocks.shape[:2]).astype("<f2")
        blocks[..., at:at + 2] = scale[..., None].view(np.uint8)
    if name == "BF16":
        blocks[..., 1] &= 0x3F
    if name == "IQ1_M":  # the scale's upper four bits: of four numbers of 16 bits the uppermost
        blocks[..., 55] = blocks[..., 55] & 0x0F | 0x20
    if name == "MXFP4":  # exponents whose numbers are finite, with the two that are no power of two's
        blocks[..., 0] %= 251
        blocks[0, :2, 0] = 0, 1
    return blocks.reshape(ROWS, -1)


def main():
    random = np.random.default_rng(19)
    os.makedirs(OUT, exist_ok=True)
    writer = GGUFWriter(f"{OUT}/types.gguf", "llama")
    expected = {}
    for name in TYPES:
        data = numbers(name, random)
        writer.add_tensor(name, data, raw_dtype=T[name])
        if name in PLAIN:
            expected[name] = data.astype("<f4")
        else:
            expected[name] = quants.dequantize(data, T[name]).astype("<f4").reshape(ROWS, WIDTH)
        assert np.isfinite(expected[name]).all(), name
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    save_file(expected, f"{OUT}/types.safetensors")


def splits():
    """gguf-llama in two files, as llama.cpp's gguf-split names them: the first has the metadata."""
    reader = GGUFReader("tests/data/golden/gguf-llama/model.gguf")
    for part in (1, 2):
        writer = GGUFWriter(f"{OUT}/split-0000{part}-of-00002.gguf", "llama" if part == 1 else "")
        for key, field in reader.fields.items() if part == 1 else ():
            if not key.startswith("GGUF.") and key != "general.architecture":
                writer.add_key_value(key, field.contents(), field.types[0], field.types[-1] if len(field.types) > 1 else None)
        writer.add_uint16("split.no", part - 1)
        writer.add_uint16("split.count", 2)
        for i, tensor in enumerate(reader.tensors):
            if (i < 9) == (part == 1):
                writer.add_tensor(tensor.name, tensor.data, raw_dtype=tensor.tensor_type)
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()


main()
splits()
