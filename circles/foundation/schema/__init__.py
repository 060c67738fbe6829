"""The columns, types, units and meaning of every table that passes between rooms."""
