"""Writes foreign.onnx and tensor.pb with the onnx package: typed element lists of every kind, Constant in its other forms, an unnamed
optional output, an initializer that is also an input, sizes without a name. python foreign.py"""
import pathlib

import numpy as np
import onnx
from onnx import TensorProto as T
from onnx import helper as h

here = pathlib.Path(__file__).parent

x = h.make_tensor_value_info("constant", T.FLOAT, ["n", None, 4])
w_input = h.make_tensor_value_info("w", T.FLOAT, [4])
k_input = h.make_tensor_value_info("axes", T.INT64, [1])
initializers = [
    h.make_tensor("w", T.FLOAT, [4], [0.5, -1.0, float("inf"), 1e-45]),
    h.make_tensor("f64", T.DOUBLE, [2], [1 / 3, -0.0]),
    h.make_tensor("f16", T.FLOAT16, [3], [1.0, -2.5, 65504.0]),
    h.make_tensor("bf16", T.BFLOAT16, [2], [1.0, -0.15625]),
    h.make_tensor("i64", T.INT64, [3], [1, -1, 2**63 - 1]),
    h.make_tensor("i32", T.INT32, [2], [-(2**31), 7]),
    h.make_tensor("u8", T.UINT8, [2], [0, 255]),
    h.make_tensor("bool", T.BOOL, [2, 1], [True, False]),
    h.make_tensor("empty", T.FLOAT, [0, 3], []),
    onnx.numpy_helper.from_array(np.array([[1, 2], [3, 4]], np.int32), "raw"),
]
nodes = [
    h.make_node("Constant", [], ["ints"], value_ints=[3, -4]),
    h.make_node("Constant", [], ["float"], value_float=0.25),
    h.make_node("Mul", ["constant", "w"], ["scaled"]),
    h.make_node("ReduceSum", ["scaled", "axes"], ["sum"], keepdims=0),
    h.make_node("MaxPool", ["sum3"], ["pooled", ""], kernel_shape=[2]),
    h.make_node("Cast", ["sum"], ["cast"], to=T.DOUBLE),
    h.make_node("Elu", ["sum"], ["elu"], alpha=0.1),
]
nodes.insert(4, h.make_node("Unsqueeze", ["sum", "axes"], ["sum3"]))
graph = h.make_graph(nodes, "foreign", [x, w_input, k_input],
                     [h.make_tensor_value_info(n, t, None) for n, t in (("cast", T.DOUBLE), ("elu", T.FLOAT), ("pooled", T.FLOAT))], initializers)
model = h.make_model(graph, opset_imports=[h.make_opsetid("", 18)], producer_name="onnx", ir_version=8)
(here / "foreign.onnx").write_bytes(model.SerializeToString())
(here / "tensor.pb").write_bytes(h.make_tensor("t", T.FLOAT, [1, 2], [1.5, float("nan")]).SerializeToString())
