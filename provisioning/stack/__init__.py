"""The running stack: its parts, their processes, ports, binaries and state on disk."""

from provisioning.stack.part import Part, StackError, State

__all__ = ["Part", "StackError", "State"]
