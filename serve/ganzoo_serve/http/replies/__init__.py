"""How replies look: their bytes, how long they may be kept, and how a refusal is put."""
