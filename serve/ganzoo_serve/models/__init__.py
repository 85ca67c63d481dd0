"""Which models a server has: files and folders in, models by name and revision out."""
