"""How sure a verdict is, and the least change that would turn it."""
