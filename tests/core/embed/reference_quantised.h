/* What the fasttext package says of tests/data/good/vectors/fasttext{,-norm}.ftz: supervised models of 600 lines, quantised by pairs of
 * dimensions with norms apart and 300 rows kept, and by fours without. */
static const struct quantised_case {
    const char *file, *word;
    float numbers[8];
} quantised_cases[] = {
    {"fasttext-norm.ftz", "river", {0.0159132034f, -0.147728145f, 0.0422742367f, 0.185815543f, -0.104480758f, -0.152648538f, 0.024907928f}},
    {"fasttext-norm.ftz", "kings", {-0.0107848225f, 0.0906901583f, -0.0160696078f, -0.157824799f, 0.0809473172f, 0.11378333f, -0.01373035f}},
    {"fasttext-norm.ftz", "unseenword", {-0.00650786748f, 0.0379473828f, -0.0132010095f, -0.0530449897f, 0.0310421344f, 0.0443299375f, -0.00622951053f}},
    {"fasttext-norm.ftz", "caf\303\251", {0.0006285907f, 0.0686861426f, -0.0237400085f, -0.109206654f, 0.0353808515f, 0.0618340373f, -0.00459920056f}},
    {"fasttext-norm.ftz", "the", {-0.0380698591f, 0.127125889f, -0.0439670235f, -0.202995673f, 0.10710559f, 0.149911866f, -0.0159056354f}},
    {"fasttext.ftz", "river", {-0.0978717655f, 0.078867197f, -0.155199245f, -0.504678965f, 0.837150216f, 0.0977648348f}},
    {"fasttext.ftz", "kings", {0.0298002008f, -0.0131192748f, 0.0266574863f, 0.124316216f, -0.207849234f, -0.027933944f}},
    {"fasttext.ftz", "unseenword", {0.0163432639f, -0.0134040341f, 0.0290342774f, 0.0913855806f, -0.150059611f, -0.0130175883f}},
    {"fasttext.ftz", "caf\303\251", {0.0296912417f, -0.0405342951f, 0.0293869507f, 0.0935705528f, -0.1569383f, 0.00454754196f}},
    {"fasttext.ftz", "the", {0.0178463794f, -0.0554021411f, 0.0793811604f, 0.235333636f, -0.376284778f, -0.0321133435f}},
};
