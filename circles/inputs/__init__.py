"""An area's files become checked tables and a walking network."""
