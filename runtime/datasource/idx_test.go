package datasource

import (
	"bytes"
	"context"
	"encoding/binary"
	"github.com/klauspost/compress/gzip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ssc/compiler/plan"
	"ssc/runtime/transform"
)

// idxFile encodes IDX data; dims that do not match data make damaged files.
func idxFile(data []byte, dims ...uint32) []byte {
	b := []byte{0, 0, 8, byte(len(dims))}
	for _, d := range dims {
		b = binary.BigEndian.AppendUint32(b, d)
	}
	return append(b, data...)
}

func zip(t testing.TB, b []byte) []byte {
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	if _, err := z.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func write(t testing.TB, dir, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

func open(t testing.TB, label string, args map[string]any) (Samples, error) {
	t.Helper()
	s, err := Build(plan.Component{Type: "source", Label: label, Args: args})
	if err != nil {
		t.Fatal(err)
	}
	return s.Open(t.Context())
}

func TestIDX(t *testing.T) {
	pixels := []byte{1, 2, 3, 4, 5, 6, 11, 12, 13, 14, 15, 16}
	images, labels := idxFile(pixels, 2, 2, 3), idxFile([]byte{9, 7}, 2)
	for _, c := range []struct {
		name           string
		images, labels []byte
		want           []int64
	}{
		{"plain", images, labels, []int64{9, 7}},
		{"gzip", zip(t, images), zip(t, labels), []int64{9, 7}},
		{"without labels", images, nil, []int64{-1, -1}},
	} {
		dir := t.TempDir()
		args := map[string]any{"images": write(t, dir, "a.gz", c.images)}
		if c.labels != nil {
			args["labels"] = write(t, dir, "b", c.labels)
		}
		s, err := open(t, "idx", args)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if s.Len() != 2 {
			t.Errorf("%s: Len() = %d, want 2", c.name, s.Len())
		}
		var m transform.Image
		for i, want := range c.want {
			label, err := s.Read(i, &m)
			if label != want || err != nil {
				t.Errorf("%s: label %d = %d, %v, want %d", c.name, i, label, err, want)
			}
			if diff := cmp.Diff(pixels[i*6:i*6+6], m.Pix); diff != "" || m.Channels != 1 || m.Height != 2 || m.Width != 3 {
				t.Errorf("%s: image %d is %d x %d x %d (-want +got):\n%s", c.name, i, m.Height, m.Width, m.Channels, diff)
			}
		}
	}
}

// TestIDXTogether checks that sources that are opened together hold a file once, and that others do not.
func TestIDXTogether(t *testing.T) {
	dir := t.TempDir()
	images := write(t, dir, "images", idxFile([]byte{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}, 2, 2, 3))
	labels := write(t, dir, "labels", idxFile([]byte{9, 7}, 2))
	open := func(ctx context.Context, labels string) *idxSamples {
		t.Helper()
		s, err := (&idx{images: images, labels: labels}).Open(ctx)
		if err != nil {
			t.Fatal(err)
		}
		return s.(*idxSamples)
	}
	together := Together(t.Context())
	plain, labelled, alone := open(together, ""), open(together, labels), open(t.Context(), labels)
	if &plain.pixels[0] != &labelled.pixels[0] {
		t.Error("two sources that are opened together hold the pixels of one file twice")
	}
	if plain.Label(1) != -1 || labelled.Label(1) != 7 {
		t.Errorf("labels without and with their file: %d and %d, want -1 and 7", plain.Label(1), labelled.Label(1))
	}
	if &alone.pixels[0] == &labelled.pixels[0] {
		t.Error("a source that is opened alone shares the pixels of others")
	}
	if _, err := (&idx{images: labels}).Open(together); err == nil || !strings.Contains(err.Error(), "1 axes where 3 are needed") {
		t.Errorf("opening labels as images = %v, want an error about their axes", err)
	}
}

func TestIDXRefuses(t *testing.T) {
	pixels := make([]byte, 12)
	good := idxFile(pixels, 2, 2, 3)
	huge := idxFile(pixels, 1<<31-1, 1<<31-1, 1<<31-1)
	for _, c := range []struct {
		name           string
		images, labels []byte
		want           string
	}{
		{"empty", nil, nil, "images: not an IDX file: it ends after 0 bytes"},
		{"text", []byte("hello world, this is text"), nil, `images: not an IDX file: it starts with "hell"`},
		{"truncated", good[:20], nil, "images: truncated: the header [2 2 3] promises 12 bytes of data, and the file has 20 bytes"},
		{"truncated header", good[:9], nil, "images: truncated in its header"},
		{"truncated gzip", zip(t, good)[:20], nil, "images: truncated"},
		{"truncated inside gzip", zip(t, good[:20]), nil, "images: truncated: 4 of 12 bytes of data"},
		{"longer", append(bytes.Clone(good), 0), nil, "images: longer than the 12 bytes"},
		{"longer inside gzip", zip(t, append(bytes.Clone(good), 0)), nil, "images: longer than the 12 bytes"},
		{"huge header", huge, nil, "images: its header promises more data than any file holds"},
		{"large header", idxFile(pixels, 1<<20, 1<<10, 1<<10), nil, "images: truncated: the header [1048576 1024 1024] promises"},
		{"large header in gzip", zip(t, idxFile(pixels, 1<<20, 1<<10, 1<<10)), nil, "images: truncated: the header [1048576 1024 1024] promises"},
		{"floats", []byte{0, 0, 13, 3, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0}, nil, "type 0x0d"},
		{"labels for images", idxFile(pixels, 12), nil, "images: holds IDX data with 1 axes where 3 are needed"},
		{"no images", idxFile(nil, 0, 2, 3), nil, "holds no pixels: 0 images of 2 x 3"},
		{"count", good, idxFile([]byte{1, 2, 3}, 3), "labels: holds 3 labels, but"},
		{"truncated labels", good, idxFile([]byte{1}, 2), "labels: truncated"},
	} {
		dir := t.TempDir()
		args := map[string]any{"images": write(t, dir, "images", c.images)}
		if c.labels != nil {
			args["labels"] = write(t, dir, "labels", c.labels)
		}
		if _, err := open(t, "idx", args); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: Open = %v, want %q", c.name, err, c.want)
		}
	}
	if _, err := open(t, "idx", map[string]any{"images": "testdata/none.idx"}); err == nil || err.Error() != "testdata/none.idx: no such file" {
		t.Errorf("Open = %v, want %q", err, "testdata/none.idx: no such file")
	}
	if _, err := open(t, "idx", map[string]any{"images": t.TempDir()}); err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Errorf("Open of a folder = %v, want a refusal", err)
	}
}

func FuzzIDX(f *testing.F) {
	good := idxFile(make([]byte, 12), 2, 2, 3)
	f.Add(good)
	f.Add(zip(f, good))
	f.Add(good[:13])
	f.Add(idxFile(nil, 1<<31, 1<<31, 1<<31))
	f.Add([]byte{0x1f, 0x8b, 8, 0})
	f.Fuzz(func(t *testing.T, data []byte) {
		dims, out, err := readIDX(bytes.NewReader(data), int64(len(data)), 3)
		if err == nil && (len(dims) != 3 || len(out) != dims[0]*dims[1]*dims[2]) {
			t.Errorf("readIDX gave %d bytes for %v", len(out), dims)
		}
	})
}
