"""What the best discriminator says (Goodfellow et al. 2014, arXiv:1406.2661, section 4.1)."""
