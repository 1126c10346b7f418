package nn

import (
	"ssc/compiler/ir"
	"ssc/compiler/op"
	"ssc/lang/schema"
)

// Bank is a row for each sample of the training set that outlives the step.
type Bank struct {
	length     int
	index, own *ir.Value // numbers of the batch's samples: [batch] and [batch, 1]
	rows       *State
}

// NewBank declares a bank of length rows of dim numbers for a training set of so many samples, as the argument "length" of component c says. It starts with random rows of length 1.
func NewBank(s Scope, c schema.Component, name string, length, dim int) *Bank {
	init := Normal(0, 1)
	init.Unit = true
	index := s.B.IndexOf(length, c)
	return &Bank{length: length, index: index, own: op.Unsqueeze(index, 1), rows: s.Buffer(name, ir.Named("row", length, "dim", dim), init)}
}

// Len is the number of rows.
func (b *Bank) Len() int { return b.length }

// Index is the row of each sample of the batch: [batch], int64.
func (b *Bank) Index() *ir.Value { return b.index }

// Rows are what the bank holds at the beginning of the step: [row, dim].
func (b *Bank) Rows() *ir.Value { return b.rows.In }

// Own are the rows of the batch's samples at the beginning of the step: [batch, dim].
func (b *Bank) Own() *ir.Value { return op.GatherND(b.rows.In, b.own, 0) }

// Set replaces the rows of the batch's samples by x, [batch, dim]. A sample that is in the batch more than once, as in a batch that is larger than the training set, or instead of an unreadable one, keeps its last row:
// every occurrence is given that one, so that the order of writing does not count.
func (b *Bank) Set(x *ir.Value) {
	if !x.Valid() {
		return
	}
	b.rows.New, b.rows.Rows = op.Gather(x, lastPlaces(b.own, b.index), 0), b.own
}

// lastPlaces are the places in the batch of the last occurrence of each sample, whose numbers are index, [batch], and rows, [batch, 1]. Shape: [batch], int64.
func lastPlaces(rows, index *ir.Value) *ir.Value {
	same := op.Cast(op.Equal(rows, op.Unsqueeze(index, 0)), ir.Float32)
	return op.ArgMaxLast(same, -1, false)
}
