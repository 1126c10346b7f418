package report

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// number prints a value with four significant digits, thousands set apart.
func number(v float64) string {
	switch a := math.Abs(v); {
	case math.IsNaN(v) || math.IsInf(v, 0):
		return "not finite"
	case a >= 1e15 || a < 1e-4 && a > 0:
		return strconv.FormatFloat(v, 'e', 2, 64)
	case a >= 1000:
		return thousands(int64(math.Round(v)))
	}
	return trimZeros(strconv.FormatFloat(v, 'f', 3-int(math.Floor(math.Log10(max(math.Abs(v), 1e-4)))), 64))
}

func trimZeros(s string) string {
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return s
}

// thousands prints a whole number with commas.
func thousands[T int | int64](n T) string {
	s := strconv.FormatInt(int64(n), 10)
	digits := strings.TrimPrefix(s, "-")
	sign := s[:len(s)-len(digits)]
	for at := len(digits) - 3; at > 0; at -= 3 {
		digits = digits[:at] + "," + digits[at:]
	}
	return sign + digits
}

// Count prints a whole number as the page does.
func Count(n int) string { return thousands(n) }

// percent prints a share.
func percent(v float64) string {
	if math.IsNaN(v) {
		return "not finite"
	}
	return strconv.FormatFloat(100*v, 'f', 2, 64) + " %"
}

// giga prints a speed in milliards a second, nothing for none.
func giga(v float64) string {
	if v == 0 {
		return ""
	}
	return strconv.FormatFloat(v/1e9, 'f', 1, 64)
}

// duration prints seconds in the two units that matter.
func duration(seconds float64) string {
	switch {
	case seconds < 1:
		return number(seconds*1000) + " ms"
	case seconds < 60:
		return trimZeros(strconv.FormatFloat(seconds, 'f', 1, 64)) + " s"
	}
	s := int64(math.Round(seconds))
	switch {
	case s < 3600:
		return fmt.Sprintf("%d min %02d s", s/60, s%60)
	case s < 48*3600:
		return fmt.Sprintf("%d h %02d min", s/3600, s%3600/60)
	}
	return fmt.Sprintf("%d d %02d h", s/86400, s%86400/3600)
}

// when prints a moment in universal time.
func when(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }

// tickLabel is the label of a tick on an axis whose ticks are step apart; k, M and G stand for thousands, millions and milliards.
func tickLabel(v, step float64, share bool) string {
	unit := ""
	if share {
		v, step, unit = 100*v, 100*step, " %"
	}
	if math.Abs(v) < step/1e6 {
		return "0" + unit
	}
	if math.Abs(v) >= 1e13 {
		return strconv.FormatFloat(v, 'g', 3, 64) + unit
	}
	for _, u := range []struct {
		name string
		size float64
	}{{"G", 1e9}, {"M", 1e6}, {"k", 1e3}} {
		if math.Abs(v) >= u.size && !share {
			v, step, unit = v/u.size, step/u.size, u.name
			break
		}
	}
	if step < 1e-4 {
		return strconv.FormatFloat(v, 'g', 3, 64) + unit
	}
	return trimZeros(strconv.FormatFloat(v, 'f', max(0, int(math.Ceil(-math.Log10(step)-1e-9))+1), 64)) + unit
}
