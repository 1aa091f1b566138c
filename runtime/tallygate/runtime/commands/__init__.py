"""The runtime's subcommands. Each module is light to import; what it needs it imports when it runs."""
