"""The whole analysis, and the study of where to build next, each as one short function over the rooms below."""

from circles.pipeline.analysis import Progress, Result, analyse, analyse_inputs, keep_network, names_of
from circles.pipeline.siting import Siting, site, study

__all__ = ["Progress", "Result", "Siting", "analyse", "analyse_inputs", "keep_network", "names_of", "site", "study"]
