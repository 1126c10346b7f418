"""Writes order.json: in which order, and with how much memory, ONNX Runtime executes random graphs with functions.

Needs onnx and onnxruntime 1.30: python order.py > order.json
Each graph is a list of [output, operator, inputs]; its inputs are x [8, 4] and y [4, 8]. The operators Pair and Outer are functions,
Outer with a Pair in its body. "ranks" are the executed nodes, numbered by their place in the runtime's node list; "peak" is the most memory requested at
one time in bytes; inputs and outputs lie outside.
"""
import json
import os
import random
import tempfile

import numpy as np
import onnxruntime
from onnx import TensorProto, helper

OPSET = [helper.make_opsetid("", 18), helper.make_opsetid("ai.ssc", 1)]
SHAPES = {"x": (8, 4), "y": (4, 8)}


def functions():
    def node(op, ins, out, domain=""):
        return helper.make_node(op, ins, [out], domain=domain)

    pair = [node("Mul", ["a", "b"], "p"), node("Sub", ["a", "b"], "q"), node("Add", ["p", "q"], "o")]
    outer = [node("Pair", ["a", "b"], "p", "ai.ssc"), node("Max", ["a", "p"], "q"), node("Sub", ["p", "q"], "o")]
    return [helper.make_function("ai.ssc", name, ["a", "b"], ["o"], nodes, OPSET) for name, nodes in (("Pair", pair), ("Outer", outer))]


def graph(seed):
    rnd = random.Random(seed)
    shape, nodes = dict(SHAPES), []
    for i in range(rnd.randint(6, 40)):
        out = f"v{i}"
        names = list(shape)
        a = rnd.choice(names[-8:])
        same = [n for n in names if shape[n] == shape[a]]
        op = rnd.choice(["Add", "Sub", "Mul", "Pair", "Outer", "Relu", "Tanh", "Neg", "Transpose", "Transpose", "Flatten", "Softmax"])
        ins = [a, rnd.choice(same)] if op in ("Add", "Sub", "Mul", "Pair", "Outer") else [a]
        shape[out] = shape[a][::-1] if op == "Transpose" else shape[a]
        nodes.append([out, op, ins])
    return nodes, shape


def run(nodes, shape):
    used = {v for _, _, ins in nodes for v in ins}
    info = lambda n: helper.make_tensor_value_info(n, TensorProto.FLOAT, shape[n])
    g = helper.make_graph(
        [helper.make_node(op, ins, [out], domain="ai.ssc" if op in ("Pair", "Outer") else "") for out, op, ins in nodes],
        "g", [info(n) for n in SHAPES], [info(out) for out, _, _ in nodes if out not in used])
    model = helper.make_model(g, opset_imports=OPSET, ir_version=10, functions=functions())
    o = onnxruntime.SessionOptions()
    o.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    o.enable_profiling, o.enable_mem_pattern, o.intra_op_num_threads = True, False, 1
    o.profile_file_prefix = os.path.join(tempfile.mkdtemp(), "p")
    s = onnxruntime.InferenceSession(model.SerializeToString(), o, providers=["CPUExecutionProvider"])
    binding, keep = s.io_binding(), []
    for n, d in SHAPES.items():
        binding.bind_cpu_input(n, np.ones(d, "float32"))
    for v in s.get_outputs():
        keep.append(np.empty(shape[v.name], "float32"))
        binding.bind_output(v.name, "cpu", 0, np.float32, shape[v.name], keep[-1].ctypes.data)
    s.run_with_iobinding(binding)
    with open(s.end_profiling()) as f:
        events = [e["args"] for e in json.load(f) if e.get("cat") == "Node" and e["name"].endswith("_kernel_time")]
    index = [int(e["node_index"]) for e in events]
    ranks = [sorted(index).index(i) for i in index]
    return {"nodes": nodes, "ops": [e["op_name"] for e in events], "ranks": ranks,
            "peak": max(int(e["mem_bytes_requested_in_use"]) for e in events)}


print("[" + ",\n".join(json.dumps(run(*graph(seed))) for seed in range(40)) + "]")
