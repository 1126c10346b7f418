// Package datasource reads images, labelled or not, from disk: one file for each kind of source.
//
// A [Source] is the declaration in a pipeline file; declaring one and asking for its channels touches no data. Open checks everything
// that can be checked without decoding (paths, headers, counts) and returns the [Samples], numbered from 0 in an order that does not
// change from run to run. Paths are relative to the working directory; "~" and variables are not expanded.
//
// Everything that is read is taken for hostile: sizes are checked against the bytes that are there before memory is spent on them, nothing is
// evaluated or written, and a damaged image is an error of its sample alone. Images come out with 8 bits a value; deeper data is narrowed by a window.
//
// A [List] says what a data set is made of, so that a run can tell whether it goes on with the data it began with.
//
// Neighbours: runtime/loader reads samples; runtime/transform owns the image that they are read into.
package datasource

import (
	"context"
	"fmt"
	"strings"

	"ssc/compiler/plan"
	"ssc/lang/schema"
	"ssc/runtime/transform"
)

// Source is a declared source of images.
type Source interface {
	// Args declares the arguments.
	Args(s *schema.Set)
	// Channels is the number of channels of every image, known without opening data.
	Channels() int
	// Open checks the data and makes it readable. Its errors name the path that is at fault.
	Open(ctx context.Context) (Samples, error)
}

// Samples are the images of an opened source. All methods may be called by several goroutines at once.
type Samples interface {
	Len() int
	// Name says where sample i comes from, for messages: its path, or a file and a record number.
	Name(i int) string
	// Read makes m show sample i and returns its label, -1 when there is none. An error concerns this sample alone.
	Read(i int, m *transform.Image) (label int64, err error)
}

// What some samples can do besides. Ask by a type assertion; samples that do not know are not [Labeled].
type (
	// Labeled samples know their labels without reading images.
	Labeled interface{ Label(i int) int64 }
	// Tagged samples may be of several classes at once: Tags tells for each class whether sample i is of it (1), is not (0) or is not to be judged (-1). Nil when samples have one label or none.
	Tagged interface{ Tags(i int) []int8 }
	// Classed samples know what their classes are called: label i is Classes()[i]. Nil when they do not.
	Classed interface{ Classes() []string }
	// Noted samples have something to say before a run: what was left out, and why. One line each.
	Noted interface{ Notes() []string }
	// Listed samples know the files that they are made of.
	Listed interface{ List() *List }
	// Looked samples can say how an image is stored. Look makes m show it with 8 bits a value, in RGB or with all of its bands when it has more than 4.
	Looked interface {
		Look(i int, m *transform.Image) (Look, error)
	}
)

// Table holds the sources by their name in a pipeline file.
var Table = schema.NewTable[Source]("source")

// Build makes the source that a compiled pipeline describes.
func Build(c plan.Component) (Source, error) {
	s := Table.New(c.Label)
	if s == nil {
		return nil, fmt.Errorf("%s: there is no source %q.%s", c.At, c.Label, schema.DidYouMean(c.Label, Table.Names()))
	}
	if err := schema.DecodeJSON(s, c.Spec()); err != nil {
		return nil, fmt.Errorf("source %s: %w", c.Label, err)
	}
	return s, nil
}

// maxProblems is how many problems of one source are spelled out.
const maxProblems = 10

// Problems are what is wrong with a source, in the order of the data: the first ten in words.
type Problems struct {
	First []string
	Count int
}

func (p *Problems) add(format string, args ...any) {
	p.Count++
	if len(p.First) < maxProblems {
		p.First = append(p.First, fmt.Sprintf(format, args...))
	}
}

// err returns p as an error if there are problems.
func (p *Problems) err() error {
	if p.Count == 0 {
		return nil
	}
	return p
}

// Error lists the problems, one on each line.
func (p *Problems) Error() string {
	s := strings.Join(p.First, "\n")
	if more := p.Count - len(p.First); more > 0 {
		s += fmt.Sprintf("\nand %d more", more)
	}
	return s
}
