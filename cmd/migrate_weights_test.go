package cmd

import (
	"regexp"
	"slices"
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
		tensor("encoder_q.1.mlp.0.weight", 4), tensor("encoder_k.0.conv1.weight", 5), tensor("queue", 6), tensor("neck.mlp.0.weight", 4), tensor("mask_token", 7), tensor("fc.weight", 8),
	}}
	r := rename(w, []*regexp.Regexp{regexp.MustCompile("^fc")})
	got := map[string]byte{}
	for _, t := range w.Tensors {
		got[t.Name] = t.Data[0]
	}
	want := map[string]byte{"backbone.conv1.weight": 1, "encoder_q.0.bn1.bias": 2, "backbone.bn1.bias": 9, "backbone.bn1.weight": 3, "neck.mlp.0.weight": 4, "teacher.backbone.conv1.weight": 5, "queue": 6, "mask_token": 7, "fc.weight": 8}
	if d := cmp.Diff(want, got); d != "" || len(w.Tensors) != len(want) || r.renamed != 2 || r.aliases != 2 || !slices.Equal(r.unknown, []string{"mask_token"}) {
		t.Errorf("%d tensors, %+v, want 9, 2 renamed, 2 aliases and mask_token unknown (-want +got):\n%s", len(w.Tensors), r, d)
	}
}
