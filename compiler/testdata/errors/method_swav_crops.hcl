# One crop, and the assignment of one that is not there.
extends = ["base/base.hcl"]

algorithm "swav" {
  backbone "resnet" {
    depth         = 10
    num_stages    = 1
    base_channels = 2
    stem_channels = 2
    out_indices   = [1]
  }
  neck "swav" {}
  head "swav" {
    num_crops        = [1]    # ERROR: Invalid value
    crops_for_assign = [0, 1] # ERROR: Invalid value
  }
}
