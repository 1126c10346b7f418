package nn

import (
	"ssc/compiler/ir"
	"ssc/compiler/op"
)

// Queue is a ring of rows that outlives the step: the newest embeddings of earlier batches.
type Queue struct {
	scope         Scope
	length        int
	rows, pointer *State
	filled        *State    // how many rows were taken in, up to length; nil for a queue that starts full
	filling       *ir.Value // whether rows are taken in; nil: always
}

// NewQueue declares a queue of length rows of dim numbers, with the place of its next row under name_ptr. It starts full of random rows of length 1.
func NewQueue(s Scope, name string, length, dim int) *Queue {
	init := Normal(0, 1)
	init.Unit = true
	return &Queue{scope: s, length: length, rows: s.Buffer(name, ir.Named("row", length, "dim", dim), init), pointer: s.Buffer(name+"_ptr", ir.Shape{}, Constant(0))}
}

// NewEmptyQueue declares a queue that starts empty and takes rows in while filling, [], bool, is true. How many it holds is under name_filled.
func NewEmptyQueue(s Scope, name string, length, dim int, filling *ir.Value) *Queue {
	q := NewQueue(s, name, length, dim)
	q.rows.Init = Constant(0)
	q.filled, q.filling = s.Buffer(name+"_filled", ir.Shape{}, Constant(0)), filling
	return q
}

// Full tells whether a queue that started empty holds length rows. Shape: [], bool.
func (q *Queue) Full() *ir.Value {
	return op.GreaterOrEqual(q.filled.In, op.Scalar(q.filled.In, float64(q.length)))
}

// Rows are what the queue holds at the beginning of the step. Shape: [row, dim].
func (q *Queue) Rows() *ir.Value { return q.rows.In }

// Push replaces the oldest rows by x, through which no gradient passes. Shapes: x [batch, dim], whose rows divide the queue's length: the caller has checked that, and
// pushes once in a step.
func (q *Queue) Push(x *ir.Value) {
	if !x.Valid() {
		return
	}
	defer q.scope.Enter()()
	n := x.Shape[0].Size
	steps := make([]int, n)
	for i := range steps {
		steps[i] = i
	}
	places := op.Add(op.Cast(q.pointer.In, ir.Int64), op.ConstInts(x.Graph(), steps...))
	q.rows.New, q.rows.Rows = x, op.Unsqueeze(places, 1)
	next := op.Add(q.pointer.In, op.Scalar(q.pointer.In, float64(n)))
	length := op.Scalar(next, float64(q.length))
	q.pointer.New = op.Where(op.Less(next, length), next, op.Sub(next, length))
	if q.filled == nil {
		return
	}
	q.rows.New = op.Where(q.filling, x, op.GatherND(q.rows.In, q.rows.Rows, 0))
	q.pointer.New = op.Where(q.filling, q.pointer.New, q.pointer.In)
	more := op.Min(op.Add(q.filled.In, op.Scalar(next, float64(n))), length)
	q.filled.New = op.Where(q.filling, more, q.filled.In)
}

// Shuffle puts the rows of x in the order that perm names, and Unshuffle undoes it for rows without a gradient. Shapes: x [batch, …], perm [batch], int64.
func Shuffle(x, perm *ir.Value) *ir.Value { return op.Gather(x, perm, 0) }

// Unshuffle gives the rows of x, which lie in the order perm, back their places.
func Unshuffle(x, perm *ir.Value) *ir.Value {
	zero := op.ConstantOfShape(x.Graph(), x.DType, x.Shape, 0)
	return op.ScatterND(zero, op.Unsqueeze(perm, 1), x, "")
}
