package cmd

import (
	"slices"

	"ssc/lang/schema"
)

// blockKind is the kind under which the blocks of a file are explained beside the components.
const blockKind = "block"

// kinds are those of the components, and the blocks of a pipeline file as one more.
func kinds() []schema.Kind { return append([]schema.Kind{fileBlocks{}}, tables.Kinds()...) }

// fileBlocks is the view of a file's top-level blocks with fixed content as components.
type fileBlocks struct{}

func (fileBlocks) Name() string { return blockKind }

// Names lists the blocks whose content is fixed; what stands in the others is the components of their kind.
func (fileBlocks) Names() []string {
	var out []string
	for _, c := range schema.Of(tables.Root()).Children {
		if c.Kind == nil {
			out = append(out, c.Type)
		}
	}
	slices.Sort(out)
	return out
}

func (fileBlocks) Info(name string) (schema.Info, bool) {
	if c := schema.Of(tables.Root()).Child(name); c != nil && c.Kind == nil {
		return schema.Info{Name: name, Doc: sentence(c.Doc)}, true
	}
	return schema.Info{}, false
}

func (fileBlocks) Component(name string) schema.Component {
	if c := schema.Of(tables.Root()).Child(name); c != nil && c.Kind == nil {
		return c.New(name)
	}
	return nil
}
