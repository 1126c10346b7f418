extends = ["method_interclr.hcl"]

algorithm "interclr" {
  online_labels         = false
  neg_sampling          = "semieasy"
  semieasy_neg_pool_num = 12
  intra_cos_margin_loss = true
  intra_cos_margin      = 0.1
  inter_cos_margin_loss = false
  inter_arc_margin_loss = true
  inter_arc_margin      = 0.7
  warmup_epochs         = 1
}
