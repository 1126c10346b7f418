#include "simd_amd64.h"

enum { LANES = 32 }; // lines that are filtered together

// line filters n rows of LANES bytes, which follow edge rows of room, as boxBlur.line filters words.
static void line(uint8_t *out, uint8_t *in, int64_t n, int64_t reach, uint32_t near, uint32_t far) {
	const int64_t edge = reach + 1;
	for (int64_t i = 0; i < edge; i++) {
		memcpy(in + i * LANES, in + edge * LANES, LANES);
		memcpy(in + (edge + n + i) * LANES, in + (edge + n - 1) * LANES, LANES);
	}
	const ints wn = _mm256_set1_epi32(near), wf = _mm256_set1_epi32(far), half = _mm256_set1_epi32(1 << 23);
	ints sum[LANES / 8];
	for (int k = 0; k < LANES / 8; k++) sum[k] = _mm256_setzero_si256();
	for (int64_t i = 1; i < 2 * edge - 1; i++)
		for (int k = 0; k < LANES / 8; k++) sum[k] = _mm256_add_epi32(sum[k], bytes8(in + i * LANES + 8 * k));
	for (int64_t i = 0; i < n; i++) {
		const uint8_t *left = in + i * LANES, *enter = left + (2 * reach + 1) * LANES;
		ints v[LANES / 8];
		for (int k = 0; k < LANES / 8; k++) {
			sum[k] = _mm256_add_epi32(sum[k], bytes8(enter + 8 * k));
			ints ends = _mm256_add_epi32(bytes8(left + 8 * k), bytes8(enter + LANES + 8 * k));
			v[k] = _mm256_add_epi32(_mm256_add_epi32(_mm256_mullo_epi32(sum[k], wn), _mm256_mullo_epi32(ends, wf)), half);
			v[k] = _mm256_srli_epi32(v[k], 24);
			sum[k] = _mm256_sub_epi32(sum[k], bytes8(left + LANES + 8 * k));
		}
		_mm256_storeu_si256((ints *)(out + (edge + i) * LANES), pack32(v[0], v[1], v[2], v[3]));
	}
}

// three filters the lines that lie in a, and leaves them in b.
static void three(uint8_t *a, uint8_t *b, int64_t n, int64_t reach, uint32_t near, uint32_t far) {
	line(b, a, n, reach, near, far);
	line(a, b, n, reach, near, far);
	line(b, a, n, reach, near, far);
}

// scratch has room for two times LANES lines of the longer side and 2 (reach + 1) values more.
void ssc_blur(uint8_t *pix, int64_t height, int64_t width, int64_t channels, int64_t reach, uint32_t near, uint32_t far, uint8_t *scratch) {
	const int64_t edge = reach + 1, stride = width * channels, longer = height > width ? height : width;
	uint8_t *a = scratch, *b = scratch + (longer + 2 * edge) * LANES;
	for (int64_t y = 0; y < height; y += LANES) {
		const int64_t rows = height - y < LANES ? height - y : LANES;
		for (int64_t k = 0; k < channels; k++) {
			for (int64_t r = 0; r < LANES; r++) {
				const uint8_t *p = pix + (y + (r < rows ? r : rows - 1)) * stride + k;
				for (int64_t x = 0; x < width; x++) a[(edge + x) * LANES + r] = p[x * channels];
			}
			three(a, b, width, reach, near, far);
			for (int64_t r = 0; r < rows; r++) {
				uint8_t *p = pix + (y + r) * stride + k;
				for (int64_t x = 0; x < width; x++) p[x * channels] = b[(edge + x) * LANES + r];
			}
		}
	}
	for (int64_t x = 0; x < stride; x += LANES) {
		const int64_t columns = stride - x < LANES ? stride - x : LANES;
		memset(a, 0, columns < LANES ? (height + 2 * edge) * LANES : 0);
		for (int64_t y = 0; y < height; y++) memcpy(a + (edge + y) * LANES, pix + y * stride + x, columns);
		three(a, b, height, reach, near, far);
		for (int64_t y = 0; y < height; y++) memcpy(pix + y * stride + x, b + (edge + y) * LANES, columns);
	}
}
