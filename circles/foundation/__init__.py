"""What every room stands on: errors, words, schemas, atomic files, compilation, coordinate systems."""
