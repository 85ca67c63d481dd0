"""Which models a server has: files and folders in; out come models by name and revision, tried out and tuned to this machine."""
