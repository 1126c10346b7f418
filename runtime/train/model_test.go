package train

import (
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
)

// inGraph is a model with one field in its graph.
func inGraph(num protowire.Number, content []byte) []byte {
	return message(nil, modelGraph, message(nil, num, content))
}

// external is a tensor whose data lies in a file.
func external(name, file string) []byte {
	return message(text(nil, tensorName, name), tensorExternal, text(text(nil, entryKey, "location"), entryValue, file))
}

func TestCheckModel(t *testing.T) {
	deep := inGraph(graphNode, nil)
	nest := func(n int) []byte {
		b := message(nil, graphNode, text(nil, nodeOp, "Add"))
		for range n {
			b = message(nil, graphNode, message(text(nil, nodeOp, "If"), nodeAttr, message(nil, attrGraph, b)))
		}
		return message(nil, modelGraph, b)
	}
	for name, c := range map[string]struct {
		model []byte
		want  string
	}{
		"empty":               {nil, ""},
		"nothing in it":       {deep, ""},
		"state":               {inGraph(graphInitializer, external("own", "weights.safetensors")), ""},
		"foreign file":        {inGraph(graphInitializer, external("w", "../../etc/passwd")), `the tensor "w" would be read from the file "../../etc/passwd"`},
		"in an attribute":     {inGraph(graphNode, message(nil, nodeAttr, message(nil, attrTensor, external("w", "/etc/passwd")))), `"/etc/passwd"`},
		"in a list":           {inGraph(graphNode, message(nil, nodeAttr, message(nil, attrTensors, external("w", "x")))), `"x"`},
		"in a function":       {message(nil, modelFunctions, message(nil, functionNode, message(nil, nodeAttr, message(nil, attrTensor, external("w", "y"))))), `"y"`},
		"our domain":          {inGraph(graphNode, text(text(nil, nodeOp, "Conv"), nodeDomain, "ai.ssc")), ""},
		"foreign domain":      {inGraph(graphNode, text(text(nil, nodeOp, "Run"), nodeDomain, "com.evil")), `calls Run of the domain "com.evil"`},
		"foreign in function": {message(nil, modelFunctions, message(nil, functionNode, text(nil, nodeDomain, "com.evil"))), `"com.evil"`},
		"deep":                {nest(30), ""}, // three levels each, and those of the model
		"too deep":            {nest(40), "nested more than 100 deep"},
		"cut":                 {nest(3)[:20], "damaged"},
		"group":               {protowire.AppendTag(nil, 3, protowire.StartGroupType), "damaged"},
	} {
		err := checkModel(c.model, map[string]bool{"own": true})
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: checkModel = %v, want %q", name, err, c.want)
		}
	}
}

func FuzzCheckModel(f *testing.F) {
	f.Add(inGraph(graphInitializer, external("w", "x")))
	f.Add(watching([]string{"a", "b"}))
	f.Fuzz(func(t *testing.T, model []byte) {
		if checkModel(model, nil) != nil {
			return
		}
		values, _, err := valuesOf(model)
		if err != nil {
			return
		}
		if err := checkModel(append(model, watching(values)...), nil); err != nil {
			t.Errorf("a model was accepted, and with its values watched it is not: %v", err)
		}
	})
}
