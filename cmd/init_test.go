package cmd

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"ssc/lang"
	"ssc/runtime/survey"
)

// TestInitText: whatever the images are, the pipeline compiles, is in canonical form, and says what was chosen for them.
func TestInitText(t *testing.T) {
	sides := func(n float64) survey.Quantiles {
		return survey.Quantiles{Least: n, P5: n, P25: n, Median: n, P75: n, P95: n, Greatest: n}
	}
	photos := func(change func(*survey.Survey)) *survey.Survey {
		s := &survey.Survey{Folder: "p", Root: "p", Images: 5000, Sampled: 1000, Short: sides(300), Long: sides(400), Aspect: sides(1), Formats: map[string]int{"JPEG": 1000},
			Stored: map[string]int{"colour": 1000}, Channels: 3, Mean: []float64{.5, .4, .3}, Std: []float64{.2, 0, .2}}
		change(s)
		return s
	}
	classes := []survey.Class{{Name: "a", Images: 2500}, {Name: "b", Images: 2500}}
	for name, c := range map[string]struct {
		s    *survey.Survey
		want []string
	}{
		"photos": {photos(func(*survey.Survey) {}), []string{"depth = 18 #", "size  = 128 #", "batch_size       = 256 ", "default = 200 #", "lr           = 0.001 #", "std  = [0.2, 1, 0.2]", "gaussian_blur"}},
		"many":   {photos(func(s *survey.Survey) { s.Images = 1_000_000 }), []string{"default = 10 #"}},
		"small images": {photos(func(s *survey.Survey) { s.Short, s.Images = sides(32), 200 }),
			[]string{"depth = 10      #", "stem  = \"small\" #", "size  = 32 #", "batch_size       = 32 ", "lr           = 0.00035 #"}},
		"middling images": {photos(func(s *survey.Survey) { s.Short = sides(70) }), []string{"stem_stride = 2 ", "size  = 64 #"}},
		"deep grey": {photos(func(s *survey.Survey) {
			s.Channels, s.AllGrey, s.Window, s.Mean, s.Std = 1, true, []float64{0, 4095}, s.Mean[:1], s.Std[:1]
		}),
			[]string{"channels = 1 ", "window   = [0, 4095] #", "grey images have no saturation and hue"}},
		"bands": {photos(func(s *survey.Survey) { s.Channels, s.Mean, s.Std = 5, make([]float64, 5), make([]float64, 5) }), []string{"channels = 5 #", "no colour transform applies"}},
		"parted": {photos(func(s *survey.Survey) {
			s.Root, s.Layout = "p/train", &survey.Layout{Classes: classes, Train: "train", Test: "val"}
		}), []string{`data_prefix = "p/val"`, `monitor "knn"`}},
		"classes, odd path": {photos(func(s *survey.Survey) { s.Root, s.Layout = "a \"b\" ${c}\n", &survey.Layout{Classes: classes} }),
			[]string{`path = "a \"b\" $${c}\n"`, "rest      = true", "k           = 20"}},
		"damaged":             {photos(func(s *survey.Survey) { s.Damaged = 20 }), []string{"max_bad_fraction = 0.035 # 20 of the 1000 opened images are damaged"}},
		"damaged, all opened": {photos(func(s *survey.Survey) { s.Sampled, s.Damaged = 5000, 100 }), []string{"max_bad_fraction = 0.022 # 100 of 5000 images are damaged"}},
	} {
		t.Run(name, func(t *testing.T) {
			p := choose(c.s, "p", "simclr")
			p.need, p.step = 1<<30, 2*time.Second
			text := p.text()
			if !bytes.Equal(text, lang.Format(text)) || !bytes.Equal(text, p.text()) {
				t.Error("the text is not in canonical form, or differs the second time")
			}
			for _, want := range c.want {
				if !strings.Contains(string(text), want) {
					t.Errorf("the text lacks %q", want)
				}
			}
			if diags := compileText(t, "p.hcl", lang.Options{ReadFile: func(string) ([]byte, error) { return text, nil }}); diags != "" {
				t.Errorf("the pipeline does not compile: %s", diags)
			}
			if t.Failed() {
				t.Logf("%s", text)
			}
		})
	}
}
