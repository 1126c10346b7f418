package report

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/encoding/protowire"

	"ssc/runtime/checkpoint/atomic"
)

// stepTime is when a step of the golden file was made.
func stepTime(step int) time.Time {
	return time.Unix(1.76e9, 0).Add(time.Duration(step) * time.Second / 8)
}

func fill(t *testing.T, e *Events, from int) {
	t.Helper()
	for step, values := range []map[string]float64{10: {"lr": 0.0002745714285714285, "loss": 6.090326595306396}, 20: {"loss": math.NaN(), "lr": 0.5}, 300: {"knn": 0.8812}} {
		if values == nil || step < from {
			continue
		}
		if err := e.Scalars(step, stepTime(step), values); err != nil {
			t.Fatal(err)
		}
	}
}

func openEvents(t *testing.T, path string, step int) *Events {
	t.Helper()
	e, err := OpenEvents(atomic.OS{}, path, step, stepTime(0))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	return e
}

func contentsOf(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestEventsGolden compares with a file that TensorBoard's own writer made (testdata/expect.py).
func TestEventsGolden(t *testing.T) {
	path := filepath.Join(t.TempDir(), "events.out.tfevents.0")
	e := openEvents(t, path, 0)
	fill(t, e, 0)
	if err := e.Sync(); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(contentsOf(t, "testdata/events.tfevents"), contentsOf(t, path)); diff != "" {
		t.Errorf("events (-TensorBoard's +ours):\n%s", diff)
	}
}

// TestEventsGoOn opens a file after a step, whole, torn at every byte, or with a damaged byte, and writes the rest: the result is the undisturbed file.
func TestEventsGoOn(t *testing.T) {
	whole := contentsOf(t, "testdata/events.tfevents")
	path := filepath.Join(t.TempDir(), "events.tfevents")
	goOn := func(name string, b []byte, step int) {
		t.Helper()
		if err := os.WriteFile(path, b, 0o666); err != nil {
			t.Fatal(err)
		}
		e := openEvents(t, path, step)
		size := int64(len(contentsOf(t, path)))
		kept, err := keep(bytes.NewReader(whole[:size]), math.MaxInt)
		if err != nil || kept != size || step == 0 && size > 64 {
			t.Fatalf("%s: kept %d bytes, whole records up to %d", name, size, kept)
		}
		from := 0
		for at := bytes.NewReader(whole[:size]); ; {
			content, err := record(at)
			if err != nil {
				break
			}
			s, _ := stepOf(content)
			from = int(s) + 1
		}
		fill(t, e, from)
		e.Close()
		if diff := cmp.Diff(whole, contentsOf(t, path)); diff != "" {
			t.Errorf("%s: events (-want +got):\n%s", name, diff)
		}
	}
	for _, step := range []int{0, 9, 10, 19, 20, 299, 300, 1000} {
		goOn(fmt.Sprintf("after step %d", step), whole, step)
	}
	for n := range whole {
		goOn(fmt.Sprintf("torn after byte %d", n), whole[:n], 1000)
		damaged := bytes.Clone(whole)
		damaged[n] ^= 0x10
		goOn(fmt.Sprintf("byte %d damaged", n), damaged, 1000)
	}
}

// TestEventSteps counts scalars alone, and tells a torn or damaged file from a whole one.
func TestEventSteps(t *testing.T) {
	path := filepath.Join(t.TempDir(), "events.tfevents")
	e := openEvents(t, path, 0)
	if err := errors.Join(e.Restart(stepTime(0)), e.Image(0, stepTime(0), "views", image.NewGray(image.Rect(0, 0, 2, 2)))); err != nil {
		t.Fatal(err)
	}
	fill(t, e, 0)
	whole := contentsOf(t, path)
	for _, c := range []struct {
		name  string
		bytes []byte
		steps []int
		whole bool
	}{{"whole", whole, []int{10, 20, 300}, true}, {"torn", whole[:len(whole)-1], []int{10, 20}, false}, {"empty", nil, nil, true}} {
		if err := os.WriteFile(path, c.bytes, 0o666); err != nil {
			t.Fatal(err)
		}
		steps, ok, err := EventSteps(path)
		if err != nil || ok != c.whole || !slices.Equal(steps, c.steps) {
			t.Errorf("%s: EventSteps = %v, %t, %v, want %v, %t", c.name, steps, ok, err, c.steps, c.whole)
		}
	}
}

func TestEventImage(t *testing.T) {
	path := filepath.Join(t.TempDir(), "events.tfevents")
	e := openEvents(t, path, 0)
	m := image.NewGray(image.Rect(0, 0, 5, 3))
	if err := e.Image(7, stepTime(7), "views", m); err != nil {
		t.Fatal(err)
	}
	in := bytes.NewReader(contentsOf(t, path))
	if _, err := record(in); err != nil {
		t.Fatal(err)
	}
	content, err := record(in)
	if err != nil {
		t.Fatal(err)
	}
	if step, _ := stepOf(content); step != 7 {
		t.Errorf("step = %d, want 7", step)
	}
	value := field(t, field(t, content, eventSummary), summaryValue)
	if tag := string(field(t, value, valueTag)); tag != "views" {
		t.Errorf("tag = %q, want views", tag)
	}
	picture := field(t, value, valueImage)
	if got := fmt.Sprint(picture[:6]); got != "[8 3 16 5 24 4]" { // height 3, width 5, colour space 4, as varints
		t.Errorf("image begins with %s, want height 3, width 5, colour space 4", got)
	}
	want, err := encoded(m)
	if err != nil || !bytes.Equal(field(t, picture, imageEncoded), want) {
		t.Errorf("encoded picture differs (%v)", err)
	}
}

// field is the content of a message's first field of a number, which has bytes.
func field(t *testing.T, b []byte, want protowire.Number) []byte {
	t.Helper()
	for len(b) > 0 {
		number, kind, n := protowire.ConsumeTag(b)
		if n < 0 {
			t.Fatal(protowire.ParseError(n))
		}
		b = b[n:]
		if number == want && kind == protowire.BytesType {
			v, _ := protowire.ConsumeBytes(b)
			return v
		}
		b = b[protowire.ConsumeFieldValue(number, kind, b):]
	}
	t.Fatalf("message has no field %d", want)
	return nil
}

func TestEventsRefuse(t *testing.T) {
	if _, err := OpenEvents(atomic.OS{}, t.TempDir(), 0, stepTime(0)); err == nil {
		t.Error("OpenEvents(a folder) = nil, want an error")
	}
}

func FuzzEvents(f *testing.F) {
	whole, err := os.ReadFile("testdata/events.tfevents")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole, 20)
	f.Add(whole[:50], 0)
	f.Add([]byte{}, 0)
	f.Fuzz(func(t *testing.T, b []byte, step int) {
		size, err := keep(bytes.NewReader(b), step)
		if err != nil || size < 0 || size > int64(len(b)) {
			t.Fatalf("keep(%d bytes) = %d, %v", len(b), size, err)
		}
		if again, _ := keep(bytes.NewReader(b[:size]), step); again != size {
			t.Errorf("keep(what was kept) = %d of %d", again, size)
		}
	})
}
