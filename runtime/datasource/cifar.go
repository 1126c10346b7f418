package datasource

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"ssc/runtime/transform"
)

// cifar reads the binary version of both CIFAR sets: records of labels and three planes of 32 x 32 bytes.
type cifar struct {
	dataPrefix, split string
}

// cifarFiles says how a set is laid out.
type cifarFiles struct {
	train, test []string
	labels      int      // bytes before the pixels of a record
	label       int      // which of them is used
	names       string   // file of class names, one on each line
	python      []string // files of the version in pickles
	archive     string
	classes     int
}

const (
	cifarSide   = 32
	cifarPixels = 3 * cifarSide * cifarSide
)

func (s *cifar) open(ctx context.Context, c cifarFiles) (Samples, error) {
	paths := c.train
	if s.split == "test" {
		paths = c.test
	}
	out := &cifarSamples{labelBytes: c.labels}
	for _, name := range paths {
		path := filepath.Join(s.dataPrefix, name)
		labels, err := cifarLabels(ctx, path, c)
		if err != nil {
			return nil, s.explain(path, err, c)
		}
		out.files.paths = append(out.files.paths, path)
		out.labels = append(out.labels, labels...)
		out.parts.add(len(labels))
	}
	if text, err := readFile(filepath.Join(s.dataPrefix, c.names)); err == nil {
		if names := strings.Fields(string(text)); len(names) == c.classes {
			out.classes = names
		}
	}
	return out, nil
}

// explain adds what is known when the folder holds the pickles.
func (s *cifar) explain(path string, err error, c cifarFiles) error {
	for _, p := range c.python {
		if info, statErr := os.Stat(filepath.Join(s.dataPrefix, p)); statErr == nil && !info.IsDir() {
			return fmt.Errorf("%s: %w; %s holds the Python version, whose files are pickles: programs that are run when they are read. Use the binary version, %s",
				path, err, s.dataPrefix, c.archive)
		}
	}
	return fmt.Errorf("%s: %w; the binary version of the set (%s) is read", path, err, c.archive)
}

// cifarLabels checks a file and reads its labels.
func cifarLabels(ctx context.Context, path string, c cifarFiles) ([]uint8, error) {
	f, err := openFile(path, nil)
	if err != nil {
		return nil, cause(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, cause(err)
	}
	record := int64(c.labels + cifarPixels)
	if info.Size() == 0 || info.Size()%record != 0 {
		return nil, fmt.Errorf("its %d bytes are no whole number of records of %d", info.Size(), record)
	}
	labels := make([]uint8, info.Size()/record)
	for i := range labels {
		if i%1000 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if _, err := f.ReadAt(labels[i:i+1], int64(i)*record+int64(c.label)); err != nil {
			return nil, cause(err)
		}
		if int(labels[i]) >= c.classes {
			return nil, fmt.Errorf("record %d has label %d; there are %d classes", i, labels[i], c.classes)
		}
	}
	return labels, nil
}

type cifarSamples struct {
	files      handles
	parts      parts
	labelBytes int
	labels     []uint8
	classes    []string
	buffers    scratch
}

func (s *cifarSamples) Len() int { return len(s.labels) }

func (s *cifarSamples) Name(i int) string {
	file, k := s.parts.find(i)
	return fmt.Sprintf("%s[%d]", s.files.paths[file], k)
}

// Label implements [Labeled].
func (s *cifarSamples) Label(i int) int64 { return int64(s.labels[i]) }

// Classes implements [Classed].
func (s *cifarSamples) Classes() []string { return s.classes }

// List implements [Listed].
func (s *cifarSamples) List() *List { return listFiles(s.files.paths) }

func (s *cifarSamples) Read(i int, m *transform.Image) (int64, error) {
	file, k := s.parts.find(i)
	planes := s.buffers.take(cifarPixels)
	defer s.buffers.give(planes)
	record := s.labelBytes + cifarPixels
	if err := s.files.readAt(file, *planes, int64(k)*int64(record)+int64(s.labelBytes)); err != nil {
		return 0, err
	}
	interleave(m.Reset(3, cifarSide, cifarSide), *planes, 3)
	return s.Label(i), nil
}
