"""Parts of the offline bundle: what goes into it, and what helps to make it."""
