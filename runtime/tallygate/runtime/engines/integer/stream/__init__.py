"""Reading a text as it comes, in integers: the specification, the C core, and the state that moves between them."""
