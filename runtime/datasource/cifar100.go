package datasource

import (
	"context"

	"ssc/lang/schema"
)

var _ = Table.Register(schema.Entry[Source]{
	Info: schema.Info{
		Name:   "cifar100",
		Doc:    "CIFAR-100 in its binary version: 50,000 training and 10,000 test images of 32 x 32 pixels in 100 classes, or 20 coarse ones. The Python version is refused: its files are pickles.",
		Paper:  schema.Paper{Authors: "Krizhevsky", Title: "Learning Multiple Layers of Features from Tiny Images", Year: 2009, ID: "technical report, University of Toronto"},
		Before: "dict(type='CIFAR100', data_prefix='data/cifar100')",
	},
	New: func() Source { return &cifar100{} },
})

type cifar100 struct {
	cifar
	coarse bool
}

func (s *cifar100) Args(set *schema.Set) {
	s.args(set, "train.bin and test.bin")
	set.Bool(&s.coarse, "coarse", false, "whether labels are the 20 superclasses instead of the 100 classes")
}

func (s *cifar100) Open(ctx context.Context) (Samples, error) {
	c := cifarFiles{train: []string{"train.bin"}, test: []string{"test.bin"}, labels: 2, label: 1, names: "fine_label_names.txt",
		python: []string{"train", "test"}, archive: "cifar-100-binary.tar.gz", classes: 100}
	if s.coarse {
		c.label, c.names, c.classes = 0, "coarse_label_names.txt", 20
	}
	return s.open(ctx, c)
}
