"""The whole analysis, and the study of where to build next, each as one short function over the rooms below."""

from circles.pipeline.analysis import Progress, Result, analyse, analyse_inputs, keep_network
from circles.pipeline.siting import Siting, site, study
from circles.pipeline.tables import names_of

__all__ = ["Progress", "Result", "Siting", "analyse", "analyse_inputs", "keep_network", "names_of", "site", "study"]
