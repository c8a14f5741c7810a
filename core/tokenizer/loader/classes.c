/* The classes of transformers 4.57 that a tokenizer_config.json names, with what they bring beside the files. */
#include "core/tokenizer/loader/loader.h"

#include <string.h>

#define BERT_ROLES                                                                                                               \
    {                                                                                                                            \
        NULL, NULL, "[UNK]", "[SEP]", "[PAD]", "[CLS]", "[MASK]"                                                                 \
    }
#define ROBERTA_ROLES                                                                                                            \
    {                                                                                                                            \
        "<s>", "</s>", "<unk>", "</s>", "<pad>", "<s>", "<mask>"                                                                 \
    }
#define BERT(class_name, types)                                                                                                  \
    {                                                                                                                            \
        .name = class_name, .model_types = types, .roles = BERT_ROLES, .bert = true, .pair = "bert"                              \
    }
#define ROBERTA(class_name, types)                                                                                               \
    {                                                                                                                            \
        .name = class_name, .model_types = types, .roles = ROBERTA_ROLES, .roberta = true, .mask_takes_space = true,             \
        .mask_takes_space_always = true, .normalized = true, .pair = "roberta"                                                   \
    }

static const struct tokenizer_class classes[] = {
    BERT("BertTokenizer", "bert megatron-bert nezha qdqbert visual_bert"),
    BERT("DistilBertTokenizer", "distilbert"),
    BERT("ElectraTokenizer", "electra"),
    BERT("MobileBertTokenizer", "mobilebert"),
    BERT("ConvBertTokenizer", "convbert"),
    BERT("LayoutLMTokenizer", "layoutlm"),
    BERT("LxmertTokenizer", "lxmert"),
    BERT("SqueezeBertTokenizer", "squeezebert"),
    BERT("DPRQuestionEncoderTokenizer", "dpr"),
    BERT("DPRContextEncoderTokenizer", ""),
    BERT("DPRReaderTokenizer", ""),
    {.name = "MPNetTokenizer",
     .model_types = "mpnet",
     .bert = true,
     .mask_takes_space = true,
     .mask_takes_space_always = true,
     .normalized = true,
     .roles = {"<s>", "</s>", "[UNK]", "</s>", "<pad>", "<s>", "<mask>"},
     .pair = "mpnet"},
    ROBERTA("RobertaTokenizer", "roberta roberta-prelayernorm data2vec-text ibert"),
    ROBERTA("BartTokenizer", "bart"),
    ROBERTA("LongformerTokenizer", "longformer"),
    ROBERTA("LEDTokenizer", "led"),
    ROBERTA("MvpTokenizer", "mvp"),
    {.name = "DebertaTokenizer",
     .model_types = "deberta",
     .mask_takes_space = true,
     .roles = {"[CLS]", "[SEP]", "[UNK]", "[SEP]", "[PAD]", "[CLS]", "[MASK]"},
     .pair = "deberta"},
    {.name = "GPT2Tokenizer",
     .model_types = "gpt2 gpt_neo gptj",
     .normalized = true,
     .roles = {"<|endoftext|>", "<|endoftext|>", "<|endoftext|>", NULL, NULL, NULL, NULL},
     .pair = "gpt2"},
};

static bool has_word(const char *words, struct str word)
{
    for (const char *at = words; *at;) {
        size_t n = strcspn(at, " ");
        if (str_eq((struct str){at, n}, word))
            return true;
        at += n + (at[n] == ' ');
    }
    return false;
}

const struct tokenizer_class *class_of(struct str name, struct str model_type)
{
    for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++)
        if (name.n ? str_is(name, classes[i].name) : model_type.n && has_word(classes[i].model_types, model_type))
            return &classes[i];
    return NULL;
}

void classes_list(struct buf *out)
{
    for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++)
        buf_printf(out, "%s%s", i ? ", " : "", classes[i].name);
}
