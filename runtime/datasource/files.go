package datasource

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"ssc/runtime/transform"
)

// files are the samples of sources that keep one image in each file. The paths lie in one buffer: a data set of millions of files is then a
// few allocations, not millions.
type files struct {
	prefix    string // with a final separator, or empty
	paths     []byte
	ends      []int64 // end of each path in paths
	labels    []int32
	channels  int
	maxPixels int
}

func (f *files) add(path string, label int32) {
	f.paths = append(f.paths, path...)
	f.ends = append(f.ends, int64(len(f.paths)))
	f.labels = append(f.labels, label)
}

func (f *files) Len() int { return len(f.ends) }

// path is the path of sample i as it was added.
func (f *files) path(i int) string {
	start := int64(0)
	if i > 0 {
		start = f.ends[i-1]
	}
	return string(f.paths[start:f.ends[i]])
}

func (f *files) Name(i int) string {
	path := f.path(i)
	if filepath.IsAbs(path) {
		return path
	}
	return f.prefix + path
}

// maxFile bounds the size of one image file.
const maxFile = 1 << 30

func (f *files) Read(i int, m *transform.Image) (int64, error) {
	file, err := os.Open(f.Name(i))
	if err != nil {
		return 0, cause(err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return 0, cause(err)
	}
	if !info.Mode().IsRegular() {
		return 0, errors.New("not a regular file")
	}
	if info.Size() > maxFile {
		return 0, fmt.Errorf("the file has %d bytes, more than the limit of %d", info.Size(), int64(maxFile))
	}
	data, err := appendUpTo(make([]byte, 0, info.Size()+1), io.LimitReader(file, maxFile), maxFile)
	if err != nil {
		return 0, cause(err)
	}
	return int64(f.labels[i]), decode(m, data, f.channels, f.maxPixels)
}

// withSeparator prepares a folder to be put before paths.
func withSeparator(dir string) string {
	if dir == "" || strings.HasSuffix(dir, string(os.PathSeparator)) {
		return dir
	}
	return dir + string(os.PathSeparator)
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
