"""What this machine can run, and what is wrong with its installation."""
