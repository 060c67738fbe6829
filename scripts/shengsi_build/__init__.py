"""Builds the embedded demonstration data of Shengsi county from the committed facts, the same on every machine."""
