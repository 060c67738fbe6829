"""An area and a wish → the sites to build, what each brings, and which verdicts turn."""
