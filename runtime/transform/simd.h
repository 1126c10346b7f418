// Image loops for AVX2, called by simd_amd64.go, which says what the arguments are. Each gives the bytes of the Go function of the same purpose.
#include <stdint.h>


void ssc_vertical(uint8_t *dst, const uint8_t *src, int64_t stride, int64_t out, int64_t size, const int32_t *first, const int32_t *count, const int32_t *weight);
void ssc_horizontal3(uint8_t *dst, const uint8_t *src, int64_t stride, int64_t rows, int64_t width, uint8_t *scratch, int64_t out, int64_t size, const int32_t *first,
	const int32_t *count, const int32_t *weight);
void ssc_blend(uint8_t *dst, const uint8_t *src, int64_t n, int32_t level, float factor);
void ssc_saturation(uint8_t *pix, int64_t pixels, float factor);
void ssc_grey(uint8_t *pix, int64_t pixels);
uint64_t ssc_luma_sum(const uint8_t *pix, int64_t pixels);
void ssc_hue(uint8_t *pix, int64_t pixels, int32_t turn, const int32_t *index, const float *f);
void ssc_planes3(float *dst, const uint8_t *pix, int64_t pixels, const float *r, const float *g, const float *b);
void ssc_blur(uint8_t *pix, int64_t height, int64_t width, int64_t channels, int64_t reach, uint32_t near, uint32_t far, uint8_t *scratch);
