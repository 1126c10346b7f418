// Numbers of 16 bits: the upper half of a float. Kernels store them; what they compute with is float.
#pragma once

#include <cstdint>
#include <cstring>

namespace ssc {

class BFloat16 {
 public:
  BFloat16() = default;
  // The nearest, of two the even one; NaN stays NaN. Conversions of the processor would turn the smallest numbers into 0, and results depend on the machine.
  explicit BFloat16(float x) {
    uint32_t b;
    std::memcpy(&b, &x, sizeof b);
    const uint32_t rounded = (b + 0x7fff + (b >> 16 & 1)) >> 16, nan = b >> 16 | 0x40;
    bits_ = static_cast<uint16_t>((b & 0x7fffffff) > 0x7f800000 ? nan : rounded);
  }
  BFloat16& operator=(float x) { return *this = BFloat16(x); }
  operator float() const {
    const uint32_t b = static_cast<uint32_t>(bits_) << 16;
    float x;
    std::memcpy(&x, &b, sizeof x);
    return x;
  }

 private:
  uint16_t bits_;
};

// Converts n numbers.
template <class From, class To>
void convert(const From* from, To* to, int64_t n) {
#pragma omp simd
  for (int64_t i = 0; i < n; i++) to[i] = static_cast<float>(from[i]);
}

}  // namespace ssc
