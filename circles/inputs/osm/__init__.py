"""OpenStreetMap extracts: streets, places, land and boundaries, read by libosmium in a process of its own."""
