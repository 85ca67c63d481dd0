"""From orders to pictures: a fair queue of samples, and the threads that draw them."""
