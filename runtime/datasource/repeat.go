package datasource

import (
	"context"
	"fmt"
	"math"

	"ssc/lang/schema"
	"ssc/runtime/transform"
)

var _ = Table.Register(schema.Entry[Source]{
	Info: schema.Info{
		Name:   "repeat",
		Doc:    "A source several times over: epochs of small sets get longer, and with them the time between evaluations.",
		Paper:  schema.Paper{None: "a way to combine sources"},
		Before: "dict(type='RepeatDataset', dataset=..., times=10)",
	},
	New: func() Source { return &repeat{} },
})

type repeat struct {
	source schema.Component
	times  int
}

func (s *repeat) Args(set *schema.Set) {
	set.Int(&s.times, "times", 1, "how many times", schema.Required, schema.Positive)
	schema.ChildOf(set, &s.source, "source", Table, "the source", true)
}

func (s *repeat) Channels() int { return s.source.(Source).Channels() }

func (s *repeat) Open(ctx context.Context) (Samples, error) {
	samples, err := s.source.(Source).Open(ctx)
	if err != nil {
		return nil, err
	}
	if samples.Len() > math.MaxInt32/s.times {
		return nil, fmt.Errorf("%d samples %d times are more than the limit of %d", samples.Len(), s.times, math.MaxInt32)
	}
	return &cycle{samples, s.times}, nil
}

// cycle are samples over and over.
type cycle struct {
	Samples
	times int
}

func (c *cycle) at(i int) int { return i % c.Samples.Len() }

func (c *cycle) Len() int { return c.Samples.Len() * c.times }

func (c *cycle) Name(i int) string { return c.Samples.Name(c.at(i)) }

func (c *cycle) Read(i int, m *transform.Image) (int64, error) { return c.Samples.Read(c.at(i), m) }

// Label implements [Labeled].
func (c *cycle) Label(i int) int64 { return labelOf(c.Samples, c.at(i)) }

// Tags implements [Tagged].
func (c *cycle) Tags(i int) []int8 { return TagsOf(c.Samples, c.at(i)) }

// Classes implements [Classed].
func (c *cycle) Classes() []string { return classesOf(c.Samples) }

// Notes implements [Noted].
func (c *cycle) Notes() []string { return notesOf(c.Samples) }

// List implements [Listed].
func (c *cycle) List() *List {
	out := ListOf(c.Samples)
	out.add(fmt.Sprint(c.times), []byte("(times)"))
	return out
}
