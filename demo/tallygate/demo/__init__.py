"""The demo: a page on which people see what an LSTM does and whether its copies agree. Imports the runtime only."""
