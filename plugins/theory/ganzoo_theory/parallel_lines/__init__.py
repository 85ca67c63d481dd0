"""Two parallel lines (Arjovsky, Chintala & Bottou 2017, arXiv:1701.07875, example 1)."""
