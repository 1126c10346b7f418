#include "simd_amd64.h"

// blend8 is level + factor·(v-level) in single precision, cut to a whole number.
static inline ints blend8(ints v, ints level, floats factor) {
	floats difference = _mm256_mul_ps(factor, _mm256_cvtepi32_ps(_mm256_sub_epi32(v, level)));
	return _mm256_cvttps_epi32(_mm256_add_ps(_mm256_cvtepi32_ps(level), difference));
}

void ssc_blend(uint8_t *dst, const uint8_t *src, int64_t n, int32_t level, float factor) {
	const ints l = _mm256_set1_epi32(level);
	const floats f = _mm256_set1_ps(factor);
	int64_t i = 0;
	for (; i + 32 <= n; i += 32) {
		const uint8_t *p = src + i;
		ints v = pack32(blend8(bytes8(p), l, f), blend8(bytes8(p + 8), l, f), blend8(bytes8(p + 16), l, f), blend8(bytes8(p + 24), l, f));
		_mm256_storeu_si256((ints *)(dst + i), v);
	}
	for (; i < n; i++) {
		int32_t v = _mm_cvttss_si32(_mm_set_ss((float)level + factor * (float)(src[i] - level)));
		dst[i] = v < 0 ? 0 : v > 255 ? 255 : v;
	}
}

void ssc_saturation(uint8_t *pix, int64_t pixels, float factor) {
	const floats f = _mm256_set1_ps(factor);
#define BODY(p)                                                                                 \
	do {                                                                                        \
		ints r, g, b;                                                                           \
		load3(p, &r, &g, &b);                                                                   \
		ints y = luma(r, g, b);                                                                 \
		store3(p, clip8(blend8(r, y, f)), clip8(blend8(g, y, f)), clip8(blend8(b, y, f)));      \
	} while (0)
	EACH8(pix, pixels, BODY);
#undef BODY
}

void ssc_grey(uint8_t *pix, int64_t pixels) {
#define BODY(p)                                                                                 \
	do {                                                                                        \
		ints r, g, b;                                                                           \
		load3(p, &r, &g, &b);                                                                   \
		r = luma(r, g, b);                                                                      \
		store3(p, r, r, r);                                                                     \
	} while (0)
	EACH8(pix, pixels, BODY);
#undef BODY
}

uint64_t ssc_luma_sum(const uint8_t *pix, int64_t pixels) {
	uint64_t total = 0;
	int64_t at = 0;
	while (at + 10 <= pixels) {
		ints sum = _mm256_setzero_si256();
		for (int n = 0; n < 1 << 20 && at + 10 <= pixels; n++, at += 8) { // a lane holds 2^23 greys
			ints r, g, b;
			load3(pix + 3 * at, &r, &g, &b);
			sum = _mm256_add_epi32(sum, luma(r, g, b));
		}
		uint32_t lanes[8];
		_mm256_storeu_si256((ints *)lanes, sum);
		for (int k = 0; k < 8; k++) total += lanes[k];
	}
	for (; at < pixels; at++) {
		const uint8_t *p = pix + 3 * at;
		total += (p[0] * 19595u + p[1] * 38470u + p[2] * 7471u + 0x8000u) >> 16;
	}
	return total;
}

// Eight numbers in double precision.
typedef struct {
	__m256d lo, hi;
} doubles;

static inline doubles wide(floats v) { return (doubles){_mm256_cvtps_pd(_mm256_castps256_ps128(v)), _mm256_cvtps_pd(_mm256_extractf128_ps(v, 1))}; }
static inline doubles all(double v) { return (doubles){_mm256_set1_pd(v), _mm256_set1_pd(v)}; }
static inline doubles mul(doubles a, doubles b) { return (doubles){_mm256_mul_pd(a.lo, b.lo), _mm256_mul_pd(a.hi, b.hi)}; }
static inline doubles div8(doubles a, doubles b) { return (doubles){_mm256_div_pd(a.lo, b.lo), _mm256_div_pd(a.hi, b.hi)}; }
static inline doubles add(doubles a, doubles b) { return (doubles){_mm256_add_pd(a.lo, b.lo), _mm256_add_pd(a.hi, b.hi)}; }
static inline doubles sub(doubles a, doubles b) { return (doubles){_mm256_sub_pd(a.lo, b.lo), _mm256_sub_pd(a.hi, b.hi)}; }
static inline floats narrow(doubles v) { return _mm256_insertf128_ps(_mm256_castps128_ps256(_mm256_cvtpd_ps(v.lo)), _mm256_cvtpd_ps(v.hi), 1); }
static inline ints whole(doubles v) { return _mm256_inserti128_si256(_mm256_castsi128_si256(_mm256_cvttpd_epi32(v.lo)), _mm256_cvttpd_epi32(v.hi), 1); }

// wrap brings 1 … 2 to 0 … 1.
static inline __m256d wrap(__m256d v) {
	const __m256d one = _mm256_set1_pd(1);
	return _mm256_sub_pd(v, _mm256_and_pd(_mm256_cmp_pd(v, one, _CMP_GE_OQ), one));
}

static inline ints when(ints condition, ints yes, ints no) { return _mm256_blendv_epi8(no, yes, condition); }
static inline floats whenf(ints condition, floats yes, floats no) { return _mm256_blendv_ps(no, yes, _mm256_castsi256_ps(condition)); }

// hue8 turns 8 pixels. The three cases of the greatest part and the two of the least differ in what the place of the middle part in the range is added to.
static inline void hue8(uint8_t *pix, ints turn, const int32_t *index, const float *fraction) {
	ints r, g, b;
	load3(pix, &r, &g, &b);
	const ints v = _mm256_max_epi32(r, _mm256_max_epi32(g, b)), least = _mm256_min_epi32(r, _mm256_min_epi32(g, b));
	const ints red = _mm256_cmpeq_epi32(v, r), green = _mm256_cmpeq_epi32(v, g), lowR = _mm256_cmpeq_epi32(least, r), lowG = _mm256_cmpeq_epi32(least, g);
	const ints middle = when(red, when(lowG, b, g), when(green, when(lowR, b, r), when(lowG, r, g)));
	const floats span = _mm256_cvtepi32_ps(_mm256_sub_epi32(v, least)), q = _mm256_div_ps(_mm256_cvtepi32_ps(_mm256_sub_epi32(v, middle)), span);
#define SET _mm256_set1_ps
	const floats x = whenf(red, whenf(lowG, _mm256_sub_ps(q, SET(1)), _mm256_sub_ps(SET(1), q)),
		whenf(green, whenf(lowR, _mm256_sub_ps(SET(3), q), _mm256_add_ps(SET(1), q)), whenf(lowG, _mm256_sub_ps(SET(5), q), _mm256_add_ps(SET(3), q))));
#undef SET
	doubles place = add(div8(wide(x), all(6)), all(1));
	place = (doubles){wrap(place.lo), wrap(place.hi)};
	ints h = whole(mul(wide(narrow(place)), all(255)));
	h = _mm256_and_si256(_mm256_add_epi32(h, turn), _mm256_set1_epi32(255));
	const ints s = whole(mul(wide(_mm256_div_ps(span, _mm256_cvtepi32_ps(v))), all(255)));
	const ints sector = _mm256_i32gather_epi32(index, h, 4);
	const floats f = _mm256_i32gather_ps(fraction, h, 4), fs = narrow(div8(wide(_mm256_cvtepi32_ps(s)), all(255)));
	const doubles val = wide(_mm256_cvtepi32_ps(v)), one = all(1), half = all(0.5);
	const ints p = whole(add(mul(val, sub(one, wide(fs))), half));
	const ints down = whole(add(mul(val, sub(one, wide(_mm256_mul_ps(fs, f)))), half));
	const ints up = whole(add(mul(val, sub(one, mul(wide(fs), sub(one, wide(f))))), half));
#define AT(n) _mm256_cmpeq_epi32(sector, _mm256_set1_epi32(n))
	const ints s0 = AT(0), s1 = AT(1), s2 = AT(2), s3 = AT(3), s4 = AT(4), s5 = AT(5);
#undef AT
	const ints grey = _mm256_or_si256(_mm256_cmpeq_epi32(v, least), _mm256_cmpeq_epi32(s, _mm256_setzero_si256()));
	ints outR = when(_mm256_or_si256(s0, s5), v, when(s1, down, when(s4, up, p)));
	ints outG = when(_mm256_or_si256(s1, s2), v, when(s0, up, when(s3, down, p)));
	ints outB = when(_mm256_or_si256(s3, s4), v, when(s2, up, when(s5, down, p)));
	store3(pix, when(grey, v, outR), when(grey, v, outG), when(grey, v, outB));
}

// index and f are the sectors of the 256 hues. Grey pixels stay.
void ssc_hue(uint8_t *pix, int64_t pixels, int32_t turn, const int32_t *index, const float *f) {
	const ints t = _mm256_set1_epi32(turn);
#define BODY(p) hue8(p, t, index, f)
	EACH8(pix, pixels, BODY);
#undef BODY
}

// Planes of the values in three tables of 256.
void ssc_planes3(float *dst, const uint8_t *pix, int64_t pixels, const float *tr, const float *tg, const float *tb) {
	int64_t i = 0;
	for (; i + 10 <= pixels; i += 8) {
		ints r, g, b;
		load3(pix + 3 * i, &r, &g, &b);
		_mm256_storeu_ps(dst + i, _mm256_i32gather_ps(tr, r, 4));
		_mm256_storeu_ps(dst + pixels + i, _mm256_i32gather_ps(tg, g, 4));
		_mm256_storeu_ps(dst + 2 * pixels + i, _mm256_i32gather_ps(tb, b, 4));
	}
	for (; i < pixels; i++) {
		dst[i] = tr[pix[3 * i]];
		dst[pixels + i] = tg[pix[3 * i + 1]];
		dst[2 * pixels + i] = tb[pix[3 * i + 2]];
	}
}
