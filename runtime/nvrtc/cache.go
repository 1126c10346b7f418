package nvrtc

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"ssc/runtime/checkpoint/atomic"
)

// key is the name of the file that a source's binary is kept in: whatever changes the binary changes the name.
func (c *Compiler) key(s Source, options []string) string {
	h := sha256.New()
	put := func(list ...string) {
		for _, text := range list { // with the length before each, so that no two lists look alike
			_ = binary.Write(h, binary.LittleEndian, int64(len(text))) // a hash does not fail
			_, _ = io.WriteString(h, text)
		}
	}
	put(c.version, s.Name, s.Text)
	for _, name := range slices.Sorted(maps.Keys(s.Headers)) {
		put("header", name, s.Headers[name])
	}
	put(options...)
	return fmt.Sprintf("%s-%.16x%s", strings.TrimSuffix(filepath.Base(s.Name), ".cu"), h.Sum(nil), binaryEnd)
}

// binaryEnd is how the names of kept binaries end.
const binaryEnd = ".cubin"

// read returns a binary that is kept, nil when there is none. The file begins with the digest of what follows, and one that is damaged is none.
func (c *Compiler) read(key string) []byte {
	if c.cache == "" {
		return nil
	}
	b, err := os.ReadFile(filepath.Join(c.cache, key))
	if err != nil || len(b) < sha256.Size {
		return nil
	}
	if sum := sha256.Sum256(b[sha256.Size:]); !bytes.Equal(sum[:], b[:sha256.Size]) {
		return nil
	}
	now := time.Now()
	_ = os.Chtimes(filepath.Join(c.cache, key), now, now) // it was of use; at its worst it is compiled anew one day
	return b[sha256.Size:]
}

// write keeps a binary. Where that is not possible it is compiled anew the next time, which costs a second and is no reason to stop.
func (c *Compiler) write(key string, b []byte) {
	if c.cache == "" || atomic.MkdirAll(atomic.OS{}, c.cache) != nil {
		return
	}
	sum := sha256.Sum256(b)
	_ = atomic.WriteBytes(atomic.OS{}, filepath.Join(c.cache, key), append(sum[:], b...))
	c.prune(key)
}

// maxKept is how many bytes of binaries are kept: those of one version of all sources, for one GPU, take a few of its megabytes.
const maxKept = 64 << 20

// prune removes the binaries that were of no use for longest, beyond the room that there is, but not the one that was just kept. Those of earlier sources and compilers go so. Another process that misses one
// compiles it anew.
func (c *Compiler) prune(kept string) {
	files, err := filepath.Glob(filepath.Join(c.cache, "*"+binaryEnd))
	if err != nil {
		return
	}
	var old []fs.FileInfo
	all := int64(0)
	for _, path := range files {
		if f, err := os.Stat(path); err == nil {
			all += f.Size()
			if f.Name() != kept {
				old = append(old, f)
			}
		}
	}
	slices.SortFunc(old, func(a, b fs.FileInfo) int { return a.ModTime().Compare(b.ModTime()) })
	for _, f := range old {
		if all <= c.room {
			return
		}
		if os.Remove(filepath.Join(c.cache, f.Name())) == nil {
			all -= f.Size()
		}
	}
}
