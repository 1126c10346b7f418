// TopIndices: the places of the k largest or smallest elements of each row, in order; of equal elements the first come first. A histogram of the leading bits tells which elements
// can be among them, and a stable sort of these by digits puts them in order, so that the time hardly depends on k.
#include <array>
#include <cstring>
#include <utility>

#include "kernel.h"

namespace ssc {
namespace {

constexpr int kDigit = 11;  // bits that one pass sorts by
constexpr size_t kDigits = size_t{1} << kDigit;

// A number whose order is that of the elements. Both zeros are one.
inline uint64_t ordered(float x) {
  x += 0.0F;
  uint32_t bits;
  std::memcpy(&bits, &x, sizeof bits);
  return bits ^ (bits >> 31 ? ~uint32_t{0} : uint32_t{1} << 31);
}

inline uint64_t ordered(int64_t x) { return static_cast<uint64_t>(x) ^ uint64_t{1} << 63; }

struct Item {
  uint64_t behind;  // how far the element is behind the best of the row
  int64_t place;
};

// How many bits x has.
inline int width(uint64_t x) { return x ? 64 - __builtin_clzll(x) : 0; }

// Sorts n items by the lower bits of behind; of equal ones the order stays. Returns where they are: in items or in spare.
inline Item* sorted(Item* items, Item* spare, size_t n, int bits) {
  for (int shift = 0; shift < bits; shift += kDigit) {
    std::array<size_t, kDigits> begin{};
    const auto digit = [shift](const Item& item) { return item.behind >> shift & (kDigits - 1); };
    for (size_t i = 0; i < n; i++) begin[digit(items[i])]++;
    size_t before = 0;
    for (size_t& b : begin) before += std::exchange(b, before);
    for (size_t i = 0; i < n; i++) spare[begin[digit(items[i])]++] = items[i];
    std::swap(items, spare);
  }
  return items;
}

template <class T>
class TopIndices : public Kernel {
 public:
  explicit TopIndices(const Attributes& a) : k_(a.integer("k", 1)), largest_(a.integer("largest", 1) != 0) {}

  void compute(Call& call) override {
    Dims d = call.dims(0);
    if (d.empty() || k_ < 0 || k_ > d.back()) mismatch("TopIndices", "there are no " + std::to_string(k_) + " elements in a row of " + text(d));
    const int64_t columns = d.back();
    d.back() = k_;
    int64_t* const y = call.output<int64_t>(0, d);
    const T* const x = call.input<T>(0);
    if (!y || size_of(d) == 0) return;
    call.parallel(size_of(d) / k_, [&](size_t row) {
      const Buffer room = call.scratch(2 * columns * sizeof(Item));
      Item* const items = static_cast<Item*>(room.data());
      top(x + row * columns, columns, items, items + columns, y + row * k_);
    });
  }

 private:
  int64_t k_;
  bool largest_;

  void top(const T* x, int64_t n, Item* items, Item* spare, int64_t* y) const {
    uint64_t low = ordered(x[0]), high = low;
    for (int64_t i = 1; i < n; i++) {
      const uint64_t o = ordered(x[i]);
      low = o < low ? o : low;
      high = o > high ? o : high;
    }
    const auto behind = [&](int64_t i) { return largest_ ? high - ordered(x[i]) : ordered(x[i]) - low; };
    const int shift = std::max(0, width(high - low) - kDigit);
    uint64_t last = kDigits - 1;  // the leading bits of the last that can be among the first k
    if (k_ < n) {
      std::array<int64_t, kDigits> count{};
      for (int64_t i = 0; i < n; i++) count[behind(i) >> shift]++;
      last = 0;
      for (int64_t sum = count[0]; sum < k_; sum += count[last]) last++;
    }
    size_t found = 0;
    for (int64_t i = 0; i < n; i++) {
      items[found] = {behind(i), i};  // counted only if it may be among them
      found += items[found].behind >> shift <= last;
    }
    const Item* const order = sorted(items, spare, found, width(std::min(high - low, ((last + 1) << shift) - 1)));
    for (int64_t i = 0; i < k_; i++) y[i] = order[i].place;
  }
};

std::vector<Dims> shapes(const std::vector<Dims>& in, const Attributes& a) {
  Dims d = in.at(0);
  d.at(d.size() - 1) = a.integer("k", 1);
  return {d};
}

template <class T>
Entry entry() {
  return {"TopIndices", {{type_of<T>}}, {{Type::i64}}, shapes, make<TopIndices<T>>};
}

const Register f32{entry<float>()}, i64{entry<int64_t>()};
SSC_LISTED(TopIndices);

}  // namespace
}  // namespace ssc
