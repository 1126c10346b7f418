package cmd

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

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

// digits prints three significant digits.
func digits(x float64) string {
	return strconv.FormatFloat(x, 'f', max(0, 2-int(math.Floor(math.Log10(max(x, 1e-9))+1e-9))), 64)
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
