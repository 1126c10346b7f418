package cuda

import (
	"fmt"
	"slices"
	"strings"
)

// Function is a function of domain ai.ssc that kernels compute: a row of the table in functions.go.
type Function struct {
	Name   string
	Source string // of its kernels: "sgd.cu"
	// In and Out have a letter for each argument: f float32, i int64, b bool, x float32 or bfloat16, the same type for all x of a call. An argument that may be absent has a ? behind it.
	In, Out string
	plan    func(c *Call)
}

// Functions are those that have kernels.
func Functions() []*Function { return functions }

// Lookup finds a function by its name; nil when it has no kernels.
func Lookup(name string) *Function {
	if i := slices.IndexFunc(functions, func(f *Function) bool { return f.Name == name }); i >= 0 {
		return functions[i]
	}
	return nil
}

// Argument is what a function takes or gives at a place.
type Argument struct {
	DType    string // "f32", "bf16", "i64", "bool"
	Optional bool
}

// Wide and Narrow are the types of the arguments that are written as x.
const Wide, Narrow = "f32", "bf16"

// Arguments reads Function.In or Out for calls whose large tensors have a type.
func Arguments(list, large string) (out []Argument) {
	for _, word := range strings.Fields(list) {
		letter, optional := strings.CutSuffix(word, "?")
		out = append(out, Argument{map[string]string{"f": "f32", "i": "i64", "b": "bool", "x": large}[letter], optional})
	}
	return out
}

// Types are the types that a function's large tensors may have; one of no meaning where it has none.
func (f *Function) Types() []string {
	if strings.Contains(f.In, "x") {
		return []string{Wide, Narrow}
	}
	return []string{Wide}
}

// Tensor is an argument of a call. An absent one has no type.
type Tensor struct {
	DType string
	Dims  []int
}

// Len is the number of elements.
func (t Tensor) Len() int {
	n := 1
	for _, d := range t.Dims {
		n *= d
	}
	return n
}

// Bytes is the size in memory.
func (t Tensor) Bytes() int {
	return t.Len() * map[string]int{"f32": 4, "bf16": 2, "i64": 8, "bool": 1}[t.DType]
}

// Attributes are those of a call; one that is missing is zero. Truth values are integers.
type Attributes interface {
	Float(name string) float32
	Int(name string) int
	Ints(name string) []int
}

// Limits say how kernels are cut into blocks, where that is free, and which libraries there are instead of kernels. No result depends on the former but by the order of a row's sums.
type Limits struct {
	Blocks    int       // at most
	Threads   int       // of a block
	Libraries Libraries // nil for none
}

// Usual are the limits of runs: blocks that fill any GPU several times.
var Usual = Limits{Blocks: 2048, Threads: 256}

// Call is how a function is computed from arguments of known shapes: the launches, one behind the other on one stream.
type Call struct {
	Function *Function
	In, Out  []Tensor // Out has those that the kernels write
	Scratch  int      // bytes that the kernels share, in any state before and after
	Launches []Launch

	attrs   Attributes
	limits  Limits
	refused error
}

// Launch is one of a kernel, or a call of a library that does a work. An argument is an Input, Output or Scratch, which is an address, nil for none, or a number of the kernel's own type: int32, int64 or float32.
type Launch struct {
	Kernel          string
	Blocks, Threads int
	Work            Work // instead of a kernel
	Args            []any
}

// Arguments of launches that are addresses: the number of an input or an output of the call, none where it is absent, and a place in the scratch memory. An output that nobody reads has memory, too.
type (
	Input   int
	Output  int
	Scratch int
)

// Plan says how a call is computed. The error is why kernels do not take it.
func (f *Function) Plan(in []Tensor, attrs Attributes, l Limits) (*Call, error) {
	c := &Call{Function: f, In: slices.Clone(in), attrs: attrs, limits: l}
	large := Wide
	if slices.ContainsFunc(in, func(t Tensor) bool { return t.DType == Narrow }) {
		large = Narrow
	}
	want := Arguments(f.In, large)
	if len(in) > len(want) {
		return nil, fmt.Errorf("%s takes %d inputs, not %d", f.Name, len(want), len(in))
	}
	for i, w := range want {
		if i == len(c.In) {
			c.In = append(c.In, Tensor{})
		}
		switch t := c.In[i]; {
		case t.DType == "" && !w.Optional:
			return nil, fmt.Errorf("input %d of %s is absent", i, f.Name)
		case t.DType != "" && t.DType != w.DType:
			return nil, fmt.Errorf("input %d of %s is %s, and its kernel takes %s there", i, f.Name, t.DType, w.DType)
		}
	}
	if f.plan(c); c.refused != nil {
		return nil, fmt.Errorf("%s: %w", f.Name, c.refused)
	}
	for i, a := range Arguments(f.Out, large)[:len(c.Out)] {
		c.Out[i].DType = a.DType
	}
	return c, nil
}

// refuse says why there is no kernel for a call.
func (c *Call) refuse(format string, args ...any) { c.refused = fmt.Errorf(format, args...) }

// has reports whether an input is there.
func (c *Call) has(i int) bool { return c.In[i].DType != "" }

// like says that the next outputs have the shapes of inputs.
func (c *Call) like(inputs ...int) {
	for _, i := range inputs {
		c.Out = append(c.Out, Tensor{Dims: c.In[i].Dims})
	}
}

// shaped says that the next output has a shape.
func (c *Call) shaped(dims ...int) { c.Out = append(c.Out, Tensor{Dims: dims}) }

func (c *Call) number(name string) float32 { return c.attrs.Float(name) }

// flag is a truth value as kernels take it.
func (c *Call) flag(name string) int32 { return int32(min(c.attrs.Int(name), 1)) }

// rows and width are those of an input as a matrix, whose rows are its last axis.
func (c *Call) rows(i int) (rows, width int) {
	dims := c.In[i].Dims
	if len(dims) == 0 || c.In[i].Len() == 0 {
		c.refuse("input %d has the shape %v, which has no rows", i, dims)
		return 1, 1
	}
	width = dims[len(dims)-1]
	return c.In[i].Len() / width, width
}

// floats is scratch memory for n numbers.
func (c *Call) floats(n int) Scratch { return c.bytes(4 * n) }

// bytes is scratch memory of a size.
func (c *Call) bytes(n int) Scratch {
	at := c.Scratch
	c.Scratch += (n + 255) / 256 * 256
	return Scratch(at)
}

// each is a number of blocks for n elements, of which a thread has one after the other.
func (c *Call) each(n int) int { return c.some((n + c.limits.Threads - 1) / c.limits.Threads) }

// some is a number of blocks for n pieces of work, of which a block does one after the other.
func (c *Call) some(n int) int { return max(1, min(n, c.limits.Blocks)) }

// narrow reports whether large tensors are in bfloat16.
func (c *Call) narrow() bool {
	return slices.ContainsFunc(c.In, func(t Tensor) bool { return t.DType == Narrow })
}

// launch adds a launch of so many blocks: of the kernel for bfloat16, if the call has such tensors and there are two.
func (c *Call) launch(kernel string, blocks int, args ...any) {
	c.launchOf(c.limits.Threads, kernel, blocks, args...)
}

func (c *Call) launchOf(threads int, kernel string, blocks int, args ...any) {
	if c.narrow() && slices.Contains(Kernels(c.Function.Source), kernel+"BF16") {
		kernel += "BF16"
	}
	c.Launches = append(c.Launches, Launch{Kernel: kernel, Blocks: blocks, Threads: threads, Args: args})
}

// pieces is the number of pieces that sums over rows are made in; it depends on the shape alone.
func pieces(rows int) int { return min((rows+63)/64, 64) }

// parts is the number of blocks that a sum over n elements is made in; it depends on n alone. A thread of the usual blocks adds 16 elements, or more in the largest tensors.
func parts(n int) int { return max(1, min((n+4095)/4096, 512)) }

// tile is that of block.cuh.
const tile = 32

// sums adds a launch of a kernel that sums columns.
func (c *Call) sums(kernel string, rows, width int, args ...any) {
	c.launchOf((c.limits.Threads+tile-1)/tile*tile, kernel, pieces(rows)*((width+tile-1)/tile), args...)
}
