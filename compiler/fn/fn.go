package fn

import (
	"sort"

	"ssc/compiler/ir"
	"ssc/compiler/op"
)

var table = map[string]ir.Function{}

// register enters a function's prototype. It returns a value so that a file can call it in a package variable.
func register(f ir.Function) struct{} {
	if _, ok := table[f.Name()]; ok {
		panic("fn: second function named " + f.Name())
	}
	table[f.Name()] = f
	return struct{}{}
}

// Lookup returns the function of that name with its default attributes.
func Lookup(name string) (ir.Function, bool) {
	f, ok := table[name]
	return f, ok
}

// Names lists the functions, sorted.
func Names() []string {
	var names []string
	for n := range table {
		names = append(names, n)
	}
	sort.Strings(names)
	return names
}

// at is input i, nil when it is absent.
func at(in []*ir.Value, i int) *ir.Value {
	if i < len(in) {
		return in[i]
	}
	return nil
}

// Any finds functions, written with their domain ("ai.ssc.Conv"), and standard operators.
func Any(name string) (ir.Op, bool) {
	if len(name) > len(ir.Domain) && name[:len(ir.Domain)+1] == ir.Domain+"." {
		f, ok := Lookup(name[len(ir.Domain)+1:])
		return f, ok
	}
	return op.Lookup(name)
}
