"""From orders to pictures: a fair queue of samples, the threads that draw them, and how both fit this machine."""
