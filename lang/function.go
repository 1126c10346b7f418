package lang

import (
	"fmt"
	"maps"
	"math"
	"os"
	"slices"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
)

// functions is the table of functions that expressions may call.
func functions() map[string]function.Function {
	return map[string]function.Function{
		"abs": stdlib.AbsoluteFunc, "ceil": stdlib.CeilFunc, "floor": stdlib.FloorFunc, "max": stdlib.MaxFunc, "min": stdlib.MinFunc,
		"round": real1("round", math.Round), "sqrt": real1("sqrt", math.Sqrt), "exp": real1("exp", math.Exp),
		"pow": real2("pow", math.Pow), "log": real2("log", func(x, base float64) float64 { return math.Log(x) / math.Log(base) }),

		"format": stdlib.FormatFunc, "join": stdlib.JoinFunc, "split": stdlib.SplitFunc, "lower": stdlib.LowerFunc,
		"upper": stdlib.UpperFunc, "replace": stdlib.ReplaceFunc, "trimspace": stdlib.TrimSpaceFunc, "substr": stdlib.SubstrFunc,

		"concat": stdlib.ConcatFunc, "length": lengthFunc, "range": stdlib.RangeFunc, "element": stdlib.ElementFunc, "slice": stdlib.SliceFunc,
		"flatten": stdlib.FlattenFunc, "merge": stdlib.MergeFunc, "keys": stdlib.KeysFunc, "values": stdlib.ValuesFunc, "lookup": stdlib.LookupFunc,
		"contains": stdlib.ContainsFunc, "distinct": stdlib.DistinctFunc, "sort": stdlib.SortFunc, "reverse": stdlib.ReverseListFunc,
		"zipmap": stdlib.ZipmapFunc, "coalesce": stdlib.CoalesceFunc,

		"tonumber": stdlib.MakeToFunc(cty.Number), "tostring": stdlib.MakeToFunc(cty.String), "tobool": stdlib.MakeToFunc(cty.Bool),
		"env": envFunc,
	}
}

// FunctionNames lists the functions that expressions may call, sorted, for the manual and completion.
func FunctionNames() []string { return slices.Sorted(maps.Keys(functions())) }

func real1(name string, f func(float64) float64) function.Function {
	return function.New(&function.Spec{
		Description: name + " of a number, in double precision.",
		Params:      []function.Parameter{{Name: "x", Type: cty.Number}},
		Type:        function.StaticReturnType(cty.Number),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			return finite(f(float(args[0])))
		},
	})
}

func real2(name string, f func(x, y float64) float64) function.Function {
	return function.New(&function.Spec{
		Description: name + " of two numbers, in double precision.",
		Params:      []function.Parameter{{Name: "x", Type: cty.Number}, {Name: "y", Type: cty.Number}},
		Type:        function.StaticReturnType(cty.Number),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			return finite(f(float(args[0]), float(args[1])))
		},
	})
}

func float(v cty.Value) float64 {
	f, _ := v.AsBigFloat().Float64()
	return f
}

func finite(x float64) (cty.Value, error) {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return cty.UnknownVal(cty.Number), fmt.Errorf("the result is not a finite number")
	}
	return cty.NumberFloatVal(x), nil
}

// lengthFunc counts the characters of a text or the elements of a collection.
var lengthFunc = function.New(&function.Spec{
	Description: "The number of characters of a text or elements of a collection.",
	Params:      []function.Parameter{{Name: "value", Type: cty.DynamicPseudoType, AllowDynamicType: true}},
	Type:        function.StaticReturnType(cty.Number),
	Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
		if args[0].Type() == cty.String {
			return stdlib.Strlen(args[0])
		}
		return stdlib.Length(args[0])
	},
})

// envFunc reads an environment variable when the pipeline is loaded.
var envFunc = function.New(&function.Spec{
	Description: "The value of an environment variable, or the default when it is not set, or set to nothing.",
	Params:      []function.Parameter{{Name: "name", Type: cty.String}},
	VarParam:    &function.Parameter{Name: "default", Type: cty.String},
	Type: func(args []cty.Value) (cty.Type, error) {
		if len(args) > 2 {
			return cty.NilType, function.NewArgErrorf(2, "env takes a name and at most one default")
		}
		return cty.String, nil
	},
	Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
		if v := os.Getenv(args[0].AsString()); v != "" {
			return cty.StringVal(v), nil
		}
		if len(args) < 2 {
			return cty.UnknownVal(cty.String), function.NewArgErrorf(0, "the environment variable %s is not set, or set to nothing, and no default is given", args[0].AsString())
		}
		return args[1], nil
	},
})
