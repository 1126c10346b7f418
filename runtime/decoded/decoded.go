// Package decoded keeps the pixels of a data set on disk, so that images are decoded once and not in every epoch.
//
// A [Cache] says where, how large, and to which shorter side images are bounded. Open wraps samples; with the cache off they come back as they are. Otherwise every image is
// read whole and bounded, and what comes of that does not depend on the file: a data set that is too large, a full disk and a damaged file cost time and change no
// bit. The file lies in a folder named by a digest of what the pixels depend on (the source's arguments, the list of files with sizes and times, the decoder of JPEG images), is
// written beside its place and renamed when it is whole, and is never changed: processes map it and share its memory. The first process builds, others wait for it.
//
// Every image carries a checksum, which is compared at each reading. An image that fails it is read from the source, and the file removed, so that the next run builds it anew.
//
// Neighbours: runtime/datasource gives the samples; runtime/train and the command bench wrap them.
package decoded

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"ssc/compiler/plan"
	"ssc/runtime/datasource"
	"ssc/runtime/jpeg"
	"ssc/runtime/transform"
	"ssc/setup/cache"
)

// Values of [plan.Loader.Cache] that are no folder.
const (
	Off  = "off"
	Auto = "auto" // decoded in the cache folder
)

// Open wraps the samples of a source as the loader block asks. An error is one of ctx or of arguments; what keeps a file from being used is a note of the samples. note is told
// before a file is built, which takes as long as reading every image once.
func Open(ctx context.Context, s datasource.Samples, source plan.Component, channels int, l plan.Loader, note func(format string, args ...any)) (datasource.Samples, error) {
	if l.Cache == "" || l.Cache == Off {
		return s, nil
	}
	out := &samples{Samples: s, channels: channels, tell: note}
	if l.CacheSide > 0 {
		var err error
		out.bound, err = transform.Build([]plan.Component{{Type: "resize", Args: map[string]any{"size": l.CacheSide}}})
		if err != nil {
			return nil, err
		}
		out.side = l.CacheSide
	}
	dir, err := folder(l.Cache)
	if err == nil {
		var key string
		if key, err = keyOf(ctx, s, source, channels, l.CacheSide); err == nil {
			err = out.use(ctx, filepath.Join(dir, key), int64(l.CacheGiB*(1<<30)))
		}
	}
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case err != nil:
		out.note = fmt.Sprintf("decoded images are not kept: %s", err)
	}
	return out, nil
}

func folder(name string) (string, error) {
	if name != Auto {
		return name, nil
	}
	dir := cache.Dir()
	if dir == "" {
		return "", errors.New("no home folder is known; name one by loader.cache, or set SSC_CACHE")
	}
	return filepath.Join(dir, "decoded"), nil
}

// keyOf is the digest of what the pixels depend on.
func keyOf(ctx context.Context, s datasource.Samples, source plan.Component, channels, side int) (string, error) {
	h := sha256.New()
	spec, err := json.Marshal(struct {
		Format, Label  string
		Args           map[string]any
		Blocks         []plan.Component
		Channels, Side int
		JPEG, List     string
	}{magic, source.Label, source.Args, source.Blocks, channels, side, jpeg.Name(), datasource.Digest(s)})
	if err != nil {
		return "", err
	}
	h.Write(spec)
	last := ""
	for i := range s.Len() {
		if i%1024 == 0 && ctx.Err() != nil {
			return "", ctx.Err()
		}
		if name := s.Name(i); name != last {
			stampOf(h, name, &last)
		}
	}
	return hex.EncodeToString(h.Sum(nil)[:16]), nil
}

// stampOf adds size and time of the file that a sample comes from: its name, or what stands before a record's number.
func stampOf(h interface{ Write([]byte) (int, error) }, name string, last *string) {
	for _, path := range []string{name, beforeLast(name, ":"), beforeLast(name, "[")} {
		if path == *last {
			return
		}
		if info, err := os.Stat(path); err == nil {
			fmt.Fprintf(h, "%s %d %d\n", path, info.Size(), info.ModTime().UnixNano())
			*last = path
			return
		}
	}
}

func beforeLast(s, sep string) string {
	if i := strings.LastIndex(s, sep); i > 0 {
		return s[:i]
	}
	return s
}

// samples are those of a source, read whole and bounded, from the file where that is there.
type samples struct {
	datasource.Samples
	channels, side int
	bound          []transform.Transform // nil: as large as they are
	file           *file                 // nil: there is none
	note           string
	tell           func(format string, args ...any)
}

// Label implements [datasource.Labeled].
func (s *samples) Label(i int) int64 {
	if l, ok := s.Samples.(datasource.Labeled); ok {
		return l.Label(i)
	}
	if s.file != nil {
		return s.file.index[i].Label
	}
	return -1
}

// Tags implements [datasource.Tagged].
func (s *samples) Tags(i int) []int8 { return datasource.TagsOf(s.Samples, i) }

// Classes implements [datasource.Classed].
func (s *samples) Classes() []string {
	if c, ok := s.Samples.(datasource.Classed); ok {
		return c.Classes()
	}
	return nil
}

// Notes implements [datasource.Noted].
func (s *samples) Notes() []string {
	var out []string
	if n, ok := s.Samples.(datasource.Noted); ok {
		out = append(out, n.Notes()...)
	}
	if s.note != "" {
		out = append(out, s.note)
	}
	return out
}

// List implements [datasource.Listed].
func (s *samples) List() *datasource.List { return datasource.ListOf(s.Samples) }

// Read implements [datasource.Samples].
func (s *samples) Read(i int, m *transform.Image) (int64, error) {
	if s.file != nil {
		if label, ok := s.file.read(i, s.channels, m); ok {
			return label, nil
		}
	}
	return s.direct(i, m)
}

// direct reads from the source.
func (s *samples) direct(i int, m *transform.Image) (int64, error) {
	shrink := m.Shrink
	m.Shrink = nil
	defer func() { m.Shrink = shrink }()
	label, err := s.Samples.Read(i, m)
	if err != nil || s.side == 0 || min(m.Height, m.Width) <= s.side {
		return label, err
	}
	for _, t := range s.bound {
		if err := t.Apply(m, nil); err != nil {
			return label, err
		}
	}
	return label, nil
}
