"""Teachers: what probabilities the network learns for texts with and without a label."""
