package nn

// InfoNCEFrom is InfoNCE that keeps fewer than least similarities.
var InfoNCEFrom = infoNCE
