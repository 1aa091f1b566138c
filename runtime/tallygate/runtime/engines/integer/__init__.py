"""The integer LSTM: one specification in numpy, and the device image that says everything a device needs."""
