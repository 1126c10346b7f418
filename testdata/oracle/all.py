"""Writes every reference file of this folder again; with names as arguments, only those scripts' files."""
import importlib
import sys
import warnings

import torch

sys.dont_write_bytecode = True
SCRIPTS = ["resnet", "vit", "ntxent", "optimizers", "simclr_steps", "method_steps", "knn", "schedules"]

if __name__ == "__main__":
    warnings.filterwarnings("ignore", "TF32 acceleration")  # said once whenever oneDNN is switched off
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    for script in sys.argv[1:] or SCRIPTS:
        importlib.import_module(script).main()
