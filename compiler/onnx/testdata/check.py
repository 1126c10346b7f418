"""Checks the golden models with ONNX's own checker and runs them in ONNX Runtime against the committed values of the reference
evaluator. Needs the packages onnx and onnxruntime: python check.py [model ...]"""
import json
import pathlib
import sys

import numpy as np
import onnx
import onnxruntime

# numpy types by ir.DType
TYPES = {1: np.float32, 2: np.float64, 4: np.float16, 5: np.int64, 6: np.int32, 7: np.uint8, 8: np.bool_}


def array(t):
    return np.array(t["Data"], np.float64).reshape(t["Dims"]).astype(TYPES[t["DType"]])


def check(path):
    values = json.loads(path.with_suffix(".json").read_text())
    feeds = {k: array(t) for k, t in values["feeds"].items()}
    model = onnx.load(path, load_external_data=False)
    for t in model.graph.initializer:  # the checker looks for the files of external ones, which the runtime never reads
        if t.data_location == onnx.TensorProto.EXTERNAL:
            t.CopyFrom(onnx.numpy_helper.from_array(feeds[t.name], t.name))
    onnx.checker.check_model(model, full_check=True)
    external = sorted(values["external"] or {})
    worst = 0.0
    for level in (onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL, onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL):
        options = onnxruntime.SessionOptions()
        options.graph_optimization_level = level
        if external:
            held = [onnxruntime.OrtValue.ortvalue_from_numpy(feeds[n]) for n in external]
            options.add_external_initializers(external, held)
        session = onnxruntime.InferenceSession(path.read_bytes(), options, providers=["CPUExecutionProvider"])
        got = session.run(None, {k: v for k, v in feeds.items() if k not in external})
        for g, w in zip(got, map(array, values["outputs"]), strict=True):
            if g.dtype != w.dtype or g.shape != w.shape:
                sys.exit(f"{path.name}: {g.dtype}{g.shape} where {w.dtype}{w.shape} is expected")
            worst = max(worst, float(np.abs(g.astype(np.float64) - w.astype(np.float64)).max(initial=0)))
    if not worst <= 1e-6:
        sys.exit(f"{path.name}: differs by {worst}")
    print(f"{path.name}: ok, largest difference {worst:.1e}")


here = pathlib.Path(__file__).parent
for name in [pathlib.Path(a) for a in sys.argv[1:]] or sorted(p.with_suffix(".onnx") for p in here.glob("*.json")):
    check(name)
