package cmd

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"ssc/runtime/checkpoint/pth"
	"ssc/runtime/checkpoint/safetensors"
)

// TestRename: a tensor under two names is kept once, and what differs is not lost.
func TestRename(t *testing.T) {
	tensor := func(name string, data byte) safetensors.Tensor {
		return safetensors.Tensor{Info: safetensors.Info{Name: name, DType: "u8", Dims: []int{1}}, Data: []byte{data}}
	}
	w := &pth.Weights{Tensors: []safetensors.Tensor{
		tensor("encoder_q.0.conv1.weight", 1), tensor("encoder_q.0.bn1.bias", 2), tensor("encoder_q.0.bn1.weight", 3), tensor("backbone.conv1.weight", 1), tensor("backbone.bn1.bias", 9),
		tensor("encoder_q.1.mlp.0.weight", 4), tensor("encoder_k.0.conv1.weight", 5), tensor("queue", 6), tensor("neck.mlp.0.weight", 4),
	}}
	renamed, aliases := rename(w)
	got := map[string]byte{}
	for _, t := range w.Tensors {
		got[t.Name] = t.Data[0]
	}
	want := map[string]byte{"backbone.conv1.weight": 1, "encoder_q.0.bn1.bias": 2, "backbone.bn1.bias": 9, "backbone.bn1.weight": 3, "neck.mlp.0.weight": 4, "teacher.backbone.conv1.weight": 5, "queue": 6}
	if d := cmp.Diff(want, got); d != "" || len(w.Tensors) != len(want) || renamed != 2 || aliases != 2 {
		t.Errorf("%d tensors, %d renamed, %d aliases, want 7, 2 and 2 (-want +got):\n%s", len(w.Tensors), renamed, aliases, d)
	}
}
