// Package photos proves that a folder of photographs as people have them becomes a finished run without an edit: ssc init, then ssc run.
package photos

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"image"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ssc/cmd"
	"ssc/compiler/plan"
)

var (
	files   = flag.Int("photos", 150, "number of files")
	damaged = flag.Int("photos.damaged", 6, "damaged ones among them")
	epochs  = flag.Int("photos.epochs", 1, "epochs of the run; 0: as the pipeline says")
	least   = flag.Int("photos.least", 26, "shortest side of a photograph in pixels")
	most    = flag.Int("photos.most", 60, "longest side")
)

// asProgram makes the test binary the command line.
const asProgram = "SSC_PHOTOS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		os.Exit(cmd.Main(os.Args, cmd.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr}))
	}
	os.Exit(m.Run())
}

// TestPhotos: nobody touches the file between the two commands, and what cannot be read is named, exactly.
func TestPhotos(t *testing.T) {
	dir := t.TempDir()
	broken := generate(t, filepath.Join(dir, "photos"), *files, *damaged)
	out := ssc(t, dir, "init", "photos")
	t.Logf("ssc init photos\n%s", out)
	if want := fmt.Sprintf("images   %s in photos;", comma(*files)); !strings.Contains(out, want) {
		t.Errorf("ssc init does not say %q", want)
	}
	if all := *files <= 1000; all {
		for _, name := range broken {
			if !strings.Contains(out, "unreadable: "+name+": ") {
				t.Errorf("ssc init does not name %s", name)
			}
		}
	}
	ssc(t, dir, "fmt", "-check", "photos.hcl")
	ssc(t, dir, "validate", "photos.hcl")
	run := []string{"run", "photos.hcl"}
	if *epochs > 0 {
		run = append(run, "-var", fmt.Sprint("epochs=", *epochs))
	}
	t.Logf("ssc %s\n%s", strings.Join(run, " "), ssc(t, dir, run...))
	if diff := cmp.Diff(broken, badSamples(t, filepath.Join(dir, "runs", "photos", "bad_samples.jsonl"))); diff != "" {
		t.Errorf("bad_samples.jsonl does not name the damaged files (-want +got):\n%s", diff)
	}
	metrics, err := os.ReadFile(filepath.Join(dir, "runs", "photos", "metrics.jsonl"))
	if err != nil || !bytes.Contains(metrics, []byte(`"collapse.std":`)) {
		t.Errorf("metrics.jsonl has no meters of collapse, or %v", err)
	}
}

// ssc runs a command line in the folder, which must succeed, and returns what it printed.
func ssc(t *testing.T, dir string, args ...string) string {
	t.Helper()
	c := exec.Command(os.Args[0], args...)
	c.Dir = dir
	c.Env = append(os.Environ(), asProgram+"=1")
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("ssc %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

func badSamples(t *testing.T, name string) (names []string) {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var line struct{ Name string }
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			t.Fatal(err)
		}
		names = append(names, line.Name)
	}
	slices.Sort(names)
	return names
}

func comma(n int) string {
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%d,%03d", n/1000, n%1000)
}

// folders of the tree; one is the root itself, as people leave photographs there.
var folders = []string{"", "2023/05 spring", "2023/06", "phone/DCIM", "scans/Größe", "a/b/c/d/e/f"}

// generate makes n photographs in a tree and damages some. It returns the names of those, sorted, as ssc prints them.
func generate(t *testing.T, dir string, n, bad int) (broken []string) {
	t.Helper()
	from, ink := originals(t), cmyk(t)
	for _, f := range folders {
		if err := os.MkdirAll(filepath.Join(dir, f), 0o777); err != nil {
			t.Fatal(err)
		}
	}
	put(t, filepath.Join(dir, "Thumbs.db"), []byte("no image"))
	put(t, filepath.Join(dir, "2023", "notes.txt"), []byte("no image"))
	r := plan.NewRand(1, plan.UseShapes, 0, 0, 0)
	hurt := r.Perm(n)[:bad]
	for i := range n {
		r := plan.NewRand(1, plan.UseShapes, 1, uint64(i), 0)
		k := kinds[r.IntN(len(kinds))]
		var b bytes.Buffer
		if r.IntN(20) == 0 {
			k = kind{"CMYK JPEG", ".jpg", func(b *bytes.Buffer, _ *image.NRGBA) error { b.Write(ink); return nil }}
		}
		if err := k.encode(&b, photograph(from, &r, *least, *most)); err != nil {
			t.Fatalf("%s: %v", k.name, err)
		}
		name := filepath.Join(folders[r.IntN(len(folders))], fmt.Sprintf("IMG %d%s", i, k.ext))
		content := b.Bytes()
		if at := slices.Index(hurt, i); at >= 0 {
			content = damages[at%len(damages)](content)
			broken = append(broken, filepath.Join("photos", name))
		}
		put(t, filepath.Join(dir, name), content)
	}
	slices.Sort(broken)
	return broken
}

// damages are what happens to files.
var damages = []func([]byte) []byte{
	func(b []byte) []byte { return b[:len(b)/2] },                                      // a copy that was broken off
	func([]byte) []byte { return nil },                                                 // a full disk
	func([]byte) []byte { return []byte("<html><body>404 Not Found</body></html>\n") }, // a download
	func(b []byte) []byte { return make([]byte, len(b)) },                              // a power cut
	func([]byte) []byte { return []byte("GIF89a\x01\x00\x01\x00\x80\x00\x00") },        // a format that is not read
	func(b []byte) []byte { return b[:min(len(b), 40)] },
}

func put(t *testing.T, name string, content []byte) {
	t.Helper()
	if err := os.WriteFile(name, content, 0o666); err != nil {
		t.Fatal(err)
	}
}
