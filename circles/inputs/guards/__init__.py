"""Static checks of files before any library parses them."""
