package plan

import (
	"math"
	"math/bits"
)

// Use separates the streams of random numbers that share a seed. The values are part of what makes a run repeatable: they are
// never renumbered.
type Use uint32

// The uses, each with the meaning of the counters a, b, c of NewRand.
const (
	UseOrder      Use = 1 // sample order: epoch, 0, how it is drawn
	UseView       Use = 2 // augmentation: epoch, position in the epoch's order, view
	UseSubstitute Use = 3 // which sample stands in for an unreadable one: epoch, position in the epoch's order
	UseStep       Use = 4 // draws for a whole step: step, index of the field, row of a field of draws
	UseNoise      Use = 5 // host-made noise of a batch field: step, field
	UseInit       Use = 6 // initial values: index of the state tensor, step at which it starts anew
	UseCluster    Use = 7 // starts of k-means: step, stage and action, part

	UseProbe  Use = 16 // draws of a probe: its own numbering
	UseExport Use = 17 // random images that an exported model is proved on

	// Data sources have seeds of their own.
	UseSubset Use = 32 // which samples are kept: class + 1, or 0 for a draw from all
	UseShapes Use = 33 // a procedural image: split, image, part of the draws
	UseSurvey Use = 34 // which images of a folder are looked at
)

// Rand is a stream of random numbers that is a pure function of its key: it holds no state that another stream could disturb.
// A Rand is a small value; methods need its address but allocate nothing. A stream repeats after 2^34 numbers of 32 bits.
//
// Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", 2011 (Philox4x32 with 10 rounds).
type Rand struct {
	key      [2]uint32
	counter  [4]uint32
	block    [4]uint32
	used     int
	spare    float64
	hasSpare bool
}

// NewRand returns the stream of (seed, use, a, b, c). Streams are independent: (use, a) and the upper half of c choose the Philox
// key, b and the lower half of c the counter, so two streams of one key never overlap.
func NewRand(seed uint64, use Use, a, b, c uint64) Rand {
	k := philox([4]uint32{uint32(use), uint32(a), uint32(a >> 32), uint32(c >> 32)}, [2]uint32{uint32(seed), uint32(seed >> 32)})
	return Rand{key: [2]uint32{k[0], k[1]}, counter: [4]uint32{0, uint32(b), uint32(b >> 32), uint32(c)}, used: 4}
}

// philox is the bijection Philox4x32-10; its constants are those of the paper.
func philox(c [4]uint32, k [2]uint32) [4]uint32 {
	c0, c1, c2, c3 := c[0], c[1], c[2], c[3]
	k0, k1 := k[0], k[1]
	for range 10 {
		h0, l0 := bits.Mul32(0xD2511F53, c0)
		h1, l1 := bits.Mul32(0xCD9E8D57, c2)
		c0, c1, c2, c3 = h1^c1^k0, l1, h0^c3^k1, l0
		k0 += 0x9E3779B9
		k1 += 0xBB67AE85
	}
	return [4]uint32{c0, c1, c2, c3}
}

// Uint32 returns the next 32 bits.
func (r *Rand) Uint32() uint32 {
	if r.used == 4 {
		r.block = philox(r.counter, r.key)
		r.counter[0]++
		r.used = 0
	}
	x := r.block[r.used]
	r.used++
	return x
}

// Uint64 returns the next 64 bits.
func (r *Rand) Uint64() uint64 {
	hi := r.Uint32()
	return uint64(hi)<<32 | uint64(r.Uint32())
}

// Float64 is uniform in [0,1), a multiple of 2^-53.
func (r *Rand) Float64() float64 { return float64(r.Uint64()>>11) * 0x1p-53 }

// Float32 is uniform in [0,1), a multiple of 2^-24.
func (r *Rand) Float32() float32 { return float32(r.Uint32()>>8) * 0x1p-24 }

// Uniform is uniform in [lo,hi).
func (r *Rand) Uniform(lo, hi float64) float64 {
	return lo + float64((hi-lo)*r.Float64()) // the conversion forbids a fused multiply-add: every machine draws the same
}

// Bool is true with probability p.
func (r *Rand) Bool(p float64) bool { return r.Float64() < p }

// IntN is uniform in [0,n), without bias. It panics when n is not positive.
//
// Source: Lemire, "Fast random integer generation in an interval", 2019.
func (r *Rand) IntN(n int) int {
	if n <= 0 {
		panic("plan: IntN of a number that is not positive")
	}
	if n > math.MaxUint32 {
		return r.bigIntN(uint64(n))
	}
	bound := uint32(n)
	hi, lo := bits.Mul32(r.Uint32(), bound)
	if lo < bound {
		for reject := -bound % bound; lo < reject; {
			hi, lo = bits.Mul32(r.Uint32(), bound)
		}
	}
	return int(hi)
}

func (r *Rand) bigIntN(n uint64) int {
	hi, lo := bits.Mul64(r.Uint64(), n)
	for reject := -n % n; lo < reject; {
		hi, lo = bits.Mul64(r.Uint64(), n)
	}
	return int(hi)
}

// Normal has mean 0 and variance 1.
//
// Source: Box, Muller, "A note on the generation of random normal deviates", 1958.
func (r *Rand) Normal() float64 {
	if r.hasSpare {
		r.hasSpare = false
		return r.spare
	}
	radius := math.Sqrt(-2 * math.Log(1-r.Float64()))
	sin, cos := math.Sincos(2 * math.Pi * r.Float64())
	r.spare, r.hasSpare = radius*sin, true
	return radius * cos
}

// Perm returns a random order of 0 … n-1.
func (r *Rand) Perm(n int) []int {
	p := make([]int, n)
	for i := range p {
		j := r.IntN(i + 1)
		p[i] = p[j]
		p[j] = i
	}
	return p
}
