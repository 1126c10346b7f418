package cuda

import "ssc/compiler/ir"

// types is a set of element types, a bit for each.
type types uint16

func of(list ...ir.DType) (t types) {
	for _, d := range list {
		t |= 1 << d
	}
	return t
}

func (t types) has(d ir.DType) bool { return t>>d&1 == 1 }

// Sets that recur in the table.
var (
	bools    = of(ir.Bool)
	long     = of(ir.Int64)
	indices  = of(ir.Int32, ir.Int64)
	float    = of(ir.Float32, ir.Float64, ir.Float16) // without bfloat16
	floats   = float | of(ir.BFloat16)
	signed   = floats | indices
	numbers  = signed | of(ir.Uint8)
	every    = numbers | bools
	compared = float | indices
	half     = of(ir.Float32, ir.Float16)
	bytes    = of(ir.Int8, ir.Uint8)
)

// kernel is what the provider has for an operator.
type kernel struct {
	// in are the types of each input; the last stands for all that follow.
	in []types
	// host are the inputs that the kernel reads on the CPU: shapes, axes, counts. They must be constants, or a copy from the device would wait for everything before it.
	host []int
	// hostOut says that the output lies on the CPU, and that what reads it is computed there.
	hostOut bool
	// without is an attribute that must not be set.
	without string
}

// all is a kernel with one set of types for all inputs.
func all(t types) kernel { return kernel{in: []types{t}} }

// reading is a kernel with inputs of int64 on the CPU, the given ones, behind those of t.
func reading(t types, host ...int) kernel {
	k := kernel{host: host}
	for range host[0] {
		k.in = append(k.in, t)
	}
	k.in = append(k.in, long)
	return k
}

// kernels is what the CUDA provider of ONNX Runtime serves of the operators that graphs may hold, in the version that opset 18 has of each: the types of its kernels as the documentation of ONNX Runtime 1.25 lists them. Whether
// a later release took one away is not known here; the session says it. An operator that is not here has no kernel.
var kernels = map[string]kernel{
	"Abs": all(numbers), "Add": all(numbers), "Sub": all(numbers), "Mul": all(numbers), "Div": all(numbers), "Sign": all(numbers),
	"Neg": all(signed), "Mod": all(signed), "Max": all(signed), "Min": all(signed), "Pow": all(signed),
	"Exp": all(floats), "Sqrt": all(floats), "Erf": all(floats), "Tanh": all(floats), "Sigmoid": all(floats), "Relu": all(floats), "Sum": all(floats), "IsNaN": all(floats),
	"MatMul": all(floats), "Gemm": all(floats), "Softmax": all(floats), "LayerNormalization": all(floats),
	"Log": all(float), "Reciprocal": all(float), "Ceil": all(float), "Floor": all(float), "Round": all(float), "Sin": all(float), "Cos": all(float), "LogSoftmax": all(float),
	"Elu": all(float), "HardSigmoid": all(float), "HardSwish": all(float), "LeakyRelu": all(float), "PRelu": all(float), "Softplus": all(float), "Einsum": all(float),
	"Conv": all(float), "ConvTranspose": all(float), "AveragePool": all(float), "GlobalAveragePool": all(float), "GlobalMaxPool": all(float), "InstanceNormalization": all(float),
	"DepthToSpace": all(float), "SpaceToDepth": all(float), "ArgMax": all(float), "ArgMin": all(float),
	"BatchNormalization": {in: []types{float}, without: "training_mode"},
	"MaxPool":            all(float | of(ir.Uint8)),
	"IsInf":              all(of(ir.Float32, ir.Float64)),
	"And":                all(bools), "Or": all(bools), "Xor": all(bools), "Not": all(bools),
	"Equal": all(compared | bools), "Greater": all(compared), "GreaterOrEqual": all(compared), "Less": all(compared), "LessOrEqual": all(compared),
	"Cast": all(every), "Concat": all(every), "Flatten": all(every), "Identity": all(every), "Transpose": all(every),
	"Where":          {in: []types{bools, numbers}},
	"Gather":         {in: []types{every, indices}},
	"GatherElements": {in: []types{every, indices}},
	"GatherND":       {in: []types{floats | bools | long, long}},

	"ScatterElements": {in: []types{every, indices, every}},
	"ScatterND":       {in: []types{every, long, every}},

	"ReduceSum": reading(signed, 1), "ReduceSumSquare": reading(float, 1), "ReduceLogSumExp": reading(float, 1), "ReduceMax": reading(compared, 1),
	"ReduceMin": reading(compared|of(ir.Uint8), 1), "ReduceMean": reading(float|of(ir.Int32), 1), "ReduceProd": reading(float|of(ir.Int32), 1),
	"ReduceL1": reading(float|of(ir.Int32), 1), "ReduceL2": reading(float|of(ir.Int32), 1),
	"Reshape": reading(every, 1), "Expand": reading(every, 1), "Squeeze": reading(every, 1), "Unsqueeze": reading(every, 1), "Split": reading(every, 1), "Trilu": reading(every, 1),
	"Tile":            reading(signed, 1),
	"TopK":            reading(compared, 1),
	"ConstantOfShape": {in: []types{long}, host: []int{0}},
	"CumSum":          {in: []types{compared, indices}, host: []int{1}},
	"Slice":           {in: []types{every, indices}, host: []int{1, 2, 3, 4}},
	"Clip":            {in: []types{float | of(ir.Int64, ir.Uint8)}, host: []int{1, 2}},
	"Pad":             {in: []types{float | bools, long, float | bools, indices}, host: []int{1, 2, 3}},
	"OneHot":          {in: []types{indices, indices, of(ir.Float32, ir.Float16, ir.Int64)}, host: []int{1, 2}},
	"Resize":          {in: []types{float | of(ir.Int32, ir.Uint8), float, of(ir.Float32), long}, host: []int{1, 2, 3}},
	"Range":           {in: []types{of(ir.Float32, ir.Float64, ir.Int32, ir.Int64)}, host: []int{0, 1, 2}},
	"Shape":           {in: []types{every}, hostOut: true},

	"QuantizeLinear":   {in: []types{half, half, bytes}},
	"DequantizeLinear": {in: []types{bytes, half, bytes}},
}
