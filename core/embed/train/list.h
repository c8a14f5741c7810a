/* The trainers: ROW(name) stands for trainer_NAME in core/embed/train/NAME.c. */
#define TRAINERS(ROW) \
    ROW(cbow)         \
    ROW(sg)
