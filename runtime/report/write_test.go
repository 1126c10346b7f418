package report

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"image"
	"image/png"
	"io"
	"math"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files anew")

// small is a run with something in every section.
func small() *Run {
	gray := func(v byte) image.Image {
		m := image.NewGray(image.Rect(0, 0, 2, 2))
		for i := range m.Pix {
			m.Pix[i] = v + byte(i)
		}
		return m
	}
	clock := func(s float64) *Clock { return &Clock{s, 500, s / 100, 0.5} }
	return &Run{
		Name: "tiny", Algorithm: "simclr", Status: Running, Started: time.Unix(1.76e9, 0), Updated: time.Unix(1.76e9+90, 0), Host: "node", Folder: "runs/tiny",
		Command: "ssc run tiny.hcl -set 'train.epochs=2'", Step: 1200, Steps: 2400, Epoch: 1, Epochs: 2, Facts: []Fact{{"seed", "0"}},
		Warnings:     []Warning{{Title: "Collapse", Detail: "std 0.001 < 0.01", Causes: []string{"no stop_gradient"}, Step: 1000, Last: 1200}},
		Measurements: []Measurement{{"kNN", "encoder", 0.8812, "", "k 5"}, {"kNN", "raw pixels", 0.859, "", "k 5"}, {"collapse", "encoder", 0.93, "deviation", "64 queries"}},
		Confusions:   []Confusion{{Title: "kNN", Names: []string{"cat", "dog"}, Counts: [][]int{{8, 2}, {0, 0}}}},
		Records: []Record{
			{10, 0.1, map[string]float64{"loss": 6, "lr": 0.1, "ratio.neck": 1, "ratio.backbone": 2}, 0, clock(10)},
			{20, 0.2, map[string]float64{"loss": math.NaN(), "lr": 0.2, "ratio.neck": 3, "ratio.backbone": 5}, 1, clock(20)},
			{1200, 1, map[string]float64{"loss": 1.5, "lr": 0.4, "ratio.neck": 0.1, "ratio.backbone": 50}, 1, clock(80)},
			{1200, 1, map[string]float64{"knn": 0.87}, 1, nil}},
		References: []Reference{{"knn", 0.859, "raw pixels"}},
		Galleries:  []Gallery{{"Samples", "As they are.", []Row{{"a.png", []Tile{{gray(0), "sample", "the sample", First}, {gray(9), "0.91 cat", "", Same}, {gray(50), "0.90 dog", "", Other}}}}}},
		Maps:       []Map{{"PCA", "Two directions.", [][2]float64{{0, 0}, {1, 2}, {math.NaN(), 0}, {-1, 1}}, []int64{0, 1, 1, -1}, []string{"cat", "dog"}}},
		Parts:      []Part{{"steps", 75, 1200}, {"waiting for data", 5, 0}},
		Profile: &Profile{First: 4, Last: 8, Seconds: 0.01, FLOPs: 2e9, PeakFLOPS: 4e11, PeakBytes: 4e10, MFU: 0.5,
			Functions: []Cost{{"ai.ssc.Conv", "", 3, 0.006, 1.2e9, 2e7}, {"waiting for data", "", 0, 0.004, 0, 0}}, Lines: []Cost{{"backbone \"resnet\"", "tiny.hcl:8,3", 3, 0.006, 1.2e9, 2e7}}},
		Unreadable:  []Unreadable{{"b.jpg", "unexpected EOF"}},
		Settings:    []Setting{{"train.epochs", "2", "tiny.hcl:3,5"}, {"loader.workers", "0", "default"}},
		Environment: []Fact{{"ssc", "1.2.3"}},
	}
}

func written(t *testing.T, r *Run) string {
	t.Helper()
	var b strings.Builder
	if err := Write(&b, r); err != nil {
		t.Fatalf("Write = %v", err)
	}
	return b.String()
}

var dataPNG = regexp.MustCompile(`data:image/png;base64,([^"]*)`)

// withoutCompression replaces pictures by what they show, for their bytes depend on the version of the compressor.
func withoutCompression(t *testing.T, s string) string {
	return dataPNG.ReplaceAllStringFunc(s, func(uri string) string {
		b, err := base64.StdEncoding.DecodeString(strings.ReplaceAll(dataPNG.FindStringSubmatch(uri)[1], "&#43;", "+"))
		if err != nil {
			t.Fatalf("picture: %v", err)
		}
		m, err := png.Decode(bytes.NewReader(b))
		if err != nil {
			t.Fatalf("picture: %v", err)
		}
		return fmt.Sprintf("picture %v %v", m.Bounds(), m.At(0, 0))
	})
}

func TestGolden(t *testing.T) {
	page := written(t, small())
	if again := written(t, small()); again != page {
		t.Errorf("Write twice = different pages:\n%s", cmp.Diff(page, again))
	}
	got := withoutCompression(t, page)
	const name = "testdata/run.html"
	if *update {
		if err := os.WriteFile(name, []byte(got), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("Write (-want +got):\n%s", diff)
	}
}

var (
	contents = regexp.MustCompile(`(?s)<(script|style)>.*?</(script|style)>`)
	loading  = regexp.MustCompile(`(?i)(https?:|//[a-z0-9]|url\(|@import|<link|<iframe|<object|srcset|\bfetch\(|XMLHttpRequest|import\()`)
)

// wellFormed reads the page as XML, in which every tag must be closed and every attribute quoted, and returns its elements.
func wellFormed(t *testing.T, page string) map[string]int {
	t.Helper()
	elements := map[string]int{}
	ids := map[string]bool{}
	d := xml.NewDecoder(strings.NewReader(contents.ReplaceAllString(page, "<$1></$1>")))
	d.Entity = xml.HTMLEntity
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return elements
		}
		if err != nil {
			t.Fatalf("page is not well formed: %v", err)
		}
		e, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		elements[e.Name.Local]++
		for _, a := range e.Attr {
			if a.Name.Local == "id" {
				if ids[a.Value] {
					t.Errorf("id %q stands twice", a.Value)
				}
				ids[a.Value] = true
			}
			if e.Name.Local == "img" && a.Name.Local == "alt" && a.Value == "" || a.Name.Local == "aria-label" && a.Value == "" {
				t.Errorf("<%s> has an empty text alternative", e.Name.Local)
			}
		}
	}
}

func TestPageIsWhole(t *testing.T) {
	page := written(t, small())
	if at := loading.FindStringIndex(withoutCompression(t, page)); at != nil {
		t.Errorf("page asks for something at %q", page[max(0, at[0]-40):min(len(page), at[1]+40)])
	}
	elements := wellFormed(t, page)
	for name, want := range map[string]int{"html": 1, "h1": 1, "main": 1, "script": 1, "img": 3, "figure": 7} {
		if elements[name] != want {
			t.Errorf("page has %d <%s>, want %d", elements[name], name, want)
		}
	}
	script := regexp.MustCompile(`(?s)<script>(.*?)</script>`).FindStringSubmatch(page)[1]
	sum := sha256.Sum256([]byte(script))
	if want := "sha256-" + base64.StdEncoding.EncodeToString(sum[:]); !strings.Contains(strings.ReplaceAll(page, "&#43;", "+"), want) {
		t.Errorf("page's policy does not allow its own script: %s is missing", want)
	}
	for _, s := range regexp.MustCompile(`href="#([^"]*)"`).FindAllStringSubmatch(page, -1) {
		if !strings.Contains(page, `id="`+s[1]+`"`) {
			t.Errorf("contents lead to #%s, which is not there", s[1])
		}
	}
}

func TestEmptyRun(t *testing.T) {
	page := written(t, &Run{})
	elements := wellFormed(t, page)
	if elements["section"] != 0 || elements["nav"] != 0 || !strings.Contains(page, "Nothing has been recorded yet") {
		t.Errorf("Write(zero Run) has %d sections, want none and the words that say so", elements["section"])
	}
}

// TestSectionsLeftOut takes the data of one section away at a time.
func TestSectionsLeftOut(t *testing.T) {
	for id, remove := range map[string]func(*Run){
		"warnings": func(r *Run) { r.Warnings = nil }, "measurements": func(r *Run) { r.Measurements = nil }, "curves": func(r *Run) { r.Records = nil },
		"pictures-1": func(r *Run) { r.Galleries = nil }, "maps": func(r *Run) { r.Maps = nil }, "classes": func(r *Run) { r.Confusions = nil },
		"time": func(r *Run) { r.Parts, r.Records = nil, nil }, "unreadable": func(r *Run) { r.Unreadable = nil }, "configuration": func(r *Run) { r.Settings = nil },
		"environment": func(r *Run) { r.Environment = nil }} {
		r := small()
		section := `<section id="` + id + `">`
		if !strings.Contains(written(t, r), section) {
			t.Errorf("Write(run) lacks %s", section)
		}
		remove(r)
		if page := written(t, r); strings.Contains(page, section) || strings.Contains(page, "#"+id+`"`) {
			t.Errorf("Write(run without its data) has %s", section)
		}
	}
}

func TestHostileText(t *testing.T) {
	const evil = `"'><script>alert(1)</script><img src=x onerror=alert(2)> javascript:x --></style>{{.}} é 𝛕 </svg>`
	r := small()
	for _, s := range []*string{&r.Name, &r.Algorithm, &r.Reason, &r.Host, &r.Folder, &r.Command, &r.Facts[0].Name, &r.Facts[0].Value, &r.Warnings[0].Title, &r.Warnings[0].Detail,
		&r.Warnings[0].Causes[0], &r.Measurements[0].Probe, &r.Measurements[0].Features, &r.Measurements[0].Detail, &r.Confusions[0].Title, &r.Confusions[0].Names[0],
		&r.References[0].Label, &r.Galleries[0].Title, &r.Galleries[0].Caption, &r.Galleries[0].Rows[0].Name, &r.Galleries[0].Rows[0].Tiles[0].Text, &r.Galleries[0].Rows[0].Tiles[0].Alt,
		&r.Maps[0].Title, &r.Maps[0].Caption, &r.Maps[0].Names[0], &r.Parts[0].Name, &r.Unreadable[0].Name, &r.Unreadable[0].Reason, &r.Settings[0].Path, &r.Settings[0].Value,
		&r.Settings[0].Origin, &r.Environment[0].Name, &r.Environment[0].Value} {
		*s = evil
	}
	r.Status = evil
	for i, name := range []string{evil, "a." + evil, "b." + evil, "b.x"} {
		r.Records[0].Values[name] = float64(i)
	}
	elements, plain := wellFormed(t, written(t, r)), wellFormed(t, written(t, small()))
	for _, name := range []string{"script", "img", "style", "html", "h1"} {
		if elements[name] != plain[name] {
			t.Errorf("hostile text made %d <%s> of %d", elements[name], name, plain[name])
		}
	}
	var b strings.Builder
	if err := WriteGallery(&b, evil, r.Galleries...); err != nil {
		t.Fatal(err)
	}
	if got := wellFormed(t, b.String())["script"]; got != 0 {
		t.Errorf("WriteGallery with a hostile title has %d scripts, want 0", got)
	}
}

func TestWriteRefuses(t *testing.T) {
	for want, r := range map[string]*Run{
		`map "m": 1 labels for 2 points`:                          {Maps: []Map{{Title: "m", Points: make([][2]float64, 2), Labels: []int64{1}}}},
		`confusion matrix "c": 0 rows for 1 classes`:              {Confusions: []Confusion{{Title: "c", Names: []string{"a"}, Counts: [][]int{}}}},
		`confusion matrix "c": row 0 has 0 entries for 1 classes`: {Confusions: []Confusion{{Title: "c", Names: []string{"a"}, Counts: [][]int{{}}}}},
		`encoding a picture`:                                      {Galleries: []Gallery{{Rows: []Row{{Tiles: []Tile{{Image: image.NewGray(image.Rectangle{})}}}}}}},
	} {
		var b strings.Builder
		if err := Write(&b, r); err == nil || !strings.Contains(err.Error(), want) || b.Len() > 0 {
			t.Errorf("Write = %v after %d bytes, want %q before the first", err, b.Len(), want)
		}
	}
}

func TestGalleryPage(t *testing.T) {
	var b, none strings.Builder
	if err := WriteGallery(&b, "Views of train", small().Galleries...); err != nil {
		t.Fatal(err)
	}
	if e := wellFormed(t, b.String()); e["img"] != 3 || e["h1"] != 1 || e["figure"] != 1 {
		t.Errorf("WriteGallery has %v, want 3 img, 1 h1, 1 figure", e)
	}
	if err := WriteGallery(&none, "x"); err != nil || !strings.Contains(none.String(), "There are no pictures") {
		t.Errorf("WriteGallery without pictures = %v, want the words that say so", err)
	}
}

func TestConfusion(t *testing.T) {
	c := Confusion{Names: []string{"a", "b", "c"}, Counts: [][]int{{6, 3, 1}, {2, 8, 0}, {0, 0, 0}}}
	want := []classRow{{"a", 10, 0.6, 0.75, "b (3)"}, {"b", 10, 0.8, 8.0 / 11, "a (2)"}, {"c", 0, math.NaN(), 0, ""}}
	if diff := cmp.Diff(want, c.Classes(), cmp.Comparer(func(a, b float64) bool { return a == b || math.IsNaN(a) && math.IsNaN(b) })); diff != "" {
		t.Errorf("Classes (-want +got):\n%s", diff)
	}
	if got := c.Accuracy(); got != 0.7 {
		t.Errorf("Accuracy = %g, want 0.7", got)
	}
	if m := c.Matrix(); !slices.Equal(m[0], []cellShade{{6, 0.6, true}, {3, 0.3, false}, {1, 0.1, false}}) || m[2][2].Share != 0 {
		t.Errorf("Matrix = %v, want shares of rows", m)
	}
	sums := Confusion{Names: c.Names, Tally: Tally{[]int{10, 10, 0}, []int{8, 11, 1}, []int{6, 8, 0}}}
	want[0].Mistaken, want[1].Mistaken = "", ""
	if diff := cmp.Diff(want, sums.Classes(), cmp.Comparer(func(a, b float64) bool { return a == b || math.IsNaN(a) && math.IsNaN(b) })); diff != "" || sums.Accuracy() != 0.7 || sums.Matrix() != nil {
		t.Errorf("Classes of sums alone (-want +got):\n%s", diff)
	}
	if err := (Confusion{Title: "c", Names: c.Names, Tally: Tally{Total: []int{1}}}).check(); err == nil {
		t.Error("check of a tally that is short = nil, want an error")
	}
	c.Names = make([]string, confusionLargest+1)
	if m := c.Matrix(); m != nil {
		t.Errorf("Matrix of %d classes = %d rows, want none", len(c.Names), len(m))
	}
}
