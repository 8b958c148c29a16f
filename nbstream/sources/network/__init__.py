"""What sources that talk to something over a connection share; each source is a file beside this one."""
