package datasource

import (
	"context"

	"ssc/lang/schema"
)

var _ = Table.Register(schema.Entry[Source]{
	Info: schema.Info{
		Name:   "cifar10",
		Doc:    "CIFAR-10 in its binary version: 50,000 training and 10,000 test images of 32 x 32 pixels in 10 classes. The Python version is refused: its files are pickles.",
		Paper:  schema.Paper{Authors: "Krizhevsky", Title: "Learning Multiple Layers of Features from Tiny Images", Year: 2009, ID: "technical report, University of Toronto"},
		Before: "dict(type='CIFAR10', data_prefix='data/cifar10')",
	},
	New: func() Source { return &cifar10{} },
})

type cifar10 struct{ cifar }

func (s *cifar10) Args(set *schema.Set) {
	s.args(set, "data_batch_1.bin … data_batch_5.bin and test_batch.bin")
}

func (s *cifar) args(set *schema.Set, files string) {
	set.String(&s.dataPrefix, "data_prefix", "", "folder that holds "+files, schema.Required, schema.NotEmpty, schema.Location)
	set.String(&s.split, "split", "train", "which images", schema.OneOf("train", "test"))
}

func (s *cifar) Channels() int { return 3 }

func (s *cifar10) Open(ctx context.Context) (Samples, error) {
	return s.open(ctx, cifarFiles{
		train: []string{"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin", "data_batch_5.bin"}, test: []string{"test_batch.bin"},
		labels: 1, names: "batches.meta.txt", python: []string{"data_batch_1", "test_batch"}, archive: "cifar-10-binary.tar.gz", classes: 10})
}
