// Augment: the views of a batch, from 8-bit pixels to float planes. A block makes a view after the other by the steps that runtime/transform's Tape has recorded for it; what is random was drawn
// there. Pixels are those of the same transforms on the processor: whole numbers where these are whole, and single roundings, so that this source is compiled without fused multiplications.
//
// An image lies in one of two buffers of the block, rows of pixels of channels, and a step writes the other one. Consecutive steps that change single pixels are one pass.

// The numbers of steps, as in runtime/transform/tape.go.
enum Code { RESAMPLE, FRAME, AFFINE, BLUR, FLIP, BRIGHTNESS, CONTRAST, SATURATION, HUE, GREY, SOLARIZE, PLANES };
enum Filter { NEAREST, BILINEAR, BICUBIC, LANCZOS };
enum Border { CONSTANT, EDGE, REFLECT, SYMMETRIC };

struct Step {
  int code;
  int n[8];
  float f;
  double x[4];
};

struct View {
  long long from;  // the image's first byte among the pixels
  int channels, height, width;
  int first, count;  // its steps
  int unused;
};

typedef unsigned char byte;

constexpr int threads = 512;   // at most, of a block
constexpr int precision = 22;  // fraction bits of a weight, as Pillow has them

__device__ inline int clip(int v) { return v < 0 ? 0 : v > 255 ? 255 : v; }

__device__ inline int luma(int r, int g, int b) { return static_cast<int>((r * 19595u + g * 38470u + b * 7471u + 0x8000u) >> 16); }

// Resampling. Output i of a line is the sum over the weights of taps i; they lie one behind the other: first, number, weights.

__device__ inline double bicubic(double x) {  // a = -1/2
  x = fabs(x);
  if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
  if (x < 2) return (((x - 5) * x + 8) * x - 4) * -0.5;
  return 0;
}

__device__ inline double sinc(double x) {
  x *= 3.14159265358979323846;
  return x == 0 ? 1 : sin(x) / x;
}

__device__ __noinline__ double kernel(int filter, double x) {
  if (filter == BICUBIC) return bicubic(x);
  if (filter == LANCZOS) return x < -3 || x >= 3 ? 0 : sinc(x) * sinc(x / 3);
  return fabs(x) < 1 ? 1 - fabs(x) : 0;
}

// The weights of a line of out values from in, of which the span [offset, offset+length) is shown.
struct Line {
  int in, out, filter, size;
  double offset, scale, stretch, support;

  __device__ Line(int in, double offset, double length, int out, int filter) : in(in), out(out), filter(filter), offset(offset) {
    scale = length / out;
    stretch = scale > 1 ? scale : 1;
    support = (filter == LANCZOS ? 3 : filter == BICUBIC ? 2 : 1) * stretch;
    size = static_cast<int>(ceil(support)) * 2 + 1 + 2;
  }

  __device__ __noinline__ void make(int* taps) const {
    for (int i = threadIdx.x; i < out; i += blockDim.x) {
      int* const t = taps + static_cast<long long>(i) * size;
      if (filter == NEAREST) {  // positions are summed, as Pillow does
        double at = scale / 2;
        for (int k = 0; k < i; k++) at += scale;
        t[0] = min(static_cast<int>(at), in - 1), t[1] = 1, t[2] = 1 << precision;
        continue;
      }
      const double center = offset + (i + 0.5) * scale, inverse = 1 / stretch;
      const int lo = max(static_cast<int>(center - support + 0.5), 0), hi = min(static_cast<int>(center + support + 0.5), in);
      double sum = 0;
      for (int j = 0; j < hi - lo; j++) sum += kernel(filter, (j + lo - center + 0.5) * inverse);
      t[0] = lo, t[1] = hi - lo;
      for (int j = 0; j < hi - lo; j++) {
        const double w = kernel(filter, (j + lo - center + 0.5) * inverse) / sum * (1 << precision);
        t[2 + j] = static_cast<int>(w < 0 ? w - 0.5 : w + 0.5);
      }
    }
  }
};

// The value of n pixels, stride apart.
__device__ inline byte weighted(const byte* p, int stride, const int* tap) {
  int sum = 1 << (precision - 1);
  p += static_cast<long long>(tap[0]) * stride;
  for (int j = 0; j < tap[1]; j++) sum += tap[2 + j] * p[static_cast<long long>(j) * stride];
  return static_cast<byte>(clip(sum >> precision));
}

// The place below n that a pixel at i shows, -1 for none.
__device__ inline int source(int i, int n, int border) {
  if (i >= 0 && i < n) return i;
  if (border == EDGE) return i < 0 ? 0 : n - 1;
  if (border == CONSTANT) return -1;
  if (border == REFLECT && n == 1) return 0;
  const int period = border == REFLECT ? 2 * (n - 1) : 2 * n;
  i = (i % period + period) % period;
  return min(i, border == REFLECT ? period - i : period - 1 - i);
}

// The hue of a colour, turned by a part of 255, in Pillow's HSV of 8 bits.
__device__ __noinline__ void turn_hue(int* c, int turn) {
  const int r = c[0], g = c[1], b = c[2], v = max(r, max(g, b)), least = min(r, min(g, b));
  if (v == least) return;
  const float span = static_cast<float>(v - least), rc = (v - r) / span, gc = (v - g) / span, bc = (v - b) / span;
  float x;
  if (v == r) {
    x = bc - gc;
  } else if (v == g) {
    x = static_cast<float>(2 + static_cast<double>(rc) - static_cast<double>(bc));
  } else {
    x = static_cast<float>(4 + static_cast<double>(gc) - static_cast<double>(rc));
  }
  double place = static_cast<double>(x) / 6 + 1;
  if (place >= 1) place -= 1;
  const int s = static_cast<int>(static_cast<double>(span / v) * 255);
  if (s == 0) {
    c[0] = c[1] = c[2] = v;
    return;
  }
  const int h = (static_cast<int>(static_cast<double>(static_cast<float>(place)) * 255) + turn) & 255;
  const double sixth = static_cast<double>(h) * 6 / 255, whole = floor(sixth);
  const float f = static_cast<float>(sixth - whole), fs = static_cast<float>(static_cast<double>(s) / 255);
  const int p = static_cast<int>(v * (1 - static_cast<double>(fs)) + 0.5), q = static_cast<int>(v * (1 - static_cast<double>(fs * f)) + 0.5),
            t = static_cast<int>(v * (1 - static_cast<double>(fs) * (1 - static_cast<double>(f))) + 0.5);
  switch (static_cast<int>(whole) % 6) {
    case 0: c[0] = v, c[1] = t, c[2] = p; break;
    case 1: c[0] = q, c[1] = v, c[2] = p; break;
    case 2: c[0] = p, c[1] = v, c[2] = t; break;
    case 3: c[0] = p, c[1] = q, c[2] = v; break;
    case 4: c[0] = t, c[1] = p, c[2] = v; break;
    default: c[0] = v, c[1] = p, c[2] = q;
  }
}

__device__ inline int blend(int level, int v, float factor) {
  const float moved = factor * static_cast<float>(v - level);
  const float sum = static_cast<float>(level) + moved;
  return sum <= 0 ? 0 : sum >= 255 ? 255 : static_cast<int>(sum);
}

// One pixel of a step that changes pixels, in place.
__device__ inline void change(const Step& s, int level, int channels, int* c) {
  switch (s.code) {
    case BRIGHTNESS:
    case CONTRAST:
      for (int k = 0; k < channels; k++) c[k] = blend(s.code == CONTRAST ? level : 0, c[k], s.f);
      break;
    case SOLARIZE:
      for (int k = 0; k < channels; k++) c[k] = c[k] >= s.n[0] ? 255 - c[k] : c[k];
      break;
    case SATURATION: {
      const int grey = luma(c[0], c[1], c[2]);
      for (int k = 0; k < 3; k++) c[k] = blend(grey, c[k], s.f);
      break;
    }
    case GREY: c[0] = c[1] = c[2] = luma(c[0], c[1], c[2]); break;
    case HUE: turn_hue(c, s.n[0]);
  }
}

// What a block works with. All threads have the same.
struct Block {
  const byte* in;  // the image
  byte* spare[2];  // two buffers, one of which is the image but for the very first
  int* taps;
  int channels, height, width;

  __device__ byte* out() const { return in == spare[0] ? spare[1] : spare[0]; }

  // Ends a step that has written an image of h x w.
  __device__ void take(byte* image, int h, int w) {
    in = image, height = h, width = w;
    __syncthreads();
  }

  // Calls f(i) for all i below n, each on one thread.
  template <class F>
  __device__ void each(long long n, const F& f) const {
    for (long long i = threadIdx.x; i < n; i += blockDim.x) f(i);
  }

  // Shows the box of n[0] rows from n[1] on and n[2] columns from n[3] on as n[4] x n[5] pixels by the filter n[6]. x are offset and length of the rows' span in the box, and of the columns'.
  __device__ void resample(const Step& s) {
    const int rows = s.n[0], columns = s.n[2], h = s.n[4], w = s.n[5], c = channels, filter = s.n[6];
    const bool across = filter == NEAREST || columns != w || s.x[2] != 0 || s.x[3] != w;
    const byte* from = in + (static_cast<long long>(s.n[1]) * width + s.n[3]) * c;
    int stride = width * c;
    if (across) {
      const Line line(columns, s.x[2], s.x[3], w, filter);
      line.make(taps);
      __syncthreads();
      byte* const to = out();
      const int row = w * c;
      each(static_cast<long long>(rows) * row, [&](long long i) {
        const int y = static_cast<int>(i / row), at = static_cast<int>(i % row), x = at / c;
        to[i] = weighted(from + static_cast<long long>(y) * stride + at % c, c, taps + static_cast<long long>(x) * line.size);
      });
      take(to, rows, w);
      from = in, stride = row;
    }
    if (across && filter != NEAREST && rows == h && s.x[0] == 0 && s.x[1] == h) return;
    const Line line(rows, s.x[0], s.x[1], h, filter);
    line.make(taps);
    __syncthreads();
    byte* const to = out();
    const int row = w * c;
    each(static_cast<long long>(h) * row, [&](long long i) {
      to[i] = weighted(from + i % row, stride, taps + i / row * line.size);
    });
    take(to, h, w);
  }

  // Shows the n[2] x n[3] pixels from (n[0], n[1]) on, which may lie outside: there is the border n[4], or the level n[5].
  __device__ void frame(const Step& s) {
    byte* const to = out();
    const int w = s.n[3], c = channels;
    each(static_cast<long long>(s.n[2]) * w, [&](long long i) {
      const int y = source(static_cast<int>(i / w) + s.n[0], height, s.n[4]), x = source(static_cast<int>(i % w) + s.n[1], width, s.n[4]);
      for (int k = 0; k < c; k++) to[i * c + k] = y < 0 || x < 0 ? s.n[5] : in[(static_cast<long long>(y) * width + x) * c + k];
    });
    take(to, s.n[2], w);
  }

  // Takes each pixel from the one at (n[2] + n[0] x + n[4] y, n[3] + n[1] x + n[5] y) in 16-bit fixed point, the level n[6] outside.
  __device__ void affine(const Step& s) {
    byte* const to = out();
    const int c = channels;
    each(static_cast<long long>(height) * width, [&](long long i) {
      const long long y = i / width, x = i % width;
      const long long sx = (s.n[2] + s.n[0] * x + s.n[4] * y) >> 16, sy = (s.n[3] + s.n[1] * x + s.n[5] * y) >> 16;
      const bool inside = sx >= 0 && sx < width && sy >= 0 && sy < height;
      for (int k = 0; k < c; k++) to[i * c + k] = inside ? in[(sy * width + sx) * c + k] : s.n[6];
    });
    take(to, height, width);
  }

  // Box filters of weights n[1] for the pixels up to n[0] away and n[2] for the next two, three along rows and three along columns.
  __device__ void blur(const Step& s) {
    const int reach = s.n[0], c = channels, row = width * c;
    const unsigned near = s.n[1], far = s.n[2];
    for (int pass = 0; pass < 6; pass++) {
      byte* const to = out();
      const int length = pass < 3 ? width : height, step = pass < 3 ? c : row;
      each(static_cast<long long>(height) * row, [&](long long i) {
        const int at = pass < 3 ? static_cast<int>(i % row) / c : static_cast<int>(i / row);
        const byte* const line = in + i - static_cast<long long>(at) * step;
        const auto value = [&](int j) { return static_cast<unsigned>(line[static_cast<long long>(min(max(j, 0), length - 1)) * step]); };
        unsigned sum = 0;
        for (int j = at - reach; j <= at + reach; j++) sum += value(j);
        to[i] = static_cast<byte>((sum * near + (value(at - reach - 1) + value(at + reach + 1)) * far + (1u << 23)) >> 24);
      });
      take(to, height, width);
    }
  }

  // The mean grey level, rounded. All threads must call it.
  __device__ int mean() const {
    __shared__ unsigned long long sums[threads];
    unsigned long long sum = 0;
    const int c = channels;
    each(static_cast<long long>(height) * width, [&](long long i) { sum += c == 3 ? luma(in[3 * i], in[3 * i + 1], in[3 * i + 2]) : in[i]; });
    sums[threadIdx.x] = sum;
    __syncthreads();
    for (unsigned n = blockDim.x; n > 1;) {
      const unsigned half = (n + 1) / 2;
      if (threadIdx.x < n - half) sums[threadIdx.x] += sums[threadIdx.x + half];
      n = half;
      __syncthreads();
    }
    sum = sums[0];
    __syncthreads();
    return static_cast<int>(static_cast<double>(sum) / (static_cast<double>(height) * width) + 0.5);
  }

  // Changes pixels by n steps, of which only the first may be one for contrast. The last may make the planes.
  __device__ void pixels(const Step* s, int n, float* planes, const float* table, int tables) {
    const int level = s[0].code == CONTRAST ? mean() : 0, c = channels, w = width;
    const long long size = static_cast<long long>(height) * w;
    const bool last = s[n - 1].code == PLANES;
    bool mirrored = false;
    for (int k = 0; k < n; k++) mirrored ^= s[k].code == FLIP;
    byte* const to = out();
    each(size, [&](long long i) {
      const int x = static_cast<int>(i % w);
      const long long at = mirrored ? i - x + w - 1 - x : i;
      if (c > 4) {  // no colours: what changes is the same for all
        for (int k = 0; k < c; k++) {
          int v[1] = {in[i * c + k]};
          for (int j = 0; j < n; j++) change(s[j], level, 1, v);
          store(to, planes, table, tables, last ? s + n - 1 : nullptr, size, at, k, v[0]);
        }
        return;
      }
      int v[4];
      for (int k = 0; k < c; k++) v[k] = in[i * c + k];
      for (int j = 0; j < n; j++) change(s[j], level, c, v);
      for (int k = 0; k < c; k++) store(to, planes, table, tables, last ? s + n - 1 : nullptr, size, at, k, v[k]);
    });
    if (last) {
      __syncthreads();
    } else {
      take(to, height, width);
    }
  }

  __device__ void store(byte* to, float* planes, const float* table, int tables, const Step* last, long long size, long long at, int k, int v) const {
    if (last) {
      planes[k * size + at] = table[(tables > 1 ? k * 256 : 0) + v] + static_cast<float>(last->x[k < 3 ? k : 3]);
    } else {
      to[at * channels + k] = static_cast<byte>(v);
    }
  }
};

// Makes the views, each of out floats behind the one before. table has a float for each of the 256 values, once or for each channel. scratch has for each block two buffers of room bytes and one of
// taps numbers, one behind the other; room is a multiple of 4.
extern "C" __global__ void __launch_bounds__(threads)
    Augment(const byte* pixels, const View* views, int count, const Step* steps, const float* table, int tables, float* planes, long long out, byte* scratch, long long room, long long taps) {
  byte* const mine = scratch + blockIdx.x * (2 * room + 4 * taps);
  for (int v = blockIdx.x; v < count; v += gridDim.x) {
    const View& view = views[v];
    Block b{pixels + view.from, {mine, mine + room}, reinterpret_cast<int*>(mine + 2 * room), view.channels, view.height, view.width};
    const Step* const end = steps + view.first + view.count;
    for (const Step* s = steps + view.first; s < end;) {
      switch (s->code) {
        case RESAMPLE: b.resample(*s++); break;
        case FRAME: b.frame(*s++); break;
        case AFFINE: b.affine(*s++); break;
        case BLUR: b.blur(*s++); break;
        default: {
          const Step* to = s + 1;
          while (to < end && to->code >= FLIP && to->code != CONTRAST) to++;
          b.pixels(s, static_cast<int>(to - s), planes + v * out, table, tables);
          s = to;
        }
      }
    }
  }
}
