package resume

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	gojpeg "image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"ssc/compiler/plan"
	"ssc/runtime/failpoint"
	"ssc/runtime/jpeg"
	"ssc/runtime/train"
)

// photographs writes a folder of 60 PNG and JPEG files, of which those in damaged cannot be read, and returns the folder.
func photographs(t *testing.T, damaged map[int]func(whole []byte) []byte) string {
	t.Helper()
	dir := t.TempDir()
	for i := range 60 {
		m := image.NewGray(image.Rect(0, 0, 12, 10))
		for y := range 10 {
			for x := range 12 {
				m.SetGray(x, y, color.Gray{uint8(i*4 + 13*x*y)})
			}
		}
		var b bytes.Buffer
		err := png.Encode(&b, m)
		if i%2 == 1 {
			b.Reset()
			err = gojpeg.Encode(&b, m, nil)
		}
		if err != nil {
			t.Fatal(err)
		}
		content := b.Bytes()
		if f := damaged[i]; f != nil {
			content = f(content)
		}
		if err := os.WriteFile(photograph(dir, i), content, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func photograph(dir string, i int) string {
	return filepath.Join(dir, fmt.Sprintf("%02d.%s", i, []string{"png", "jpg"}[i%2]))
}

// folderRecipe is the tiny pipeline on image files instead of IDX, with other arguments of the loader and without a monitor.
func folderRecipe(t *testing.T, source, loader string) recipe {
	t.Helper()
	text, err := os.ReadFile(pipelineFile)
	if err != nil {
		t.Fatal(err)
	}
	s := strings.Replace(string(text), `source "idx" { images = "${var.data}/images" }`, source, 1)
	s = strings.Replace(s, "loader { batch_size = 8 }", "loader {\n  batch_size = 8\n  "+loader+"\n}", 1)
	s, _, _ = strings.Cut(s, `monitor "knn"`)
	return compileText(t, s)
}

// someDamage damages four of the photographs in different ways.
var someDamage = map[int]func([]byte) []byte{
	3:  func(b []byte) []byte { return b[:len(b)/2] },
	18: func(b []byte) []byte { return b[:40] },
	31: func([]byte) []byte { return nil },
	44: func([]byte) []byte { return []byte("this is text") },
}

func files(dir string) string {
	return fmt.Sprintf("source \"image_folder\" {\n    data_prefix = %q\n    channels = 1\n  }", dir)
}

// TestUnreadableImages: damaged images are skipped, counted and listed; where a run is interrupted changes neither the list nor the rest.
func TestUnreadableImages(t *testing.T) {
	dir := photographs(t, someDamage)
	c := folderRecipe(t, files(dir), "max_bad_fraction = 0.1")
	want, _ := c.finish(t, train.Options{Dir: filepath.Join(t.TempDir(), "run")})
	var bad []string
	for i := 1; want[fmt.Sprintf("bad_samples.jsonl:%03d", i)] != ""; i++ {
		var line struct {
			Name, Reason string
			Index        int
		}
		if err := json.Unmarshal([]byte(want[fmt.Sprintf("bad_samples.jsonl:%03d", i)]), &line); err != nil {
			t.Fatal(err)
		}
		if line.Name != photograph(dir, line.Index) || line.Reason == "" {
			t.Errorf("a line of bad_samples.jsonl = %+v, want the path and reason of sample %d", line, line.Index)
		}
		bad = append(bad, fmt.Sprint(line.Index))
	}
	slices.Sort(bad)
	if got := strings.Join(bad, " "); got != "18 3 31 44" {
		t.Errorf("unreadable samples = %s, want 18 3 31 44", got)
	}
	for i, at := range []int{1, 5, 11} {
		run := c.stoppedAt(t, at)
		got, _ := c.finish(t, train.Options{Dir: run, Workers: workerCounts[i]})
		compareStopped(t, got, want)
	}
}

// TestTooManyUnreadableImages ends the run with the share that is allowed, also when it was interrupted in between.
func TestTooManyUnreadableImages(t *testing.T) {
	c := folderRecipe(t, files(photographs(t, someDamage)), "max_bad_fraction = 0.05")
	_, whole := c.run(context.Background(), train.Options{Dir: filepath.Join(t.TempDir(), "run")})
	if !errors.Is(whole, train.ErrFailed) || !strings.Contains(whole.Error(), "4 of 60 samples are unreadable, more than max_bad_fraction = 0.05") {
		t.Fatalf("with four damaged images of 60: %v, want a failure that counts them", whole)
	}
	dir := c.stoppedAt(t, 3)
	if _, err := c.run(context.Background(), train.Options{Dir: dir}); err == nil || err.Error() != whole.Error() {
		t.Errorf("resumed with four damaged images of 60: %v, want %v", err, whole)
	}
}

// pngHeader is a PNG that claims a size and holds next to nothing.
func pngHeader(width, height uint32) []byte {
	b := []byte("\x89PNG\r\n\x1a\n")
	chunk := func(kind string, data []byte) {
		b = append(b, byte(len(data)>>24), byte(len(data)>>16), byte(len(data)>>8), byte(len(data)))
		body := append([]byte(kind), data...)
		sum := crc32.ChecksumIEEE(body)
		b = append(append(b, body...), byte(sum>>24), byte(sum>>16), byte(sum>>8), byte(sum))
	}
	size := []byte{byte(width >> 24), byte(width >> 16), byte(width >> 8), byte(width), byte(height >> 24), byte(height >> 16), byte(height >> 8), byte(height)}
	chunk("IHDR", append(size, 8, 2, 0, 0, 0))
	chunk("IDAT", []byte{0x78, 0x9c, 0x03, 0x00, 0x00, 0x00, 0x00, 0x01})
	chunk("IEND", nil)
	return b
}

// TestImageBombs: images that claim far more pixels than they hold are bad samples, and a process whose memory is bounded survives them.
func TestImageBombs(t *testing.T) {
	bombs := map[int]func([]byte) []byte{
		2: func([]byte) []byte { return pngHeader(100_000, 100_000) },
		4: func([]byte) []byte { return pngHeader(13_000, 13_000) }, // below max_pixels: only its length tells
		7: func(b []byte) []byte { // a JPEG of 65535 x 65535 pixels: the sizes stand 5 bytes behind the marker of its frame
			at := bytes.Index(b, []byte{0xff, 0xc0})
			copy(b[at+5:], []byte{0xff, 0xff, 0xff, 0xff})
			return b
		},
		9: func([]byte) []byte { // a lossless WebP of 16384 x 16384 pixels in 28 bytes
			return []byte("RIFF\x14\x00\x00\x00WEBPVP8L\x08\x00\x00\x00\x2f\xff\xff\xff\x0f\x00\x00\x00")
		},
	}
	dir := filepath.Join(t.TempDir(), "run")
	c := folderRecipe(t, files(photographs(t, bombs)), "max_bad_fraction = 0.1")
	cmd := c.program(t, dir, 2)
	cmd.Env = append(cmd.Env, limitMemory+"=1500000000")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("a run on image bombs in bounded memory: %v\n%s", err, out)
	}
	text, err := os.ReadFile(filepath.Join(dir, "bad_samples.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"index":2,`, "max_pixels = 178956970", `"index":4,`, `"index":7,`, `"index":9,`} {
		if !strings.Contains(string(text), want) {
			t.Errorf("bad_samples.jsonl = %s, want %q in it", text, want)
		}
	}
}

// TestBadList: what is wrong with a list of images is said with its lines before the first step, and skipped where the pipeline says so.
func TestBadList(t *testing.T) {
	dir := photographs(t, nil)
	list := filepath.Join(t.TempDir(), "train.txt")
	var b strings.Builder
	b.WriteString("\ufeff")
	for i := range 60 {
		name := filepath.Base(photograph(dir, i))
		if i >= 40 && i < 55 {
			name = "gone-" + name
		}
		fmt.Fprintf(&b, "%s\r\n", name)
	}
	fmt.Fprintf(&b, "%s\r\n", filepath.Base(photograph(dir, 1))) // twice
	if err := os.WriteFile(list, []byte(b.String()), 0o666); err != nil {
		t.Fatal(err)
	}
	source := func(missing string) string {
		return fmt.Sprintf("source \"image_list\" {\n data_prefix = %q\n ann_file = %q\n missing = %q\n channels = 1\n }", dir, list, missing)
	}
	run := filepath.Join(t.TempDir(), "run")
	_, err := folderRecipe(t, source("error"), "").run(context.Background(), train.Options{Dir: run})
	var refused train.Refused
	if !errors.As(err, &refused) || !strings.Contains(err.Error(), "train.txt:41: no such file: "+dir) || !strings.Contains(err.Error(), "and 5 more") || strings.Contains(err.Error(), "train.txt:51") {
		t.Errorf("a list with 15 missing files: %v, want a refusal with the first ten lines and the number of the others", err)
	}
	if _, err := os.Stat(run); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the refused run left its folder: %v", err)
	}
	_, said := folderRecipe(t, source("skip"), "").finish(t, train.Options{Dir: run})
	if !strings.Contains(said.said(), "15") {
		t.Errorf("a run that skips missing files said %q, want how many", said.said())
	}
}

// TestDataChanged: a run goes on with the data that it was saved with, or says what changed.
func TestDataChanged(t *testing.T) {
	for name, c := range map[string]struct {
		change func(dir string) error
		want   string
	}{
		"added":   {func(d string) error { return os.WriteFile(filepath.Join(d, "new.png"), []byte("x"), 0o666) }, "added: 1\n\t"},
		"removed": {func(d string) error { return os.Remove(photograph(d, 8)) }, "removed: 1\n\t"},
		"changed": {func(d string) error { return os.Truncate(photograph(d, 9), 30) }, "changed: 1\n\t"},
		"renamed": {func(d string) error { return os.Rename(photograph(d, 9), filepath.Join(d, "99.jpg")) }, "added: 1\n\t"},
	} {
		dir := photographs(t, nil)
		r := folderRecipe(t, files(dir), "max_bad_fraction = 0.1")
		run := r.stoppedAt(t, 8)
		if err := c.change(dir); err != nil {
			t.Fatal(err)
		}
		var refused train.Refused
		if _, err := r.run(context.Background(), train.Options{Dir: run}); !errors.As(err, &refused) || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "-accept data") {
			t.Errorf("%s: %v, want a refusal with %q", name, err, c.want)
		}
		_, said := r.finish(t, train.Options{Dir: run, Accept: []string{train.AcceptData}})
		if !strings.Contains(said.said(), c.want) {
			t.Errorf("%s and accepted: the run said %q, want %q", name, said.said(), c.want)
		}
		if name == "added" {
			if _, err := r.run(context.Background(), train.Options{Dir: run}); err != nil { // the new list is that of the run now
				t.Errorf("%s and accepted before: %v, want none", name, err)
			}
		}
	}
}

// TestAnotherDecoder: a run whose JPEG images would now be decoded to other pixels is refused.
func TestAnotherDecoder(t *testing.T) {
	if jpeg.Name() == "go" {
		t.Skip("there is no decoder but Go's on this machine")
	}
	r := folderRecipe(t, files(photographs(t, nil)), "")
	c := r.program(t, r.stoppedAt(t, 8), 1)
	c.Env = append(c.Env, "SSC_JPEG_LIB="+jpeg.Off)
	out, err := c.CombinedOutput()
	if got := exitCode(err); got != 1 || !strings.Contains(string(out), "(decoder of JPEG images)") {
		t.Errorf("exit code %d, want 1 and what changed, the decoder:\n%s", got, out)
	}
}

// TestTouchedData: other dates on the same files are no change.
func TestTouchedData(t *testing.T) {
	dir := photographs(t, nil)
	r := folderRecipe(t, files(dir), "")
	want, _ := r.finish(t, train.Options{Dir: filepath.Join(t.TempDir(), "run")})
	run := r.stoppedAt(t, 8)
	for i := range 60 {
		text, err := os.ReadFile(photograph(dir, i))
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(os.Remove(photograph(dir, i)), os.WriteFile(photograph(dir, i), text, 0o666)); err != nil {
			t.Fatal(err)
		}
	}
	got, _ := r.finish(t, train.Options{Dir: run})
	compareStopped(t, got, want)
}

// TestMovedData: a run goes on with the same images in another folder, to the same bits, and its plan names the new one from then on.
func TestMovedData(t *testing.T) {
	before := photographs(t, nil)
	r := folderRecipe(t, files(before), "")
	want, _ := r.finish(t, train.Options{Dir: filepath.Join(t.TempDir(), "run")})
	run := r.stoppedAt(t, 8)
	after := filepath.Join(t.TempDir(), "elsewhere")
	if err := os.Rename(before, after); err != nil {
		t.Fatal(err)
	}
	var refused train.Refused
	if _, err := r.run(t.Context(), train.Options{Dir: run}); !errors.As(err, &refused) || !strings.Contains(err.Error(), "go on with: ssc run FILE -run "+run) {
		t.Errorf("without its data the run ends with %v, want a refusal that says how to go on", err)
	}
	moved := folderRecipe(t, files(after), "")
	got, _ := moved.finish(t, train.Options{Dir: run})
	compareStopped(t, got, want)
	b, err := os.ReadFile(filepath.Join(run, plan.File))
	if err != nil {
		t.Fatal(err)
	}
	p, err := plan.Decode(b)
	if err != nil {
		t.Fatal(err)
	}
	if got := p.Dataset("train").Source.Args["data_prefix"]; got != after {
		t.Errorf("the plan of the run folder has its data in %v, want %s", got, after)
	}
}

// TestFewFiles: with fewer file descriptors than workers images wait for them, and none is taken for damaged.
func TestFewFiles(t *testing.T) {
	c := folderRecipe(t, files(photographs(t, nil)), "")
	want, _ := c.finish(t, train.Options{Dir: filepath.Join(t.TempDir(), "undisturbed")})
	dir := filepath.Join(t.TempDir(), "run")
	cmd := c.program(t, dir, 64)
	cmd.Env = append(cmd.Env, limitFiles+"=32")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("a run with 32 file descriptors: %v\n%s", err, out)
	}
	compare(t, outcome(t, dir), want)
}

// TestWorkerPanic: a panic that a sample causes makes it a bad sample, with the stack in the log, whatever reads it: the pictures of the report read 8 samples, 3 epochs 40 each, and the
// monitor after each of them 37.
func TestWorkerPanic(t *testing.T) {
	r := compile(t, images(), "loader.max_bad_fraction=0.1")
	for reader, pass := range map[string]int{"pictures": 5, "training": 20, "monitor": 8 + 3*40 + 2*37 + 10} {
		dir := filepath.Join(t.TempDir(), "run")
		c := armed(r.program(t, dir, 2), failpoint.Worker, fmt.Sprintf("panic:%d", pass))
		out, err := c.CombinedOutput()
		if err != nil {
			t.Fatalf("a run with a panic in a worker for the %s: %v\n%s", reader, err, out)
		}
		for _, want := range []string{"unreadable sample ", "panic: failpoint loader.worker", "loader.(*worker).fill"} {
			if !strings.Contains(string(out), want) {
				t.Errorf("with a panic of what the %s read the run said %s, want %q", reader, out, want)
			}
		}
		lines, err := os.ReadFile(filepath.Join(dir, "bad_samples.jsonl"))
		if got, want := bytes.Count(lines, []byte("\n")), map[string]int{"training": 1}[reader]; err != nil || got != want {
			t.Errorf("after a panic of what the %s read bad_samples.jsonl has %d lines, %v, want %d", reader, got, err, want)
		}
		if got, want := strings.Contains(string(out), "knn of encoder: unreadable images"), reader == "monitor"; got != want {
			t.Errorf("with a panic of what the %s read the run says that the monitor met it: %t, want %t", reader, got, want)
		}
	}
}
