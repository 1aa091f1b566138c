"""Reading a text that comes in pieces, in Python, whatever computes: what a cut is waited for, and what a state is."""
