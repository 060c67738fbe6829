"""From walking seconds to access, coverage, verdicts and gaps."""
