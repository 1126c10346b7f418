package cmd

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"text/tabwriter"

	"ssc/compiler/ir"
)

// newTable aligns columns that are separated by tabs. It must be flushed.
func newTable(w io.Writer) *tabwriter.Writer { return tabwriter.NewWriter(w, 0, 0, 2, ' ', 0) }

// count prints a whole number with commas between thousands.
func count[N int | int64](n N) string {
	digits := strconv.FormatInt(int64(n), 10)
	sign := ""
	if n < 0 {
		sign, digits = "-", digits[1:]
	}
	var b strings.Builder
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(d)
	}
	return sign + b.String()
}

// amount prints a number to three digits with an SI prefix: 1.23 G.
func amount(n float64) string {
	for _, u := range []struct {
		size float64
		name string
	}{{1e15, " P"}, {1e12, " T"}, {1e9, " G"}, {1e6, " M"}, {1e3, " k"}} {
		if n >= u.size*0.9995 {
			return digits(n/u.size) + u.name
		}
	}
	return strconv.FormatFloat(n, 'f', -1, 64)
}

// digits prints three significant digits of a number between 1 and 1000.
func digits(x float64) string {
	switch {
	case x < 9.995:
		return strconv.FormatFloat(x, 'f', 2, 64)
	case x < 99.95:
		return strconv.FormatFloat(x, 'f', 1, 64)
	}
	return strconv.FormatFloat(x, 'f', 0, 64)
}

// bytesText prints a size in binary units.
func bytesText(n int64) string {
	if n < 1<<10 {
		return fmt.Sprintf("%d B", n)
	}
	units := []string{"KiB", "MiB", "GiB", "TiB", "PiB"}
	x, i := float64(n)/1024, 0
	for x >= 999.5 && i < len(units)-1 {
		x, i = x/1024, i+1
	}
	return digits(x) + " " + units[i]
}

// finite is a number for JSON, which has none for infinity: nil becomes null.
func finite(x float64) *float64 {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return nil
	}
	return &x
}

// unit is a number with its prefix, ready for a unit: "1.23 G", "7 ".
func unit(n int64) string {
	text := amount(float64(n))
	if strings.Contains(text, " ") {
		return text
	}
	return text + " "
}

// dims prints a shape; -1 is an axis of any size.
func dims(d []int) string {
	parts := make([]string, len(d))
	for i, n := range d {
		if parts[i] = strconv.Itoa(n); n < 0 {
			parts[i] = "?"
		}
	}
	return "[" + strings.Join(parts, ", ") + "]"
}

// elements is the number of elements of a shape, with symbolic axes as 1.
func elements(d []int) int64 {
	n := int64(1)
	for _, x := range d {
		if x >= 0 {
			n *= int64(x)
		}
	}
	return n
}

// cutLast splits a tensor's name at its last dot.
func cutLast(name string) (module, tensor string) {
	if i := strings.LastIndexByte(name, '.'); i >= 0 {
		return name[:i], name[i+1:]
	}
	return "", name
}

// dtypeBytes is the size of an element; 0 for a type that is not known.
func dtypeBytes(name string) int {
	d, ok := ir.ParseDType(name)
	if !ok {
		return 0
	}
	return d.Bytes()
}
