"""Reading order 1: how reference tensors are drawn, compared and written.

A reference is NAME.safetensors (float64 and int64 tensors) and NAME.json (hyper-parameters, and per tensor the relative error of
PyTorch's own float32 result). Everything that enters a computation is drawn from numpy's PCG64 and rounded to float32, so that float32
and float64 implementations start from exactly the same numbers.
"""
import json
import pathlib
import struct

import numpy as np
import torch

FOLDER = pathlib.Path(__file__).resolve().parent


def rng(seed):
    return np.random.Generator(np.random.PCG64(seed))


def exact(values):
    """values as a float64 tensor of numbers that float32 can hold."""
    return torch.from_numpy(np.asarray(values, np.float32).astype(np.float64))


def array(tensor):
    """A tensor, array or number as a little-endian float64 or int64 array."""
    a = np.asarray(tensor.detach().cpu().contiguous() if isinstance(tensor, torch.Tensor) else tensor)
    return np.array(a, dtype="<i8" if a.dtype.kind in "iub" else "<f8", order="C")


def error(ours, reference):
    """The largest of |ours - reference| / |reference| over the float32 runs in ours, by name, to two digits; never below the 2^-24
    that rounding the result to float32 may cost."""
    out = {}
    for name, want in reference.items():
        want = array(want).ravel()
        scale = np.linalg.norm(want)
        worst = max(np.linalg.norm(array(run[name]).ravel() - want) for run in ours)
        if scale == 0 and worst > 0:
            raise ValueError(f"{name}: the reference is zero, its relative error has no meaning")
        out[name] = float(f"{max(worst / (scale or 1), 2**-24):.1e}")
        if out[name] > 1e-3:
            raise ValueError(f"{name}: float32 error {out[name]}: a kink was crossed, choose another seed")
    return out


def save_tensors(name, description, tensors):
    """Writes NAME.safetensors: names sorted, header padded with blanks to a multiple of 8."""
    header, blobs, at = {"__metadata__": {"description": description}}, [], 0
    for key in sorted(tensors):
        a = array(tensors[key])
        header[key] = {"dtype": {"f": "F64", "i": "I64"}[a.dtype.kind], "shape": list(a.shape), "data_offsets": [at, at + a.nbytes]}
        blobs.append(a.tobytes())
        at += a.nbytes
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    (FOLDER / f"{name}.safetensors").write_bytes(struct.pack("<Q", len(text)) + text + b"".join(blobs))


def save_json(name, content):
    (FOLDER / f"{name}.json").write_text(json.dumps(content, indent=1, sort_keys=True) + "\n")


def save(name, description, tensors, params, fp32_error):
    """Writes both files of a reference."""
    save_tensors(name, description, tensors)
    save_json(name, {"description": description, "params": params, "fp32_error": fp32_error})
