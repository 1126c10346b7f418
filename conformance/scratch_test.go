package conformance

import (
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/cpu"

	"ssc/compiler/fn"
	"ssc/compiler/ir"
	"ssc/compiler/op/optest"
	"ssc/runtime/ort"
)

// TestScratch compares what functions say of their kernels' scratch memory with what the kernels take, for every sample: exactly where that is the kernel's own, but for the arena's heads and
// rounding, and to within what oneDNN takes for small shapes where that has a part in it. On two threads it may be what it is on one, when one of them does all.
//
// What is said of bfloat16 holds where the processor has instructions for it, and what is said of oneDNN from AVX2 on.
func TestScratch(t *testing.T) {
	names := kernelNames(t)
	if !cpu.X86.HasAVX2 {
		t.Skip("the processor has no AVX2")
	}
	all := slices.Concat(samples(), kernelSamples(), tokenKernelSamples())
	if ort.FastBFloat16() {
		all = slices.Concat(all, narrowed(all))
	}
	for _, s := range all {
		if !ir.IsFunction(s.Op) || !slices.Contains(names, s.Op.Name()) {
			continue
		}
		c, err := optest.NewCase(s)
		if err != nil {
			t.Fatal(err)
		}
		call := c.Graph.Outputs[0].Def
		slack, ok := scratchSlack(call)
		if !ok {
			continue
		}
		said := fn.ScratchOf(call)
		for threads := 1; threads <= 2; threads++ {
			got, most := counted(t, c, threads), int(said.On(threads))
			if got > most+threads*slack || got < int(said.On(1))-slack {
				t.Errorf("%s on %d threads: the kernel takes %d bytes, the function says %d (%+v)", optest.Name(s), threads, got, most, said)
			}
		}
	}
}

// scratchSlack is by how many bytes a kernel may take more or less than its function says. There are none for convolutions of maps with the channels second: the compiler has kernels compute
// them with the channels last, and what oneDNN copies for the others is not described.
func scratchSlack(n *ir.Node) (bytes int, ok bool) {
	const own, theirs, conversions, tiles = 4 * 128, 192 << 10, 512 << 10, 1 << 20
	name, narrow := n.Op.Name(), n.In[0] != nil && n.In[0].DType == ir.BFloat16
	switch {
	case name == "ConvWeightGrad" && !narrow && n.Out[0].Shape[2:].Size() == 1 && lasts(n): // products of matrices by kernels/point.cpp
		return own, true
	case strings.HasPrefix(name, "Conv"):
		if narrow {
			return conversions, lasts(n)
		}
		return theirs, lasts(n)
	case narrow && strings.HasPrefix(name, "Linear"):
		if cpu.X86.HasAMXBF16 { // oneDNN arranges matrices in the tiles of that unit
			return tiles, true
		}
		return theirs, true
	}
	return own, true
}

// lasts is whether a node's maps have their channels last.
func lasts(n *ir.Node) bool {
	return ir.Attribute(n.Op, "channels_last") != nil
}

// counted is the scratch of a function's kernel on so many threads, as the arena counts it.
func counted(t *testing.T, c *optest.Case, threads int) int {
	model, o, err := kernelModel(c, threads)
	if err != nil {
		t.Fatal(err)
	}
	bytes := 0
	err = inSession(t, model, o, c.Graph, c.Feeds, func(b *ort.Binding, _ map[string]*ort.Tensor) error {
		before := ort.MemoryUse().InUse
		ort.BeginPeak()
		err := b.Run(t.Context())
		bytes = ort.MemoryUse().Peak - before
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return bytes
}
