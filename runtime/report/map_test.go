package report

import (
	"fmt"
	"math"
	"strings"
	"testing"
)

func TestMapClasses(t *testing.T) {
	m := Map{Title: "m", Points: [][2]float64{{0, 0}, {1, 1}, {2, 0}, {math.Inf(1), 0}}, Labels: []int64{5, -1, 0, 0}, Names: []string{"cat"}}
	d, err := m.draw()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range d.Classes {
		got = append(got, fmt.Sprint(c.Name, " ", c.Count))
	}
	if want := "[no label 1 cat 1 5 1]"; fmt.Sprint(got) != want {
		t.Errorf("classes = %v, want %v", got, want)
	}
	if s := string(d.SVG); strings.Contains(s, "NaN") || strings.Contains(s, "Inf") {
		t.Error("the map holds a place that is not finite")
	}
	for _, m := range []Map{{}, {Points: [][2]float64{{1, 1}, {1, 1}}}, {Points: [][2]float64{{math.NaN(), 1}}}} {
		if d, err := m.draw(); err != nil || strings.Contains(string(d.SVG), "NaN") || len(d.Classes) > 0 {
			t.Errorf("map of %v = %v, %v, want one without classes and NaN", m.Points, d, err)
		}
	}
}

// TestMapLimits draws more points than can be told apart and more classes than have marks.
func TestMapLimits(t *testing.T) {
	m := Map{Points: make([][2]float64, 3*mapMost), Labels: make([]int64, 3*mapMost)}
	for i := range m.Points {
		m.Points[i] = [2]float64{float64(i % 100), float64(i / 100)}
		m.Labels[i] = int64(i % 40)
	}
	d, err := m.draw()
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(d.SVG), "M"); n < mapMost*9/10 || n > mapMost*11/10 {
		t.Errorf("%d marks are drawn, want about %d", n, mapMost)
	}
	if len(d.Classes) != 40 || !strings.Contains(d.Caption, "of 12,000 points") {
		t.Errorf("%d classes, caption %q, want 40 and the number of points", len(d.Classes), d.Caption)
	}
	marks := map[string]bool{}
	for _, c := range d.Classes[:colours*shapes] {
		marks[string(c.Mark)] = true
	}
	if len(marks) != colours*shapes {
		t.Errorf("%d different marks, want %d", len(marks), colours*shapes)
	}
}

func TestPlacesApart(t *testing.T) {
	id := axis{lo: 0, hi: mapSide, p0: 0, p1: mapSide}
	var classes []mapClass
	for i := range 6 {
		classes = append(classes, mapClass{ID: i, Name: "pullover", at: [][2]float64{{200, 200}}})
	}
	list := places(classes, id, id)
	for i := 1; i < len(list); i++ {
		if list[i].y-list[i-1].y < 14 {
			t.Errorf("names %d and %d are %g apart, want 14", i-1, i, list[i].y-list[i-1].y)
		}
	}
}
