"""The device image: an exported LSTM as integers in one flat file, made from the weights of its ONNX file."""
