"""Minutes + residents → who is covered, what capacity reaches them, and how evenly."""

from circles.coverage.share import by_island, by_village, coverage, groups, people, reached, variants

__all__ = ["by_island", "by_village", "coverage", "groups", "people", "reached", "variants"]
