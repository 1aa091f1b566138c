"""Other programs that `tallygate bench` compares with."""
