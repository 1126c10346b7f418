package train

import (
	"encoding/json"
	"math"

	"ssc/runtime/report"
)

// record is a line of metrics.jsonl.
type record struct {
	Step     int               `json:"step"`
	Epoch    float64           `json:"epoch"`
	Values   map[string]number `json:"values"`
	BadSteps int               `json:"bad_steps"`
	Clock    *report.Clock     `json:"clock,omitempty"` // what depends on the machine's speed
}

// badRecord is a line of bad_samples.jsonl: an image that could not be read, whose place another one took.
type badRecord struct {
	Index    int    `json:"index"` // of the sample
	Name     string `json:"name"`
	Epoch    int    `json:"epoch"`    // where it was met …
	Position int    `json:"position"` // … for the first time
	Reason   string `json:"reason"`
}

// number is a float64 that JSON can carry: what is not finite becomes null.
type number float64

func (n number) MarshalJSON() ([]byte, error) {
	if f := float64(n); math.IsNaN(f) || math.IsInf(f, 0) {
		return []byte("null"), nil
	}
	return json.Marshal(float64(n))
}
