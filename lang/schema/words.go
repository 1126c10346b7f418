package schema

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/agext/levenshtein"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"
)

// DidYouMean returns " Did you mean …?" when a valid name is within edit distance 2, else " Valid names: …."
func DidYouMean(name string, valid []string) string {
	best, dist := "", 3
	for _, v := range valid {
		if d := levenshtein.Distance(name, v, nil); d < dist && d < len(v) {
			best, dist = v, d
		}
	}
	if best != "" {
		return fmt.Sprintf(" Did you mean %q?", best)
	}
	if len(valid) == 0 {
		return " None is accepted here."
	}
	return " Valid names: " + strings.Join(valid, ", ") + "."
}

func suggestion(v any, valid []string) string {
	if s, ok := v.(string); ok && len(valid) > 0 {
		return DidYouMean(s, valid)
	}
	return ""
}

func choices(k Kind) string {
	if k == nil || len(k.Names()) == 0 {
		return ""
	}
	return " Valid names: " + strings.Join(k.Names(), ", ") + "."
}

// article puts a or an before a noun.
func article(noun string) string {
	if noun != "" && strings.ContainsRune("aeiou", rune(noun[0])) {
		return "an " + noun
	}
	return "a " + noun
}

func capital(text string) string { return strings.ToUpper(text[:1]) + text[1:] }

func example(f *Field) string {
	v := f.Default
	if v == nil {
		switch f.Type {
		case TNumber, TNumPair:
			v = 0.5
		case TInt, TIntPair:
			v = 1
		case TBool:
			v = true
		case TString:
			v = "text"
		case TInts, TIntList:
			v = []int{1, 2}
		case TNumbers:
			v = []float64{0.5, 1}
		case TStrings:
			v = []string{"a", "b"}
		}
	}
	return fmt.Sprintf("for example %s = %s", f.Name, Literal(v))
}

// smallExponent matches the padding zero of exponents such as 1e-05.
var smallExponent = regexp.MustCompile(`(e-?)\+?0`)

// Literal prints a field's value as it is written in a file.
func Literal(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case float64:
		return smallExponent.ReplaceAllString(strconv.FormatFloat(v, 'g', -1, 64), "${1}")
	case string:
		return string(hclwrite.TokensForValue(cty.StringVal(v)).Bytes())
	case []int:
		return list(v)
	case []float64:
		return list(v)
	case []string:
		return list(v)
	case [2]int:
		return list(v[:])
	case [2]float64:
		return list(v[:])
	}
	return fmt.Sprint(v)
}

func list[V any](l []V) string {
	parts := make([]string, len(l))
	for i, x := range l {
		parts[i] = Literal(x)
	}
	return "[" + strings.Join(parts, ", ") + "]"
}
