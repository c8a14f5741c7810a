"""What tests/data/good/tiny-sentences is and what sentsim.test holds against: sentence-transformers 5.1.2 on tiny-bert.

    python tests/core/embed/sentences.py FOLDER
"""
import sys

import torch
from sentence_transformers import SentenceTransformer, models

torch.manual_seed(3)
encoder = models.Transformer("tests/data/good/tiny-bert", max_seq_length=7, do_lower_case=False)
pooling = models.Pooling(encoder.get_word_embedding_dimension(), pooling_mode_cls_token=False, pooling_mode_max_tokens=True,
                         pooling_mode_mean_tokens=True, pooling_mode_mean_sqrt_len_tokens=True,
                         pooling_mode_weightedmean_tokens=True, pooling_mode_lasttoken=True, include_prompt=False)
dense = models.Dense(pooling.get_sentence_embedding_dimension(), 8, activation_function=torch.nn.GELU())
norm = models.LayerNorm(8)
norm.norm.weight.data.normal_(1, 0.3)
norm.norm.bias.data.normal_(0, 0.3)
model = SentenceTransformer(modules=[encoder, pooling, dense, norm, models.Normalize()], prompts={"query": "the ", "none": ""},
                            similarity_fn_name="dot")
model.save(sys.argv[1])
sentences = ["the cat sat", "  a dog  ", "the cat sat on the dog and the cat sat on the dog and the cat sat", ""]
for prompt in (None, "query"):
    embeddings = model.encode(sentences, prompt_name=prompt, batch_size=1)
    print(prompt, model.similarity(embeddings, embeddings).tolist())
