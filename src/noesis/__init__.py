"""noesis: a small local knowledge system. Each module stands alone."""
