package report

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestReadMetrics(t *testing.T) {
	const line = `{"step":10,"epoch":0.5,"values":{"loss":null,"lr":0.25},"bad_steps":1,"clock":{"seconds":4,"images_per_second":100,"data_wait_seconds":0.5,"mfu":0.25}}` + "\n"
	first := Record{10, 0.5, map[string]float64{"loss": math.NaN(), "lr": 0.25}, 1, &Clock{4, 100, 0.5, 0.25}}
	for _, c := range []struct {
		name, text string
		want       []Record
		err        string
	}{
		{"empty", "", nil, ""},
		{"one line", line, []Record{first}, ""},
		{"monitor", `{"step":20,"epoch":1,"values":{"knn":0.8}}` + "\n", []Record{{20, 1, map[string]float64{"knn": 0.8}, 0, nil}}, ""},
		{"being written", line + `{"step":20,"ep`, []Record{first}, ""},
		{"blank line", "\n" + line, []Record{first}, ""},
		{"last line alone", line[:len(line)-1], nil, ""},
		{"damaged", line + "{]\n" + line, []Record{first}, "metrics.jsonl:2: "},
		{"of another type", `{"step":"x"}` + "\n", nil, "metrics.jsonl:1: "},
	} {
		path := filepath.Join(t.TempDir(), "metrics.jsonl")
		if err := os.WriteFile(path, []byte(c.text), 0o666); err != nil {
			t.Fatal(err)
		}
		got, err := ReadMetrics(path)
		if diff := cmp.Diff(c.want, got, cmpopts.EquateNaNs()); diff != "" {
			t.Errorf("%s: ReadMetrics (-want +got):\n%s", c.name, diff)
		}
		if (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("%s: ReadMetrics = %v, want an error with %q", c.name, err, c.err)
		}
	}
	if got, err := ReadMetrics(filepath.Join(t.TempDir(), "none")); got != nil || err != nil {
		t.Errorf("ReadMetrics(no file) = %v, %v, want nothing", got, err)
	}
}

// TestElapsed has a run of two processes: the second began after the checkpoint at 30 s of the first.
func TestElapsed(t *testing.T) {
	records := []Record{{Clock: &Clock{Seconds: 10, DataWait: 1}}, {}, {Clock: &Clock{Seconds: 30, DataWait: 2}}, {Clock: &Clock{Seconds: 5, DataWait: 0.5}}, {Clock: &Clock{Seconds: 25, DataWait: 4}}}
	seconds, wait := elapsed(records)
	if diff := cmp.Diff([]float64{10, 10, 30, 35, 55}, seconds); diff != "" {
		t.Errorf("seconds (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]float64{1, 1, 2, 2.5, 6}, wait); diff != "" {
		t.Errorf("wait (-want +got):\n%s", diff)
	}
	if got := shares(&Run{Records: records}); len(got) != 2 || got[0].Seconds != 6 || got[1].Seconds != 49 {
		t.Errorf("shares by the clock = %v, want 6 s of waiting and 49 s of everything else", got)
	}
}

func TestNumbers(t *testing.T) {
	for v, want := range map[float64]string{0: "0", 1: "1", 0.5: "0.5", 3.14159: "3.142", -2.5: "-2.5", 999.96: "1000", 1234.5: "1,235", 60000: "60,000", -1234567: "-1,234,567",
		0.000123456: "0.0001235", 0.00001: "1.00e-05", 1e20: "1.00e+20", math.Inf(1): "not finite", 0.1 + 0.2: "0.3"} {
		if got := number(v); got != want {
			t.Errorf("number(%g) = %q, want %q", v, got, want)
		}
	}
	for v, want := range map[float64]string{0.0004: "0.4 ms", 0.25: "250 ms", 4.8: "4.8 s", 59.96: "60 s", 480: "8 min 00 s", 3599.9: "1 h 00 min", 7384: "2 h 03 min", 200000: "2 d 07 h"} {
		if got := duration(v); got != want {
			t.Errorf("duration(%g) = %q, want %q", v, got, want)
		}
	}
}

// TestReadMetricsThinned reads more lines than are kept: monitors and both ends stay, and what is left is evenly spread.
func TestReadMetricsThinned(t *testing.T) {
	const lines = 3*mostRecords + 1
	var b strings.Builder
	for i := 1; i <= lines; i++ {
		fmt.Fprintf(&b, `{"step":%d,"values":{"loss":1},"clock":{"seconds":%d}}`+"\n", i, i)
		if i == 10001 {
			b.WriteString(`{"step":10001,"values":{"knn":0.5}}` + "\n")
		}
	}
	path := filepath.Join(t.TempDir(), "metrics.jsonl")
	if err := os.WriteFile(path, []byte(b.String()), 0o666); err != nil {
		t.Fatal(err)
	}
	got, err := ReadMetrics(path)
	if err != nil || len(got) > mostRecords || len(got) < mostRecords/2 {
		t.Fatalf("ReadMetrics of %d lines = %d records, %v, want at most %d", lines, len(got), err, mostRecords)
	}
	monitors := 0
	for i, r := range got {
		if r.Clock == nil {
			monitors++
			continue
		}
		if i < len(got)-1 && r.Step%4 != 0 {
			t.Fatalf("record %d is of step %d, want every fourth", i, r.Step)
		}
	}
	if monitors != 1 || got[len(got)-1].Step != lines {
		t.Errorf("ReadMetrics has %d records of monitors and ends at step %d, want 1 and %d", monitors, got[len(got)-1].Step, lines)
	}
}

func TestReadUnreadable(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bad_samples.jsonl")
	if list, all, err := ReadUnreadable(path); err != nil || len(list) > 0 || all != 0 {
		t.Errorf("ReadUnreadable(no file) = %v, %d, %v", list, all, err)
	}
	line := `{"index":3,"name":"a.png","epoch":0,"position":7,"reason":"cut off"}` + "\n"
	if err := os.WriteFile(path, []byte(strings.Repeat(line, unreadableMost+5)+line[:9]), 0o666); err != nil {
		t.Fatal(err)
	}
	list, all, err := ReadUnreadable(path)
	if err != nil || all != unreadableMost+5 || len(list) != unreadableMost || list[0] != (Unreadable{"a.png", "cut off"}) {
		t.Errorf("ReadUnreadable = %d of %d, %v, want the first %d of %d", len(list), all, err, unreadableMost, unreadableMost+5)
	}
}
