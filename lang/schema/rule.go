package schema

import (
	"fmt"
	"strings"
)

// Rule is a condition on one argument's value, with the words the manual and diagnostics use for it.
type Rule struct {
	Text     string   // completes "must be": "positive", "one of \"a\", \"b\""
	Choices  []string // of OneOf, for completion and did-you-mean
	ok       func(value any) bool
	required bool
	location bool
}

// Holds reports whether the value, as Field.Value gives it, satisfies the rule.
func (r Rule) Holds(value any) bool { return r.ok == nil || r.ok(value) }

// Required marks an argument that has no default.
var Required = Rule{required: true}

// Location marks an argument that says where files lie, and nothing about what is in them: a plan with another value computes the same.
var Location = Rule{Text: "a path that may be another when a run goes on", location: true}

// Bounds on numbers; on lists and pairs they hold for every element.
var (
	Positive    = numeric("greater than 0", func(x float64) bool { return x > 0 })
	NonNegative = numeric("0 or greater", func(x float64) bool { return x >= 0 })
	Fraction    = numeric("between 0 and 1", func(x float64) bool { return x >= 0 && x <= 1 })
)

// Between bounds a number, both ends included.
func Between(lo, hi float64) Rule {
	return numeric(fmt.Sprintf("between %g and %g", lo, hi), func(x float64) bool { return x >= lo && x <= hi })
}

// Ascending demands that a list or pair does not decrease.
var Ascending = Rule{Text: "in ascending order", ok: func(v any) bool {
	l := numbers(v)
	for i := 1; i < len(l); i++ {
		if l[i] < l[i-1] {
			return false
		}
	}
	return true
}}

// NotEmpty demands a text or list with something in it.
var NotEmpty = Rule{Text: "not empty", ok: func(v any) bool {
	if s, ok := v.(string); ok {
		return s != ""
	}
	if s, ok := v.([]string); ok {
		return len(s) > 0
	}
	return len(numbers(v)) > 0
}}

// OneOf restricts a text.
func OneOf(choices ...string) Rule {
	quoted := make([]string, len(choices))
	for i, c := range choices {
		quoted[i] = fmt.Sprintf("%q", c)
	}
	return Rule{Text: "one of " + strings.Join(quoted, ", "), Choices: choices, ok: func(v any) bool {
		for _, c := range choices {
			if v == c {
				return true
			}
		}
		return false
	}}
}

// OneOfInt restricts a whole number.
func OneOfInt(choices ...int) Rule {
	texts := make([]string, len(choices))
	for i, c := range choices {
		texts[i] = fmt.Sprint(c)
	}
	return Rule{Text: "one of " + strings.Join(texts, ", "), ok: func(v any) bool {
		for _, c := range choices {
			if v == c {
				return true
			}
		}
		return false
	}}
}

func numeric(text string, ok func(float64) bool) Rule {
	return Rule{Text: text, ok: func(v any) bool {
		for _, x := range numbers(v) {
			if !ok(x) {
				return false
			}
		}
		return true
	}}
}

func numbers(v any) []float64 {
	switch v := v.(type) {
	case int:
		return []float64{float64(v)}
	case float64:
		return []float64{v}
	case [2]int:
		return []float64{float64(v[0]), float64(v[1])}
	case [2]float64:
		return v[:]
	case []float64:
		return v
	case []int:
		out := make([]float64, len(v))
		for i, n := range v {
			out[i] = float64(n)
		}
		return out
	}
	return nil
}
