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
