"""``tallygate study``: other ways to classify the same texts, and why an LSTM, measured on the user's own data."""
