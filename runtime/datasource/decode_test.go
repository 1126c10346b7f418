package datasource

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"hash/crc32"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ssc/runtime/transform"
)

const limit = 1 << 20

// PNG images equal Pillow's convert exactly; JPEG decoders differ from each other in rounding.
func TestDecodeEqualsPillow(t *testing.T) {
	raw, err := os.ReadFile("testdata/expect.json")
	if err != nil {
		t.Fatal(err)
	}
	var expect map[string]struct {
		RGB, L string
		Size   [2]int
	}
	if err := json.Unmarshal(raw, &expect); err != nil {
		t.Fatal(err)
	}
	if len(expect) != 10 {
		t.Fatalf("expect.json has %d images, want 10", len(expect))
	}
	var m transform.Image
	for name, e := range expect {
		data, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		tolerance := 0
		if strings.HasSuffix(name, ".jpg") {
			tolerance = 3
		}
		for channels, text := range map[int]string{3: e.RGB, 1: e.L} {
			want, err := base64.StdEncoding.DecodeString(text)
			if err != nil {
				t.Fatal(err)
			}
			if err := decode(&m, data, channels, limit); err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			if m.Channels != channels || [2]int{m.Height, m.Width} != e.Size || len(m.Pix) != len(want) {
				t.Errorf("%s: size = %d x %d x %d, want %v x %d", name, m.Height, m.Width, m.Channels, e.Size, channels)
				continue
			}
			for i, v := range want {
				if d := int(v) - int(m.Pix[i]); d > tolerance || d < -tolerance {
					t.Errorf("%s with %d channels: value %d = %d, want %d within %d", name, channels, i, m.Pix[i], v, tolerance)
					break
				}
			}
		}
	}
}

// sixteen encodes a 16-bit image.
func sixteen(t testing.TB) []byte {
	img := image.NewNRGBA64(image.Rect(0, 0, 1, 1))
	img.SetNRGBA64(0, 0, color.NRGBA64{R: 0x1234, G: 0x5678, B: 0x9abc, A: 0x8000})
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestDecode16BitColourKeepsUpperByte(t *testing.T) {
	var m transform.Image
	if err := decode(&m, sixteen(t), 3, limit); err != nil || !bytes.Equal(m.Pix, []byte{0x12, 0x56, 0x9a}) {
		t.Errorf("decode = %x, %v, want 12569a", m.Pix, err)
	}
}

// bomb is a PNG header of a huge image without the data.
func bomb(w, h uint32) []byte {
	chunk := append([]byte("IHDR"), binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, w), h)...)
	chunk = append(chunk, 8, 2, 0, 0, 0)
	b := append([]byte("\x89PNG\r\n\x1a\n"), 0, 0, 0, 13)
	b = append(b, chunk...)
	b = binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(chunk))
	return append(b, 0, 0, 0, 0, 'I', 'D', 'A', 'T', 0x35, 0xaf, 0x06, 0x1e)
}

func TestDecodeRefuses(t *testing.T) {
	jpeg, err := os.ReadFile("testdata/colour.jpg")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		data []byte
		want string
	}{
		{"empty", nil, "the file is empty"},
		{"text", []byte("this is text\n"), `neither PNG nor JPEG: it starts with "this is "`},
		{"bomb", bomb(100_000, 100_000), "100000 x 100000 pixels, more than max_pixels = 1048576"},
		{"small bomb", bomb(1000, 1000), "truncated: 45 bytes cannot hold 1000 x 1000 pixels"},
		{"truncated PNG", sixteen(t)[:50], "not enough pixel data"},
		{"truncated JPEG", jpeg[:400], "EOF"},
		{"JPEG signature alone", []byte("\xff\xd8\xff"), "EOF"},
	} {
		var m transform.Image
		if err := decode(&m, c.data, 3, limit); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("decode of %s = %v, want %q", c.name, err, c.want)
		}
	}
}

func FuzzDecodeImage(f *testing.F) {
	names, err := filepath.Glob("testdata/*.[pj][np]g")
	if err != nil || len(names) < 10 {
		f.Fatalf("seeds: %q, %v", names, err)
	}
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
		f.Add(data[:len(data)/2])
	}
	f.Add(bomb(1000, 1000))
	f.Fuzz(func(t *testing.T, data []byte) {
		var m transform.Image
		if err := decode(&m, data, 3, 1<<16); err == nil && len(m.Pix) != 3*m.Height*m.Width {
			t.Errorf("decode gave %d bytes for %d x %d", len(m.Pix), m.Height, m.Width)
		}
	})
}
