/* Pooled states to logits: an exact integer sum, then three IEEE double operations in a fixed order.
 *
 * Compiled without contraction: a fused multiply-add would round once where the specification rounds twice. */
#include "model.h"

/* The mean, rounded to the nearest integer, halves up. */
static int64_t mean(int64_t sum, int64_t divisor) {
    const int64_t twice = 2 * sum + divisor, by = 2 * divisor;
    return twice / by - (twice % by < 0);
}

static int64_t activated(const tg_image *image, int64_t state, int64_t divisor) {
    if (image->sizes.activation == TG_HEAD_RELU) return state > 0 ? state : 0;
    if (image->sizes.activation == TG_HEAD_LINEAR) return state;
    return tg_table_value(image->head_table, tg_saturate((int32_t)mean(state, divisor)));
}

void tg_head(const tg_image *image, const int64_t *pooled, size_t tokens, double *logits) {
    const tg_sizes *s = &image->sizes;
    const uint32_t width = s->hidden * s->directions;
    const int64_t length = (int64_t)(tokens > s->floor ? tokens : s->floor);
    const int64_t divisor = s->pooling == TG_POOL_MEAN ? length : 1;
    for (uint32_t o = 0; o < s->outputs; o++) {
        const int32_t *weights = image->head_weights + (size_t)o * width;
        int64_t sum = 0;
        for (uint32_t i = 0; i < width; i++) sum += activated(image, pooled[i], divisor) * weights[i];
        const double quotient = (double)sum / (double)(s->activation == TG_HEAD_TABLE ? 1 : divisor);
        const double scaled = quotient * *image->head_scale;
        logits[o] = scaled + image->head_bias[o];
    }
}
