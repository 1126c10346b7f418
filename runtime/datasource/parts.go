package datasource

import "sort"

// parts numbers the samples of several files or sources one after the other.
type parts struct{ ends []int }

// add appends a part of n samples.
func (p *parts) add(n int) { p.ends = append(p.ends, p.len()+n) }

func (p *parts) len() int {
	if len(p.ends) == 0 {
		return 0
	}
	return p.ends[len(p.ends)-1]
}

// find returns the part that sample i lies in, and its number there.
func (p *parts) find(i int) (part, at int) {
	part = sort.SearchInts(p.ends, i+1)
	if part > 0 {
		i -= p.ends[part-1]
	}
	return part, i
}
