"""The run folder and what is drawn from it: shared by training, export and whatever reads runs later."""
