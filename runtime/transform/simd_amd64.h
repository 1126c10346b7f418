// Pixels of three channels in vectors of eight. No multiplication is fused with an addition, which would round once where Go rounds twice.
#pragma GCC target("avx2")
#pragma GCC optimize("O3", "fp-contract=off")
#include <immintrin.h>
#include <string.h>

#include "simd.h"

typedef __m256i ints;
typedef __m256 floats;

// A pixel of three bytes is spread to the 32-bit lanes of its channel, 4 pixels in each half of the vector.
#define SPREAD(k) _mm256_setr_epi8(k, -1, -1, -1, k + 3, -1, -1, -1, k + 6, -1, -1, -1, k + 9, -1, -1, -1, k, -1, -1, -1, k + 3, -1, -1, -1, k + 6, -1, -1, -1, k + 9, -1, -1, -1)

// load3 reads 8 pixels, and 4 bytes beyond them.
static inline void load3(const uint8_t *p, ints *r, ints *g, ints *b) {
	ints v = _mm256_inserti128_si256(_mm256_castsi128_si256(_mm_loadu_si128((const __m128i *)p)), _mm_loadu_si128((const __m128i *)(p + 12)), 1);
	*r = _mm256_shuffle_epi8(v, SPREAD(0));
	*g = _mm256_shuffle_epi8(v, SPREAD(1));
	*b = _mm256_shuffle_epi8(v, SPREAD(2));
}

// store3 writes 8 pixels whose values are 0 to 255.
static inline void store3(uint8_t *p, ints r, ints g, ints b) {
	ints v = _mm256_or_si256(r, _mm256_or_si256(_mm256_slli_epi32(g, 8), _mm256_slli_epi32(b, 16)));
	const ints close = _mm256_setr_epi8(0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, -1, -1, -1, -1, 0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, -1, -1, -1, -1);
	v = _mm256_shuffle_epi8(v, close);
	for (int half = 0; half < 2; half++, p += 12) {
		__m128i x = half ? _mm256_extracti128_si256(v, 1) : _mm256_castsi256_si128(v);
		int32_t last = _mm_extract_epi32(x, 2);
		_mm_storel_epi64((__m128i *)p, x);
		memcpy(p + 8, &last, 4);
	}
}

// EACH8 runs body on pointers to 8 pixels that may be read 4 bytes beyond. The pixels of the end are moved to a place with room.
#define EACH8(pix, pixels, body)                                                                \
	do {                                                                                        \
		int64_t at_ = 0;                                                                        \
		for (; at_ + 10 <= (pixels); at_ += 8) body((pix) + 3 * at_);                           \
		for (; at_ < (pixels); at_ += 8) {                                                      \
			uint8_t room_[32] = {0};                                                            \
			int64_t n_ = (pixels) - at_ < 8 ? (pixels) - at_ : 8;                               \
			memcpy(room_, (pix) + 3 * at_, 3 * n_);                                             \
			body(room_);                                                                        \
			memcpy((pix) + 3 * at_, room_, 3 * n_);                                             \
		}                                                                                       \
	} while (0)

static inline ints luma(ints r, ints g, ints b) {
	ints sum = _mm256_add_epi32(_mm256_mullo_epi32(r, _mm256_set1_epi32(19595)), _mm256_mullo_epi32(g, _mm256_set1_epi32(38470)));
	sum = _mm256_add_epi32(sum, _mm256_add_epi32(_mm256_mullo_epi32(b, _mm256_set1_epi32(7471)), _mm256_set1_epi32(0x8000)));
	return _mm256_srli_epi32(sum, 16);
}

// clip8 cuts to 0 to 255.
static inline ints clip8(ints v) { return _mm256_min_epi32(_mm256_max_epi32(v, _mm256_setzero_si256()), _mm256_set1_epi32(255)); }

// bytes8 widens 8 bytes.
static inline ints bytes8(const uint8_t *p) { return _mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)p)); }

// pack32 makes bytes of four vectors, cutting to 0 to 255.
static inline ints pack32(ints a, ints b, ints c, ints d) {
	ints v = _mm256_packus_epi16(_mm256_packs_epi32(a, b), _mm256_packs_epi32(c, d));
	return _mm256_permutevar8x32_epi32(v, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
}
