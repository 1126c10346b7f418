package datasource

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"

	"ssc/runtime/transform"
)

// selection shows some samples of another set, in its own order; a sample may come several times.
type selection struct {
	Samples
	index []int32
	notes []string
}

func (s *selection) Len() int { return len(s.index) }

func (s *selection) Name(i int) string { return s.Samples.Name(int(s.index[i])) }

func (s *selection) Read(i int, m *transform.Image) (int64, error) {
	return s.Samples.Read(int(s.index[i]), m)
}

// Label implements [Labeled].
func (s *selection) Label(i int) int64 { return labelOf(s.Samples, int(s.index[i])) }

// Tags implements [Tagged].
func (s *selection) Tags(i int) []int8 { return TagsOf(s.Samples, int(s.index[i])) }

// Classes implements [Classed].
func (s *selection) Classes() []string { return classesOf(s.Samples) }

// Notes implements [Noted].
func (s *selection) Notes() []string { return append(notesOf(s.Samples), s.notes...) }

// List implements [Listed]: the whole set, and which of it is used.
func (s *selection) List() *List {
	out := ListOf(s.Samples)
	h := sha256.New()
	binary.Write(h, binary.LittleEndian, s.index) // a hash takes everything
	out.add(fmt.Sprintf("%d:%x", len(s.index), h.Sum(nil)[:8]), []byte("(selected samples)"))
	return out
}

// labelOf is the label of a sample, -1 when the samples do not know.
func labelOf(s Samples, i int) int64 {
	if l, ok := s.(Labeled); ok {
		return l.Label(i)
	}
	return -1
}

// TagsOf are the tags of a sample, nil when the samples have none.
func TagsOf(s Samples, i int) []int8 {
	if t, ok := s.(Tagged); ok {
		return t.Tags(i)
	}
	return nil
}

func classesOf(s Samples) []string {
	if c, ok := s.(Classed); ok {
		return c.Classes()
	}
	return nil
}

func notesOf(s Samples) []string {
	if n, ok := s.(Noted); ok {
		return n.Notes()
	}
	return nil
}

// byClass lists the samples of each class, -1 (no label) included, in their order. Classes come in ascending order.
func byClass(s Samples) (classes []int64, members map[int64][]int32) {
	members = map[int64][]int32{}
	for i := range s.Len() {
		c := labelOf(s, i)
		members[c] = append(members[c], int32(i))
	}
	return slices.Sorted(maps.Keys(members)), members
}
