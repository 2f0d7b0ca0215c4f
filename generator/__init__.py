"""The command line, and the generator that writes every file of the stack."""
