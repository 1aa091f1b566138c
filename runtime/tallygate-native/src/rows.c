/* Rows of the input table: what a word adds to the pre-activations, made when a text first holds the word.
 *
 * All rows at once would take longer than reading the image; most are never asked for. Two threads may want the same row:
 * one makes it, the other waits for these microseconds. */
#include "model.h"

enum { NOT_MADE, BEING_MADE, MADE, NONE = 0xffff };

static int16_t addend(const tg_input_table *table, const int16_t *codes, uint32_t inputs, uint32_t row) {
    const int16_t *weights = table->weights + (size_t)row * inputs;
    int32_t sum = 0;
    for (uint32_t i = 0; i < inputs; i++) sum += codes[i] * weights[i];
    const int64_t scaled = ((int64_t)sum * table->multipliers[row] + table->offsets[row]) >> table->shifts[row];
    return (int16_t)(scaled > 32767 ? 32767 : scaled < -32768 ? -32768 : scaled);
}

static void make_row(const tg_model *model, size_t id) {
    const tg_sizes *s = &model->image.sizes;
    const int16_t *codes = model->image.embedding + id * s->inputs;
    for (uint32_t d = 0; d < s->directions; d++) {
        const tg_packed *packed = &model->packed[0][d];
        int16_t natural[4 * TG_MAX_HIDDEN], *row = model->rows[d] + id * packed->addends;
        for (uint32_t i = 0; i < 4 * s->hidden; i++) natural[i] = addend(&model->image.inputs[d], codes, s->inputs, i);
        for (uint32_t i = 0; i < packed->addends; i++)
            row[i] = packed->places[i] == NONE ? 0 : natural[packed->places[i]];
    }
}

void tg_make_rows(tg_model *model, const int32_t *ids, size_t count) {
    for (size_t i = 0; i < count; i++) {
        _Atomic unsigned char *made = model->made + ids[i];
        unsigned char state = atomic_load_explicit(made, memory_order_acquire);
        if (state == MADE) continue;
        state = NOT_MADE;
        if (atomic_compare_exchange_strong(made, &state, BEING_MADE)) {
            make_row(model, (size_t)ids[i]);
            atomic_store_explicit(made, MADE, memory_order_release);
        } else {
            while (atomic_load_explicit(made, memory_order_acquire) != MADE) {
            }
        }
    }
}
