package plan

// What an epoch does with the samples that do not fill its last batch.
const (
	LastWrap    = "wrap"    // fill the batch from the start of the epoch's order
	LastDrop    = "drop"    // leave them out
	LastPartial = "partial" // a shorter batch; feature extraction only, training graphs are static
)

// Order returns the sample numbers of an epoch in the order they are read. Without shuffle it is 0 … n-1.
func Order(seed uint64, epoch, n int, shuffle bool) []int32 {
	order := make([]int32, n)
	if !shuffle {
		for i := range order {
			order[i] = int32(i)
		}
		return order
	}
	r := NewRand(seed, UseOrder, uint64(epoch), 0, 0)
	for i := range order {
		j := r.IntN(i + 1)
		order[i] = order[j]
		order[j] = int32(i)
	}
	return order
}

// DrawnOrder is an epoch of n numbers of samples that are drawn with replacement.
func DrawnOrder(seed uint64, epoch, n int) []int32 {
	order := make([]int32, n)
	r := NewRand(seed, UseOrder, uint64(epoch), 0, 1)
	for i := range order {
		order[i] = int32(r.IntN(n))
	}
	return order
}

// BalancedOrder is an epoch that draws from all of k classes alike: ⌊n/k⌋+1 samples of each class that has any, with replacement where it has no more than that, in a random order that is cut to n. It is
// shorter than n when classes are missing. labels are the classes of the samples.
func BalancedOrder(seed uint64, epoch int, labels []int32, k int) []int32 {
	members := make([][]int32, k)
	for i, l := range labels {
		members[l] = append(members[l], int32(i))
	}
	n := len(labels)
	each := n/k + 1
	r := NewRand(seed, UseOrder, uint64(epoch), 0, 2)
	var order []int32
	for _, m := range members {
		switch {
		case len(m) == 0:
		case len(m) <= each:
			for range each {
				order = append(order, m[r.IntN(len(m))])
			}
		default:
			for i := range each { // the first draws of a random permutation
				j := i + r.IntN(len(m)-i)
				m[i], m[j] = m[j], m[i]
			}
			order = append(order, m[:each]...)
		}
	}
	for i := range order {
		j := r.IntN(i + 1)
		order[i], order[j] = order[j], order[i]
	}
	return order[:min(n, len(order))]
}

// StepsPerEpoch is the number of batches that an epoch over n samples has.
func StepsPerEpoch(n, batch int, last string) int {
	if last == LastDrop {
		return n / batch
	}
	return (n + batch - 1) / batch
}

// BatchLen is the number of samples in the batch of a step; below batch only with LastPartial.
func BatchLen(n, step, batch int, last string) int {
	if last == LastPartial {
		return min(batch, n-step*batch)
	}
	return batch
}

// Batch appends to dst the sample numbers of a step of the epoch. Sample i of the batch has position step*batch+i in the epoch;
// positions past the end wrap to the start of the order, as often as the batch needs.
func Batch(dst, order []int32, step, batch int, last string) []int32 {
	first := step * batch
	for i := range BatchLen(len(order), step, batch, last) {
		dst = append(dst, order[(first+i)%len(order)])
	}
	return dst
}
