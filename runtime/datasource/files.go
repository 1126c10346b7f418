package datasource

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"

	"ssc/runtime/jpeg"
	"ssc/runtime/transform"
)

// files are the samples of sources that keep one image in each file. The paths lie in one buffer, so a data set of millions of files is a
// few allocations, not millions: an image costs the bytes of its path, 8, and 4 more when there are labels.
type files struct {
	prefix  string // with a final separator, or empty
	paths   names
	labels  []int32  // nil when no sample has one
	tags    [][]int8 // of samples that may be of several classes; else nil
	classes []string
	notes   []string
	as      decoding
	buffers scratch
}

func newFiles(dir string, as decoding) *files {
	if dir != "" && !strings.HasSuffix(dir, string(os.PathSeparator)) {
		dir += string(os.PathSeparator)
	}
	return &files{prefix: dir, as: as}
}

// add appends a sample; samples without a label, -1, stand before any with one.
func (f *files) add(path string, label int32) {
	if label >= 0 && f.labels == nil {
		f.labels = make([]int32, f.paths.len())
		for i := range f.labels {
			f.labels[i] = -1
		}
	}
	f.paths.add(path)
	if f.labels != nil {
		f.labels = append(f.labels, label)
	}
}

func (f *files) Len() int { return f.paths.len() }

func (f *files) Name(i int) string {
	path := f.paths.at(i)
	if filepath.IsAbs(path) {
		return path
	}
	return f.prefix + path
}

// Label implements [Labeled].
func (f *files) Label(i int) int64 {
	if f.labels == nil {
		return -1
	}
	return int64(f.labels[i])
}

// Tags implements [Tagged].
func (f *files) Tags(i int) []int8 {
	if f.tags == nil {
		return nil
	}
	return f.tags[i]
}

// Classes implements [Classed].
func (f *files) Classes() []string { return f.classes }

// Notes implements [Noted].
func (f *files) Notes() []string {
	if text := jpeg.Notice(); text != "" && f.photos() {
		return append(slices.Clone(f.notes), text)
	}
	return f.notes
}

// photos reports whether some files are JPEG images by their names.
func (f *files) photos() bool {
	for i := range f.Len() {
		if isJPEG(f.paths.bytes(i)) {
			return true
		}
	}
	return false
}

// List implements [Listed]: one line for each image, and one for the decoder when some are JPEG images by their names. A file that is gone has no size.
func (f *files) List() *List {
	sizes := make([]int64, f.Len())
	inParallel(f.Len(), func(i int) {
		sizes[i] = -1
		if info, err := os.Stat(f.Name(i)); err == nil {
			sizes[i] = info.Size()
		}
	})
	out := &List{}
	for i, size := range sizes {
		print := "gone"
		if size >= 0 {
			print = fmt.Sprint(size)
		}
		if f.labels != nil {
			print = fmt.Sprintf("%s:%d", print, f.labels[i])
		}
		if f.tags != nil {
			print = fmt.Sprintf("%s:%v", print, strings.Trim(strings.ReplaceAll(fmt.Sprint(f.tags[i]), " ", ","), "[]"))
		}
		out.add(print, f.paths.bytes(i))
	}
	if f.photos() {
		out.addDecoder()
	}
	return out
}

// inParallel calls visit for 0 … n-1, many at once, because the latency of a network disk would otherwise add up.
func inParallel(n int, visit func(i int)) {
	workers := min(8*runtime.GOMAXPROCS(0), n)
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for i := w; i < n; i += workers {
				visit(i)
			}
		})
	}
	wg.Wait()
}

// maxFile bounds the size of one encoded image.
const maxFile = 1 << 30

func (f *files) Read(i int, m *transform.Image) (int64, error) {
	return f.Label(i), f.with(i, func(data []byte) error { return decode(m, data, f.as) })
}

// with hands the content of a file to use, which may not keep it.
func (f *files) with(i int, use func(data []byte) error) error {
	file, err := openFile(f.Name(i), nil)
	if err != nil {
		return cause(err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return cause(err)
	}
	if info.Size() > maxFile {
		return fmt.Errorf("the file has %d bytes, more than the limit of %d", info.Size(), int64(maxFile))
	}
	data := f.buffers.take(int(info.Size()))
	defer f.buffers.give(data)
	n, err := io.ReadFull(file, *data)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return cause(err)
	}
	return use((*data)[:n])
}

// cause strips the operation and path that the os package adds: messages here name the path first, once.
func cause(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return missingFile{}
	}
	if pe := (*fs.PathError)(nil); errors.As(err, &pe) {
		return pe.Err
	}
	return err
}

type missingFile struct{}

func (missingFile) Error() string { return "no such file" }
func (missingFile) Unwrap() error { return fs.ErrNotExist }

// maxText bounds a text that is read whole: a list of some 20 million paths.
const maxText = 1 << 30

// readFile reads a text.
func readFile(path string) ([]byte, error) {
	f, err := openFile(path, nil)
	if err != nil {
		return nil, cause(err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxText+1))
	if err != nil {
		return nil, cause(err)
	}
	if len(text) > maxText {
		return nil, fmt.Errorf("has more than %d bytes", maxText)
	}
	return text, nil
}
