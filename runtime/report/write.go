package report

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"math"
)

//go:embed page.html page.css page.js
var files embed.FS

// page is what the template draws.
type page struct {
	*Run
	Style   template.CSS
	Script  template.JS
	Policy  string
	Nav     []section
	Numbers []Fact
	Charts  []drawn
	Sets    []gallery
	Layouts []drawnMap
	Time    []share
	Title   string // of a gallery page
}

// section is an entry of the table of contents.
type section struct{ ID, Title string }

// gallery is a Gallery with its pictures encoded.
type gallery struct {
	ID, Title, Caption string
	Small              bool // pictures of a few pixels, drawn larger with sharp edges
	Rows               []galleryRow
}

type galleryRow struct {
	Name  string
	Tiles []galleryTile
}

type galleryTile struct {
	URI         template.URL
	Text, Alt   string
	Class, Sign string
}

// share is a part of the time of a run.
type share struct {
	Part
	Colour int
	Share  float64
}

// Write writes the page of a run.
func Write(w io.Writer, r *Run) error {
	p := page{Run: r, Charts: curves(r), Numbers: numbers(r)}
	for _, c := range r.Confusions {
		if err := c.check(); err != nil {
			return fmt.Errorf("writing the report: %w", err)
		}
	}
	for _, m := range r.Maps {
		d, err := m.draw()
		if err != nil {
			return fmt.Errorf("writing the report: %w", err)
		}
		p.Layouts = append(p.Layouts, d)
	}
	if err := p.encode(r.Galleries); err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	p.Time = shares(r)
	p.Nav = p.contents()
	return p.write(w, "run")
}

// WriteGallery writes a page of pictures alone, as ssc viz shows of a dataset before there is a run.
func WriteGallery(w io.Writer, title string, galleries ...Gallery) error {
	p := page{Run: &Run{}, Title: title}
	if err := p.encode(galleries); err != nil {
		return fmt.Errorf("writing the gallery: %w", err)
	}
	return p.write(w, "gallery")
}

// write fills the template, all in memory first: a page is either whole or not begun.
func (p *page) write(w io.Writer, name string) error {
	css, err := files.ReadFile("page.css")
	if err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	js, err := files.ReadFile("page.js")
	if err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	p.Style, p.Script = template.CSS(css), template.JS(js)
	sum := sha256.Sum256(js)
	p.Policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	t, err := template.New("").Funcs(template.FuncMap{"number": number, "percent": percent, "duration": duration, "when": when, "thousands": thousands[int],
		"width":  func(v float64) string { return fmt.Sprintf("%.2f%%", 100*min(1, max(0, v))) },
		"finite": func(v float64) bool { return !math.IsNaN(v) }, "each": func(p Part) string { return duration(p.Seconds / float64(p.Count)) }, "giga": giga, "costs": costsOf}).ParseFS(files, "page.html")
	if err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	var b bytes.Buffer
	if err := t.ExecuteTemplate(&b, name, p); err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	if _, err := b.WriteTo(w); err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	return nil
}

// encode makes the pictures of galleries part of the page.
func (p *page) encode(galleries []Gallery) error {
	signs := map[Mark][2]string{First: {"first", ""}, Same: {"same", ""}, Other: {"other", "×"}}
	for i, g := range galleries {
		if len(g.Rows) == 0 {
			continue
		}
		out := gallery{ID: fmt.Sprintf("pictures-%d", i+1), Title: g.Title, Caption: g.Caption}
		longest := 0
		for _, r := range g.Rows {
			row := galleryRow{Name: r.Name}
			for _, t := range r.Tiles {
				tile := galleryTile{Text: t.Text, Alt: t.Alt, Class: signs[t.Mark][0], Sign: signs[t.Mark][1]}
				if tile.Alt == "" {
					tile.Alt = t.Text
				}
				if m := shrink(t.Image); m != nil {
					var err error
					if tile.URI, err = dataURI(m); err != nil {
						return err
					}
					longest = max(longest, m.Bounds().Dx(), m.Bounds().Dy())
				}
				row.Tiles = append(row.Tiles, tile)
			}
			out.Rows = append(out.Rows, row)
		}
		out.Small = longest <= 64
		p.Sets = append(p.Sets, out)
	}
	return nil
}

// contents lists the sections that there are.
func (p *page) contents() (out []section) {
	add := func(there bool, id, title string) {
		if there {
			out = append(out, section{id, title})
		}
	}
	add(len(p.Warnings) > 0, "warnings", "Warnings")
	add(len(p.Measurements) > 0, "measurements", "Measurements")
	add(len(p.Charts) > 0, "curves", "Curves")
	for _, g := range p.Sets {
		add(true, g.ID, g.Title)
	}
	add(len(p.Layouts) > 0, "maps", "Maps of the embeddings")
	add(len(p.Confusions) > 0, "classes", "Classes")
	add(len(p.Time) > 0, "time", "Time")
	add(p.Profile != nil, "profile", "Profile of a step")
	add(len(p.Unreadable) > 0, "unreadable", "Unreadable samples")
	add(len(p.Settings) > 0, "configuration", "Configuration")
	add(len(p.Environment) > 0, "environment", "Environment")
	return out
}

// numbers are the figures that one looks for first: the last of each.
func numbers(r *Run) (out []Fact) {
	lastOf := func(name string) (float64, bool) {
		for i := len(r.Records) - 1; i >= 0; i-- {
			if v, ok := r.Records[i].Values[name]; ok {
				return v, true
			}
		}
		return 0, false
	}
	if v, ok := lastOf("loss"); ok {
		out = append(out, Fact{"loss", number(v)})
	}
	knn, ok := lastOf("knn")
	measured := false // after training, which counts more
	for _, m := range r.Measurements {
		if m.Probe == "knn" && m.Features == "encoder" && (!measured || m.Value > knn) {
			knn, ok, measured = m.Value, true, true
		}
	}
	if ok {
		out = append(out, Fact{"kNN", percent(knn)})
	}
	for i := len(r.Records) - 1; i >= 0; i-- {
		if c := r.Records[i].Clock; c != nil {
			seconds, wait := elapsed(r.Records)
			out = append(out, Fact{"images/s", number(c.ImagesPerSecond)}, Fact{"training time", duration(last(seconds))})
			if c.MFU > 0 {
				out = append(out, Fact{"MFU", percent(c.MFU)})
			}
			if t := last(seconds); t > 0 {
				out = append(out, Fact{"waiting for data", fmt.Sprintf("%.1f %%", 100*last(wait)/t)})
			}
			break
		}
	}
	if n := len(r.Records); n > 0 && r.Records[n-1].BadSteps > 0 {
		out = append(out, Fact{"steps not finite", thousands(r.Records[n-1].BadSteps)})
	}
	return out
}

// shares are the parts of the time, as counted or else as the clock tells.
func shares(r *Run) (out []share) {
	list := r.Parts
	if len(list) == 0 {
		list = parts(r.Records)
	}
	total := 0.0
	for _, p := range list {
		total += p.Seconds
	}
	for i, p := range list {
		if total > 0 {
			out = append(out, share{p, i % colours, p.Seconds / total})
		}
	}
	return out
}
