"""The desk: the whole product as pages of one's own machine, for people who use no command line.

Every page reads a folder, the workspace, and every button runs a command of ``circles`` on it, the same that the page
shows. ``server`` listens on loopback only; ``guard`` refuses what did not come from the desk's own page; ``identity`` is
the one place that knows who is there and what they may do; ``workspace`` the one that knows files; ``jobs`` runs commands.
"""
