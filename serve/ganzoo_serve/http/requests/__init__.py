"""What was asked, by whom, and how it is read."""
