/* The topics of help and the man page. See topics.h. */
#include "repl/program/topics.h"

#include <stddef.h>

const struct topic topics[] = {
    {"grammar", "how a line is written",
     "VERB [object] [selector] [NAME=VALUE …] [> FILE | | COMMAND]\n"
     "\n"
     "\"…\" takes the escapes of JSON (\\\" \\\\ \\n \\t \\u00e9 …), '…' takes everything as it\n"
     "stands; nothing else is expanded. # begins a comment at the start of a word.\n"
     "> FILE writes the result, the extension chooses the format; | COMMAND hands it\n"
     "to the shell, where format= chooses. !COMMAND runs a command of the shell.\n"
     "The text of run may stand without quotes: it is the rest of the line then, with\n"
     "its ', #, > and |. A selector alone (L5.H1) is shown, as show shows it.\n"
     "At the prompt a verb may be cut short as long as it is unique; scripts write\n"
     "it in full."},
    {"selectors", "which layers and heads are meant",
     "Layers and heads count from 0; ranges hold both ends.\n"
     "\n"
     "L3.H7        one head\n"
     "L3           all heads of layer 3\n"
     "L0-5.H*      all heads of layers 0 to 5\n"
     "L1,3.H0,2-4  lists\n"
     "L-1          the last layer\n"
     "*            everything\n"
     "\n"
     "Without a selector columns, heads, grid and export mean everything; show, plot,\n"
     "view and row the last head shown, at first L0.H0."},
    {"tokens", "which queries and keys are meant",
     "q= chooses queries (rows), k= keys (columns):\n"
     "\n"
     "q=3          the token with index 3\n"
     "q=4-9 k=-1   a range; -1 is the last token\n"
     "k=cat        every token that reads cat (without ##, \xC4\xA0 and \xE2\x96\x81)\n"
     "k=cat#2      the second of them\n"
     "k=1,4,cat    a list\n"
     "\n"
     "from=A to=B  the segments of a pair\n"
     "words=on     word pieces joined: summed over keys, averaged over queries\n"
     "special=off  special tokens hidden; special=renorm: and rows divided anew"},
    {"parts", "what of a map is shown",
     "part=probs         attention probabilities, the default\n"
     "part=scores        their logits, before mask and softmax\n"
     "part=c2c+c2p       a sum of the model's terms (info lists them)\n"
     "softmax=c2c+c2p    the softmax of that sum; one term alone is flatter, because\n"
     "                   the scale stays that of all terms\n"
     "without=p2c        the softmax of the other terms\n"
     "agg=mean|max|min|std   the selected heads folded into one map\n"
     "\n"
     "Only this map changes; later layers are not run again."},
    {"files", "what may be read where a file is named",
     "Texts, scripts, sets of questions, corpora and word vectors may lie plain or\n"
     "packed: .gz, .zst, .bz2, .xz, and .zip, .7z or .tar with one file in it. The\n"
     "content tells which, not the name. Text is UTF-8; a byte order mark before it\n"
     "is passed over. A line of a text has at most a megabyte."},
    {"runs", "how texts that were run are called",
     "@            the last run\n"
     "@3           the third\n"
     "@fox         the one made by run as=fox\n"
     "show @1 @2 L0.H2   two side by side, on one scale\n"
     "\n"
     "The newest 8 unnamed runs are kept (set keep=N), named ones until drop."},
    {"tensors", "what export writes, with shapes",
     "T tokens, E model width, H heads, D head width, V vocabulary; {l} a layer. F32,\n"
     "row-major; ids and head numbers are I64.\n"
     "\n"
     "input_ids    [T]      token ids\n"
     "hidden.{l}   [T,E]    hidden states; 0 is the embedding output, l + 1 what layer l\n"
     "                      gives\n"
     "attn.{l}     [H,T,T]  attention probabilities: head, query, key\n"
     "scores.{l}   [H,T,T]  their logits, before mask and softmax\n"
     "TERM.{l}     [H,T,T]  each term of the scores under its own name: content, q_rel,\n"
     "                      k_rel (BERT, RoBERTa, DistilBERT), c2c, c2p, p2c (DeBERTa)\n"
     "q.{l} k.{l} v.{l} z.{l}  [H,T,D]  queries, keys, values, outputs of the heads\n"
     "logits       [T,V]    of the head over the vocabulary; left out where there is none\n"
     "heads.{l}    [n]      with a selector: which heads the other tensors hold\n"
     "\n"
     "A selector keeps input_ids and the per-head tensors of its layers, cut to its\n"
     "heads ([n,T,T], [n,T,D]); no hidden, no logits. .safetensors, .npz and .json\n"
     "hold many tensors; .npy and .csv one (tensor=NAME, or attn of the one layer\n"
     "selected); CSV has the leading axes as columns of indices."},
    {NULL, NULL, NULL},
};
