#!/usr/bin/env python3
"""Make tests/data/golden/options-*: what transformers 4.57.6 gives for configurations that published checkpoints rarely use.

    options.py FOLDER [NAME ...]      write the cases of those names (all) to FOLDER/options-NAME

Weights are random and larger than a fresh model's, so that maps are not flat. float32, eager attention (sdpa, without
maps, where a case says so), batch of one.
"""
import json
import os
import shutil
import sys

import torch
import transformers as tf
from safetensors.torch import load_file, save_file

VOCABULARY = 32
SIZES = dict(vocab_size=VOCABULARY, hidden_size=16, num_hidden_layers=2, num_attention_heads=4, intermediate_size=24,
             max_position_embeddings=40)
PAD = dict(pad_token_id=1)


FUNNEL = dict(vocab_size=VOCABULARY, d_model=16, n_head=4, d_head=3, d_inner=24, block_sizes=[1, 1, 1], num_decoder_layers=1)
ALBERT = dict(SIZES, embedding_size=8)

# name: class of the model, configuration, and what else: lengths of texts, whether types are given, global tokens …
CASES = {
    "electra-relative": dict(cls="ElectraForMaskedLM", config=dict(SIZES, embedding_size=8, hidden_act="gelu_new",
                             position_embedding_type="relative_key"), types=2),
    "electra-pruned": dict(cls="ElectraForSequenceClassification", config=dict(SIZES, embedding_size=16, hidden_act="relu",
                           position_embedding_type="relative_key_query", pruned_heads={0: [1], 1: [0, 3]}, num_labels=3)),
    "electra-disc": dict(cls="ElectraForPreTraining", config=dict(SIZES, embedding_size=20, hidden_act="silu"), types=2),
    "electra-tokens": dict(cls="ElectraForTokenClassification", config=dict(SIZES, embedding_size=8, num_labels=5)),
    "albert-inner": dict(cls="AlbertForMaskedLM", config=dict(ALBERT, inner_group_num=2, num_hidden_groups=2, num_hidden_layers=4,
                         position_embedding_type="relative_key_query"), types=2, lengths=(3, 6)),
    "albert-order": dict(cls="AlbertForPreTraining", config=dict(ALBERT, num_hidden_groups=3, num_hidden_layers=4, hidden_act="relu",
                         position_embedding_type="relative_key", pruned_heads={0: [1, 2], 2: [0]}), lengths=(7, 12)),
    "albert-class": dict(cls="AlbertForSequenceClassification", config=dict(ALBERT, num_labels=1)),
    "xlmr-pads": dict(cls="XLMRobertaForSequenceClassification", config=dict(SIZES, **PAD, num_labels=4,
                      problem_type="multi_label_classification"), pads=True),
    "data2vec-pads": dict(cls="Data2VecTextForMaskedLM", config=dict(SIZES, **PAD, num_hidden_layers=1), pads=True),
    "camembert-tokens": dict(cls="CamembertForTokenClassification", config=dict(SIZES, **PAD, num_labels=3,
                             position_embedding_type="relative_key"), pads=True),
    "mpnet-far": dict(cls="MPNetForMaskedLM", config=dict(SIZES, max_position_embeddings=150, relative_attention_num_buckets=40,
                      num_hidden_layers=1, num_attention_heads=1, hidden_act="relu", pad_token_id=3), lengths=(9, 75), logits=9),
    "mpnet-class": dict(cls="MPNetForSequenceClassification", config=dict(SIZES, num_labels=3)),
    "megatron-next": dict(cls="MegatronBertForPreTraining", config=dict(SIZES, hidden_act="relu", pruned_heads={1: [2]},
                          position_embedding_type="relative_key_query"), types=2),
    "ernie-tasks": dict(cls="ErnieForSequenceClassification", config=dict(SIZES, use_task_id=True, task_type_vocab_size=5,
                        type_vocab_size=4, position_embedding_type="relative_key"), types=4),
    "ernie-no-task": dict(cls="ErnieForPreTraining", config=dict(SIZES, hidden_act="gelu_new", pruned_heads={0: [0]}), types=2),
    "xlmr-xl-relative": dict(cls="XLMRobertaXLForMaskedLM", config=dict(SIZES, **PAD, type_vocab_size=2, pruned_heads={0: [3]},
                             position_embedding_type="relative_key_query", tie_word_embeddings=False), pads=True, types=2),
    "xlmr-xl-class": dict(cls="XLMRobertaXLForSequenceClassification", config=dict(SIZES, **PAD, hidden_act="relu"), pads=True),
    "modernbert-biases": dict(cls="ModernBertForMaskedLM", config=dict(SIZES, norm_bias=True, attention_bias=True, mlp_bias=True,
                              classifier_bias=True, decoder_bias=False, local_rope_theta=None, global_attn_every_n_layers=2,
                              local_attention=6, global_rope_theta=700.0, hidden_activation="gelu_new", tie_word_embeddings=False,
                              classifier_activation="relu", pad_token_id=0, num_hidden_layers=3), lengths=(1, 13)),
    "modernbert-mean": dict(cls="ModernBertForSequenceClassification", config=dict(SIZES, classifier_pooling="mean", num_labels=3,
                            local_attention=8, pad_token_id=0, rope_scaling={"rope_type": "linear", "factor": 2.0})),
    "modernbert-tokens": dict(cls="ModernBertForTokenClassification", config=dict(SIZES, classifier_pooling="mean", num_labels=3,
                              local_attention=4, pad_token_id=0, global_attn_every_n_layers=1)),
    "modernbert-class": dict(cls="ModernBertForSequenceClassification", config=dict(SIZES, num_labels=2, pad_token_id=0,
                             local_attention=2)),
    "modernbert-bare": dict(cls="ModernBertForTokenClassification", config=dict(SIZES, num_labels=3, pad_token_id=0, decoder_bias=False,
                            local_attention=4, norm_bias=True)),
    "modernbert-answer": dict(cls="ModernBertForQuestionAnswering", config=dict(SIZES, pad_token_id=0, classifier_pooling="mean",
                              local_attention=4, num_hidden_layers=1)),
    "esm-absolute": dict(cls="EsmForMaskedLM", config=dict(SIZES, **PAD, emb_layer_norm_before=True, token_dropout=True,
                         mask_token_id=5, position_embedding_type="absolute", layer_norm_eps=1e-5), masks=5, contacts=True, ends=2),
    "esm-relative": dict(cls="EsmForSequenceClassification", config=dict(SIZES, **PAD, token_dropout=False,
                         position_embedding_type="relative_key_query", pruned_heads={0: [1]}), pads=True),
    "esm-relative-key": dict(cls="EsmForTokenClassification", config=dict(SIZES, **PAD, position_embedding_type="relative_key",
                             token_dropout=True, mask_token_id=5), masks=5),
    "esm-rotary": dict(cls="EsmForMaskedLM", config=dict(SIZES, **PAD, token_dropout=True, mask_token_id=5, tie_word_embeddings=False,
                       position_embedding_type="rotary", emb_layer_norm_before=True), masks=5, contacts=True,
                       drop="inv_freq", lengths=(9, 3, 17)),
    "roformer-values": dict(cls="RoFormerForMaskedLM", config=dict(SIZES, embedding_size=8, rotary_value=True, hidden_act="relu",
                            type_vocab_size=3), types=3),
    "roformer-no-table": dict(cls="RoFormerForSequenceClassification", config=dict(SIZES, num_labels=3, hidden_act="silu",
                              pruned_heads={1: [1]}), drop="embed_positions"),
    "squeezebert-groups": dict(cls="SqueezeBertForMaskedLM", config=dict(SIZES, embedding_size=16, q_groups=1, k_groups=2, v_groups=8,
                               post_attention_groups=4, intermediate_groups=2, output_groups=8, layer_norm_eps=0.1,
                               hidden_act="relu"), types=2),
    "squeezebert-class": dict(cls="SqueezeBertForSequenceClassification", config=dict(SIZES, embedding_size=16)),
    "convbert-groups": dict(cls="ConvBertForMaskedLM", config=dict(SIZES, embedding_size=8, head_ratio=3, num_groups=2,
                            conv_kernel_size=3, num_attention_heads=6, hidden_act="relu"), types=2),
    "convbert-one-head": dict(cls="ConvBertForSequenceClassification", config=dict(SIZES, embedding_size=16, head_ratio=9,
                              conv_kernel_size=7, hidden_act="silu")),
    "longformer-global": dict(cls="LongformerForMaskedLM", config=dict(SIZES, **PAD, attention_window=[4, 8], type_vocab_size=1),
                              pads=True, globals=[0, 3, 5], lengths=(9, 14)),
    "longformer-local": dict(cls="LongformerForMaskedLM", config=dict(SIZES, **PAD, attention_window=4, hidden_act="relu",
                             tie_word_embeddings=False), globals=[], types=2),
    "longformer-class": dict(cls="LongformerForSequenceClassification", config=dict(SIZES, **PAD, attention_window=8),
                             globals=None),
    "longformer-answer": dict(cls="LongformerForQuestionAnswering", config=dict(SIZES, **PAD, attention_window=4, sep_token_id=4),
                              separators=4, unasked=lambda ids: range(ids.index(4)), lengths=(9, 14)),
    "longformer-choice": dict(cls="LongformerForMultipleChoice", config=dict(SIZES, **PAD, attention_window=4, sep_token_id=4),
                              separators=4, unasked=lambda ids: range(4, len(ids)), lengths=(9, 14)),
    "longformer-unasked": dict(cls="LongformerForMaskedLM", config=dict(SIZES, **PAD, attention_window=4), unasked=lambda ids: []),
    "funnel-factorized": dict(cls="FunnelForMaskedLM", config=dict(FUNNEL, attention_type="factorized", pool_q_only=False,
                              hidden_act="relu", tie_word_embeddings=False), types=3, lengths=(2, 3, 9)),
    "funnel-repeats": dict(cls="FunnelForPreTraining", config=dict(FUNNEL, block_sizes=[2, 1], block_repeats=[1, 2],
                           pooling_type="max", truncate_seq=False), types=3, lengths=(3, 9)),
    "funnel-together": dict(cls="FunnelForTokenClassification", config=dict(FUNNEL, separate_cls=False, truncate_seq=False, num_labels=3),
                            types=2, lengths=(3, 5, 12)),
    "funnel-base": dict(cls="FunnelForSequenceClassification", config=dict(FUNNEL, pool_q_only=False, num_labels=3), types=3,
                        lengths=(5, 14)),
    "funnel-shift": dict(cls="FunnelForMaskedLM", config=dict(FUNNEL, separate_cls=False, attention_type="factorized"), types=2,
                         lengths=(3, 13)),
    "bert-next": dict(cls="BertForPreTraining", config=dict(SIZES, hidden_act="gelu_new"), types=2),
    "bert-tokens": dict(cls="BertForTokenClassification", config=dict(SIZES, num_labels=3)),
    "roberta-class": dict(cls="RobertaForSequenceClassification", config=dict(SIZES, **PAD, num_labels=2)),
    "distilbert-class": dict(cls="DistilBertForSequenceClassification", config=dict(vocab_size=VOCABULARY, dim=16, n_layers=2, n_heads=4,
                             hidden_dim=24, max_position_embeddings=40, num_labels=3, activation="gelu")),
    "deberta-class": dict(cls="DebertaForSequenceClassification", config=dict(SIZES, num_labels=3, relative_attention=True,
                          pos_att_type=["c2p"], type_vocab_size=0, pooler_hidden_act="relu", position_biased_input=False,
                          pooler_hidden_size=16)),
    "deberta-v2-class": dict(cls="DebertaV2ForSequenceClassification", config=dict(SIZES, num_labels=1, relative_attention=True,
                             pos_att_type=["c2p", "p2c"], type_vocab_size=0, position_biased_input=False, share_att_key=True,
                             position_buckets=16, norm_rel_ebd="layer_norm", pooler_hidden_size=16)),
    "deberta-v2-tokens": dict(cls="DebertaV2ForTokenClassification", config=dict(SIZES, num_labels=4, type_vocab_size=0)),
}


def randomise(model):
    for name, p in model.named_parameters():
        if not p.requires_grad:
            continue
        norm = "norm" in name.lower() or ".ln" in name
        with torch.no_grad():
            if p.dim() < 2:
                p.copy_(torch.randn_like(p) * 0.2 + (1 if norm and name.endswith("weight") else 0))
            elif "distance" in name:
                p.copy_(torch.randn_like(p) * 0.3)
            elif "embeddings" in name and p.dim() == 2:
                p.copy_(torch.randn_like(p) * 0.7)
            else:
                p.copy_(torch.randn_like(p) * 1.3 / p[0].numel() ** 0.5)


def softmaxed(cls, maps):
    return [m.softmax(-1) for m in maps] if cls.startswith("Squeeze") else maps


def full_maps(model, out, T, globals_):
    """Longformer's bands and global rows as [H,T,T]."""
    maps = []
    n = len(globals_)
    for l, band in enumerate(out.attentions):
        H, w = band.shape[1], model.config.attention_window
        half = (w[l] if isinstance(w, list) else w) // 2
        full = torch.zeros(H, T, T)
        for i in range(T):
            for k in range(2 * half + 1):
                j = i + k - half
                if 0 <= j < T:
                    full[:, i, j] += band[0, :, i, n + k]
            for g, j in enumerate(globals_):
                full[:, i, j] += band[0, :, i, g]
        for g, i in enumerate(globals_):
            full[:, i] = out.global_attentions[l][0, :, :T, g]
        maps.append(full)
    return maps


def run(model, case, ids, types):
    inputs = dict(input_ids=torch.tensor([ids]), attention_mask=torch.ones(1, len(ids), dtype=torch.long))
    if types is not None:
        inputs["token_type_ids"] = torch.tensor([types])
    globals_ = case.get("globals", False)
    if "unasked" in case:  # what the class makes global by itself
        globals_ = case["unasked"](ids)
    elif globals_ is not False:
        inputs["global_attention_mask"] = torch.tensor([[int(i in ([0] if globals_ is None else globals_)) for i in range(len(ids))]])
    if case["cls"].endswith("MultipleChoice"):
        inputs = {k: v[:, None] for k, v in inputs.items()}
    if case.get("no_attention"):
        del inputs["attention_mask"]
    else:
        inputs["output_attentions"] = not (case.get("attention") == "sdpa" or case.get("no_maps"))
    with torch.no_grad():
        out = model(**inputs, output_hidden_states=True)
    tensors = {"input_ids": torch.tensor(ids)}
    hidden, maps = out.hidden_states, softmaxed(case["cls"], getattr(out, "attentions", None) or ())
    if globals_ is not False:
        maps = full_maps(model, out, len(ids), [0] if globals_ is None else globals_)
    for l, h in enumerate(hidden):
        tensors[f"hidden.{l}"] = h.reshape(h.shape[-2:])[: len(ids)]
    for l, m in enumerate(maps):
        tensors[f"attn.{l}"] = m.reshape(m.shape[-3:])[: case.get("maps", 99)]
    logits = getattr(out, "logits", None)
    if logits is None and hasattr(out, "prediction_logits"):
        logits = out.prediction_logits
    if logits is not None and ("logits" not in case or len(ids) <= case["logits"]):
        tensors["logits"] = logits[0]
    if getattr(out, "start_logits", None) is not None:
        tensors["answer_logits"] = torch.stack([out.start_logits[0], out.end_logits[0]], -1)
    for name, key in (("seq_relationship_logits", "seq_relationship_logits"), ("sop_logits", "sop_logits")):
        if getattr(out, key, None) is not None:
            tensors[name] = getattr(out, key)[0]
    if case.get("contacts") and len(ids) > 2:
        with torch.no_grad():
            tensors["contacts"] = model.predict_contacts(inputs["input_ids"], inputs["attention_mask"])[0]
    return {k: v.contiguous().clone() for k, v in tensors.items()}


def make(folder, name, case):
    torch.manual_seed(sum(map(ord, name)))
    cls = getattr(tf, case["cls"])
    config = cls.config_class(**case["config"])
    config._attn_implementation = case.get("attention", "eager")
    model = cls(config).eval()
    randomise(model)
    model.tie_weights()
    path = os.path.join(folder, "options-" + name)
    shutil.rmtree(path, ignore_errors=True)
    model.save_pretrained(path)
    if "drop" in case:
        weights = os.path.join(path, "model.safetensors")
        save_file({k: v for k, v in load_file(weights).items() if case["drop"] not in k}, weights, {"format": "pt"})
    texts, expected = [], {}
    for k, T in enumerate(case.get("lengths", (7, 1, 15))):
        ids = torch.randint(6, VOCABULARY, (T,)).tolist()
        if case.get("pads") and T > 4:
            ids[-1] = ids[3] = 1
        if "masks" in case and k == 0:
            ids[2] = ids[4] = case["masks"]
        if "separators" in case:
            for i in (2, 3, T - 1):
                ids[i] = case["separators"]
        if "ends" in case and T > 6:
            ids[5] = case["ends"]
        types = torch.randint(0, case["types"], (T,)).tolist() if "types" in case else None
        texts.append({"text": "", "input_ids": ids, "token_type_ids": types or [0] * T})
        if case["cls"].startswith("Funnel") and not types:
            types = [0] * T
        for key, value in run(model, case, ids, types).items():
            expected[f"{k}.{key}"] = value
    save_file(expected, os.path.join(path, "expected.safetensors"))
    about = {"case": name, "family": config.model_type, "transformers": tf.__version__, "cases": texts}
    if case.get("globals", None) is not None:
        about["options"] = {"global": case["globals"]}
    with open(os.path.join(path, "cases.json"), "w") as f:
        json.dump(about, f)
    for extra in ("generation_config.json",):
        if os.path.exists(os.path.join(path, extra)):
            os.remove(os.path.join(path, extra))


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    for name in sys.argv[2:] or CASES:
        try:
            make(sys.argv[1], name, CASES[name])
        except Exception as e:  # a class that cannot run its own option says so; the others are made
            print(f"{name}: {type(e).__name__}: {e}", file=sys.stderr)
            if sys.argv[2:]:
                raise


if __name__ == "__main__":
    main()
