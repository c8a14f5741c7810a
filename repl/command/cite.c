/* cite: BibTeX of what a measure is from. */
#include <string.h>

#include "core/measure/measure.h"
#include "repl/grammar/call.h"
#include "repl/result/result.h"
#include "repl/version.h"

/* Works, each known by a part of the measures' sources. */
static const struct {
    const char *part, *entry;
} works[] = {
    {"1906.04341", "@inproceedings{clark-etal-2019-bert,\n"
                   "  title = {What Does {BERT} Look At? An Analysis of {BERT}'s Attention},\n"
                   "  author = {Clark, Kevin and Khandelwal, Urvashi and Levy, Omer and Manning, Christopher D.},\n"
                   "  booktitle = {Proceedings of the 2019 ACL Workshop BlackboxNLP: Analyzing and Interpreting Neural Networks for NLP},\n"
                   "  year = {2019},\n  pages = {276--286},\n  doi = {10.18653/v1/W19-4828},\n}\n"},
    {"1906.04284", "@inproceedings{vig-belinkov-2019-analyzing,\n"
                   "  title = {Analyzing the Structure of Attention in a Transformer Language Model},\n"
                   "  author = {Vig, Jesse and Belinkov, Yonatan},\n"
                   "  booktitle = {Proceedings of the 2019 ACL Workshop BlackboxNLP: Analyzing and Interpreting Neural Networks for NLP},\n"
                   "  year = {2019},\n  pages = {63--76},\n  doi = {10.18653/v1/W19-4808},\n}\n"},
    {"1905.09418", "@inproceedings{voita-etal-2019-analyzing,\n"
                   "  title = {Analyzing Multi-Head Self-Attention: Specialized Heads Do the Heavy Lifting, the Rest Can Be Pruned},\n"
                   "  author = {Voita, Elena and Talbot, David and Moiseev, Fedor and Sennrich, Rico and Titov, Ivan},\n"
                   "  booktitle = {Proceedings of the 57th Annual Meeting of the Association for Computational Linguistics},\n"
                   "  year = {2019},\n  pages = {5797--5808},\n  doi = {10.18653/v1/P19-1580},\n}\n"},
    {"2410.10781", "@inproceedings{gu-etal-2025-attention-sink,\n"
                   "  title = {When Attention Sink Emerges in Language Models: An Empirical View},\n"
                   "  author = {Gu, Xiangming and Pang, Tianyu and Du, Chao and Liu, Qian and Zhang, Fengzhuo and Du, Cunxiao and Wang, Ye and "
                   "Lin, Min},\n"
                   "  booktitle = {International Conference on Learning Representations},\n"
                   "  year = {2025},\n  eprint = {2410.10781},\n  archiveprefix = {arXiv},\n}\n"},
    {"TransformerLens", "@misc{nanda-bloom-2022-transformerlens,\n"
                        "  title = {TransformerLens},\n  author = {Nanda, Neel and Bloom, Joseph},\n"
                        "  year = {2022},\n  howpublished = {\\url{https://github.com/TransformerLensOrg/TransformerLens}},\n}\n"},
    {"Olsson", "@article{olsson-etal-2022-induction,\n"
               "  title = {In-context Learning and Induction Heads},\n"
               "  author = {Olsson, Catherine and Elhage, Nelson and Nanda, Neel and others},\n"
               "  journal = {Transformer Circuits Thread},\n  year = {2022},\n  eprint = {2209.11895},\n  archiveprefix = {arXiv},\n}\n"},
    {"Kobayashi et al. 2020", "@inproceedings{kobayashi-etal-2020-attention,\n"
                              "  title = {Attention is Not Only a Weight: Analyzing Transformers with Vector Norms},\n"
                              "  author = {Kobayashi, Goro and Kuribayashi, Tatsuki and Yokoi, Sho and Inui, Kentaro},\n"
                              "  booktitle = {Proceedings of the 2020 Conference on Empirical Methods in Natural Language Processing},\n"
                              "  year = {2020},\n  pages = {7057--7075},\n  doi = {10.18653/v1/2020.emnlp-main.574},\n}\n"},
    {"Kobayashi et al. 2021", "@inproceedings{kobayashi-etal-2021-incorporating,\n"
                              "  title = {Incorporating Residual and Normalization Layers into Analysis of Masked Language Models},\n"
                              "  author = {Kobayashi, Goro and Kuribayashi, Tatsuki and Yokoi, Sho and Inui, Kentaro},\n"
                              "  booktitle = {Proceedings of the 2021 Conference on Empirical Methods in Natural Language Processing},\n"
                              "  year = {2021},\n  pages = {4547--4568},\n  doi = {10.18653/v1/2021.emnlp-main.373},\n}\n"},
    {"Roy & Vetterli", "@inproceedings{roy-vetterli-2007-effective,\n"
                       "  title = {The Effective Rank: A Measure of Effective Dimensionality},\n"
                       "  author = {Roy, Olivier and Vetterli, Martin},\n"
                       "  booktitle = {15th European Signal Processing Conference},\n  year = {2007},\n  pages = {606--610},\n}\n"},
    {"2510.15731", "@misc{rulli-etal-2025,\n  author = {Rulli, Maximo Eduardo and others},\n"
                   "  year = {2025},\n  eprint = {2510.15731},\n  archiveprefix = {arXiv},\n}\n"},
    {"2606.08105", "@misc{fesser-etal-2026,\n  author = {Fesser and others},\n"
                   "  year = {2026},\n  eprint = {2606.08105},\n  archiveprefix = {arXiv},\n}\n"},
    {"gaze's own", "@misc{gaze,\n  title = {gaze: attention of transformer checkpoints},\n  note = {version " GAZE_VERSION "},\n}\n"},
};

static bool run(struct session *session, const struct call *call, struct result *result, struct err *err)
{
    const struct call_word *word = call_arg(call, ARG_WORD, 0);
    const struct measure *measure = measure_named(word->text);
    struct buf out = {0};
    (void)session;
    if (!measure) {
        buf_printf(&out, "'%.*s' is no measure of a head; there are", STR_ARGS(word->text));
        for (size_t i = 0; measures[i]; i++)
            buf_printf(&out, "%s %s", i ? "," : "", measures[i]->name);
        err_set(err, ERR_NOT_FOUND, "%s", buf_cstr(&out));
        buf_free(&out);
        return call_blame(call, word, err);
    }
    buf_printf(&out, "%% %s: %s (%s)\n", measure->name, measure->formula, measure->source);
    for (size_t i = 0; i < sizeof works / sizeof *works; i++)
        if (strstr(measure->source, works[i].part))
            buf_puts(&out, works[i].entry);
    if (out.n)
        out.n--; /* the writer ends the last line */
    bool ok = buf_ok(&out, err) && result_text(result, buf_view(&out), err);
    buf_free(&out);
    return ok;
}

const struct command command_cite = {
    .name = "cite",
    .group = "measures",
    .keywords = "bibtex|bibliography|reference|citation|literature|paper",
    .summary = "BibTeX of the work that a measure is from",
    .help = "A comment says the measure's formula. What gaze defines itself cites gaze.",
    .examples = "cite entropy\ncite distance > distance.bib",
    .args = (const struct arg[]){{.name = "measure", .kind = ARG_WORD, .summary = "a measure of heads: entropy, first, distance …"}, {0}},
    .run = run,
};
