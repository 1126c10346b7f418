package plan

import (
	"encoding/json"
	"fmt"
	"slices"
	"sort"
	"strings"
)

// maxDifferences is how many differing values are spelled out.
const maxDifferences = 12

// Differences lists the arguments in which two plans differ, one a line: "\n  train.epochs: 3, now 5".
func Differences(old, now *Plan) string {
	lines := differing(Settings(old), Settings(now))
	if len(lines) == 0 {
		return fmt.Sprintf(" the same pipeline compiled by ssc %s (now %s) or for another target.", old.Compiler, now.Compiler)
	}
	if more := len(lines) - maxDifferences; more > 0 {
		lines = append(slices.Clone(lines[:maxDifferences]), fmt.Sprintf("\n  and %d more", more))
	}
	return strings.Join(lines, "")
}

// Moved lists, in the form of [Differences], where files lie that lay elsewhere for a plan of the same digest; empty when none do.
func Moved(old, now *Plan) string {
	return strings.Join(differing(locations(old), locations(now)), "")
}

// locations are the settings that say where files lie.
func locations(p *Plan) map[string]string {
	out, others := Settings(p), map[string]string{}
	flatten("", p.Pipeline.placeless(), others)
	for k := range others {
		delete(out, k)
	}
	return out
}

// differing has a line for each setting that is not the same in both, sorted.
func differing(a, b map[string]string) (lines []string) {
	for k, v := range b {
		switch w, ok := a[k]; {
		case !ok:
			lines = append(lines, fmt.Sprintf("\n  %s: now %s", k, v))
		case v != w:
			lines = append(lines, fmt.Sprintf("\n  %s: %s, now %s", k, w, v))
		}
	}
	for k, v := range a {
		if _, ok := b[k]; !ok {
			lines = append(lines, fmt.Sprintf("\n  %s: %s, now gone", k, v))
		}
	}
	sort.Strings(lines)
	return lines
}

// Settings are the arguments of the plan's pipeline by their path, as "loader.batch_size"; the label of a block is "algorithm.label".
func Settings(p *Plan) map[string]string {
	out := map[string]string{}
	flatten("", p.Pipeline, out)
	return out
}

func flatten(path string, c Component, out map[string]string) {
	if c.Label != "" {
		out[path+"label"] = c.Label
	}
	for k, v := range c.Args {
		out[path+k] = settingText(v)
	}
	count := map[string]int{}
	for _, b := range c.Blocks {
		name := b.Type
		if n := count[b.Type]; n > 0 {
			name = fmt.Sprintf("%s[%d]", b.Type, n)
		}
		count[b.Type]++
		flatten(path+name+".", b, out)
	}
}

// settingText is a value in the form that it has in plan.json, a text without its quotes: equal for a plan that was compiled and for one that was read, whose whole numbers are floats.
func settingText(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	b, err := json.Marshal(v)
	if err != nil { // no value of a plan
		return fmt.Sprint(v)
	}
	return string(b)
}
