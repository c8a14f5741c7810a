"""The peers' side of the benchmark: PyTorch, eager attention, all maps asked for; ONNX Runtime and OpenVINO with the same graph.

    peer.py make SHAPE FOLDER     write a model of that shape with random weights
    peer.py serve FOLDER          answer requests on standard input, as bench_trunk.c does:
                                  `run N`, `hidden N` (raw floats), `more N M`, `ids N M`, `threads K`
    peer.py export FOLDER         write FOLDER/onnx/pass.onnx, and step.onnx where the model generates
    peer.py export-openvino FOLDER   write FOLDER/openvino/pass.xml
    peer.py onnx FOLDER           answer the same requests through ONNX Runtime
    peer.py openvino FOLDER       answer `run`, `hidden` and `threads` through OpenVINO, in f32
"""
import os
import sys
import time
import warnings

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
import torch
import transformers

warnings.filterwarnings("ignore")

SHAPES = {
    "bert-base": lambda: transformers.BertConfig(),
    "deberta-v3-base": lambda: transformers.DebertaV2Config(
        vocab_size=128100, hidden_size=768, num_hidden_layers=12, num_attention_heads=12, intermediate_size=3072,
        relative_attention=True, position_buckets=256, max_relative_positions=-1, pos_att_type=["p2c", "c2p"],
        share_att_key=True, norm_rel_ebd="layer_norm", position_biased_input=False, type_vocab_size=0,
        layer_norm_eps=1e-7),
    "gpt2-small": lambda: transformers.GPT2Config(),
    "t5-base": lambda: transformers.T5Config(
        d_model=768, d_kv=64, d_ff=3072, num_layers=12, num_heads=12, architectures=["T5EncoderModel"]),
    "modernbert-base": lambda: transformers.ModernBertConfig(reference_compile=False),
    "mixtral-small": lambda: transformers.MixtralConfig(
        vocab_size=32000, hidden_size=512, intermediate_size=1024, num_hidden_layers=8, num_attention_heads=8,
        num_key_value_heads=4, num_local_experts=8, num_experts_per_tok=2, sliding_window=None),
}


def classes(kind):
    """The class of the whole checkpoint of a model type."""
    return {"gpt2": transformers.GPT2LMHeadModel, "t5": transformers.T5EncoderModel}.get(kind, transformers.AutoModel)


def make(shape, folder):
    torch.manual_seed(20)
    config = SHAPES[shape]()
    model = classes(config.model_type)._from_config(config) if config.model_type in ("gpt2", "t5") \
        else transformers.AutoModel.from_config(config)
    model.save_pretrained(folder, safe_serialization=True)


def load(folder):
    config = transformers.AutoConfig.from_pretrained(folder)
    more = {"add_pooling_layer": False} if config.model_type == "bert" else {}
    return classes(config.model_type).from_pretrained(
        folder, attn_implementation="eager", dtype=torch.float32, **more).eval()


def trunk_of(model):
    return model.transformer if hasattr(model, "transformer") else model


def token_ids(n, vocabulary):
    return torch.tensor([[5 + i * 7919 % (vocabulary - 10) for i in range(n)]])


def through(trunk, ids, **more):
    """The last layer's output, which of ModernBERT stands before its final norm, and all maps."""
    before_norm = trunk.config.model_type == "modernbert"
    out = trunk(ids, output_attentions=True, output_hidden_states=before_norm, **more)
    return (out.hidden_states[-1] if before_norm else out.last_hidden_state), out.attentions


class Eager:
    def __init__(self, folder):
        self.model = load(folder)
        self.vocabulary = self.model.config.vocab_size

    def threads(self, n):
        torch.set_num_threads(n)

    def hidden(self, ids):
        hidden, maps = through(trunk_of(self.model), ids)
        assert len(maps) == self.model.config.num_hidden_layers
        return hidden[0].numpy()

    def begin(self, ids):
        """The next token's logits behind a prompt, and what the next step needs."""
        out = self.model(ids, use_cache=True, output_attentions=True)
        return out.logits[0, -1], out.past_key_values

    def step(self, token, past):
        out = self.model(torch.tensor([[token]]), past_key_values=past, use_cache=True, output_attentions=True)
        assert len(out.attentions) == self.model.config.num_hidden_layers
        return out.logits[0, -1], out.past_key_values


# ---- ONNX Runtime ----

def causal(ids, before):
    """[1,1,T,before+T]; a mask that is given is used as it is, and the graph of making one is not exported."""
    query = torch.arange(ids.shape[1]) + before
    key = torch.arange(ids.shape[1] + before)
    return torch.where(key <= query[:, None], 0.0, torch.finfo(torch.float32).min)[None, None]


class Pass(torch.nn.Module):
    """Last hidden state and all maps."""
    def __init__(self, model):
        super().__init__()
        self.trunk = trunk_of(model)

    def forward(self, ids):
        more = {"use_cache": False, "attention_mask": causal(ids, 0)} if self.trunk.config.model_type == "gpt2" else {}
        hidden, maps = through(self.trunk, ids, **more)
        return (hidden, *maps)


class Step(torch.nn.Module):
    """Logits of the last token, all keys and values, all maps, of GPT-2 over tokens behind a past."""
    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, ids, *past):
        layers = [(past[2 * i], past[2 * i + 1]) for i in range(len(past) // 2)]
        cache = transformers.DynamicCache.from_legacy_cache(layers)
        before = past[0].shape[2]
        out = self.model(ids, past_key_values=cache, use_cache=True, output_attentions=True, attention_mask=causal(ids, before),
                         position_ids=(torch.arange(ids.shape[1]) + before)[None])
        flat = [tensor for layer in out.past_key_values.to_legacy_cache() for tensor in layer]
        return (out.logits[:, -1], *flat, *out.attentions)


def check_export(model, folder):
    """A graph that was traced may hold the trace's own choices (of experts): it must give the same at another length."""
    ids, path = token_ids(24, model.config.vocab_size), os.path.join(folder, "onnx", "pass.onnx")
    try:
        import onnxruntime
        hidden = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"]).run(["hidden"], {"ids": ids.numpy()})[0]
        good = abs(torch.from_numpy(hidden) - Pass(model)(ids)[0]).max() < 1e-3
    except Exception:
        good = False
    if not good:
        os.remove(path)
        sys.exit("the exported graph holds for the traced text alone")


def export(folder):
    model = load(folder)
    layers, ids = model.config.num_hidden_layers, token_ids(16, model.config.vocab_size)
    os.makedirs(os.path.join(folder, "onnx"), exist_ok=True)
    maps = ["map%d" % i for i in range(layers)]
    with torch.no_grad():
        torch.onnx.export(Pass(model).eval(), (ids,), os.path.join(folder, "onnx", "pass.onnx"), input_names=["ids"],
                          output_names=["hidden", *maps], dynamic_axes={"ids": {1: "T"}}, opset_version=17, dynamo=False)
        check_export(model, folder)
        if not hasattr(model, "lm_head"):
            return
        _, past = Eager.begin(type("", (), {"model": model})(), ids)
        flat = tuple(tensor for layer in past.to_legacy_cache() for tensor in layer)
        names = ["past%d" % i for i in range(2 * layers)]
        axes = {"ids": {1: "T"}, **{name: {2: "before"} for name in names}}
        torch.onnx.export(Step(model).eval(), (ids[:, :1], *flat), os.path.join(folder, "onnx", "step.onnx"),
                          input_names=["ids", *names], output_names=["logits", *["key%d" % i for i in range(2 * layers)], *maps],
                          dynamic_axes=axes, opset_version=17, dynamo=False)


class Onnx:
    def __init__(self, folder):
        self.folder = os.path.join(folder, "onnx")
        config = transformers.AutoConfig.from_pretrained(folder)
        self.vocabulary, self.layers = config.vocab_size, config.num_hidden_layers
        self.heads, self.width = config.num_attention_heads, config.hidden_size // config.num_attention_heads
        self.sessions = {}
        self.threads(1)

    def threads(self, n):
        import onnxruntime
        if n not in self.sessions:
            options = onnxruntime.SessionOptions()
            options.intra_op_num_threads, options.log_severity_level = n, 3
            options.add_session_config_entry("session.intra_op.allow_spinning", "0")
            self.sessions[n] = [onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
                                for path in (os.path.join(self.folder, name) for name in ("pass.onnx", "step.onnx"))
                                if os.path.exists(path)]
        self.session = self.sessions[n]

    def hidden(self, ids):
        return self.session[0].run(None, {"ids": ids.numpy()})[0][0]

    def feed(self, ids, past):
        out = self.session[1].run(None, {"ids": ids.numpy(), **{"past%d" % i: tensor for i, tensor in enumerate(past)}})
        return torch.from_numpy(out[0][0]), out[1:1 + len(past)]

    def begin(self, ids):
        empty = torch.zeros(1, self.heads, 0, self.width).numpy()
        return self.feed(ids, [empty] * (2 * self.layers))

    def step(self, token, past):
        return self.feed(torch.tensor([[token]]), past)


# ---- OpenVINO ----

class OpenVino:
    """Its default precision is bf16 where the machine has it, which is another computation: f32 is asked for."""
    def __init__(self, folder):
        import openvino
        self.core = openvino.Core()
        self.path = os.path.join(folder, "openvino", "pass.xml")
        self.vocabulary = transformers.AutoConfig.from_pretrained(folder).vocab_size
        self.requests = {}
        self.threads(1)

    def threads(self, n):
        if n not in self.requests:
            options = {"INFERENCE_PRECISION_HINT": "f32", "PERFORMANCE_HINT": "LATENCY", "INFERENCE_NUM_THREADS": n}
            self.requests[n] = self.core.compile_model(self.path, "CPU", options).create_infer_request()
        self.request = self.requests[n]

    def hidden(self, ids):
        self.request.infer([ids.numpy()])
        return self.request.get_output_tensor(0).data[0]


def export_openvino(folder):
    """From PyTorch's graph: the ONNX graph of DeBERTa has conditions whose ranks OpenVINO does not know."""
    import openvino
    model = load(folder)
    with torch.no_grad():
        graph = openvino.convert_model(Pass(model).eval(), example_input=token_ids(16, model.config.vocab_size))
    os.makedirs(os.path.join(folder, "openvino"), exist_ok=True)
    openvino.save_model(graph, os.path.join(folder, "openvino", "pass.xml"), compress_to_fp16=False)


# ---- requests ----

def go_on(side, n, more):
    """Milliseconds of `more` tokens behind the first, which the prompt's own pass gives, and all their ids."""
    logits, past = side.begin(token_ids(n, side.vocabulary))
    ids = [int(logits.argmax())]
    begin = time.perf_counter()
    for _ in range(more):
        logits, past = side.step(ids[-1], past)
        ids.append(int(logits.argmax()))
    return (time.perf_counter() - begin) * 1e3, ids


def serve(side, answers):
    answers.write(b"ready\n")
    answers.flush()
    for line in sys.stdin:
        word, *numbers = line.split()
        numbers = [int(n) for n in numbers]
        with torch.no_grad():
            if word == "threads":
                side.threads(*numbers)
                answers.write(b"ok\n")
            elif word in ("more", "ids"):
                took, ids = go_on(side, *numbers)
                answers.write(b"%.4f\n" % took if word == "more" else b" ".join(b"%d" % i for i in ids) + b"\n")
            else:
                ids = token_ids(numbers[0], side.vocabulary)
                begin = time.perf_counter()
                hidden = side.hidden(ids)
                took = time.perf_counter() - begin
                answers.write(hidden.tobytes() if word == "hidden" else b"%.4f\n" % (took * 1e3))
        answers.flush()


def main():
    what = sys.argv[1]
    if what == "make":
        make(sys.argv[2], sys.argv[3])
    elif what == "export":
        export(sys.argv[2])
    elif what == "export-openvino":
        export_openvino(sys.argv[2])
    else:
        answers = os.fdopen(os.dup(1), "wb")
        os.dup2(2, 1)  # whatever the libraries print does not get between the answers
        serve({"onnx": Onnx, "openvino": OpenVino, "serve": Eager}[what](sys.argv[2]), answers)


main()
