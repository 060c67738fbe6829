"""The pages, one module per subject; each lists its routes."""

from circles.desk.pages import areas, home, ledger, runs, siting, tables, work

ROUTES = [*home.ROUTES, *work.ROUTES, *areas.ROUTES, *runs.ROUTES, *tables.ROUTES, *ledger.ROUTES, *siting.ROUTES]
