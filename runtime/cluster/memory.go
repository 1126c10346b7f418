package cluster

import (
	"context"
	"fmt"

	"ssc/compiler/plan"
)

// Memory is the online state of clusters: a feature and a label of each image, and what follows from them. Labels and counts are whole numbers that float32 holds exactly.
type Memory struct {
	Features  Points
	Labels    []float32
	Centroids Points
	Counts    []float32
}

// Fill takes over features and their partition: features are normalised, centroids are the means of their members.
func (m *Memory) Fill(features Points, labels []int32) {
	copy(m.Features.Data, features.Data)
	Normalize(m.Features)
	m.Assign(labels)
	Means(m.Features, labels, m.Centroids)
}

// Assign takes over a partition. Features and centroids stay.
func (m *Memory) Assign(labels []int32) {
	counts := make([]int, len(m.Counts))
	for i, l := range labels {
		m.Labels[i] = float32(l)
		counts[l]++
	}
	for c, n := range counts {
		m.Counts[c] = float32(n)
	}
}

// Centre moves every centroid to the mean of its members; those without members stay.
func (m *Memory) Centre() { Means(m.Features, m.labels(), m.Centroids) }

func (m *Memory) labels() []int32 {
	out := make([]int32, len(m.Labels))
	for i, l := range m.Labels {
		out[i] = int32(l)
	}
	return out
}

// Small reports whether any cluster has fewer than least members.
func (m *Memory) Small(least int) bool {
	for _, n := range m.Counts {
		if n < float32(least) {
			return true
		}
	}
	return false
}

// splitting are the iterations and starts of the 2-means that parts a cluster; scikit-learn's KMeans, which MMSelfSup takes, has as many.
var splitting = Options{K: 2, Iterations: 20, Starts: 10}

// Merge ends clusters with fewer than least members. Their members go to the nearest of the others, by inner product with the centroids; then each of them takes over one half of the cluster that is the largest at that
// moment, parted by 2-means. It returns how many clusters were replaced.
//
// Zhan, Xie, Liu, Ong, Loy, "Online Deep Clustering for Unsupervised Representation Learning", 2020, section 3.3.
func (m *Memory) Merge(ctx context.Context, least int, draw func(part int) plan.Rand) (int, error) {
	labels := m.labels()
	counts := make([]int, m.Centroids.N)
	for _, l := range labels {
		counts[l]++
	}
	var small, rest []int
	for c, n := range counts {
		if n < least {
			small = append(small, c)
		} else {
			rest = append(rest, c)
		}
	}
	if len(small) == 0 {
		return 0, nil
	}
	if len(rest) == 0 {
		return 0, fmt.Errorf("each of the %d clusters has fewer than %d members", len(small), least)
	}
	for i, l := range labels {
		if counts[l] < least {
			labels[i] = int32(m.nearest(m.Features.Row(i), rest))
		}
	}
	for n, c := range small {
		if err := m.part(ctx, labels, c, draw(n)); err != nil {
			return 0, err
		}
	}
	m.Assign(labels)
	return len(small), nil
}

// nearest is the one of some clusters whose centroid has the largest product with x, the first of equals.
func (m *Memory) nearest(x []float32, of []int) int {
	best, most := of[0], dot(x, m.Centroids.Row(of[0]))
	for _, c := range of[1:] {
		if d := dot(x, m.Centroids.Row(c)); d > most {
			best, most = c, d
		}
	}
	return best
}

// part gives the empty cluster one half of the largest one, and both their centroids.
func (m *Memory) part(ctx context.Context, labels []int32, empty int, r plan.Rand) error {
	members := sorted(labels, m.Centroids.N)
	from := 0
	for c, list := range members {
		if len(list) > len(members[from]) {
			from = c
		}
	}
	own := members[from]
	if len(own) < 2 {
		return fmt.Errorf("the largest cluster has %d members and cannot be parted", len(own))
	}
	x := NewPoints(len(own), m.Features.Dim)
	for i, at := range own {
		copy(x.Row(i), m.Features.Row(int(at)))
	}
	halves, err := KMeans(ctx, x, splitting, r)
	if err != nil {
		return err
	}
	var stay, leave []int32
	for i, at := range own {
		if halves.Labels[i] == 0 {
			stay = append(stay, at)
			continue
		}
		labels[at] = int32(empty)
		leave = append(leave, at)
	}
	mean(m.Features, stay, m.Centroids.Row(from))
	mean(m.Features, leave, m.Centroids.Row(empty))
	return nil
}
