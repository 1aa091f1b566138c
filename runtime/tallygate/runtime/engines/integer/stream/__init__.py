"""Reading a text as it comes, in integers: the specification and the C core, whose states are one another's."""
