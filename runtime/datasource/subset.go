package datasource

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"path"
	"path/filepath"
	"slices"
	"strconv"

	"ssc/compiler/plan"
	"ssc/lang/schema"
)

var _ = Table.Register(schema.Entry[Source]{
	Info: schema.Info{
		Name: "subset",
		Doc: "Part of a source: a fraction or a number of its samples drawn by the seed, of all together or of each class, or those that a file lists. " +
			"The order stays that of the source. A fraction is rounded to nearest, to one sample at least; a draw depends on the seed and the number (or class sizes) of the source alone. " +
			"With rest it is the other part.",
		Paper:  schema.Paper{None: "a way to choose samples; published lists, such as SimCLR's 1 % and 10 % of ImageNet, are read as they are"},
		Before: "dict(type='ImageNet', ..., ann_file='data/imagenet/meta/train_1percent.txt')",
	},
	New: func() Source { return &subset{} },
})

type subset struct {
	source   schema.Component
	fraction *float64
	count    *int
	list     string
	perClass bool
	rest     bool
	seed     int
}

func (s *subset) Args(set *schema.Set) {
	set.OptFloat(&s.fraction, "fraction", "share of the samples that is kept", schema.Fraction)
	set.OptInt(&s.count, "count", "number of samples that is kept", schema.Positive)
	set.String(&s.list, "list", "", "path of a file with the sample to keep on each line: its number, or the name of its file, with or without folders and label", schema.Location)
	set.Bool(&s.perClass, "per_class", false, "whether fraction and count are meant for each class by itself")
	set.Bool(&s.rest, "rest", false, "whether the samples are kept that the selection would leave out: with two subsets of the same arguments but this one, a source is parted")
	set.Int(&s.seed, "seed", 0, "seed of the draw; it does not follow the seed of the pipeline, so that runs with several seeds see the same samples", schema.NonNegative)
	schema.ChildOf(set, &s.source, "source", Table, "the source", true)
}

func (s *subset) Check(r *schema.Report) {
	given := 0
	for _, is := range []bool{s.fraction != nil, s.count != nil, s.list != ""} {
		if is {
			given++
		}
	}
	if given != 1 {
		r.Errorf("", "Unclear selection", "A subset takes exactly one of fraction, count and list, and %d are given.", given)
	}
}

func (s *subset) Channels() int { return s.source.(Source).Channels() }

func (s *subset) Open(ctx context.Context) (Samples, error) {
	samples, err := s.source.(Source).Open(ctx)
	if err != nil {
		return nil, err
	}
	out := &selection{Samples: samples}
	if out.index, err = s.choose(samples); err != nil {
		return nil, err
	}
	if s.rest {
		if out.index = others(out.index, samples.Len()); len(out.index) == 0 {
			return nil, fmt.Errorf("rest = true keeps nothing: the selection has all %d samples", samples.Len())
		}
	}
	return out, nil
}

// choose returns the numbers of the samples that the arguments name, in ascending order.
func (s *subset) choose(samples Samples) (index []int32, err error) {
	switch {
	case s.list != "":
		text, err := readFile(s.list)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", s.list, err)
		}
		return listed(filepath.Base(s.list), text, samples)
	case s.perClass:
		classes, members := byClass(samples)
		if len(classes) == 1 && classes[0] < 0 {
			return nil, fmt.Errorf("per_class needs labels, and %s has none", samples.Name(0))
		}
		for _, c := range classes {
			kept, err := s.draw(members[c], uint64(c+1))
			if err != nil {
				return nil, fmt.Errorf("class %d: %w", c, err)
			}
			index = append(index, kept...)
		}
	default:
		all := make([]int32, samples.Len())
		for i := range all {
			all[i] = int32(i)
		}
		if index, err = s.draw(all, 0); err != nil {
			return nil, err
		}
	}
	slices.Sort(index)
	return index, nil
}

// others are the numbers below n that are not in an ascending list.
func others(index []int32, n int) (out []int32) {
	for i := range int32(n) {
		if len(index) > 0 && index[0] == i {
			index = index[1:]
			continue
		}
		out = append(out, i)
	}
	return out
}

// draw keeps part of the samples, by a shuffle of its own stream.
func (s *subset) draw(from []int32, stream uint64) ([]int32, error) {
	n := 0
	if s.count != nil {
		if n = *s.count; n > len(from) {
			return nil, fmt.Errorf("count = %d, and there are %d samples", n, len(from))
		}
	} else {
		n = max(int(math.Round(*s.fraction*float64(len(from)))), min(1, len(from)))
	}
	r := plan.NewRand(uint64(s.seed), plan.UseSubset, stream, 0, 0)
	for i := range n {
		j := i + r.IntN(len(from)-i)
		from[i], from[j] = from[j], from[i]
	}
	return from[:n], nil
}

// listed finds the samples that the lines of a text name, in ascending order and each once.
func listed(name string, text []byte, samples Samples) ([]int32, error) {
	var out []int32
	var problems Problems
	var byName map[string][]int32
	for number := 1; len(text) > 0; number++ {
		var line []byte
		line, text, _ = bytes.Cut(text, []byte("\n"))
		if line = bytes.Trim(line, " \t\r"); len(line) == 0 {
			continue
		}
		if i, err := strconv.Atoi(string(line)); err == nil {
			if i < 0 || i >= samples.Len() {
				problems.add("%s:%d: there is no sample %d; the source has %d", name, number, i, samples.Len())
				continue
			}
			out = append(out, int32(i))
			continue
		}
		if byName == nil {
			byName = index(samples)
		}
		file, _, _ := splitLabel(line)
		switch found := lookUp(byName, samples, string(file)); len(found) {
		case 0:
			problems.add("%s:%d: no sample of the source is called %q", name, number, file)
		case 1:
			out = append(out, found[0])
		default:
			problems.add("%s:%d: %d samples of the source are called %q; write more of the path", name, number, len(found), file)
		}
	}
	if err := problems.err(); err != nil {
		return nil, err
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%s: the list is empty", name)
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

// index finds samples by the last part of their names.
func index(samples Samples) map[string][]int32 {
	out := make(map[string][]int32, samples.Len())
	for i := range samples.Len() {
		base := path.Base(filepath.ToSlash(samples.Name(i)))
		out[base] = append(out[base], int32(i))
	}
	return out
}

// lookUp returns the samples whose name ends with the parts of a path.
func lookUp(byName map[string][]int32, samples Samples, file string) []int32 {
	var out []int32
	file = path.Clean("/" + filepath.ToSlash(file))
	for _, i := range byName[path.Base(file)] {
		if full := path.Clean("/" + filepath.ToSlash(samples.Name(int(i)))); full == file || len(full) > len(file) && full[len(full)-len(file):] == file {
			out = append(out, i)
		}
	}
	return out
}
