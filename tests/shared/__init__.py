"""Golden files that tests in Python, C and JavaScript read under the same test names.

``make.py`` writes them by the specification in numpy. Logits stand as the 16 hexadecimal digits of their 64 bits, the
most significant first, so that no language's way of reading decimal numbers comes in between.
"""
