/* What model2vec 0.10 encodes with the folders of tests/data/good/vectors: random rows for 13 word pieces, of length 1; and 6 rows of F16
 * for them through a mapping, with weights. */
static const struct folder_case {
    const char *folder, *text;
    float numbers[5];
} folder_cases[] = {
    {"model2vec", "river", {0.167637065f, -0.261813551f, -0.208844095f, -0.495996356f, -0.783404887f}},
    {"model2vec", "kings", {-0.162968606f, 0.774184465f, 0.288743675f, 0.158661157f, 0.515299439f}},
    {"model2vec", "coldly", {0.217906296f, -0.402426213f, 0.491573811f, -0.45970875f, -0.581027508f}},
    {"model2vec", "caf\303\251", {-0.511880279f, 0.0614060909f, -0.730934501f, 0.305933148f, -0.326109588f}},
    {"model2vec", "walked", {-0.13851513f, 0.257271141f, 0.714089692f, 0.416372925f, 0.480972558f}},
    {"model2vec", "River", {0.167637065f, -0.261813551f, -0.208844095f, -0.495996356f, -0.783404887f}},
    {"model2vec-clusters", "river", {-1.54882812f, -1.54882812f, 2.65234375f, -2.82617188f, -1.15429688f}},
    {"model2vec-clusters", "kings", {1.421875f, -0.254394531f, 0.494873047f, -2.16210938f, 1.49023438f}},
    {"model2vec-clusters", "coldly", {0.607910156f, 1.39550781f, 1.41210938f, 0.422607422f, -0.723144531f}},
    {"model2vec-clusters", "caf\303\251", {0.491699219f, -0.073059082f, 0.115234375f, -0.720214844f, 0.528808594f}},
    {"model2vec-clusters", "walked", {-0.139648438f, 0.311279297f, 0.382080078f, -0.501953125f, -0.804199219f}},
    {"model2vec-clusters", "River", {-1.54882812f, -1.54882812f, 2.65234375f, -2.82617188f, -1.15429688f}},
};
