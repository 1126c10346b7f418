package fn

import "ssc/compiler/ir"

// Scratch is the memory in bytes that a native kernel takes while it runs, beside inputs and outputs: Once for the call, and Each for every task that runs, of Tasks in all. As many tasks run
// at a time as there are threads, or as there are tasks.
type Scratch struct{ Once, Each, Tasks int64 }

// On is the scratch memory in bytes on so many threads.
func (s Scratch) On(threads int) int64 { return s.Once + s.Each*min(s.Tasks, int64(threads)) }

// ScratchOf is what the native kernel of a call takes; none where its function does not say. A function says it in a method Scratch, which follows the kernel in kernels/ and, where oneDNN takes
// memory of the kernel's for itself, what its version 3.13 was seen to take; a conformance test compares it with the kernel on every sample. Shapes have no unknown axes.
func ScratchOf(n *ir.Node) Scratch {
	if f, ok := n.Op.(interface{ Scratch(*ir.Node) Scratch }); ok {
		return f.Scratch(n)
	}
	return Scratch{}
}

const (
	floatBytes  = 4
	doubleBytes = 8
)

// pieces is how many pieces of a size n items make.
func pieces(n, size int64) int64 { return (n + size - 1) / size }

// even is the size of the pieces that n items are cut into, all equal and none above most.
func even(n, most int64) int64 {
	if n <= most {
		return max(n, 1)
	}
	return pieces(n, pieces(n, most))
}

// wideBytes is what so many elements take as float32; nothing where those of v are so already.
func wideBytes(v *ir.Value, elements int64) int64 {
	if v.DType == ir.Float32 {
		return 0
	}
	return floatBytes * elements
}

// up is n, or the next number that to divides.
func up(n, to int64) int64 { return pieces(n, to) * to }

// sizes are those of v's axes.
func sizes(v *ir.Value) []int64 {
	s := make([]int64, len(v.Shape))
	for i, d := range v.Shape {
		s[i] = int64(d.Size)
	}
	return s
}

// channelSums is what a norm takes for the sums over the pieces of x's rows, one group after another; none where channels are planes, which one task sums alone.
func channelSums(x *ir.Value, f batchNorm) int64 {
	rows, count := int64(1), int64(0)
	for i, d := range x.Shape {
		switch {
		case i == channelAxis(x, f.Last):
			count = int64(d.Size)
		case i > channelAxis(x, f.Last) && d.Size > 1:
			return 0
		default:
			rows *= int64(d.Size)
		}
	}
	return rowSums(rows/int64(max(f.Groups, 1)), count)
}

// rowSums is what the two sums over the pieces of so many rows take, of each column.
func rowSums(rows, columns int64) int64 {
	return pieces(rows, max(1, 1<<16/columns)) * 2 * columns * doubleBytes
}
