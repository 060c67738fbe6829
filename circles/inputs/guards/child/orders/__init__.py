"""What the child does: one module per library, each loaded when its library is first needed."""
