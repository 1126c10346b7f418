package report

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// curves are the charts of a run's records, the ones that everybody looks for first. Values named a.b and a.c share the chart a, but for accuracies among the best five, which
// have their own, and for meters, which have no scale in common.
func curves(r *Run) []drawn {
	all, bad := columns(r.Records)
	groups := map[string]*chart{}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		s := all[name]
		group, member := grouped(name)
		c := groups[group]
		if c == nil {
			c = &chart{title: title(group), share: isShare(group, s.ys)}
			groups[group] = c
		}
		s.name = member
		c.series = append(c.series, *s)
		for _, l := range r.References {
			if l.Metric == name {
				c.levels = append(c.levels, l)
			}
		}
	}
	for _, name := range []string{"loss", "grad_norm"} {
		if c := groups[name]; c != nil {
			c.bad = bad
			_, _, lo, hi := c.bounds()
			c.log = hi > 100*lo
		}
	}
	order := slices.SortedFunc(maps.Keys(groups), func(a, b string) int { return cmp.Or(rank(a)-rank(b), strings.Compare(a, b)) })
	var out []drawn
	for i, name := range order {
		out = append(out, groups[name].draw(i))
	}
	return out
}

// grouped is the chart that a value belongs to, and what it is called there.
func grouped(name string) (group, member string) {
	name = strings.ReplaceAll(name, "/", ".")
	name, five := strings.CutSuffix(name, ".top5")
	group, member, split := strings.Cut(name, ".")
	switch {
	case group == "collapse" && split:
		return name, member
	case !split:
		member = group
	}
	if five {
		group += " top 5"
	}
	return group, member
}

// columns are the values of each name, with the speed among them, and the steps of the records before which a step was not finite.
func columns(records []Record) (all map[string]*series, bad []float64) {
	all = map[string]*series{}
	add := func(name string, step int, v float64) {
		s := all[name]
		if s == nil {
			s = &series{}
			all[name] = s
		}
		s.xs, s.ys = append(s.xs, float64(step)), append(s.ys, v)
	}
	before := 0
	for _, r := range records {
		for name, v := range r.Values {
			add(name, r.Step, v)
		}
		if r.Clock != nil {
			add("images_per_second", r.Step, r.Clock.ImagesPerSecond)
		}
		if r.BadSteps > before {
			bad = append(bad, float64(r.Step))
		}
		before = r.BadSteps
	}
	return all, bad
}

// known are the names that have a better title than themselves, in the order of their charts.
var known = []struct{ name, title string }{{"loss", "Loss"}, {"lr", "Learning rate"}, {"grad_norm", "Gradient norm"}, {"knn", "kNN accuracy"}, {"knn top 5", "kNN, right class among five"},
	{"linear", "Linear probe accuracy"}, {"linear top 5", "Linear probe, right class among five"}, {"collapse.std", "Embedding deviation"}, {"collapse.rank", "Effective rank"},
	{"collapse.alignment", "Alignment"}, {"collapse.uniformity", "Uniformity"}, {"collapse.distance", "Distance of two images"},
	{"images_per_second", "Images per second"}}

func rank(name string) int {
	for i, k := range known {
		if k.name == name {
			return i
		}
	}
	return len(known)
}

func title(name string) string {
	if i := rank(name); i < len(known) {
		return known[i].title
	}
	words := strings.ReplaceAll(name, "_", " ")
	if words == "" {
		return name
	}
	return strings.ToUpper(words[:1]) + words[1:]
}

// isShare reports whether a metric is an accuracy: one of a probe, with all values between 0 and 1.
func isShare(name string, values []float64) bool {
	switch strings.TrimSuffix(name, " top 5") {
	case "knn", "linear", "linear_sgd", "svm", "accuracy", "top1", "top5":
		return !slices.ContainsFunc(values, func(v float64) bool { return v < 0 || v > 1 })
	}
	return false
}
