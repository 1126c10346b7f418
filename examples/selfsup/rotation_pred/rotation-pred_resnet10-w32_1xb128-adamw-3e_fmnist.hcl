# Rotation prediction on the 60,000 training images of Fashion-MNIST. Optimizer and evaluation are those of SimCLR's example. Views are crops and flips alone: whatever
# leaves corners, as random_rotation does, would tell the turn.
# Meter: linear probe.

extends = ["../_base_/fmnist.hcl"]

pipeline "rotation-pred_fmnist" {
  description = "Rotation prediction, three-stage ResNet of width 32, Fashion-MNIST"
}

algorithm "rotation_pred" {
  backbone "resnet" {
    depth         = 10
    num_stages    = 3
    base_channels = 32
    stem_channels = 32
    stem          = "small"
    stem_kernel   = 5 # 28 pixels become 14, 7 and 4
    stem_stride   = 2
    out_indices   = [3]
  }
  head "cls" {
    with_avg_pool = true
    num_classes   = 4
  }
}

dataset "train" {
  view {
    count = 1
    random_resized_crop {
      size  = 28
      scale = [0.5, 1]
    }
    random_horizontal_flip {}
    normalize {
      mean = [0.2860]
      std  = [0.3530]
    }
  }
}

loader {
  batch_size = 128
}

train {
  epochs = 3
}
