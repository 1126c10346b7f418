package datasource

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// tarScan finds the samples of one archive.
type tarScan struct {
	ctx    context.Context
	source *tarSource
	path   string

	keys     names // with the field of the image
	offsets  []int64
	sizes    []int32
	labels   []int32 // empty when the source declares none
	without  int     // samples without an image
	problems Problems

	sample tarSample
}

// tarSample is the sample whose entries are being read.
type tarSample struct {
	key    string
	open   bool
	fields map[string]bool
	rank   int // of the image's field among those asked for; -1 without an image
	name   string
	offset int64
	size   int32
	label  int32
	has    bool // a label
}

func (s *tarScan) fail(format string, args ...any) {
	s.problems.add("%s: %s", s.path, fmt.Sprintf(format, args...))
}

func (s *tarScan) run() {
	f, err := openFile(s.path, nil)
	if err != nil {
		s.fail("%v", cause(err))
		return
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		s.fail("%v", cause(err))
		return
	}
	s.entries(f, info.Size())
	s.finish()
}

// maxProblemsScan ends the scan of an archive in which everything is wrong.
const maxProblemsScan = 1000

// entries goes through the archive. The reader of archive/tar reads headers in blocks, without looking ahead, and jumps over data.
func (s *tarScan) entries(f io.ReadSeeker, size int64) {
	r := tar.NewReader(f)
	for s.problems.Count < maxProblemsScan && s.ctx.Err() == nil {
		h, err := r.Next()
		if err == io.EOF {
			return
		}
		if err != nil {
			s.fail("damaged after %d samples: %v", len(s.offsets), tarCause(f, err))
			return
		}
		at, err := f.Seek(0, io.SeekCurrent)
		if err != nil {
			s.fail("%v", cause(err))
			return
		}
		if err := refusal(h); err != nil {
			s.fail("%q %v", h.Name, err)
			continue
		}
		if h.Size > size-at {
			s.fail("truncated: %s has %d bytes at byte %d of %d", h.Name, h.Size, at, size)
			return
		}
		if h.Typeflag == tar.TypeReg {
			s.entry(h, at, r)
		}
	}
}

// tarCause says more of an archive that is compressed.
func tarCause(f io.ReadSeeker, err error) error {
	var head [6]byte
	if _, seekErr := f.Seek(0, io.SeekStart); seekErr != nil {
		return err
	}
	if n, _ := io.ReadFull(f, head[:]); strings.HasPrefix(string(head[:n]), "\x1f\x8b") || strings.HasPrefix(string(head[:n]), "\x28\xb5\x2f\xfd") {
		return errors.New("it is compressed, so its images cannot be found without unpacking all before them; decompress it")
	}
	return err
}

// refusal says why an entry has no place in a data set.
func refusal(h *tar.Header) error {
	name := filepath.ToSlash(h.Name)
	switch h.Typeflag {
	case tar.TypeReg, tar.TypeDir, tar.TypeXGlobalHeader:
	case tar.TypeSymlink, tar.TypeLink:
		return errors.New("is a link; archives of images hold files")
	case tar.TypeGNUSparse:
		return errors.New("is a sparse file, whose holes are not read")
	default:
		return errors.New("is a device, a pipe or of an unknown kind; archives of images hold files")
	}
	for key := range h.PAXRecords {
		if strings.HasPrefix(key, "GNU.sparse.") {
			return errors.New("is a sparse file, whose holes are not read")
		}
	}
	if path.IsAbs(name) || slices.Contains(strings.Split(name, "/"), "..") {
		return errors.New("leads out of the archive")
	}
	return nil
}

// entry takes a file into the sample that it belongs to.
func (s *tarScan) entry(h *tar.Header, at int64, r io.Reader) {
	dir, base := path.Split(h.Name)
	if base == "" || base[0] == '.' || strings.HasPrefix(base, "__") && strings.HasSuffix(base, "__") { // what systems leave behind, as WebDataset skips it
		return
	}
	stem, field, ok := strings.Cut(base, ".")
	if !ok {
		return
	}
	if key := dir + stem; !s.sample.open || key != s.sample.key {
		s.finish()
		s.sample = tarSample{key: key, open: true, fields: map[string]bool{}, rank: -1, label: -1}
	}
	field = strings.ToLower(field)
	if s.sample.fields[field] {
		s.fail("sample %q has the field %q twice; entries of a sample must stand together, and keys be different", s.sample.key, field)
		return
	}
	if len(s.sample.fields) >= maxFields {
		s.fail("sample %q has more than %d fields", s.sample.key, maxFields)
		return
	}
	s.sample.fields[field] = true
	if field == s.source.label && field != "" {
		s.label(h, r)
	}
	rank := slices.Index(s.source.images, field)
	if rank >= 0 && (s.sample.rank < 0 || rank < s.sample.rank) {
		if h.Size > maxFile {
			s.fail("%s has %d bytes, more than the limit of %d", h.Name, h.Size, int64(maxFile))
			return
		}
		s.sample.rank, s.sample.name, s.sample.offset, s.sample.size = rank, h.Name, at, int32(h.Size)
	}
}

// maxFields is well above what a sample of any data set holds.
const maxFields = 64

func (s *tarScan) label(h *tar.Header, r io.Reader) {
	var b [32]byte
	n, err := io.ReadFull(r, b[:])
	if err != io.EOF && err != io.ErrUnexpectedEOF {
		s.fail("%s: %d bytes are no label", h.Name, h.Size)
		return
	}
	v, err := strconv.ParseInt(strings.TrimSpace(string(b[:n])), 10, 64)
	if err != nil || v < -1 || v > math.MaxInt32 {
		s.fail("%s: %q is no label; a decimal number is", h.Name, b[:n])
		return
	}
	s.sample.label, s.sample.has = int32(v), true
}

// finish adds the sample that has ended.
func (s *tarScan) finish() {
	x := s.sample
	s.sample = tarSample{}
	if !x.open {
		return
	}
	if x.rank < 0 {
		s.without++
		return
	}
	if s.source.label != "" {
		if !x.has && s.problems.Count == 0 {
			s.fail("sample %q has no field %q; write label = \"\" for images without labels", x.key, s.source.label)
		}
		s.labels = append(s.labels, x.label)
	}
	s.keys.add(x.name)
	s.offsets = append(s.offsets, x.offset)
	s.sizes = append(s.sizes, x.size)
}
