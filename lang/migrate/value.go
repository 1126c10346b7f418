package migrate

import (
	"math"
	"regexp"
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"ssc/lang/migrate/python"
	"ssc/lang/schema"
)

// literal matches spellings of numbers that HCL reads too, once a bare point at either end has a digit.
var literal = regexp.MustCompile(`^-?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$`)

// spelt is the text of a number in its own spelling where HCL knows it: 30. becomes 30, .5 becomes 0.5.
func spelt(v python.Value) (string, bool) {
	t := v.Text
	if !literal.MatchString(t) || len(strings.TrimLeft(t, "-")) > 1 && strings.HasPrefix(strings.TrimLeft(t, "-"), "0") && !strings.ContainsAny(t, ".eE") {
		return "", false
	}
	mantissa, exponent := t, ""
	if i := strings.IndexAny(t, "eE"); i >= 0 {
		mantissa, exponent = t[:i], "e"+strings.TrimPrefix(t[i+1:], "+")
	}
	sign := ""
	if strings.HasPrefix(mantissa, "-") {
		sign, mantissa = "-", mantissa[1:]
	}
	if strings.HasPrefix(mantissa, ".") {
		mantissa = "0" + mantissa
	}
	if whole, rest, ok := strings.Cut(mantissa, "."); ok && strings.Trim(rest, "0") == "" {
		mantissa = whole
	}
	return sign + mantissa + exponent, true
}

// number is the text of a float64 or int64; computed is the arithmetic that gave it.
func number(v python.Value) (text, computed string, ok bool) {
	var f float64
	switch x := v.X.(type) {
	case int64:
		f = float64(x)
		text = strconv.FormatInt(x, 10)
	case float64:
		f = x
		text = schema.Literal(x)
	default:
		return "", "", false
	}
	if math.IsInf(f, 0) || f != f {
		return "", "", false
	}
	if s, ok := spelt(v); ok {
		if g, err := strconv.ParseFloat(s, 64); err == nil && g == f {
			return s, "", true
		}
	}
	if v.Text != "" && !literal.MatchString(v.Text) && strings.ContainsAny(v.Text, "*/+-") && strings.Contains(strings.TrimPrefix(v.Text, "-"), " ") {
		computed = strings.Join(strings.Fields(v.Text), " ")
	}
	return text, computed, true
}

// digits matches the numbers of an arithmetic.
var digits = regexp.MustCompile(`(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?`)

// formula is the arithmetic that gave a number as HCL reads it, where HCL computes the same float64 as Python, which rounds after each operation.
func formula(computed, number string) (string, bool) {
	if strings.Contains(computed, "//") { // a comment there
		return "", false
	}
	text := digits.ReplaceAllStringFunc(computed, func(number string) string {
		if s, ok := spelt(python.Value{Text: number}); ok {
			return s
		}
		return number
	})
	e, diags := hclsyntax.ParseExpression([]byte(text), "", hcl.InitialPos)
	if diags.HasErrors() || len(e.Variables()) > 0 {
		return "", false
	}
	x, diags := e.Value(nil)
	if diags.HasErrors() || x.Type() != cty.Number || x.IsNull() || !x.IsKnown() {
		return "", false
	}
	got, _ := x.AsBigFloat().Float64()
	want, err := strconv.ParseFloat(number, 64)
	return text, err == nil && got == want
}

// expression is the text of any value that HCL can hold.
func expression(v python.Value) (string, bool) {
	switch x := v.X.(type) {
	case nil:
		return "null", true
	case bool:
		return strconv.FormatBool(x), true
	case int64, float64:
		t, _, ok := number(v)
		return t, ok
	case string:
		return schema.Literal(x), true
	case *python.List:
		parts := make([]string, len(x.Elems))
		for i, e := range x.Elems {
			t, ok := expression(e)
			if !ok {
				return "", false
			}
			parts[i] = t
		}
		return "[" + strings.Join(parts, ", ") + "]", true
	case python.Symbol:
		return schema.Literal(x.Name), true
	}
	return "", false
}

// asList are the types of arguments that take a list, and asNumber those that take one number.
var (
	asList   = map[schema.Type]bool{schema.TInts: true, schema.TNumbers: true, schema.TStrings: true}
	asNumber = map[schema.Type]bool{schema.TInt: true, schema.TNumber: true}
)

// fit is the text of a value for an argument of the type, or why it does not fit.
func fit(t schema.Type, v python.Value) (text, why string) {
	l, isList := v.X.(*python.List)
	if asList[t] && !isList {
		v.X = &python.List{Elems: []python.Value{v}}
		isList = true
	}
	if asNumber[t] && isList && len(l.Elems) == 1 {
		return fit(t, l.Elems[0])
	}
	elems := []python.Value{v}
	if isList {
		elems = v.X.(*python.List).Elems
	}
	for _, e := range elems {
		ok := false
		switch t {
		case schema.TBool:
			_, ok = e.X.(bool)
		case schema.TString, schema.TStrings:
			_, ok = e.X.(string)
		case schema.TInt, schema.TInts, schema.TIntPair, schema.TIntList:
			_, ok = e.X.(int64)
			f, isFloat := e.X.(float64)
			ok = ok || isFloat && f == math.Trunc(f)
		default:
			_, isInt := e.X.(int64)
			_, isFloat := e.X.(float64)
			ok = isInt || isFloat
		}
		if !ok {
			return "", "it takes " + string(t) + ", and the value is " + python.Repr(v)
		}
	}
	if isList && (t == schema.TBool || t == schema.TString || asNumber[t]) || isList && (t == schema.TIntPair || t == schema.TNumPair) && len(elems) != 2 {
		return "", "it takes " + string(t) + ", and the value is " + python.Repr(v)
	}
	text, ok := expression(v)
	if !ok {
		return "", "the value " + python.Repr(v) + " cannot be written in a pipeline"
	}
	return text, ""
}

// scaled is v/255 with the fewest digits that give v back: 123.675 becomes 0.485.
func scaled(v float64) string {
	x := v / 255
	for digits := 1; digits < 17; digits++ {
		s := strconv.FormatFloat(x, 'g', digits, 64)
		if y, err := strconv.ParseFloat(s, 64); err == nil && math.Abs(y*255-v) <= 1e-9*math.Abs(v) {
			return schema.Literal(y)
		}
	}
	return schema.Literal(x)
}
