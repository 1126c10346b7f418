package main

import (
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const root = ".."

// TestPage: the committed page is printed from the committed rows.
func TestPage(t *testing.T) {
	data, err := read(filepath.Join(root, dataFile))
	if err != nil {
		t.Fatal(err)
	}
	want := data.page()
	got, err := os.ReadFile(filepath.Join(root, tableFile))
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("%s is not what %s prints: run `go run ./results -print`", tableFile, dataFile)
	}
}

// TestExamples: each method has a small example that names its meter, and every row is of such an example, by its meter.
func TestExamples(t *testing.T) {
	examples, err := smallExamples(root)
	if err != nil {
		t.Fatal(err)
	}
	methods, err := os.ReadDir(filepath.Join(root, "examples", "selfsup"))
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range methods {
		if strings.HasPrefix(m.Name(), "_") || m.Name() == "mocov1" { // MoCo v1 is MoCo v2's algorithm
			continue
		}
		if !slices.ContainsFunc(examples, func(e example) bool { return e.method == m.Name() }) {
			t.Errorf("no example of %s names its meter", m.Name())
		}
	}
	if !slices.ContainsFunc(examples, func(e example) bool { return e.alone }) {
		t.Error("no example has one seed")
	}
	data, err := read(filepath.Join(root, dataFile))
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range data.Rows {
		if !slices.ContainsFunc(examples, func(e example) bool { return e.name == r.Example && e.method == r.Method && e.meter == r.Meter }) {
			t.Errorf("%s has a row of %q by %s, and no example with this name has that meter", dataFile, r.Example, r.Meter)
		}
	}
}

// TestPut: rows stay in order, and one that is made again takes the place of the old one.
func TestPut(t *testing.T) {
	var all table
	for _, r := range []row{{Example: "b"}, {Example: "a", Seed: 1}, {Example: "a"}, {Example: "a", Seed: 1, Steps: 7}} {
		all.put(r)
	}
	if len(all.Rows) != 3 || all.Rows[0].Seed != 0 || all.Rows[1].Steps != 7 || all.Rows[2].Example != "b" {
		t.Errorf("the rows are %+v", all.Rows)
	}
}

// TestGroup: the page has the means over seeds, and the gain is that of the meter.
func TestGroup(t *testing.T) {
	r := row{Example: "x", Method: "byol", Meter: "linear probe", KNN: shares{0.5, 0.4}, Linear: shares{0.9, 0.8}, Dimensions: 128}
	s := r
	s.Seed, s.Linear, s.Note = 1, shares{0.8, 0.8}, "interrupted once"
	page := (&table{Raw: &pixels{0.1, 0.2}, Rows: []row{r, s}}).page()
	for _, want := range []string{"kNN 10.00 %, linear 20.00 %", "| 50.00 | 40.00 | **85.00** | 80.00 | +5.00 |", "| x | 1 | 50.00 | 40.00 | 80.00 | 80.00 |", "\nx, seed 1: interrupted once.\n"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q:\n%s", want, page)
		}
	}
}

// TestClocks: the time of a training that was interrupted is that of all its processes but the one of the first step.
func TestClocks(t *testing.T) {
	whole := `{"step":1,"clock":{"seconds":2,"mfu":0.1}}
{"step":10,"clock":{"seconds":1,"mfu":0.5}}
{"step":15,"values":{}}
{"step":20,"clock":{"seconds":7,"mfu":0.7}}
`
	for _, c := range []struct {
		text               string
		seconds, processor float64
	}{
		{whole, 100, 150},
		{whole + `{"step":30,"clock":{"seconds":3,"mfu":0.6}}` + "\n", 107, 0},
	} {
		name := filepath.Join(t.TempDir(), "metrics.jsonl")
		if err := os.WriteFile(name, []byte(c.text), 0o666); err != nil {
			t.Fatal(err)
		}
		r := row{Seconds: 100, ProcessorSeconds: 150}
		if err := r.clocks(name); err != nil || r.Seconds != c.seconds || r.ProcessorSeconds != c.processor || r.MFU < 0.5 {
			t.Errorf("clocks of %s = %+v, %v, want %v and %v seconds", c.text, r, err, c.seconds, c.processor)
		}
	}
}

// TestEffectiveRank: two directions of equal length are two dimensions, and features that are all one are one.
func TestEffectiveRank(t *testing.T) {
	for _, c := range []struct {
		text string
		want float64
	}{
		{"name,label,f0,f1,f2\na,0,1,0,0\nb,1,0,1,0\n", 2},
		{"name,label,f0,f1,f2\na,,1,2,3\nb,,1,2,3\n", 1},
	} {
		name := filepath.Join(t.TempDir(), "features.csv")
		if err := os.WriteFile(name, []byte(c.text), 0o666); err != nil {
			t.Fatal(err)
		}
		got, dim, err := effectiveRank(name)
		if err != nil || dim != 3 || math.Abs(got-c.want) > 1e-6 {
			t.Errorf("effectiveRank of %q = %v of %d, %v, want %v of 3", c.text, got, dim, err, c.want)
		}
	}
}
