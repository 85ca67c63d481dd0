"""From what was asked to the reply, a file for each kind of thing that can be asked for. ``routes`` has their addresses."""
