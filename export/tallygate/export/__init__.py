"""Export: from a checkpoint to ONNX graphs, and to a bundle whose every variant passed its gate."""
