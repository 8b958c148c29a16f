"""The load of this machine."""
