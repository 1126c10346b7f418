package compiler

import (
	"regexp"

	"ssc/compiler/plan"
	"ssc/lang/schema"
)

// initFrom declares where the weights start.
type initFrom struct{ plan.InitFrom }

func (i *initFrom) Args(s *schema.Set) {
	s.String(&i.Checkpoint, "checkpoint", "", "a run folder, whose newest checkpoint is taken, a checkpoint of one, or a safetensors file", schema.Required, schema.NotEmpty)
	s.String(&i.From, "from", "", "take the tensors whose names begin so, such as \"backbone.\"; the others of the file are left")
	s.String(&i.To, "to", "", "what takes the place of that beginning in the names of this pipeline")
	s.Strings(&i.Fresh, "fresh", nil, "regular expressions (RE2) searched for in names: parameters that keep their initial values, whether the file has them or not, such as \"^head\\\\.\"")
	s.Strings(&i.Unused, "unused", nil, "regular expressions (RE2) searched for in names of the file: tensors that may have no place in this pipeline, such as \"^neck\\\\.\"")
}

// Check compiles the patterns.
func (i *initFrom) Check(r *schema.Report) {
	for _, list := range []struct {
		name     string
		patterns []string
	}{{"fresh", i.Fresh}, {"unused", i.Unused}} {
		for _, p := range list.patterns {
			if _, err := regexp.Compile(p); err != nil {
				r.Errorf(list.name, "Invalid value", "The pattern %q is no regular expression: %s. Write a pattern such as \"^head\\\\.\".", p, err)
			}
		}
	}
}

// initFrom is the plan's form of the block, nil without one.
func (c *compilation) initFrom() *plan.InitFrom {
	t := &c.root.train
	if !t.hasInit {
		return nil
	}
	out := t.initFrom.InitFrom
	out.At = schema.Encode(c.blocks[&t.initFrom]).At
	return &out
}
