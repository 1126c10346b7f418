# What the pipelines of testdata/oracle/method_steps.py share. No file is read; the test feeds the batches.

dataset "train" {
  source "image_folder" { data_prefix = "none" }
  view {
    count = 2
    random_resized_crop { size = 8 }
    normalize {
      mean = [0.5, 0.5, 0.5]
      std  = [0.2, 0.2, 0.2]
    }
  }
}

loader {
  batch_size = 8
}

optimizer "sgd" {
  lr           = 0.05
  momentum     = 0.9
  weight_decay = 0.05
}

schedule "cosine" {
  by = "step"
}
