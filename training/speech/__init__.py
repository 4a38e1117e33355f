"""Training of the backbone and the flow-matching head on the codes of a trained codec."""
