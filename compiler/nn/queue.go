package nn

import (
	"ssc/compiler/ir"
	"ssc/compiler/op"
)

// Queue is a ring of rows that outlives the step: the newest embeddings of earlier batches. It starts with random rows of length 1.
type Queue struct {
	scope         Scope
	length        int
	rows, pointer *State
}

// NewQueue declares the queue of length rows of dim numbers, with the place of its next row under name_ptr.
func NewQueue(s Scope, name string, length, dim int) *Queue {
	init := Normal(0, 1)
	init.Unit = true
	return &Queue{scope: s, length: length, rows: s.Buffer(name, ir.Named("row", length, "dim", dim), init), pointer: s.Buffer(name+"_ptr", ir.Shape{}, Constant(0))}
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
}

// Shuffle puts the rows of x in the order that perm names, and Unshuffle undoes it for rows without a gradient. Shapes: x [batch, …], perm [batch], int64.
func Shuffle(x, perm *ir.Value) *ir.Value { return op.Gather(x, perm, 0) }

// Unshuffle gives the rows of x, which lie in the order perm, back their places.
func Unshuffle(x, perm *ir.Value) *ir.Value {
	zero := op.ConstantOfShape(x.Graph(), x.DType, x.Shape, 0)
	return op.ScatterND(zero, op.Unsqueeze(perm, 1), x, "")
}
