/* The classes of transformers 4.57 that a tokenizer_config.json names, with what they bring beside the files. */
#include "core/tokenizer/loader/family.h"
#include "core/tokenizer/loader/names.h"
#include "core/tokenizer/loader/processor.h"
#include "core/tokenizer/loader/spm_family.h"

#include <string.h>

#define MASK ROLE_BIT(ROLE_MASK)
#define UNK  ROLE_BIT(ROLE_UNK)
#define ALL  ((1u << ROLES) - 1)

/* Roles in the order bos, eos, unk, sep, pad, cls, mask. */
#define ROLES_OF(...) .roles = {__VA_ARGS__}
#define BERT_ROLES    ROLES_OF(NULL, NULL, "[UNK]", "[SEP]", "[PAD]", "[CLS]", "[MASK]")
#define FAIRSEQ_ROLES ROLES_OF("<s>", "</s>", "<unk>", "</s>", "<pad>", "<s>", "<mask>")
#define ALBERT_ROLES  ROLES_OF("[CLS]", "[SEP]", "<unk>", "[SEP]", "<pad>", "[CLS]", "[MASK]")
#define BERT(class_name, types)                                                                                                  \
    {                                                                                                                            \
        .name = class_name, .model_types = types, BERT_ROLES, .bert = true, .reads = &loader_vocab_txt, .lines = &lines_bert,    \
        .processor = &processor_bert                                                                                             \
    }
#define ROBERTA(class_name, types, in_older, in_json)                                                                            \
    {                                                                                                                            \
        .name = class_name, .model_types = types, FAIRSEQ_ROLES, .roberta = true, .older = in_older, .json = in_json,            \
        .reads = &loader_vocab_json, .words = &words_gpt2, .processor = &processor_roberta                                       \
    }
/* Who is given flags, who is looked for in the normalised text, who takes the space before it. */
#define FLAGS(wraps, in_normalized, spaces)                                                                                      \
    {                                                                                                                            \
        .wrapped = wraps, .normalized = in_normalized, .lstrip = spaces                                                          \
    }
#define SEP_CLS (ROLE_BIT(ROLE_SEP) | ROLE_BIT(ROLE_CLS))
/* The mask takes the space before it; `normalized_mask`: in a tokenizer made of the model file it is looked for in
 * the normalised text. */
#define SPM(class_name, types, family, post, normalized_mask)                                                                    \
    .name = class_name, .model_types = types, .pieces = family, .reads = &loader_sentencepiece_model, .processor = post,         \
    .older = {MASK, normalized_mask, MASK}, .json = {MASK, 0, MASK}
#define LLAMA(class_name, types)                                                                                                 \
    .name = class_name, .model_types = types, .pieces = &spm_llama, .reads = &loader_sentencepiece_model, .older = {ALL, 0, 0},  \
    .processor = &processor_bos, .processor_always = true, .prefix_reloads = true,                                               \
    ROLES_OF("<s>", "</s>", "<unk>", NULL, NULL, NULL, NULL)

static const struct tokenizer_class classes[] = {
    BERT("BertTokenizer", "align bark bert blip bros chinese_clip ernie git grounding-dino megatron-bert mm-grounding-dino nezha "
                          "qdqbert tvp vilt visual_bert"),
    BERT("DistilBertTokenizer", "distilbert"),
    BERT("ElectraTokenizer", "electra"),
    BERT("MobileBertTokenizer", "mobilebert"),
    BERT("ConvBertTokenizer", "convbert"),
    BERT("LayoutLMTokenizer", "layoutlm"),
    BERT("LxmertTokenizer", "lxmert"),
    BERT("SqueezeBertTokenizer", "squeezebert"),
    BERT("RealmTokenizer", "realm"),
    BERT("RetriBertTokenizer", "retribert"),
    BERT("DPRQuestionEncoderTokenizer", "dpr"),
    BERT("DPRContextEncoderTokenizer", NULL),
    BERT("DPRReaderTokenizer", NULL),
    {.name = "FunnelTokenizer",
     .model_types = "funnel",
     ROLES_OF("<s>", "</s>", "<unk>", "<sep>", "<pad>", "<cls>", "<mask>"),
     .bert = true,
     .reads = &loader_vocab_txt,
     .lines = &lines_bert,
     .processor = &processor_funnel},
    {.name = "MPNetTokenizer",
     .model_types = "mpnet",
     ROLES_OF("<s>", "</s>", "[UNK]", "</s>", "<pad>", "<s>", "<mask>"),
     .bert = true,
     .older = {ALL, 0, MASK},
     .json = {ALL, 0, MASK},
     .reads = &loader_vocab_txt,
     .lines = &lines_bert,
     .processor = &processor_mpnet},
    ROBERTA("RobertaTokenizer", "bridgetower clap data2vec-text ibert mega mra roberta roberta-prelayernorm",
            FLAGS(ALL, ALL & ~MASK, MASK), FLAGS(MASK, 0, MASK)),
    ROBERTA("BartTokenizer", "bart", FLAGS(ALL, ALL, MASK), FLAGS(MASK, MASK, MASK)),
    ROBERTA("LongformerTokenizer", "longformer", FLAGS(ALL, ALL & ~MASK, MASK), FLAGS(MASK, 0, MASK)),
    ROBERTA("LEDTokenizer", "led", FLAGS(ALL, ALL, MASK), FLAGS(MASK, MASK, MASK)),
    ROBERTA("MvpTokenizer", "mvp", FLAGS(ALL, 0, MASK), FLAGS(ALL, 0, MASK)),
    {.name = "DebertaTokenizer",
     .model_types = "deberta",
     ROLES_OF("[CLS]", "[SEP]", "[UNK]", "[SEP]", "[PAD]", "[CLS]", "[MASK]"),
     .older = {ALL, MASK, MASK},
     .reads = &loader_vocab_json,
     .words = &words_gpt2,
     .processor = &processor_deberta},
    {.name = "GPT2Tokenizer",
     .model_types = "blip-2 dbrx emu3 exaone4 flex_olmo gpt2 gpt_bigcode gpt_neo gptj granite granitemoe granitemoehybrid "
                    "granitemoeshared instructblip instructblipvideo minimax olmo3 opt starcoder2",
     ROLES_OF("<|endoftext|>", "<|endoftext|>", "<|endoftext|>", NULL, NULL, NULL, NULL),
     .older = {ALL, ALL, 0},
     .reads = &loader_vocab_json,
     .words = &words_gpt2,
     .processor = &processor_gpt2},
    {.name = "CodeGenTokenizer",
     .model_types = "codegen phi",
     ROLES_OF("<|endoftext|>", "<|endoftext|>", "<|endoftext|>", NULL, NULL, NULL, NULL),
     .older = {ALL, 0, 0},
     .reads = &loader_vocab_json,
     .words = &words_gpt2,
     .processor = &processor_gpt2},
    {.name = "Qwen2Tokenizer",
     .model_types = "colqwen2 internvl qwen2 qwen2_5_omni qwen2_5_vl qwen2_audio qwen2_moe qwen2_vl qwen3 qwen3_moe qwen3_next "
                    "qwen3_omni_moe qwen3_vl qwen3_vl_moe",
     ROLES_OF(NULL, "<|endoftext|>", "<|endoftext|>", NULL, "<|endoftext|>", NULL, NULL),
     .older = {ALL, 0, 0},
     .json = {ALL, 0, 0},
     .reads = &loader_vocab_json,
     .words = &words_qwen2,
     .processor = &processor_bytes},
    {.name = "CLIPTokenizer",
     .model_types = "aimv2 clip clipseg groupvit omdet-turbo oneformer owlv2 owlvit xclip",
     ROLES_OF("<|startoftext|>", "<|endoftext|>", "<|endoftext|>", NULL, "<|endoftext|>", NULL, NULL),
     .older = {ROLE_BIT(ROLE_BOS) | ROLE_BIT(ROLE_EOS) | UNK, ROLE_BIT(ROLE_BOS) | ROLE_BIT(ROLE_EOS) | UNK, 0},
     .reads = &loader_vocab_json,
     .words = &words_clip,
     .processor = &processor_clip},
    {.name = "EsmTokenizer",
     .model_types = "esm",
     ROLES_OF(NULL, "<eos>", "<unk>", NULL, "<pad>", "<cls>", "<mask>"),
     .older = {ALL, 0, 0},
     .reads = &loader_vocab_txt,
     .lines = &lines_esm,
     .processor = &processor_esm},
    {SPM("AlbertTokenizer", "albert nystromformer yoso", &spm_albert, &processor_deberta, 0), ALBERT_ROLES},
    {SPM("RemBertTokenizer", "rembert", &spm_rembert, &processor_deberta, MASK),
     ROLES_OF("[CLS]", "[SEP]", "[UNK]", "[SEP]", "[PAD]", "[CLS]", "[MASK]"), .json_unk = "<unk>", .json_pad = "<pad>"},
    {.name = "FNetTokenizer",
     .model_types = "fnet",
     ROLES_OF(NULL, NULL, "<unk>", "[SEP]", "<pad>", "[CLS]", "[MASK]"),
     .older = {SEP_CLS | MASK, 0, MASK},
     .json = {SEP_CLS | MASK, 0, MASK},
     .reads = &loader_sentencepiece_model,
     .pieces = &spm_fnet,
     .processor = &processor_deberta},
    {.name = "BigBirdTokenizer",
     .model_types = "big_bird",
     ROLES_OF("<s>", "</s>", "<unk>", "[SEP]", "<pad>", "[CLS]", "[MASK]"),
     .older = {ALL, ALL, MASK},
     .json = {ALL, 0, MASK},
     .reads = &loader_sentencepiece_model,
     .pieces = &spm_plain,
     .processor = &processor_deberta},
    {SPM("XLNetTokenizer", "xlnet", &spm_xlnet, &processor_xlnet, 0),
     ROLES_OF("<s>", "</s>", "<unk>", "<sep>", "<pad>", "<cls>", "<mask>"), .more = more_xlnet},
    {SPM("XLMRobertaTokenizer", "kosmos-2 metaclip_2 xlm-roberta xlm-roberta-xl xmod", &spm_xlmr, &processor_xlmr, 0),
     FAIRSEQ_ROLES},
    {SPM("CamembertTokenizer", "camembert", &spm_camembert, &processor_xlmr, 0), FAIRSEQ_ROLES, .more = more_camembert},
    {SPM("BarthezTokenizer", "barthez", &spm_barthez, &processor_xlmr, 0), FAIRSEQ_ROLES},
    {SPM("MBartTokenizer", "mbart", &spm_mbart, &processor_mbart, 0), FAIRSEQ_ROLES, .more = more_mbart,
     .processor_always = true},
    {SPM("MBart50Tokenizer", "mbart50", &spm_mbart50, &processor_mbart50, MASK),
     ROLES_OF(NULL, "</s>", "<unk>", "</s>", "<pad>", "<s>", "<mask>"), .more = more_mbart50, .processor_always = true},
    {.name = "NllbTokenizer",
     .model_types = "nllb nllb-moe",
     FAIRSEQ_ROLES,
     .older = {ALL, MASK, MASK},
     .json = {MASK, MASK, MASK},
     .more = more_nllb,
     .reads = &loader_sentencepiece_model,
     .pieces = &spm_nllb,
     .processor = &processor_nllb,
     .processor_always = true},
    {.name = "DebertaV2Tokenizer",
     .model_types = "deberta-v2",
     ROLES_OF("[CLS]", "[SEP]", "[UNK]", "[SEP]", "[PAD]", "[CLS]", "[MASK]"),
     .older = {UNK, UNK, 0},
     .reads = &loader_sentencepiece_model,
     .pieces = &spm_deberta_v2,
     .processor = &processor_deberta},
    {.name = "T5Tokenizer",
     .model_types = "longt5 musicgen musicgen_melody pix2struct switch_transformers t5 umt5",
     ROLES_OF(NULL, "</s>", "<unk>", NULL, "<pad>", NULL, NULL),
     .older = {ALL, 0, 0},
     .prefix_reloads = true,
     .more = more_t5,
     .reads = &loader_sentencepiece_model,
     .pieces = &spm_t5,
     .processor = &processor_t5},
    {.name = "MT5Tokenizer",
     .model_types = "mt5",
     ROLES_OF(NULL, "</s>", "<unk>", NULL, "<pad>", NULL, NULL),
     .older = {ALL, 0, 0},
     .prefix_reloads = true,
     .more = more_t5,
     .reads = &loader_sentencepiece_model,
     .pieces = &spm_t5,
     .processor = &processor_t5},
    {.name = "PegasusTokenizer",
     .model_types = "bigbird_pegasus pegasus pegasus_x",
     ROLES_OF(NULL, "</s>", "<unk>", NULL, "<pad>", NULL, "<mask_2>"),
     .more = more_pegasus,
     .no_decoder = true,
     .reads = &loader_sentencepiece_model,
     .pieces = &spm_pegasus,
     .processor = &processor_pegasus},
    {.name = "ReformerTokenizer",
     .model_types = "reformer",
     ROLES_OF(NULL, "</s>", "<unk>", NULL, NULL, NULL, NULL),
     .reads = &loader_sentencepiece_model,
     .pieces = &spm_plain},
    {.name = "XGLMTokenizer",
     .model_types = "xglm",
     ROLES_OF("<s>", "</s>", "<unk>", "</s>", "<pad>", "<s>", NULL),
     .more = more_xglm,
     .reads = &loader_sentencepiece_model,
     .pieces = &spm_xglm,
     .processor = &processor_xglm},
    {LLAMA("LlamaTokenizer",
           "arcee aria chameleon colpali deepseek_v2 deepseek_v3 deepseek_vl deepseek_vl_hybrid diffllama ernie4_5 ernie4_5_moe "
           "idefics idefics2 idefics3 jamba janus jetmoe llama llama4 llama4_text llava llava_next llava_next_video "
           "llava_onevision ministral mistral mistral3 mixtral mllama paligemma persimmon phi3 phimoe video_llava vipllava "
           "zamba zamba2")},
    {.name = "CodeLlamaTokenizer",
     .model_types = "code_llama",
     ROLES_OF("<s>", "</s>", "<unk>", NULL, NULL, NULL, NULL),
     .older = {ALL, 0, 0},
     .more = more_code_llama,
     .reads = &loader_sentencepiece_model,
     .pieces = &spm_llama,
     .processor = &processor_bos,
     .processor_always = true},
    {.name = "BloomTokenizer", .model_types = "bloom", ROLES_OF("<s>", "</s>", "<unk>", NULL, "<pad>", NULL, NULL)},
    {.name = "GemmaTokenizer",
     .model_types = "gemma gemma2 gemma3 gemma3_text gemma3n gemma3n_text recurrent_gemma shieldgemma2 siglip2 t5gemma",
     ROLES_OF("<bos>", "<eos>", "<unk>", NULL, "<pad>", NULL, NULL),
     .older = {ALL, 0, 0},
     .reads = &loader_sentencepiece_model,
     .pieces = &spm_gemma,
     .processor = &processor_bos,
     .processor_always = true},
    {.name = "GPTNeoXTokenizer",
     .model_types = "falcon_mamba gpt_neox mamba mamba2 mpt olmo olmo2 olmoe rwkv stablelm xlstm",
     ROLES_OF("<|endoftext|>", "<|endoftext|>", "<|endoftext|>", NULL, NULL, NULL, NULL),
     .processor = &processor_neox,
     .processor_always = true},
    {.name = "CohereTokenizer",
     .model_types = "aya_vision cohere cohere2",
     ROLES_OF("<BOS_TOKEN>", "<|END_OF_TURN_TOKEN|>", "<UNK>", NULL, NULL, NULL, NULL),
     .processor = &processor_bos,
     .processor_always = true},
};

static bool has_word(const char *words, struct str word)
{
    for (const char *at = words; at && *at;) {
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

void classes_list(struct buf *out, const struct loader *loader)
{
    const char *between = "";
    for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++) {
        if (classes[i].reads != loader)
            continue;
        buf_printf(out, "%s%s", between, classes[i].name);
        between = ", ";
    }
}

bool class_refused(const struct folder *folder, const char *file, const struct loader *loader, struct err *err)
{
    struct buf known = {0}, named = {0};
    classes_list(&known, loader);
    if (folder->class_name.n)
        buf_printf(&named, "tokenizer_class \"%.*s\" is not read from it", STR_ARGS(folder->class_name));
    else if (folder->model_type.n)
        buf_printf(&named, "the tokenizer of model_type \"%.*s\" is not read from it", STR_ARGS(folder->model_type));
    else
        buf_puts(&named, "neither tokenizer_config.json nor config.json says which tokenizer_class it is for");
    err_set(err, ERR_UNSUPPORTED, "%s/%s: %s; known classes: %s", folder->path, file, buf_cstr(&named), buf_cstr(&known));
    buf_free(&known);
    buf_free(&named);
    return false;
}
