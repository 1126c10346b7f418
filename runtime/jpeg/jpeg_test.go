package jpeg

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// decoder returns the machine's decoder; a machine without one has nothing to test.
func decoder(t testing.TB) *Decoder {
	d, err := Find()
	if err != nil {
		t.Skipf("no libjpeg-turbo: %v", err)
	}
	return d
}

func image(t testing.TB, name string) []byte {
	data, err := os.ReadFile(filepath.Join("testdata", name+".jpg"))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func pixels(t testing.TB, d *Decoder, data []byte, shrink int) []uint8 {
	h, err := d.ReadHeader(data)
	if err != nil {
		t.Fatal(err)
	}
	h = h.Shrunk(shrink)
	out := make([]uint8, h.Height*h.Width*h.Channels)
	if err := d.Decode(out, data, h); err != nil {
		t.Fatal(err)
	}
	return out
}

func expectations(t testing.TB) map[string]map[string]string {
	raw, err := os.ReadFile("testdata/expect.json")
	if err != nil {
		t.Fatal(err)
	}
	var out map[string]map[string]string
	if err := json.Unmarshal(raw, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// Every image at every scale has Pillow's bytes, from several goroutines at once too.
func TestDecodeEqualsPillow(t *testing.T) {
	d, expect := decoder(t), expectations(t)
	n := 0
	for _, of := range expect {
		n += len(of)
	}
	if n < 28 {
		t.Fatalf("expect.json has %d results, want 28", n)
	}
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			for name, of := range expect {
				for scale, want := range of {
					shrink, _ := strconv.Atoi(scale)
					sum := sha256.Sum256(pixels(t, d, image(t, name), shrink))
					if got := hex.EncodeToString(sum[:]); got != want {
						t.Errorf("%s at 1/%d: digest %s, want %s", name, shrink, got, want)
					}
				}
			}
		})
	}
	wg.Wait()
	if n := len(d.idle); n > 16 {
		t.Errorf("%d decompressors are kept", n)
	}
}

// A name tells the pixels: it is the digest of the probe's expectations.
func TestName(t *testing.T) {
	d := decoder(t)
	sum := sha256.New()
	for _, shrink := range []int{1, 2, 4, 8} {
		sum.Write(pixels(t, d, probe, shrink))
	}
	if got, want := Name(), "libjpeg-turbo:"+hex.EncodeToString(sum.Sum(nil)[:4]); got != want {
		t.Errorf("Name() = %s, want %s", got, want)
	}
	if other, err := load(d.Path()); err != nil || other.name != d.name {
		t.Errorf("loaded again: %v, %v, want the name %s", other, err, d.name)
	}
}

func TestLoadSaysWhy(t *testing.T) {
	decoder(t)
	empty := filepath.Join(t.TempDir(), "empty.so")
	if err := os.WriteFile(empty, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/nowhere/libturbojpeg.so.0", empty, "libdl.so.2"} {
		if _, err := load(path); err == nil || !strings.Contains(err.Error(), "loading libjpeg-turbo: ") || !strings.Contains(err.Error(), filepath.Base(path)) {
			t.Errorf("load(%q) = %v, want a reason that names it", path, err)
		}
	}
	if text := Notice(); text != "" {
		t.Errorf("Notice() = %q though there is a decoder", text)
	}
	t.Setenv("SSC_JPEG_LIB", Off)
	if path, err := libraryPath(); !errors.Is(err, errOff) {
		t.Errorf("libraryPath() = %q, %v, want %v", path, err, errOff)
	}
}

// Damage is an error that says what is wrong, and the decompressor serves the next image as if nothing had been.
func TestDamage(t *testing.T) {
	d := decoder(t)
	good := image(t, "h2v2")
	h, err := d.ReadHeader(good)
	if err != nil {
		t.Fatal(err)
	}
	want := pixels(t, d, good, 1)
	scan := bytes.Index(good, []byte{0xff, 0xda})
	broken := bytes.Clone(good)
	for i := scan + 200; i < scan+260; i++ {
		broken[i] = 0x55
	}
	dst := make([]uint8, len(want))
	for _, c := range []struct {
		name, want string
		data       []byte
	}{
		{"truncated in the scan", "remature end", good[:len(good)/2]},
		{"without an end", "remature end", good[:len(good)-300]},
		{"header alone", "remature end", good[:scan+20]},
		{"nothing", "0 bytes", nil},
	} {
		err := d.Decode(dst, c.data, h)
		if c.name == "nothing" {
			err = d.Decode(dst[:0], c.data, h)
		}
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("decoding an image that is %s: %v, want %q", c.name, err, c.want)
		}
	}
	_ = d.Decode(dst, broken, h) // either way
	if got := pixels(t, d, good, 1); !bytes.Equal(got, want) {
		t.Error("an image decodes to something else after damaged ones")
	}
	extra := bytes.Clone(good)
	extra = append(extra[:len(extra)-2], 1, 2, 3, 0xff, 0xd9)
	if err := d.Decode(dst, extra, h); err != nil || !bytes.Equal(dst, want) {
		t.Errorf("with bytes between the scan and the end: %v", err)
	}
	for _, data := range [][]byte{nil, []byte("\xff\xd8\xff"), good[:40], []byte("text")} {
		if got, err := d.ReadHeader(data); !errors.Is(err, ErrOther) {
			t.Errorf("ReadHeader of %d bytes = %v, %v, want ErrOther", len(data), got, err)
		}
		if got, err := d.ReadHeader(good); err != nil || got != h {
			t.Errorf("after %d bytes of a header ReadHeader of a whole image = %v, %v, want %v", len(data), got, err, h)
		}
	}
	if err := d.Decode(dst[:10], good, h); err == nil {
		t.Error("Decode writes into too little memory")
	}
}

// Nothing that an image says makes the decoder write outside dst, whose borders are guarded.
func FuzzDecode(f *testing.F) {
	d := decoder(f)
	for name := range expectations(f) {
		f.Add(image(f, name), uint8(0))
		f.Add(image(f, name), uint8(2))
	}
	f.Fuzz(func(t *testing.T, data []byte, shrink uint8) {
		h, err := d.ReadHeader(data)
		if err != nil || h.Height*h.Width > 1<<18 {
			return
		}
		h = h.Shrunk(1 << (shrink % 4))
		n := h.Height * h.Width * h.Channels
		all := bytes.Repeat([]byte{0xa5}, n+128)
		_ = d.Decode(all[64:64+n:64+n], data, h)
		if edge := bytes.Repeat([]byte{0xa5}, 64); !bytes.Equal(all[:64], edge) || !bytes.Equal(all[64+n:], edge) {
			t.Errorf("decoding %d x %d x %d wrote outside", h.Height, h.Width, h.Channels)
		}
	})
}

// peak returns by how many bytes f raises the process's peak of resident memory.
func peak(t *testing.T, f func()) int64 {
	read := func(field string) int64 {
		text, err := os.ReadFile("/proc/self/status")
		if err != nil {
			t.Skipf("the memory of the process is not known: %v", err)
		}
		_, rest, _ := strings.Cut(string(text), field+":")
		n, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		return n << 10
	}
	if err := os.WriteFile("/proc/self/clear_refs", []byte("5"), 0); err != nil {
		t.Skipf("the peak of memory cannot be reset: %v", err)
	}
	before := read("VmRSS")
	f()
	return read("VmHWM") - before
}

// The library's memory is in proportion to the pixels: a progressive header that announces a large image in few bytes gets 8 bytes a pixel.
func TestMemory(t *testing.T) {
	d := decoder(t)
	data := image(t, "progressive")
	at := bytes.Index(data, []byte{0xff, 0xc2})
	const side = 3000
	binary.BigEndian.PutUint16(data[at+5:], side)
	binary.BigEndian.PutUint16(data[at+7:], side)
	h, err := d.ReadHeader(data)
	if err != nil || h.Height != side || h.Width != side {
		t.Fatalf("ReadHeader = %v, %v", h, err)
	}
	dst := make([]uint8, side*side*3)
	clear(dst[:len(dst):len(dst)])
	n := peak(t, func() { _ = d.Decode(dst, data, h) })
	if bound := int64(8*side*side + 3*side*side); n > bound { // dst may not have been resident
		t.Errorf("decoding %d pixels took %d bytes, want at most %d", side*side, n, bound)
	}
}

func BenchmarkDecode(b *testing.B) {
	d := decoder(b)
	data := image(b, "h2v2")
	h, err := d.ReadHeader(data)
	if err != nil {
		b.Fatal(err)
	}
	dst := make([]uint8, h.Height*h.Width*h.Channels)
	b.ReportAllocs()
	for b.Loop() {
		if err := d.Decode(dst, data, h); err != nil {
			b.Fatal(err)
		}
	}
}
