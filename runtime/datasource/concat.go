package datasource

import (
	"context"
	"fmt"
	"slices"

	"ssc/lang/schema"
	"ssc/runtime/transform"
)

var _ = Table.Register(schema.Entry[Source]{
	Info: schema.Info{
		Name:   "concat",
		Doc:    "Several sources one after the other. Labels stay as the sources give them, so they must mean the same in all. Images that may be of several classes, such as those of voc, stay so where all sources have them and agree on the classes.",
		Paper:  schema.Paper{None: "a way to combine sources"},
		Before: "dict(type='ConcatDataset', datasets=[...])",
	},
	New: func() Source { return &concat{} },
})

type concat struct{ sources []schema.Component }

func (s *concat) Args(set *schema.Set) {
	schema.Children(set, &s.sources, "source", Table, "the sources, in order", 1)
}

func (s *concat) Check(r *schema.Report) {
	for _, c := range s.sources[1:] {
		if got, want := c.(Source).Channels(), s.Channels(); got != want {
			r.Errorf("", "Shape mismatch", "The sources of a concat must have the same channels, and one has %d where the first has %d. Set channels on one of them.", got, want)
		}
	}
}

// Channels is that of the first source; Check demands the same of all.
func (s *concat) Channels() int { return s.sources[0].(Source).Channels() }

func (s *concat) Open(ctx context.Context) (Samples, error) {
	out := &chain{}
	for _, c := range s.sources {
		samples, err := c.(Source).Open(ctx)
		if err != nil {
			return nil, err
		}
		out.sets = append(out.sets, samples)
		out.parts.add(samples.Len())
	}
	out.tagged = out.sameTags()
	return out, nil
}

// chain are samples one after the other.
type chain struct {
	sets   []Samples
	parts  parts
	tagged bool // all have tags, of the same classes
}

func (c *chain) sameTags() bool {
	want := len(TagsOf(c.sets[0], 0))
	for _, s := range c.sets {
		if len(TagsOf(s, 0)) != want {
			return false
		}
	}
	return want > 0 && (c.Classes() != nil || classesOf(c.sets[0]) == nil)
}

func (c *chain) Len() int { return c.parts.len() }

func (c *chain) Name(i int) string {
	set, k := c.parts.find(i)
	return c.sets[set].Name(k)
}

func (c *chain) Read(i int, m *transform.Image) (int64, error) {
	set, k := c.parts.find(i)
	return c.sets[set].Read(k, m)
}

// Label implements [Labeled].
func (c *chain) Label(i int) int64 {
	set, k := c.parts.find(i)
	return labelOf(c.sets[set], k)
}

// Tags implements [Tagged].
func (c *chain) Tags(i int) []int8 {
	if !c.tagged {
		return nil
	}
	set, k := c.parts.find(i)
	return TagsOf(c.sets[set], k)
}

// Classes implements [Classed]: the names that all parts agree on.
func (c *chain) Classes() []string {
	names := classesOf(c.sets[0])
	for _, s := range c.sets[1:] {
		if !slices.Equal(names, classesOf(s)) {
			return nil
		}
	}
	return names
}

// Notes implements [Noted].
func (c *chain) Notes() (out []string) {
	for _, s := range c.sets {
		out = append(out, notesOf(s)...)
	}
	if !c.tagged && slices.ContainsFunc(c.sets, func(s Samples) bool { return TagsOf(s, 0) != nil }) {
		out = append(out, "concat: not all sources have images that may be of several classes, of the same ones, so which they are of is not taken over")
	}
	return out
}

// List implements [Listed].
func (c *chain) List() *List {
	out := &List{}
	for n, s := range c.sets {
		part := ListOf(s)
		for i := range part.Len() {
			out.lines.add(string(part.lines.bytes(i)))
		}
		out.add(fmt.Sprint(s.Len()), fmt.Appendf(nil, "(source %d)", n+1))
	}
	return out
}
