"""One named version of Unicode as tables that travel with the code: the same on every Python, in C and in browsers."""
