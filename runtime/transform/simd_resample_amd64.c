#include "simd_amd64.h"

enum { PRECISION = 22 }; // see precision

static inline void column32(uint8_t *dst, const uint8_t *in, int64_t stride, const int32_t *weight, int n) {
	ints a, b, c, d;
	a = b = c = d = _mm256_set1_epi32(1 << (PRECISION - 1));
	for (int j = 0; j < n; j++, in += stride) {
		const ints w = _mm256_set1_epi32(weight[j]);
		a = _mm256_add_epi32(a, _mm256_mullo_epi32(w, bytes8(in)));
		b = _mm256_add_epi32(b, _mm256_mullo_epi32(w, bytes8(in + 8)));
		c = _mm256_add_epi32(c, _mm256_mullo_epi32(w, bytes8(in + 16)));
		d = _mm256_add_epi32(d, _mm256_mullo_epi32(w, bytes8(in + 24)));
	}
	ints v = pack32(_mm256_srai_epi32(a, PRECISION), _mm256_srai_epi32(b, PRECISION), _mm256_srai_epi32(c, PRECISION), _mm256_srai_epi32(d, PRECISION));
	_mm256_storeu_si256((ints *)dst, v);
}

// Rows are at least 32 bytes long.
void ssc_vertical(uint8_t *dst, const uint8_t *src, int64_t stride, int64_t out, int64_t size, const int32_t *first, const int32_t *count, const int32_t *weight) {
	for (int64_t y = 0; y < out; y++, dst += stride) {
		const uint8_t *in = src + first[y] * stride;
		for (int64_t x = 0; x + 32 <= stride; x += 32) column32(dst + x, in + x, stride, weight + y * size, count[y]);
		if (stride % 32) column32(dst + stride - 32, in + stride - 32, stride, weight + y * size, count[y]);
	}
}

// pair widens a pixel of each of two rows, and a byte beyond.
static inline ints pair(const uint8_t *p, const uint8_t *q) {
	int32_t a, b;
	memcpy(&a, p, 4);
	memcpy(&b, q, 4);
	return _mm256_cvtepu8_epi32(_mm_insert_epi32(_mm_cvtsi32_si128(a), b, 1));
}

// put3 writes the first three bytes of v.
static inline void put3(uint8_t *p, uint32_t v) {
	memcpy(p, &v, 2);
	p[2] = v >> 16;
}

// Four rows at a time. A byte is read beyond each row, so the last one is moved to scratch, of width + 4 bytes.
void ssc_horizontal3(uint8_t *dst, const uint8_t *src, int64_t stride, int64_t rows, int64_t width, uint8_t *scratch, int64_t out, int64_t size, const int32_t *first,
	const int32_t *count, const int32_t *weight) {
	memcpy(scratch, src + (rows - 1) * stride, width);
	for (int64_t y = 0; y < rows; y += 4) {
		const uint8_t *in[4];
		uint8_t *to[4];
		for (int k = 0; k < 4; k++) {
			int64_t row = y + k < rows ? y + k : rows - 1;
			in[k] = row == rows - 1 ? scratch : src + row * stride;
			to[k] = dst + row * 3 * out;
		}
		for (int64_t x = 0; x < out; x++) {
			ints a, b;
			a = b = _mm256_set1_epi32(1 << (PRECISION - 1));
			int64_t at = 3 * (int64_t)first[x];
			const int32_t *w = weight + x * size;
			for (int j = 0; j < count[x]; j++, at += 3) {
				const ints v = _mm256_set1_epi32(w[j]);
				a = _mm256_add_epi32(a, _mm256_mullo_epi32(v, pair(in[0] + at, in[1] + at)));
				b = _mm256_add_epi32(b, _mm256_mullo_epi32(v, pair(in[2] + at, in[3] + at)));
			}
			a = _mm256_packs_epi32(_mm256_srai_epi32(a, PRECISION), _mm256_srai_epi32(b, PRECISION)); // rows 0 and 2, rows 1 and 3
			a = _mm256_packus_epi16(a, a);
			__m128i even = _mm256_castsi256_si128(a), odd = _mm256_extracti128_si256(a, 1);
			put3(to[0] + 3 * x, _mm_extract_epi32(even, 0));
			put3(to[1] + 3 * x, _mm_extract_epi32(odd, 0));
			put3(to[2] + 3 * x, _mm_extract_epi32(even, 1));
			put3(to[3] + 3 * x, _mm_extract_epi32(odd, 1));
		}
	}
}
