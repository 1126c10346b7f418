package stage

import (
	"encoding/binary"
	"fmt"
	"slices"

	"ssc/compiler/plan"
	"ssc/runtime/checkpoint"
)

// LabelsTensor is the name of the pseudo-labels in a checkpoint: i32[images].
const LabelsTensor = "stage.labels"

// Labels are the pseudo-labels of the training images.
type Labels struct {
	Of       []int32 // of each image; nil before the first clustering
	K        int     // they are 0 … K-1
	Balanced bool    // epochs draw from all labels alike
}

// LabelsOf are the labels, not yet made, of a plan whose stages make some; nil for another plan.
func LabelsOf(p *plan.Plan) *Labels {
	for _, s := range p.Stages {
		l := &Labels{}
		made := false
		for _, a := range s.Do {
			switch a.Kind {
			case plan.KMeans:
				l.K = a.K
			case plan.Label:
				made = true
			case plan.Balance:
				l.Balanced = true
			}
		}
		if made {
			return l
		}
	}
	return nil
}

// Order is the order of an epoch's images, if the labels decide about it.
func (l *Labels) Order(seed uint64, epoch int) (order []int32, ok bool) {
	if l == nil || !l.Balanced || l.Of == nil {
		return nil, false
	}
	return plan.BalancedOrder(seed, epoch, l.Of, l.K), true
}

// Look fills dst with the labels of images; 0 before there are any.
func (l *Labels) Look(images, dst []int64) {
	for i, n := range images {
		dst[i] = 0
		if l != nil && l.Of != nil {
			dst[i] = int64(l.Of[n])
		}
	}
}

// Tensors are what a checkpoint holds of the labels.
func (l *Labels) Tensors() []checkpoint.Tensor {
	if l == nil || l.Of == nil {
		return nil
	}
	var data []byte
	for _, v := range l.Of {
		data = binary.LittleEndian.AppendUint32(data, uint32(v))
	}
	return []checkpoint.Tensor{{Name: LabelsTensor, DType: "i32", Dims: []int{len(l.Of)}, Role: "stage", Data: data}}
}

// Restore takes up the labels of n images from the bytes of a checkpoint's tensor.
func (l *Labels) Restore(data []byte, n int) error {
	if len(data) != 4*n {
		return fmt.Errorf("%s holds the labels of %d images, but the training set has %d", LabelsTensor, len(data)/4, n)
	}
	of := make([]int32, n)
	for i := range of {
		of[i] = int32(binary.LittleEndian.Uint32(data[4*i:]))
		if of[i] < 0 || int(of[i]) >= l.K {
			return fmt.Errorf("%s holds the label %d, but there are %d clusters", LabelsTensor, of[i], l.K)
		}
	}
	l.Of = of
	return nil
}

// set takes over the labels of a clustering.
func (l *Labels) set(of []int32) { l.Of = slices.Clone(of) }
