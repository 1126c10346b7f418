package schema

import (
	"fmt"
	"maps"
	"slices"
)

// Info is what the manual says of a component beside its arguments.
type Info struct {
	Name     string // snake_case, as in the file
	Doc      string // first sentence is the summary
	Equation string // in plain text; may be empty
	Paper    Paper
	Before   string // the old MMSelfSup spelling, for `ssc explain` and the migration manual; may be empty
}

// Paper is the source of a component. Components that no paper describes state so in None.
type Paper struct {
	Authors, Title string
	Year           int
	ID             string // arXiv number or DOI
	None           string // why there is no paper
}

// Entry is a component of a table.
type Entry[T Component] struct {
	Info
	New func() T
}

// Table holds the components of one kind. The zero Table with a name is ready to use.
type Table[T Component] struct {
	name    string
	entries map[string]Entry[T]
}

// NewTable returns an empty table. kind is the singular noun of the design: "head".
func NewTable[T Component](kind string) *Table[T] {
	return &Table[T]{name: kind, entries: map[string]Entry[T]{}}
}

// Register adds an entry and panics when the name is taken. It returns a value so that files can register in a package variable.
func (t *Table[T]) Register(e Entry[T]) struct{} {
	if _, ok := t.entries[e.Name]; ok {
		panic(fmt.Sprintf("schema: second %s named %q", t.name, e.Name))
	}
	t.entries[e.Name] = e
	return struct{}{}
}

// New returns a fresh component with its defaults, or the zero T when there is none of that name.
func (t *Table[T]) New(name string) (c T) {
	if e, ok := t.entries[name]; ok {
		c = e.New()
		Of(c)
	}
	return c
}

// Kind is a table without its type parameter.
type Kind interface {
	Name() string
	Names() []string // sorted
	Info(name string) (Info, bool)
	// Component returns a fresh component with its defaults, or nil.
	Component(name string) Component
}

// Name is the kind's noun.
func (t *Table[T]) Name() string { return t.name }

// Names lists the components, sorted.
func (t *Table[T]) Names() []string {
	return slices.Sorted(maps.Keys(t.entries))
}

// Info returns what the manual says of a component.
func (t *Table[T]) Info(name string) (Info, bool) {
	e, ok := t.entries[name]
	return e.Info, ok
}

// Component implements Kind.
func (t *Table[T]) Component(name string) Component {
	if _, ok := t.entries[name]; !ok {
		return nil
	}
	return t.New(name)
}
