/* What gensim 4.4 answers on tests/data/good/vectors/gensim.bin. Made by reference.py. */
#include <stdbool.h>
#include <stddef.h>

static const struct question_case {
    const char *method, *terms; /* +word or -word, blanks between */
    bool fold;
    size_t n;
    struct { const char *word; double score; } hits[10];
} question_cases[] = {
    {"3cosadd", "+the", false, 10, {{"The", 0.989593863}, {"of", 0.972678602}, {"a", 0.951197445}, {"from", 0.947000384}, {"in", 0.945343077}, {"s", 0.936471164}, {"through", 0.930598617}, {"an", 0.923766732}, {"which", 0.921435297}, {"first", 0.920095563}}},
    {"3cosadd", "+time", false, 10, {{"old", 0.996942222}, {"day", 0.991298914}, {"no", 0.991260409}, {"woman", 0.990802586}, {"place", 0.989753902}, {"only", 0.98954308}, {"many", 0.989335597}, {"or", 0.989241898}, {"us", 0.988620281}, {"while", 0.988329947}}},
    {"3cosadd", "+Stra\303\237e", false, 10, {{"upon", 0.986930668}, {"man", 0.982726097}, {"made", 0.98231566}, {"through", 0.981378019}, {"at", 0.977039039}, {"own", 0.975862563}, {"by", 0.975058496}, {"up", 0.972550571}, {"taken", 0.972368896}, {"about", 0.971308231}}},
    {"3cosadd", "+she", false, 10, {{"her", 0.991488039}, {"had", 0.968057215}, {"his", 0.966084242}, {"She", 0.957804322}, {"little", 0.955909252}, {"he", 0.953033507}, {"at", 0.951969743}, {"left", 0.950529516}, {"not", 0.948022723}, {"again", 0.945316911}}},
    {"3cosadd", "+his +her +she", false, 10, {{"had", 0.973523617}, {"at", 0.9688465}, {"little", 0.967289686}, {"left", 0.965752184}, {"over", 0.962808549}, {"he", 0.959396183}, {"this", 0.957085848}, {"has", 0.956952631}, {"again", 0.955909431}, {"by", 0.955844045}}},
    {"3cosadd", "+he -his +her", false, 10, {{"see", 0.970830917}, {"did", 0.963001072}, {"little", 0.959647298}, {"she", 0.959026873}, {"it", 0.957245231}, {"said", 0.956874728}, {"must", 0.955660522}, {"not", 0.953852832}, {"will", 0.95255971}, {"again", 0.952118516}}},
    {"3cosmul", "+he -his +her", false, 10, {{"see", 0.99538821}, {"did", 0.99119544}, {"little", 0.98954612}, {"she", 0.989133358}, {"said", 0.988357544}, {"it", 0.9882254}, {"must", 0.987827837}, {"not", 0.986426175}, {"will", 0.986032784}, {"again", 0.985688686}}},
    {"3cosadd", "+was -is +are", false, 10, {{"out", 0.971794128}, {"unto", 0.970486045}, {"away", 0.968910694}, {"then", 0.966484725}, {"last", 0.965622902}, {"Time", 0.962636173}, {"but", 0.962110937}, {"down", 0.958342373}, {"lord", 0.956986129}, {"while", 0.956675291}}},
    {"3cosmul", "+was -is +are", false, 10, {{"out", 0.984073758}, {"unto", 0.983618081}, {"away", 0.982627869}, {"then", 0.981468141}, {"last", 0.980894506}, {"Time", 0.979521513}, {"but", 0.978886366}, {"down", 0.977395833}, {"lord", 0.97671771}, {"while", 0.976491332}}},
    {"3cosadd", "+man -he +she", false, 10, {{"at", 0.98124069}, {"Stra\303\237e", 0.966195166}, {"from", 0.964910924}, {"her", 0.964511812}, {"by", 0.962050319}, {"was", 0.960857153}, {"made", 0.958450615}, {"through", 0.954643905}, {"up", 0.953032792}, {"STRASSE", 0.952490747}}},
    {"3cosmul", "+man -he +she", false, 10, {{"at", 1.00113904}, {"Stra\303\237e", 0.993341923}, {"from", 0.992974818}, {"her", 0.992307603}, {"by", 0.991069436}, {"was", 0.99064213}, {"made", 0.989039302}, {"through", 0.987192273}, {"STRASSE", 0.98671174}, {"up", 0.986261368}}},
    {"pairdirection", "+he -his +her", false, 10, {{"do", 0.869708264}, {"your", 0.865123318}, {"what", 0.84657378}, {"i", 0.84219036}, {"if", 0.828940868}, {"you", 0.820459503}, {"see", 0.81578763}, {"will", 0.815215659}, {"know", 0.814814798}, {"must", 0.814411213}}},
    {"pairdirection", "+was -is +are", false, 10, {{"with", 0.756561001}, {"out", 0.729798752}, {"unto", 0.725338445}, {"had", 0.720312671}, {"away", 0.716794876}, {"then", 0.687555041}, {"STRASSE", 0.66835533}, {"while", 0.662095913}, {"last", 0.657779192}, {"his", 0.639747543}}},
};

static const struct { const char *word; float score; } centrality[] = {
    {"him", 0.954137564},
    {"her", 0.972327471},
    {"she", 0.98202467},
    {"he", 0.990652859},
};

static const struct eval_case {
    bool fold;
    size_t restrict_words;
    struct { const char *name; size_t correct, total; } sections[5];
} eval_cases[] = {
    {true, 300000, {{"near", 0, 40}, {"far", 0, 40}, {"case", 0, 40}, {"right", 15, 15}, {"Total accuracy", 15, 135}}},
    {false, 300000, {{"near", 0, 40}, {"far", 0, 40}, {"case", 0, 0}, {"right", 15, 15}, {"Total accuracy", 15, 95}}},
    {true, 60, {{"near", 0, 26}, {"far", 0, 23}, {"case", 0, 26}, {"right", 8, 8}, {"Total accuracy", 8, 83}}},
};

static const struct { bool fold; double spearman; size_t skipped; } pair_cases[] = {
    {true, 0.219733817, 1},
    {false, 0.0708395415, 14},
};
