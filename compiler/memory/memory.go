// Package memory holds the memories of embeddings, one row for each image of the training set, that a method compares a batch with: one file each, with entry, arguments, Args, Bank, Update.
package memory

import (
	"ssc/compiler/ir"
	"ssc/compiler/nn"
	"ssc/lang/schema"
)

// Memory keeps an embedding of each image from step to step.
type Memory interface {
	schema.Component
	// Bank declares the rows for embeddings z, [batch, dim]; nil after an error.
	Bank(s nn.Scope, z *ir.Value) *nn.Bank
	// Update takes the batch's embeddings z, [batch, dim], each of length 1, into the bank, through which no gradient passes. It is called once in a step.
	Update(s nn.Scope, b *nn.Bank, z *ir.Value)
}

// Table is the table of memories.
var Table = schema.NewTable[Memory]("memory")
