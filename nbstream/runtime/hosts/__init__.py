"""The hosts of widgets: how each lets a thread send, and when what was made in it ends.

A host is recognised by what is loaded and running where the caller is; nothing is imported for that.
"""

from nbstream.runtime.hosts.host import PYTHON, Host
from nbstream.runtime.hosts.present import outside_visits, present

__all__ = ["PYTHON", "Host", "outside_visits", "present"]
