extends = ["method_interclr.hcl"]

algorithm "interclr" {
  neg_sampling          = "hard"
  intra_arc_margin_loss = true
  intra_arc_margin      = 0.4
  inter_cos_margin_loss = false
  inter_arc_margin_loss = true
  inter_arc_margin      = -0.3
  share_neck            = false
  memory {
    momentum = 0.75
  }
}
