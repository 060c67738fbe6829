"""The plan's ledger: what was promised, what was reported on what evidence, and where each figure stands.

From the ground up: :mod:`periods` and :mod:`rules` (words of the trade), :mod:`indicators` and :mod:`reading` (the plan
file), :mod:`chain`, :mod:`database` and :mod:`ledger` (what is kept), :mod:`figures` and :mod:`status` (what holds on a
date), :mod:`forms`, :mod:`returned`, :mod:`plausible` and :mod:`form_checks` (Excel both ways), :mod:`computed` (what the
map says), :mod:`scoring`, :mod:`meetings` and :mod:`view` (what meetings look at), :mod:`exchange` (export and restore).
"""
