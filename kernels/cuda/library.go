package cuda

// Libraries are NVIDIA's, where they are there to compute what a kernel would.
type Libraries interface {
	// Workspace is the scratch memory in bytes that a library takes for a work. The error says why none does that work.
	Workspace(w Work) (int, error)
}

// Work is what one call of a library computes: a [Convolution] or a [Product]. Equal ones are the same work.
type Work interface{ work() }

// Convolution is a convolution, or one of its gradients, of bfloat16 maps with their channels last, in sums of single precision. Its arguments are the addresses of two inputs and the result, and of the workspace:
// x, w, y; or dy, w, dx; or x, dy, dw. Weights are [out, rows, columns, in/group], and dw is in bfloat16, too.
type Convolution struct {
	Of Direction

	Images, In, Rows, Columns, Out, OutRows, OutColumns, Group int
	Window, Strides, Pads, Dilations                           [2]int
}

// Direction is what a [Convolution] computes.
type Direction int

const (
	Forward Direction = iota
	InputGrad
	WeightGrad
)

// Product is a product of matrices whose lines lie one after the other, [Rows, Depth] by [Depth, Columns], in sums of single precision. Its arguments are the addresses of the two and the result, of what is added to
// each line of it or 0, and of the workspace.
type Product struct {
	DType, Result         string // of the matrices and of the result; what is added has the latter
	Rows, Columns, Depth  int
	FirstDown, SecondDown bool // the matrix lies as [Depth, Rows], as [Columns, Depth]
	Add, Relu             bool // to the sums
}

func (Convolution) work() {}
func (Product) work()     {}

// mostWorkspace is more than the fast ways of convolutions take.
const mostWorkspace = 1 << 30

// byLibrary has a library do a work, if it does it, in scratch memory that it is given. The work's arguments are those of launch, and the workspace.
func (c *Call) byLibrary(w Work) (launch func(args ...any), ok bool) {
	if c.limits.Libraries == nil || c.refused != nil {
		return nil, false
	}
	n, err := c.limits.Libraries.Workspace(w)
	if err != nil || n > mostWorkspace {
		return nil, false
	}
	workspace := c.bytes(n)
	return func(args ...any) { c.Launches = append(c.Launches, Launch{Work: w, Args: append(args, workspace)}) }, true
}

// convolved is byLibrary for a convolution, of bfloat16 with channels last, as many pads on both sides and no offsets.
func (c *Call) convolved(s convolution, of Direction) (launch func(args ...any), ok bool) {
	w := Convolution{Of: of, Images: s.images, In: s.in, Rows: s.rows, Columns: s.columns, Out: s.out, OutRows: s.outRows, OutColumns: s.outColumns, Group: s.group, Dilations: s.dilations}
	for i, side := range s.sides {
		if side.before != side.behind {
			return nil, false
		}
		w.Window[i], w.Strides[i], w.Pads[i] = side.window, side.stride, side.before
	}
	if s.last == 0 || !c.narrow() || of == Forward && c.has(2) {
		return nil, false
	}
	return c.byLibrary(w)
}
