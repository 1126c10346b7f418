package datasource

import (
	"context"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"

	"ssc/lang/schema"
	"ssc/runtime/transform"
)

var _ = Table.Register(schema.Entry[Source]{
	Info: schema.Info{
		Name: "stl10",
		Doc: "STL-10 in its binary version: 5,000 training, 8,000 test and 100,000 unlabelled images of 96 x 96 pixels in 10 classes. " +
			"The split \"train+unlabeled\" has the training images first; none of its images has a label.",
		Paper:  schema.Paper{Authors: "Coates, Lee, Ng", Title: "An Analysis of Single-Layer Networks in Unsupervised Feature Learning", Year: 2011, ID: "AISTATS 2011, PMLR 15:215-223"},
		Before: "none: MMSelfSup has no such data source",
	},
	New: func() Source { return &stl10{} },
})

type stl10 struct {
	dataPrefix, split string
	fold              int
}

func (s *stl10) Args(set *schema.Set) {
	set.String(&s.dataPrefix, "data_prefix", "", "folder that holds train_X.bin, train_y.bin and so on", schema.Required, schema.NotEmpty, schema.Location)
	set.String(&s.split, "split", "train", "which images", schema.OneOf("train", "test", "unlabeled", "train+unlabeled"))
	set.Int(&s.fold, "fold", -1, "which of the ten folds of 1,000 training images, as fold_indices.txt lists them; -1 takes all", schema.Between(-1, 9))
}

func (s *stl10) Check(r *schema.Report) {
	if s.fold >= 0 && s.split != "train" {
		r.Errorf("fold", "Invalid value", "Folds are parts of split = \"train\", and the split is %q. Remove one of the two.", s.split)
	}
}

func (s *stl10) Channels() int { return 3 }

const (
	stlSide   = 96
	stlPixels = 3 * stlSide * stlSide
)

func (s *stl10) Open(context.Context) (Samples, error) {
	out := &stlSamples{}
	for _, part := range strings.Split(s.split, "+") {
		path := filepath.Join(s.dataPrefix, part+"_X.bin")
		size, err := sizeOf(path)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		if size == 0 || size%stlPixels != 0 {
			return nil, fmt.Errorf("%s: its %d bytes are no whole number of images of %d", path, size, stlPixels)
		}
		out.files.paths = append(out.files.paths, path)
		out.parts.add(int(size / stlPixels))
	}
	if s.split == "train" || s.split == "test" {
		if err := out.readLabels(filepath.Join(s.dataPrefix, s.split+"_y.bin")); err != nil {
			return nil, err
		}
	}
	if text, err := readFile(filepath.Join(s.dataPrefix, "class_names.txt")); err == nil {
		if names := strings.Fields(string(text)); len(names) == 10 {
			out.classes = names
		}
	}
	if s.fold < 0 {
		return out, nil
	}
	path := filepath.Join(s.dataPrefix, "fold_indices.txt")
	index, err := foldIndices(path, s.fold, out.Len())
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return &selection{Samples: out, index: index}, nil
}

func sizeOf(path string) (int64, error) {
	f, err := openFile(path, nil)
	if err != nil {
		return 0, cause(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return 0, cause(err)
	}
	return info.Size(), nil
}

// foldIndices reads one line of the file: the numbers of the training images of a fold.
func foldIndices(path string, fold, n int) ([]int32, error) {
	text, err := readFile(path)
	if err != nil {
		return nil, err
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	if fold >= len(lines) {
		return nil, fmt.Errorf("holds %d folds", len(lines))
	}
	var out []int32
	for _, word := range strings.Fields(lines[fold]) {
		i, err := strconv.Atoi(word)
		if err != nil || i < 0 || i >= n {
			return nil, fmt.Errorf("line %d: %.20q is no number of one of %d images", fold+1, word, n)
		}
		out = append(out, int32(i))
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("line %d: the fold is empty", fold+1)
	}
	return out, nil
}

type stlSamples struct {
	files   handles
	parts   parts
	labels  []int8 // nil without
	classes []string
	buffers scratch
}

func (s *stlSamples) readLabels(path string) error {
	raw, err := readFile(path)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if len(raw) != s.Len() {
		return fmt.Errorf("%s: holds %d labels, but %s holds %d images", path, len(raw), s.files.paths[0], s.Len())
	}
	s.labels = make([]int8, len(raw))
	for i, v := range raw {
		if v < 1 || v > 10 {
			return fmt.Errorf("%s: label %d is %d; labels are 1 to 10", path, i, v)
		}
		s.labels[i] = int8(v) - 1
	}
	return nil
}

func (s *stlSamples) Len() int { return s.parts.len() }

func (s *stlSamples) Name(i int) string {
	file, k := s.parts.find(i)
	return fmt.Sprintf("%s[%d]", s.files.paths[file], k)
}

// Label implements [Labeled].
func (s *stlSamples) Label(i int) int64 {
	if s.labels == nil {
		return -1
	}
	return int64(s.labels[i])
}

// Classes implements [Classed].
func (s *stlSamples) Classes() []string { return s.classes }

// List implements [Listed].
func (s *stlSamples) List() *List { return listFiles(s.files.paths) }

// Read turns planes whose columns follow one another into rows of pixels.
func (s *stlSamples) Read(i int, m *transform.Image) (int64, error) {
	file, k := s.parts.find(i)
	planes := s.buffers.take(stlPixels)
	defer s.buffers.give(planes)
	if err := s.files.readAt(file, *planes, int64(k)*stlPixels); err != nil {
		return 0, err
	}
	out := m.Reset(3, stlSide, stlSide)
	for c := range 3 {
		for x := range stlSide {
			column := (*planes)[(c*stlSide+x)*stlSide:][:stlSide]
			for y, v := range column {
				out[(y*stlSide+x)*3+c] = v
			}
		}
	}
	return s.Label(i), nil
}
