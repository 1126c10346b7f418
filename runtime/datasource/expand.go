package datasource

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"ssc/lang/schema"
)

// shardArgs declares the files of sources that keep many images in each.
func shardArgs(set *schema.Set, patterns *[]string, example string) {
	set.Strings(patterns, "files", nil, fmt.Sprintf("paths, in order; {000..146} stands for the numbers of a range, {a,b} for alternatives, and *, ? and [a-z] for what is there, "+
		"sorted: for example %q", example), schema.Required, schema.NotEmpty, schema.Location)
}

// maxShards bounds what braces expand to.
const maxShards = 1 << 20

// expand lists the files that patterns stand for. A path without wildcards must exist; a pattern with some must fit a file.
func expand(patterns []string) ([]string, error) {
	var out []string
	var problems Problems
	for _, p := range patterns {
		paths, err := braces(p)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", p, err)
		}
		for _, path := range paths {
			if !strings.ContainsAny(path, "*?[") {
				out = append(out, path)
				if _, err := os.Stat(path); err != nil {
					problems.add("%s: %v", path, cause(err))
				}
				continue
			}
			found, err := filepath.Glob(path)
			if err != nil {
				return nil, fmt.Errorf("%s: the pattern is malformed", path)
			}
			if len(found) == 0 {
				problems.add("%s: no file fits the pattern", path)
			}
			slices.Sort(found)
			out = append(out, found...)
		}
		if len(out) > maxShards {
			return nil, fmt.Errorf("%s: more than %d files", p, maxShards)
		}
	}
	return out, problems.err()
}

// braces expands the first pair of braces, and what is left of each result.
func braces(pattern string) ([]string, error) {
	head, rest, ok := strings.Cut(pattern, "{")
	if !ok {
		return []string{pattern}, nil
	}
	inner, tail, ok := strings.Cut(rest, "}")
	if !ok || strings.Contains(inner, "{") {
		return nil, fmt.Errorf("braces do not match, or stand inside others")
	}
	words, err := alternatives(inner)
	if err != nil {
		return nil, err
	}
	tails, err := braces(tail)
	if err != nil {
		return nil, err
	}
	if len(words)*len(tails) > maxShards {
		return nil, fmt.Errorf("stands for more than %d files", maxShards)
	}
	out := make([]string, 0, len(words)*len(tails))
	for _, w := range words {
		for _, t := range tails {
			out = append(out, head+w+t)
		}
	}
	return out, nil
}

// alternatives are what stands for the inside of braces: a range of numbers, padded as its ends are, or words.
func alternatives(inner string) ([]string, error) {
	first, last, ok := strings.Cut(inner, "..")
	if !ok {
		return strings.Split(inner, ","), nil
	}
	lo, err1 := strconv.Atoi(first)
	hi, err2 := strconv.Atoi(last)
	if err1 != nil || err2 != nil || lo < 0 || hi < lo {
		return nil, fmt.Errorf("{%s} is no range of numbers from a lower to a higher one", inner)
	}
	if hi-lo >= maxShards {
		return nil, fmt.Errorf("{%s} stands for more than %d files", inner, maxShards)
	}
	width := 0
	if len(first) > 1 && first[0] == '0' || len(last) > 1 && last[0] == '0' {
		width = max(len(first), len(last))
	}
	out := make([]string, 0, hi-lo+1)
	for n := lo; n <= hi; n++ {
		out = append(out, fmt.Sprintf("%0*d", width, n))
	}
	return out, nil
}
