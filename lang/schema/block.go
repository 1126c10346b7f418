package schema

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"ssc/lang/diag"
)

// Block is a block of the resolved pipeline: merged, overridden and evaluated, with the place each part came from.
type Block struct {
	Type   string // "algorithm"
	Label  string // "simclr"; empty when the block has none
	Range  hcl.Range
	Args   []*Arg
	Blocks []*Block

	set *Set // what Decode made of the block
}

// Arg is one argument with its final value. Range is the expression that gave the value: in the file, in a base file, or in
// the text of a command-line override.
type Arg struct {
	Name      string
	Value     cty.Value
	NameRange hcl.Range
	Range     hcl.Range
}

// Arg returns the argument of that name, or nil. An argument that was set to null is there, with a null value.
func (b *Block) Arg(name string) *Arg {
	for _, a := range b.Args {
		if a.Name == name {
			return a
		}
	}
	return nil
}

// At names the place of an argument as file:line,col, or that of the block where the argument was not given.
func (b *Block) At(arg string) string {
	if a := b.Arg(arg); a != nil {
		return diag.At(a.Range)
	}
	return diag.At(b.Range)
}

// Find returns the child blocks of the type.
func (b *Block) Find(typ string) []*Block {
	var out []*Block
	for _, c := range b.Blocks {
		if c.Type == typ {
			out = append(out, c)
		}
	}
	return out
}
