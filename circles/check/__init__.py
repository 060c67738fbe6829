"""Coverage × rules → 达标 verdicts with numerator, denominator, shortfall and stability."""

from circles.check.judge import NO_RULE, OVERALL, applies, check, doubts, shortfall, verdict

__all__ = ["NO_RULE", "OVERALL", "applies", "check", "doubts", "shortfall", "verdict"]
